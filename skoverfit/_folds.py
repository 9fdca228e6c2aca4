"""Dealing rows out to folds, and choosing among candidates by the scores of folds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "as_strata",
    "close_to",
    "dealing_order",
    "dealt_out",
    "held_out",
    "last_close_to_best",
    "standard_error",
    "tie_margin",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Split = tuple[NDArray[np.intp], NDArray[np.intp]]

#: Scores that differ by less than this share of their size count as equal: means of
#: the same split scores differ in the last bits with the order of summation.
TIE_TOLERANCE = 1e-12


# ----------------------------------------------------------------------------- dealing


def dealing_order(
    n_rows: int, rng: np.random.Generator | np.random.RandomState, strata: Any = None
) -> NDArray[np.intp]:
    """Shuffle the rows; with strata, one stratum after the other."""
    order = rng.permutation(n_rows)
    if strata is None:
        return order
    return order[np.argsort(strata[order], kind="stable")]


def as_strata(y: Any) -> NDArray[np.intp] | None:
    """Give each class of a target a number; None where rows have several labels."""
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    return np.unique(values, return_inverse=True)[1] if values.ndim == 1 else None


def dealt_out(order: NDArray[np.intp], n_folds: int) -> list[Split]:
    """Deal the rows out like cards, so that each stratum is spread evenly.

    Unlike scikit-learn's folds, without complaint about rare classes.

    Returns
    -------
    splits : list of (ndarray, ndarray)
        Training and test rows of each fold.
    """
    fold = np.empty(len(order), dtype=np.intp)
    fold[order] = np.arange(len(order)) % n_folds
    return [_split(fold == number) for number in range(n_folds)]


def held_out(order: NDArray[np.intp], share: float) -> Split | None:
    """Hold out a share of the rows, spread as evenly over strata as folds are.

    Returns
    -------
    split : tuple of (ndarray, ndarray) or None
        Training and held-out rows; None where one of the sides would be empty.
    """
    steps = np.floor(np.arange(len(order) + 1) * share + 0.5)
    is_held = np.zeros(len(order), dtype=bool)
    is_held[order] = np.diff(steps) > 0
    return None if is_held.all() or not is_held.any() else _split(is_held)


def _split(is_test: BoolArray) -> Split:
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


# ---------------------------------------------------------------------------- choosing


def standard_error(scores: FloatArray, n_splits: int | None = None) -> float:
    """Classical standard error of a mean score, 0 for a single score.

    Parameters
    ----------
    scores : ndarray of shape (n_scores,)
        Scores of splits; those that are not numbers do not count.
    n_splits : int, default=None
        Number of splits of one pass over the rows, where they were split repeatedly:
        repeats make the spread better known, but the rows are the same.
    """
    scores = scores[np.isfinite(scores)]
    if scores.size < 2:
        return 0.0
    count = scores.size if n_splits is None else min(n_splits, scores.size)
    return float(scores.std(ddof=1) / np.sqrt(count))


def tie_margin(values: FloatArray) -> float:
    """Difference below which values count as equal, on their own scale."""
    finite = np.abs(values[np.isfinite(values)])
    return TIE_TOLERANCE * float(finite.max(initial=0.0))


def close_to(means: FloatArray, best: int, slack: float) -> BoolArray:
    """Say which means are at most `slack` below that of one candidate, or equal it."""
    return np.asarray(means >= means[best] - slack - tie_margin(means))


def last_close_to_best(scores: FloatArray, n_se: float) -> int:
    """Choose the last candidate within so many standard errors of the best.

    With ``n_se=1`` and candidates from complex to simple it is the
    one-standard-error rule of Breiman et al.

    Parameters
    ----------
    scores : ndarray of shape (n_candidates, n_splits)
        Test scores. A candidate without a score on some split is out; one at least
        has all.
    n_se : float
        Number of standard errors of the best candidate's mean score.
    """
    means = scores.mean(axis=1)
    best = int(np.nanargmax(means))
    slack = n_se * standard_error(scores[best])
    return int(np.flatnonzero(close_to(means, best, slack))[-1])
