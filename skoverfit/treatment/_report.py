"""What a treatment has tried, what came of it, and what is used in the end."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any, Literal

import numpy as np

from skoverfit._gap import Estimate
from skoverfit._optional import import_optional
from skoverfit._plain import printable

__all__ = ["TreatmentReport", "TreatmentStep"]

State = Literal["used", "tried", "dropped", "failed", "skipped", "applied"]


@dataclass(frozen=True)
class TreatmentStep:
    """A remedy that was tried, or why it was not.

    Attributes
    ----------
    name, description : str
        What it is.
    kind : str
        Name of its kind, as the parameter ``remedies`` takes it.
    state : {"used", "tried", "dropped", "failed", "skipped", "applied"}
        "used" has a share in the result; "dropped" was behind on its first rows, or
        answered as another did; "failed" raised an error; "skipped" did not fit the
        budget; "applied" changed the data or the splits before anything was tried.
    reason : str
        What stands behind "dropped", "failed" and "skipped".
    score : float
        Mean test score over the splits that it was fitted on; NaN if there is none.
    gain : Estimate or None
        Change of the score from the given model, on the same rows. The best of many is
        flattered by it: `TreatmentReport.gain` is not.
    share : float
        Weight of its models in the result.
    seconds : float
        What its fits and predictions took.
    code : str
        Python that builds it.
    """

    name: str
    description: str
    kind: str
    state: State
    reason: str
    score: float
    gain: Estimate | None
    share: float
    seconds: float
    code: str


@dataclass(frozen=True)
class TreatmentReport:
    """What a treatment came to.

    Attributes
    ----------
    steps : tuple of TreatmentStep
        The given model, then all remedies, in the order in which they were tried.
    accepted : bool
        Whether something takes the place of the given model.
    accept : {"proven", "likely", "best"}
        What was asked of a gain.
    scoring : str
        The score; greater is better.
    given_score, expected_score : Estimate
        Score of the given model, and of what is used in the end, on unseen rows.
    given_gap, expected_gap : float
        Train score less that; of what is used, the train score is that on all rows.
    gain : Estimate or None
        Change of the score by what was chosen, judged by rows that took no part in the
        choice; None if nothing else was chosen.
    brier_gain : Estimate or None
        Fall of the Brier score, judged by the same rows; None without probabilities.
        "proven" also takes better probabilities at a score that is no lower.
    n_splits, n_passes : int
        Splits of a cross-validation, and cross-validations behind `gain`.
    budget, seconds : float
        Seconds that were allowed, and taken.
    is_interrupted : bool
        Whether the user ended it early.
    notes : tuple of str
        What the audit of the data led to: columns that are left out, rows that are
        kept together, and what only the user can decide.
    left_out : tuple of str
        Columns that are left out of the data.
    """

    steps: tuple[TreatmentStep, ...]
    accepted: bool
    accept: str
    scoring: str
    given_score: Estimate
    expected_score: Estimate
    given_gap: float
    expected_gap: float
    gain: Estimate | None
    n_splits: int
    n_passes: int
    budget: float
    seconds: float
    is_interrupted: bool = False
    brier_gain: Estimate | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[TreatmentStep, ...]:
        """What was done to the data, and what has a share in the result, by share."""
        done = [step for step in self.steps if step.state == "applied"]
        own = [step for step in self.steps if step.state == "used"]
        return (*done, *sorted(own, key=lambda step: -step.share))

    @property
    def headline(self) -> str:
        """The result in one sentence; a second one names columns that are left out."""
        if not self.left_out:
            return self._result
        names = ", ".join(f"'{name}'" for name in self.left_out)
        return f"{self._result} Left out of the data: {names}."

    @property
    def _result(self) -> str:
        if not self.n_splits:
            return "The given model is kept: nothing can be judged."
        if self.gain is None:
            why = "nothing that was tried is better"
            return f"The given model is kept: {self._untried or why}."
        low, high = self.gain.interval
        gain = f"{self.gain.mean:+.3f} {self.scoring} ({low:+.3f} to {high:+.3f})"
        if not self.accepted:
            return f"The given model is kept: the gain is not {self.accept}, {gain}."
        if not self.gain.interval[0] > 0 and self._has_proven_probabilities:
            return f"The given model is replaced: {self._sharper}; the score, {gain}."
        words = {"proven": "a proven gain", "likely": "a likely gain"}
        what = words.get(self.accept, "the best guess")
        return f"The given model is replaced: {what} of {gain}."

    @property
    def _untried(self) -> str:
        """Say why nothing was tried, where that is so."""
        states = {step.state for step in self.steps if step.kind != "given"}
        if self.n_splits > 1 and states - {"applied"} != {"skipped"}:
            return ""
        if self.is_interrupted:
            return "it was interrupted before anything else was tried"
        return "the budget leaves no time to try anything else"

    @property
    def _has_proven_probabilities(self) -> bool:
        return self.brier_gain is not None and self.brier_gain.interval[0] > 0

    @property
    def _sharper(self) -> str:
        """The gain of the probabilities, in words."""
        assert self.brier_gain is not None
        low, high = self.brier_gain.interval
        return (
            "its probabilities are proven better, Brier score "
            f"{-self.brier_gain.mean:+.3f} ({-high:+.3f} to {-low:+.3f})"
        )

    def to_frame(self) -> Any:
        """Give the steps as a table.

        Returns
        -------
        frame : pandas.DataFrame
            A row for each step.
        """
        pandas = import_optional("pandas", extra="report")
        rows = [dict(zip(COLUMNS, _cells(step), strict=True)) for step in self.steps]
        return pandas.DataFrame(rows, columns=list(COLUMNS))

    def __str__(self) -> str:
        """Write the result and the table."""
        sentences = (" ".join(sentence.split()) for sentence in self._sentences())
        return printable("\n".join([*sentences, "", *self._lines()]))

    __repr__ = __str__

    def _sentences(self) -> Iterator[str]:
        yield self.headline
        if self.n_splits:
            yield from self._numbers()
        yield from self.notes

    def _numbers(self) -> Iterator[str]:
        expected = self.expected_score
        low, high = expected.interval
        before = f", it was {self.given_gap:.3f}" if self.accepted else ""
        yield (
            f"Score to expect on new rows: {expected.mean:.3f} {self.scoring} "
            f"({low:.3f} to {high:.3f}); the gap is {self.expected_gap:.3f}{before}."
        )
        budget = "" if not np.isfinite(self.budget) else f" of {self.budget:.5g}"
        n_tried = sum(step.state not in NOT_TRIED for step in self.steps) - 1
        yield (
            f"{n_tried} {'remedies' if n_tried != 1 else 'remedy'} in "
            f"{self.seconds:.1f}{budget} seconds, "
            f"{self.n_splits} split{'s' if self.n_splits > 1 else ''}, {self.n_passes} "
            f"{'passes' if self.n_passes > 1 else 'pass'} for the proof."
        )
        if self.is_interrupted:
            yield "It was interrupted: this is the best of what was measured."

    def _lines(self) -> Iterator[str]:
        names = [
            wrap(step.name, WIDTH, subsequent_indent="  ") or [""]
            for step in self.steps
        ]
        width = max((len(line) for name in names for line in name), default=0)
        yield f"{'':{width}}  {'score':>7}  {'gain':>22}  {'share':>5}  {'time':>6}"
        for step, (*start, end) in zip(self.steps, names, strict=True):
            yield from start
            yield f"{end:{width}}  {_described(step)}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        rows = "".join(_html_row(step) for step in self.steps)
        text = "".join(f"<p>{escape(sentence)}</p>" for sentence in self._sentences())
        return (
            f"{text}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


NOT_TRIED = ("applied", "skipped")
"""States of what is no remedy, or was left out for want of time."""

WIDTH = 44
"""Characters of a name from which it goes on in another line."""

COLUMNS = (
    *("name", "kind", "state", "score", "gain", "gain_low", "gain_high"),
    *("share", "seconds", "reason"),
)
"""Columns of the table of steps."""


def _cells(step: TreatmentStep) -> tuple[Any, ...]:
    gain = step.gain
    gains = (np.nan,) * 3 if gain is None else (gain.mean, *gain.interval)
    return (
        *(step.name, step.kind, step.state, step.score, *gains),
        *(step.share, step.seconds, step.reason),
    )


def _described(step: TreatmentStep) -> str:
    """Write the numbers of a step, or why there are none."""
    if step.state in ("failed", "skipped"):
        return f"{step.state}: {step.reason}"
    gain = ""
    if step.gain is not None:
        low, high = step.gain.interval
        gain = f"{step.gain.mean:+.3f} ({low:+.3f}, {high:+.3f})"
    share = f"{step.share:5.2f}" if step.share else " " * 5
    more = f"  {step.state}" if step.state in ("dropped", "applied") else ""
    return f"{step.score:7.3f}  {gain:>22}  {share}  {step.seconds:5.1f}s{more}"


def _html_row(step: TreatmentStep) -> str:
    def shown(cell: Any) -> str:
        if isinstance(cell, float):
            return "" if np.isnan(cell) else f"{cell:.3f}"
        return escape(str(cell))

    return f"<tr>{''.join(f'<td>{shown(cell)}</td>' for cell in _cells(step))}</tr>"
