"""Arrays that several candidates use: kept from being changed by one of them."""

import copy
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.preprocessing import FunctionTransformer

__all__ = ["isolated", "lock", "same_bits"]

#: Packages whose estimators leave their input alone (with the default ``copy``).
TRUSTED = {"sklearn", "imblearn", "skrub", "xgboost", "lightgbm", "skoverfit"}


def lock(rows: Any) -> None:
    """Make an array that this process owns read-only, so that a change is an error."""
    for array in _buffers(rows):
        array.setflags(write=False)


def isolated(rows: Any, estimator: Any) -> Any:
    """Return rows that an estimator cannot spoil for the others."""
    trusted = type(estimator).__module__.partition(".")[0] in TRUSTED
    runs_user_code = isinstance(estimator, FunctionTransformer)
    if _buffers(rows) or (trusted and not runs_user_code):
        return rows
    return copy.deepcopy(rows)


def same_bits(left: Any, right: Any) -> bool:
    """Whether two arrays are equal in type, layout and every bit."""
    if left is right:
        return True
    if type(left) is not type(right) or left.shape != right.shape:
        return False
    pairs = list(zip(_buffers(left), _buffers(right), strict=False))
    return bool(pairs) and all(_equal_buffers(a, b) for a, b in pairs)


def _buffers(rows: Any) -> list[np.ndarray]:
    """Return the NumPy arrays that hold an array or a compressed sparse matrix."""
    if type(rows) is np.ndarray:
        return [rows]
    if sparse.issparse(rows) and rows.format in ("csr", "csc"):
        return [rows.data, rows.indices, rows.indptr]
    return []


def _equal_buffers(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape or a.strides != b.strides:
        return False
    if a.dtype.hasobject or not (a.flags.c_contiguous or a.flags.f_contiguous):
        return False
    return np.array_equal(a.ravel("K").view(np.uint8), b.ravel("K").view(np.uint8))
