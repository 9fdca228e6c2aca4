"""Columns as numbers: values, seconds, or codes."""

import datetime
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns._kinds import NUMERIC, Kind, present_cells
from skoverfit._columns._missing import is_missing, is_pandas, is_polars

FloatArray = NDArray[np.float64]

_PARTS_OF_SECONDS = ("ms", "us", "ns", "ps", "fs", "as")


def numbers_of(column: Any, kind: Kind) -> FloatArray:
    """Write a column of any kind as numbers.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or column of pandas or polars
        Values of any type.
    kind : str
        As `kind_of` tells it.

    Returns
    -------
    numbers : ndarray of shape (n_rows,), dtype float64
        Numbers as they are, dates and durations in seconds (where there is a time
        zone, in UTC), truth values as 0 and 1, all else as the codes of `codes_of`;
        NaN where the cell is missing.
    """
    if kind == "datetime":
        return _spread(column, _seconds(_moments(column)))
    if kind not in (*NUMERIC, "boolean"):
        codes = codes_of(column)
        return np.where(codes < 0, np.nan, codes)
    if is_polars(column) and type(column.dtype).__name__ != "Object":
        return _numbers_of_polars(column)
    values = _plain_values(column)
    if values.dtype.kind == "m":
        return np.where(np.isnat(values), np.nan, _seconds(values))
    if values.dtype.kind != "O":
        return values.astype(np.float64)
    return _spread(column, _numbers_of_cells(present_cells(column)))


def _plain_values(column: Any) -> NDArray:
    """Values of an array or a column of pandas, masked and Arrow types unpacked."""
    if not is_pandas(column) or isinstance(column.dtype, np.dtype):
        return np.asarray(column)
    if column.dtype.kind in "iufb":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy()


def _numbers_of_polars(column: Any) -> FloatArray:
    polars = sys.modules["polars"]
    if column.dtype == polars.Duration:
        values = column.to_numpy()
        return np.where(np.isnat(values), np.nan, _seconds(values))
    # A copy, because what polars gives may not be written.
    return np.array(column.cast(polars.Float64).to_numpy(), dtype=np.float64)


def _numbers_of_cells(cells: NDArray) -> FloatArray:
    if len(cells) and isinstance(cells[0], datetime.timedelta):
        return np.array([cell.total_seconds() for cell in cells], dtype=np.float64)
    if len(cells) and isinstance(cells[0], np.timedelta64):
        return _seconds(np.array(cells.tolist(), dtype="timedelta64"))
    return cells.astype(np.float64)


def _spread(column: Any, values: FloatArray) -> FloatArray:
    """Put the values of the present cells in their places."""
    missing = is_missing(column)
    spread = np.full(missing.shape, np.nan)
    spread[~missing] = values
    return spread


# -------------------------------------------------------------------------------- dates
def _moments(column: Any) -> NDArray:
    """Present cells of a column of dates as datetime64; in UTC if they have a zone."""
    missing = is_missing(column)
    if is_polars(column) and column.dtype.is_temporal():
        return column.to_numpy()[~missing]
    if is_pandas(column):
        column = _without_zone(column)
    values = np.asarray(column)
    if values.dtype.kind == "M":
        return values[~missing]
    return np.array([_moment(cell) for cell in present_cells(column)], "datetime64[us]")


def _without_zone(column: Any) -> Any:
    """Column of pandas with periods as their starts, and times of a zone in UTC."""
    if isinstance(column.dtype, sys.modules["pandas"].PeriodDtype):
        return column.dt.to_timestamp()
    dtype = getattr(column.dtype, "pyarrow_dtype", column.dtype)
    return column if getattr(dtype, "tz", None) is None else column.dt.tz_convert(None)


def _moment(cell: Any) -> Any:
    if isinstance(cell, str):
        cell = datetime.datetime.fromisoformat(cell)
    if getattr(cell, "tzinfo", None) is not None:
        cell = cell.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(cell, "us")


def _seconds(values: NDArray) -> FloatArray:
    """Seconds of dates or durations, parts of seconds kept; not of NaT."""
    whole = values.astype(f"{values.dtype.kind}8[s]")
    seconds = whole.astype(np.int64).astype(np.float64)
    if np.datetime_data(values.dtype)[0] not in _PARTS_OF_SECONDS:
        return seconds
    return seconds + (values - whole) / np.timedelta64(1, "s")


# -------------------------------------------------------------------------------- codes
def codes_of(column: Any, *, nested: bool = True) -> NDArray[np.int32]:
    """Ranks of the values of a column, from 0 without holes; -1 is missing.

    Categories and enumerations rank in their own order, all else by size or alphabet.
    Values of several types that have no order rank by appearance.

    Parameters
    ----------
    column : ndarray of shape (n_rows,), or column of pandas or polars
        Values of any type.
    nested : bool, default=True
        Whether lists and other values without a hash are told apart by their text;
        else they raise a TypeError.
    """
    missing = is_missing(column)
    if is_pandas(column):
        return _codes_of_pandas(column, missing, nested)
    if is_polars(column):
        return _codes_of_polars(column, missing, nested)
    values = np.asarray(column)
    if values.dtype.kind in "biufmMUS":
        return dense_codes(values, missing)
    return object_codes(present_cells(column), missing, nested)


def _codes_of_pandas(
    column: Any, missing: NDArray[np.bool_], nested: bool
) -> NDArray[np.int32]:
    if column.dtype == "category":
        return dense_codes(column.cat.codes.to_numpy(), missing)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biufmM":
        return dense_codes(column.to_numpy(), missing)
    try:
        ranks = sys.modules["pandas"].factorize(column, sort=True)[0]
    except (TypeError, NotImplementedError):  # no order, or Arrow's nested columns
        return object_codes(present_cells(column), missing, nested)
    return np.where(missing, -1, ranks).astype(np.int32)


def _codes_of_polars(
    column: Any, missing: NDArray[np.bool_], nested: bool
) -> NDArray[np.int32]:
    polars = sys.modules["polars"]
    if column.dtype.is_nested() or column.dtype == polars.Object:
        return object_codes(present_cells(column), missing, nested)
    if column.dtype == polars.Enum:
        column = column.to_physical()
    elif column.dtype == polars.Categorical:  # its numbers depend on other columns
        column = column.cast(polars.String)
    ranks = column.rank("dense").fill_null(0).to_numpy()
    return np.where(missing, -1, ranks.astype(np.int32) - 1)


def dense_codes(values: NDArray, missing: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Ranks of values that NumPy sorts."""
    codes = np.full(len(values), -1, dtype=np.int32)
    codes[~missing] = np.unique(values[~missing], return_inverse=True)[1]
    return codes


def object_codes(
    cells: NDArray, missing: NDArray[np.bool_], nested: bool
) -> NDArray[np.int32]:
    """Ranks of Python objects, of which only the present ones are given."""
    levels: dict[Any, int] = {}
    keys = map(_key, cells) if nested else cells
    found = [levels.setdefault(key, len(levels)) for key in keys]
    try:
        ordered = sorted(levels)
    except TypeError:  # values of several types have no order: that of appearance
        ordered = list(levels)
    rank = np.empty(len(levels), dtype=np.int32)
    rank[[levels[level] for level in ordered]] = np.arange(len(levels))
    codes = np.full(len(missing), -1, dtype=np.int32)
    codes[~missing] = rank[np.array(found, dtype=np.intp)]
    return codes


def _key(cell: Any) -> Any:
    """Tell a cell apart from others: by itself, or by its text if it has no hash."""
    try:
        hash(cell)
    except TypeError:  # arrays as lists, because long arrays print in part
        whole = cell.tolist() if isinstance(cell, np.ndarray) else cell
        return type(cell).__name__, repr(whole)
    return cell
