"""Fits one learner at many strengths, with shared work where the result is the same.

- Candidates with equal settings are fitted once.
- Ridge regression: one eigendecomposition serves all penalties.
- Convex models with `warm_start` (lasso, elastic net, logistic and other generalized
  linear models): from the strongest to the weakest, each from the one before.
- Ensembles that differ in `n_estimators` alone: prefixes of the largest.
- All others: one fit for each setting.
"""

import copy
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LogisticRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.utils.validation import check_X_y

from skoverfit._compat import _check_sample_weight

__all__ = ["fit_along"]

WARM = (
    ElasticNet,
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LogisticRegression,
    MultiTaskElasticNet,
    MultiTaskLasso,
    PoissonRegressor,
    TweedieRegressor,
)
BOOSTING = (GradientBoostingClassifier, GradientBoostingRegressor)
ADABOOST = (AdaBoostClassifier, AdaBoostRegressor)
FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)


def fit_along(candidates: Sequence[Any], X: Any, y: Any, params: dict) -> list[Any]:
    """Fit candidates of one learner, from the least to the most regularized.

    Returns
    -------
    fitted : list of estimator
        In the order of the candidates; equal candidates are one object.
    """
    keys = [_key(candidate) for candidate in candidates]
    unique = dict(zip(keys, candidates, strict=True))
    names = list(unique)
    fitted = _fit_unique([unique[key] for key in names], X, y, params)
    found = dict(zip(names, fitted, strict=True))
    return [found[key] for key in keys]


def _key(candidate: Any) -> tuple[str, str]:
    params = candidate.get_params(deep=False)
    # Large arrays are the same for all candidates, whatever their repr leaves out.
    return str(type(candidate)), repr(sorted(params.items()))


def _fit_unique(models: list[Any], X: Any, y: Any, params: dict) -> list[Any]:
    groups: dict[type, list[Any]] = {}
    for model in models:
        groups.setdefault(type(model), []).append(model)
    fitted: dict[int, Any] = {}
    for group in groups.values():
        fits = _way_for(group, X, params)(group, X, y, params)
        fitted |= {id(model): fit for model, fit in zip(group, fits, strict=True)}
    return [fitted[id(model)] for model in models]


def _way_for(models: list[Any], X: Any, params: dict) -> Callable:
    """Choose how to fit several candidates of one class."""
    if len(models) > 1:
        if type(models[0]) is Ridge and _shares_decomposition(models, X, params):
            return _ridge_path
        if type(models[0]) in WARM and not models[0].warm_start:
            return _warm_path
        if _are_prefixes(models):
            return _prefixes
    return _one_by_one


def _one_by_one(models: list[Any], X: Any, y: Any, params: dict) -> list[Any]:
    return [model.fit(X, y, **params) for model in models]


def _differences(models: list[Any]) -> set[str]:
    """Names of the parameters in which candidates differ."""
    own = [model.get_params(deep=False) for model in models]
    return {name for name in own[0] if len({repr(params[name]) for params in own}) > 1}


# ------------------------------------------------------------------------------ ridge
def _shares_decomposition(models: list[Any], X: Any, params: dict) -> bool:
    first = models[0]
    return (
        first.solver in ("auto", "cholesky", "svd")
        and not first.positive
        and not issparse(X)
        and not params.keys() - {"sample_weight"}
        and all(_is_positive(each.alpha) for each in models)
        and _differences(models) == {"alpha"}
    )


def _is_positive(alpha: Any) -> bool:
    return isinstance(alpha, Real) and float(alpha) > 0


def _ridge_path(models: list[Any], X: Any, y: Any, params: dict) -> list[Any]:
    """Solve for all penalties in the eigenvectors of the smaller Gram matrix."""
    first = models[0]
    A, b = check_X_y(X, y, dtype=np.float64, multi_output=True, y_numeric=True)
    weights = _check_sample_weight(params.get("sample_weight"), A, dtype=np.float64)
    x_mean, y_mean = np.zeros(A.shape[1]), np.zeros(b.shape[1:])
    if first.fit_intercept:
        x_mean, y_mean = (np.average(each, axis=0, weights=weights) for each in (A, b))
    root = np.sqrt(weights)
    A, b = (A - x_mean) * root[:, None], ((b - y_mean).T * root).T
    solve = _primal(A, b) if A.shape[0] > A.shape[1] else _dual(A, b)
    for model in models:
        coef = solve(float(model.alpha))
        model.coef_ = coef.T if b.ndim > 1 else coef
        model.intercept_ = y_mean - x_mean @ coef if first.fit_intercept else 0.0
        model.n_features_in_ = A.shape[1]
    return models


def _primal(A: np.ndarray, b: np.ndarray) -> Callable[[float], np.ndarray]:
    values, vectors = np.linalg.eigh(A.T @ A)
    values, target = np.maximum(values, 0), vectors.T @ (A.T @ b)
    return lambda alpha: vectors @ (target.T / (values + alpha)).T


def _dual(A: np.ndarray, b: np.ndarray) -> Callable[[float], np.ndarray]:
    values, vectors = np.linalg.eigh(A @ A.T)
    values, target = np.maximum(values, 0), vectors.T @ b
    back = A.T @ vectors
    return lambda alpha: back @ (target.T / (values + alpha)).T


# ------------------------------------------------------------------------ warm starts
def _warm_path(models: list[Any], X: Any, y: Any, params: dict) -> list[Any]:
    """From the strongest to the weakest, each from the solution of the one before."""
    runner = copy.deepcopy(models[-1])
    fitted = []
    for model in reversed(models):
        own = model.get_params(deep=False)
        runner.set_params(**own | {"warm_start": True}).fit(X, y, **params)
        # The next fit may write into the coefficients of this one.
        fitted.append(copy.deepcopy(runner).set_params(**own))
    return fitted[::-1]


# --------------------------------------------------------------------------- prefixes
def _are_prefixes(models: list[Any]) -> bool:
    """Whether the largest ensemble holds the others as its first members."""
    first = models[0]
    if type(first) not in BOOSTING + ADABOOST + FORESTS:
        return False
    return (
        _differences(models) == {"n_estimators"}
        and isinstance(first.random_state, Integral)
        and not getattr(first, "oob_score", False)
        and not getattr(first, "warm_start", False)
        and getattr(first, "n_iter_no_change", None) is None
    )


def _prefixes(models: list[Any], X: Any, y: Any, params: dict) -> list[Any]:
    largest = max(models, key=lambda model: model.n_estimators).fit(X, y, **params)
    return [_prefix(largest, model.n_estimators) for model in models]


def _prefix(largest: Any, size: int) -> Any:
    model = copy.copy(largest).set_params(n_estimators=size)
    model.estimators_ = largest.estimators_[:size]
    for name in ("estimator_weights_", "estimator_errors_"):  # of AdaBoost
        if hasattr(largest, name):
            setattr(model, name, getattr(largest, name)[:size])
    if type(largest) in BOOSTING:
        model.n_estimators_ = size
        for name in ("train_score_", "oob_improvement_", "oob_scores_"):
            if name in vars(largest):
                setattr(model, name, getattr(largest, name)[:size])
    return model
