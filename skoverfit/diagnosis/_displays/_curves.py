"""Pictures of scores along one axis: training rows, or strength of the dial."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skoverfit._docs import documented
from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._displays._base import (
    BEST_COLOR,
    DISPLAYS,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    add_legend,
    as_floats,
    axes_of,
    literal,
)
from skoverfit.diagnosis._records import Curve

__all__ = ["LearningCurveGapDisplay", "StrengthPathDisplay"]


@documented(DISPLAYS)
@dataclass(eq=False, repr=False)
class _CurveDisplay:
    """Train and test score along one axis, with the interval of the test score.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
        Where the scores were measured.
    {means, score_name}

    Attributes
    ----------
    {ax_, figure_}
    """

    x: ArrayLike
    train_mean: ArrayLike
    test_mean: ArrayLike
    gap_mean: ArrayLike
    test_low: ArrayLike
    test_high: ArrayLike
    _: KW_ONLY
    score_name: str = "score"

    _xlabel = ""

    def __post_init__(self) -> None:
        """Take lists for arrays."""
        self.x, self.train_mean, self.test_mean, self.gap_mean = map(
            as_floats, (self.x, self.train_mean, self.test_mean, self.gap_mean)
        )
        self.test_low, self.test_high = map(as_floats, (self.test_low, self.test_high))

    @classmethod
    @documented(DISPLAYS)
    def from_curve(
        cls, curve: Curve, *, score_name: str = "score", ax: Any = None
    ) -> Any:
        """Draw a measured curve.

        Parameters
        ----------
        curve : Curve
            Such as ``report.evidence.dial``.
        {score_name, ax}

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

    @documented(DISPLAYS)
    def plot(self, ax: Any = None) -> Any:
        """Draw both scores; the shaded band is the interval of the test score.

        {drawn}
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


@documented(DISPLAYS)
class LearningCurveGapDisplay(_CurveDisplay):
    """Train and test score against the number of training rows.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Training rows.
    {means, score_name}

    Attributes
    ----------
    {ax_, figure_}

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


@documented(DISPLAYS)
@dataclass(eq=False, repr=False)
class StrengthPathDisplay(_CurveDisplay):
    """Train score, test score and gap against the strength of regularization.

    Parameters
    ----------
    x : array-like of shape (n_points,)
        Strengths from 0 (least) to 1 (most); 0.5 is the model's own setting.
    {means, score_name}
    gap_low, gap_high : array-like of shape (n_points,), default=None
        Interval of the gap; None draws both scores alone.
    chosen : float, default=None
        The strength that was chosen.

    Attributes
    ----------
    {ax_, figure_}

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

    _: KW_ONLY
    gap_low: ArrayLike | None = None
    gap_high: ArrayLike | None = None
    chosen: float | None = None

    _xlabel = "strength of regularization (0.5: as given)"

    @classmethod
    @documented(DISPLAYS)
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
        {score_name, ax}

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
