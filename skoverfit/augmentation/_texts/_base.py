"""What all augmenters of texts share: containers of texts, and their words."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import validate_data

from skoverfit._columns import (
    cells_of,
    holds_texts,
    is_frame,
    is_missing_value,
    is_series,
    rewrap,
)
from skoverfit._declared import declared_base
from skoverfit.augmentation._base import (
    _check_targets,
    takes_any_table,
)
from skoverfit.augmentation._declared import DeclaredAugmenter
from skoverfit.augmentation._texts._protection import Phrases, keep_whole
from skoverfit.augmentation._texts._tokens import Tokens

__all__ = ["TextAugmenter", "WordAugmenter"]


@declared_base
class TextAugmenter(DeclaredAugmenter):
    """Base of augmenters that perturb texts, one by one.

    A subclass implements ``_perturbed(parents, rng)``; ``self._texts`` holds all texts.
    Rows that hold no texts are only duplicated.
    """

    column: str | int | None = None

    _parameter_constraints = {
        "column": [str, Integral, None],
    }

    @abstractmethod
    def _perturbed(self, parents, rng):
        """Return a list with a perturbed copy of each given text.

        Parameters
        ----------
        parents : ndarray of int
            Positions in ``self._texts``; the same may stand there more than once.
        rng : numpy.random.Generator
            The only source of randomness.
        """

    def _learn_texts(self, texts):
        """Learn from all texts before the copies are made; nothing by default."""

    def _check_rows(self, X, y):
        self._column: Any = None
        if not is_series(X) and not _is_vector(X):
            _check_container(X)
            return self._check_table(X, y)
        if self.column is not None:
            raise ValueError(
                f"column={self.column!r} needs a data frame or a 2-D array. Got texts "
                f"alone ({type(X).__name__}); allowed is column=None."
            )
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        rows = _object_array(_texts_in(X) if is_series(X) else X)
        _check_strings(rows.tolist(), "X")
        validate_data(self, rows, skip_check_array=True)
        if hasattr(self, "n_features_in_"):
            del self.n_features_in_  # of another fit
        targets = _check_targets(y)
        check_consistent_length(rows, targets)
        return rows, targets

    def _check_table(self, X, y):
        rows, targets = super()._check_rows(X, y)
        if is_frame(X):
            self._column = _frame_column(X, self.column)
        elif self.column is not None:
            self._column = _array_column(rows, self.column)
            rows = rows.astype(object, copy=False)
        if self._column is not None:
            column = self.column
            if column is None:
                column = X.columns[self._column]
            _check_strings(self._texts_of(rows), f"column {column!r}")
        return rows, targets

    def _learn(self, X, y):
        self._texts = self._texts_of(X)
        if self._texts is not None:
            self._learn_texts(self._texts)

    def _texts_of(self, rows):
        """Texts of rows as a list; None where the rows hold no texts."""
        if getattr(rows, "ndim", 2) == 1:
            return rows.tolist()
        if self._column is None:
            return None
        return list(cells_of(rows).column(self._column))

    def _augment(self, X, y, rng):
        if self._texts is None:
            return X, y
        texts = _object_array(self._perturbed(self._parents, rng))
        if len(X.shape) == 1:
            return texts, y
        cells, j = cells_of(X), self._column
        new = rewrap(texts, cells.column(j), np.arange(len(texts)))
        return cells.with_columns({j: new}), y

    def _rewrap(self, rows, X, parents):
        is_tuple = isinstance(X, tuple)
        return rows.tolist() if is_tuple else super()._rewrap(rows, X, parents)

    def __sklearn_tags__(self):
        tags = takes_any_table(super().__sklearn_tags__())
        tags.input_tags.one_d_array = False  # of numbers; of strings it is
        tags.input_tags.two_d_array = True
        return tags


@declared_base
class WordAugmenter(TextAugmenter):
    """Base of augmenters that edit words; ``self._tokens`` holds those of all texts."""

    protected: Sequence[str] = ()
    keep_entities: bool = True

    _parameter_constraints = {
        "protected": ["array-like"],
        "keep_entities": ["boolean"],
    }

    def _learn_texts(self, texts):
        self._tokens = Tokens(texts)
        keep_whole(self._tokens, Phrases(self.protected), self.keep_entities)


# ------------------------------------------------------------------------ containers


def _is_vector(X: Any) -> bool:
    """Whether X is a list or a 1-D array of texts."""
    if isinstance(X, list | tuple):
        return any(isinstance(each, str) for each in X)
    if not isinstance(X, np.ndarray) or X.ndim != 1 or X.size == 0:
        return False
    if X.dtype.kind == "O":
        return any(isinstance(each, str) for each in X)
    return X.dtype.kind in "UT"


def _check_container(X: Any) -> None:
    """Refuse what is neither texts nor a table, and say what texts are."""
    n_axes = getattr(X, "ndim", None)
    if n_axes is None:
        n_axes = np.ndim(X) if isinstance(X, list | tuple) else 0
    if n_axes == 1 or isinstance(X, str | bytes | set | frozenset | Iterator):
        what = "none" if hasattr(X, "__len__") and not len(X) else type(X).__name__
        raise ValueError(
            "Expected texts (a list, 1-D array or series of at least one string) or a "
            f"2D array or data frame that holds some. Got {what} instead."
        )


def _texts_in(series: Any) -> list:
    """Values of a series of strings; missing ones as they are."""
    if not holds_texts(series):
        name = "" if series.name in (None, "") else f" {series.name!r}"
        raise ValueError(
            f"{type(series).__name__}{name} must hold strings. Got dtype "
            f"{series.dtype}; convert it first."
        )
    return list(series)


def _frame_column(frame: Any, column: Any) -> Any:
    """Position of the column of texts; None where there is none and none was named."""
    names = list(frame.columns)
    if column is not None:
        if column not in names:
            raise ValueError(f"column={column!r} is not in X. X has {names}.")
        _texts_in(frame[column])
        return names.index(column)
    found = [name for name in names if holds_texts(frame[name])]
    if len(found) > 1:
        raise ValueError(
            f"column=None needs a frame with one column of strings. X has {found}; "
            "say which with column="
        )
    return names.index(found[0]) if found else None


def _array_column(rows: Any, column: Any) -> int:
    """Position of the column of texts of a 2-D array."""
    n_columns = rows.shape[1]
    if not isinstance(column, Integral) or not -n_columns <= column < n_columns:
        raise ValueError(
            f"column={column!r} is not in X, an array without names with {n_columns} "
            f"columns; allowed are positions from 0 to {n_columns - 1}."
        )
    return int(column) % n_columns


def _object_array(values: Any) -> np.ndarray:
    """1-D object array of values, whatever they are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values if isinstance(values, list) else list(values)
    return array


def _check_strings(texts: list, where: str) -> None:
    """Refuse what is neither a string nor missing."""
    if set(map(type, texts)) == {str}:
        return
    for position, text in enumerate(texts):
        if not isinstance(text, str) and not is_missing_value(text):
            raise ValueError(
                f"{where} must hold strings. Got {text!r} "
                f"({type(text).__name__}) at position {position}."
            )
