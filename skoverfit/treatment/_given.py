"""The given model on the splits: measured once, for the audit and for the treatment."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    fit_rows,
    joined,
    observe,
    seeded,
    start_workers,
)
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.exceptions import InputError
from skoverfit.treatment._fits import Fit, quietly

__all__ = ["Given", "check_given", "measured", "observed"]

SHARE = 1 / 3
"""Share of what is left of a budget that the fits of the given model may take."""

GROWTH = 1.2
"""Power of the number of rows that the time of a fit grows with."""


TOO_SHORT = (
    "The budget of {budget:.3g} seconds is too small to measure the given model on two "
    "splits: with what comes before, and the fit on all rows, that takes about "
    "{least:.3g} seconds. It was scored on one split; nothing else was tried."
)


@dataclass(frozen=True)
class Given:
    """The given model, measured.

    Attributes
    ----------
    problem : Problem
        The given one, on as many splits as the budget allows.
    outcome : Outcome
        Scores and models of these splits.
    n_rows : int
        Rows that the result is fitted on, where these are more than choose it.
    notes : tuple of str
        What the budget did not suffice for.
    """

    problem: Problem
    outcome: Outcome
    n_rows: int
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Wall time of a cross-validation."""
        n_splits = len(self.problem.splits)
        n_jobs = min(effective_n_jobs(self.problem.n_jobs), n_splits)
        return float(self.outcome.seconds.sum()) / n_jobs

    @property
    def final_seconds(self) -> float:
        """Time to expect of a fit on all rows, with the score of these."""
        slowest = float(self.outcome.seconds.max())
        n_train = min(len(train) for train, _ in self.problem.splits)
        return slowest * (self.n_rows / n_train) ** GROWTH

    @property
    def can_judge(self) -> bool:
        """Whether there are two splits: one is judged by what the other chose."""
        return len(self.problem.splits) > 1


def measured(
    problem: Problem,
    clock: Clock,
    progress: Callable[[str, int, int], Any] | None = None,
    *,
    n_rows: int | None = None,
    first: Outcome | None = None,
) -> Given:
    """Cross-validate the given model, on fewer splits where the budget is short.

    Parameters
    ----------
    problem : Problem
        The given model, rows and splits.
    clock : Clock
        The budget.
    progress : callable, default=None
        Called as ``progress(stage, done, total)``.
    n_rows : int, default=None
        Rows that the result is fitted on; None is those of the problem.
    first : Outcome, default=None
        What is known of the first split.

    Raises
    ------
    InputError
        If it cannot be fitted and scored.
    """
    if progress is not None:
        progress("the given model", 0, 1)
    start_workers(problem.n_jobs)
    if first is None:
        first = observed(problem, 0, 1)
    given = Given(problem.on(problem.splits[:1]), first, n_rows or problem.n_samples)
    seconds = float(first.seconds[0])
    least = seconds + given.final_seconds
    if not clock.allows(least):
        budget, least = clock.seconds, clock.elapsed + least
        return replace(given, notes=(TOO_SHORT.format(budget=budget, least=least),))
    n_splits = _affordable(problem, clock, seconds)
    outcome = joined(first, observed(problem, 1, n_splits))
    return replace(
        given, problem=problem.on(problem.splits[:n_splits]), outcome=outcome
    )


def _affordable(problem: Problem, clock: Clock, seconds: float) -> int:
    """Count the splits that a share of the budget pays; at least two.

    One is judged by what the other chose.
    """
    wanted = len(problem.splits)
    if not np.isfinite(clock.seconds):
        return wanted
    each = seconds / min(effective_n_jobs(problem.n_jobs), wanted)
    pays = SHARE * max(clock.left + seconds, 0.0) // max(each, 1e-9)
    return int(np.clip(pays, 2, wanted))


def observed(problem: Problem, start: int, end: int) -> Outcome:
    """Fit on some of the splits; what goes wrong is raised as it is."""
    part = problem.on(problem.splits[start:end])
    with quietly(problem):
        try:
            return observe(part, problem.estimator, keep=True)
        except ValueError:
            _raise(part, 0, "all of its fits failed")
            raise


def check_given(problem: Problem, fit: Fit, split: int) -> None:
    """Raise what the given model raises; it is fitted again in the open for that."""
    if fit.error:
        _raise(problem, split, fit.error)


def _raise(problem: Problem, split: int, reason: str) -> None:
    train, test = problem.splits[split]
    model = seeded(problem.estimator, problem.seed)
    with quietly(problem):
        fit_rows(problem, model, train)
        problem.scorer(model, rows_of(problem.X, test), problem.y[test])
    name = type(problem.estimator).__name__
    raise InputError(f"{name} cannot be fitted and scored on these data: {reason}")
