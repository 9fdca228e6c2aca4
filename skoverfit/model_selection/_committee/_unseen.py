"""Scores of a committee on rows that its members have not seen.

Scorers ask an estimator about rows. A stand-in answers them with what is known of the
rows of a split, so that their own code computes the score.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier

from skoverfit._compat import _check_method_params, available_if
from skoverfit.model_selection._committee._average import Ballot, labels_known
from skoverfit.model_selection._committee._members import Task

__all__ = ["Scoring"]

FloatArray = NDArray[np.float64]


def _answers_by(method: str) -> Callable[[Any], bool]:
    return lambda self: self.ballot.method == method


class _StandIn(BaseEstimator):
    """An estimator that answers for the rows of one split, and no others."""

    def __init__(self, ballot: Ballot, matrix: FloatArray, X: Any) -> None:
        self.ballot, self.matrix, self.X = ballot, matrix, X

    def _known(self, X: Any) -> FloatArray:
        if X is not self.X:
            raise ValueError(
                "A committee is scored on rows that its members have not seen by what "
                "they said of these; the scorer asked about others."
            )
        return self.matrix

    def predict(self, X: Any) -> Any:
        """Return the labels or numbers of the split."""
        return self.ballot.labels(self._known(X))

    @available_if(_answers_by("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Return the probabilities of the split."""
        return self.ballot.answer(self._known(X))

    @available_if(_answers_by("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Return the decision values of the split."""
        return self.ballot.answer(self._known(X))


class _Classifier(ClassifierMixin, _StandIn):
    @property
    def classes_(self) -> Any:
        """Class labels."""
        return labels_known(self.ballot)


class _Regressor(RegressorMixin, _StandIn):
    pass


@dataclass(frozen=True)
class Scoring:
    """How what is said of unseen rows is scored, split by split.

    Attributes
    ----------
    task : Task
        Rows and splits.
    metric : str
        Metric to choose by.
    scorer : callable
        Scorer of it, or of several metrics by name.
    params : dict
        Metadata for it.
    n_splits : int
        Splits of the first pass, in which each row counts.
    test_rows : callable
        Gives the rows that a split tests, and their targets.
    """

    task: Task
    metric: str
    scorer: Any
    params: Mapping[str, Any]
    n_splits: int
    test_rows: Callable[[int], tuple[Any, Any]]

    def of_splits(self, ballot: Ballot, matrix: FloatArray) -> FloatArray:
        """Score what is said of the test rows of each split."""
        splits = range(self.n_splits)
        return np.array([self.of_split(ballot, matrix, k) for k in splits])

    def of_rows(
        self,
        row_scorer: Any,
        ballot: Ballot,
        matrix: FloatArray,
        splits: Sequence[int] | None = None,
    ) -> list[FloatArray]:
        """Give what test rows of all splits, or of some, contribute to their scores."""
        rows = self.rows
        return [
            row_scorer(*self._stand_in(ballot, matrix[rows[k]], self.test_rows(k)))
            for k in (range(len(rows)) if splits is None else splits)
        ]

    @property
    def rows(self) -> list[NDArray[np.intp]]:
        """Test rows of each split."""
        return [test for _, test in self.task.splits[: self.n_splits]]

    def of_split(self, ballot: Ballot, matrix: FloatArray, split: int) -> float:
        """Score what is said of the test rows of one split."""
        _, test = self.task.splits[split]
        asked = self._stand_in(ballot, matrix[test], self.test_rows(split))
        return self._scored(asked, test)

    def _stand_in(
        self, ballot: Ballot, matrix: FloatArray, rows: tuple[Any, Any]
    ) -> tuple[Any, Any, Any]:
        """Return what scorers are given: an estimator, rows and targets."""
        X, y = rows
        if not is_classifier(self.task.estimator):
            return _Regressor(ballot, matrix, X), X, y
        if np.ndim(y) == 2 and np.shape(y)[1] == 1:  # as classifiers answer
            y = np.ravel(y)
        return _Classifier(ballot, matrix, X), X, y

    def _scored(self, asked: tuple[Any, Any, Any], rows: NDArray[np.intp]) -> float:
        params = _check_method_params(self.task.X, self.params, rows)
        score = self.scorer(*asked, **params)
        return float(score[self.metric] if isinstance(score, dict) else score)
