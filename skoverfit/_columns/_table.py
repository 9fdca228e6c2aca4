"""The columns of a table: names, kinds, cells as numbers; rows and columns of it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from skoverfit._columns._identifiers import is_identifier
from skoverfit._columns._kinds import NUMERIC, Kind, kind_of
from skoverfit._columns._missing import is_missing, is_pandas, is_polars
from skoverfit._columns._numbers import codes_of, numbers_of
from skoverfit._columns._one_hot import one_hot_blocks

__all__ = ["Table", "columns_of"]


def columns_of(X: Any) -> "Table":
    """Read the columns of a table.

    Parameters
    ----------
    X : array, list of rows, sparse matrix, frame, or column of a frame
        The table. Arrays of more than two dimensions, such as images, have one column
        for each cell of a row.

    Raises
    ------
    TypeError
        If there are no columns, as in a list of texts.

    Examples
    --------
    >>> import pandas as pd
    >>> from skoverfit._columns import columns_of
    >>> table = columns_of(pd.DataFrame({"size": ["S", "M", "S"], "n": [1, 2, None]}))
    >>> table.kinds
    ('text', 'number')
    >>> table.coded()
    array([[ 1.,  1.],
           [ 0.,  2.],
           [ 1., nan]])
    """
    if is_pandas(X) or is_polars(X):
        return Table(X.to_frame() if len(X.shape) == 1 else X)
    if sparse.issparse(X):
        return Table(X.tocsr())
    rows = _as_array(X)
    if rows.ndim < 2 or 0 in rows.shape[1:]:
        raise TypeError(
            "X must have rows and columns: an array, a list of rows, a frame or a "
            f"sparse matrix. Got {type(X).__name__} of shape {rows.shape}."
        )
    return Table(rows)


class Table:
    """The columns of a table, each read once and only if it is asked for.

    `columns_of` makes it of any container.

    Parameters
    ----------
    X : ndarray, CSR matrix, or frame of pandas or polars
        The table. It is not copied and must not be changed.

    Attributes
    ----------
    X : ndarray, CSR matrix or frame
        The table itself.
    n_rows, n_columns : int
        Its size; each cell of a row counts in an array of more than two dimensions.
    """

    def __init__(self, X: Any) -> None:
        self.X = X
        self.n_rows = int(X.shape[0])
        self.n_columns = int(np.prod(X.shape[1:]))
        shape = self.n_rows, self.n_columns
        self._flat = X.reshape(shape) if isinstance(X, np.ndarray) else X

    @property
    def is_sparse(self) -> bool:
        """Whether this is a sparse matrix."""
        return sparse.issparse(self.X)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the columns as texts; "column 0" and so on where they have none."""
        if hasattr(self.X, "columns"):
            return tuple(map(str, self.X.columns))
        return tuple(f"column {j}" for j in range(self.n_columns))

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What is in each column; see `kind_of`."""
        dtype = getattr(self.X, "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind not in "OUT":
            return (kind_of(np.empty(0, dtype)),) * self.n_columns
        return tuple(kind_of(self.column(j)) for j in range(self.n_columns))

    @cached_property
    def constant(self) -> tuple[int, ...]:
        """Positions of columns of one value, or of missing cells alone."""
        if self.is_sparse:
            same = _spread_of_sparse(self.X) == 0
            return tuple(np.flatnonzero(same).tolist())
        return tuple(j for j in range(self.n_columns) if _is_constant(self.codes(j)))

    @cached_property
    def identifiers(self) -> tuple[int, ...]:
        """Positions of columns that have a value of its own for each row."""
        return tuple(
            j
            for j, (kind, name) in enumerate(zip(self.kinds, self.names, strict=True))
            if is_identifier(self._matrix[:, j], kind, name)
        )

    @property
    def n_missing(self) -> int:
        """Number of missing cells."""
        if self.is_sparse:
            return int(is_missing(self.X.data).sum())
        if isinstance(self.X, np.ndarray):
            return int(is_missing(self.X).sum())
        return sum(int(self.missing(j).sum()) for j in range(self.n_columns))

    @cached_property
    def one_hot_blocks(self) -> list[NDArray[np.intp]]:
        """Positions of sets of columns of which each row has exactly one."""
        return one_hot_blocks(self._flat)

    @property
    def is_numeric(self) -> NDArray[np.bool_]:
        """Mark the columns of numbers, whole or not."""
        return np.array([kind in NUMERIC for kind in self.kinds], dtype=bool)

    def column(self, j: int) -> Any:
        """Give the cells of one column: an array, or a column of pandas or polars."""
        if is_pandas(self.X):
            return self.X.iloc[:, j]
        if is_polars(self.X):
            return self.X.to_series(j)
        if self.is_sparse:
            return self.X[:, [j]].toarray().ravel()
        return self._flat[:, j]

    def missing(self, j: int) -> NDArray[np.bool_]:
        """Mark the missing cells of one column."""
        return is_missing(self.column(j))

    def codes(self, j: int) -> NDArray[np.int32]:
        """Ranks of the values of one column; -1 is missing. See `codes_of`."""
        return codes_of(self.column(j))

    def numbers(self, j: int) -> NDArray[np.float64]:
        """One column as numbers, NaN where missing. See `numbers_of`."""
        return numbers_of(self.column(j), self.kinds[j])

    def coded(self) -> NDArray[np.float64]:
        """Write the whole table as numbers, NaN where a cell is missing.

        Returns
        -------
        matrix : ndarray of shape (n_rows, n_columns), dtype float64
            New memory each time. A sparse matrix is written out.
        """
        return self._matrix.copy()

    @cached_property
    def _matrix(self) -> NDArray[np.float64]:
        if self.is_sparse:
            return self.X.toarray().astype(np.float64)
        if isinstance(self.X, np.ndarray) and self.X.dtype.kind in "iufb":
            return self._flat.astype(np.float64)
        matrix = np.empty((self.n_rows, self.n_columns), order="F")
        for j in range(self.n_columns):
            matrix[:, j] = self.numbers(j)
        return matrix

    # ------------------------------------------------------------------ parts of it
    def positions(self, columns: Iterable[str | int]) -> list[int]:
        """Positions of columns that are given by name or position.

        A name stands for all columns that have it.
        """
        found: set[int] = set()
        for each in columns:
            if isinstance(each, str):
                same = [j for j, name in enumerate(self.names) if name == each]
            else:
                same = [int(each)] if 0 <= each < self.n_columns else []
            if not same:
                raise KeyError(f"There is no column {each!r} among {self.n_columns}.")
            found.update(same)
        return sorted(found)

    def drop(self, columns: Iterable[str | int]) -> Any:
        """Leave columns out, which are given by name or position."""
        kept = np.setdiff1d(np.arange(self.n_columns), self.positions(columns))
        if is_pandas(self.X):
            return self.X.iloc[:, kept]
        if is_polars(self.X):
            return self.X.select([self.X.columns[j] for j in kept])
        return self._flat[:, kept]

    def take(self, rows: NDArray) -> Any:
        """Take rows, by position or mask, in the container of the table."""
        positions = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else rows
        if is_pandas(self.X):
            return self.X.iloc[positions]
        return self.X[positions]


def _is_constant(codes: NDArray[np.int32]) -> bool:
    return not len(codes) or bool((codes == codes[0]).all())


def _spread_of_sparse(X: Any) -> NDArray:
    return X.max(axis=0).toarray().ravel() - X.min(axis=0).toarray().ravel()


def _as_array(X: Any) -> NDArray:
    """Array of a list of rows in which numbers stay numbers beside texts."""
    if isinstance(X, np.ndarray):
        return X
    try:
        rows = np.asarray(X)
    except ValueError:  # rows of different lengths
        return np.empty(len(X), dtype=object)
    if rows.dtype.kind in "US" and isinstance(X, list | tuple):
        return np.array(X, dtype=object)
    return rows
