"""Rows that equal one another in every feature, for any kind of table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from skoverfit._columns import columns_of
from skoverfit._compat import _num_samples

__all__ = ["duplicate_groups"]


def duplicate_groups(X: Any) -> NDArray[np.int64]:
    """Give equal rows of a table the same number.

    Missing values equal one another. Serves as `groups` of a group splitter, which
    then keeps copies of a row on one side of every split.

    Parameters
    ----------
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The features.

    Returns
    -------
    groups : ndarray of shape (n_samples,)
        Integers from 0; the first row has number 0, and a new number is taken at
        the first row that equals none before it.

    Examples
    --------
    >>> from skoverfit.diagnosis import duplicate_groups
    >>> duplicate_groups([[1, 2], [3, 4], [1, 2], [5, 6]])
    array([0, 1, 0, 2])
    """
    if issparse(X):
        return _number_in_order(_sparse_keys(X))
    if not hasattr(X, "columns"):
        X = np.asarray(X)
        X = X.reshape(len(X), -1)
        if X.dtype.kind in "biuf":
            return _number_in_order(_byte_keys(X))
    if X.shape[1] == 0:
        return np.zeros(_num_samples(X), dtype=np.int64)
    table = columns_of(X)
    codes = np.column_stack([table.codes(j) for j in range(table.n_columns)])
    return _number_in_order(_byte_keys(codes))


def _byte_keys(X: NDArray) -> NDArray:
    """One opaque value per row whose bytes are equal if and only if the row is."""
    if X.shape[1] == 0:
        return np.zeros(len(X), dtype=np.int64)
    if X.dtype.kind == "f":
        X = X + 0.0  # -0.0 becomes 0.0
        X[np.isnan(X)] = np.nan  # NaN has many bit patterns
    X = np.ascontiguousarray(X)
    return X.view(np.dtype((np.void, X.itemsize * X.shape[1]))).ravel()


def _sparse_keys(X: Any) -> list[tuple[bytes, bytes]]:
    X = X.tocsr().copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    X.data[X.data != X.data] = np.nan if X.data.dtype.kind == "f" else 0
    ends = zip(X.indptr[:-1], X.indptr[1:], strict=True)
    return [(X.indices[a:b].tobytes(), X.data[a:b].tobytes()) for a, b in ends]


def _number_in_order(keys: Any) -> NDArray[np.int64]:
    """Give each distinct key a number, by first appearance."""
    if isinstance(keys, np.ndarray):
        keys = keys.tolist()
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
