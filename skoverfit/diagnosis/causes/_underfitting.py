"""Too little capacity: a more flexible model scores better."""

import numpy as np

from skoverfit.diagnosis._judgment._claims import best_claim
from skoverfit.diagnosis._judgment._judging import (
    finding,
    named,
    not_applicable,
    show,
    signed,
    small_change,
    status_of,
)
from skoverfit.diagnosis._records import Evidence, Finding, Severity
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause, dial_changes


def underfitting(evidence: Evidence) -> Finding:
    """Ask whether a model of more capacity scores better, on train and test rows."""
    code, title = "underfitting", "A more flexible model scores better"
    changes, trains = _flexible_changes(evidence)
    claim = best_claim(changes, evidence.model.test_train_ratio)
    if claim is None:
        return not_applicable(
            code, title, "No model of more capacity was measured to compare with."
        )
    own_train = evidence.model.gap.mean_train
    fits_better = trains[claim.name] > own_train + small_change(evidence)
    present = claim.holds(small_change(evidence)) and fits_better
    beyond_train = evidence.model.gap.mean_test + claim.mean > own_train
    severity: Severity = "serious" if present and beyond_train else "warning"
    return finding(
        code,
        title=title if present else "No more flexible model is reliably better",
        status=status_of(present),
        severity=severity if present else "info",
        effect=claim.mean,
        interval=claim.interval,
        unit="score",
        explanation=(
            f"With {named(claim.name)}, the test {evidence.scoring} changes by "
            f"{signed(claim, evidence)}, and the train score is "
            f"{show(trains[claim.name], evidence)} instead of "
            f"{show(own_train, evidence)}."
            + (
                " That predicts new rows better than the model fits its own."
                if present and beyond_train
                else ""
            )
        ),
        advice="Use a model of more capacity, or better features." if present else "",
    )


def _flexible_changes(
    evidence: Evidence,
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Test score changes and train scores of models with more capacity."""
    changes, trains = {}, {}
    if evidence.dial is not None:
        curve = evidence.dial
        for name, values in dial_changes(curve, stronger=False).items():
            key = f"a weaker dial ({name})"
            changes[key] = values
            trains[key] = float(np.nanmean(curve.train_scores[curve.x < 0.5]))
    for reference in evidence.references:
        if reference.role == "flexible":
            scores = reference.scores
            changes[reference.name] = scores.test_scores - evidence.model.test_scores
            trains[reference.name] = scores.gap.mean_train
    return changes, trains


@register_cause
class Underfitting(EvidenceCause):
    """Too little capacity."""

    name, kind = "underfitting", "model"
    explains = "rest"
    title = "A more flexible model scores better"
    reads = frozenset({"dial", "references", "shuffled"})
    judgment = staticmethod(underfitting)
