"""A column of dates, or one that only grows in row order."""

from dataclasses import dataclass

from skoverfit._columns import is_clock
from skoverfit._gap import Estimate
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import drop_advice, listed, passed, show


@dataclass(frozen=True)
class Clocks:
    """Columns that say when a row was recorded.

    Attributes
    ----------
    columns : tuple of str
        Their names.
    in_order : bool
        Whether the rows stand in the order of the first one.
    given : bool
        Whether the time was given.
    score : float
        Test score of the model.
    without : float or None
        Test score without these columns.
    change : Estimate or None
        How much they add to the test score.
    """

    columns: tuple[str, ...]
    in_order: bool
    given: bool
    score: float
    without: float | None = None
    change: Estimate | None = None


@register_cause
class DateOrCounter(Cause):
    """A date, or a number that only grows or falls in row order."""

    code, name, kind = "SKO203", "date_or_counter", "validation"
    title = "A column says when a row was recorded"
    needs = frozenset({"table"})

    def measure(self, lab: Lab) -> Clocks:
        """Look for such columns, and measure the score without them."""
        table, model = lab.table, lab.model
        if table is None or model is None:
            raise NotMeasured("the data are not a table")
        found = tuple(
            name
            for column, kind, name in zip(
                table.matrix.T, table.kinds, table.names, strict=True
            )
            if is_clock(column, kind, name)
        )
        score = float(model.scores.gap.mean_test)
        given = lab.problem.time is not None
        if not found:
            return Clocks((), False, given, score)
        in_order = _never_turns(table.column(found[0]))
        try:
            outcome = lab.without(found)
        except NotMeasured:
            return Clocks(found, in_order, given, score)
        without = float(outcome.scores.gap.mean_test)
        change = lab.compare(model, outcome)
        return Clocks(found, in_order, given, score, without, change)

    def judge(self, measured: Clocks, problem: Problem) -> Finding:
        """Say which columns are clocks, and how to validate forward in time."""
        names, change = listed(measured.columns), measured.change
        several = len(measured.columns) > 1
        if not measured.columns:
            return self.finding(
                "absent",
                title="No column holds dates or grows in row order",
                explanation="No column holds dates or only grows or falls over rows.",
            )
        matters = change is not None and change.pvalue < ONE_SIDED
        more: dict = {}
        if change is not None:
            more = {
                "effect": change.mean,
                "interval": change.interval,
                "counterfactual": measured.without,
                "counterfactual_label": f"without {names}",
            }
        return self.finding(
            "present",
            title=f"{names} {'say' if several else 'says'} when a row was recorded",
            severity="info" if measured.given or not matters else "warning",
            explanation=_explanation(measured),
            advice=_advice(measured, problem),
            columns=measured.columns,
            **more,
        )


def _never_turns(column) -> bool:
    steps = column[1:] - column[:-1]
    return bool((steps >= 0).all() or (steps <= 0).all())


def _explanation(clocks: Clocks) -> str:
    names, several = listed(clocks.columns), len(clocks.columns) > 1
    text = (
        f"{names} {'hold' if several else 'holds'} dates or a counter. The rows "
        f"{'stand' if clocks.in_order else 'do not stand'} in the order of "
        f"'{clocks.columns[0]}'. "
    )
    if clocks.without is not None:
        text += (
            f"Without {'them' if several else 'it'} the test score is "
            f"{show(clocks.without)} instead of {show(clocks.score)}. "
        )
    return text + (
        "Shuffled splits test a model between rows that it knows; new rows lie after "
        "all of them, where a trend goes on and trees do not extrapolate."
    )


def _advice(clocks: Clocks, problem: Problem) -> str:
    name, drop = clocks.columns[0], drop_advice(clocks.columns, problem)
    them = "them" if clocks.columns[1:] else "it"
    if clocks.given:
        return f"Compare with the model without {them}: {drop}."
    return (
        f"If new rows come later, validate forward in time: pass "
        f"{passed('time', name, problem)}, and compare with the model without {them}: "
        f"{drop}."
    )
