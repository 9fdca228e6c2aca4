"""Does anything beat a dummy, and would a signal have been seen if it were there."""

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._claims import LEVEL, best_of
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    named,
    show,
)
from skoverfit.diagnosis._records import Evidence
from skoverfit.diagnosis.remedies import _usual as usual

LARGE_LEAD = 0.25
"""Share of the score range of a lead over the dummy that must be ruled out before "no
signal" is said, where neither ROC AUC nor R2 can be."""

LARGE_INSIGHT = {"classification": 0.2, "regression": 0.1}
"""ROC AUC above 0.5, or R2, that must be ruled out before "no signal" is said."""


def why_unclear(evidence: Evidence) -> str:
    """Say what keeps "no signal" from being known; empty if nothing does."""
    if evidence.n_splits < 2:
        return "One split says too little."
    late = usual.untried(evidence.skipped)
    others = [name for name in leads_of(evidence) if not name.startswith(_SAME_MODEL)]
    if not others:
        why = "the budget allowed no other" if late else "no other was measured"
        return f"One kind of model says too little, and {why}."
    possible = _largest_possible(evidence)
    if not possible:
        return ""
    return f"There are too few rows to tell: {possible} would be compatible with them."


_SAME_MODEL = ("the model", "dial", "stronger regularization", "weaker regularization")
"""First words of the names under which the estimator itself was measured."""


def _largest_possible(evidence: Evidence) -> str:
    """Name the signal that may be there and is large; empty if there is none."""
    insights = _insights(evidence)
    is_class = evidence.task == "classification"
    if insights:
        most = _upper_end(insights)
        if most < LARGE_INSIGHT[evidence.task]:
            return ""
        if is_class:
            return f"a ROC AUC of {min(0.5 + most, 1.0):.2f}"
        return f"an R2 of {min(most, 1.0):.2f}"
    most = _upper_end(leads_of(evidence))
    is_large = most >= LARGE_LEAD * evidence.score_range
    return f"a lead of {show(most, evidence)}" if is_large else ""


def beats_baseline(evidence: Evidence) -> bool:
    """Whether the model itself is reliably better than the dummy."""
    return bool(evidence.over_baseline.pvalue < ONE_SIDED)


def _upper_end(estimates: dict[str, Estimate]) -> float:
    """How much the best may be; luck below chance does not make it less."""
    best = max(estimates.values(), key=lambda e: e.mean)
    return max(best.mean, 0.0) + (best.interval[1] - best.mean)


def any_beats_baseline(evidence: Evidence) -> bool:
    """Whether anything measured is reliably better than the dummy."""
    claim = best_of(leads_of(evidence))
    return claim is not None and claim.holds()


def leads_of(evidence: Evidence) -> dict[str, Estimate]:
    """Lead over the dummy of all that was measured on the same splits."""
    if evidence.signals:
        return {signal.name: signal.lead for signal in evidence.signals}
    base = evidence.baseline.test_scores
    leads = {"the model": evidence.model.test_scores - base}
    if evidence.dial is not None:
        points = zip(evidence.dial.x, evidence.dial.test_scores, strict=True)
        leads |= {f"dial {x:g}": s - base for x, s in points if x != 0.5}
    leads |= {r.name: r.scores.test_scores - base for r in evidence.references}
    ratio = evidence.model.test_train_ratio
    return {
        name: corrected_estimate(lead, test_train_ratio=ratio)
        for name, lead in leads.items()
        if np.isfinite(lead).any()
    }


def _insights(evidence: Evidence) -> dict[str, Estimate]:
    """ROC AUC above 0.5, or R2, of all that was measured and has one."""
    found = {s.name: s.insight for s in evidence.signals if s.insight is not None}
    if not found and evidence.ranking is not None:
        found = {"the model": evidence.ranking}
    return found


def permutation_pvalue(evidence: Evidence) -> float:
    """Share of permutations of the target that score as well as the target itself."""
    if evidence.permuted is None:
        return np.nan
    scores = evidence.permuted[np.isfinite(evidence.permuted)]
    as_good = np.count_nonzero(scores >= evidence.model.gap.mean_test)
    return float((1 + as_good) / (1 + scores.size))


def other_signal(evidence: Evidence) -> list[str]:
    """Proofs of signal besides beating the baseline."""
    proofs = []
    if permutation_pvalue(evidence) < LEVEL:
        proofs.append(
            "But the model scores better than with every permutation of the target "
            f"(p = {permutation_pvalue(evidence):.2g}): the features do say something."
        )
    insight = best_of(_insights(evidence))
    if insight is not None and insight.holds():
        is_class = evidence.task == "classification"
        value = f"ROC AUC {0.5 + insight.mean:.2f}" if is_class else "by R2"
        proofs.append(
            f"But with {named(insight.name)}, rows are ranked better than chance "
            f"({value}): "
            f"{evidence.scoring} does not show the signal there is."
        )
    return proofs
