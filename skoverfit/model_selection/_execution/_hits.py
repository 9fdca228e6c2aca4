"""Accuracy without the checks of labels that are known to be plain.

Of one fit that serves many candidates, much of the time goes into finding out, again
and again, of which kind the same labels are.
"""

from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score

from skoverfit._compat import _PassthroughScorer
from skoverfit._compat._scorers import scorer_parts
from skoverfit._row_scorer import inherits_accuracy

__all__ = ["hits_of", "labels_are_plain"]


def labels_are_plain(y_train: Any, *others: Any) -> bool:
    """Whether labels are whole numbers or strings, many of each: nothing to warn of.

    scikit-learn doubts that there are classes where half of the labels differ.
    """
    each = (y_train, *others)
    if not all(_is_plain(y) and len(y) for y in each):
        return False
    return 2 * len(np.unique(y_train)) < min(len(y) for y in each)


def _is_plain(labels: Any) -> bool:
    return (
        type(labels) is np.ndarray and labels.ndim == 1 and labels.dtype.kind in "iuU"
    )


def hits_of(scorer: Any, view: Any, X: Any, y: Any) -> float | None:
    """Return the accuracy that a scorer finds, for labels that are plain.

    Parameters
    ----------
    scorer : callable
        The scorer, which gets no metadata.
    view : estimator object
        Fitted.
    X, y : array-like
        Rows, and labels that are plain.

    Returns
    -------
    accuracy : float or None
        None where the scorer asks for something else, or labels of another kind are
        predicted.
    """
    if not _is_accuracy(scorer, view):
        return None
    predicted = view.predict(X)
    if not _is_plain(predicted) or predicted.shape != y.shape:
        return None
    if (predicted.dtype.kind == "U") != (y.dtype.kind == "U"):
        return None
    return float(np.mean(predicted == y))


def _is_accuracy(scorer: Any, view: Any) -> bool:
    """Whether a scorer compares labels and does nothing else."""
    if isinstance(scorer, _PassthroughScorer):
        return inherits_accuracy(view)
    return scorer_parts(scorer) == (accuracy_score, {})
