"""Trees that one growth can serve: limits that never bind, first leaves, pruning.

A tree grown under loose limits is the tree of tighter ones if these would have
stopped no node that it tried to split and refused no split that it chose: then every
step of growing it, random draws included, is the same. The conditions under which
scikit-learn tries to split a node are functions of what each node records.
"""

import math
import threading
from dataclasses import astuple, dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np

from skoverfit._compat._ensembles import grow_tree

__all__ = [
    "LIMITS",
    "Draw",
    "Grown",
    "Limits",
    "Plot",
    "Sample",
    "first_leaves",
    "has_usable_limits",
    "is_whole",
    "loosest_first",
    "reseeded",
    "same_tree",
    "sums_are_exact",
]

#: Parameters that stop growth.
LIMITS = (
    "max_depth",
    "min_samples_split",
    "min_samples_leaf",
    "min_weight_fraction_leaf",
    "max_leaf_nodes",
)
UNLIMITED = np.iinfo(np.int32).max
#: A node of no more impurity is never split.
PURE = np.finfo(np.float64).eps
LEAF, UNDEFINED = -1, -2
#: The criteria that are functions of sums over the rows of a node.
CRITERIA_OF_SUMS = (
    "gini",
    "entropy",
    "log_loss",
    "squared_error",
    "friedman_mse",
    "poisson",
)


@dataclass(frozen=True)
class Limits:
    """What stops growth, as the builder sees it.

    Attributes
    ----------
    max_leaf_nodes : int or None
        None grows depth first, a number best first: other random draws.
    min_samples_leaf, min_samples_split : int
        In rows.
    min_weight_fraction_leaf : float
        Of the weight of all rows.
    max_depth : int
    """

    max_leaf_nodes: int | None
    min_samples_leaf: int
    min_samples_split: int
    min_weight_fraction_leaf: float
    max_depth: int

    @classmethod
    def of(cls, estimator: Any, n_samples: int) -> "Limits":
        """Return the limits that an estimator's parameters mean for so many rows."""
        leaf = estimator.min_samples_leaf
        if not isinstance(leaf, Integral):
            leaf = math.ceil(leaf * n_samples)
        split = estimator.min_samples_split
        if not isinstance(split, Integral):
            split = max(2, math.ceil(split * n_samples))
        depth = estimator.max_depth
        # scikit-learn raises the smallest node to two leaves before it grows, so that
        # two settings that differ on paper only are recognized as the same limits.
        return cls(
            max_leaf_nodes=estimator.max_leaf_nodes,
            min_samples_leaf=int(leaf),
            min_samples_split=int(max(split, 2 * leaf)),
            min_weight_fraction_leaf=float(estimator.min_weight_fraction_leaf),
            max_depth=UNLIMITED if depth is None else min(int(depth), UNLIMITED),
        )

    def allow(self, other: "Limits") -> bool:
        """Whether these limits are nowhere tighter than others of the same builder."""
        # Depth first and best first visit nodes in another order, and each visit takes
        # numbers from the generator: no tree of one can be a tree of the other.
        if (self.max_leaf_nodes is None) != (other.max_leaf_nodes is None):
            return False
        return (
            (self.max_leaf_nodes or 0) >= (other.max_leaf_nodes or 0)
            and self.min_samples_leaf <= other.min_samples_leaf
            and self.min_samples_split <= other.min_samples_split
            and self.min_weight_fraction_leaf <= other.min_weight_fraction_leaf
            and self.max_depth >= other.max_depth
        )

    def have_tighter_leaves(self, other: "Limits") -> bool:
        """Whether splits that others allow are refused for too small a child."""
        return (
            self.min_samples_leaf > other.min_samples_leaf
            or self.min_weight_fraction_leaf > other.min_weight_fraction_leaf
        )


def has_usable_limits(estimator: Any) -> bool:
    """Whether the limits are numbers of the right kind (their range is not checked)."""
    counts = (estimator.max_depth, estimator.max_leaf_nodes)
    sizes = (estimator.min_samples_split, estimator.min_samples_leaf)
    return all(
        value is None or (isinstance(value, Integral) and not isinstance(value, bool))
        for value in counts
    ) and all(
        isinstance(value, Integral | float) and not isinstance(value, bool)
        for value in (*sizes, estimator.min_weight_fraction_leaf)
    )


def loosest_first(limits: Limits) -> tuple[Any, ...]:
    """Return a sort key: limits that allow others come before them."""
    # Many leaves come first: a tree with few is cut out of them. Depth is negated for
    # the same reason, while the other limits loosen as they fall.
    leaves = limits.max_leaf_nodes
    kind = (0, 0) if leaves is None else (1, -leaves)
    return (*kind, *astuple(limits)[1:4], -limits.max_depth)


class Grown:
    """A tree that has grown, and the limits that it has grown under.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        Not pruned.
    limits : Limits
        Its limits.
    total_weight : float or None
        Weight of all rows, as scikit-learn adds it up; None if that is not known.
    exact_sums : bool
        Whether sums over rows do not depend on their order (see `sums_are_exact`).
    """

    def __init__(
        self, tree: Any, limits: Limits, total_weight: float | None, exact_sums: bool
    ) -> None:
        self.tree, self.limits = tree, limits
        self.total_weight, self.exact_sums = total_weight, exact_sums
        #: What it predicts for known rows, where somebody keeps that.
        self.votes: dict[Any, np.ndarray] = {}

    def under(self, limits: Limits) -> "Grown | None":
        """Return the tree that tighter limits would have grown, or None.

        Parameters
        ----------
        limits : Limits
            Limits that this tree's own allow.

        Returns
        -------
        grown : Grown or None
            None if it is not certain that the tree would be the same. This very
            object if it is.
        """
        # The number of leaves goes first, since the other limits have to hold only in
        # the nodes that are left.
        grown = self._first_leaves(limits.max_leaf_nodes)
        return grown if grown._holds(limits) else None

    def _first_leaves(self, n_leaves: int | None) -> "Grown":
        """Return the tree as it was when it had so many leaves."""
        # A binary tree of n leaves has 2n - 1 nodes; this one stopped by itself.
        if n_leaves is None or self.tree.node_count < 2 * n_leaves:
            return self
        tree = first_leaves(self.tree, n_leaves)
        limits = replace(self.limits, max_leaf_nodes=n_leaves)
        return Grown(tree, limits, self.total_weight, self.exact_sums)

    def _holds(self, limits: Limits) -> bool:
        """Whether limits (other than the leaves' number) would have changed nothing."""
        # Without the total weight it is unknown which nodes were too light to be tried.
        if self.total_weight is None and self.limits.min_weight_fraction_leaf > 0:
            return limits == replace(self.limits, max_leaf_nodes=limits.max_leaf_nodes)
        if limits.have_tighter_leaves(self.limits) and not self._leaves_hold(limits):
            return False
        return self._depth_holds(limits) and self._sizes_hold(limits)

    def _depth_holds(self, limits: Limits) -> bool:
        depth, bound = self.tree.max_depth, limits.max_depth
        if depth < bound or bound == self.limits.max_depth:
            return True
        if depth > bound:
            return False
        # The tree ends exactly at the bound. Nodes there were tried in vain, and each
        # try drew features that all later nodes would have drawn otherwise.
        return not np.any(self.tried & (node_depths(self.tree) == bound))

    def _sizes_hold(self, limits: Limits) -> bool:
        """Whether each node that was tried is large enough to be tried."""
        # A node that the tighter limit would not have tried took random numbers here.
        tree, old = self.tree, self.limits
        if self.smallest_tried < limits.min_samples_split > old.min_samples_split:
            return False
        if limits.min_weight_fraction_leaf > old.min_weight_fraction_leaf:
            weights = tree.weighted_n_node_samples[self.tried]
            return weights.min(initial=np.inf) >= 2 * self._min_weight(limits)
        return True

    def _leaves_hold(self, limits: Limits) -> bool:
        """Whether no split chosen, and none that was not, depends on smaller leaves.

        With exact sums the best split remains the best when others are refused. A
        node that was tried in vain could find one of those that used to be second.
        """
        tree = self.tree
        if self.total_weight is None or not self.exact_sums:
            return False
        if np.any(self.tried & (tree.children_left == LEAF)):
            return False
        # The root is not the child of a split: limits of leaves do not apply to it.
        sizes = tree.n_node_samples[1:].min(initial=UNLIMITED)
        weights = tree.weighted_n_node_samples[1:].min(initial=np.inf)
        return sizes >= limits.min_samples_leaf and weights >= self._min_weight(limits)

    def _min_weight(self, limits: Limits) -> float:
        if limits.min_weight_fraction_leaf == 0 or self.total_weight is None:
            return 0.0
        return limits.min_weight_fraction_leaf * self.total_weight

    @cached_property
    def smallest_tried(self) -> int:
        """Rows of the smallest node that was tried to split."""
        return int(self.tree.n_node_samples[self.tried].min(initial=UNLIMITED))

    @property
    def tried(self) -> np.ndarray:
        """Nodes that were tried to split: the conditions of scikit-learn's builders."""
        tree, limits = self.tree, self.limits
        # Trees do not record which nodes were tried, but all that the decision of the
        # builder depends on.
        tried = tree.impurity > PURE
        tried &= tree.n_node_samples >= limits.min_samples_split
        tried &= tree.weighted_n_node_samples >= 2 * self._min_weight(limits)
        # Depths take a walk through the tree, which most trees can do without.
        if tree.max_depth >= limits.max_depth:
            tried &= node_depths(tree) < limits.max_depth
        return tried


def node_depths(tree: Any) -> np.ndarray:
    """Return the depth of each node."""
    left, right = tree.children_left, tree.children_right
    depths = np.zeros(tree.node_count, dtype=np.intp)
    level, depth = np.zeros(1, dtype=np.intp), 0
    while level.size:
        depths[level] = depth
        inner = level[left[level] != LEAF]
        level, depth = np.concatenate([left[inner], right[inner]]), depth + 1
    return depths


def first_leaves(tree: Any, n_leaves: int) -> Any:
    """Return a tree grown best first as it was when it had `n_leaves` leaves.

    Each split adds its two children at the end of the nodes, and draws at random for
    these alone: the first nodes do not depend on how many may follow.
    """
    n_nodes = 2 * n_leaves - 1
    cls, arguments, state = tree.__reduce__()
    nodes = state["nodes"][:n_nodes].copy()
    cut = nodes["left_child"] >= n_nodes
    for field, value in (
        ("left_child", LEAF),
        ("right_child", LEAF),
        ("feature", UNDEFINED),
        ("threshold", UNDEFINED),
    ):
        nodes[field][cut] = value
    # Trees have no constructor from nodes; pickling has, and checks what it is given.
    smaller = cls(*arguments)
    values = np.ascontiguousarray(state["values"][:n_nodes])
    new = {"node_count": n_nodes, "nodes": nodes, "values": values, "max_depth": 0}
    # The depth is read from the nodes, which the tree has to hold first.
    smaller.__setstate__(new)
    smaller.__setstate__({**new, "max_depth": int(node_depths(smaller).max())})
    return smaller


def same_tree(one: Any, other: Any) -> bool:
    """Whether two trees are equal bit for bit."""
    first, second = one.__getstate__(), other.__getstate__()
    return all(
        np.array_equal(np.asarray(first[k]), np.asarray(second[k])) for k in first
    )


def is_whole(numbers: np.ndarray) -> bool:
    """Whether there are only whole numbers."""
    return numbers.dtype.kind in "biu" or np.array_equal(numbers, np.round(numbers))


def sums_are_exact(criterion: str, y: np.ndarray, weights: np.ndarray) -> bool:
    """Whether sums over rows of weights and targets have no rounding errors.

    Which direction scikit-learn adds in depends on the positions that it skips, and
    so on `min_samples_leaf`. Sums of whole numbers are the same either way.

    Parameters
    ----------
    criterion : str
        Of the trees.
    y : ndarray
        Target; anything whole where classes are only counted.
    weights : ndarray
        Weights of the rows.
    """
    if criterion not in CRITERIA_OF_SUMS or not (is_whole(weights) and is_whole(y)):
        return False
    # Floats count whole numbers exactly up to 2**53; one bit is kept in reserve.
    largest = max(float(np.abs(y).max(initial=1)), 1.0)
    return float(np.abs(weights).sum()) * largest < 2.0**52


_LOCAL = threading.local()


def reseeded(seed: int) -> np.random.RandomState:
    """Return this thread's generator, freshly seeded.

    The same numbers as of a new generator, which takes far longer to make.
    """
    if not hasattr(_LOCAL, "generator"):
        _LOCAL.generator = np.random.RandomState(0)
    _LOCAL.generator.seed(seed)
    return _LOCAL.generator


class Draw:
    """The one number that a tree takes from the generator of its seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._value: Any = None

    def randint(self, low: int, high: int) -> Any:
        """Return the first number that the generator would."""
        if self._value is None:
            self._value = reseeded(self._seed).randint(low, high)
        return self._value


class Sample(NamedTuple):
    """What one tree is grown from, besides the rows."""

    draw: Draw
    weights: np.ndarray | None
    total_weight: float


class Plot:
    """Grows trees on one set of rows: what `BaseDecisionTree._fit` does, checks apart.

    Whoever uses it compares one of its trees with one that scikit-learn itself has
    grown from the same sample.

    Parameters
    ----------
    pilot : estimator object
        Tree that scikit-learn has fitted on these rows, without constraints of
        monotonicity.
    X, y, missing : ndarray or sparse matrix, ndarray, ndarray or None
        As scikit-learn gave them to the pilot.
    """

    def __init__(self, pilot: Any, X: Any, y: np.ndarray, missing: Any) -> None:
        self._pilot, self._data = pilot, (X, y, missing)

    def grow(self, limits: Limits, sample: Sample) -> Any:
        """Grow one tree."""
        weights = sample.weights
        if weights is not None:
            weights = np.ascontiguousarray(weights, dtype=np.float64)
        own = weights, sample.total_weight
        return grow_tree(self._pilot, self._data, own, limits, sample.draw)
