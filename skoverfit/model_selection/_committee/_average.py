"""What members of a committee are asked, and how their answers become one.

A *ballot* turns the answer of a model into a matrix of numbers with one row for each
row: in regression a column for each output, in classification a column for each class
of each output. The committee's answer is the weighted mean of these matrices, and the
ballot turns it back into what users expect of a model. Classes that a model has not
seen among its training rows get their numbers here and nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from scipy.special import softmax
from sklearn.base import is_classifier
from sklearn.utils.multiclass import type_of_target

__all__ = ["Ballot", "ballot_for", "classes_of", "labels_known", "method_of"]

FloatArray = NDArray[np.float64]

#: What classifiers are asked, if all of them can answer; labels are votes.
PREFERRED = ("predict_proba", "decision_function", "predict")


class Ballot(Protocol):
    """How the answers of models are read, averaged and given to users.

    Attributes
    ----------
    method : {"predict_proba", "decision_function", "predict"}
        What models are asked.
    """

    @property
    def method(self) -> str:
        """The method that models are asked by."""

    def read(self, answer: Any, seen: Any) -> FloatArray:
        """Turn a model's answer into a matrix; `seen` are the classes it knows."""

    def answer(self, matrix: FloatArray) -> Any:
        """Turn a matrix into what the method of a model would return."""

    def labels(self, matrix: FloatArray) -> Any:
        """Turn a matrix into what ``predict`` of a model would return."""

    def truth(self, y: Any) -> FloatArray:
        """Turn targets into the matrix that a model without errors would give."""

    def comparable(self, matrix: FloatArray) -> FloatArray:
        """Turn a matrix into one whose distance from the truth says how bad it is."""


@dataclass(frozen=True)
class Numbers:
    """Predictions of regressors, for one output or several."""

    is_vector: bool
    method: str = "predict"

    def read(self, answer: Any, seen: Any) -> FloatArray:
        """Give each output a column."""
        return np.asarray(answer, dtype=float).reshape(len(answer), -1)

    def answer(self, matrix: FloatArray) -> Any:
        """Return the numbers."""
        return matrix[:, 0] if self.is_vector else matrix

    labels = answer

    def truth(self, y: Any) -> FloatArray:
        """Return the targets."""
        return self.read(y, None)

    def comparable(self, matrix: FloatArray) -> FloatArray:
        """Return the numbers as they are."""
        return matrix


@dataclass(frozen=True)
class OneOutput:
    """Probabilities, decision values or votes for the classes of one output."""

    method: str
    classes: NDArray[Any]

    def read(self, answer: Any, seen: Any) -> FloatArray:
        """Give each class a column, also those that the model does not know."""
        if self.method == "predict":
            return self._one_hot(answer)
        values = np.asarray(answer, dtype=float)
        if values.ndim == 1:  # of two classes, the decision for the second
            values = np.column_stack([-values, values])
        if values.shape[1] != len(seen):
            raise ValueError(
                f"Answers of {self.method} have {values.shape[1]} columns, but the "
                f"model knows {len(seen)} classes: they cannot be averaged."
            )
        places = np.searchsorted(self.classes, seen)
        wide = np.empty((len(values), len(self.classes)))
        wide[:] = self._of_unseen(values)
        wide[:, places] = values
        return wide

    def _of_unseen(self, values: FloatArray) -> Any:
        """Return what a model says of a class it has not seen: never, or as its least.

        Decision values have no smallest number that could be averaged.
        """
        if self.method == "predict_proba":
            return 0.0
        return values.min(axis=1, keepdims=True)

    def _one_hot(self, labels: Any) -> FloatArray:
        return (np.asarray(labels).reshape(-1, 1) == self.classes).astype(float)

    def answer(self, matrix: FloatArray) -> Any:
        """Return probabilities, decision values or shares of the votes."""
        if self._is_one_decision:
            return matrix[:, 1]
        return _at_most_one(matrix) if self.method == "predict_proba" else matrix

    def labels(self, matrix: FloatArray) -> Any:
        """Return the class with the largest number, the first of equals."""
        return self.classes[np.argmax(matrix, axis=1)]

    def truth(self, y: Any) -> FloatArray:
        """Return 1 for the class of each row, else 0; -1 for a single decision."""
        hits = self._one_hot(y)
        return 2 * hits - 1 if self._is_one_decision else hits

    def comparable(self, matrix: FloatArray) -> FloatArray:
        """Return probabilities, votes and single decisions as they are.

        Decisions between several classes have no scale in common: those of `SVC` count
        pairs of classes. Shares of them have one.
        """
        if self.method != "decision_function" or self._is_one_decision:
            return matrix
        return softmax(matrix, axis=1)

    @property
    def _is_one_decision(self) -> bool:
        return self.method == "decision_function" and len(self.classes) == 2


@dataclass(frozen=True)
class SeveralOutputs:
    """The same for several outputs, which models answer with a list or with labels."""

    method: str
    outputs: tuple[OneOutput, ...]
    dtype: Any

    def read(self, answer: Any, seen: Any) -> FloatArray:
        """Put the columns of all outputs side by side."""
        if self.method == "predict":
            answer = list(_dense(answer).T)
            seen = [output.classes for output in self.outputs]
        parts = zip(self.outputs, answer, seen, strict=True)
        return np.hstack([output.read(own, known) for output, own, known in parts])

    def answer(self, matrix: FloatArray) -> Any:
        """Return a list with the answer of each output."""
        return [output.answer(part) for output, part in self._parts(matrix)]

    def labels(self, matrix: FloatArray) -> Any:
        """Return the labels of each output in a column."""
        labels = [output.labels(part) for output, part in self._parts(matrix)]
        return np.column_stack(labels).astype(self.dtype, copy=False)

    def truth(self, y: Any) -> FloatArray:
        """Return those of all outputs side by side."""
        columns = zip(self.outputs, _dense(y).T, strict=True)
        return np.hstack([output.truth(own) for output, own in columns])

    def comparable(self, matrix: FloatArray) -> FloatArray:
        """Return those of all outputs side by side."""
        return np.hstack(
            [output.comparable(own) for output, own in self._parts(matrix)]
        )

    def _parts(self, matrix: FloatArray) -> Iterable[tuple[OneOutput, FloatArray]]:
        ends = np.cumsum([len(output.classes) for output in self.outputs])[:-1]
        return zip(self.outputs, np.split(matrix, ends, axis=1), strict=True)


@dataclass(frozen=True)
class Indicators:
    """One column for each label that a row may have: how sure a model is of it."""

    method: str
    n_labels: int
    dtype: Any

    def read(self, answer: Any, seen: Any) -> FloatArray:
        """Return the numbers as they are."""
        return np.asarray(answer, dtype=float)

    def answer(self, matrix: FloatArray) -> Any:
        """Return probabilities or decision values."""
        return _at_most_one(matrix) if self.method == "predict_proba" else matrix

    def labels(self, matrix: FloatArray) -> Any:
        """Return 1 for each label that is more likely than not."""
        least = 0.5 if self.method == "predict_proba" else 0.0
        return (matrix > least).astype(self.dtype)

    def truth(self, y: Any) -> FloatArray:
        """Return the labels; for decision values, -1 for those that are absent."""
        hits = _dense(y).astype(float)
        return 2 * hits - 1 if self.method == "decision_function" else hits

    def comparable(self, matrix: FloatArray) -> FloatArray:
        """Return the numbers as they are."""
        return matrix


def method_of(candidates: Sequence[Any]) -> str:
    """Return what members are asked: what all of them can answer.

    Parameters
    ----------
    candidates : sequence of estimator
        Unfitted.
    """
    if not is_classifier(candidates[0]):
        return "predict"
    return next(
        method
        for method in PREFERRED
        if all(_can_answer(each, method) for each in candidates) or method == "predict"
    )


def _can_answer(estimator: Any, method: str) -> bool:
    """Whether an estimator has a method whose columns are classes."""
    if method == "decision_function":
        params = estimator.get_params(deep=True)
        # One column for each pair of classes.
        shapes = [v for k, v in params.items() if k.endswith("decision_function_shape")]
        if any(isinstance(value, str) and value == "ovo" for value in shapes):
            return False
    return hasattr(estimator, method)


def ballot_for(method: str, y: Any, answer: Any, *, classifier: bool) -> Ballot:
    """Return how answers of this kind are read.

    Parameters
    ----------
    method : str
        What members are asked.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The target of all rows.
    answer : object
        The answer of one member.
    classifier : bool
        Whether members are classifiers.
    """
    if not classifier:
        return Numbers(np.asarray(answer).ndim == 1)
    labels = _dense(y)
    if labels.ndim == 1 or labels.shape[1] == 1:
        return OneOutput(method, np.unique(labels))
    if method == "predict" or isinstance(answer, list):
        outputs = tuple(OneOutput(method, np.unique(own)) for own in labels.T)
        return SeveralOutputs(method, outputs, labels.dtype)
    if type_of_target(labels) != "multilabel-indicator":
        raise ValueError(
            f"{method} of the estimator gives one number for each of several outputs, "
            "which have more than two classes: they cannot be averaged."
        )
    return Indicators(method, labels.shape[1], labels.dtype)


def classes_of(model: Any, y: Any) -> Any:
    """Return the classes that a model knows, from its training targets if need be."""
    if (known := getattr(model, "classes_", None)) is not None:
        return known
    labels = _dense(y)
    if labels.ndim == 1 or labels.shape[1] == 1:
        return np.unique(labels)
    return [np.unique(own) for own in labels.T]


def _at_most_one(probabilities: FloatArray) -> FloatArray:
    """Take off what rounding adds: scikit-learn's metrics refuse more than 1."""
    return np.minimum(probabilities, 1.0)


def _dense(y: Any) -> NDArray[Any]:
    return y.toarray() if issparse(y) else np.asarray(y)


def labels_known(ballot: Any) -> Any:
    """Return the class labels of a classifier's ballot, as ``classes_`` has them."""
    if isinstance(ballot, OneOutput):
        return ballot.classes
    if isinstance(ballot, SeveralOutputs):
        return [output.classes for output in ballot.outputs]
    return np.arange(ballot.n_labels)
