"""What fits into the budget: all of the data, or fewer rows, or fewer splits."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._measuring._measurement import Outcome, observe
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.diagnosis._records import Skipped
from skoverfit.diagnosis._rows._duplicates import duplicate_groups

CORE_SHARE = 0.15
"""Share of the budget for the cross-validation of the estimator itself."""

CORE_SECONDS = 1.0
"""Seconds that this cross-validation may take in any case."""

FEW_ROWS = 1000
"""Training rows of a split below which splits are given up before rows."""

FEWEST_ROWS = 200
"""Training rows of a split that are kept in any case."""

PILOT_ROWS = 250
"""Training rows of the first fit that is timed."""

PILOT_GROWTH = 4
"""How many times as many rows the next timed fit has."""

PILOT_SHARE = 0.01
"""Share of the budget from which no larger fit is timed."""

WARM_UP_SHARE = 0.1
"""Share of the budget up to which the first fit is repeated, as it pays for imports."""

PER_ROW = ("groups", "time", "sample_weight")
"""What a problem may know about each row besides its target."""

LEAST_OF_CLASS = 10
"""Rows of a class that are kept of those there are."""


@dataclass(frozen=True)
class Plan:
    """What is to be measured.

    Attributes
    ----------
    problem : Problem
        The given one, or part of its rows and splits.
    seconds_full : float
        Expected time of a fit on all rows.
    notes : tuple of Skipped
        What is left out, in words.
    outcome : Outcome or None
        The measurement itself, where the budget allows no more than was timed.
    """

    problem: Problem
    seconds_full: float
    notes: tuple[Skipped, ...] = ()
    outcome: Outcome | None = None


def make_plan(problem: Problem, clock: Clock) -> Plan:
    """Time small fits, and choose what of the data the budget allows.

    Rows are given up first, as long as there are many; then splits. Without a limit
    nothing is timed.
    """
    if not np.isfinite(clock.seconds):
        return Plan(problem, 0.0)
    pilots = _pilots(problem, clock)
    pace = _Pace.of(pilots)
    n_train, n_splits = _n_train(problem), len(problem.splits)
    n_jobs = min(effective_n_jobs(problem.n_jobs), n_splits)
    most = max(clock.left, CORE_SECONDS)
    rows, n_splits = pace.affordable(n_train, n_splits, n_jobs, most)
    part, outcome = problem, None
    if rows < n_train:
        part = _with_fewer_rows(problem, rows / n_train)
    part = _with_fewer_splits(part, n_splits)
    if n_splits == 1 and pilots[-1].outcome and 4 * pace.seconds_at(rows) > most:
        part, outcome = _as_timed(problem, pilots[-1])
    notes = tuple(_notes(problem, part))
    return Plan(part, pace.seconds_at(n_train), notes, outcome)


def _n_train(problem: Problem) -> int:
    return int(np.median([len(train) for train, _ in problem.splits]))


# ------------------------------------------------------------------------ timed fits
@dataclass(frozen=True)
class _Pilot:
    """One fit on some rows of a split; no outcome if it failed."""

    split: tuple[NDArray[np.int64], NDArray[np.int64]]
    outcome: Outcome | None

    @property
    def n_rows(self) -> int:
        """Training rows."""
        return len(self.split[0])

    @property
    def seconds(self) -> float:
        """Seconds for fitting and scoring."""
        return 0.0 if self.outcome is None else float(self.outcome.seconds.sum())


def _pilots(problem: Problem, clock: Clock) -> list[_Pilot]:
    """Time fits on more and more rows, as long as they cost next to nothing."""
    train, test = problem.splits[-1]
    rng = np.random.default_rng(problem.seed)
    train, test = rng.permutation(train), rng.permutation(test)
    size = min(PILOT_ROWS, len(train))
    pilots = [_pilot(problem, train, test, size)]
    if pilots[0].seconds < WARM_UP_SHARE * clock.seconds:
        pilots = [_pilot(problem, train, test, size)]
    while size < len(train) and pilots[-1].seconds < PILOT_SHARE * clock.seconds:
        size = min(PILOT_GROWTH * size, len(train))
        pilots.append(_pilot(problem, train, test, size))
    return pilots


def _pilot(problem: Problem, train: NDArray, test: NDArray, size: int) -> _Pilot:
    n_test = max(1, round(len(test) * size / len(train)))
    split = np.sort(train[:size]), np.sort(test[:n_test])
    single = replace(problem, n_jobs=None, splits=[split])
    try:
        return _Pilot(split, observe(single, problem.estimator, keep=True))
    except ValueError:  # too few rows, or it never fits: the measurement will say
        return _Pilot(split, None)


@dataclass(frozen=True)
class _Pace:
    """Seconds of one split against its training rows: a power law."""

    rows: float
    seconds: float
    power: float

    @classmethod
    def of(cls, pilots: list[_Pilot]) -> "_Pace":
        """Find the pace of timed fits."""
        found = [(pilot.n_rows, pilot.seconds) for pilot in pilots]
        return cls(*found[-1], _power(found[-2:]))

    def seconds_at(self, rows: float) -> float:
        """Seconds of one split with so many training rows."""
        return float(self.seconds * (rows / self.rows) ** self.power)

    def affordable(
        self, rows: int, n_splits: int, n_jobs: int, most: float
    ) -> tuple[int, int]:
        """Training rows and splits whose cross-validation fits its share."""
        core = max(CORE_SHARE * most, CORE_SECONDS)
        fewer = self._rows_in(core * n_jobs / n_splits, rows)
        if fewer >= min(rows, FEW_ROWS):
            return fewer, n_splits
        fewer = min(rows, FEW_ROWS)
        possible = int(2 * core * n_jobs / self.seconds_at(fewer))
        if possible >= 2:
            return fewer, min(possible, n_splits)
        fewer = max(self._rows_in(core, rows), min(rows, FEWEST_ROWS))
        # Half of what is left is for remedies, which a single split can compare too.
        return fewer, 2 if 4 * self.seconds_at(fewer) <= most * n_jobs else 1

    def _rows_in(self, seconds: float, most: int) -> int:
        """Training rows, at most all, of a split that takes so long."""
        if self.seconds_at(most) <= seconds:
            return most
        if self.power < 0.05:  # the time hardly depends on the rows
            return 0
        exponent = np.log(seconds / self.seconds) / self.power
        return min(most, int(self.rows * np.exp(min(exponent, 50))))


def _power(found: list[tuple[int, float]]) -> float:
    """Power of the rows in the time; about proportional where that is not known."""
    if len(found) < 2 or found[0][1] <= 0 or found[1][1] <= 0:
        return 1.0
    (few, short), (many, long) = found
    return float(np.clip(np.log(long / short) / np.log(many / few), 0.3, 2.5))


# ------------------------------------------------------------------ parts of a problem
def _with_fewer_rows(problem: Problem, share: float) -> Problem:
    """Keep a share of the rows, in their order, and what is left of each split."""
    return _on_rows(problem, _sample(problem, share))


def _as_timed(problem: Problem, pilot: _Pilot) -> tuple[Problem, Outcome | None]:
    """Build the problem of a timed fit: its rows and nothing else."""
    rows = np.union1d(*pilot.split)
    part = _on_rows(problem.on([pilot.split]), rows)
    if pilot.outcome is None:
        return part, None
    return part, replace(pilot.outcome, tests=[test for _, test in part.splits])


def _on_rows(problem: Problem, rows: NDArray) -> Problem:
    """Keep some rows, and what is left of each split."""
    place = np.full(problem.n_samples, -1)
    place[rows] = np.arange(len(rows))
    splits = [
        (_kept(place, train), _kept(place, test)) for train, test in problem.splits
    ]
    per_row: dict[str, Any] = {
        name: _part(getattr(problem, name), rows) for name in PER_ROW
    }
    return replace(
        problem,
        X=rows_of(problem.X, rows),
        y=problem.y[rows],
        **per_row,
        splits=[split for split in splits if min(map(len, split)) > 0],
    )


def _part(values: NDArray | None, rows: NDArray) -> NDArray | None:
    return None if values is None else values[rows]


def _kept(place: NDArray, rows: NDArray) -> NDArray:
    kept = place[rows]
    return kept[kept >= 0]


def _sample(problem: Problem, share: float) -> NDArray[np.int64]:
    """Draw rows: whole sets of copies, about the same share of each class."""
    rng = np.random.default_rng(problem.seed)
    copies = duplicate_groups(problem.X)
    is_class = problem.is_classification and problem.n_classes < problem.n_samples / 20
    labels = problem.y if is_class else np.zeros(problem.n_samples)
    chosen = [
        _sample_of(copies, np.flatnonzero(labels == label), share, rng)
        for label in np.unique(labels)
    ]
    return np.sort(np.concatenate(chosen))


def _sample_of(
    copies: NDArray, rows: NDArray, share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Of the given rows, all with some of the distinct copies."""
    distinct = np.unique(copies[rows])
    size = max(round(share * len(distinct)), min(LEAST_OF_CLASS, len(distinct)))
    return rows[np.isin(copies[rows], rng.permutation(distinct)[:size])]


def _with_fewer_splits(problem: Problem, n_splits: int) -> Problem:
    """Keep splits that are evenly spread, the last one included."""
    if n_splits >= len(problem.splits):
        return problem
    places = np.linspace(len(problem.splits) - 1, 0, n_splits).round().astype(int)
    return problem.on([problem.splits[place] for place in sorted(set(places))])


def _notes(given: Problem, part: Problem) -> list[Skipped]:
    """Say what is left out, and why."""
    notes = []
    if part.n_samples < given.n_samples:
        drawn = f"{part.n_samples:,} of {given.n_samples:,} rows, drawn at random"
        notes.append(Skipped("all rows", f"measured on {drawn}, for want of time"))
    if len(part.splits) < len(given.splits):
        some = f"{len(part.splits)} of {len(given.splits)} splits"
        notes.append(Skipped("all splits", f"measured on {some}, for want of time"))
    return notes
