"""The trade between test score and gap: the front of the best trades, and its knee."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._folds import tie_margin
from skoverfit.model_selection._selection import (
    BoolArray,
    FloatArray,
    ScoreTable,
    SelectionRule,
    at_the_top,
    read_scores,
    resolve_metric,
)

__all__ = ["ParetoKnee", "front_of", "pareto_front"]


def pareto_front(
    cv_results: Mapping[str, Any], metric: str | None = None
) -> NDArray[np.intp]:
    """Find the candidates that no other beats in both test score and gap.

    A candidate is on the front unless another one has at least its mean test score
    and at most its mean gap, and is better in one of them. Of candidates with the same
    two numbers the first is taken. Scores are estimates: candidates next to the front
    may be as good as those on it.

    Parameters
    ----------
    cv_results : dict of str to array-like
        The ``cv_results_`` of a search with train scores.
    metric : str, default=None
        Metric to use when several were scored.

    Returns
    -------
    indices : ndarray of shape (n_on_the_front,)
        Rows of the candidates on the front, from the smallest gap to the best test
        score. Empty if no candidate has a valid score and gap.

    Raises
    ------
    ValueError
        If the metric is missing or ambiguous, or train scores are missing.

    See Also
    --------
    ParetoKnee : Choose the candidate where the front bends.
    skoverfit.diagnosis.GapSearchDisplay : Draw the front.

    Examples
    --------
    >>> from skoverfit.model_selection import pareto_front
    >>> results = {
    ...     "mean_test_score": [0.80, 0.79, 0.78, 0.60],
    ...     "mean_train_score": [1.00, 0.85, 0.90, 0.61],
    ... }
    >>> pareto_front(results)
    array([3, 1, 0])
    """
    table = read_scores(cv_results, resolve_metric(cv_results, metric))
    return front_of(table.test, table.gap)


def front_of(test: FloatArray, gap: FloatArray) -> NDArray[np.intp]:
    """Rows that no other row beats in both numbers, by ascending gap."""
    rows = np.flatnonzero(np.isfinite(test) & np.isfinite(gap))
    # Whole numbers instead of scores: equal up to rounding is equal.
    score, excess = _levels(test[rows]), _levels(gap[rows])
    order = np.lexsort((rows, -score, excess))
    best_before = np.maximum.accumulate(np.append(-1, score[order]))[:-1]
    return rows[order[score[order] > best_before]]


def _levels(values: FloatArray) -> NDArray[np.intp]:
    """Rank of each value from 0; values within the margin of a tie share a rank."""
    order = np.argsort(values, kind="stable")
    steps = np.diff(values[order], prepend=values[order][:1]) > tie_margin(values)
    levels = np.empty(len(values), dtype=np.intp)
    levels[order] = np.cumsum(steps)
    return levels


@dataclass(frozen=True)
class ParetoKnee(SelectionRule):
    """The knee of the front of test score against gap.

    Of the candidates that no other beats in both test score and gap
    (:func:`pareto_front`), takes the one farthest above the straight line from the
    front's smallest gap to its best test score, with both measured in units of the
    front's range [1]_. It is where the front bends: from there, more test score costs
    more gap than on average over the front, and less gap more test score.

    Where no candidate lies above the line, the front has no knee and the best test
    score is taken; so it is for a front of one or two candidates.

    The rule has no number to set, but it is dear: where the line begins depends on the
    worst candidates of the grid. In the quality benchmark (1249 searches on 22 data
    sets) it cost 1.4 points of accuracy on new rows against plain argmax (95 % interval
    0.4 to 2.5) for a gap a third smaller, where ``PenalizedGap(0.5)`` cut more of the
    gap for 0.7 points. Use it to look at a search rather than to choose blindly.

    Parameters
    ----------
    metric : str, default=None
        Metric to use when several were scored.

    References
    ----------
    .. [1] I. Das, "On characterizing the 'knee' of the Pareto curve based on
       Normal-Boundary Intersection", Structural Optimization 18, 107-115, 1999.

    Examples
    --------
    >>> from skoverfit.model_selection import ParetoKnee
    >>> results = {
    ...     "mean_test_score": [0.80, 0.79, 0.78, 0.60],
    ...     "mean_train_score": [1.00, 0.85, 0.90, 0.61],
    ... }
    >>> ParetoKnee()(results)
    1
    """

    metric: str | None = None

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        front = front_of(table.test, table.gap)
        heights = _heights(table.test[front], table.gap[front])
        on_front = np.zeros(len(table.test), dtype=bool)
        on_front[front] = True
        if heights.max() <= tie_margin(np.ones(1)):
            return at_the_top(table.test, on_front)
        by_row = np.full(len(table.test), -np.inf)
        by_row[front] = heights
        return at_the_top(by_row, on_front)


def _heights(test: FloatArray, gap: FloatArray) -> FloatArray:
    """Distance above the line between the ends of a front, up to a constant."""
    if len(test) < 3:
        return np.zeros(len(test))
    # Both ascend along a front of at least two candidates.
    rise = (test - test[0]) / (test[-1] - test[0])
    return rise - (gap - gap[0]) / (gap[-1] - gap[0])
