"""Scores of all candidates on resampled rows, from stored predictions.

A resample gives each row a count. Metrics that are means over rows, R2, the binary ROC
AUC and average precision, and the usual averages over classes are computed for all
resamples and candidates at once; they equal the scorer to within the tolerance below
which rules count scores as equal (accuracy: to the bit). Any other scorer is called on
the repeated rows.

Sorting the same rows for each resample takes long where they are very many. Then any
metric of which :mod:`skoverfit._row_scorer` knows the contribution of each row is the
mean contribution of the rows drawn. That leaves out what two rows change together,
which is as much smaller than what one row changes as the noise itself is small.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
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

from skoverfit._compat._scorers import metric_of, options_of, sign_of
from skoverfit._row_scorer import RowScorer, row_scorer
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    StoredResponse,
)
from skoverfit.model_selection._honest_score._resampled_base import (
    ResampledScores,
    ratio,
)
from skoverfit.model_selection._honest_score._resampled_ranks import (
    AveragePrecision,
    BinaryAUC,
)

__all__ = ["ResampledMetric", "resampled_metric"]

#: Rows of each class (and groups) of each split from which on contributions are added.
#: The scores of resamples then differ from those of scorers by a twentieth of their
#: standard error; by a tenth for the average precision of rare classes.
MANY = 1000

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


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
        # One matrix product then scores all resamples of all candidates.
        self._losses = self.sums(loss(each, target) for each in self.of_candidates())
        self._totals = self.sums([np.ones(len(self.rows))])
        self._root = root

    def all(self, counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            means = counts @ self._losses / (counts @ self._totals)
        return sign_of(self.scorer) * (np.sqrt(means) if self._root else means)


class _MeanOfParts(ResampledScores):
    """Metrics of very many rows, from what each of them contributes."""

    def __init__(self, *args: Any, of_rows: RowScorer) -> None:
        super().__init__(*args)
        self._of_rows = of_rows
        self._parts = self.sums(map(self._of, range(len(self.store.values))))
        self._totals = self.sums([np.ones(len(self.rows))])

    def _of(self, candidate: int) -> FloatArray:
        unknown = np.full(len(self.rows), np.nan)
        # A metric may give a number in spite of a missing response.
        if np.isnan(self.store.values[candidate][self.rows]).any():
            return unknown
        response = StoredResponse(self.store, candidate)
        with config_context(assume_finite=True):
            try:
                return self._of_rows(response, self.rows, self.y)
            except Exception:  # whatever a metric raises
                return unknown

    def all(self, counts: FloatArray) -> FloatArray:
        with np.errstate(invalid="ignore"):
            return counts @ self._parts / (counts @ self._totals)


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
        # The smallest and largest target of each unit tell whether the targets of a
        # resample are constant; by sums, rounding would hide that.
        unit = np.arange(len(y)) if self.unit is None else self.unit
        n_units = len(self._moments)
        self._n_rows = np.bincount(unit)
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
        # R2 of a single row is undefined, and scikit-learn returns NaN.
        too_few = counts @ self._n_rows < 2
        return sign_of(self.scorer) * np.where(too_few[:, np.newaxis], np.nan, scores)

    def _spread(self, counts: FloatArray) -> FloatArray:
        total, linear, squared = (counts @ self._moments).T
        with np.errstate(invalid="ignore"):
            spread = squared - linear**2 / total
        lowest = np.where(counts > 0, self._low, np.inf).min(axis=1, initial=np.inf)
        highest = np.where(counts > 0, self._high, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(lowest >= highest, 0.0, spread)


class _ByClass(ResampledScores):
    """Metrics of labels that are made of each class's hits, predictions and rows."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        assert self.store.classes_ is not None
        self._metric = _BY_CLASS[metric_of(self.scorer)]
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
        # A resample may hold no row of the split at all, where ratios are 0 by rule.
        some = counts @ self._totals > 0
        return sign_of(self.scorer) * np.where(some, scores, np.nan)

    def _averaged(
        self, hit: FloatArray, predicted: FloatArray, true: FloatArray
    ) -> FloatArray:
        """Average over classes (first axis), as scikit-learn does."""
        average = options_of(self.scorer).get("average", "binary")
        if average == "micro":
            parts = (part.sum(axis=0) for part in (hit, predicted, true))
            return self._metric(*parts)
        by_class = self._metric(hit, predicted, true)
        # Balanced accuracy leaves classes out that no row has; macro averages leave
        # them out only if they are not predicted either.
        if metric_of(self.scorer) is balanced_accuracy_score:
            return _weighted_mean(by_class, true > 0)
        if average == "binary":
            return by_class[1]
        if average == "weighted":
            return _weighted_mean(by_class, true)
        return _weighted_mean(by_class, (true > 0) | (predicted > 0))


def _weighted_mean(values: FloatArray, weights: NDArray[Any]) -> FloatArray:
    with np.errstate(invalid="ignore"):
        return (values * weights).sum(axis=0) / weights.sum(axis=0)


def _precision(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return ratio(hit, predicted)


def _recall(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return ratio(hit, true)


def _f1(hit: FloatArray, predicted: FloatArray, true: FloatArray) -> FloatArray:
    return ratio(2 * hit, predicted + true)


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
    # scikit-learn cuts probabilities off in the same way, so that no loss is infinite.
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
    groups: NDArray[Any] | None = None,
) -> ResampledMetric:
    """Return the fastest way to score resampled rows that equals the scorer."""
    # Sums over units cost as little for many rows, so they stay exact.
    exact = _exact_metric(store, y, scorer, sample_weight)
    if exact.kind.by_unit or not _are_many(store, y, groups):
        return exact
    of_rows = row_scorer(scorer, weighted=sample_weight is not None)
    if of_rows is None:
        return exact
    return ResampledMetric(_MeanOfParts, exact.arguments, {"of_rows": of_rows})


def _are_many(
    store: PredictionStore, y: NDArray[Any], groups: NDArray[Any] | None
) -> bool:
    """Whether every split has many rows of every class, and many groups."""
    # The smallest class of the smallest split has the least smooth score.
    tested = np.flatnonzero(store.split_of_row >= 0)
    split, n_classes = store.split_of_row[tested], 1
    code: Any = 0
    if store.classes_ is not None:
        n_classes, code = len(store.classes_), _target(store, y[tested])
    n_sizes = (split.max(initial=-1) + 1) * n_classes
    sizes = np.bincount(split * n_classes + code, minlength=n_sizes)
    sizes = sizes.reshape(-1, n_classes)
    used = np.flatnonzero(sizes.any(axis=1))
    if groups is None or not (sizes[used] >= MANY).all():
        return bool((sizes[used] >= MANY).all())
    return all(len(np.unique(groups[tested[split == own]])) >= MANY for own in used)


def _exact_metric(
    store: PredictionStore,
    y: NDArray[Any],
    scorer: Any,
    sample_weight: FloatArray | None,
) -> ResampledMetric:
    """Return the fastest way that equals the scorer, however many rows there are."""
    arguments = (store, y, scorer, sample_weight)
    metric = metric_of(scorer)
    plain = not options_of(scorer) and y.ndim == 1
    if plain and metric is r2_score and _kind(store) == "values":
        return ResampledMetric(_R2, arguments)
    if plain and metric is roc_auc_score and _is_binary(store):
        return ResampledMetric(BinaryAUC, arguments)
    if plain and metric is average_precision_score and _is_one_positive(store):
        return ResampledMetric(AveragePrecision, arguments)
    if metric in _BY_CLASS and _is_plain_average(store, scorer):
        return ResampledMetric(_ByClass, arguments)
    loss, root, kind = _LOSSES.get(metric, (None, False, ""))
    if plain and loss is not None and _kind(store) == kind:
        options = {"loss": loss, "root": root}
        return ResampledMetric(_MeanOfRows, arguments, options)
    return ResampledMetric(_ScorerCalls, arguments)


def _kind(store: PredictionStore) -> str:
    if store.classes_ is None:
        return "values"
    return {"predict": "labels", "predict_proba": "probabilities"}.get(store.method, "")


def _is_plain_average(store: PredictionStore, scorer: Any) -> bool:
    """Whether a scorer averages over classes in a way that is known here."""
    if store.classes_ is None or _kind(store) != "labels":
        return False
    kwargs = {
        key: value for key, value in options_of(scorer).items() if value is not None
    }
    if metric_of(scorer) is balanced_accuracy_score:
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
