"""One run of a search: from the data to ``cv_results_``, step by step.

A :class:`SearchRun` lives as long as one ``fit``. It reads the search's parameters and
sets what a run leaves behind (``n_splits_``, ``cv_results_``, ``shared_fits_`` ...);
choosing a candidate is the search's own affair.
"""

import time
import warnings
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import indexable

from skoverfit._compat import FitCallbacks, _check_method_params, _safe_indexing
from skoverfit.exceptions import IncompleteSearchWarning, UnsharedFitsWarning
from skoverfit.model_selection._candidates import auto_space
from skoverfit.model_selection._choice import split_objective
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
from skoverfit.model_selection._journal._journal import Journal, check_journal_path
from skoverfit.model_selection._racing import Refinement, repeated_splitter
from skoverfit.model_selection._results import (
    SharedFitsReport,
    add_repeats,
    check_outcomes,
    make_results,
    metrics_of,
)
from skoverfit.model_selection._sampling import CandidateSource, make_source

__all__ = ["SearchRun"]


class SearchRun:
    """The data, splits and scorers of one ``fit`` of a search.

    Parameters
    ----------
    search : GapAwareSearchCV
        The search; its results are set on it as they come.
    X, y : array-like
        As given to ``fit``.
    params : dict
        Metadata as given to ``fit``.

    Attributes
    ----------
    scorers : callable
        The scorer, or a multimetric one.
    refit_metric : object
        Metric to choose by, as far as scikit-learn knows it.
    routed : Bunch
        Metadata for the estimator, the splitter and the scorer.
    test_train_ratio : float or None
        Mean of test rows over training rows of the splits.
    predictions : PredictionStore or None
        Out-of-fold predictions, where asked for.
    """

    def __init__(self, search: Any, X: Any, y: Any, params: dict[str, Any]) -> None:
        self._deadline = Deadline(search.timeout)
        self._search = search
        self.scorers, self.refit_metric = search._get_scorers()
        if search.journal is not None:
            check_journal_path(search.journal)
        self.X, self.y = indexable(X, y)
        self._params = _check_method_params(self.X, params=params)
        self.routed = search._get_routed_params_for_fit(self._params)
        weight = self._params.get("sample_weight")
        self.callbacks = FitCallbacks(search, self.X, self.y, weight)
        self._splitter = self._checked_splitter()
        self._splits = self._first_splits()
        self.test_train_ratio = _mean_ratio(self._splits)
        self.predictions: PredictionStore | None = None

    def evaluate(self) -> None:
        """Run the first pass, and what refinement adds; set the results at once."""
        search = self._search
        source = make_source(
            self._space(), search.n_iter, search.random_state, search.sampler
        )
        problem = self._problem()
        self.predictions = self._prediction_store(problem, source.n_candidates)
        self._announce(source)
        workers = Workers(search.n_jobs, search.pre_dispatch)
        with self._journal(problem) as journal, workers:
            evaluation = Evaluation(
                problem,
                callbacks=self.callbacks,
                search=search,
                workers=workers,
                share_fits=search.share_fits,
                deadline=self._deadline,
                journal=journal,
                predictions=self.predictions,
            )
            self._run(evaluation, source)
        search.shared_fits_ = SharedFitsReport.of(evaluation)
        self._warn_if_incomplete(evaluation, source.n_candidates)
        _warn_if_unshared(evaluation)

    def refit(self, params: dict[str, Any]) -> None:
        """Fit the chosen candidate on all rows."""
        search = self._search
        # Parameters may be estimators, which must not be fitted themselves.
        best = clone(search.estimator).set_params(**clone(params, safe=False))
        search.best_estimator_ = best
        start = time.perf_counter()
        target = () if self.y is None else (self.y,)
        with self.callbacks.refit(best):
            best.fit(self.X, *target, **self.routed.estimator.fit)
        search.refit_time_ = time.perf_counter() - start
        if hasattr(best, "feature_names_in_"):
            search.feature_names_in_ = best.feature_names_in_

    def _checked_splitter(self) -> Any:
        search = self._search
        classifier = is_classifier(search.estimator)
        splitter = check_cv(search.cv, self.y, classifier=classifier)
        if search.refine is not None:
            repeated_splitter(splitter, 1, search.random_state)
        return splitter

    def _first_splits(self) -> list[Any]:
        params = self.routed.splitter.split
        expected = self._splitter.get_n_splits(self.X, self.y, **params)
        splits = list(self._splitter.split(self.X, self.y, **params))
        self._search.n_splits_ = expected
        if len(splits) != expected:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{expected} splits, got {len(splits)}"
            )
        return splits

    def _space(self) -> Any:
        search = self._search
        if not isinstance(search.param_space, str):
            return search.param_space
        sampled = search.n_iter is not None or search.sampler is not None
        # Ranges hold on every split: those of neighbors end with its training rows.
        train = min((train for train, _ in self._splits), key=_n_rows)
        X = _safe_indexing(self.X, train)
        y = None if self.y is None else _safe_indexing(self.y, train)
        return auto_space(search.estimator, X, y, sampled=sampled)

    def _problem(self) -> Problem:
        search = self._search
        return Problem(
            estimator=clone(search.estimator),
            X=self.X,
            y=self.y,
            scorer=self.scorers,
            fit_params=self.routed.estimator.fit,
            score_params=self.routed.scorer.score,
            return_train_score=search.return_train_score,
            error_score=search.error_score,
            verbose=search.verbose,
            response=self._response(),
        )

    def scorer(self) -> Any:
        """Return the scorer of the metric to choose by."""
        metric = self._search._metric(self.refit_metric)
        return getattr(self.scorers, "_scorers", {}).get(metric, self.scorers)

    def _response(self) -> str | None:
        if not self._search.store_predictions:
            return None
        return response_method_of(self.scorer(), self._search.estimator)

    def _prediction_store(self, problem: Problem, n_candidates: int) -> Any:
        if problem.response is None:
            return None
        return PredictionStore(
            problem.response,
            problem.estimator,
            self.y,
            self._splits,
            n_candidates,
            max_bytes=self._search.store_predictions,
        )

    def _announce(self, source: CandidateSource) -> None:
        n_splits = len(self._splits)
        if self._search.verbose > 0:
            print(
                f"Fitting {n_splits} folds for each of {source.n_candidates} "
                f"candidates, totaling {source.n_candidates * n_splits} fits"
            )

    def _journal(self, problem: Problem) -> Any:
        search = self._search
        if search.journal is None:
            return nullcontext()
        settings = {
            "error_score": search.error_score,
            "return_train_score": search.return_train_score,
            "response": problem.response,
            # Closed forms agree with fresh fits to eight digits only.
            "share_fits": search.share_fits,
            "registered shared fits": problem.families if search.share_fits else (),
        }
        identity = search_identity(
            problem.estimator,
            self.X,
            self.y,
            self._params,
            self._splits,
            search.scoring,
            settings,
        )
        return Journal.open(search.journal, identity)

    def _run(self, evaluation: Evaluation, source: CandidateSource) -> None:
        search = self._search
        first_pass = evaluation.add_splits(self._splits)
        metric = search._metric(self.refit_metric)
        objective = Objective(evaluation, metric, split_objective(search))
        ratio = self.test_train_ratio
        run_source(evaluation, source, first_pass, objective, search.racing, ratio)
        self._store_results(evaluation, [])
        if search.refine is None or evaluation.interrupted:
            return
        repeats = refine(
            evaluation,
            self._refinement(),
            objective,
            chosen=int(search._chosen_index(metric, search.cv_results_)),
            first_pass=first_pass,
            new_splits=self._repeated_splits,
            test_train_ratio=ratio,
        )
        self._store_results(evaluation, repeats)

    def _refinement(self) -> Refinement:
        refine = self._search.refine
        if isinstance(refine, Refinement):
            return refine
        return Refinement(repeats=int(refine))

    def _repeated_splits(self, repeat: int) -> list[Any]:
        seed = self._search.random_state
        splitter = repeated_splitter(self._splitter, repeat, seed)
        return list(splitter.split(self.X, self.y, **self.routed.splitter.split))

    def _store_results(self, evaluation: Evaluation, repeats: list[range]) -> None:
        """Make ``cv_results_``; kept at once, so that a failing rule loses nothing."""
        search, n_splits = self._search, len(self._splits)
        if not evaluation.outcomes and evaluation.interrupted:
            raise _nothing_finished(evaluation.interrupted, search.timeout)
        check_outcomes(evaluation, search.error_score, search.scoring)
        results = make_results(evaluation, n_splits, search._format_results)
        first = next(iter(evaluation.outcomes.values()))["test_scores"]
        search.multimetric_ = isinstance(first, dict)
        if search.return_train_score:
            for metric in metrics_of(results):
                search._add_gap_columns(results, metric, evaluation)
        if repeats:
            add_repeats(results, evaluation, n_splits, repeats)
        n_run = evaluation.ran(len(evaluation.splits)).sum(axis=1)
        if search.racing or search.refine or (n_run < n_splits).any():
            results["n_splits_run"] = n_run
        search.cv_results_ = results

    def _warn_if_incomplete(self, evaluation: Evaluation, n_candidates: int) -> None:
        if evaluation.interrupted is None:
            return
        n_splits = len(self._splits)
        n_run = evaluation.ran(n_splits).all(axis=1).sum()
        warnings.warn(
            f"The search was stopped by {evaluation.interrupted}: {n_run} of "
            f"{n_candidates} candidates ran on all {n_splits} splits. Only what ran on "
            "most splits can be chosen.",
            IncompleteSearchWarning,
            stacklevel=5,
        )


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


def _mean_ratio(splits: list[Any]) -> float | None:
    """Mean of test rows over training rows, None where no split has any."""
    sizes = [(_n_rows(train), _n_rows(test)) for train, test in splits]
    ratios = [n_test / n_train for n_train, n_test in sizes if n_train]
    return float(np.mean(ratios)) if ratios else None


def _n_rows(rows: Any) -> int:
    rows = np.asarray(rows)
    return int(rows.sum()) if rows.dtype == bool else len(rows)
