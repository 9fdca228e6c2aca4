"""`GapAwareSearchCV`: candidates, evaluation and selection wired together."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from skoverfit._compat import (
    BaseSearchCV,
    Interval,
    checked_cv,
    get_tags,
    run_candidates,
)
from skoverfit._gap import gap_of
from skoverfit.model_selection._candidates import make_candidates
from skoverfit.model_selection._selection import (
    PenalizedGap,
    SelectionRule,
    best_score,
)

__all__ = ["GapAwareSearchCV", "SelectionPath"]

Results = dict[str, Any]
Rule = Callable[[Mapping[str, Any]], int]

#: Chosen on one half of the data sets of benchmarks/quality, confirmed on the other:
#: the largest cut of the gap that costs less than 0.1 points of accuracy.
DEFAULT_RULE = PenalizedGap(0.05)


@dataclass(frozen=True)
class SelectionPath:
    """What a selection rule chose, and what it paid for it.

    Attributes
    ----------
    index : int
        Candidate that the rule chose.
    params : dict
        Its parameters.
    argmax_index : int
        Candidate with the best mean test score, which plain argmax would take.
    argmax_params : dict
        Its parameters.
    test_score_paid : float
        Mean test score of the argmax candidate minus that of the chosen one.
    gap_saved : float
        Mean gap of the argmax candidate minus that of the chosen one; NaN without
        train scores.
    """

    index: int
    params: dict[str, Any]
    argmax_index: int
    argmax_params: dict[str, Any]
    test_score_paid: float
    gap_saved: float


class GapAwareSearchCV(BaseSearchCV):
    """Search over parameters that takes the train/test gap into account.

    Drops in for :class:`sklearn.model_selection.GridSearchCV` and
    :class:`sklearn.model_selection.RandomizedSearchCV`. Candidates are scored on
    train and test rows of every split; a selection rule then chooses among them.
    The default rule charges each candidate a twentieth of its gap. Rules make the gap
    smaller at a price in test score that `selection_path_` states; they do not
    promise a better test score.

    Parameters
    ----------
    estimator : estimator object
        Anything scikit-learn's searches accept.
    param_space : dict or list of dict
        Parameter names to lists of values or to distributions with ``rvs``. Lists
        are searched as a grid; with `n_iter`, or where there is a distribution,
        candidates are sampled.
    n_iter : int, default=None
        Number of sampled candidates. None means the whole grid, or 10 where
        `param_space` holds a distribution.
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

    Attributes
    ----------
    cv_results_ : dict of str to ndarray
        All keys of scikit-learn's searches and, with train scores, for each metric
        ``split{k}_gap_{metric}``, ``mean_gap_{metric}``, ``std_gap_{metric}``,
        ``mean_penalized_{metric}`` and ``rank_penalized_{metric}``. Rules without a
        penalty subtract none. Present even when the selection rule fails.
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
        Its penalised score, with train scores only.
    selection_path_ : SelectionPath
        The candidate that plain argmax would take, and what the rule paid in test
        score for how much gap.
    selection_metric_ : str
        Metric that was selected by.
    best_estimator_ : estimator object
        The chosen candidate fitted on all rows, with ``refit`` only.
    refit_time_ : float
        Seconds of that fit.
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
        "param_space": [dict, list],
        "n_iter": [Interval(Integral, 1, None, closed="left"), None],
        "selection": [callable, None],
        "gap_penalty": [Interval(Real, 0, None, closed="left"), None],
        "gap_tolerance": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        param_space,
        *,
        n_iter=None,
        selection=None,
        gap_penalty=None,
        gap_tolerance=0.0,
        scoring=None,
        cv=None,
        n_jobs=None,
        refit=True,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=True,
    ):
        super().__init__(
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        # Whatever rows and targets the candidates take, the search takes.
        tags.input_tags = copy.deepcopy(inner.input_tags)
        tags.target_tags = copy.deepcopy(inner.target_tags)
        tags.non_deterministic = inner.non_deterministic
        return tags

    def fit(self, X, y=None, **params):
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
        if y is None and get_tags(self.estimator).target_tags.required:
            self._get_scorers()  # scikit-learn complains of a missing scorer first
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                f"None: {type(self.estimator).__name__} needs one."
            )
        return super().fit(X, y, **params)

    def score(self, X, y=None, **params):
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

    def _run_search(self, evaluate_candidates, *, callback_ctx=None):
        self._check_selection()
        candidates = make_candidates(self.param_space, self.n_iter, self.random_state)
        splitter = _SizeRecorder(self)
        # Kept at once: a rule that fails must not lose the work of the search.
        self.cv_results_ = run_candidates(
            self, evaluate_candidates, candidates, splitter, callback_ctx
        )
        self._test_train_ratio = splitter.test_train_ratio

    def _check_selection(self) -> None:
        """Refuse before the first fit what could only fail after the last."""
        given = {
            "selection": self.selection is not None,
            "gap_penalty": self.gap_penalty is not None,
            "refit (a callable)": callable(self.refit),
        }
        if sum(given.values()) > 1:
            names = " and ".join(name for name, is_given in given.items() if is_given)
            raise ValueError(f"Give one selection rule, not {names} together.")
        rule = self._rule()
        if not isinstance(rule, SelectionRule):
            return
        if rule.needs_gap and not self.return_train_score:
            raise ValueError(
                f"selection={rule} needs train scores, but return_train_score=False. "
                "Set return_train_score=True or selection=BestScore()."
            )
        self._check_metric(rule.metric)

    def _check_metric(self, metric: str | None) -> None:
        if metric is None or callable(self.scoring):
            return  # a callable says its metrics only when it is called
        single = self.scoring is None or isinstance(self.scoring, str)
        known = ["score"] if single else list(self.scoring)
        if metric not in known:
            raise ValueError(f"metric={metric!r} of the rule is not one of {known}.")
        if isinstance(self.refit, str) and not single and metric != self.refit:
            raise ValueError(
                f"metric={metric!r} of the rule contradicts refit={self.refit!r}."
            )

    def _rule(self) -> Rule:
        if callable(self.refit):
            return self.refit
        if self.gap_penalty is not None:
            return PenalizedGap(self.gap_penalty, self.gap_tolerance)
        return DEFAULT_RULE if self.selection is None else self.selection

    def _format_results(self, candidate_params, n_splits, out, more_results=None):
        results = super()._format_results(candidate_params, n_splits, out, more_results)
        if self.return_train_score:
            failed = np.array([task["fit_error"] is not None for task in out])
            failed = failed.reshape(-1, n_splits)
            for metric in _metrics(results):
                self._add_gap_columns(results, metric, failed)
        return results

    def _add_gap_columns(
        self, results: Results, metric: str, failed: NDArray[np.bool_]
    ) -> None:
        gaps = self._split_gaps(results, metric, failed)
        for split, column in enumerate(gaps.T):
            results[f"split{split}_gap_{metric}"] = column
        results[f"mean_gap_{metric}"] = mean_gap = gaps.mean(axis=1)
        results[f"std_gap_{metric}"] = gaps.std(axis=1)
        mean_test = results[f"mean_test_{metric}"]
        rule = self._rule()
        penalized = (
            rule.score(mean_test, mean_gap)
            if isinstance(rule, PenalizedGap)
            else mean_test
        )
        results[f"mean_penalized_{metric}"] = penalized
        results[f"rank_penalized_{metric}"] = _rank(penalized)

    def _split_gaps(
        self, results: Results, metric: str, failed: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Gaps of shape (n_candidates, n_splits), NaN where a fit or score failed."""
        train, test = (
            np.stack(
                [
                    results[f"split{split}_{side}_{metric}"]
                    for split in range(failed.shape[1])
                ],
                axis=1,
            )
            for side in ("train", "test")
        )
        # A scorer that fails leaves no other trace than the error score itself.
        failed = failed | ((train == self.error_score) & (test == self.error_score))
        return np.where(failed, np.nan, gap_of(train, test))

    def _select_best_index(self, refit, refit_metric, results):
        rule = self._rule()
        metric = refit_metric if isinstance(refit_metric, str) else None
        metric = metric or getattr(rule, "metric", None)
        if isinstance(rule, SelectionRule):
            index = rule.select(
                results, metric=metric, test_train_ratio=self._test_train_ratio
            )
        else:
            # scikit-learn checks the type and the range of what a callable returns.
            index = BaseSearchCV._select_best_index(rule, refit_metric, results)
        self.selection_metric_ = metric
        if metric is not None:
            self._store_choice(int(index), metric, results)
        return index

    def _store_choice(self, index: int, metric: str, results: Results) -> None:
        test = results[f"mean_test_{metric}"]
        gap = results.get(f"mean_gap_{metric}", np.full(len(test), np.nan))
        argmax = best_score(test)
        # Base classes set it for the metric they know; a rule knows its own.
        self.best_score_ = test[index]
        self.selection_path_ = SelectionPath(
            index=index,
            params=results["params"][index],
            argmax_index=argmax,
            argmax_params=results["params"][argmax],
            test_score_paid=float(test[argmax] - test[index]),
            gap_saved=float(gap[argmax] - gap[index]),
        )
        if f"mean_gap_{metric}" in results:
            self.best_gap_ = gap[index]
            self.best_penalized_score_ = results[f"mean_penalized_{metric}"][index]


class _SizeRecorder:
    """A splitter that yields a search's own splits and remembers their sizes."""

    def __init__(self, search: GapAwareSearchCV) -> None:
        self._search = search
        self._ratios: list[float] = []

    @property
    def test_train_ratio(self) -> float | None:
        """Mean of test rows over training rows, None if no split was seen."""
        return float(np.mean(self._ratios)) if self._ratios else None

    def split(self, X, y=None, **params):
        for train, test in checked_cv(self._search, y).split(X, y, **params):
            if _n_rows(train):
                self._ratios.append(_n_rows(test) / _n_rows(train))
            yield train, test


def _n_rows(rows: Any) -> int:
    rows = np.asarray(rows)
    return int(rows.sum()) if rows.dtype == bool else len(rows)


def _metrics(results: Results) -> list[str]:
    prefix = "mean_test_"
    return [key[len(prefix) :] for key in results if key.startswith(prefix)]


def _rank(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """Rank 1 is best; NaN ties with the worst, all NaN rank 1, as scikit-learn does."""
    if np.isnan(values).all():
        return np.ones(len(values), dtype=np.int32)
    filled = np.nan_to_num(values, nan=np.nanmin(values) - 1)
    return rankdata(-filled, method="min").astype(np.int32)
