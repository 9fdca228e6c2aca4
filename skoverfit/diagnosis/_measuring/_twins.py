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
