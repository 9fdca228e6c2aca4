"""A score that is nearly perfect."""

from dataclasses import dataclass

from sklearn.metrics import get_scorer_names

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import show

PERFECT = 0.99
"""Share of the way from a constant prediction to a perfect score that is suspicious."""

ROUNDING = 1e-6
"""By how much a score may be above a perfect one; ratios without an end exceed it."""


@dataclass(frozen=True)
class Perfection:
    """How near the test score is to a perfect one.

    Attributes
    ----------
    score, baseline : float
        Test score of the model, and the score of a constant prediction.
    share : float
        Share of the way from a constant prediction to a perfect score.
    """

    score: float
    baseline: float
    share: float


@register_cause
class TooGood(Cause):
    """Real tasks are rarely solved without a mistake."""

    code, name, kind = "SKO213", "too_good", "validation"
    title = "The test score is nearly perfect"
    explains = "nothing"

    def measure(self, lab: Lab) -> Perfection:
        """Compare the test score with those of a constant and a perfect prediction."""
        core = lab.core
        scoring = lab.problem.scoring
        if core is None or scoring not in get_scorer_names():
            raise NotMeasured(f"no perfect score is known of {scoring}")
        score = float(core.model.gap.mean_test)
        perfect = 0.0 if scoring.startswith("neg_") else 1.0
        if max(score, core.model.gap.mean_train) > perfect + ROUNDING:
            raise NotMeasured(f"no perfect score is known of {scoring}")
        # The range is from the better constant prediction to a perfect one.
        missing = (perfect - score) / core.score_range
        return Perfection(score, perfect - core.score_range, 1 - missing)

    def judge(self, measured: Perfection, problem: Problem) -> Finding:
        """Say whether the score is a reason for suspicion."""
        text = (
            f"The test {problem.scoring} of {show(measured.score)} is "
            f"{100 * measured.share:.1f} % of the way from a constant prediction "
            f"({show(measured.baseline)}) to a perfect one."
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
