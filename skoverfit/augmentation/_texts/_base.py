"""What all augmenters of texts share: containers of texts, and their words."""

import sys
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import validate_data

from skoverfit._columns import is_frame, is_missing_value
from skoverfit.augmentation._base import (
    _check_targets,
    takes_any_table,
)
from skoverfit.augmentation._declared import DeclaredAugmenter, declared_base
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
        self._column = None
        if not _is_series(X) and not _is_vector(X):
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
        rows = _object_array(_series_list(X) if _is_series(X) else X)
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
            _check_strings(self._column_texts(rows), f"column {self._column!r}")
        return rows, targets

    def _column_texts(self, rows):
        """Texts of the column, as a list."""
        if is_frame(rows):
            return _series_list(rows[self._column])
        return rows[:, self._column].tolist()

    def _learn(self, X, y):
        self._texts = self._texts_of(X)
        if self._texts is not None:
            self._learn_texts(self._texts)

    def _texts_of(self, rows):
        """Texts of rows as a list; None where the rows hold no texts."""
        if getattr(rows, "ndim", 2) == 1:
            return rows.tolist()
        return None if self._column is None else self._column_texts(rows)

    def _augment(self, X, y, rng):
        if self._texts is None:
            return X, y
        texts = _object_array(self._perturbed(self._parents, rng))
        if is_frame(X):
            return _with_column(X, self._column, texts.tolist()), y
        if X.ndim == 1:
            return texts, y
        X = X.copy()
        X[:, self._column] = texts
        return X, y

    def _rewrap(self, rows, X, parents):
        if _is_series(X):
            return _new_series(X, rows.tolist(), parents)
        if isinstance(X, tuple):
            return rows.tolist()
        if isinstance(X, np.ndarray) and X.dtype.kind in "UT":
            return rows.astype(str if X.dtype.kind == "U" else X.dtype)
        return super()._rewrap(rows, X, parents)

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


def _is_series(X: Any) -> bool:
    """Whether X is a pandas or polars series."""
    modules = (sys.modules.get(name) for name in ("pandas", "polars"))
    return any(module and isinstance(X, module.Series) for module in modules)


def _is_pandas(X: Any) -> bool:
    return type(X).__module__.split(".")[0] == "pandas" or hasattr(X, "iloc")


def _holds_strings(series: Any) -> bool:
    """Whether a series is of strings, some of which may be missing."""
    if not _is_pandas(series):
        return series.dtype == sys.modules["polars"].String
    types = sys.modules["pandas"].api.types
    if series.dtype == object:
        return types.infer_dtype(series, skipna=True) == "string"
    return not isinstance(series.dtype, sys.modules["pandas"].CategoricalDtype) and (
        types.is_string_dtype(series.dtype)
    )


def _series_list(series: Any) -> list:
    """Values of a series of strings; missing ones as they are."""
    if not _holds_strings(series):
        raise ValueError(
            f"{_named(series)} must hold strings. Got dtype "
            f"{series.dtype}; convert it first."
        )
    return series.tolist() if _is_pandas(series) else series.to_list()


def _named(series: Any) -> str:
    name = "" if series.name in (None, "") else f" {series.name!r}"
    return f"{type(series).__name__}{name}"


def _new_series(original: Any, values: list, parents: np.ndarray) -> Any:
    """Make a series like another one."""
    if _is_pandas(original):
        index = original.index[parents]
        return type(original)(
            values, index=index, name=original.name, dtype=original.dtype
        )
    return type(original)(original.name, values, dtype=original.dtype)


def _with_column(frame: Any, name: Any, values: list) -> Any:
    """Copy of a frame with other texts in one column."""
    old = frame[name]
    new = _new_series(old, values, np.arange(len(old)))
    if not _is_pandas(frame):
        return frame.with_columns(new)
    result = frame.copy(deep=False)
    result.isetitem(list(frame.columns).index(name), new.array)
    return result


def _frame_column(frame: Any, column: Any) -> Any:
    """Name of the column of texts; None where there is none and none was asked for."""
    if column is not None:
        if column not in frame.columns:
            names = list(frame.columns)
            raise ValueError(f"column={column!r} is not in X. X has {names}.")
        _series_list(frame[column])
        return column
    found = [name for name in frame.columns if _holds_strings(frame[name])]
    if len(found) > 1:
        raise ValueError(
            f"column=None needs a frame with one column of strings. X has {found}; "
            "say which with column="
        )
    return found[0] if found else None


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
