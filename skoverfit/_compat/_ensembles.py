"""Private parts of scikit-learn's trees, and of the ensembles that are made of them."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._compat._internals import accessor, replace_private, shadow_method

__all__ = [
    "adaboost_rows",
    "add_iterations",
    "bagged_votes",
    "bagging_seeds",
    "boosting_loss",
    "cut_iterations",
    "first_prediction",
    "fit_tree",
    "forest_rows",
    "grow_tree",
    "hist_baseline",
    "hist_leaf_numbers",
    "hist_nodes",
    "hist_rows",
    "hist_with_values",
    "iterations_of",
    "make_tree",
    "planting",
    "pruned_tree",
    "start_from",
    "tree_rows",
    "tree_with_values",
    "with_iterations",
]

# ------------------------------------------------------------------------------ trees


@accessor
def tree_rows(tree: Any, X: Any) -> Any:
    """Return rows as a fitted tree's own methods convert them."""
    return tree._validate_X_predict(X, check_input=True)


@accessor
def fit_tree(tree: Any, X: Any, y: Any, **options: Any) -> None:
    """Fit a tree, in place, on rows and targets as an ensemble gives them to it."""
    tree._fit(X, y, **options)


@accessor
def grow_tree(
    pilot: Any, data: tuple[Any, Any, Any], weights: Any, limits: Any, draws: Any
) -> Any:
    """Grow the nodes of one tree as ``fit`` of a tree does, without its checks.

    Parameters
    ----------
    pilot : estimator object
        A tree that was fitted on these rows, with the same criterion and splitter.
    data : tuple of (X, y, missing)
        What an ensemble gives to its trees.
    weights : tuple of (ndarray or None, float)
        Weights of rows, and the sum of them.
    limits : Limits
        What stops growth.
    draws : object
        What the splitter seeds its random numbers from.
    """
    from sklearn.tree._tree import Tree

    X, y, missing = data
    own, total = weights
    min_weight = limits.min_weight_fraction_leaf * total
    try:
        splitter = _splitter(pilot, X, limits, min_weight, draws)
        tree = Tree(pilot.n_features_in_, _n_classes(pilot), pilot.n_outputs_)
        builder = _builder(pilot, splitter, limits, min_weight)
        builder.build(tree, X, y, own, missing)
    except TypeError as error:  # compiled code has a frame of its own
        raise TypeError(f"trees are built from other arguments: {error}") from error
    return tree


def _n_classes(pilot: Any) -> np.ndarray:
    if hasattr(pilot, "n_classes_"):
        return np.atleast_1d(np.asarray(pilot.n_classes_, np.intp))
    return np.ones(pilot.n_outputs_, dtype=np.intp)


def _splitter(pilot: Any, X: Any, limits: Any, min_weight: float, draws: Any) -> Any:
    from sklearn.tree import _classes as tables

    dense, by_rows = tables.DENSE_SPLITTERS, tables.SPARSE_SPLITTERS
    if hasattr(pilot, "n_classes_"):
        make = tables.CRITERIA_CLF[pilot.criterion]
        criterion = make(pilot.n_outputs_, _n_classes(pilot))
    else:
        criterion = tables.CRITERIA_REG[pilot.criterion](pilot.n_outputs_, X.shape[0])
    return (by_rows if sparse.issparse(X) else dense)[pilot.splitter](
        criterion,
        pilot.max_features_,
        limits.min_samples_leaf,
        min_weight,
        draws,
        None,
    )


def _builder(pilot: Any, splitter: Any, limits: Any, min_weight: float) -> Any:
    from sklearn.tree._tree import BestFirstTreeBuilder, DepthFirstTreeBuilder

    settings = (
        splitter,
        limits.min_samples_split,
        limits.min_samples_leaf,
        min_weight,
        limits.max_depth,
    )
    decrease = pilot.min_impurity_decrease
    if limits.max_leaf_nodes is None:
        return DepthFirstTreeBuilder(*settings, decrease)
    return BestFirstTreeBuilder(*settings, limits.max_leaf_nodes, decrease)


@accessor
def pruned_tree(tree: Any, ccp_alpha: float) -> Any:
    """Return a tree as `BaseDecisionTree` prunes it after growing; not changed."""
    from sklearn.tree._tree import _build_pruned_tree_ccp

    if ccp_alpha == 0.0:
        return tree
    cls, arguments, _ = tree.__reduce__()
    pruned = cls(*arguments)
    _build_pruned_tree_ccp(pruned, tree, ccp_alpha)
    return pruned


def tree_with_values(tree: Any, values: Any) -> Any:
    """Return a copy of a tree with other values in its nodes.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        Not changed.
    values : ndarray of shape (node_count, n_outputs, max_n_classes)
        The values.
    """
    cls, arguments, state = tree.__reduce__()
    new = cls(*arguments)
    new.__setstate__(state | {"values": np.ascontiguousarray(values, dtype=float)})
    return new


# ------------------------------------------------------------ forests and bagging


@accessor
def forest_rows(forest: Any, X: Any) -> Any:
    """Return rows as a fitted forest's own methods convert them."""
    return forest._validate_X_predict(X)


@contextmanager
def planting(forest: Any, make: Callable[..., Any]) -> Iterator[None]:
    """Let a forest's ``fit`` take its trees from a function.

    Parameters
    ----------
    forest : estimator object
        Changed meanwhile.
    make : callable
        Called with ``append`` and ``random_state`` for each tree.
    """
    _plant(forest, make)
    try:
        yield
    finally:
        del vars(forest)["_make_estimator"]


@accessor
def _plant(forest: Any, make: Callable[..., Any]) -> None:
    shadow_method(forest, "_make_estimator", make)


@accessor
def make_tree(forest: Any, random_state: Any) -> Any:
    """Return an unfitted tree as a forest makes it, its seed drawn from a generator."""
    make = type(forest)._make_estimator
    return make(forest, append=False, random_state=random_state)


@accessor
def bagging_seeds(bagging: Any, size: int) -> dict[str, Any]:
    """Return the attribute in which bagging keeps seeds, for the first members."""
    return {"_seeds": bagging._seeds[:size]}


@accessor
def bagged_votes(bagging: Any, member: int, X: Any) -> np.ndarray:
    """Return what bagging with one member alone would add up to."""
    from sklearn.ensemble._bagging import (
        _parallel_predict_proba,
        _parallel_predict_regression,
    )

    members = [bagging.estimators_[member]]
    features = [bagging.estimators_features_[member]]
    if hasattr(bagging, "classes_"):
        return _parallel_predict_proba(members, features, X, bagging.n_classes_)
    return _parallel_predict_regression(members, features, X, {})


# --------------------------------------------------------------------------- boosting


@accessor
def adaboost_rows(model: Any, X: Any) -> Any:
    """Return rows as AdaBoost's own methods convert them."""
    return model._check_X(X)


@accessor
def boosting_loss(model: Any) -> Any:
    """Return the loss of fitted gradient boosting, histogram based or not."""
    return model._loss


@accessor
def first_prediction(model: Any, X: Any) -> np.ndarray:
    """Return what gradient boosting adds its stages to, for converted rows."""
    return type(model)._raw_predict_init(model, X)


@accessor
def start_from(view: Any, function: Callable[[Any], np.ndarray]) -> None:
    """Let one gradient boosting add its stages to what a function of rows returns."""
    shadow_method(view, "_raw_predict_init", function)


@accessor
def hist_rows(model: Any, X: Any) -> Any:
    """Return rows as histogram gradient boosting converts and encodes them."""
    return model._preprocess_X(X, reset=False)


@accessor
def hist_baseline(model: Any) -> np.ndarray:
    """Return what histogram gradient boosting adds its iterations to."""
    return model._baseline_prediction


@accessor
def iterations_of(model: Any) -> list[Any]:
    """Return the trees of histogram gradient boosting, iteration after iteration."""
    return model._predictors


@accessor
def cut_iterations(view: Any, n: int) -> None:
    """Leave a histogram gradient boosting its first iterations."""
    replace_private(view, _predictors=view._predictors[:n])
    # Early stopping by a score leaves the whole model's own bound method behind.
    vars(view).pop("_raw_predict", None)


@accessor
def add_iterations(
    model: Any, X: Any, trees: list[Any], total: np.ndarray, *args: Any, **kwargs: Any
) -> None:
    """Add what iterations of histogram gradient boosting predict to a sum, in place.

    Parameters
    ----------
    model : estimator object
        Fitted.
    X : ndarray
        Rows, converted.
    trees : list
        Some of the iterations.
    total : ndarray of shape (n_rows, n_trees_per_iteration)
        The sum.
    *args, **kwargs : object
        Whether rows are binned, and the number of threads.
    """
    type(model)._predict_iterations(model, X, trees, total, *args, **kwargs)


@accessor
def with_iterations(view: Any, function: Callable[..., None]) -> None:
    """Let one histogram gradient boosting add its iterations up with a function."""
    shadow_method(view, "_predict_iterations", function)


def hist_nodes(model: Any) -> list[Any]:
    """Node arrays of a fitted histogram gradient boosting, tree after tree."""
    return [tree.nodes for stage in iterations_of(model) for tree in stage]


@accessor
def hist_with_values(model: Any, values: list[Any]) -> Any:
    """Return a copy of histogram gradient boosting with other values in its nodes."""
    new, values_left = copy.copy(model), iter(values)
    stages = [
        [_predictor_with_values(tree, next(values_left)) for tree in stage]
        for stage in model._predictors
    ]
    replace_private(new, _predictors=stages)
    return new


def _predictor_with_values(predictor: Any, values: Any) -> Any:
    new = copy.copy(predictor)
    new.nodes = predictor.nodes.copy()
    new.nodes["value"] = values
    return new


@accessor
def hist_leaf_numbers(model: Any, X: Any) -> list[Any]:
    """Say in which node of each tree rows end, for histogram gradient boosting.

    Trees that predict the number of the node instead of its value are asked one stage
    at a time, so that categories and missing values take their usual way.
    """
    numbered = hist_with_values(
        model, [np.arange(len(nodes)) for nodes in hist_nodes(model)]
    )
    numbered._baseline_prediction = np.zeros_like(model._baseline_prediction)
    stages, leaves = numbered._predictors, []
    for stage in stages:
        numbered._predictors = [stage]
        leaves += list(numbered._raw_predict(X).T.astype(np.intp))
    return leaves
