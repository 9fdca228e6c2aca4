"""Estimators with one dial for their capacity."""

from collections.abc import Callable
from copy import deepcopy
from numbers import Real
from types import MethodType
from typing import Any

from sklearn import get_config
from sklearn.base import ClassifierMixin, RegressorMixin, clone, is_classifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import has_fit_parameter

from skoverfit._capacity import require_dials
from skoverfit._compat import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
    get_tags,
    validate_params,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit._facts import MeasuredFacts
from skoverfit._penalties import check_penalty
from skoverfit._strength import tuned

# Some meta-estimators have no method `predict` before they are fitted.
_LEARNER = [HasMethods(["fit", "predict"]), ClassifierMixin, RegressorMixin]
_STRENGTH = [Interval(Real, 0, 1, closed="both")]
_PENALTY = [StrOptions({"l1", "l2", "elasticnet"}), None]


class _FitLikeInner:
    """Makes `fit` name `sample_weight` only when the inner estimator takes weights.

    Bagging, calibration and scikit-learn's checks read the signature of `fit` to
    decide whether they may pass weights.
    """

    def __init__(self, with_weights: Callable, without_weights: Callable):
        self.with_weights = with_weights
        self.without_weights = without_weights
        self.__doc__ = with_weights.__doc__

    def __get__(self, instance: Any, owner: type | None = None) -> Callable:
        if instance is None:
            return self.with_weights
        inner = instance._inner()
        weighted = hasattr(inner, "fit") and has_fit_parameter(inner, "sample_weight")
        chosen = self.with_weights if weighted else self.without_weights
        return MethodType(chosen, instance)


def _fit(self, X, y, sample_weight=None, **params):
    """Measure the data where a range depends on it, set the dial and fit.

    Parameters
    ----------
    X : {array-like, sparse matrix, dataframe} of shape (n_samples, n_features)
        Training data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Target.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights for estimators that take them.
    **params : dict
        Further metadata for the inner estimator's `fit`.

    Returns
    -------
    self : object
        The fitted estimator.

    Raises
    ------
    ValueError
        If a parameter is out of range, the inner estimator has no entry in the
        capacity table, or `penalty` does not apply to it.
    """
    if sample_weight is not None:
        params["sample_weight"] = sample_weight
    return self._fit(X, y, params)


def _fit_without_weights(self, X, y, **params):
    """Fit an inner estimator that takes no sample weights."""
    return self._fit(X, y, params)


class _BaseRegularized(Wrapper):
    """Workflow of the regularised wrappers: find the dial, set it, fit, delegate."""

    _parameter_constraints: dict = {
        "estimator": [*_LEARNER, None],
        "strength": _STRENGTH,
        "penalty": _PENALTY,
    }

    def __init__(self, estimator=None, strength=0.5, *, penalty=None):
        self.estimator = estimator
        self.strength = strength
        self.penalty = penalty

    # Weights are passed on, so the request that counts is the inner estimator's.
    __metadata_request__fit = {"sample_weight": UNUSED}

    fit = _FitLikeInner(_fit, _fit_without_weights)

    @_fit_context(prefer_skip_nested_validation=False)
    def _fit(self, X, y, params):
        estimator = self._inner()
        self._check_kind()
        leaves = require_dials(estimator)
        is_meta = bool(leaves[0].path)
        if is_meta:
            candidate = _wrap_leaf(estimator, self.strength, self.penalty)
        else:
            facts = MeasuredFacts(
                X,
                y,
                params.get("sample_weight"),
                is_classification=is_classifier(estimator),
            )
            candidate, settings = tuned(estimator, self.strength, facts, self.penalty)
        self.estimator_ = candidate.fit(X, y, **self._routed(params))
        self.settings_ = _collect_settings(self.estimator_) if is_meta else settings
        self._copy_feature_attributes(self.estimator_)
        return self

    def _routed(self, params):
        """Metadata for the inner fit: as requested, or all where routing is off."""
        if params and get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params).estimator.fit
        return params

    def get_metadata_routing(self):
        """Say which metadata goes to the inner estimator.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(
            estimator=self._inner(), method_mapping=mapping
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = deepcopy(get_tags(self._inner()))
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.non_deterministic = inner.non_deterministic
        tags.no_validation = inner.no_validation
        return tags


class RegularizedClassifier(ClassifierDelegation, _BaseRegularized):
    """Classifier with one dial for its capacity.

    `strength` moves the parameters that control the capacity of the inner classifier
    from their least regularised end (0) over the classifier's own settings (0.5) to
    the end where the prediction hardly depends on the features any more (1).
    :func:`~skoverfit.regularization.capacity_table` lists the parameters and their
    ends. Where the own settings are the least regularised already, such as leaves of
    one row in a tree, the dial stays flat from 0 to 0.5.

    Parameters
    ----------
    estimator : classifier, default=None
        The classifier to regularise: one that the capacity table knows, a pipeline
        that ends in one, or a meta-estimator around one. None means
        :class:`~sklearn.linear_model.LogisticRegression`.
    strength : float in [0, 1], default=0.5
        How strongly to regularise; 0.5 keeps the settings of `estimator` exactly.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model. None keeps the model's own.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier; its repr is code that builds it again.
    settings_ : dict
        The parameters that were set on it.
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

    Notes
    -----
    At strength 1 the predicted probabilities are almost constant. The predicted
    labels need not be: with classes of equal size the smallest difference in
    probability decides them. Discriminant analysis ends at the nearest class mean,
    AdaBoost at one weak learner.

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
    """

    def _inner(self):
        return LogisticRegression() if self.estimator is None else self.estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score |= self.strength != 0.5
        return tags


class RegularizedRegressor(RegressorDelegation, _BaseRegularized):
    """Regressor with one dial for its capacity.

    `strength` moves the parameters that control the capacity of the inner regressor
    from their least regularised end (0) over the regressor's own settings (0.5) to
    the end where the prediction hardly depends on the features any more (1).
    :func:`~skoverfit.regularization.capacity_table` lists the parameters and their
    ends. Where the own settings are the least regularised already, such as leaves of
    one row in a tree, the dial stays flat from 0 to 0.5.

    Linear regression has no parameter for its capacity: above 0.5 it is replaced by
    ridge regression, or by the lasso or the elastic net if `penalty` says so.

    Parameters
    ----------
    estimator : regressor, default=None
        The regressor to regularise: one that the capacity table knows, a pipeline
        that ends in one, or a meta-estimator around one. None means
        :class:`~sklearn.linear_model.Ridge`.
    strength : float in [0, 1], default=0.5
        How strongly to regularise; 0.5 keeps the settings of `estimator` exactly.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model. None keeps the model's own. A kind that
        another class has moves the model to that class (ridge to lasso); strength
        0.5 is then the middle of the range that the data suggest.

    Attributes
    ----------
    estimator_ : regressor
        The fitted regressor; its repr is code that builds it again.
    settings_ : dict
        The parameters that were set on it.
    n_features_in_ : int
        Number of features seen during fit, if the inner regressor says so.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if the inner regressor saw any.

    See Also
    --------
    RegularizedClassifier : The same for classification.
    with_strength : Puts the dial on the last step of a pipeline.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import LinearRegression
    >>> from skoverfit.regularization import RegularizedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> for strength in (0.0, 0.5, 0.8, 0.9, 1.0):
    ...     model = RegularizedRegressor(LinearRegression(), strength).fit(X, y)
    ...     print(strength, type(model.estimator_).__name__, f"{model.score(X, y):.2f}")
    0.0 LinearRegression 0.52
    0.5 LinearRegression 0.52
    0.8 Ridge 0.34
    0.9 Ridge 0.19
    1.0 Ridge 0.01
    """

    def _inner(self):
        return Ridge() if self.estimator is None else self.estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score |= self.strength != 0.5
        return tags


def _wrapped(leaf, strength, penalty):
    """Put the wrapper of the right kind around a copy of a leaf."""
    kind = RegularizedClassifier if is_classifier(leaf) else RegularizedRegressor
    return kind(clone(leaf), strength, penalty=penalty)


def _wrap_leaf(estimator, strength, penalty):
    """Put the dial where the learner is, so that it sees the data the learner sees."""
    leaves = require_dials(estimator)
    wrapped = {
        leaf.prefix: _wrapped(leaf.estimator, strength, penalty) for leaf in leaves
    }
    return wrapped[""] if "" in wrapped else clone(estimator).set_params(**wrapped)


def _collect_settings(fitted) -> dict[str, Any]:
    """Find the settings of the dials inside a fitted pipeline or meta-estimator.

    Members of a bagging ensemble each have a dial; the first one speaks for all, as
    they differ only by the rows that they were given.
    """
    if isinstance(fitted, _BaseRegularized):
        return fitted.settings_
    return {
        f"{name}__{key}": value
        for name, inner in _fitted_parts(fitted)
        for key, value in _collect_settings(inner).items()
    }


def _fitted_parts(fitted) -> list[tuple[str, Any]]:
    if steps := getattr(fitted, "steps", None):
        return [steps[-1]]
    if named := getattr(fitted, "named_estimators_", None):
        final = getattr(fitted, "final_estimator_", None)
        return [
            *named.items(),
            *([] if final is None else [("final_estimator", final)]),
        ]
    if calibrated := getattr(fitted, "calibrated_classifiers_", None):
        return [("estimator", calibrated[0].estimator)]
    for attribute, name in (
        ("regressor_", "regressor"),
        ("estimator_", "estimator"),
        ("estimators_", "estimator"),
    ):
        inner = getattr(fitted, attribute, None)
        inner = inner[0] if isinstance(inner, list | tuple) and inner else inner
        if hasattr(inner, "predict") and hasattr(inner, "n_features_in_"):
            return [(name, inner)]
    return []


def has_dial(estimator) -> bool:
    """Say whether the capacity of an estimator can be controlled.

    Parameters
    ----------
    estimator : estimator instance
        Estimator, pipeline or meta-estimator; it is not changed.

    Returns
    -------
    known : bool
        True if the estimator, the last step of the pipeline or the estimators inside
        the meta-estimator have an entry in the capacity table.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.svm import SVC
    >>> from skoverfit.regularization import has_dial
    >>> has_dial(SVC()), has_dial(DummyClassifier())
    (True, False)
    """
    try:
        require_dials(estimator)
    except ValueError:
        return False
    return True


@validate_params(
    {
        "estimator": _LEARNER,
        "strength": _STRENGTH,
        "penalty": _PENALTY,
    },
    prefer_skip_nested_validation=True,
)
def with_strength(estimator, strength, *, penalty=None):
    """Return a copy of an estimator with its capacity at a strength.

    The dial goes where the learner is: around the last step of a pipeline, or around
    the estimator inside a meta-estimator, so that ranges that depend on the data see
    the data after all preprocessing.

    Parameters
    ----------
    estimator : estimator instance
        Estimator, pipeline or meta-estimator; it is not changed.
    strength : float in [0, 1]
        0 is least regularised, 0.5 keeps the estimator's own settings, 1 makes the
        prediction almost constant.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model. None keeps the model's own.

    Returns
    -------
    regularized : estimator instance
        A copy of the pipeline or meta-estimator with a regularised wrapper inside,
        or such a wrapper around a copy of the estimator.

    Raises
    ------
    ValueError
        If a parameter is out of range, the capacity table does not know the
        estimator, or `penalty` does not apply to it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skoverfit.regularization import with_strength
    >>> X, y = load_iris(return_X_y=True)
    >>> pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    >>> smoother = with_strength(pipeline, 0.75).fit(X, y)
    >>> smoother[-1].settings_
    {'n_neighbors': 12}
    """
    for leaf in require_dials(estimator):
        if penalty is not None:
            check_penalty(leaf.estimator, penalty)
    return _wrap_leaf(estimator, strength, penalty)
