"""Outcomes of an evaluation as ``cv_results_``: rectangular, whatever was run."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from skoverfit._compat import _insert_error_scores, _warn_or_raise_about_fit_failures
from skoverfit._gap import gap_of
from skoverfit.model_selection._execution._evaluation import Evaluation
from skoverfit.model_selection._execution._failures import KEY, SIDES, has_failed
from skoverfit.model_selection._execution._measured import Measured

__all__ = [
    "SharedFitsReport",
    "add_gaps",
    "add_repeats",
    "check_outcomes",
    "make_results",
    "metrics_of",
    "ranked",
]

Results = dict[str, Any]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def check_outcomes(evaluation: Evaluation, error_score: Any, scoring: Any) -> None:
    """Warn of failed fits, or raise if all failed, as scikit-learn's searches do."""
    outcomes = list(evaluation.outcomes.values())
    if not outcomes:
        raise ValueError(
            "No fits were performed. Was the CV iterator empty? Were there no "
            "candidates?"
        )
    _warn_or_raise_about_fit_failures(outcomes, error_score)
    if callable(scoring):  # what metrics there are is known only now
        _insert_error_scores(outcomes, error_score)


def make_results(
    measured: Measured, n_splits: int, formatted: Callable[..., Results]
) -> Results:
    """Return ``cv_results_`` of the first pass.

    Returns
    -------
    results : dict of str to ndarray
        Where a candidate was not run on a split, its scores are NaN; so are its mean
        scores unless no candidate was run on more splits than it.
    """
    ran = measured.ran(n_splits)
    filler = _filler(next(iter(measured.outcomes.values())))
    rows = [
        _published(measured.outcomes.get((candidate, split), filler))
        for candidate in range(len(ran))
        for split in range(n_splits)
    ]
    results = formatted(measured.candidates, n_splits, rows)
    if not ran.all():
        _blank(results, ran)
    return results


def _failed(measured: Measured, n_splits: int, metric: str) -> BoolArray:
    """Mask of shape (n_candidates, n_splits) of what has no score on some side."""
    failed = np.zeros((len(measured.candidates), n_splits), dtype=bool)
    for (candidate, split), outcome in measured.outcomes.items():
        if split < n_splits:
            failed[candidate, split] = any(
                has_failed(outcome, side, metric) for side in SIDES
            )
    return failed


def _published(outcome: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in outcome.items() if k not in ("predictions", KEY)}


def _filler(outcome: dict[str, Any]) -> dict[str, Any]:
    """Return an outcome of zeros, for scikit-learn to format what is blanked later."""

    def zeros(scores: Any) -> Any:
        return dict.fromkeys(scores, 0.0) if isinstance(scores, dict) else 0.0

    scores = {key: zeros(outcome[key]) for key in outcome if key.endswith("_scores")}
    return outcome | scores | {"fit_time": 0.0, "score_time": 0.0, "fit_error": None}


def _blank(results: Results, ran: BoolArray) -> None:
    """Make NaN of what was not run, and means of what was."""
    counted = counted_splits(ran)
    for metric in metrics_of(results):
        for side in ("test", "train"):
            if f"mean_{side}_{metric}" in results:
                values = split_values(results, f"{side}_{metric}", ran.shape[1])
                values[~ran] = np.nan
                _store(results, f"{side}_{metric}", values, counted)
        test = results[f"mean_test_{metric}"]
        results[f"rank_test_{metric}"] = ranked(test)
    n_ran = ran.sum(axis=1)
    for name in ("fit_time", "score_time"):  # zeros were filled in for the others
        total = results[f"mean_{name}"] * ran.shape[1]
        square = (results[f"std_{name}"] ** 2 + results[f"mean_{name}"] ** 2) * len(
            ran.T
        )
        with np.errstate(invalid="ignore"):
            mean = results[f"mean_{name}"] = total / n_ran
            results[f"std_{name}"] = np.sqrt(np.maximum(square / n_ran - mean**2, 0))


def counted_splits(ran: BoolArray) -> BoolArray:
    """Return the splits that count: those of the candidate that ran on most."""
    return ran[int(np.argmax(ran.sum(axis=1)))]


def split_values(results: Results, name: str, n_splits: int) -> FloatArray:
    """Columns of all splits as an array of shape (n_candidates, n_splits)."""
    columns = [results[f"split{split}_{name}"] for split in range(n_splits)]
    return np.stack(columns, axis=1).astype(float)


def _store(results: Results, name: str, values: FloatArray, counted: BoolArray) -> None:
    for split, column in enumerate(values.T):
        results[f"split{split}_{name}"] = column
    results[f"mean_{name}"] = values[:, counted].mean(axis=1)
    results[f"std_{name}"] = values[:, counted].std(axis=1)


def add_gaps(
    results: Results,
    metric: str,
    measured: Measured,
    objective: Callable[[FloatArray, FloatArray], FloatArray],
) -> None:
    """Add the gap of each split, its mean and standard deviation, and its penalty.

    Parameters
    ----------
    results : dict
        ``cv_results_`` with train scores, changed in place.
    metric : str
        The metric.
    measured : Measured
        What was run. The gap is NaN, not 0, where a fit or a scorer failed.
    objective : callable
        From test scores and gaps to scores with the penalty of the rule, if any.
    """
    failed = _failed(measured, n_splits := _n_splits(results, metric), metric)
    train = split_values(results, f"train_{metric}", n_splits)
    test = split_values(results, f"test_{metric}", n_splits)
    gaps = np.where(failed, np.nan, gap_of(train, test))
    counted = counted_splits(measured.ran(n_splits))
    _store(results, f"gap_{metric}", gaps, counted)
    penalized = objective(results[f"mean_test_{metric}"], results[f"mean_gap_{metric}"])
    results[f"mean_penalized_{metric}"] = penalized
    results[f"rank_penalized_{metric}"] = ranked(penalized)


def _n_splits(results: Results, metric: str) -> int:
    return sum(
        re.fullmatch(r"split\d+_test_" + re.escape(metric), k) is not None
        for k in results
    )


def add_repeats(
    results: Results, measured: Measured, n_splits: int, repeats: Sequence[range]
) -> None:
    """Add what refinement measured: each repeat's scores, and means over everything."""
    for metric in metrics_of(results):
        for side in ("test", "train"):
            if f"mean_{side}_{metric}" in results:
                _add_repeated_scores(results, measured, repeats, side, metric)
        if f"mean_gap_{metric}" in results:
            _add_repeated_gaps(results, repeats, metric)
        for side in ("test", "train", "gap"):
            if f"mean_{side}_{metric}" in results:
                _add_refined_mean(results, n_splits, repeats, f"{side}_{metric}")


def _repeat_keys(repeats: Sequence[range], name: str) -> list[str]:
    return [
        f"repeat{repeat}_split{split}_{name}"
        for repeat, splits in enumerate(repeats, start=1)
        for split in range(len(splits))
    ]


def _add_repeated_scores(
    results: Results,
    measured: Measured,
    repeats: Sequence[range],
    side: str,
    metric: str,
) -> None:
    numbers = [number for splits in repeats for number in splits]
    for key, number in zip(
        _repeat_keys(repeats, f"{side}_{metric}"), numbers, strict=True
    ):
        results[key] = np.array(
            [
                _score(measured.outcomes.get((candidate, number)), side, metric)
                for candidate in range(len(measured.candidates))
            ]
        )


def _score(outcome: dict[str, Any] | None, side: str, metric: str) -> float:
    if outcome is None or has_failed(outcome, side, metric):
        return np.nan
    scores = outcome[f"{side}_scores"]
    return scores[metric] if isinstance(scores, dict) else scores


def _add_repeated_gaps(results: Results, repeats: Sequence[range], metric: str) -> None:
    keys = (
        _repeat_keys(repeats, f"{side}_{metric}") for side in ("train", "test", "gap")
    )
    for train, test, gap in zip(*keys, strict=True):
        results[gap] = gap_of(results[train], results[test])


def _add_refined_mean(
    results: Results, n_splits: int, repeats: Sequence[range], name: str
) -> None:
    """Mean over every split of a candidate, NaN for those that got no repeat."""
    first = split_values(results, name, n_splits)
    again = [results[key] for key in _repeat_keys(repeats, name)]
    values = np.column_stack([first, *again])
    got_any = np.isfinite(values[:, n_splits:]).any(axis=1)
    means = np.full(len(values), np.nan)
    means[got_any] = np.nanmean(values[got_any], axis=1)
    results[f"refined_mean_{name}"] = means


def metrics_of(results: Results) -> list[str]:
    """Names of the metrics in ``cv_results_``."""
    prefix = "mean_test_"
    return [key[len(prefix) :] for key in results if key.startswith(prefix)]


def ranked(values: FloatArray) -> NDArray[np.int32]:
    """Rank 1 is best; NaN ties with the worst, all NaN rank 1, as scikit-learn does."""
    missing = np.isnan(values)
    lowest = np.where(missing, np.inf, values).min(axis=-1, keepdims=True)
    filled = np.where(missing, lowest - 1, np.nan_to_num(values))
    return rankdata(-filled, method="min", axis=-1).astype(np.int32)


@dataclass(frozen=True)
class SharedFitsReport:
    """How much of a search was served by shared fits.

    Attributes
    ----------
    n_evaluations : int
        Number of (candidate, split) pairs that were evaluated.
    by_family : dict of str to int
        Number of them that each family of shared fits served.
    n_steps_needed : int
        Steps of Pipelines that fresh fits would have fitted, where they were shared.
    n_steps_fitted : int
        Steps that were fitted instead.
    """

    n_evaluations: int
    by_family: dict[str, int]
    n_steps_needed: int
    n_steps_fitted: int

    @classmethod
    def of(cls, evaluation: Evaluation) -> "SharedFitsReport":
        """Count what an evaluation has shared.

        Parameters
        ----------
        evaluation : Evaluation
            After its run.

        Returns
        -------
        report : SharedFitsReport
        """
        families = Counter(filter(None, evaluation.families.values()))
        return cls(
            n_evaluations=len(evaluation.outcomes),
            by_family=dict(sorted(families.items())),
            n_steps_needed=evaluation.steps["needed"],
            n_steps_fitted=evaluation.steps["fitted"],
        )
