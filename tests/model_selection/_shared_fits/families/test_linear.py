import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics.pairwise import rbf_kernel

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families import _linear
from skoverfit.model_selection._shared_fits.families._linear import (
    KernelRidgePenalties,
    RidgePenalties,
)
from skoverfit.testing import check_shared_fit

ALPHAS = np.logspace(-4, 5, 20)


def candidates(estimator, alphas=ALPHAS):
    return [clone(estimator).set_params(alpha=alpha) for alpha in alphas]


def views_of(family, estimators, X, y, rows=(), **fit_params):
    return dict(family.views(estimators, TrainingSet(X, y, fit_params, rows)))


@pytest.mark.parametrize("shape", [(120, 30), (30, 120)])
@pytest.mark.parametrize("n_targets", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_ridge_views_solve_the_normal_equations(shape, n_targets, weighted):
    X, y = make_regression(*shape, n_targets=n_targets, noise=3, random_state=0)
    X += 5
    weights = np.random.default_rng(0).uniform(0.5, 2, shape[0])
    params = {"sample_weight": weights} if weighted else {}
    mass = np.diag(weights if weighted else np.ones(shape[0]))
    estimators = candidates(Ridge())
    views = views_of(RidgePenalties(), estimators, X, y, **params)
    assert views.keys() == set(range(len(estimators)))
    for view in views.values():
        residual = mass @ (y - view.predict(X))
        gradient = X.T @ residual - view.alpha * view.coef_.T
        scale = np.abs(X.T @ mass @ (y - y.mean(axis=0))).max()
        assert np.abs(gradient).max() <= 1e-9 * scale
        assert np.abs(residual.sum(axis=0)).max() <= 1e-9 * scale


def test_kernel_ridge_views_solve_the_dual_equations():
    X, y = make_regression(80, 4, noise=3, random_state=0)
    kernel = rbf_kernel(X, gamma=0.3)
    family, estimator = KernelRidgePenalties(), KernelRidge(kernel="rbf", gamma=0.3)
    views = views_of(family, candidates(estimator), X, y)
    assert len(views) == len(ALPHAS)
    for view in views.values():
        left = kernel @ view.dual_coef_ + view.alpha * view.dual_coef_
        np.testing.assert_allclose(left, y, rtol=0, atol=1e-10 * np.abs(y).max())


def test_a_precomputed_kernel_stays_as_it_is():
    X, y = make_regression(60, 4, noise=3, random_state=0)
    kernel = rbf_kernel(X)
    before = kernel.copy()
    weights = np.random.default_rng(0).uniform(0.5, 2, 60)
    estimators = candidates(KernelRidge(kernel="precomputed"))
    family = KernelRidgePenalties()
    views = views_of(family, estimators, kernel, y, [kernel], sample_weight=weights)
    np.testing.assert_array_equal(kernel, before)
    for position, estimator in enumerate(estimators):
        fresh = estimator.fit(kernel, y, sample_weight=weights).predict(kernel)
        scale = np.abs(fresh).max()
        actual = views[position].predict(kernel)
        np.testing.assert_allclose(actual, fresh, rtol=0, atol=1e-9 * scale)


@pytest.mark.parametrize("n_samples", [90, 20])
def test_badly_conditioned_penalties_are_solved_as_fresh_fits_are(n_samples):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, 30)) * 10.0 ** np.linspace(-4, 4, 30)
    y = X @ rng.normal(size=30) + rng.normal(size=n_samples)
    check_shared_fit(RidgePenalties(), candidates(Ridge()), X, y)


def test_repeated_rows_keep_their_ties():
    X, y = make_classification(90, 6, random_state=0)
    X, y = np.vstack([X, X]), np.r_[y, 1 - y]
    check_shared_fit(
        RidgePenalties(),
        candidates(RidgeClassifier()),
        X,
        y,
        scoring=["roc_auc", "average_precision", "accuracy"],
    )


@pytest.mark.parametrize("shape", [(90, 20), (20, 90)])
def test_single_precision_is_equal_bit_for_bit(shape):
    X, y = make_regression(*shape, noise=3, random_state=0)
    X, y = X.astype(np.float32), y.astype(np.float32)
    check_shared_fit(RidgePenalties(), candidates(Ridge()), X, y)


def test_solutions_that_a_fresh_fit_finds_otherwise_are_left_to_it():
    X, y = make_regression(60, 5, noise=3, random_state=0)
    X = np.hstack([X, X[:, :1], np.zeros((60, 1))])  # singular without a penalty
    estimators = candidates(Ridge(), [0.0, 0.1, 1.0, 10.0])
    views = views_of(RidgePenalties(), estimators, X, y)
    assert views.keys() == {1, 2, 3}
    assert estimators[0].fit(X, y).solver_ == "svd"


@pytest.mark.parametrize(
    ("solution", "served"), [(lambda x: x, 3), (lambda x: x * (1 + 1e-12), 0)]
)
def test_nothing_is_served_where_fresh_fits_solve_otherwise(
    monkeypatch, solution, served
):
    original = _linear._Equations.solution
    monkeypatch.setattr(
        _linear._Equations, "solution", lambda *args: solution(original(*args))
    )
    X, y = make_regression(60, 5, noise=3, random_state=0)
    estimators = candidates(Ridge(), [0.1, 1.0, 10.0])
    assert len(views_of(RidgePenalties(), estimators, X, y)) == served


@pytest.mark.parametrize("held", [1, 200, 10_000])
def test_predictions_are_held_for_a_few_penalties_at_a_time(monkeypatch, held):
    monkeypatch.setattr(_linear, "HELD_VALUES", held)
    monkeypatch.setattr(_linear, "HELD_SHARE", 0.0)
    X, y = make_regression(90, 6, n_targets=2, noise=3, random_state=0)
    check_shared_fit(RidgePenalties(), candidates(Ridge()), X, y, rtol=1e-9)


def test_answers_come_from_memory():
    X, y = make_regression(60, 5, noise=3, random_state=0)
    views = views_of(RidgePenalties(), candidates(Ridge()), X, y, [X])
    for view in views.values():
        expected = view.predict(X)
        view.coef_ = view.coef_ * 0
        np.testing.assert_array_equal(view.predict(X), expected)
        assert np.ptp(view.predict(X.copy())) == 0


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(solver="lsqr"),
        Ridge(solver="sag"),
        Ridge(positive=True),
        Ridge(copy_X=False),
        Ridge(alpha=[1.0, 2.0]),
        Ridge(alpha=-1.0),
        Ridge(alpha="1"),
        Ridge(alpha=None),
        Ridge(alpha=True),
        type("OwnRidge", (Ridge,), {})(),
    ],
    ids=repr,
)
def test_other_settings_are_not_served(estimator):
    assert not RidgePenalties().serves(estimator)


def test_sparse_rows_and_single_weights_are_not_served():
    X, y = make_regression(60, 5, noise=3, random_state=0)
    rows = sparse.csr_array(X)
    assert not views_of(RidgePenalties(), candidates(Ridge()), rows, y)
    kernels = candidates(KernelRidge())
    assert not views_of(KernelRidgePenalties(), kernels, X, y, sample_weight=2.0)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (40, 40)])
def test_tridiagonal_solutions(shape):
    rng = np.random.default_rng(0)
    half, target = rng.normal(size=shape), rng.normal(size=(shape[1], 2))
    matrix = half.T @ half
    reduced = _linear._Tridiagonal(matrix)
    solved = np.hsplit(reduced.solve(list(ALPHAS), target), len(ALPHAS))
    for alpha, solution in zip(ALPHAS, solved, strict=True):
        whole = matrix + alpha * np.eye(shape[1])
        condition = np.linalg.cond(whole)
        assert reduced.condition(alpha) == pytest.approx(condition, rel=1e-6)
        error = np.abs(whole @ solution - target).max()
        assert error <= 1e-13 * condition * np.abs(target).max()
