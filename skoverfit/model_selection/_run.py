"""One run of a search: from the data to ``cv_results_``, step by step.

A :class:`SearchRun` lives as long as one ``fit``. It knows nothing of the search but
the :class:`RunOptions` that it is given, and yields a :class:`RunOutcome` after the
first pass and one after refinement. Choosing a candidate, and setting attributes, is
the search's own affair.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from skoverfit._compat import FitCallbacks, _safe_indexing
from skoverfit._compat._scorers import scorer_named
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit._types import PathLike, Seed
from skoverfit.exceptions import IncompleteSearchWarning, UnsharedFitsWarning
from skoverfit.model_selection._candidates import auto_space
from skoverfit.model_selection._committee._in_search import Ground
from skoverfit.model_selection._committee._members import Task, row_numbers
from skoverfit.model_selection._committee._rules import (
    LowGapMembers,
    MemberRule,
    MembersWithinNoise,
)
from skoverfit.model_selection._committee._spec import Committee
from skoverfit.model_selection._committee._store import ModelStore
from skoverfit.model_selection._execution._bundle import Problem
from skoverfit.model_selection._execution._deadline import Deadline
from skoverfit.model_selection._execution._evaluation import Evaluation
from skoverfit.model_selection._execution._schedule import Objective, refine, run_source
from skoverfit.model_selection._execution._workers import Workers
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    response_method_of,
)
from skoverfit.model_selection._journal._digests import search_identity
from skoverfit.model_selection._journal._journal import Journal
from skoverfit.model_selection._racing import Racing, Refinement, repeated_splitter
from skoverfit.model_selection._results import (
    Results,
    SharedFitsReport,
    add_gaps,
    add_repeats,
    check_outcomes,
    make_results,
    metrics_of,
)
from skoverfit.model_selection._row_scores import (
    RowScores,
    key_of,
    response_for_rows,
)
from skoverfit.model_selection._sampling import CandidateSource, make_source

__all__ = ["FitData", "RunOptions", "RunOutcome", "SearchRun", "mean_ratio"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RunOptions:
    """What a run needs to know of a search.

    Attributes
    ----------
    metric : str or None
        Name of the metric to choose by; None where there is one only.
    objective : callable
        From test scores and gaps to what candidates compete for.
    needs_rows : bool
        Whether the rule compares rows where they make up the score.
    scorer : callable
        The scorer, or a multimetric one, that `scoring` stands for.

    Notes
    -----
    All others are the search's parameters of the same name.
    """

    estimator: Any
    param_space: Any
    n_iter: int | None
    sampler: Any
    random_state: Seed
    scoring: Any
    scorer: Any
    metric: str | None
    objective: Callable[[FloatArray, FloatArray], FloatArray]
    needs_rows: bool
    cv: Any
    n_jobs: int | None
    pre_dispatch: int | str
    verbose: int
    error_score: Any
    return_train_score: bool
    share_fits: bool
    racing: Racing | None
    refine: int | Refinement | None
    timeout: float | None
    journal: PathLike | None
    store_predictions: bool | int
    committee: Committee | None


@dataclass(frozen=True)
class FitData:
    """What ``fit`` of a search is given.

    Attributes
    ----------
    X, y : array-like
        Rows and target; `y` may be None.
    params : dict
        Metadata as given.
    routed : Bunch
        The same for the estimator, the splitter and the scorer.
    """

    X: Any
    y: Any
    params: dict[str, Any]
    routed: Any


@dataclass(frozen=True)
class RunOutcome:
    """What a run has measured so far.

    Attributes
    ----------
    results : dict of str to ndarray
        The ``cv_results_``.
    is_multimetric : bool
        Whether several metrics were scored.
    shared_fits : SharedFitsReport
        What was served by shared fits.
    """

    results: Results
    is_multimetric: bool
    shared_fits: SharedFitsReport


class SearchRun:
    """The splits of one ``fit`` of a search, and what is measured on them.

    Parameters
    ----------
    options : RunOptions
        What to do.
    data : FitData
        What to do it on.
    callbacks : FitCallbacks
        Callbacks of the search.
    formatted : callable
        From candidates, the number of splits and outcomes to ``cv_results_``, as
        scikit-learn's searches do.

    Attributes
    ----------
    options, data
        As given.
    n_splits : int
        Number of splits of the first pass.
    test_train_ratio : float or None
        Mean of test rows over training rows of the splits.
    predictions : PredictionStore or None
        Out-of-fold predictions, where asked for.
    deadline : Deadline
        When the search must end.
    models : ModelStore or None
        Fitted models, where a committee is asked for.
    """

    def __init__(
        self,
        options: RunOptions,
        data: FitData,
        callbacks: FitCallbacks,
        formatted: Callable[..., Results],
    ) -> None:
        self.deadline = Deadline(options.timeout)
        self.options, self.data = options, data
        self._callbacks, self._formatted = callbacks, formatted
        self._splitter = self._checked_splitter()
        self._splits = self._first_splits()
        self.n_splits = len(self._splits)
        self.test_train_ratio = mean_ratio(self._splits)
        self.predictions: PredictionStore | None = None
        self._store: PredictionStore | None = None
        self._evaluation: Evaluation | None = None
        self.models = self._model_store()

    def outcomes(self, choose: Callable[[Results], int]) -> Iterator[RunOutcome]:
        """Run the first pass, and what refinement adds.

        Parameters
        ----------
        choose : callable
            The rule, for refinement: from ``cv_results_`` to the number of a
            candidate.

        Yields
        ------
        outcome : RunOutcome
            After the first pass, at once, so that a rule that fails loses nothing; and
            after refinement.
        """
        options = self.options
        source = make_source(
            self._space(), options.n_iter, options.random_state, options.sampler
        )
        self._store = self._prediction_store(source.n_candidates)
        self.predictions = self._store if options.store_predictions else None
        problem = self._problem()
        self._announce(source)
        workers = Workers(options.n_jobs, options.pre_dispatch)
        with self._journal(problem) as journal, workers:
            evaluation = Evaluation(
                problem,
                callbacks=self._callbacks,
                workers=workers,
                share_fits=options.share_fits,
                deadline=self.deadline,
                journal=journal,
                predictions=self._store,
                models=self.models,
            )
            self._evaluation = evaluation
            yield from self._passes(evaluation, source, choose)
        self._warn_if_incomplete(evaluation, source.n_candidates)
        _warn_if_unshared(evaluation)

    def refit(self, params: dict[str, Any]) -> tuple[Any, float]:
        """Fit the chosen candidate on all rows."""
        # Parameters may be estimators, which must not be fitted themselves.
        best = clone(self.options.estimator).set_params(**clone(params, safe=False))
        data = self.data
        start = time.perf_counter()
        target = () if data.y is None else (data.y,)
        with self._callbacks.refit(best):
            best.fit(data.X, *target, **data.routed.estimator.fit)
        return best, time.perf_counter() - start

    def ground(self, metric: str | None) -> Ground:
        """Return what a committee is made from, after all outcomes."""
        options, data, evaluation = self.options, self.data, self._evaluation
        assert evaluation is not None  # there are outcomes
        assert self.models is not None  # a committee is asked for
        splits = [
            (row_numbers(s.train), row_numbers(s.test)) for s in evaluation.splits
        ]
        fit_params = data.routed.estimator.fit
        return Ground(
            task=Task(clone(options.estimator), data.X, data.y, fit_params, splits),
            store=self.models,
            ran=evaluation.fitted_splits(),
            n_splits=self.n_splits,
            metric=metric,
            scorer=self.scorer(),
            score_params=data.routed.scorer.score,
            groups=data.routed.splitter.split.get("groups"),
            test_train_ratio=self.test_train_ratio,
            with_train_scores=options.return_train_score,
            cv=options.cv,
            n_jobs=options.n_jobs,
        )

    def scorer(self) -> Any:
        """Return the scorer of the metric to choose by."""
        return scorer_named(self.options.scorer, self.options.metric)

    def with_row_scores(self, results: Results) -> Results:
        """Add what rows contribute, for rules that compare rows (see `SelectionRule`).

        The given results stay as they are.
        """
        metric, scorer = self.options.metric, self._row_scorer()
        if self._store is None or metric is None or scorer is None:
            return results
        groups = self.data.routed.splitter.split.get("groups")
        rows = RowScores.read(self._store, self.data.y, self.n_splits, scorer, groups)
        return results if rows is None else results | {key_of(metric): rows}

    def _checked_splitter(self) -> Any:
        options = self.options
        classifier = is_classifier(options.estimator)
        splitter = check_cv(options.cv, self.data.y, classifier=classifier)
        if options.refine is not None:
            repeated_splitter(splitter, 1, options.random_state)
        return splitter

    def _first_splits(self) -> list[Any]:
        data = self.data
        params = data.routed.splitter.split
        expected = self._splitter.get_n_splits(data.X, data.y, **params)
        splits = list(self._splitter.split(data.X, data.y, **params))
        if len(splits) != expected:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{expected} splits, got {len(splits)}"
            )
        return splits

    def _space(self) -> Any:
        options, data = self.options, self.data
        if not isinstance(options.param_space, str):
            return options.param_space
        sampled = options.n_iter is not None or options.sampler is not None
        # Ranges hold on every split: those of neighbours end with its training rows.
        train = min((train for train, _ in self._splits), key=_n_rows)
        X = _safe_indexing(data.X, train)
        y = None if data.y is None else _safe_indexing(data.y, train)
        return auto_space(options.estimator, X, y, sampled=sampled)

    def _problem(self) -> Problem:
        options, data = self.options, self.data
        return Problem(
            estimator=clone(options.estimator),
            X=data.X,
            y=data.y,
            scorer=options.scorer,
            fit_params=data.routed.estimator.fit,
            score_params=data.routed.scorer.score,
            return_train_score=options.return_train_score,
            error_score=options.error_score,
            verbose=options.verbose,
            response=None if self._store is None else self._store.method,
            keep_models=self.models is not None,
        )

    def _model_store(self) -> ModelStore | None:
        spec, metric = self.options.committee, self.options.metric
        if spec is None:
            return None
        rule = spec.members
        if rule is None:
            with_gaps = self.options.return_train_score
            rule = LowGapMembers() if with_gaps else MembersWithinNoise()
        known = rule if isinstance(rule, MemberRule) else None
        metric = getattr(rule, "metric", None) or metric
        return ModelStore(known, metric, self.n_splits, spec.max_bytes)

    def _row_scorer(self) -> RowScorer | None:
        """Return what scores rows, if the rule asks for it and they make up the score.

        Refinement tests the same rows again, of which no predictions are kept.
        """
        options = self.options
        weighted = bool(self.data.routed.scorer.score)
        if not options.needs_rows or options.refine is not None or weighted:
            return None
        if response_for_rows(self.scorer(), options.estimator) is None:
            return None
        return row_scorer(self.scorer(), options.estimator)

    def _prediction_store(self, n_candidates: int) -> PredictionStore | None:
        options = self.options
        wanted = options.store_predictions
        if not wanted and self._row_scorer() is None:
            return None
        response = response_method_of(self.scorer(), options.estimator)
        make = partial(PredictionStore, response, options.estimator, self.data.y)
        try:
            return make(self._splits, n_candidates, max_bytes=wanted or True)
        except ValueError:
            if wanted:
                raise
            return None  # too large, or of a form that is not kept: rows are missing

    def _announce(self, source: CandidateSource) -> None:
        if self.options.verbose > 0:
            print(
                f"Fitting {self.n_splits} folds for each of {source.n_candidates} "
                f"candidates, totalling {source.n_candidates * self.n_splits} fits"
            )

    def _journal(self, problem: Problem) -> AbstractContextManager[Journal | None]:
        options, data = self.options, self.data
        if options.journal is None:
            return nullcontext()
        settings = {
            "error_score": options.error_score,
            "return_train_score": options.return_train_score,
            "response": problem.response,
            # Closed forms agree with fresh fits to eight digits only.
            "share_fits": options.share_fits,
            "registered shared fits": problem.families if options.share_fits else (),
        }
        identity = search_identity(
            problem.estimator,
            data.X,
            data.y,
            data.params,
            self._splits,
            options.scoring,
            settings,
        )
        return Journal.open(options.journal, identity)

    def _passes(
        self,
        evaluation: Evaluation,
        source: CandidateSource,
        choose: Callable[[Results], int],
    ) -> Iterator[RunOutcome]:
        options, ratio = self.options, self.test_train_ratio
        first_pass = evaluation.add_splits(self._splits)
        objective = Objective(evaluation, options.metric, options.objective)
        run_source(evaluation, source, first_pass, objective, options.racing, ratio)
        first = self._outcome(evaluation, [])
        yield first
        if options.refine is None or evaluation.interrupted:
            return
        repeats = refine(
            evaluation,
            _refinement(options.refine),
            objective,
            chosen=int(choose(first.results)),
            first_pass=first_pass,
            new_splits=self._repeated_splits,
            test_train_ratio=ratio,
        )
        yield self._outcome(evaluation, repeats)

    def _repeated_splits(self, repeat: int) -> list[Any]:
        splitter = repeated_splitter(self._splitter, repeat, self.options.random_state)
        data = self.data
        return list(splitter.split(data.X, data.y, **data.routed.splitter.split))

    def _outcome(self, evaluation: Evaluation, repeats: list[range]) -> RunOutcome:
        options, n_splits = self.options, self.n_splits
        if not evaluation.outcomes and evaluation.interrupted:
            raise _nothing_finished(evaluation.interrupted, options.timeout)
        check_outcomes(evaluation, options.error_score, options.scoring)
        results = make_results(evaluation, n_splits, self._formatted)
        first = next(iter(evaluation.outcomes.values()))["test_scores"]
        if options.return_train_score:
            for metric in metrics_of(results):
                add_gaps(results, metric, evaluation, options.objective)
        if repeats:
            add_repeats(results, evaluation, n_splits, repeats)
        n_run = evaluation.ran(len(evaluation.splits)).sum(axis=1)
        if options.racing or options.refine or (n_run < n_splits).any():
            results["n_splits_run"] = n_run
        shared = SharedFitsReport.of(evaluation)
        return RunOutcome(results, isinstance(first, dict), shared)

    def _warn_if_incomplete(self, evaluation: Evaluation, n_candidates: int) -> None:
        if evaluation.interrupted is None:
            return
        n_run = evaluation.ran(self.n_splits).all(axis=1).sum()
        warnings.warn(
            f"The search was stopped by {evaluation.interrupted}: {n_run} of "
            f"{n_candidates} candidates ran on all {self.n_splits} splits. Only what "
            "ran on most splits can be chosen.",
            IncompleteSearchWarning,
            stacklevel=5,
        )


def _refinement(refine: int | Refinement) -> Refinement:
    if isinstance(refine, Refinement):
        return refine
    return Refinement(repeats=int(refine))


def _warn_if_unshared(evaluation: Evaluation) -> None:
    if evaluation.unshared is not None:
        warnings.warn(
            "Each candidate was fitted on its own, because private parts of a library "
            f"are not as this release knows them: {evaluation.unshared} The results "
            "are the same. Update skoverfit, or set share_fits=False to silence this.",
            UnsharedFitsWarning,
            stacklevel=5,
        )


def _nothing_finished(reason: str, timeout: float | None) -> BaseException:
    if reason == "Ctrl-C":
        return KeyboardInterrupt()
    return TimeoutError(
        f"timeout={timeout} passed before a single fit was finished; allow more time."
    )


def mean_ratio(splits: list[Any]) -> float | None:
    """Mean of test rows over training rows, None where no split has any."""
    sizes = [(_n_rows(train), _n_rows(test)) for train, test in splits]
    ratios = [n_test / n_train for n_train, n_test in sizes if n_train]
    return float(np.mean(ratios)) if ratios else None


def _n_rows(rows: Any) -> int:
    rows = np.asarray(rows)
    return int(rows.sum()) if rows.dtype == bool else len(rows)
