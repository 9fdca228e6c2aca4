"""Scores of all candidates on resampled rows, from stored predictions.

A resample gives each row a count. Metrics that are means over rows, R2, the binary ROC
AUC and the usual averages over classes are computed for all resamples and candidates at
once; they equal the scorer to within the tolerance below which rules count scores as
equal (accuracy: to the bit). Any other scorer is called on the repeated rows.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    log_loss,
    mean_absolute_error,
    mean_squared_error,
    precision_score,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from skoverfit.model_selection._predictions import PredictionStore, StoredResponse

__all__ = ["ResampledScores", "resampled_scores"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


class ResampledScores(ABC):
    """Scores of candidates on rows that are drawn with counts.

    Parameters
    ----------
    store : PredictionStore
        Predictions of the candidates.
    y : ndarray
        The target of all rows.
    scorer : scorer
        A scorer of :func:`sklearn.metrics.make_scorer`.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights that the scorer gets.

    Attributes
    ----------
    at_once : bool
        Whether all resamples and candidates are scored in one computation.
    """

    at_once: ClassVar[bool] = True

    def __init__(
        self,
        store: PredictionStore,
        y: NDArray[Any],
        scorer: Any,
        sample_weight: FloatArray | None,
    ) -> None:
        self.store, self.y, self.scorer = store, y, scorer
        self.sample_weight = sample_weight

    @abstractmethod
    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        """Score all candidates.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            The rows that may be drawn.
        counts : ndarray of shape (n_resamples, n_rows)
            How often each is.

        Returns
        -------
        scores : ndarray of shape (n_resamples, n_candidates)
            NaN where the score is not defined.
        """

    def chosen(
        self, rows: IntArray, counts: FloatArray, candidates: IntArray
    ) -> FloatArray:
        """Score one candidate per resample.

        Parameters
        ----------
        rows : ndarray of shape (n_rows,)
            The rows that may be drawn.
        counts : ndarray of shape (n_resamples, n_rows)
            How often each is.
        candidates : ndarray of shape (n_resamples,)
            The candidates.

        Returns
        -------
        scores : ndarray of shape (n_resamples,)
        """
        scores = self.all(rows, counts)
        return np.take_along_axis(scores, candidates[:, np.newaxis], axis=1)[:, 0]

    def weights(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        """Multiply counts by the sample weights of the rows."""
        if self.sample_weight is None:
            return counts
        return counts * self.sample_weight[rows]


class _ScorerCalls(ResampledScores):
    """Any scorer, called on the repeated rows."""

    at_once: ClassVar[bool] = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        n_candidates = len(self.store.values)
        self._stand_ins = [StoredResponse(self.store, k) for k in range(n_candidates)]

    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        candidates = range(len(self._stand_ins))
        return np.array(
            [
                [self._score(candidate, drawn) for candidate in candidates]
                for drawn in _drawn(rows, counts)
            ]
        ).reshape(len(counts), len(candidates))

    def chosen(
        self, rows: IntArray, counts: FloatArray, candidates: IntArray
    ) -> FloatArray:
        pairs = zip(candidates, _drawn(rows, counts), strict=True)
        return np.array([self._score(candidate, drawn) for candidate, drawn in pairs])

    def _score(self, candidate: int, rows: IntArray) -> float:
        weights = {}
        if self.sample_weight is not None:
            weights["sample_weight"] = self.sample_weight[rows]
        # Small samples often lack what a metric needs (two classes, two rows): such
        # scores are left out, and there are too many of them to warn of each.
        with (
            warnings.catch_warnings(),
            config_context(assume_finite=True, skip_parameter_validation=True),
        ):
            warnings.simplefilter("ignore")
            try:
                stand_in = self._stand_ins[candidate]
                return float(self.scorer(stand_in, rows, self.y[rows], **weights))
            except Exception:  # whatever a scorer raises
                return np.nan


class _MeanOfRows(ResampledScores):
    """Metrics that are the mean of a loss of each row, or a function of it."""

    def __init__(self, *args: Any, loss: Callable[..., FloatArray], root: bool) -> None:
        super().__init__(*args)
        self._losses = loss(self.store, self.y)
        self._root = root

    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        weights = self.weights(rows, counts)
        totals = weights.sum(axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = weights @ self._losses[:, rows].T / totals
        return self.scorer._sign * (np.sqrt(means) if self._root else means)


class _R2(ResampledScores):
    """R2 of a single output."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._losses = _squared_error(self.store, self.y)

    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        weights = self.weights(rows, counts)
        spread = self._spread(rows, counts, weights)[:, np.newaxis]
        errors = weights @ self._losses[:, rows].T
        with np.errstate(invalid="ignore", divide="ignore"):
            scores = 1 - errors / spread
        # As scikit-learn has it for a constant target.
        scores = np.where(spread == 0, np.where(errors == 0, 1.0, 0.0), scores)
        too_few = counts.sum(axis=1) < 2
        return self.scorer._sign * np.where(too_few[:, np.newaxis], np.nan, scores)

    def _spread(
        self, rows: IntArray, counts: FloatArray, weights: FloatArray
    ) -> FloatArray:
        y = self.y[rows].astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            means = weights @ y / weights.sum(axis=1)
        spread = (weights * (y - means[:, np.newaxis]) ** 2).sum(axis=1)
        lowest = np.where(counts > 0, y, np.inf).min(axis=1, initial=np.inf)
        highest = np.where(counts > 0, y, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(lowest >= highest, 0.0, spread)


class _BinaryAUC(ResampledScores):
    """Area under the ROC curve of two classes, ties counted half."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        values = self.store.values[:, :, -1]  # of the greater label
        self._values = values
        assert self.store.classes_ is not None
        self._positive = self.y == self.store.classes_[1]

    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        weights = self.weights(rows, counts)
        positive = self._positive[rows]
        columns = [
            _weighted_auc(values[rows], positive, weights) for values in self._values
        ]
        return self.scorer._sign * np.stack(columns, axis=1)


def _weighted_auc(
    values: FloatArray, positive: NDArray[np.bool_], weights: FloatArray
) -> FloatArray:
    """Share of (positive, negative) pairs in the right order, for each resample."""
    if np.isnan(values).any() or not values.size:
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    new_level = np.diff(values[order], prepend=-np.inf) > 0
    starts = np.flatnonzero(new_level)
    weights, positive = weights[:, order], positive[order]
    above = np.add.reduceat(weights * positive, starts, axis=1)
    below = np.add.reduceat(weights * ~positive, starts, axis=1)
    smaller = np.cumsum(below, axis=1) - below / 2
    pairs = above.sum(axis=1) * below.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (above * smaller).sum(axis=1) / pairs


class _ByClass(ResampledScores):
    """Metrics of labels that are made of each class's hits, predictions and rows."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        assert self.store.classes_ is not None
        self._codes = self.store.values[:, :, 0]
        self._own = np.searchsorted(self.store.classes_, self.y)
        self._metric = _BY_CLASS[self.scorer._score_func]

    def all(self, rows: IntArray, counts: FloatArray) -> FloatArray:
        weights, own = self.weights(rows, counts), self._own[rows]
        predicted, hit, true = [], [], []
        for code in range(len(self.store.classes_)):  # type: ignore[arg-type]
            is_predicted = self._codes[:, rows] == code
            predicted.append(weights @ is_predicted.T)
            hit.append(weights @ (is_predicted & (own == code)).T)
            true.append(np.broadcast_to(weights @ (own == code), hit[0].T.shape).T)
        scores = self._averaged(np.stack(hit), np.stack(predicted), np.stack(true))
        some = weights.sum(axis=1, keepdims=True) > 0
        return self.scorer._sign * np.where(some, scores, np.nan)

    def _averaged(
        self, hit: FloatArray, predicted: FloatArray, true: FloatArray
    ) -> FloatArray:
        """Average over classes (first axis), as scikit-learn does."""
        average = self.scorer._kwargs.get("average", "binary")
        if average == "micro":
            parts = (part.sum(axis=0) for part in (hit, predicted, true))
            return self._metric(*parts)
        by_class = self._metric(hit, predicted, true)
        if self.scorer._score_func is balanced_accuracy_score:
            return _weighted_mean(by_class, true > 0)
        if average == "binary":
            return by_class[1]
        if average == "weighted":
            return np.where(true.any(axis=0), _weighted_mean(by_class, true), 0.0)
        return _weighted_mean(by_class, (true > 0) | (predicted > 0))


def _weighted_mean(values: FloatArray, weights: NDArray[Any]) -> FloatArray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return (values * weights).sum(axis=0) / weights.sum(axis=0)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Ratio that is 0 where there is nothing, as scikit-learn has it."""
    return np.divide(part, whole, where=whole > 0, out=np.zeros(part.shape))


def _precision(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return _ratio(hit, predicted)


def _recall(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return _ratio(hit, true)


def _f1(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return _ratio(2 * hit, predicted + true)


_BY_CLASS = {
    f1_score: _f1,
    precision_score: _precision,
    recall_score: _recall,
    balanced_accuracy_score: _recall,
}


def _hits(store: PredictionStore, y: NDArray[Any]) -> FloatArray:
    assert store.classes_ is not None
    return (store.values[:, :, 0] == np.searchsorted(store.classes_, y)).astype(float)


def _squared_error(store: PredictionStore, y: NDArray[Any]) -> FloatArray:
    return (store.values[:, :, 0] - y) ** 2


def _absolute_error(store: PredictionStore, y: NDArray[Any]) -> FloatArray:
    return np.abs(store.values[:, :, 0] - y)


def _log_loss(store: PredictionStore, y: NDArray[Any]) -> FloatArray:
    assert store.classes_ is not None
    code = np.searchsorted(store.classes_, y)
    own = store.values[:, np.arange(len(y)), code]
    tiny = np.finfo(float).eps
    return -np.log(np.clip(own, tiny, 1 - tiny))


#: Metric -> what computes it at once, and the response that this needs.
_LOSSES: dict[Any, tuple[Callable[..., FloatArray], bool, str]] = {
    accuracy_score: (_hits, False, "labels"),
    mean_squared_error: (_squared_error, False, "values"),
    root_mean_squared_error: (_squared_error, True, "values"),
    mean_absolute_error: (_absolute_error, False, "values"),
    log_loss: (_log_loss, False, "probabilities"),
}


def resampled_scores(
    store: PredictionStore,
    y: NDArray[Any],
    scorer: Any,
    sample_weight: FloatArray | None = None,
) -> ResampledScores:
    """Return the fastest way to score resampled rows that equals the scorer.

    Parameters
    ----------
    store : PredictionStore
        Predictions of the candidates.
    y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
        The target of all rows.
    scorer : scorer
        A scorer of :func:`sklearn.metrics.make_scorer`.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights that the scorer gets.

    Returns
    -------
    scores : ResampledScores
    """
    arguments = (store, y, scorer, sample_weight)
    metric = scorer._score_func
    plain = not scorer._kwargs and y.ndim == 1
    if plain and metric is r2_score and _kind(store) == "values":
        return _R2(*arguments)
    if plain and metric is roc_auc_score and _is_binary(store):
        return _BinaryAUC(*arguments)
    if metric in _BY_CLASS and _is_plain_average(store, y, scorer):
        return _ByClass(*arguments)
    loss, root, kind = _LOSSES.get(metric, (None, False, ""))
    if plain and loss is not None and _kind(store) == kind:
        return _MeanOfRows(*arguments, loss=loss, root=root)
    return _ScorerCalls(*arguments)


def _kind(store: PredictionStore) -> str:
    if store.classes_ is None:
        return "values" if store.values.shape[2] == 1 else ""
    return {"predict": "labels", "predict_proba": "probabilities"}.get(store.method, "")


def _is_plain_average(store: PredictionStore, y: NDArray[Any], scorer: Any) -> bool:
    """Whether a scorer averages over classes in a way that is known here."""
    if _kind(store) != "labels" or y.ndim != 1 or store.classes_ is None:
        return False
    kwargs = {key: value for key, value in scorer._kwargs.items() if value is not None}
    if scorer._score_func is balanced_accuracy_score:
        return not kwargs
    average = kwargs.pop("average", "binary")
    if average == "binary":  # of the label 1, the greater of two
        return not kwargs and len(store.classes_) == 2 and store.classes_[1] == 1
    return not kwargs and average in ("micro", "macro", "weighted")


def _is_binary(store: PredictionStore) -> bool:
    if store.classes_ is None or store.method == "predict":
        return False
    return len(store.classes_) == 2


def _drawn(rows: IntArray, counts: FloatArray) -> list[IntArray]:
    return [np.repeat(rows, row.astype(np.intp)) for row in counts]
