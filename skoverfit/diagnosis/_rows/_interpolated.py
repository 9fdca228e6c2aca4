"""Rows that lie on the segment between two other rows, as SMOTE makes them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from skoverfit.diagnosis._rows._near_copies import MIN_COLUMNS, standardized

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

N_NEIGHBORS = 40
"""Nearest rows of the same class that may be the ends of a segment."""

CHANCE = 0.002
"""Probability that a row lies between two others where directions are random."""

ANGLES = (1e-12, 1e-4)
"""Least and most by which the cosine of the two directions may differ from -1."""

MIN_SHARE = 0.2
"""Share of the rows of a class between two others from which it was resampled."""

TIMES_OTHERS = 4.0
"""How many times that share must be that of the class with the least."""

MAX_OF_CLASS = 3000
"""Rows of one class that are looked at."""


@dataclass(frozen=True)
class Interpolated:
    """Rows that lie between two others of their class.

    Attributes
    ----------
    rows : ndarray of shape (n_samples,) of bool
        Which rows these are.
    parents : dict of int to ndarray
        For each of them the other rows that lie on its line.
    shares : dict of object to float
        Share of such rows in each class; one entry, None, for numbers.
    labels : tuple
        The classes that were resampled.
    """

    rows: NDArray[np.bool_]
    parents: dict[int, IntArray]
    shares: dict[object, float]
    labels: tuple[object, ...]


def interpolated_rows(
    matrix: FloatArray, y: NDArray, *, is_classification: bool
) -> Interpolated | None:
    """Find rows between two others; None if no class has far more than others.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_columns)
        Numbers, NaN where missing.
    y : ndarray of shape (n_samples,)
        Target.
    is_classification : bool
        Whether `y` holds class labels: only rows of one class are ends of a segment.

    Raises
    ------
    ValueError
        If too few columns have many values, so that any row lies between others.
    """
    values = standardized(_without_whole_numbers(np.asarray(matrix, dtype=float)), 0.0)
    if values.shape[1] < MIN_COLUMNS:
        raise ValueError(f"fewer than {MIN_COLUMNS} columns of many values")
    y = np.asarray(y)
    labels = np.unique(y).tolist() if is_classification else [None]
    between = np.zeros(len(y), dtype=bool)
    partners: dict[int, IntArray] = {}
    shares: dict[object, float] = {}
    for label in labels:
        own = np.arange(len(y)) if label is None else np.flatnonzero(y == label)
        on_line = _on_lines(values[own])
        partners |= {int(own[row]): own[line] for row, line in on_line.items()}
        between[own[list(on_line)]] = True
        shares[label] = len(on_line) / min(len(own), MAX_OF_CLASS)
    resampled = _resampled(shares)
    if not resampled:
        return None
    if is_classification:
        between &= np.isin(y, np.array(resampled, dtype=y.dtype))
    parents = {
        row: line[~between[line]] for row, line in partners.items() if between[row]
    }
    return Interpolated(between, parents, shares, tuple(resampled))


def _without_whole_numbers(matrix: FloatArray) -> FloatArray:
    """Leave out columns of few whole numbers: a grid has rows between others."""
    known = np.where(np.isfinite(matrix), matrix, 0.0)
    is_whole = np.all(known == np.round(known), axis=0)
    n_values = np.array([len(np.unique(column)) for column in known.T])
    return matrix[:, ~(is_whole & (n_values < 100))]


def _resampled(shares: dict[object, float]) -> list[object]:
    """Classes with far more such rows than the one with the least."""
    least = min(shares.values()) if len(shares) > 1 else 0.0
    enough = max(MIN_SHARE, TIMES_OTHERS * least)
    return [label for label, share in shares.items() if share >= enough]


def _on_lines(values: FloatArray) -> dict[int, IntArray]:
    """For each row between two others, all near rows on a line with it."""
    n_rows, n_columns = values.shape
    n_near = min(N_NEIGHBORS, n_rows - 1)
    if n_near < 2:
        return {}
    index = NearestNeighbors(n_neighbors=n_near + 1).fit(values)
    queried = np.arange(n_rows)
    if n_rows > MAX_OF_CLASS:
        queried = np.random.default_rng(0).choice(n_rows, MAX_OF_CLASS, replace=False)
    near = index.kneighbors(values[queried])[1]
    angle = _angle(n_near, n_columns)
    found = {}
    for row, others in zip(queried, near, strict=True):
        line = _line(values, int(row), others[others != row], angle)
        if line is not None:
            found[int(row)] = line
    return found


def _angle(n_near: int, n_columns: int) -> float:
    """Deviation from -1 that random directions reach in few rows only."""
    pairs = n_near * (n_near - 1) / 2
    angle = 0.5 * (CHANCE / pairs) ** (2 / (n_columns - 1))
    return float(np.clip(angle, *ANGLES))


def _line(
    values: FloatArray, row: int, others: IntArray, angle: float
) -> IntArray | None:
    """Rows on one line through a row, some on either side; None if there is none."""
    steps = values[others] - values[row]
    lengths = np.linalg.norm(steps, axis=1)
    # A step along one or two columns says nothing: there are only so many directions.
    differ = (np.abs(steps) > 1e-9).sum(axis=1) >= MIN_COLUMNS
    usable = (lengths > 1e-9) & differ
    steps, others = steps[usable] / lengths[usable, None], others[usable]
    cosines = steps @ steps.T
    if not len(others) or cosines.min() > -1 + angle:
        return None
    one, _ = np.unravel_index(np.argmin(cosines), cosines.shape)
    return others[np.abs(cosines[one]) >= 1 - angle]
