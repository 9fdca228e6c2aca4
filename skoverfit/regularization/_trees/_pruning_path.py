"""All subtrees of one grown tree that cost-complexity pruning leads to, scored at once.

Weakest-link pruning takes nodes back one after the other, so each node predicts for one
interval of `ccp_alpha`: from where it becomes a leaf to where the node above it does.
What a score adds up over rows is added up over nodes first, and over intervals then.
"""

from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skoverfit.regularization._trees._shrinkage_path import (
    StoredClassifier,
    StoredRegressor,
)

__all__ = ["PrunedPath", "candidate_alphas", "weakest_links"]

LEAF = -1


def weakest_links(tree: Any) -> np.ndarray:
    """Say for each node from which complexity parameter on it is a leaf.

    Returns
    -------
    alphas : ndarray of shape (node_count,)
        ``-inf`` at the leaves; a node's is at most that of the node above it.
    """
    return _Links(tree).alphas()


class _Links:
    """Weakest-link pruning with a heap: a cut changes the links above it alone."""

    def __init__(self, tree: Any) -> None:
        self.left, self.right = tree.children_left.tolist(), tree.children_right
        self.parent = parents(tree).tolist()
        weight = tree.weighted_n_node_samples
        self.risk = (tree.impurity * weight / weight[0]).tolist()
        self.branch, self.n_leaves = self._branches()
        self.found = np.where(tree.children_left == LEAF, -np.inf, np.nan)

    def _branches(self) -> tuple[list[float], list[int]]:
        """Risk and number of the leaves below each node."""
        branch, n_leaves = list(self.risk), [1] * len(self.risk)
        for node in reversed(range(len(branch))):  # children come after their parents
            if self.left[node] != LEAF:
                pair = self.left[node], int(self.right[node])
                branch[node] = sum(branch[child] for child in pair)
                n_leaves[node] = sum(n_leaves[child] for child in pair)
        return branch, n_leaves

    def _link(self, node: int) -> tuple[float, int, int]:
        """Strength of a link, its node, and a count that dates the entry."""
        gain = self.risk[node] - self.branch[node]
        return gain / (self.n_leaves[node] - 1), node, self.n_leaves[node]

    def alphas(self) -> np.ndarray:
        """Cut the weakest link until the root is a leaf."""
        heap = [self._link(int(node)) for node in np.flatnonzero(np.isnan(self.found))]
        heapify(heap)
        reached = 0.0
        while heap:
            strength, node, n_leaves = heappop(heap)
            if np.isnan(self.found[node]) and n_leaves == self.n_leaves[node]:
                reached = max(reached, strength)
                self._cut(node, reached)
                self._update_above(node, heap)
        return self.found

    def _cut(self, node: int, alpha: float) -> None:
        """Make a node a leaf; what is below it goes with it."""
        below = [node]
        while below:
            each = below.pop()
            if np.isnan(self.found[each]):
                self.found[each] = alpha
                below += [self.left[each], int(self.right[each])]

    def _update_above(self, node: int, heap: list[tuple[float, int, int]]) -> None:
        gain, fewer = self.risk[node] - self.branch[node], self.n_leaves[node] - 1
        self.n_leaves[node] = 1
        above = self.parent[node]
        while above != LEAF:
            self.branch[above] += gain
            self.n_leaves[above] -= fewer
            heappush(heap, self._link(above))
            above = self.parent[above]


def parents(tree: Any) -> np.ndarray:
    """Positions of the nodes above; ``LEAF`` above the root."""
    above = np.full(tree.node_count, LEAF)
    inner = np.flatnonzero(tree.children_left != LEAF)
    above[tree.children_left[inner]] = inner
    above[tree.children_right[inner]] = inner
    return above


def candidate_alphas(tree: Any) -> np.ndarray:
    """One complexity parameter inside the interval of each subtree, ascending.

    They are geometric means of the ends; the first is 0, the unpruned tree, and the
    last leaves the root alone.
    """
    ends = np.unique(np.maximum(weakest_links(tree), 0.0))  # leaves bring the 0
    inside = np.sqrt(ends[:-1]) * np.sqrt(ends[1:])
    # Neighbors that differ by rounding alone have nothing between them.
    distinct = np.concatenate([[True], inside[1:] > ends[1:-1] * (1 + 1e-9)])
    return np.concatenate([inside[distinct[: len(inside)]], 2 * ends[-1:]])


@dataclass(frozen=True)
class PrunedPath:
    """The subtrees of one fitted decision tree at some complexity parameters.

    Attributes
    ----------
    model : DecisionTreeClassifier or DecisionTreeRegressor
        Fitted, and not pruned.
    alphas : ndarray of shape (n_alphas,)
        Complexity parameters, ascending.
    """

    model: Any
    alphas: np.ndarray

    @cached_property
    def _interval(self) -> tuple[np.ndarray, np.ndarray]:
        """First and last (exclusive) position in `alphas` where a node is a leaf."""
        tree = self.model.tree_
        links, above = weakest_links(tree), parents(tree)
        first = np.searchsorted(self.alphas, links)
        # At 0, scikit-learn prunes nothing, not even what costs nothing.
        first[np.isfinite(links) & (first == 0)] = int(self.alphas[0] == 0)
        last = np.where(above == LEAF, len(self.alphas), first[above])
        return first, last

    def totals(self, of_nodes: Any) -> np.ndarray:
        """Sum over the leaves of each subtree of what each node counts as a leaf."""
        changes = np.zeros(len(self.alphas) + 1)
        first, last = self._interval
        np.add.at(changes, first, of_nodes)
        np.subtract.at(changes, last, of_nodes)
        return np.cumsum(changes)[:-1]

    def n_leaves(self) -> np.ndarray:
        """Count the leaves of each subtree."""
        ones = np.ones(self.model.tree_.node_count)
        return np.rint(self.totals(ones)).astype(int)

    # ------------------------------------------------------------------------ scores
    def scores(self, X: Any, y: Any, sample_weight: Any, scorer: Any) -> np.ndarray:
        """Score each subtree on some rows.

        Without a scorer these are the tree's own scores, accuracy or R2 (their means
        over several outputs), from one pass over nodes.
        """
        if scorer is not None:
            return self._by_scorer(scorer, X, y, sample_weight)
        weights = (
            np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        )
        leaves, columns = self.model.apply(X), y if y.ndim == 2 else y[:, None]
        kind = self._accuracy if is_classifier(self.model) else self._r2
        return np.mean(
            [kind(leaves, y, weights, k) for k, y in enumerate(columns.T)], axis=0
        )

    def _accuracy(self, leaves, y, weights, output):
        classes = self.model.classes_
        classes = classes[output] if isinstance(classes, list) else classes
        code = np.clip(np.searchsorted(classes, y), 0, len(classes) - 1)
        known = classes[code] == y
        tree = self.model.tree_
        right = np.zeros((tree.node_count, len(classes)))
        np.add.at(right, (leaves[known], code[known]), weights[known])
        label = tree.value[:, output, : len(classes)].argmax(axis=1)
        right = with_sums_of_children(tree, right)
        return self.totals(right[np.arange(len(label)), label]) / weights.sum()

    def _r2(self, leaves, y, weights, output):
        y = np.asarray(y, dtype=float)
        if len(y) < 2:
            return np.full(len(self.alphas), np.nan)
        middle = np.average(y, weights=weights)
        deviation = y - middle  # so that squares of large targets do not cancel
        powers = np.column_stack(
            [np.bincount(leaves, weights * deviation**k, self._n_nodes) for k in (0, 1)]
        )
        weight, first = with_sums_of_children(self.model.tree_, powers).T
        value = self.model.tree_.value[:, output, 0] - middle
        total = np.sum(weights * deviation**2)
        error = total + self.totals(value * (value * weight - 2 * first))
        error = np.maximum(error, 0.0)
        if total == 0:  # as scikit-learn has it
            return np.where(error == 0, 1.0, 0.0)
        return 1 - error / total

    @property
    def _n_nodes(self):
        return self.model.tree_.node_count

    def _by_scorer(self, scorer, X, y, sample_weight):
        """Ask a scorer once for each distinct subtree."""
        leaves, scores = self.model.apply(X), []
        previous = None
        for nodes in self._nodes_of(leaves):
            if previous is None or not np.array_equal(nodes, previous):
                score = scorer(self._stored(nodes), X, y, sample_weight)
            scores.append(score)
            previous = nodes
        return np.array(scores)

    def _nodes_of(self, leaves):
        """Yield the nodes that predict rows, for each complexity parameter."""
        first, above = self._interval[0], parents(self.model.tree_)
        numbers = np.arange(len(above))
        for k in range(len(self.alphas)):
            climbs = (above[numbers] != LEAF) & (first[above[numbers]] <= k)
            while climbs.any():
                numbers = np.where(climbs, above[numbers], numbers)
                climbs = (above[numbers] != LEAF) & (first[above[numbers]] <= k)
            yield numbers[leaves]

    def _stored(self, nodes):
        values = self.model.tree_.value[nodes]
        if is_classifier(self.model):
            return StoredClassifier(self.model.classes_, values)
        return StoredRegressor(values)


def with_sums_of_children(tree: Any, totals: np.ndarray) -> np.ndarray:
    """Add up from the leaves to the root; children come after their parents."""
    totals = totals.copy()
    depth = _depths(tree)
    for level in range(depth.max(initial=0) - 1, -1, -1):
        inner = np.flatnonzero((depth == level) & (tree.children_left != LEAF))
        left, right = tree.children_left[inner], tree.children_right[inner]
        totals[inner] = totals[left] + totals[right]
    return totals


def _depths(tree):
    """Depth of each node."""
    depth = np.zeros(tree.node_count, dtype=int)
    level = np.array([0]) if tree.children_left[0] != LEAF else np.array([], dtype=int)
    while level.size:
        below = np.concatenate([tree.children_left[level], tree.children_right[level]])
        depth[below] = np.tile(depth[level] + 1, 2)
        level = below[tree.children_left[below] != LEAF]
    return depth
