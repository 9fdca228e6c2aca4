"""Models whose weights are averaged over the last epochs of their training."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import check_random_state, indexable
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from skoverfit._compat import (
    HasMethods,
    Interval,
    _fit_context,
    _routing_enabled,
    get_tags,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit.regularization._iterative import Epochs, Rows

__all__ = ["WeightAveragingClassifier", "WeightAveragingRegressor"]

#: Attributes that hold weights: of linear models, and of neural networks.
WEIGHTS = ("coef_", "intercept_", "coefs_", "intercepts_")


class _BaseWeightAveraging(Wrapper):
    """Shared workflow: train epoch by epoch, average from some epoch on."""

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "start": [Interval(Real, 0, 1, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left"), None],
        "random_state": ["random_state"],
    }

    def __init__(self, estimator, start=0.5, *, max_iter=None, random_state=None):
        self.estimator = estimator
        self.start = start
        self.max_iter = max_iter
        self.random_state = random_state

    # No named `sample_weight`: a step with weight two is not two steps.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, **params):
        """Train for all epochs and average the weights of the last ones."""
        self._check_kind()
        if not Epochs.handles(self.estimator):
            raise ValueError(
                f"estimator={self.estimator!r} has no epochs: it needs partial_fit "
                "and weights (coef_ or coefs_). In a pipeline, make "
                f"{type(self).__name__} the last step."
            )
        rows, classes = self._rows(X, y, params)
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        training = Epochs(self.estimator, rows, seed, classes)
        self.n_iter_ = self.max_iter or training.ceiling
        skipped = min(int(self.start * self.n_iter_), self.n_iter_ - 1)
        self.n_averaged_ = self.n_iter_ - skipped
        training.advance(skipped)
        average = None
        for k in range(1, self.n_averaged_ + 1):
            training.advance(1)
            average = _updated(average, _weights_of(training.estimator), k)
        self.estimator_ = training.result()
        _set_weights(self.estimator_, average)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _rows(self, X, y, params):
        """Rows with their metadata, and all labels."""
        if _routing_enabled():
            params = dict(process_routing(self, "fit", **params).estimator.partial_fit)
        params = {name: value for name, value in params.items() if value is not None}
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X, y = indexable(X, y)
        if not is_classifier(self.estimator):
            return Rows(X, y, params), None
        check_classification_targets(y)
        y = np.asarray(y)
        several = y.ndim == 2 and y.shape[1] > 1
        if not several:
            y = column_or_1d(y, warn=True)
        classes = np.arange(y.shape[1]) if several else np.unique(y)
        return Rows(X, y, params), classes

    def get_metadata_routing(self):
        """Say which metadata goes to the estimator.

        Returns
        -------
        routing : MetadataRouter
            ``fit`` is mapped to ``partial_fit`` of the estimator.
        """
        return MetadataRouter(owner=self).add(
            estimator=self.estimator,
            method_mapping=MethodMapping().add(caller="fit", callee="partial_fit"),
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = inner.input_tags
        tags.target_tags = inner.target_tags
        tags.non_deterministic = inner.non_deterministic
        return tags


def _weights_of(model):
    """Weights by attribute, as lists of arrays."""
    found = {}
    for name in WEIGHTS:
        if hasattr(model, name):
            value = getattr(model, name)
            found[name] = value if isinstance(value, list) else [value]
    if not found:
        raise ValueError(
            f"estimator={model!r} has none of {', '.join(WEIGHTS)} after partial_fit: "
            "there is nothing to average."
        )
    return found


def _updated(average, weights, k):
    """Return the mean of `k` states from that of `k` - 1 and the newest."""
    if average is None:
        return {
            name: [np.array(part, copy=True) for part in parts]
            for name, parts in weights.items()
        }
    for name, parts in weights.items():
        for mean, part in zip(average[name], parts, strict=True):
            mean += (part - mean) / k
    return average


def _set_weights(model, average):
    for name, parts in average.items():
        is_list = isinstance(getattr(model, name), list)
        setattr(model, name, parts if is_list else parts[0])


class WeightAveragingClassifier(ClassifierDelegation, _BaseWeightAveraging):
    """x."""


class WeightAveragingRegressor(RegressorDelegation, _BaseWeightAveraging):
    """x."""
