"""Rows sorted by their target, and splits in that order."""

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._claims import LEVEL
from skoverfit.diagnosis._judgment._judging import (
    ONE_SIDED,
    SMALL_GAP,
    finding,
    not_applicable,
    show,
    show_interval,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Evidence, Finding
from skoverfit.diagnosis.causes._base import register_cause
from skoverfit.diagnosis.causes._evidence_cause import EvidenceCause

LARGE_ORDER_EFFECT = 0.1
"""Share of the score range from which a loss in row order counts although the target
itself is in random order."""


def row_order(evidence: Evidence) -> Finding:
    """Ask whether splits in row order score worse than random ones."""
    code, title = "row_order", "The score depends on the order of the rows"
    if evidence.shuffled is None:
        return not_applicable(code, title, why_skipped(evidence, "shuffled splits"))
    change = order_effect(evidence)
    present = _order_matters(evidence, change)
    is_sorted = evidence.row_order == "sorted"
    return finding(
        code,
        title=title if present else "The order of the rows does no harm",
        status=status_of(present),
        severity="serious" if present else "info",
        effect=change.mean,
        interval=change.interval,
        unit="score",
        explanation=_order_explanation(evidence, change, is_sorted),
        advice=_order_advice(evidence, is_sorted) if present else "",
    )


def _order_matters(evidence: Evidence, change: Estimate) -> bool:
    """Whether splits in row order reliably score worse.

    Rows can belong together, such as those of one speaker, without any order in the
    target; without that second sign the difference itself must be large and surer.
    """
    if evidence.target_order_pvalue < LEVEL:
        return bool(change.pvalue < ONE_SIDED)
    is_large = change.mean >= LARGE_ORDER_EFFECT * evidence.score_range
    return bool(is_large and change.pvalue < ONE_SIDED / 5)


def order_effect(evidence: Evidence) -> Estimate:
    """Estimate score on shuffled splits minus the score found on the ordered ones.

    The latter counts as a fixed number: if order did not matter it would be one more
    draw from the shuffled scores, and if it does its own spread over the folds is
    part of the damage and would only hide it.
    """
    if evidence.shuffled is None:
        raise ValueError("There are no scores on shuffled splits.")
    shuffled = evidence.shuffled
    return corrected_estimate(
        shuffled.test_scores - evidence.model.gap.mean_test,
        test_train_ratio=shuffled.test_train_ratio,
        tolerance=SMALL_GAP * evidence.score_range,
    )


def _order_explanation(evidence: Evidence, change: Estimate, is_sorted: bool) -> str:
    text = (
        f"Test {evidence.scoring} {show(evidence.model.gap.mean_test, evidence)} in "
        f"row order, {show(evidence.model.gap.mean_test + change.mean, evidence)} on "
        f"shuffled splits: {show(change.mean, evidence)} apart "
        f"({show_interval(change.interval, evidence)}). Random order of the target has "
        f"p = {evidence.target_order_pvalue:.2g}."
    )
    if is_sorted:
        text += " The rows are sorted by the target."
    elif evidence.row_order == "related":
        text += " Rows next to each other are alike."
    return text


def _order_advice(evidence: Evidence, is_sorted: bool) -> str:
    kind = "StratifiedKFold" if evidence.task == "classification" else "KFold"
    if is_sorted:
        return (
            f"Use cv={kind}({evidence.n_splits}, shuffle=True, random_state=0). If the "
            "order is time or groups, use TimeSeriesSplit or pass groups instead."
        )
    return (
        "Use TimeSeriesSplit if the rows are in the order of time, or pass groups if "
        "they come in groups (patients, speakers, machines, repeated measurements). Do "
        "not shuffle them: neighbors of the test rows would then be in training, and "
        "the higher score would not hold for new rows."
    )


@register_cause
class RowOrder(EvidenceCause):
    """Splits in the order of the rows score worse, for no other reason."""

    name, kind = "row_order", "validation"
    title = "The score depends on the order of the rows"
    reads = frozenset({"shuffled"})

    def judge(self, measured: Evidence, problem: Problem) -> Finding:
        """Present where rows next to each other do not belong together."""
        if measured.row_order == "related":
            return self.finding(
                "absent",
                title="The rows are not merely sorted by their target",
                explanation=(
                    "Rows next to each other are alike. See SKO302 (time), SKO303 "
                    "(groups), SKO204 and SKO205 (copies)."
                ),
            )
        return row_order(measured)
