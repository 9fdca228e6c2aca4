"""Pictures of scores along one axis: training rows, or strength of the dial."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._displays import (
    TEST_COLOUR,
    TRAIN_COLOUR,
    add_legend,
    axes_of,
    literal,
)
from skoverfit.diagnosis._records import Curve

__all__ = ["DialDisplay", "LearningCurveGapDisplay"]


class _CurveDisplay:
    """Train and test score along one axis, with the interval of the test score.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
        Where the scores were measured.
    train_mean, test_mean, gap_mean : ndarray of shape (n_points,)
        Means over the valid splits; NaN where there is none.
    test_low, test_high : ndarray of shape (n_points,)
        Interval of the test score.
    score_name : str, default="score"
        Name of the score.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    _xlabel = ""

    def __init__(
        self,
        x: ArrayLike,
        train_mean: ArrayLike,
        test_mean: ArrayLike,
        gap_mean: ArrayLike,
        test_low: ArrayLike,
        test_high: ArrayLike,
        *,
        score_name: str = "score",
    ):
        self.x = np.asarray(x, dtype=float)
        self.train_mean = np.asarray(train_mean, dtype=float)
        self.test_mean = np.asarray(test_mean, dtype=float)
        self.gap_mean = np.asarray(gap_mean, dtype=float)
        self.test_low = np.asarray(test_low, dtype=float)
        self.test_high = np.asarray(test_high, dtype=float)
        self.score_name = score_name

    @classmethod
    def from_curve(
        cls, curve: Curve, *, score_name: str = "score", ax: Any = None
    ) -> Any:
        """Draw a measured curve.

        Parameters
        ----------
        curve : Curve
            Such as ``report.evidence.dial``.
        score_name : str, default="score"
            Name of the score.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : object
            Of the class that this is called on.
        """
        ratio = curve.test_train_ratio
        test, gap, train = (
            [corrected_estimate(point, test_train_ratio=ratio) for point in scores]
            for scores in (
                curve.test_scores,
                curve.train_scores - curve.test_scores,
                curve.train_scores,
            )
        )
        display = cls(
            curve.x,
            [estimate.mean for estimate in train],
            [estimate.mean for estimate in test],
            [estimate.mean for estimate in gap],
            [estimate.interval[0] for estimate in test],
            [estimate.interval[1] for estimate in test],
            score_name=score_name,
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> Any:
        """Draw both scores; the shaded band is the interval of the test score.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : object
            This object.
        """
        self.ax_, self.figure_ = axes_of(ax)
        self.ax_.plot(
            self.x, self.train_mean, marker="s", color=TRAIN_COLOUR, label="train"
        )
        self.ax_.plot(
            self.x, self.test_mean, marker="o", color=TEST_COLOUR, label="test"
        )
        self.ax_.fill_between(
            self.x,
            self.test_low,
            self.test_high,
            color=TEST_COLOUR,
            alpha=0.2,
            linewidth=0,
        )
        self.ax_.set(xlabel=self._xlabel, ylabel=literal(self.score_name))
        add_legend(self.ax_)
        return self


class LearningCurveGapDisplay(_CurveDisplay):
    """Train and test score against the number of training rows.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Training rows.
    train_mean, test_mean, gap_mean : array-like of shape (n_points,)
        Means over the valid splits; NaN where there is none.
    test_low, test_high : array-like of shape (n_points,)
        Interval of the test score.
    score_name : str, default="score"
        Name of the score.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.diagnosis import Curve, LearningCurveGapDisplay
    >>> train = np.array([[1.0, 1.0], [1.0, 1.0]])
    >>> test = np.array([[0.7, 0.8], [0.8, 0.9]])
    >>> curve = Curve(np.array([40.0, 80.0]), train, test, test_train_ratio=0.25)
    >>> LearningCurveGapDisplay.from_curve(curve).gap_mean.round(2)
    array([0.25, 0.15])
    """

    _xlabel = "training rows"


class DialDisplay(_CurveDisplay):
    """Train and test score against the strength of regularisation.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Strengths from 0 (none) to 1 (most); 0.5 is the model's own setting.
    train_mean, test_mean, gap_mean : array-like of shape (n_points,)
        Means over the valid splits; NaN where there is none.
    test_low, test_high : array-like of shape (n_points,)
        Interval of the test score.
    score_name : str, default="score"
        Name of the score.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.diagnosis import Curve, DialDisplay
    >>> train = np.array([[1.0, 1.0], [0.9, 0.9]])
    >>> test = np.array([[0.7, 0.8], [0.8, 0.8]])
    >>> curve = Curve(np.array([0.5, 0.8]), train, test, test_train_ratio=0.25)
    >>> DialDisplay.from_curve(curve).gap_mean.round(2)
    array([0.25, 0.1 ])
    """

    _xlabel = "strength of regularisation (0.5: as given)"
