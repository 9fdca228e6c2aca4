"""Rows of any container: some of them, or several blocks below each other."""

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from skoverfit._columns._missing import is_a, is_pandas, is_polars

__all__ = ["is_frame", "is_series", "stack", "take"]


def is_frame(X: Any) -> bool:
    """Whether X is a pandas or polars data frame."""
    return is_a(X, "pandas", "DataFrame") or is_a(X, "polars", "DataFrame")


def is_series(X: Any) -> bool:
    """Whether X is a pandas or polars series."""
    return is_a(X, "pandas", "Series") or is_a(X, "polars", "Series")


def take(X: Any, rows: np.ndarray) -> Any:
    """Rows of X, in the container of X."""
    if is_pandas(X):
        return X.iloc[rows]
    if isinstance(X, list):
        return [X[row] for row in rows]
    return X[rows]


def stack(parts: Sequence[Any]) -> Any:
    """Put blocks of rows of one kind below each other, always in new memory."""
    first = parts[0]
    if sparse.issparse(first):
        return sparse.vstack(parts, format="csr", dtype=first.dtype)
    if is_pandas(first):
        return sys.modules["pandas"].concat(parts, axis=0)
    if is_polars(first):
        return sys.modules["polars"].concat(parts, how="vertical")
    return np.concatenate(parts, axis=0)
