"""Some of very many rows, to choose by: their number is what makes fits dear."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import resample

from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.treatment._data_in._problem import redrawn

__all__ = ["MOST_ROWS", "sampled"]

MOST_ROWS = 20_000
"""Rows that choose at most: they tell accuracies apart that differ by half a point."""

LEAST_OF_CLASS = 10
"""Rows of a class that are kept of those there are."""


def sampled(problem: Problem, cv: Any) -> Problem:
    """Draw rows to choose by, and their splits; all rows where these are few enough.

    Parameters
    ----------
    problem : Problem
        All rows.
    cv : int or None
        How many folds.
    """
    if problem.n_samples <= MOST_ROWS:
        return problem
    rows = _rows(problem)
    part = replace(
        problem,
        X=rows_of(problem.X, rows),
        y=problem.y[rows],
        groups=_of(problem.groups, rows),
        sample_weight=_of(problem.sample_weight, rows),
    )
    return redrawn(part, part.groups, cv)


def _of(values: NDArray | None, rows: NDArray) -> NDArray | None:
    return None if values is None else values[rows]


def _rows(problem: Problem) -> NDArray[np.int64]:
    """Draw rows, whole groups where there are any, and some of each class."""
    if problem.groups is not None:
        return _of_groups(problem.groups, problem.seed)
    is_class = problem.is_classification
    drawn = resample(
        np.arange(problem.n_samples),
        replace=False,
        n_samples=MOST_ROWS,
        stratify=problem.y if is_class else None,
        random_state=problem.seed,
    )
    if is_class:
        drawn = np.union1d(drawn, _of_rare_classes(problem.y, drawn))
    return np.sort(drawn)


def _of_rare_classes(y: NDArray, drawn: NDArray) -> NDArray[np.int64]:
    """Give the first rows of each class of which few were drawn."""
    labels, codes = np.unique(y, return_inverse=True)
    counts = np.bincount(codes[drawn], minlength=len(labels))
    rare = np.flatnonzero(counts < LEAST_OF_CLASS)
    rows = [np.flatnonzero(codes == code)[:LEAST_OF_CLASS] for code in rare]
    return np.concatenate([np.empty(0, dtype=np.int64), *rows])


def _of_groups(groups: NDArray, seed: int) -> NDArray[np.int64]:
    """Draw groups until their rows suffice."""
    codes = np.unique(groups, return_inverse=True)[1]
    order = np.random.default_rng(seed).permutation(codes.max() + 1)
    many = np.cumsum(np.bincount(codes)[order]) < MOST_ROWS
    return np.flatnonzero(np.isin(codes, order[: many.sum() + 1]))
