"""A test part that does not come from where the training part comes from."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from skoverfit.diagnosis._judgment._judging import ONE_SIDED, SMALL_GAP
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._own_part import fit_own_part
from skoverfit.diagnosis._own_part._part_tests import (
    LEVEL,
    ColumnShift,
    TwoSample,
    column_shifts,
)
from skoverfit.diagnosis._own_part._ranks import pvalue_of_ranks
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import listed
from skoverfit.diagnosis.causes._wording import flags_of

TOLD_APART = 0.55
"""AUC of telling test rows apart below which it cannot matter."""

SURE_DROP = 0.005
"""Level of a drop that no difference of the columns explains."""


@dataclass(frozen=True)
class Difference:
    """What differs between the parts, and what the model scores.

    Attributes
    ----------
    told : TwoSample
        Test rows against training rows.
    shifts : tuple of ColumnShift
        Columns that differ, most first.
    validated, own : float
        Cross-validated score, and score on the test part.
    std_error : float
        Of the difference of the two; NaN where unknown.
    weighted : float or None
        Cross-validated score, with the rows weighted as the test part has them.
    without : float or None
        Score on the test part of the model without the shifted columns.
    dropped : tuple of str
        These columns.
    small : float
        Change of the score that counts as none.
    p_ranks : float
        One-sided p-value of "a classifier ranks the rows of the test part no worse".
    """

    told: TwoSample
    shifts: tuple[ColumnShift, ...]
    validated: float
    own: float
    std_error: float
    weighted: float | None
    without: float | None
    dropped: tuple[str, ...]
    small: float
    p_ranks: float = 1.0

    @property
    def drop(self) -> float:
        """By how much the test part scores less."""
        return self.validated - self.own

    @property
    def p_drop(self) -> float:
        """One-sided p-value of "the test part scores no less"."""
        if not self.std_error > 0:
            return 1.0
        return float(stats.norm.sf(self.drop / self.std_error))

    @property
    def is_apart(self) -> bool:
        """Whether the columns differ."""
        told = self.told
        return told.pvalue < LEVEL and (told.auc >= TOLD_APART or bool(self.shifts))

    @property
    def drops(self) -> bool:
        """Whether the score falls for sure, and by more than nothing.

        That a classifier ranks the rows worse makes a likely fall a sure one.
        """
        is_sure = self.p_drop < SURE_DROP or (
            self.p_drop < ONE_SIDED and self.p_ranks < SURE_DROP
        )
        return is_sure and self.drop >= self.small


@register_cause
class TestPartDiffers(Cause):
    """Columns that differ between the parts, or a relation that does."""

    code, name, kind = "SKO311", "test_part_differs", "test_part"
    title = "The test part differs from the training part"
    explains = "rest"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Difference:
        """Tell test rows from training rows, and compare the scores."""
        told = lab.two_sample
        shifts = column_shifts(lab.parts)
        part = lab.own_part
        if lab.model is None or lab.core is None:
            raise NotMeasured("the model was not cross-validated")
        validated = lab.model.scores.gap
        differs = told.pvalue < LEVEL
        dropped = _to_drop(shifts, len(lab.parts.names)) if differs else ()
        return Difference(
            told,
            shifts,
            validated.mean_test,
            part.score,
            float(np.hypot(part.std_error, _std_error_of(lab))),
            _weighted(lab, told) if differs else None,
            _score_without(lab, dropped),
            dropped,
            SMALL_GAP * lab.core.score_range,
            pvalue_of_ranks(lab.oof, part, lab.problem.seed),
        )

    def judge(self, measured: Difference, problem: Problem) -> Finding:
        """Say whether columns differ, the relation does, or nothing."""
        if measured.is_apart:
            return self._columns_differ(measured, problem)
        if measured.drops:
            return self._relation_differs(measured, problem)
        return self.finding(
            "absent",
            title="The test part looks like the training part",
            effect=measured.drop,
            interval=_interval(measured),
            explanation=_told(measured) + _scores(measured, problem),
            pvalue=measured.told.pvalue,
        )

    def _columns_differ(self, measured: Difference, problem: Problem) -> Finding:
        names = tuple(shift.name for shift in measured.shifts)
        return self.finding(
            "present",
            severity="serious" if measured.drops else "warning",
            effect=measured.drop,
            interval=_interval(measured),
            explanation=(
                _told(measured)
                + _columns(measured)
                + _scores(measured, problem)
                + _expected(measured)
            ),
            advice=_advice(measured),
            pvalue=measured.told.pvalue,
            counterfactual=measured.without,
            counterfactual_label=_label(measured.dropped),
            columns=names,
        )

    def _relation_differs(self, measured: Difference, problem: Problem) -> Finding:
        return self.finding(
            "present",
            title="The target follows the columns differently in the test part",
            severity="serious",
            effect=measured.drop,
            interval=_interval(measured),
            explanation=(
                _scores(measured, problem).strip()
                + _ranks(measured)
                + " The columns themselves do not differ measurably: test rows are "
                f"told from training rows with an AUC of {measured.told.auc:.2f}. So "
                "the relation between columns and target changed, the target is "
                "recorded differently, or the cross-validation is too good (a leak, "
                "groups)."
            ),
            advice=(
                "Check that rows and targets of the test part belong together and that "
                "the target means the same in both files. If the relation drifts, "
                "train on rows from the time and place of use, and pass time= or "
                "groups= so that validation shows it."
            ),
            pvalue=min(1.0, 2 * min(measured.p_drop, measured.p_ranks)),
        )


# ------------------------------------------------------------------------- measurements
def _std_error_of(lab: Lab) -> float:
    """Return the standard error of the cross-validated score, from rows if any."""
    assert lab.model is not None
    rows = np.concatenate(lab.model.rows)
    if len(rows) > 1 and np.isfinite(rows).all():
        return float(rows.std(ddof=1) / np.sqrt(len(rows)))
    scores = lab.model.scores.test_scores
    return float(np.nanstd(scores) / np.sqrt(max(1, len(scores) - 1)))


def _weighted(lab: Lab, told: TwoSample) -> float | None:
    """Cross-validated score of rows weighted by how typical they are of the test."""
    assert lab.model is not None
    rows, tests = np.concatenate(lab.model.rows), np.concatenate(lab.model.tests)
    weights = told.weights[tests]
    known = np.isfinite(rows) & np.isfinite(weights)
    if known.sum() < 20:
        return None
    return float(np.average(rows[known], weights=weights[known]))


def _to_drop(shifts: tuple[ColumnShift, ...], n_columns: int) -> tuple[str, ...]:
    """Columns that differ, if others remain."""
    names = tuple(shift.name for shift in shifts)
    return names if 0 < len(names) <= n_columns / 2 else names[: n_columns // 2]


def _score_without(lab: Lab, names: tuple[str, ...]) -> float | None:
    """Score of the test part by the model without some columns."""
    what = "the test part without shifted columns"
    if not names or not lab.allows(what, 1 / len(lab.problem.splits)):
        return None
    places = [_place(lab, name) for name in names]
    try:
        return fit_own_part(lab.problem, places).score
    except NotMeasured:
        return None


def _place(lab: Lab, name: str) -> int:
    columns = getattr(lab.problem.X, "columns", None)
    texts = lab.parts.names if columns is None else [str(column) for column in columns]
    return list(texts).index(name)


# -------------------------------------------------------------------------------- words
def _interval(measured: Difference) -> tuple[float, float] | None:
    if not np.isfinite(measured.std_error):
        return None
    half = float(stats.norm.ppf(0.975)) * measured.std_error
    return measured.drop - half, measured.drop + half


def _told(measured: Difference) -> str:
    told = measured.told
    return (
        "A classifier tells test rows from training rows with an AUC of "
        f"{told.auc:.2f} (0.50 is not at all; p = {told.pvalue:.2g})."
    )


def _columns(measured: Difference) -> str:
    if not measured.shifts:
        return (
            " The values of no single column differ for sure: their combinations do, "
            "or which of them are missing."
        )
    few = "; ".join(
        f"{s.name} ({s.what} {_short(s.in_train)} in training, "
        f"{_short(s.in_test)} in test)"
        for s in measured.shifts[:5]
    )
    return f" The columns that differ most: {few}."


def _short(value: float) -> str:
    """Write a mean or a share; what is left of rounding is zero."""
    return "0" if abs(value) < 1e-12 else f"{value:.3g}"


def _scores(measured: Difference, problem: Problem) -> str:
    return (
        f" The {problem.scoring} is {measured.validated:.3f} cross-validated and, "
        f"fitted on all training rows, {measured.own:.3f} on the test part."
    )


def _ranks(measured: Difference) -> str:
    if measured.p_ranks >= SURE_DROP:
        return ""
    return (
        " The probabilities rank test rows worse than rows of training that the model "
        f"had not seen (p = {measured.p_ranks:.2g})."
    )


def _expected(measured: Difference) -> str:
    """Compare with what the difference of the columns alone would do."""
    if measured.weighted is None:
        return ""
    text = (
        f" Cross-validation weighted to the columns of the test part expects "
        f"{measured.weighted:.3f}"
    )
    rest = measured.weighted - measured.own
    if measured.drops and rest > max(2 * measured.std_error, measured.small):
        return f"{text}: the relation to the target changed as well."
    return f"{text}."


def _advice(measured: Difference) -> str:
    names = listed([shift.name for shift in measured.shifts])
    text = (
        "Find out why the parts differ: another period, source or selection of rows. "
        "Train on rows like those of later use, or validate the same way: pass time= "
        "or groups=."
    )
    gain = None if measured.without is None else measured.without - measured.own
    if gain is not None and gain > measured.small:
        flags = flags_of("--drop", measured.dropped[:5])
        dropped = listed(measured.dropped)
        return f"{text} Without {dropped} the score is better: {flags}."
    return f"{text} Look at {names} first." if names else text


def _label(names: tuple[str, ...]) -> str:
    return f"on the test part without {listed(names)}" if names else ""
