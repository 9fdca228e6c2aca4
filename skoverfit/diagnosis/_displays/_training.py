"""Picture of train and validation score while a model is trained."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skoverfit._docs import documented
from skoverfit.diagnosis._displays._base import (
    BEST_COLOR,
    DISPLAYS,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    add_legend,
    axes_of,
    literal,
)

__all__ = ["TrainingCurveDisplay"]


@documented(DISPLAYS)
class TrainingCurveDisplay:
    """Train and validation score against the number of iterations.

    Parameters
    ----------
    iteration : array-like of shape (n_looks,)
        After how many iterations the scores were taken.
    validation_score : array-like of shape (n_looks,)
        Scores of rows held out.
    train_score : array-like of shape (n_looks,), default=None
        Scores of the training rows.
    validation_std : array-like of shape (n_looks,), default=None
        Standard deviation of `validation_score` over splits.
    best_iteration : int, default=None
        The iteration that was chosen.
    stopped_by : str, default=None
        Why training ended.
    {score_name}

    Attributes
    ----------
    {ax_, figure_}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from skoverfit.diagnosis import TrainingCurveDisplay
    >>> from skoverfit.regularization import EarlyStoppingClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = EarlyStoppingClassifier(
    ...     GradientBoostingClassifier(random_state=0), random_state=0
    ... ).fit(X, y)
    >>> display = TrainingCurveDisplay.from_estimator(model)
    >>> display.best_iteration == model.best_iteration_
    True
    >>> display.ax_.get_xlabel()
    'iterations'
    """

    def __init__(
        self,
        iteration: ArrayLike,
        validation_score: ArrayLike,
        train_score: ArrayLike | None = None,
        *,
        validation_std: ArrayLike | None = None,
        best_iteration: int | None = None,
        stopped_by: str | None = None,
        score_name: str = "score",
    ):
        self.iteration = np.asarray(iteration, dtype=int)
        self.validation_score = np.asarray(validation_score, dtype=float)
        self.train_score = _floats(train_score)
        self.validation_std = _floats(validation_std)
        self.best_iteration = best_iteration
        self.stopped_by = stopped_by
        self.score_name = score_name

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
    ) -> "TrainingCurveDisplay":
        """Draw the history of an estimator with early stopping.

        Parameters
        ----------
        estimator : EarlyStoppingClassifier or EarlyStoppingRegressor
            Fitted, or to be cloned and fitted if `X` is given.
        X, y : array-like, default=None
            Rows to fit a clone on.
        {score_name, ax}

        Returns
        -------
        display : TrainingCurveDisplay

        Raises
        ------
        NotFittedError
            If `estimator` has no history and no `X` is given.
        """
        if X is not None:
            estimator = clone(estimator).fit(X, y)
        check_is_fitted(estimator, "history_")
        history = estimator.history_
        display = cls(
            history["iteration"],
            history["validation_score"],
            history.get("train_score"),
            validation_std=history.get("validation_std"),
            best_iteration=estimator.best_iteration_,
            stopped_by=estimator.stopped_by_,
            score_name=score_name,
        )
        return display.plot(ax)

    @documented(DISPLAYS)
    def plot(self, ax: Any = None) -> "TrainingCurveDisplay":
        """Draw both scores; the band is one standard deviation over splits.

        {drawn}
        """
        self.ax_, self.figure_ = axes_of(ax)
        if self.train_score is not None:
            self._draw(self.train_score, TRAIN_COLOR, "train")
        self._draw(self.validation_score, TEST_COLOR, "validation")
        if self.validation_std is not None:
            low = self.validation_score - self.validation_std
            high = self.validation_score + self.validation_std
            self.ax_.fill_between(
                self.iteration, low, high, color=TEST_COLOR, alpha=0.2, linewidth=0
            )
        self._mark_ends()
        self.ax_.set(xlabel="iterations", ylabel=literal(self.score_name))
        add_legend(self.ax_)
        return self

    def _draw(self, scores: Any, color: str, label: str) -> None:
        # A single point has no line.
        marker = "o" if len(self.iteration) == 1 else None
        self.ax_.plot(self.iteration, scores, color=color, label=label, marker=marker)

    def _mark_ends(self) -> None:
        if self.best_iteration is not None:
            label = f"best: {self.best_iteration}"
            self.ax_.axvline(
                self.best_iteration, color=BEST_COLOR, linestyle="--", label=label
            )
        if self.stopped_by is not None:
            label = f"stopped by {self.stopped_by}: {self.iteration[-1]}"
            self.ax_.axvline(
                self.iteration[-1], color=OTHER_COLOR, linestyle=":", label=label
            )


def _floats(values: ArrayLike | None) -> Any:
    return None if values is None else np.asarray(values, dtype=float)
