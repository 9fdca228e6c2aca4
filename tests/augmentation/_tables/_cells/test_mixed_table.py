"""Columns of any container, read as kinds, numbers and codes."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest

from skoverfit.augmentation._tables._cells._mixed_table import (
    MixedTable,
)
from skoverfit.augmentation._targets import class_codes, is_numeric_target

WHEN = [datetime.date(2020, 1, day) for day in (3, 1, 2)]
PANDAS = pd.DataFrame(
    {
        "float": [1.5, np.nan, 0.5],
        "int": [3, 1, 2],
        "bool": [True, False, True],
        "cat": pd.Categorical(["low", None, "high"], ["low", "unused", "high"]),
        "text": ["b", "a", None],
        "when": pd.to_datetime(WHEN),
        "Int64": pd.array([None, 5, 4], dtype="Int64"),
        "boolean": pd.array([None, True, False], dtype="boolean"),
        "list": [[1], [2], [1]],
        "several": [1, "a", (2, 3)],
        "sparse": pd.arrays.SparseArray([0.0, 2.0, 0.0], fill_value=0.0),
        "arrow": pd.array([1, None, 2], dtype="int64[pyarrow]"),
    }
)
KINDS = {
    "float": "float",
    "int": "integer",
    "bool": "bool",
    "cat": "category",
    "text": "category",
    "when": "category",
    "Int64": "integer",
    "boolean": "bool",
    "list": "other",
    "several": "category",
    "sparse": "float",
    "arrow": "integer",
}
CODES = {
    "float": [1, -1, 0],
    "int": [2, 0, 1],
    "bool": [1, 0, 1],
    "cat": [0, -1, 1],
    "text": [1, 0, -1],
    "when": [2, 0, 1],
    "Int64": [-1, 1, 0],
    "boolean": [-1, 1, 0],
    "list": [0, 0, 0],
    "several": [0, 1, 2],
    "sparse": [0, 1, 0],
    "arrow": [0, -1, 1],
}
POLARS = pl.DataFrame(
    {
        "float": [1.5, None, 0.5],
        "int": [3, 1, 2],
        "bool": [True, False, True],
        "cat": pl.Series(["low", None, "high"], dtype=pl.Enum(["low", "un", "high"])),
        "text": ["b", "a", None],
        "when": WHEN,
        "Int64": [None, 5, 4],
        "boolean": [None, True, False],
        "list": [[1], [2], [1]],
    }
)


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_kinds_and_codes(frame):
    mixed = MixedTable(frame)
    for j, name in enumerate(frame.columns):
        assert mixed.codes(j).tolist() == CODES[name], name
        assert mixed.kinds[j] == KINDS[name], name


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_build_takes_cells_and_keeps_dtypes(frame):
    mixed, source = MixedTable(frame), np.array([2, 0, 1])
    columns = range(frame.shape[1])
    built = mixed.build(frame, dict.fromkeys(columns, source), {})
    expected = frame.iloc[source] if frame is PANDAS else frame[source]
    if frame is PANDAS:
        expected = expected.set_axis(frame.index)
        pd.testing.assert_frame_equal(built, expected)
    else:
        assert built.equals(expected)
        assert built.schema == frame.schema


@pytest.mark.parametrize("frame", [PANDAS, POLARS], ids=["pandas", "polars"])
def test_build_writes_numbers_where_none_is_missing(frame):
    built = MixedTable(frame).build(
        frame, {}, {0: np.array([7.5, 8.5, 9.5]), 6: np.array([7, 8, 9])}
    )
    floats, integers = built["float"].to_numpy(), list(built["Int64"])
    np.testing.assert_array_equal(floats, [7.5, np.nan, 9.5])
    assert integers[0] in (None, pd.NA)
    assert integers[1:] == [8, 9]


def test_categorical_features_override_the_dtype():
    mixed = MixedTable(np.eye(3), [1])
    assert mixed.kinds == ["float", "category", "float"]


def test_object_arrays():
    X = np.array(
        [
            [1, 1.5, "b", True, 2**70, [1], None],
            [3, 2, "a", False, 1, [2], None],
            [None, np.nan, pd.NA, None, 2, [1], None],
        ],
        dtype=object,
    )
    mixed = MixedTable(X)
    codes = [mixed.codes(j).tolist() for j in range(7)]
    assert codes[:4] == [[0, 1, -1], [0, 1, -1], [1, 0, -1], [1, 0, -1]]
    assert codes[4:] == [[2, 0, 1], [0, 0, 0], [-1, -1, -1]]
    kinds = ["integer", "float", *["category"] * 3, "other", "category"]
    assert mixed.kinds == kinds
    numbers = {0: np.array([5, 6, 7]), 1: np.array([0.5, 0.25, 0.0])}
    built = mixed.build(X, {2: np.array([2, 0, 1])}, numbers)
    assert built[:2, :2].tolist() == [[5, 0.5], [6, 0.25]]
    assert [type(value) for value in built[0, :2]] == [int, float]
    assert built[2, 0] is None
    assert built[1:, 2].tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (np.array(["b", "a", "b"]), [1, 0, 1]),
        (np.array([True, False, True]), [1, 0, 1]),
        (np.array(["2020", "NaT", "2019"], dtype="M8[Y]"), [1, -1, 0]),
        (np.array([3, -1, 3], dtype=np.int8), [1, 0, 1]),
    ],
)
def test_codes_of_arrays(column, codes):
    assert MixedTable(column[:, np.newaxis]).codes(0).tolist() == codes


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (np.array([0.5, 1.0, 2.0]), True),
        (np.array([[0.5, 1.0], [2.0, 3.0]]), True),
        (np.arange(20), False),
        (np.arange(20.0), False),
        (np.arange(40).astype(str), False),
        (np.arange(2000) % 30, False),
        (np.eye(40, dtype=int), False),
        (np.array([True, False]), False),
    ],
)
def test_which_targets_are_numbers(y, expected):
    assert is_numeric_target(y) == expected


def test_class_codes():
    assert class_codes(np.array(["b", "a", "b"])).tolist() == [1, 0, 1]
    rows = np.array([[1, 0], [0, 1], [1, 0], [1, 1]])
    assert class_codes(rows).tolist() == [1, 2, 1, 0]  # one-hot rows like 0, 1, 2 ...
