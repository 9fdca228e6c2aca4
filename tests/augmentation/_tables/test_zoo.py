"""Every augmenter of tables on columns of every type works, or an error says why."""

from copy import deepcopy
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from skoverfit._columns import is_missing
from skoverfit.augmentation import (
    AdversarialForest,
    Compose,
    CutMix,
    FeatureDropout,
    GaussianCopula,
    GaussianNoise,
    Mixup,
    NeighborInterpolation,
    SmoothedBootstrap,
    Sometimes,
    SwapNoise,
)
from skoverfit.augmentation._tables._gaussian_noise import (
    _neighbor_distance,
    _standardized,
)
from tests.augmentation._tables.test_numeric import Jitter
from tests.augmentation._tables.zoo import tables

AUGMENTERS = [
    Jitter(),
    GaussianNoise(0.5),
    GaussianNoise(0.5, scale_by="density"),
    SmoothedBootstrap(),
    SwapNoise(0.5),
    SwapNoise(0.5, within_class=True),
    FeatureDropout(0.5),
    FeatureDropout(0.5, value="most_frequent"),
    FeatureDropout(0.5, value="missing"),
    Mixup(1.0),
    Mixup(1.0, partner="any"),
    CutMix(1.0, partner="any"),
    NeighborInterpolation(n_neighbors=2),
    NeighborInterpolation(within="all", standardize=True),
    GaussianCopula(),
    GaussianCopula(0.3),
    AdversarialForest(n_estimators=2, max_iter=2),
    AdversarialForest(0.5, n_estimators=2, max_iter=2, within_leaf="uniform"),
    Compose([("swap", SwapNoise()), ("noise", GaussianNoise())]),
    Sometimes(FeatureDropout(0.5)),
]


def cells(X):
    """Whatever identifies a table: its type, its dtypes and the text of each cell."""
    if isinstance(X, list):
        return [list(map(repr, row)) for row in X]
    if isinstance(X, np.ndarray):
        return [str(X.dtype), np.array([repr(v) for v in X.ravel()]).tolist()]
    rows = X.to_numpy(dtype=object) if isinstance(X, pd.DataFrame) else X.rows()
    return [list(map(str, X.dtypes)), list(X.columns), [[*map(repr, r)] for r in rows]]


def head(X, n_rows):
    return X.iloc[:n_rows] if isinstance(X, pd.DataFrame) else X[:n_rows]


def n_missing(X):
    if isinstance(X, pd.DataFrame | pl.DataFrame):
        return sum(int(is_missing(X[name]).sum()) for name in X.columns)
    objects = np.array([[*row, None] for row in X], dtype=object)[:, :-1]
    return int(is_missing(objects).sum())


@settings(max_examples=150, deadline=None)
@given(X=tables(), augmenter=st.sampled_from(AUGMENTERS), labels=st.booleans())
def test_every_type_of_column(X, augmenter, labels):
    n_rows, before = len(X), deepcopy(X)
    y = np.arange(n_rows) % 2 if labels else np.arange(n_rows) + 0.5
    augmenter = clone(augmenter).set_params(random_state=0)
    if refused(augmenter, X, labels):
        with pytest.raises(ValueError, match=r"columns must select|within_class"):
            augmenter.fit_resample(X, y)
        return
    rows, _ = augmenter.fit_resample(X, y)
    assert cells(X) == cells(before), "The caller's table was changed."
    assert type(rows) is type(X)
    if not (isinstance(X, list) and is_numeric_list(X)):
        assert cells(head(rows, n_rows)) == cells(X), "Originals were changed."
    again, _ = augmenter.fit_resample(X, y)
    assert cells(again) == cells(rows)
    if getattr(augmenter, "value", None) != "missing" and not n_missing(X):
        assert not n_missing(rows), "Missing values were invented."


def refused(augmenter, X, labels):
    """Whether a clear error is all that can be expected."""
    if getattr(augmenter, "within_class", False) and not labels:
        return True
    if getattr(augmenter, "value", None) != "missing":
        return False
    if isinstance(X, list):
        X = (
            np.array(X)
            if is_numeric_list(X) or is_list_of_words(X)
            else np.empty(0, "O")
        )
    elif isinstance(X, pd.DataFrame):
        one = {*X.dtypes}
        if len(one) > 1 or not isinstance(X.dtypes.iloc[0], np.dtype):
            return False
        X = np.empty(0, one.pop())
    return isinstance(X, np.ndarray) and X.dtype.kind in "?biuUSV"


def is_numeric_list(X):
    return all(isinstance(cell, int | float) for row in X for cell in row)


def is_list_of_words(X):
    return all(isinstance(cell, str) for row in X for cell in row)


@pytest.mark.parametrize(
    "augmenter",
    [each for each in AUGMENTERS[:13] if getattr(each, "value", "") != "missing"],
    ids=repr,
)
def test_sparse_matrices_of_any_byte_order(augmenter):
    seeded = clone(augmenter).set_params(random_state=0)
    containers = (sparse.csr_matrix, sparse.csr_array)
    for container, dtype in product(containers, ["<f8", ">f4", ">i4"]):
        dense = np.random.default_rng(0).integers(-2, 3, (12, 4)).astype(dtype)
        X = container(dense.astype(dense.dtype.newbyteorder("=")))
        if dense.dtype.kind == "f":
            X.data[::5] = np.nan
        kept = X.toarray()
        X.data = X.data.astype(dtype)
        rows, _ = seeded.fit_resample(X, [0, 1] * 6)
        assert type(rows) is container
        assert rows.dtype == rows.data.dtype == X.dtype
        rows.data = rows.data.astype(rows.data.dtype.newbyteorder("="))
        np.testing.assert_array_equal(rows.toarray()[:12], kept, dtype)


def test_missing_cells_of_sparse_matrices_count_as_the_mean():
    rng = np.random.default_rng(0)
    X = rng.integers(-1, 3, (30, 4)).astype(float)
    X[rng.random(X.shape) < 0.2] = np.nan
    active, std = np.arange(4), np.nanstd(X, axis=0)
    dense = _neighbor_distance(_standardized(X, active, std), 3)
    stored = _neighbor_distance(_standardized(sparse.csr_matrix(X), active, std), 3)
    np.testing.assert_allclose(stored, dense, atol=1e-12)


def test_lists_of_rows_keep_words_and_numbers():
    X = [["a", 1.5, 1], ("b", 2.5, None)]
    rows, _ = SwapNoise(0.5, random_state=0).fit_resample(X, [0, 1])
    assert rows[:2] == [["a", 1.5, 1], ["b", 2.5, None]]
    assert {type(row[1]) for row in rows} == {float}
    words, _ = SwapNoise(0.5, random_state=0).fit_resample([["a"], ["b"]], [0, 1])
    assert set(map(str, np.ravel(words))) == {"a", "b"}
    whole, _ = SwapNoise(0.0).fit_resample([[1, 2], [3, 4]], [0, 1])
    assert whole[:2] == [[1, 2], [3, 4]]
