"""Remedies: changes that are tried and measured, not only recommended.

All estimators are scored on the splits of the diagnosis. Picking the best of several
on the same splits flatters it, so the leaders are measured again on further shuffled
splits of the same rows, and every claim is corrected for the number of remedies tried
(Bonferroni).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skoverfit._gap import GapScores, corrected_estimate
from skoverfit.diagnosis._comparisons._confirmation import confirm
from skoverfit.diagnosis._judgment._claims import LEVEL, claim_of, unpaired_estimate
from skoverfit.diagnosis._judgment._judging import ONE_SIDED, SMALL_CHANGE
from skoverfit.diagnosis._lab import (
    MIN_SHARED,
    Lab,
    Trial,
)
from skoverfit.diagnosis._measuring._twins import shuffled_splitter
from skoverfit.diagnosis._records import Evidence, Finding, Remedy
from skoverfit.diagnosis.causes._sorted_rows import order_effect
from skoverfit.diagnosis.remedies import _usual as usual
from skoverfit.diagnosis.remedies._base import Candidate

N_LEADERS = 2
"""Remedies that are confirmed."""


def try_remedies(
    lab: Lab,
    evidence: Evidence,
    findings: tuple[Finding, ...],
    proposed: Sequence[Candidate] = (),
    *,
    general: bool = True,
) -> tuple[Remedy, ...]:
    """Try what may help, and measure what it changes.

    Parameters
    ----------
    lab : Lab
        Problem, budget and what was tried already.
    evidence : Evidence
        Scores of the estimator itself.
    findings : tuple of Finding
        Conclusions so far; they decide which changes of validation are shown.
    proposed : sequence of Candidate, default=()
        What the causes that are present propose.
    general : bool, default=True
        Whether to try what helps many models, too.

    Returns
    -------
    remedies : tuple of Remedy
        Changes of the estimator, best test score first, then changes of validation.
    """
    in_doubt = evidence.over_baseline.pvalue >= ONE_SIDED
    more = _general(lab, in_doubt=in_doubt) if general else []
    _try_all(lab, [*proposed, *more])
    remedies = [_as_remedy(lab, trial, evidence) for trial in lab.trials]
    present = {f.name for f in findings if f.status == "present"}
    if "row_order" not in present:
        remedies = _confirm_leaders(lab, evidence, remedies)
    remedies = [_with_claim(r, len(remedies)) for r in remedies]
    remedies.sort(key=lambda r: -r.mean_test if np.isfinite(r.mean_test) else np.inf)
    return (*remedies, *_validation_remedies(lab, evidence, present))


def best_remedy(evidence: Evidence, remedies: tuple[Remedy, ...]) -> Remedy | None:
    """Pick the remedy that reliably raises the test score most; None if none does."""
    reliable = [remedy for remedy in remedies if _is_reliable(remedy, evidence)]
    return max(reliable, key=lambda remedy: remedy.change.mean, default=None)


def _is_reliable(remedy: Remedy, evidence: Evidence) -> bool:
    least = min(remedy.change.mean, remedy.test_change.mean)
    return (
        remedy.kind == "estimator"
        and remedy.adjusted_pvalue < LEVEL
        and bool(least >= SMALL_CHANGE * evidence.score_range)
    )


def proof_of_harm(evidence: Evidence, remedies: tuple[Remedy, ...]) -> Remedy | None:
    """Pick the remedy that shows best that the gap does harm; None if none does.

    It is the same model, regularized, with less of a gap and reliably a better score.
    Another model may score better for other reasons.
    """
    return best_remedy(evidence, tuple(r for r in remedies if _closes(r)))


def _closes(remedy: Remedy) -> bool:
    return remedy.regularizes and bool(remedy.gap_change.mean < 0)


MAY_MATTER = 0.05
"""Share of the score range of a gain that must be more than a standard error away
before a gap is called harmless. Chosen by ``benchmarks.quality.untouched``."""


def may_do_harm(evidence: Evidence, remedies: tuple[Remedy, ...]) -> bool:
    """Whether the same model, regularized, may well score better by much.

    That no harm was shown is then no sign of none.
    """
    least = MAY_MATTER * evidence.score_range
    return any(_closes(r) and _within_reach(r) >= least for r in remedies)


def _within_reach(remedy: Remedy) -> float:
    """Gain that is a standard error above the measured one."""
    measured = remedy.test_change if remedy.confirmed is None else remedy.confirmed
    return measured.mean + measured.std_error


LARGE_LOSS = 0.05
"""Share of the score range of a loss that must be ruled out to call scores equal."""

MUCH_OF_GAP = 0.4
"""Share of the gap that a remedy of equal score must close to be recommended."""


def equal_remedy(evidence: Evidence, remedies: tuple[Remedy, ...]) -> Remedy | None:
    """Find the remedy that costs no test score and closes most of the gap.

    Its change of the test score is no loss, and the interval of the change, which holds
    for all remedies at once, rules out a loss that matters.

    Parameters
    ----------
    evidence : Evidence
        Scores of the estimator itself.
    remedies : tuple of Remedy
        What was tried.

    Returns
    -------
    remedy : Remedy or None
        None if no remedy closes much of the gap at no cost.
    """
    gap, small = evidence.model.gap.mean, SMALL_CHANGE * evidence.score_range
    least = -largest_loss(evidence)
    equal = [
        remedy
        for remedy in remedies
        if remedy.kind == "estimator"
        and min(remedy.change.mean, remedy.test_change.mean) >= -small
        and remedy.change.interval[0] >= least
        and gap - remedy.mean_gap >= MUCH_OF_GAP * gap
    ]
    return min(equal, key=lambda remedy: remedy.mean_gap, default=None)


def largest_loss(evidence: Evidence) -> float:
    """Loss of test score that must be ruled out before scores are called equal."""
    return LARGE_LOSS * evidence.score_range


# ------------------------------------------------------------ changes of the estimator
def _general(lab: Lab, *, in_doubt: bool) -> list[Candidate]:
    """Build what may help whatever the cause; one more model if in doubt of signal."""
    builders = (
        *([usual.cautious_forest] if in_doubt else []),
        usual.forest,
        usual.swap_noise,
        usual.gaussian_noise,
    )
    return [candidate for build in builders if (candidate := build(lab.problem))]


def _try_all(lab: Lab, candidates: Sequence[Candidate]) -> None:
    """Try what the evidence has not tried yet."""
    lab.expect(len(candidates) + 2)
    for candidate in candidates:
        lab.step(candidate.name)
        n_units = 2 if candidate.name.startswith("augmentation") else 0
        if lab.allows(candidate.name, n_units):
            lab.try_candidate(candidate)


def _as_remedy(lab: Lab, trial: Trial, evidence: Evidence) -> Remedy:
    scores, model = trial.scores, evidence.model
    return Remedy(
        name=trial.candidate.name,
        description=trial.candidate.description,
        code=trial.candidate.code,
        test_change=lab.change(trial),
        gap_change=corrected_estimate(
            scores.gaps - model.gaps, test_train_ratio=model.test_train_ratio
        ),
        mean_train=scores.gap.mean_train,
        mean_test=scores.gap.mean_test,
        mean_gap=scores.gap.mean,
        seconds=trial.seconds,
        estimator=trial.candidate.estimator,
        regularizes=trial.candidate.regularizes,
    )


def _confirm_leaders(
    lab: Lab, evidence: Evidence, remedies: list[Remedy]
) -> list[Remedy]:
    """Measure the leading remedies again on further splits, if that is affordable."""
    lab.step("confirmation")
    ahead: Remedy | None = None
    for leader in _leaders(evidence, remedies):
        if ahead is None or not _is_behind(leader, ahead):
            candidate = next(
                t.candidate for t in lab.trials if t.candidate.name == leader.name
            )
            change = confirm(lab, candidate, leader.seconds)
            claimed = _with_claim(replace(leader, confirmed=change), len(remedies))
            ahead = claimed if _is_reliable(claimed, evidence) else ahead
    return [replace(r, confirmed=lab.confirmed.get(r.name)) for r in remedies]


def _is_behind(leader: Remedy, ahead: Remedy) -> bool:
    """Whether one that is confirmed leaves another nothing to decide.

    It scores better than the other does where both were chosen, and shows harm of the
    gap if the other would.
    """
    proves_as_much = ahead.regularizes or not leader.regularizes
    return proves_as_much and leader.test_change.mean <= ahead.change.mean


def _leaders(evidence: Evidence, remedies: list[Remedy]) -> list[Remedy]:
    threshold = SMALL_CHANGE * evidence.score_range
    better = [r for r in remedies if r.test_change.mean >= threshold]
    return sorted(better, key=lambda r: -r.test_change.mean)[:N_LEADERS]


def _with_claim(remedy: Remedy, n_tried: int) -> Remedy:
    """Add the p-value and the interval that hold for all remedies at once."""
    change = remedy.test_change if remedy.confirmed is None else remedy.confirmed
    claim = claim_of(remedy.name, change, n_tried)
    return replace(
        remedy, adjusted_pvalue=claim.pvalue, adjusted_interval=claim.interval
    )


# ----------------------------------------------------------- changes of the validation
def _validation_remedies(
    lab: Lab, evidence: Evidence, present: set[str]
) -> list[Remedy]:
    lab.step("validation")
    remedies = []
    if "row_order" in present and evidence.row_order == "sorted":
        remedies.append(_shuffled(lab, evidence))
    copies = evidence.duplicates
    if copies is not None and copies.shared.mean() >= MIN_SHARED:
        remedies.append(_grouped(lab, evidence))
    return [remedy for remedy in remedies if remedy is not None]


def _shuffled(lab: Lab, evidence: Evidence) -> Remedy | None:
    problem, scores = lab.problem, evidence.shuffled
    if scores is None or lab.together is not None:
        return None
    splitter = shuffled_splitter(problem, 0, None)
    name = type(splitter).__name__
    return _as_validation_remedy(
        scores,
        name="shuffled cross-validation",
        description="The same model, validated on shuffled splits.",
        code=f"from sklearn.model_selection import {name}\n\n"
        f"cv = {name}({splitter.n_splits}, shuffle=True, random_state=0)",
        test_change=order_effect(evidence),
        gap_change=corrected_estimate(
            scores.gaps - evidence.model.gap.mean,
            test_train_ratio=scores.test_train_ratio,
        ),
        seconds=float(scores.fit_times.sum()),
        estimator=problem.estimator,
    )


def _grouped(lab: Lab, evidence: Evidence) -> Remedy | None:
    """Keep copies of a row on one side of every split; other groups come first."""
    if lab.grouped is None:
        return None
    splitter, outcome, seconds = lab.grouped
    scores, model, kind = outcome.scores, evidence.model, type(splitter).__name__
    ratios = scores.test_train_ratio, model.test_train_ratio
    return _as_validation_remedy(
        scores,
        name="keep copies together",
        description="The same model, with all copies of a row on one side of a split.",
        code=f"from sklearn.model_selection import {kind}\n\n"
        "from skoverfit.diagnosis import duplicate_groups\n\n"
        "groups = duplicate_groups(X)\n"
        f"cv = {kind}({splitter.n_splits}, shuffle=True, random_state=0)",
        test_change=unpaired_estimate(
            scores.test_scores, ratios[0], model.test_scores, ratios[1]
        ),
        gap_change=unpaired_estimate(scores.gaps, ratios[0], model.gaps, ratios[1]),
        seconds=seconds,
        estimator=lab.problem.estimator,
    )


def _as_validation_remedy(scores: GapScores, **fields: Any) -> Remedy:
    return Remedy(
        mean_train=scores.gap.mean_train,
        mean_test=scores.gap.mean_test,
        mean_gap=scores.gap.mean,
        kind="validation",
        **fields,
    )
