"""Which rule a search selects by, whether it can work, and what its choice cost."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from skoverfit.model_selection._committee._spec import CommitteeReport
from skoverfit.model_selection._honest_score._debias import (
    HonestScore,
    bootstrap_corrected_score,
    leave_one_split_out,
)
from skoverfit.model_selection._honest_score._predictions import row_scorer_of
from skoverfit.model_selection._rounds import RoundsChoice
from skoverfit.model_selection._rules._own_settings import (
    OwnSettingsReport,
    OwnSettingsUnlessBetter,
)
from skoverfit.model_selection._run import SearchRun
from skoverfit.model_selection._selection import (
    PenalizedGap,
    SelectionRule,
    best_score,
)

__all__ = [
    "Rule",
    "SelectionPath",
    "check_rule",
    "honest_score",
    "over_all_splits",
    "path_of_rounds",
    "rule_of",
    "rule_within",
    "split_objective",
]

Results = Mapping[str, Any]
Rule = Callable[[Results], int]
FloatArray = NDArray[np.float64]

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
    own_settings : OwnSettingsReport or None
        How a candidate compares with the estimator's own settings, where the rule is
        :class:`OwnSettingsUnlessBetter`.
    committee : CommitteeReport or None
        What a committee gained over both, and what it costs, where one was asked for.
    """

    index: int
    params: dict[str, Any]
    argmax_index: int
    argmax_params: dict[str, Any]
    test_score_paid: float
    gap_saved: float
    own_settings: OwnSettingsReport | None = None
    committee: CommitteeReport | None = None

    @classmethod
    def of(cls, results: Results, index: int, metric: str) -> "SelectionPath":
        """Compare a candidate with the one of the best test score.

        Parameters
        ----------
        results : dict of str to ndarray
            The ``cv_results_`` of a search.
        index : int
            The candidate.
        metric : str
            Metric to compare by.

        Returns
        -------
        path : SelectionPath
        """
        test = over_all_splits(results, f"test_{metric}")
        gap = over_all_splits(results, f"gap_{metric}")
        argmax = best_score(test)
        return cls(
            index=index,
            params=results["params"][index],
            argmax_index=argmax,
            argmax_params=results["params"][argmax],
            test_score_paid=float(test[argmax] - test[index]),
            gap_saved=float(gap[argmax] - gap[index]),
        )


def path_of_rounds(rounds: RoundsChoice, setting: int, metric: str) -> SelectionPath:
    """Compare a setting with the best test score at any number of rounds."""
    path = SelectionPath.of(rounds.results, rounds.picked[setting], metric)
    argmax = rounds.setting_of(path.argmax_index)
    return replace(path, index=setting, argmax_index=argmax)


def over_all_splits(results: Results, name: str) -> FloatArray:
    """Means of a score, over repeats too where there were any; NaN without scores."""
    if f"refined_mean_{name}" in results:
        return results[f"refined_mean_{name}"]
    missing = np.full(len(results["params"]), np.nan)
    return results.get(f"mean_{name}", missing)


class RuleParameters(Protocol):
    """The parameters of a search that say which rule it selects by."""

    refit: Any
    selection: Any
    gap_penalty: float | None
    gap_tolerance: float
    scoring: Any
    return_train_score: bool


def rule_of(search: RuleParameters) -> Rule:
    """Return the rule that a search's parameters ask for."""
    if callable(search.refit):
        return search.refit
    if search.gap_penalty is not None:
        return PenalizedGap(search.gap_penalty, search.gap_tolerance)
    return DEFAULT_RULE if search.selection is None else search.selection


def rule_within(rule: Rule) -> Rule:
    """Return the rule that candidates are ranked by: the one that proposes."""
    return rule.proposing if isinstance(rule, OwnSettingsUnlessBetter) else rule


def check_rule(search: RuleParameters, rule: Rule) -> None:
    """Refuse a rule that cannot work before the first fit, not after the last one."""
    given = {
        "selection": search.selection is not None,
        "gap_penalty": search.gap_penalty is not None,
        "refit (a callable)": callable(search.refit),
    }
    if sum(given.values()) > 1:
        names = " and ".join(name for name, is_given in given.items() if is_given)
        raise ValueError(f"Give one selection rule, not {names} together.")
    if not isinstance(rule, SelectionRule):
        return
    if rule.needs_gap and not search.return_train_score:
        raise ValueError(
            f"selection={rule} needs train scores, but return_train_score=False. "
            "Set return_train_score=True or selection=BestScore()."
        )
    _check_metric(search, rule.metric)


def _check_metric(search: RuleParameters, metric: str | None) -> None:
    if metric is None or callable(search.scoring):
        return  # a callable says its metrics only when it is called
    single = search.scoring is None or isinstance(search.scoring, str)
    known = ["score"] if single else list(search.scoring)
    if metric not in known:
        raise ValueError(f"metric={metric!r} of the rule is not one of {known}.")
    if isinstance(search.refit, str) and not single and metric != search.refit:
        raise ValueError(
            f"metric={metric!r} of the rule contradicts refit={search.refit!r}."
        )


def split_objective(
    rule: Rule, return_train_score: bool
) -> Callable[[FloatArray, FloatArray], FloatArray]:
    """Return what candidates compete for on each split, given test scores and gaps.

    A penalty counts; other rules decide at the end, among the best test scores.
    """
    proposing = rule_within(rule)
    if isinstance(proposing, PenalizedGap) and return_train_score:
        return proposing.score
    return lambda test, gap: test


def honest_score(
    run: SearchRun, rule: Rule, metric: str, results: Results, index: int
) -> HonestScore | None:
    """Estimate the score of a search's choice without what the choice made of noise.

    Returns
    -------
    honest : HonestScore or None
        None where there are too few splits, or where a rule that is not of this
        library fails on a part of them.
    """
    ratio = run.test_train_ratio
    if ratio is None or _n_scores(results, metric, index) < 2:
        return None
    select, within = (
        _with_knowledge(each, metric, ratio) for each in (rule, rule_within(rule))
    )
    if run.rounds is not None:
        if not getattr(rule, "ranks_each", False):
            select = partial(run.rounds.select, select, within, metric)
        results = run.with_row_scores(run.rounds.results)
    proposing = rule_within(rule)
    penalize = proposing.score if isinstance(proposing, PenalizedGap) else None
    try:
        honest = _estimate(run, results, select, metric=metric, penalize=penalize)
    except Exception as error:  # of a rule that is the user's own
        warnings.warn(f"There is no honest score: {error}", UserWarning, stacklevel=5)
        return None
    return honest if run.rounds is None else run.rounds.by_settings(honest)


def _with_knowledge(rule: Rule, metric: str, ratio: float) -> Rule:
    """Tell a rule of this library what the search knows."""
    if not isinstance(rule, SelectionRule):
        return rule
    return partial(rule.select, metric=metric, test_train_ratio=ratio)


def _estimate(
    run: SearchRun, results: Results, select: Rule, **shared: Any
) -> HonestScore:
    """Estimate from predictions where they were kept, else from the splits."""
    if run.predictions is None:
        ratio = run.test_train_ratio
        return leave_one_split_out(results, select, test_train_ratio=ratio, **shared)
    routed = run.data.routed
    return bootstrap_corrected_score(
        run.predictions,
        run.data.y,
        results,
        select,
        row_scorer_of(run.scorer(), run.options.estimator),
        sample_weight=routed.scorer.score.get("sample_weight"),
        groups=routed.splitter.split.get("groups"),
        # Without a seed the draws are fixed, as unshuffled folds are.
        random_state=run.options.random_state or 0,
        **shared,
    )


def _n_scores(results: Results, metric: str, index: int) -> int:
    """Count the splits of the first pass on which a candidate has a score."""
    name = f"_test_{metric}"
    keys = (key for key in results if key.startswith("split") and key.endswith(name))
    return sum(bool(np.isfinite(results[key][index])) for key in keys)
