"""Arrays that several candidates use: kept from being changed by one of them."""

from typing import Any

import joblib
import numpy as np
from scipy import sparse

__all__ = ["Guard", "Unshareable", "buffers_of", "same_bits"]


class Unshareable(Exception):
    """Something was changed that other candidates rely on."""


class Guard:
    """Rows that several candidates use: locked where possible, watched otherwise.

    Parameters
    ----------
    *rows : array-like
        Owned by this process; None is ignored.
    """

    def __init__(self, *rows: Any) -> None:
        self._watched: list[tuple[Any, Any]] = []
        different = {id(each): each for each in rows if each is not None}
        for each in different.values():
            buffers = buffers_of(each)
            for array in buffers:
                array.setflags(write=False)
            if not buffers or any(map(_has_writable_base, buffers)):
                self._watched.append((each, digest(each)))

    def check(self) -> None:
        """Raise `Unshareable` if any rows have changed."""
        if any(digest(rows) != before for rows, before in self._watched):
            raise Unshareable("rows were changed that others use, too")


def digest(value: Any) -> Any:
    """Return a hash of contents, or raise `Unshareable` where there is none."""
    try:
        if hasattr(value, "iloc"):  # pandas moves its blocks about when it is read
            return _digest_of_pandas(value)
        # Sparse matrices find out about themselves when they are read.
        return joblib.hash(buffers_of(value) or value)
    except Exception as error:  # whatever pickling raises
        raise Unshareable(f"{type(value).__name__} cannot be hashed") from error


def _digest_of_pandas(value: Any) -> Any:
    if value.ndim == 1:
        return joblib.hash([value.name, value.index, value.array])
    columns = [value.iloc[:, k].array for k in range(value.shape[1])]
    return joblib.hash([value.columns, value.index, columns])


def same_bits(left: Any, right: Any) -> bool:
    """Whether two arrays are equal in type, layout and every bit."""
    if left is right:
        return True
    pairs = list(zip(buffers_of(left), buffers_of(right), strict=False))
    if not pairs or type(left) is not type(right) or left.shape != right.shape:
        return False
    return all(_equal_buffers(a, b) for a, b in pairs)


def buffers_of(rows: Any) -> list[np.ndarray]:
    """Return the NumPy arrays that hold an array or a compressed sparse matrix."""
    if type(rows) is np.ndarray:
        return [rows]
    if sparse.issparse(rows) and rows.format in ("csr", "csc"):
        return [rows.data, rows.indices, rows.indptr]
    return []


def _has_writable_base(array: np.ndarray) -> bool:
    base = array.base
    return isinstance(base, np.ndarray) and base.flags.writeable


def _equal_buffers(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype != b.dtype or a.shape != b.shape or a.strides != b.strides:
        return False
    if a.dtype.hasobject or not (a.flags.c_contiguous or a.flags.f_contiguous):
        return False
    return np.array_equal(a.ravel("K").view(np.uint8), b.ravel("K").view(np.uint8))
