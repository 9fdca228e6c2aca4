"""A train score reliably above the test score, harmful or not."""

from dataclasses import replace

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._claims import pvalue_above
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    SMALL_GAP,
    finding,
    not_applicable,
    show,
    show_interval,
    status_of,
)
from skoverfit.diagnosis._records import Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause

LARGE_GAP = 0.1
"""Share of the score range from which a gap, however noisy, is not called none."""

GAP_CAP = 2.0
"""Multiple of the score range at which the gap of one split is capped for the test.

R2 and the like have no lower end: one split at -15 would make the noise so wide that
a gap on every split is lost in it."""


def overfitting(evidence: Evidence) -> Finding:
    """Ask whether the train score is reliably above the test score."""
    model, title = evidence.model, "The model scores better on its training rows"
    if not np.isfinite(model.gap.std_error):
        return not_applicable(
            "overfitting",
            "Cannot tell whether there is a gap",
            "Fewer than two splits gave train and test scores.",
        )
    gap = _judged_gap(evidence)
    present = gap.pvalue < ONE_SIDED
    wide = model.gap.mean >= LARGE_GAP * evidence.score_range
    if wide and not present:
        title = "There may be a gap: the splits differ too much to tell"
    elif not present:
        title = "No gap beyond the noise"
    return finding(
        "overfitting",
        title=title,
        status=status_of(present) if present or not wide else "not_applicable",
        severity="warning" if present and wide else "info",
        effect=gap.mean,
        interval=gap.interval,
        unit="score",
        explanation=_gap_explanation(evidence, gap),
        advice=(
            "A gap is a symptom, not the harm: see whether a remedy raises the test "
            "score before giving up train score."
            if present
            else ""
        ),
    )


def _gap_explanation(evidence: Evidence, gap: Estimate) -> str:
    scores, tolerance = evidence.model.gap, show(gap.tolerance, evidence)
    return (
        f"Train {evidence.scoring} {show(scores.mean_train, evidence)}, test "
        f"{show(scores.mean_test, evidence)}: a gap of {show(gap.mean, evidence)} "
        f"({show_interval(gap.interval, evidence)}{_cap_text(evidence)}). "
        f"Gaps up to {tolerance} count as none."
    )


def _cap_text(evidence: Evidence) -> str:
    cap = GAP_CAP * evidence.score_range
    if not np.any(evidence.model.gaps > cap):
        return ""
    return f"; no split counts for more than {show(cap, evidence)}"


def _judged_gap(evidence: Evidence) -> Estimate:
    """Take the gap, or, if a split is far off, each split's capped at some ranges."""
    cap, tolerance = GAP_CAP * evidence.score_range, SMALL_GAP * evidence.score_range
    model = evidence.model
    if np.any(model.gaps > cap):
        return corrected_estimate(
            np.minimum(model.gaps, cap),
            test_train_ratio=model.test_train_ratio,
            tolerance=tolerance,
        )
    pvalue = pvalue_above(model.gap, tolerance)
    return replace(model.gap, pvalue=pvalue, tolerance=tolerance)


@register_cause
class Gap(EvidenceCause):
    """A train score reliably above the test score, harmful or not."""

    name, kind = "overfitting", "model"
    title = "The model scores better on its training rows"
    reads = frozenset()
    explains = "nothing"
    judgment = staticmethod(overfitting)
