"""Remedies that were measured and did not earn a place in the library, in brief."""

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    clone,
    is_classifier,
)
from sklearn.utils import check_random_state

from skoverfit.regularization._iterative import Epochs, Rows


class Tried(BaseEstimator):
    """Predict with what was fitted."""

    def predict(self, X):
        """Predict classes or numbers."""
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        """Predict probabilities."""
        return self.estimator_.predict_proba(X)


class LabelSmoothing(ClassifierMixin, Tried):
    """Fit to each row once for each class, weighted by its smoothed label."""

    def __init__(self, estimator, smoothing=0.1):
        self.estimator = estimator
        self.smoothing = smoothing

    def fit(self, X, y):
        """Fit."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        n_classes = len(self.classes_)
        labels = np.tile(np.arange(n_classes), len(y))
        parents = np.repeat(np.arange(len(y)), n_classes)
        share = (labels == codes[parents]) * (1 - self.smoothing)
        share += self.smoothing / n_classes
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(X[parents], self.classes_[labels], sample_weight=share)
        return self


class _WeightAveraging(Tried):
    """Average the weights over the second half of the epochs."""

    def __init__(self, estimator, *, max_iter=None, random_state=None):
        self.estimator = estimator
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X, y):
        """Train all epochs."""
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        if is_classifier(self):
            self.classes_ = np.unique(y)
        rows, classes = Rows(X, y, {}), getattr(self, "classes_", None)
        training = Epochs(self.estimator, rows, seed, classes)
        n_epochs = self.max_iter or training.ceiling
        n_averaged = n_epochs - n_epochs // 2
        training.advance(n_epochs - n_averaged)
        average = None
        for k in range(1, n_averaged + 1):
            training.advance(1)
            average = updated(average, weights_of(training.estimator), k)
        self.estimator_ = training.result()
        for name, parts in average.items():
            is_list = isinstance(getattr(self.estimator_, name), list)
            setattr(self.estimator_, name, parts if is_list else parts[0])
        return self


class WeightAveragingClassifier(ClassifierMixin, _WeightAveraging):
    """Average the weights of a classifier."""


class WeightAveragingRegressor(RegressorMixin, _WeightAveraging):
    """Average the weights of a regressor."""


def weights_of(model):
    """Weights by attribute, as lists of arrays."""
    found = {}
    for name in ("coef_", "intercept_", "coefs_", "intercepts_"):
        value = getattr(model, name, None)
        if value is not None:
            found[name] = value if isinstance(value, list) else [value]
    return found


def updated(average, weights, k):
    """Return the mean of `k` states from that of `k` - 1 and the newest."""
    if average is None:
        return {
            name: [part.copy() for part in parts] for name, parts in weights.items()
        }
    for name, parts in weights.items():
        for mean, part in zip(average[name], parts, strict=True):
            mean += (part - mean) / k
    return average
