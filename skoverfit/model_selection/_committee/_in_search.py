"""The committee of a search: made of the models that it has fitted, and judged.

Models come from the :class:`ModelStore` of the run; those that it does not have are
fitted again. What the committee is worth is measured on rows that its members have not
seen, with the choice of the members repeated without each split in turn.
"""

import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils.parallel import Parallel, delayed

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit._paired import paired_estimate
from skoverfit._row_scorer import row_scorer
from skoverfit.model_selection._committee._average import method_of
from skoverfit.model_selection._committee._estimators import (
    CommitteeClassifier,
    CommitteeRegressor,
)
from skoverfit.model_selection._committee._greedy import OutOfFold, row_losses
from skoverfit.model_selection._committee._ground import Ground
from skoverfit.model_selection._committee._kept import KeptModel
from skoverfit.model_selection._committee._members import (
    Members,
    Task,
    averages_of_seen,
    averages_of_unseen,
    gathered,
    out_of_fold,
)
from skoverfit.model_selection._committee._of_search import Choice
from skoverfit.model_selection._committee._rules import DEFAULT_RULE
from skoverfit.model_selection._committee._spec import Committee, CommitteeReport
from skoverfit.model_selection._committee._store import nbytes_of
from skoverfit.model_selection._committee._unseen import Scoring
from skoverfit.model_selection._families import candidate_of
from skoverfit.model_selection._honest_score._debias import (
    HonestScore,
    honest_average,
)
from skoverfit.model_selection._honest_score._split_table import SplitTable
from skoverfit.model_selection._selection import resolve_metric

__all__ = ["committee_of"]

FloatArray = NDArray[np.float64]
Pair = tuple[int, int]


#: Models that are timed, for all of a committee.
TIMED = 2


def committee_of(
    ground: Ground,
    spec: Committee,
    results: Mapping[str, Any],
    winner: int,
) -> tuple[Any, CommitteeReport]:
    """Make the committee of a search and judge it against the candidate chosen.

    Parameters
    ----------
    ground : Ground
        What the run gives.
    spec : Committee
        What was asked for.
    results : dict of str to ndarray
        ``cv_results_``.
    winner : int
        Candidate that the search has chosen.

    Returns
    -------
    committee : CommitteeClassifier or CommitteeRegressor
        Fitted.
    report : CommitteeReport
    """
    rule = DEFAULT_RULE if spec.members is None else spec.members
    metric = resolve_metric(results, ground.metric)
    if getattr(rule, "metric", None) not in (None, metric):
        raise ValueError(
            f"members={rule!r} of the committee names another metric than "
            f"{metric!r}, which the search has chosen by."
        )
    choice = Choice(results, metric, rule, spec.max_members)
    material = _Material.gather(ground, choice, spec.max_bytes, winner)
    return _Judged(ground, choice, material, winner).committee(spec)


@dataclass
class _Material:
    """Models that members are taken from, and what they say of rows left out.

    Attributes
    ----------
    candidates : ndarray of shape (n_asked,)
        Their numbers in the search: those that may be members, then, if its models are
        at hand, the one that the search has chosen.
    n_eligible : int
        How many of them may be members.
    members : Members
        All models; candidates are numbered by their place in `candidates`.
    answers : list of ndarray
        What each says of its test rows.
    kept : list of KeptModel
        The models with what is known of their answers.
    n_fitted_again : int
        Models that were not kept.
    """

    candidates: NDArray[np.intp]
    n_eligible: int
    members: Members
    answers: list[FloatArray]
    kept: list[KeptModel]
    n_fitted_again: int

    @classmethod
    def gather(
        cls, ground: Ground, choice: Choice, max_bytes: int, winner: int
    ) -> "_Material":
        """Collect models, the best candidates first, as far as memory allows."""
        most = max(len(splits) for splits in ground.ran.values())
        eligible = choice.shortlist(most)
        spare = [] if winner in eligible or not _has_all(ground, winner) else [winner]
        params, asked = choice.params, [*eligible, *spare]
        method = method_of([_one_like(ground, k, params[k]) for k in asked])
        models = _Models(ground, params, method)
        ground.store.retain(asked)
        taken = models.within(eligible, max_bytes)
        for candidate in spare:
            models.get(candidate)
        members, answers = gathered(
            ground.task,
            models.pairs,
            [kept.model for kept in models.kept],
            [kept.test for kept in models.kept],
            method,
            classifier=is_classifier(ground.task.estimator),
        )
        numbers = np.array([*taken, *spare], dtype=np.intp)
        again = models.n_fitted_again
        return cls(numbers, len(taken), members, answers, models.kept, again)

    @cached_property
    def eligible(self) -> NDArray[np.intp]:
        """Numbers in the search of those that may be members."""
        return self.candidates[: self.n_eligible]

    def out_of_fold(self, task: Task) -> OutOfFold:
        """Gather what those that may be members say of rows not seen."""
        kept = np.flatnonzero(self.members.candidate < self.n_eligible)
        members = self.members.of(np.arange(self.n_eligible))
        return out_of_fold(task, members, [self.answers[k] for k in kept])


def _one_like(ground: Ground, candidate: int, params: Mapping[str, Any]) -> Any:
    """Return a model of a candidate, or what one would be fitted of."""
    splits = ground.ran.get(candidate, ())
    kept = (ground.store.get((candidate, split)) for split in splits)
    known = next((each.model for each in kept if each is not None), None)
    return candidate_of(ground.task.estimator, params) if known is None else known


def _has_all(ground: Ground, candidate: int) -> bool:
    """Whether no model of a candidate would have to be fitted again."""
    splits = ground.ran.get(candidate, ())
    kept = (ground.store.get((candidate, split)) for split in splits)
    return bool(splits) and all(model is not None for model in kept)


@dataclass
class _Models:
    """Models of some candidates, from the store or fitted again."""

    ground: Ground
    params: Sequence[Mapping[str, Any]]
    method: str
    pairs: list[Pair] = field(default_factory=list)
    kept: list[KeptModel] = field(default_factory=list)
    n_fitted_again: int = 0
    n_candidates: int = 0

    def within(self, candidates: Iterable[int], max_bytes: int) -> list[int]:
        """Get candidates until memory is used up; the first in any case."""
        taken: list[int] = []
        nbytes = 0
        for candidate in candidates:
            n_models = self.get(candidate)
            nbytes += nbytes_of(self.kept[-1]) * n_models
            if taken and nbytes > max_bytes:
                self._undo(n_models)
                break
            taken.append(candidate)
        return taken

    def get(self, candidate: int) -> int:
        """Get the models of a candidate, and return how many."""
        task, splits = self.ground.task, self.ground.ran[candidate]
        found = {s: self.ground.store.get((candidate, s)) for s in splits}
        missing = [split for split in splits if found[split] is None]
        if missing:
            fit = delayed(partial(task.fit, self.params[candidate], method=self.method))
            again = Parallel(n_jobs=self.ground.n_jobs)(fit(split) for split in missing)
            for split, (model, answer) in zip(missing, again, strict=True):
                found[split] = KeptModel(model, self.method, answer)
        for split, kept in found.items():
            self.kept.append(self._asked(kept, split))
            self.pairs.append((self.n_candidates, split))
        self.n_candidates += 1
        self.n_fitted_again += len(missing)
        return len(splits)

    def _asked(self, kept: KeptModel, split: int) -> KeptModel:
        if kept.method == self.method:
            return kept
        answer = self.ground.ask(kept.model, split, self.method)
        return KeptModel(kept.model, self.method, answer)

    def _undo(self, n_models: int) -> None:
        del self.pairs[-n_models:], self.kept[-n_models:]
        self.n_candidates -= 1


@dataclass(frozen=True)
class _Judged:
    """A committee, its scores, and what they are compared with."""

    ground: Ground
    choice: Choice
    material: _Material
    winner: int

    def committee(self, spec: Committee) -> tuple[Any, CommitteeReport]:
        """Return the committee and the report on it."""
        committee = self._fitted()
        own, difference, loss = self.scores, self._difference(), self._loss_difference()
        judged = loss if spec.guard_by == "loss" and loss is not None else difference
        score, train_score = float(own.mean()), self._train_score()
        test = np.asarray(self.choice.results[f"mean_test_{self.choice.metric}"], float)
        members = committee.members_
        report = CommitteeReport(
            is_used=_passes(judged, spec.level),
            score=score,
            train_score=train_score,
            gap=train_score - score,
            gain=score - float(np.nanmax(test)),
            difference=difference,
            loss_difference=loss,
            honest_score=self._honest(),
            n_candidates=len(committee.candidates_),
            n_members=len(members["weight"]),
            nbytes=_nbytes_of_all(committee),
            prediction_time=self._prediction_time(committee),
            n_fitted_again=self.material.n_fitted_again,
        )
        return committee, report

    @cached_property
    def answers(self) -> OutOfFold:
        """What those that may be members say of rows not seen."""
        return self.material.out_of_fold(self.ground.task)

    @cached_property
    def weights(self) -> FloatArray:
        """Weights of those that may be members."""
        return self._weights(self.choice, lambda: self.answers)

    def _weights(self, choice: Choice, answers: Any) -> FloatArray:
        most = max(len(splits) for splits in self.ground.ran.values())
        return choice.weights(answers, most, self.material.eligible)

    @property
    def scoring(self) -> Scoring:
        """How answers for unseen rows are scored."""
        ground = self.ground
        return Scoring(
            ground.task,
            self.choice.metric,
            ground.scorer,
            ground.score_params,
            ground.n_splits,
            ground.test_rows,
        )

    def _unseen(self, weights: FloatArray) -> FloatArray:
        """Average what members say of rows not seen."""
        material, shares = self.material, self._shares(weights)
        return averages_of_unseen(
            self.ground.task, material.members, material.answers, shares
        )

    def _shares(self, weights: FloatArray) -> FloatArray:
        """Share of each model, given weights of candidates."""
        padded = np.zeros(len(self.material.candidates))
        padded[: len(weights)] = weights
        return self.material.members.shares(padded)

    @cached_property
    def scores(self) -> FloatArray:
        """Score of the committee on each split of the first pass."""
        if self._row_scores is not None:
            return np.array([rows.mean() for rows in self._row_scores])
        return self.scoring.of_splits(self._ballot, self._unseen(self.weights))

    @cached_property
    def _row_scores(self) -> list[FloatArray] | None:
        """What rows contribute to these scores; None where they do not make them up."""
        return self._of_rows(self._unseen(self.weights))

    def _of_rows(
        self, matrix: FloatArray, splits: Sequence[int] | None = None
    ) -> list[FloatArray] | None:
        scorer = row_scorer(self.ground.scorer, self.ground.task.estimator)
        if scorer is None or self.ground.score_params:  # such as weights
            return None
        return self.scoring.of_rows(scorer, self._ballot, matrix, splits)

    @property
    def _ballot(self) -> Any:
        return self.material.members.ballot

    def _fitted(self) -> Any:
        ground, weights = self.ground, self.weights
        kept = np.flatnonzero(weights)
        params = [self.choice.params[k] for k in self.material.eligible[kept]]
        classifier = is_classifier(ground.task.estimator)
        make = CommitteeClassifier if classifier else CommitteeRegressor
        return make._of_members(
            ground.task.estimator,
            params,
            weights[kept] / weights[kept].sum(),
            self.material.members.of(kept),
            self._unseen(weights),
            cv=ground.cv,
            n_jobs=ground.n_jobs,
        )

    def _train_score(self) -> float:
        """Score what members say of the test rows of splits that they have seen."""
        if not self.ground.with_train_scores:
            return np.nan
        rows, shares = self.scoring.rows, self._shares(self.weights)
        tested, material = np.unique(np.concatenate(rows)), self.material
        n_columns = material.answers[0].shape[1]
        matrix = averages_of_seen(
            self.ground.task, material.members, shares, tested, n_columns
        )
        seen = [k for k, own in enumerate(rows) if np.isfinite(matrix[own]).all()]
        scores: Any = self._of_rows(matrix, seen)
        if scores is None:
            scores = [self.scoring.of_split(self._ballot, matrix, k) for k in seen]
        return float(np.mean([np.mean(own) for own in scores])) if seen else np.nan

    def _prediction_time(self, committee: Any) -> float:
        """Estimate the time that the committee takes for the test rows of a split."""
        models, splits = committee.estimators_, committee.members_["split"]
        timed = range(0, len(models), max(1, -(-len(models) // TIMED)))
        for k in timed:
            self.ground.test_rows(splits[k])  # cut out before it counts
        start = time.perf_counter()
        for k in timed:
            self.ground.ask(models[k], splits[k], self._ballot.method)
        return (time.perf_counter() - start) * len(models) / len(timed)

    # ---------------------------------------------------------------------- the guard

    def _difference(self) -> Estimate:
        """Compare with the candidate that the search has chosen."""
        alone = self._alone
        other = None if alone is None else self._of_rows(self._unseen(alone))
        if other is not None and self._row_scores is not None:
            groups, rows = self.ground.groups, self.scoring.rows
            return paired_estimate(self._row_scores, other, rows, groups=groups)
        name, results = f"test_{self.choice.metric}", self.choice.results
        splits = range(self.ground.n_splits)
        theirs = [results[f"split{split}_{name}"][self.winner] for split in splits]
        ratio = self.ground.test_train_ratio
        return corrected_estimate(self.scores - theirs, test_train_ratio=ratio)

    @cached_property
    def _alone(self) -> FloatArray | None:
        """Weights that leave the chosen candidate alone; None without its models."""
        own = self.material.candidates == self.winner
        return own.astype(np.float64) if own.any() else None

    def _loss_difference(self) -> Estimate | None:
        if self._alone is None:
            return None
        rows = self.scoring.rows
        own, other = (self._losses(weights) for weights in (self.weights, self._alone))
        return paired_estimate(other, own, rows, groups=self.ground.groups)

    def _losses(self, weights: FloatArray) -> list[FloatArray]:
        """Quadratic loss of the test rows of each split."""
        ballot = self._ballot
        values = ballot.comparable(self._unseen(weights))
        losses = row_losses(values, ballot.truth(self.ground.task.y))
        return [losses[test] for test in self.scoring.rows]

    # ----------------------------------------------------------------------- honestly

    def _honest(self) -> HonestScore | None:
        """Take off the score what the choice made of noise; None if that fails."""
        try:
            return self._without_each_split()
        except Exception as error:  # of a rule that is the user's own
            warnings.warn(
                f"There is no honest score of the committee: {error}",
                UserWarning,
                stacklevel=7,
            )
            return None

    def _without_each_split(self) -> HonestScore | None:
        """Repeat the choice of the members without each split in turn."""
        table = SplitTable.read(self.choice.results, self.choice.metric)
        counted = np.flatnonzero(table.counted)
        ratio = self.ground.test_train_ratio
        if len(counted) < 2 or ratio is None:
            return None
        excess, largest = [], []
        for left in counted:
            lost, chosen = self._without(table, counted, int(left))
            excess.append(lost)
            largest.append(chosen)
        return honest_average(
            table,
            self.scores[counted],
            np.array(excess),
            test_train_ratio=ratio,
            chosen=largest,
        )

    def _without(
        self, table: SplitTable, counted: NDArray[np.intp], left: int
    ) -> tuple[float, int]:
        """Say what members chosen without a split lose on it, against all splits."""
        kept = counted[counted != left].tolist()
        choice = Choice(
            table.results(kept),
            self.choice.metric,
            self.choice.rule,
            self.choice.max_members,
        )
        if choice.needs_answers:
            weights = self._weights(choice, lambda: self._answers_on(kept))
            scores = self.scoring.of_splits(self._ballot, self._unseen(weights))
            chosen = int(self.material.eligible[np.argmax(weights)])
        else:
            weights = choice.by_scores
            used = weights > 0
            scores = weights[used] @ table.test[used]
            chosen = int(np.argmax(weights))
        return float(scores[counted].mean() - scores[left]), chosen

    def _answers_on(self, splits: list[int]) -> OutOfFold:
        """Give what is known of the test rows of some splits."""
        rows = np.concatenate([self.scoring.rows[split] for split in splits])
        known = self.answers
        return OutOfFold(known.candidates, known.values[:, rows], known.truth[rows])


def _nbytes_of_all(committee: Any) -> int:
    """Estimate the memory of all models; those of a candidate are much alike."""
    _, first, counts = np.unique(
        committee.members_["candidate"], return_index=True, return_counts=True
    )
    sizes = [nbytes_of(committee.estimators_[k]) for k in first]
    return int(np.dot(sizes, counts))


def _passes(difference: Estimate, level: float) -> bool:
    """Whether the committee is better on unseen rows, or answers as the candidate."""
    are_alike = difference.mean == 0 and difference.std_error == 0
    return level == 1 or are_alike or bool(difference.pvalue <= level)
