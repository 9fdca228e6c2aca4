"""Linear classifiers fitted to infinitely many random copies, without copies.

A random copy leaves the mean of each cell alone and gives it a variance. What a linear
model then sees of a row is a linear predictor with a known mean and variance; the loss,
averaged over all copies, is a function of these two.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, sparse
from scipy.special import ndtr
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import (
    LogisticRegression,
    RidgeClassifier,
)
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

__all__ = [
    "closed_form_of",
    "expected_softplus",
]

#: The logistic function as a mixture of normal distribution functions: weights and
#: slopes with the smallest largest error, found numerically; see
#: :func:`expected_softplus`.
MIXTURE = (
    *(0.009123091956, 0.109227412319, 0.317284916153),
    *(0.373672426915, 0.172309815836, 0.018382336821),
)
SLOPES = (
    *(0.269575533812, 0.366878911497, 0.495804669513),
    *(0.668657210792, 0.897693158197, 1.211595479718),
)

#: Part of a column's sum of squares that counts as no penalty at all.
_NO_PENALTY = 1e-12

Fit = Callable[..., Any]


def closed_form_of(estimator: Any, y: np.ndarray) -> Fit | None:
    """Return the function that fits an estimator without copies; None if unknown.

    It takes the estimator, rows, targets, weights and the variance of each cell, and
    returns a fitted clone. Subclasses may do anything, so they are not recognized.
    """
    if type(estimator) is RidgeClassifier:
        return _fit_least_squares if np.ndim(estimator.alpha) == 0 else None
    if type(estimator) is LogisticRegression and _is_ridge_logistic(estimator):
        return _fit_logistic if y.ndim == 1 and len(np.unique(y)) == 2 else None
    return None


def _is_ridge_logistic(estimator: Any) -> bool:
    """Whether the only penalty is on squares, and not on the intercept."""
    known = estimator.penalty in ("deprecated", "l2", None)
    return known and not estimator.l1_ratio and estimator.solver != "liblinear"


# ------------------------------------------------------------------------ least squares


def _fit_least_squares(estimator, X, y, weight, variances):
    """Ridge regression with a penalty for each column, as one with rescaled columns.

    The mean squared error over all copies is that of the rows plus, for each column,
    the square of its coefficient times the sum of the variances of its cells.
    """
    model = clone(estimator).set_params(alpha=1.0)
    total = np.ones(len(y)) if weight is None else weight
    if estimator.class_weight is not None:  # as the model does by itself
        total = total * compute_sample_weight(estimator.class_weight, y)
    penalty = estimator.alpha + variances.T @ total
    scale = 1 / np.sqrt(np.maximum(penalty, _floor(X)))
    rescaled = X @ sparse.diags_array(scale) if sparse.issparse(X) else X * scale
    model.fit(rescaled, y, sample_weight=weight)
    model.coef_ = model.coef_ * scale
    return model.set_params(alpha=estimator.alpha)


def _floor(X):
    """Keep columns without variance, such as constants, from infinite scales."""
    squares = (X**2).sum(axis=0)
    return np.where(squares > 0, _NO_PENALTY * squares, 1.0)


# ---------------------------------------------------------------------------- logistic


def expected_softplus(mean, variance):
    """Mean of log(1 + exp(z)) for normal z, with both derivatives.

    The logistic function is a mixture of normal distribution functions, for which the
    mean is known; six of them are enough for seven digits, whatever the variance.

    Parameters
    ----------
    mean, variance : ndarray
        Of z; broadcast together.

    Returns
    -------
    value, by_mean, by_variance : ndarray
        The mean of the function, and its derivatives.
    """
    value = by_mean = by_variance = 0.0
    for share, slope in zip(MIXTURE, SLOPES, strict=True):
        width = np.sqrt(variance + slope**-2)
        t = mean / width
        below, density = ndtr(t), np.exp(-0.5 * t * t) / np.sqrt(2 * np.pi)
        value = value + share * (mean * below + width * density)
        by_mean = by_mean + share * below
        by_variance = by_variance + share * density / (2 * width)
    return value, by_mean, by_variance


def _fit_logistic(estimator, X, y, weight, variances):
    """Logistic regression of two classes with a normal linear predictor."""
    classes, codes = np.unique(y, return_inverse=True)
    weight = np.ones(len(y)) if weight is None else weight
    of_class = compute_class_weight(
        estimator.class_weight, classes=classes, y=y, sample_weight=weight
    )
    problem = _Logistic(
        X,
        2.0 * codes - 1,
        weight * of_class[codes],
        variances,
        penalty=0.0 if estimator.penalty is None else 1 / estimator.C,
        fit_intercept=estimator.fit_intercept,
    )
    coef, intercept, n_iter = problem.solved(estimator.tol, estimator.max_iter)
    result = clone(estimator)
    result.classes_, result.n_features_in_ = classes, X.shape[1]
    result.coef_, result.intercept_ = coef[np.newaxis], np.array([intercept])
    result.n_iter_ = np.array([n_iter], dtype=np.int32)
    return result


class _Logistic:
    """Mean expected loss of two classes as a function of coefficients and intercept.

    The solver sees coefficients of columns with a root mean square of one.
    """

    def __init__(self, X, signs, weight, variances, *, penalty, fit_intercept):
        self.X, self.signs, self.variances = X, signs, variances
        self.share = weight / weight.sum()
        self.penalty = penalty / weight.sum()
        self.fit_intercept = fit_intercept
        squares = (X**2).sum(axis=0)
        squares = np.where(squares > 0, squares, len(signs))
        self.unit = np.sqrt(len(signs) / squares)

    def solved(self, tol, max_iter):
        """Return coefficients, intercept and number of iterations."""
        found = optimize.minimize(
            self.value_and_gradient,
            np.zeros(self.X.shape[1] + 1),
            jac=True,
            method="L-BFGS-B",
            options={"gtol": tol, "ftol": 1e-15, "maxiter": max_iter, "maxcor": 20},
        )
        if found.status == 1:
            warnings.warn(
                f"The fit did not converge within max_iter={max_iter} iterations; "
                "give the estimator more, or standardize the features.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return found.x[:-1] * self.unit, found.x[-1], found.nit

    def value_and_gradient(self, point):
        """Value and gradient at scaled coefficients, followed by the intercept."""
        coef = point[:-1] * self.unit
        mean = self.X @ coef + point[-1]
        variance = self.variances @ coef**2
        value, by_mean, by_variance = expected_softplus(-self.signs * mean, variance)
        by_mean, by_variance = self.share * by_mean, self.share * by_variance
        slopes = -self.signs * by_mean
        gradient = self.X.T @ slopes + 2 * coef * (self.variances.T @ by_variance)
        gradient = (gradient + self.penalty * coef) * self.unit
        by_intercept = slopes.sum() if self.fit_intercept else 0.0
        total = self.share @ value + 0.5 * self.penalty * (coef @ coef)
        return total, np.append(gradient, by_intercept)
