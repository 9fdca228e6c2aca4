"""Fitted models as trees, and copies of them with other values in the leaves.

One class for each way in which libraries store trees. Each reads the nodes of a fitted
model and builds a copy with other values, which shares all the rest with the model.
"""

from copy import copy
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.class_weight import compute_sample_weight

from skoverfit._compat._ensembles import (
    hist_leaf_numbers,
    hist_nodes,
    hist_with_values,
    tree_with_values,
)
from skoverfit.regularization._trees._boosting_libraries import (
    LightGBMTrees,
    XGBoostTrees,
    is_lightgbm,
    is_xgboost,
)
from skoverfit.regularization._trees._tree_values import (
    Grove,
    shrunken_trees,
    tree_grove,
    with_means_of_leaves,
    with_sums_of_leaves,
)

__all__ = ["AVERAGES", "member_grove", "read_trees", "shrink_model", "trees_of"]

TREES = (DecisionTreeClassifier, DecisionTreeRegressor)
FORESTS = (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
BAGGING = (BaggingClassifier, BaggingRegressor)
BOOSTING = (GradientBoostingClassifier, GradientBoostingRegressor)
HIST_BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)

#: What a forest remembers of its own out-of-bag predictions, no longer true of a copy.
STALE = ("oob_score_", "oob_decision_function_", "oob_prediction_")

ALLOWED = (
    "decision trees, extra trees, random forests, gradient boosting and histogram "
    "gradient boosting of scikit-learn, bagging of decision trees, and models of "
    "XGBoost and LightGBM"
)


class _ScikitTrees:
    """Trees of scikit-learn's ``tree_`` objects."""

    def __init__(self, model: Any, row_weights: Any = None):
        self.model = model

    def members(self) -> list[Any]:
        """Return the fitted decision trees."""
        return [self.model]

    def groves(self) -> list[Grove]:
        """Nodes of each tree."""
        return [member_grove(member) for member in self.members()]

    def rebuilt(self, values):
        """Return a copy of the model with other values, one array for each tree."""
        members = [
            _tree_copy(tree, new)
            for tree, new in zip(self.members(), values, strict=True)
        ]
        return self._with_members(members)

    def _with_members(self, members):
        return members[0]


class _Ensemble(_ScikitTrees):
    """Forests and bagging: ``estimators_`` is a list."""

    def members(self):
        return list(self.model.estimators_)

    def _with_members(self, members):
        new = copy(self.model)
        new.estimators_ = members
        for name in STALE:
            vars(new).pop(name, None)
        return new


class _Boosting(_ScikitTrees):
    """Gradient boosting: ``estimators_`` is an array of stages by classes."""

    def members(self):
        return list(self.model.estimators_.ravel())

    def groves(self):
        # The loss has rewritten the leaves after growing, but not the nodes above.
        return [with_means_of_leaves(grove) for grove in super().groves()]

    def _with_members(self, members):
        new = copy(self.model)
        stages = np.empty(self.model.estimators_.size, dtype=object)
        stages[:] = members
        new.estimators_ = stages.reshape(self.model.estimators_.shape)
        return new


class _HistBoosting:
    """Histogram gradient boosting: arrays of nodes, which count unweighted rows."""

    def __init__(self, model: Any, row_weights: Any = None):
        self.model, self.row_weights = model, row_weights

    def groves(self) -> list[Grove]:
        """Nodes of each tree, with the weights of the rows where there are any."""
        groves = [self._grove(nodes) for nodes in hist_nodes(self.model)]
        if self.row_weights is not None:
            groves = self._weighted(groves)
        return [with_means_of_leaves(grove) for grove in groves]

    def _grove(self, nodes):
        is_leaf = nodes["is_leaf"].astype(bool)
        left = np.where(is_leaf, -1, nodes["left"].astype(np.intp))
        return tree_grove(left, nodes["right"], nodes["count"], nodes["value"])

    def _weighted(self, groves):
        X, weights = self.row_weights
        leaves = hist_leaf_numbers(self.model, X)
        counted = []
        for grove, leaf in zip(groves, leaves, strict=True):
            total = np.bincount(leaf, weights, minlength=len(grove.weight))
            # Early stopping keeps rows aside; they are not training rows of the tree.
            share = grove.weight[0] / len(weights)
            counted.append(with_sums_of_leaves(grove, share * total))
        return counted

    def rebuilt(self, values):
        """Return a copy of the model with other values."""
        return hist_with_values(self.model, [new[:, 0] for new in values])


def trees_of(model: Any) -> Any:
    """Find how the trees of a model are stored; refuse models without trees."""
    for classes, kind in (
        (TREES, _ScikitTrees),
        (FORESTS, _Ensemble),
        (BOOSTING, _Boosting),
        (HIST_BOOSTING, _HistBoosting),
    ):
        if isinstance(model, classes):
            return kind
    if isinstance(model, BAGGING) and isinstance(model.estimator, (*TREES, type(None))):
        return _Ensemble
    if is_lightgbm(model):
        return LightGBMTrees
    if is_xgboost(model):
        return XGBoostTrees
    raise ValueError(
        f"estimator={model!r} is not a model whose trees can be shrunken. Allowed are "
        f"{ALLOWED}. Put the wrapper at the end of a pipeline, not around it."
    )


#: Models that predict the mean of the values that their trees give to a row.
AVERAGES = (*TREES, *FORESTS, *BAGGING)


def read_trees(model: Any, X: Any, y: Any, sample_weight: Any) -> Any:
    """Return the trees of a fitted model; the rows are those it was fitted on."""
    kind = trees_of(model)
    return kind(model, _training_weights(kind, model, X, y, sample_weight))


def _training_weights(kind, model, X, y, sample_weight):
    """Rows and their weights, as the model's own ``fit`` has seen them, or None.

    Trees of scikit-learn hold weights themselves.
    """
    if issubclass(kind, _ScikitTrees):
        return None
    class_weight = getattr(model, "class_weight", None)
    must_count = getattr(kind, "needs_rows", False)
    if class_weight is None and sample_weight is None and not must_count:
        return None
    weights = (
        np.ones(np.shape(y)[0]) if sample_weight is None else np.asarray(sample_weight)
    )
    if class_weight is not None:
        weights = weights * compute_sample_weight(class_weight, y)
    return X, np.asarray(weights, dtype=float)


def member_grove(member: Any) -> Grove:
    """Nodes of one fitted decision tree."""
    tree = member.tree_
    return tree_grove(
        tree.children_left,
        tree.children_right,
        tree.weighted_n_node_samples,
        tree.value,
    )


def _tree_copy(member, values):
    """Return a copy of a decision tree with other values."""
    new = copy(member)
    shape = member.tree_.value.shape
    new.tree_ = tree_with_values(member.tree_, values.reshape(shape))
    return new


def shrink_model(trees: Any, groves: list[Grove], shrinkage: float) -> Any:
    """Return a copy of a model with its values shrunken."""
    values = [new[:, 0] for new in shrunken_trees(groves, [shrinkage])]
    if isinstance(trees.model, AVERAGES) and is_classifier(trees.model):
        # Rounding must not take a probability below 0.
        values = [np.maximum(new, 0.0) for new in values]
    return trees.rebuilt(values)
