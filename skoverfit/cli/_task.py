"""The task: classes or quantities, and the target in the type it needs."""

from typing import Any

import numpy as np

from skoverfit._columns import NUMERIC, Kind, columns_of
from skoverfit.diagnosis._records import Task
from skoverfit.exceptions import InputError

__all__ = [
    "example_of",
    "infer_task",
    "is_number",
    "is_whole",
    "mark_positive",
    "prepare_target",
    "understood",
]

# Whole numbers with at most this many distinct values can be class codes ...
MAX_CODED_CLASSES = 20
# ... if there are at least this many rows per value.
MIN_ROWS_PER_CODE = 10
_KINDS: dict[Kind, str] = {
    **dict.fromkeys(NUMERIC, "numbers"),
    "boolean": "booleans",
    "datetime": "dates",
}


def infer_task(y: Any, n_splits: int = 5) -> Task:
    """Decide whether a target holds classes or quantities.

    Text, booleans and categories are classes. So are two distinct whole numbers,
    and integers with at most 20 distinct values, ten rows per value on average and
    enough rows of each value to be in every split. All other numbers are quantities.
    """
    if not is_number(y):
        return "classification"
    counts = y.value_counts()
    if len(counts) == 2 and is_whole(y):
        return "classification"
    coded = y.dtype.kind in "iu" and len(counts) <= MAX_CODED_CLASSES
    enough = len(y) >= MIN_ROWS_PER_CODE * len(counts) and counts.min() >= n_splits
    return "classification" if coded and enough else "regression"


def prepare_target(y: Any, task: Task) -> Any:
    """Give the target the type that estimators of a task expect.

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
        if not is_number(y):
            raise InputError(
                f"target {y.name!r} holds {example_of(y)}, not numbers, so the task "
                "cannot be regression."
            )
        return y.astype(float)
    if is_number(y) and y.dtype.kind == "f":
        if not is_whole(y):
            raise InputError(
                f"target {y.name!r} holds fractions such as {example_of(y)}, so the "
                "task cannot be classification."
            )
        return y.astype(int)
    return y


def is_number(y: Any) -> bool:
    return y.dtype.kind in "iuf"


def is_whole(y: Any) -> bool:
    return bool((y == y.round()).all())


def example_of(y: Any) -> str:
    value = y.iloc[int(np.argmax(y != y.round()))] if y.dtype.kind == "f" else y.iloc[0]
    return repr(getattr(value, "item", lambda: value)())


def mark_positive(y: Any, label: str) -> Any:
    """Turn a target of two classes into 1 for one of them and 0 for the other.

    Raises
    ------
    InputError
        If there is no such class, or the classes are not two.
    """
    known = sorted({str(value) for value in y.unique()})
    if label not in known:
        shown = ", ".join(known[:12])
        raise InputError(
            f"--positive {label!r} is not among the values of target {y.name!r}: "
            f"{shown}."
        )
    if len(known) != 2:
        raise InputError(
            f"--positive needs a target of two classes; {y.name!r} has {len(known)}."
        )
    return (y.map(str) == label).astype("int64")


def understood(table: Any, task: Task, guessed: bool) -> str:
    """Say in one line how a table was read."""
    n_rows, n_features = table.X.shape
    parts = [
        f"Read {n_rows:,} rows and {n_features:,} features ({_kinds(table.X)}) from "
        f"{table.name}",
        f"target {table.y.name!r} has {_values(table.y, task)}, so the task is {task}"
        f"{' (--task changes it)' if guessed else ''}",
    ]
    if table.converted:
        parts.append(f"read as numbers: {_conversions(table.converted)}")
    return "; ".join(parts) + "."


def _kinds(X: Any) -> str:
    counts: dict[str, int] = {}
    for each in columns_of(X).kinds:
        kind = _KINDS.get(each, "texts")
        counts[kind] = counts.get(kind, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(
        f"{n:,} {kind if n > 1 else kind.removesuffix('s')}" for kind, n in ordered
    )


def _values(y: Any, task: Task) -> str:
    if task == "classification":
        return f"{y.nunique():,} classes"
    return f"numbers from {y.min():g} to {y.max():g}"


def _conversions(converted: dict[str, str], limit: int = 8) -> str:
    shown = [f"{name!r} ({style})" for name, style in list(converted.items())[:limit]]
    more = len(converted) - limit
    shown += [f"{more} more"] if more > 0 else []
    return f"{', '.join(shown)} (--text keeps texts, --decimal sets the mark)"
