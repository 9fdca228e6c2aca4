"""What each row contributes to a score: for means over rows, R2, and ranks.

Every function here takes the targets and responses of the rows that one split tests
and returns one value per row. Their mean is the metric. Where the metric is not a plain
mean, the values are its linear part: the metric plus what each row adds to its change
(the delta method; for the area under the ROC curve the components of DeLong [1]_). So
the spread of the values is that of the metric, whatever the metric is.

References
----------
.. [1] E. DeLong, D. DeLong and D. Clarke-Pearson, "Comparing the areas under two or
   more correlated receiver operating characteristic curves: a nonparametric
   approach", Biometrics 44, 837-845, 1988.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_gamma_deviance,
    mean_poisson_deviance,
    mean_squared_error,
    mean_squared_log_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
    root_mean_squared_log_error,
    zero_one_loss,
)

__all__ = ["RANK_METRICS", "ROW_METRICS", "WEIGHTED_METRICS"]

FloatArray = NDArray[np.float64]
RowMetric = Callable[[Any, Any], FloatArray]


# ----------------------------------------------------------------------------- labels


def _hits(y: ArrayLike, labels: ArrayLike) -> FloatArray:
    """Whether each row is labeled right; all labels of it, where it has several."""
    right = np.asarray(y) == np.asarray(labels)
    return right.reshape(len(right), -1).all(axis=1).astype(float)


def _errors(y: ArrayLike, labels: ArrayLike) -> FloatArray:
    return 1 - _hits(y, labels)


def _balanced_hits(y: ArrayLike, labels: ArrayLike) -> FloatArray:
    """Mean recall, and by how much each row moves the recall of its class."""
    hits, codes, counts = _hits(y, labels), *_classes(y)
    recall = np.bincount(codes, weights=hits) / counts
    weight = len(hits) / (len(counts) * counts)
    return recall.mean() + weight[codes] * (hits - recall[codes])


def _classes(y: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the number of each row's class, and the rows of each class."""
    _, codes, counts = np.unique(np.asarray(y), return_inverse=True, return_counts=True)
    return codes, counts


# ---------------------------------------------------------------------- probabilities


def _truth(y: ArrayLike, probability: FloatArray) -> FloatArray:
    """One-hot classes; NaN where the columns do not tell which class they are."""
    labels, codes = np.unique(np.asarray(y), return_inverse=True)
    if len(labels) != probability.shape[1]:
        return np.full(probability.shape, np.nan)
    return np.eye(len(labels))[codes]


def _by_class(probability: ArrayLike) -> FloatArray:
    """Probabilities with a column for each class, also where there are two."""
    values = np.asarray(probability)
    if values.dtype.kind != "f":
        values = values.astype(float)
    return values if values.ndim == 2 else np.column_stack([1 - values, values])


def _log_losses(y: ArrayLike, probability: ArrayLike) -> FloatArray:
    values = _by_class(probability)
    tiny = np.finfo(values.dtype).eps
    return -xlogy(_truth(y, values), np.clip(values, tiny, 1 - tiny)).sum(axis=1)


def _brier_losses(y: ArrayLike, probability: ArrayLike) -> FloatArray:
    values = _by_class(probability)
    losses = ((values - _truth(y, values)) ** 2).sum(axis=1)
    return losses / 2 if values.shape[1] == 2 else losses


# ---------------------------------------------------------------------------- numbers


def _columns(values: ArrayLike) -> FloatArray:
    """Numbers with a column for each output."""
    numbers = np.asarray(values, dtype=float)
    return numbers.reshape(len(numbers), -1)


def _squared_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    return ((_columns(y) - _columns(predicted)) ** 2).mean(axis=1)


def _absolute_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    return np.abs(_columns(y) - _columns(predicted)).mean(axis=1)


def _relative_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    least = np.finfo(np.float64).eps
    true = _columns(y)
    errors = np.abs(true - _columns(predicted)) / np.maximum(np.abs(true), least)
    return errors.mean(axis=1)


def _squared_log_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    return _squared_errors(np.log1p(_columns(y)), np.log1p(_columns(predicted)))


def _poisson_deviances(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    true, mean = np.ravel(y).astype(float), np.ravel(predicted).astype(float)
    return 2 * (xlogy(true, true / mean) - true + mean)


def _gamma_deviances(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    true, mean = np.ravel(y).astype(float), np.ravel(predicted).astype(float)
    return 2 * (np.log(mean / true) + true / mean - 1)


def _root_of_mean(losses: FloatArray) -> FloatArray:
    """Root of each output's mean loss, averaged over the outputs."""
    root = np.sqrt(losses.mean(axis=0))
    # An output without any error stays at 0.
    slope = np.divide(1, 2 * root, where=root > 0, out=np.zeros(root.shape))
    return (root + slope * (losses - root**2)).mean(axis=1)


def _root_squared_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    return _root_of_mean((_columns(y) - _columns(predicted)) ** 2)


def _root_squared_log_errors(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    logs = np.log1p(_columns(y)), np.log1p(_columns(predicted))
    return _root_of_mean((logs[0] - logs[1]) ** 2)


def _r2_parts(y: ArrayLike, predicted: ArrayLike) -> FloatArray:
    """R2, from each row's squared error and its squared distance from the mean."""
    true = _columns(y)
    errors = (true - _columns(predicted)) ** 2
    spreads = (true - true.mean(axis=0)) ** 2
    total = spreads.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        lost = errors.mean(axis=0) / total
        return (1 - lost - (errors - lost * spreads) / total).mean(axis=1)


# ------------------------------------------------------------------------------ ranks


def _auc_parts(y: ArrayLike, decision: ArrayLike) -> FloatArray:
    """Area under the ROC curve of the greater label, from DeLong's components."""
    labels, codes = np.unique(np.asarray(y), return_inverse=True)
    values = np.asarray(decision, dtype=float)
    if values.ndim == 2:
        return _mean_auc_parts(codes, values)
    if len(labels) != 2 or codes.ndim != 1:
        return np.full(len(values), np.nan)
    return _binary_auc_parts(codes == 1, values)


def _mean_auc_parts(codes: NDArray[np.intp], values: FloatArray) -> FloatArray:
    """Mean over the classes of the area of each one against the rest."""
    classes = range(values.shape[1])
    if codes.ndim != 1 or len(np.unique(codes)) != values.shape[1]:
        return np.full(len(values), np.nan)
    parts = [_binary_auc_parts(codes == code, values[:, code]) for code in classes]
    return np.mean(parts, axis=0)


def _binary_auc_parts(positive: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    n_rows, n_positive = len(values), int(positive.sum())
    if np.isnan(values).any():
        return np.full(n_rows, np.nan)
    levels, level = np.unique(values, return_inverse=True)
    share = np.empty(n_rows)
    for own in (positive, ~positive):
        # Of the other class: how many are smaller, ties counted half.
        others = np.bincount(level[~own], minlength=len(levels))
        smaller = np.cumsum(others) - others / 2
        share[own] = smaller[level[own]] / (n_rows - own.sum())
    share[~positive] = 1 - share[~positive]
    area = share[positive].mean()
    weight = n_rows / np.where(positive, n_positive, n_rows - n_positive)
    return area + weight * (share - area)


def _average_precision_parts(y: ArrayLike, decision: ArrayLike) -> FloatArray:
    """Average precision of the label 1, and its derivative by each row's weight."""
    labels, values = np.asarray(y), np.asarray(decision, dtype=float)
    positive = (labels == 1).astype(float)
    if labels.ndim != 1 or values.ndim != 1 or positive.min() == positive.max():
        return np.full(len(values), np.nan)
    # Levels of the decision, the highest first: rows and positives down to each.
    level = np.unique(-values, return_inverse=True)[1]
    found = np.bincount(level, weights=positive)
    above, rows = np.cumsum(found), np.cumsum(np.bincount(level))
    precision = above / rows
    average = (found * precision).sum() / found.sum()
    # A row is counted at its own level and at all lower ones.
    as_positive = np.cumsum((found / rows)[::-1])[::-1]
    as_row = np.cumsum((found * precision / rows)[::-1])[::-1]
    slope = positive * (precision + as_positive - average)[level] - as_row[level]
    return average + len(values) * slope / found.sum()


#: Metric of scikit-learn -> contribution of each row, without the sign of the scorer.
#: Means over rows; a weighted mean of the same values is the metric with weights.
WEIGHTED_METRICS: dict[Any, RowMetric] = {
    accuracy_score: _hits,
    zero_one_loss: _errors,
    log_loss: _log_losses,
    brier_score_loss: _brier_losses,
    mean_squared_error: _squared_errors,
    mean_absolute_error: _absolute_errors,
    mean_absolute_percentage_error: _relative_errors,
    mean_squared_log_error: _squared_log_errors,
    mean_poisson_deviance: _poisson_deviances,
    mean_gamma_deviance: _gamma_deviances,
}

#: Statistics of the ranks within one split.
RANK_METRICS: dict[Any, RowMetric] = {
    roc_auc_score: _auc_parts,
    average_precision_score: _average_precision_parts,
}

#: All metrics that rows are known of.
ROW_METRICS: dict[Any, RowMetric] = {
    **WEIGHTED_METRICS,
    **RANK_METRICS,
    balanced_accuracy_score: _balanced_hits,
    r2_score: _r2_parts,
    root_mean_squared_error: _root_squared_errors,
    root_mean_squared_log_error: _root_squared_log_errors,
}
