"""Traces that preparation on all rows leaves in a table of numbers."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SMOOTHINGS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Rows of prior that are tried where means were smoothed."""

ENCODED_LEVEL = 1e-6
"""P-value below which a column knows the noise of its own rows."""

MIN_GROUPS = 5
"""Levels that a column must have to tell a mean of the target from another number."""

MIN_REPEATED = 0.5
"""Share of the rows that must share their level with another row."""

LEFT_BETWEEN = 0.9
"""Share of the variance of an encoded column that lies between the levels."""

PROBED = 20
"""Rows of repeated levels that are looked at first."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Encoded:
    """A column that holds means of the target.

    Attributes
    ----------
    column : int
        Position of the column.
    by : int
        Position of the column whose levels it describes; itself where that column is
        not in the table.
    pvalue : float
        Of "the column was made without the targets of these rows".
    way : {"means", "smoothed means", "means without the own row"}
        How it was made.
    target : int
        Number of the target whose means these are.
    """

    column: int
    by: int
    pvalue: float
    way: str
    target: int


@dataclass(frozen=True)
class _Groups:
    """Rows by the levels of a column; `order` puts those of a level together."""

    codes: NDArray[np.int64]
    counts: FloatArray
    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, column: FloatArray) -> "_Groups | None":
        codes, counts = np.unique(
            column, return_inverse=True, return_counts=True, equal_nan=True
        )[1:]
        repeated = counts[codes] > 1
        if len(counts) < MIN_GROUPS or repeated.mean() < MIN_REPEATED:
            return None
        starts = np.cumsum(counts) - counts
        return cls(codes, counts.astype(float), np.argsort(codes), starts)

    def between(self, columns: FloatArray) -> FloatArray:
        """Squares of centered columns that lie between the levels."""
        sums = np.add.reduceat(columns[self.order], self.starts)
        return (sums**2 / self.counts[:, np.newaxis]).sum(axis=0)


@dataclass(frozen=True)
class _Levels:
    """Levels of a column with what the target does in them."""

    codes: NDArray[np.int64]
    counts: FloatArray
    means: FloatArray
    noise: float
    mean: float

    @classmethod
    def of(cls, groups: _Groups, y: FloatArray) -> "_Levels | None":
        codes, counts = groups.codes, groups.counts
        means = np.bincount(codes, weights=y) / counts
        free = len(y) - len(counts)
        noise = float(((y - means[codes]) ** 2).sum() / max(free, 1))
        if noise <= 1e-12 * y.var():
            return None  # the levels determine the target: it is not a mean
        return cls(codes, counts, means, noise, float(y.mean()))


def possible_columns(matrix: FloatArray, targets: FloatArray) -> list[set[int]]:
    """Find columns that may hold means of each target, by their values alone.

    Parameters
    ----------
    matrix, targets : ndarray
        As of :func:`encoded_columns`.

    Returns
    -------
    possible : list of set of int
        Positions of the columns, for each target.
    """
    numbers = [j for j in range(matrix.shape[1]) if _may_be_means(matrix[:, j])]
    return [
        {j for j in numbers if _within(matrix[:, j], target)} for target in targets.T
    ]


def encoded_columns(
    matrix: FloatArray, targets: FloatArray, possible: list[set[int]] | None = None
) -> list[Encoded]:
    """Find columns that hold means of the target over the levels of another column.

    A column that was made without the targets of the rows at hand misses their means
    by the noise that is in them: the sum of the squares is that of chi-squared. A
    column that comes much closer has seen them.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Columns as numbers: codes of categories, NaN where missing.
    targets : ndarray of shape (n_samples, n_targets)
        Numbers of which means may have been taken: the target, or one indicator for
        each class.
    possible : list of set of int, default=None
        What :func:`possible_columns` found.

    Returns
    -------
    found : list of Encoded
        One for each such column, with the levels that fit best.
    """
    best: dict[int, Encoded] = {}
    if possible is None:
        possible = possible_columns(matrix, targets)
    for encoded in _tests(matrix, targets, possible):
        known = best.get(encoded.column)
        if known is None or encoded.pvalue < known.pvalue:
            best[encoded.column] = encoded
    n_tests = max(matrix.shape[1] * targets.shape[1], 1) * len(SMOOTHINGS)
    limit = ENCODED_LEVEL / n_tests
    return [best[j] for j in sorted(best) if best[j].pvalue < limit]


def _tests(
    matrix: FloatArray, targets: FloatArray, possible: list[set[int]]
) -> Iterator[Encoded]:
    looked = np.array(sorted(set().union(*possible)), dtype=int)
    centered = matrix[:, looked] - matrix[:, looked].mean(axis=0)
    enough = LEFT_BETWEEN * (centered**2).sum(axis=0)
    for by in range(matrix.shape[1]) if len(looked) else ():
        groups = _Groups.of(matrix[:, by])
        if groups is None:
            continue
        steady = set(looked[groups.between(centered) >= enough].tolist())
        for k, columns in enumerate(possible):
            yield from _compared(matrix, targets[:, k], groups, by, columns, steady, k)


def _may_be_means(column: FloatArray) -> bool:
    """Means are fractions, and no value is missing."""
    if not np.isfinite(column).all():
        return False
    return len(np.unique(column)) >= MIN_GROUPS and bool(np.any(column % 1))


def _within(column: FloatArray, target: FloatArray) -> bool:
    """Means lie in the range of what they are means of, and go with it."""
    slack = 1e-6 * np.ptp(target)
    if column.min() < target.min() - slack or column.max() > target.max() + slack:
        return False
    near = abs(column.mean() - target.mean()) < 0.25 * target.std()
    return bool(near and column.std() < 1.05 * target.std())


def _compared(
    matrix: FloatArray,
    target: FloatArray,
    groups: _Groups,
    by: int,
    columns: set[int],
    steady: set[int],
    k: int,
) -> Iterator[Encoded]:
    """Compare columns with the means of a target; few are steady within the levels."""
    levels = _Levels.of(groups, target) if columns else None
    if levels is None:
        return
    for j in sorted(columns & steady):
        for rows in SMOOTHINGS:
            way = "smoothed means" if rows else "means"
            yield Encoded(j, by, _pvalue(matrix[:, j], levels, rows), way, k)
    others = np.array(sorted(columns - {by}), dtype=int)
    for j in _without_own_row(matrix, others, target, levels):
        yield Encoded(j, by, 0.0, "means without the own row", k)


def _pvalue(column: FloatArray, levels: _Levels, rows: float) -> float:
    """P-value of a column that is as near to the means of its own rows as this."""
    own = np.bincount(levels.codes, weights=column) / levels.counts
    own = own + (own - levels.mean) * rows / levels.counts  # undo the smoothing
    misses = levels.counts * (own - levels.means) ** 2 / levels.noise
    return float(stats.chi2.cdf(misses.sum(), len(levels.counts)))


def _without_own_row(
    matrix: FloatArray,
    columns: NDArray[np.int64],
    target: FloatArray,
    levels: _Levels,
) -> list[int]:
    """Find means of the other rows of a level: with the own row they are the level's.

    A few rows leave hardly any column that all rows have to be looked at for.
    """
    shared = np.flatnonzero(levels.counts[levels.codes] > 1)
    some = shared[:: max(1, len(shared) // PROBED)]
    for rows in (some, shared):
        if not len(columns):
            break
        counts = levels.counts[levels.codes[rows], np.newaxis]
        whole = matrix[np.ix_(rows, columns)] * (counts - 1)
        whole = (whole + target[rows, np.newaxis]) / counts
        misses = np.abs(whole - levels.means[levels.codes[rows], np.newaxis])
        share = 0.99 if rows is shared else 0.5
        columns = columns[np.mean(misses < 1e-5 * target.std(), axis=0) > share]
    return [int(j) for j in columns]


# ------------------------------------------------------------------------- selection
MIN_SELECTED = 10
"""Columns below which a missing tail tells nothing."""

WEAKEST = 0.1
"""P-value that the weakest column must reach: of unselected ones some are weaker."""

CHANCE_RANGE = 1000.0
"""How much smaller than the largest p-value those of selected noise may be."""

BLURRED = 0.1
"""Share of them that may lie beyond the cut: columns may be selected by another measure
of the same, which ranks those near the cut in another way."""

MIN_SHAPE = 0.005
"""P-value of the spread of the p-values from which it may be that of noise."""


@dataclass(frozen=True)
class Selected:
    """Columns that look as if they were chosen for going with the target.

    Attributes
    ----------
    n_columns : int
        Columns that were looked at.
    n_chance : int
        Those of them that are no stronger than the best of many columns of noise.
    weakest : float
        The largest p-value among them.
    pvalue : float
        Probability that no unselected column of noise is weaker.
    shape_pvalue : float
        Of "the p-values are those of the tail of noise" (uniform below the largest).
    """

    n_columns: int
    n_chance: int
    weakest: float
    pvalue: float
    shape_pvalue: float

    @property
    def n_candidates(self) -> int:
        """Columns of noise from which as many as strong are expected."""
        return int(np.ceil(self.n_chance / self.weakest))


def selected_tail(pvalues: FloatArray, n_independent: float) -> Selected | None:
    """Tell a selected tail of noise from columns that are all informative.

    The p-values of noise are uniform from 0 to 1, and below the cut of a selection
    uniform from 0 to the cut. Those of informative columns lie near 0, at many scales.

    Parameters
    ----------
    pvalues : ndarray of shape (n_features,)
        Of each column for the target; not finite where there is none.
    n_independent : float
        Number of independent columns that these amount to.

    Returns
    -------
    selected : Selected or None
        None if there are too few columns to tell, or some are weak.
    """
    known = np.sort(pvalues[np.isfinite(pvalues)])
    if len(known) < MIN_SELECTED or n_independent < MIN_SELECTED / 2:
        return None
    weakest = float(known[-1])
    if weakest > WEAKEST or weakest <= 0:
        return None
    chance = known[known > weakest / CHANCE_RANGE]
    if len(chance) < MIN_SELECTED or len(chance) < len(known) / 3:
        return None
    shape = max(_shape(chance, n) for n in range(1, 2 + int(BLURRED * len(chance))))
    if shape < MIN_SHAPE:
        return None
    share = min(len(chance) / len(known) * n_independent, len(chance))
    return Selected(len(known), len(chance), weakest, weakest**share, shape)


def _shape(chance: FloatArray, n_beyond: int) -> float:
    """P-value of "uniform from 0 to the first of the last n, which are beyond it"."""
    cut = chance[-n_beyond]
    return float(stats.kstest(chance[:-n_beyond] / cut, "uniform").pvalue)


def independent_columns(matrix: FloatArray) -> float:
    """Count the independent columns that have as varied correlations as these."""
    spread = matrix.std(axis=0)
    varied = matrix[:, spread > 0]
    if varied.shape[1] < 2:
        return float(varied.shape[1])
    related = np.corrcoef(varied, rowvar=False) ** 2
    chance = 1 / max(len(matrix) - 1, 1)  # what noise correlates by, squared
    n = varied.shape[1]
    off = np.maximum(related.sum() - n - n * (n - 1) * chance, 0.0)
    return float(n**2 / (n + off))


# --------------------------------------------------------------------------- scaling
MIN_SCALED = 2
"""Columns that must be scaled exactly for it to be no accident."""

SCALED_SHARE = 0.8
"""Share of the columns with many values that must be scaled in the same way."""

EXACT = 1e-6
"""How far from 0 and 1 the moments of a scaled column may be."""


def scaled_columns(matrix: FloatArray) -> tuple[str, list[int]]:
    """Find columns that were scaled on exactly these rows.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Columns as numbers; NaN where missing.

    Returns
    -------
    way : {"", "standardized", "scaled to 0 and 1", "scaled by median and quartiles"}
        Empty if they were not.
    columns : list of int
        Their positions.
    """
    varied = [
        j
        for j, column in enumerate(matrix.T)
        if len(np.unique(column[~np.isnan(column)])) > 10
    ]
    for way, is_scaled in _WAYS.items():
        found = [j for j in varied if is_scaled(matrix[~np.isnan(matrix[:, j]), j])]
        if len(found) >= max(MIN_SCALED, SCALED_SHARE * len(varied)):
            return way, found
    return "", []


def _is_standardized(column: FloatArray) -> bool:
    spreads = np.array([column.std(), column.std(ddof=1)])
    return bool(abs(column.mean()) < EXACT and np.abs(spreads - 1).min() < EXACT)


def _is_unit_range(column: FloatArray) -> bool:
    """From 0 to 1, each reached about once: not shares, and not the grid of images."""
    if column.min() != 0 or abs(column.max() - 1) > EXACT:
        return False
    at_ends = np.count_nonzero((column == 0) | (column == column.max()))
    on_grid = [np.allclose(column * n, np.round(column * n)) for n in (16, 100, 255)]
    return bool(at_ends <= max(4, 0.02 * len(column)) and not any(on_grid))


def _is_robust(column: FloatArray) -> bool:
    low, middle, high = np.percentile(column, [25, 50, 75])
    return bool(abs(middle) < EXACT and abs(high - low - 1) < EXACT)


_WAYS = {
    "standardized": _is_standardized,
    "scaled to 0 and 1": _is_unit_range,
    "scaled by median and quartiles": _is_robust,
}
