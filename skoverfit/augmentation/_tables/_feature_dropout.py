"""Hiding cells: a statistic of the column, or nothing, in place of the value."""

from dataclasses import KW_ONLY, dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
from scipy import sparse

from skoverfit._columns import (
    as_modular,
    between,
    cells_of,
    is_frame,
    is_missing,
    rounded_at_random,
    stack,
)
from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import AUGMENTERS
from skoverfit.augmentation._tables._cells._blocks import with_blocks_taken
from skoverfit.augmentation._tables._cells._mixed_table import MixedTable
from skoverfit.augmentation._tables._column_choice import ColumnAugmenter

__all__ = ["FeatureDropout"]


@documented(AUGMENTERS)
@declared
class FeatureDropout(ColumnAugmenter):
    """Add copies of the rows in which some cells are hidden.

    Each cell of a copy is replaced, with probability ``p`` and independently of the
    others, by what is typical of its column, so that a model cannot lean on a few
    columns. What stands in for a cell depends on its column:

    - float: the column's mean, median or most frequent value;
    - integer: the same, and where that is not a whole number it is rounded up or down
      at random, so that the mean of the column is kept where the mean stands in;
    - bool: the value of a random row, which keeps the mean; the most frequent value
      only if asked for;
    - category, string, date, object: the most frequent value; among equals the first
      that occurs;
    - a missing value stays missing;
    - sparse: only nonzero values are replaced, so zeros stay zeros; they count in the
      statistic, which often is 0 itself. So means move towards zero.

    Parameters
    ----------
    p : float, default=0.1
        Probability that a cell is hidden, in [0, 1].
    {n_copies}
    value : {"mean", "median", "most_frequent", "missing"}, default="mean"
        What stands in for a hidden cell. "missing" is for estimators that accept
        missing values: NaN, or the column's own mark. Columns of a frame that cannot
        hold one, such as plain integers and bools of pandas, are then left as they are.
    columns : array-like of str or int, or None, default=None
        Names or positions of the columns to perturb. None takes all that can be.
    blocks : "auto", list of lists of columns, or None, default="auto"
        Columns that belong together, by name or position. They are hidden
        together: behind those of a random row, or of the most frequent kind of
        row for "most_frequent". "auto" finds columns that are one-hot in the
        data, scaled or not; None lets all columns change by themselves.
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {blocks_, of_tables}

    Raises
    ------
    ValueError
        If a parameter is out of range, or ``columns`` names a column that does not
        exist, whose values cannot be counted (such as lists) or that cannot hold a
        missing value where one is wanted.

    See Also
    --------
    SwapNoise : Replaces cells by those of other rows.

    Notes
    -----
    Statistics are over the present values of a column and pay no attention to sample
    weights. With "median" and "most_frequent" the mean of a skew column moves; that is
    their purpose.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import FeatureDropout
    >>> X = np.array([[1.0, 5.0], [2.0, 6.0], [6.0, 10.0]])
    >>> dropout = FeatureDropout(p=0.5, random_state=0)
    >>> X_out, y_out = dropout.fit_resample(X, np.array([0, 1, 0]))
    >>> X_out[3:]
    array([[ 3.,  7.],
           [ 3.,  6.],
           [ 3., 10.]])
    """

    p: float = 0.1
    n_copies: int = 1
    _: KW_ONLY
    value: Literal["mean", "median", "most_frequent", "missing"] = "mean"

    _parameter_constraints = {
        "p": [Interval(Real, 0, 1, closed="both")],
        "value": [StrOptions({"mean", "median", "most_frequent", "missing"})],
    }

    def _learn(self, X, y):
        selected, units = self._selected(), self._learned_units(X)
        able = np.array([_can_hide(X, j, self.value) for j in selected.tolist()], bool)
        must = self.columns is not None or not (is_frame(X) or X.dtype.kind == "O")
        if must and not able.all():
            raise ValueError(_cannot_hide(X, selected[~able], self.value))
        self._hidden = np.intersect1d(selected[able], units.single)
        self._blocks = [_Block(X, block, self.value) for block in units.blocks]
        if self.value == "missing":
            hideable = set(selected[able].tolist())
            self._blocks = [b for b in self._blocks if hideable.issuperset(b.columns)]
        self._rows, self._fills = X, {}
        if self.value == "missing":
            return
        if self._is_sparse:
            self._fills = _sparse_statistic(X, self.value)
        else:
            wanted = self._hidden.tolist()
            self._fills = {j: _fill_of(X, j, self.value) for j in wanted}

    def _augment(self, X, y, rng):
        if self._is_sparse:
            return self._hidden_sparse(X, rng), y
        result = self._hidden_cells(X, rng)
        for block in self._blocks:
            rows = np.flatnonzero(rng.random(len(result)) < self.p)
            if self.value == "missing":
                result = cells_of(result).with_missing(
                    dict.fromkeys(block.columns, rows)
                )
                continue
            sources = block.sources(self._parents, rows, rng)
            rows = np.flatnonzero(sources >= 0)
            result = cells_of(result).with_cells_taken(
                np.repeat(rows, len(block.columns)),
                np.tile(block.columns, len(rows)),
                self._rows,
                np.repeat(sources[rows], len(block.columns)),
            )
        return result, y

    def _hidden_cells(self, X, rng):
        """Hide cells of columns that change alone."""
        cells = rng.random((X.shape[0], self._hidden.size)) < self.p
        rows = {
            j: np.flatnonzero(cells[:, i]) for i, j in enumerate(self._hidden.tolist())
        }
        if self.value == "missing":
            return cells_of(X).with_missing(rows)
        if is_frame(X):
            return _filled_frame(X, self._rows, rows, self._fills, rng)
        result = self._new_rows(X)
        result[...] = X
        for j, hidden in rows.items():
            hidden = hidden[~is_missing(X[hidden, j])]
            result[hidden, j] = self._fills[j].drawn(hidden.size, rng)
        return result

    def _hidden_sparse(self, X, rng):
        result = self._hidden_stored(X, rng)
        n_rows, blocks = X.shape[0], self._blocks
        hit = [np.flatnonzero(rng.random(n_rows) < self.p) for _ in blocks]
        if self.value != "missing":
            sources = [
                block.sources(self._parents, rows, rng)
                for block, rows in zip(blocks, hit, strict=True)
            ]
            columns = [np.array(block.columns) for block in blocks]
            return with_blocks_taken(result, self._rows, columns, sources)
        row = np.repeat(np.arange(n_rows), np.diff(result.indptr))
        for block, rows in zip(blocks, hit, strict=True):
            inside = np.isin(result.indices, block.columns) & np.isin(row, rows)
            result.data[inside] = np.nan
        return result

    def _hidden_stored(self, X, rng):
        """Hide stored cells of columns that change alone."""
        result = X.copy()
        result.eliminate_zeros()
        cells = np.flatnonzero(np.isin(result.indices, self._hidden))
        cells = cells[rng.random(cells.size) < self.p]
        if self.value == "missing":
            result.data[cells] = np.nan
            return result
        cells = cells[~is_missing(result.data[cells])]
        typical = self._fills[result.indices[cells]]
        if X.dtype.kind != "f":
            typical = rounded_at_random(typical, rng.random(cells.size))
        result.data[cells] = typical
        result.eliminate_zeros()
        return result


@dataclass(frozen=True)
class _Fill:
    """What stands in for the cells of one column.

    Attributes
    ----------
    values : ndarray
        One value, or the present ones of a column of bools, to draw from; empty if
        the column has none. With a share, the smallest and the largest integer.
    share : float or None
        How far between these two integers the one that stands in lies.
    rows : ndarray of int
        Where in the frame the values are, for columns that are read cell by cell.
    """

    values: Any
    share: float | None = None
    rows: Any = None

    def drawn(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Draw stand-ins for n cells."""
        if self.share is None:
            return self.values[self.picked(n, rng)]
        return between(self.values[:1], self.values[1:], self.share, rng.random(n))

    def picked(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Positions among the values."""
        return rng.integers(0, max(len(self.values), 1), n)


class _Block:
    """Columns that are hidden together, and the rows whose cells stand in for them.

    Parameters
    ----------
    X : ndarray, CSR matrix or data frame
        All rows.
    columns : ndarray of int
        The columns.
    value : str
        What stands in: what is typical of single columns would tear the block apart, so
        it is that of a random row, or of the most frequent if that is asked for.
    """

    def __init__(self, X, columns, value):
        self.columns = columns.tolist()
        self.complete = ~_any_missing(X, columns)
        self.pool = np.flatnonzero(self.complete)
        if value == "most_frequent" and self.pool.size:
            codes = MixedTable(X, blocks=[columns]).codes(int(columns[0]))
            self.pool = _most_frequent_rows(np.where(self.complete, codes, -1))

    def sources(self, parents, hidden, rng):
        """Row of the data that gives the block of each copy; -1 changes nothing."""
        result = np.full(len(parents), -1)
        hidden = hidden[self.complete[parents[hidden]]]
        if self.pool.size:
            result[hidden] = self.pool[rng.integers(0, self.pool.size, hidden.size)]
        return result


def _any_missing(X, columns):
    """Mark rows of which a cell in some columns is missing."""
    if not sparse.issparse(X):
        cells = cells_of(X)
        return np.any([cells.missing(j) for j in columns.tolist()], axis=0)
    part = X[:, columns]
    row = np.repeat(np.arange(X.shape[0]), np.diff(part.indptr))
    return np.bincount(row, is_missing(part.data), minlength=X.shape[0]) > 0


def _can_hide(X, j, value):
    """Whether cells of a column can be replaced."""
    cells = cells_of(X)
    if value == "missing":
        return cells.can_miss(j)
    # Objects can be counted if they have a hash, which lists have not.
    return cells.kind(j) != "O" or cells.ranks(j) is not None


def _cannot_hide(X, positions, value):
    cells = cells_of(X)
    found = [cells.describe(j) for j in positions]
    wanted = "hold a missing value" if value == "missing" else "be counted"
    return (
        f"columns must select columns whose cells can {wanted} for value={value!r}. "
        f"Got {', '.join(map(str, found))} instead."
    )


def _fill_of(X, j, value):
    """Learn what stands in for the cells of one column."""
    cells = cells_of(X)
    if cells.kind(j) in "fiu":
        values, frozen = cells.numbers(j)
        return _number_fill(values[~frozen], value)
    if cells.is_bool(j) and value != "most_frequent":
        rows = np.flatnonzero(~cells.missing(j))
    else:
        rows = _most_frequent_rows(cells.ranks(j))
    return _Fill(rows, rows=rows) if is_frame(X) else _Fill(X[rows, j])


def _sparse_statistic(X, value):
    """Compute the statistic of each column of a CSR matrix, zeros included."""
    n_present = X.shape[0] - np.bincount(
        X.indices[is_missing(X.data)], minlength=X.shape[1]
    )
    if value == "mean" or (X.dtype.kind == "b" and value == "median"):
        cells = np.nan_to_num(X.data.astype(np.float64))
        total = np.bincount(X.indices, cells, minlength=X.shape[1])
        return total / np.maximum(n_present, 1)
    result, columns = np.zeros(X.shape[1]), X.tocsc()
    # Where zeros are the larger half they are median and most frequent alike.
    for j in np.flatnonzero(2 * np.diff(columns.indptr) >= n_present):
        column = columns[:, [j]].toarray().ravel()
        fill = _number_fill(column[~is_missing(column)].astype(float), value)
        result[j] = fill.values[0] if fill.values.size else 0.0
    return result


def _most_frequent_rows(codes):
    """First row with one of the most frequent codes; those below 0 do not count."""
    counts = np.bincount(codes[codes >= 0])
    most = np.flatnonzero(counts == counts.max(initial=0))
    return np.flatnonzero(np.isin(codes, most))[:1]


def _number_fill(present, value):
    """Learn the statistic of a column of numbers."""
    if not present.size:
        return _Fill(present)
    if value == "most_frequent":
        values, counts = np.unique(present, return_counts=True)
        return _Fill(values[[counts.argmax()]])
    statistic = np.mean if value == "mean" else np.median
    if present.dtype.kind == "f":
        return _Fill(np.array([_of_floats(statistic, present)], present.dtype))
    low, high = present.min(), present.max()
    if low == high:
        return _Fill(present[:1])
    above = as_modular(present) - as_modular(low)
    share = float(statistic(above)) / (int(high) - int(low))
    return _Fill(np.array([low, high]), share)


def _of_floats(statistic, present):
    """Compute a statistic of floats whose sum may be beyond the largest float."""
    wide = present.astype(np.float64)
    with np.errstate(over="ignore"):
        result = statistic(wide)
    if not np.isfinite(result):
        result = np.ldexp(statistic(np.ldexp(wide, -64)), 64)
    return np.clip(result, wide.min(), wide.max())


def _filled_frame(X, whole, rows, fills, rng):
    """Copy of a frame in which the given cells of each column are replaced."""
    columns = cells_of(X)
    offset = 0 if X is whole else len(X)
    numbers, taken = {}, {}
    for j, hidden in rows.items():
        fill = fills[j]
        if not fill.values.size:
            continue
        if fill.rows is None:
            values, frozen = columns.numbers(j)
            hidden = hidden[~frozen[hidden]]
            numbers[j] = values.copy()
            numbers[j][hidden] = fill.drawn(hidden.size, rng)
        else:
            hidden = hidden[~columns.missing(j)[hidden]]
            taken[j] = np.arange(len(X))
            taken[j][hidden] = fill.rows[fill.picked(hidden.size, rng)] + offset
    result = columns.with_numbers(numbers)
    both = stack([result, whole]) if offset else result
    return cells_of(both).with_rows_taken(taken, len(X))
