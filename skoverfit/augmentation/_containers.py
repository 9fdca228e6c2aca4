"""What an augmenter gets of a caller's table, and how the table is given back.

Augmenters work on a 2-D array, a CSR matrix or, for columns of several types, on the
data frame itself.
"""

from copy import copy
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns import is_a, is_frame, is_pandas, is_polars

__all__ = [
    "homogeneous",
    "plain",
    "rebuild_target",
    "rewrap",
    "same_layout",
    "take_cells",
]


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


def take_cells(X: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Read single cells of an array; flat positions are read much faster."""
    if not X.flags.c_contiguous:
        return X[rows, columns]
    return X.reshape(-1).take(rows * X.shape[1] + columns, mode="clip")


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
