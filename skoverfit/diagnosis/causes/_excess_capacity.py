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
    findings: tuple[Finding, ...], proof: Remedy | None, evidence: Evidence
) -> tuple[Finding, ...]:
    """Let any remedy that shows the harm of a gap do so, not the dial alone.

    Parameters
    ----------
    findings : tuple of Finding
        Conclusions so far.
    proof : Remedy or None
        The same model, regularized, with less of a gap and a better score.
    evidence : Evidence
        Scores of the estimator itself.

    Returns
    -------
    findings : tuple of Finding
    """
    if proof is None:
        return findings
    present = {f.name for f in findings if f.status == "present"}
    if "overfitting" not in present or "excess_capacity" in present:
        return findings
    return tuple(
        _shown_by(proof, one, evidence) if one.name == "excess_capacity" else one
        for one in findings
    )


def _shown_by(proof: Remedy, found: Finding, evidence: Evidence) -> Finding:
    text = (
        f"With {named(proof.name)}, the gap goes from "
        f"{show(evidence.model.gap.mean, evidence)} to "
        f"{show(proof.mean_gap, evidence)}, and the test {evidence.scoring} changes by "
        f"{show(proof.change.mean, evidence)} "
        f"({show_interval(proof.change.interval, evidence)}; {proof.change.source}). "
    )
    return replace(
        found,
        title="Memorization costs test score",
        status="present",
        severity="serious",
        effect=proof.change.mean,
        interval=proof.change.interval,
        explanation=text + found.explanation,
        advice=f"Take {named(proof.name)}: the remedies have its code.",
    )


@register_cause
class ExcessCapacity(EvidenceCause):
    """Memorization that costs test score, as a stronger setting of the dial shows."""

    name, kind = "excess_capacity", "model"
    explains = "rest"
    title = "Less capacity scores better"
    reads = frozenset({"dial"})
    judgment = staticmethod(excess_capacity)
