"""A target whose distribution differs between the training part and the test part."""

from dataclasses import dataclass

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._part_tests import LEVEL, LabelShift, label_shift
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score

SMALL, LARGE = 0.05, 0.15
"""Distances of the targets that can matter, and that are a warning."""


@dataclass(frozen=True)
class Targets:
    """How the targets differ, and the scores as they are and weighted."""

    shift: LabelShift
    scores: tuple[float, float] | None


@register_cause
class TargetShift(Cause):
    """Other shares of the classes, or other numbers, in the test part."""

    code, name, kind = "SKO314", "label_shift", "test_part"
    title = "The target is distributed differently in the test part"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Targets:
        """Compare the targets, and score the test part with the training shares."""
        problem = lab.problem
        shift = label_shift(
            problem.y, problem.y_test, is_classification=problem.is_classification
        )
        weights = shift.weights
        if weights is None or not is_shifted(shift):
            return Targets(shift, None)
        return Targets(
            shift, changed_score(lab, lambda part: part.score_weighted(weights))
        )

    def judge(self, measured: Targets, problem: Problem) -> Finding:
        """Say what changed."""
        shift = measured.shift
        numbers = f"{shift.change[:1].upper()}{shift.change[1:]}."
        if not is_shifted(shift):
            title = "The target is distributed alike in both parts"
            return self.finding(
                "absent", title=title, explanation=numbers, pvalue=shift.pvalue
            )
        before, weighted = measured.scores or (None, None)
        return self.finding(
            "present",
            severity="warning" if shift.distance >= LARGE else "info",
            effect=None if before is None or weighted is None else weighted - before,
            explanation=numbers,
            advice=_advice(problem),
            pvalue=shift.pvalue,
            counterfactual=weighted,
            counterfactual_label="on the test part with the class shares of training",
        )


def is_shifted(shift: LabelShift) -> bool:
    """Whether targets differ for sure, and by what can matter."""
    return shift.pvalue < LEVEL and shift.distance >= SMALL


def _advice(problem: Problem) -> str:
    if not problem.is_classification:
        return (
            "Ask why the target moved: another period, another selection of rows, or "
            "another unit. Predict a change against a known base if it trends."
        )
    return (
        "Ask how the rows of each part were selected. If the shares of the test part "
        "are those of later use, weight the training rows (class_weight, "
        "sample_weight) or move the threshold (TunedThresholdClassifierCV), and use a "
        "score that does not depend on the shares (balanced_accuracy, roc_auc)."
    )
