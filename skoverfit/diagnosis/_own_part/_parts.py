"""The training part and the test part of a user as numbers that can be compared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from skoverfit._columns import (
    NUMERIC,
    is_missing,
    is_pandas,
    is_polars,
    kind_of,
    numbers_of,
)

__all__ = ["Parts", "read_parts"]

FloatArray = NDArray[np.float64]

_ORDERED = {*NUMERIC, "boolean", "datetime"}

MOST_COLUMNS = 2000
"""Columns up to which parts are compared; more are texts or images."""


@dataclass(frozen=True)
class Parts:
    """Both parts with the same columns, as numbers.

    Attributes
    ----------
    names : tuple of str
        Names of the columns, or their numbers.
    is_category : ndarray of shape (n_columns,)
        Columns of categories; they are codes here.
    train, test : ndarray of shape (n_rows, n_columns)
        The values; NaN where one is missing.
    unseen : dict of str to (tuple of str, ndarray)
        For each column of categories with some that occur in the test part only: these,
        and a mask of the test rows that have them.
    """

    names: tuple[str, ...]
    is_category: NDArray[np.bool_]
    train: FloatArray
    test: FloatArray
    unseen: dict[str, tuple[tuple[str, ...], NDArray[np.bool_]]] = field(
        default_factory=dict
    )

    def numeric(self) -> Iterator[tuple[str, FloatArray, FloatArray]]:
        """Give name and both sides of each column of numbers."""
        for k in np.flatnonzero(~self.is_category):
            yield self.names[k], self.train[:, k], self.test[:, k]


def read_parts(X_train: Any, X_test: Any) -> Parts | None:
    """Read both parts; categories get the same codes in both.

    Parameters
    ----------
    X_train, X_test : frame, array or sparse matrix
        The rows of each part. Columns of frames are matched by name.

    Returns
    -------
    parts : Parts or None
        None for texts and for tables that are too wide.
    """
    if is_pandas(X_train) or is_polars(X_train):
        names = [name for name in X_train.columns if name in set(X_test.columns)]
        pairs = [(str(name), X_train[name], X_test[name]) for name in names]
        return _of_columns(pairs) if len(pairs) <= MOST_COLUMNS else None
    if issparse(X_train) != issparse(X_test):
        return None
    if issparse(X_train):
        if X_train.shape[1] > MOST_COLUMNS:
            return None
        X_train, X_test = X_train.toarray(), X_test.toarray()
    train, test = _as_matrix(X_train), _as_matrix(X_test)
    if train is None or test is None or train.shape[1] != test.shape[1]:
        return None
    pairs = [(f"column {k}", train[:, k], test[:, k]) for k in range(train.shape[1])]
    return _of_columns(pairs)


def _as_matrix(X: Any) -> Any:
    """Array with two axes; None for a list of texts and for too many columns."""
    try:
        array = np.asarray(X)
    except ValueError:  # rows of different lengths
        return None
    if array.ndim < 2:
        return None
    matrix = array.reshape(len(array), -1)
    return matrix if matrix.shape[1] <= MOST_COLUMNS else None


def _of_columns(pairs: list[tuple[str, Any, Any]]) -> Parts | None:
    if not pairs:
        return None
    unseen: dict[str, tuple[tuple[str, ...], NDArray[np.bool_]]] = {}
    read: list[list[Any]] = []
    kinds: list[bool] = []
    for name, train, test in pairs:
        numbers = _numbers(train, test)
        kinds.append(numbers is None)
        if numbers is None:
            *numbers, news = _codes(train, test)
            if news[1].any():
                unseen[name] = news
        read.append(numbers)
    train_matrix, test_matrix = (
        np.column_stack([columns[side] for columns in read]) for side in (0, 1)
    )
    names = tuple(name for name, *_ in pairs)
    return Parts(names, np.array(kinds), train_matrix, test_matrix, unseen)


def _numbers(*columns: Any) -> list[FloatArray] | None:
    """Columns of both parts as numbers, NaN where missing; None for categories."""
    kinds = [kind_of(column) for column in columns]
    families = {"datetime" if kind == "datetime" else "number" for kind in kinds}
    if len(families) > 1 or not _ORDERED.issuperset(kinds):
        return None
    return [
        numbers_of(column, kind) for column, kind in zip(columns, kinds, strict=True)
    ]


def _codes(
    train: Any, test: Any
) -> tuple[FloatArray, FloatArray, tuple[tuple[str, ...], NDArray[np.bool_]]]:
    """Codes in the order of the training part's frequencies, and what is new."""
    gone = [is_missing(column) for column in (train, test)]
    texts = [np.asarray(column).astype(str) for column in (train, test)]
    known, counts = np.unique(texts[0][~gone[0]], return_counts=True)
    known = known[np.argsort(-counts, kind="stable")]
    new = np.setdiff1d(texts[1][~gone[1]], known)
    code = {level: k for k, level in enumerate([*known.tolist(), *new.tolist()])}
    coded = []
    for text, missing in zip(texts, gone, strict=True):
        numbers = np.array([float(code.get(level, -1)) for level in text.tolist()])
        coded.append(np.where(missing, np.nan, numbers))
    is_new = coded[1] >= len(known)
    return coded[0], coded[1], (tuple(new.tolist()), is_new)
