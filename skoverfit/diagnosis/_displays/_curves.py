"""Pictures of scores along one axis: training rows, or strength of the dial."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._displays._base import (
    BEST_COLOR,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    add_legend,
    axes_of,
    literal,
)
from skoverfit.diagnosis._records import Curve

__all__ = ["LearningCurveGapDisplay", "StrengthPathDisplay"]


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
        self._draw(self.train_mean, TRAIN_COLOR, "train", marker="s")
        self._draw(
            self.test_mean, TEST_COLOR, "test", band=(self.test_low, self.test_high)
        )
        self._draw_more()
        self.ax_.set(xlabel=self._xlabel, ylabel=literal(self.score_name))
        add_legend(self.ax_)
        return self

    def _draw_more(self) -> None:
        """Draw what else a subclass shows."""

    def _draw(
        self, mean: Any, color: str, label: str, *, marker: str = "o", band: Any = ()
    ) -> None:
        self.ax_.plot(self.x, mean, marker=marker, color=color, label=label)
        if band:
            self.ax_.fill_between(self.x, *band, color=color, alpha=0.2, linewidth=0)


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


class StrengthPathDisplay(_CurveDisplay):
    """Train score, test score and gap against the strength of regularization.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Strengths from 0 (least) to 1 (most); 0.5 is the model's own setting.
    train_mean, test_mean, gap_mean : array-like of shape (n_points,)
        Means over the valid splits; NaN where there is none.
    test_low, test_high : array-like of shape (n_points,)
        Interval of the test score.
    gap_low, gap_high : array-like of shape (n_points,), default=None
        Interval of the gap; None draws both scores alone.
    chosen : float, default=None
        The strength that was chosen.
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
    The path by which an estimator chose its strength:

    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.diagnosis import StrengthPathDisplay
    >>> from skoverfit.regularization import RegularizedClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> model = RegularizedClassifier(tree, strength="cv").fit(X, y)
    >>> display = StrengthPathDisplay.from_estimator(model)
    >>> display.chosen == model.strength_
    True
    >>> display.ax_.get_xlabel()
    'strength of regularization (0.5: as given)'

    What a diagnosis measured at a few strengths:

    >>> import numpy as np
    >>> from skoverfit.diagnosis import Curve
    >>> train = np.array([[1.0, 1.0], [0.9, 0.9]])
    >>> test = np.array([[0.7, 0.8], [0.8, 0.8]])
    >>> curve = Curve(np.array([0.5, 0.8]), train, test, test_train_ratio=0.25)
    >>> StrengthPathDisplay.from_curve(curve).gap_mean.round(2)
    array([0.25, 0.1 ])
    """

    _xlabel = "strength of regularization (0.5: as given)"

    def __init__(
        self,
        x: ArrayLike,
        train_mean: ArrayLike,
        test_mean: ArrayLike,
        gap_mean: ArrayLike,
        test_low: ArrayLike,
        test_high: ArrayLike,
        *,
        gap_low: ArrayLike | None = None,
        gap_high: ArrayLike | None = None,
        chosen: float | None = None,
        score_name: str = "score",
    ):
        super().__init__(
            x,
            train_mean,
            test_mean,
            gap_mean,
            test_low,
            test_high,
            score_name=score_name,
        )
        self.gap_low = gap_low
        self.gap_high = gap_high
        self.chosen = chosen

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any = None,
        y: Any = None,
        *,
        score_name: str = "score",
        ax: Any = None,
    ) -> "StrengthPathDisplay":
        """Draw the path by which an estimator chose its strength.

        Parameters
        ----------
        estimator : RegularizedClassifier or RegularizedRegressor
            With ``strength="cv"`` or an array; fitted, or to be cloned and fitted if
            `X` is given.
        X, y : array-like, default=None
            Rows to fit a clone on.
        score_name : str, default="score"
            Name of the score.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : StrengthPathDisplay

        Raises
        ------
        NotFittedError
            If `estimator` has no path, as with a number for `strength`, and is not
            fitted here.
        """
        if X is not None:
            estimator = clone(estimator).fit(X, y)
        check_is_fitted(
            estimator,
            "strength_path_",
            msg="%(name)s has no strength_path_: fit it with strength='cv'.",
        )
        path = estimator.strength_path_
        display = cls(
            path["strength"],
            path["mean_train_score"],
            path["mean_test_score"],
            path["mean_gap"],
            path["test_score_low"],
            path["test_score_high"],
            gap_low=path["gap_low"],
            gap_high=path["gap_high"],
            chosen=estimator.strength_,
            score_name=score_name,
        )
        return display.plot(ax)

    def _draw_more(self) -> None:
        if self.gap_low is not None:
            self._draw(
                self.gap_mean,
                OTHER_COLOR,
                "gap (train - test)",
                marker="^",
                band=(self.gap_low, self.gap_high),
            )
        if self.chosen is not None:
            self.ax_.axvline(
                self.chosen,
                color=BEST_COLOR,
                linestyle="--",
                label=f"chosen: {self.chosen:g}",
            )
