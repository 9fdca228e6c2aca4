"""Scores of resampled rows by metrics of the order of the responses."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skoverfit._compat._scorers import sign_of
from skoverfit.model_selection._honest_score._resampled_base import (
    ResampledScores,
    ratio,
)

__all__ = ["AveragePrecision", "BinaryAUC"]

#: Numbers that are worked on at a time, where each is used several times.
CACHED = 100_000

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


class _BinaryRanks(ResampledScores):
    """Metrics of two classes that depend on the order of the responses only."""

    by_unit: ClassVar[bool] = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        assert self.store.classes_ is not None
        self._positive = self.y == self.store.classes_[1]

    @abstractmethod
    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Give the scores of some resamples at a time, and which they are."""

    def all(self, counts: FloatArray) -> FloatArray:
        columns = [self._of(each, counts) for each in self.of_candidates()]
        return np.stack(columns, axis=1)

    def chosen(self, counts: FloatArray, candidates: IntArray) -> FloatArray:
        scores = np.empty(len(counts))
        for candidate in np.unique(candidates):
            own = candidates == candidate
            values = self.store.values[candidate][self.rows]
            scores[own] = self._of(values, counts[own])
        return scores

    def _of(self, values: NDArray[Any], counts: FloatArray) -> FloatArray:
        """Score one candidate on each resample."""
        scores = np.full(len(counts), np.nan)
        if len(values) and not np.isnan(values).any():
            response = values[:, -1]  # of the greater label
            for block, found in self._scores(response, counts):
                scores[block] = found
        return sign_of(self.scorer) * scores

    def _drawn(self, counts: FloatArray, rows: IntArray) -> FloatArray:
        columns = rows if self.unit is None else self.unit[rows]
        return counts[:, columns] * self.weights[rows]


class BinaryAUC(_BinaryRanks):
    """Area under the ROC curve, ties counted half."""

    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Share of (positive, negative) pairs in the right order, for each resample."""
        below, up_to, negative = self._pairs(response)
        positive = np.flatnonzero(self._positive)
        for block in _blocks(len(counts), len(response)):
            won = self._drawn(counts[block], positive)
            lost = np.cumsum(self._drawn(counts[block], negative), axis=1)
            lost = np.concatenate([np.zeros((len(lost), 1)), lost], axis=1)
            beaten = (lost[:, below] + lost[:, up_to]) / 2
            with np.errstate(invalid="ignore"):
                pairs = won.sum(axis=1) * lost[:, -1]
                yield block, (won * beaten).sum(axis=1) / pairs

    def _pairs(self, response: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
        """For each positive row, how many negative ones are below, and not above.

        With them, the negative rows in ascending order.
        """
        negative = np.flatnonzero(~self._positive)
        negative = negative[np.argsort(response[negative])]
        of_negative, of_positive = response[negative], response[self._positive]
        below = np.searchsorted(of_negative, of_positive, side="left")
        up_to = np.searchsorted(of_negative, of_positive, side="right")
        return below, up_to, negative


class AveragePrecision(_BinaryRanks):
    """Mean, over the positive rows, of the precision at the response of each."""

    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        order = np.argsort(-response)
        positive = order[self._positive[order]]
        # Rows, and positive ones, whose response is no smaller than a positive row's.
        last = np.searchsorted(-response[order], -response[positive], "right") - 1
        hit = np.searchsorted(-response[positive], -response[positive], "right") - 1
        for block in _blocks(len(counts), len(response)):
            found = self._drawn(counts[block], positive)
            listed = np.cumsum(self._drawn(counts[block], order), axis=1)
            precision = ratio(np.cumsum(found, axis=1)[:, hit], listed[:, last])
            scores = ratio((found * precision).sum(axis=1), found.sum(axis=1))
            yield block, np.where(listed[:, -1] > 0, scores, np.nan)


def _blocks(n_resamples: int, n_rows: int) -> Iterator[slice]:
    """Give resamples of which all rows together fit into the processor's cache."""
    size = max(1, CACHED // n_rows)
    return (slice(start, start + size) for start in range(0, n_resamples, size))
