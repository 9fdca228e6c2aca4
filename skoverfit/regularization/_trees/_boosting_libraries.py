"""Trees of LightGBM and XGBoost, read and rewritten through their public formats."""

import json
import sys
from copy import deepcopy
from typing import Any

import numpy as np

from skoverfit._capacity._aliases import as_read, spelling
from skoverfit.regularization._trees._tree_values import (
    Grove,
    tree_grove,
    with_means_of_leaves,
    with_sums_of_leaves,
)

__all__ = ["LightGBMTrees", "XGBoostTrees", "is_lightgbm", "is_xgboost"]


def is_lightgbm(model: Any) -> bool:
    """Whether a model is LightGBM's; the library need not be installed."""
    return _is_instance(model, "lightgbm", "LGBMModel")


def is_xgboost(model: Any) -> bool:
    """Whether a model is XGBoost's; the library need not be installed."""
    return _is_instance(model, "xgboost", "XGBModel")


def _is_instance(model, library, name):
    # Whoever has a model has imported its library.
    cls = getattr(sys.modules.get(library), name, None)
    return cls is not None and isinstance(model, cls)


class LightGBMTrees:
    """Trees of LightGBM, dumped by the booster and set leaf by leaf."""

    def __init__(self, model: Any, row_weights: Any = None):
        self.model, self.row_weights = model, row_weights
        if as_read(model).get(spelling(model, "linear_tree")):
            raise ValueError(
                "estimator has linear_tree=True, but only constant leaves shrink."
            )

    def groves(self) -> list[Grove]:
        """Nodes of each tree."""
        dump = self.model.booster_.dump_model(num_iteration=-1)["tree_info"]
        read = [_lightgbm_tree(tree["tree_structure"]) for tree in dump]
        self._leaf_nodes = [leaf_nodes for _, leaf_nodes in read]
        groves = [grove for grove, _ in read]
        if self.row_weights is not None:
            groves = self._weighted(groves)
        return [with_means_of_leaves(grove) for grove in groves]

    def _weighted(self, groves):
        X, weights = self.row_weights
        leaves = self.model.predict(X, pred_leaf=True, num_iteration=-1)
        leaves = np.asarray(leaves).reshape(len(weights), len(groves))
        counted = []
        for k, grove in enumerate(groves):
            nodes = self._leaf_nodes[k][leaves[:, k]]
            total = np.bincount(nodes, weights, minlength=len(grove.weight))
            counted.append(with_sums_of_leaves(grove, total))
        return counted

    def rebuilt(self, values):
        """Return a copy of the model with other values."""
        new = deepcopy(self.model)
        # LightGBM's copy of a booster forgets where early stopping ended.
        new.booster_.best_iteration = self.model.booster_.best_iteration
        for k, (nodes, changed) in enumerate(
            zip(self._leaf_nodes, values, strict=True)
        ):
            for leaf, node in enumerate(nodes):
                new.booster_.set_leaf_output(k, leaf, float(changed[node, 0]))
        return new


def _lightgbm_tree(root):
    """Nodes of a dumped tree, root first, and the node of each of its leaves."""
    nodes, children = [root], []
    for node in nodes:  # grows while it is walked
        if "left_child" in node:
            children.append((len(nodes), len(nodes) + 1))
            nodes += [node["left_child"], node["right_child"]]
        else:
            children.append((-1, -1))
    left, right = np.array(children).T
    # A tree of one leaf names neither its number nor its rows.
    numbers = {
        node.get("leaf_index", 0): k for k, node in enumerate(nodes) if left[k] < 0
    }
    weight = [node.get("internal_count", node.get("leaf_count", 0)) for node in nodes]
    values = [node.get("leaf_value", 0.0) for node in nodes]
    leaf_nodes = np.array([numbers[leaf] for leaf in range(len(numbers))])
    return tree_grove(left, right, weight, values), leaf_nodes


class XGBoostTrees:
    """Trees of XGBoost, in its JSON format; rows are sent through to be counted."""

    needs_rows = True

    def __init__(self, model: Any, row_weights: Any = None):
        self.model, self.row_weights = model, row_weights

    def groves(self) -> list[Grove]:
        """Nodes of each tree."""
        booster = self.model.get_booster()
        self._document = json.loads(booster.save_raw("json"))
        groves = [_xgboost_grove(tree) for tree in self._trees()]
        X, weights = self.row_weights
        leaves = self.model.apply(X, iteration_range=(0, booster.num_boosted_rounds()))
        leaves = np.asarray(leaves).reshape(len(weights), len(groves)).astype(np.intp)
        return [
            with_means_of_leaves(
                with_sums_of_leaves(
                    grove,
                    np.bincount(leaves[:, k], weights, minlength=len(grove.weight)),
                )
            )
            for k, grove in enumerate(groves)
        ]

    def _trees(self):
        booster = self._document["learner"]["gradient_booster"]
        trees = booster.get("gbtree", booster).get("model", {}).get("trees")
        if not trees or any(
            int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees
        ):
            raise ValueError(
                f"estimator={self.model!r} has no trees with one value in each leaf."
            )
        return trees

    def rebuilt(self, values):
        """Return a copy of the model with other values."""
        for tree, changed in zip(self._trees(), values, strict=True):
            for node, child in enumerate(tree["left_children"]):
                if child < 0:  # the place of a threshold holds the value of a leaf
                    tree["split_conditions"][node] = float(changed[node, 0])
        new = deepcopy(self.model)
        new.get_booster().load_model(bytearray(json.dumps(self._document).encode()))
        return new


def _xgboost_grove(tree):
    left = np.asarray(tree["left_children"])
    values = np.where(left < 0, tree["split_conditions"], 0.0)
    return tree_grove(left, tree["right_children"], np.zeros(len(left)), values)
