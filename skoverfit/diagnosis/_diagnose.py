"""The whole diagnosis: measure, judge, try remedies, judge again."""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skoverfit._compat import restores_settings
from skoverfit.diagnosis._budget import Clock, parse_budget
from skoverfit.diagnosis._evidence import (
    collect_evidence,
    fields_for,
    measure_core,
    measured_signals,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import (
    few_threads,
    fit_rows,
    seeded,
    start_workers,
)
from skoverfit.diagnosis._problem import Problem, make_problem
from skoverfit.diagnosis._progress import shown
from skoverfit.diagnosis._records import Evidence, Remedy, Skipped
from skoverfit.diagnosis._remedies import best_remedy, proof_of_harm, try_remedies
from skoverfit.diagnosis._report._report import OverfitReport
from skoverfit.diagnosis._runner import ask, judge, proposed
from skoverfit.diagnosis._verdict import judge_verdict
from skoverfit.diagnosis.causes._base import Cause, choose_causes
from skoverfit.diagnosis.causes._excess_capacity import with_remedy
from skoverfit.model_selection._shared_fits import quick_fits

__all__ = ["diagnose"]

FINAL_SECONDS = 2.0
"""Seconds that the last fit, on all rows, may take though the budget is used up."""


@restores_settings
def diagnose(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    X_test: Any = None,
    y_test: Any = None,
    groups: Any = None,
    time: Any = None,
    cv: Any = None,
    scoring: Any = None,
    sample_weight: Any = None,
    budget: float | str | None = None,
    causes: Iterable[Any] | None = None,
    n_jobs: int | None = None,
    random_state: Any = None,
    progress: bool | Callable[[str, int, int], Any] | None = None,
) -> OverfitReport:
    """Explain the gap between train and test score, and measure what closes it.

    Cross-validates the estimator, compares it with a dummy, looks for causes of a
    gap or of a low test score, and tries remedies on the same splits. All intervals
    are those of Nadeau and Bengio [1]_. The remedies that lead are measured again on
    further shuffled splits, and claims about the best one are corrected for the
    number tried.

    Parameters
    ----------
    estimator : classifier or regressor
        It is cloned, never fitted itself. One that is fitted already is also scored
        as it is on `X_test`; a fitted search stands for its winner. For mixed tables
        use a Pipeline.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The features, or whatever the estimator takes.
    y : array-like of shape (n_samples,)
        The target.
    X_test, y_test : data and array-like, default=None
        Your own test part. The gap to it is told apart into what the model memorizes
        (train minus cross-validated score) and what differs between the parts
        (cross-validated score minus that of the test part).
    groups : str or array-like of shape (n_samples,), default=None
        Group of each row, such as the patient, or the column of X that holds it,
        which is then taken out of X; passed to the splitter.
    time : str or array-like of shape (n_samples,), default=None
        When each row was recorded, or the column of X that holds it, which is then
        taken out of X. Default splits then test on later rows than they train on.
    cv : int, str, cross-validation splitter, iterable or pair, default=None
        The validation to diagnose. None and integers mean folds as in
        :func:`sklearn.model_selection.check_cv`, which are in row order; with
        `groups`, folds that keep each group together; with `time`, forward splits.
        None means 5. A text is "kfold", "shuffled", "stratified", "group" or "time",
        with ":10" for ten folds. A pair of row numbers is one split.
    scoring : str, callable or list of these, default=None
        Scorers, greater is better. The first one is judged, the others are reported.
        Accuracy or R2 by default.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each row, passed to ``fit`` of the models that take it.
    budget : float or str, default=None
        Seconds, or a text such as ``"60s"`` or ``"2m"``. If the cross-validation of
        the estimator does not fit, it runs on some of the rows or splits, drawn at
        random; measurements that are not expected to fit into what remains, the
        final fit included, are skipped. ``report.evidence.skipped`` names all of it.
        Starting workers does not count. By default all rows and splits are used, and
        what is optional ends after 8 cross-validations of the estimator or 60
        seconds of processor time, whichever is more; ``float("inf")`` means no limit.
    causes : iterable of str or Cause, default=None
        Codes such as ``"SKO204"``, names, or :class:`Cause` objects to ask about; all
        registered ones by default. With some only, nothing is measured, and no
        remedy is tried, that serves the others.
    n_jobs : int, default=None
        Splits fitted in parallel, as in joblib.
    random_state : int, RandomState instance or None, default=None
        Seeds all that is random, also estimators whose own `random_state` is None.
    progress : bool or callable, default=None
        True shows a bar, in a terminal or a notebook (needs Rich). A function is
        called as ``progress(stage, done, total)`` before each step with the number
        of steps done and expected, and with stage ``"done"`` at the end. Ctrl-C
        (in a notebook "interrupt") ends the measurements early: the report is then
        of what was measured, and ``report.is_interrupted`` is True.

    Returns
    -------
    report : OverfitReport
        Evidence, findings, remedies, verdict and the best estimator, fitted.

    Raises
    ------
    InputError
        If the data or the options cannot be used; the message is one line.

    Warns
    -----
    InvalidSplitsWarning
        If the estimator failed on some of the splits.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
       Machine Learning 52, 239-281, 2003.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import diagnose
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> report = diagnose(tree, X, y, random_state=0)
    >>> print(report.verdict.headline)
    The gap is harmful: closing it raises the test score.
    """
    seconds, chosen = parse_budget(budget), choose_causes(causes)
    with shown(progress) as update:
        problem = make_problem(
            estimator,
            X,
            y,
            X_test=X_test,
            y_test=y_test,
            groups=groups,
            time=time,
            cv=cv,
            scoring=scoring,
            sample_weight=sample_weight,
            n_jobs=n_jobs,
            random_state=random_state,
        )
        start_workers(n_jobs)
        lab = Lab(problem, Clock(seconds), update)
        with few_threads(problem.n_samples):
            return _report(lab, chosen, limited=budget is None, general=causes is None)


def _report(
    lab: Lab, causes: tuple[Cause, ...], *, limited: bool, general: bool
) -> OverfitReport:
    """Measure, judge, try remedies, also general ones if wished, and judge again."""
    measure_core(lab)
    if limited:
        in_process = effective_n_jobs(lab.problem.n_jobs) == 1
        lab.clock.limit(lab.unit, in_process=in_process)
    asked = ask(lab, [cause for cause in causes if not cause.after_evidence])
    late = [cause for cause in causes if cause.after_evidence]
    evidence = collect_evidence(lab, fields_for(late))
    all_asked = [*asked, *ask(lab, late)]
    findings = judge(all_asked, lab.problem)
    candidates = proposed(lab, all_asked, findings)
    remedies = try_remedies(lab, evidence, findings, candidates, general=general)
    evidence = lab.evidence = _finished(evidence, lab, remedies)
    findings = judge([*asked, *ask(lab, late)], lab.problem)
    best = best_remedy(evidence, remedies)
    proof = proof_of_harm(evidence, remedies)
    findings = with_remedy(findings, proof, evidence)
    verdict = judge_verdict(evidence, findings, remedies, best)
    fitted = _fit_on_all(lab, best)
    parts = (Skipped("all of the data", note) for note in lab.notes)
    skipped = (*lab.skipped, *parts)
    evidence = replace(evidence, seconds=lab.clock.elapsed, skipped=skipped)
    return OverfitReport(evidence, findings, remedies, verdict, best, fitted)


def _fit_on_all(lab: Lab, best: Remedy | None) -> Any:
    """Fit the best estimator on all rows; the original if no remedy is better."""
    lab.step("final fit")
    cost, model = lab.final_seconds, None
    if best is not None:  # it was timed on the same rows and splits as the original
        cost *= best.seconds / lab.unit
    is_cheap = cost < FINAL_SECONDS and not lab.clock.is_stopped
    if is_cheap or lab.allows_seconds("final fit", cost):
        estimator = lab.given.estimator if best is None else best.estimator
        try:
            model = _fitted(lab.given, estimator)
        except KeyboardInterrupt:
            lab.interrupt()
    lab.finish()
    return model


def _fitted(problem: Problem, estimator: Any) -> Any:
    model = seeded(estimator, problem.seed)
    with warnings.catch_warnings(), quick_fits():
        warnings.simplefilter("ignore")  # the same warnings as in the measurements
        fit_rows(problem, model, np.arange(problem.n_samples))
    return model


def _finished(evidence: Evidence, lab: Lab, remedies: tuple[Remedy, ...]) -> Evidence:
    """Add what is only known once the remedies were tried."""
    confirmed = [r.confirmed.n_splits for r in remedies if r.confirmed is not None]
    return replace(
        evidence,
        signals=measured_signals(lab),
        skipped=tuple(lab.skipped),
        confirmation_splits=max(confirmed, default=0),
    )
