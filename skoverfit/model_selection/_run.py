"""One run of a search: from the data to ``cv_results_``, step by step.

A :class:`SearchRun` lives as long as one ``fit``. It knows nothing of the search but
the :class:`RunOptions` that it is given, and yields a :class:`RunOutcome` after the
first pass and one after refinement. Choosing a candidate, and setting attributes, is
the search's own affair.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from skoverfit._compat import FitCallbacks, _safe_indexing
from skoverfit._compat._scorers import scorer_named
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit.exceptions import IncompleteSearchWarning, UnsharedFitsWarning
from skoverfit.model_selection._candidates import auto_space
from skoverfit.model_selection._committee._ground import Ground, store_for
from skoverfit.model_selection._committee._members import Task, row_numbers
from skoverfit.model_selection._execution._bundle import Problem
from skoverfit.model_selection._execution._deadline import Deadline
from skoverfit.model_selection._execution._evaluation import Evaluation
from skoverfit.model_selection._execution._measured import Measured
from skoverfit.model_selection._execution._options import FitData, RunOptions
from skoverfit.model_selection._execution._schedule import Objective, refine, run_source
from skoverfit.model_selection._execution._settings import Settings
from skoverfit.model_selection._execution._workers import Workers
from skoverfit.model_selection._families import (
    candidate_of,
    fit_params_of,
    written_out,
)
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    response_method_of,
)
from skoverfit.model_selection._journal._digests import search_identity
from skoverfit.model_selection._journal._journal import Journal
from skoverfit.model_selection._racing import Refinement, repeated_splitter
from skoverfit.model_selection._results import (
    Results,
    SharedFitsReport,
    add_gaps,
    add_repeats,
    check_outcomes,
    make_results,
    metrics_of,
)
from skoverfit.model_selection._rounds import (
    RoundsChoice,
    RoundsTried,
    marked,
    marks_of,
    pick,
)
from skoverfit.model_selection._row_scores import (
    RowScores,
    key_of,
    response_for_rows,
)
from skoverfit.model_selection._sampling import CandidateSource, make_source
from skoverfit.model_selection._splits import mean_ratio, n_rows

__all__ = ["RunOutcome", "SearchRun"]


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
    rounds : RoundsChoice or None
        How many rounds each setting got, where the space asks for the best number.
    """

    results: Results
    is_multimetric: bool
    shared_fits: SharedFitsReport
    rounds: RoundsChoice | None = None


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
    deadline : Deadline
        When the search must end.
    models : ModelStore or None
        Fitted models, where a committee is asked for.
    rounds : RoundsChoice or None
        How many rounds each setting got, where the space asks for the best number.
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
        self.rounds: RoundsChoice | None = None
        self._store: PredictionStore | None = None
        self._measured: Measured | None = None
        self.models = store_for(options.committee, options.metric, self.n_splits)

    @property
    def predictions(self) -> PredictionStore | None:
        """Out-of-fold predictions of all candidates, where asked for."""
        return self._store if self.options.store_predictions else None

    @property
    def picked(self) -> Sequence[int] | None:
        """The candidate that each setting is shown at; None where none has several."""
        return None if self.rounds is None else self.rounds.picked

    def outcomes(
        self, choose: Callable[[Results], int], pick_rounds: Callable[[Results], int]
    ) -> Iterator[RunOutcome]:
        """Run the first pass, and what refinement adds.

        Parameters
        ----------
        choose : callable
            The rule, for refinement: from ``cv_results_`` to the number of a
            candidate.
        pick_rounds : callable
            The same for the numbers of rounds of one setting.

        Yields
        ------
        outcome : RunOutcome
            After the first pass, at once, so that a rule that fails loses nothing; and
            after refinement.
        """
        options = self.options
        space = written_out(options.estimator, options.param_space, self._auto_space)
        space = marked(space)
        source = make_source(
            space,
            options.n_iter,
            options.random_state,
            options.sampler,
            own_settings=options.needs_own_settings,
        )
        problem = self._problem()
        if marks_of(space):
            self._check_metric_of_rounds()
        tried = RoundsTried(problem, self._longest_train, options.share_fits)
        self._store = self._prediction_store(source.n_candidates * tried.most_of(space))
        if self._store is not None:
            problem = replace(problem, response=self._store.method)
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
            self._measured = evaluation
            settings = Settings(evaluation, tried)
            yield from self._passes(settings, source, choose, pick_rounds)
        self._warn_if_incomplete(settings, source.n_candidates)
        _warn_if_unshared(evaluation)

    def refit(self, params: dict[str, Any]) -> tuple[Any, float]:
        """Fit the chosen candidate on all rows."""
        options, data = self.options, self.data
        best = candidate_of(options.estimator, params)
        metadata = data.routed.estimator.fit
        metadata = fit_params_of(options.estimator, params, metadata)
        start = time.perf_counter()
        target = () if data.y is None else (data.y,)
        with self._callbacks.refit(best):
            best.fit(data.X, *target, **metadata)
        return best, time.perf_counter() - start

    def ground(self, metric: str | None) -> Ground:
        """Return what a committee is made from, after all outcomes."""
        options, data, measured = self.options, self.data, self._measured
        assert measured is not None  # there are outcomes
        assert self.models is not None  # a committee is asked for
        splits = [(row_numbers(s.train), row_numbers(s.test)) for s in measured.splits]
        fit_params = data.routed.estimator.fit
        return Ground(
            task=Task(clone(options.estimator), data.X, data.y, fit_params, splits),
            store=self.models.renumbered(self.picked),
            ran=measured.fitted_splits(),
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

    def with_row_scores(
        self, results: Results, candidates: Sequence[int] | None = None
    ) -> Results:
        """Add what rows contribute, for rules that compare rows (see `SelectionRule`).

        The given results stay as they are.
        """
        rows, metric = self._row_scores(), self.options.metric
        if rows is None or metric is None:
            return results
        rows = rows if candidates is None else rows.of_candidates(candidates)
        return results | {key_of(metric): rows}

    def _row_scores(self) -> RowScores | None:
        """Return what rows contribute to the scores of all candidates."""
        scorer = self._row_scorer()
        if self._store is None or scorer is None:
            return None
        groups = self.data.routed.splitter.split.get("groups")
        return RowScores.read(self._store, self.data.y, self.n_splits, scorer, groups)

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

    def _auto_space(self, estimator: Any) -> dict[str, Any]:
        options, data = self.options, self.data
        sampled = options.n_iter is not None or options.sampler is not None
        train = self._shortest_train()
        X = _safe_indexing(data.X, train)
        y = None if data.y is None else _safe_indexing(data.y, train)
        return auto_space(estimator, X, y, sampled=sampled)

    def _shortest_train(self) -> Any:
        """Return the training rows of the smallest split, where ranges are shortest.

        Those of neighbors, for one, end with the number of training rows.
        """
        return min((train for train, _ in self._splits), key=n_rows)

    def _longest_train(self) -> Any:
        """Return training data of the largest split: of many rows, more is random."""
        train = max((train for train, _ in self._splits), key=n_rows)
        return _safe_indexing(self.data.X, train)

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
            keep_models=self.models is not None,
        )

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

    def _check_metric_of_rounds(self) -> None:
        options = self.options
        several = not (options.scoring is None or isinstance(options.scoring, str))
        if options.metric is None and several and not callable(options.scoring):
            raise ValueError(
                "The best number of rounds of several metrics is unknown: name one of "
                f"{list(options.scoring)} with refit=<name> or the rule's "
                "metric=<name>, or give a list of numbers."
            )

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
        settings: Settings,
        source: CandidateSource,
        choose: Callable[[Results], int],
        pick_rounds: Callable[[Results], int],
    ) -> Iterator[RunOutcome]:
        options, ratio = self.options, self.test_train_ratio
        evaluation = settings.evaluation
        first_pass = evaluation.add_splits(self._splits)
        objective = Objective(settings, options.metric, options.objective)
        run_source(source, first_pass, objective, options.racing, ratio)
        if self._store is not None:
            self._store.cut_to(len(evaluation.candidates))
        pick_all = partial(self._picked, objective, first_pass, pick_rounds)
        first = self._outcome(settings, [], pick_all)
        yield first
        if options.refine is None or evaluation.interrupted:
            return
        if self.picked is not None:
            objective = replace(objective, settings=settings.at(self.picked))
        repeats = refine(
            _refinement(options.refine),
            objective,
            chosen=int(choose(first.results)),
            first_pass=first_pass,
            new_splits=self._repeated_splits,
            test_train_ratio=ratio,
        )
        yield self._outcome(settings, repeats, pick_all)

    def _picked(
        self,
        objective: Objective,
        first_pass: Sequence[int],
        choose: Callable[[Results], int],
        results: Results,
    ) -> Sequence[int]:
        """Choose the number of rounds of each setting, after the first pass."""
        if self.picked is not None:
            return self.picked
        settings, metric = objective.settings, self.options.metric
        leaders = settings.leaders(objective.of_candidates(first_pass))
        results = self.with_row_scores(results)
        return pick(settings.groups, results, choose, metric, leaders)

    def _repeated_splits(self, repeat: int) -> list[Any]:
        splitter = repeated_splitter(self._splitter, repeat, self.options.random_state)
        data = self.data
        return list(splitter.split(data.X, data.y, **data.routed.splitter.split))

    def _outcome(
        self,
        settings: Settings,
        repeats: list[range],
        pick_rounds: Callable[[Results], Sequence[int]],
    ) -> RunOutcome:
        options, evaluation = self.options, settings.evaluation
        if not evaluation.outcomes and evaluation.interrupted:
            raise _nothing_finished(evaluation.interrupted, options.timeout)
        check_outcomes(evaluation, options.error_score, options.scoring)
        measured: Measured = evaluation
        if settings.have_choice:
            with warnings.catch_warnings():  # the same is said of settings below
                warnings.simplefilter("ignore", UserWarning)
                results = self._results(evaluation, repeats)
            picked = pick_rounds(results)
            self.rounds = RoundsChoice(settings.groups, results, picked)
            measured = self._measured = settings.measured_at(picked)
        results = self._results(measured, repeats)
        first = next(iter(evaluation.outcomes.values()))["test_scores"]
        shared = SharedFitsReport.of(evaluation)
        return RunOutcome(results, isinstance(first, dict), shared, self.rounds)

    def _results(self, measured: Measured, repeats: list[range]) -> Results:
        """Return ``cv_results_``, with gaps and repeats where there are any."""
        options, n_splits = self.options, self.n_splits
        results = make_results(measured, n_splits, self._formatted)
        if options.return_train_score:
            for metric in metrics_of(results):
                add_gaps(results, metric, measured, options.objective)
        if repeats:
            add_repeats(results, measured, n_splits, repeats)
        n_run = measured.ran(len(measured.splits)).sum(axis=1)
        if options.racing or options.refine or (n_run < n_splits).any():
            results["n_splits_run"] = n_run
        return results

    def _warn_if_incomplete(self, settings: Settings, n_candidates: int) -> None:
        evaluation = settings.evaluation
        if evaluation.interrupted is None:
            return
        ran = evaluation.ran(self.n_splits)
        n_run = sum(bool(ran[group].all()) for group in settings.groups)
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
