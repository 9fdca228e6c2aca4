"""Further splits of the rows: shuffled twins of the given ones, or by groups."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from skoverfit.diagnosis._problem import Problem

MANY_GROUPS = 5000
"""Groups from which folds are not stratified."""

CONFIRMING_ROWS = 4_000
"""Tested rows that a confirmation is to have, over all its repeats."""

MOST_REPEATS = 4
"""Further shuffled cross-validations at most."""


def n_repeats(n_samples: int) -> int:
    """Further cross-validations that confirm a leader: fewer where rows are many."""
    return int(np.clip(-(-CONFIRMING_ROWS // n_samples), 1, MOST_REPEATS))


def shuffled_splitter(problem: Problem, seed: int, groups: NDArray | None) -> Any:
    """Find the shuffled twin of the splitter; None if shuffling may be wrong."""
    known = (KFold, StratifiedKFold, GroupKFold, StratifiedGroupKFold)
    if type(problem.splitter) not in known:
        return None
    n_folds = problem.splitter.n_splits
    kind = type(problem.splitter)
    if groups is not None:
        if len(np.unique(groups)) < n_folds:
            return None
        kind = group_splitter(problem, groups)
    elif kind is KFold and _can_stratify(problem, n_folds):
        kind = StratifiedKFold
    return kind(n_folds, shuffle=True, random_state=seed)


def group_splitter(problem: Problem, groups: NDArray) -> Any:
    """Stratified where that helps; it takes time for each group."""
    n_groups = len(np.unique(groups))
    is_class = problem.is_classification and n_groups <= MANY_GROUPS
    return StratifiedGroupKFold if is_class else GroupKFold


def _can_stratify(problem: Problem, n_folds: int) -> bool:
    if not problem.is_classification:
        return False
    return min(Counter(problem.y.tolist()).values()) >= n_folds


def spread_order(
    problem: Problem, train: NDArray, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Random order whose every beginning has about the class shares of the whole.

    The i-th of the m rows of a class, in random order, gets place (i + u) / m with
    one u per class; the places of all classes are merged.
    """
    train = rng.permutation(train)
    if not problem.is_classification:
        return train
    codes = np.unique(problem.y[train], return_inverse=True)[1]
    places = np.empty(len(train))
    for code in range(codes.max() + 1):
        rows = np.flatnonzero(codes == code)
        places[rows] = (np.arange(len(rows)) + rng.random()) / len(rows)
    return train[np.argsort(places, kind="stable")]


def with_fewer_training_rows(problem: Problem, most: int | None) -> Problem:
    """Fit on at most so many rows of each split; the test rows stay."""
    if most is None or max(len(train) for train, _ in problem.splits) <= most:
        return problem
    rng = np.random.default_rng(problem.seed)
    return problem.on(
        [
            (np.sort(spread_order(problem, train, rng)[:most]), test)
            for train, test in problem.splits
        ]
    )
