"""A score that is nearly perfect."""

from dataclasses import dataclass

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import show

PERFECT = 0.99
"""Share of the way from the dummy to a perfect score that is suspicious."""


@dataclass(frozen=True)
class Perfection:
    """How near the test score is to a perfect one.

    Attributes
    ----------
    score, baseline : float
        Test scores of the model and of a dummy.
    share : float
        Share of the way from the dummy to a perfect score.
    """

    score: float
    baseline: float
    share: float


@register_cause
class TooGood(Cause):
    """Real tasks are rarely solved without a mistake."""

    code, name, kind = "SKO213", "too_good", "validation"
    title = "The test score is nearly perfect"

    def measure(self, lab: Lab) -> Perfection:
        """Compare the test score with that of a dummy and a perfect one."""
        core = lab.core
        if core is None or not core.score_range > 0:
            raise NotMeasured("no perfect score is known")
        score = float(core.model.gap.mean_test)
        baseline = float(core.baseline.gap.mean_test)
        # The range is from a constant prediction to a perfect one.
        return Perfection(score, baseline, (score - baseline) / core.score_range)

    def judge(self, measured: Perfection, problem: Problem) -> Finding:
        """Say whether the score is a reason for suspicion."""
        text = (
            f"The test {problem.scoring} of {show(measured.score)} is "
            f"{100 * measured.share:.1f} % of the way from a dummy "
            f"({show(measured.baseline)}) to a perfect score."
        )
        if measured.share < PERFECT:
            return self.finding(
                "absent", title="The test score is not perfect", explanation=text
            )
        return self.finding(
            "present",
            severity="warning",
            explanation=f"{text} Few real tasks are that easy: often a column holds "
            "the answer, test rows have relatives among the training rows, or "
            "something was fitted on all rows.",
            advice="Before you trust it, ask of each column whether it is known when "
            "the prediction is made, keep related rows together (groups=), and score "
            "rows that were collected later (X_test=, y_test=).",
        )
