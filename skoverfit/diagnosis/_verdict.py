"""The answer in one word: what the findings and the remedies amount to."""

import numpy as np

from skoverfit.diagnosis._findings import (
    any_beats_baseline,
    beats_baseline,
    show,
    show_interval,
)
from skoverfit.diagnosis._records import Evidence, Finding, Remedy, Verdict
from skoverfit.diagnosis._remedies import gain_of

LARGE_GAP = 0.1
"""Share of the score range from which a gap, however noisy, is not called none."""


def judge_verdict(
    evidence: Evidence,
    findings: tuple[Finding, ...],
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict:
    """Weigh findings and remedies.

    Parameters
    ----------
    evidence : Evidence
        What was measured.
    findings : tuple of Finding
        What is present.
    remedies : tuple of Remedy
        What was tried.
    best : Remedy or None
        The one that reliably raises the test score.

    Returns
    -------
    verdict : Verdict
    """
    present = {f.code: f for f in findings if f.status == "present"}
    misleading = _misleading(present)
    if misleading is not None:
        return misleading
    if "no_signal" in present:
        return _no_signal(evidence, present["no_signal"], best)
    if "underfitting" in present and _lacks_capacity(present["underfitting"], best):
        return _underfitting(present["underfitting"], best, evidence)
    if "overfitting" in present:
        return _overfits(evidence, present["overfitting"], remedies, best)
    return _no_gap(evidence, best)


def _misleading(present: dict[str, Finding]) -> Verdict | None:
    """Doubts about the validation come first: all else rests on it."""
    order, copies = present.get("row_order"), present.get("duplicates")
    if order is not None:
        headline = "The score depends on how the rows are ordered."
        return Verdict("validation_misleading", headline, _joined(order))
    if copies is not None and copies.severity == "serious":
        headline = "The score is too good: test rows occur among the training rows."
        return Verdict("validation_misleading", headline, _joined(copies))
    return None


def _joined(finding: Finding) -> str:
    return f"{finding.explanation} {finding.advice}"


def _no_signal(evidence: Evidence, finding: Finding, best: Remedy | None) -> Verdict:
    text = finding.explanation
    if best is not None:
        text += (
            f" {best.name.capitalize()} loses less (test {evidence.scoring} "
            f"{show(best.mean_test, evidence)}), yet does not beat the dummy either."
        )
    return Verdict(
        "no_signal",
        "No signal: nothing that was measured beats a dummy.",
        f"{text} {finding.advice}",
    )


def _lacks_capacity(finding: Finding, best: Remedy | None) -> bool:
    """Whether capacity is what is missing, rather than one of several things.

    It is if another model predicts new rows better than this one fits its own, or if
    the best remedy scores better at the price of a wider gap.
    """
    if finding.severity == "serious" or best is None:
        return True
    return bool(best.gap_change.mean > 0)


def _underfitting(finding: Finding, best: Remedy | None, evidence: Evidence) -> Verdict:
    text = finding.explanation
    if best is not None:
        text += f" {_gain_text(best, evidence)}"
    return Verdict("underfitting", "The model has too little capacity.", text)


def _gain_text(best: Remedy, evidence: Evidence) -> str:
    where = "" if best.confirmed is None else " on further splits"
    assert best.adjusted_interval is not None
    return (
        f"{best.name.capitalize()} raises the test {evidence.scoring} by "
        f"{show(gain_of(best), evidence)}{where} "
        f"({show_interval(best.adjusted_interval, evidence)}, corrected for all "
        f"remedies) and takes the gap from "
        f"{show(evidence.model.gap.mean, evidence)} to {show(best.mean_gap, evidence)}."
    )


def _overfits(
    evidence: Evidence,
    finding: Finding,
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict:
    if best is not None and best.gap_change.mean < 0:
        headline = "The gap is harmful: closing it raises the test score."
        text = f"{finding.explanation} {_gain_text(best, evidence)}"
        return Verdict("harmful_gap", headline, text + _below_dummy(evidence))
    if not beats_baseline(evidence):
        return Verdict(
            "inconclusive",
            f"There is a gap, and no reliable lead in {evidence.scoring} over a dummy.",
            finding.explanation + _below_dummy(evidence),
        )
    tried = [r for r in remedies if r.kind == "estimator" and _is_measured(r)]
    if not tried:
        return Verdict(
            "inconclusive",
            "There is a gap, but no remedy could be tried.",
            f"{finding.explanation} {_why_untried(evidence)}".strip(),
        )
    if best is not None:
        headline = "There is a gap, but it is not what holds the test score back."
        text = f"{finding.explanation} {_gain_text(best, evidence)}"
        return Verdict("harmless_gap", headline, text)
    headline = "There is a gap, but no remedy reliably raises the test score."
    return Verdict(
        "harmless_gap",
        headline,
        f"{finding.explanation} {_tried_text(tried, evidence)}",
    )


def _why_untried(evidence: Evidence) -> str:
    if any("budget" in skipped.reason for skipped in evidence.skipped):
        return "The budget left no time for any: give it a larger one."
    return ""


def _is_measured(remedy: Remedy) -> bool:
    return bool(np.isfinite(remedy.test_change.mean))


def _tried_text(tried: list[Remedy], evidence: Evidence) -> str:
    """Say what the best of the remedies came to, and how much noise may hide."""
    leader = max(tried, key=gain_of)
    of_all = (
        f"Of {len(tried)} remedies the best" if len(tried) > 1 else "The only remedy"
    )
    text = f"{of_all}, {leader.name}, changes the test score "
    text += f"by {show(gain_of(leader), evidence)}"
    if leader.adjusted_interval is not None:
        text += f" ({show_interval(leader.adjusted_interval, evidence)}, corrected)"
    closer = min(tried, key=lambda r: r.mean_gap)
    return (
        f"{text}. The smallest gap, {show(closer.mean_gap, evidence)} with "
        f"{closer.name}, goes with a change of {show(gain_of(closer), evidence)}."
    )


def _below_dummy(evidence: Evidence) -> str:
    """Caution where the score itself says little."""
    if beats_baseline(evidence):
        return ""
    text = (
        f" The model as it is does not reliably beat a dummy (test {evidence.scoring} "
        f"{show(evidence.model.gap.mean_test, evidence)} against "
        f"{show(evidence.baseline.gap.mean_test, evidence)})."
    )
    if not any_beats_baseline(evidence):
        text += " Nor does anything else that was measured."
    if evidence.ranking is not None and evidence.ranking.interval[0] > 0:
        text += (
            f" But its ROC AUC is {0.5 + evidence.ranking.mean:.2f}: a score such as "
            "roc_auc or balanced_accuracy would see that."
        )
    return text


def _no_gap(evidence: Evidence, best: Remedy | None) -> Verdict:
    model = evidence.model.gap
    text = (
        f"Train {evidence.scoring} {show(model.mean_train, evidence)}, test "
        f"{show(model.mean_test, evidence)}."
    )
    if not beats_baseline(evidence):
        return Verdict(
            "inconclusive",
            "No gap, but no reliable lead over a dummy either.",
            text + _below_dummy(evidence),
        )
    if model.mean >= LARGE_GAP * evidence.score_range:
        text += (
            f" A gap of {show(model.mean, evidence)}, but its interval is wide: "
            f"{show_interval(model.interval, evidence)}. The scores differ too much "
            "from split to split to say more."
        )
        if best is not None:
            text += f" {_gain_text(best, evidence)}"
        return Verdict("inconclusive", "There may be a gap: too noisy to tell.", text)
    if best is not None:
        headline = "No gap to worry about, yet another model scores better."
        return Verdict("healthy", headline, f"{text} {_gain_text(best, evidence)}")
    return Verdict("healthy", "Nothing to worry about: no gap beyond the noise.", text)
