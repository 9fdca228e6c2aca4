"""What the data say about their own validation, before anything is tried on them.

The causes of a misleading score are asked first. A column that gives the answer away,
or that numbers the rows, is left out. Where the user has not drawn the splits, rows
that belong together are kept on one side, and rows in the order of time are tested
after those trained on. What only the user can know is said.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from dataclasses import replace as changed
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns import NUMERIC
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._comparisons._contrasts import blocks
from skoverfit.diagnosis._comparisons._row_sequences import SequenceScores
from skoverfit.diagnosis._evidence import collect_evidence, fields_for, measure_core
from skoverfit.diagnosis._inputs import ForwardSplits
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import Outcome, observe
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis._runner import Asked, ask, judge
from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.diagnosis.causes._groups_apart import when_together
from skoverfit.diagnosis.causes._leaking_column import Leak, less_known
from skoverfit.diagnosis.causes._wording import column_code, flags_of, listed, show
from skoverfit.exceptions import InputError
from skoverfit.treatment._data_in._columns_out import adapted, left_of
from skoverfit.treatment._fits import quietly
from skoverfit.treatment._given import Given

__all__ = ["Audit", "Forward", "LeftOut", "Together", "audited"]

SHARE = 0.2
"""Share of the budget that the audit may take."""

UNITS = 3
"""Cross-validations of the given model that this share must pay for on all rows."""

NOT_ASKED = (
    "For want of time, the data were not asked whether the score can be believed; "
    "diagnose() does, or a larger budget."
)

FEWEST_ROWS = 40
"""Rows below which nothing is sure enough to be acted upon."""

EARLY = (
    "leaking_column",
    "identifier",
    "groups_apart",
    "time_order",
    "groups_in_order",
    "resampled_before_split",
    "target_encoded_before_split",
    "selected_before_split",
    "wrong_labels",
)
LATE = ("duplicates",)
"""Causes that are asked; the latter read what was measured about copies."""

FEW_SPACES = 0.1
"""Share of cells with a space up to which a column of texts holds no sentences."""


@dataclass(frozen=True)
class LeftOut:
    """Columns that are left out.

    Attributes
    ----------
    names : tuple of str
        The columns.
    cause : str
        Name of the cause.
    why : str
        What they do, as the end of a sentence.
    score, without : float
        Test score of the given model with and without them.
    """

    names: tuple[str, ...]
    cause: str
    why: str
    score: float
    without: float

    def sentence(self, scoring: str) -> str:
        """Say what was left out, what that costs, and how to keep it."""
        return (
            f"{self.fact(scoring)} Pass trust={list(self.names)!r} "
            f"({flags_of('--trust', self.names)}) if that is known of new rows before "
            "the outcome."
        )

    def fact(self, scoring: str) -> str:
        """Say what was left out, and what that costs."""
        return (
            f"Left out: {listed(self.names)}, which {self.why}. The given model has "
            f"{scoring} {show(self.without)} without, {show(self.score)} with."
        )


@dataclass(frozen=True)
class Together:
    """Rows that are kept on one side of every split.

    Attributes
    ----------
    groups : ndarray of shape (n_samples,)
        Number that rows of a group share.
    cause : str
        Name of the cause.
    label, code : str
        What they are, and Python for them.
    score, other : float
        Test score of the given model on the own splits, and on those.
    """

    groups: NDArray
    cause: str
    label: str
    code: str
    score: float
    other: float

    def sentence(self, scoring: str) -> str:
        """Say what is kept together, what that changes, and how to have it else."""
        return (
            f"Kept on one side of every split: {self.label}. The given model has "
            f"{scoring} {show(self.other)} so, {show(self.score)} on splits that part "
            "them. If new rows belong to the same groups, pass splits of your own as "
            "cv=."
        )


@dataclass(frozen=True)
class Forward:
    """Rows that are judged in the order of time.

    Attributes
    ----------
    order : ndarray of shape (n_samples,)
        The rows, the earliest first.
    column, code : str
        The column that says so, and Python for it; empty if the rows lie in that order.
    n_splits : int
        Splits, each of which tests rows after those that it trains on.
    cause : str
        Name of the cause.
    label : str
        On which splits the other score was found.
    score, other : float
        Test score of the given model on the own splits, and on those.
    """

    order: NDArray[np.int64]
    column: str
    code: str
    n_splits: int
    cause: str
    label: str
    score: float
    other: float

    @property
    def splitter(self) -> ForwardSplits:
        """Splits that train on the earlier half of the rows, or more."""
        size = max(len(self.order) // (2 * self.n_splits), 1)
        return ForwardSplits(self.n_splits, np.argsort(self.order), size)

    @property
    def units(self) -> NDArray[np.int64]:
        """Blocks of consecutive rows: rows next to one another tell much the same."""
        return blocks(self.order)

    @property
    def title(self) -> str:
        """What is done."""
        by = f"'{self.column}'" if self.column else "their order"
        return f"tested on later rows by {by}"

    @property
    def python(self) -> str:
        """Python for such splits."""
        cv = f"cv=TimeSeriesSplit({self.n_splits}, test_size={self.splitter.test_size})"
        if not self.code:
            return f"{cv} on the rows as they lie"
        return f'{cv} on the rows np.argsort({self.code}, kind="stable")'

    def sentence(self, scoring: str) -> str:
        """Say how it is judged, what that changes, and how to have it else."""
        no = "Pass splits of your own as cv="
        if self.column:
            flag = flags_of("--trust", [self.column])
            no = f"Pass trust={[self.column]!r} ({flag})"
        return (
            f"All is {self.title} than those trained on: {self.python}. The given "
            f"model has {scoring} {show(self.other)} {self.label}, {show(self.score)} "
            f"on shuffled splits. {no} if new rows are not later than these."
        )


@dataclass(frozen=True)
class Audit:
    """What an audit came to.

    Attributes
    ----------
    left_out : tuple of LeftOut
        Columns that are left out.
    together : Together or None
        Rows that are kept together.
    forward : Forward or None
        Rows that are judged in the order of time.
    said : tuple of str
        What only the user can decide, in sentences.
    is_interrupted : bool
        Whether the user ended it early.
    scoring : str
        The score that the sentences are about.
    """

    left_out: tuple[LeftOut, ...] = ()
    together: Together | None = None
    forward: Forward | None = None
    said: tuple[str, ...] = ()
    is_interrupted: bool = False
    scoring: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that are left out."""
        return tuple(name for own in self.left_out for name in own.names)

    @property
    def changes(self) -> bool:
        """Whether the data or the splits are changed."""
        return bool(self.left_out or self.together or self.forward)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was done, and what is to be known."""
        return (*self._done, *self.said)

    @property
    def comments(self) -> tuple[str, ...]:
        """What was done, for the code."""
        kept, later = self.together, self.forward
        groups = () if kept is None else (f"groups = {kept.code}: {kept.label}",)
        ways = () if later is None else (f"All was {later.title}: {later.python}.",)
        return (*[own.fact(self.scoring) for own in self.left_out], *groups, *ways)

    @property
    def _done(self) -> list[str]:
        done = (*self.left_out, self.together, self.forward)
        return [own.sentence(self.scoring) for own in done if own is not None]


class _MeasuredLab(Lab):
    """A bench to which the given model comes with its scores."""

    def __init__(self, given: Given, clock: Clock, progress: Any) -> None:
        super().__init__(given.problem, clock, progress)
        self._known = given.outcome
        self.unit = given.seconds

    def observe_model(self) -> Outcome:
        """Give the scores that are known."""
        self.model = self._known
        return self._known


def _lab(given: Given, clock: Clock, progress: Any) -> Lab | None:
    """Open a bench for a share of the budget; slow models are measured on some rows.

    What is found may ask for another cross-validation, and a fit on all rows is due:
    None where there is no time for more than these.
    """
    left = clock.left - _due(given)
    if left <= 0 or not given.can_judge:
        return None
    own = Clock(min(SHARE * clock.seconds, left))
    if UNITS * given.seconds > own.seconds:
        return Lab(given.problem, own, progress)
    return _MeasuredLab(given, own, progress)


def _due(given: Given) -> float:
    """Seconds of what is to come in any case where the audit changes the data."""
    return given.seconds + given.final_seconds


def audited(
    given: Given,
    clock: Clock,
    trusted: Iterable[str],
    *,
    may_regroup: bool,
    progress: Callable[[str, int, int], Any] | None = None,
) -> Audit:
    """Ask the causes of a misleading score, and decide what to do about them.

    Parameters
    ----------
    given : Given
        The given model, the rows and the splits, measured.
    clock : Clock
        The budget of the treatment, of which a share is used.
    trusted : iterable of str
        Columns that are never left out.
    may_regroup : bool
        Whether the splits may be drawn again.
    progress : callable, default=None
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    audit : Audit
        An empty one where the given model cannot be measured.
    """
    if given.problem.n_samples < FEWEST_ROWS:
        return Audit()
    lab = _lab(given, clock, progress)
    if lab is None:
        return Audit(said=(NOT_ASKED,))
    with quietly(given.problem):
        try:
            measure_core(lab)
        except InputError:  # the treatment itself says what is wrong with the model
            return Audit()
        auditor = _Auditor(
            lab,
            frozenset(trusted),
            may_regroup=may_regroup,
            may_measure=lambda: clock.allows(lab.unit + _due(given)),
        )
        return auditor.audit()


class _Auditor:
    """Asks the causes and turns each finding into what is done or said."""

    def __init__(
        self,
        lab: Lab,
        trusted: frozenset[str],
        *,
        may_regroup: bool,
        may_measure: Callable[[], bool],
    ) -> None:
        self.lab = lab
        self.trusted = trusted
        self.may_regroup = may_regroup
        self.may_measure = may_measure
        self.left_out: list[LeftOut] = []
        self.together: Together | None = None
        self.forward: Forward | None = None
        self.said: list[str] = []

    def audit(self) -> Audit:
        """Ask all, then act in the order of the codes."""
        lab = self.lab
        asked = ask(lab, choose_causes(EARLY))
        late = choose_causes(LATE)
        if not lab.clock.is_stopped:
            collect_evidence(lab, fields_for(late))
            asked += ask(lab, late)
        by_code = {one.cause.code: one for one in asked}
        findings = judge(asked, lab.problem)
        for finding in findings:
            if finding.status == "present":
                self._act(by_code[finding.code], finding)
        self._say_what_is_unknown(findings)
        return Audit(
            tuple(self.left_out),
            self.together,
            self.forward,
            tuple(self.said),
            lab.clock.is_stopped,
            lab.problem.scoring,
        )

    def _act(self, asked: Asked, finding: Finding) -> None:
        act = {
            "leaking_column": self._leak,
            "identifier": self._identifier,
            "groups_apart": self._groups,
            "duplicates": self._copies,
            "time_order": self._time,
        }.get(finding.name)
        if act is not None:
            act(asked.measured, finding)
        else:
            self._warn(finding)

    def _warn(self, finding: Finding) -> None:
        if finding.severity in ("serious", "warning"):
            self._say(finding)

    def _say(self, finding: Finding) -> None:
        text = finding.advice or finding.explanation
        self.said.append(f"{finding.title} ({finding.code}). {text}")

    def _say_what_is_unknown(self, findings: Iterable[Finding]) -> None:
        """Name what the share of the budget did not suffice for."""
        late = [
            finding.name.replace("_", " ")
            for finding in findings
            if finding.status == "not_measured" and "budget" in finding.explanation
        ]
        if late:
            self.said.append(f"Not looked for, for want of time: {', '.join(late)}.")

    # ------------------------------------------------------------------------- columns
    def _leak(self, measured: Any, finding: Finding) -> None:
        names = self._not_trusted(finding.columns)
        if finding.severity != "serious" or not names:
            if len(names) == len(finding.columns):
                self._say(finding)
            return
        many = len(names) > 1
        why = f"give{'' if many else 's'} the answer away"
        self._leave_out(names, finding, why, measured)

    def _identifier(self, measured: Any, finding: Finding) -> None:
        names = self._not_trusted(finding.columns)
        if measured.of_subjects:
            self._subjects(measured, finding)
            return
        names = tuple(name for name in names if self._only_numbers(name))
        if names:
            verb = "number" if len(names) > 1 else "numbers"
            self._leave_out(names, finding, f"{verb} the rows")

    def _only_numbers(self, name: str) -> bool:
        """Whether a column holds numbers or codes, rather than texts to be read."""
        table = self.lab.table
        assert table is not None
        j = table.names.index(name)
        if table.kinds[j] in NUMERIC:
            return True
        cells = [
            str(cell) for cell in np.asarray(table.columns.column(j), dtype=object)
        ]
        spaces = np.mean([" " in cell.strip() for cell in cells])
        return bool(spaces <= FEW_SPACES)

    def _not_trusted(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name not in self.trusted)

    def _leave_out(
        self,
        names: tuple[str, ...],
        finding: Finding,
        why: str,
        leak: Leak | None = None,
    ) -> None:
        """Leave columns out, if the given model can do without them.

        A leak must have bought some of the score; the cause may have had no time to
        find that out.
        """
        gone = [name for own in self.left_out for name in own.names]
        in_time = self.may_measure()
        outcome = self._outcome_without((*gone, *names)) if in_time else None
        if outcome is None:
            but = "the given model cannot be fitted without"
            if not in_time:
                but = "there is no time to measure the given model without"
            self.said.append(f"{listed(names)} {why}, but {but}. {finding.advice}")
            return
        if leak is not None and not self._rests_on(leak, outcome):
            self._say(finding)
            return
        without = float(outcome.scores.gap.mean_test)
        score = self.left_out[-1].without if gone else float(self._score)
        self.left_out.append(LeftOut(names, finding.name, why, score, without))

    @property
    def _score(self) -> float:
        assert self.lab.model is not None
        return self.lab.model.scores.gap.mean_test

    def _rests_on(self, leak: Leak, without: Outcome) -> bool:
        """Whether the score rests on a leak; its cause says so if it was measured."""
        lab = self.lab
        if leak.lost is None and lab.model is not None:
            lost = lab.compare(lab.model, without)
            less = less_known(lab.model, without, lab.problem)
            leak = changed(leak, lost=lost, share_lost=less)
        return leak.costs

    def _outcome_without(self, names: tuple[str, ...]) -> Outcome | None:
        """Score the given model without columns; None if it fails."""
        problem = self.lab.problem
        model = adapted(problem.estimator, problem.X, names)
        part = changed(problem, X=left_of(problem.X, names), estimator=model)
        name = f"without {listed(names)}"
        return self.lab.attempt(name, lambda: observe(part, model))

    # ---------------------------------------------------------------------------- rows
    def _subjects(self, measured: Any, finding: Finding) -> None:
        """Keep the rows of a subject together."""
        if finding.severity != "serious":
            return
        name = measured.columns[0]
        codes = self._codes_of(name)
        label = f"rows with the same '{name}'"
        self._keep_together(codes, label, column_code(name, self.lab.problem), finding)

    def _groups(self, measured: Any, finding: Finding) -> None:
        if finding.severity != "serious":
            self._say(finding)
            return
        candidate = next(
            own.candidate
            for own in measured
            if when_together(own.candidate) == finding.counterfactual_label
        )
        if candidate.columns:
            name = candidate.columns[0]
            code = column_code(name, self.lab.problem)
            label = f"rows with the same '{name}'"
        else:
            is_class = self.lab.problem.is_classification
            code = f"near_copy_groups({'X, y' if is_class else 'X'})"
            label = "rows that are near copies"
        self._keep_together(candidate.groups, label, code, finding)

    def _copies(self, measured: Any, finding: Finding) -> None:
        if finding.severity == "serious":
            code, label = "duplicate_groups(X)", "exact copies of a row"
            self._keep_together(measured.groups, label, code, finding)

    def _time(self, measured: SequenceScores, finding: Finding) -> None:
        """Test later rows, unless only the user can say that they are later."""
        found, given = measured.sequence, self.lab.given
        if found.column in self.trusted:
            return
        is_sure = finding.severity == "serious" and not found.is_guess
        is_free = self.may_regroup and self.together is None
        if not is_sure or not is_free or len(found.order) != given.n_samples:
            self._warn(finding)
            return
        assert finding.counterfactual is not None
        self.forward = Forward(
            found.order,
            found.column,
            column_code(found.column, given) if found.column else "",
            given.splitter.n_splits,
            finding.name,
            finding.counterfactual_label,
            float(self._score),
            finding.counterfactual,
        )

    def _codes_of(self, name: str) -> NDArray[np.int64]:
        table = self.lab.table
        assert table is not None
        return np.asarray(np.unique(table.column(name), return_inverse=True)[1])

    def _keep_together(
        self, groups: NDArray, label: str, code: str, finding: Finding
    ) -> None:
        """Keep groups together, unless others are, or only the user can do it."""
        whole = len(groups) == self.lab.given.n_samples
        if not self.may_regroup or not whole or len(np.unique(groups)) < 2:
            self._say(finding)
            return
        if self.together is not None:
            return
        other = finding.counterfactual
        self.together = Together(
            groups,
            finding.name,
            label,
            code,
            float(self._score),
            np.nan if other is None else other,
        )
