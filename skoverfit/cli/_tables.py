"""Read a table from disk and prepare its target, with one clear line on bad input."""

import csv
import difflib
import gzip
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from skoverfit._compat import import_optional
from skoverfit.diagnosis._records import Task
from skoverfit.exceptions import InputError

__all__ = ["close_matches", "infer_task", "prepare_target", "read_table"]

# Whole numbers with at most this many distinct values can be class codes ...
MAX_CODED_CLASSES = 20
# ... if there are at least this many rows per value.
MIN_ROWS_PER_CODE = 10

_SNIFFED_BYTES = 1 << 16
_PARQUET_MAGIC = b"PAR1"


def read_table(
    path: str | os.PathLike[str], target: str, groups: str | None = None
) -> tuple[Any, Any, Any]:
    """Read features, target and groups from a CSV or Parquet file.

    Parameters
    ----------
    path : str or path-like
        A CSV file (comma, semicolon or tab between the fields, UTF-8, a header
        line; may be compressed as ``.gz``) or a Parquet file.
    target : str
        Name of the column to predict.
    groups : str, default=None
        Name of a column whose equal values mark rows that belong together. It is
        not a feature.

    Returns
    -------
    X : pandas.DataFrame of shape (n_samples, n_features)
        All other columns, without those that are entirely empty.
    y : pandas.Series of shape (n_samples,)
        The target, without missing values.
    groups : pandas.Series of shape (n_samples,) or None
        The groups.

    Raises
    ------
    InputError
        If the file is not a readable table, or its target or groups column is
        missing, incomplete or constant.
    """
    path = Path(path)
    table = _read_any(path)
    if table.shape[1] < 2:
        raise InputError(
            f"{path} is not a table: it has only {table.shape[1]} column, and a "
            "target and at least one feature are needed."
        )
    if not len(table):
        raise InputError(f"{path} has a header but no rows.")
    y = _complete_column(table, target, "target", path)
    _check_target(y)
    members = None if groups is None else _groups_column(table, target, groups, path)
    X = table.drop(columns=[name for name in (target, groups) if name is not None])
    X = _without_empty_columns(X)
    _check_features(X)
    return X, y, members


def infer_task(y: Any) -> Task:
    """Decide whether a target holds classes or quantities.

    Text, booleans and categories are classes. So are two distinct whole numbers,
    and integers with at most 20 distinct values and at least ten rows per value.
    All other numbers are quantities.

    Parameters
    ----------
    y : pandas.Series of shape (n_samples,)
        The target, without missing values.

    Returns
    -------
    task : {"classification", "regression"}
    """
    if not _is_number(y):
        return "classification"
    n_distinct = y.nunique()
    if n_distinct == 2 and _is_whole(y):
        return "classification"
    coded = y.dtype.kind in "iu" and n_distinct <= MAX_CODED_CLASSES
    enough = len(y) >= MIN_ROWS_PER_CODE * n_distinct
    return "classification" if coded and enough else "regression"


def prepare_target(y: Any, task: Task) -> Any:
    """Give the target the type that estimators of a task expect.

    Parameters
    ----------
    y : pandas.Series of shape (n_samples,)
        The target, without missing values.
    task : {"classification", "regression"}
        What to predict.

    Returns
    -------
    y : pandas.Series of shape (n_samples,)
        Whole numbers as integers for classification, floats for regression.

    Raises
    ------
    InputError
        If the values cannot serve the task.
    """
    if task == "regression":
        if not _is_number(y):
            raise InputError(
                f"target {y.name!r} holds {_example(y)}, not numbers, so the task "
                "cannot be regression."
            )
        return y.astype(float)
    if _is_number(y) and y.dtype.kind == "f":
        if not _is_whole(y):
            raise InputError(
                f"target {y.name!r} holds fractions such as {_example(y)}, so the "
                "task cannot be classification."
            )
        return y.astype(int)
    return y


def close_matches(name: str, known: Iterable[str]) -> str:
    """Say which known names are like a mistyped one; empty if none is."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    begin = [other for other in by_lower if name and other.startswith(name.lower())]
    found = begin[:3] or difflib.get_close_matches(name.lower(), by_lower, n=3)
    names = " or ".join(repr(by_lower[match]) for match in found)
    return f" Did you mean {names}?" if names else ""


def _read_any(path: Path) -> Any:
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a table.")
    if not path.exists():
        siblings = [p.name for p in path.parent.glob("*")] if path.parent else []
        raise InputError(f"{path} does not exist.{close_matches(path.name, siblings)}")
    try:
        head = _first_bytes(path)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{path} cannot be read: {reason}.") from error
    if not head.strip():
        raise InputError(f"{path} is empty.")
    if head.startswith(_PARQUET_MAGIC):
        return _read_parquet(path)
    return _read_csv(path, head)


def _first_bytes(path: Path) -> bytes:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        return file.read(_SNIFFED_BYTES)


def _read_parquet(path: Path) -> Any:
    pd = import_optional("pandas", extra="report")
    import_optional("pyarrow", extra="report")
    try:
        table = pd.read_parquet(path)
    # pyarrow's errors share no base class of its own
    except Exception as error:
        raise InputError(f"{path} is not a readable Parquet file: {error}") from error
    return table.rename(columns=str).reset_index(drop=True)


def _read_csv(path: Path, head: bytes) -> Any:
    pd = import_optional("pandas", extra="report")
    header, separator = _header(path, head)
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise InputError(f"{path} has more than one column {repeated[0]!r}.")
    try:
        table = pd.read_csv(path, sep=separator, low_memory=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text; save it as CSV in UTF-8."
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError) as error:
        reason = str(error).replace("Error tokenizing data. C error: ", "").strip()
        raise InputError(f"{path} is not a table: {reason}.") from error
    # With more fields than names pandas takes the first columns as an index.
    if not isinstance(table.index, pd.RangeIndex):
        raise InputError(
            f"{path} is not a table: its rows have more fields than the header."
        )
    return _without_row_numbers(table)


def _header(path: Path, head: bytes) -> tuple[list[str], str]:
    """Find the names and the separator that splits the first line most."""
    if b"\0" in head:
        raise InputError(f"{path} is not a table: it holds binary data.")
    text = head.decode("utf-8-sig", errors="replace")
    line = next((line for line in text.splitlines() if line.strip()), "")
    candidates = ((next(csv.reader([line], delimiter=sep)), sep) for sep in ",;\t")
    return max(candidates, key=lambda candidate: len(candidate[0]))


def _without_row_numbers(table: Any) -> Any:
    """Drop a nameless first column that counts the rows: a saved index."""
    first = table.columns[0]
    if str(first).startswith("Unnamed:"):
        values = table[first].to_numpy()
        if values.dtype.kind in "iu" and (np.diff(values) == 1).all():
            warnings.warn(
                "The nameless first column counts the rows and was left out.",
                stacklevel=5,
            )
            return table.drop(columns=first)
    return table


def _complete_column(table: Any, name: str, role: str, path: Path) -> Any:
    if name not in table.columns:
        known = [str(column) for column in table.columns]
        hint = close_matches(name, known) or f" Its columns: {_listing(known)}."
        raise InputError(f"{path} has no {role} column {name!r}.{hint}")
    column = table[name]
    n_missing = int(column.isna().sum())
    if n_missing:
        raise InputError(
            f"{role} {name!r} is missing in {n_missing} of {len(column)} rows; remove "
            'these rows or fill them in (texts such as "NA" and "None" count as '
            "missing)."
        )
    return _as_plain(column)


def _as_plain(column: Any) -> Any:
    """Undo categories and extension types, which not every scorer understands."""
    pd = import_optional("pandas", extra="report")
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_bool_dtype(column):
        return column.astype(bool)
    if pd.api.types.is_integer_dtype(column):
        return column.astype(int)
    if pd.api.types.is_float_dtype(column):
        return column.astype(float)
    if column.map(lambda value: hasattr(value, "as_integer_ratio")).all():
        return column.astype(float)  # decimals
    return column.map(str).astype(object)


def _check_target(y: Any) -> None:
    if y.nunique() == 1:
        raise InputError(f"target {y.name!r} is constant: every row has {_example(y)}.")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InputError(f"target {y.name!r} holds infinite values.")


def _groups_column(table: Any, target: str, groups: str, path: Path) -> Any:
    if groups == target:
        raise InputError(f"groups and target are the same column {target!r}.")
    return _complete_column(table, groups, "groups", path)


def _without_empty_columns(X: Any) -> Any:
    empty = X.columns[X.isna().all()]
    if len(empty):
        warnings.warn(
            f"Left out {len(empty)} empty columns: {_listing(list(empty))}.",
            stacklevel=3,
        )
    return X.drop(columns=empty)


def _check_features(X: Any) -> None:
    if not X.shape[1]:
        raise InputError("no feature is left beside the target (and the groups).")
    for name, column in X.items():
        if column.dtype.kind == "f" and np.isinf(column.to_numpy(float)).any():
            raise InputError(
                f"column {name!r} holds infinite values; replace or remove them."
            )
        if column.dtype == object and column.map(_is_nested).any():
            raise InputError(f"column {name!r} holds lists or tables, not values.")


def _is_nested(value: Any) -> bool:
    return isinstance(value, list | tuple | dict | set | np.ndarray)


def _is_number(y: Any) -> bool:
    return y.dtype.kind in "iuf"


def _is_whole(y: Any) -> bool:
    return bool((y == y.round()).all())


def _example(y: Any) -> str:
    value = y.iloc[int(np.argmax(y != y.round()))] if y.dtype.kind == "f" else y.iloc[0]
    return repr(getattr(value, "item", lambda: value)())


def _listing(names: list[str], limit: int = 12) -> str:
    shown = ", ".join(names[:limit])
    return shown + (f", ... ({len(names)} in all)" if len(names) > limit else "")
