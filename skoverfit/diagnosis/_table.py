"""The data as a table of numbers, of some rows where there are many."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns import Kind, columns_of
from skoverfit._columns import Table as Columns
from skoverfit._compat import _num_samples, _safe_indexing

MAX_ROWS = 20_000
"""Rows of a table from which some are drawn."""

MAX_CELLS = 20_000_000
"""Cells up to which a sparse matrix is written out."""


LARGEST = 1e37
"""Largest size of a number: trees count in 32 bits, and need room for sums."""


@dataclass(frozen=True)
class Table:
    """Columns of the data, for measurements that look at one or all of them.

    Attributes
    ----------
    columns : skoverfit._columns.Table
        The columns of the rows that were kept.
    rows : ndarray of shape (n_rows,)
        Which rows of the data these are, in ascending order.
    """

    columns: Columns
    rows: NDArray[np.int64]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; "column 0" and so on where they have none."""
        return self.columns.names

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is in them, as :func:`skoverfit._columns.kind_of` tells it."""
        return self.columns.kinds

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Numbers as they are, dates in seconds, all else as codes; NaN if missing.

        What is too large for the 32 bits of trees is as large as they take.
        """
        coded = self.columns.coded()
        with np.errstate(invalid="ignore"):
            fits = not (np.abs(coded) > LARGEST).any()
        return coded if fits else np.clip(coded, -LARGEST, LARGEST)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Names of the columns that have a value of its own for each row."""
        return tuple(self.names[j] for j in self.columns.identifiers)

    def column(self, name: str) -> NDArray[np.float64]:
        """Give one column by its name."""
        return self.matrix[:, self.names.index(name)]


def make_table(X: Any, seed: int, max_rows: int = MAX_ROWS) -> Table | None:
    """Read data as a table.

    Parameters
    ----------
    X : data
        Array of any number of dimensions, sparse matrix or frame.
    seed : int
        Draws rows where there are many.
    max_rows : int
        Rows that are kept at most.

    Returns
    -------
    table : Table or None
        None of what has no columns, such as a list of texts, and of a sparse matrix
        that is too large to be written out.
    """
    n_rows = _num_samples(X)
    rows = np.arange(n_rows)
    if n_rows > max_rows:
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(n_rows, max_rows, replace=False))
        X = _safe_indexing(X, rows)
    try:
        columns = columns_of(X)
    except TypeError:
        return None
    too_large = columns.is_sparse and columns.n_rows * columns.n_columns > MAX_CELLS
    if too_large or not columns.n_columns:
        return None
    return Table(columns, rows)
