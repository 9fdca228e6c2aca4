"""What the dial does to every class of the table, on real data."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_diabetes
from sklearn.ensemble import StackingRegressor, VotingClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier

from skoverfit._capacity._lookup import parameters_of
from skoverfit._capacity._table import TABLE
from skoverfit.regularization import RegularizedRegressor, has_dial, with_strength
from tests._capacity.capacity_samples import EXTERNAL, NAMES, data_for, sample

# Deprecated, but still there.
pytestmark = pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
OWN = [name for name in NAMES if not name.startswith("skoverfit")]

# How much the train score may rise between two strengths: seeds that differ with the
# number of splits, solvers that end early, models that weigh single mistakes.
WOBBLE = {
    "AdaBoostClassifier": 0.1,
    "AdaBoostRegressor": 0.2,
    "RUSBoostClassifier": 0.1,
    "ExtraTreeClassifier": 0.15,
    "ExtraTreeRegressor": 0.15,
    "PassiveAggressiveClassifier": 0.1,
    "Perceptron": 0.1,
    "TheilSenRegressor": 0.1,
}
# What is left at strength 1 where that is no constant.
LIMITS = {
    "the nearest class mean",
    "one component",
    "one feature",
    "one weak learner",
    "what the last mistakes say",
}
BY_LABEL = ("LinearSVC", "RidgeClassifier", "RidgeClassifierCV", "SGDClassifier", "SVC")


def kind(name):
    return name.rpartition(".")[2]


def quality(model, X, y):
    """Share of variance explained, of the class indicators where there are any."""
    model = getattr(model, "estimator_", model)  # a wrapper's own score is R2
    if not hasattr(model, "predict_proba") or type(model).__name__.startswith("Ada"):
        return model.score(X, y)
    indicators = (y[:, None] == model.classes_).astype(float)
    errors = ((indicators - model.predict_proba(X)) ** 2).sum()
    return 1 - errors / ((indicators - indicators.mean(axis=0)) ** 2).sum()


def fits(estimator):
    """Plain fit and fits along the dial."""
    X, y = data_for(estimator)
    along = [with_strength(estimator, s, scale_free=False).fit(X, y) for s in STRENGTHS]
    return X, y, clone(estimator).fit(X, y), along


def assert_same_predictions(model, plain, X):
    assert np.array_equal(model.predict(X), plain.predict(X))
    for method in ("predict_proba", "decision_function"):
        assert hasattr(model, method) == hasattr(plain, method)
        if hasattr(plain, method):
            a, b = (getattr(fitted, method)(X) for fitted in (model, plain))
            assert np.array_equal(a, b)


def lowest(name, y):
    """Train score of the most regularized end."""
    if kind(name) in BY_LABEL:
        return np.unique(y, return_counts=True)[1].max() / len(y)
    return 0.0


def check(name, estimator):
    """The whole promise of one entry."""
    X, y, plain, along = fits(estimator)
    assert_same_predictions(along[STRENGTHS.index(0.5)], plain, X)
    scores = [quality(model, X, y) for model in along]
    if kind(name) == "PassiveAggressiveRegressor":
        # It overshoots at every row: smaller steps fit better, until they are tiny.
        scores[:4] = [max(scores)] * 4
    assert np.all(np.diff(scores) < WOBBLE.get(kind(name), 0.02)), scores
    limit = TABLE[name].limit if name in TABLE else "a constant"
    if limit in LIMITS:
        assert scores[-1] < scores[2] - 0.005, scores
        return
    floor = lowest(name, y)
    assert scores[2] - scores[-1] > min(0.2, 0.5 * (scores[2] - floor)), scores
    assert scores[-1] < floor + 0.1, scores
    if is_classifier(estimator) and not hasattr(plain, "predict_proba"):
        return
    predict = getattr(along[-1], "predict_proba", along[-1].predict)
    spread = np.std(y == y[0] if is_classifier(estimator) else y, axis=0)
    assert np.all(np.std(predict(X), axis=0) < 0.2 * np.min(spread) + 1e-9)


@pytest.mark.parametrize("name", OWN)
def test_entry_keeps_its_promise(name):
    check(name, sample(name))


# Every class of skglm compiles for seconds; their penalties are those of two.
FITTED = [
    name
    for name in EXTERNAL
    if not name.startswith("skglm") or name in ("skglm.Lasso", "skglm.MCPRegression")
]


@pytest.mark.parametrize("name", FITTED)
def test_entry_of_an_optional_library_keeps_its_promise(name):
    pytest.importorskip(name.partition(".")[0])
    check(name, sample(name))


@pytest.mark.parametrize("library", sorted({n.partition(".")[0] for n in EXTERNAL}))
def test_parameters_of_optional_libraries_exist(library):
    pytest.importorskip(library)
    for name in EXTERNAL:
        if name.startswith(library):
            estimator = sample(name)
            assert set(TABLE[name].parameters) <= parameters_of(estimator), name
            assert has_dial(estimator), name


ENSEMBLES = [
    KNeighborsClassifier(weights="distance"),
    VotingClassifier(
        [("a", LogisticRegression()), ("b", DecisionTreeClassifier(random_state=0))],
        voting="soft",
    ),
    StackingRegressor([("a", Ridge()), ("b", KNeighborsRegressor())]),
]


@pytest.mark.parametrize("estimator", ENSEMBLES, ids=lambda e: type(e).__name__)
def test_members_are_turned_together(estimator):
    check("", estimator)


def degrees_of_freedom(X, alpha):
    """Trace of the hat matrix of ridge regression on standardized features."""
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    squares = np.linalg.svd(X, compute_uv=False) ** 2
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
