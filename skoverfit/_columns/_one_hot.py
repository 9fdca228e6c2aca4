"""Sets of columns of which each row has exactly one, as one-hot coding makes them."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns._cells import cells_of
from skoverfit._columns._rows import is_frame

__all__ = ["one_hot_blocks"]

# Rows from which on columns of two values count that are not 0 and 1, and columns that
# do not stand next to one another: in few rows there are such sets by chance.
_MANY_ROWS = 20
# Columns among which sets that are not neighbors are looked for, rows and different
# rows that are looked at, and steps of the whole search.
_MOST_COLUMNS, _MOST_ROWS, _MOST_PATTERNS, _MOST_STEPS = 200, 10_000, 2000, 1000
# Rows by which most columns of more than two values are told.
_FEW_ROWS = 64


def one_hot_blocks(X: Any) -> list[np.ndarray]:
    """Find sets of columns of which each row has exactly one.

    Columns must have two values each, 0 and 1 or others that scaling has made of them;
    the larger one is what a row has. Constant columns belong to no set. A set of as
    many columns as rows, as in an identity matrix, tells rows apart, not kinds of rows.

    Parameters
    ----------
    X : ndarray, CSR matrix or data frame
        All rows.

    Returns
    -------
    blocks : list of ndarray of int
        Positions, in ascending order.
    """
    n_rows = X.shape[0]
    known = [
        (j, rows)
        for j, rows, plain in _indicators(X)
        if 0 < len(rows) < n_rows and (plain or n_rows >= _MANY_ROWS)
    ]
    runs = list(_runs([rows for _, rows in known], n_rows))
    blocks = [np.array([known[i][0] for i in run]) for run in runs]
    taken = {i for run in runs for i in run}
    left = [each for i, each in enumerate(known) if i not in taken]
    if n_rows >= _MANY_ROWS and 1 < len(left) <= _MOST_COLUMNS:
        blocks += _scattered(left, n_rows)
    return blocks


def _indicators(X: Any) -> Iterator[tuple[int, np.ndarray, bool]]:
    """Columns of two values: position, rows with the larger one, whether it is 0/1."""
    if sparse.issparse(X):
        yield from _sparse_indicators(X)
        return
    for j in range(X.shape[1]):
        values = _numbers(X, j)
        if values is None or not _has_two(values[:_FEW_ROWS], few=True):
            continue
        values = np.ascontiguousarray(values)
        if _has_two(values):
            low, high = values.min(), values.max()
            yield j, np.flatnonzero(values == high), bool(low == 0 and high == 1)


def _numbers(X: Any, j: int) -> np.ndarray | None:
    """Values of a column of numbers or bools; None for others, or with missing ones."""
    if is_frame(X):
        columns = cells_of(X)
        usable = columns.kind(j) in "fiu" or columns.is_bool(j)
        if not usable or columns.missing(j).any():
            return None
        return columns.truths(j) if columns.is_bool(j) else columns.numbers(j)[0]
    values = X[:, j]
    if values.dtype.kind == "O":
        few = values[:_FEW_ROWS]
        if not all(isinstance(cell, bool | int | float | np.number) for cell in few):
            return None
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            return None
    return values if values.dtype.kind in "fiub" else None


def _has_two(values: np.ndarray, *, few: bool = False) -> bool:
    """Whether there are two different values, none missing; at most two, for few."""
    low, high = values.min(), values.max()
    return bool((few or low != high) and ((values == low) | (values == high)).all())


def _sparse_indicators(X: Any) -> Iterator[tuple[int, np.ndarray, bool]]:
    columns = X.tocsc()
    columns.eliminate_zeros()
    filled = np.flatnonzero(np.diff(columns.indptr))
    if not filled.size:
        return
    starts = columns.indptr[filled]
    first = np.repeat(columns.data[starts], np.diff(columns.indptr)[filled])
    same = np.logical_and.reduceat(columns.data == first, starts)  # never of NaN
    for j in filled[same].tolist():
        start, end = columns.indptr[j : j + 2].tolist()
        yield j, columns.indices[start:end], bool(columns.data[start] == 1)


def _runs(on: Sequence[np.ndarray], n_rows: int) -> Iterator[range]:
    """Find runs of columns, next to one another, of which each row has one.

    Columns enter the run on the right; those that share a row with it leave on the
    left.
    """
    covered, total, first = np.zeros(n_rows, dtype=bool), 0, 0
    for last, rows in enumerate(on):
        while covered[rows].any():
            covered[on[first]] = False
            total -= len(on[first])
            first += 1
        covered[rows] = True
        total += len(rows)
        if total == n_rows:
            if last + 1 - first < n_rows:
                yield range(first, last + 1)
            covered[:] = False
            total, first = 0, last + 1


def _scattered(known: list[tuple[int, np.ndarray]], n_rows: int) -> list[np.ndarray]:
    """Find sets of columns, anywhere in the table, of which each row has one."""
    step = -(-n_rows // _MOST_ROWS)
    matrix = np.zeros((-(-n_rows // step), len(known)), dtype=bool)
    for i, (_, rows) in enumerate(known):
        matrix[rows[rows % step == 0] // step, i] = True
    search, blocks = _Covers(matrix), []
    for i in range(len(known)):
        chosen = search.containing(i)
        had = np.concatenate([np.empty(0, np.intp), *(known[c][1] for c in chosen)])
        if len(chosen) < n_rows == len(had) == len(np.unique(had)):
            search.free[chosen] = False
            blocks.append(np.array(sorted(known[c][0] for c in chosen)))
    return blocks


class _Covers:
    """Search in depth for columns that share no row and together have all.

    Parameters
    ----------
    matrix : ndarray of bool of shape (n_rows, n_columns)
        Which rows each column has.
    """

    def __init__(self, matrix: np.ndarray) -> None:
        n_columns = matrix.shape[1]
        counts = matrix.astype(np.float32)
        self.apart = counts.T @ counts == 0
        self.free = np.ones(n_columns, dtype=bool)
        packed = np.unique(np.packbits(matrix, axis=1), axis=0)
        packed = packed[:: -(-len(packed) // _MOST_PATTERNS)]
        self.patterns = np.unpackbits(packed, axis=1, count=n_columns).astype(bool)
        self.steps = iter(range(_MOST_STEPS))

    def containing(self, start: int) -> list[int]:
        """Columns of a cover that has one of the free columns; empty without any."""
        allowed = self.free & self.apart[start]
        ways = [([start], self.patterns[:, start], allowed)] if self.free[start] else []
        while ways and next(self.steps, None) is not None:
            chosen, covered, allowed = ways.pop()
            if covered.all():
                return chosen
            candidates = np.flatnonzero(allowed)
            if not candidates.size:
                continue
            left = self.patterns[~covered][:, candidates]
            fewest = left[left.sum(axis=1).argmin()]
            for c in candidates[fewest].tolist():
                both = covered | self.patterns[:, c]
                ways.append(([*chosen, c], both, allowed & self.apart[c]))
        return []
