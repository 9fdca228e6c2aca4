"""Strategies of frames with columns of many kinds, of pandas and polars."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import strategies as st

from skoverfit._optional import import_optional
from skoverfit.testing.strategies._bounds import chosen, integers_within

__all__ = ["KINDS", "frames"]

#: Name, kind and cells of a column.
Column = tuple[str, str, list[Any]]

FLOATS = st.floats(-1e6, 1e6, width=32)
INTEGERS = st.integers(-100, 100)
DAYS = st.integers(0, 365).map(lambda days: date(2020, 1, 1) + timedelta(days))
MOMENTS = st.integers(0, 10**6).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(0, seconds)
)
LEVELS = ["lo", "mid", "hi"]


def _maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw values of which some are missing."""
    return st.none() | values


#: What the cells of a kind of column are. "mid" is a level that no cell has.
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "float": FLOATS,
    "single": FLOATS,
    "gap": _maybe(FLOATS),
    "int": INTEGERS,
    "count": _maybe(INTEGERS),
    "bool": st.booleans(),
    "answer": _maybe(st.booleans()),
    "level": _maybe(st.sampled_from(["lo", "hi"])),
    "text": _maybe(st.sampled_from(["a", "b", "ö", ""])),
    "day": _maybe(DAYS),
    "moment": _maybe(MOMENTS),
    "arrow": _maybe(INTEGERS),
    "flags": st.sampled_from(LEVELS),
}
#: Names that break code that builds expressions, paths or attributes of them.
HOSTILE = ["", " ", "0", "a b", "ü", "index", "__class__", "x'y\"z", "a\nb", "count"]


def _pandas_types() -> dict[str, Any]:
    import pandas as pd

    return {
        "float": "float64",
        "single": "float32",
        "gap": "float64",
        "int": "int16",
        "count": "Int64",
        "bool": "bool",
        "answer": "boolean",
        "level": pd.CategoricalDtype(LEVELS, ordered=True),
        "text": "object",
        "day": "datetime64[ns]",
        "moment": "datetime64[ns, UTC]",
        "arrow": "int64[pyarrow]",
    }


def _polars_types() -> dict[str, Any]:
    pl: Any = import_optional("polars", extra="test")

    return {
        "float": pl.Float64,
        "single": pl.Float32,
        "gap": pl.Float64,
        "int": pl.Int16,
        "count": pl.Int64,
        "bool": pl.Boolean,
        "answer": pl.Boolean,
        "level": pl.Enum(LEVELS),
        "text": pl.String,
        "day": pl.Date,
        "moment": pl.Datetime("us", "UTC"),
        "arrow": pl.Int64,
    }


def _pandas_frame(columns: list[Column], n_rows: int) -> Any:
    import pandas as pd

    types, index = _pandas_types(), np.arange(n_rows) + 7
    parts = [
        pd.Series(cells, index, types[kind], name=name) for name, kind, cells in columns
    ]
    return pd.concat(parts, axis=1)


def _polars_frame(columns: list[Column], n_rows: int) -> Any:
    pl: Any = import_optional("polars", extra="test")
    types = _polars_types()
    return pl.DataFrame([pl.Series(name, c, types[kind]) for name, kind, c in columns])


MAKERS = {"pandas": _pandas_frame, "polars": _polars_frame}


def frames(
    *,
    min_rows: int = 1,
    max_rows: int = 12,
    min_columns: int = 1,
    max_columns: int = 10,
    libraries: Sequence[str] = ("pandas", "polars"),
    kinds: Sequence[str] = tuple(KINDS),
    hostile_names: bool = False,
    duplicate_names: bool = False,
) -> st.SearchStrategy[Any]:
    """Draw frames whose columns are of different kinds.

    Parameters
    ----------
    min_rows, max_rows : int, default=1, 12
        Bounds of the number of rows.
    min_columns, max_columns : int, default=1, 10
        Bounds of the number of columns, where a block of flags counts as one.
    libraries : sequence of {"pandas", "polars"}
        Where frames come from.
    kinds : sequence of str
        Kinds of columns: "float", "single" (32 bits), "gap" (with missing values),
        "int" (16 bits), "count" (nullable), "bool", "answer" (nullable), "level"
        (ordered categories with one that is not used), "text", "day", "moment" (with
        a time zone), "arrow" (integers of Arrow) and "flags" (a block of one-hot
        columns). Each column has the name of its kind.
    hostile_names : bool, default=False
        Whether columns may have other names: empty, with quotes or line breaks, those
        of attributes.
    duplicate_names : bool, default=False
        Whether two columns of a frame of pandas may have the same name.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws frames. The simplest is a frame of pandas with one row and a zero.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import frames
    >>> find(frames(), lambda frame: len(frame) > 1)
       float
    7    0.0
    8    0.0
    """
    rows = integers_within("rows", min_rows, max_rows)
    integers_within("columns", min_columns, max_columns)
    names = chosen("libraries", libraries, MAKERS)
    known = chosen("kinds", kinds, KINDS)
    size: dict[str, Any] = {
        "min_size": min(min_columns, len(known)),
        "max_size": min(max_columns, len(known)),
    }

    @st.composite
    def data(draw: Any) -> Any:
        library = draw(st.sampled_from(names))
        repeats = duplicate_names and library == "pandas" and draw(st.booleans())
        n_rows = draw(rows)
        column = _column(known, n_rows, HOSTILE if hostile_names else [])
        drawn = draw(st.lists(column, unique_by=lambda one: one[1], **size))
        columns = [part for one in drawn for part in _parts(*one)]
        if hostile_names:
            columns = _told_apart(columns)
        if repeats:
            columns[-1] = (columns[0][0], *columns[-1][1:])
        return MAKERS[library](columns, n_rows)

    return data()


def _column(
    known: list[str], n_rows: int, other_names: list[str]
) -> st.SearchStrategy[Column]:
    """Draw the name of a column, its kind and its cells, all in one place.

    So a column that does not matter is left out as a whole.
    """

    def of(kind: str) -> st.SearchStrategy[Column]:
        cells = st.lists(KINDS[kind], min_size=n_rows, max_size=n_rows)
        return st.tuples(st.sampled_from([kind, *other_names]), st.just(kind), cells)

    return st.sampled_from(known).flatmap(of)


def _parts(name: str, kind: str, cells: list[Any]) -> list[Column]:
    """Return a column, or a block of flags in its place."""
    if kind != "flags":
        return [(name, kind, cells)]
    prefix = "is" if name == kind else name
    return [
        (f"{prefix}_{level}", "int", [int(cell == level) for cell in cells])
        for level in LEVELS
    ]


def _told_apart(columns: list[Column]) -> list[Column]:
    """Give names that occur twice a number."""
    names = [name for name, *_ in columns]
    return [
        (f"{name}{k}" if name in names[:k] else name, kind, cells)
        for k, (name, kind, cells) in enumerate(columns)
    ]
