"""The answer in one word: what the findings and the remedies amount to."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from skoverfit.diagnosis._judgment._claims import LEVEL
from skoverfit.diagnosis._judgment._judging import (
    SMALL_CHANGE,
    named,
    show,
    show_interval,
)
from skoverfit.diagnosis._judgment._order_doubt import order_doubt
from skoverfit.diagnosis._judgment._ranking import is_doubt, is_prepared_apart, ranked
from skoverfit.diagnosis._judgment._signal import (
    any_beats_baseline,
    beats_baseline,
    why_unclear,
)
from skoverfit.diagnosis._records import Evidence, Finding, Remedy, Verdict
from skoverfit.diagnosis._remedies import (
    equal_remedy,
    largest_loss,
    may_do_harm,
    proof_of_harm,
)
from skoverfit.diagnosis.causes import registered_causes
from skoverfit.diagnosis.causes._many_columns import SPARSE_LINEAR
from skoverfit.diagnosis.remedies import _usual as usual


def judge_verdict(
    evidence: Evidence,
    findings: tuple[Finding, ...],
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict:
    """Weigh findings and remedies.

    The headline only repeats what a finding or a remedy says, so that it cannot
    contradict the tables below it.
    """
    findings = ranked(findings, evidence.score_range)
    verdict = _weigh(evidence, findings, remedies, best)
    notes = f"{_also_found(verdict, findings)}{_part_note(evidence)}"
    return replace(verdict, explanation=f"{verdict.explanation}{notes}")


def _also_found(verdict: Verdict, findings: tuple[Finding, ...]) -> str:
    """Name what is present and has no place in the verdict, the first three."""
    told = f"{verdict.headline} {verdict.explanation}".lower()

    def is_told(finding: Finding) -> bool:
        texts = (finding.title, finding.explanation)
        return any(text and text.lower() in told for text in texts)

    titles = [f.title for f in findings if _matters(f) and not is_told(f)]
    return f" Also found: {'; '.join(titles[:3])}." if titles else ""


def _matters(finding: Finding) -> bool:
    """Whether a finding is more than worth knowing, and not weighed by remedies."""
    is_there = finding.status == "present" and finding.severity != "info"
    return is_there and finding.name not in _WEIGHED


_WEIGHED = ("overfitting", "excess_capacity", "underfitting", "too_little_data")
"""Findings that the verdict weighs together with the remedies."""


def _part_note(evidence: Evidence) -> str:
    """Say on what part of the data it rests, where the budget allowed no more."""
    parts = [s.reason for s in evidence.skipped if s.what in ("all rows", "all splits")]
    return "".join(f" This was {part}." for part in parts)


def _weigh(
    evidence: Evidence,
    findings: tuple[Finding, ...],
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict:
    by_code = {f.name: f for f in findings}
    present = {code: f for code, f in by_code.items() if f.status == "present"}
    misleading = _misleading(present)
    if misleading is not None:
        return misleading
    apart = _test_part_verdict(evidence, present)
    if apart is not None:
        return apart
    leading = _leading(evidence, present, remedies, best)
    if leading is not None:
        return leading
    if "no_signal" in present:
        return _no_signal(evidence, present["no_signal"], best)
    if "underfitting" in present and _lacks_capacity(present["underfitting"], best):
        return _underfitting(present["underfitting"], best, evidence)
    if "overfitting" in present:
        return _overfits(evidence, present, remedies, best)
    gap = by_code.get("overfitting")
    if gap is not None and gap.status == "absent":
        return _no_gap(evidence, present, best)
    if gap is None:
        headline = "Nothing was found among the chosen causes."
        return Verdict("no_cause_found", headline, "The gap was not among them.")
    return _unclear_gap(evidence, gap, present, best)


def _misleading(present: dict[str, Finding]) -> Verdict | None:
    """Doubts about the validation come first: all else rests on it."""
    doubts = [f for f in present.values() if is_doubt(f)]
    if not doubts:
        return None
    worst = doubts[0]
    headline = _HEADLINES.get(worst.name, f"The score misleads: {_lower(worst.title)}.")
    return Verdict("validation_misleading", headline, _joined(worst))


def _lower(title: str) -> str:
    """Begin a title in the middle of a sentence, unless it begins with a name."""
    first = title.split(" ")[0]
    return (
        title if first.isupper() and len(first) > 1 else title[:1].lower() + title[1:]
    )


_HEADLINES = {
    "row_order": "The score depends on how the rows are ordered.",
    "duplicates": "The score is too good: test rows occur among the training rows.",
}


UNEXPLAINED_LEVEL = 0.01
"""Level of a lower score on the test part where no finding says what differs."""


def _test_part_verdict(
    evidence: Evidence, present: dict[str, Finding]
) -> Verdict | None:
    """Say where the own test part scores otherwise than cross-validation."""
    kinds = {cause.code: cause.kind for cause in registered_causes()}
    why = [f for f in present.values() if kinds.get(f.code) == "test_part"]
    if why and is_prepared_apart(why[0]):
        return Verdict("test_part_differs", f"{why[0].title}.", _joined(why[0]))
    parts, level = evidence.decomposition, LEVEL if why else UNEXPLAINED_LEVEL
    if parts is None or not parts.cv_minus_own_pvalue < level:
        return None
    if parts.cv_minus_own < max(SMALL_CHANGE * evidence.score_range, 0.0):
        return None
    text = (
        f"Cross-validated {evidence.scoring} "
        f"{show(evidence.model.gap.mean_test, evidence)}, on the own test part "
        f"{show(parts.own_test, evidence)}: "
        f"{show(parts.cv_minus_own, evidence)} "
        f"({show_interval(parts.cv_minus_own_interval, evidence)}) of the gap of "
        f"{show(parts.gap, evidence)} lies between the parts, "
        f"{show(parts.train_minus_cv, evidence)} is memorized."
    )
    if why:
        text += f" {why[0].title}: {_joined(why[0])}"
    reason = why[0].title if why else "The test part differs from the training part"
    return Verdict("test_part_differs", f"{reason}, and scores lower.", text)


def _leading(
    evidence: Evidence,
    present: dict[str, Finding],
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict | None:
    """Judge by the first finding that says all by itself, in the order of findings.

    What is wrong with the model or its columns does if the same model without it gains
    at least half of what the best remedy does.
    """
    enough = best.change.mean / 2 if best is not None else 0.0
    enough = max(enough, SMALL_CHANGE * evidence.score_range)
    for name, finding in present.items():
        gains = finding.effect is not None and finding.effect >= enough
        if name in _LEADING and gains:
            return _caused(evidence, finding, present, remedies)
        if finding.severity == "info":
            continue
        if name == "search_winner":
            return _caused(evidence, finding, present, remedies)
        if name in _HIDING or (name == "threshold" and gains):
            return Verdict("score_hides", f"{finding.title}.", _joined(finding))
    return None


_LEADING = ("unscaled_columns", "many_columns", "not_converged", "irrelevant_columns")
"""Causes with one cure each, which says more than "too little capacity"."""

_HIDING = ("imbalance_hidden", "quantity_as_classes")
"""Causes where the score, or the kind of target, is what misleads."""


def _caused(
    evidence: Evidence,
    cause: Finding,
    present: dict[str, Finding],
    remedies: tuple[Remedy, ...],
) -> Verdict:
    if cause.name == "search_winner":
        code = "validation_misleading"
    elif "overfitting" not in present:
        code = "underfitting"
    elif "excess_capacity" in present or not _is_cured_by_another(cause, remedies):
        code = "harmful_gap"
    else:
        code = _code_without_proof(evidence, remedies)
    text = f"{_joined(cause)}{_below_dummy(evidence)}"
    return Verdict(code, f"{cause.title}.", text)


def _is_cured_by_another(cause: Finding, remedies: tuple[Remedy, ...]) -> bool:
    """Whether a model of another kind is what scores better, which shows no harm."""
    if cause.name != "many_columns":
        return False
    return not any(r.name == SPARSE_LINEAR and r.regularizes for r in remedies)


def _code_without_proof(evidence: Evidence, remedies: tuple[Remedy, ...]) -> str:
    """Call a gap harmless if the same model, regularized, was tried in vain."""
    tried = [r for r in remedies if r.regularizes and _is_measured(r)]
    if not tried or may_do_harm(evidence, remedies):
        return "cannot_tell"
    return "harmless_gap"


def _joined(finding: Finding) -> str:
    return f"{finding.explanation} {finding.advice}"


def _no_signal(evidence: Evidence, finding: Finding, best: Remedy | None) -> Verdict:
    text = finding.explanation
    if best is not None:
        text += (
            f" With {named(best.name)}, less is lost (test {evidence.scoring} "
            f"{show(best.mean_test, evidence)}), yet that does not beat the dummy "
            "either."
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
    return (
        f"With {named(best.name)}, the test {evidence.scoring} rises by "
        f"{show(best.change.mean, evidence)}{where} "
        f"({show_interval(best.change.interval, evidence)}, corrected for all "
        f"remedies), and the gap goes from "
        f"{show(evidence.model.gap.mean, evidence)} to {show(best.mean_gap, evidence)}."
    )


def _overfits(
    evidence: Evidence,
    present: dict[str, Finding],
    remedies: tuple[Remedy, ...],
    best: Remedy | None,
) -> Verdict:
    text = present["overfitting"].explanation
    proof = proof_of_harm(evidence, remedies)
    if proof is not None:
        headline = "The gap is harmful: closing it raises the test score."
        text = f"{text} {_gain_text(proof, evidence)}"
    elif "excess_capacity" in present:
        headline = "The gap is harmful: less capacity raises the test score."
        text = f"{text} {_joined(present['excess_capacity'])}"
    elif best is not None:
        return _another_gains(evidence, text, remedies, best)
    else:
        return _no_gain(evidence, text, present, remedies)
    if best is not None and best is not proof:
        text = f"{text} {_gain_text(best, evidence)}"
    return Verdict("harmful_gap", headline, f"{text}{_below_dummy(evidence)}")


def _another_gains(
    evidence: Evidence, text: str, remedies: tuple[Remedy, ...], best: Remedy
) -> Verdict:
    """Say that what raises the test score shows no harm of the gap."""
    code = _code_without_proof(evidence, remedies)
    headline = f"The test score rises with {named(best.name)}"
    if code == "harmless_gap":
        headline += ", not by closing the gap."
    else:
        headline += "; whether the gap does harm is not sure."
    text = f"{text} {_gain_text(best, evidence)}"
    text += _regularized_text(evidence, remedies) + _below_dummy(evidence)
    return Verdict(code, headline, text)


def _no_gain(
    evidence: Evidence,
    text: str,
    present: dict[str, Finding],
    remedies: tuple[Remedy, ...],
) -> Verdict:
    """Weigh a gap where nothing reliably raises the test score."""
    if not beats_baseline(evidence):
        headline = (
            f"There is a gap, and no reliable lead in {evidence.scoring} over a dummy."
        )
        return _cannot_tell(evidence, present, headline, text + _below_dummy(evidence))
    return _nothing_helps(evidence, text, present, remedies)


def _nothing_helps(
    evidence: Evidence,
    text: str,
    present: dict[str, Finding],
    remedies: tuple[Remedy, ...],
) -> Verdict:
    """No remedy raises the test score: because none does, or for want of time."""
    tried = [r for r in remedies if r.kind == "estimator" and _is_measured(r)]
    untried = usual.untried(evidence.skipped)
    if not tried:
        headline = "There is a gap, but no remedy could be tried."
        return Verdict("cannot_tell", headline, f"{text}{_untried_text(untried)}")
    regularized = f"{text}{_regularized_text(evidence, remedies)}"
    text = f"{text} {_tried_text(tried, evidence)}{_untried_text(untried)}"
    rows = present.get("too_little_data")
    more = "" if rows is None else f" {_joined(rows)}"
    code = _code_without_proof(evidence, remedies)
    equal = equal_remedy(evidence, remedies)
    if equal is not None:
        headline = "There is a gap; a remedy has the same test score with less of it."
        if may_do_harm(evidence, remedies):
            headline = (
                "The gap may be harmful; a remedy has the same test score with less "
                "of it."
            )
        text = f"{text} {_equal_text(equal, evidence)}{more}"
        return Verdict(code, headline, text)
    if untried:
        headline = "There is a gap; no remedy that fitted the budget is better."
        return Verdict("cannot_tell", headline, text)
    if rows is not None:
        headline = (
            "There is a gap, and more rows would help; nothing else that was tried."
        )
        return Verdict("too_little_data", headline, f"{text}{more}")
    if may_do_harm(evidence, remedies):
        headline = "The gap may be harmful; the rows are too few to tell."
        return Verdict(code, headline, regularized)
    headline = "There is a gap, but no remedy reliably raises the test score."
    if code != "harmless_gap":
        headline = (
            "There is a gap, but no regularized version of the model could be tried."
        )
    return Verdict(code, headline, text)


def _equal_text(equal: Remedy, evidence: Evidence) -> str:
    loss = show(largest_loss(evidence), evidence)
    return (
        f"With {named(equal.name)}, the test score is the same "
        f"({show(equal.mean_test, evidence)} against "
        f"{show(evidence.model.gap.mean_test, evidence)}; a loss of more than {loss} "
        f"is ruled out) with a gap of {show(equal.mean_gap, evidence)} instead of "
        f"{show(evidence.model.gap.mean, evidence)}: prefer it."
    )


def _untried_text(untried: list[str]) -> str:
    if not untried:
        return ""
    names = ", ".join(untried)
    return f" The budget left no time for: {names}. Give it a larger one."


def _is_measured(remedy: Remedy) -> bool:
    return bool(np.isfinite(remedy.test_change.mean))


_REMEDIES = "remedy", "remedies"
_REGULARIZED = "regularized version of the model", "regularized versions of the model"


def _regularized_text(evidence: Evidence, remedies: Sequence[Remedy]) -> str:
    """Say what the same model came to, regularized; nothing if it was not tried."""
    tried = [r for r in remedies if r.regularizes and _is_measured(r)]
    return f" {_tried_text(tried, evidence, _REGULARIZED)}" if tried else ""


def _tried_text(
    tried: list[Remedy], evidence: Evidence, words: tuple[str, str] = _REMEDIES
) -> str:
    """Say what the best of the remedies came to, and how much noise may hide."""
    leader = max(tried, key=lambda r: r.change.mean)
    one, several = words
    few = len(tried) == 1
    of_all = f"The only {one}" if few else f"Of {len(tried)} {several} the best"
    text = f"{of_all} is {named(leader.name)}: the test score changes "
    text += f"by {show(leader.change.mean, evidence)}"
    text += f" ({show_interval(leader.change.interval, evidence)}, corrected)"
    closer = min(tried, key=lambda r: r.mean_gap)
    return (
        f"{text}. The smallest gap, {show(closer.mean_gap, evidence)} with "
        f"{named(closer.name)}, goes with a change of "
        f"{show(closer.change.mean, evidence)}."
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
        text += f" {why_unclear(evidence)}".rstrip()
    if evidence.ranking is not None and evidence.ranking.interval[0] > 0:
        text += (
            f" But its ROC AUC is {0.5 + evidence.ranking.mean:.2f}: a score such as "
            "roc_auc or balanced_accuracy would see that."
        )
    return text


def _unclear_gap(
    evidence: Evidence,
    finding: Finding,
    present: dict[str, Finding],
    best: Remedy | None,
) -> Verdict:
    text = finding.explanation + _below_dummy(evidence)
    if best is not None:
        text += f" {_gain_text(best, evidence)}"
    return _cannot_tell(evidence, present, f"{finding.title}.", text)


def _cannot_tell(
    evidence: Evidence, present: dict[str, Finding], headline: str, text: str
) -> Verdict:
    """Say that nothing is sure; because of the order of the rows, if that is why."""
    doubt = order_doubt(evidence, present)
    if doubt is None:
        return Verdict("cannot_tell", headline, text)
    return Verdict("cannot_tell", doubt[0], f"{doubt[1]} {text}")


def _no_gap(
    evidence: Evidence, present: dict[str, Finding], best: Remedy | None
) -> Verdict:
    model = evidence.model.gap
    text = (
        f"Train {evidence.scoring} {show(model.mean_train, evidence)}, test "
        f"{show(model.mean_test, evidence)}."
    )
    if best is not None:
        text += f" {_gain_text(best, evidence)}"
    if not beats_baseline(evidence):
        headline = "No gap beyond the noise, but no reliable lead over a dummy either."
        return _cannot_tell(evidence, present, headline, text + _below_dummy(evidence))
    if best is not None:
        headline = "No gap beyond the noise, yet another model scores better."
        return Verdict("no_cause_found", headline, text)
    for name, (code, headline) in _BESIDES.items():
        if name in present:
            text = f"{text} {_joined(present[name])}"
            return Verdict(code, headline, text)
    if model.mean_test >= NEAR_PERFECT and evidence.score_range <= 1:
        text += (
            " So good a score is a reason for suspicion: check that no column is known "
            "only after the outcome and that no row belongs to both sides."
        )
        headline = "No gap beyond the noise, but the score is nearly perfect."
        return Verdict("no_cause_found", headline, text)
    others = [finding for finding in present.values() if _matters(finding)]
    if others:
        return _no_gap_but(others[0], text)
    text += (
        " Nothing that was asked is present; that proves nothing. See the questions."
    )
    return Verdict("no_cause_found", "No gap beyond the noise.", text)


def _no_gap_but(finding: Finding, text: str) -> Verdict:
    """Lead with what else was found."""
    kinds = {cause.code: cause.kind for cause in registered_causes()}
    code = "score_hides" if kinds.get(finding.code) == "target" else "cannot_tell"
    headline = f"No gap beyond the noise, but: {_lower(finding.title)}."
    return Verdict(code, headline, f"{text} {_joined(finding)}")


NEAR_PERFECT = 0.995
"""Test score from which it is called nearly perfect."""


_BESIDES = {
    "excess_capacity": (
        "no_cause_found",
        "No gap beyond the noise, yet less capacity scores better.",
    ),
    "too_little_data": (
        "too_little_data",
        "No gap beyond the noise; more rows would still help.",
    ),
}
"""What is worth a word where there is no gap: a finding's name -> code, headline."""
