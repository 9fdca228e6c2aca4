"""Preparation that was done outside the splits."""

from sklearn.pipeline import Pipeline

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause


@register_cause
class PreparationOutside(Cause):
    """Steps of a Pipeline are fitted inside; what was done before is not seen."""

    code, name, kind = "SKO210", "preparation_outside", "validation"
    title = "Something was fitted on all rows before the split"
    question = (
        "Was anything fitted before the split: scaling, selection, encoding, filling, "
        "resampling? check_no_leakage(pipeline, X, y) shows what it does to the score."
    )

    def measure(self, lab: Lab) -> tuple[str, ...]:
        """List the steps that are fitted inside each split."""
        estimator = lab.problem.estimator
        if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2:
            raise NotMeasured(
                "what was done to the data before they came here cannot be seen; "
                "check_no_leakage(pipeline, X, y) compares preparation inside and "
                "outside the splits"
            )
        return tuple(name for name, step in estimator.steps[:-1] if step is not None)

    def judge(self, measured: tuple[str, ...], problem: Problem) -> Finding:
        """Say that the steps of the Pipeline are fine."""
        return self.finding(
            "absent",
            title="The steps of the Pipeline are fitted inside the splits",
            explanation=f"Fitted on the training rows of each split: "
            f"{', '.join(measured)}. What was done before is not seen.",
        )
