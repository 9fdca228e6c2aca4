"""The treatment: measure, try remedies, choose, and prove that the choice is better.

1. The given model is cross-validated; its fold models and their answers are kept.
2. Remedies are tried on the same splits, cheap ones first. One whose first rows show
   that it cannot win is dropped.
3. Kinds of remedies that lead get their further settings tried.
4. What leads is treated as the given model was: what changes a model is tried on it.
5. Rows choose a greedy committee of fold models over all that was fitted.
6. The choice is judged by rows that did not make it, and again on fresh splits, until
   it is proven, hopeless, or the budget is used up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray

from skoverfit._gap import Estimate
from skoverfit._paired import paired_estimate, score_estimate
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._columns._probes import split_kind
from skoverfit.diagnosis._lab import USED_UP
from skoverfit.diagnosis._measuring._measurement import Outcome, seeded
from skoverfit.diagnosis._measuring._twins import shuffled_splitter
from skoverfit.diagnosis._problem import Splits
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._registry import cost_of
from skoverfit.model_selection._committee._greedy import row_losses
from skoverfit.treatment._acceptance import Accept, Gain, accepts
from skoverfit.treatment._data_in._problem import drawn
from skoverfit.treatment._fits import (
    Fit,
    Trial,
    ballot_of,
    fits_of,
    one_line,
    run_splits,
)
from skoverfit.treatment._given import Given, check_given
from skoverfit.treatment._guard import may_hang
from skoverfit.treatment._pool import Pool, Scored, change_of, level_of, sharper_by
from skoverfit.treatment._proposals import Proposals, Proposed, in_turns

__all__ = ["Engine", "Result"]

RESERVE = 0.25
"""Share of what the remedies find of the budget that is left for the proof."""

SLOWER = 0.75
"""Share of the fits so far that were faster, for their cost, than what is guessed."""

MARGIN = 0.1
"""Share of the leader's loss that a remedy may be behind it, and still be a member."""

LEADERS = 4
"""Kinds of remedies whose further settings are tried, and models that are changed."""

ROUNDS = 2
"""Times that what leads is changed in turn."""

MOST_PASSES = 4
"""Cross-validations, the first one included, that a proof takes at most."""


@dataclass(frozen=True)
class Result:
    """What a treatment came to.

    Attributes
    ----------
    trials : list of Trial
        The given model, then all that was tried, in order.
    weights : ndarray of shape (n_trials,)
        Share of each in what is best; all of it the given model's where nothing is.
    accepted : bool
        Whether something takes the place of the given model.
    gain : Gain or None
        Change by what was chosen, on rows that did not choose it; None
        where nothing else was chosen.
    given, expected : Estimate
        Score of the given model, and of what is used in the end, on unseen rows.
    n_passes : int
        Cross-validations that the gain was measured in.
    is_interrupted : bool
        Whether the user ended it early.
    """

    trials: list[Trial]
    weights: NDArray[np.float64]
    accepted: bool
    gain: Gain | None
    given: Estimate
    expected: Estimate
    n_passes: int
    is_interrupted: bool


class Engine:
    """Runs a treatment within a budget.

    Parameters
    ----------
    given : Given
        The given model, the rows, the splits and the score, measured.
    kinds : sequence of RemedyKind
        What to try.
    clock : Clock
        The budget.
    accept : {"proven", "likely", "best"}
        When something else takes the place of the given model.
    groups : ndarray of shape (n_samples,) or None
        Rows that no split may part.
    progress : callable, default=None
        Called as ``progress(stage, done, total)``.
    can_leave : bool, default=True
        Whether the given model can be sent to other processes.
    """

    def __init__(
        self,
        given: Given,
        kinds: Sequence[RemedyKind],
        clock: Clock,
        accept: Accept,
        groups: NDArray | None = None,
        progress: Callable[[str, int, int], Any] | None = None,
        *,
        can_leave: bool = True,
    ) -> None:
        self.problem = problem = given.problem
        self.given = given
        self.clock = clock
        self.accept = accept
        self.groups = groups
        self.can_leave = can_leave
        self.more_rows = given.n_rows / problem.n_samples
        self.ballot = ballot_of(problem)
        # Fold models of earlier rows, averaged, would be behind one of all rows: where
        # later rows are tested, a single remedy is chosen and fitted on all.
        self.may_average = split_kind(problem) != "forward"
        self._truth = self.ballot.truth(problem.y)
        self._known_losses: dict[int, NDArray] = {}
        self.trials: list[Trial] = []
        # Seconds for the proof and the last fit.
        self._kept = given.final_seconds + RESERVE * max(clock.left, 0.0)
        if not np.isfinite(clock.seconds):
            self._kept = 0.0
        has_time = partial(clock.allows, self._kept)
        self._proposals = Proposals(problem, kinds, self._refuse, has_time)
        self._changed: list[Trial] = []
        self._changing = {kind.name for kind in kinds if kind.changes_given}
        self._progress = progress
        self._done, self._total = 1, 2

    def run(self) -> Result:
        """Run all of it; an interrupt ends what is not yet done."""
        self._take_given(self.given.outcome)
        try:
            if self.given.can_judge:
                self._try_remedies()
        except KeyboardInterrupt:
            self.clock.stop()
        result = self._judged()
        self._say("done", end=True)
        return result

    # --------------------------------------------------------------- the given model
    def _take_given(self, outcome: Outcome) -> None:
        """Take what was measured of the given model.

        Raises
        ------
        InputError
            If it failed on a split.
        """
        problem = self.problem
        given = Candidate.of(
            "the given model",
            "As it was given.",
            seeded(problem.estimator, problem.seed),
            cost=cost_of(problem.estimator, problem.n_samples),
        )
        trial = Trial(given, "given", fits_of(problem, outcome, self.ballot))
        for split, fit in enumerate(trial.fits):
            check_given(problem, fit, split)
        self.trials.append(trial)

    # -------------------------------------------------------------------- the remedies
    def _try_remedies(self) -> None:
        """Try what stands for each kind, then more of the kinds that lead."""
        proposed = self._proposals.for_given(self.trials[0].candidate)
        first = [own for own in proposed if not own[1].is_variant]
        self._total = self._done + len(first) + LEADERS
        for kind, candidate in sorted(first, key=lambda own: own[1].cost):
            self._try(kind, candidate)
        variants = self._variants([own for own in proposed if own[1].is_variant])
        self._total = self._done + len(variants) + 2
        for kind, candidate in variants:
            self._try(kind, candidate)
        for _ in range(ROUNDS):
            combined = in_turns(
                self._proposals.for_leader(leader) for leader in self._new_leaders()
            )
            self._total = self._done + len(combined) + 2
            for kind, candidate in combined:
                self._try(kind, candidate)

    def _variants(self, proposed: list[Proposed]) -> list[Proposed]:
        """Order further settings: of each leading kind the next one, and so on."""
        leaders = dict.fromkeys(trial.kind for trial in self._by_loss())
        return in_turns(
            [own for own in proposed if own[0] == kind]
            for kind in list(leaders)[:LEADERS]
        )

    def _new_leaders(self) -> list[Candidate]:
        """Find leaders better than the given model, but for those found before."""
        ahead = self._by_loss()
        ahead = ahead[: ahead.index(self.trials[0])][:LEADERS]
        found = [trial.candidate for trial in ahead if trial not in self._changed]
        self._changed += ahead
        return found

    def _by_loss(self) -> list[Trial]:
        """Order what was fitted on all splits, the smallest loss first."""
        losses = np.nan_to_num(self._pool().losses, nan=np.inf)
        return [self.whole[k] for k in np.argsort(losses, kind="stable")]

    def _try(self, kind: str, candidate: Candidate) -> None:
        """Fit on one split, then on another, then on the rest, as long as it pays."""
        self._say(candidate.name)
        if not self.clock.allows(self._guess(candidate) + self._kept):
            self._refuse(kind, candidate, "skipped", USED_UP)
            return
        model = seeded(candidate.estimator, self.problem.seed)
        candidate = replace(candidate, estimator=model)
        trial = Trial(candidate, kind, may_hang=self._may_hang(kind, model))
        self.trials.append(trial)
        n_splits = len(self.problem.splits)
        for start, end in ((0, 1), (1, 2), (2, n_splits)):
            if not self._goes_on(trial, end - start):
                return
            try:
                trial.fits += self._run(
                    candidate,
                    self.problem.splits[start:end],
                    self._timeout if trial.may_hang else None,
                )
            except TimeoutError:
                trial.state, trial.reason = "skipped", "its fit did not end in time"
                return
            except Exception as error:  # of its process, such as for want of memory
                trial.state, trial.reason = "failed", one_line(error)
                return

    def _may_hang(self, kind: str, model: Any) -> bool:
        given = self.trials[0].fits[0].seconds
        changes = kind in self._changing
        return self.can_leave and changes and may_hang(model, given)

    def _goes_on(self, trial: Trial, n_more: int) -> bool:
        """Whether a candidate deserves further splits; else its state says why not."""
        failed = [fit.error for fit in trial.fits if fit.error]
        if failed:
            trial.state, trial.reason = "failed", failed[0]
        elif twin := self._twin(trial):
            trial.state, trial.reason = "dropped", f"it answers as {twin} does"
        elif trial.fits and self._is_behind(trial):
            trial.state, trial.reason = "dropped", "its rows show that it cannot win"
        elif trial.fits and not self.clock.allows(
            trial.seconds / len(trial.fits) * n_more / self._n_jobs + self._kept
        ):
            trial.state, trial.reason = "skipped", "it would take too long"
        return trial.state == "tried"

    def _twin(self, trial: Trial) -> str:
        """Name a candidate that says the same of every row of the first split.

        Such as one whose changed parameter is not in force: further fits of it would
        tell nothing, and count one model twice in a committee. Models that are sure of
        every row may agree on some by chance.
        """
        said = trial.fits[0].matrix if len(trial.fits) == 1 else None
        if said is None or np.isin(said, (0.0, 1.0)).all():
            return ""
        known = [(own, own.fits[0].matrix) for own in self.whole]
        twins = (
            own.candidate.name
            for own, matrix in known
            if matrix is not None and np.array_equal(matrix, said)
        )
        return next(twins, "")

    def _is_behind(self, trial: Trial) -> bool:
        """Whether the rows so far rule out that a candidate comes near the leader.

        It must be behind the leader on the same rows, and behind what the leader loses
        on all rows: a leader that is lucky on a few of them proves nothing.
        """
        leader = self._leader()
        own, best = self._losses(trial), self._losses(leader, len(trial.fits))
        if own is None or best is None:
            return False
        usual = _mean(self._losses(leader))
        tests = [test for _, test in self.problem.splits[: len(trial.fits)]]
        change = paired_estimate(best, own, tests, groups=self.groups)
        level = score_estimate(own, tests, groups=self.groups)
        least = (1 + MARGIN) * usual
        return change.interval[1] < -MARGIN * usual and level.interval[0] > least

    def _losses(self, trial: Trial, n_splits: int | None = None) -> Any:
        """Quadratic losses of the rows of some splits; None without matrices."""
        if not trial.averages:
            return None
        tests = (test for _, test in self.problem.splits)
        parts = zip(trial.fits[:n_splits], tests, strict=False)
        return [self._losses_on(test, fit) for fit, test in parts]

    def _losses_on(self, test: NDArray, fit: Fit) -> NDArray:
        """Quadratic losses of the rows of a split, computed once."""
        if id(fit) not in self._known_losses:  # trials keep all fits: no id comes again
            assert fit.matrix is not None
            answers = self.ballot.comparable(fit.matrix)
            self._known_losses[id(fit)] = row_losses(answers, self._truth[test])
        return self._known_losses[id(fit)]

    def _leader(self) -> Trial:
        """Find the candidate with the smallest loss."""
        return min(self.whole, key=lambda trial: _mean(self._losses(trial)))

    # ---------------------------------------------------------------------- the choice
    @property
    def whole(self) -> list[Trial]:
        """Candidates that were fitted on all splits."""
        n_splits = len(self.problem.splits)
        return [
            t for t in self.trials if t.state == "tried" and len(t.fits) == n_splits
        ]

    def _pool(self) -> Pool:
        fits = [trial.fits for trial in self.whole]
        return self._pool_of(self.problem.splits, fits)

    def _pool_of(self, splits: Splits, fits: Sequence[Sequence[Fit]]) -> Pool:
        return Pool(
            self.problem, splits, fits, self.ballot, may_average=self.may_average
        )

    def _judged(self) -> Result:
        """Choose, and decide whether the choice takes the given model's place."""
        self._mark_unfinished()
        pool, whole, splits = self._pool(), self.whole, self.problem.splits
        given = pool.alone(0)
        level = level_of(given, splits, self.groups)
        weights = np.zeros(len(self.trials))
        weights[0] = 1.0
        nothing = Result(
            self.trials, weights, False, None, level, level, 1, self.clock.is_stopped
        )
        chosen = pool.choose()
        if len(whole) == 1 or chosen[0] == 1.0:
            return nothing
        proof = _Proof(splits, given, pool.honest())
        gain = self._proven_on(proof, pool, chosen)
        accepted = accepts(self.accept, gain, self._range(given))
        if accepted:
            places = [self.trials.index(trial) for trial in whole]
            weights = np.zeros(len(self.trials))
            weights[places] = chosen
            level = level_of(proof.chosen, proof.splits, self.groups)
        return replace(
            nothing,
            weights=weights,
            accepted=accepted,
            gain=gain,
            expected=level,
            n_passes=proof.n_passes,
            is_interrupted=self.clock.is_stopped,
        )

    def _mark_unfinished(self) -> None:
        """Name what an interrupt has left half done."""
        done = len(self.problem.splits)
        for trial in self.trials:
            if trial.state == "tried" and len(trial.fits) < done:
                trial.state, trial.reason = "skipped", "it was interrupted"

    def _proven_on(self, proof: "_Proof", pool: Pool, chosen: NDArray) -> Gain:
        """Measure the gain on further splits until it is clear, or time is up."""
        members = [k for k, share in enumerate(chosen) if share > 0 or k == 0]
        some = self._pool_of(self.problem.splits, [pool.fits[k] for k in members])
        # A choice among few, all chosen by these rows, is better by chance.
        lucky, honest = some.honest(), proof.chosen
        candidates = [self.whole[k].candidate for k in members]
        cost = sum(self.whole[k].seconds for k in members) / self._n_jobs
        gain = proof.gain(self.groups)
        while proof.n_passes < MOST_PASSES and self._is_open(gain, cost):
            splits = self._fresh(proof.n_passes)
            if splits is None:
                break
            try:
                fresh = self._again(candidates, splits)
            except KeyboardInterrupt:
                self.clock.stop()
                break
            if fresh is None:
                break
            proof.add(splits, fresh.alone(0), fresh.honest().less_luck(lucky, honest))
            gain = proof.gain(self.groups)
        return gain

    def _is_open(self, gain: Gain, cost: float) -> bool:
        """Whether a further pass may change the decision, and can be paid."""
        clear = gain.is_proven or gain.is_hopeless or self.accept == "best"
        return not clear and self.clock.allows(cost + self.given.final_seconds)

    def _again(self, candidates: list[Candidate], splits: Splits) -> Pool | None:
        """Fit members and the given model on fresh splits; None if one fails."""
        self._say("proof on fresh splits")
        fits = [self._run(candidate, splits) for candidate in candidates]
        if any(fit.error for own in fits for fit in own):
            return None
        return self._pool_of(splits, fits)

    def _fresh(self, number: int) -> Splits | None:
        """Draw other splits of the same kind; None where shuffling may be wrong."""
        problem = self.problem
        splitter = shuffled_splitter(problem, problem.seed + number, self.groups)
        if splitter is None:
            return None
        splits = drawn(splitter, problem.X, problem.y, self.groups)
        return splits[: len(problem.splits)]

    def _range(self, given: Scored) -> float:
        """Scale of the score: its spread over rows or splits."""
        values = np.concatenate(given.rows) if given.is_by_rows else given.scores
        return max(float(np.std(values)), 1e-12)

    # ------------------------------------------------------------------- time and fits
    @property
    def _timeout(self) -> float | None:
        """Seconds after which a fit that may hang is stopped; None without a budget."""
        if not np.isfinite(self.clock.seconds):
            return None
        return max(self.clock.left - self._kept, self.given.final_seconds)

    def _run(
        self, candidate: Candidate, splits: Splits, timeout: float | None = None
    ) -> list[Fit]:
        return run_splits(
            self.problem, candidate.estimator, splits, self.ballot, timeout=timeout
        )

    @property
    def _n_jobs(self) -> int:
        wanted = effective_n_jobs(self.problem.n_jobs)
        return int(min(wanted, len(self.problem.splits)))

    def _guess(self, candidate: Candidate) -> float:
        """Seconds that the first split may take, by what others took of their guess.

        By the slower ones: what takes longer than was guessed is late.
        """
        # The first fit also pays for imports and caches: the median does not.
        rates = [
            np.median([fit.seconds for fit in t.fits]) / t.candidate.cost
            for t in self.trials
            if t.fits
        ]
        return float(np.quantile(rates, SLOWER)) * candidate.cost

    def _refuse(self, kind: str, candidate: Candidate, state: Any, why: str) -> None:
        self.trials.append(Trial(candidate, kind, state=state, reason=why))

    def _say(self, stage: str, *, end: bool = False) -> None:
        if self._progress is not None:
            total = self._done if end else max(self._total, self._done + 1)
            self._progress(stage, self._done, total)
        self._done += 1


@dataclass
class _Proof:
    """The given model and what was chosen, on the same splits."""

    splits: Splits
    given: Scored
    chosen: Scored
    n_passes: int = 1

    def add(self, splits: Splits, given: Scored, chosen: Scored) -> None:
        """Add a pass over the rows."""
        self.splits = [*self.splits, *splits]
        self.given = self.given.joined(given)
        self.chosen = self.chosen.joined(chosen)
        self.n_passes += 1

    def gain(self, groups: NDArray | None) -> Gain:
        """Change of score and Brier score, paired."""
        parts = self.chosen, self.given, self.splits, groups
        return Gain(change_of(*parts), sharper_by(*parts))


def _mean(losses: list[NDArray] | None) -> float:
    return np.inf if losses is None else float(np.mean(np.concatenate(losses)))
