"""Interpolation between neighbors: the segment, the votes, the targets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.neighbors import NearestNeighbors

from skoverfit.augmentation import NeighborInterpolation
from skoverfit.augmentation._tables._neighbor_interpolation import _Graph


def blobs(n_rows=200, n_columns=3, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_rows)
    return rng.normal(size=(n_rows, n_columns)) + 3 * y[:, np.newaxis], y


def neighbors_of(X, k):
    return NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False)


def on_a_segment(new, parents, others):
    """For each row, whether it lies between its parent and one of the others."""
    ways = others - parents[:, np.newaxis]
    own = (new - parents)[:, np.newaxis]
    share = (own * ways).sum(axis=2) / (ways**2).sum(axis=2)
    off = np.abs(own - share[:, :, np.newaxis] * ways).max(axis=2)
    return ((off < 1e-9) & (share >= 0) & (share <= 1)).any(axis=1)


@given(seed=st.integers(0, 99), k=st.integers(1, 4), step=st.sampled_from([0.25, 1.0]))
def test_new_rows_lie_between_a_row_and_a_neighbor_of_its_class(seed, k, step):
    X, y = blobs(60, seed=seed)
    sampler = NeighborInterpolation(step, n_neighbors=k, random_state=seed)
    X_out, _ = sampler.fit_resample(X, y)
    for label in (0, 1):
        own = X[y == label]
        others = own[neighbors_of(own, k)]
        ends = own[:, np.newaxis] + step * (others - own[:, np.newaxis])
        assert on_a_segment(X_out[60:][y == label], own, ends).all()


def test_balancing_is_smote():
    X, _ = blobs(100)
    y = np.r_[np.zeros(80), np.ones(20)].astype(int)
    sampler = NeighborInterpolation(sampling_strategy="auto", random_state=0)
    X_out, y_out = sampler.fit_resample(X, y)
    assert np.bincount(y_out).tolist() == [80, 80]
    parents = sampler.sample_indices_[100:]
    assert np.bincount(parents, minlength=100)[80:].tolist() == [3] * 20
    near = 80 + neighbors_of(X[80:], 5)
    assert on_a_segment(X_out[100:], X[parents], X[near[parents - 80]]).all()


def test_every_neighbor_and_the_whole_way_are_used():
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
    sampler = NeighborInterpolation(
        n_copies=3000, n_neighbors=3, columns=[0, 1], random_state=0
    )
    X_out, _ = sampler.fit_resample(X, np.zeros(4))
    mine = X_out[sampler.sample_indices_ == 0][1:]
    for column, sign, far in ((0, 1, 1.0), (1, 1, 2.0), (0, -1, -3.0)):
        moved = mine[np.sign(mine[:, column]) == sign, column] / far
        assert abs(len(moved) / 3000 - 1 / 3) < 5 * np.sqrt(2 / 9 / 3000)
        assert abs(moved.mean() - 0.5) < 5 / np.sqrt(12 * len(moved))
        assert moved.max() > 0.99


def test_categories_are_the_most_frequent_among_the_neighbors():
    X, y = blobs(150)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(X, columns=list("abc"))
    frame["d"] = rng.choice(["p", "q", "r", "s"], 150)
    sampler = NeighborInterpolation(n_copies=40, random_state=0)
    out, _ = sampler.fit_resample(frame, y)
    new = out["d"].to_numpy()[150:].reshape(40, 150)
    for label in (0, 1):
        rows = np.flatnonzero(y == label)
        penalty = np.median(X[rows].std(axis=0))
        codes = pd.get_dummies(frame["d"].iloc[rows]).to_numpy() * penalty / np.sqrt(2)
        near = neighbors_of(np.hstack([X[rows], codes]), 5)
        for row, others in zip(rows, near, strict=True):
            counts = frame["d"].iloc[rows[others]].value_counts()
            most = set(counts.index[counts == counts.max()])
            # All that are tied turn up in forty draws, and no others.
            assert set(new[:, row]) == most


def test_ways_up_and_down_are_balanced():
    neighbors = np.array([[1, 0], [2, 0], [1, 0], [4, 3], [3, 5], [3, 4]])
    counts, pool = np.array([1, 1, 1, 1, 2, 2]), np.array([0, 0, 0, 1, 1, 1])
    graph = _Graph(neighbors, counts, pool)
    values = np.array([0, 4, 1, 10, 20, 99])
    missing = np.array([False] * 5 + [True])
    up, down = graph.factors(0, values, missing)
    # First set: 4 + 3 up, 3 down. Second: 10 up, half of 10 down, no way to 99.
    np.testing.assert_allclose(up, [3 / 7, 1 / 2])
    np.testing.assert_allclose(down, [1, 1])


@pytest.mark.parametrize("as_frame", [True, False])
def test_bools_and_integers_are_without_bias(as_frame):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"n": rng.poisson(1.0, 300), "m": rng.poisson(4.0, 300)})
    if as_frame:
        X = X.assign(x=rng.normal(size=300), b=rng.random(300) < 0.1)
    else:
        X = X.to_numpy()
    sampler = NeighborInterpolation(n_copies=200, random_state=0)
    out, _ = sampler.fit_resample(X, np.zeros(300))
    old, new = (np.asarray(part, dtype=float) for part in (X, out[300:]))
    means = new.reshape(200, 300, -1).mean(axis=1) - old.mean(axis=0)
    exact = [j for j in range(old.shape[1]) if j != 2]
    error, spread = means.mean(axis=0)[exact], means.std(axis=0)[exact]
    assert (spread > 0).all()
    assert (np.abs(error) < 5 * spread / np.sqrt(200)).all()


def test_standardize_weighs_columns_alike():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2)) * [1000.0, 1.0]
    sampler = NeighborInterpolation(n_neighbors=1, standardize=True, random_state=0)
    X_out, _ = sampler.fit_resample(X, np.zeros(100))
    near = X[neighbors_of(X / X.std(axis=0), 1)]
    assert on_a_segment(X_out[100:] / [1000, 1], X / [1000, 1], near / [1000, 1]).all()


def test_missing_values_keep_the_pattern_of_the_parent():
    X, y = blobs(100)
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    sampler = NeighborInterpolation(n_copies=2, random_state=0)
    X_out, _ = sampler.fit_resample(X, y)
    parents = X[sampler.sample_indices_]
    np.testing.assert_array_equal(np.isnan(X_out), np.isnan(parents))
    present = ~np.isnan(parents[100:])
    assert (X_out[100:][present] != parents[100:][present]).mean() > 0.6


def test_a_class_of_one_is_copied_and_small_classes_use_what_there_is():
    X = np.array([[0.0], [1.0], [9.0]])
    sampler = NeighborInterpolation(n_copies=50, random_state=0)
    X_out, _ = sampler.fit_resample(X, ["a", "a", "b"])
    X_out, parents = X_out[3:], sampler.sample_indices_[3:]
    assert (X_out[parents == 2] == 9).all()
    assert X_out[parents < 2].min() >= 0
    assert X_out[parents < 2].max() <= 1
    assert len(np.unique(X_out[parents < 2])) == 100


def test_numeric_targets_move_with_the_rows():
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = X @ [2.0, -1.0]
    for within in ("auto", "all", "target"):
        sampler = NeighborInterpolation(within=within, n_copies=2, random_state=0)
        X_out, y_out = sampler.fit_resample(X, y)
        np.testing.assert_allclose(y_out, X_out @ [2.0, -1.0], atol=1e-12)
        assert (y_out[80:] != y[sampler.sample_indices_[80:]]).all()


def test_near_in_the_target():
    # The columns say nothing about which rows are near in the target.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 2)), rng.normal(size=300)
    gaps = []
    for within in ("all", "target"):
        sampler = NeighborInterpolation(n_copies=1, within=within, random_state=0)
        _, y_out = sampler.fit_resample(X, y)
        gaps.append(np.abs(y_out[300:] - y).mean())
    assert gaps[1] < 0.5 * gaps[0]


def test_whole_targets_of_many_values_are_rounded_at_random():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    y = np.rint(1000 * X[:, 0]).astype(int)
    sampler = NeighborInterpolation(n_copies=3, task="regression", random_state=0)
    X_out, y_out = sampler.fit_resample(X, y)
    assert y_out.dtype == y.dtype
    assert np.abs(y_out - 1000 * X_out[:, 0]).max() <= 2


def test_across_classes_gives_both_labels_with_shares_as_weights():
    X, y = np.array([[0.0], [1.0]]), np.array(["a", "b"])
    sampler = NeighborInterpolation(within="all", n_copies=20, random_state=0)
    X_out, y_out = sampler.fit_resample(X, y)
    new = slice(2, None)
    weight, x, label = sampler.sample_weight_[new], X_out[new, 0], y_out[new]
    assert len(x) == 2 * 40
    np.testing.assert_allclose(weight, np.where(label == "b", x, 1 - x))


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, bool])
def test_sparse_matrices(kind, dtype):
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((60, 12)) < 0.3, rng.integers(1, 9, (60, 12)), 0)
    X = kind(dense.astype(dtype))
    sampler = NeighborInterpolation(n_copies=30, columns=range(10), random_state=0)
    X_out, _ = sampler.fit_resample(X, np.arange(60) % 2)
    assert X_out.dtype == dtype
    values = X_out.toarray().astype(float)
    assert values.min() >= 0
    assert values.max() <= dense.max()
    parents = X.toarray()[sampler.sample_indices_].astype(float)
    np.testing.assert_array_equal(values[:, 10:], parents[:, 10:])
    moved = values[60:, :10] != parents[60:, :10]
    assert moved.any(axis=1).mean() > (0.5 if dtype is bool else 0.9)
    assert X_out.nnz == np.count_nonzero(values)


def test_sparse_equals_dense():
    X, y = blobs(80)
    X[np.abs(X) < 0.8] = 0.0
    sampler = NeighborInterpolation(random_state=0)
    expected, _ = sampler.fit_resample(X, y)
    out, _ = sampler.fit_resample(sparse.csr_matrix(X), y)
    np.testing.assert_allclose(out.toarray(), expected, atol=1e-12)
    scaled = NeighborInterpolation(standardize=True, random_state=0)
    expected, _ = scaled.fit_resample(X * [1, 50, 1], y)
    out, _ = scaled.fit_resample(sparse.csr_matrix(X * [1, 50, 1]), y)
    np.testing.assert_allclose(out.toarray(), expected, atol=1e-12)


def test_missing_values_in_sparse_matrices():
    X = sparse.csr_matrix(np.array([[1.0, np.nan], [2.0, 3.0], [3.0, 0.0]]))
    sampler = NeighborInterpolation(n_copies=20, random_state=0)
    X_out, _ = sampler.fit_resample(X, [0, 0, 0])
    parents = X.toarray()[sampler.sample_indices_]
    np.testing.assert_array_equal(np.isnan(X_out.toarray()), np.isnan(parents))


def test_largest_floats():
    big = np.finfo(float).max
    X = np.array([[-big, 1.0], [big, 1.0], [0.0, np.nan], [1.0, 2.0]])
    sampler = NeighborInterpolation(n_copies=20, n_neighbors=3, random_state=0)
    X_out, _ = sampler.fit_resample(X, np.zeros(4))
    assert np.isfinite(X_out[:, 0]).all()
    assert np.ptp(X_out[80:, 0] / big) > 0.5


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"step": 1.5}, "step"),
        ({"step": -0.1}, "step"),
        ({"n_neighbors": 0}, "n_neighbors"),
        ({"n_neighbors": 2.5}, "n_neighbors"),
        ({"within": "nearby"}, "within"),
        ({"standardize": "yes"}, "standardize"),
        ({"categorical_features": 3}, "categorical_features"),
        ({"within": "target"}, "within='target' needs a target of numbers"),
    ],
)
def test_bad_parameters(params, message):
    X, y = blobs(20)
    with pytest.raises(ValueError, match=message):
        NeighborInterpolation(**params).fit_resample(X, y)


def test_categories_in_sparse_matrices_are_refused():
    X, y = blobs(20)
    sampler = NeighborInterpolation(categorical_features=[0])
    with pytest.raises(ValueError, match="categorical_features needs a dense array"):
        sampler.fit_resample(sparse.csr_matrix(X), y)
