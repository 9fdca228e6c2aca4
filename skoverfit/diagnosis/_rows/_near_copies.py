"""Rows that are near copies of others: where they end and other rows begin.

The distance to the neighbor of rank 4 r is not much more than that of rank r where
rows are drawn one by one. Where each one comes with some near copies, or with other
rows of the same subject, there is one rank after which it jumps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

from skoverfit._compat import _num_samples
from skoverfit.diagnosis._table import make_table
from skoverfit.exceptions import InputError

__all__ = ["near_copy_groups"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MIN_COLUMNS = 3
"""Columns of many values below which rows are near one another by chance."""

MIN_DISTINCT = 20
"""Distinct values of a column that tells near rows from far ones."""

DISTINCT_SHARE = 0.05
"""The same as a share of the rows."""

SPAN = 4
"""How many times as far the greater of two ranks is that are compared."""

MIN_JUMP = 0.5
"""Logarithm of the ratio of the two distances from which it is a jump."""

JUMP_TO_OTHERS = 2.5
"""How many times the usual step between two such ranks a jump must be."""

HUMP, MIN_HUMP = 1.35, 0.3
"""How many times every step on either side a jump between smaller and larger ranks must
be, and its size: without near copies no rank stands out from both of its sides (of 100
samples of real tables the most was 1.2)."""

N_ROUNDS, NEAREST, LEAST_SPREAD = 3, 2, 0.03
"""How columns are weighted by the spread of the rows that belong together: rounds, rows
that are taken to belong to each one, and the least such spread, as a share of that
between any rows."""

DENSE_RANK = 4
"""Rank of the jump from which clusters are linked by their dense parts."""

MAX_QUERIED = 1000
"""Rows whose neighbors are looked up to find the rank."""

MAX_ROWS = 20_000
"""Rows up to which clusters are looked for."""

MIN_CLUSTERS = 6
"""Clusters that are needed to hold some of them out."""

MIN_COVERED = 0.5
"""Share of rows that must have a near copy."""


@dataclass(frozen=True)
class NearCopies:
    """Clusters of rows that are much nearer to one another than to all others.

    Attributes
    ----------
    groups : ndarray of shape (n_samples,)
        Cluster of each row; a row without near copies is a cluster of its own.
    n_clusters : int
        Clusters of at least two rows.
    size : float
        Median number of rows of these.
    share : float
        Share of the rows that are in one of these.
    ratio : float
        Typical distance to the last near row, divided by that to the first far one.
    label : object
        The class that they are limited to; None for all rows.
    """

    groups: IntArray
    n_clusters: int
    size: float
    share: float
    ratio: float
    label: object = None


def standardized(matrix: FloatArray, min_share: float = DISTINCT_SHARE) -> FloatArray:
    """Keep the columns of many values, on one scale, with the median where missing."""
    kept = [column for column in matrix.T if _has_many_values(column, min_share)]
    if not kept:
        return np.empty((len(matrix), 0))
    values = np.column_stack(kept).astype(float)
    values = np.where(np.isfinite(values), values, np.nanmedian(values, axis=0))
    return (values - values.mean(axis=0)) / values.std(axis=0)


def _has_many_values(column: FloatArray, min_share: float) -> bool:
    known = column[np.isfinite(column)]
    if len(known) < len(column) / 2:
        return False
    counts = np.unique(known, return_counts=True)[1]
    enough = max(MIN_DISTINCT, min_share * len(column))
    return len(counts) >= enough and counts.max() <= len(column) / 2


def near_copies(
    matrix: FloatArray, y: NDArray | None = None, *, seed: int = 0
) -> NearCopies | None:
    """Find clusters of near copies; None where there are none.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_columns)
        Numbers, NaN where missing. Rows that equal another one in every column count
        once.
    y : ndarray of shape (n_samples,), default=None
        Class labels; near copies may be those of a single class.
    seed : int, default=0
        Seeds the choice of the rows that are looked at.
    """
    values = standardized(np.asarray(matrix, dtype=float))
    if values.shape[1] < MIN_COLUMNS or not 30 <= len(values) <= MAX_ROWS:
        return None
    values, first, of_row = np.unique(
        values, axis=0, return_index=True, return_inverse=True
    )
    of_row = of_row.reshape(-1)
    if len(values) < 30:
        return None
    labels = None if y is None else np.asarray(y)[first]
    every = np.arange(len(values))
    for label in _scopes(labels):
        scope = every if label is None else np.flatnonzero(labels == label)
        found = _clusters(values, scope, seed)
        if found is not None:
            return _of_all_rows(found, of_row, label)
    found = _clusters(weighted(values), every, seed)
    return None if found is None else _of_all_rows(found, of_row, None)


def near_copy_groups(X: Any, y: Any = None) -> IntArray:
    """Give rows that are near copies of one another the same number.

    Serves as `groups` of a group splitter where it is not known what the rows belong
    to: the clusters of rows are taken that are much nearer to one another than to all
    others.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The features; at least three columns must have many values.
    y : array-like of shape (n_samples,), default=None
        Class labels, where near copies may be those of one class only.

    Returns
    -------
    groups : ndarray of shape (n_samples,)
        Cluster of each row; every row is its own where there are no near copies.

    See Also
    --------
    duplicate_groups : The same for exact copies.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.diagnosis import near_copy_groups
    >>> rng = np.random.default_rng(0)
    >>> subject = np.repeat(np.arange(30), 8)
    >>> X = rng.normal(0, 3, (30, 6))[subject] + rng.normal(0, 0.2, (240, 6))
    >>> len(np.unique(near_copy_groups(X)))
    30
    """
    table = make_table(X, 0, max_rows=MAX_ROWS)
    labels = None if y is None else np.asarray(y)
    if table is None or len(table.rows) < _num_samples(X):
        raise InputError(
            f"X must be a table of at most {MAX_ROWS:,} rows to look for near copies."
        )
    near = near_copies(table.matrix, labels)
    return np.arange(len(table.rows)) if near is None else near.groups


def _scopes(labels: NDArray | None) -> list[object]:
    """All rows first, then each class that has enough of them."""
    if labels is None:
        return [None]
    classes, counts = np.unique(labels, return_counts=True)
    if len(classes) > 20:
        return [None]
    pairs = zip(classes.tolist(), counts.tolist(), strict=True)
    return [None, *(label for label, n in pairs if n >= 30)]


def _of_all_rows(found: NearCopies, of_row: IntArray, label: object) -> NearCopies:
    """Carry clusters of distinct rows over to all rows."""
    groups = found.groups[of_row]
    return NearCopies(
        groups, found.n_clusters, found.size, found.share, found.ratio, label
    )


def _clusters(values: FloatArray, scope: IntArray, seed: int) -> NearCopies | None:
    rng = np.random.default_rng(seed)
    queried = scope
    if len(scope) > MAX_QUERIED:
        queried = np.sort(rng.choice(scope, MAX_QUERIED, replace=False))
    most = min(len(values) - 1, max(len(scope) // 3, SPAN), 400)
    index = NearestNeighbors(n_neighbors=most + 1).fit(values)
    distances = index.kneighbors(values[queried])[0][:, 1:]
    rank = jump_rank(distances)
    if rank is None:
        return None
    near, far = _radii(distances, rank)
    middle = float(np.sqrt(near * far))
    # Large clusters may touch: link them by their dense parts only.
    groups = _linked(values, middle if rank < DENSE_RANK else near, rank)
    return _summary(_with_strays(values, groups, middle), scope, near / far)


def weighted(values: FloatArray) -> FloatArray:
    """Scale columns by how much they differ between rows that may belong together.

    A column that varies as much among the rows of a subject as between subjects hides
    which rows are near; which columns these are is learned from the nearest rows, in
    turns.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Standardized columns.

    Returns
    -------
    values : ndarray of shape (n_rows, n_columns)
    """
    rng = np.random.default_rng(0)
    usual = np.median(np.abs(values - values[rng.permutation(len(values))]), axis=0)
    usual = np.maximum(usual, np.finfo(float).tiny)
    queried = rng.permutation(len(values))[:MAX_QUERIED]
    scaled = values
    for _ in range(N_ROUNDS):
        index = NearestNeighbors(n_neighbors=NEAREST + 1).fit(scaled)
        near = values[index.kneighbors(scaled[queried])[1][:, 1:]]
        steps = np.abs(values[queried][:, np.newaxis] - near)
        spread = np.median(steps, axis=(0, 1))
        scaled = values / (np.maximum(spread / usual, LEAST_SPREAD) * usual)
    return scaled


def jump_rank(distances: FloatArray) -> int | None:
    """Return the rank after which the distance of neighbors jumps; None if nowhere.

    Parameters
    ----------
    distances : ndarray of shape (n_queried, n_neighbors)
        Sorted distances to the nearest other rows.
    """
    n_ranks = distances.shape[1]
    ranks = [2**k for k in range(20) if SPAN * 2**k <= n_ranks]
    if not ranks:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(distances)
    steps = np.array([np.median(logs[:, SPAN * r - 1] - logs[:, r - 1]) for r in ranks])
    best = int(np.nanargmax(steps))
    # Ranks next to the best one lie on both sides of the same jump.
    others = np.delete(
        steps, [k for k in (best - 1, best, best + 1) if 0 <= k < len(steps)]
    )
    usual = float(np.median(others)) if len(others) else 0.0
    if steps[best] > max(MIN_JUMP, JUMP_TO_OTHERS * usual):
        return ranks[best]
    return _hump(steps, ranks)


def _hump(steps: FloatArray, ranks: list[int]) -> int | None:
    """Find the rank whose step stands out from all on either side, if any does."""
    found = []
    for k in range(1, len(steps) - 2):
        sides = np.r_[steps[: max(k - 1, 1)], steps[k + 2 :]]
        found.append((steps[k] / sides.max(), steps[k], ranks[k]))
    ratio, step, rank = max(found, default=(0.0, 0.0, 0))
    return rank if ratio >= HUMP and step >= MIN_HUMP else None


def _radii(distances: FloatArray, rank: int) -> tuple[float, float]:
    """Median distance to the last near row and to the first far one."""
    logs = np.log(distances[:, rank - 1 : SPAN * rank])
    widest = np.argmax(np.diff(logs, axis=1), axis=1)
    rows = np.arange(len(logs))
    last, first = logs[rows, widest], logs[rows, widest + 1]
    return float(np.exp(np.median(last))), float(np.exp(np.median(first)))


def _linked(values: FloatArray, radius: float, rank: int) -> IntArray:
    """Clusters of rows that have `rank` others nearby; -1 for other rows."""
    model = DBSCAN(eps=radius, min_samples=rank + 1)
    return np.asarray(model.fit_predict(values), dtype=np.int64)


def _with_strays(values: FloatArray, groups: IntArray, radius: float) -> IntArray:
    """Give rows outside the clusters to the nearest one, or make them their own."""
    inside, groups = groups >= 0, groups.copy()
    if inside.any() and not inside.all():
        index = NearestNeighbors(n_neighbors=1).fit(values[inside])
        distances, nearest = index.kneighbors(values[~inside])
        taken = np.where(distances <= radius, groups[inside][nearest], -1)
        groups[~inside] = taken.ravel()
    alone = groups < 0
    groups[alone] = groups.max(initial=-1) + 1 + np.arange(alone.sum())
    return groups


def _summary(groups: IntArray, scope: IntArray, ratio: float) -> NearCopies | None:
    sizes = np.bincount(groups[scope])
    several = sizes >= 2
    share = float(sizes[several].sum() / len(scope))
    if several.sum() < MIN_CLUSTERS or share < MIN_COVERED:
        return None
    if sizes.max() > len(scope) / 3:
        return None
    return NearCopies(
        groups, int(several.sum()), float(np.median(sizes[several])), share, ratio
    )


# ------------------------------------------------------------------ columns of groups


def agreement_of(groups: IntArray, y: NDArray, *, is_classification: bool) -> float:
    """How much of the target the groups fix: 0 as by chance, 1 all of it."""
    codes = np.unique(groups, return_inverse=True)[1]
    several = np.bincount(codes)[codes] >= 2
    codes, y = codes[several], np.asarray(y)[several]
    if len(y) < 2:
        return 0.0
    if not is_classification:
        return explained(y.astype(float), codes)
    labels = np.unique(y, return_inverse=True)[1]
    return float(
        np.mean([explained((labels == k) * 1.0, codes) for k in np.unique(labels)])
    )


def explained(column: FloatArray, codes: IntArray) -> float:
    """Intraclass correlation of a column: its variance between groups, of all.

    Parameters
    ----------
    column : ndarray of shape (n_samples,)
        Numbers; rows with NaN are left out.
    codes : ndarray of shape (n_samples,)
        Group of each row.
    """
    known = np.isfinite(column)
    codes, values = np.unique(codes[known], return_inverse=True)[1], column[known]
    n, sizes = len(values), np.bincount(codes)
    k = len(sizes)
    if k < 2 or n <= k:
        return 0.0
    means = np.bincount(codes, weights=values) / sizes
    within = ((values - means[codes]) ** 2).sum() / (n - k)
    between = (sizes * (means - values.mean()) ** 2).sum() / (k - 1)
    size = (n - (sizes**2).sum() / n) / (k - 1)
    total = between + (size - 1) * within
    return float(np.clip((between - within) / total, 0, 1)) if total > 0 else 0.0


def columns_constant_in(
    groups: IntArray, matrix: FloatArray, names: Sequence[str]
) -> tuple[str, ...]:
    """Name the columns that have one value in nearly every group, and many values."""
    sizes = np.bincount(groups)
    several = sizes[groups] >= 2
    codes = np.unique(groups[several], return_inverse=True)[1]
    found = []
    for name, column in zip(names, matrix.T, strict=True):
        values = column[several]
        n_values = len(np.unique(values[np.isfinite(values)]))
        enough = n_values >= max(MIN_CLUSTERS, 0.5 * (codes.max(initial=0) + 1))
        if enough and _share_constant(values, codes) >= 0.8:
            found.append(str(name))
    return tuple(found)


def _share_constant(values: FloatArray, codes: IntArray) -> float:
    """Share of rows that have the most common value of their group."""
    numbers = np.unique(values, return_inverse=True)[1]
    pairs, counts = np.unique(codes * (numbers.max() + 1) + numbers, return_counts=True)
    most = np.zeros(codes.max() + 1)
    np.maximum.at(most, pairs // (numbers.max() + 1), counts)
    return float(most.sum() / len(values))


MIN_ALIKE = 0.5
"""Intraclass correlation from which the rows of one value of a column are alike."""


def group_columns(
    matrix: FloatArray, names: Sequence[str]
) -> list[tuple[str, IntArray, float]]:
    """Columns that may say which rows belong together, the likeliest first.

    Such a column has few repeats for its number of values, and rows with the same
    value are alike in most of the other columns.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_columns)
        Numbers and codes of categories, NaN where missing.
    names : sequence of str
        Names of the columns.

    Returns
    -------
    found : list of (str, ndarray, float)
        Name, group of each row, and the median intraclass correlation of the other
        columns of many values.
    """
    many = [j for j, column in enumerate(matrix.T) if _has_many_values(column, 0.0)]
    found = []
    for j, name in enumerate(names):
        others = [k for k in many if k != j]
        codes = _as_groups(matrix[:, j])
        if codes is None or len(others) < MIN_COLUMNS:
            continue
        alike = _alikeness(matrix[:, others], codes)
        # Next to one another, the values of a measurement are alike too; those of a
        # number or a name for what the rows belong to are not.
        if alike >= MIN_ALIKE and _alikeness(matrix[:, others], codes // 4) < alike / 2:
            found.append((str(name), codes, alike))
    return sorted(found, key=lambda item: -item[2])


def _alikeness(columns: FloatArray, codes: IntArray) -> float:
    """Median intraclass correlation of columns."""
    return float(np.median([explained(column, codes) for column in columns.T]))


def _as_groups(column: FloatArray) -> IntArray | None:
    """Codes of a column of whole numbers that repeat; None of any other column."""
    if not np.isfinite(column).all() or np.any(column != np.round(column)):
        return None
    codes, counts = np.unique(column, return_inverse=True, return_counts=True)[1:]
    if not MIN_CLUSTERS <= len(counts) <= len(column) / 2 or np.median(counts) < 2:
        return None
    return codes.astype(np.int64)
