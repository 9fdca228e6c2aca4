"""A learning curve that still rises."""

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    finding,
    not_applicable,
    show,
    show_interval,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._records import Curve, Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause

CURVE_START = 0.55
"""Share of the training rows from which the end of a learning curve is judged."""


def too_little_data(evidence: Evidence) -> Finding:
    """Ask whether the test score still rises at the end of the learning curve."""
    code, title = "too_little_data", "More rows would still raise the test score"
    unit = "score per doubling of the rows"
    curve = evidence.learning_curve
    slope = None if curve is None else end_slope(curve)
    if slope is None:
        return not_applicable(code, title, why_skipped(evidence, "learning"), unit)
    present = slope.pvalue < ONE_SIDED and slope.mean >= small_change(evidence)
    return finding(
        code,
        title=title if present else "The learning curve has no clear rise at its end",
        status=status_of(present),
        severity="warning" if present else "info",
        effect=slope.mean,
        interval=slope.interval,
        unit=unit,
        explanation=(
            f"At its end the learning curve changes by {show(slope.mean, evidence)} "
            f"({show_interval(slope.interval, evidence)}) in test {evidence.scoring} "
            "per doubling of the training rows."
        ),
        advice="Collect more rows, or try augmentation." if present else "",
    )


def end_slope(curve: Curve) -> Estimate | None:
    """Change of the test score per doubling of the rows, at the end of the curve.

    Least squares in log2 of the rows, per split, over the points from about 60 % of
    the rows on. None with fewer than two such points.
    """
    end = curve.x >= CURVE_START * curve.x.max()
    doublings = np.log2(curve.x[end])
    doublings = doublings - doublings.mean()
    if end.sum() < 2 or not doublings.any():
        return None
    slopes = doublings @ curve.test_scores[end] / (doublings @ doublings)
    return corrected_estimate(slopes, test_train_ratio=curve.test_train_ratio)


@register_cause
class TooLittleData(EvidenceCause):
    """A learning curve that still rises."""

    name, kind = "too_little_data", "data"
    title = "More rows would still raise the test score"
    reads = frozenset({"learning_curve"})
    judgment = staticmethod(too_little_data)
