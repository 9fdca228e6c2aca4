"""Estimators with one dial for their capacity."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, replace
from functools import partial
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils import indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skoverfit._capacity._lookup import require_dials
from skoverfit._capacity._penalties import ALL_PENALTIES
from skoverfit._compat import (
    HasMethods,
    Interval,
    RealNotInt,
    StrOptions,
    _fit_context,
)
from skoverfit._declared import declared
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit._types import ScoringLike
from skoverfit.regularization._dial._learner import (
    DialOptions,
    FitLikeInner,
    Learner,
    collect_settings,
)
from skoverfit.regularization._dial._standardized import coefficients, sets_scale
from skoverfit.regularization._dial._strength_path import (
    Evaluation,
    Scoring,
    check_strengths,
    chosen,
    score_path,
)
from skoverfit.regularization._fold_choice import FoldChoice, as_target

# Some meta-estimators have no method `predict` before they are fitted.
LEARNER = [HasMethods(["fit", "predict"]), ClassifierMixin, RegressorMixin]
STRENGTH = [Interval(Real, 0, 1, closed="both")]
OPTIONS: dict = {
    "penalty": [StrOptions(set(ALL_PENALTIES)), None],
    "params": [list, tuple, set, dict, None],
    "scale_free": ["boolean"],
    "feature_groups": ["array-like", None],
}


def _fit(self, X, y, sample_weight=None, **params):
    """Choose the strength if it is to be chosen, set the dial and fit.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights for estimators that take them, for the scaling of features, and for
        scores that take them.
    **params : dict
        Further metadata for the inner estimator's `fit`; where the strength is
        chosen, ``groups`` goes to the splitter. With metadata routing each goes
        where it is requested.

    Returns
    -------
    self : object
        The fitted estimator.

    Raises
    ------
    ValueError
        If a parameter is out of range or contradicts another, the inner estimator
        has no entry in the capacity table, or `penalty` does not apply to it.
    ImportError
        If `penalty` needs a library that is not installed.
    """
    if sample_weight is not None:
        params["sample_weight"] = sample_weight
    return self._fit(X, y, params)


def _fit_without_weights(self, X, y, **params):
    """Fit an inner estimator that takes no sample weights."""
    return self._fit(X, y, params)


@declared
class _BaseRegularized(FoldChoice):
    """Workflow of the regularized wrappers: find the dial, set it, fit, delegate."""

    estimator: Any = None
    strength: Literal["cv"] | float | Sequence[float] | np.ndarray = 0.5
    _: KW_ONLY
    penalty: str | None = None
    params: Any = None
    scale_free: bool = True
    feature_groups: ArrayLike | None = None
    cv: Any = None
    scoring: ScoringLike = None
    n_se: float = 0.0
    n_jobs: int | None = None
    verbose: int = 0

    _parameter_constraints = {
        "estimator": [*LEARNER, None],
        "strength": [*STRENGTH, StrOptions({"cv"}), list, tuple, np.ndarray],
        **OPTIONS,
        "cv": ["cv_object", Interval(RealNotInt, 0, 1, closed="neither")],
        "scoring": [str, callable, None],
        "n_se": [Interval(Real, 0, None, closed="left")],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    _chosen = "a strength"

    fit = FitLikeInner(_fit, _fit_without_weights)

    @_fit_context(prefer_skip_nested_validation=False)
    def _fit(self, X, y, params):
        estimator, options = self._inner(), self._options()
        self._check_kind()
        leaves = require_dials(estimator)
        for leaf in leaves:
            options.check(leaf)
        routed = self._routed(params)
        self.strength_ = self._chosen_strength(X, y, routed, leaves)
        if leaves[0].path:
            candidate = wrap_leaves(estimator, leaves, self.strength_, options)
            self.estimator_ = candidate.fit(X, y, **routed["fit"])
            self.settings_ = collect_settings(self.estimator_)
        else:
            learner = Learner(leaves[0], options, X, y, routed["fit"])
            self.estimator_, self.settings_ = learner.fitted(self.strength_)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _options(self):
        return DialOptions(
            self.penalty, self.params, self.scale_free, self.feature_groups
        )

    @property
    def coef_(self) -> Any:
        """Coefficients for the features as they were given, of linear models."""
        check_is_fitted(self, "estimator_")
        return coefficients(self.estimator_)[0]

    @property
    def intercept_(self) -> Any:
        """Intercept that belongs to ``coef_``."""
        check_is_fitted(self, "estimator_")
        return coefficients(self.estimator_)[1]

    # ------------------------------------------------------------------------- choice

    def _is_choice(self):
        return not isinstance(self.strength, Real)

    def _chosen_strength(self, X, y, routed, leaves):
        """Return the strength as given, or the one that splits speak for."""
        for name in ("strength_path_", "cv_score_"):
            self.__dict__.pop(name, None)  # of an earlier fit
        strength: Any = self.strength
        if not self._is_choice():
            return float(strength)
        strengths = check_strengths(strength)
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None.")
        estimator, options = self._inner(), self._options()
        scale_free = _scales(estimator, leaves[0].path, options)
        rows, target = indexable(X, as_target(y))
        evaluation = Evaluation(
            estimator,
            replace(options, scale_free=scale_free),
            strengths,
            Scoring(self.scoring, estimator),
            partial(wrap_leaves, estimator, options=options),
        )
        self.strength_path_ = score_path(
            evaluation,
            rows,
            target,
            self._splits(rows, target, routed),
            routed["fit"],
            routed["score"],
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        best = chosen(self.strength_path_, self.n_se)
        self.cv_score_ = float(self.strength_path_["mean_test_score"][best])
        return float(strengths[best])

    # ----------------------------------------------------------------------- metadata

    def _routed(self, params):
        """Metadata for the inner fit, and for splitter and scorer where it chooses."""
        if not self._is_choice():
            if params and get_config()["enable_metadata_routing"]:
                params = process_routing(self, "fit", **params).estimator.fit
            return {"fit": params}
        routed = super()._routed(params)
        if self.scoring is None:
            weights = {"sample_weight"} & routed["fit"].keys()
            routed["score"] = {name: routed["fit"][name] for name in weights}
        return routed

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to the estimator, the splitter and the scorer.

        Returns
        -------
        routing : MetadataRouter
            Routing information; only a strength that is to be chosen has splitter
            and scorer.
        """
        if self._is_choice():
            return super().get_metadata_routing()
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(
            estimator=self._inner(), method_mapping=mapping
        )

    def _may_score_poorly(self):
        return self._is_choice() or self.strength != 0.5


class RegularizedClassifier(ClassifierDelegation, _BaseRegularized):
    """Classifier with one dial for its capacity.

    `strength` moves the parameters that control the capacity of the inner classifier
    from their least regularized end (0) over the classifier's own settings (0.5) to
    the end where the prediction hardly depends on the features any more (1).
    :func:`~skoverfit.regularization.capacity_table` lists the parameters and their
    ends. Where the own settings are the least regularized already, such as leaves of
    one row in a tree, the dial stays flat from 0 to 0.5.

    Own settings are settings for standardized features: at 0.5 a logistic regression
    is that of ``estimator`` behind a scaler, unless ``scale_free=False``.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to regularize: one that the capacity table knows, a pipeline
        that ends in one, or a meta-estimator around one. None means
        :class:`~sklearn.linear_model.LogisticRegression`.
    strength : float in [0, 1], "cv" or array-like of shape (n_strengths,), default=0.5
        How strongly to regularize; 0.5 keeps the settings of `estimator` exactly.
        "cv" chooses among 21 strengths from 0 to 1 by cross-validation, an array
        among its own.
    penalty : {"l1", "l2", "elasticnet", "mcp", "scad", "group"}, default=None
        Kind of penalty of a linear model. None keeps the model's own.
        "mcp", "scad" and "group" need the extra ``sparse``.
    params : list of str or dict, default=None
        Which parameters the dial turns; None means all that the capacity table
        names, a list those in it. A dict also holds settings at every strength:
        ``{"min_samples_leaf": "dial", "max_depth": 5}`` turns the one marked "dial"
        and fixes the other; without such a mark the dial turns all of the table.
        Names are those of the learner itself, without the prefix of a pipeline.
        With some of its parameters only, a dial ends before the prediction is
        constant.
    scale_free : bool, default=True
        Whether to standardize the features for models whose penalty or distance
        depends on their units: linear models, support vector machines, nearest
        neighbors, kernel methods, neural networks and discriminant analysis. Trees
        do not, and a pipeline with a scaler, a decomposition or a text vectorizer
        before its last step decides on the scale itself. Sparse data and models
        through the origin are scaled but not centered.
    feature_groups : array-like, default=None
        The groups of ``penalty="group"``: one label for each feature, or a list of
        lists of column numbers that holds each column once.
    cv : int, float, splitter, iterable or None, default=None
        Splits to choose `strength` by. An int is a number of shuffled folds,
        stratified by class, always the same; None is 5; a float is the share of the
        rows to hold out once. With ``groups`` in ``fit`` a
        number is as in :func:`~sklearn.model_selection.check_cv`.
    scoring : str, callable or None, default=None
        Score to choose by; None is that of the classifier's ``score``. Weights are
        passed to scores that take them.
    n_se : float, default=0.0
        Take the strongest regularization whose mean test score is within so many
        standard errors of the best; 1 is the one-standard-error rule.
    n_jobs : int or None, default=None
        Number of splits worked on at a time, as in joblib. It does not change the
        result.
    verbose : int, default=0
        How much joblib tells of its progress over the splits.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier, in a pipeline behind its
        :class:`~sklearn.preprocessing.StandardScaler` where features were
        standardized. Its repr is code that builds it again.
    strength_ : float
        The strength in use.
    settings_ : dict
        The parameters that were set on the classifier.
    coef_ : ndarray
        Coefficients for the features as given, where the classifier is linear.
    intercept_ : float or ndarray
        The intercept that belongs to them.
    strength_path_ : dict of str to ndarray
        What splits said, one row for each strength: ``strength``,
        ``mean_train_score``, ``std_train_score``, ``mean_test_score``,
        ``std_test_score``, ``test_score_low`` and ``test_score_high``, ``mean_gap``,
        ``gap_low`` and ``gap_high`` (95 % intervals that allow for overlapping
        training rows), and ``train_scores`` and ``test_scores`` of shape
        (n_strengths, n_splits). Only if `strength` is to be chosen.
    cv_score_ : float
        Mean test score of the chosen strength. It is among the best of many, so it
        is better than what new rows will show. Only if `strength` is to be chosen.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of features seen during fit, if the inner classifier says so.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if the inner classifier saw any.

    See Also
    --------
    RegularizedRegressor : The same for regression.
    with_strength : Puts the dial on the last step of a pipeline.
    skoverfit.diagnosis.StrengthPathDisplay : Draws ``strength_path_``.

    Notes
    -----
    At strength 1 the predicted probabilities are almost constant. The predicted
    labels need not be: with classes of equal size the smallest difference in
    probability decides them. Discriminant analysis ends at the nearest class mean,
    AdaBoost at one weak learner.

    With ``strength="cv"`` work is shared where the result stays the same: equal
    settings are fitted once, ridge regression solves for all penalties with one
    eigendecomposition, and the lasso, the elastic net, logistic regression and other
    generalized linear models go on from the solution of the next stronger penalty,
    equal up to their tolerance. Steps of a pipeline and scalers are fitted once for
    each split, and ensembles whose dial is ``n_estimators`` alone are prefixes of one
    fit. Support vector machines, trees, forests, boosting, nearest neighbors and
    neural networks are fitted for each strength. The final fit is always plain.

    References
    ----------
    .. [1] C.-H. Zhang, "Nearly unbiased variable selection under minimax concave
       penalty", The Annals of Statistics 38, 894-942, 2010.
    .. [2] J. Fan and R. Li, "Variable selection via nonconcave penalized likelihood
       and its oracle properties", Journal of the American Statistical Association
       96, 1348-1360, 2001.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.regularization import RegularizedClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> model = RegularizedClassifier(tree, strength=0.75).fit(X, y)
    >>> model.settings_
    {'min_samples_leaf': 8}
    >>> model.estimator_
    DecisionTreeClassifier(min_samples_leaf=8, random_state=0)

    Chosen by cross-validation:

    >>> model = RegularizedClassifier(tree, strength="cv").fit(X, y)
    >>> model.strength_ > 0.5
    True
    """

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score |= self._may_score_poorly()
        return tags


@documented(entries_of(RegularizedClassifier, FOR_REGRESSORS))
class RegularizedRegressor(RegressorDelegation, _BaseRegularized):
    """Regressor with one dial for its capacity.

    {about_1}

    Own settings are settings for standardized features: at 0.5 a ridge regression is
    that of ``estimator`` behind a scaler, unless ``scale_free=False``.

    Linear regression has no parameter for its capacity: above 0.5 it is replaced by
    ridge regression, or by another model if `penalty` says so.

    Parameters
    ----------
    estimator : regressor, default=None
        The regressor to regularize: one that the capacity table knows, a pipeline
        that ends in one, or a meta-estimator around one. None means
        :class:`~sklearn.linear_model.Ridge`.
    {strength}
    penalty : {"l1", "l2", "elasticnet", "mcp", "scad", "group"}, default=None
        Kind of penalty of a linear model. None keeps the model's own. A kind that
        another class has moves the model to that class (ridge to lasso); strength
        0.5 is then the middle of the range that the data suggest.
        "mcp", "scad" and "group" need the extra ``sparse``.
    {params, scale_free, feature_groups, cv, scoring, n_se, n_jobs, verbose}

    Attributes
    ----------
    {estimator_, strength_, settings_, coef_, intercept_, strength_path_, cv_score_}
    {n_features_in_, feature_names_in_}

    See Also
    --------
    RegularizedClassifier : The same for classification.
    with_strength : Puts the dial on the last step of a pipeline.
    skoverfit.diagnosis.StrengthPathDisplay : Draws ``strength_path_``.

    Notes
    -----
    {notes_2}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from skoverfit.regularization import RegularizedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> for strength in (0.0, 0.5, 0.8, 0.9, 1.0):
    ...     model = RegularizedRegressor(LinearRegression(), strength).fit(X, y)
    ...     last = type(model.estimator_[-1]).__name__
    ...     print(strength, last, f"{model.score(X, y):.2f}")
    0.0 LinearRegression 0.52
    0.5 LinearRegression 0.52
    0.8 Ridge 0.34
    0.9 Ridge 0.19
    1.0 Ridge 0.01

    Coefficients are those of the features as they are:

    >>> import numpy as np
    >>> model = RegularizedRegressor(strength="cv").fit(X, y)
    >>> np.allclose(model.predict(X), X @ model.coef_ + model.intercept_)
    True
    """

    def _inner(self):
        return Ridge() if self.estimator is None else self.estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score |= self._may_score_poorly()
        return tags


def _scales(estimator, path, options):
    """Whether the learner's features are to be standardized where it is."""
    return options.scale_free and not sets_scale(estimator, path)


def wrap_leaves(estimator, leaves, strength, options):
    """Put the dial where the learner is, so that it sees the data the learner sees."""
    wrapped = {
        leaf.prefix: _wrapped(
            leaf.estimator, strength, options, _scales(estimator, leaf.path, options)
        )
        for leaf in leaves
    }
    return wrapped[""] if "" in wrapped else clone(estimator).set_params(**wrapped)


def _wrapped(learner, strength, options, scale_free):
    """Put the wrapper of the right kind around a copy of a learner."""
    kind = RegularizedClassifier if is_classifier(learner) else RegularizedRegressor
    return kind(
        clone(learner),
        strength,
        penalty=options.penalty,
        params=options.params,
        scale_free=scale_free,
        feature_groups=options.feature_groups,
    )
