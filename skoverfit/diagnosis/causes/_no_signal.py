"""Nothing beats a dummy, and a signal worth having would have been seen."""

from skoverfit.diagnosis._judgment._claims import Claim, best_of
from skoverfit.diagnosis._judgment._judging import (
    finding,
    named,
    not_applicable,
    show,
    show_interval,
    signed,
)
from skoverfit.diagnosis._judgment._signal import leads_of, other_signal, why_unclear
from skoverfit.diagnosis._records import Evidence, Finding, Status
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause


def no_signal(evidence: Evidence) -> Finding:
    """Ask whether anything measured beats a dummy that ignores the features."""
    code = "no_signal"
    claim = best_of(leads_of(evidence))
    if claim is None:
        return not_applicable(code, "No signal", "The baseline could not be measured.")
    beats, other = claim.holds(), other_signal(evidence)
    doubt = "" if beats or other else why_unclear(evidence)
    status: Status = "absent" if beats or other else "present"
    title = "There is signal" if beats else "There is signal, but no reliable lead"
    if doubt:
        status, title = "not_applicable", "Cannot tell whether there is signal"
    elif status == "present":
        title = "No signal was found"
    model = evidence.over_baseline
    return finding(
        code,
        title=title,
        status=status,
        severity="serious" if status == "present" else "info",
        effect=model.mean,
        interval=model.interval,
        unit="score above the baseline",
        explanation=" ".join(
            [_lead_text(evidence, claim), *([] if beats else other), doubt]
        ).strip(),
        advice=_signal_advice(evidence, status, bool(other) and not beats),
    )


def _lead_text(evidence: Evidence, claim: Claim) -> str:
    model, dummy = evidence.over_baseline, evidence.baseline.gap.mean_test
    return (
        f"The model is {show(model.mean, evidence)} "
        f"({show_interval(model.interval, evidence)}) above a dummy that ignores the "
        f"features ({evidence.scoring} {show(dummy, evidence)}); the best of "
        f"{claim.n_tried} measured models is {named(claim.name)}: "
        f"{signed(claim, evidence)}."
    )


def _signal_advice(evidence: Evidence, status: Status, hidden: bool) -> str:
    if status == "present":
        return "Look for better features before tuning any model."
    if not hidden:
        return ""
    if evidence.task == "classification" and evidence.ranking is not None:
        return (
            "Try a score that sees ranking or rare classes, such as roc_auc or "
            "balanced_accuracy."
        )
    return "Regularize: noise in the fit hides what signal there is."


@register_cause
class NoSignal(EvidenceCause):
    """Nothing beats a dummy."""

    name, kind = "no_signal", "data"
    title = "No signal was found"
    reads = frozenset({"ranking", "dial", "references", "permuted"})
    judgment = staticmethod(no_signal)
