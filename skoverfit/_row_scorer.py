"""Scorers that give the contribution of each row; their mean is the score.

See :mod:`skoverfit._paired` for what they are good for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import accuracy_score, get_scorer, make_scorer, r2_score
from sklearn.neighbors import KNeighborsClassifier

from skoverfit._compat import (
    PIPELINES,
    _check_method_params,
    _PassthroughScorer,
    _safe_indexing,
)
from skoverfit._compat._scorers import scorer_parts, scorer_with_metric
from skoverfit._row_metrics import RANK_METRICS, ROW_METRICS, WEIGHTED_METRICS

__all__ = [
    "RowScorer",
    "default_scorer",
    "inherits_accuracy",
    "row_scorer",
    "row_scores",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Score methods that are the accuracy, or R2, of what ``predict`` returns.
ACCURACIES = (ClassifierMixin.score, KNeighborsClassifier.score, DummyClassifier.score)
R2_SCORES = (RegressorMixin.score, DummyRegressor.score)

#: Options of metrics: none, or one class against the rest for the area of ROC curves.
KNOWN_OPTIONS: tuple[dict[str, Any], ...] = ({}, {"multi_class": "ovr"})


@dataclass(frozen=True)
class RowScorer:
    """A scorer that gives the contribution of each row; their mean is the score.

    Attributes
    ----------
    scorer : scorer
        The scorer of scikit-learn that it stands for.
    is_rank : bool
        Whether the score is a statistic of ranks within a split.
    """

    scorer: Any
    is_rank: bool

    def __call__(self, estimator: Any, X: Any, y: Any, **params: Any) -> FloatArray:
        """Score rows.

        Parameters
        ----------
        estimator : estimator object
            Fitted.
        X : array-like of shape (n_rows, ...)
            Rows.
        y : array-like of shape (n_rows,) or (n_rows, n_outputs)
            Their targets.
        **params : dict
            ``sample_weight``, where the scorer was asked for with weights.

        Returns
        -------
        scores : ndarray of shape (n_rows,)
            Greater is better; NaN where these rows have no score.
        """
        return np.asarray(self.scorer(estimator, X, y, **params), dtype=float)


def row_scorer(
    scoring: Any, estimator: Any = None, *, weighted: bool = False
) -> RowScorer | None:
    """Return what scores rows as a scorer scores samples, if rows make up its score.

    Parameters
    ----------
    scoring : str, scorer or None
        Name of a scorer, or what :func:`sklearn.metrics.get_scorer`,
        :func:`~sklearn.metrics.make_scorer` or :func:`~sklearn.metrics.check_scoring`
        return. None is the estimator's own score.
    estimator : estimator object, default=None
        Whose score to take with ``scoring=None``.
    weighted : bool, default=False
        Whether the scorer will get ``sample_weight``.

    Returns
    -------
    scorer : RowScorer or None
        None for scores that rows do not make up, or not in a way that is known here
        (such as f1), and for functions of an estimator and data: compare splits then.

    Examples
    --------
    >>> from skoverfit._row_scorer import row_scorer
    >>> row_scorer("neg_log_loss").is_rank, row_scorer("roc_auc").is_rank
    (False, True)
    >>> row_scorer("f1") is None
    True
    """
    scorer = get_scorer(scoring) if isinstance(scoring, str) else scoring
    if scorer is None or isinstance(scorer, _PassthroughScorer):
        scorer = default_scorer(estimator)
    parts = scorer_parts(scorer)
    if parts is None:
        return None
    metric, options = parts
    known = WEIGHTED_METRICS if weighted else ROW_METRICS
    # One class against the rest is known; all other options are not.
    plain = not options or (
        metric in RANK_METRICS and options == {"multi_class": "ovr"}
    )
    if metric not in known or not plain:
        return None
    row_metric = _RowMetric(metric, known[metric])
    return RowScorer(scorer_with_metric(scorer, row_metric), metric in RANK_METRICS)


def default_scorer(estimator: Any) -> Any:
    """Return the scorer that equals the ``score`` an estimator inherits.

    Parameters
    ----------
    estimator : estimator object
        A Pipeline has the score of its last step.

    Returns
    -------
    scorer : scorer or None
        Accuracy or R2; None where the class has a score method of its own.
    """
    score = _own_score(estimator)
    if score in ACCURACIES:
        return make_scorer(accuracy_score)
    return make_scorer(r2_score) if score in R2_SCORES else None


def inherits_accuracy(estimator: Any) -> bool:
    """Whether the ``score`` of an estimator is the accuracy of what it predicts."""
    return _own_score(estimator) in ACCURACIES


def _own_score(estimator: Any) -> Any:
    while isinstance(estimator, PIPELINES):
        estimator = estimator.steps[-1][1]
    return getattr(type(estimator), "score", None)


@dataclass(frozen=True)
class _RowMetric:
    """Takes the place of a metric in its scorer, and gives values of rows."""

    metric: Any
    rows: Any

    @property
    def __wrapped__(self) -> Any:
        """The metric: scorers read in its signature which label is positive."""
        return self.metric

    @property
    def __name__(self) -> str:
        return self.metric.__name__

    def __call__(
        self, y: Any, response: Any, sample_weight: Any = None, multi_class: Any = None
    ) -> FloatArray:
        values = self.rows(y, response)
        if sample_weight is None:
            return values
        weight = np.asarray(sample_weight, dtype=float)
        mean = np.average(values, weights=weight)
        return mean + weight / weight.mean() * (values - mean)


def row_scores(
    scorer: RowScorer,
    fitted: Sequence[Any],
    X: Any,
    y: Any,
    rows: Sequence[IntArray],
    params: dict[str, Any] | None = None,
) -> list[FloatArray]:
    """Score the rows of each split with its model.

    Returns
    -------
    scores : list of ndarray
        One array for each split; NaN where a model cannot score.
    """
    scored = []
    for model, own in zip(fitted, rows, strict=True):
        X_own, y_own = (_safe_indexing(part, own) for part in (X, y))
        try:
            metadata = _check_method_params(X, params or {}, indices=own)
            scored.append(scorer(model, X_own, y_own, **metadata))
        except Exception:  # a fit that failed, or whatever a model raises
            scored.append(np.full(len(own), np.nan))
    return scored
