"""Tables of all containers: names, kinds, numbers and codes of their columns."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit._columns import columns_of

DAY = datetime.date(2024, 5, 1)
NOON = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
SECONDS = NOON.timestamp()
#: Of each kind: three cells with a missing one, and what they are as numbers.
CELLS = {
    "number": ([1.5, None, 2.0], [1.5, np.nan, 2.0]),
    "whole number": ([3, None, 2], [3, np.nan, 2]),
    "boolean": ([True, None, False], [1, np.nan, 0]),
    "text": (["b", None, "a"], [1, np.nan, 0]),
    "datetime": ([NOON, None, NOON], [SECONDS, np.nan, SECONDS]),
    "nested": ([[2], None, [1]], [1, np.nan, 0]),
}
OTHERS = {
    "decimals": ("number", [Decimal("1.5"), None, Decimal(2)], [1.5, np.nan, 2]),
    "durations": (
        "number",
        [datetime.timedelta(0, 1.5), None, None],
        [1.5, *2 * [np.nan]],
    ),
    "days": ("datetime", [DAY, None, DAY], [SECONDS - 43200, np.nan, SECONDS - 43200]),
    "texts of dates": (
        "datetime",
        ["2024-05-01 12:00", None, "2024-05-01T14:00:00+02:00"],
        [SECONDS, np.nan, SECONDS],
    ),
    "times": ("category", [datetime.time(2), None, datetime.time(1)], [1, np.nan, 0]),
    "nothing": ("category", [None] * 3, [np.nan] * 3),
}
CASES = {**{k: (k, *v) for k, v in CELLS.items()}, **OTHERS}
#: Ways to keep a column: of all cases but those named.
COLUMNS = {
    "objects": (lambda cells: pd.Series(cells, dtype=object), ()),
    "pandas": (pd.Series, ("whole number",)),  # floats
    "masked": (lambda cells: pd.Series(cells).convert_dtypes(), ()),
    "arrow": (lambda c: pd.Series(c).convert_dtypes(dtype_backend="pyarrow"), ()),
    "polars": (lambda cells: pl.Series(cells, strict=False), ()),
    "polars objects": (lambda cells: pl.Series(cells, dtype=pl.Object), ()),
}
PANDAS_ONLY = {
    "categories": (pd.Categorical(["b", None, "a"], ["b", "a"]), [0, np.nan, 1]),
    "intervals": (pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]), [0, 1, 2]),
    "mixture": (pd.Series([1, "a", None], dtype=object), [0, 1, np.nan]),
    "huge": (pd.Series([10**400, 1, None], dtype=object), [1, 0, np.nan]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", COLUMNS)
def test_kinds_and_numbers_are_the_same_in_every_frame(way, case):
    kind, cells, numbers = CASES[case]
    make, unlike = COLUMNS[way]
    column = make(cells)
    table = columns_of(column)
    if kind not in unlike:
        assert table.kinds == (kind,)
    np.testing.assert_array_equal(table.coded()[:, 0], numbers)
    np.testing.assert_array_equal(table.missing(0), np.isnan(numbers))
    if case == "texts of dates":  # two texts may name one moment
        return
    ranks = np.unique(np.array(numbers), return_inverse=True)[1]
    np.testing.assert_array_equal(
        table.codes(0), np.where(np.isnan(numbers), -1, ranks)
    )


@pytest.mark.parametrize("name", PANDAS_ONLY)
def test_categories(name):
    column, codes = PANDAS_ONLY[name]
    table = columns_of(pd.DataFrame({"a": column}))
    assert table.kinds == ("category",)
    np.testing.assert_array_equal(table.coded()[:, 0], codes)


def test_categories_of_polars():
    frame = pl.DataFrame({"c": ["b", "a"], "e": ["b", "a"]})
    frame = frame.cast({"c": pl.Categorical, "e": pl.Enum(["b", "a"])})
    np.testing.assert_array_equal(columns_of(frame).coded(), [[1, 0], [0, 1]])


X = np.array([[1.0, 0.0, np.nan], [0.0, 2.0, 3.0]])
CONTAINERS = {
    "array": np.asarray,
    "list": lambda X: X.tolist(),
    "objects": lambda X: X.astype(object),
    "pandas": lambda X: pd.DataFrame(X, columns=["a", "b", "a"], index=[5, 5]),
    "sparse pandas": lambda X: pd.DataFrame(X).astype("Sparse[float64]"),
    "polars": lambda X: pl.DataFrame(X, schema=["a", "b", "c"]),
    "CSR": sparse.csr_array,
    "COO": sparse.coo_matrix,
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_rows_and_columns_are_taken_from_every_container(name):
    table = columns_of(CONTAINERS[name](X))
    assert (table.n_rows, table.n_columns) == X.shape
    np.testing.assert_array_equal(table.coded(), X)
    np.testing.assert_array_equal(table.missing(2), [True, False])
    np.testing.assert_array_equal(columns_of(table.drop([1])).coded(), X[:, [0, 2]])
    for rows in (np.array([1]), np.array([False, True])):
        taken = table.take(rows)
        assert type(taken) is type(table.X)
        np.testing.assert_array_equal(columns_of(taken).coded(), X[[1]])


def test_columns_by_name():
    table = columns_of(CONTAINERS["pandas"](X))
    assert table.names == ("a", "b", "a")
    np.testing.assert_array_equal(table.drop(["a"]), X[:, [1]])
    with pytest.raises(KeyError, match="no column 'c' among 3"):
        table.drop(["c"])
    assert columns_of(X).names == ("column 0", "column 1", "column 2")


def test_lists_keep_numbers_beside_texts():
    table = columns_of([[1, "b"], [2, "a"]])
    assert table.kinds == ("whole number", "text")
    np.testing.assert_array_equal(table.coded(), [[1, 1], [2, 0]])


def test_images_have_a_column_for_each_cell():
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    table = columns_of(images)
    assert table.kinds == ("whole number",) * 12
    np.testing.assert_array_equal(table.coded(), images.reshape(2, -1))


@pytest.mark.parametrize("bad", [["a", "b"], [[1], [2, 3]], np.zeros((3, 0)), None, 5])
def test_what_is_no_table_is_refused(bad):
    with pytest.raises(TypeError, match="X must have rows and columns"):
        columns_of(bad)


def test_parts_of_seconds_are_kept():
    for unit in ("ms", "us", "ns"):
        moments = np.array([["2024-05-01T12:00:00.25", "NaT"]], f"M8[{unit}]")
        np.testing.assert_array_equal(
            columns_of(moments).coded(), [[SECONDS + 0.25, np.nan]]
        )


@pytest.mark.parametrize("convert", [np.asarray, pd.DataFrame, sparse.csr_array])
def test_constant_columns_and_one_hot_blocks(convert):
    colors = np.eye(3)[np.arange(60) % 3]
    numbers = np.c_[np.full(60, 7.0), colors, np.linspace(1, 2, 60)]
    table = columns_of(convert(numbers))
    assert table.constant == (0,)
    assert [block.tolist() for block in table.one_hot_blocks] == [[1, 2, 3]]


def test_columns_with_a_value_of_its_own_for_each_row():
    shuffled = np.random.default_rng(0).permutation(60)
    frame = pd.DataFrame(
        {
            "order": shuffled,
            "name": [f"row {k}" for k in shuffled],
            "city": np.where(shuffled > 30, "x", "y"),
            "size": shuffled / 7,
            "empty": [None] * 60,
        }
    )
    table = columns_of(frame)
    assert table.identifiers == (0, 1)
    assert table.constant == (4,)
