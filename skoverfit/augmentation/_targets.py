"""What a target is made of: labels or numbers, and a number for each label."""

import warnings
from typing import Any

import numpy as np

from skoverfit._compat import StrOptions

__all__ = ["TASKS", "class_codes", "is_continuous", "is_numeric_target"]

#: What the parameter ``task`` of augmenters may be.
TASKS = [StrOptions({"auto", "classification", "regression"})]
#: Up to this number of rows, labels of their own for most rows are nothing to warn of.
MANY_LABELS = 20


def is_continuous(y: np.ndarray) -> bool:
    """Whether a target cannot be class labels, as whole numbers always can."""
    return y.dtype.kind == "f" and bool((y != np.floor(y)).any())


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


def is_numeric_target(
    y: np.ndarray, task: str = "auto", sampling_strategy: Any = None
) -> bool:
    """Whether a target is made of numbers to compute with, not of class labels.

    The one rule of all augmenters. It looks at single values, so it says the same of
    many rows and of few.

    Parameters
    ----------
    y : ndarray
        The target.
    task : {"auto", "classification", "regression"}
        What the user says. "auto" takes all for labels but numbers of which one is not
        whole, as scikit-learn does.
    sampling_strategy : object
        Who asks for amounts by class says that there are labels.
    """
    continuous = is_continuous(y)
    if task == "classification" and continuous:
        raise ValueError(
            "Unknown label type: continuous. task='classification' needs class labels "
            "in y; for numbers use task='regression'."
        )
    if task == "regression":
        _check_numbers(y, sampling_strategy)
        return True
    if task == "auto" and sampling_strategy is None and not continuous:
        _warn_of_many_labels(y)
    return continuous and sampling_strategy is None


def _check_numbers(y: np.ndarray, sampling_strategy: Any) -> None:
    """Refuse what contradicts ``task="regression"``."""
    if y.dtype.kind not in "fiub":
        raise ValueError(
            f"task='regression' needs numbers in y. Got a target of dtype {y.dtype}; "
            "convert it to numbers, or use task='classification'."
        )
    if sampling_strategy is not None:
        raise ValueError(
            f"sampling_strategy={sampling_strategy!r} asks for rows by class, and "
            "task='regression' says that there are none. Use sampling_strategy=None, "
            "or task='classification'."
        )


def _warn_of_many_labels(y: np.ndarray) -> None:
    """Say so where whole numbers that look like amounts are taken for labels."""
    if y.ndim != 1 or y.dtype.kind not in "fiu" or len(y) <= MANY_LABELS:
        return
    n_distinct = len(np.unique(y))
    if 2 * n_distinct > len(y):
        warnings.warn(
            f"y holds whole numbers, {n_distinct} different ones in {len(y)} rows, and "
            "task='auto' takes them for class labels. Use task='regression' if they "
            "are amounts, or task='classification' to confirm.",
            UserWarning,
            stacklevel=2,
        )
