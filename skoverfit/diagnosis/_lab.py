"""The bench of a diagnosis: measures within a budget, and remembers the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from skoverfit._columns import columns_of
from skoverfit._gap import Estimate, GapScores
from skoverfit.diagnosis._budget import PASS_BUDGET, Clock
from skoverfit.diagnosis._columns._probes import (
    ALONE_COLUMNS,
    ALONE_ROWS,
    SplitKind,
    positions_of,
    same_splits,
    score_alone,
    split_kind,
)
from skoverfit.diagnosis._judgment._claims import unpaired_estimate
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    joined,
    observe,
    observe_original,
    paired,
)
from skoverfit.diagnosis._measuring._oof import OutOfFold, out_of_fold
from skoverfit.diagnosis._measuring._plan import make_plan
from skoverfit.diagnosis._measuring._twins import (
    group_splitter,
    n_repeats,
    shuffled_splitter,
    with_fewer_training_rows,
)
from skoverfit.diagnosis._own_part._own_part import OwnPart, fit_own_part
from skoverfit.diagnosis._own_part._part_tests import TwoSample, two_sample_test
from skoverfit.diagnosis._own_part._parts import Parts, read_parts
from skoverfit.diagnosis._own_part._units import Unit, unit_changes
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import INTERRUPTED, Evidence, NotMeasured, Skipped
from skoverfit.diagnosis._rows._arrangement import Arrangement
from skoverfit.diagnosis._rows._duplicates import duplicate_groups
from skoverfit.diagnosis._rows._neighbors import Neighbors, find_neighbors
from skoverfit.diagnosis._table import Table, make_table
from skoverfit.diagnosis.remedies._base import Candidate

REMEDY_SHARE = 0.3
"""Share of a budget that what is less important leaves to the remedies."""

MIN_SHARED = 0.01
"""Share of rows that are copies below which copies cannot matter."""

USED_UP = "the budget is used up"

CONFIRMING, SHUFFLED = "confirmation on further splits", "shuffled splits"


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


@dataclass(frozen=True)
class Core:
    """What every probe starts from: the estimator and a dummy on the splits."""

    outcome: Outcome
    model: GapScores
    baseline: GapScores
    over_baseline: Estimate
    score_range: float

    @property
    def fitted(self) -> list[Any]:
        """Models of the splits."""
        return self.outcome.fitted


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
        self.notes: list[str] = []
        """What was measured on a part of the rows or columns only."""
        self.core: Core | None = None
        """The estimator and a dummy on the splits, measured first."""
        self.evidence: Evidence | None = None
        """What was measured so far about capacity, rows and signal."""
        self._outcomes: dict[Any, Outcome] = {}
        self._remembered: dict[str, Any] = {}
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

    # ------------------------------------------------------ what several causes look at
    @cached_property
    def table(self) -> Table | None:
        """The data as a table of numbers, of some rows where there are many."""
        table = make_table(self.problem.X, self.problem.seed)
        if table is not None and len(table.rows) < self.problem.n_samples:
            self.note(f"columns were read in {len(table.rows):,} rows")
        return table

    @cached_property
    def neighbors(self) -> Neighbors | None:
        """Nearest other rows on standardized columns; None of what is not a table."""
        if self.table is None:
            return None
        return find_neighbors(self.table, self.problem.seed)

    @cached_property
    def arrangement(self) -> Arrangement:
        """Near copies, groups, interpolated rows and order of the rows."""
        return Arrangement(self.problem, self.table)

    @property
    def same_rows(self) -> NDArray[np.int64]:
        """Number of each row that exact copies of it share."""
        return self.copies

    @cached_property
    def oof(self) -> OutOfFold | None:
        """Out-of-fold predictions of the model; None if there are none."""
        return None if self.model is None else self.oof_of(self.model)

    def oof_of(self, outcome: Outcome) -> OutOfFold | None:
        """Out-of-fold predictions behind an outcome that kept its models."""
        return out_of_fold(self.problem, outcome)

    @cached_property
    def alone(self) -> dict[str, float]:
        """Out-of-fold score of a shallow tree on each column alone, by its name."""
        if self.table is None:
            return {}
        if len(self.table.names) > ALONE_COLUMNS:
            self.note(f"{ALONE_COLUMNS} of {len(self.table.names):,} columns alone")
        if len(self.table.rows) > ALONE_ROWS:
            self.note(f"columns were scored alone on {ALONE_ROWS:,} rows")
        scores = self.alone_for(self.table.matrix)
        return dict(zip(self.table.names, scores.tolist(), strict=True))

    def alone_for(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Score other columns, for the rows of the table, in the same way."""
        rows = np.arange(len(matrix)) if self.table is None else self.table.rows
        return score_alone(self.problem, matrix, rows)

    @property
    def split_kind(self) -> SplitKind:
        """How the splits were drawn: shuffled, in order, forward, grouped or own."""
        return split_kind(self.problem)

    # ------------------------------------------------------------- the user's test part
    @cached_property
    def parts(self) -> Parts:
        """Both parts as numbers with the same columns."""
        parts = read_parts(self.problem.X, self.problem.X_test)
        if parts is None:
            raise NotMeasured("the parts are not tables, or too wide to compare")
        return parts

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Columns that have another unit in the test part."""
        return unit_changes(self.parts)

    @cached_property
    def two_sample(self) -> TwoSample:
        """How well test rows can be told from training rows."""
        return two_sample_test(self.parts, self.problem.seed)

    @cached_property
    def own_part(self) -> OwnPart:
        """The model, fitted on all training rows, on the test part."""
        what = "the test part"
        if not self.allows(what, 1 / len(self.problem.splits)):
            raise NotMeasured(self.reason_of(what))
        return fit_own_part(self.problem)

    def note(self, text: str) -> None:
        """Note that something was measured on a part of the data only."""
        if text not in self.notes:
            self.notes.append(text)

    # ------------------------------------------------- the same model under a condition
    def without(
        self,
        columns: Sequence[str | int],
        where: str = "",
        splits: Splits | None = None,
    ) -> Outcome:
        """Measure the model without some columns, on its own splits or on others.

        Parameters
        ----------
        columns : sequence of str or int
            Names as in `table.names`, or positions.
        where, splits : str and list of (ndarray, ndarray), default="" and None
            Other splits, and what they are called.

        Raises
        ------
        NotMeasured
            If the budget does not allow it, or the model needs the columns.
        """
        if self.table is None:
            raise NotMeasured("the data are not a table")
        positions = positions_of(self.table.names, columns)
        if len(positions) >= len(self.table.names):
            raise NotMeasured("no other column is left")
        names = ", ".join(self.table.names[j] for j in positions)
        return self._once(
            ("without", where, *sorted(positions)),
            f"without {names}",
            lambda: self._drop(positions, splits or self.problem.splits),
        )

    def _drop(self, positions: list[int], splits: Splits) -> Outcome:
        left = columns_of(self.problem.X).drop(positions)
        problem = replace(self.problem, X=left, splits=splits)
        return observe(problem, problem.estimator)

    def on(self, label: str, splits: Splits) -> Outcome:
        """Measure the model on other splits, once for each label.

        Raises
        ------
        NotMeasured
            If the budget does not allow it, or it fails.
        """
        problem = self.problem.on(splits)
        share = len(splits) / len(self.problem.splits)
        return self._once(
            ("on", label),
            label,
            lambda: observe(problem, problem.estimator),
            n_units=share,
        )

    def with_model(self, label: str, estimator: Any, *, keep: bool = False) -> Outcome:
        """Measure another estimator on the same splits, once for each label.

        Raises
        ------
        NotMeasured
            If the budget does not allow it, or it fails.
        """
        return self._once(
            ("model", label),
            label,
            lambda: observe(self.problem, estimator, keep=keep),
        )

    def _once(
        self,
        key: Any,
        what: str,
        function: Callable[[], Outcome],
        n_units: float = 1.0,
    ) -> Outcome:
        if key not in self._outcomes:
            if not self.allows(what, n_units):
                raise NotMeasured(self.reason_of(what))
            outcome = self.attempt(what, function)
            if outcome is None:
                raise NotMeasured(self.reason_of(what))
            self._outcomes[key] = outcome
        return self._outcomes[key]

    def remember(self, key: str, measure: Callable[[], Any]) -> Any:
        """Measure once what a cause that is asked again would measure again."""
        if key not in self._remembered:
            self._remembered[key] = measure()
        return self._remembered[key]

    def reason_of(self, what: str) -> str:
        """Say why a measurement was skipped."""
        reasons = [item.reason for item in self.skipped if item.what == what]
        return f"{what} {reasons[0]}" if reasons else f"{what} was not measured"

    def compare(self, one: Outcome, other: Outcome) -> Estimate:
        """Change of the test score from `other` to `one`.

        Paired, from rows where they make up the score, if both are on the same test
        rows; else from the splits of either side.
        """
        if same_splits(one, other):
            return self.paired(one, other)
        a, b = one.scores, other.scores
        return unpaired_estimate(
            a.test_scores, a.test_train_ratio, b.test_scores, b.test_train_ratio
        )

    @property
    def may_shuffle(self) -> bool:
        """Whether the splitter has a shuffled twin."""
        return shuffled_splitter(self.problem, 0, None) is not None

    @cached_property
    def grouped(self) -> tuple[Any, Outcome, float] | None:
        """Splitter that keeps copies together, its outcome and the seconds it took."""
        problem, what = self.problem, "keep copies together"
        n_splits = max(2, len(problem.splits))
        n_units = n_splits / len(problem.splits)
        if problem.groups is not None or not self.allows(what, n_units):
            return None
        kind = group_splitter(problem, self.copies)
        splitter = kind(n_splits, shuffle=True, random_state=0)
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
    def shuffled(self) -> Outcome | None:
        """The model on shuffled twins of the splits; None without any."""
        splits = self.shuffled_splits(self.problem.seed + 1)
        if splits is None:
            return None
        try:
            return self.on(SHUFFLED, splits)
        except NotMeasured:
            return None

    @cached_property
    def further(self) -> tuple[Problem, Outcome] | None:
        """Further splits with the outcome of the estimator; None without any."""
        first = self.shuffled
        if first is None:
            return None
        found = [self.shuffled_splits(self.problem.seed + k) for k in self._repeats]
        more = [split for splits in found if splits for split in splits]
        twins = self.shuffled_splits(self.problem.seed + 1) or []
        problem = self.problem.on([*twins, *more])
        if not more:
            return problem, first
        rest = self.problem.on(more)
        outcome = self.attempt(CONFIRMING, lambda: observe(rest, rest.estimator))
        return None if outcome is None else (problem, joined(first, outcome))

    @property
    def _repeats(self) -> range:
        """Seeds of the further splits after the first."""
        return range(2, n_repeats(self.problem.n_samples) + 1)

    @property
    def n_units_shuffled(self) -> float:
        """Cross-validations that one pass of shuffled splits amounts to.

        It has all splits of the splitter, also where the budget left fewer.
        """
        own = getattr(self.problem.splitter, "n_splits", len(self.problem.splits))
        return own / len(self.problem.splits)

    @property
    def n_units_further(self) -> float:
        """Cross-validations that further splits amount to."""
        return n_repeats(self.problem.n_samples) * self.n_units_shuffled

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
            try:
                self._progress(stage, self._done, max(self._total, self._done + 1))
            except KeyboardInterrupt:
                self.interrupt()
        self._done += 1

    def finish(self) -> None:
        """Report the end."""
        if self._progress is not None:
            self._progress("done", self._done, self._done)

    def skip(self, what: str, reason: str) -> None:
        """Note that a measurement was not made; the first reason counts."""
        if what not in {item.what for item in self.skipped}:
            self.skipped.append(Skipped(what, reason))

    @property
    def spare(self) -> float:
        """Seconds that what is less important leaves to the remedies."""
        return REMEDY_SHARE * min(self.clock.seconds, 1e9)

    def allows(self, what: str, n_units: float, *, spare: float = 0.0) -> bool:
        """Whether the budget allows `n_units` cross-validations; notes if not."""
        return self.allows_seconds(what, n_units * self.unit, spare=spare)

    def allows_seconds(self, what: str, cost: float, *, spare: float = 0.0) -> bool:
        """Whether the budget allows a measurement of some seconds; notes if not."""
        if self.clock.allows(cost + spare):
            return True
        self.skip(what, self._refusal(cost))
        return False

    def _refusal(self, cost: float) -> str:
        if self.clock.is_stopped:
            return INTERRUPTED
        price = f"would take about {cost:.1f} s" if cost > 0 else ""
        if not self.clock.is_given:
            return f"{price + ' more' if price else 'was left out'}; {PASS_BUDGET}"
        return f"{price}, more than the budget leaves" if price else USED_UP

    def interrupt(self) -> None:
        """Stop measuring: what is known already makes the report.

        Raises
        ------
        KeyboardInterrupt
            If nothing is known yet, or it was interrupted before.
        """
        if self.core is None or self.clock.is_stopped:
            raise KeyboardInterrupt
        self.clock.stop()
        self.skip("all that was still to come", INTERRUPTED)

    def attempt(self, what: str, function: Callable[[], Outcome]) -> Outcome | None:
        """Run a probe that may fail for good reasons, such as a class left out."""
        try:
            outcome = function()
        except KeyboardInterrupt:
            self.interrupt()
            return None
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
        outcome = self._outcomes.get(("model", candidate.name))
        if outcome is not None:  # a cause has asked for it
            start -= float(outcome.seconds.sum())
        else:
            outcome = self._observe_within_budget(candidate)
        if outcome is None:
            return None
        trial = Trial(candidate, outcome, perf_counter() - start)
        self.trials.append(trial)
        return trial

    def has_measured(self, candidate: Candidate) -> bool:
        """Whether the scores of a candidate are known."""
        return ("model", candidate.name) in self._outcomes

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
        part = with_fewer_training_rows(problem, candidate.most_rows)
        if part is not problem:
            some = f"{candidate.most_rows:,} training rows of each split"
            self.note(f"models of another kind were fitted on {some}")
        return self.attempt(candidate.name, lambda: observe(part, candidate.estimator))
