"""Columns that number rows or moments instead of describing them."""

import re

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from skoverfit._columns._kinds import NUMERIC

__all__ = ["is_clock", "is_identifier"]

MIN_ROWS = 40
"""Rows below which values that differ everywhere may be chance."""

UNIQUE_SHARE = 0.95
"""Share of distinct values from which a column has a value of its own for each row."""

DENSE = 3.0
"""Range of whole numbers, over their number, that drawn numbers would repeat in."""

MIN_STEPS = 20
"""Distinct values that a column in row order must have to count as a clock."""

_ID_NAME = re.compile(
    r"(^|[_\W])(id|uid|uuid|guid|idx|index|row|rownum|rowid|serial|record)$|"
    r"^unnamed: ?\d+$",
    re.I,
)
_ID_ENDING = re.compile(r"[a-z](Id|ID)$")
_TIME_NAME = re.compile(r"(^|[_\W])(date|day|time|timestamp|datetime|epoch)s?$", re.I)

FloatArray = NDArray[np.float64]


def is_identifier(column: FloatArray, kind: str, name: str) -> bool:
    """Whether a column has a number or text of its own for each row.

    Parameters
    ----------
    column : ndarray of shape (n_samples,)
        Numbers, or codes of categories; NaN where missing.
    kind : {"number", "whole number", "datetime", ...}
        What is in it.
    name : str
        Its name: whole numbers that are not dense count only where it says so.
    """
    known = column[np.isfinite(column)]
    if len(known) < max(MIN_ROWS, 0.9 * len(column)) or kind == "datetime":
        return False
    n_distinct = len(np.unique(known))
    if n_distinct < UNIQUE_SHARE * len(known):
        return False
    if kind not in NUMERIC:
        return True
    if np.any(known % 1) or is_clock(column, kind, name):
        return False
    dense = np.ptp(known) + 1 <= DENSE * len(known)
    return bool(dense or _names_an_identifier(name))


def _names_an_identifier(name: str) -> bool:
    return bool(_ID_NAME.search(name) or _ID_ENDING.search(name))


def is_clock(column: FloatArray, kind: str, name: str) -> bool:
    """Whether a column holds dates, or numbers that only grow or fall in row order."""
    known = column[np.isfinite(column)]
    if len(known) < MIN_ROWS:
        return False
    n_distinct = len(np.unique(known))
    if kind == "datetime":
        return n_distinct > 1
    if kind not in NUMERIC or n_distinct < MIN_STEPS or _names_an_identifier(name):
        return False
    return _in_row_order(known) or _counts_time(known, name, n_distinct)


def _in_row_order(column: FloatArray) -> bool:
    steps = np.diff(column)
    if np.all(steps >= 0) or np.all(steps <= 0):
        return True
    if len(np.unique(column)) < len(column) / 2:
        return False
    return bool(abs(spearmanr(column, np.arange(len(column)))[0]) > 0.995)


def _counts_time(column: FloatArray, name: str, n_distinct: int) -> bool:
    """Days or seconds that are counted, by their name and their many values."""
    many = n_distinct >= len(column) / 2
    return bool(many and _TIME_NAME.search(name) and not np.any(column % 1))
