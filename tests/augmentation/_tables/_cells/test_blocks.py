"""Columns that belong together stay together, whatever an augmenter does."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)

from skoverfit._columns._one_hot import one_hot_blocks
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
    SwapNoise,
)

DENSE = [
    GaussianCopula(),
    GaussianCopula(0.5),
    AdversarialForest(n_estimators=2, max_iter=2),
    AdversarialForest(0.5, n_estimators=2, max_iter=1),
]
AUGMENTERS = [
    *DENSE,
    GaussianNoise(0.5),
    GaussianNoise(0.5, scale_by="density"),
    SmoothedBootstrap(),
    SwapNoise(0.5),
    SwapNoise(0.5, within_class=True),
    FeatureDropout(0.5),
    FeatureDropout(0.5, value="median"),
    FeatureDropout(0.5, value="most_frequent"),
    Mixup(1.0),
    Mixup(1.0, partner="any"),
    CutMix(1.0),
    CutMix(1.0, partner="any"),
    NeighborInterpolation(),
    NeighborInterpolation(within="all"),
    Compose([("swap", SwapNoise(0.5)), ("mixup", Mixup(1.0))]),
]
SCALERS = [
    *(None, MinMaxScaler(), MaxAbsScaler(), StandardScaler()),
    StandardScaler(with_mean=False),
]
IDS = [str(i) for i in range(len(AUGMENTERS))]


def one_hot(sizes, n_rows, rng):
    """Blocks of one-hot columns in which each level occurs twice at least."""
    levels = [
        rng.permutation(np.r_[np.repeat(np.arange(k), 2), rng.integers(0, k, n_rows)])
        for k in sizes
    ]
    return [np.eye(k)[each[-n_rows:]] for k, each in zip(sizes, levels, strict=True)]


@st.composite
def encoded(draw):
    """A table with one-hot columns among others, and the columns of each block."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    sizes = draw(st.lists(st.integers(2, 5), min_size=1, max_size=3))
    n_rows = draw(st.integers(40, 60))
    blocks = one_hot(sizes, n_rows, rng)
    numbers = rng.normal(size=(n_rows, draw(st.integers(0, 3))))
    flags = (rng.random((n_rows, draw(st.integers(0, 2)))) < 0.5).astype(float)
    constant = np.full((n_rows, draw(st.integers(0, 1))), draw(st.sampled_from([0, 1])))
    columns = np.hstack([constant, *blocks, numbers, flags])
    owner = np.repeat(
        np.arange(len(blocks) + 1) - 1,
        [constant.shape[1], *(b.shape[1] for b in blocks)],
    )
    owner = np.r_[owner, np.full(columns.shape[1] - len(owner), -1)]
    if draw(st.booleans()):
        order = rng.permutation(columns.shape[1])
        columns, owner = columns[:, order], owner[order]
    varies = columns.std(axis=0) > 0  # a level that none of the rows has
    found = [np.flatnonzero((owner == b) & varies) for b in range(len(blocks))]
    return columns, [each for each in found if each.size]


def moves_zeros(scaler):
    return getattr(scaler, "with_mean", False)


@given(encoded(), st.sampled_from(SCALERS), st.booleans())
@settings(deadline=None)
def test_blocks_are_found(table, scaler, as_sparse):
    X, blocks = table
    if scaler is not None:
        X = scaler.fit_transform(X)
    if as_sparse and not moves_zeros(scaler):
        X = sparse.csr_matrix(X)
    found = {tuple(each.tolist()) for each in one_hot_blocks(X)}
    assert {tuple(each.tolist()) for each in blocks} <= found


def containers(X):
    """Return the same table in containers of all kinds."""
    names = [f"c{j}" for j in range(X.shape[1])]
    frame = pd.DataFrame(X, columns=names)
    flags = [name for name in names if set(frame[name]) <= {0.0, 1.0}]
    return [
        X,
        X.astype(np.float32),
        X.astype(object),
        frame,
        frame.astype(dict.fromkeys(flags, bool)),
        frame.astype(dict.fromkeys(flags[::2], "Int8")),
        pl.DataFrame(frame.astype(dict.fromkeys(flags, bool))),
        sparse.csr_matrix(X),
        sparse.csc_array(X),
    ]


def as_array(X):
    if sparse.issparse(X):
        return X.toarray()
    return X.to_numpy().astype(float) if hasattr(X, "columns") else X.astype(float)


@settings(deadline=None, max_examples=60)
@given(
    encoded(),
    st.sampled_from(AUGMENTERS),
    st.integers(0, 8),
    st.sampled_from(SCALERS),
)
def test_new_rows_hold_blocks_of_the_data(table, augmenter, kind, scaler):
    X, blocks = table
    if scaler is not None:
        X = scaler.fit_transform(X)
    if kind > 6 and (augmenter in DENSE or moves_zeros(scaler)):
        kind = 0
    X = containers(X)[kind]
    augmenter = clone(augmenter).set_params(n_copies=2, random_state=0)
    y = np.arange(X.shape[0]) % 2
    rows, _ = augmenter.fit_resample(X, y)
    before, after = as_array(X), as_array(rows)
    for block in blocks:
        seen = {tuple(row) for row in before[:, block]}
        assert {tuple(row) for row in after[:, block]} <= seen


@pytest.mark.parametrize("augmenter", AUGMENTERS[:-1], ids=IDS[:-1])
def test_named_blocks_come_from_one_row(augmenter):
    rng = np.random.default_rng(0)
    X = np.column_stack([np.arange(40) % 7, rng.normal(size=(40, 3))])
    X[:, 3] = X[:, 0] * 10
    frame = pd.DataFrame(X, columns=list("abcd")).assign(text=X[:, 0].astype(str))
    y = np.arange(40) % 2
    for rows, blocks in [(X, [[0, 3]]), (frame, [["a", "d", "text"]])]:
        together = clone(augmenter).set_params(blocks=blocks, random_state=0)
        out, _ = together.fit_resample(rows, y)
        assert len(together.blocks_[0]) == len(blocks[0])
        out = pd.DataFrame(out)
        np.testing.assert_array_equal(out.iloc[:, 3], 10 * out.iloc[:, 0])
        if rows is frame:
            assert (out["text"] == out["a"].astype(str)).all()


def test_swaps_move_blocks_as_often_as_single_columns():
    rng = np.random.default_rng(0)
    level = rng.permutation(np.repeat(np.arange(20), 200))
    X = np.hstack([rng.normal(size=(4000, 1)), np.eye(20)[level]])
    for rows in (X, sparse.csr_matrix(X)):
        out, _ = SwapNoise(0.3, random_state=0).fit_resample(rows, level % 2)
        new = as_array(out)[4000:]
        moved = (new[:, 1:] != X[:, 1:]).any(axis=1).mean()
        assert moved == pytest.approx(0.3 * 19 / 20, abs=0.03)
        assert (new[:, 0] != X[:, 0]).mean() == pytest.approx(0.3, abs=0.03)


def test_blocks_keep_their_means():
    rng = np.random.default_rng(0)
    level = (rng.random(3000) < 0.3).astype(int)
    X = np.hstack([np.eye(2)[level], rng.normal(size=(3000, 2))])
    for augmenter in (FeatureDropout(0.5), Mixup(partner="any"), GaussianCopula()):
        seeded = clone(augmenter).set_params(random_state=0)
        out, _ = seeded.fit_resample(X, np.zeros(3000, dtype=int))
        assert out[3000:, 1].mean() == pytest.approx(level.mean(), abs=0.03)
    hidden = FeatureDropout(0.5, value="most_frequent", random_state=0)
    out, _ = hidden.fit_resample(X, level)
    assert out[3000:, 1].mean() == pytest.approx(level.mean() / 2, abs=0.03)


@pytest.mark.parametrize("container", [np.array, sparse.csr_matrix, pd.DataFrame])
def test_blocks_are_emptied_together(container):
    X = np.hstack([np.eye(3)[np.arange(60) % 3], np.ones((60, 1))])
    X[:, 3] += np.arange(60)
    empty = FeatureDropout(0.5, value="missing", random_state=0)
    out, _ = empty.fit_resample(container(X), np.arange(60) % 2)
    gone = np.isnan(as_array(out)[60:, :3]).sum(axis=1)
    assert set(gone.tolist()) == {0, 1 if container is sparse.csr_matrix else 3}


def test_a_block_with_a_missing_cell_stays_as_it_is():
    X = np.array([[1.0, 10.0], [np.nan, 20.0], [3.0, 30.0], [4.0, 40.0]])
    dropout = FeatureDropout(1.0, blocks=[[0, 1]], random_state=0)
    out, _ = dropout.fit_resample(X, [0, 0, 1, 1])
    np.testing.assert_array_equal(out[5], X[1])
    np.testing.assert_array_equal(out[4:, 1] == 10 * out[4:, 0], [1, 0, 1, 1])


def test_no_block_is_seen_where_there_is_none():
    rng = np.random.default_rng(0)
    X = (rng.random((200, 30)) < 0.3).astype(float)
    assert one_hot_blocks(X) == one_hot_blocks(sparse.csr_matrix(X)) == []
    assert one_hot_blocks(np.eye(20)) == []
    assert one_hot_blocks(np.array([[3.0, 1.0], [2.0, 5.0]])) == []
    dropped = OneHotEncoder(drop="first").fit_transform(np.arange(60)[:, None] % 4)
    assert one_hot_blocks(dropped) == []
    gap = np.eye(3)[np.arange(60) % 3]
    gap[0, 0] = np.nan
    assert one_hot_blocks(gap) == []


def test_none_lets_columns_change_by_themselves():
    X = np.eye(4)[np.arange(200) % 4]
    y = np.arange(200) % 2
    free, _ = SwapNoise(0.3, blocks=None, random_state=0).fit_resample(X, y)
    assert (free[200:].sum(axis=1) != 1).sum() > 50
    noise = GaussianNoise(blocks=None).fit(X, y)
    assert (noise.noise_scale_ > 0).all()
    assert noise.blocks_ == []
    assert not GaussianNoise().fit(X, y).noise_scale_.any()


def test_a_block_of_which_a_part_is_selected_stays():
    X = np.hstack([np.eye(3)[np.arange(60) % 3], np.arange(60.0)[:, None]])
    y = np.arange(60) % 2
    swap = SwapNoise(1.0, columns=[0, 3], random_state=0)
    out, _ = swap.fit_resample(X, y)
    np.testing.assert_array_equal(out[60:, :3], X[:, :3])
    assert (out[60:, 3] != X[:, 3]).all()
    assert swap.blocks_ == []


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        (["a", "b"], "lists of columns. Got 'a'"),
        ([0, 1], "lists of columns. Got 0"),
        ([["a", "z"]], "blocks contains 'z', which X does not have"),
        ([[0, 7]], "blocks contains 7"),
        ([["a", "b"], [1, 2]], r"each column once. Got positions \[1\]"),
        ([["a", 0]], r"each column once. Got positions \[0\]"),
        ([["b", "c"]], "columns must select each of the blocks as a whole"),
        ("all", "The 'blocks' parameter"),
        (3, "The 'blocks' parameter"),
    ],
)
def test_bad_blocks_are_refused(blocks, message):
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc"))
    columns = ["a", "b"] if "whole" in message else None
    for kind in (SwapNoise, GaussianCopula, FeatureDropout, Mixup):
        with pytest.raises(ValueError, match=message):
            kind(blocks=blocks, columns=columns).fit(X, [0, 1, 0] * 3)
