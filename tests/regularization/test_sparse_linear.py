"""MCP, SCAD and group penalties: optimality conditions, special cases, bad input.

The solver compiles itself anew in each process, once for each penalty; tests of one
penalty stand together.
"""

import sys

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.datasets import load_iris, load_wine
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    SGDClassifier,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.exceptions import EmptyModelWarning
from skoverfit.regularization import (
    RegularizedClassifier,
    RegularizedRegressor,
    SparseClassifier,
    SparseRegressor,
    with_strength,
)
from skoverfit.regularization._sparse_linear import gamma_in_use, groups_of

solver = pytest.importorskip("skglm", reason="the extra 'sparse' is not installed")
GROUPS = [[0, 3], [1, 2, 6], [4], [5, 7]]


def problem(n=120, p=8, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.linspace(0.7, 1.5, p) + 2
    truth = np.array([3.0, 0, 0, 1.5, 0, 0, -2.0, 0])
    y = X @ truth + rng.normal(size=n)
    return X, y, rng.integers(0, 3, n).astype(float)


def slope(coef, penalty, alpha, gamma):
    """Derivative of the penalty at the size of coefficients that are not zero."""
    size = np.abs(coef)
    if penalty == "mcp":
        return np.sign(coef) * np.maximum(alpha - size / gamma, 0)
    middle = np.maximum(gamma * alpha - size, 0) / (gamma - 1)
    return np.sign(coef) * np.where(size <= alpha, alpha, middle)


def gradient(model, X, y, weights):
    """Gradient of the mean loss, in the coefficients and in the intercept."""
    scores = X @ np.ravel(model.coef_) + np.ravel(model.intercept_)
    fitted = expit(scores) if hasattr(model, "classes_") else scores
    residual = weights * (fitted - y) / weights.sum()
    return X.T @ residual, residual.sum()


def assert_optimal(model, X, y, weights, curvature, atol):
    """Stationarity, coordinate by coordinate or group by group."""
    grad, of_intercept = gradient(model, X, y, weights)
    coef = np.ravel(model.coef_)
    if model.fit_intercept:
        assert of_intercept == pytest.approx(0, abs=atol)
    if model.penalty == "group":
        for group in groups_of(model.feature_groups, X.shape[1]):
            bound, part = model.alpha * np.sqrt(len(group)), coef[group]
            if part.any():
                pull = bound * part / np.linalg.norm(part)
                np.testing.assert_allclose(grad[group], -pull, atol=atol)
            else:
                assert np.linalg.norm(grad[group]) <= bound + atol
        return
    center = np.average(X, axis=0, weights=weights) if model.fit_intercept else 0
    smallest = np.average((X - center) ** 2, axis=0, weights=weights).min()
    gamma = gamma_in_use(model.penalty, model.gamma, smallest * curvature)
    zero = coef == 0
    assert np.abs(grad[zero]).max(initial=0) <= model.alpha + atol
    pull = slope(coef[~zero], model.penalty, model.alpha, gamma)
    np.testing.assert_allclose(grad[~zero], -pull, atol=atol)


PENALTIES = [
    "mcp",
    pytest.param("scad", marks=pytest.mark.slow),
    pytest.param("group", marks=pytest.mark.slow),
]


def sparse(kind, penalty, alpha, **options):
    groups = GROUPS if penalty == "group" else None
    return kind(penalty, alpha, feature_groups=groups, tol=1e-9, **options)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_optimality(penalty):
    X, y, weights = problem()
    binary = (y > np.median(y)).astype(int)
    for fit_intercept in (True, False):
        for alpha in (0.05, 0.5):
            model = sparse(SparseRegressor, penalty, alpha, fit_intercept=fit_intercept)
            model.fit(X, y, sample_weight=weights)
            assert_optimal(model, X, y, weights, 1.0, 1e-6)
    classifier = sparse(SparseClassifier, penalty, 0.05, max_iter=5000)
    classifier.fit(X, binary, sample_weight=weights)
    assert 0 < np.count_nonzero(classifier.coef_) < 8
    assert_optimal(classifier, X, binary, weights, 0.25, 1e-6)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_ends_and_special_cases(penalty):
    X, y, _ = problem()
    free = sparse(SparseRegressor, penalty, 0.0).fit(X, y)
    plain = LinearRegression().fit(X, y)
    np.testing.assert_allclose(free.coef_, plain.coef_, atol=1e-6)
    assert free.intercept_ == pytest.approx(plain.intercept_, abs=1e-5)
    with pytest.warns(EmptyModelWarning, match="alpha=100 leaves no feature in"):
        none = sparse(SparseRegressor, penalty, 100.0).fit(X, y)
    assert not none.coef_.any()
    # No warning where the dial has been told to give a constant.
    options = {"feature_groups": GROUPS if penalty == "group" else None}
    dial = RegularizedRegressor(SparseRegressor(), 1.0, penalty=penalty, **options)
    assert np.ptp(dial.fit(X, y).predict(X)) < 1e-12
    assert none.predict(X) == pytest.approx(np.full(len(y), y.mean()))
    if penalty != "group":
        # Where the truth is large, it is not shrunken at all.
        large = y + 9 * X @ [3.0, 0, 0, 1.5, 0, 0, -2.0, 0]
        chosen = sparse(SparseRegressor, penalty, 1.0).fit(X, large)
        kept = np.flatnonzero(chosen.coef_)
        assert set(kept) == {0, 3, 6}
        oracle = LinearRegression().fit(X[:, kept], large)
        np.testing.assert_allclose(chosen.coef_[kept], oracle.coef_, atol=1e-6)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_the_default_is_a_tenth_of_what_empties_the_model(penalty, fit_intercept):
    X, y, weights = problem()
    labels = np.digitize(y, np.quantile(y, [0.3, 0.6]))
    options = {"fit_intercept": fit_intercept}
    for kind, target, scale in [
        (SparseRegressor, y, 1.0),
        (SparseRegressor, 1000 * y, 1000.0),
        (SparseClassifier, labels > 0, 0.1),
        (SparseClassifier, labels, 0.1),
    ]:
        model = sparse(kind, penalty, None, **options)
        model.fit(X, target, sample_weight=weights)
        assert model.coef_.any()
        emptying = 10 * model.alpha_
        assert 0.01 * scale < emptying < 100 * scale
        below = clone(model).set_params(alpha=0.97 * emptying)
        assert below.fit(X, target, sample_weight=weights).coef_.any()
        above = clone(model).set_params(alpha=1.0001 * emptying)
        with pytest.warns(EmptyModelWarning, match="Set alpha below"):
            above.fit(X, target, sample_weight=weights)
        assert not above.coef_.any()


@pytest.mark.parametrize("scaled", [False, True])
def test_the_default_of_the_classifier_learns(scaled):
    for load in (load_iris, load_wine):
        X, y = load(return_X_y=True)
        X = StandardScaler().fit_transform(X) if scaled else X
        model = SparseClassifier().fit(X, y)
        assert model.score(X, y) > (0.8 if scaled else 0.6)
        assert 0 < np.count_nonzero(model.coef_) < model.coef_.size
        # The dial begins there, and goes both ways.
        sizes = [
            RegularizedClassifier(SparseClassifier(), s, scale_free=False)
            .fit(X, y)
            .estimator_.alpha_
            for s in (0.25, 0.5, 0.75)
        ]
        assert sizes[0] < sizes[1] < sizes[2]
        assert sizes[1] == model.alpha_


def test_more_about_models_with_mcp():
    X, y, weights = problem()
    model = SparseRegressor("mcp", 0.3)
    weighted = clone(model).fit(X, y, sample_weight=weights)
    times = weights.astype(int)
    repeated = clone(model).fit(np.repeat(X, times, 0), np.repeat(y, times))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-8)
    wider = np.column_stack([X, np.full(len(X), 7.0)])
    np.testing.assert_allclose(
        clone(model).fit(wider, y).coef_[:-1], clone(model).fit(X, y).coef_
    )
    assert not clone(model).fit(np.ones((9, 2)), np.arange(9)).coef_.any()

    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    wine = SparseClassifier("mcp", 0.05).fit(X, y)
    assert wine.coef_.shape == (3, 13)
    assert wine.score(X, y) > 0.95
    probabilities = wine.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.array_equal(probabilities.argmax(axis=1), wine.predict(X))
    heavy = SparseClassifier("mcp", 0.05, class_weight={0: 9, 1: 1, 2: 1}).fit(X, y)
    assert (heavy.predict(X) == 0).sum() >= (wine.predict(X) == 0).sum()
    with pytest.warns(ConvergenceWarning, match="max_iter=2"):
        SparseClassifier("mcp", 1e-3, max_iter=2).fit(X, y)


def test_the_dial_turns_mcp():
    X, y, weights = problem()
    sizes = []
    for strength in (0.0, 0.5, 0.8, 1.0):
        model = RegularizedRegressor(Ridge(), strength, penalty="mcp")
        model.fit(1000 * X, y, sample_weight=weights)
        assert type(model.estimator_[-1]) is SparseRegressor
        sizes.append(np.count_nonzero(model.coef_))
        found = 1000 * X @ model.coef_ + model.intercept_
        np.testing.assert_allclose(found, model.predict(1000 * X))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 3
    assert sizes[-1] == 0
    strengths = [0.3, 0.6, 0.9]
    chosen = RegularizedRegressor(LinearRegression(), strengths, penalty="mcp", cv=3)
    assert chosen.fit(X, y).strength_ < 0.9
    logistic = LogisticRegression(class_weight="balanced")
    model = RegularizedClassifier(logistic, 0.7, penalty="mcp").fit(X, y > y.mean())
    assert model.estimator_[-1].class_weight == "balanced"
    assert 0 < np.count_nonzero(model.coef_) < 8
    free = RegularizedRegressor(LinearRegression(), 0.3, penalty="mcp").fit(X, y)
    assert type(free.estimator_[-1]) is LinearRegression
    pipeline = make_pipeline(StandardScaler(), Ridge())
    inside = with_strength(pipeline, 0.8, penalty="mcp").fit(X, y)
    assert type(inside[-1].estimator_) is SparseRegressor


@pytest.mark.slow
def test_the_dial_turns_groups():
    X, y, _ = problem()
    for groups in (GROUPS, [0, 1, 1, 0, 2, 3, 1, 3], list("abbacdbd")):
        model = RegularizedRegressor(
            Ridge(), 0.8, penalty="group", feature_groups=groups
        ).fit(X, y)
        zero = model.coef_ == 0
        assert 0 < zero.sum() < 8
        for group in GROUPS:
            assert len(set(zero[group])) == 1
        assert model.estimator_[-1].feature_groups == groups


# ---------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": "l1"}, "'penalty' parameter"),
        ({"alpha": -1.0}, "'alpha' parameter"),
        ({"gamma": 1.0}, "'gamma' parameter"),
        ({"penalty": "scad", "gamma": 1.5}, "gamma=1.5 must be above 2"),
        ({"penalty": "group"}, "needs feature_groups"),
        ({"penalty": "group", "feature_groups": [0, 1]}, "2 labels, but X has 8"),
        (
            {"penalty": "group", "feature_groups": [[0, 1], [1, 2]]},
            "each column number",
        ),
        ({"penalty": "group", "feature_groups": [["a"], ["b"]]}, "each column number"),
        ({"max_iter": 0}, "'max_iter' parameter"),
        ({"tol": 0}, "'tol' parameter"),
    ],
)
def test_bad_parameters(options, message):
    X, y, _ = problem()
    with pytest.raises(ValueError, match=message):
        SparseRegressor(**options).fit(X, y)


def test_one_class():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="one class"):
        SparseClassifier().fit(X, np.ones(len(y)))
    with pytest.raises(ValueError, match="positive weight have one class"):
        SparseClassifier().fit(X, y > 0, sample_weight=(y > 0).astype(float))


@pytest.mark.parametrize(
    ("estimator", "penalty", "groups", "message"),
    [
        (Ridge(), "group", None, "penalty='group' needs feature_groups"),
        (Ridge(), "mcp", [0, 1], "no other penalty takes them"),
        (Ridge(), None, [0, 1], "no other penalty takes them"),
        (SparseRegressor(), "l1", None, "takes mcp, scad, group or None"),
    ],
)
def test_penalties_and_groups_that_do_not_go_together(
    estimator, penalty, groups, message
):
    X, y, _ = problem()
    with pytest.raises(ValueError, match=message):
        RegularizedRegressor(estimator, penalty=penalty, feature_groups=groups).fit(
            X, y
        )


def test_classes_without_the_penalty():
    X, y, _ = problem()
    with pytest.raises(ValueError, match="SGDClassifier; it takes l1, l2, elasticnet"):
        RegularizedClassifier(SGDClassifier(), penalty="mcp").fit(X, y > 0)


def test_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "skglm.solvers", None)
    with pytest.raises(ImportError, match=r"skoverfit\[sparse\]"):
        RegularizedRegressor(Ridge(), 0.6, penalty="mcp").fit(*problem()[:2])
