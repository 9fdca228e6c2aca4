"""The bench of a diagnosis: measures within a budget, and remembers the rest."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import Pipeline

from skoverfit._gap import Estimate, GapScores
from skoverfit.diagnosis._alternatives import Candidate
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._duplicates import duplicate_groups
from skoverfit.diagnosis._measurement import (
    Outcome,
    joined,
    observe,
    observe_original,
    paired,
)
from skoverfit.diagnosis._plan import make_plan
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import Skipped

N_REPEATS = 4
"""Further shuffled cross-validations on which leading candidates are confirmed."""

MIN_SHARED = 0.01
"""Share of rows that are copies below which copies cannot matter."""

MANY_GROUPS = 5000
"""Groups from which folds are not stratified."""

CONFIRMING = "confirmation on further splits"


@dataclass(frozen=True)
class Trial:
    """A candidate with its outcome on the splits of the problem."""

    candidate: Candidate
    outcome: Outcome
    seconds: float

    @property
    def scores(self) -> GapScores:
        """Its train and test scores."""
        return self.outcome.scores


class Lab:
    """Runs measurements within a budget and remembers what was skipped.

    Parameters
    ----------
    problem : Problem
        What is being diagnosed.
    clock : Clock
        The budget.
    progress : callable, default=None
        Called as ``progress(stage, done, total)`` before each measurement.
    """

    def __init__(
        self,
        problem: Problem,
        clock: Clock,
        progress: Callable[[str, int, int], Any] | None = None,
    ):
        self.given = problem
        """All that was given; `problem` may be part of it."""
        self.problem = problem
        self.clock = clock
        self.skipped: list[Skipped] = []
        self.trials: list[Trial] = []
        self.confirmed: dict[str, Estimate | None] = {}
        """Change of the test score on further splits, by name of the candidate."""
        self.model: Outcome | None = None
        """Outcome of the estimator under diagnosis."""
        self.dummy: Outcome | None = None
        """Outcome of a dummy that ignores the features."""
        self.unit = 0.0
        """Seconds of one cross-validation of the estimator under diagnosis."""
        self.final_seconds = 0.0
        """Seconds of a fit on all rows."""
        self._progress = progress
        self._done, self._total = 0, 1

    def observe_model(self) -> Outcome:
        """Measure the estimator itself on what of the data the budget allows."""
        plan = make_plan(self.given, self.clock)
        self.problem, self.final_seconds = plan.problem, plan.seconds_full
        self.skipped.extend(plan.notes)
        outcome = plan.outcome or observe_original(self.problem)
        # The first fit also pays for imports and caches: count it like the others.
        n_splits = len(outcome.seconds)
        n_jobs = min(effective_n_jobs(self.problem.n_jobs), n_splits)
        self.unit = float(np.median(outcome.seconds)) * n_splits / n_jobs
        self.model = outcome
        return outcome

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """Number of each row that copies of it share."""
        return duplicate_groups(self.problem.X)

    @cached_property
    def together(self) -> NDArray | None:
        """Groups of rows that no split may part: those given, or else many copies."""
        if self.problem.groups is not None:
            return self.problem.groups
        n_repeated = len(self.copies) - self.copies.max() - 1
        return self.copies if n_repeated >= MIN_SHARED * len(self.copies) else None

    @property
    def may_shuffle(self) -> bool:
        """Whether the splitter has a shuffled twin."""
        return shuffled_splitter(self.problem, 0, None) is not None

    @cached_property
    def grouped(self) -> tuple[Any, Outcome, float] | None:
        """Splitter that keeps copies together, its outcome and the seconds it took."""
        problem, what = self.problem, "keep copies together"
        if problem.groups is not None or not self.allows(what, 1):
            return None
        kind = _group_splitter(problem, self.copies)
        splitter = kind(len(problem.splits), shuffle=True, random_state=0)
        start = perf_counter()
        outcome = self.attempt(what, lambda: self._observe_grouped(splitter))
        return None if outcome is None else (splitter, outcome, perf_counter() - start)

    def _observe_grouped(self, splitter: Any) -> Outcome:
        problem = self.problem
        splits = list(splitter.split(problem.X, problem.y, self.copies))
        return observe(problem.on(splits), problem.estimator)

    def shuffled_splits(self, seed: int) -> Splits | None:
        """Shuffled twins of the splits that part no copies; None if wrong."""
        problem = self.problem
        splitter = shuffled_splitter(problem, seed, self.together)
        if splitter is None:
            return None
        return list(splitter.split(problem.X, problem.y, self.together))

    @cached_property
    def further(self) -> tuple[Problem, Outcome] | None:
        """Further splits with the outcome of the estimator; None without any."""
        splits: Splits = []
        for repeat in range(1, N_REPEATS + 1):
            more = self.shuffled_splits(self.problem.seed + repeat)
            if more is None:
                return None
            splits += more
        problem = self.problem.on(splits)
        outcome = self.attempt(CONFIRMING, lambda: observe(problem, problem.estimator))
        return None if outcome is None else (problem, outcome)

    @property
    def n_units_further(self) -> float:
        """Cross-validations that further splits amount to."""
        own = getattr(self.problem.splitter, "n_splits", len(self.problem.splits))
        return N_REPEATS * own / len(self.problem.splits)

    def confirm(self, candidate: Candidate, seconds: float) -> Estimate | None:
        """Paired change of the test score on further shuffled splits.

        Parameters
        ----------
        candidate : Candidate
            What leads on the splits of the problem.
        seconds : float
            Time it took there.

        Returns
        -------
        change : Estimate or None
            None if shuffling may be wrong, or the budget does not allow it.
        """
        if candidate.name not in self.confirmed:
            self.confirmed[candidate.name] = self._confirm(candidate, seconds)
        return self.confirmed[candidate.name]

    def _confirm(self, candidate: Candidate, seconds: float) -> Estimate | None:
        n_units = self.n_units_further * (1 + seconds / self.unit)
        if not self.may_shuffle or not self.allows(CONFIRMING, n_units):
            return None
        if self.further is None:
            return None
        problem, model = self.further
        found = self.attempt(CONFIRMING, lambda: observe(problem, candidate.estimator))
        return None if found is None else self.paired(found, model)

    def change(self, trial: Trial) -> Estimate:
        """Paired change of the test score from the estimator to a candidate."""
        assert self.model is not None
        return self.paired(trial.outcome, self.model)

    def paired(self, one: Outcome, other: Outcome) -> Estimate:
        """Paired change of the test score on the same splits."""
        return paired(one, other, self.together)

    def expect(self, n_steps: int) -> None:
        """Say how many steps are still to come."""
        self._total = self._done + n_steps

    def step(self, stage: str) -> None:
        """Report that a step begins."""
        if self._progress is not None:
            self._progress(stage, self._done, max(self._total, self._done + 1))
        self._done += 1

    def finish(self) -> None:
        """Report the end."""
        if self._progress is not None:
            self._progress("done", self._done, self._done)

    def skip(self, what: str, reason: str) -> None:
        """Note that a measurement was not made; the first reason counts."""
        if what not in {item.what for item in self.skipped}:
            self.skipped.append(Skipped(what, reason))

    def allows(self, what: str, n_units: float, *, spare: float = 0.0) -> bool:
        """Whether the budget allows `n_units` cross-validations; notes if not."""
        return self.allows_seconds(what, n_units * self.unit, spare=spare)

    def allows_seconds(self, what: str, cost: float, *, spare: float = 0.0) -> bool:
        """Whether the budget allows a measurement of some seconds; notes if not."""
        if self.clock.allows(cost + spare):
            return True
        price = f"would take about {cost:.1f} s, more than the budget leaves"
        self.skip(what, price if cost else "the budget is used up")
        return False

    def attempt(self, what: str, function: Callable[[], Outcome]) -> Outcome | None:
        """Run a probe that may fail for good reasons, such as a class left out."""
        try:
            outcome = function()
        except (ValueError, TypeError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            self.skip(what, f"failed: {lines[-1].strip()}")
            return None
        if not np.isfinite(outcome.scores.gaps).any():
            self.skip(what, "failed on every split")
            return None
        return outcome

    def try_candidate(self, candidate: Candidate) -> Trial | None:
        """Measure a candidate once, one split first; keep it among the trials."""
        known = [
            trial for trial in self.trials if trial.candidate.name == candidate.name
        ]
        if known:
            return known[0]
        start = perf_counter()
        outcome = self._observe_within_budget(candidate)
        if outcome is None:
            return None
        trial = Trial(candidate, outcome, perf_counter() - start)
        self.trials.append(trial)
        return trial

    def _observe_within_budget(self, candidate: Candidate) -> Outcome | None:
        """Measure all splits if the time of the first one allows it."""
        name, splits = candidate.name, self.problem.splits
        # The steps before the last one cost about what they cost the estimator.
        shares_steps = isinstance(self.problem.estimator, Pipeline)
        least = self.unit / len(splits) if shares_steps else 0.0
        if not self.allows_seconds(name, least):
            return None
        if not np.isfinite(self.clock.seconds) or len(splits) == 1:
            return self._observe(candidate, splits)
        first = self._observe(candidate, splits[:1])
        if first is None:
            return None
        n_jobs = min(effective_n_jobs(self.problem.n_jobs), len(splits))
        cost = float(first.seconds.sum()) * (len(splits) - 1) / n_jobs
        if not self.allows_seconds(name, cost):
            return None
        rest = self._observe(candidate, splits[1:])
        return None if rest is None else joined(first, rest)

    def _observe(self, candidate: Candidate, splits: Splits) -> Outcome | None:
        problem = self.problem.on(splits)
        return self.attempt(
            candidate.name, lambda: observe(problem, candidate.estimator)
        )


def shuffled_splitter(problem: Problem, seed: int, groups: NDArray | None) -> Any:
    """Find the shuffled twin of the splitter; None if shuffling may be wrong."""
    known = (KFold, StratifiedKFold, GroupKFold, StratifiedGroupKFold)
    if type(problem.splitter) not in known:
        return None
    n_folds = problem.splitter.n_splits
    kind = type(problem.splitter)
    if groups is not None:
        kind = _group_splitter(problem, groups)
    elif kind is KFold and _can_stratify(problem, n_folds):
        kind = StratifiedKFold
    return kind(n_folds, shuffle=True, random_state=seed)


def _group_splitter(problem: Problem, groups: NDArray) -> Any:
    """Stratified where that helps; it takes time for each group."""
    n_groups = len(np.unique(groups))
    is_class = problem.is_classification and n_groups <= MANY_GROUPS
    return StratifiedGroupKFold if is_class else GroupKFold


def _can_stratify(problem: Problem, n_folds: int) -> bool:
    if not problem.is_classification:
        return False
    return min(Counter(problem.y.tolist()).values()) >= n_folds
