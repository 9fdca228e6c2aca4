"""Scores of all candidates on resampled rows, from stored predictions.

A resample gives each row a count. Metrics that are means over rows, R2, the binary ROC
AUC and average precision, and the usual averages over classes are computed for all
resamples and candidates at once; they equal the scorer to within the tolerance below
which rules count scores as equal (accuracy: to the bit). Any other scorer is called on
the repeated rows.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
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

from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    StoredResponse,
)

__all__ = ["ResampledMetric", "ResampledScores", "resampled_metric"]

#: Numbers that are worked on at a time, where each is used several times.
CACHED = 100_000

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


class ResampledScores(ABC):
    """Scores of all candidates on some rows, drawn with counts.

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
    rows : ndarray of shape (n_rows,)
        The rows that may be drawn.
    unit : ndarray of shape (n_rows,) or None
        Number of what is drawn with each row, such as its group; None where each row
        is drawn by itself.

    Attributes
    ----------
    at_once : bool
        Whether all resamples and candidates are scored in one computation.
    by_unit : bool
        Whether the work of a resample grows with the units, not with the rows.
    """

    at_once: ClassVar[bool] = True
    by_unit: ClassVar[bool] = True

    def __init__(
        self,
        store: PredictionStore,
        y: NDArray[Any],
        scorer: Any,
        sample_weight: FloatArray | None,
        rows: IntArray,
        unit: IntArray | None = None,
    ) -> None:
        self.store, self.y, self.scorer = store, y[rows], scorer
        # Rows that are drawn one by one, in their order, need no sums.
        alone = unit is None or np.array_equal(unit, np.arange(len(rows)))
        self.rows, self.unit = rows, None if alone else unit
        self.weights = np.ones(len(rows))
        if sample_weight is not None:
            self.weights = sample_weight[rows]

    @abstractmethod
    def all(self, counts: FloatArray) -> FloatArray:
        """Score all candidates.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_units)
            How often each unit is drawn.

        Returns
        -------
        scores : ndarray of shape (n_resamples, n_candidates)
            NaN where the score is not defined.
        """

    def chosen(self, counts: FloatArray, candidates: IntArray) -> FloatArray:
        """Score one candidate per resample.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_units)
            How often each unit is drawn.
        candidates : ndarray of shape (n_resamples,)
            The candidates.

        Returns
        -------
        scores : ndarray of shape (n_resamples,)
        """
        scores = self.all(counts)
        return np.take_along_axis(scores, candidates[:, np.newaxis], axis=1)[:, 0]

    def of_candidates(self) -> Iterator[NDArray[Any]]:
        """Give the stored values of each candidate, of shape (n_rows, n_outputs)."""
        return (values[self.rows] for values in self.store.values)

    def sums(self, parts: Iterable[FloatArray]) -> FloatArray:
        """Sum what rows bring, times their weights, for each unit.

        Parameters
        ----------
        parts : iterable of ndarray of shape (n_rows,)
            What is summed.

        Returns
        -------
        sums : ndarray of shape (n_units, n_parts)
        """
        weighted = (part * self.weights for part in parts)
        if self.unit is None:
            return np.stack(list(weighted), axis=1)
        return np.stack([np.bincount(self.unit, part) for part in weighted], axis=1)


class _ScorerCalls(ResampledScores):
    """Any scorer, called on the repeated rows."""

    at_once: ClassVar[bool] = False
    by_unit: ClassVar[bool] = False

    def __init__(self, store: PredictionStore, y: Any, scorer: Any, *args: Any) -> None:
        super().__init__(store, y, scorer, *args)
        self._all_y, self._sample_weight = y, args[0]
        self._stand_ins = [StoredResponse(store, k) for k in range(len(store.values))]

    def all(self, counts: FloatArray) -> FloatArray:
        candidates = range(len(self._stand_ins))
        return np.array(
            [
                [self._score(candidate, drawn) for candidate in candidates]
                for drawn in self._drawn(counts)
            ]
        ).reshape(len(counts), len(candidates))

    def chosen(self, counts: FloatArray, candidates: IntArray) -> FloatArray:
        pairs = zip(candidates, self._drawn(counts), strict=True)
        return np.array([self._score(candidate, drawn) for candidate, drawn in pairs])

    def _drawn(self, counts: FloatArray) -> Iterator[IntArray]:
        for each in counts.astype(np.intp):
            of_rows = each if self.unit is None else each[self.unit]
            yield np.repeat(self.rows, of_rows)

    def _score(self, candidate: int, rows: IntArray) -> float:
        weights = {}
        if self._sample_weight is not None:
            weights["sample_weight"] = self._sample_weight[rows]
        # Small samples often lack what a metric needs (two classes, two rows): such
        # scores are left out, and there are too many of them to warn of each.
        with (
            warnings.catch_warnings(),
            config_context(assume_finite=True, skip_parameter_validation=True),
        ):
            warnings.simplefilter("ignore")
            try:
                stand_in = self._stand_ins[candidate]
                return float(self.scorer(stand_in, rows, self._all_y[rows], **weights))
            except Exception:  # whatever a scorer raises
                return np.nan


class _MeanOfRows(ResampledScores):
    """Metrics that are the mean of a loss of each row, or a function of it."""

    def __init__(self, *args: Any, loss: Callable[..., FloatArray], root: bool) -> None:
        super().__init__(*args)
        target = _target(self.store, self.y)
        self._losses = self.sums(loss(each, target) for each in self.of_candidates())
        self._totals = self.sums([np.ones(len(self.rows))])
        self._root = root

    def all(self, counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = counts @ self._losses / (counts @ self._totals)
        return self.scorer._sign * (np.sqrt(means) if self._root else means)


class _R2(ResampledScores):
    """R2 of a single output."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        y = self.y.astype(float)
        y -= y.mean() if y.size else 0.0  # squares of small numbers lose no digits
        self._errors = self.sums(
            _squared_error(each, self.y) for each in self.of_candidates()
        )
        self._moments = self.sums([np.ones(len(y)), y, y**2])
        unit = np.arange(len(y)) if self.unit is None else self.unit
        n_units = len(self._moments)
        self._n_rows = np.bincount(unit, minlength=n_units)
        self._low, self._high = np.full(n_units, np.inf), np.full(n_units, -np.inf)
        np.minimum.at(self._low, unit, y)
        np.maximum.at(self._high, unit, y)

    def all(self, counts: FloatArray) -> FloatArray:
        spread = self._spread(counts)[:, np.newaxis]
        errors = counts @ self._errors
        with np.errstate(invalid="ignore", divide="ignore"):
            scores = 1 - errors / spread
        # As scikit-learn has it for a constant target.
        scores = np.where(spread == 0, np.where(errors == 0, 1.0, 0.0), scores)
        too_few = counts @ self._n_rows < 2
        return self.scorer._sign * np.where(too_few[:, np.newaxis], np.nan, scores)

    def _spread(self, counts: FloatArray) -> FloatArray:
        total, linear, squared = (counts @ self._moments).T
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = squared - linear**2 / total
        lowest = np.where(counts > 0, self._low, np.inf).min(axis=1, initial=np.inf)
        highest = np.where(counts > 0, self._high, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(lowest >= highest, 0.0, spread)


class _BinaryRanks(ResampledScores):
    """Metrics of two classes that depend on the order of the responses only."""

    by_unit: ClassVar[bool] = False

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        assert self.store.classes_ is not None
        self._positive = self.y == self.store.classes_[1]

    @abstractmethod
    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Give the scores of some resamples at a time, and which they are."""

    def all(self, counts: FloatArray) -> FloatArray:
        columns = [self._of(each, counts) for each in self.of_candidates()]
        return np.stack(columns, axis=1)

    def chosen(self, counts: FloatArray, candidates: IntArray) -> FloatArray:
        scores = np.empty(len(counts))
        for candidate in np.unique(candidates):
            own = candidates == candidate
            values = self.store.values[candidate][self.rows]
            scores[own] = self._of(values, counts[own])
        return scores

    def _of(self, values: NDArray[Any], counts: FloatArray) -> FloatArray:
        """Score one candidate on each resample."""
        scores = np.full(len(counts), np.nan)
        if len(values) and not np.isnan(values).any():
            response = values[:, -1]  # of the greater label
            for block, found in self._scores(response, counts):
                scores[block] = found
        return self.scorer._sign * scores

    def _drawn(self, counts: FloatArray, rows: IntArray) -> FloatArray:
        columns = rows if self.unit is None else self.unit[rows]
        return counts[:, columns] * self.weights[rows]


class _BinaryAUC(_BinaryRanks):
    """Area under the ROC curve, ties counted half."""

    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        """Share of (positive, negative) pairs in the right order, for each resample."""
        below, up_to, negative = self._pairs(response)
        positive = np.flatnonzero(self._positive)
        for block in _blocks(len(counts), len(response)):
            won = self._drawn(counts[block], positive)
            lost = np.cumsum(self._drawn(counts[block], negative), axis=1)
            lost = np.concatenate([np.zeros((len(lost), 1)), lost], axis=1)
            beaten = (lost[:, below] + lost[:, up_to]) / 2
            with np.errstate(invalid="ignore", divide="ignore"):
                pairs = won.sum(axis=1) * lost[:, -1]
                yield block, (won * beaten).sum(axis=1) / pairs

    def _pairs(self, response: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
        """For each positive row, how many negative ones are below, and not above.

        With them, the negative rows in ascending order.
        """
        negative = np.flatnonzero(~self._positive)
        negative = negative[np.argsort(response[negative])]
        of_negative, of_positive = response[negative], response[self._positive]
        below = np.searchsorted(of_negative, of_positive, side="left")
        up_to = np.searchsorted(of_negative, of_positive, side="right")
        return below, up_to, negative


class _AveragePrecision(_BinaryRanks):
    """Mean, over the positive rows, of the precision at the response of each."""

    def _scores(
        self, response: FloatArray, counts: FloatArray
    ) -> Iterator[tuple[slice, FloatArray]]:
        order = np.argsort(-response)
        positive = order[self._positive[order]]
        # Rows, and positive ones, whose response is no smaller than a positive row's.
        last = np.searchsorted(-response[order], -response[positive], "right") - 1
        hit = np.searchsorted(-response[positive], -response[positive], "right") - 1
        for block in _blocks(len(counts), len(response)):
            found = self._drawn(counts[block], positive)
            listed = np.cumsum(self._drawn(counts[block], order), axis=1)
            precision = _ratio(np.cumsum(found, axis=1)[:, hit], listed[:, last])
            scores = _ratio((found * precision).sum(axis=1), found.sum(axis=1))
            yield block, np.where(listed[:, -1] > 0, scores, np.nan)


def _blocks(n_resamples: int, n_rows: int) -> Iterator[slice]:
    """Give resamples of which all rows together fit into the processor's cache."""
    size = max(1, CACHED // n_rows)
    return (slice(start, start + size) for start in range(0, n_resamples, size))


class _ByClass(ResampledScores):
    """Metrics of labels that are made of each class's hits, predictions and rows."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        assert self.store.classes_ is not None
        self._metric = _BY_CLASS[self.scorer._score_func]
        own, classes = _target(self.store, self.y), range(len(self.store.classes_))
        codes = [each[:, 0] for each in self.of_candidates()]
        self._totals = self.sums([np.ones(len(own))])
        # Class by class: units by candidates, but for the rows that have the class.
        self._true = [self.sums([own == code]) for code in classes]
        self._predicted = [self.sums(k == code for k in codes) for code in classes]
        self._hit = [
            self.sums((k == code) & (own == code) for k in codes) for code in classes
        ]

    def all(self, counts: FloatArray) -> FloatArray:
        hit, predicted, true = (
            np.stack([counts @ part for part in parts])
            for parts in (self._hit, self._predicted, self._true)
        )
        scores = self._averaged(hit, predicted, np.broadcast_to(true, hit.shape))
        some = counts @ self._totals > 0
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


def _target(store: PredictionStore, y: NDArray[Any]) -> NDArray[Any]:
    """Give the target as values are kept: labels by their places among the classes."""
    return y if store.classes_ is None else np.searchsorted(store.classes_, y)


def _hits(values: NDArray[Any], code: NDArray[Any]) -> FloatArray:
    return (values[:, 0] == code).astype(float)


def _squared_error(values: NDArray[Any], y: NDArray[Any]) -> FloatArray:
    return (values[:, 0] - y) ** 2


def _absolute_error(values: NDArray[Any], y: NDArray[Any]) -> FloatArray:
    return np.abs(values[:, 0] - y)


def _log_loss(values: NDArray[Any], code: NDArray[Any]) -> FloatArray:
    tiny = np.finfo(float).eps
    return -np.log(np.clip(values[np.arange(len(code)), code], tiny, 1 - tiny))


#: Metric -> what computes it at once, and the response that this needs.
_LOSSES: dict[Any, tuple[Callable[..., FloatArray], bool, str]] = {
    accuracy_score: (_hits, False, "labels"),
    mean_squared_error: (_squared_error, False, "values"),
    root_mean_squared_error: (_squared_error, True, "values"),
    mean_absolute_error: (_absolute_error, False, "values"),
    log_loss: (_log_loss, False, "probabilities"),
}


@dataclass(frozen=True)
class ResampledMetric:
    """The fastest way to score resampled rows that equals a scorer.

    Attributes
    ----------
    kind : type
        Class of the scores.
    arguments : tuple
        What it is made of, besides the rows.
    options : dict
        More of it.
    """

    kind: type[ResampledScores]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def on(self, rows: IntArray, unit: IntArray | None = None) -> ResampledScores:
        """Return scores on some rows; see `ResampledScores` for the parameters."""
        make: Callable[..., ResampledScores] = self.kind
        return make(*self.arguments, rows, unit, **self.options)


def resampled_metric(
    store: PredictionStore,
    y: NDArray[Any],
    scorer: Any,
    sample_weight: FloatArray | None = None,
) -> ResampledMetric:
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
    metric : ResampledMetric
    """
    arguments = (store, y, scorer, sample_weight)
    metric = scorer._score_func
    plain = not scorer._kwargs and y.ndim == 1
    if plain and metric is r2_score and _kind(store) == "values":
        return ResampledMetric(_R2, arguments)
    if plain and metric is roc_auc_score and _is_binary(store):
        return ResampledMetric(_BinaryAUC, arguments)
    if plain and metric is average_precision_score and _is_one_positive(store):
        return ResampledMetric(_AveragePrecision, arguments)
    if metric in _BY_CLASS and _is_plain_average(store, y, scorer):
        return ResampledMetric(_ByClass, arguments)
    loss, root, kind = _LOSSES.get(metric, (None, False, ""))
    if plain and loss is not None and _kind(store) == kind:
        options = {"loss": loss, "root": root}
        return ResampledMetric(_MeanOfRows, arguments, options)
    return ResampledMetric(_ScorerCalls, arguments)


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


def _is_one_positive(store: PredictionStore) -> bool:
    """Whether there are two classes of which scikit-learn's positive label is one.

    It is 1; a response is that of the greater label.
    """
    if not _is_binary(store) or store.classes_ is None:
        return False
    return store.classes_.dtype.kind in "biuf" and bool(store.classes_[1] == 1)
