"""A column that numbers rows or subjects."""

from dataclasses import dataclass

import numpy as np

from skoverfit._gap import Estimate
from skoverfit.diagnosis._columns._identifiers import subject_columns
from skoverfit.diagnosis._comparisons._contrasts import (
    MIN_PARTED,
    grouped_splits,
    share_parted,
)
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis._table import Table
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import drop_advice, listed, passed, show


@dataclass(frozen=True)
class Numbering:
    """Columns that number rows or subjects.

    Attributes
    ----------
    columns : tuple of str
        Columns with a value of its own for each row; or one that numbers subjects.
    agreement : float
        How much nearest rows agree in the subject, 1 if always; NaN for rows.
    score : float
        Test score of the model.
    counterfactual : float or None
        Test score without the columns, or with subjects kept together.
    lost : Estimate or None
        By how much it is lower.
    """

    columns: tuple[str, ...]
    agreement: float
    score: float
    counterfactual: float | None = None
    lost: Estimate | None = None

    @property
    def of_subjects(self) -> bool:
        """Whether it is about subjects rather than rows."""
        return bool(np.isfinite(self.agreement))

    @property
    def label(self) -> str:
        """What the counterfactual is."""
        if self.of_subjects:
            return f"rows with the same '{self.columns[0]}' kept together"
        return f"without {listed(self.columns)}"


@register_cause
class Identifier(Cause):
    """A number or text of its own for each row, or the number of a subject."""

    code, name, kind = "SKO202", "identifier", "validation"
    title = "A column numbers the rows or the subjects"
    needs = frozenset({"table"})

    def measure(self, lab: Lab) -> Numbering:
        """Look for such columns, and measure the score without them."""
        table = lab.table
        if table is None or lab.model is None:
            raise NotMeasured("the data are not a table")
        score = float(lab.model.scores.gap.mean_test)
        rows = table.identifiers
        if rows:
            found = Numbering(rows, float("nan"), score)
            return _compared(lab, found, lambda: lab.without(rows))
        return _subjects(lab, table, score)

    def judge(self, measured: Numbering, problem: Problem) -> Finding:
        """Say which columns number rows, and what the score is without them."""
        if not measured.columns:
            return self.finding(
                "absent",
                title="No column numbers the rows",
                explanation="No column has a value of its own for each row.",
            )
        speak = _of_subjects if measured.of_subjects else _of_rows
        title, explanation, advice = speak(measured, problem)
        lost = measured.lost
        matters = lost is not None and lost.pvalue < ONE_SIDED
        more: dict = {}
        if lost is not None:
            more = {
                "effect": lost.mean,
                "interval": lost.interval,
                "counterfactual": measured.counterfactual,
                "counterfactual_label": measured.label,
            }
        return self.finding(
            "present",
            title=title,
            severity="serious" if matters else "info",
            explanation=f"{explanation} {_score_text(measured)}".strip(),
            advice=advice,
            columns=measured.columns,
            **more,
        )


def _compared(lab: Lab, found: Numbering, run) -> Numbering:
    try:
        outcome: Outcome = run()
    except NotMeasured:
        return found
    assert lab.model is not None
    lost = lab.compare(lab.model, outcome)
    score = float(outcome.scores.gap.mean_test)
    return Numbering(found.columns, found.agreement, found.score, score, lost)


def _subjects(lab: Lab, table: Table, score: float) -> Numbering:
    """Find the column in which nearest rows agree the most, if the splits part it."""
    problem, none = lab.problem, Numbering((), float("nan"), score)
    found = subject_columns(table.matrix, table.kinds, table.names, problem.seed)
    if not found:
        return none
    best = max(found, key=lambda j: (found[j], len(np.unique(table.matrix[:, j]))))
    numbering = Numbering((table.names[best],), found[best], score)
    if len(table.rows) < problem.n_samples:
        return numbering
    codes = np.unique(table.matrix[:, best], return_inverse=True)[1]
    if share_parted(problem.splits, codes) < MIN_PARTED:
        return none
    splits = grouped_splits(problem, codes)
    return _compared(lab, numbering, lambda: lab.on(numbering.label, splits))


def _of_rows(found: Numbering, problem: Problem) -> tuple[str, str, str]:
    names = listed(found.columns)
    several = len(found.columns) > 1
    return (
        f"{names} {'number' if several else 'numbers'} the rows (an identifier)",
        f"{names} {'have' if several else 'has'} a value of its own for nearly each "
        "row: it can only repeat in what order rows were collected or numbered.",
        f"Leave {names} out: {drop_advice(found.columns, problem)}. New rows have "
        "numbers that the model has never seen.",
    )


def _of_subjects(found: Numbering, problem: Problem) -> tuple[str, str, str]:
    name = found.columns[0]
    return (
        f"'{name}' numbers subjects whose rows belong together",
        f"The most similar rows nearly always have the same '{name}' (agreement beyond "
        f"chance {found.agreement:.2f}): the splits have rows of one '{name}' on both "
        "sides.",
        "If new rows come from other subjects, pass "
        f"{passed('groups', name, problem)} and leave the column out: "
        f"{drop_advice(found.columns, problem)}.",
    )


def _score_text(found: Numbering) -> str:
    if found.counterfactual is None:
        return ""
    label = found.label[:1].upper() + found.label[1:]
    what = f"{label}:" if found.of_subjects else label
    return (
        f"{what} the test score is {show(found.counterfactual)} instead of "
        f"{show(found.score)}."
    )
