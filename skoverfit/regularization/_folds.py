"""Splits that a wrapper makes for itself, the same in every run."""

from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d


def shuffled_folds(y: Any, n_folds: Any, stratify: bool) -> list[tuple[Any, Any]]:
    """Deal out shuffled rows, class after class where there are classes.

    Always in the same way, and without complaint about rare classes.
    """
    n_rows = len(y)
    if n_rows < 2:
        raise ValueError(
            f"Choosing by folds needs 2 rows or more, got n_samples={n_rows}."
        )
    order = np.random.default_rng(0).permutation(n_rows)
    if stratify and y.ndim == 1:
        order = order[np.argsort(y[order], kind="stable")]
    fold = np.empty(n_rows, dtype=int)
    fold[order] = np.arange(n_rows) % min(n_folds, n_rows)
    return [
        (np.flatnonzero(fold != k), np.flatnonzero(fold == k))
        for k in range(min(n_folds, n_rows))
    ]


def as_target(y: Any) -> np.ndarray:
    """Target as an array; a single column becomes a vector."""
    y = np.asarray(y)
    return column_or_1d(y) if y.ndim == 2 and y.shape[1] == 1 else y
