"""Picture of what splits said along the dial."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skoverfit.diagnosis._displays import (
    BEST_COLOUR,
    OTHER_COLOUR,
    TEST_COLOUR,
    TRAIN_COLOUR,
    add_legend,
    axes_of,
    literal,
)

__all__ = ["StrengthPathDisplay"]


class StrengthPathDisplay:
    """Train score, test score and gap against the strength of regularisation.

    Parameters
    ----------
    strength : array-like of shape (n_strengths,)
        Strengths from 0 (least) to 1 (most); 0.5 is the model's own setting.
    train_mean, test_mean, gap_mean : array-like of shape (n_strengths,)
        Means over the splits.
    test_low, test_high : array-like of shape (n_strengths,)
        Interval of the test score.
    gap_low, gap_high : array-like of shape (n_strengths,)
        Interval of the gap.
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

    See Also
    --------
    DialDisplay : The dial as a diagnosis measures it, at a few strengths.

    Examples
    --------
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
    'strength of regularisation (0.5: as given)'
    """

    def __init__(
        self,
        strength: ArrayLike,
        train_mean: ArrayLike,
        test_mean: ArrayLike,
        gap_mean: ArrayLike,
        *,
        test_low: ArrayLike,
        test_high: ArrayLike,
        gap_low: ArrayLike,
        gap_high: ArrayLike,
        chosen: float | None = None,
        score_name: str = "score",
    ):
        self.strength = np.asarray(strength, dtype=float)
        self.train_mean = np.asarray(train_mean, dtype=float)
        self.test_mean = np.asarray(test_mean, dtype=float)
        self.gap_mean = np.asarray(gap_mean, dtype=float)
        self.test_low = np.asarray(test_low, dtype=float)
        self.test_high = np.asarray(test_high, dtype=float)
        self.gap_low = np.asarray(gap_low, dtype=float)
        self.gap_high = np.asarray(gap_high, dtype=float)
        self.chosen = chosen
        self.score_name = score_name

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
            test_low=path["test_score_low"],
            test_high=path["test_score_high"],
            gap_low=path["gap_low"],
            gap_high=path["gap_high"],
            chosen=estimator.strength_,
            score_name=score_name,
        )
        return display.plot(ax)

    def plot(self, ax: Any = None) -> "StrengthPathDisplay":
        """Draw scores and gap; bands are 95 % intervals.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        display : StrengthPathDisplay
            This object.
        """
        self.ax_, self.figure_ = axes_of(ax)
        self._draw(self.train_mean, TRAIN_COLOUR, "train")
        self._draw(self.test_mean, TEST_COLOUR, "test", self.test_low, self.test_high)
        self._draw(
            self.gap_mean,
            OTHER_COLOUR,
            "gap (train - test)",
            self.gap_low,
            self.gap_high,
        )
        if self.chosen is not None:
            self.ax_.axvline(
                self.chosen,
                color=BEST_COLOUR,
                linestyle="--",
                label=f"chosen: {self.chosen:g}",
            )
        self.ax_.set(
            xlabel="strength of regularisation (0.5: as given)",
            ylabel=literal(self.score_name),
        )
        add_legend(self.ax_)
        return self

    def _draw(
        self, mean: Any, colour: str, label: str, low: Any = None, high: Any = None
    ) -> None:
        self.ax_.plot(
            self.strength, mean, color=colour, label=label, marker="o", markersize=3
        )
        if low is not None:
            self.ax_.fill_between(
                self.strength, low, high, color=colour, alpha=0.2, linewidth=0
            )
