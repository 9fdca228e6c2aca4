"""Cells of tables that are computed with: read and replaced column by column.

Arrays and the two kinds of frames have the same methods here; `cells_of` chooses. What
comes back has the container and the dtypes of what was given.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns._missing import is_missing, is_pandas, is_polars
from skoverfit._columns._numbers import codes_of
from skoverfit._columns._rows import stack

__all__ = ["ArrayCells", "PandasCells", "PolarsCells", "cells_of"]


def cells_of(X: Any) -> "ArrayCells | PandasCells | PolarsCells":
    """Choose the reader of an array or a frame.

    Parameters
    ----------
    X : ndarray of two dimensions, CSR matrix, or frame of pandas or polars
        The table. It is not changed. Cells of a matrix are only read.
    """
    if is_pandas(X):
        return PandasCells(X)
    if sparse.issparse(X):
        return SparseCells(X)
    return PolarsCells(X) if is_polars(X) else ArrayCells(X)


class _Cells(ABC):
    """What all readers share; `frame` is the table that they read."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    @abstractmethod
    def column(self, position: int) -> Any:
        """Give one column."""

    @abstractmethod
    def kind(self, position: int) -> str:
        """NumPy kind of a column: "f", "i" or "u" for numbers."""

    def kind_of_values(self, position: int) -> str:
        """As `kind`, by the values where an array holds objects."""
        return self.kind(position)

    def missing(self, position: int) -> np.ndarray:
        """Mark the cells of a column that are missing."""
        return is_missing(self.column(position))

    @abstractmethod
    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""

    def numbers_at(
        self, position: int, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `numbers`, of some rows."""
        values, frozen = self.numbers(position)
        return values[rows], frozen[rows]

    @abstractmethod
    def with_rows_taken(self, rows: Mapping[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the table, with some columns read at other rows of it."""

    def with_cells_taken(
        self,
        rows: np.ndarray,
        columns: np.ndarray,
        whole: Any,
        sources: np.ndarray,
        out: Callable[[Any], np.ndarray] = np.empty_like,
    ) -> Any:
        """Replace single cells by those of other rows, in the same column.

        Parameters
        ----------
        rows, columns : ndarray of int
            Where the cells are.
        whole : table of the same columns
            Where the new cells come from.
        sources : ndarray of int
            Their rows there.
        out : callable
            Gives memory for the result where this is an array.
        """
        n_rows, frame = len(self.frame), self.frame
        if whole is not frame:
            frame, sources = stack([frame, whole]), sources + n_rows
        # Small numbers are sorted much faster.
        short = columns.astype(np.min_scalar_type(frame.shape[1]))
        order = np.argsort(short, kind="stable")
        positions, starts = np.unique(columns[order], return_index=True)
        taken = {}
        for j, cells in zip(
            positions.tolist(), np.split(order, starts[1:]), strict=False
        ):
            taken[j] = np.arange(n_rows)
            taken[j][rows[cells]] = sources[cells]
        return type(self)(frame).with_rows_taken(taken, n_rows)

    def ranks(self, position: int) -> np.ndarray | None:
        """Ranks of the values of a column, from 0 without holes; -1 is missing.

        None if values cannot be told apart by hashing, such as lists.
        """
        try:
            return codes_of(self.column(position), nested=False)
        except TypeError:
            return None


class ArrayCells(_Cells):
    """Columns of a 2-D array of any dtype."""

    def column(self, position: int) -> np.ndarray:
        """Give one column."""
        return self.frame[:, position]

    def kind(self, position: int) -> str:
        """NumPy kind of a column: "f", "i" or "u" for numbers."""
        return self.frame.dtype.kind

    def kind_of_values(self, position: int) -> str:
        """As `kind`, by the values where these are objects."""
        if self.frame.dtype.kind != "O":
            return self.frame.dtype.kind
        column = self.column(position)
        present = column[~is_missing(column)].tolist()
        if not present or any(_is_no_number(value) for value in present):
            return "O"
        if not all(isinstance(value, Integral) for value in present):
            return "f"
        # Whole numbers that no 64 bits hold cannot be computed with exactly.
        wide = any(not -(2**63) <= int(value) < 2**63 for value in present)
        return "O" if wide else "i"

    def describe(self, position: int) -> str:
        """Position and dtype, for messages."""
        return f"{position} ({self.frame.dtype})"

    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""
        column = self.column(position)
        missing = is_missing(column)
        if column.dtype.kind != "O":
            return column, missing
        whole = self.kind_of_values(position) == "i"
        values = np.full(len(column), 0 if whole else np.nan)
        values[~missing] = column[~missing].astype(values.dtype)
        return values, missing

    def present(self, position: int) -> np.ndarray:
        """Values of a numeric column that are not missing, in double precision."""
        values, missing = self.numbers(position)
        return values[~missing].astype(np.float64)

    def with_numbers(self, new: Mapping[int, np.ndarray]) -> np.ndarray:
        """Replace the values of some numeric columns in a copy of the array."""
        result = self.frame.copy()
        for j, values in new.items():
            result[:, j] = values
        return result

    def with_rows_taken(self, rows: Mapping[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the array, with some columns read at other rows of it."""
        result = self.frame[:n_rows].copy()
        for j, source in rows.items():
            result[:, j] = self.frame[source, j]
        return result

    def taken(self, position: int, rows: np.ndarray) -> np.ndarray:
        """Cells of a column at some rows, as `with_columns` takes them."""
        return self.column(position)[rows]

    def numbers_at(
        self, position: int, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `numbers`, of some rows; the others are not even looked at."""
        if self.frame.dtype.kind != "f":
            return super().numbers_at(position, rows)
        values = self.frame[rows, position]
        return values, np.isnan(values)

    def with_cells_taken(
        self,
        rows: np.ndarray,
        columns: np.ndarray,
        whole: Any,
        sources: np.ndarray,
        out: Callable[[Any], np.ndarray] = np.empty_like,
    ) -> np.ndarray:
        """Replace single cells by those of other rows, in the same column."""
        result = out(self.frame)
        result[...] = self.frame
        if not whole.flags.c_contiguous:
            result[rows, columns] = whole[sources, columns]
        else:  # flat positions are read much faster
            flat = sources * whole.shape[1] + columns
            result[rows, columns] = whole.reshape(-1).take(flat, mode="clip")
        return result

    def with_columns(self, new: Mapping[int, Any]) -> np.ndarray:
        """Replace some columns."""
        return self.with_numbers(new)

    def is_bool(self, position: int) -> bool:
        """Whether a column holds truth values."""
        return self.frame.dtype.kind == "b"

    def truths(self, position: int) -> np.ndarray:
        """Values of a column of truth values."""
        return self.column(position)

    def can_miss(self, position: int) -> bool:
        """Whether a cell of a column can be made missing."""
        return self.frame.dtype.kind in "fOmM"

    def with_missing(self, rows: Mapping[int, np.ndarray]) -> np.ndarray:
        """Make some cells missing, by the rows of each column."""
        result = self.frame.copy()
        for j, hidden in rows.items():
            result[hidden, j] = "NaT" if result.dtype.kind in "mM" else np.nan
        return result


class SparseCells(ArrayCells):
    """Columns of a CSR matrix, written out one by one."""

    def column(self, position: int) -> np.ndarray:
        """Give one column."""
        return self.frame[:, [position]].toarray().ravel()


def _is_no_number(value: Any) -> bool:
    return isinstance(value, bool | np.bool_) or not isinstance(value, Real)


def _fill_missing_integers(present: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Spread the present integers over all cells; missing ones get a stand-in.

    The stand-in is a value that occurs, so it changes neither the smallest nor the
    largest value.
    """
    filled = np.full(missing.shape, present[0] if present.size else 0, present.dtype)
    filled[~missing] = present
    return filled


class PandasCells(_Cells):
    """Columns of a pandas frame as arrays, whatever their extension type."""

    def column(self, position: int) -> Any:
        """Give one column."""
        return self.frame.iloc[:, position]

    def kind(self, position: int) -> str:
        """NumPy kind of a column: "f", "i" or "u" for numbers."""
        return self.frame.dtypes.iloc[position].kind

    def describe(self, position: int) -> str:
        """Name and dtype, for messages."""
        return f"{self.frame.columns[position]!r} ({self.frame.dtypes.iloc[position]})"

    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""
        column = self.column(position)
        missing = is_missing(column)
        dtype = _numpy_dtype(column.dtype)
        if dtype.kind == "f":
            values = column.to_numpy(dtype=dtype, na_value=np.nan)
        else:
            present = column[~missing].to_numpy(dtype=dtype)
            values = _fill_missing_integers(present, missing)
        if hasattr(column.dtype, "fill_value"):  # sparse: fill values are not stored
            return values, missing | (values == column.dtype.fill_value)
        return values, missing

    def present(self, position: int) -> np.ndarray:
        """Values of a numeric column that are not missing, in double precision."""
        column = self.column(position)
        return column[~is_missing(column)].to_numpy(dtype=np.float64)

    def _rebuilt(self, position: int, values: np.ndarray) -> Any:
        dtype = self.frame.dtypes.iloc[position]
        if isinstance(dtype, np.dtype):
            return values
        pandas = sys.modules["pandas"]
        array = pandas.array(values, dtype=dtype)
        if not hasattr(dtype, "fill_value"):
            old = self.column(position)
            missing = is_missing(old)
            array[missing] = old.array[missing]
        return array

    def _assembled(self, replace: Callable[[int], Any], n_rows: int) -> Any:
        # Series with the dtype: for arrays of objects pandas 3 would guess another.
        series, dtypes = sys.modules["pandas"].Series, self.frame.dtypes
        columns = {
            j: series(replace(j), dtype=dtypes.iloc[j])
            for j in range(self.frame.shape[1])
        }
        result = type(self.frame)(columns)
        result.index, result.columns = self.frame.index[:n_rows], self.frame.columns
        return result

    def with_numbers(self, new: dict[int, np.ndarray]) -> Any:
        """Replace the values of some numeric columns of the frame."""
        return self._assembled(
            lambda j: self._rebuilt(j, new[j]) if j in new else self.column(j).array,
            len(self.frame),
        )

    def taken(self, position: int, rows: np.ndarray) -> Any:
        """Cells of a column at some rows, as `with_columns` takes them."""
        return self.column(position).array.take(rows)

    def with_columns(self, new: Mapping[int, Any]) -> Any:
        """Replace some columns by arrays or series of their dtypes."""
        return self._assembled(
            lambda j: (
                getattr(new[j], "array", new[j]) if j in new else self.column(j).array
            ),
            len(self.frame),
        )

    def with_rows_taken(self, rows: Mapping[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the frame, with some columns read at other rows of it."""

        def column(j: int) -> Any:
            array = self.column(j).array
            return array.take(rows[j]) if j in rows else array[:n_rows]

        return self._assembled(column, n_rows)

    def is_bool(self, position: int) -> bool:
        """Whether a column holds truth values."""
        return self.kind(position) == "b"

    def truths(self, position: int) -> np.ndarray:
        """Values of a column of truth values, none of them missing."""
        return self.column(position).to_numpy(dtype=bool)

    def can_miss(self, position: int) -> bool:
        """Whether a cell of a column can be made missing."""
        dtype = self.frame.dtypes.iloc[position]
        if isinstance(dtype, np.dtype):
            return dtype.kind in "fOmM"
        if hasattr(dtype, "fill_value"):  # a sparse array cannot be written
            return False
        try:
            _emptied(self.column(position).array, np.array([0]))
        except (TypeError, ValueError):  # such as intervals of integers
            return False
        return True

    def with_missing(self, rows: Mapping[int, np.ndarray]) -> Any:
        """Make some cells missing, by the rows of each column."""

        def column(j: int) -> Any:
            array = self.column(j).array
            return _emptied(array, rows[j]) if j in rows else array

        return self._assembled(column, len(self.frame))


def _emptied(array: Any, cells: np.ndarray) -> Any:
    """Copy of a column of pandas in which some cells are missing."""
    array = array.copy()
    array[cells] = getattr(array.dtype, "na_value", np.nan)
    return array


def _numpy_dtype(dtype: Any) -> np.dtype:
    """Return the NumPy dtype behind a pandas dtype: masked, Arrow or sparse."""
    for attribute in ("numpy_dtype", "subtype"):
        dtype = getattr(dtype, attribute, dtype)
    return np.dtype(dtype)


class PolarsCells(_Cells):
    """Columns of a polars frame as arrays."""

    def column(self, position: int) -> Any:
        """Give one column."""
        return self.frame.to_series(position)

    def kind(self, position: int) -> str:
        """NumPy kind of a column: "f" or "i" for numbers, "O" for all else.

        Integers that 64 bits do not hold cannot be computed with: they are like names.
        """
        dtype = self.frame.dtypes[position]
        if dtype.is_float():
            return "f"
        if not dtype.is_integer():
            return "O"
        if "128" not in str(dtype):
            return "i"
        column = self.column(position)
        return "i" if column.cast(self._int64(), strict=False).equals(column) else "O"

    @staticmethod
    def _int64() -> Any:
        return sys.modules["polars"].Int64

    def describe(self, position: int) -> str:
        """Name and dtype, for messages."""
        return f"{self.frame.columns[position]!r} ({self.frame.dtypes[position]})"

    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""
        column = self.column(position)
        missing = is_missing(column)
        if self.kind(position) == "f":
            return column.to_numpy(), missing
        if "128" in str(column.dtype):
            column = column.cast(self._int64())
        return _fill_missing_integers(column.drop_nulls().to_numpy(), missing), missing

    def present(self, position: int) -> np.ndarray:
        """Values of a numeric column that are not missing, in double precision."""
        values, missing = self.numbers(position)
        return values[~missing].astype(np.float64)

    def with_numbers(self, new: dict[int, np.ndarray]) -> Any:
        """Replace the values of some numeric columns of the frame."""
        return self.frame.with_columns([self._rebuilt(j, new[j]) for j in new])

    def _rebuilt(self, position: int, values: np.ndarray) -> Any:
        old = self.column(position)
        rebuilt = type(old)(old.name, values, dtype=old.dtype)
        return rebuilt.zip_with(old.is_not_null(), old)

    def taken(self, position: int, rows: np.ndarray) -> Any:
        """Cells of a column at some rows, as `with_columns` takes them."""
        return self.column(position).gather(rows)

    def with_columns(self, new: Mapping[int, Any]) -> Any:
        """Replace some columns by series of their names and dtypes."""
        return self.frame.with_columns(list(new.values()))

    def with_rows_taken(self, rows: Mapping[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the frame, with some columns read at other rows of it."""
        return self.frame[:n_rows].with_columns(
            [self.column(j).gather(rows[j]) for j in rows]
        )

    def is_bool(self, position: int) -> bool:
        """Whether a column holds truth values."""
        return self.frame.dtypes[position] == sys.modules["polars"].Boolean

    def truths(self, position: int) -> np.ndarray:
        """Values of a column of truth values, none of them missing."""
        return self.column(position).to_numpy()

    def can_miss(self, position: int) -> bool:
        """Whether a cell of a column can be made missing: always."""
        return True

    def with_missing(self, rows: Mapping[int, np.ndarray]) -> Any:
        """Make some cells missing, by the rows of each column."""
        series = type(self.frame.to_series(0))
        emptied = []
        for j, hidden in rows.items():
            column, kept = self.column(j), np.ones(len(self.frame), dtype=bool)
            kept[hidden] = False
            emptied.append(column.zip_with(series(kept), column.clear(len(column))))
        return self.frame.with_columns(emptied)
