"""Numbers of trees: nodes as plain arrays, and their values after shrinkage.

Nothing here knows an estimator. A grove is the nodes of one or more trees, one tree
after the other, so that a level of all of them is one step in NumPy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

LEAF = -1


@dataclass(frozen=True)
class Grove:
    """Nodes of one or more trees.

    Attributes
    ----------
    left, right : ndarray of shape (n_nodes,)
        Positions of the children; ``LEAF`` at leaves.
    weight : ndarray of shape (n_nodes,)
        Weighted number of training rows in a node.
    values : ndarray of shape (n_nodes, n_values)
        What a node would predict as a leaf.
    roots : ndarray of shape (n_trees,)
        Positions of the roots.
    """

    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray
    values: np.ndarray
    roots: np.ndarray

    def levels(self) -> Iterator[np.ndarray]:
        """Yield the inner nodes, level by level from the roots down."""
        level = self.roots[self.left[self.roots] != LEAF]
        while level.size:
            yield level
            below = np.concatenate([self.left[level], self.right[level]])
            level = below[self.left[below] != LEAF]


def tree_grove(left, right, weight, values) -> Grove:
    """Nodes of one tree, whose root comes first; any negative child marks a leaf."""
    left, right = (np.asarray(child).astype(np.intp) for child in (left, right))
    is_leaf = left < 0
    return Grove(
        np.where(is_leaf, LEAF, left),
        np.where(is_leaf, LEAF, right),
        # Rows of negative weight can outweigh the others; such a node knows nothing.
        np.maximum(np.asarray(weight, dtype=float), 0.0),
        np.asarray(values, dtype=float).reshape(len(is_leaf), -1),
        np.zeros(1, dtype=np.intp),
    )


def joined(groves: Sequence[Grove]) -> Grove:
    """Put groves with equally many values one after the other."""
    sizes = [len(grove.weight) for grove in groves]
    starts = np.cumsum([0, *sizes[:-1]])

    def moved(children):
        return np.concatenate(
            [
                np.where(c == LEAF, LEAF, c + s)
                for c, s in zip(children, starts, strict=True)
            ]
        )

    return Grove(
        moved([grove.left for grove in groves]),
        moved([grove.right for grove in groves]),
        np.concatenate([grove.weight for grove in groves]),
        np.concatenate([grove.values for grove in groves]),
        np.concatenate([g.roots + s for g, s in zip(groves, starts, strict=True)]),
    )


def with_means_of_leaves(grove: Grove) -> Grove:
    """Give inner nodes the weighted mean of the leaves below them.

    For trees whose leaves are rewritten after growing, or whose inner values are not
    kept: boosting by another loss than the squared one.
    """
    values, weight = grove.values.copy(), grove.weight[:, None]
    for level in reversed(list(grove.levels())):
        left, right = grove.left[level], grove.right[level]
        both = weight[left] + weight[right]
        with np.errstate(invalid="ignore"):
            share = np.where(both > 0, weight[left] / both, 0.5)
        values[level] = share * values[left] + (1 - share) * values[right]
    return Grove(grove.left, grove.right, grove.weight, values, grove.roots)


def with_sums_of_leaves(grove: Grove, weight) -> Grove:
    """Replace the weights: those of leaves are given, inner nodes add them up."""
    weight = np.array(weight, dtype=float)
    for level in reversed(list(grove.levels())):
        weight[level] = weight[grove.left[level]] + weight[grove.right[level]]
    weight = np.maximum(weight, 0.0)
    return Grove(grove.left, grove.right, weight, grove.values, grove.roots)


def shrunken_values(grove: Grove, grid) -> np.ndarray:
    """Values of all nodes for each amount of shrinkage.

    Parameters
    ----------
    grove : Grove
        Trees.
    grid : array-like of shape (n_shrinkages,)
        Amounts of shrinkage, at least 0.

    Returns
    -------
    values : ndarray of shape (n_nodes, n_shrinkages, n_values)
        An amount of 0 gives the values as they were, bit for bit.
    """
    grid = np.asarray(grid, dtype=float)
    values = np.repeat(grove.values[:, None], len(grid), axis=1)
    for level in grove.levels():
        kept = _kept(grove.weight[level], grid)[:, :, None]
        for child in (grove.left[level], grove.right[level]):
            step = (grove.values[child] - grove.values[level])[:, None]
            values[child] = values[level] + kept * step
    values[:, grid == 0] = grove.values[:, None]
    return values


def shrunken_trees(groves: Sequence[Grove], grid) -> list[np.ndarray]:
    """Return :func:`shrunken_values` of each tree, all trees at once where possible."""
    if len({grove.values.shape[1] for grove in groves}) > 1:
        return [shrunken_values(grove, grid) for grove in groves]
    ends = np.cumsum([len(grove.weight) for grove in groves])[:-1]
    return np.split(shrunken_values(joined(groves), grid), ends)


def _kept(weight, grid):
    """Share of a step that is kept, 1 / (1 + shrinkage / weight)."""
    weight = weight[:, None]
    total = weight + grid
    # Below a node without weight nothing was learned, so nothing is kept.
    return np.divide(weight, total, out=np.zeros(total.shape), where=total > 0)
