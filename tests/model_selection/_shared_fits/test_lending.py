"""Whatever a scorer does to an estimator, the scores are those of fresh fits."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import RidgeClassifier, SGDClassifier
from sklearn.metrics import accuracy_score, make_scorer, silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.model_selection._shared_fits._asking import only_asks
from skoverfit.model_selection._shared_fits._guard import Unshareable
from skoverfit.model_selection._shared_fits._lending import lent, own_copy
from tests.model_selection._shared_fits.askers import ASKERS, NOT_CERTAIN, asks_once
from tests.model_selection._shared_fits.meddlers import MEDDLERS, asks, refits
from tests.model_selection.side_by_side import compare, families, n_served

X, y = make_classification(90, 6, flip_y=0.2, random_state=0)
SEEDED = {"random_state": 0}
CASES = {
    "forest": (RandomForestClassifier(**SEEDED), {"n_estimators": [1, 2, 4]}),
    "boosting": (GradientBoostingClassifier(**SEEDED), {"n_estimators": [1, 3]}),
    "histograms": (
        HistGradientBoostingClassifier(**SEEDED, max_features=0.5),
        {"max_iter": [1, 3]},
    ),
    "AdaBoost": (AdaBoostClassifier(**SEEDED), {"n_estimators": [1, 3]}),
    "bagging": (BaggingClassifier(**SEEDED), {"n_estimators": [1, 3]}),
    "tree": (DecisionTreeClassifier(**SEEDED), {"max_depth": [1, 3, None]}),
    "neighbors": (KNeighborsClassifier(), {"n_neighbors": [1, 3, 9]}),
    "ridge": (RidgeClassifier(), {"alpha": [1, 10, 100]}),
    "equal candidates": (SGDClassifier(**SEEDED), {"alpha": [0.01] * 3}),
    "steps": (
        make_pipeline(StandardScaler(), PCA(2), SGDClassifier(**SEEDED)),
        {"pca__n_components": [1, 3], "sgdclassifier__alpha": [0.01, 0.1]},
    ),
    "branches": (
        make_pipeline(
            make_union(StandardScaler(), MinMaxScaler(), FunctionTransformer(abs)),
            KNeighborsClassifier(),
        ),
        {
            "featureunion__minmaxscaler__clip": [False, True],
            "kneighborsclassifier__n_neighbors": [1, 5],
        },
    ),
    "clusters": (
        make_pipeline(StandardScaler(), KMeans(n_init=1, **SEEDED)),
        {"kmeans__n_clusters": [2, 3, 5]},
    ),
}


@pytest.mark.parametrize("number", range(len(MEDDLERS)))
@pytest.mark.filterwarnings("ignore:Scoring failed")
def test_scorers_may_do_anything(number):
    """Each with every third estimator; the differential test mixes them further."""
    scorer = MEDDLERS[number]
    for name in list(CASES)[number % 3 :: 3]:
        estimator, grid = CASES[name]
        target = None if name == "clusters" else y
        options = {"scoring": scorer, "refit": False, "error_score": -1.0}
        try:
            compare(estimator, grid, X, target, **options)
        except AssertionError as error:
            raise AssertionError(f"{name}, {scorer.__name__}") from error


@pytest.mark.parametrize("name", ["forest", "steps"])
def test_each_scorer_gets_what_the_one_before_has_left(name):
    scoring = {"first": "accuracy", "second": refits, "third": asks}
    search = compare(*CASES[name], X, y, scoring=scoring, refit=False)
    first, third = (search.cv_results_[f"mean_test_{k}"] for k in ("first", "third"))
    assert (first != third).any()


@pytest.mark.parametrize("name", sorted(CASES.keys() - {"clusters"}))
def test_scorers_that_only_ask_share(name):
    estimator, grid = CASES[name]
    plain = compare(estimator, grid, X, y, scoring="accuracy")
    assert n_served(plain) > 0
    for scorer in (asks, asks_once):
        search = compare(estimator, grid, X, y, scoring=scorer)
        assert families(search) == families(plain)
    scoring = {"one": make_scorer(accuracy_score), "two": "roc_auc"}
    if not hasattr(estimator, "predict_proba"):
        scoring["two"] = "f1"
    search = compare(estimator, grid, X, y, scoring=scoring, refit="one")
    assert families(search) == families(plain)


def test_what_functions_do_is_seen_in_their_code():
    assert [each for each in ASKERS if not only_asks(each)] == []
    assert [each for each in NOT_CERTAIN if only_asks(each)] == []
    view = DecisionTreeClassifier().fit(X, y)
    for scorer in (*ASKERS, *NOT_CERTAIN):
        with lent(view, scorer) as estimator:
            assert (estimator is view) == (scorer in ASKERS)


def test_clusters_are_found_anew():
    """As scikit-learn's maintainers recommend for clusterers that cannot predict."""
    rows = X * [50, 1, 1, 1, 1, 1]

    def scorer(estimator, X, y=None):
        return silhouette_score(X, estimator.fit_predict(X))

    compare(*CASES["clusters"], rows, scoring=scorer)


class Worn(ClassifierMixin, BaseEstimator):
    """A classifier that is worn by predicting."""

    def __init__(self, wear=1):
        self.wear = wear

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.state_ = {"asked": 0}
        return self

    def predict(self, X):
        self.state_["asked"] += self.wear
        return self.classes_[np.arange(len(X)) % (1 + self.state_["asked"]) % 2]


def test_equal_candidates_that_predicting_changes():
    compare(Worn(), {"wear": [1, 1, 2, 1]}, X, y)
    compare(make_pipeline(StandardScaler(), Worn()), {"worn__wear": [1, 1, 1]}, X, y)


def test_own_copies():
    step = FunctionTransformer(lambda rows: rows * 2).fit(X)
    copied = own_copy(make_pipeline(step))
    np.testing.assert_array_equal(copied.transform(X), X * 2)
    assert copied.steps[0][1] is not step
    step.lock = (line for line in "a generator cannot be copied")
    with pytest.raises(Unshareable, match="FunctionTransformer cannot be copied"):
        own_copy(step)


def test_steps_whose_answers_hang_on_what_they_were_asked_before():
    """Shared steps are asked once, for training rows first; others in another order."""
    rows = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    draws = IterativeImputer(sample_posterior=True, max_iter=2, random_state=0)
    both = make_union(draws, SimpleImputer())
    for step in (draws, both):
        grid = {"ridgeclassifier__alpha": [0.1, 1.0, 10.0]}
        if step is both:
            grid["featureunion__simpleimputer__strategy"] = ["mean", "median"]
        scoring = {"one": "accuracy", "two": "roc_auc"}
        estimator = make_pipeline(step, RidgeClassifier())
        compare(estimator, grid, rows, y, scoring=scoring, refit=False)


# ------------------------------------------------------- candidates that are not cloned


class Normalizes(RidgeClassifier):
    """Works when its parameter is set, and cannot be cloned afterwards."""

    def __init__(self, columns=(0, 1), alpha=1.0):
        super().__init__(alpha=alpha)
        self.columns = tuple(columns)

    def fit(self, X, y):
        return super().fit(X[:, list(self.columns)], y)

    def decision_function(self, X):
        return super().decision_function(X[:, list(self.columns)])


def columns(prefix=""):
    return {f"{prefix}columns": [(0, 1), [2, 3], [3, 4]], f"{prefix}alpha": [0.1, 1.0]}


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_candidates_that_cannot_be_cloned(error_score):
    options = {"error_score": error_score, "refit": False}
    cases = [
        (Normalizes(), columns()),
        (make_pipeline(StandardScaler(), Normalizes()), columns("normalizes__")),
        (
            make_pipeline(StandardScaler(), make_pipeline(PCA(5), Normalizes())),
            columns("pipeline__normalizes__"),
        ),
    ]
    for estimator, grid in cases:
        search = compare(estimator, grid, X, y, **options)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore:One or more of the")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_settings_that_scikit_learn_itself_normalizes():
    """Such as "friedman_mse" from 1.9 on, which cannot be cloned, nor fitted."""
    grid = {"criterion": ["squared_error", "friedman_mse"], "max_depth": [1, 3, None]}
    tree = DecisionTreeRegressor(random_state=0)
    compare(tree, grid, X, y, refit=False)
    behind = {f"decisiontreeregressor__{name}": grid[name] for name in grid}
    compare(make_pipeline(StandardScaler(), tree), behind, X, y, refit=False)
