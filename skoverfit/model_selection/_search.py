"""`GapAwareSearchCV`: candidates, evaluation and selection wired together."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.utils import indexable

from skoverfit._compat import (
    BaseSearchCV,
    FitCallbacks,
    HasMethods,
    Interval,
    StrOptions,
    _check_method_params,
    _fit_context,
    get_tags,
    restores_settings,
)
from skoverfit._compat._scorers import separate_scorers
from skoverfit._types import PathLike, Seed
from skoverfit.model_selection._autologging import without_autologging
from skoverfit.model_selection._choice import (
    Rule,
    SelectionPath,
    check_rule,
    honest_score,
    over_all_splits,
    path_of_rounds,
    rule_of,
    rule_within,
    split_objective,
)
from skoverfit.model_selection._committee._ground import check_committee, spec_of
from skoverfit.model_selection._committee._in_search import committee_of
from skoverfit.model_selection._committee._spec import Committee
from skoverfit.model_selection._execution._options import FitData, RunOptions
from skoverfit.model_selection._families import (
    FamiliesMixin,
    estimator_of,
    space_of,
)
from skoverfit.model_selection._honest_score._debias import HonestScore
from skoverfit.model_selection._journal._journal import check_journal_path
from skoverfit.model_selection._nested import check_nested, nested_score
from skoverfit.model_selection._racing import Racing, Refinement
from skoverfit.model_selection._results import Results, metrics_of
from skoverfit.model_selection._rules._own_settings import OwnSettingsUnlessBetter
from skoverfit.model_selection._run import RunOutcome, SearchRun
from skoverfit.model_selection._selection import SelectionRule
from skoverfit.model_selection._summary import SummaryMixin

__all__ = ["GapAwareSearchCV", "SelectionPath"]


class GapAwareSearchCV(SummaryMixin, FamiliesMixin, BaseSearchCV):
    """Search over parameters that takes the train/test gap into account.

    Drops in for :class:`sklearn.model_selection.GridSearchCV` and
    :class:`sklearn.model_selection.RandomizedSearchCV`. Candidates are scored on
    train and test rows of every split; a selection rule then chooses among them.
    The default rule charges each candidate a twentieth of its gap. Rules make the gap
    smaller at a price in test score that `selection_path_` states; they do not
    promise a better test score.

    Parameters
    ----------
    estimator : estimator object or list of (str, estimator, space)
        Anything scikit-learn's searches accept. In a list, each is a family of
        candidates with its name and a space as `param_space` has it. Candidates then
        have the parameter ``family``, and those of the families behind their names, as
        in ``tree__max_depth``; so do `get_params` and `set_params` of the search.
    param_space : dict, list of dict or "auto", default=None
        Parameter names to lists of values or to distributions with ``rvs``; left out
        where `estimator` is a list. Lists are searched as a grid; with `n_iter`, or
        where there is a distribution, candidates are sampled. ``"auto"`` is the space
        of the parameters that control the estimator's capacity. In a dict, ``"best"``
        for a number of rounds (``n_estimators`` or ``max_iter`` of boosting and neural
        networks, also as the last step of a Pipeline) tries numbers up to the
        estimator's own and keeps, in each row of ``cv_results_``, the one that the
        selection rule chooses. One fit on each split serves them all.
    n_iter : int, default=None
        Number of sampled candidates. None means the whole grid, 10 where
        `param_space` holds a distribution, or 50 with a `sampler`.
    selection : callable, default=None
        A rule of :mod:`skoverfit.model_selection`, or any callable from
        ``cv_results_`` to the index of a candidate. None is
        ``PenalizedGap(0.05)``.
    gap_penalty : float, default=None
        Short for ``selection=PenalizedGap(gap_penalty, gap_tolerance)``, in [0, inf).
    gap_tolerance : float, default=0.0
        Gap that costs nothing, used with `gap_penalty` only, in [0, inf).
    scoring : str, callable, list, tuple or dict, default=None
        As in :class:`sklearn.model_selection.GridSearchCV`. Greater must be better.
    cv : int, cross-validation splitter or iterable, default=None
        As in :class:`sklearn.model_selection.GridSearchCV`; 5 folds by default.
    n_jobs : int, default=None
        Number of fits that run in parallel, as in joblib.
    refit : bool, str or callable, default=True
        Whether to fit the chosen candidate on all rows. With several metrics, the
        name of the one to select by. A callable is taken as the selection rule, as
        in scikit-learn, and excludes `selection` and `gap_penalty`.
    verbose : int, default=0
        As in :class:`sklearn.model_selection.GridSearchCV`.
    pre_dispatch : int or str, default="2*n_jobs"
        As in :class:`sklearn.model_selection.GridSearchCV`.
    random_state : int, RandomState instance or None, default=None
        Seed of the sampling of candidates.
    error_score : "raise" or numeric, default=np.nan
        Score of a split whose fit fails. Its gap is NaN in any case.
    return_train_score : bool, default=True
        Whether to compute train scores. Rules that read the gap need them.
    share_fits : bool, default=True
        Whether one fit may serve several candidates where the result is that of
        fresh fits: bit for bit, or to 1e-8 of it for closed forms of linear models.
        Candidates that are random without a seed never share.
    racing : Racing, default=None
        Drop candidates that fall behind the leader after some splits.
    refine : int or Refinement, default=None
        Evaluate the contenders on up to that many reshuffled repeats of `cv`.
    sampler : {"tpe", "random", "qmc"} or Optuna sampler, default=None
        Where the next candidates come from, given the scores so far. `param_space`
        may hold Optuna distributions then. Needs the extra ``optuna``.
    timeout : float, default=None
        Seconds after which no further fit begins, in (0, inf). What is finished by
        then is ranked, with a warning; so it is after Ctrl-C.
    journal : str or path-like, default=None
        SQLite file that records every finished fit. A search that was killed and is
        started again with the same data and settings goes on from there.
    store_predictions : bool or int, default=False
        Whether to keep out-of-fold predictions of all candidates, for an honest
        score by bootstrap. A number is the memory that they may take, in bytes; True
        means 1 GiB.
    nested : int, cross-validation splitter or iterable, default=None
        Outer splits. Within the training rows of each, the whole search runs once
        more, and what it chooses is scored on the test rows: ``nested_score_``. Costs
        about as many searches. Group labels serve both loops; with a `journal`, each
        outer split has its own beside it.
    committee : bool or Committee, default=None
        Whether models that were fitted on the splits predict together, instead of one
        that is fitted on all rows. True means ``Committee()``.

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        All keys of scikit-learn's searches and, with train scores, for each metric
        ``split{k}_gap_{metric}``, ``mean_gap_{metric}``, ``std_gap_{metric}``,
        ``mean_penalized_{metric}`` and ``rank_penalized_{metric}``. Rules without a
        penalty subtract none. Present even when the selection rule fails.
        With `racing`, `refine` or an unfinished search also ``n_splits_run``; scores
        that were not run are NaN. Repeats of the contenders are
        ``repeat{r}_split{k}_{test|train|gap}_{metric}``, and
        ``refined_mean_{test|train|gap}_{metric}`` are means over all their splits.
    staged_results_ : dict of str to ndarray
        The same for every number of rounds that was tried, where `param_space` asks
        for the best one; ``candidate`` is the row of ``cv_results_`` that each belongs
        to. There, times are those of all numbers together.
    best_index_ : int
        Row of the chosen candidate in ``cv_results_``.
    best_params_ : dict
        Its parameters.
    best_score_ : float
        Its mean test score, also where a rule chose it. Not available with several
        metrics if a callable chose without naming one.
    best_gap_ : float
        Its mean gap, with train scores only.
    best_penalized_score_ : float
        Its penalized score, with train scores only.
    debiased_score_ : float
        Honest estimate of the chosen candidate's score: the choice itself makes
        ``best_score_`` too good. From split scores alone, or by bootstrap where
        out-of-fold predictions are stored.
    debiased_score_interval_ : tuple of (float, float)
        95 % confidence interval of it.
    honest_score_ : HonestScore
        The same with its standard error, and how it was made. Where ``best_estimator_``
        is a committee, these three are of the committee.
    nested_score_ : NestedScore
        Score of the whole search on the outer splits, with ``nested`` only.
    predictions_ : PredictionStore
        Out-of-fold predictions of all candidates, with ``store_predictions`` only.
    selection_path_ : SelectionPath
        The candidate that plain argmax would take, what the rule paid in test score
        for how much gap, and, with
        :class:`~skoverfit.model_selection.OwnSettingsUnlessBetter`, how the choice
        compares with the estimator's own settings.
    selection_metric_ : str
        Metric that was selected by.
    best_estimator_ : estimator object
        The chosen candidate fitted on all rows, or the committee; with ``refit`` only.
    shared_fits_ : SharedFitsReport
        How many evaluations each family of shared fits served.
    refit_time_ : float
        Seconds of that fit, or of putting the committee together.
    scorer_ : callable or dict
        The scorer, or scorers by name.
    n_splits_ : int
        Number of splits.
    multimetric_ : bool
        Whether several metrics were scored.
    classes_ : ndarray of shape (n_classes,)
        Class labels, for classifiers with ``refit``.
    n_features_in_ : int
        Number of features seen in ``fit``, with ``refit``.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, with ``refit`` and named features.

    See Also
    --------
    skoverfit.gap_scores : The gap of one estimator, with its uncertainty.
    sklearn.model_selection.GridSearchCV : The search this one drops in for.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from skoverfit import GapAwareSearchCV
    >>> X, y = load_wine(return_X_y=True)
    >>> space = {"n_neighbors": [1, 2, 3, 5, 8, 13, 21]}
    >>> search = GapAwareSearchCV(KNeighborsClassifier(), space).fit(X, y)
    >>> path = search.selection_path_
    >>> path.argmax_params, path.params
    ({'n_neighbors': 1}, {'n_neighbors': 21})
    >>> print(f"paid {path.test_score_paid:.3f} for {path.gap_saved:.3f} of gap")
    paid 0.006 for 0.263 of gap
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseSearchCV._parameter_constraints,
        "estimator": [HasMethods(["fit"]), list],
        "param_space": [dict, list, StrOptions({"auto"}), None],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "selection": [callable, None],
        "gap_penalty": [Interval(Real, 0, None, closed="left"), None],
        "gap_tolerance": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "share_fits": ["boolean"],
        "racing": [Racing, None],
        "refine": [Interval(Integral, 1, None, closed="left"), Refinement, None],
        "sampler": [str, HasMethods(["sample_relative"]), None],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "journal": [str, Path, None],
        "committee": ["boolean", Committee, None],
        "store_predictions": [
            "boolean",
            Interval(Integral, 1, None, closed="left"),
        ],
        "nested": ["cv_object"],
    }

    selection_path_: SelectionPath

    def __init__(
        self,
        estimator: Any,
        param_space: Any = None,
        *,
        n_iter: int | None = None,
        selection: Callable[..., int] | None = None,
        gap_penalty: float | None = None,
        gap_tolerance: float = 0.0,
        scoring: Any = None,
        cv: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: Seed = None,
        error_score: Literal["raise"] | float = np.nan,
        return_train_score: bool = True,
        share_fits: bool = True,
        racing: Racing | None = None,
        refine: int | Refinement | None = None,
        sampler: Any = None,
        timeout: float | None = None,
        journal: PathLike | None = None,
        store_predictions: bool | int = False,
        nested: Any = None,
        committee: bool | Committee | None = None,
    ) -> None:
        BaseSearchCV.__init__(
            self,
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_space = param_space
        self.n_iter = n_iter
        self.selection = selection
        self.gap_penalty = gap_penalty
        self.gap_tolerance = gap_tolerance
        self.random_state = random_state
        self.share_fits = share_fits
        self.racing = racing
        self.refine = refine
        self.sampler = sampler
        self.timeout = timeout
        self.journal = journal
        self.store_predictions = store_predictions
        self.nested = nested
        self.committee = committee

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(estimator_of(self))
        # Whatever rows and targets the candidates take, the search takes.
        tags.input_tags = copy.deepcopy(inner.input_tags)
        tags.target_tags = copy.deepcopy(inner.target_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags

    # *SearchCV.estimator is validated by its own fit.
    @restores_settings
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Score all candidates, choose one by the rule and fit it on all rows.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data; of shape (n_samples, n_samples) for pairwise estimators.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The target; None for unsupervised estimators.
        **params : dict of str to object
            Metadata for the estimator's ``fit``, the scorer and the splitter, such as
            ``sample_weight`` and ``groups``.

        Returns
        -------
        self : GapAwareSearchCV
            The fitted search.

        Raises
        ------
        ValueError
            If parameters contradict one another, `y` is missing, or all fits fail.
        """
        estimator = estimator_of(self)
        if y is None and get_tags(estimator).target_tags.required:
            self._get_scorers()  # scikit-learn complains of a missing scorer first
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                f"None: {type(estimator).__name__} needs one."
            )
        check_rule(self, self._rule())
        if self.committee:
            check_committee(self)
        scorer, refit_metric = self._get_scorers()
        if self.journal is not None:
            check_journal_path(self.journal)
        outer = None if self.nested is None else check_nested(self, y)
        data = self._fit_data(X, y, params)
        callbacks = FitCallbacks(self, data.X, data.y, data.params.get("sample_weight"))
        options = self._options(estimator, scorer, refit_metric)
        run = SearchRun(options, data, callbacks, self._format_results)
        self.n_splits_ = run.n_splits
        choose, pick_rounds = (
            partial(self._chosen_index, rule, options.metric, run.test_train_ratio)
            for rule in (self._rule(), rule_within(self._rule()))
        )
        with without_autologging():
            for outcome in run.outcomes(choose, pick_rounds):
                self._keep(outcome)
        self._select(run, refit_metric)
        if self.refit:
            self._keep_best(*self._best(run))
        self.scorer_ = separate_scorers(scorer)
        if outer is not None:
            self.nested_score_ = nested_score(self, outer, run)
        callbacks.end()
        return self

    def _fit_data(self, X: Any, y: Any, params: dict[str, Any]) -> FitData:
        X, y = indexable(X, y)
        params = _check_method_params(X, params=params)
        return FitData(X, y, params, self._get_routed_params_for_fit(params))

    def _options(self, estimator: Any, scorer: Any, refit_metric: Any) -> RunOptions:
        """Return the parameters that a run needs, and what others stand for."""
        return RunOptions(
            estimator=estimator,
            param_space=space_of(self),
            n_iter=self.n_iter,
            sampler=self.sampler,
            random_state=self.random_state,
            scoring=self.scoring,
            scorer=scorer,
            metric=self._metric(refit_metric),
            objective=split_objective(self._rule(), self.return_train_score),
            needs_rows=getattr(self._rule(), "needs_rows", False),
            needs_own_settings=getattr(self._rule(), "needs_own_settings", False),
            cv=self.cv,
            n_jobs=self.n_jobs,
            pre_dispatch=self.pre_dispatch,
            verbose=self.verbose,
            error_score=self.error_score,
            return_train_score=self.return_train_score,
            share_fits=self.share_fits,
            racing=self.racing,
            refine=self.refine,
            timeout=self.timeout,
            journal=self.journal,
            store_predictions=self.store_predictions,
            committee=spec_of(self.committee),
        )

    def _keep(self, outcome: RunOutcome) -> None:
        self.cv_results_ = outcome.results
        self.multimetric_ = outcome.is_multimetric
        self.shared_fits_ = outcome.shared_fits
        if outcome.rounds is not None:
            self.staged_results_ = outcome.rounds.published()

    def _best(self, run: SearchRun) -> tuple[Any, float]:
        """Return the final model, and the seconds that it took to make it."""
        spec = spec_of(self.committee)
        if spec is None:
            return run.refit(self.best_params_)
        start = time.perf_counter()
        with without_autologging():
            committee, report = committee_of(
                run.ground(self.selection_metric_),
                spec,
                self.cv_results_,
                int(self.best_index_),
            )
        self.selection_path_ = replace(self.selection_path_, committee=report)
        if not report.is_used:
            return run.refit(self.best_params_)
        self._keep_honest_score(report.honest_score)
        return committee, time.perf_counter() - start

    def _keep_best(self, best: Any, seconds: float) -> None:
        self.best_estimator_, self.refit_time_ = best, seconds
        if hasattr(best, "feature_names_in_"):
            self.feature_names_in_ = best.feature_names_in_

    def score(self, X: Any, y: Any = None, **params: Any) -> float:
        """Score the chosen candidate on the given data.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            The target.
        **params : dict
            Metadata for the scorer, with metadata routing only.

        Returns
        -------
        score : float
            The score of ``scoring``, or of the metric that was selected by.

        Raises
        ------
        ValueError
            If several metrics were scored and the callable that chose names none.
        """
        if not (callable(self.refit) and getattr(self, "multimetric_", False)):
            return super().score(X, y, **params)
        if self.selection_metric_ is None:
            raise ValueError(
                f"refit={self.refit!r} names no metric to score by; use a rule with "
                "metric=<name>, or refit=<name> with selection=<callable>."
            )
        named = copy.copy(self)
        named.refit = self.selection_metric_
        return BaseSearchCV.score(named, X, y, **params)

    def _select(self, run: SearchRun, refit_metric: Any) -> None:
        """Choose a candidate by the rule, and keep what the choice says."""
        self._test_train_ratio = run.test_train_ratio
        results = self.cv_results_
        if callable(self.scoring) and self.multimetric_:
            # Which metrics there are is known only after scoring.
            self._check_refit_for_multimetric(dict.fromkeys(metrics_of(results)))
            refit_metric = self.refit
        if not self.refit and self.multimetric_:
            return
        results = run.with_row_scores(results, run.picked)
        self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
        self.best_params_ = results["params"][self.best_index_]
        if run.rounds is not None and self.selection_metric_ is not None:
            self.selection_path_ = replace(
                path_of_rounds(run.rounds, self.best_index_, self.selection_metric_),
                own_settings=self.selection_path_.own_settings,
            )
        self._set_honest_score(run, results)

    def _set_honest_score(self, run: SearchRun, results: Results) -> None:
        if self.selection_metric_ is None:
            return
        if run.predictions is not None:
            self.predictions_ = run.predictions.taken(run.picked)
        rule, metric = self._rule(), self.selection_metric_
        self._keep_honest_score(
            honest_score(run, rule, metric, results, self.best_index_)
        )

    def _keep_honest_score(self, honest: HonestScore | None) -> None:
        self.honest_score_ = honest
        unknown = float("nan")
        self.debiased_score_ = honest.score if honest else unknown
        self.debiased_score_interval_ = honest.interval if honest else (unknown,) * 2

    def _rule(self) -> Rule:
        return rule_of(self)

    def _metric(self, refit_metric: Any) -> str | None:
        """Name of the metric to select by, None where there is one only."""
        known = isinstance(refit_metric, str)
        return refit_metric if known else getattr(self._rule(), "metric", None)

    def _select_best_index(self, refit, refit_metric, results):
        metric = self._metric(refit_metric)
        ratio = self._test_train_ratio
        index = self._chosen_index(self._rule(), metric, ratio, results)
        self.selection_metric_ = metric
        if metric is not None:
            self._store_choice(int(index), metric, results)
        return index

    @staticmethod
    def _chosen_index(
        rule: Rule,
        metric: str | None,
        test_train_ratio: float | None,
        results: Results,
    ) -> int:
        if isinstance(rule, SelectionRule):
            return rule.select(
                results, metric=metric, test_train_ratio=test_train_ratio
            )
        # scikit-learn checks the type and the range of what a callable returns.
        return BaseSearchCV._select_best_index(rule, metric, results)

    def _store_choice(self, index: int, metric: str, results: Results) -> None:
        path, rule = SelectionPath.of(results, index, metric), self._rule()
        if isinstance(rule, OwnSettingsUnlessBetter):
            ratio = self._test_train_ratio
            report = rule.compare(results, metric=metric, test_train_ratio=ratio)
            path = replace(path, own_settings=report)
        self.best_score_ = over_all_splits(results, f"test_{metric}")[index]
        self.selection_path_ = path
        if f"mean_gap_{metric}" in results:
            self.best_gap_ = over_all_splits(results, f"gap_{metric}")[index]
            self.best_penalized_score_ = results[f"mean_penalized_{metric}"][index]
