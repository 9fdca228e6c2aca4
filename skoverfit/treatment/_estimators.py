"""`TreatedClassifier` and `TreatedRegressor`: the treatment as an estimator."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.model_selection import GroupKFold
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import check_is_fitted

from skoverfit._compat import (
    HasMethods,
    StrOptions,
    _fit_context,
    _routing_enabled,
    get_tags,
    restores_settings,
)
from skoverfit._delegation import ClassifierDelegation, RegressorDelegation, Wrapper
from skoverfit._docs import FOR_REGRESSORS, documented, entries_of
from skoverfit.diagnosis._budget import Clock, parse_budget
from skoverfit.diagnosis._comparisons._contrasts import blocks
from skoverfit.diagnosis._inputs import checked_rows, cloned
from skoverfit.diagnosis._problem import Problem, seed_of
from skoverfit.diagnosis._progress import shown
from skoverfit.diagnosis.remedies._prepared import plain_model
from skoverfit.diagnosis.remedies._registry import choose_kinds
from skoverfit.treatment._acceptance import Accept
from skoverfit.treatment._audit import Audit, audited
from skoverfit.treatment._data_in._columns_out import trusted_columns
from skoverfit.treatment._data_in._problem import problem_of
from skoverfit.treatment._data_in._revised import revised, with_less
from skoverfit.treatment._data_in._sampled import sampled
from skoverfit.treatment._engine import Engine
from skoverfit.treatment._final import Final, finished, on_all_columns
from skoverfit.treatment._fits import fitted_on_all
from skoverfit.treatment._given import Given, measured
from skoverfit.treatment._guard import guarded
from skoverfit.treatment._report import TreatmentReport, TreatmentStep
from skoverfit.treatment._summary import summarized, unjudged

__all__ = ["TreatedClassifier", "TreatedRegressor"]


METADATA = ("groups", "time", "sample_weight")
"""What ``fit`` takes besides X and y."""


class _BaseTreated(Wrapper):
    """Shared workflow: check, run the engine, keep what it ends with."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "budget": [Real, str, None],
        "accept": [StrOptions({"proven", "likely", "best"})],
        "remedies": ["array-like", str, None],
        "scoring": [str, callable, None],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "trust": ["boolean", "array-like", str],
        "progress": ["boolean", callable, None],
    }

    def __init__(
        self,
        estimator: Any = None,
        *,
        budget: float | str | None = "60s",
        accept: Accept = "proven",
        remedies: Iterable[str] | None = None,
        scoring: Any = None,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: Any = None,
        trust: bool | str | Iterable[str | int] = False,
        progress: bool | Callable[[str, int, int], Any] | None = None,
    ) -> None:
        self.estimator = estimator
        self.budget = budget
        self.accept = accept
        self.remedies = remedies
        self.scoring = scoring
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.trust = trust
        self.progress = progress

    __metadata_request__fit: ClassVar[dict[str, None]] = {"time": None}

    # No named `sample_weight`: rows are dealt out to splits without looking at weights,
    # so a weight of two is not the same as the row given twice.
    @restores_settings
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **params: Any) -> Self:
        """Try what may help the model, and keep what is shown to be better.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            The features: a table, or a sequence of texts.
        y : array-like of shape (n_samples,)
            The target.
        **params : dict
            ``groups`` of shape (n_samples,), rows that belong together, for the
            splits; ``time`` of shape (n_samples,), when each row was recorded: splits
            that are not drawn by a splitter of your own then test later rows;
            ``sample_weight`` of shape (n_samples,), for the ``fit`` of all models that
            take it. With metadata routing, each must be requested.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter is out of range, or the data cannot be used.
        """
        clock = Clock(parse_budget(self.budget))
        kinds = choose_kinds(self.remedies)
        with shown(self.progress) as update:
            given = self._problem(X, y, params)
            if given.splits:
                self._treat(given, kinds, clock, update)
            else:
                self._only_fit(given)
        self._copy_feature_attributes(self.estimator_)
        return self

    def _treat(self, whole: Problem, kinds: Any, clock: Clock, update: Any) -> None:
        """Measure the given model, ask the data, try remedies, keep what is better."""
        may_draw = self.cv is None or isinstance(self.cv, Integral)
        may_draw = may_draw and whole.time is None
        guard = guarded(sampled(whole, self.cv) if may_draw else whole, clock)
        part, n_rows = guard.problem, whole.n_samples
        given = measured(part, clock, update, n_rows=n_rows, first=guard.first)
        audit = self._audited(given, clock, update, may_regroup=may_draw)
        if audit.changes:
            part = revised(part, audit, self.cv)
            given = measured(part, clock, update, n_rows=n_rows)
        notes = (*audit.said, *guard.notes, *given.notes)
        audit = replace(audit, said=notes)
        engine = Engine(
            given,
            kinds,
            clock,
            self.accept,
            _units(given.problem, audit),
            update,
            can_leave=guard.can_leave,
        )
        self._finish(engine, audit, whole)

    def _audited(
        self, given: Given, clock: Clock, update: Any, *, may_regroup: bool
    ) -> Audit:
        """Ask for causes of a misleading score, unless the data are trusted."""
        trusted = trusted_columns(self.trust, given.problem.X)
        if self.trust is True:
            return Audit()
        audit = audited(given, clock, trusted, may_regroup=may_regroup, progress=update)
        if audit.is_interrupted:
            clock.stop()
        return audit

    def _finish(self, engine: Engine, audit: Audit, whole: Problem) -> None:
        """Run the engine, and keep what it ends with, fitted on all rows."""
        result = engine.run()
        final = finished(engine, result, with_less(whole, audit))
        audit = replace(audit, said=(*audit.said, *final.notes))
        self.report_: TreatmentReport = summarized(
            engine, result, final.estimator, audit
        )
        final = on_all_columns(final, whole.X, audit)
        self.estimator_, self.code_ = final.estimator, final.code
        self.fit_code_ = final.fit_code
        self.steps_: tuple[TreatmentStep, ...] = self.report_.used
        self.score_to_expect_ = result.expected

    def _only_fit(self, problem: Problem) -> None:
        """Fit the given model on rows that are too few to judge anything by."""
        self.estimator_ = fitted_on_all(problem, problem.estimator)
        final = Final(self.estimator_, problem.estimator)
        self.code_, self.fit_code_ = final.code, final.fit_code
        self.report_ = unjudged(problem, self.accept)
        self.steps_, self.score_to_expect_ = (), self.report_.expected_score

    def _problem(self, X: Any, y: Any, params: dict[str, Any]) -> Problem:
        """Check everything, before anything is fitted."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        X = checked_rows(X)
        seed, is_class = seed_of(self.random_state), self._is_class()
        estimator = self._inner() if self.estimator is not None else None
        if estimator is None:
            estimator = plain_model(X, seed, is_classification=is_class)
        self._check_kind()
        return problem_of(
            cloned(estimator),
            X,
            y,
            is_classification=is_class,
            scoring=self.scoring,
            cv=self.cv,
            n_jobs=self.n_jobs,
            seed=seed,
            **self._metadata(params),
        )

    def _metadata(self, params: dict[str, Any]) -> dict[str, Any]:
        """Take weights and groups out of the metadata of ``fit``."""
        if _routing_enabled():
            routed = process_routing(self, "fit", **params)
            given = dict(routed.estimator.fit)
            given |= routed.get("splitter", {"split": {}})["split"]
            given["time"] = params.get("time")
        else:
            given = params
        unknown = sorted(set(given) - set(METADATA))
        if unknown:
            raise TypeError(
                f"{type(self).__name__}.fit() takes sample_weight, groups and time "
                f"besides X and y; got {unknown[0]!r}."
            )
        return {name: given.get(name) for name in METADATA}

    def get_metadata_routing(self) -> Any:
        """Say which metadata goes to the models and the splitter.

        Returns
        -------
        routing : MetadataRouter
            Routing information.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(
            estimator=self._inner(),
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )
        # Splits that are drawn here keep groups together, as those of GroupKFold.
        draws = self.cv is None or isinstance(self.cv, Integral)
        if draws or hasattr(self.cv, "split"):
            router.add(
                splitter=GroupKFold() if draws else self.cv,
                method_mapping=MethodMapping().add(caller="fit", callee="split"),
            )
        return router

    @property
    def best_estimator_(self) -> Any:
        """What is used in the end, fitted."""
        check_is_fitted(self, "estimator_")
        return self.estimator_

    def _is_class(self) -> bool:
        """Whether this is a classifier; tags would ask for the model first."""
        return isinstance(self, ClassifierMixin)

    def _inner(self) -> Any:
        """Give the model that is treated; for tables, the default is a forest."""
        if self.estimator is not None:
            return self.estimator
        return plain_model(np.zeros((1, 1)), 0, is_classification=self._is_class())

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self._inner())
        tags.input_tags = inner.input_tags
        tags.non_deterministic = inner.non_deterministic
        tags.target_tags.single_output = True
        tags.target_tags.multi_output = False
        return tags


class TreatedClassifier(ClassifierDelegation, _BaseTreated):
    """A classifier with what closes its gap, tried, proven and applied.

    On ``fit``, the given model is cross-validated, remedies are tried on the same
    splits (the same model with other capacity, scaled, averaged or without columns
    that hurt; models of other families), and a greedy committee is chosen among all
    fitted models. It takes the place of the given model if rows that took no part in
    the choice show that it scores better. So on rows held out from ``fit`` the result
    is not worse than the given model by more than noise.

    Parameters
    ----------
    estimator : classifier, default=None
        The model to treat; it is cloned, never fitted itself. None is a plain model of
        the data's kind: a random forest behind the encoder that a table needs, or a
        linear model of words and characters for texts.
    budget : float or str, default="60s"
        Seconds of wall time, or a text such as ``"60s"`` or ``"2m"``. What is not
        expected to fit is skipped and named. None is no limit: all remedies are tried,
        and the result does not depend on the speed of the machine.
    accept : {"proven", "likely", "best"}, default="proven"
        When the given model is replaced: if the 95 % interval of the gain lies above
        zero, of the score, or of the Brier score where the score is no lower; if a gain
        is four times as probable as a loss, and the loss to expect is small; or if the
        gain is more than zero.
    remedies : str or iterable of str, default=None
        Names of the kinds of remedies to try, such as ``["linear", "forest"]``. None is
        all but those of other libraries (``"lightgbm"``, ``"xgboost"``, ``"catboost"``,
        ``"skglm"``, ``"tabicl"``, ``"tabpfn"``), which are tried if they are named.
    scoring : str or scorer, default=None
        What is to be raised: a name, or what :func:`sklearn.metrics.make_scorer`
        returns; greater is better. None is the accuracy. Remedies are judged by it;
        members of the committee are chosen by their Brier score.
    cv : int, cross-validation splitter or iterable, default=None
        The splits. None is five shuffled folds, stratified by class, which keep groups
        together if ``fit`` gets any.
    n_jobs : int, default=None
        Splits fitted in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seeds the splits, the remedies, and models that have no seed.
    trust : bool, str or iterable of str or int, default=False
        Before anything is tried, the data are asked whether the score can be believed:
        a column that gives the answer away or numbers the rows is left out, and rows
        that belong together are kept on one side of the splits, unless `cv` draws
        these. Columns that are named here (or numbered, where they have no names) are
        kept in any case; True trusts all of the data, and nothing is asked.
    progress : bool or callable, default=None
        True shows a bar (needs Rich); a function is called as ``progress(stage, done,
        total)`` before each step. Ctrl-C ends the measurements early, and the best of
        what was measured is used.

    Attributes
    ----------
    best_estimator_ : classifier
        What is used, fitted: the given model, a remedy, or a
        :class:`~skoverfit.CommitteeClassifier`.
    report_ : TreatmentReport
        What was tried, in which order, with gains, intervals and cost.
    steps_ : tuple of TreatmentStep
        What has a share in the result, the largest first.
    score_to_expect_ : Estimate
        Score of the result on new rows, with its interval.
    code_ : str
        Python that builds the result.
    fit_code_ : str
        Python that fits it on X and y; ``groups`` are those that ``fit`` has got.
    classes_ : ndarray of shape (n_classes,)
        Class labels.
    n_features_in_ : int
        Number of features seen during fit, if the model says so.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, if the model saw any.

    See Also
    --------
    treat : The same in one call.
    diagnose : Says why there is a gap.

    Notes
    -----
    With a budget, what is tried depends on the speed of the machine, and so does the
    result; with ``budget=None`` the same seed gives the same result at any `n_jobs`.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import TreatedClassifier
    >>> X, y = load_wine(return_X_y=True)
    >>> X_fit, X_new, y_fit, y_new = train_test_split(X, y, random_state=0)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> f"{tree.fit(X_fit, y_fit).score(X_new, y_new):.2f}"
    '0.93'
    >>> treated = TreatedClassifier(
    ...     tree, remedies=["linear", "extra_trees"], budget=None, random_state=0
    ... ).fit(X_fit, y_fit)
    >>> f"{treated.score(X_new, y_new):.2f}"
    '1.00'
    """

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = False
        return tags


@documented(entries_of(TreatedClassifier, FOR_REGRESSORS))
class TreatedRegressor(RegressorDelegation, _BaseTreated):
    """A regressor with what closes its gap, tried, proven and applied.

    {about_1}

    Parameters
    ----------
    {estimator, budget, accept, remedies}
    scoring : str or scorer, default=None
        What is to be raised: a name, or what :func:`sklearn.metrics.make_scorer`
        returns; greater is better. None is R2. Remedies are judged by it; members of
        the committee are chosen by their squared error.
    cv : int, cross-validation splitter or iterable, default=None
        The splits. None is five shuffled folds, which keep groups together if ``fit``
        gets any.
    {n_jobs, random_state, trust, progress}

    Attributes
    ----------
    {best_estimator_, report_, steps_, score_to_expect_, code_, fit_code_}
    {n_features_in_, feature_names_in_}

    See Also
    --------
    treat : The same in one call.
    diagnose : Says why there is a gap.

    Notes
    -----
    {notes_1}

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from skoverfit import TreatedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> X_fit, X_new, y_fit, y_new = train_test_split(X, y, random_state=0)
    >>> tree = DecisionTreeRegressor(random_state=0)
    >>> f"{tree.fit(X_fit, y_fit).score(X_new, y_new):.2f}"
    '-0.18'
    >>> treated = TreatedRegressor(
    ...     tree, remedies=["pruned_trees", "linear"], budget=None, random_state=0
    ... ).fit(X_fit, y_fit)
    >>> f"{treated.score(X_new, y_new):.2f}"
    '0.37'
    """


def _units(problem: Problem, audit: Audit) -> Any:
    """Rows that count as one observation: groups, or neighbors in time."""
    if audit.forward is not None:
        return audit.forward.units
    if problem.groups is None and problem.time is not None:
        return blocks(np.argsort(problem.time, kind="stable"))
    return problem.groups
