"""Two columns that tell the target together, and little each by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._columns._insight import insight_of_tree, some_rows
from skoverfit.diagnosis._problem import Splits

Places = tuple[int, int]

MAX_PAIRED = 80
"""Columns up to which all pairs are looked at: their number grows with the square."""

N_LEVELS = 6
"""Groups of equal size into which a column of more values is cut for a first look."""

MAX_TRIED = 6
"""Pairs that are scored by trees: those that add the most to their columns."""

MAX_OTHERS = 3
"""Pairs of other columns that are scored: those that tell the most."""

CERTAIN = 0.9
"""What a pair must know: one that knows less is not told from honest columns."""

TIMES = 4.0
"""How many times as much each of its columns, and any other pair, must leave open."""

N_LEAVES = 32
"""Leaves of the tree that scores a pair."""


@dataclass(frozen=True)
class Pair:
    """Two columns that stand out together.

    Attributes
    ----------
    columns : list of int
        Their positions.
    together, alone, following : float
        What they know together, the better one of them alone, and the best other
        pair: 0 is chance and 1 the truth.
    """

    columns: list[int]
    together: float
    alone: float
    following: float


def standing_pair(
    matrix: NDArray[np.float64],
    y: NDArray,
    splits: Splits,
    alone: NDArray[np.float64],
    *,
    is_classification: bool,
    seed: int = 0,
) -> Pair | None:
    """Find two columns that are near the truth together, and nothing else is.

    Parameters
    ----------
    matrix, y, splits, is_classification, seed
        As in :func:`~skoverfit.diagnosis._columns._insight.scores_alone`.
    alone : ndarray of shape (n_features,)
        What each column knows alone; NaN if it does not count.

    Returns
    -------
    pair : Pair or None
        None if no pair stands out, or there are too many columns.
    """
    counted = np.flatnonzero(np.isfinite(alone)).tolist()
    if not 3 <= len(counted) <= MAX_PAIRED:
        return None
    matrix, y, splits = some_rows(matrix, y, splits, seed)
    tables = first_look(matrix, y, counted, is_classification=is_classification)

    def score(pair: Places) -> float:
        columns = combined(matrix[:, pair[0]], matrix[:, pair[1]])
        return insight_of_tree(columns, y, splits, is_classification, N_LEAVES)

    best = _best_pair(tables, score)
    if best is None or best[1] < CERTAIN:
        return None
    (one, other), together = best
    single = float(max(alone[one], alone[other]))
    rest = [pair for pair in _by_size(tables[0]) if not {one, other}.intersection(pair)]
    left = np.delete(alone, [one, other])
    others = [*map(score, rest[:MAX_OTHERS]), float(np.nanmax(left))]
    following = float(np.nanmax(others))
    most_open = TIMES * (1 - together)
    if min(1 - single, 1 - following) < most_open:
        return None
    return Pair(sorted((one, other)), together, single, following)


def _best_pair(
    tables: tuple[dict[Places, float], dict[Places, float]],
    score: Callable[[Places], float],
) -> tuple[Places, float] | None:
    """Find the pair that knows the most of those that add the most to their columns."""
    told, added = tables
    tried = [pair for pair in _by_size(added)[:MAX_TRIED] if told[pair] > 0]
    scored = [(pair, score(pair)) for pair in tried]
    scored = [(pair, value) for pair, value in scored if np.isfinite(value)]
    return max(scored, key=lambda item: item[1], default=None)


def _by_size(table: dict[Places, float]) -> list[Places]:
    return sorted(table, key=lambda pair: -table[pair])


def first_look(
    matrix: NDArray[np.float64],
    y: NDArray,
    counted: list[int],
    *,
    is_classification: bool,
) -> tuple[dict[Places, float], dict[Places, float]]:
    """Share of the target's variance that each pair tells, and that it adds.

    In-sample, between the cells of both columns, less what as many cells tell of a
    target that follows from nothing.

    Returns
    -------
    told, added : dict of (int, int) to float
        By pair; added is told less what the better one of its columns tells.
    """
    targets = (np.unique(y) == y[:, np.newaxis]) * 1.0
    targets = targets if is_classification else y[:, np.newaxis].astype(float)
    targets = targets - targets.mean(axis=0)
    total = max(float((targets**2).sum()), np.finfo(float).tiny)
    cells = {j: _levels(matrix[:, j]) for j in counted}
    single = {j: _told(cells[j], targets, total) for j in counted}
    told = {
        (i, j): _told(cells[i] * (N_LEVELS + 1) + cells[j], targets, total)
        for i, j in combinations(counted, 2)
    }
    added = {(i, j): told[i, j] - max(single[i], single[j]) for i, j in told}
    return told, added


def _levels(column: NDArray[np.float64]) -> NDArray[np.int64]:
    """Values of a column by number if they are few, else groups of equal size."""
    missing = np.isnan(column)
    levels = np.full(len(column), N_LEVELS)
    values, codes = np.unique(column[~missing], return_inverse=True)
    if len(values) > N_LEVELS:
        edges = np.quantile(column[~missing], np.linspace(0, 1, N_LEVELS + 1)[1:-1])
        codes = np.searchsorted(edges, column[~missing], "right")
    levels[~missing] = codes
    return levels


def _told(cells: NDArray[np.int64], targets: NDArray, total: float) -> float:
    """Share of the variance between cells, adjusted for their number."""
    counts = np.bincount(cells)
    n_cells, n = np.count_nonzero(counts), len(cells)
    if n <= n_cells:
        return 0.0
    sums = [np.bincount(cells, weights=target) ** 2 for target in targets.T]
    between = float((np.sum(sums, axis=0) / np.maximum(counts, 1)).sum()) / total
    return 1 - (1 - between) * (n - 1) / (n - n_cells)


def combined(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray:
    """Two columns with their difference, sum, product and ratio."""
    with np.errstate(all="ignore"):
        ratio = one / other
        ratio = np.where(np.isfinite(ratio), ratio, np.nan)
        made = [one, other, one - other, one + other, one * other, ratio]
    limit = np.finfo(np.float32).max
    return np.clip(np.column_stack(made), -limit, limit)
