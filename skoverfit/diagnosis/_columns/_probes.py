"""Measurements that several causes share: columns alone, and kinds of splits."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    LeavePGroupsOut,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.model_selection import GroupTimeSeriesSplit

SplitKind = Literal["shuffled", "in order", "forward", "grouped", "own"]

ALONE_ROWS = 4_000
"""Rows on which columns are scored alone at most."""

ALONE_COLUMNS = 300
"""Columns that are scored alone at most: those most correlated with the target."""

ALONE_DEPTH = 4
"""Depth of the tree that scores a column."""


def split_kind(problem: Problem) -> SplitKind:
    """Say how the splits were drawn: it decides what they can show."""
    splitter = problem.splitter
    if isinstance(splitter, TimeSeriesSplit | GroupTimeSeriesSplit):
        return "forward"
    grouped = GroupKFold | StratifiedGroupKFold | LeaveOneGroupOut | LeavePGroupsOut
    if isinstance(splitter, grouped) or "Group" in type(splitter).__name__:
        return "grouped"
    if isinstance(splitter, ShuffleSplit | StratifiedShuffleSplit):
        return "shuffled"
    if hasattr(splitter, "shuffle"):
        return "shuffled" if splitter.shuffle else "in order"
    return "shuffled" if "Repeated" in type(splitter).__name__ else "own"


def splits_within(splits: Splits, rows: NDArray, n_samples: int) -> Splits:
    """Find what is left of splits in some rows, as positions among these."""
    place = np.full(n_samples, -1)
    place[rows] = np.arange(len(rows))
    found = []
    for train, test in splits:
        sides = [place[side][place[side] >= 0] for side in (train, test)]
        if min(map(len, sides)):
            found.append((sides[0], sides[1]))
    return found


def score_alone(
    problem: Problem, matrix: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Out-of-fold score of a shallow tree on each column alone, on the same splits.

    Returns
    -------
    scores : ndarray of shape (n_columns,)
        Mean over the splits; NaN where it was not measured.
    """
    if len(rows) > ALONE_ROWS:
        rng = np.random.default_rng(problem.seed)
        kept = np.sort(rng.choice(len(rows), ALONE_ROWS, replace=False))
        matrix, rows = matrix[kept], rows[kept]
    y = problem.y[rows]
    splits = splits_within(problem.splits, rows, problem.n_samples)
    scores = np.full(matrix.shape[1], np.nan)
    for j in _promising(problem, matrix, y):
        scores[j] = _score_of_column(problem, matrix[:, [j]], y, splits)
    return scores


def _promising(problem: Problem, matrix: NDArray, y: NDArray) -> NDArray[np.int64]:
    """Positions of the columns to score: all, or those most related to the target."""
    n_columns = matrix.shape[1]
    if n_columns <= ALONE_COLUMNS:
        return np.arange(n_columns)
    numbers = np.nan_to_num(matrix - np.nanmean(matrix, axis=0))
    if problem.is_classification:
        codes = np.unique(y, return_inverse=True)[1]
        between = [
            numbers[codes == code].mean(axis=0) ** 2 * np.mean(codes == code)
            for code in range(codes.max() + 1)
        ]
        related = np.sum(between, axis=0)
    else:
        related = ((y - y.mean()) @ numbers) ** 2
    spread = numbers.var(axis=0)
    related = np.divide(related, spread, out=np.zeros(n_columns), where=spread > 0)
    return np.sort(np.argsort(-related)[:ALONE_COLUMNS])


def _score_of_column(
    problem: Problem, column: NDArray, y: NDArray, splits: Splits
) -> float:
    kind = (
        DecisionTreeClassifier if problem.is_classification else DecisionTreeRegressor
    )
    scores = []
    for train, test in splits:
        tree = kind(max_depth=ALONE_DEPTH, min_samples_leaf=3, random_state=0)
        try:
            tree.fit(column[train], y[train])
            scores.append(problem.scorer(tree, column[test], y[test]))
        except Exception:  # scorers of users raise what they like
            scores.append(np.nan)
    finite = np.array(scores, dtype=float)
    finite = finite[np.isfinite(finite)]
    return float(finite.mean()) if len(finite) else np.nan


def positions_of(names: Sequence[str], columns: Sequence[str | int]) -> list[int]:
    """Positions of columns that are given by name or by position."""
    missing = [c for c in columns if isinstance(c, str) and c not in names]
    if missing:
        raise NotMeasured(f"there is no column {missing[0]!r}")
    return [list(names).index(c) if isinstance(c, str) else int(c) for c in columns]


def same_splits(one: Any, other: Any) -> bool:
    """Whether two outcomes are on the same test rows, split by split."""
    return len(one.tests) == len(other.tests) and all(
        np.array_equal(a, b) for a, b in zip(one.tests, other.tests, strict=True)
    )
