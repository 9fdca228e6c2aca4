"""One bundle: what a worker gets, does and reports.

A bundle is one split and the candidates that one fit may serve on it. They are served
together as far as possible; the others are fitted one by one, as scikit-learn does.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import clone

from skoverfit._compat import (
    _check_method_params,
    _num_samples,
    _safe_split,
    _score,
    evaluation_callbacks,
    fit_and_score,
)
from skoverfit._compat._scorers import raising_scorer
from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._committee._kept import KeptModel, kept_of
from skoverfit.model_selection._execution._deadline import Deadline
from skoverfit.model_selection._execution._failures import marked, settle
from skoverfit.model_selection._execution._hits import hits_of, labels_are_plain
from skoverfit.model_selection._execution._workers import fetch, inner_loops
from skoverfit.model_selection._families import candidate_of, fit_params_of, narrowed
from skoverfit.model_selection._shared_fits import (
    AskedOnly,
    Guard,
    Ledger,
    Served,
    SharedFit,
    TrainingSet,
    Unshareable,
    foreign_families,
    lent,
    only_asks,
    register_missing,
    resized,
    serve,
    without_memory,
)

__all__ = [
    "Bundle",
    "Job",
    "Outcome",
    "Params",
    "Problem",
    "Report",
    "Split",
    "evaluate",
]

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
    keep_models : bool
        Whether fitted models are part of what a worker reports.
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
    keep_models: bool = False
    families: tuple[SharedFit, ...] = field(default_factory=foreign_families)

    def candidate(self, params: Params) -> Any:
        """Return an unfitted estimator with a candidate's parameters."""
        return candidate_of(self.estimator, params)

    def narrowed(self, params: Params) -> "Problem":
        """Return the problem of the family that a candidate is of."""
        estimator, _, name = narrowed(self.estimator, params)
        if name is None:
            return self
        fit_params = fit_params_of(self.estimator, params, self.fit_params)
        return replace(self, estimator=estimator, fit_params=fit_params)


@dataclass(frozen=True)
class Split:
    """Row indices of one split, and its place among all of its search."""

    index: int
    train: Any
    test: Any


@dataclass(frozen=True)
class Job:
    """A candidate to evaluate: its number, parameters and callback context.

    `is_certain` says that its fits are reproducible on any rows, and `alike` which
    candidate it differs from in a number of rounds alone, by the name of that.
    """

    number: int
    params: Params
    context: Any
    is_certain: bool = False
    alike: tuple[int, str] | None = None

    def narrowed(self, estimator: Any) -> "Job":
        """Return it with the names of parameters that its family has."""
        _, params, name = narrowed(estimator, self.params)
        alike = self.alike
        if name is not None and alike is not None:
            alike = alike[0], alike[1].removeprefix(f"{name}__")
        return replace(self, params=params, alike=alike)


@dataclass(frozen=True)
class Bundle:
    """Candidates to evaluate together on one split, of one family."""

    split: Split
    jobs: tuple[Job, ...]
    n_splits: int
    n_candidates: int

    def parts(self, n_parts: int) -> "list[Bundle]":
        """Divide the candidates among so many bundles at most.

        Neighbors stay together: what serves one often serves the next. The last part,
        which has the most expensive candidate of an ascending grid, is the smallest.
        """
        bounds = np.linspace(0, len(self.jobs), min(n_parts, len(self.jobs)) + 1)
        ends = np.ceil(bounds).astype(int)
        return [
            replace(self, jobs=self.jobs[start:end])
            for start, end in pairwise(ends.tolist())
        ]


@dataclass
class Report:
    """What a worker says of a bundle: outcomes by candidate, and what was shared."""

    split: int
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    families: dict[int, str | None] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    interrupted: bool = False
    #: Why no fit can be shared, where private parts of a library have changed.
    unshared: str | None = None
    #: Candidates of which callbacks know already.
    told: set[int] = field(default_factory=set)


@inner_loops()
def evaluate(
    placed: Any, bundle: Bundle, deadline: Deadline, search: Any = None
) -> Report:
    """Evaluate the candidates of a bundle, sharing fits among them where possible."""
    problem, bundle = _of_one_family(fetch(placed), bundle)
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


def _of_one_family(problem: Problem, bundle: Bundle) -> tuple[Problem, Bundle]:
    """Put the estimator of the bundle's family in the place of all of them."""
    jobs = tuple(job.narrowed(problem.estimator) for job in bundle.jobs)
    own = problem.narrowed(bundle.jobs[0].params)
    return own, replace(bundle, jobs=jobs)


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
        return_estimator=problem.response is not None or problem.keep_models,
        split_progress=(split.index, bundle.n_splits),
        candidate_progress=(job.number, bundle.n_candidates),
    )
    settle(outcome)
    estimator = outcome.pop("estimator", None)
    if problem.keep_models:
        outcome["model"] = KeptModel(estimator)
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
    #: Whether the targets are labels of which nothing needs to be found out.
    are_plain: bool


def _evaluate_together(
    problem: Problem,
    bundle: Bundle,
    deadline: Deadline,
    search: Any,
    report: Report,
) -> None:
    ledger = Ledger()
    try:
        candidates, alike = _candidates(problem, bundle)
        sides = _sides(problem, bundle.split, candidates[0])
        guard = _guard(problem, sides)
        jobs = dict(enumerate(candidates))
        certain = {at for at, job in enumerate(bundle.jobs) if job.is_certain}
        data = _training_set(problem, sides)
        with closing(serve(jobs, data, ledger, certain, alike)) as served:
            _score_all(served, problem, bundle, sides, deadline, search, report)
        guard.check()
    except (Unshareable, InternalsChangedError) as error:
        # Nothing of the above can be relied on.
        if isinstance(error, InternalsChangedError):
            report.unshared = str(error)
        report.told.update(report.outcomes)
        report.outcomes.clear()
        report.families.clear()
        return
    for position, job in enumerate(bundle.jobs):
        if (outcome := report.outcomes.get(job.number)) is not None:
            outcome["fit_time"] = ledger.seconds[position]
            _tell(problem, bundle, job, outcome)
    report.steps = dict(ledger.steps)


def _training_set(problem: Problem, sides: _Sides) -> TrainingSet:
    rows = (sides.train[0], sides.test[0])
    asked_only = only_asks(problem.scorer) and not problem.keep_models
    return (AskedOnly if asked_only else TrainingSet)(
        *sides.train[:2],
        sides.fit_params,
        rows if problem.return_train_score else rows[1:],
    )


def _candidates(problem: Problem, bundle: Bundle) -> tuple[list[Any], dict[int, int]]:
    """Return unfitted candidates, and which are known to be like another."""
    candidates: list[Any] = []
    alike, place = {}, {}
    for at, job in enumerate(bundle.jobs):
        place[job.number] = at
        other = None
        if job.alike is not None and (first := place.get(job.alike[0], at)) != at:
            name = job.alike[1]
            other = resized(candidates[first], name, job.params[name])
            if other is not None:
                alike[at] = first
        candidates.append(problem.candidate(job.params) if other is None else other)
    return candidates, alike


def _sides(problem: Problem, split: Split, estimator: Any) -> _Sides:
    X, y, params = problem.X, problem.y, problem.score_params
    X_train, y_train = _safe_split(estimator, X, y, split.train)
    X_test, y_test = _safe_split(estimator, X, y, split.test, split.train)
    return _Sides(
        train=(X_train, y_train, _check_method_params(X, params, split.train)),
        test=(X_test, y_test, _check_method_params(X, params, split.test)),
        fit_params=_check_method_params(X, problem.fit_params, split.train),
        are_plain=not params and labels_are_plain(y_train, y_test),
    )


def _guard(problem: Problem, sides: _Sides) -> Guard:
    """Guard the metadata that was cut out for this split against changes."""
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
    except (Unshareable, InternalsChangedError):
        raise
    except Exception:
        return
    if problem.keep_models:
        outcome["model"] = _kept(served.view, sides)
    with evaluation_callbacks(job.context, search, *sides.train[:2]):
        report.outcomes[job.number] = outcome
        report.families[job.number] = served.family


def _kept(view: Any, sides: _Sides) -> KeptModel:
    try:
        return kept_of(view, sides.test[0])
    except Exception:  # scorers may ask otherwise than a committee does
        return KeptModel(without_memory(view))


def _scores_of(problem: Problem, view: Any, sides: _Sides) -> Outcome:
    start = time.perf_counter()
    scored = partial(_score_side, problem, view, are_plain=sides.are_plain)
    outcome: Outcome = {"test_scores": scored(sides.test)}
    outcome |= {"fit_time": 0.0, "score_time": time.perf_counter() - start}
    if problem.return_train_score:
        outcome["train_scores"] = scored(sides.train)
    outcome["n_test_samples"] = _num_samples(sides.test[0])
    outcome["fit_error"] = None
    if problem.response is not None:
        outcome["predictions"] = getattr(view, problem.response)(sides.test[0])
    return outcome


def _score_side(
    problem: Problem, view: Any, side: tuple[Any, Any, Params], are_plain: bool
) -> Any:
    X, y, params = side
    if are_plain and (hits := hits_of(problem.scorer, view, X, y)) is not None:
        return hits
    return _score(view, X, y, raising_scorer(problem.scorer), dict(params), "raise")


def _tell(problem: Problem, bundle: Bundle, job: Job, outcome: Outcome) -> None:
    """Say what `verbose` asks for, after a shared fit."""
    if problem.verbose > 1:
        settings = ", ".join(f"{k}={v}" for k, v in sorted(job.params.items()))
        seconds = outcome["fit_time"] + outcome["score_time"]
        place = f" {bundle.split.index + 1}/{bundle.n_splits}"
        place = place if problem.verbose > 2 else ""
        print(f"[CV{place}] END {settings}; shared fit, total time={seconds:6.1f}s")
