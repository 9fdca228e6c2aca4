"""The data as a table: names and kinds of the columns, and all cells as numbers."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from skoverfit._columns import is_missing
from skoverfit._compat import _safe_indexing
from skoverfit.diagnosis._rows._duplicates import column_codes

MAX_ROWS = 20_000
"""Rows of a table from which some are drawn."""

MAX_CELLS = 20_000_000
"""Cells up to which a sparse matrix is written out."""

Kind = Literal["number", "category", "date"]


@dataclass(frozen=True)
class Table:
    """Columns of the data, for measurements that look at one or all of them.

    Attributes
    ----------
    names : tuple of str
        Names of the columns; "column 0" and so on where they have none.
    kinds : tuple of {"number", "category", "date"}
        What is in them; texts and booleans of a frame count as categories.
    matrix : ndarray of shape (n_rows, n_columns)
        Numbers as they are, dates in seconds, categories as codes; NaN if missing.
    rows : ndarray of shape (n_rows,)
        Which rows of the data these are, in ascending order.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    matrix: NDArray[np.float64]
    rows: NDArray[np.int64]

    def column(self, name: str) -> NDArray[np.float64]:
        """Give one column by its name."""
        return self.matrix[:, self.names.index(name)]


def make_table(X: Any, seed: int, max_rows: int = MAX_ROWS) -> Table | None:
    """Read data as a table.

    Parameters
    ----------
    X : data
        Array of any number of dimensions, sparse matrix or frame.
    seed : int
        Draws rows where there are many.
    max_rows : int
        Rows that are kept at most.

    Returns
    -------
    table : Table or None
        None of what has no columns, such as a list of texts.
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    rows = np.arange(n_rows)
    if n_rows > max_rows:
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(n_rows, max_rows, replace=False))
        X = _safe_indexing(X, rows)
    if hasattr(X, "columns"):
        return _of_columns(frame_columns(X), rows, [str(name) for name in X.columns])
    if issparse(X):
        if X.shape[0] * X.shape[1] > MAX_CELLS:
            return None
        X = X.toarray()
    X = np.asarray(X)
    if X.ndim < 2 or not X[0].size:
        return None
    return _of_array(X.reshape(len(X), -1), rows)


def frame_columns(X: Any) -> list[Any]:
    """Columns of a frame, by position where that is possible: names may be twice."""
    if hasattr(X, "iloc"):
        return [X.iloc[:, j] for j in range(X.shape[1])]
    return [X[name] for name in X.columns]


def _of_array(X: NDArray, rows: NDArray) -> Table | None:
    names = [f"column {j}" for j in range(X.shape[1])]
    if X.dtype.kind not in "biuf":
        return _of_columns([X[:, j] for j in range(X.shape[1])], rows, names)
    kinds: tuple[Kind, ...] = ("number",) * X.shape[1]
    return Table(tuple(names), kinds, X.astype(float), rows)


def _of_columns(columns: list[Any], rows: NDArray, names: list[str]) -> Table | None:
    if not columns:
        return None
    coded = [code_column(column) for column in columns]
    matrix = np.column_stack([values for _, values in coded])
    return Table(tuple(names), tuple(kind for kind, _ in coded), matrix, rows)


def code_column(column: Any) -> tuple[Kind, NDArray[np.float64]]:
    """Write a column of any type as numbers.

    Parameters
    ----------
    column : array-like of shape (n_rows,)
        Of numpy, pandas or polars.

    Returns
    -------
    kind : {"number", "category", "date"}
        What is in it.
    values : ndarray of shape (n_rows,)
        Numbers; NaN where missing.
    """
    missing = is_missing(column)
    values = np.asarray(column)
    if values.dtype.kind == "O":
        values = _plain_array(column, values, missing)
    kind: Kind = "number"
    if values.dtype.kind in "iuf":
        numbers = values.astype(float)
    elif values.dtype.kind == "b":
        kind, numbers = "category", values.astype(float)
    elif values.dtype.kind in "mM":
        kind, numbers = "date", values.astype(f"{values.dtype.kind}8[s]").astype(float)
    else:
        kind, numbers = "category", column_codes(values).astype(float)
    numbers[missing] = np.nan
    return kind, numbers


def _plain_array(column: Any, values: NDArray, missing: NDArray[np.bool_]) -> NDArray:
    """Find the type behind objects: numbers or dates with missing ones among them."""
    present = values[~missing]
    types = {type(value) for value in present[:1000]}
    if types and types <= {int, float}:
        found = np.full(len(values), np.nan)
        found[~missing] = present.astype(float)
        return found
    if types and all(hasattr(kind, "toordinal") for kind in types):
        found = np.full(len(values), np.datetime64("NaT", "s"))
        found[~missing] = [_moment(value) for value in present]
        return found
    if types == {str} and len(present):
        return _as_dates(values, present, missing)
    return values


def _moment(value: Any) -> np.datetime64:
    """Leave the time zone of a date out."""
    plain = value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value
    return np.datetime64(plain, "s")


def _as_dates(values: NDArray, present: NDArray, missing: NDArray) -> NDArray:
    """Texts such as 2024-05-01 as dates; other texts as they are."""
    if not _looks_like_date(present[0]):
        return values
    found = np.full(len(values), np.datetime64("NaT", "s"))
    try:
        found[~missing] = [np.datetime64(text, "s") for text in present]
    except ValueError:
        return values
    return found


def _looks_like_date(text: str) -> bool:
    return len(text) >= 10 and text[4] == text[7] == "-" and text[:4].isdigit()


def drop_columns(X: Any, positions: NDArray[np.int64] | list[int]) -> Any:
    """Leave columns of a table out.

    Parameters
    ----------
    X : ndarray, sparse matrix or frame
        The table.
    positions : array-like of int
        Which columns.

    Returns
    -------
    X : of the same type
    """
    kept = np.setdiff1d(np.arange(X.shape[1]), positions)
    if hasattr(X, "iloc"):
        return X.iloc[:, kept]
    if hasattr(X, "columns"):
        return X.select([X.columns[j] for j in kept])
    return X.tocsc()[:, kept].tocsr() if issparse(X) else np.asarray(X)[:, kept]
