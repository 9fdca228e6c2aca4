"""The bench of a diagnosis: measures within a budget, and remembers the rest."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
)

from skoverfit._gap import Estimate, GapScores, corrected_estimate
from skoverfit.diagnosis._alternatives import Candidate
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._duplicates import duplicate_groups
from skoverfit.diagnosis._problem import Problem, Splits, measure
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
    """A candidate with its scores on the splits of the problem."""

    candidate: Candidate
    scores: GapScores
    seconds: float


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
        self.problem = problem
        self.clock = clock
        self.skipped: list[Skipped] = []
        self.trials: list[Trial] = []
        self.confirmed: dict[str, Estimate | None] = {}
        """Change of the test score on further splits, by name of the candidate."""
        self.unit = 0.0
        """Seconds of one cross-validation of the estimator under diagnosis."""
        self._progress = progress
        self._done, self._total = 0, 1

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

    def shuffled_splits(self, seed: int) -> Splits | None:
        """Shuffled twins of the splits that part no copies; None if wrong."""
        problem = self.problem
        splitter = shuffled_splitter(problem, seed, self.together)
        if splitter is None:
            return None
        return list(splitter.split(problem.X, problem.y, self.together))

    @cached_property
    def further(self) -> tuple[Problem, GapScores] | None:
        """Further splits with the scores of the estimator; None without any."""
        splits: Splits = []
        for repeat in range(1, N_REPEATS + 1):
            more = self.shuffled_splits(self.problem.seed + repeat)
            if more is None:
                return None
            splits += more
        problem = self.problem.on(splits)
        scores = self.attempt(CONFIRMING, lambda: measure(problem, problem.estimator))
        return None if scores is None else (problem, scores)

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
        n_units = N_REPEATS * (1 + seconds / self.unit)
        if not self.allows(CONFIRMING, n_units) or self.further is None:
            return None
        problem, model = self.further
        scores = self.attempt(CONFIRMING, lambda: measure(problem, candidate.estimator))
        return None if scores is None else paired(scores, model)

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
        """Note that a measurement was not made."""
        self.skipped.append(Skipped(what, reason))

    def allows(self, what: str, n_units: float, *, spare: float = 0.0) -> bool:
        """Whether the budget allows `n_units` cross-validations; notes if not."""
        cost = n_units * self.unit
        if self.clock.allows(cost + spare):
            return True
        self.skip(what, f"would take about {cost:.1f} s, more than the budget leaves")
        return False

    def measure(self, what: str, estimator: Any) -> GapScores | None:
        """Scores of a probe, or None with a note where it cannot be measured."""
        return self.attempt(what, lambda: measure(self.problem, estimator))

    def attempt(self, what: str, function: Callable[[], GapScores]) -> GapScores | None:
        """Run a probe that may fail for good reasons, such as a class left out."""
        try:
            scores = function()
        except (ValueError, TypeError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            self.skip(what, f"failed: {lines[-1].strip()}")
            return None
        if not np.isfinite(scores.gaps).any():
            self.skip(what, "failed on every split")
            return None
        return scores

    def try_unknown(self, candidate: Candidate) -> Trial | None:
        """Measure a candidate whose cost is unknown: time one split of it first."""
        if np.isfinite(self.clock.seconds):
            first = self.problem.on(self.problem.splits[:1])
            start = perf_counter()
            self.attempt(candidate.name, lambda: measure(first, candidate.estimator))
            cost = (perf_counter() - start) * len(self.problem.splits)
            if not self.allows(candidate.name, cost / self.unit):
                return None
        return self.try_candidate(candidate)

    def try_candidate(self, candidate: Candidate) -> Trial | None:
        """Measure a candidate and keep it among the trials."""
        start = perf_counter()
        scores = self.measure(candidate.name, candidate.estimator)
        if scores is None:
            return None
        trial = Trial(candidate, scores, perf_counter() - start)
        self.trials.append(trial)
        return trial


def paired(scores: GapScores, other: GapScores) -> Estimate:
    """Paired change of the test score over the same splits."""
    return corrected_estimate(
        scores.test_scores - other.test_scores,
        test_train_ratio=other.test_train_ratio,
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
