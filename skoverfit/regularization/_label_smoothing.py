"""Label smoothing for every classifier that takes sample weights."""

from copy import deepcopy
from numbers import Real

import numpy as np
from sklearn.base import clone
from sklearn.utils import indexable
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    get_routing_for_object,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, has_fit_parameter

from skoverfit._compat import (
    HasMethods,
    Interval,
    _check_sample_weight,
    _fit_context,
    _routing_enabled,
    get_tags,
)
from skoverfit._delegation import ClassifierDelegation, Wrapper
from skoverfit.regularization._iterative import Rows

__all__ = ["LabelSmoothingClassifier"]


class LabelSmoothingClassifier(ClassifierDelegation, Wrapper):
    """x."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(self, estimator, smoothing=0.1):
        self.estimator = estimator
        self.smoothing = smoothing

    # Weights are passed on, so the request that counts is the inner estimator's.
    __metadata_request__fit = {"sample_weight": UNUSED}

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, **params):
        """Fit the classifier to rows with smoothed labels."""
        self._check_kind()
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        params = self._routed(params)
        if self.smoothing == 0:
            self.estimator_ = clone(self.estimator).fit(X, y, **params)
        else:
            self.estimator_ = self._fitted_smoothly(X, y, params)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _routed(self, params):
        """Metadata for the estimator's fit."""
        if _routing_enabled():
            return dict(process_routing(self, "fit", **params).estimator.fit)
        return {name: value for name, value in params.items() if value is not None}

    def _fitted_smoothly(self, X, y, params):
        """Fit to each row once for each class, weighted by its smoothed label."""
        model = clone(self.estimator)
        if not _takes_weights(model):
            raise ValueError(
                f"estimator={self.estimator!r} takes no sample_weight in fit, which "
                f"smoothing={self.smoothing!r} needs. In a pipeline, make "
                "LabelSmoothingClassifier the last step."
            )
        if y is None:
            raise ValueError(
                "LabelSmoothingClassifier requires y to be passed, but the target y is "
                "None."
            )
        X, y = indexable(X, column_or_1d(y, warn=True))
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        weight = self._row_weights(model, y, classes, params.pop("sample_weight", None))
        labels = np.tile(np.arange(len(classes)), len(y))
        parents = np.repeat(np.arange(len(y)), len(classes))
        share = (labels == codes[parents]) * (1 - self.smoothing)
        share += self.smoothing / len(classes)
        rows = Rows(X, y, params).take(parents)
        weight = weight[parents] * share
        model.fit(rows.X, classes[labels], sample_weight=weight, **rows.params)
        own = {name: getattr(self.estimator, name) for name in _class_weight_of(model)}
        return model.set_params(**own)

    def _row_weights(self, model, y, classes, given):
        """Weight of each row as given; class weights go by the labels as given, too.

        Among the copies of the rows all classes are equally frequent, so that the
        model itself could not balance them.
        """
        weight = _check_sample_weight(given, np.empty((len(y), 0)))
        for name in _class_weight_of(model):
            of_class = compute_class_weight(
                getattr(model, name), classes=classes, y=y, sample_weight=weight
            )
            weight = weight * of_class[np.searchsorted(classes, y)]
            model.set_params(**{name: None})
        return weight

    def get_metadata_routing(self):
        """Say which metadata goes to the estimator.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        return MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = deepcopy(inner.input_tags)
        tags.non_deterministic = inner.non_deterministic
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = False
        return tags


def _takes_weights(estimator):
    """Whether fit has sample_weight, or asks for it by metadata routing."""
    if has_fit_parameter(estimator, "sample_weight"):
        return True
    if not _routing_enabled():
        return False
    routing = get_routing_for_object(estimator)
    return bool(routing.consumes("fit", {"sample_weight"}))


def _class_weight_of(estimator):
    """Name of the parameter for class weights, if there is one and it is used."""
    given = estimator.get_params(deep=False).get("class_weight")
    return [] if given is None else ["class_weight"]
