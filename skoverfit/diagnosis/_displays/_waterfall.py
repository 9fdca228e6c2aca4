"""The way from the train score down to the score that new rows will see."""

import textwrap
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from skoverfit._docs import documented
from skoverfit._plain import printable
from skoverfit.diagnosis._displays._base import (
    DISPLAYS,
    GAP_COLOR,
    OTHER_COLOR,
    TEST_COLOR,
    TRAIN_COLOR,
    axes_of,
    literal,
)
from skoverfit.diagnosis._report._view import format_score, metric_name
from skoverfit.diagnosis.causes import registered_causes

__all__ = ["GapWaterfallDisplay", "WaterfallStep"]

_DOUBTFUL_KINDS = ("validation", "selection")
"""Kinds of causes that make the cross-validated score too good."""


@dataclass(frozen=True)
class WaterfallStep:
    """One bar: a score, or what lies between two scores.

    Attributes
    ----------
    label : str
        What it is.
    start, end : float
        Scores between which the bar stands; a score itself starts at the baseline.
    kind : {"train", "loss", "test"}
        A score of training rows, what is lost, or a score of other rows.
    """

    label: str
    start: float
    end: float
    kind: str


@documented(DISPLAYS)
@dataclass(eq=False, repr=False)
class GapWaterfallDisplay:
    """Train score, what is lost on the way, and the score of rows not trained on.

    With your own test part the gap falls apart into what the model memorizes and what
    differs between the parts. Where a cause makes the cross-validated score too good,
    the last bar is the score measured without that cause.

    Parameters
    ----------
    steps : list of WaterfallStep
        The bars, from the train score on.
    baseline : float
        Test score of a model that ignores the features; scores start there.
    {score_name}

    Attributes
    ----------
    {ax_, figure_}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.diagnosis import GapWaterfallDisplay, diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> report = diagnose(tree, X, y, budget="2s", random_state=0)
    >>> display = GapWaterfallDisplay.from_report(report)
    >>> [step.label for step in display.steps]
    ['train', 'memorized', 'cross-validated']
    """

    steps: list[WaterfallStep]
    baseline: float
    _: KW_ONLY
    score_name: str = "score"

    @classmethod
    @documented(DISPLAYS)
    def from_report(cls, report: Any, *, ax: Any = None) -> "GapWaterfallDisplay":
        """Draw what a report measured.

        Parameters
        ----------
        report : OverfitReport
            Result of :func:`~skoverfit.diagnosis.diagnose`.
        {ax}

        Returns
        -------
        display : GapWaterfallDisplay
        """
        evidence = report.evidence
        baseline = evidence.baseline.gap.mean_test
        display = cls(
            waterfall_steps(report),
            baseline,
            score_name=printable(metric_name(evidence.scoring)),
        )
        return display.plot(ax)

    @documented(DISPLAYS)
    def plot(self, ax: Any = None) -> "GapWaterfallDisplay":
        """Draw one horizontal bar a step, the train score on top.

        {drawn}
        """
        self.ax_, self.figure_ = axes_of(ax)
        colors = {"train": TRAIN_COLOR, "loss": GAP_COLOR, "test": TEST_COLOR}
        for place, step in enumerate(self.steps):
            left, width = min(step.start, step.end), abs(step.end - step.start)
            self.ax_.barh(place, width, left=left, height=0.6, color=colors[step.kind])
            self.ax_.annotate(
                self._number(step),
                (left + width, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
            )
        self._draw_frame()
        return self

    def _number(self, step: WaterfallStep) -> str:
        if step.kind == "loss":
            return format_score(step.end - step.start, signed=True)
        return format_score(step.end)

    def _draw_frame(self) -> None:
        labels = [literal("\n".join(_lines(step.label))) for step in self.steps]
        self.ax_.set_yticks(range(len(labels)), labels)
        self.ax_.invert_yaxis()
        self.ax_.axvline(self.baseline, color=OTHER_COLOR, linestyle=":")
        ends = np.array([[s.start, s.end] for s in self.steps])
        low, high = ends.min(), ends.max()
        room = 0.18 * (high - low or 1.0)
        self.ax_.set_xlim(low - 0.02 * (high - low or 1.0), high + room)
        self.ax_.set_xlabel(f"{literal(self.score_name)} (dotted: baseline)")


def _lines(label: str) -> list[str]:
    return textwrap.wrap(printable(label), 22, max_lines=3, placeholder="…")


def waterfall_steps(report: Any) -> list[WaterfallStep]:
    """From the train score to the last score that was measured.

    Returns
    -------
    steps : list of WaterfallStep
        Scores and, between two scores, what is lost.
    """
    gap = report.evidence.model.gap
    base = report.evidence.baseline.gap.mean_test
    steps = [
        WaterfallStep("train", base, gap.mean_train, "train"),
        WaterfallStep("memorized", gap.mean_train, gap.mean_test, "loss"),
        WaterfallStep("cross-validated", base, gap.mean_test, "test"),
    ]
    for loss, label, score in _further_scores(report):
        steps.append(WaterfallStep(loss, gap.mean_test, score, "loss"))
        steps.append(WaterfallStep(label, base, score, "test"))
    return steps


def _further_scores(report: Any) -> list[tuple[str, str, float]]:
    """Take the own test part, else the lowest score without what made it too good."""
    parts = report.evidence.decomposition
    if parts is not None:
        return [("the parts differ", "own test part", parts.own_test)]
    kinds = {cause.code: cause.kind for cause in registered_causes()}
    honest = [
        f
        for f in report.findings
        if f.status == "present"
        and f.counterfactual is not None
        and kinds.get(f.code) in _DOUBTFUL_KINDS
        and f.counterfactual < report.evidence.model.gap.mean_test
    ]
    if not honest:
        return []
    lowest = min(honest, key=lambda f: f.counterfactual)
    return [("too good by", lowest.counterfactual_label, lowest.counterfactual)]
