"""What is in a column, whatever its container and type."""

import datetime
import sys
from collections.abc import Iterable
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns._missing import is_missing, is_pandas, is_polars

Kind = Literal[
    "number", "whole number", "boolean", "category", "text", "datetime", "nested"
]

NUMERIC: tuple[Kind, ...] = ("number", "whole number")
"""Kinds of which the cells are numbers."""

_KIND_OF_NUMPY: dict[str, Kind] = {
    **dict.fromkeys("fm", "number"),
    **dict.fromkeys("iu", "whole number"),
    "b": "boolean",
    "M": "datetime",
    **dict.fromkeys("UST", "text"),
    "V": "nested",
}

_NESTED = (list, tuple, dict, set, frozenset, np.ndarray)


def kind_of(column: Any) -> Kind:
    """Tell what is in a column by its type, and by its cells where these are objects.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or column of pandas or polars
        Values of any type.

    Returns
    -------
    kind : {"number", "whole number", "boolean", "category", "text", "datetime", \
"nested"}
        Durations and decimals are numbers, texts such as 2024-05-01 throughout are
        dates, and "nested" are lists, records and arrays. "category" is what all else
        is, mixtures too.
    """
    kind = _kind_of_dtype(column)
    if kind is None:
        return _kind_of_cells(present_cells(column))
    if kind == "text" and _are_dates(present_cells(column)):
        return "datetime"
    return kind


def _kind_of_dtype(column: Any) -> Kind | None:
    """Kind by the type of a column; None where only its cells can tell."""
    if is_polars(column):
        return _kind_of_polars(column.dtype)
    if is_pandas(column):
        return _kind_of_pandas(column.dtype)
    return _kind_of_numpy(column.dtype)


def holds_texts(column: Any) -> bool:
    """Whether all present cells of a column are texts, dates written out included."""
    kind = _kind_of_dtype(column)
    if kind is not None or getattr(column.dtype, "kind", "") == "U":
        return kind in ("text", None)
    cells = present_cells(column)
    return len(cells) > 0 and all(isinstance(cell, str) for cell in cells)


def present_cells(column: Any) -> NDArray:
    """Cells of a column that are not missing, as Python objects."""
    if is_polars(column):
        cells = np.fromiter(column.to_list(), dtype=object, count=len(column))
    else:
        cells = np.asarray(column, dtype=object)
    return cells[~is_missing(column)]


def _kind_of_numpy(dtype: np.dtype) -> Kind | None:
    return None if dtype.kind == "O" else _KIND_OF_NUMPY.get(dtype.kind, "category")


def _kind_of_pandas(dtype: Any) -> Kind | None:
    pandas = sys.modules["pandas"]
    if isinstance(dtype, np.dtype):
        return _kind_of_numpy(dtype)
    if isinstance(dtype, pandas.SparseDtype):
        return _kind_of_numpy(dtype.subtype)
    if isinstance(dtype, pandas.CategoricalDtype | pandas.IntervalDtype):
        return "category"
    if isinstance(dtype, pandas.PeriodDtype):
        return "datetime"
    if isinstance(dtype, pandas.StringDtype):
        return "text"
    return None if dtype.kind in "OUS" else _KIND_OF_NUMPY.get(dtype.kind)


def _kind_of_polars(dtype: Any) -> Kind | None:
    if dtype == sys.modules["polars"].Object:
        return None
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if dtype.is_integer():
        return "whole number"
    if dtype.is_nested():
        return "nested"
    if dtype.is_numeric() or name == "Duration":
        return "number"
    known: dict[str, Kind] = {"Boolean": "boolean", "String": "text"}
    known |= {"Date": "datetime", "Datetime": "datetime"}
    return known.get(name, "category")


def _kind_of_cells(cells: NDArray) -> Kind:
    types = set(map(type, cells.tolist()))
    if not types:
        return "category"
    if _all(types, bool | np.bool_):
        return "boolean"
    if any(issubclass(each, _NESTED) for each in types):
        return "nested"
    if _all(types, str):
        return "datetime" if _are_dates(cells) else "text"
    if _all(types, datetime.date | np.datetime64):
        return "datetime"
    if _all(types, datetime.timedelta | np.timedelta64):
        return "number"
    return _kind_of_numbers(types, cells)


def _kind_of_numbers(types: set[type], cells: NDArray) -> Kind:
    """Kind of Python numbers; "category" of what is none or does not fit a float."""
    if not _all(types, Real | Decimal) or not types.isdisjoint({bool, np.bool_}):
        return "category"
    try:
        cells.astype(float)
    except OverflowError:
        return "category"
    return "whole number" if _all(types, Integral) else "number"


def _all(types: Iterable[type], allowed: Any) -> bool:
    return all(issubclass(each, allowed) for each in types)


def _are_dates(texts: NDArray) -> bool:
    """Whether all texts are dates such as 2024-05-01, with or without a time."""
    if not len(texts) or not _looks_like_date(texts[0]):
        return False
    try:
        for text in texts:
            datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True


def _looks_like_date(text: Any) -> bool:
    if not isinstance(text, str) or len(text) < 10:
        return False
    return text[4] == text[7] == "-" and text[:4].isdigit()
