"""Honest score of what a search chose.

The score by which a candidate was chosen is the largest of many noisy means, and so
too good. Both estimates here repeat the choice, by the rule that was used, on a part of
the evidence, and see by how much what was chosen scores less on the rest than on all of
the evidence. This mean excess is taken off the score of the search's own choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.utils import check_random_state

from skoverfit._compat import check_scalar_in
from skoverfit._gap import default_test_train_ratio
from skoverfit.model_selection._honest_score._bootstrap import Resampling
from skoverfit.model_selection._honest_score._predictions import PredictionStore
from skoverfit.model_selection._honest_score._resampled import resampled_metric
from skoverfit.model_selection._honest_score._resampled_base import ResampledScores
from skoverfit.model_selection._honest_score._split_table import (
    Penalize,
    Select,
    SplitTable,
    choose,
)

__all__ = [
    "HonestScore",
    "bootstrap_corrected_score",
    "honest_average",
    "leave_one_split_out",
]

Results = Mapping[str, Any]
FloatArray = NDArray[np.float64]

#: Bootstrap samples by default, where each costs many calls of a scorer, and where
#: there are very many rows besides.
DEFAULT_BOOTSTRAPS, FEW_BOOTSTRAPS, FEWEST_BOOTSTRAPS = 1000, 100, 50
#: Rows of all candidates and samples together that are ranked here, and by a scorer.
MAX_RANKED, MAX_SCORED = 100_000_000, 20_000_000

#: Variances above this quantile of all candidates' are cut to it: a few candidates
#: that fail wildly say nothing about the others.
LARGEST_VARIANCE = 0.75


@dataclass(frozen=True)
class HonestScore:
    """Score of what a search chose, on evidence that did not choose it.

    Attributes
    ----------
    score : float
        The estimate; NaN if no round gave a score.
    std_error : float
        Its standard error.
    interval : tuple of (float, float)
        Two-sided confidence interval.
    confidence_level : float
        Level of ``interval``, between 0 and 1.
    optimism : float
        Score of the search's own choice minus ``score``.
    method : {"leave one split out", "bootstrap"}
        How it was made.
    n_rounds : int
        Number of splits left out, or of bootstrap samples, that count.
    n_invalid : int
        Number of them without a finite score.
    chosen : tuple of int
        Candidate that was chosen in each round.
    """

    score: float
    std_error: float
    interval: tuple[float, float]
    confidence_level: float
    optimism: float
    method: str
    n_rounds: int
    n_invalid: int
    chosen: tuple[int, ...] = field(repr=False)


def leave_one_split_out(
    cv_results: Results,
    select: Select,
    *,
    metric: str | None = None,
    test_train_ratio: float | None = None,
    confidence_level: float = 0.95,
    penalize: Penalize | None = None,
) -> HonestScore:
    """Estimate the score of a search's choice from its split scores alone.

    For each split, a candidate is chosen by all others. Its mean over all splits is
    larger than its score on the split that was left out, on average by what the choice
    made of noise; this is taken off the score of the search's own choice. What training
    on a part of the rows costs is not corrected, as in any cross-validation.

    Parameters
    ----------
    cv_results : dict of str to array-like
        The ``cv_results_`` of a search with at least two splits.
    select : callable
        The rule that was used: from ``cv_results_`` to the index of a candidate.
    metric : str, default=None
        Metric to score by; the only one there is by default.
    test_train_ratio : float, default=None
        Test rows over training rows of the splits, for the standard error; that of
        k-fold cross-validation by default.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).
    penalize : callable, default=None
        Function of mean test scores and mean gaps that gives the penalized scores,
        such as ``PenalizedGap(0.05).score``. Without it, these columns are left out
        if the search had a penalty.

    Returns
    -------
    honest : HonestScore
        The interval has the correction of Nadeau and Bengio [1]_. Its variance is
        pooled over the candidates chosen and, at half weight, over all: a handful of
        scores often shows a variance near 0. With many candidates it counts for twice
        as many degrees of freedom as the splits have.

    Raises
    ------
    ValueError
        If there are less than two splits with scores, or a parameter is out of range.

    Notes
    -----
    Refinement adds repeats that test the same rows again, so that no split of theirs
    can be left out honestly: the excess is that of the first pass.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
       Machine Learning 52, 239-281, 2003.

    Examples
    --------
    >>> from skoverfit.model_selection import BestScore
    >>> from skoverfit.model_selection._honest_score._debias import leave_one_split_out
    >>> results = {
    ...     "split0_test_score": [0.9, 0.7], "split1_test_score": [0.6, 0.8],
    ...     "split2_test_score": [0.8, 0.7], "mean_test_score": [0.767, 0.733],
    ... }
    >>> honest = leave_one_split_out(results, BestScore())
    >>> honest.chosen, round(honest.score, 3)
    ((1, 0, 0), 0.711)
    """
    check_scalar_in(confidence_level, "confidence_level", 0, 1, closed=False)
    table = SplitTable.read(cv_results, metric, penalize)
    counted = np.flatnonzero(table.counted)
    _check_splits(len(counted))
    ratio = _checked_ratio(test_train_ratio, len(counted))
    rounds = [[*counted[counted != left_out]] for left_out in counted]
    chosen = [choose(select, table.results(keep)) for keep in rounds]
    scores = table.test[:, counted]
    left_out = scores[chosen, range(len(counted))]
    excess = scores[chosen].mean(axis=1) - left_out
    variance = _pooled_variance(scores, chosen, left_out, table.complete)
    std_error = float(np.sqrt(variance * (1 / len(counted) + ratio)))
    degrees = _degrees(len(counted), int(table.complete.sum()))
    half = std_error * stats.t.ppf((1 + confidence_level) / 2, degrees)
    naive = _naive_score(cv_results, table.metric, select)
    return _honest_score(
        naive,
        excess,
        (-half, half),
        std_error,
        confidence_level,
        method="leave one split out",
        chosen=chosen,
    )


def honest_average(
    table: SplitTable,
    own: FloatArray,
    excess: FloatArray,
    *,
    test_train_ratio: float,
    chosen: Sequence[int],
    confidence_level: float = 0.95,
) -> HonestScore:
    """Estimate the score of candidates that predict together.

    As in :func:`leave_one_split_out`, with members in the place of the choice.

    Parameters
    ----------
    table : SplitTable
        The search.
    own : ndarray of shape (n_splits,)
        Scores of the average on the splits that count.
    excess : ndarray of shape (n_splits,)
        By how much members that were chosen without a split score less on it.
    test_train_ratio : float
        Test rows over training rows of the splits.
    chosen : sequence of int
        Candidate that weighs most in each round.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).
    """
    n_splits = len(own)
    scores = table.test[:, table.counted]
    variance = _usual_variance(scores, table.complete, own.var(ddof=1))
    std_error = float(np.sqrt(variance * (1 / n_splits + test_train_ratio)))
    degrees = _degrees(n_splits, int(table.complete.sum()))
    half = std_error * stats.t.ppf((1 + confidence_level) / 2, degrees)
    return _honest_score(
        float(own.mean()),
        excess,
        (-half, half),
        std_error,
        confidence_level,
        method="leave one split out",
        chosen=chosen,
    )


def bootstrap_corrected_score(
    store: PredictionStore,
    y: ArrayLike,
    cv_results: Results,
    select: Select,
    scorer: Any,
    *,
    metric: str | None = None,
    sample_weight: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    n_bootstraps: int | None = None,
    random_state: Any = 0,
    confidence_level: float = 0.95,
    penalize: Penalize | None = None,
) -> HonestScore:
    """Estimate the score of a search's choice from out-of-fold predictions.

    Bootstrap bias-corrected cross-validation [1]_: rows (beyond 10,000: 2,500 parcels
    of them, put together at random) are drawn with replacement, a candidate is chosen
    by the scores of the drawn rows (split by split, with the train scores of the
    search) and scored on the rows that were not drawn. It scores less
    there than on all rows; the mean of this excess is taken off the score of the
    search's own choice. (The original takes the mean out-of-bag score instead, which
    also counts that two thirds of the rows choose worse than all.)

    Parameters
    ----------
    store : PredictionStore
        Out-of-fold predictions of all candidates.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The target of all rows.
    cv_results : dict of str to array-like
        The ``cv_results_`` of the search.
    select : callable
        The rule that was used: from ``cv_results_`` to the index of a candidate. It
        sees scores of `metric` only.
    scorer : scorer
        Scorer of `metric`, see
        :func:`~skoverfit.model_selection._honest_score._predictions.row_scorer_of`.
    metric : str, default=None
        Metric to score by; the only one there is by default.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights, if the search passed them to the scorer.
    groups : array-like of shape (n_samples,), default=None
        Groups to draw instead of rows, if rows of a group are alike.
    n_bootstraps : int, default=None
        Number of samples, at least 2. By default 1000, or 100 for a scorer that must be
        called for each candidate, split and sample (all but the usual metrics), and
        for rules that compare rows. With
        hundreds of thousands of predictions, whose samples differ little, it is down to
        50 for these, and for ranks of rows that are drawn by few groups.
    random_state : int, RandomState instance or None, default=0
        Seed of the samples.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).
    penalize : callable, default=None
        As in :func:`leave_one_split_out`.

    Returns
    -------
    honest : HonestScore
        The interval has the percentiles of the out-of-bag scores around their mean.

    Raises
    ------
    ValueError
        If the predictions do not give the scores of the search, or a parameter is out
        of range.

    References
    ----------
    .. [1] I. Tsamardinos, E. Greasidou and G. Borboudakis, "Bootstrapping the
       out-of-sample predictions for efficient and accurate cross-validation",
       Machine Learning 107, 1895-1922, 2018.
    """
    check_scalar_in(confidence_level, "confidence_level", 0, 1, closed=False)
    _check_bootstraps(n_bootstraps)
    y = np.asarray(y)
    weights = None if sample_weight is None else np.asarray(sample_weight, dtype=float)
    table = SplitTable.read(cv_results, metric, penalize)
    groups = None if groups is None else np.asarray(groups)
    resampled = resampled_metric(store, y, scorer, weights, groups)
    random_state = check_random_state(random_state)
    resampling = Resampling.of(store, table, resampled, select, groups, random_state)
    if n_bootstraps is None:
        n_bootstraps = _default_bootstraps(resampled.kind, store.values.size)
        if table.row_scores is not None:
            n_bootstraps = min(n_bootstraps, FEW_BOOTSTRAPS)
    draws = resampling.draws(n_bootstraps, random_state)
    results = [resampling.run(counts) for counts in draws]
    chosen, out_of_bag = (np.concatenate(part) for part in zip(*results, strict=True))
    excess = resampling.on_all_rows()[chosen] - out_of_bag
    valid = out_of_bag[np.isfinite(out_of_bag)]
    tails = (1 - confidence_level) / 2, (1 + confidence_level) / 2
    spread = np.quantile(valid, tails) - valid.mean() if valid.size else [np.nan] * 2
    std_error = float(valid.std(ddof=1)) if valid.size > 1 else np.nan
    naive = _naive_score(cv_results, table.metric, select)
    return _honest_score(
        naive,
        excess,
        spread,
        std_error,
        confidence_level,
        method="bootstrap",
        chosen=chosen.tolist(),
    )


def _default_bootstraps(kind: type[ResampledScores], n_values: int) -> int:
    if kind.by_unit:
        return DEFAULT_BOOTSTRAPS
    most, work = (
        (DEFAULT_BOOTSTRAPS, MAX_RANKED)
        if kind.at_once
        else (FEW_BOOTSTRAPS, MAX_SCORED)
    )
    return min(most, max(FEWEST_BOOTSTRAPS, work // n_values))


def _check_bootstraps(n_bootstraps: Any) -> None:
    if n_bootstraps is None:
        return
    if not isinstance(n_bootstraps, Integral) or n_bootstraps < 2:
        raise ValueError(f"n_bootstraps={n_bootstraps!r} must be an int of at least 2.")


def _check_splits(n_splits: int) -> None:
    if n_splits < 2:
        raise ValueError(
            f"cv_results_ has scores of {n_splits} split(s), but at least two are "
            "needed to choose by some and score on another."
        )


def _checked_ratio(ratio: float | None, n_splits: int) -> float:
    if ratio is None:
        return default_test_train_ratio(n_splits)
    check_scalar_in(ratio, "test_train_ratio", 0, np.inf, closed=False)
    return ratio


def _naive_score(cv_results: Results, metric: str, select: Select) -> float:
    """Score of the search's own choice, over all splits that it has."""
    index = choose(select, dict(cv_results))
    refined = cv_results.get(f"refined_mean_test_{metric}")
    if refined is not None and np.isfinite(refined[index]):
        return float(refined[index])
    return float(cv_results[f"mean_test_{metric}"][index])


def _degrees(n_splits: int, n_candidates: int) -> float:
    """Degrees of freedom: Student's for one candidate, up to twice that for many.

    The factor was chosen on one half of the data sets of benchmarks/quality.
    """
    return (n_splits - 1) * (2 - 1 / max(n_candidates, 1))


def _pooled_variance(
    scores: FloatArray,
    chosen: list[int],
    left_out: FloatArray,
    complete: NDArray[np.bool_],
) -> float:
    """Variance of a split's score, from more than the scores that were left out."""
    of_choices = scores[chosen].var(axis=1, ddof=1).mean()
    return _usual_variance(scores, complete, (left_out.var(ddof=1) + of_choices) / 2)


def _usual_variance(
    scores: FloatArray, complete: NDArray[np.bool_], own: float
) -> float:
    """Mean of a variance and that of all candidates, NaN where none is complete."""
    by_candidate = scores[complete].var(axis=1, ddof=1)
    if not by_candidate.size:
        return np.nan
    usual = np.minimum(by_candidate, np.quantile(by_candidate, LARGEST_VARIANCE)).mean()
    return float(np.mean([own, usual]))


def _honest_score(
    naive: float,
    excess: FloatArray,
    spread: Sequence[float],
    std_error: float,
    confidence_level: float,
    *,
    method: str,
    chosen: Sequence[int],
) -> HonestScore:
    valid = np.isfinite(excess)
    optimism = float(excess[valid].mean()) if valid.any() else np.nan
    score = naive - optimism
    return HonestScore(
        score=score,
        std_error=std_error,
        interval=(float(score + spread[0]), float(score + spread[1])),
        confidence_level=confidence_level,
        optimism=optimism,
        method=method,
        n_rounds=int(valid.sum()),
        n_invalid=int((~valid).sum()),
        chosen=tuple(int(index) for index in chosen),
    )
