"""Transformers and classifiers of unknown origin, for searches to share. Not a test."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.datasets import make_classification
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit.model_selection import SharedFit, view_of

X, y = make_classification(80, 6, weights=[0.7], flip_y=0.1, random_state=0)
NUMERIC, TEXTUAL = list("abcdef"), ["g"]
FRAME = pd.DataFrame(X, columns=NUMERIC).assign(
    g=pd.Series(np.where(X[:, 0] > 0, "u", "v"), dtype="object")
)
#: What ``shared_fits_`` says of candidates behind a common step; and three of them.
PREFIX = "pipeline prefix"
CS = {"clf__C": [0.1, 1.0, 10.0]}


class Custom(TransformerMixin, BaseEstimator):
    """A transformer that knows nothing but to fit and to transform."""

    def __init__(self, shift=1.0):
        self.shift = shift

    def fit(self, X, y=None):
        self.mean_ = np.asarray(X, dtype=float).mean(axis=0)
        return self

    def transform(self, X):
        return np.asarray(X, dtype=float) - self.shift * self.mean_


class InPlace(Custom):
    """Overwrites the rows that it is given."""

    def transform(self, X):
        X -= self.shift * self.mean_
        return X


class FrameInPlace(Custom):
    def fit(self, X, y=None):
        self.mean_ = float(X["a"].mean())
        return self

    def transform(self, X):
        X["a"] = X["a"] * 2 + self.shift * self.mean_
        return X


class SpoilsInFit(ClassifierMixin, BaseEstimator):
    """A classifier that changes a column of its training rows."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def fit(self, X, y):
        if isinstance(X, pd.DataFrame):
            X["a"] = X["a"] * self.factor
        else:
            X[:, 0] *= self.factor
        self.tree_ = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
        self.classes_ = self.tree_.classes_
        return self

    def predict(self, X):
        return self.tree_.predict(X)


class Counting(Custom):
    fits = 0

    def fit(self, X, y=None):
        type(self).fits += 1
        return super().fit(X, y)


class Stateful(Custom):
    """What it returns depends on how often it was asked."""

    def transform(self, X):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super().transform(X) * self.calls_


class UsesGlobalSeed(Custom):
    def fit(self, X, y=None):
        self.weights_ = np.random.uniform(size=X.shape[1])  # noqa: NPY002
        return self

    def transform(self, X):
        return X * self.weights_


class Raises(Custom):
    """Fails for some parameters, in one method or the other."""

    def __init__(self, shift=1.0, where=None):
        super().__init__(shift)
        self.where = where

    def fit(self, X, y=None):
        if self.where == "fit":
            raise ValueError("not in fit")
        return super().fit(X, y)

    def transform(self, X):
        if self.where == "transform":
            raise ValueError("not in transform")
        if self.where == "predict" and not hasattr(self, "seen_"):
            self.seen_ = True
        elif self.where == "predict":
            raise ValueError("not twice")
        return super().transform(X)


class EncodesTraining(Custom):
    """Encodes training rows otherwise than rows to predict, as target encoders do."""

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X) + 0.5


class ToFrame(Custom):
    def transform(self, X):
        return pd.DataFrame(super().transform(X)).add_prefix("column")


class Same(Custom):
    def transform(self, X):
        return X


class ToList(BaseEstimator, TransformerMixin):
    def __init__(self, lower=True):
        self.lower = lower

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return [text.lower() if self.lower else text for text in X]

    def __sklearn_is_fitted__(self):
        return True


class Reuses(Custom):
    """Writes all that it returns into one buffer."""

    def fit(self, X, y=None):
        self._buffer = np.empty((1000, X.shape[1]))
        return super().fit(X, y)

    def transform(self, X):
        out = self._buffer[: len(X)]
        out[:] = super().transform(X)
        return out


class Itself(Custom):
    """Clones of it are itself, as of models that are too large to copy."""

    def __sklearn_clone__(self):
        return self


class Ordered(Custom):
    """Takes columns in the order of a dict."""

    def __init__(self, weights=None):
        self.weights = weights

    def transform(self, X):
        return np.column_stack([X[:, k] * w for k, w in self.weights.items()])


class Rotates(Custom):
    """Turns its rows at random, further by `shift`."""

    def __init__(self, shift=1.0, random_state=None):
        super().__init__(shift)
        self.random_state = random_state

    def fit(self, X, y=None):
        rng = np.random.default_rng(self.random_state)
        self.rotation_ = rng.normal(size=(X.shape[1], X.shape[1]))
        return self

    def transform(self, X):
        return np.asarray(X) @ self.rotation_ + self.shift


class Rotations(SharedFit):
    """Serves `Rotates` whatever its seed, which it should not, or goes wrong."""

    name = "rotations"
    free = ("shift",)

    def __init__(self, fault=None):
        self.fault = fault

    def serves(self, estimator):
        return type(estimator) is Rotates

    def views(self, estimators, data):
        X, y, *_ = data
        fitted = clone(estimators[0]).fit(X, y)
        for position, estimator in enumerate(estimators):
            if position == 1 and self.fault == "raises":
                raise ValueError("raises")
            shown = {"twice": 0, "out of range": position + 7}
            yield shown.get(self.fault, position), view_of(fitted, estimator)


def pipe(*transformers, final=None, cls=Pipeline, **options):
    named = [(f"t{k}", step) for k, step in enumerate(transformers)]
    return cls([*named, ("clf", SVC() if final is None else final)], **options)
