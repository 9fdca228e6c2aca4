"""Rows in any container: recognize it, take rows, stack them, give it back.

Augmenters work on a 2-D array, a CSR matrix or, for columns of several types, on
the data frame itself through one of two small adapters with the same methods.
pandas and polars are never imported here unless the caller already did.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns import is_a, is_missing, is_pandas, is_polars

__all__ = [
    "column_adapter",
    "homogeneous",
    "is_frame",
    "numbered",
    "plain",
    "rebuild_target",
    "rewrap",
    "same_layout",
    "stack",
    "take",
    "take_cells",
]


def is_frame(X: Any) -> bool:
    """Whether X is a pandas or polars data frame."""
    return is_a(X, "pandas", "DataFrame") or is_a(X, "polars", "DataFrame")


def homogeneous(X: Any) -> bool:
    """Whether a frame is one NumPy block in disguise: pandas, one plain dtype."""
    if not is_pandas(X) or X.shape[1] == 0:
        return False
    first = X.dtypes.iloc[0]
    plain = isinstance(first, np.dtype) and first.kind in "fiub"
    return plain and bool((X.dtypes == first).all())


def plain(X: Any) -> Any:
    """Give arrays, sparse matrices and lists a form that all computations know.

    Big-endian numbers become native, NumPy's strings of any length become objects,
    and a list of rows in which words meet numbers becomes an array of objects, because
    NumPy would turn the numbers into words. :func:`rewrap` undoes this.
    """
    if isinstance(X, list | tuple):
        return _plain_rows(X)
    if is_a(X, "pandas", "DataFrame"):
        foreign = {j: t for j, t in enumerate(X.dtypes) if not _is_native(t)}
        return X.astype({X.columns[j]: _native(t) for j, t in foreign.items()})
    if sparse.issparse(X) and not _is_native(X.dtype):
        native = copy(X)  # not X.copy(), which refuses the dtype
        native.data = plain(X.data)
        return native
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":
        return X.astype(object)
    if isinstance(X, np.ndarray) and not _is_native(X.dtype):
        return X.astype(_native(X.dtype))
    return X


def _is_native(dtype: Any) -> bool:
    return not isinstance(dtype, np.dtype) or dtype.isnative


def _native(dtype: np.dtype) -> np.dtype:
    return dtype.newbyteorder("=")


def _plain_rows(rows: Any) -> Any:
    """Array of a list of rows, unless NumPy keeps the types of cells by itself."""
    if not rows or not all(isinstance(row, list | tuple | np.ndarray) for row in rows):
        return rows
    if _all_numbers_or_words(rows) or len({len(row) for row in rows}) > 1:
        return rows
    objects = np.empty((len(rows), len(rows[0])), dtype=object)
    for target, row in zip(objects, rows, strict=True):
        for j, cell in enumerate(row):
            target[j] = cell
    return objects


def _all_numbers_or_words(rows: Any) -> bool:
    """Whether one NumPy dtype other than object holds all cells as they are."""
    try:
        array = np.asarray(rows)
    except ValueError:  # rows of different lengths, or cells that are lists
        return False
    if array.ndim != 2 or array.dtype.kind not in "US":
        return True
    return all(isinstance(cell, str | bytes) for row in rows for cell in row)


def take(X: Any, rows: np.ndarray) -> Any:
    """Rows of X, in the container of X."""
    if is_pandas(X):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in rows]
    return X[rows]


def take_cells(X: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read single cells of an array; flat positions are read much faster."""
    if not X.flags.c_contiguous:
        return X[rows, columns]
    return X.reshape(-1).take(rows * X.shape[1] + columns, mode="clip")


def stack(parts: Sequence[Any]) -> Any:
    """Put blocks of rows of one kind below each other, always in new memory."""
    first = parts[0]
    if sparse.issparse(first):
        return sparse.vstack(parts, format="csr", dtype=first.dtype)
    if is_pandas(first):
        return sys.modules["pandas"].concat(parts, axis=0)
    if is_polars(first):
        return sys.modules["polars"].concat(parts, how="vertical")
    return np.concatenate(parts, axis=0)


def rewrap(rows: Any, original: Any, parents: np.ndarray) -> Any:
    """Give stacked rows the container that the caller used."""
    if isinstance(original, list):
        return rows.tolist()
    if sparse.issparse(original):
        result = rows.asformat(original.format)
        if result.dtype != original.dtype:
            result.data = result.data.astype(original.dtype)
        return result
    if is_pandas(original) and isinstance(rows, np.ndarray):
        rows = type(original)(
            rows, columns=original.columns, index=original.index[parents], copy=False
        )
    if is_pandas(original) and not (rows.dtypes == original.dtypes).all():
        return rows.astype(original.dtypes)
    if isinstance(original, np.ndarray):
        return rows.astype(original.dtype, copy=False)
    return rows


def rebuild_target(values: np.ndarray, original: Any, parents: np.ndarray) -> Any:
    """Give changed target values the container, name and dtype of the caller's y."""
    if isinstance(original, list):
        return values.tolist()
    if is_pandas(original):
        extra = (
            {"name": original.name, "dtype": original.dtype}
            if original.ndim == 1
            else {"columns": original.columns}
        )
        rebuilt = type(original)(values, index=original.index[parents], **extra)
        return rebuilt if original.ndim == 1 else rebuilt.astype(original.dtypes)
    if is_polars(original):
        if values.ndim == 1:
            return type(original)(original.name, values, dtype=original.dtype)
        return type(original)(values, schema=original.schema)
    if isinstance(original, np.ndarray):
        return values.astype(original.dtype, copy=False)
    return values


def same_layout(X: Any, other: Any) -> bool:
    """Whether two blocks agree in container, shape, columns and dtypes."""
    if type(X) is not type(other) or X.shape != other.shape:
        return False
    if is_frame(X):
        return list(X.columns) == list(other.columns) and list(X.dtypes) == list(
            other.dtypes
        )
    return X.dtype == other.dtype


def column_adapter(frame: Any) -> "PandasColumns | PolarsColumns":
    """Adapter that reads and replaces the columns of a frame by position."""
    return PandasColumns(frame) if is_pandas(frame) else PolarsColumns(frame)


def numbered(values: Iterable[Any]) -> list[int]:
    """Give each distinct value a number in order of appearance."""
    numbers: dict[Any, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]


def _fill_missing_integers(present: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Spread the present integers over all cells; missing ones get a stand-in.

    The stand-in is a value that occurs, so it changes neither the smallest nor the
    largest value.
    """
    filled = np.full(missing.shape, present[0] if present.size else 0, present.dtype)
    filled[~missing] = present
    return filled


class PandasColumns:
    """Columns of a pandas frame as arrays, whatever their extension type."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def kind(self, position: int) -> str:
        """NumPy kind of a column: "f", "i" or "u" for numbers."""
        return self.frame.dtypes.iloc[position].kind

    def describe(self, position: int) -> str:
        """Name and dtype, for messages."""
        return f"{self.frame.columns[position]!r} ({self.frame.dtypes.iloc[position]})"

    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""
        column = self.frame.iloc[:, position]
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
        column = self.frame.iloc[:, position]
        return column[~is_missing(column)].to_numpy(dtype=np.float64)

    def _rebuilt(self, position: int, values: np.ndarray) -> Any:
        dtype = self.frame.dtypes.iloc[position]
        if isinstance(dtype, np.dtype):
            return values
        pandas = sys.modules["pandas"]
        array = pandas.array(values, dtype=dtype)
        if not hasattr(dtype, "fill_value"):
            old = self.frame.iloc[:, position]
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
            lambda j: (
                self._rebuilt(j, new[j]) if j in new else self.frame.iloc[:, j].array
            ),
            len(self.frame),
        )

    def with_rows_taken(self, rows: dict[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the frame, with some columns read at other rows of it."""

        def column(j: int) -> Any:
            array = self.frame.iloc[:, j].array
            return array.take(rows[j]) if j in rows else array[:n_rows]

        return self._assembled(column, n_rows)

    def is_bool(self, position: int) -> bool:
        """Whether a column holds truth values."""
        return self.kind(position) == "b"

    def truths(self, position: int) -> np.ndarray:
        """Values of a column of truth values, none of them missing."""
        return self.frame.iloc[:, position].to_numpy(dtype=bool)

    def missing(self, position: int) -> np.ndarray:
        """Mark the cells of a column that are missing."""
        return is_missing(self.frame.iloc[:, position])

    def codes(self, position: int) -> np.ndarray:
        """Give each distinct value a number in order of appearance; missing is -1."""
        codes = self.frame.iloc[:, position].factorize()[0]
        codes[self.missing(position)] = -1
        return codes

    def can_miss(self, position: int) -> bool:
        """Whether a cell of a column can be made missing."""
        dtype = self.frame.dtypes.iloc[position]
        if isinstance(dtype, np.dtype):
            return dtype.kind in "fOmM"
        if hasattr(dtype, "fill_value"):  # a sparse array cannot be written
            return False
        try:
            _emptied(self.frame.iloc[:, position].array, np.array([0]))
        except (TypeError, ValueError):  # such as intervals of integers
            return False
        return True

    def with_missing(self, cells: dict[int, np.ndarray]) -> Any:
        """Make some cells of columns missing, as masks by column."""

        def column(j: int) -> Any:
            array = self.frame.iloc[:, j].array
            return _emptied(array, cells[j]) if j in cells else array

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


class PolarsColumns:
    """Columns of a polars frame as arrays."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

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
        column = self.frame.to_series(position)
        return "i" if column.cast(self._int64(), strict=False).equals(column) else "O"

    @staticmethod
    def _int64() -> Any:
        return sys.modules["polars"].Int64

    def describe(self, position: int) -> str:
        """Name and dtype, for messages."""
        return f"{self.frame.columns[position]!r} ({self.frame.dtypes[position]})"

    def numbers(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Values of a numeric column, and the cells that must stay as they are."""
        column = self.frame.to_series(position)
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
        old = self.frame.to_series(position)
        rebuilt = type(old)(old.name, values, dtype=old.dtype)
        return rebuilt.zip_with(old.is_not_null(), old)

    def with_rows_taken(self, rows: dict[int, np.ndarray], n_rows: int) -> Any:
        """First rows of the frame, with some columns read at other rows of it."""
        return self.frame[:n_rows].with_columns(
            [self.frame.to_series(j).gather(rows[j]) for j in rows]
        )

    def is_bool(self, position: int) -> bool:
        """Whether a column holds truth values."""
        return self.frame.dtypes[position] == sys.modules["polars"].Boolean

    def truths(self, position: int) -> np.ndarray:
        """Values of a column of truth values, none of them missing."""
        return self.frame.to_series(position).to_numpy()

    def missing(self, position: int) -> np.ndarray:
        """Mark the cells of a column that are missing."""
        return is_missing(self.frame.to_series(position))

    def codes(self, position: int) -> np.ndarray:
        """Give each distinct value a number in order of appearance; missing is -1."""
        values = self.frame.to_series(position).to_list()
        codes = np.array(numbered(values), dtype=np.intp)
        codes[self.missing(position)] = -1
        return codes

    def can_miss(self, position: int) -> bool:
        """Whether a cell of a column can be made missing: always."""
        return True

    def with_missing(self, cells: dict[int, np.ndarray]) -> Any:
        """Make some cells of columns missing, as masks by column."""
        series = type(self.frame.to_series(0))
        emptied = []
        for j, mask in cells.items():
            column = self.frame.to_series(j)
            kept = series(~mask)
            emptied.append(column.zip_with(kept, column.clear(len(column))))
        return self.frame.with_columns(emptied)
