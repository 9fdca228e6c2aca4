"""The score of a whole search on outer splits that it has not seen."""

import warnings
from dataclasses import dataclass, field
from numbers import Integral
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv

from skoverfit._compat import _check_method_params, _safe_indexing
from skoverfit._gap import corrected_estimate
from skoverfit.exceptions import IncompleteSearchWarning
from skoverfit.model_selection._execution._options import FitData
from skoverfit.model_selection._families import estimator_of
from skoverfit.model_selection._run import SearchRun
from skoverfit.model_selection._splits import mean_ratio

__all__ = ["NestedScore", "check_nested", "nested_score"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NestedScore:
    """Score of a whole search on outer splits, each of which ran the search anew.

    Attributes
    ----------
    score : float
        Mean over the outer splits; NaN if none has a score.
    std_error : float
        Its standard error, with the correction of Nadeau and Bengio.
    interval : tuple of (float, float)
        Two-sided confidence interval.
    confidence_level : float
        Level of ``interval``, between 0 and 1.
    split_scores : ndarray of shape (n_outer_splits,)
        Score of each outer split, NaN where the search did not run.
    debiased_scores : ndarray of shape (n_outer_splits,)
        Debiased score that the search of each outer split gave itself.
    params : tuple of dict
        What the search chose on each outer split; empty where it did not run.
    """

    score: float
    std_error: float
    interval: tuple[float, float]
    confidence_level: float
    split_scores: FloatArray = field(repr=False)
    debiased_scores: FloatArray = field(repr=False)
    params: tuple[dict[str, Any], ...] = field(repr=False)


def check_nested(search: Any, y: Any) -> Any:
    """Return the outer splitter, and refuse what cannot be nested.

    Raises
    ------
    ValueError
        If the search refits no model that could be scored, or its own splits are
        fixed rows, which mean nothing within the rows of an outer split.
    """
    if not search.refit:
        raise ValueError(
            "nested needs refit=True, or the name of a metric: it scores the model "
            "that the search chooses."
        )
    is_count = search.cv is None or isinstance(search.cv, Integral)
    if not is_count and not hasattr(search.cv, "split"):
        raise ValueError(
            "nested needs cv to be a number of folds or a splitter: the rows of "
            f"cv={search.cv!r} are not all in an outer split."
        )
    return check_cv(search.nested, y, classifier=is_classifier(estimator_of(search)))


def nested_score(search: Any, splitter: Any, run: SearchRun) -> NestedScore:
    """Run a search within the training rows of each outer split, and score its choice.

    Parameters
    ----------
    search : GapAwareSearchCV
        Fitted. Its parameters are used; the journals of outer splits lie beside its
        own.
    splitter : cross-validation splitter
        The outer one.
    run : SearchRun
        The run of the search, which knows data, scorer and deadline.

    Raises
    ------
    ValueError
        If there are several metrics and none was selected by.
    """
    if search.selection_metric_ is None:
        raise ValueError(
            "nested needs a metric to score by: give refit=<name of a metric>, or a "
            "rule with metric=<name>."
        )
    data = run.data
    splits = list(splitter.split(data.X, data.y, **data.routed.splitter.split))
    unknown = OuterSplit(np.nan, np.nan, {})
    outer = [unknown] * len(splits)
    for number, split in enumerate(splits):
        try:
            outer[number] = _outer_split(search, number, split, run)
        except TimeoutError:
            _warn_of_timeout(search.timeout, number, len(splits))
            break
    scores = np.array([one.score for one in outer])
    ratio = mean_ratio(splits)
    estimate = corrected_estimate(scores, test_train_ratio=ratio)
    return NestedScore(
        score=estimate.mean,
        std_error=estimate.std_error,
        interval=estimate.interval,
        confidence_level=estimate.confidence_level,
        split_scores=scores,
        debiased_scores=np.array([one.debiased_score for one in outer]),
        params=tuple(one.params for one in outer),
    )


class OuterSplit(NamedTuple):
    """What a search chose on an outer split, and what that is worth."""

    score: float
    debiased_score: float
    params: dict[str, Any]


def _outer_split(search: Any, number: int, split: Any, run: SearchRun) -> OuterSplit:
    data, left = run.data, run.deadline.seconds_left
    if left == 0:
        raise TimeoutError
    train, test = split
    inner = clone(search).set_params(nested=None, timeout=left)
    if search.journal is not None:
        inner.set_params(journal=_beside(search.journal, number))
    params = _check_method_params(data.X, data.params, train)
    inner.fit(*_part(data, train), **params)
    routed = _check_method_params(data.X, data.routed.scorer.score, test)
    score = run.scorer()(inner.best_estimator_, *_part(data, test), **routed)
    return OuterSplit(float(score), inner.debiased_score_, inner.best_params_)


def _beside(journal: Any, number: int) -> Path:
    """Path of the journal of an outer split."""
    path = Path(journal)
    return path.with_name(f"{path.stem}.outer{number}{path.suffix}")


def _part(data: FitData, rows: Any) -> tuple[Any, Any]:
    y = None if data.y is None else _safe_indexing(data.y, rows)
    return _safe_indexing(data.X, rows), y


def _warn_of_timeout(timeout: float, n_done: int, n_splits: int) -> None:
    warnings.warn(
        f"timeout={timeout} ended the outer loop: {n_done} of {n_splits} outer splits "
        "have a score.",
        IncompleteSearchWarning,
        stacklevel=4,
    )
