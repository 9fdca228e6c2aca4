"""What a learning curve says about more rows, and where it says nothing any more.

The error of most models falls with the training rows like a power of their number: the
score is ``a - b * n ** -c``. Four points of a noisy curve do not tell the power, so
that powers from 0 (the score rises by the same with each doubling) to 2 are gone
through, and an interval holds what any of them allows. What is estimated is the gain
over the last point, for which the test rows are the same. The curve is followed up to
four times the rows that were measured, two doublings, and no farther.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._records import Curve, RowsNeeded

CURVE_START = 0.55
"""Share of the training rows from which the end of a learning curve is judged."""

POWERS = (0.0, 0.5, 1.0, 2.0)
"""Powers of the rows by which the error may fall; 0 stands for the logarithm."""

USUAL_POWER = 0.5
"""The power of the value between the ends of the interval."""

FARTHEST = 4.0
"""Times the measured rows up to which a curve is followed."""

N_SIZES = 65
"""Numbers of rows that are looked at, a fiftieth apart."""


def end_slope(curve: Curve) -> Estimate | None:
    """Change of the test score per doubling of the rows, at the end of the curve.

    Least squares in log2 of the rows, per split, over the points from about 60 % of
    the rows on. None with fewer than two such points.
    """
    end = curve.x >= CURVE_START * curve.x.max()
    doublings = np.log2(curve.x[end])
    doublings = doublings - doublings.mean()
    if end.sum() < 2 or not doublings.any():
        return None
    slopes = doublings @ curve.test_scores[end] / (doublings @ doublings)
    return corrected_estimate(slopes, test_train_ratio=curve.test_train_ratio)


@dataclass(frozen=True)
class Outlook:
    """Test scores that are to be expected with more rows.

    Attributes
    ----------
    rows : ndarray of shape (n_sizes,)
        Numbers of training rows, from those measured on.
    score, low, high : ndarray of shape (n_sizes,)
        What is to be expected, and the ends of its interval; none falls.
    """

    rows: NDArray[np.float64]
    score: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def rows_for(self, target: float) -> RowsNeeded:
        """Training rows with which the test score reaches a target."""
        likely, most, least = (
            self._first(scores, target) for scores in (self.score, self.low, self.high)
        )
        return RowsNeeded(target, likely, (least, most), self.rows[0], self.rows[-1])

    def _first(self, scores: NDArray[np.float64], target: float) -> float:
        reached = np.flatnonzero(scores >= target)
        return float(self.rows[reached[0]]) if reached.size else np.inf


def outlook(curve: Curve) -> Outlook | None:
    """Continue a learning curve.

    Parameters
    ----------
    curve : Curve
        Scores against the number of training rows.

    Returns
    -------
    outlook : Outlook or None
        None if there are fewer than three points or two splits.
    """
    scores = curve.test_scores[:, np.isfinite(curve.test_scores).all(axis=0)]
    if len(curve.x) < 3 or scores.shape[1] < 2:
        return None
    sizes = curve.x.max() * np.geomspace(1, FARTHEST, N_SIZES)
    gains = {
        power: _gains(curve.x, scores, sizes, power, curve.test_train_ratio)
        for power in POWERS
    }
    low = np.min([gain[:, 0] for gain in gains.values()], axis=0)
    high = np.max([gain[:, 2] for gain in gains.values()], axis=0)
    now = float(scores[np.argmax(curve.x)].mean())
    usual = gains[USUAL_POWER][:, 1]
    # More rows do no harm, so that what fewer rows reach, more rows reach, too.
    ends = (now + np.maximum.accumulate(gain) for gain in (usual, low, high))
    return Outlook(sizes, *ends)


def _gains(
    x: NDArray[np.float64],
    scores: NDArray[np.float64],
    sizes: NDArray[np.float64],
    power: float,
    ratio: float,
) -> NDArray[np.float64]:
    """Gain at each size, with its ends, if the error falls by one power of the rows."""

    def falling(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        share = rows / x.max()
        return share**-power if power else -np.log(share)

    terms = falling(x) - falling(x).mean()
    slope = corrected_estimate(terms @ scores / (terms @ terms), test_train_ratio=ratio)
    steps = (falling(sizes) - falling(x.max()))[:, None]
    return steps * np.array([slope.interval[1], slope.mean, slope.interval[0]])
