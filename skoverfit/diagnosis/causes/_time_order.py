"""Rows in the order of time, validated as if they had none."""

from skoverfit.diagnosis._comparisons._contrasts import Contrast
from skoverfit.diagnosis._comparisons._row_sequences import SequenceScores, time_scores
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import passed

MANY_BEYOND = 0.1
"""Share of later targets outside the range of earlier ones that is worth a word."""


@register_cause
class TimeOrder(Cause):
    """A score from rows later than those that are predicted."""

    code, name, kind = "SKO302", "time_order", "validation"
    title = "The rows are in the order of time, and later ones are harder to predict"
    cost = 1.0
    question = (
        "Will the model predict rows later than those it was trained on? Pass when "
        "each row was recorded: time=..."
    )

    def measure(self, lab: Lab) -> SequenceScores:
        """Measure on splits from earlier to later rows."""
        return time_scores(lab)

    def judge(self, measured: SequenceScores, problem: Problem) -> Finding:
        """Present where forward splits score reliably less than shuffled ones."""
        pair = measured.pair
        if pair is None or not measured.is_present:
            return self.finding(
                "absent",
                title="Time does no harm to the validation",
                explanation=_absence(measured, problem),
            )
        column = measured.sequence.column
        return self.finding(
            "present",
            title=_title(measured),
            severity="warning" if measured.sequence.is_guess else "serious",
            effect=pair.effect,
            interval=pair.interval,
            pvalue=pair.pvalue,
            explanation=_explanation(measured, pair, problem),
            advice=_advice(measured, problem),
            counterfactual=pair.other,
            counterfactual_label=_label(measured),
            columns=(column,) if column else (),
        )


def _title(measured: SequenceScores) -> str:
    """Say what is known of the order; nothing where it is surely that of time."""
    sequence = measured.sequence
    if sequence.is_guess:
        return f"Later rows by '{sequence.column}' are harder to predict"
    if sequence.column or sequence.is_given:
        return ""
    return "The rows are in an order, as of time, and later ones are harder to predict"


def _explanation(measured: SequenceScores, pair: Contrast, problem: Problem) -> str:
    column, texts = measured.sequence.column, []
    if measured.sequence.is_guess:
        texts.append(
            f"Rows change along {column}, which is named like a time; only you know "
            "whether it is when a row was recorded."
        )
    elif column:
        texts.append(f"Rows change along {column}.")
    elif not measured.sequence.is_given:
        texts.append("Rows next to one another in the file are alike.")
    texts.append(
        f"{problem.scoring} {pair.score:.3f} on shuffled splits, {pair.other:.3f} "
        f"{_label(measured)}."
    )
    if measured.beyond >= MANY_BEYOND:
        texts.append(
            f"{measured.beyond:.0%} of the later targets are outside the range of the "
            "earlier ones: the target has a trend, and trees and nearest neighbors "
            "cannot extrapolate."
        )
    return " ".join(texts)


def _label(measured: SequenceScores) -> str:
    if measured.is_contiguous:
        return "on contiguous parts in the order of time"
    return "trained on earlier rows, tested on later ones"


def _advice(measured: SequenceScores, problem: Problem) -> str:
    column = measured.sequence.column
    if column:
        given = passed("time", column, problem)
    else:
        given = "time=... (when each row was recorded)"
    if measured.sequence.is_guess:
        given += f" if {column} is when a row was recorded"
    text = (
        f"Pass {given}, or use cv=TimeSeriesSplit({max(len(problem.splits), 2)}) with "
        "the rows in the order of time; do not shuffle."
    )
    if measured.beyond >= MANY_BEYOND:
        text += (
            " Predict the change from an earlier value, or let a linear model take the "
            "trend, so that nothing needs to be extrapolated."
        )
    return text


def _absence(measured: SequenceScores, problem: Problem) -> str:
    if measured.sequence.kind != "time":
        return "Neither the order of the rows nor a column of dates points to time."
    if measured.pair is None:
        return "The own splits respect the order of time or keep groups together."
    return (
        f"{problem.scoring} {measured.pair.score:.3f} on shuffled splits, "
        f"{measured.pair.other:.3f} on later rows: no reliable fall."
    )
