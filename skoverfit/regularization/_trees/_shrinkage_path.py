"""Scores along a path of shrinkage, from one fit of the model.

Trees, forests and bagging predict the mean of values of leaves, so rows are sent to
their leaves once and the values of all amounts of shrinkage are looked up there.
Boosting predicts with a copy for each amount.
"""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.metrics import r2_score

from skoverfit._compat import _safe_indexing
from skoverfit._compat._scorers import metric_of
from skoverfit.regularization._trees._tree_models import (
    AVERAGES,
    FORESTS,
    TREES,
    member_grove,
    read_trees,
)
from skoverfit.regularization._trees._tree_values import (
    joined,
    shrunken_trees,
    shrunken_values,
)

#: Numbers held at a time for the values of nodes, and for the predictions of rows.
NODE_VALUES, ROW_VALUES = 2_000_000, 20_000_000


class StoredClassifier(ClassifierMixin, BaseEstimator):
    """Probabilities that are known already, as scorers ask for them."""

    def __init__(self, classes, values):
        self.classes_, self.values = classes, values

    def predict_proba(self, X):
        if self.values.shape[1] == 1:
            return self.values[:, 0]
        return [
            self.values[:, k, : len(names)] for k, names in enumerate(self.classes_)
        ]

    def predict_log_proba(self, X):
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X):
        if self.values.shape[1] == 1:
            return self.classes_[self.values[:, 0].argmax(axis=1)]
        labels = [
            names[proba.argmax(axis=1)]
            for names, proba in zip(self.classes_, self.predict_proba(X), strict=True)
        ]
        return np.column_stack(labels)


class StoredRegressor(RegressorMixin, BaseEstimator):
    """Predictions that are known already."""

    def __init__(self, values):
        self.values = values

    def predict(self, X):
        return (
            self.values[:, 0, 0] if self.values.shape[1] == 1 else self.values[..., 0]
        )


# ------------------------------------------------------------------- predictions
def path_of(model: Any, X: Any, y: Any, sample_weight: Any, grid: Any) -> "Path":
    """Prepare the path of a model that was fitted on these rows."""
    if isinstance(model, AVERAGES):
        return AveragePath(model, grid)
    return CopiesPath(model, X, y, sample_weight, grid)


class Path:
    """Predictions of one fitted model for each amount of shrinkage."""

    def predictions(self, X: Any) -> Iterator[Any]:
        """Yield something that predicts these rows, for each amount in turn."""
        raise NotImplementedError


class CopiesPath(Path):
    """A copy of the model for each amount."""

    def __init__(self, model, X, y, sample_weight, grid):
        self.trees = read_trees(model, X, y, sample_weight)
        self.n_amounts = len(grid)
        self.values = shrunken_trees(self.trees.groves(), grid)

    def predictions(self, X):
        for k in range(self.n_amounts):
            yield self.trees.rebuilt([values[:, k] for values in self.values])


class AveragePath(Path):
    """Means over trees of the values in the leaves of rows."""

    def __init__(self, model, grid):
        self.model, self.grid = model, grid
        self.members = [model] if isinstance(model, TREES) else model.estimators_
        self.shape = self._shape()
        self.groves = [self._grove(member) for member in self.members]

    def _grove(self, member):
        """Nodes of a member, with the classes of the whole model."""
        grove, classes = member_grove(member), getattr(member, "classes_", None)
        shape = self.shape
        if grove.values.shape[1] == np.prod(shape):
            return grove
        values = np.zeros((len(grove.weight), shape[1]))
        # Bagging numbers classes before its members see them.
        values[:, np.asarray(classes, dtype=np.intp)] = grove.values
        return type(grove)(grove.left, grove.right, grove.weight, values, grove.roots)

    def _shape(self):
        """Return the number of outputs and of values for each."""
        if hasattr(self.model, "estimators_features_") and is_classifier(self.model):
            return 1, len(self.model.classes_)
        return self.members[0].tree_.value.shape[1:]

    def leaves(self, X):
        """Numbers of the leaves of rows, one row of the result for each tree."""
        if isinstance(self.model, TREES):
            return self.model.apply(X)[None]
        if isinstance(self.model, FORESTS):
            return self.model.apply(X).T
        return np.array(
            [
                member.apply(_safe_indexing(X, features, axis=1))
                for member, features in zip(
                    self.members, self.model.estimators_features_, strict=True
                )
            ]
        )

    def predictions(self, X):
        yield from self._stored(self.leaves(X))

    def with_out_of_bag(self, X):
        """Predict rows by all trees, and by those that have not seen them.

        Rows are sent to their leaves once for both.

        Returns
        -------
        all_trees : iterator
        rows : ndarray of shape (n_predicted,)
            Rows that some tree has not seen.
        predictions : iterator
        """
        leaves = self.leaves(X)
        unseen = np.ones(leaves.shape, dtype=bool)
        for row, sampled in zip(unseen, self.model.estimators_samples_, strict=True):
            row[sampled] = False
        rows = np.flatnonzero(unseen.any(axis=0))
        return (
            self._stored(leaves),
            rows,
            self._stored(leaves[:, rows], unseen[:, rows]),
        )

    def _stored(self, leaves, counted=None):
        shape = self.shape
        n_rows = leaves.shape[1]
        at_a_time = max(1, ROW_VALUES // max(1, n_rows * int(np.prod(shape))))
        n_trees = len(leaves) if counted is None else counted.sum(axis=0)[:, None, None]
        for start in range(0, len(self.grid), at_a_time):
            block = self.grid[start : start + at_a_time]
            means = self._sums(leaves, counted, block) / n_trees
            for k in range(len(block)):
                yield self._as_estimator(means[:, k].reshape(n_rows, *shape))

    def _sums(self, leaves, counted, grid):
        """Add up leaves over trees: rows x shrinkages x values."""
        n_values = int(np.prod(self.shape))
        sums = np.zeros((leaves.shape[1], len(grid), n_values))
        for chunk in self._chunks(len(grid) * n_values):
            grove = joined([self.groves[k] for k in chunk])
            values = shrunken_values(grove, grid)
            for k, root in zip(chunk, grove.roots, strict=True):
                if counted is None:
                    sums += values[root + leaves[k]]
                else:
                    rows = np.flatnonzero(counted[k])
                    sums[rows] += values[root + leaves[k, rows]]
        return sums

    def _chunks(self, per_node):
        """Yield consecutive trees that are shrunken at a time."""
        chunk: list[int] = []
        size = 0
        for k, grove in enumerate(self.groves):
            size += len(grove.weight) * per_node
            if chunk and size > NODE_VALUES:
                yield chunk
                chunk, size = [], len(grove.weight) * per_node
            chunk.append(k)
        yield chunk

    def _as_estimator(self, values):
        if not is_classifier(self.model):
            return StoredRegressor(values)
        return StoredClassifier(self.model.classes_, np.maximum(values, 0.0))


# ------------------------------------------------------------------------ scores
def scores_of(predictions, score, X, y, sample_weight):
    """Score each prediction of a path on some rows."""
    return np.array([score(each, X, y, sample_weight) for each in predictions])


class DefaultScore:
    """Negative log loss of classifiers, R2 of regressors; the mean over outputs."""

    def __call__(self, estimator, X, y, sample_weight=None):
        if not is_classifier(estimator):
            return r2_score(y, estimator.predict(X), sample_weight=sample_weight)
        probabilities, classes = estimator.predict_proba(X), estimator.classes_
        if not isinstance(probabilities, list):
            return -log_loss_of(y, probabilities, classes, sample_weight)
        columns = np.asarray(y).T
        parts = zip(columns, probabilities, classes, strict=True)
        return -float(np.mean([log_loss_of(*part, sample_weight) for part in parts]))


def log_loss_of(y, probabilities, classes, sample_weight):
    """Log loss that charges a class which the model has never met, too.

    scikit-learn's own refuses labels that are not among the model's.
    """
    position = np.clip(np.searchsorted(classes, y), 0, len(classes) - 1)
    chance = probabilities[np.arange(len(position)), position]
    chance = np.where(classes[position] == y, chance, 0.0)
    smallest = np.finfo(chance.dtype).eps
    loss = -np.log(np.clip(chance, smallest, 1 - smallest))
    return float(np.average(loss, weights=sample_weight))


class WeightedScorer:
    """A scorer that is given weights if it takes them."""

    def __init__(self, scorer: Any):
        self.scorer = scorer

    def __call__(self, estimator, X, y, sample_weight=None):
        if sample_weight is None or not takes_weights(self.scorer):
            return float(self.scorer(estimator, X, y))
        return float(self.scorer(estimator, X, y, sample_weight=sample_weight))


def takes_weights(scorer: Any) -> bool:
    """Whether a scorer of scikit-learn, or one like it, takes sample weights."""
    return "sample_weight" in inspect.signature(metric_of(scorer)).parameters
