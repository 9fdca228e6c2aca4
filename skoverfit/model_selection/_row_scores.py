"""What rows contribute to the scores of candidates, for rules that compare rows."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skoverfit._gap import Estimate
from skoverfit._paired import paired_estimate
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    StoredResponse,
    response_method_of,
)

__all__ = ["RowScores", "key_of", "response_for_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
#: From a candidate to the scores of the rows of each split.
OfCandidate = Callable[[int], Sequence[FloatArray]]


def key_of(metric: str) -> str:
    """Return where rules that need rows find them among ``cv_results_``."""
    return f"row_scores_{metric}"


def response_for_rows(scorer: Any, estimator: Any) -> str | None:
    """Return the method whose output says what rows contribute to a score.

    Returns
    -------
    method : str or None
        None where rows do not make up the score, or not in a way that is known.
    """
    if row_scorer(scorer, estimator) is None:
        return None
    try:
        return response_method_of(scorer, estimator)
    except ValueError:  # no response that could be kept
        return None


class RowScores:
    """Scores of the rows that each split tests, of each candidate.

    Parameters
    ----------
    of : callable
        From the number of a candidate to one array for each split; their means are
        the scores of the splits.
    rows : sequence of ndarray
        Which rows these are.
    groups : array-like of shape (n_samples,), default=None
        Groups of all rows that belong together.
    """

    def __init__(
        self,
        of: OfCandidate,
        rows: Sequence[IntArray],
        groups: ArrayLike | None = None,
    ) -> None:
        self._of, self.rows, self.groups = of, rows, groups
        self._known: dict[int, Sequence[FloatArray]] = {}

    @classmethod
    def read(
        cls,
        store: PredictionStore,
        y: Any,
        n_splits: int,
        scorer: RowScorer,
        groups: ArrayLike | None = None,
    ) -> "RowScores | None":
        """Make them from stored predictions.

        Returns
        -------
        scores : RowScores or None
            None where several splits test the same rows: predictions are kept of one.
        """
        if not all(store.owns_all(split) for split in range(n_splits)):
            return None
        owner = store.split_of_row
        rows = [np.flatnonzero(owner == split) for split in range(n_splits)]
        of = partial(_scores_of, store, np.asarray(y), rows, scorer)
        return cls(of, rows, groups)

    def of(self, candidate: int) -> Sequence[FloatArray]:
        """Return what the rows of each split contribute to a candidate's scores.

        Returns
        -------
        scores : sequence of ndarray of shape (n_rows_of_split,)
            Greater is better; NaN where the candidate has no score.
        """
        if candidate not in self._known:
            self._known[candidate] = self._of(candidate)
        return self._known[candidate]

    def difference(self, one: int, other: int) -> Estimate:
        """Estimate the mean difference of two candidates from the same rows.

        Returns
        -------
        difference : Estimate
            ``one`` minus ``other``.
        """
        scores = self.of(one), self.of(other)
        return paired_estimate(*scores, self.rows, groups=self.groups)

    def kept(self, splits: Sequence[int]) -> "RowScores":
        """Return those of some splits."""
        rows = [self.rows[split] for split in splits]
        return RowScores(partial(_kept, self.of, splits), rows, self.groups)

    def of_candidates(self, candidates: Sequence[int]) -> "RowScores":
        """Return those of some candidates, numbered anew."""
        return RowScores(partial(_taken, self.of, candidates), self.rows, self.groups)

    def by_unit(self, units: Sequence[IntArray]) -> "RowScores":
        """Return those of parcels of rows, or of groups, of each split.

        Parameters
        ----------
        units : sequence of ndarray of shape (n_rows_of_split,)
            Number of the unit, from 0, that each row of each split is in.

        Returns
        -------
        scores : RowScores
            With the same means.
        """
        sizes = [int(unit.max(initial=-1)) + 1 for unit in units]
        of = partial(_by_unit, self.of, units, sizes)
        return RowScores(of, _numbered(sizes))

    def drawn(self, counts: Sequence[IntArray]) -> "RowScores":
        """Return those of rows that were drawn with replacement, as if all were new.

        Parameters
        ----------
        counts : sequence of ndarray of shape (n_rows_of_split,)
            How often each row was drawn.
        """
        of = partial(_drawn, self.of, counts)
        return RowScores(of, _numbered([int(count.sum()) for count in counts]))


def _scores_of(
    store: PredictionStore,
    y: NDArray[Any],
    rows: Sequence[IntArray],
    scorer: RowScorer,
    candidate: int,
) -> list[FloatArray]:
    response, missing = StoredResponse(store, candidate), store.is_missing(candidate)
    scored = [np.full(len(own), np.nan) for own in rows]
    for own, scores in zip(rows, scored, strict=True):
        if not missing[own].any():
            with suppress(Exception):  # whatever a metric raises
                scores[:] = scorer(response, own, y[own])
    return scored


def _kept(of: OfCandidate, splits: Sequence[int], candidate: int) -> list[FloatArray]:
    scores = of(candidate)
    return [scores[split] for split in splits]


def _taken(
    of: OfCandidate, candidates: Sequence[int], candidate: int
) -> Sequence[FloatArray]:
    return of(candidates[candidate])


def _by_unit(
    of: OfCandidate, units: Sequence[IntArray], sizes: Sequence[int], candidate: int
) -> list[FloatArray]:
    parts = zip(of(candidate), units, sizes, strict=True)
    return [
        np.bincount(unit, scores, size).astype(float) * (size / max(len(unit), 1))
        for scores, unit, size in parts
    ]


def _drawn(
    of: OfCandidate, counts: Sequence[IntArray], candidate: int
) -> list[FloatArray]:
    pairs = zip(of(candidate), counts, strict=True)
    return [np.repeat(scores, count) for scores, count in pairs]


def _numbered(sizes: Sequence[int]) -> list[IntArray]:
    """Give the rows of all splits numbers of their own."""
    ends = np.cumsum([0, *sizes])
    return [np.arange(start, end) for start, end in pairwise(ends)]
