"""What an augmenter gets of a caller's table, and how the table is given back.

Augmenters work on a 2-D array, a CSR matrix or, for columns of several types, on the
data frame itself.
"""

from copy import copy
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns._missing import is_a, is_pandas, is_polars
from skoverfit._columns._rows import is_frame

__all__ = ["is_mixed", "plain", "rewrap", "same_layout", "unwritable"]


def is_mixed(X: Any) -> bool:
    """Whether X is a frame that is not one NumPy block of one plain dtype."""
    if not is_a(X, "pandas", "DataFrame"):
        return is_frame(X)
    if X.shape[1] == 0:
        return True
    first = X.dtypes.iloc[0]
    plain = isinstance(first, np.dtype) and first.kind in "fiub"
    return not (plain and bool((X.dtypes == first).all()))


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


def rewrap(rows: Any, original: Any, parents: np.ndarray) -> Any:
    """Give rows, or their targets, the container, names and dtypes of the caller's."""
    if isinstance(original, list):
        return rows.tolist()
    if sparse.issparse(original):
        return _sparse_like(rows, original)
    if is_pandas(original):
        return _pandas_like(rows, original, parents)
    if not isinstance(rows, np.ndarray):
        return rows
    if is_polars(original):
        return _polars_like(rows, original)
    if isinstance(original, np.ndarray):
        # New texts may be longer than all that were there.
        dtype = str if original.dtype.kind == "U" else original.dtype
        return rows.astype(dtype, copy=False)
    return rows


def _sparse_like(rows: Any, original: Any) -> Any:
    if isinstance(rows, np.ndarray):
        return type(original)(rows)
    result = rows.asformat(original.format)
    if result.dtype != original.dtype:
        result.data = result.data.astype(original.dtype)
    return result


def _pandas_like(rows: Any, original: Any, parents: np.ndarray) -> Any:
    if original.ndim == 1:
        named = {"name": original.name, "dtype": original.dtype}
        return type(original)(rows, index=original.index[parents], **named)
    if isinstance(rows, np.ndarray):
        labels = {"columns": original.columns, "index": original.index[parents]}
        rows = type(original)(rows, **labels, copy=False)
    same = (rows.dtypes == original.dtypes).all()
    return rows if same else rows.astype(original.dtypes)


def _polars_like(rows: np.ndarray, original: Any) -> Any:
    if rows.ndim > 1:
        return type(original)(rows, schema=original.schema)
    values = rows.tolist() if rows.dtype.kind == "O" else rows
    return type(original)(original.name, values, dtype=original.dtype)


def same_layout(X: Any, other: Any) -> bool:
    """Whether two blocks agree in container, shape, columns and dtypes."""
    if type(X) is not type(other) or X.shape != other.shape:
        return False
    if is_frame(X):
        return list(X.columns) == list(other.columns) and list(X.dtypes) == list(
            other.dtypes
        )
    return X.dtype == other.dtype


def unwritable(block: Any) -> Any:
    """Return the same numbers where nobody can write to them."""
    if isinstance(block, np.ndarray):
        view = block.view()
        view.flags.writeable = False
        return view
    if sparse.issparse(block):
        arrays = map(unwritable, (block.data, block.indices, block.indptr))
        same = type(block)(tuple(arrays), shape=block.shape, copy=False)
        same.has_canonical_format = block.has_canonical_format
        return same
    return block.copy(deep=False) if is_pandas(block) else block
