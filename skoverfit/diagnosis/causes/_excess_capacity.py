"""Memorization that costs test score, as a stronger setting of the dial shows."""

from skoverfit.diagnosis._judgment._claims import best_claim, claim_of
from skoverfit.diagnosis._judgment._judging import (
    finding,
    not_applicable,
    signed,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._records import Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause, dial_changes


def excess_capacity(evidence: Evidence) -> Finding:
    """Ask whether a stronger setting of the dial scores better on the test rows."""
    code, title = "excess_capacity", "Less capacity scores better"
    curve = evidence.dial
    changes = dial_changes(curve, stronger=True) if curve else {}
    claim = best_claim(changes, curve.test_train_ratio) if curve else None
    if claim is None:
        return not_applicable(code, title, why_skipped(evidence, "dial"))
    where = ""
    if evidence.leading_strength is not None and evidence.leading_change is not None:
        name, where = f"{evidence.leading_strength:g}", " on further splits"
        claim = claim_of(name, evidence.leading_change, len(changes))
    present = claim.holds(small_change(evidence))
    return finding(
        code,
        title=title if present else "No stronger setting is reliably better",
        status=status_of(present),
        severity="serious" if present else "info",
        effect=claim.mean,
        interval=claim.interval,
        unit="score",
        explanation=(
            f"The best of {claim.n_tried} stronger settings of the dial, {claim.name} "
            f"in place of 0.5, changes the test {evidence.scoring} by "
            f"{signed(claim, evidence)}{where}."
        ),
        advice=(
            f"Turn the dial to {claim.name}: with_strength(estimator, {claim.name}, "
            "scale_free=False)."
            if present
            else ""
        ),
    )


@register_cause
class ExcessCapacity(EvidenceCause):
    """Memorization that costs test score, as a stronger setting of the dial shows."""

    name, kind = "excess_capacity", "model"
    explains = "rest"
    title = "Less capacity scores better"
    reads = frozenset({"dial"})
    judgment = staticmethod(excess_capacity)
