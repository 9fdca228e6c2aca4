"""Which kind of frame something is, and which of its cells are missing.

pandas and polars are never imported here unless the caller already did.
"""

import sys
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_a", "is_missing", "is_missing_value", "is_pandas", "is_polars"]

#: Types of which no value is missing, looked at first because they are the most common.
_ALWAYS_PRESENT = frozenset({str, int, bool, bytes, list, tuple, dict})


def is_a(X: Any, module: str, *names: str) -> bool:
    """Whether X is an instance of a class of a module that may not be imported."""
    loaded = sys.modules.get(module)
    return loaded is not None and any(isinstance(X, getattr(loaded, n)) for n in names)


def is_pandas(X: Any) -> bool:
    """Whether X is a frame or a column of pandas."""
    return is_a(X, "pandas", "DataFrame", "Series")


def is_polars(X: Any) -> bool:
    """Whether X is a frame or a column of polars."""
    return is_a(X, "polars", "DataFrame", "Series")


def is_missing_value(value: Any) -> bool:
    """Whether a Python object stands for a missing value.

    These do: None, NaN of any type and precision (decimals too), NaT, and pandas.NA.
    """
    if value is None:
        return True
    if type(value) in _ALWAYS_PRESENT:
        return False
    if isinstance(value, Decimal):
        return value.is_nan()  # comparing a signaling NaN would raise
    if isinstance(value, float | complex | np.inexact):
        return bool(value != value)
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return type(value).__name__ in ("NAType", "NaTType")


def is_missing(column: Any) -> NDArray[np.bool_]:
    """Mark what is missing in an array or a column of pandas or polars.

    The one definition of "missing" in this library; `is_missing_value` is the same for
    one Python object. In a float column of pandas or polars both NaN and null count.
    """
    if is_pandas(column):
        return _is_missing_in_pandas(column)
    if is_polars(column):
        return _is_missing_in_polars(column)
    values = np.asarray(column)
    if values.dtype.kind in "fc":
        return np.isnan(values)
    if values.dtype.kind in "mM":
        return np.isnat(values)
    if values.dtype.kind not in "OT":
        return np.zeros(values.shape, dtype=bool)
    return _is_missing_in_objects(values.astype(object, copy=False))


def _is_missing_in_objects(values: NDArray) -> NDArray[np.bool_]:
    cells = (is_missing_value(value) for value in values.flat)
    return np.fromiter(cells, dtype=bool, count=values.size).reshape(values.shape)


def _is_missing_in_pandas(column: Any) -> NDArray[np.bool_]:
    if isinstance(column.dtype, np.dtype):
        return is_missing(column.to_numpy())
    missing = np.asarray(column.isna(), dtype=bool)
    if column.dtype.kind == "f":  # extension types may hold NaN besides NA
        missing = missing | np.isnan(column.to_numpy(np.float64, na_value=np.nan))
    return missing


def _is_missing_in_polars(column: Any) -> NDArray[np.bool_]:
    if column.dtype == sys.modules["polars"].Object:
        return np.array([is_missing_value(value) for value in column], dtype=bool)
    missing = column.is_null()
    if column.dtype.is_float():
        missing = missing | column.is_nan().fill_null(False)
    return missing.to_numpy()
