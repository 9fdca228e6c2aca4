"""Rows and targets come back in the container, with the names and dtypes, they had."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit._columns import is_mixed, plain, rewrap, same_layout, unwritable

ROWS = np.array([[1, 0], [0, 2]])
PARENTS = np.array([1, 0])
CONTAINERS = {
    "array": ROWS.astype(np.int16),
    "big endian": ROWS.astype(">f4"),
    "sparse array": sparse.csc_array(ROWS.astype(np.int8)),
    "sparse matrix": sparse.coo_matrix(ROWS),
    "pandas": pd.DataFrame(ROWS, columns=["a", "b"], index=[7, 8], dtype="int8"),
    "mixed": pd.DataFrame({"a": [1, 0], "b": [0.0, 2.0]}, index=[7, 8]),
    "polars": pl.DataFrame({"a": [1, 0], "b": [0.0, 2.0]}),
    "series": pd.Series([1, 2], name="y", index=[7, 8], dtype="float32"),
    "polars series": pl.Series("y", [1, 2], dtype=pl.Int8),
    "texts": np.array(["a", "b"]),
    "polars texts": pl.Series("y", ["a", None]),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_computed_rows_come_back_as_they_were_given(name):
    X = CONTAINERS[name]
    rows = X.toarray() if sparse.issparse(X) else np.asarray(X)
    back = rewrap(rows[PARENTS], X, PARENTS)
    assert same_layout(X, back)
    values = back.toarray() if sparse.issparse(back) else np.asarray(back)
    np.testing.assert_array_equal(values, rows[PARENTS])
    if hasattr(X, "index"):
        assert back.index.tolist() == [8, 7]
    if getattr(X, "name", None):
        assert back.name == X.name


def test_new_texts_may_be_longer_than_the_old_ones():
    longer = rewrap(np.array(["much longer"], dtype=object), np.array(["a"]), [0])
    assert longer.tolist() == ["much longer"]
    assert longer.dtype.kind == "U"


def test_lists_stay_lists():
    assert rewrap(ROWS, [[1, 0], [0, 2]], PARENTS) == ROWS.tolist()


def test_frames_of_one_plain_dtype_are_arrays_in_disguise():
    mixed = {name for name, X in CONTAINERS.items() if is_mixed(X)}
    assert mixed == {"mixed", "polars"}
    assert is_mixed(pd.DataFrame(index=[0, 1]))


def test_computations_know_what_is_plain():
    assert plain(CONTAINERS["big endian"]).dtype == np.float32
    assert plain([["a", 1]]).tolist() == [["a", 1]]
    assert plain([["a", 1]]).dtype == object


@pytest.mark.parametrize("name", ["array", "sparse array"])
def test_nobody_writes_to_what_is_lent(name):
    lent = unwritable(CONTAINERS[name])
    with pytest.raises(ValueError, match="read-only"):
        (lent.data if sparse.issparse(lent) else lent)[...] = 9
    assert same_layout(lent, CONTAINERS[name])
