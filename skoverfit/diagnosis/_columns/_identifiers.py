"""Columns that number subjects instead of describing them."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from skoverfit._columns import NUMERIC

LEVELS = (10, 0.34)
"""Levels that a column of subjects has: at least, and at most as a share of rows."""

ALIKE = 0.8
"""Agreement of nearest rows beyond chance from which a column numbers subjects."""

MIN_DESCRIBING = 3
"""Columns of many values that it takes to say which rows are near."""

MAX_QUERIED = 1000
"""Rows whose nearest row is looked up."""

_SUBJECT_NAME = re.compile(
    r"(^|[_\W])(person|subject|patient|user|customer|client|speaker|driver|"
    r"participant|animal|device|machine|site|id)([_\W]?(id|no|nr|number))?$",
    re.I,
)

FloatArray = NDArray[np.float64]


def subject_columns(
    matrix: FloatArray, kinds: Sequence[str], names: Sequence[str], seed: int = 0
) -> dict[int, float]:
    """Find columns that number subjects: nearest rows agree in them.

    Nearest rows are looked for in the columns of many values that are not whole, so
    that a column is no reason for its own agreement. Of rows that equal one another
    in every column one is taken, or copies would agree in any column.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Columns as numbers; NaN where missing.
    kinds : sequence of {"number", "whole number", "datetime", ...}
        What is in them.
    names : sequence of str
        Their names: numbers that are not dense, and texts, count only where these
        say so.
    seed : int, default=0
        Draws the rows that are looked up.

    Returns
    -------
    agreement : dict of int to float
        Position of each such column, and how much nearest rows agree beyond chance:
        1 if they always do.
    """
    first = np.unique(np.nan_to_num(matrix), axis=0, return_index=True)[1]
    matrix = matrix[np.sort(first)]
    levels = [
        _levels(column, kind, name)
        for column, kind, name in zip(matrix.T, kinds, names, strict=True)
    ]
    able = {j: codes for j, codes in enumerate(levels) if codes is not None}
    describing = [
        j
        for j, column in enumerate(matrix.T)
        if kinds[j] in NUMERIC and np.any(column[np.isfinite(column)] % 1)
    ]
    if not able or len(describing) < MIN_DESCRIBING:
        return {}
    rows = np.random.default_rng(seed).permutation(len(matrix))[:MAX_QUERIED]
    nearest = _nearest(matrix[:, describing], rows)
    found = {j: _agreement(codes, rows, nearest) for j, codes in able.items()}
    return {j: value for j, value in found.items() if value >= ALIKE}


def _levels(column: FloatArray, kind: str, name: str) -> NDArray[np.int64] | None:
    """Codes of a column that may number subjects; None if it may not."""
    if kind == "datetime" or not np.isfinite(column).all():
        return None
    if kind in NUMERIC and np.any(column % 1):
        return None
    codes = np.unique(column, return_inverse=True)[1]
    n_levels = int(codes.max()) + 1
    few, many = LEVELS[0], LEVELS[1] * len(column)
    dense = kind in NUMERIC and np.ptp(column) + 1 <= 1.5 * n_levels
    if not (dense or _SUBJECT_NAME.search(name)):
        return None
    return codes if few <= n_levels <= many else None


def _nearest(matrix: FloatArray, rows: NDArray) -> NDArray[np.int64]:
    """Find the nearest other row of some rows, by standardized columns."""
    middle, spread = np.nanmean(matrix, axis=0), np.nanstd(matrix, axis=0)
    scaled = np.nan_to_num((matrix - middle) / np.where(spread > 0, spread, 1.0))
    index = NearestNeighbors(n_neighbors=2).fit(scaled)
    found = index.kneighbors(scaled[rows], return_distance=False)
    return np.where(found[:, 0] == rows, found[:, 1], found[:, 0])


def _agreement(codes: NDArray, rows: NDArray, nearest: NDArray) -> float:
    """Cohen's kappa of the levels of rows and of their nearest rows."""
    alike = float(np.mean(codes[rows] == codes[nearest]))
    shares = np.bincount(codes) / len(codes)
    chance = float((shares**2).sum())
    return (alike - chance) / (1 - chance) if chance < 1 else 0.0
