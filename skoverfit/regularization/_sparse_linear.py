"""Linear models with penalties that leave features out, solved by skglm.

The classifier majorizes the logistic loss by a parabola at each step, so that the same
least-squares solver serves both, with weights and a free intercept.
"""

import warnings
from collections.abc import Mapping
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from skoverfit._compat import (
    Interval,
    StrOptions,
    _check_sample_weight,
    _fit_context,
)
from skoverfit._declared import declared
from skoverfit._docs import documented, entries_of
from skoverfit.exceptions import EmptyModelWarning
from skoverfit.regularization._sparse_problem import (
    GAMMA,
    Problem,
    Solver,
    gamma_in_use,
    groups_of,
    warn_unfinished,
)

__all__ = ["SparseClassifier", "SparseRegressor", "gamma_in_use", "groups_of"]

#: Share of the smallest alpha that leaves no feature in, where none is given.
DEFAULT_SHARE = 0.1
#: The logistic loss is nowhere more curved than this.
CURVATURE = 0.25


@declared
class _SparseLinear(BaseEstimator):
    """Data, weights and groups of both models."""

    penalty: str = "mcp"
    alpha: float | None = None
    _: KW_ONLY
    gamma: float | None = None
    feature_groups: ArrayLike | None = None
    fit_intercept: bool = True
    max_iter: int = 1000
    tol: float = 1e-5

    _parameter_constraints = {
        "penalty": [StrOptions(set(GAMMA))],
        "alpha": [Interval(Real, 0, None, closed="left"), None],
        "gamma": [Interval(Real, 1, None, closed="neither"), None],
        "feature_groups": ["array-like", None],
        "fit_intercept": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
    }

    #: The dial, whose strongest setting is a constant on purpose, takes it back.
    _warns_if_empty = True

    def _problem(self, X, sample_weight) -> Problem:
        weights = _check_sample_weight(sample_weight, X, dtype=np.float64)
        problem = Problem(X, weights, self.fit_intercept)
        groups = None
        if self.penalty == "group":
            groups = groups_of(self.feature_groups, X.shape[1])
        problem.solver = Solver(self, problem, groups)
        return problem

    def _set_alpha(self, problem, emptying) -> None:
        """Decide on `alpha_`; `emptying` is the smallest that leaves no feature in."""
        own = self.alpha
        self.alpha_ = float(DEFAULT_SHARE * emptying if own is None else own)
        problem.solver.alpha = self.alpha_

    def _check_features(self, emptying) -> None:
        """Warn if there are coefficients that might be other than zero, and none is."""
        if self._warns_if_empty and emptying > 0 and not self.coef_.any():
            warnings.warn(
                f"alpha={self.alpha_:g} leaves no feature in, so that all predictions "
                f"of {type(self).__name__} are the same. Set alpha below "
                f"{emptying:.3g}, or to None for a tenth of that.",
                EmptyModelWarning,
                stacklevel=4,
            )


class SparseRegressor(RegressorMixin, _SparseLinear):
    """Least squares with the penalty MCP, SCAD or that of the group lasso.

    Minimizes half the weighted mean of squared errors plus the penalty. MCP [1]_ and
    SCAD [2]_ leave features out as the lasso does, but do not shrink large
    coefficients; the group lasso [3]_ leaves whole groups of features out. Needs the
    extra ``sparse`` (skglm); the first fit of a process compiles for some seconds.

    Parameters
    ----------
    penalty : {"mcp", "scad", "group"}, default="mcp"
        Kind of penalty. That of a group is the norm of its coefficients times the
        square root of their number.
    alpha : float or None, default=None
        Strength of the penalty, from 0. It treats all features alike, so standardize
        them. None is a tenth of the smallest strength that leaves no feature in.
    gamma : float, default=None
        Concavity of MCP (above 1) and SCAD (above 2), for features of variance one;
        None is 3 and 3.7. It is divided by the smallest variance, so that the problem
        stays solvable feature by feature.
    feature_groups : array-like, default=None
        Groups of the group lasso: one label for each feature, or a list of lists of
        column numbers that holds each column once.
    fit_intercept : bool, default=True
        Whether there is an intercept; it is not penalized.
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
    alpha_ : float
        Strength of the penalty in use.
    n_iter_ : int
        Iterations of the solver.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if all are strings.

    Warns
    -----
    EmptyModelWarning
        If `alpha` leaves no feature in, so that all predictions are the same.

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
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
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
        y = y.astype(np.float64)
        null = np.average(y, weights=problem.weights) if self.fit_intercept else 0.0
        emptying = problem.emptying(y - null)
        self._set_alpha(problem, emptying)
        coef, self.intercept_ = problem.solve(y, None, 1.0)
        self.coef_ = problem.spread(coef)
        self.n_iter_ = problem.solver.n_iter
        self.intercept_ -= float(problem.center @ coef)
        self._check_features(emptying)
        return self

    def predict(self, X: Any) -> np.ndarray:
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


@documented(entries_of(SparseRegressor))
@declared
class SparseClassifier(ClassifierMixin, _SparseLinear):
    """Logistic regression with the penalty MCP, SCAD or that of the group lasso.

    Minimizes the weighted mean of the logistic loss plus the penalty; more than two
    classes are told apart one against the rest. Needs the extra ``sparse`` (skglm);
    the first fit of a process compiles for some seconds.

    Parameters
    ----------
    {penalty, alpha}
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes.
    gamma : float, default=None
        Concavity of MCP (above 1) and SCAD (above 2), for a loss as curved as that of
        least squares on features of variance one; None is 3 and 3.7. It is divided by
        the smallest variance and by the curvature of the logistic loss, at most 1/4.
    {feature_groups, fit_intercept}
    max_iter : int, default=1000
        Most steps of the majorisation, and most iterations of the solver in each.
    tol : float, default=1e-5
        How little a step must change, relative to the largest coefficient.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        Coefficients.
    intercept_ : ndarray of shape (1,) or (n_classes,)
        Intercepts.
    {alpha_}
    n_iter_ : int
        Steps of the majorisation, the most over the classes.
    {n_features_in_, feature_names_in_}

    Warns
    -----
    {EmptyModelWarning}

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

    _: KW_ONLY
    class_weight: Literal["balanced"] | Mapping[Any, float] | None = None

    _parameter_constraints = {
        **_SparseLinear._parameter_constraints,
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
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
        targets = [(codes == k).astype(np.float64) for k in positive]
        nulls = [self._share(problem, target) for target in targets]
        residuals = [each - null for each, null in zip(targets, nulls, strict=True)]
        emptying = max(map(problem.emptying, residuals))
        self._set_alpha(problem, emptying)
        fits = [self._against_rest(problem, target) for target in targets]
        self.coef_ = np.array([problem.spread(coef) for coef, *_ in fits])
        self.intercept_ = np.array([b - problem.center @ coef for coef, b, _ in fits])
        self.n_iter_ = max(n_iter for *_, n_iter in fits)
        self._check_features(emptying)
        return self

    def _class_weights(self, y, weights):
        return compute_class_weight(
            self.class_weight, classes=self.classes_, y=y, sample_weight=weights
        )

    def _share(self, problem, target):
        """Return the probability of a class before any feature is seen."""
        if not self.fit_intercept:
            return 0.5
        share = np.average(target, weights=problem.weights)
        return np.clip(share, 1e-10, 1 - 1e-10)  # a class may have no weight

    def _against_rest(self, problem, target):
        """Minimize parabolas above the logistic loss, one by one, until convergence.

        Each step starts from a point further along the last one (Nesterov), unless
        that step turned back or more than doubled.
        """
        now = np.zeros(problem.A.shape[1] + 1)
        now[-1] = logit(self._share(problem, target))
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
        warn_unfinished(self)
        return now[:-1], now[-1], self.max_iter

    def decision_function(self, X: Any) -> np.ndarray:
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

    def predict_proba(self, X: Any) -> np.ndarray:
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

    def predict_log_proba(self, X: Any) -> np.ndarray:
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

    def predict(self, X: Any) -> np.ndarray:
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
