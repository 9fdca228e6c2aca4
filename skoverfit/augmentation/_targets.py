"""What a target is made of: labels or numbers, and a number for each label."""

from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

__all__ = ["class_codes", "is_continuous", "is_numeric_target"]


def is_continuous(y: np.ndarray) -> bool:
    """Whether a target cannot be class labels, as whole numbers always can.

    Ask this only where the user says that there are labels; `is_numeric_target` decides
    what a target is meant to be.
    """
    return bool(type_of_target(y, input_name="y").startswith("continuous"))


def _is_dense(labels: np.ndarray) -> bool:
    """Whether integers span a range that is not longer than there are of them."""
    return int(labels.max()) - int(labels.min()) <= len(labels)


def class_codes(y: np.ndarray) -> np.ndarray:
    """Give each distinct target a number; a row of a 2-D target is one label."""
    if y.ndim == 1 and y.dtype.kind in "iu" and _is_dense(y):
        wide = y.astype(np.int64) if y.dtype.kind == "i" else y
        offsets = (wide - wide.min()).astype(np.intp)
        return (np.cumsum(np.bincount(offsets) > 0) - 1)[offsets]  # no sorting needed
    if y.ndim == 1:
        return np.unique(y, return_inverse=True)[1]
    if y.shape[1] == 1:
        return class_codes(y[:, 0])
    columns = np.column_stack([class_codes(column) for column in y.T])
    codes = np.unique(columns, axis=0, return_inverse=True)[1].ravel()
    return codes.max() - codes  # labels in one-hot form are numbered like the labels


def is_numeric_target(y: np.ndarray, sampling_strategy: Any = None) -> bool:
    """Whether a target is made of numbers to compute with, not of class labels.

    Whole numbers are labels, unless there are more than 20 of them and each has fewer
    than five rows on average: years or prices, say. Who asks for amounts by class says
    that there are labels.
    """
    if sampling_strategy is not None:
        return False
    kind = type_of_target(y, input_name="y")
    if kind.startswith("continuous"):
        return True
    if y.dtype.kind not in "fiu" or kind.startswith("multilabel"):
        return False
    n_distinct = len(np.unique(y, axis=0))
    return n_distinct > 20 and 5 * n_distinct > len(y)
