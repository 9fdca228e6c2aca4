"""Pictures of gaps: each class holds the numbers first and then draws them."""

from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skoverfit._compat import import_optional
from skoverfit._docs import documented, entries
from skoverfit._gap import GapEstimate, GapScores
from skoverfit._gap_scores import gap_scores
from skoverfit.diagnosis._records import Remedy
from skoverfit.diagnosis._report._view import by_test_change, format_estimate

__all__ = [
    "DISPLAYS",
    "GapDisplay",
    "RemediesDisplay",
]

#: What the docstrings of displays have in common.
DISPLAYS = entries(
    """
    train_mean, test_mean, gap_mean : array-like of shape (n_points,)
        Means over the valid splits; NaN where there is none.
    test_low, test_high : array-like of shape (n_points,)
        Interval of the test score.
    baseline : float, default=None
        Test score of a model that ignores the features.
    score_name : str, default="score"
        Name of the score.
    ax : matplotlib.axes.Axes, default=None
        Where to draw; a new figure by default.
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """
)
DISPLAYS["means"] = "\n".join(map(DISPLAYS.pop, list(DISPLAYS)[:2]))
DISPLAYS["drawn"] = f"""\
Parameters
----------
{DISPLAYS["ax"]}

Returns
-------
display : object
    This object."""

# Okabe-Ito colors, which color-blind readers can tell apart.
TRAIN_COLOR, TEST_COLOR, BEST_COLOR = "#0072B2", "#D55E00", "#009E73"
GAP_COLOR, OTHER_COLOR = "#CC79A7", "#808080"


@documented(DISPLAYS)
@dataclass(eq=False, repr=False)
class GapDisplay:
    """Train and test score of each split, and the gap between them.

    Parameters
    ----------
    train_scores, test_scores : ndarray of shape (n_splits,)
        Scores of each split.
    gap : GapEstimate
        The gap over all splits.
    {baseline, score_name}

    Attributes
    ----------
    {ax_, figure_}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.diagnosis import GapDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = GapDisplay.from_estimator(
    ...     DecisionTreeClassifier(random_state=0), X, y, cv=3
    ... )
    >>> display.ax_.get_ylabel()
    'score'
    """

    train_scores: NDArray[np.float64]
    test_scores: NDArray[np.float64]
    gap: GapEstimate
    _: KW_ONLY
    baseline: float | None = None
    score_name: str = "score"

    @classmethod
    @documented(DISPLAYS)
    def from_scores(
        cls,
        scores: GapScores,
        *,
        baseline: float | None = None,
        score_name: str = "score",
        ax: Any = None,
    ) -> "GapDisplay":
        """Draw scores that are measured already.

        Parameters
        ----------
        scores : GapScores
            Result of :func:`skoverfit.gap_scores`.
        {baseline, score_name}
        {ax}

        Returns
        -------
        display : GapDisplay
        """
        display = cls(
            scores.train_scores,
            scores.test_scores,
            scores.gap,
            baseline=baseline,
            score_name=score_name,
        )
        return display.plot(ax)

    @classmethod
    @documented(DISPLAYS)
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        cv: Any = None,
        scoring: Any = None,
        params: dict[str, Any] | None = None,
        n_jobs: int | None = None,
        ax: Any = None,
    ) -> "GapDisplay":
        """Cross-validate an estimator and draw its scores.

        Parameters
        ----------
        estimator : estimator object
            It is cloned.
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data.
        y : array-like of shape (n_samples,), default=None
            The target.
        cv : int, cross-validation splitter or iterable, default=None
            As in :func:`skoverfit.gap_scores`.
        scoring : str or callable, default=None
            One scorer.
        params : dict, default=None
            Metadata to route.
        n_jobs : int, default=None
            Splits fitted in parallel.
        {ax}

        Returns
        -------
        display : GapDisplay

        Raises
        ------
        ValueError
            If `scoring` names several metrics.
        """
        scores = gap_scores(
            estimator, X, y, cv=cv, scoring=scoring, params=params, n_jobs=n_jobs
        )
        if isinstance(scores, dict):
            raise ValueError(f"scoring={scoring!r} must be one scorer for a picture.")
        name = scoring if isinstance(scoring, str) else "score"
        return cls.from_scores(scores, score_name=name, ax=ax)

    @documented(DISPLAYS)
    def plot(self, ax: Any = None) -> "GapDisplay":
        """Draw one line from train to test score per split.

        {drawn}
        """
        self.ax_, self.figure_ = axes_of(ax)
        splits = np.arange(1, len(self.train_scores) + 1)
        self.ax_.vlines(
            splits, self.test_scores, self.train_scores, color=OTHER_COLOR, alpha=0.6
        )
        options = {"linestyle": "none", "markersize": 7}
        self.ax_.plot(
            splits,
            self.train_scores,
            marker="s",
            color=TRAIN_COLOR,
            label="train",
            **options,
        )
        self.ax_.plot(
            splits,
            self.test_scores,
            marker="o",
            color=TEST_COLOR,
            label="test",
            **options,
        )
        if self.baseline is not None:
            self.ax_.axhline(
                self.baseline, color=OTHER_COLOR, linestyle=":", label="baseline"
            )
        self.ax_.set(
            xlabel="split",
            ylabel=literal(self.score_name),
            xticks=splits if len(splits) <= 12 else [],
            title=f"gap {format_estimate(self.gap, signed=True)}",
        )
        add_legend(self.ax_)
        return self


@documented(DISPLAYS)
@dataclass(eq=False, repr=False)
class RemediesDisplay:
    """Changes of test score and gap that remedies brought.

    Parameters
    ----------
    names : list of str
        Names of the remedies, the best first.
    test_changes : array-like of shape (n_remedies,)
        Changes of the test score, remedy minus original.
    test_low, test_high : array-like of shape (n_remedies,)
        Intervals of the test changes.
    gap_changes : array-like of shape (n_remedies,)
        Paired changes of the gap, remedy minus original.
    {score_name}

    Attributes
    ----------
    {ax_, figure_}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import diagnose
    >>> from skoverfit.diagnosis import RemediesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> report = diagnose(tree, X, y, budget="5s", random_state=0)
    >>> display = RemediesDisplay.from_remedies(report.remedies)
    >>> display.ax_.get_xlabel()
    'change of score'
    """

    names: list[str]
    test_changes: ArrayLike
    test_low: ArrayLike
    test_high: ArrayLike
    gap_changes: ArrayLike
    _: KW_ONLY
    score_name: str = "score"

    def __post_init__(self) -> None:
        """Take lists for arrays."""
        self.test_changes, self.gap_changes, self.test_low, self.test_high = map(
            as_floats,
            (self.test_changes, self.gap_changes, self.test_low, self.test_high),
        )

    @classmethod
    @documented(DISPLAYS)
    def from_remedies(
        cls, remedies: tuple[Remedy, ...], *, score_name: str = "score", ax: Any = None
    ) -> "RemediesDisplay":
        """Draw remedies that were tried.

        Parameters
        ----------
        remedies : tuple of Remedy
            Such as ``report.remedies``. Those without a finite change are left out.
        {score_name, ax}

        Returns
        -------
        display : RemediesDisplay
        """
        kept = [
            remedy
            for remedy in by_test_change(remedies)
            if np.isfinite(remedy.change.mean)
        ]
        display = cls(
            [remedy.name for remedy in kept],
            [remedy.change.mean for remedy in kept],
            [remedy.change.interval[0] for remedy in kept],
            [remedy.change.interval[1] for remedy in kept],
            [remedy.gap_change.mean for remedy in kept],
            score_name=score_name,
        )
        return display.plot(ax)

    @documented(DISPLAYS)
    def plot(self, ax: Any = None) -> "RemediesDisplay":
        """Draw one row per remedy, the best at the top.

        {drawn}
        """
        self.ax_, self.figure_ = axes_of(ax)
        rows = np.arange(len(self.names))
        self.ax_.axvline(0, color=OTHER_COLOR, linewidth=1)
        self.ax_.hlines(
            rows, self.test_low, self.test_high, color=TEST_COLOR, linewidth=2
        )
        self.ax_.plot(
            self.test_changes, rows, "o", color=TEST_COLOR, label="test score"
        )
        self.ax_.plot(
            self.gap_changes,
            rows,
            "D",
            color=TRAIN_COLOR,
            markerfacecolor="none",
            label="gap",
        )
        self.ax_.set_yticks(rows, [literal(name) for name in self.names])
        self.ax_.set(
            xlabel=f"change of {literal(self.score_name)}",
            ylim=(max(len(rows), 1) - 0.5, -0.5),
        )
        add_legend(self.ax_)
        return self


def axes_of(ax: Any) -> tuple[Any, Any]:
    """Take the given axes, or make a figure as scikit-learn's displays do."""
    if ax is None:
        plt = import_optional("matplotlib.pyplot", extra="report")
        _, ax = plt.subplots(layout="constrained")  # long names are not cut
    return ax, ax.figure


def as_floats(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=float)


def add_legend(ax: Any) -> None:
    ax.legend(frameon=False)


def literal(text: str) -> str:
    """Keep dollar signs from being read as mathematics."""
    return text.replace("$", r"\$")
