"""Runs (candidate, split) work: plans what shares fits, dispatches it, keeps outcomes.

The unit that a worker gets is a *bundle*: one split and the candidates that one fit
may serve on it. Everything else about the search, which candidates and splits there
are and in which order they run, is decided elsewhere.
"""

import time
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import delayed

from skoverfit._compat import (
    FitCallbacks,
    _check_method_params,
    _num_samples,
    _safe_split,
    _score,
    evaluation_callbacks,
    fit_and_score,
)
from skoverfit._compat._scorers import raising_scorer
from skoverfit.model_selection._execution._deadline import Deadline
from skoverfit.model_selection._execution._failures import KEY, marked, settle
from skoverfit.model_selection._execution._workers import Workers, fetch, inner_loops
from skoverfit.model_selection._honest_score._predictions import PredictionStore
from skoverfit.model_selection._journal._digests import candidate_key, split_key
from skoverfit.model_selection._journal._journal import Journal
from skoverfit.model_selection._journal._passing import is_passing
from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    TrainingSet,
    foreign_families,
    params_key,
    register_missing,
)
from skoverfit.model_selection._shared_fits._foreign import needs_proof
from skoverfit.model_selection._shared_fits._guard import Guard, Unshareable
from skoverfit.model_selection._shared_fits._lending import lent
from skoverfit.model_selection._shared_fits._reproducible import is_reproducible
from skoverfit.model_selection._shared_fits._serving import (
    Ledger,
    Served,
    serve,
    share_key,
)

__all__ = ["Evaluation", "Problem", "Split"]

NEVER = Deadline(None)
Outcome = dict[str, Any]
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Problem:
    """All that a worker needs to know of a search, besides candidates and splits.

    Attributes
    ----------
    estimator : estimator object
        Unfitted.
    X, y : array-like
        All rows.
    scorer : callable
        The user's scorer, or a multimetric one.
    fit_params, score_params : dict
        Metadata for ``fit`` and for the scorer, with one value per row or for all.
    return_train_score : bool
        Whether training rows are scored.
    error_score : "raise" or float
        Score of a fit that fails.
    verbose : int
        As in scikit-learn's searches.
    response : str or None
        Method whose output on test rows is kept, such as ``"predict_proba"``.
    families : tuple of SharedFit
        Families of shared fits that a worker may not know.
    """

    estimator: Any
    X: Any
    y: Any
    scorer: Any
    fit_params: Params
    score_params: Params
    return_train_score: bool
    error_score: Any
    verbose: int
    response: str | None = None
    families: tuple[SharedFit, ...] = field(default_factory=foreign_families)

    def candidate(self, params: Params) -> Any:
        """Return an unfitted estimator with a candidate's parameters."""
        # Parameters may be estimators, which candidates must not have in common.
        return clone(self.estimator).set_params(**clone(dict(params), safe=False))


@dataclass(frozen=True)
class Split:
    """Row indices of one split, and its place among all of its search."""

    index: int
    train: Any
    test: Any


@dataclass(frozen=True)
class Job:
    """A candidate to evaluate: its number, parameters and callback context."""

    number: int
    params: Params
    context: Any


@dataclass(frozen=True)
class Bundle:
    """Candidates to evaluate together on one split."""

    split: Split
    jobs: tuple[Job, ...]
    n_splits: int
    n_candidates: int


@dataclass
class Report:
    """What a worker says of a bundle: outcomes by candidate, and what was shared."""

    split: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    families: dict[int, str | None] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False
    #: Candidates of which callbacks know already.
    told: set[int] = field(default_factory=set)


class Evaluation:
    """Outcomes of candidates on splits, and how to get more of them.

    Parameters
    ----------
    problem : Problem
        What candidates are evaluated on.
    callbacks : FitCallbacks
        Callbacks of the search.
    search : object
        The search itself, for callbacks.
    workers : Workers
        Who fits and scores.
    share_fits : bool
        Whether one fit may serve several candidates.
    deadline : Deadline, default=NEVER
        After it no further fit begins.
    journal : Journal, default=None
        Where outcomes are recorded, and taken from if they are there already.
    predictions : PredictionStore, default=None
        Where out-of-fold predictions of the first splits go.

    Attributes
    ----------
    problem : Problem
        As given.
    candidates : list of dict
        Parameters of all candidates.
    splits : list of Split
        All splits.
    outcomes : dict of (int, int) to dict
        What was measured, by candidate and split.
    families : dict of (int, int) to str or None
        Family of shared fits that served it.
    steps : dict of str to int
        Pipeline steps ``"needed"`` by fresh fits, and ``"fitted"`` in fact, where
        they were shared.
    interrupted : str or None
        Why not everything was run, if so.
    """

    def __init__(
        self,
        problem: Problem,
        *,
        callbacks: FitCallbacks,
        search: Any,
        workers: Workers,
        share_fits: bool,
        deadline: Deadline = NEVER,
        journal: Journal | None = None,
        predictions: PredictionStore | None = None,
    ) -> None:
        self.problem, self._callbacks, self._search = problem, callbacks, search
        self._workers = workers
        self._share_fits = share_fits and _is_plain_data(problem.X)
        self._deadline, self._journal = deadline, journal
        self._predictions = predictions
        self._placed: Any = None
        self._keys: dict[int, Hashable] = {}
        # Equal candidates that fit the same: each with the first of its kind.
        self._first_equal: dict[Hashable, int] = {}
        self._twins: dict[int, int] = {}
        self._recorded = {} if journal is None else journal.load()
        self._candidate_names: dict[int, str] = {}
        self._split_names: dict[int, str] = {}
        self.candidates: list[Params] = []
        self.splits: list[Split] = []
        self.outcomes: dict[tuple[int, int], Outcome] = {}
        self.families: dict[tuple[int, int], str | None] = {}
        self.steps = {"needed": 0, "fitted": 0}
        self.interrupted: str | None = None

    def add_candidates(self, candidates: Iterable[Params]) -> range:
        """Add candidates, and return their numbers."""
        start = len(self.candidates)
        self.candidates.extend(candidates)
        return range(start, len(self.candidates))

    def add_splits(self, splits: Iterable[tuple[Any, Any]]) -> range:
        """Add splits, and return their numbers."""
        start = len(self.splits)
        self.splits.extend(
            Split(start + k, train, test) for k, (train, test) in enumerate(splits)
        )
        return range(start, len(self.splits))

    def run(self, candidates: Sequence[int], splits: Sequence[int]) -> None:
        """Evaluate candidates on splits, except where the outcome is known already."""
        wanted = [(candidate, split) for candidate in candidates for split in splits]
        self._take_from_journal(wanted)
        self._take_from_twins(wanted)
        pairs = [pair for pair in wanted if pair not in self.outcomes]
        if self.interrupted or not pairs:
            return
        with self._callbacks.evaluations(len(pairs)) as contexts:
            bundles = self._bundles(dict(zip(pairs, contexts, strict=True)))
            try:
                for report in self._reports(bundles):
                    self._store(report)
            except KeyboardInterrupt:
                self.interrupted = "Ctrl-C"
        if self.interrupted is None and any(p not in self.outcomes for p in pairs):
            self.interrupted = "timeout"

    def ran(self, n_splits: int) -> np.ndarray:
        """Mask of shape (n_candidates, n_splits) of what has been evaluated."""
        mask = np.zeros((len(self.candidates), n_splits), dtype=bool)
        for candidate, split in self.outcomes:
            if split < n_splits:
                mask[candidate, split] = True
        return mask

    def _bundles(self, contexts: Mapping[tuple[int, int], Any]) -> list[Bundle]:
        """All splits of one group, then the next: groups become complete in turn."""
        groups: dict[tuple[Hashable, int], list[int]] = {}
        order: dict[Hashable, int] = {}
        for candidate, split in contexts:
            key = self._key(candidate)
            order.setdefault(key, len(order))
            groups.setdefault((key, split), []).append(candidate)
        ranked = sorted(groups, key=lambda group: (order[group[0]], group[1]))
        return [
            Bundle(
                split=self.splits[split],
                jobs=tuple(
                    Job(number, self.candidates[number], contexts[number, split])
                    for number in groups[key, split]
                ),
                n_splits=len(self.splits),
                n_candidates=len(self.candidates),
            )
            for key, split in ranked
        ]

    def _key(self, candidate: int) -> Hashable:
        if candidate not in self._keys:
            self._keys[candidate] = self._new_key(candidate)
        return self._keys[candidate]

    def _new_key(self, candidate: int) -> Hashable:
        if not self._share_fits:
            return object()
        try:
            estimator = self.problem.candidate(self.candidates[candidate])
            if self._callbacks.follow(estimator):
                return object()
            key = share_key(estimator, self.problem.X)
            # How many rows there are differs from split to split: nothing may hang
            # on it.
            certain = is_reproducible(estimator) and not needs_proof(estimator)
            if certain and type(key) is not object:
                first = self._first_equal.setdefault(params_key(estimator), candidate)
                self._twins[candidate] = first
            return key
        except Exception:  # such as unknown parameters: the fit itself will tell
            return object()

    def _reports(self, bundles: Sequence[Bundle]) -> Iterator[Report]:
        search = self._search if bundles[0].jobs[0].context is not None else None

        if self._placed is None:
            self._placed = self._workers.place(self.problem)

        def tasks() -> Iterator[Any]:
            for bundle in bundles:
                if self.interrupted or self._deadline.has_passed:
                    return
                if (left := self._left_of(bundle)).jobs:
                    yield delayed(evaluate)(self._placed, left, self._deadline, search)

        yield from self._workers.run(tasks())

    def _store(self, report: Report) -> None:
        outcomes = {(c, report.split): out for c, out in report.outcomes.items()}
        for candidate, family in report.families.items():
            self.families[candidate, report.split] = family
        for name, count in report.steps.items():
            self.steps[name] += count
        if report.interrupted:
            self.interrupted = "Ctrl-C"
        if self._journal is not None:
            self._journal.record_many(
                (*self._names(pair), outcome)
                for pair, outcome in outcomes.items()
                if not _may_pass(outcome)
            )
            self._recorded |= self._journal.load_new()
        for pair, outcome in outcomes.items():
            if self._recorded:
                self._recorded.pop(self._names(pair), None)  # ours, kept already
            self._keep(pair, outcome)

    def _keep(self, pair: tuple[int, int], outcome: Outcome) -> None:
        """Keep an outcome, its predictions apart from the rest."""
        response = outcome.pop("predictions", None)
        if response is not None and self._predictions is not None:
            self._predictions.record(*pair, response)
        self.outcomes[pair] = outcome

    def _take_from_journal(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take over what this search has recorded before, or another process since."""
        if self._journal is not None:
            for pair in pairs:
                names = self._names(pair)
                if pair not in self.outcomes and names in self._recorded:
                    self._keep(pair, dict(self._recorded[names]))

    def _take_from_twins(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take over outcomes of equal candidates of an earlier batch."""
        if self._predictions is not None:
            return  # theirs are not at hand any more
        for candidate, split in pairs:
            self._key(candidate)
            twin = self._twins.get(candidate, candidate), split
            if twin in self.outcomes and (candidate, split) not in self.outcomes:
                no_time = {"fit_time": 0.0, "score_time": 0.0}
                self.outcomes[candidate, split] = self.outcomes[twin] | no_time
                self.families[candidate, split] = "equal candidates"

    def _left_of(self, bundle: Bundle) -> Bundle:
        """Leave out of a bundle what another process has recorded meanwhile."""
        split = bundle.split.index
        self._take_from_journal((job.number, split) for job in bundle.jobs)
        left = (job for job in bundle.jobs if (job.number, split) not in self.outcomes)
        return replace(bundle, jobs=tuple(left))

    def _names(self, pair: tuple[int, int]) -> tuple[str, str]:
        """Names of a candidate and a split that hold in every process."""
        candidate, split = pair
        if candidate not in self._candidate_names:
            name = candidate_key(self.candidates[candidate])
            self._candidate_names[candidate] = name
        if split not in self._split_names:
            rows = self.splits[split]
            self._split_names[split] = split_key(rows.train, rows.test)
        return self._candidate_names[candidate], self._split_names[split]


def _may_pass(outcome: Outcome) -> bool:
    """Whether another time the outcome may be better, as far as is known."""
    if outcome["fit_error"] is None:
        return KEY in outcome  # why a scorer failed is not kept
    return is_passing(outcome["fit_error"])


@inner_loops()
def evaluate(
    placed: Any, bundle: Bundle, deadline: Deadline, search: Any = None
) -> Report:
    """Evaluate the candidates of a bundle, sharing fits among them where possible."""
    problem: Problem = fetch(placed)
    report = Report(bundle.split.index)
    register_missing(problem.families)
    try:
        if len(bundle.jobs) > 1 and not deadline.has_passed:
            _evaluate_together(problem, bundle, deadline, search, report)
        for job in () if report.interrupted else bundle.jobs:
            if job.number not in report.outcomes and not deadline.has_passed:
                if job.number in report.told:
                    job = replace(job, context=None)
                outcome = _evaluate_alone(problem, bundle, job, search)
                report.outcomes[job.number] = outcome
    except KeyboardInterrupt:
        report.interrupted = True
    return report


def _evaluate_alone(problem: Problem, bundle: Bundle, job: Job, search: Any) -> Outcome:
    """Fit and score one candidate exactly as scikit-learn's searches do."""
    split = bundle.split
    outcome = fit_and_score(
        clone(problem.estimator),
        problem.X,
        problem.y,
        context=job.context,
        search=search,
        scorer=problem.scorer,
        train=split.train,
        test=split.test,
        parameters=job.params,
        fit_params=problem.fit_params,
        score_params=problem.score_params,
        return_train_score=problem.return_train_score,
        error_score=marked(problem.error_score),
        verbose=problem.verbose,
        return_n_test_samples=True,
        return_times=True,
        return_estimator=problem.response is not None,
        split_progress=(split.index, bundle.n_splits),
        candidate_progress=(job.number, bundle.n_candidates),
    )
    settle(outcome)
    estimator = outcome.pop("estimator", None)
    if problem.response is not None and outcome["fit_error"] is None:
        X_test, _ = _safe_split(
            estimator, problem.X, problem.y, split.test, split.train
        )
        outcome["predictions"] = getattr(estimator, problem.response)(X_test)
    return outcome


@dataclass(frozen=True)
class _Sides:
    """Rows, target and the scorer's metadata on each side of a split, and ``fit``'s."""

    train: tuple[Any, Any, Params]
    test: tuple[Any, Any, Params]
    fit_params: Params


def _evaluate_together(
    problem: Problem,
    bundle: Bundle,
    deadline: Deadline,
    search: Any,
    report: Report,
) -> None:
    candidates = [problem.candidate(job.params) for job in bundle.jobs]
    sides = _sides(problem, bundle.split, candidates[0])
    rows = (sides.train[0], sides.test[0])
    data = TrainingSet(
        *sides.train[:2],
        sides.fit_params,
        rows if problem.return_train_score else rows[1:],
    )
    ledger = Ledger()
    try:
        guard = _guard(problem, sides)
        with closing(serve(dict(enumerate(candidates)), data, ledger)) as served:
            _score_all(served, problem, bundle, sides, deadline, search, report)
        guard.check()
    except Unshareable:  # nothing of the above can be relied on
        report.told.update(report.outcomes)
        report.outcomes.clear()
        report.families.clear()
        return
    for position, job in enumerate(bundle.jobs):
        if (outcome := report.outcomes.get(job.number)) is not None:
            outcome["fit_time"] = ledger.seconds[position]
            _tell(problem, bundle, job, outcome)
    report.steps = dict(ledger.steps)


def _sides(problem: Problem, split: Split, estimator: Any) -> _Sides:
    X, y, params = problem.X, problem.y, problem.score_params
    X_train, y_train = _safe_split(estimator, X, y, split.train)
    X_test, y_test = _safe_split(estimator, X, y, split.test, split.train)
    return _Sides(
        train=(X_train, y_train, _check_method_params(X, params, split.train)),
        test=(X_test, y_test, _check_method_params(X, params, split.test)),
        fit_params=_check_method_params(X, problem.fit_params, split.train),
    )


def _guard(problem: Problem, sides: _Sides) -> Guard:
    """Keep what was cut out for this split from being changed, not what is whole."""
    cut = [
        value
        for params, whole in (
            (sides.fit_params, problem.fit_params),
            (sides.train[2], problem.score_params),
            (sides.test[2], problem.score_params),
        )
        for name, value in params.items()
        if value is not whole[name]
    ]
    return Guard(*sides.train[:2], *sides.test[:2], *cut)


def _score_all(
    served: Iterator[Served],
    problem: Problem,
    bundle: Bundle,
    sides: _Sides,
    deadline: Deadline,
    search: Any,
    report: Report,
) -> None:
    try:
        for one in served:
            job = bundle.jobs[one.position]
            _score_served(problem, job, one, sides, search, report)
            if deadline.has_passed:
                return
    except KeyboardInterrupt:  # what is there must be completed all the same
        report.interrupted = True


def _score_served(
    problem: Problem,
    job: Job,
    served: Served,
    sides: _Sides,
    search: Any,
    report: Report,
) -> None:
    """Score a view; if that fails, leave the candidate to be fitted normally."""
    try:
        rows = (*sides.train[:2], *sides.test[:2])
        with lent(served.view, problem.scorer, rows) as estimator:
            outcome = _scores_of(problem, estimator, sides)
    except Unshareable:
        raise
    except Exception:
        return
    with evaluation_callbacks(job.context, search, *sides.train[:2]):
        report.outcomes[job.number] = outcome
        report.families[job.number] = served.family


def _scores_of(problem: Problem, view: Any, sides: _Sides) -> Outcome:
    start = time.perf_counter()
    outcome: Outcome = {"test_scores": _score_side(problem, view, sides.test)}
    outcome |= {"fit_time": 0.0, "score_time": time.perf_counter() - start}
    if problem.return_train_score:
        outcome["train_scores"] = _score_side(problem, view, sides.train)
    outcome["n_test_samples"] = _num_samples(sides.test[0])
    outcome["fit_error"] = None
    if problem.response is not None:
        outcome["predictions"] = getattr(view, problem.response)(sides.test[0])
    return outcome


def _score_side(problem: Problem, view: Any, side: tuple[Any, Any, Params]) -> Any:
    X, y, params = side
    return _score(view, X, y, raising_scorer(problem.scorer), dict(params), "raise")


def _tell(problem: Problem, bundle: Bundle, job: Job, outcome: Outcome) -> None:
    """Say what `verbose` asks for, after a shared fit."""
    if problem.verbose > 1:
        settings = ", ".join(f"{k}={v}" for k, v in sorted(job.params.items()))
        seconds = outcome["fit_time"] + outcome["score_time"]
        place = f" {bundle.split.index + 1}/{bundle.n_splits}"
        place = place if problem.verbose > 2 else ""
        print(f"[CV{place}] END {settings}; shared fit, total time={seconds:6.1f}s")


def _is_plain_data(X: Any) -> bool:
    """Whether rows are of a kind whose slices do not live on another device."""
    return isinstance(X, np.ndarray) or not hasattr(X, "__array_namespace__")
