"""A learning curve that still rises, and the rows that a better score takes."""

from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    SMALL_GAP,
    finding,
    not_applicable,
    show,
    show_interval,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._judgment._learning_curve import end_slope, outlook
from skoverfit.diagnosis._records import Curve, Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause


def too_little_data(evidence: Evidence) -> Finding:
    """Ask whether the test score still rises at the end of the learning curve."""
    code, title = "too_little_data", "More rows would still raise the test score"
    unit = "score per doubling of the rows"
    curve = evidence.learning_curve
    slope = None if curve is None else end_slope(curve)
    if curve is None or slope is None:
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
            f"per doubling of the training rows.{_rows_text(evidence, curve)}"
        ),
        advice=(
            "Collect more rows, or try augmentation. report.rows_needed(score) says "
            "how many a score of your own takes."
            if present
            else ""
        ),
    )


def _rows_text(evidence: Evidence, curve: Curve) -> str:
    """Say how many rows close half of the gap; nothing where there is no gap."""
    gap, ahead = evidence.model.gap, outlook(curve)
    if ahead is None or not gap.mean > SMALL_GAP * evidence.score_range:
        return ""
    target = gap.mean_test + gap.mean / 2
    return (
        f" A test {evidence.scoring} of {show(target, evidence)}, which closes half of "
        f"the gap: {ahead.rows_for(target)}."
    )


@register_cause
class TooLittleData(EvidenceCause):
    """A learning curve that still rises."""

    name, kind = "too_little_data", "data"
    explains = "rest"
    title = "More rows would still raise the test score"
    reads = frozenset({"learning_curve"})
    judgment = staticmethod(too_little_data)
