"""Remedies that were measured and did not earn a place in the library, in brief."""

import numpy as np
from scipy import sparse
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    RegressorMixin,
    clone,
    is_classifier,
)
from sklearn.linear_model import Ridge
from sklearn.utils import check_random_state
from sklearn.utils.sparsefuncs import mean_variance_axis

from skoverfit.augmentation._wrappers._dropout_fits import closed_form_of
from skoverfit.regularization._iterations._adapters import Epochs, Rows


class Tried(BaseEstimator):
    """Predict with what was fitted."""

    def predict(self, X):
        """Predict classes or numbers."""
        return self.estimator_.predict(X)

    def predict_proba(self, X):
        """Predict probabilities."""
        return self.estimator_.predict_proba(X)


class _Corrupted(Tried):
    """Fit to infinitely many random copies of the rows, by the library's formulas."""

    def fit(self, X, y):
        """Fit."""
        X = sparse.csr_array(X) if sparse.issparse(X) else X
        variances = self._variances(X)
        if is_classifier(self):
            self.classes_ = np.unique(y)
            in_closed_form = closed_form_of(self.estimator, y)
            self.estimator_ = in_closed_form(self.estimator, X, y, None, variances)
        else:
            self.estimator_ = ridge(X, y, variances)
        return self


def ridge(X, y, variances):
    """Least squares with a penalty for each column: the sum of its variances."""
    scale = 1 / np.sqrt(np.maximum(variances.sum(axis=0), 1e-12 * (X**2).sum(axis=0)))
    model = Ridge().fit(X * scale, y)
    model.coef_ = model.coef_ * scale
    return model


class _Noise(_Corrupted):
    """Normal noise, relative to the standard deviation of a column."""

    def __init__(self, estimator, scale=0.1):
        self.estimator = estimator
        self.scale = scale

    def _variances(self, X):
        if not sparse.issparse(X):
            return np.broadcast_to((self.scale * X.std(axis=0)) ** 2, X.shape)
        _, variance = mean_variance_axis(X, axis=0)
        pattern = X.copy()
        pattern.data = self.scale**2 * variance[X.indices]
        return pattern


class NoiseClassifier(ClassifierMixin, _Noise):
    """Noise for logistic regression."""


class NoiseRegressor(RegressorMixin, _Noise):
    """Noise for least squares."""


class DropoutRegressor(RegressorMixin, _Corrupted):
    """Dropout for least squares."""

    def __init__(self, estimator, p=0.1):
        self.estimator = estimator
        self.p = p

    def _variances(self, X):
        return X**2 * (self.p / (1 - self.p))


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


class TailAverage(ClassifierMixin, Tried):
    """Averaging of the model itself, from the middle of its iterations on."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        """Fit."""
        self.classes_ = np.unique(y)
        middle = self.estimator.max_iter // 2 * len(X)
        self.estimator_ = clone(self.estimator).set_params(average=middle).fit(X, y)
        return self


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
