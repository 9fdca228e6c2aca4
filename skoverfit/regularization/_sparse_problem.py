"""The least-squares problem behind sparse linear models, and its solver in skglm."""

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skoverfit._compat import import_optional

__all__ = ["GAMMA", "Problem", "Solver", "gamma_in_use", "groups_of", "warn_unfinished"]

#: Concavity of each penalty as its authors use it.
GAMMA = {"mcp": 3.0, "scad": 3.7, "group": np.inf}


class Problem:
    """Weighted least squares on centered features that vary, for many targets."""

    solver: "Solver"

    def __init__(self, X, weights, fit_intercept):
        self.weights, self.n_features = weights, X.shape[1]
        self.fit_intercept = fit_intercept
        mean = np.zeros(X.shape[1])
        if fit_intercept:
            mean = np.average(X, axis=0, weights=weights)
        A = X - mean
        spread = np.average(A**2, axis=0, weights=weights)
        # A feature that is constant up to rounding can only add noise.
        size = np.average(X**2, axis=0, weights=weights)
        self.kept = spread > 1e-20 * np.maximum(size, np.finfo(float).tiny)
        self.A, self.center = A[:, self.kept], mean[self.kept]
        self.smallest = float(spread[self.kept].min(initial=np.inf))
        self.root = np.sqrt(weights * (len(weights) / weights.sum()))
        self._design = np.asfortranarray(self.A * self.root[:, None])

    def solve(self, target, coef, curvature):
        """Coefficients and intercept for centered features and one target."""
        intercept = 0.0
        if self.fit_intercept:
            intercept = float(np.average(target, weights=self.weights))
        if not self.kept.any():
            return np.zeros(0), intercept
        root = np.sqrt(curvature)
        residual = (target - intercept) * self.root * root
        return self.solver(self._design * root, residual, coef, curvature), intercept

    def emptying(self, residual):
        """Return the smallest alpha that leaves no feature in.

        Parameters
        ----------
        residual : ndarray of shape (n_samples,)
            The target less what the model without features predicts.
        """
        weighted = self.weights * residual / self.weights.sum()
        return self.solver.size(self.A.T @ weighted)

    def spread(self, coef):
        """Coefficients of all features, zero for those that do not vary."""
        full = np.zeros(self.n_features)
        full[self.kept] = coef
        return full


class Solver:
    """The solver of skglm for a penalty and the features that vary."""

    def __init__(self, model, problem, groups):
        solvers = import_optional("skglm.solvers", extra="sparse")
        self.datafits = import_optional("skglm.datafits", extra="sparse")
        self.penalties = import_optional("skglm.penalties", extra="sparse")
        self.n_iter = 1
        self.alpha = 0.0  # until it is known
        self.model, self.smallest = model, problem.smallest
        kind = solvers.AndersonCD if groups is None else solvers.GroupBCD
        self.solver = kind(
            max_iter=model.max_iter, tol=0.1 * model.tol, fit_intercept=False
        )
        if groups is not None:
            self._set_groups(groups, problem.kept)

    def _set_groups(self, groups, kept):
        """Renumber the features that vary; groups keep the weight of their size."""
        number = np.cumsum(kept) - 1
        members = [(number[group[kept[group]]], len(group)) for group in groups]
        members = [(group, size) for group, size in members if len(group)]
        sizes = [len(group) for group, _ in members]
        self.pointers = np.array([0, *np.cumsum(sizes)], dtype=np.int32)
        parts = [group for group, _ in members] or [np.zeros(0)]
        self.indices = np.concatenate(parts).astype(np.int32)
        self.group_weights = np.sqrt([float(size) for _, size in members])

    def __call__(self, A, b, coef, curvature):
        # Skglm writes into what it starts from.
        start = np.zeros(A.shape[1]) if coef is None else coef.copy()
        A = np.asfortranarray(A)
        coef, objectives, violation = self.solver.solve(
            A, b, self._datafit(), self._penalty(curvature), start, A @ start
        )
        self.n_iter = max(1, len(objectives))
        if violation > self.model.tol:
            warn_unfinished(self.model)
        return coef

    def size(self, gradient):
        """Return the largest entry of a gradient, or norm of a group's share of it."""
        if self.model.penalty != "group":
            return float(np.abs(gradient).max(initial=0.0))
        parts = np.split(gradient[self.indices], self.pointers[1:-1])
        norms = np.array([np.linalg.norm(part) for part in parts])[
            : len(self.group_weights)
        ]
        return float((norms / self.group_weights).max(initial=0.0))

    def _datafit(self):
        if self.model.penalty == "group":
            return self.datafits.QuadraticGroup(self.pointers, self.indices)
        return self.datafits.Quadratic()

    def _penalty(self, curvature):
        model, alpha = self.model, self.alpha
        if model.penalty == "group":
            return self.penalties.WeightedGroupL2(
                alpha, self.group_weights, self.pointers, self.indices
            )
        gamma = gamma_in_use(model.penalty, model.gamma, self.smallest * curvature)
        if model.penalty == "mcp":
            return self.penalties.MCPenalty(alpha, gamma)
        return self.penalties.SCAD(alpha, gamma)


def gamma_in_use(penalty: str, gamma: float | None, curvature: float) -> float:
    """Concavity for the least curved feature: each stays convex along its axis."""
    least = 1.0 if penalty == "mcp" else 2.0
    gamma = GAMMA[penalty] if gamma is None else float(gamma)
    if gamma <= least:
        raise ValueError(
            f"gamma={gamma:g} must be above {least:g} for penalty={penalty!r}."
        )
    if penalty == "mcp":
        return gamma / curvature
    return 1.0 + (gamma - 1.0) / curvature


def groups_of(feature_groups: Any, n_features: int) -> list[np.ndarray]:
    """Column numbers of each group, from labels or from lists of numbers."""
    if feature_groups is None:
        raise ValueError("penalty='group' needs feature_groups.")
    groups = list(feature_groups)
    if groups and all(np.ndim(group) == 1 for group in groups):
        groups = [np.asarray(group) for group in groups]
    else:
        labels = np.asarray(groups)
        if labels.shape != (n_features,):
            raise ValueError(
                f"feature_groups has {len(groups)} labels, but X has {n_features} "
                "features; give one label for each, or lists of column numbers."
            )
        groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    columns = np.concatenate(groups)
    numbered = np.issubdtype(columns.dtype, np.integer)
    if not numbered or not np.array_equal(np.sort(columns), np.arange(n_features)):
        raise ValueError(
            f"feature_groups={feature_groups!r} must hold each column number from 0 "
            f"to {n_features - 1} in one group."
        )
    return groups


def warn_unfinished(model: Any) -> None:
    warnings.warn(
        f"{type(model).__name__} did not converge in max_iter={model.max_iter}: "
        "raise max_iter, tol or alpha, or standardize the features.",
        ConvergenceWarning,
        stacklevel=4,
    )
