"""Out-of-fold predictions: what is kept of them, and how they are scored again."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, is_classifier

from skoverfit._compat import (
    _BaseScorer,
    _num_samples,
    _PassthroughScorer,
    available_if,
)
from skoverfit._compat._scorers import response_of
from skoverfit._row_scorer import default_scorer

__all__ = [
    "DEFAULT_MAX_BYTES",
    "PredictionStore",
    "StoredResponse",
    "predictions_nbytes",
    "response_method_of",
    "row_scorer_of",
]

#: Memory that ``store_predictions=True`` may take: 1 GiB.
DEFAULT_MAX_BYTES = 2**30

METHODS = ("predict", "predict_proba", "decision_function")

#: Code of a label that is missing.
NO_LABEL = -1


def row_scorer_of(scorer: Any, estimator: Any) -> _BaseScorer:
    """Return a scorer that needs nothing but the response on rows and their target.

    Returns
    -------
    scorer : scorer
        The same one; accuracy or R2 where the estimator's ``score`` is
        scikit-learn's own.

    Raises
    ------
    ValueError
        If the scorer does not say which response it needs.
    """
    if isinstance(scorer, _BaseScorer):
        return scorer
    if isinstance(scorer, _PassthroughScorer):
        default = default_scorer(estimator)
        if default is not None:
            return default
        reason = f"{type(estimator).__name__} has a score method of its own"
    else:
        reason = f"scoring={scorer!r} is called with the estimator and its data"
    raise ValueError(
        "store_predictions needs a scorer that works on predictions alone, but "
        f"{reason}. Use the name of a metric or sklearn.metrics.make_scorer, or "
        "store_predictions=False."
    )


def response_method_of(scorer: Any, estimator: Any) -> str:
    """Name of the method whose output a scorer scores.

    Raises
    ------
    ValueError
        If the scorer does not say which response it needs, or the estimator does not
        have it.
    """
    wanted = response_of(row_scorer_of(scorer, estimator))
    wanted = [wanted] if isinstance(wanted, str) else list(wanted)
    for method in wanted:
        if method in METHODS and hasattr(estimator, method):
            return method
    raise ValueError(
        f"store_predictions cannot keep the response of {scorer!r}: it needs one of "
        f"{wanted}, of which {type(estimator).__name__} must have one among "
        f"{list(METHODS)}."
    )


def predictions_nbytes(
    n_candidates: int, n_samples: int, n_outputs: int = 1, itemsize: int = 8
) -> int:
    """Bytes that the predictions of a search take.

    Examples
    --------
    >>> from skoverfit.model_selection._honest_score import _predictions
    >>> _predictions.predictions_nbytes(50, 1000, n_outputs=3)
    1200000
    """
    return int(n_candidates) * int(n_samples) * int(n_outputs) * int(itemsize)


@dataclass(frozen=True)
class _Layout:
    """How the response of one kind of estimator is kept."""

    method: str
    classes: NDArray[Any] | None
    n_outputs: int
    is_vector: bool

    @property
    def holds_labels(self) -> bool:
        return self.method == "predict" and self.classes is not None

    @property
    def dtype(self) -> Any:
        return np.int32 if self.holds_labels else np.float64

    @property
    def missing(self) -> float:
        return NO_LABEL if self.holds_labels else np.nan


def _layout_of(method: str, estimator: Any, y: Any) -> _Layout:
    y = np.asarray(y)
    if method == "predict":
        n_outputs = 1 if y.ndim == 1 else y.shape[1]
        labeled = is_classifier(estimator) and y.ndim == 1
        return _Layout(
            method, np.unique(y) if labeled else None, n_outputs, y.ndim == 1
        )
    if y.ndim > 1:
        raise ValueError(
            f"store_predictions keeps the output of {method} for one target only, but "
            f"y has the shape {y.shape}."
        )
    if not is_classifier(estimator):
        return _Layout(method, None, 1, True)
    classes = np.unique(y)
    one = method == "decision_function" and len(classes) <= 2
    return _Layout(method, classes, 1 if one else len(classes), one)


class PredictionStore:
    """Out-of-fold predictions of all candidates, with a limit on the memory.

    Each row belongs to the first split that tests it. Predictions of later splits
    for the same row (overlapping or repeated splits) are not kept: labels have no
    mean, and a row that is tested twice is still one row.

    Parameters
    ----------
    method : {"predict", "predict_proba", "decision_function"}
        Response that is kept, see :func:`response_method_of`.
    estimator : estimator object
        The estimator that is searched.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The target of all rows.
    splits : sequence of (train, test)
        Row indices or masks of the splits of the first pass.
    n_candidates : int
        Candidates to make room for; `reserve` makes room for more.
    max_bytes : bool or int, default=True
        Limit on the memory; True is 1 GiB.

    Attributes
    ----------
    method : str
        As given.
    classes_ : ndarray of shape (n_classes,) or None
        Labels, where a classifier's response is kept.
    split_of_row : ndarray of shape (n_samples,)
        Split that each row belongs to; -1 for rows that no split tests.
    values : ndarray of shape (n_candidates, n_samples, n_outputs)
        Responses; labels as indices into ``classes_``. NaN or -1 where there is none.

    Raises
    ------
    ValueError
        If the predictions would need more than the limit, or cannot be kept.
    """

    def __init__(
        self,
        method: str,
        estimator: Any,
        y: Any,
        splits: Sequence[tuple[Any, Any]],
        n_candidates: int,
        *,
        max_bytes: bool | int = True,
    ) -> None:
        self._layout = _layout_of(method, estimator, y)
        # What was given is not kept: the target may be large, and belongs to others.
        self._rows = [_indices(test) for _, test in splits]
        self._seen = [
            _classes_seen(y, train, self._layout.classes) for train, _ in splits
        ]
        self._n_samples = _num_samples(y)
        self._max_bytes = DEFAULT_MAX_BYTES if max_bytes is True else int(max_bytes)
        self.method, self.classes_ = method, self._layout.classes
        self.split_of_row = _owners(self._rows, self._n_samples)
        self.values = self._empty(0)
        self.reserve(n_candidates)

    def reserve(self, n_candidates: int) -> None:
        """Make room for a number of candidates in all.

        Raises
        ------
        ValueError
            If they would need more memory than allowed.
        """
        if n_candidates <= len(self.values):
            return
        self._check_memory(n_candidates)
        more = self._empty(n_candidates - len(self.values))
        self.values = np.concatenate([self.values, more]) if self.values.size else more

    def cut_to(self, n_candidates: int) -> None:
        """Let go of the room for more candidates than there are."""
        self.values = self.values[:n_candidates]

    def taken(self, candidates: Sequence[int] | None) -> "PredictionStore":
        """Return the predictions of some candidates, numbered anew; None: of all."""
        if candidates is None:
            return self
        own = copy.copy(self)
        own.values = self.values[list(candidates)]
        return own

    def record(self, candidate: int, split: int, response: ArrayLike) -> None:
        """Keep what a candidate gave for the test rows of a split.

        A response of another form than expected (a label or a number of columns that
        the classes do not explain) counts as missing. Splits beyond the first pass
        are left out.
        """
        if split >= len(self._rows):
            return
        rows = self._rows[split]
        own = self.split_of_row[rows] == split
        values = self._as_kept(response, split)
        if values is not None and len(values) == len(rows):
            self.values[candidate, rows[own]] = values[own]

    def is_complete(self) -> NDArray[np.bool_]:
        """Which candidates have a prediction for every row that any split tests."""
        missing = self._missing(self.values[:, self.split_of_row >= 0])
        return np.asarray(~missing.any(axis=1))

    def is_missing(self, candidate: int) -> NDArray[np.bool_]:
        """Which rows have no prediction of a candidate."""
        return self._missing(self.values[candidate])

    def owns_all(self, split: int) -> bool:
        """Whether all rows that a split tests belong to it."""
        return bool((self.split_of_row[self._rows[split]] == split).all())

    def of(self, candidate: int) -> NDArray[Any]:
        """Out-of-fold response of one candidate, in the estimator's own form.

        Returns
        -------
        response : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels, probabilities or values. Rows without a prediction hold NaN; for
            labels, the first class: see ``split_of_row`` and `is_complete`.
        """
        values = self.values[candidate]
        if self.classes_ is not None and self._layout.holds_labels:
            return self.classes_[np.maximum(values[:, 0], 0)]
        return values[:, 0] if self._layout.is_vector else values

    def _missing(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        marks = values == NO_LABEL if self._layout.holds_labels else np.isnan(values)
        return np.asarray(marks.any(axis=-1))

    def _as_kept(self, response: ArrayLike, split: int) -> NDArray[Any] | None:
        values = np.asarray(response)
        values = values[:, np.newaxis] if values.ndim == 1 else values
        if values.ndim != 2:  # a list of outputs, or a sparse matrix
            return None
        if values.shape[1] != self._layout.n_outputs:
            return self._widened(values, self._seen[split])
        if self._layout.holds_labels:
            return _codes(values, self._layout.classes)
        return values.astype(float)

    def _widened(self, values: NDArray[Any], seen: NDArray[np.intp]) -> Any:
        """Probabilities with a column of 0 for each class the training rows lack."""
        if self.method != "predict_proba" or values.shape[1] != len(seen):
            return None
        wide = np.zeros((len(values), self._layout.n_outputs))
        wide[:, seen] = values
        return wide

    def _empty(self, n_candidates: int) -> NDArray[Any]:
        shape = (n_candidates, self._n_samples, self._layout.n_outputs)
        return np.full(shape, self._layout.missing, dtype=self._layout.dtype)

    def _check_memory(self, n_candidates: int) -> None:
        outputs = self._layout.n_outputs
        needed = predictions_nbytes(
            n_candidates,
            self._n_samples,
            outputs,
            np.dtype(self._layout.dtype).itemsize,
        )
        if needed > self._max_bytes:
            raise ValueError(
                f"store_predictions may take {self._max_bytes:,} bytes, but "
                f"{n_candidates} candidates x {self._n_samples} rows x {outputs} "
                f"numbers need {needed:,}. Allow them with store_predictions={needed}, "
                "or search fewer candidates."
            )


class StoredResponse(BaseEstimator):
    """A fitted estimator's stand-in that answers row indices with stored responses.

    Scorers see the method, the classes and the values that they would see on a fit, so
    that their own code computes the score.

    Parameters
    ----------
    store : PredictionStore
        The predictions.
    candidate : int
        Which candidate it stands for.
    """

    def __init__(self, store: PredictionStore, candidate: int) -> None:
        self.store = store
        self.candidate = candidate
        if store.classes_ is not None:
            self.classes_ = store.classes_
        self._response = store.of(candidate)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        is_labeled = self.store.classes_ is not None
        tags.estimator_type = "classifier" if is_labeled else "regressor"
        return tags

    @available_if(lambda self: self.store.method == "predict")
    def predict(self, rows):
        """Return what was predicted for rows."""
        return self._response[rows]

    @available_if(lambda self: self.store.method == "predict_proba")
    def predict_proba(self, rows):
        """Return the probabilities of rows."""
        return self._response[rows]

    @available_if(lambda self: self.store.method == "decision_function")
    def decision_function(self, rows):
        """Return the decision values of rows."""
        return self._response[rows]


def _indices(rows: Any) -> NDArray[np.intp]:
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)


def _owners(rows_of_split: Sequence[NDArray[np.intp]], n_samples: int) -> Any:
    """First split that tests each row, whatever order results arrive in."""
    owners = np.full(n_samples, -1, dtype=np.intp)
    for split in reversed(range(len(rows_of_split))):
        owners[rows_of_split[split]] = split
    return owners


def _classes_seen(y: Any, train: Any, classes: NDArray[Any] | None) -> NDArray[np.intp]:
    """Give the classes among training rows, where responses go by class."""
    if classes is None:
        return np.empty(0, dtype=np.intp)
    return np.searchsorted(classes, np.unique(np.asarray(y)[_indices(train)]))


def _codes(labels: NDArray[Any], classes: Any) -> NDArray[np.int32] | None:
    """Labels as indices into sorted classes; None if any is not among them."""
    try:
        codes = np.searchsorted(classes, labels)
        known = np.array_equal(classes[np.minimum(codes, len(classes) - 1)], labels)
    except TypeError:  # labels of another type than the classes
        return None
    return codes.astype(np.int32) if known else None
