"""The model against another one on the same splits, in numbers and words."""

from dataclasses import dataclass
from typing import Any

from skoverfit._gap import Estimate
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    SMALL_CHANGE,
    named,
    show_score,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis.remedies._base import Candidate


@dataclass(frozen=True)
class Comparison:
    """Test scores of the model and of another one on the same splits.

    Attributes
    ----------
    label : str
        What the other one is.
    own, other : float
        Mean test scores.
    train, other_train : float
        Mean train scores.
    change : Estimate
        Paired change of the test score from the model to the other one.
    scoring : str
        Name of the scorer.
    score_range : float
        The way from a constant prediction to a perfect score.
    """

    label: str
    own: float
    other: float
    train: float
    other_train: float
    change: Estimate
    scoring: str
    score_range: float

    @property
    def improves(self) -> bool:
        """Whether the other one is reliably better, by more than a small change."""
        threshold = SMALL_CHANGE * self.score_range
        return self.change.pvalue < ONE_SIDED and self.change.mean >= threshold

    def show(self, value: float) -> str:
        """Write a score with the decimals that matter in its range."""
        return show_score(value, self.score_range)

    @property
    def text(self) -> str:
        """The change in a sentence."""
        low, high = self.change.interval
        change = self.show(self.change.mean)
        return (
            f"With {named(self.label)}, the test {self.scoring} goes from "
            f"{self.show(self.own)} to {self.show(self.other)} "
            f"({'+' if self.change.mean > 0 else ''}{change}, "
            f"{self.show(low)} to {self.show(high)})."
        )

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of a finding."""
        return {
            "effect": self.change.mean,
            "interval": self.change.interval,
            "pvalue": self.change.pvalue,
            "counterfactual": self.other,
            "counterfactual_label": self.label,
        }


def compare_with(lab: Lab, candidate: Candidate) -> Comparison:
    """Measure a candidate on the splits of the problem.

    Raises
    ------
    NotMeasured
        If the budget does not allow it, or it fails.
    """
    core = lab.core
    assert core is not None
    outcome = lab.with_model(candidate.name, candidate.estimator)
    return Comparison(
        candidate.name,
        core.model.gap.mean_test,
        outcome.scores.gap.mean_test,
        core.model.gap.mean_train,
        outcome.scores.gap.mean_train,
        lab.compare(outcome, core.outcome),
        lab.problem.scoring,
        core.score_range,
    )
