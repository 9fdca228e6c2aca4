"""Memorization that costs test score, as the dial or another remedy shows."""

from dataclasses import replace

from skoverfit.diagnosis._judgment._claims import best_claim, claim_of
from skoverfit.diagnosis._judgment._judging import (
    finding,
    named,
    not_applicable,
    show,
    show_interval,
    signed,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._records import Evidence, Finding, Remedy
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


def with_remedy(
    findings: tuple[Finding, ...], best: Remedy | None, evidence: Evidence
) -> tuple[Finding, ...]:
    """Let a remedy that narrows the gap and scores better show the harm, too.

    Parameters
    ----------
    findings : tuple of Finding
        Conclusions so far.
    best : Remedy or None
        The remedy that reliably raises the test score most.
    evidence : Evidence
        Scores of the estimator itself.

    Returns
    -------
    findings : tuple of Finding
    """
    if best is None or best.gap_change.mean >= 0:
        return findings
    present = {f.name for f in findings if f.status == "present"}
    if "overfitting" not in present or "excess_capacity" in present:
        return findings
    return tuple(
        _shown_by(best, one, evidence) if one.name == "excess_capacity" else one
        for one in findings
    )


def _shown_by(best: Remedy, found: Finding, evidence: Evidence) -> Finding:
    text = (
        f"With {named(best.name)}, the gap goes from "
        f"{show(evidence.model.gap.mean, evidence)} to "
        f"{show(best.mean_gap, evidence)}, and the test {evidence.scoring} changes by "
        f"{show(best.change.mean, evidence)} "
        f"({show_interval(best.change.interval, evidence)}; {best.change.source}). "
    )
    return replace(
        found,
        title="Memorization costs test score",
        status="present",
        severity="serious",
        effect=best.change.mean,
        interval=best.change.interval,
        unit="score",
        explanation=text + found.explanation,
        advice=f"Take {named(best.name)}: the remedies have its code.",
    )


@register_cause
class ExcessCapacity(EvidenceCause):
    """Memorization that costs test score, as a stronger setting of the dial shows."""

    name, kind = "excess_capacity", "model"
    explains = "rest"
    title = "Less capacity scores better"
    reads = frozenset({"dial"})
    judgment = staticmethod(excess_capacity)
