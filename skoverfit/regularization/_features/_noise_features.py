"""A selector that keeps the features that are better than noise."""

import warnings
from collections.abc import Callable
from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import check_random_state
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from skoverfit._compat import (
    HasMethods,
    Interval,
    _fit_context,
    _routing_enabled,
    feature_importances_of,
    get_tags,
    keeps_frames,
)
from skoverfit._declared import declared
from skoverfit._types import Seed
from skoverfit.exceptions import NoFeaturePassedWarning
from skoverfit.regularization._features._shadows import (
    encoded,
    measured,
    seeded,
    step_down,
    with_one_type,
)

__all__ = ["NoiseFeatureFilter"]

#: Numbers with more distinct values than these are not classes, for the default forest.
MAX_CLASSES = 20
#: Rows that a tree of the default forest draws from large tables.
MAX_ROWS = 5000


@declared
class NoiseFeatureFilter(SelectorMixin, MetaEstimatorMixin, BaseEstimator):
    """Select the features that are better than noise.

    Each feature gets a shadow, a copy with its rows in another order, which cannot
    know the target. A model is fitted on features and shadows together, again and
    again with fresh shadows. Features are kept that are more important than all
    features would be if none were related to the target, as in Boruta [1]_, but by a
    test that keeps its level: that *any* pure noise feature is kept has a probability
    of at most `significance_level`.

    Parameters
    ----------
    estimator : estimator object, default=None
        The model that rates features; clones of it are fitted, with seeds of their
        own. None is a forest of 50 extra trees with leaves of 5 rows or more that try
        a third of the features at each split: a classifier for labels, booleans and
        numbers of up to 20 distinct values, else a regressor. It takes missing values.
    significance_level : float, default=0.05
        Largest probability of keeping one or more pure noise features (the
        family-wise error rate). Must be at least ``1 / (n_repeats + 1)``.
    n_repeats : int, default=20
        Number of fits, each with fresh shadows. More make the selection less random;
        `significance_level` holds for any number.
    importance : {"auto", "permutation"}, str or callable, default="auto"
        How the model rates its features: "auto" by ``coef_`` or
        ``feature_importances_``, or by permutation where it has neither;
        "permutation" by what the model's score on a third of the rows, held out anew
        in each repeat, loses when a feature is permuted (the Brier score where there
        are probabilities); another word is an attribute, dotted names allowed; a
        function gets the fitted model.
    min_features : int, default=1
        Keep at least so many: the best ones, if fewer pass.
    random_state : int, RandomState instance or None, default=None
        Seed of shadows, held-out rows and models.
    n_jobs : int or None, default=None
        Number of fits at a time, as in joblib. It does not change the result.

    Attributes
    ----------
    pvalues_ : ndarray of shape (n_features,)
        Adjusted for the number of features; those up to `significance_level` pass.
    scores_ : ndarray of shape (n_features,)
        Mean importance, as the distance from the mean of the feature's own shadows in
        standard deviations; half of the variance is that of all features together.
    threshold_ : float
        The score that the best feature had to exceed. The others are compared with
        shadows of fewer features.
    importances_ : ndarray of shape (n_features,)
        Mean importance over repeats.
    shadow_importances_ : ndarray of shape (n_repeats, n_features)
        Importance of the shadow of each feature, repeat by repeat.
    support_ : ndarray of shape (n_features,)
        Whether a feature is kept.
    n_features_passed_ : int
        Number of features that are better than noise.
    n_features_in_ : int
        Number of columns of ``X``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, if all are strings.

    Raises
    ------
    ValueError
        If a parameter is out of range, or `significance_level` too small for
        `n_repeats`.

    Warns
    -----
    NoFeaturePassedWarning
        If no feature passes, and `min_features` are kept nevertheless.

    See Also
    --------
    sklearn.feature_selection.SelectFromModel : Keeps features above a threshold.
    sklearn.feature_selection.RFECV : Drops features while the test score rises.

    Notes
    -----
    *Pure noise* is a feature, or a block of related features, that is independent of
    the target and all other features together. A feature that is related to the
    target only because it is related to others is not noise and may be kept. The claim
    holds for rows that are independent of each other; with `groups` in ``fit``, for
    independent groups.

    Importances are compared as `scores_`, scaled by those of a feature's own shadows,
    so that features of few values stand a chance against those of many. Maxima over all
    shadows, and then over those of the features not yet kept, adjust for the number
    of features (step-down permutation test of [2]_). Rows are put in another order
    for all shadows alike, so that these are related to each other as the features
    are.

    Texts and categories in frames are numbered in sorted order before the models see
    them, dates and durations become seconds; columns of other types raise an error.

    References
    ----------
    .. [1] M. B. Kursa and W. R. Rudnicki, "Feature selection with the Boruta
       package", Journal of Statistical Software 36(11), 2010.
    .. [2] P. H. Westfall and S. S. Young, "Resampling-based multiple testing",
       Wiley, 1993.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_iris
    >>> from skoverfit.regularization import NoiseFeatureFilter
    >>> X, y = load_iris(return_X_y=True)
    >>> noise = np.random.default_rng(0).normal(size=(150, 20))
    >>> selector = NoiseFeatureFilter(random_state=0).fit(np.hstack([X, noise]), y)
    >>> selector.get_support(indices=True)
    array([0, 1, 2, 3])
    >>> print(selector.summary(max_features=4).splitlines()[0])
    4 of 24 features are better than noise (level 0.05); 4 kept
    """

    estimator: Any = None
    _: KW_ONLY
    significance_level: float = 0.05
    n_repeats: int = 20
    importance: str | Callable[..., Any] = "auto"
    min_features: int = 1
    random_state: Seed = None
    n_jobs: int | None = None

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "significance_level": [Interval(Real, 0, 1, closed="neither")],
        "n_repeats": [Interval(Integral, 1, None, closed="left")],
        "importance": [str, callable],
        "min_features": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    # No named `sample_weight`: shadows are drawn row by row, so a weight of two is not
    # the same as the row given twice.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, groups: Any = None, **params: Any) -> Self:
        """Rate features next to their shadows and decide which to keep.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Training data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Target.
        groups : array-like of shape (n_samples,), default=None
            Groups of rows that are not independent, such as those of one patient.
            Shadows then keep the rows of a group together.
        **params : dict
            Metadata for the estimator's ``fit``, such as ``sample_weight``.

        Returns
        -------
        self : object
            The fitted selector.

        Raises
        ------
        ValueError
            If a parameter is out of range or the data cannot be used.
        """
        X, y = self._validated(X, y)
        if groups is not None:
            groups = column_or_1d(groups)
            check_consistent_length(X, groups)
        params = self._routed(params)
        estimator = _forest_for(X, y) if self.estimator is None else self.estimator
        rng = check_random_state(self.random_state)
        measure = self._measure(estimator, X, y, params, rng)
        seeds = rng.randint(np.iinfo(np.int32).max, size=self.n_repeats)
        found = Parallel(n_jobs=self.n_jobs)(
            delayed(measured)(estimator, X, y, groups, params, measure, seed)
            for seed in seeds
        )
        own, shadows = np.moveaxis(np.array(found), 1, 0)
        self.importances_, self.shadow_importances_ = own.mean(axis=0), shadows
        self._decide()
        return self

    def _validated(self, X, y):
        """Rows as numbers; refuse what cannot work before anything is fitted."""
        if self.significance_level * (self.n_repeats + 1) < 1 - 1e-9:
            raise ValueError(
                f"significance_level={self.significance_level!r} cannot be reached "
                f"with n_repeats={self.n_repeats!r}: it takes "
                f"{int(np.ceil(1 / self.significance_level)) - 1} repeats or more."
            )
        X, y = validate_data(
            self,
            with_one_type(X),
            y,
            accept_sparse="csr",
            dtype=None,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
            multi_output=True,
        )
        if self.min_features > X.shape[1]:
            raise ValueError(
                f"min_features={self.min_features!r} is more than the "
                f"{X.shape[1]} features of X."
            )
        return encoded(X, self._names()), y

    def _names(self):
        default = [f"x{k}" for k in range(self.n_features_in_)]
        return getattr(self, "feature_names_in_", default)

    def _routed(self, params):
        """Metadata for the estimator's fit."""
        if not _routing_enabled():
            return {name: each for name, each in params.items() if each is not None}
        return process_routing(self, "fit", **params).estimator.fit

    def _measure(self, estimator, X, y, params, rng):
        """How importances are read; finding out may take a fit."""
        if self.importance != "auto" or self.estimator is None:
            return self.importance
        model = seeded(clone(estimator), rng).fit(X, y, **params)
        try:
            feature_importances_of(model, "auto")
        except ValueError:
            return "permutation"
        return "auto"

    def _decide(self):
        """Set what follows from the importances."""
        own, shadows = self.importances_, self.shadow_importances_
        self.pvalues_, self.scores_, maxima = step_down(own, shadows)
        needed = int(np.floor(self.significance_level * (self.n_repeats + 1) + 1e-9))
        self.threshold_ = float(np.sort(maxima)[-needed])
        self.support_ = self.pvalues_ <= needed / (self.n_repeats + 1) + 1e-12
        self.n_features_passed_ = int(self.support_.sum())
        if self.n_features_passed_ < self.min_features:
            order = np.lexsort([-self.scores_, self.pvalues_])
            self.support_[order[: self.min_features]] = True
        if self.n_features_passed_ == 0:
            self._warn()

    def _warn(self):
        kept = "none is kept"
        if self.min_features:
            kept = f"the best {self.min_features} are kept (min_features)"
        warnings.warn(
            f"No feature is better than noise at level {self.significance_level:g}; "
            f"{kept}.",
            NoFeaturePassedWarning,
            stacklevel=4,
        )

    def transform(self, X: Any) -> Any:
        """Return the columns that are kept.

        Parameters
        ----------
        X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_kept : array of shape (n_samples, n_kept_features)
            A frame where ``set_output`` asks for one.
        """
        return super().transform(X if keeps_frames(self) else with_one_type(X))

    def _get_support_mask(self):
        check_is_fitted(self)
        return self.support_

    def summary(self, max_features: int = 20) -> str:
        """Say in a small table which features are kept, the best ones first.

        Parameters
        ----------
        max_features : int or None, default=20
            Number of features to show; None shows all.

        Returns
        -------
        table : str
        """
        check_is_fitted(self)
        names = self._names()
        order = np.lexsort([-self.scores_, self.pvalues_])[:max_features]
        width = max([len("feature"), *(len(str(names[k])) for k in order)])
        lines = [
            f"{self.n_features_passed_} of {len(names)} features are better than noise "
            f"(level {self.significance_level:g}); {self.support_.sum()} kept",
            f"{'feature':{width}}  kept  p-value    score  importance  shadow",
        ]
        shadow = self.shadow_importances_.mean(axis=0)
        for k in order:
            kept = "yes" if self.support_[k] else "no"
            lines.append(
                f"{names[k]!s:{width}}  {kept:4}  {self.pvalues_[k]:7.3f}  "
                f"{self.scores_[k]:7.1f}  {self.importances_[k]:10.3g}  "
                f"{shadow[k]:6.2g}"
            )
        if len(order) < len(names):
            lines.append(f"... and {len(names) - len(order)} more")
        return "\n".join(lines)

    def get_metadata_routing(self) -> Any:
        """Say which metadata is used here and which goes to the estimator.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        estimator = ExtraTreesClassifier() if self.estimator is None else self.estimator
        mapping = MethodMapping().add(caller="fit", callee="fit")
        # Pipelines ask for what `fit_transform` takes.
        mapping.add(caller="fit_transform", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(estimator=estimator, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = ExtraTreesClassifier() if self.estimator is None else self.estimator
        inner = get_tags(inner).input_tags
        tags.input_tags.allow_nan = inner.allow_nan
        tags.input_tags.sparse = inner.sparse and self.importance != "permutation"
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def _forest_for(X, y):
    """Return the default forest, a classifier or a regressor."""
    options = {"n_estimators": 50, "max_features": 1 / 3, "min_samples_leaf": 5}
    if X.shape[0] > MAX_ROWS:
        options |= {"bootstrap": True, "max_samples": MAX_ROWS}
    if _has_classes(y):
        check_classification_targets(y)
        return ExtraTreesClassifier(**options)
    return ExtraTreesRegressor(**options)


def _has_classes(y):
    """Whether a target looks like labels: words, or few distinct numbers."""
    if y.dtype.kind not in "fiu":
        return True
    columns = y[:, None] if y.ndim == 1 else y
    whole = all(np.all(column == np.floor(column)) for column in columns.T)
    return whole and all(len(np.unique(c)) <= MAX_CLASSES for c in columns.T)
