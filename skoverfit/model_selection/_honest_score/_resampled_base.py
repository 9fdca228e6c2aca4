"""What scores of resampled rows have in common, whatever the metric."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skoverfit.model_selection._honest_score._predictions import PredictionStore

__all__ = ["ResampledScores", "ratio"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


class ResampledScores(ABC):
    """Scores of all candidates on some rows, drawn with counts.

    Parameters
    ----------
    store : PredictionStore
        Predictions of the candidates.
    y : ndarray
        The target of all rows.
    scorer : scorer
        A scorer of :func:`sklearn.metrics.make_scorer`.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights that the scorer gets.
    rows : ndarray of shape (n_rows,)
        The rows that may be drawn.
    unit : ndarray of shape (n_rows,) or None
        Number of what is drawn with each row, such as its group; None where each row
        is drawn by itself.

    Attributes
    ----------
    at_once : bool
        Whether all resamples and candidates are scored in one computation.
    by_unit : bool
        Whether the work of a resample grows with the units, not with the rows.
    """

    at_once: ClassVar[bool] = True
    by_unit: ClassVar[bool] = True

    def __init__(
        self,
        store: PredictionStore,
        y: NDArray[Any],
        scorer: Any,
        sample_weight: FloatArray | None,
        rows: IntArray,
        unit: IntArray | None = None,
    ) -> None:
        self.store, self.y, self.scorer = store, y[rows], scorer
        # Rows that are drawn one by one, in their order, need no sums.
        alone = unit is None or np.array_equal(unit, np.arange(len(rows)))
        self.rows, self.unit = rows, None if alone else unit
        self.weights = np.ones(len(rows))
        if sample_weight is not None:
            self.weights = sample_weight[rows]

    @abstractmethod
    def all(self, counts: FloatArray) -> FloatArray:
        """Score all candidates.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_units)
            How often each unit is drawn.

        Returns
        -------
        scores : ndarray of shape (n_resamples, n_candidates)
            NaN where the score is not defined.
        """

    def chosen(self, counts: FloatArray, candidates: IntArray) -> FloatArray:
        """Score one candidate per resample.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_units)
            How often each unit is drawn.
        candidates : ndarray of shape (n_resamples,)
            The candidates.
        """
        scores = self.all(counts)
        return np.take_along_axis(scores, candidates[:, np.newaxis], axis=1)[:, 0]

    def of_candidates(self) -> Iterator[NDArray[Any]]:
        """Give the stored values of each candidate, of shape (n_rows, n_outputs)."""
        return (values[self.rows] for values in self.store.values)

    def sums(self, parts: Iterable[FloatArray]) -> FloatArray:
        """Sum what rows bring, times their weights, for each unit.

        Parameters
        ----------
        parts : iterable of ndarray of shape (n_rows,)
            What is summed.
        """
        weighted = (part * self.weights for part in parts)
        if self.unit is None:
            return np.stack(list(weighted), axis=1)
        return np.stack([np.bincount(self.unit, part) for part in weighted], axis=1)


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Ratio that is 0 where there is nothing, as scikit-learn has it."""
    return np.divide(part, whole, where=whole > 0, out=np.zeros(part.shape))
