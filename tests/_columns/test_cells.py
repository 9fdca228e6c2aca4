"""Cells of arrays and frames are read and replaced in the same way, dtypes kept."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit._columns import cells_of, holds_texts, is_missing

NAN = float("nan")
FLOATS, WHOLE, TEXTS = (
    [1.5, NAN, 2.5, 0.5],
    [3, None, 2**60 + 1, 1],
    ["b", None, "a", "b"],
)
TABLES = {
    "floats": np.array([FLOATS]).T.copy(),
    "objects": np.array([FLOATS, WHOLE, TEXTS], dtype=object).T.copy(),
    "pandas": pd.DataFrame({"f": FLOATS, "t": TEXTS}, index=[7, 7, 8, 9]),
    "masked": pd.DataFrame({"f": FLOATS, "w": WHOLE, "t": TEXTS}).astype(
        {"f": "Float32", "w": "Int64", "t": "category"}
    ),
    "arrow": pd.DataFrame(
        {"f": pd.array([1.5, None, 2.5, 0.5], "double[pyarrow]")}
    ).assign(w=pd.array(WHOLE, "int64[pyarrow]"), t=pd.array(TEXTS, "string[pyarrow]")),
    "polars": pl.DataFrame({"f": FLOATS, "w": WHOLE, "t": TEXTS}),
}
each_table = pytest.mark.parametrize("name", TABLES)


def columns(X):
    """Columns of a table as lists, with None for what is missing."""
    cells = cells_of(X)
    found = []
    for j in range(X.shape[1]):
        values, gone = list(cells.column(j)), cells.missing(j)
        found.append([None if m else v for v, m in zip(values, gone, strict=True)])
    return found


def kinds(X):
    return [str(X.dtype)] if isinstance(X, np.ndarray) else list(map(str, X.dtypes))


@each_table
def test_numbers_are_read_and_replaced(name):
    X = TABLES[name]
    cells, before = cells_of(X), columns(X)
    numeric = [j for j in range(X.shape[1]) if cells.kind_of_values(j) in "fiu"]
    assert numeric[0] == 0
    for j in numeric:
        values, frozen = cells.numbers(j)
        np.testing.assert_array_equal(frozen, cells.missing(j))
        known = [value for value in before[j] if value is not None]
        assert values[~frozen].tolist() == known
        np.testing.assert_array_equal(cells.present(j), np.array(known, dtype=float))
    if name == "objects":  # numbers are written into them by their owner
        return
    new = cells.with_numbers({j: cells.numbers(j)[0] + 1 for j in numeric})
    assert kinds(new) == kinds(X)
    for j, (found, old) in enumerate(zip(columns(new), before, strict=True)):
        plus = 1 if j in numeric else None
        assert found == [v if v is None or plus is None else v + 1 for v in old]
    assert columns(X) == before


@each_table
def test_cells_come_from_other_rows(name):
    X = TABLES[name]
    last, before = X.shape[1] - 1, columns(X)
    new = cells_of(X).with_rows_taken({last: np.array([3, 2, 0])}, 3)
    assert kinds(new) == kinds(X)
    assert columns(new)[last] == [before[last][row] for row in (3, 2, 0)]
    assert columns(new)[:last] == [column[:3] for column in before[:last]]


@each_table
def test_cells_become_missing(name):
    X = TABLES[name]
    cells, mask = cells_of(X), np.array([True, False, False, True])
    able = [j for j in range(X.shape[1]) if cells.can_miss(j)]
    assert able == list(range(X.shape[1]))
    new = cells.with_missing(dict.fromkeys(able, np.flatnonzero(mask)))
    assert kinds(new) == kinds(X)
    for j in able:
        np.testing.assert_array_equal(cells_of(new).missing(j), cells.missing(j) | mask)


def test_what_cannot_miss():
    assert not cells_of(np.eye(2, dtype=int)).can_miss(0)
    assert not cells_of(pd.DataFrame({"a": [1]})).can_miss(0)


@each_table
def test_ranks(name):
    X = TABLES[name]
    cells, last = cells_of(X), X.shape[1] - 1
    expected = [1, -1, 2, 0] if name == "floats" else [1, -1, 0, 1]
    assert cells.ranks(last).tolist() == expected
    np.testing.assert_array_equal(cells.ranks(last) < 0, is_missing(cells.column(last)))


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_lists_have_no_ranks(make):
    assert cells_of(make({"a": [[1], [2]]})).ranks(0) is None


def test_objects_are_numbers_by_their_values():
    cells = cells_of(TABLES["objects"])
    assert [cells.kind(j) for j in range(3)] == ["O"] * 3
    assert [cells.kind_of_values(j) for j in range(3)] == ["f", "i", "O"]
    wide = cells_of(np.array([[2**70], [1]], dtype=object))
    assert wide.kind_of_values(0) == "O"


def test_columns_are_described():
    assert cells_of(np.eye(2)).describe(1) == "1 (float64)"
    assert cells_of(pd.DataFrame({"a": [1]})).describe(0) == "'a' (int64)"
    assert cells_of(pl.DataFrame({"a": [1]})).describe(0) == "'a' (Int64)"


@each_table
def test_single_cells_are_taken_from_other_rows(name):
    X = TABLES[name]
    whole, own = columns(X), columns(X)
    rows, at, sources = np.array([0, 3, 3]), np.array([0, 0, 0]), np.array([2, 1, 0])
    if len(own) > 1:
        at[2] = len(own) - 1
    new = cells_of(X).with_cells_taken(rows, at, X, sources)
    fewer = cells_of(X[:2]).with_cells_taken(rows[:1], at[:1], X, sources[:1])
    for row, j, source in zip(rows, at, sources, strict=True):
        own[j][row] = whole[j][source]
    assert columns(new) == own
    assert columns(fewer)[0][0] == whole[0][2]
    assert columns(X) == whole
    assert kinds(new) == kinds(X)


def test_sparse_cells_are_written_out():
    X = sparse.csr_array(np.array([[0.0, 1.0], [2.0, 0.0]]))
    values, frozen = cells_of(X).numbers(0)
    assert values.tolist() == [0.0, 2.0]
    assert not frozen.any()
    assert cells_of(X).ranks(1).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(["a", None], True), (["2024-05-01"], True), ([None, None], False), ([1], False)],
)
def test_columns_of_texts(cells, expected):
    assert holds_texts(pd.Series(cells, dtype=object)) is expected
    if any(cells):
        assert holds_texts(pl.Series(cells)) is expected
    assert holds_texts(pd.Series(cells, dtype="string")) is True
