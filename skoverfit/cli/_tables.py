"""A table's features, target and groups, and what was understood of its file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skoverfit._columns import columns_of
from skoverfit._optional import import_optional
from skoverfit.cli._files import read_source
from skoverfit.cli._formats import Content, Reading, read_content
from skoverfit.cli._names import close_matches, listing
from skoverfit.cli._numbers import (
    Conversions,
    convert_numbers,
    spellings,
    text_columns,
)
from skoverfit.cli._recipe import Recipe, number_lines
from skoverfit.cli._task import example_of, is_number, is_whole
from skoverfit.exceptions import InputError

__all__ = ["Table", "read_rows", "read_table"]

_SAMPLE_ROWS = 1000
_CODE = r"\s*[+-]?0\d+\s*"
# What pandas takes for missing, but can be the name of a class.
_CLASS_NAMES = frozenset({"None"})


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes
    ----------
    X : pandas.DataFrame of shape (n_samples, n_features)
        The features.
    y : pandas.Series of shape (n_samples,)
        The target, without missing values.
    groups : pandas.Series of shape (n_samples,) or None
        The groups.
    name : str
        The file.
    converted : dict of str to str
        Columns whose texts became numbers, and how these were written.
    notes : tuple of str
        What was guessed, left out or could not be settled.
    recipe : Recipe
        How plain pandas reads the file.
    """

    X: Any
    y: Any
    groups: Any
    name: str
    converted: dict[str, str]
    notes: tuple[str, ...]
    recipe: Recipe


def read_table(
    source: str,
    target: str,
    groups: str | None = None,
    *,
    drop: Sequence[str] = (),
    text: Sequence[str] = (),
    reading: Reading | None = None,
) -> Table:
    """Read features, target and groups from a file.

    Parameters
    ----------
    source : str
        Path of a text with separators, JSON, Parquet, Feather or Excel file, which
        may be compressed; ``"-"`` for standard input.
    target : str
        Name of the column to predict.
    groups : str, default=None
        Name of a column whose equal values mark rows that belong together. It is
        not a feature.
    drop : sequence of str, default=()
        Columns to leave out.
    text : sequence of str, default=()
        Columns whose values are texts even if they look like numbers.
    reading : Reading, default=None
        What is known about the file; found out where it is not.

    Raises
    ------
    InputError
        If the file is not a readable table, or its target or groups column is
        missing, incomplete or constant.
    """
    reading = reading or Reading()
    content = read_content(read_source(source, reading.max_bytes), target, reading)
    name = "standard input" if source == "-" else source
    _check_names(content, name, target, groups, drop, text)
    _check_nested(content.table.drop(columns=list(drop)))
    done = _settle(content, reading, text, drop)
    notes = content.notes
    table = content.table.drop(columns=list(drop))
    if target in done.ambiguous:
        value = done.ambiguous[target]
        raise InputError(
            f"target {target!r} holds values such as {value!r}, which can be two "
            "numbers; say --decimal . or --decimal , (or --text to read texts)."
        )
    table = _with_whole_target(table, content, target, notes)
    y = _as_plain(table[target])
    _check_target(y)
    members = None if groups is None else _complete_groups(table[groups], name)
    X = table.drop(columns=[name for name in (target, groups) if name is not None])
    X = _without_row_names(_without_empty_columns(X, notes), notes)
    _check_features(X)
    return Table(X, y, members, name, done.converted, tuple(notes), content.recipe)


def read_rows(source: str, like: Any, text: Sequence[str], reading: Reading) -> Any:
    """Read rows to predict: columns of a table that was read, in the same order.

    Parameters
    ----------
    source : str
        As in :func:`read_table`; a target is not needed.
    like : pandas.DataFrame
        Features that were read with :func:`read_table`.
    text : sequence of str
        Columns whose values are texts even if they look like numbers.
    reading : Reading
        What is known about the file.

    Raises
    ------
    InputError
        If it is not a readable table, or a column is missing or of another kind.
    """
    columns = list(like.columns)
    content = read_content(read_source(source, reading.max_bytes), columns[0], reading)
    missing = [name for name in columns if name not in content.table.columns]
    if missing:
        raise InputError(f"{source} has no column {missing[0]!r}, but the data have.")
    others = [name for name in content.table.columns if name not in columns]
    _settle(content, reading, text, others)
    table = content.table[columns]
    for name in columns:
        if is_number(like[name]) and not is_number(table[name]):
            value = example_of(table[name])
            raise InputError(
                f"{source}: column {name!r} holds {value}, but numbers in the data."
            )
    return table


# ------------------------------------------------------------------------------ columns
def _check_names(
    content: Content,
    name: str,
    target: str,
    groups: str | None,
    drop: Sequence[str],
    text: Sequence[str],
) -> None:
    table = content.table
    if table.shape[1] < 2:
        raise InputError(
            f"{name} is not a table: it has only {table.shape[1]} column, and a "
            "target and at least one feature are needed."
        )
    if not len(table):
        raise InputError(f"{name} has a header but no rows.")
    wanted = [("target", target)] + [("groups", groups)] * (groups is not None)
    wanted += [("", column) for column in (*drop, *text)]
    known = list(table.columns)
    for role, column in wanted:
        if column not in known:
            hint = close_matches(str(column), known) or (
                f" Its columns: {listing(known)}."
            )
            guessed = " ".join(["", *content.notes]) if content.notes else ""
            role = f"{role} column" if role else "column"
            raise InputError(f"{name} has no {role} {column!r}.{hint}{guessed}")
    if groups == target:
        raise InputError(f"groups and target are the same column {target!r}.")
    for role, column in (("target", target), ("groups", groups)):
        if column in drop:
            raise InputError(f"--drop {column!r} is the {role} column.")


# --------------------------------------------------------------------- texts or numbers
def _settle(
    content: Content, reading: Reading, text: Sequence[str], drop: Sequence[str]
) -> Conversions:
    """Decide which texts of a table are numbers, and which numbers are texts."""
    kept = {*text, *drop}
    mark = reading.decimal or _mark_of_file(content, kept)
    if mark == "," and reading.decimal is None and content.read is not None:
        content.table = content.read(decimal=",")
    if content.read is not None and mark == ",":
        content.recipe.options["decimal"] = ","
    kept |= _keep_codes(content, set(text), kept)
    names = [name for name in text_columns(content.table) if name not in kept]
    table, done = convert_numbers(content.table, names, mark, plain=not content.typed)
    content.recipe.lines += number_lines(content.table, table, done.converted)
    if content.read is not None and mark == ",":
        floats = [name for name in _floats(table, kept) if name not in done.converted]
        done.converted.update(dict.fromkeys(floats, "decimal commas"))
    content.table = _with_long_digits_as_texts(table)
    content.notes += done.notes
    return done


def _mark_of_file(content: Content, kept: set[str]) -> str | None:
    """Find the decimal mark that the columns of a file agree on."""
    table = content.table
    names = [name for name in text_columns(table) if name not in kept]
    # what the sample does not settle is settled by its own column, or reported
    spelled = spellings(table.head(_SAMPLE_ROWS), names)
    unclear = any(spelling.is_ambiguous for spelling in spelled.values())
    marks = {spelling.mark for spelling in spelled.values()} - {None}
    if content.read is not None and (
        unclear or "," in marks or content.separator == ";"
    ):
        marks |= _marks_of_floats(content, _floats(table, kept), bool(marks))
    if marks:
        return marks.pop() if len(marks) == 1 else None
    # a comma that separates columns is not a decimal mark elsewhere
    return "." if content.separator == "," else None


def _marks_of_floats(content: Content, names: list[str], settled: bool) -> set[str]:
    """Look how the numbers that pandas read are written: 1.234 can be thousands."""
    sample = content.read(dtype=str, nrows=_SAMPLE_ROWS)  # type: ignore[misc]
    spelled = spellings(sample, names)
    marks = {s.mark for s in spelled.values() if s.mark is not None}
    unclear = [name for name, s in spelled.items() if s.is_ambiguous]
    if unclear and not marks and not settled:
        content.notes.append(
            f"Numbers such as those of column {unclear[0]!r} were read with a decimal "
            "point; if it separates thousands, say --decimal ,."
        )
    return marks


def _floats(table: Any, kept: set[str]) -> list[str]:
    return [n for n, d in table.dtypes.items() if d.kind == "f" and n not in kept]


def _keep_codes(content: Content, text: set[str], kept: set[str]) -> set[str]:
    """Give back to texts what was read as numbers: zeros in front, and wishes."""
    table = content.table
    if content.read is None:
        new = {n: table[n].map(str).where(table[n].notna(), None) for n in text}
        content.table = table.assign(**{n: c.astype(object) for n, c in new.items()})
        content.recipe.keep_texts(text)
        return set()
    whole = [n for n in table if n not in kept and _can_be_codes(table[n])]
    if not text and not (whole and content.has_codes):
        return set()
    raw = content.read(dtype=str, usecols=[*whole, *text])
    codes = {n for n in whole if raw[n].str.fullmatch(_CODE).any()}
    content.table = table.assign(**{n: raw[n] for n in codes | text})
    content.recipe.keep_texts(codes | text)
    content.notes += [
        f"Column {name!r} was kept as texts, since some of its numbers begin with 0."
        for name in sorted(codes)
    ]
    return codes


def _can_be_codes(column: Any) -> bool:
    """Tell whether pandas read whole numbers, with or without missing values."""
    if column.dtype.kind == "f":
        return column.isna().any() and is_whole(column.dropna())
    return column.dtype.kind in "iu"


def _with_long_digits_as_texts(table: Any) -> Any:
    """Read whole numbers that no number type keeps as what they are: names."""
    pd = import_optional("pandas", extra="report")
    long = [
        name
        for name in table.columns[table.dtypes == np.dtype(object)]
        if pd.api.types.infer_dtype(table[name], skipna=True) == "integer"
        and table[name].abs().max() >= 2**63
    ]
    return table.assign(**{n: table[n].map(str, na_action="ignore") for n in long})


# ------------------------------------------------------------------------------- target
def _with_whole_target(
    table: Any, content: Content, target: str, notes: list[str]
) -> Any:
    """Leave out the rows without a target."""
    y = _with_class_names(table[target], content)
    n_missing, n_rows = int(y.isna().sum()), len(y)
    if n_missing < table[target].isna().sum():
        read = f"data[{target!r}]"
        content.recipe.lines.append(f'{read} = {read}.fillna("None")')
    if not n_missing:
        return table.assign(**{target: y})
    if 2 * n_missing > n_rows:
        raise InputError(
            f"target {target!r} is missing in {n_missing} of {n_rows} rows; remove "
            'these rows or fill them in (texts such as "NA" count as missing).'
        )
    notes.append(
        f"Left out {n_missing} of {n_rows} rows, in which target {target!r} is missing "
        '(texts such as "NA" count as missing).'
    )
    kept = y.notna().to_numpy()
    y = y[kept]
    content.recipe.leave_out(target)
    # missing values made whole numbers floats
    if content.read is not None and y.dtype.kind == "f" and is_whole(y):
        y = y.astype("int64")
    return table[kept].assign(**{target: y}).reset_index(drop=True)


def _with_class_names(y: Any, content: Content) -> Any:
    """Give back classes whose names pandas takes for missing values."""
    is_text = not is_number(y) and y.dtype.kind != "b"
    if content.read is None or not is_text or not y.isna().any():
        return y
    raw = content.read(dtype=str, keep_default_na=False, usecols=[y.name])
    raw = raw[y.name].str.strip()
    return y.where(y.notna() | ~raw.isin(_CLASS_NAMES), raw)


def _as_plain(column: Any) -> Any:
    """Undo categories and extension types, which not every scorer understands."""
    pd = import_optional("pandas", extra="report")
    column = column.infer_objects()
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
        raise InputError(
            f"target {y.name!r} is constant: every row has {example_of(y)}."
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise InputError(f"target {y.name!r} holds infinite values.")


def _complete_groups(column: Any, name: str) -> Any:
    n_missing = int(column.isna().sum())
    if n_missing:
        raise InputError(
            f"groups {column.name!r} is missing in {n_missing} of {len(column)} rows; "
            'remove these rows or fill them in (texts such as "NA" count as missing).'
        )
    return _as_plain(column)


# ----------------------------------------------------------------------------- features
def _without_empty_columns(X: Any, notes: list[str]) -> Any:
    empty = list(X.columns[X.isna().all()])
    if empty:
        columns = "column" if len(empty) == 1 else "columns"
        notes.append(f"Left out {len(empty)} empty {columns}: {listing(empty)}.")
    return X.drop(columns=empty)


def _without_row_names(X: Any, notes: list[str]) -> Any:
    """Drop a nameless first column that counts or names the rows: a saved index."""
    if not X.shape[1] or not re.fullmatch(r"Unnamed: \d+|", X.columns[0]):
        return X
    first = X.iloc[:, 0]
    if first.dtype.kind in "iu" and (np.diff(first.to_numpy()) == 1).all():
        notes.append("The nameless first column counts the rows and was left out.")
    elif first.dtype.kind not in "iufb" and first.is_unique:
        notes.append("The nameless first column names the rows and was left out.")
    else:
        return X
    return X.iloc[:, 1:]


def _check_features(X: Any) -> None:
    if not X.shape[1]:
        raise InputError("no feature is left beside the target (and the groups).")
    for name, column in X.items():
        if column.dtype.kind == "f" and np.isinf(column.to_numpy(float)).any():
            raise InputError(
                f"column {name!r} holds infinite values; replace or remove them."
            )


def _check_nested(table: Any) -> None:
    columns = columns_of(table)
    for name, kind in zip(columns.names, columns.kinds, strict=True):
        if kind == "nested":
            raise InputError(f"column {name!r} holds lists or tables, not values.")
