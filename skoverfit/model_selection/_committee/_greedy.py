"""Greedy choice of members by the loss of their average on rows they have not seen.

The loss is quadratic, so that the residuals' products of each pair of candidates say
all of it: a step costs as much as there are candidates, whatever the number of rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skoverfit._folds import TIE_TOLERANCE

__all__ = ["OutOfFold", "greedy_counts", "loss_of", "row_losses"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class OutOfFold:
    """What candidates say of rows that they have not seen, beside the truth.

    Attributes
    ----------
    candidates : ndarray of shape (n_answering,)
        Numbers of the candidates that have answers.
    values : ndarray of shape (n_answering, n_rows, n_columns)
        Probabilities or shares of each class, both signs of a single decision value, or
        predicted numbers; NaN where there is none.
    truth : ndarray of shape (n_rows, n_columns)
        The same of a model without errors.
    """

    candidates: NDArray[np.intp]
    values: FloatArray
    truth: FloatArray

    def gram(self, row_weight: FloatArray | None = None) -> FloatArray:
        """Mean products of the residuals of each pair of candidates.

        Parameters
        ----------
        row_weight : ndarray of shape (n_rows,), default=None
            How often each row counts.

        Returns
        -------
        gram : ndarray of shape (n_answering, n_answering)
            NaN for candidates without an answer on a row that others answer. Columns of
            numbers count by the variance of their truth.
        """
        missing = np.asarray(np.isnan(self.values).any(axis=2))
        rows: NDArray[np.bool_] = ~np.asarray(missing.all(axis=0))
        complete = ~np.asarray(missing[:, rows].any(axis=1))
        weight = np.ones(len(rows)) if row_weight is None else row_weight
        scale = np.sqrt(weight[rows] / weight[rows].sum())[:, np.newaxis]
        residuals = self.values[np.ix_(complete, rows)] - self.truth[rows]
        residuals *= scale / _spread_of(self.truth[rows])
        # Not -1: there may be no residuals at all.
        flat = residuals.reshape(len(residuals), rows.sum() * self.truth.shape[1])
        gram = np.full((len(missing), len(missing)), np.nan)
        gram[np.ix_(complete, complete)] = flat @ flat.T
        return gram


def _spread_of(truth: FloatArray) -> FloatArray:
    """Return the spread of numbers; classes are on one scale already."""
    if np.isin(truth, (-1.0, 0.0, 1.0)).all():
        return np.ones(truth.shape[1])
    spread = truth.std(axis=0)
    return np.where(spread > 0, spread, 1.0)


def row_losses(values: FloatArray, truth: FloatArray) -> FloatArray:
    """Return the quadratic loss of each row, as greedy members have the smallest of."""
    tested = np.isfinite(values).all(axis=1)
    return (((values - truth) / _spread_of(truth[tested])) ** 2).sum(axis=1)


def loss_of(weights: FloatArray, gram: FloatArray) -> float:
    """Loss of the weighted average of candidates."""
    shares = weights / weights.sum()
    return float(shares @ gram @ shares)


def greedy_counts(gram: FloatArray, max_picks: int) -> NDArray[np.intp]:
    """Say how often each candidate is taken, by the greedy search of Caruana et al.

    It starts with as many of the best candidates as are best together, and adds, again
    and again, the one that makes the loss of the average smallest, which may be one
    that is in already. It ends where none makes it smaller. So the loss is never above
    that of the best single candidate.

    Parameters
    ----------
    gram : ndarray of shape (n_answering, n_answering)
        See :meth:`OutOfFold.gram`; without NaN.
    max_picks : int
        Largest sum of what is returned.
    """
    counts = _sorted_start(gram, max_picks)
    own, current = gram.diagonal(), loss_of(counts.astype(float), gram)
    while counts.sum() < max_picks:
        total = gram @ counts
        losses = (counts @ total + 2 * total + own) / (counts.sum() + 1) ** 2
        best = int(np.argmin(losses))
        if not losses[best] < current * (1 - TIE_TOLERANCE):
            break
        counts[best] += 1
        current = losses[best]
    return counts


def _sorted_start(gram: FloatArray, max_picks: int) -> NDArray[np.intp]:
    """Take the best candidates that are best together, each once."""
    order = np.argsort(gram.diagonal(), kind="stable")[:max_picks]
    together = gram[np.ix_(order, order)].cumsum(axis=0).cumsum(axis=1).diagonal()
    sizes = np.arange(1, len(order) + 1)
    counts = np.zeros(len(gram), dtype=np.intp)
    counts[order[: int(np.argmin(together / sizes**2)) + 1]] = 1
    return counts
