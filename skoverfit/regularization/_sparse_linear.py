"""Linear models with penalties that leave features out, solved by skglm.

The classifier majorises the logistic loss by a parabola at each step, so that the same
least-squares solver serves both, with weights and a free intercept.
"""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skoverfit._compat import (
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
    import_optional,
)

__all__ = ["SparseClassifier", "SparseRegressor"]

#: Concavity of each penalty as its authors use it.
GAMMA = {"mcp": 3.0, "scad": 3.7, "group": np.inf}
#: The logistic loss is nowhere more curved than this.
CURVATURE = 0.25


class _SparseLinear(BaseEstimator):
    """Data, weights and groups of both models."""

    _parameter_constraints: dict = {
        "penalty": [StrOptions(set(GAMMA))],
        "alpha": [Interval(Real, 0, None, closed="left")],
        "gamma": [Interval(Real, 1, None, closed="neither"), None],
        "feature_groups": ["array-like", None],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        penalty="mcp",
        alpha=1.0,
        *,
        gamma=None,
        feature_groups=None,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-5,
    ):
        self.penalty = penalty
        self.alpha = alpha
        self.gamma = gamma
        self.feature_groups = feature_groups
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def _problem(self, X, sample_weight) -> "_Problem":
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        problem = _Problem(X, weights, self.fit_intercept)
        groups = None
        if self.penalty == "group":
            groups = groups_of(self.feature_groups, X.shape[1])
        problem.solver = _Solver(self, problem, groups)
        return problem


class SparseRegressor(RegressorMixin, _SparseLinear):
    """Least squares with the penalty MCP, SCAD or that of the group lasso.

    Minimises half the weighted mean of squared errors plus the penalty. MCP [1]_ and
    SCAD [2]_ leave features out as the lasso does, but do not shrink large
    coefficients; the group lasso [3]_ leaves whole groups of features out. Needs the
    extra ``sparse`` (skglm); the first fit of a process compiles for some seconds.

    Parameters
    ----------
    penalty : {"mcp", "scad", "group"}, default="mcp"
        Kind of penalty. That of a group is the norm of its coefficients times the
        square root of their number.
    alpha : float, default=1.0
        Strength of the penalty, from 0. It treats all features alike, so standardise
        them.
    gamma : float, default=None
        Concavity of MCP (above 1) and SCAD (above 2), for features of variance one;
        None is 3 and 3.7. It is divided by the smallest variance, so that the problem
        stays solvable feature by feature.
    feature_groups : array-like, default=None
        Groups of the group lasso: one label for each feature, or a list of lists of
        column numbers that holds each column once.
    fit_intercept : bool, default=True
        Whether there is an intercept; it is not penalised.
    max_iter : int, default=1000
        Most iterations of the solver.
    tol : float, default=1e-5
        How nearly the optimality conditions must hold.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        Coefficients.
    intercept_ : float
        Intercept.
    n_iter_ : int
        Iterations of the solver.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.

    See Also
    --------
    SparseClassifier : The same for classification.
    RegularizedRegressor : Sets `alpha` by a dial, or chooses it.

    References
    ----------
    .. [1] C.-H. Zhang, "Nearly unbiased variable selection under minimax concave
       penalty", The Annals of Statistics 38, 894-942, 2010.
    .. [2] J. Fan and R. Li, "Variable selection via nonconcave penalized likelihood
       and its oracle properties", Journal of the American Statistical Association
       96, 1348-1360, 2001.
    .. [3] M. Yuan and Y. Lin, "Model selection and estimation in regression with
       grouped variables", Journal of the Royal Statistical Society B 68, 49-67, 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from skoverfit.regularization import SparseRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = SparseRegressor("mcp", alpha=15)
    >>> model.fit(scale(X), y).coef_.round()  # doctest: +SKIP
    array([ 0.,  0., 26.,  5.,  0.,  0.,  0.,  0., 28.,  0.])
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; a weight of two is the row twice.

        Returns
        -------
        self : SparseRegressor
            The fitted model.
        """
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        problem = self._problem(X, sample_weight)
        coef, self.intercept_ = problem.solve(y.astype(np.float64), None, 1.0)
        self.coef_ = problem.spread(coef)
        self.n_iter_ = problem.solver.n_iter
        self.intercept_ -= float(problem.center @ coef)
        return self

    def predict(self, X):
        """Predict the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Predictions.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return X @ self.coef_ + self.intercept_


class SparseClassifier(ClassifierMixin, _SparseLinear):
    """Logistic regression with the penalty MCP, SCAD or that of the group lasso.

    Minimises the weighted mean of the logistic loss plus the penalty; more than two
    classes are told apart one against the rest. Needs the extra ``sparse`` (skglm);
    the first fit of a process compiles for some seconds.

    Parameters
    ----------
    penalty : {"mcp", "scad", "group"}, default="mcp"
        Kind of penalty. That of a group is the norm of its coefficients times the
        square root of their number.
    alpha : float, default=1.0
        Strength of the penalty, from 0. It treats all features alike, so standardise
        them.
    gamma : float, default=None
        Concavity of MCP (above 1) and SCAD (above 2), for a loss as curved as that of
        least squares on features of variance one; None is 3 and 3.7. It is divided by
        the smallest variance and by the curvature of the logistic loss, at most 1/4.
    feature_groups : array-like, default=None
        Groups of the group lasso: one label for each feature, or a list of lists of
        column numbers that holds each column once.
    fit_intercept : bool, default=True
        Whether there is an intercept; it is not penalised.
    max_iter : int, default=1000
        Most steps of the majorisation, and most iterations of the solver in each.
    tol : float, default=1e-5
        How little a step must change, relative to the largest coefficient.
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    n_iter_ : int
        Steps of the majorisation, the most over the classes.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.

    See Also
    --------
    SparseRegressor : The same for regression, with references.
    RegularizedClassifier : Sets `alpha` by a dial, or chooses it.

    Notes
    -----
    MCP and SCAD do not shrink large coefficients, so where features that they keep
    separate the classes there is no finite solution, and a ConvergenceWarning. A
    larger `gamma` makes them more like the lasso, which has one.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import scale
    >>> from skoverfit.regularization import SparseClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = SparseClassifier("mcp", alpha=0.1)
    >>> int((model.fit(scale(X), y).coef_ != 0).sum())  # doctest: +SKIP
    4
    """

    _parameter_constraints: dict = {
        **_SparseLinear._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        penalty="mcp",
        alpha=1.0,
        *,
        gamma=None,
        feature_groups=None,
        fit_intercept=True,
        max_iter=1000,
        tol=1e-5,
        class_weight=None,
    ):
        super().__init__(
            penalty,
            alpha,
            gamma=gamma,
            feature_groups=feature_groups,
            fit_intercept=fit_intercept,
            max_iter=max_iter,
            tol=tol,
        )
        self.class_weight = class_weight

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Fit the model.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,)
            Class labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; a weight of two is the row twice.

        Returns
        -------
        self : SparseClassifier
            The fitted model.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.class_weight is not None:
            weights = weights * self._class_weights(y, weights)[codes]
        present = np.unique(codes[weights > 0])
        if len(present) < 2:
            raise ValueError(
                "SparseClassifier needs two classes or more; rows of positive weight "
                f"have one class, {self.classes_[present].tolist()!r}."
            )
        problem = self._problem(X, weights)
        positive = [1] if len(self.classes_) == 2 else range(len(self.classes_))
        fits = [self._against_rest(problem, codes == k) for k in positive]
        self.coef_ = np.array([problem.spread(coef) for coef, *_ in fits])
        self.intercept_ = np.array([b - problem.center @ coef for coef, b, _ in fits])
        self.n_iter_ = max(n_iter for *_, n_iter in fits)
        return self

    def _class_weights(self, y, weights):
        return compute_class_weight(
            self.class_weight, classes=self.classes_, y=y, sample_weight=weights
        )

    def _against_rest(self, problem, is_positive):
        """Go from parabola to parabola above the loss until nothing moves.

        Steps carry on in their direction, as Nesterov's do, until that leads astray.
        """
        target = is_positive.astype(np.float64)
        share = np.average(target, weights=problem.weights)
        share = np.clip(share, 1e-10, 1 - 1e-10)  # a class may have no weight
        now = np.zeros(problem.A.shape[1] + 1)
        now[-1] = logit(share) if self.fit_intercept else 0.0
        ahead, momentum, last_step = now, 1.0, np.inf
        for n_iter in range(1, self.max_iter + 1):
            scores = problem.A @ ahead[:-1] + ahead[-1]
            working = scores + (target - expit(scores)) / CURVATURE
            new = np.append(*problem.solve(working, ahead[:-1], CURVATURE))
            step = np.abs(new - ahead).max()
            if step <= self.tol * max(1.0, np.abs(new).max()):
                return new[:-1], new[-1], n_iter
            if (ahead - new) @ (new - now) > 0 or step > 2 * last_step:
                momentum = 1.0
            following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = new + (momentum - 1) / following * (new - now)
            now, momentum, last_step = new, following, step
        _warn_unfinished(self)
        return now[:-1], now[-1], self.max_iter

    def decision_function(self, X):
        """Compute the decision function.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        decisions : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Log-odds of the second class, or of each against the rest.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        decisions = X @ self.coef_.T + self.intercept_
        return decisions[:, 0] if decisions.shape[1] == 1 else decisions

    def predict_proba(self, X):
        """Predict class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``; those of each class against the rest, made
            to add up to one.
        """
        odds = expit(self.decision_function(X))
        if odds.ndim == 1:
            return np.column_stack([1 - odds, odds])
        odds = np.maximum(odds, np.finfo(float).tiny)
        return odds / odds.sum(axis=1, keepdims=True)

    def predict_log_proba(self, X):
        """Predict logarithms of class probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        """Predict class labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        y_pred : ndarray of shape (n_samples,)
            Labels.
        """
        decisions = self.decision_function(X)
        if decisions.ndim == 1:
            return self.classes_[(decisions > 0).astype(int)]
        return self.classes_[decisions.argmax(axis=1)]


# -------------------------------------------------------------------- the problem
class _Problem:
    """Weighted least squares on centred features that vary, for many targets."""

    solver: "_Solver"

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
        """Coefficients and intercept for centred features and one target."""
        intercept = 0.0
        if self.fit_intercept:
            intercept = float(np.average(target, weights=self.weights))
        if not self.kept.any():
            return np.zeros(0), intercept
        root = np.sqrt(curvature)
        residual = (target - intercept) * self.root * root
        return self.solver(self._design * root, residual, coef, curvature), intercept

    def spread(self, coef):
        """Coefficients of all features, zero for those that do not vary."""
        full = np.zeros(self.n_features)
        full[self.kept] = coef
        return full


class _Solver:
    """The solver of skglm for a penalty and the features that vary."""

    def __init__(self, model, problem, groups):
        solvers = import_optional("skglm.solvers", extra="sparse")
        self.datafits = import_optional("skglm.datafits", extra="sparse")
        self.penalties = import_optional("skglm.penalties", extra="sparse")
        self.n_iter = 1
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
            _warn_unfinished(self.model)
        return coef

    def _datafit(self):
        if self.model.penalty == "group":
            return self.datafits.QuadraticGroup(self.pointers, self.indices)
        return self.datafits.Quadratic()

    def _penalty(self, curvature):
        model, alpha = self.model, float(self.model.alpha)
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


def _warn_unfinished(model: Any) -> None:
    warnings.warn(
        f"{type(model).__name__} did not converge in max_iter={model.max_iter}: "
        "raise max_iter, tol or alpha, or standardise the features.",
        ConvergenceWarning,
        stacklevel=4,
    )
