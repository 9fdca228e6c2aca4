"""New numbers in the cells of a table: rounded, inside limits, of the same dtype."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from skoverfit._columns import cells_of, columns_of, moved_integers

__all__ = ["with_moved_numbers"]

#: Cells of a sparse matrix that are written out at a time.
_BATCH_CELLS = 2**20


def with_moved_numbers(X, active, limits, move, rng):
    """Return rows in which some columns have new numbers.

    Parameters
    ----------
    X : ndarray, CSR matrix or data frame
        The rows. They are not changed.
    active : ndarray of int
        Positions of the columns that get new numbers.
    limits : Limits
        Of these columns.
    move : callable
        Takes numbers of shape (n_rows, n_active), NaN where missing, and the slice of
        rows that these are; returns new ones.
    rng : numpy.random.Generator
        Rounds whole numbers.
    """
    if sparse.issparse(X):
        return _moved_sparse(X, active, limits, move, rng)
    table = columns_of(X)
    old = np.column_stack([table.numbers(j) for j in active.tolist()])
    new = move(old, slice(0, len(old)))
    cells = cells_of(X)
    moved = {}
    for i, j in enumerate(active.tolist()):
        values, frozen = cells.numbers(j)
        steps = np.where(frozen, 0.0, _steps(old[:, i], new[:, i]))
        edges = limits.low[i], limits.high[i]
        if values.dtype.kind == "f":
            moved[j] = _moved_floats(values, new[:, i], steps, *edges)
        else:
            low, high = (values.dtype.type(edge) for edge in edges)
            dither = rng.random(len(values))
            moved[j] = moved_integers(values, steps, dither, low, high)
    return cells.with_numbers(moved)


def _steps(old, new):
    """Return moves of cells; none where the new number is missing or infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        steps = new - old
    return np.where(np.isfinite(steps), steps, 0.0)


def _moved_floats(values, new, steps, low, high):
    """Return new values where the move and its mirror image stay within limits."""
    with np.errstate(over="ignore", invalid="ignore"):
        room = np.minimum(values - low, high - values)
        moved = new.astype(values.dtype)
        made = (steps != 0) & (np.abs(steps) <= room) & np.isfinite(moved)
    return np.where(made, moved, values)


def _moved_sparse(X, active, limits, move, rng):
    """Copy of a CSR matrix with new numbers in place of its nonzero values."""
    result = X.copy()
    result.eliminate_zeros()
    place = np.full(X.shape[1], -1)
    place[active] = np.arange(active.size)
    counts = np.diff(result.indptr)
    for rows in gen_batches(X.shape[0], max(_BATCH_CELLS // active.size, 1)):
        cells = slice(*result.indptr[[rows.start, rows.stop]].tolist())
        column = place[result.indices[cells]]
        at = np.flatnonzero(column >= 0)
        row = np.repeat(np.arange(rows.stop - rows.start), counts[rows])
        where = row[at], column[at]
        old = result[rows][:, active].toarray().astype(np.float64)
        new = move(old, rows)
        stored = result.data[cells]
        steps = _steps(old[where], new[where])
        low, high = (each[column[at]] for each in limits.arrays(X.dtype))
        if X.dtype.kind == "f":
            stored[at] = _moved_floats(stored[at], new[where], steps, low, high)
        else:
            dither = rng.random(at.size)
            stored[at] = moved_integers(stored[at], steps, dither, low, high)
    return result
