"""Shared steps, branches and rows: always what fitting every candidate afresh gives."""

import gc
import weakref
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as SamplerPipeline
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import ParameterGrid
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits import _serving
from skoverfit.model_selection._shared_fits._branches import BranchStore
from skoverfit.model_selection._shared_fits._contract import params_key, value_key
from skoverfit.model_selection._shared_fits._serving import Ledger, serve
from tests.model_selection._shared_fits.custom_steps import (
    CS,
    FRAME,
    NUMERIC,
    PREFIX,
    TEXTUAL,
    Custom,
    EncodesTraining,
    Itself,
    Ordered,
    Same,
    ToFrame,
    ToList,
    X,
    pipe,
    y,
)
from tests.model_selection.side_by_side import compare, families, n_served, steps

CASES = {  # name: (estimator, grid, steps needed, steps fitted per split)
    "one step": (pipe(StandardScaler()), CS, 3, 1),
    "two steps": (pipe(StandardScaler(), PCA(2, random_state=0)), CS, 6, 2),
    "nothing before the last": (pipe(), CS | {"clf__gamma": [1, 1.0]}, 0, 0),
    "the middle step differs": (
        pipe(StandardScaler(), PolynomialFeatures(), MinMaxScaler()),
        {"t1__degree": [1, 2], **CS},
        18,
        5,
    ),
    "the first step differs": (
        pipe(StandardScaler(), MinMaxScaler()),
        {"t0__with_mean": [True, False], "clf__C": [1, 5]},
        8,
        4,
    ),
    "steps replaced": (
        pipe(StandardScaler()),
        {
            "t0": [StandardScaler(), "passthrough", None, MinMaxScaler()],
            "clf": [SVC(), RandomForestClassifier(3, random_state=0), GaussianNB()],
        },
        6,
        2,
    ),
    "list of grids": (
        pipe(StandardScaler(), SelectKBest(k=2)),
        [{"t1__k": [1, 3]}, CS, {"t0": ["passthrough"], "clf": [GaussianNB()]}],
        10,
        2,  # the scaler, and one selection for all k
    ),
    "nested": (
        pipe(
            Pipeline([("in", StandardScaler()), ("out", PCA(3, random_state=0))]),
            final=Pipeline([("poly", PolynomialFeatures()), ("svc", SVC())]),
        ),
        {"clf__svc__C": [1, 3], "clf__poly__degree": [1, 2]},
        8,
        3,
    ),
    "verbose": (pipe(StandardScaler(), verbose=True), CS, 3, 1),
    "training rows are encoded another way": (
        pipe(EncodesTraining()),
        CS,
        3,
        1,
    ),
    "random forest in the middle": (
        pipe(StandardScaler(), final=RandomForestClassifier(random_state=0)),
        {"clf__n_estimators": [1, 4], "clf__max_depth": [2, None]},
        4,
        1,
    ),
    "custom": (pipe(Custom()), {"t0__shift": [0, 1.0], **CS}, 6, 2),
    "custom, returns frames": (pipe(ToFrame()), CS, 3, 1),
    "custom, returns what it got": (pipe(Same(), StandardScaler()), CS, 6, 2),
    "over-sampled": (
        pipe(StandardScaler(), RandomOverSampler(random_state=0), cls=SamplerPipeline),
        CS,
        6,
        2,
    ),
    "over-sampled first": (
        pipe(SMOTE(random_state=3), StandardScaler(), cls=SamplerPipeline),
        {"t0__k_neighbors": [2, 5], **CS},
        12,
        4,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_steps_that_candidates_have_in_common_are_fitted_once(name):
    estimator, grid, needed, fitted = CASES[name]
    search = compare(estimator, grid, X, y)
    assert steps(search) == (2 * needed, 2 * fitted)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_any_backend(n_jobs, backend):
    estimator = pipe(StandardScaler(), PCA(2, random_state=0))
    with joblib.parallel_config(backend=backend):
        search = compare(estimator, CS, X, y, n_jobs=n_jobs)
    assert steps(search) == (12, 4)


def test_samplers_without_a_seed_are_fitted_for_every_candidate():
    sampler = RandomOverSampler(shrinkage=0.5)
    tree = DecisionTreeClassifier(random_state=0)
    estimator = pipe(StandardScaler(), sampler, final=tree, cls=SamplerPipeline)
    grid = {"clf__max_depth": [5] * 8}
    search = GapAwareSearchCV(estimator, grid, cv=2).fit(X, y)
    assert steps(search) == (2 * 16, 2 * 9)
    assert families(search) == {PREFIX: 16}
    # Equal candidates, each with a sample of its own.
    assert len(set(search.cv_results_["mean_test_score"])) > 1


@pytest.mark.parametrize("seed", [np.random.RandomState(0), None])
def test_steps_without_an_integer_seed_are_not_shared(seed):
    estimator = pipe(SMOTE(random_state=seed), StandardScaler(), cls=SamplerPipeline)
    if seed is None:
        search = GapAwareSearchCV(estimator, CS, cv=2).fit(X, y)
    else:  # every clone begins with the same state
        search = compare(estimator, CS, X, y)
    assert steps(search) == (0, 0)
    assert n_served(search) == 0


def test_a_random_final_step_is_fitted_for_every_candidate():
    forest = RandomForestClassifier(3, random_state=np.random.RandomState(1))
    grid = {"clf__max_depth": [2, 3], "clf__min_samples_leaf": [1, 1]}
    search = compare(pipe(StandardScaler(), final=forest), grid, X, y)
    assert steps(search) == (8, 2)
    assert families(search) == {PREFIX: 8}


UNIONS = {
    "columns": (
        ColumnTransformer(
            [
                ("scale", StandardScaler(), NUMERIC[:4]),
                ("hot", OneHotEncoder(), TEXTUAL),
                ("drop", "drop", ["e"]),
                ("keep", "passthrough", ["f"]),
            ]
        ),
        {"t0__scale__with_mean": [True, False], **CS},
        1,
    ),
    "remainder, selectors": (
        ColumnTransformer(
            [("hot", OneHotEncoder(), make_column_selector(dtype_include=object))],
            remainder=StandardScaler(),
        ),
        {"t0__remainder__with_std": [True, False], **CS},
        0,
    ),
    "sub-pipelines": (
        ColumnTransformer(
            [
                ("low", pipe(SimpleImputer(), final=PCA(2, random_state=0)), [0, 1, 2]),
                ("high", pipe(SimpleImputer(), final=SelectKBest()), slice(3, 6)),
            ]
        ),
        {"t0__high__clf__k": [1, 2], "t0__low__clf__whiten": [True, False]},
        4,
    ),
    "branches replaced": (
        ColumnTransformer(
            [("one", StandardScaler(), NUMERIC), ("two", "drop", ["a", "b"])]
        ),
        {
            "t0__two": ["drop", "passthrough", MinMaxScaler()],
            "t0__remainder": ["drop", OneHotEncoder()],
        },
        6,
    ),
    "weights": (
        ColumnTransformer(
            [("one", StandardScaler(), NUMERIC), ("two", MinMaxScaler(), ["a", "b"])],
            verbose=True,
        ),
        {"t0__transformer_weights": [None, {"one": 2.0}, {"one": 2.0, "two": 0.5}]},
        4,
    ),
    "columns differ": (
        ColumnTransformer([("one", StandardScaler(), ["a", "b"])]),
        {
            "t0__transformers": [
                [("one", StandardScaler(), ["a", "b"])],
                [("one", StandardScaler(), ["b", "c"])],
                [("two", StandardScaler(), ["a", "b"]), ("pca", "passthrough", ["f"])],
            ]
        },
        1,
    ),
}


def sharing_of_branches(monkeypatch):
    """Return a list that gets the key of every branch that is fitted to be shared."""
    fitted, fit = [], BranchStore._fit_branch

    def spy(self, branch, key, X, y=None):
        fitted.append(key in self._fitted)
        return fit(self, branch, key, X, y)

    monkeypatch.setattr(BranchStore, "_fit_branch", spy)
    return fitted


@pytest.mark.parametrize("name", UNIONS)
@pytest.mark.parametrize("before", [False, True])
def test_branches_of_column_transformers(name, before, monkeypatch):
    union, grid, n_saved = UNIONS[name]
    reused = sharing_of_branches(monkeypatch)
    estimator = pipe(union)
    if before:  # behind another step, which hands on frames
        keep = FunctionTransformer().set_output(transform="pandas")
        estimator = Pipeline([("first", keep), *estimator.steps])
    compare(estimator, grid, FRAME, y)
    assert sum(reused) == 2 * n_saved


def needs_polars():
    if sklearn.__version__.startswith("1.8"):
        pytest.skip("scikit-learn 1.8 cannot select columns of this version's frames")
    return pytest.importorskip("polars", reason="an optional library")


@pytest.mark.parametrize("transform", ["pandas", "polars"])
def test_branches_whose_output_is_set(transform, monkeypatch):
    if transform == "polars":
        needs_polars()
    reused = sharing_of_branches(monkeypatch)
    union = ColumnTransformer(
        [("a", StandardScaler(), ["a", "b"]), ("b", PCA(2, random_state=0), ["c", "d"])]
    ).set_output(transform=transform)
    grid = {"t0__b__n_components": [1, 2], **CS}
    compare(pipe(union, StandardScaler()), grid, FRAME, y)
    assert sum(reused) == 2
    with config_context(transform_output=transform):
        compare(pipe(union, StandardScaler()), grid, FRAME, y)


def test_polars_frames():
    polars = needs_polars()
    union = ColumnTransformer([("scale", StandardScaler(), ["a", "b"])])
    frame = polars.DataFrame({name: X[:, k] for k, name in enumerate(NUMERIC)})
    search = compare(pipe(union, StandardScaler()), CS, frame, y)
    assert steps(search) == (12, 4)
    search = compare(pipe(StandardScaler()), CS, frame, pd.Series(y))
    assert steps(search) == (6, 2)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_branches_of_feature_unions(n_jobs, monkeypatch):
    reused = sharing_of_branches(monkeypatch)
    union = FeatureUnion(
        [
            ("pca", PCA(2, random_state=0)),
            ("pipe", pipe(StandardScaler(), final=SelectKBest(k=2))),
            ("custom", Custom()),
        ],
        n_jobs=n_jobs,
        transformer_weights={"pca": 3.0},
    )
    grid = {"t0__pca__whiten": [True, False], "t0__custom": [Custom(), "drop"], **CS}
    with joblib.parallel_config(backend="threading"):
        search = compare(pipe(union), grid, X, y)
    assert steps(search) == (24, 8)
    # Of 2 x 2 unions, 2 PCAs, 1 pipeline and 1 custom transformer are needed.
    assert sum(reused) == (2 * (2 + 3 + 1) if n_jobs is None else 0)


def test_sparse_unions():
    union = FeatureUnion(
        [("svd", TruncatedSVD(2, random_state=0)), ("all", MaxAbsScaler())]
    )
    rows = sp.csr_matrix(np.where(X > 0.5, X, 0))
    final = LogisticRegression()
    grid = {"t0__svd__n_components": [1, 2], "clf__C": [0.1, 1]}
    search = compare(pipe(union, final=final), grid, rows, y)
    assert steps(search) == (8, 4)


TEXTS = [
    f"{'good' if label else 'bad'} thing {k % 7} was {'not' * (k % 3)} Seen"
    for k, label in enumerate(y)
]


@pytest.mark.parametrize("container", [list, np.array, pd.Series, "object"])
def test_text(container):
    texts = np.array(TEXTS, object) if container == "object" else container(TEXTS)
    estimator = pipe(TfidfVectorizer(), final=LogisticRegression())
    grid = {"t0__ngram_range": [(1, 1), (1, 2)], "clf__C": [0.1, 1, 10]}
    search = compare(estimator, grid, texts, y)
    assert steps(search) == (12, 4)


def test_steps_that_return_lists():
    estimator = pipe(ToList(), TfidfVectorizer(lowercase=False))
    search = compare(estimator, {"t0__lower": [True, False], **CS}, TEXTS, y)
    assert steps(search) == (24, 8)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: np.asfortranarray(X),
        lambda X: X.astype(np.float32),
        lambda X: X.astype(object),
        lambda X: X.tolist(),
        lambda X: pd.DataFrame(X),
        lambda X: sp.csr_matrix(X),
        lambda X: sp.csc_array(X),
        lambda X: sp.coo_array(X),
        lambda X: X[::-1],
    ],
)
def test_containers(change):
    scaler = StandardScaler(with_mean=False)
    rows = change(X)
    if sp.issparse(rows):
        rows = sp.csr_array(rows) if rows.format == "coo" else rows
    final = KNeighborsClassifier(3)
    grid = {"t1__k": [2, 3], "clf__p": [1, 2]}
    search = compare(pipe(scaler, SelectKBest(), final=final), grid, rows, y)
    assert steps(search) == (16, 4)  # one scaler and one selection per split


def test_read_only_and_memory_mapped_rows(tmp_path):
    path = tmp_path / "rows.npy"
    np.save(path, X)
    mapped = np.load(path, mmap_mode="r")
    search = compare(pipe(StandardScaler()), CS, mapped, y)
    assert steps(search) == (6, 2)
    locked = X.copy()
    locked.setflags(write=False)
    search = compare(pipe(StandardScaler()), CS, locked, y)
    assert steps(search) == (6, 2)


def test_steps_whose_clones_are_themselves_stay_as_they_are():
    step = Itself()
    before = dict(vars(step))
    search = GapAwareSearchCV(pipe(step), CS, cv=2, refit=False).fit(X, y)
    assert steps(search) == (6, 2)
    assert vars(step).keys() - before.keys() == {"mean_"}


def test_fitted_parts_are_told_apart_by_what_they_learned():
    one, two = (Custom().fit(X + shift) for shift in (0, 5))
    grid = {"t0": [FrozenEstimator(one), FrozenEstimator(two)], **CS}
    assert params_key(grid["t0"][0]) != params_key(grid["t0"][1])
    assert value_key(grid["t0"][0]) == value_key(FrozenEstimator(one))
    compare(pipe(StandardScaler()), grid, X, y)
    trees = [DecisionTreeClassifier(random_state=0).fit(X, t) for t in (y, 1 - y)]
    voting = [VotingClassifier([("tree", FrozenEstimator(tree))]) for tree in trees]
    search = compare(pipe(StandardScaler()), {"clf": voting * 2}, X, y)
    assert families(search) == {"equal candidates": 8}
    first = FrozenEstimator(StandardScaler().fit(X))
    search = compare(pipe(first, StandardScaler()), CS, X, y)
    assert steps(search) == (12, 4)


def test_the_order_of_a_dict_matters():
    orders = [{0: 1.0, 1: 9.0}, {1: 9.0, 0: 1.0}]
    grid = {"t0__weights": orders}
    tree = DecisionTreeClassifier(max_features=1, random_state=0)
    compare(pipe(Ordered({0: 1}), final=tree), grid, X, y)
    assert value_key(orders[0]) != value_key(orders[1])


def test_layouts_of_steps():
    svc, scaler = ("svc", SVC()), ("scaler", StandardScaler())
    grid = {
        "steps": [
            [scaler, svc],
            [scaler, ("none", "passthrough"), svc],
            [scaler, ("none", None), ("nothing", "passthrough"), ("other", SVC(C=3))],
        ]
    }
    search = compare(Pipeline([scaler, svc]), grid, X, y)
    assert steps(search) == (6, 2)


def test_the_users_own_memory(tmp_path):
    estimator = pipe(StandardScaler(), memory=str(tmp_path))
    search = compare(estimator, CS, X, y)
    assert steps(search) == (6, 2)
    assert search.best_estimator_.memory == str(tmp_path)


def asking(estimator, weight):
    return estimator.set_fit_request(sample_weight=weight)


def test_every_last_step_gets_the_metadata_it_asks_for():
    weight = np.linspace(0.1, 3, len(y))
    with config_context(enable_metadata_routing=True):
        grid = {
            "clf": [
                asking(LogisticRegression(), True),
                asking(LogisticRegression(), False),
                asking(GaussianNB(), "other"),
                asking(DecisionTreeClassifier(random_state=0), True),
            ]
        }
        weighted = StandardScaler().set_fit_request(sample_weight=True)
        estimator = pipe(weighted, final=clone(grid["clf"][0]))
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        options = {"fit": {"sample_weight": weight}, "scoring": scorer}
        search = compare(estimator, grid, X, y, **options)
        assert steps(search) == (8, 2)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        search = compare(
            pipe(scaler, final=clone(grid["clf"][0])),
            {"t0": [scaler, weighted], "clf__C": [0.1, 1]},
            X,
            y,
            **options,
        )
        assert steps(search) == (8, 4)


@pytest.mark.parametrize("name", ["clf__sample_weight", "t0__sample_weight"])
def test_weights_of_one_step(name):
    weight = np.linspace(0.1, 3, len(y))
    grid = {"clf__max_depth": [1, 3], "clf__min_samples_leaf": [1, 4]}
    estimator = pipe(StandardScaler(), final=DecisionTreeClassifier(random_state=0))
    search = compare(estimator, grid, X, y, fit={name: weight})
    assert steps(search) == (8, 2)


@pytest.mark.parametrize(
    ("model", "space"),
    [
        (RandomForestClassifier(random_state=0), {"n_estimators": [1, 2, 3]}),
        (pipe(StandardScaler(), final=SVC()), {"clf__C": [1.0, 2.0, 3.0]}),
    ],
)
def test_whether_fits_are_reproducible_is_asked_once_for_each_candidate(
    model, space, monkeypatch
):
    asked = []
    for name in ("is_reproducible", "reproducibility"):
        ask = getattr(_serving, name)
        noting = partial(lambda ask, *args: asked.append(args) or ask(*args), ask)
        monkeypatch.setattr(_serving, name, noting)
    search = GapAwareSearchCV(model, space, cv=3).fit(X, y)
    assert n_served(search) > 0
    assert len(asked) == 3


def test_what_is_not_needed_any_more_is_forgotten():
    """At no time are the rows behind two different first steps there together."""
    made = []

    class Remembering(Custom):
        __skoverfit_reproducible__ = True  # no second fit

        def transform(self, X):
            gc.collect()
            alive = [shift for shift, ref in made if ref() is not None]
            assert set(alive) <= {self.shift}, alive
            Xt = super().transform(X)
            made.append((self.shift, weakref.ref(Xt)))
            return Xt

    candidates = {
        k: pipe(StandardScaler(), Remembering(shift), final=SVC(C=C))
        for k, (shift, C) in enumerate([(1.0, 1), (2.0, 1), (1.0, 3), (2.0, 3)])
    }
    seen = []
    views = serve(candidates, TrainingSet(X, y, {}, (X,)), Ledger())
    for served in views:
        seen.append(served.position)
        del served
    assert sorted(seen) == [0, 1, 2, 3]
    assert len(made) == 4
    gc.collect()
    assert all(ref() is None for _, ref in made)


SIZES = {"n_estimators": [3, 6]}
FORGOTTEN = [
    (AdaBoostClassifier(random_state=0), SIZES),
    (AdaBoostRegressor(random_state=0), SIZES),
    (BaggingClassifier(random_state=0), SIZES),
    (DecisionTreeClassifier(random_state=0), {"max_depth": [2, None]}),
    (GradientBoostingClassifier(random_state=0), SIZES),
    (HistGradientBoostingRegressor(random_state=0), {"max_iter": [2, 4]}),
    (KNeighborsClassifier(), {"n_neighbors": [2, 3]}),
    (RandomForestClassifier(random_state=0), SIZES),
    (Ridge(), {"alpha": [1.0, 2.0, 3.0]}),
]


@pytest.mark.parametrize("steps", [(), (StandardScaler(), SelectKBest(k=3))])
@pytest.mark.parametrize(("estimator", "grid"), FORGOTTEN)
def test_views_go_without_the_garbage_collector(estimator, grid, steps):
    candidates = [clone(estimator).set_params(**each) for each in ParameterGrid(grid)]
    if steps:
        candidates = [pipe(*steps, final=candidate) for candidate in candidates]
    data, seen = TrainingSet(X, y, {}, (X,)), []
    gc.collect()
    gc.disable()
    try:
        for served in serve(dict(enumerate(candidates)), data, Ledger()):
            served.view.predict(X)
            parts = [step for _, step in getattr(served.view, "steps", ())]
            seen += [weakref.ref(part) for part in (served.view, *parts)]
        assert served.family not in (None, PREFIX)
        del served, parts
        assert not [ref() for ref in seen if ref() is not None]
    finally:
        gc.enable()
