"""Rows are taken from, and stacked in, every container."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit._columns import columns_of, is_frame, stack, take

X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
FRAMES = (
    lambda X: pd.DataFrame(X, columns=["a", "b"]),
    lambda X: pl.DataFrame(X, schema=["a", "b"]),
)


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, *FRAMES])
def test_rows_of_blocks(make):
    block = make(X)
    taken = take(block, np.array([2, 0, 2]))
    both = stack([block, taken])
    assert type(both) is type(taken) is type(block)
    np.testing.assert_array_equal(columns_of(both).coded(), X[[0, 1, 2, 2, 0, 2]])
    assert is_frame(block) == (make in FRAMES)


def test_rows_of_lists():
    assert take(["a", "b", "c"], np.array([2, 0])) == ["c", "a"]
    assert not is_frame(["a"])
    assert not is_frame(pd.Series([1]))
