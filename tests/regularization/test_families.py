"""What the dial does to each family of estimators, on real data."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.naive_bayes import (
    BernoulliNB,
    CategoricalNB,
    ComplementNB,
    GaussianNB,
    MultinomialNB,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVR
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from skoverfit._capacity import public_name
from skoverfit._capacity_entries import TABLE
from skoverfit.regularization import RegularizedRegressor, with_strength

SEEDS = (0, 1)
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)
SMALL = {"n_estimators": 10}
STEPS = {"max_iter": 15}
NEURAL = {"hidden_layer_sizes": (20,), "solver": "lbfgs", "max_iter": 2000}

PROBABILISTIC = [
    LogisticRegression(max_iter=2000),
    DecisionTreeClassifier(),
    RandomForestClassifier(**SMALL),
    ExtraTreesClassifier(**SMALL),
    GradientBoostingClassifier(**SMALL),
    HistGradientBoostingClassifier(**STEPS),
    BaggingClassifier(),
    KNeighborsClassifier(),
    KNeighborsClassifier(weights="distance"),
    MLPClassifier(**NEURAL),
    GaussianNB(),
]
COUNTING = [MultinomialNB(), ComplementNB(), BernoulliNB(), CategoricalNB()]
BY_LABEL = [RidgeClassifier(), SGDClassifier(), LinearSVC(max_iter=100_000), SVC()]
REGRESSORS = [
    LinearRegression(),
    Ridge(),
    Lasso(0.01),
    LassoLars(0.01),
    ElasticNet(0.01),
    SGDRegressor(),
    LinearSVR(max_iter=100_000),
    SVR(),
    NuSVR(),
    KernelRidge(),
    DecisionTreeRegressor(),
    RandomForestRegressor(**SMALL),
    ExtraTreesRegressor(**SMALL),
    GradientBoostingRegressor(**SMALL),
    HistGradientBoostingRegressor(**STEPS),
    BaggingRegressor(),
    KNeighborsRegressor(),
    MLPRegressor(**NEURAL),
]
# Their most regularised end is not a constant, or a single random tree is too noisy
# for a comparison strength by strength.
OTHERS = [
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    AdaBoostClassifier(**SMALL),
    AdaBoostRegressor(**SMALL),
    Perceptron(),
    ExtraTreeClassifier(),
    ExtraTreeRegressor(),
]
MULTI_TASK = [MultiTaskLasso(0.01), MultiTaskElasticNet(0.01)]
FAMILIES = [*PROBABILISTIC, *COUNTING, *BY_LABEL, *REGRESSORS, *OTHERS, *MULTI_TASK]


def ids(estimators):
    return [repr(estimator).partition("(")[0] for estimator in estimators]


def data_for(estimator, seed, n_rows=120):
    """Rows of two bundled data sets that the estimator can use."""
    if not is_classifier(estimator):
        loaders = (load_diabetes,)
    elif isinstance(estimator, QuadraticDiscriminantAnalysis):
        loaders = (load_iris,)
    else:
        loaders = (load_breast_cancer, load_wine)
    for load in loaders:
        X, y = load(return_X_y=True)
        rows = np.random.default_rng(seed).permutation(len(y))[:n_rows]
        X, y = StandardScaler().fit_transform(X[rows]), y[rows]
        yield prepared(estimator, X, y)


def prepared(estimator, X, y):
    if isinstance(estimator, tuple(map(type, COUNTING))):
        edges = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
        return (X[:, :, None] > edges.T).sum(axis=2), y
    if not is_classifier(estimator):
        y = (y - y.mean()) / y.std()
    if isinstance(estimator, (MultiTaskLasso, MultiTaskElasticNet)):
        y = np.column_stack([y, np.roll(y, 1)])
    return X, y


def quality(model, X, y):
    """Share of variance explained, of the class indicators where there are any."""
    if not hasattr(model, "predict_proba"):
        return model.score(X, y)
    indicators = (y[:, None] == model.classes_).astype(float)
    errors = ((indicators - model.predict_proba(X)) ** 2).sum()
    return 1 - errors / ((indicators - indicators.mean(axis=0)) ** 2).sum()


def seeded(estimator, seed):
    has_seed = "random_state" in estimator.get_params()
    return clone(estimator).set_params(**({"random_state": seed} if has_seed else {}))


def train_quality(estimator, strength):
    """Mean over seeds and data sets of how well the training data are fitted."""
    return np.mean(
        [
            quality(with_strength(seeded(estimator, seed), strength).fit(X, y), X, y)
            for seed in SEEDS
            for X, y in data_for(estimator, seed)
        ]
    )


def test_every_entry_of_the_table_is_tested():
    tested = {public_name(type(estimator)) for estimator in FAMILIES}
    known = {name for name in TABLE if not name.startswith("skoverfit")}
    assert known <= tested


MONOTONE = [*PROBABILISTIC, *COUNTING, *REGRESSORS]


@pytest.mark.parametrize("estimator", MONOTONE, ids=ids(MONOTONE))
def test_train_score_falls_to_that_of_a_constant(estimator):
    scores = [train_quality(estimator, strength) for strength in STRENGTHS]
    # In expectation: two hundredths are allowed for seeds and unfinished solvers.
    assert np.all(np.diff(scores) < 0.02), scores
    assert scores[2] - scores[-1] > 0.2
    assert scores[-1] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("estimator", BY_LABEL, ids=ids(BY_LABEL))
def test_accuracy_falls_to_that_of_the_largest_class(estimator):
    X, y = next(data_for(estimator, 0))
    models = [with_strength(seeded(estimator, 0), s).fit(X, y) for s in STRENGTHS]
    scores = [model.score(X, y) for model in models]
    assert np.all(np.diff(scores) < 0.02), scores
    share = np.bincount(y).max() / len(y)
    assert scores[-1] <= share + 0.02


@pytest.mark.parametrize("estimator", OTHERS, ids=ids(OTHERS))
def test_train_score_falls_for_the_others(estimator):
    scores = []
    for strength in (0.0, 0.5, 1.0):
        fits = [
            with_strength(seeded(estimator, seed), strength).fit(X, y).score(X, y)
            for seed in SEEDS
            for X, y in data_for(estimator, seed)
        ]
        scores.append(np.mean(fits))
    assert scores[0] >= scores[1] - 0.02
    assert scores[2] < scores[1] - 0.01


@pytest.mark.parametrize("estimator", FAMILIES, ids=ids(FAMILIES))
def test_neutral_strength_is_the_plain_estimator(estimator):
    X, y = next(data_for(estimator, 0))
    plain = seeded(estimator, 0).fit(X, y)
    wrapped = with_strength(seeded(estimator, 0), 0.5).fit(X, y)
    assert np.array_equal(wrapped.predict(X), plain.predict(X))
    for method in ("predict_proba", "decision_function"):
        assert hasattr(wrapped, method) == hasattr(plain, method)
        if hasattr(plain, method):
            assert np.array_equal(
                getattr(wrapped, method)(X), getattr(plain, method)(X)
            )


@pytest.mark.parametrize("estimator", [*PROBABILISTIC, *REGRESSORS, *MULTI_TASK])
def test_prediction_is_almost_constant_at_the_end(estimator):
    X, y = next(data_for(estimator, 0))
    model = with_strength(seeded(estimator, 0), 1.0).fit(X, y)
    predict = getattr(model, "predict_proba", model.predict)
    assert np.all(np.std(predict(X), axis=0) < 0.15 * np.std(y, axis=0).min() + 1e-9)


def degrees_of_freedom(X, alpha):
    """Trace of the hat matrix of ridge regression on centred features."""
    squares = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2
    return (squares / (squares + alpha)).sum()


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_ridge_spans_all_degrees_of_freedom(scale):
    X, y = load_diabetes(return_X_y=True)
    X = X * scale
    freedom = []
    for strength in np.linspace(0, 1, 11):
        model = RegularizedRegressor(Ridge(), strength).fit(X, y)
        freedom.append(degrees_of_freedom(X, model.settings_["alpha"]))
    assert np.all(np.diff(freedom) <= 0)
    assert freedom[0] > 0.95 * X.shape[1] or freedom[0] == freedom[5]
    assert freedom[-1] < 0.4


def test_linear_regression_loses_degrees_of_freedom_above_neutral():
    X, y = load_diabetes(return_X_y=True)
    freedom = []
    for strength in np.linspace(0.51, 1, 11):
        model = RegularizedRegressor(LinearRegression(), strength).fit(X, y)
        freedom.append(degrees_of_freedom(X, model.settings_["alpha"]))
    assert np.all(np.diff(freedom) < 0)
    assert freedom[0] == pytest.approx(X.shape[1], rel=0.01)
    assert freedom[-1] < 0.4
