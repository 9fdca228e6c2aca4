"""Mixing a row with a partner: who the partners are, and what becomes of the cells."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse, stats

from skoverfit.augmentation import CutMix, Mixup
from skoverfit.augmentation._tables._mixup import mixed_values
from skoverfit.augmentation._tables._partners import SimilarPool

# ---------------------------------------------------------------------------- partners


def test_similar_partners_have_the_stated_law():
    values = np.array([0.0, 0.1, 0.1, 0.5, 1.2, 3.0, 3.1])
    pool = SimilarPool(values, 0.4)
    n_draws = 20_000
    rng = np.random.default_rng(0)
    for row, value in enumerate(values):
        chance = np.exp(-0.5 * ((values - value) / 0.4) ** 2)
        chance[np.abs(values - value) > 1.6] = 0
        chance[row] = 0
        drawn = pool.draw(np.full(n_draws, row), rng)
        counts = np.bincount(drawn, minlength=7)
        assert (counts[chance == 0] == 0).all()
        expected = n_draws * chance[chance > 0] / chance.sum()
        if len(expected) > 1:
            assert stats.chisquare(counts[chance > 0], expected).pvalue > 1e-4


def test_similar_partners_are_all_others_with_an_infinite_bandwidth():
    pool = SimilarPool(np.array([0.0, 5.0, 5.0, 100.0]), np.inf)
    drawn = pool.draw(np.full(6000, 1), np.random.default_rng(0))
    counts = np.bincount(drawn, minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]]).pvalue > 1e-4


def test_a_row_far_from_all_others_gets_the_nearest():
    pool = SimilarPool(np.array([100.0, 0.0, 1.0, 50.0]), 0.01)
    drawn = pool.draw(np.arange(4), np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, [3, 2, 1, 2])
    assert SimilarPool(np.array([7.0]), 1.0).draw(np.zeros(3, int), None).tolist() == [
        0,
        0,
        0,
    ]


def positions(n_rows):
    """Rows that name themselves, so that a mixture of two names both."""
    return np.eye(n_rows)


def partners_of(augmenter, n_rows, y):
    X_out, _ = augmenter.fit_resample(positions(n_rows), y)
    return [set(np.flatnonzero(row)) for row in X_out], augmenter.sample_indices_


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_partners_within_class_and_of_any_class(kind):
    y = np.array(["a"] * 4 + ["b"] * 3 + ["alone"])
    for partner, same in (("auto", True), ("class", True), ("any", False)):
        mixing = kind(2.0, 400, partner=partner, random_state=0)
        rows, parents = partners_of(mixing, 8, y)
        met = {
            (int(p), int(k)) for row, p in zip(rows, parents, strict=True) for k in row
        }
        possible = {
            (i, k) for i in range(8) for k in range(8) if not same or y[i] == y[k]
        }
        assert met == possible
        assert mixing.partner_ == ("class" if same else "any")


def test_the_parent_is_the_nearer_row():
    mixup = Mixup(1.0, 20, partner="any", random_state=0)
    X_out, _ = mixup.fit_resample(positions(5), np.arange(5) % 2)
    assert (X_out[np.arange(len(X_out)), mixup.sample_indices_] >= 0.5).all()
    np.testing.assert_allclose(X_out.sum(axis=1), 1)


def test_shares_have_the_stated_law():
    mixup = Mixup(0.7, 4000, partner="any", random_state=0)
    X_out, _ = mixup.fit_resample(np.array([[0.0], [1.0]]), [0, 0])
    share = np.abs(X_out[2:, 0] - (mixup.sample_indices_[2:] == 0))
    law = stats.beta(0.7, 0.7)
    assert stats.kstest(share, lambda x: 2 * law.cdf(x) - 1).pvalue > 1e-4


# ----------------------------------------------------------------------------- targets


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_mixed_classes_are_weighted_by_their_shares(kind):
    y = np.array(["no", "yes"] * 10)
    mixing = kind(1.0, 5, partner="any", random_state=0)
    X_out, y_out = mixing.fit_resample(positions(20), y)
    weight, parents = mixing.sample_weight_, mixing.sample_indices_
    table = pd.DataFrame(X_out).assign(parent=parents)[20:]
    table = table.assign(label=y_out[20:], weight=weight[20:])
    assert (table.label == y[table.parent]).mean() > 0.5
    pairs = np.flatnonzero((np.diff(parents) == 0) & mixing.is_synthetic_[1:])
    assert len(pairs) > 20
    np.testing.assert_array_equal(X_out[pairs], X_out[pairs + 1])
    assert (y_out[pairs] != y_out[pairs + 1]).all()
    np.testing.assert_allclose(weight[pairs] + weight[pairs + 1], 1)
    if kind is Mixup:
        own = X_out[pairs, parents[pairs]]
        np.testing.assert_allclose(weight[pairs], own)


def test_cutmix_shares_are_those_of_the_columns():
    X = np.array([["a"] * 8, ["b"] * 8], dtype=object)
    cutmix = CutMix(2.0, 200, partner="any", random_state=0)
    X_out, y_out = cutmix.fit_resample(X, np.array(["a", "b"]))
    share = (X_out[2:] == y_out[2:, np.newaxis]).mean(axis=1)
    np.testing.assert_allclose(cutmix.sample_weight_[2:], share)
    assert len(np.unique(share)) > 5
    only = CutMix(2.0, 50, partner="any", columns=[0, 1], random_state=0)
    X_out, y_out = only.fit_resample(X, np.array(["a", "b"]))
    parent = np.array(["a", "b"], dtype=object)[only.sample_indices_]
    assert (X_out[:, 2:] == parent[:, np.newaxis]).all()
    share = (X_out[2:, :2] == y_out[2:, np.newaxis]).mean(axis=1)
    np.testing.assert_allclose(only.sample_weight_[2:], share)


def test_cutmix_shares_of_sparse_rows_count_empty_cells():
    dense = np.eye(2, 400)
    cutmix = CutMix(2.0, 500, partner="any", random_state=0)
    expected = CutMix(2.0, 500, partner="any", random_state=1)
    cutmix.fit_resample(sparse.csr_array(dense), [0, 1])
    expected.fit_resample(dense, [0, 1])
    ours, theirs = (a.sample_weight_[a.is_synthetic_] for a in (cutmix, expected))
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-4


@pytest.mark.parametrize("partner", ["auto", "similar", "any"])
def test_continuous_targets_move_with_the_rows(partner):
    y = np.random.default_rng(0).normal(size=30)
    mixup = Mixup(2.0, 5, partner=partner, random_state=0)
    X_out, y_out = mixup.fit_resample(y[:, np.newaxis], y)
    np.testing.assert_allclose(X_out[:, 0], y_out)
    assert (y_out[30:] != y[mixup.sample_indices_[30:]]).all()
    distance = np.abs(y_out - y[mixup.sample_indices_])[30:].mean()
    assert distance < 0.15 if partner != "any" else distance > 0.2
    both = np.c_[y, -3 * y]
    X_out, y_out = mixup.fit_resample(both, both)
    np.testing.assert_allclose(X_out, y_out)


def test_a_wider_bandwidth_reaches_farther():
    y = np.random.default_rng(0).normal(size=200)
    spread = []
    for bandwidth in (0.05, 0.3, 1.5):
        mixup = Mixup(2.0, 5, bandwidth=bandwidth, random_state=0)
        _, y_out = mixup.fit_resample(y[:, np.newaxis], y)
        spread.append(np.abs(y_out - y[mixup.sample_indices_]).mean())
    assert spread == sorted(spread)


def test_whole_numbers_as_targets_are_rounded_without_bias():
    y = np.array([0, 3, 10, 40])
    mixup = Mixup(np.inf, 800, partner="similar", bandwidth=np.inf, random_state=0)
    X_out, y_out = mixup.fit_resample(y[:, np.newaxis].astype(float), y)
    assert y_out.dtype == y.dtype
    error = y_out - X_out[:, 0]
    assert (np.abs(error) < 1).all()
    assert abs(error[4:].mean()) < 5 * error.std() / np.sqrt(len(error))


@pytest.mark.parametrize(
    ("parameters", "y", "message"),
    [
        ({"concentration": -1.0}, [0, 1], "'concentration' parameter"),
        ({"concentration": np.nan}, [0, 1], "'concentration' parameter"),
        ({"bandwidth": 0.0}, [0, 1], "'bandwidth' parameter"),
        ({"partner": "near"}, [0, 1], "'partner' parameter"),
        ({"partner": "class"}, [0.5, 1.5], "partner='class' needs class labels"),
        ({"partner": "similar"}, ["a", "b"], "partner='similar' needs numbers"),
        ({"columns": [2]}, [0, 1], "columns contains 2"),
    ],
)
@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_bad_parameters_are_named(kind, parameters, y, message):
    with pytest.raises(ValueError, match=message):
        kind(**parameters).fit(np.eye(2), np.array(y))


def test_alpha_zero_and_infinity():
    X, y = np.array([[0.0], [1.0]]), [0, 0]
    none, _ = Mixup(0, 3, random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(none, np.tile(X, (4, 1)))
    half, _ = Mixup(np.inf, 3, random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(half[2:], np.full((6, 1), 0.5))


# ------------------------------------------------------------------------------- cells


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8"])
def test_integers_are_mixed_without_bias_between_both(dtype):
    kind = np.iinfo(dtype)
    own = np.array([kind.min, kind.max, 3, 3, 0], dtype=dtype)
    other = np.array([kind.max, kind.min, 10, 3, 1], dtype=dtype)
    rng = np.random.default_rng(0)
    drawn = np.stack([mixed_values(own, other, 0.7, rng) for _ in range(4000)])
    assert drawn.dtype == dtype
    assert (drawn >= np.minimum(own, other)).all()
    assert (drawn <= np.maximum(own, other)).all()
    wanted = 0.7 * own.astype(float) + 0.3 * other.astype(float)
    error = np.abs(drawn.astype(float).mean(axis=0) - wanted)
    bound = 5 * drawn.astype(float).std(axis=0) / np.sqrt(4000)
    assert (error <= bound + 1e-12 * np.abs(wanted)).all()


def test_floats_near_the_largest_do_not_overflow():
    big = np.finfo(float).max
    own, other = np.array([big, -big, np.nan, 1.0]), np.array([-big, big, 2.0, np.nan])
    drawn = mixed_values(own, other, 0.75, np.random.default_rng(0))
    np.testing.assert_allclose(drawn[:2], [big / 2, -big / 2])
    rng = np.random.default_rng(0)
    cells = np.stack([mixed_values(own, other, 0.75, rng)[2:] for _ in range(2000)])
    assert abs(np.isnan(cells[:, 0]).mean() - 0.75) < 0.05  # its own was missing
    assert abs(np.isnan(cells[:, 1]).mean() - 0.25) < 0.05
    assert set(cells[~np.isnan(cells)]) == {1.0, 2.0}


def test_frames_are_mixed_column_by_column():
    n_rows = 60
    frame = pd.DataFrame(
        {
            "float": np.arange(n_rows, dtype=np.float32),
            "int": np.arange(n_rows) * 2,
            "text": [f"t{k}" for k in range(n_rows)],
            "bool": np.arange(n_rows) % 3 == 0,
            "nullable": pd.array([None, 2, 4] * 20, dtype="Int64"),
            "gap": np.where(
                np.arange(n_rows) % 4 == 0, np.nan, 1.0 * np.arange(n_rows)
            ),
            "when": pd.date_range("2020", periods=n_rows),
            "level": pd.Categorical(["lo", "mid", "hi"] * 20, ordered=True),
        }
    )
    for rows in (frame, pl.from_pandas(frame)):
        mixup = Mixup(2.0, partner="any", random_state=0)
        X_out, _ = mixup.fit_resample(rows, np.zeros(n_rows))
        out = X_out if isinstance(rows, pd.DataFrame) else X_out.to_pandas()
        new = out.iloc[n_rows:].reset_index(drop=True)
        # Columns that say the same are mixed with the same partner and share.
        np.testing.assert_allclose(new["int"], 2 * new["float"], atol=1)
        assert new["text"].isin(frame["text"]).all()
        own = frame["text"] == new["text"]
        assert 0.4 < own.mean() < 0.95
        assert new["nullable"].dropna().between(2, 4).all()
        assert new["nullable"].isna().any()
        missing = new["gap"].isna()
        assert 0.05 < missing.mean() < 0.5
        assert list(X_out.dtypes) == list(rows.dtypes)


def test_sparse_rows_are_mixed_like_dense_ones():
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((50, 12)) < 0.3, rng.normal(size=(50, 12)), 0)
    for partner in ("class", "any"):
        mixup = Mixup(1.0, 2, partner=partner, random_state=0)
        expected, _ = mixup.fit_resample(dense, np.arange(50) % 2)
        for form in (sparse.csr_matrix, sparse.csc_array):
            out, _ = mixup.fit_resample(form(dense), np.arange(50) % 2)
            assert type(out) is form
            np.testing.assert_allclose(out.toarray(), expected, atol=1e-12)
    some = Mixup(1.0, columns=[0, 3], random_state=0)
    out, _ = some.fit_resample(sparse.csr_array(dense), np.zeros(50))
    others = [j for j in range(12) if j not in (0, 3)]
    np.testing.assert_array_equal(out.toarray()[50:, others], dense[:, others])
    assert (out.toarray()[50:, [0, 3]] != dense[:, [0, 3]]).any()


@pytest.mark.parametrize("kind", [Mixup, CutMix])
def test_columns_that_are_not_selected_are_the_rows_own(kind):
    X = np.random.default_rng(0).normal(size=(30, 4))
    for rows in (X, pd.DataFrame(X, columns=list("abcd")).assign(e="t")):
        out, _ = kind(3.0, columns=[1, 2], random_state=0).fit_resample(rows, X[:, 0])
        values = np.asarray(out)[30:, :4].astype(float)
        np.testing.assert_array_equal(values[:, [0, 3]], X[:, [0, 3]])
        assert (values[:, [1, 2]] != X[:, [1, 2]]).any(axis=0).all()
