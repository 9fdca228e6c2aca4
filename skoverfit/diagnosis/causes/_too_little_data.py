"""A learning curve that still rises, and the rows that a better score takes."""

from dataclasses import dataclass

from skoverfit._gap import Estimate
from skoverfit.diagnosis._comparisons._more_rows import MANY_ROWS, gain_of_doubling
from skoverfit.diagnosis._judgment._claims import pvalue_above
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
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Curve, Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause


@dataclass(frozen=True)
class MoreRows:
    """What more rows are worth.

    Attributes
    ----------
    evidence : Evidence
        It has the learning curve.
    gain : Estimate or None
        Change of the test score from half of the training rows to all of them, by
        the rows that are tested; None where the curve itself has to do.
    """

    evidence: Evidence
    gain: Estimate | None = None


def too_little_data(evidence: Evidence, gain: Estimate | None = None) -> Finding:
    """Ask whether the test score still rises at the end of the learning curve.

    Parameters
    ----------
    evidence : Evidence
        It has the curve.
    gain : Estimate, default=None
        As of :class:`MoreRows`.
    """
    code, title = "too_little_data", "More rows would still raise the test score"
    unit = "score per doubling of the rows"
    curve = evidence.learning_curve
    slope = end_slope(curve) if curve is not None and gain is None else gain
    if curve is None or slope is None:
        return not_applicable(code, title, why_skipped(evidence, "learning"), unit)
    present = slope.pvalue < ONE_SIDED and slope.mean >= small_change(evidence)
    # Nearly every model learns a little from twice the rows, at a high price.
    is_large = pvalue_above(slope, SMALL_GAP * evidence.score_range) < ONE_SIDED
    return finding(
        code,
        title=title if present else "The learning curve has no clear rise at its end",
        status=status_of(present),
        severity="warning" if present and is_large else "info",
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
    explains = "last"  # a mend of the model or its columns changes the curve
    title = "More rows would still raise the test score"
    reads = frozenset({"learning_curve"})
    judgment = staticmethod(too_little_data)

    def measure(self, lab: Lab) -> MoreRows:
        """Compare all training rows with half of them, unless the curve is flat."""
        evidence = super().measure(lab)
        if not _may_rise(evidence):
            return MoreRows(evidence)
        gain = lab.remember(self.name, lambda: gain_of_doubling(lab))
        return MoreRows(evidence, gain)

    def judge(self, measured: MoreRows, problem: Problem) -> Finding:
        """Present if more rows reliably raise the test score."""
        return too_little_data(measured.evidence, measured.gain)


def _may_rise(evidence: Evidence) -> bool:
    """Whether it is worth asking the rows: a curve of few of them says little."""
    curve = evidence.learning_curve
    slope = None if curve is None else end_slope(curve)
    if slope is None:
        return False
    return evidence.n_samples < MANY_ROWS or slope.mean >= small_change(evidence)
