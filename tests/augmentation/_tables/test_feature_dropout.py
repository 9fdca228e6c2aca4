"""Hidden cells: how many, and what stands in for them."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit.augmentation import FeatureDropout

X = np.array([[1.0, 7.0], [2.0, 7.0], [2.0, 9.0], [11.0, np.nan]])
Y = np.zeros(4)


@pytest.mark.parametrize(
    ("value", "typical"),
    [("mean", [4.0, 23 / 3]), ("median", [2.0, 7.0]), ("most_frequent", [2.0, 7.0])],
)
def test_floats_get_the_statistic_of_the_column(value, typical):
    X_out, _ = FeatureDropout(1.0, value=value).fit_resample(X, Y)
    expected = np.tile(typical, (4, 1))
    expected[3, 1] = np.nan
    np.testing.assert_allclose(X_out[4:], expected)
    frame = pd.DataFrame(X, columns=["u", "v"]).assign(w="t")
    for rows in (frame, pl.from_pandas(frame)):
        out, _ = FeatureDropout(1.0, value=value).fit_resample(rows, Y)
        np.testing.assert_allclose(np.asarray(out)[4:, :2].astype(float), expected)


@pytest.mark.parametrize("p", [0.0, 0.2, 1.0])
def test_cells_are_hidden_with_the_stated_chance(p):
    rows = np.random.default_rng(0).normal(size=(2000, 10))
    X_out, _ = FeatureDropout(p, random_state=0).fit_resample(rows, rows[:, 0])
    hidden = X_out[2000:] != rows
    assert abs(hidden.mean() - p) <= 5 * np.sqrt(p * (1 - p) / 20_000)
    np.testing.assert_array_equal(hidden.all(), p == 1)


@pytest.mark.parametrize("dtype", ["i1", "u8", "i8"])
def test_integers_keep_the_mean(dtype):
    rows = np.array([[0, 100], [1, 101], [1, 103], [5, 120]], dtype=dtype)
    X_out, _ = FeatureDropout(0.5, 800, random_state=0).fit_resample(rows, Y)
    new = X_out[4:].astype(float)
    assert X_out.dtype == dtype
    error = np.abs(new.mean(axis=0) - rows.astype(float).mean(axis=0))
    assert (error < 5 * new.std(axis=0) / np.sqrt(3200)).all()
    full, _ = FeatureDropout(1.0, 100, random_state=0).fit_resample(rows, Y)
    assert set(full[4:, 0].tolist()) == {1, 2}  # 1.75, rounded down or up


def test_large_integers_are_exact():
    big = 2**63
    rows = (np.arange(5, dtype="u8") + np.uint64(big))[:, np.newaxis]
    for value in ("mean", "median"):
        dropout = FeatureDropout(1.0, value=value, random_state=0)
        X_out, _ = dropout.fit_resample(rows, np.zeros(5))
        assert {int(cell) for cell in X_out[5:, 0]} == {big + 2}


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, pl.DataFrame])
def test_bools_keep_the_mean_unless_the_most_frequent_is_wanted(kind):
    rows = np.array([[True]] * 3 + [[False]] * 7)
    rows = kind(rows) if kind is np.asarray else kind({"flag": rows[:, 0]})
    for value, expected in (("mean", 0.3), ("median", 0.3), ("most_frequent", 0.0)):
        dropout = FeatureDropout(1.0, 200, value=value, random_state=0)
        out = np.asarray(dropout.fit_resample(rows, np.zeros(10))[0])[10:]
        assert out.dtype == bool
        assert abs(out.mean() - expected) < 5 * np.sqrt(0.21 / 2000) + 1e-12


def mixed():
    return pd.DataFrame(
        {
            "city": pd.Categorical(["b", "a", "b", None], ["a", "b", "unused"]),
            "name": ["x", "y", None, "y"],
            "when": pd.to_datetime(["2020", "2021", "2021", None]),
            "count": pd.array([1, None, 3, 3], dtype="Int64"),
            "plain": [1, 2, 3, 4],
            "flag": [True, False, True, True],
            "float": [0.5, 1.5, np.nan, 1.5],
        },
        index=list("wxyz"),
    )


def test_other_columns_get_the_most_frequent_value():
    frame = mixed()
    X_out, _ = FeatureDropout(1.0, value="most_frequent").fit_resample(frame, Y)
    new = X_out.iloc[4:]
    assert new["city"].tolist()[:3] == ["b"] * 3
    assert new["name"].dropna().tolist() == ["y"] * 3
    assert (new["when"].dropna() == pd.Timestamp("2021")).all()
    assert new["count"].dropna().tolist() == [3] * 3
    pd.testing.assert_frame_equal(new.isna(), frame.isna())
    assert (new.dtypes == frame.dtypes).all()


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas])
def test_missing_is_put_where_it_can_be(kind):
    rows = kind(mixed())
    X_out, _ = FeatureDropout(1.0, value="missing").fit_resample(rows, Y)
    assert list(X_out.dtypes) == list(rows.dtypes)
    new = X_out[4:] if kind is not pd.DataFrame else X_out.iloc[4:]
    if kind is pd.DataFrame:
        holds = ~new.columns.isin(["plain", "flag"])
        np.testing.assert_array_equal(new.isna().all(axis=0), holds)
        pd.testing.assert_frame_equal(
            new[["plain", "flag"]], mixed()[["plain", "flag"]]
        )
    else:
        assert new.null_count().row(0) == (4,) * 7


def test_object_arrays():
    rows = np.array([["a", None], ["a", 1], ["b", np.nan], ["c", 2.5]], dtype=object)
    X_out, _ = FeatureDropout(1.0).fit_resample(rows, Y)
    assert X_out[4:, 0].tolist() == ["a"] * 4
    assert [X_out[5, 1], X_out[7, 1]] == [1, 1]
    assert X_out[4, 1] is None
    X_out, _ = FeatureDropout(1.0, value="missing").fit_resample(rows, Y)
    assert pd.isna(X_out[4:]).all()


def test_sparse_columns_keep_their_zeros():
    rng = np.random.default_rng(0)
    dense = np.where(rng.random((60, 5)) < 0.7, rng.integers(1, 5, (60, 5)), 0.0)
    for value, statistic in (("mean", np.mean), ("median", np.median)):
        dropout = FeatureDropout(0.4, value=value, random_state=0)
        out, _ = dropout.fit_resample(sparse.csr_matrix(dense), np.zeros(60))
        new = out.toarray()[60:]
        assert (new[dense == 0] == 0).all()
        hidden = new != dense
        assert hidden.any()
        typical = np.broadcast_to(statistic(dense, axis=0), dense.shape)
        np.testing.assert_allclose(new[hidden], typical[hidden])
    out, _ = FeatureDropout(1.0, value="missing").fit_resample(
        sparse.csr_array(dense), np.zeros(60)
    )
    np.testing.assert_array_equal(np.isnan(out.toarray()[60:]), dense != 0)


def test_statistics_are_those_of_all_rows():
    y = np.array([0, 0, 0, 1])
    dropout = FeatureDropout(1.0, sampling_strategy="auto", random_state=0)
    for rows in (X, pd.DataFrame(X).assign(t=list("aabc")).rename(columns=str)):
        out, _ = dropout.fit_resample(rows, y)
        new = np.asarray(out)[4:]
        np.testing.assert_allclose(new[:, 0].astype(float), 4.0)
        if new.shape[1] == 3:
            assert set(new[:, 2]) == {"a"}


def test_statistics_of_large_floats():
    big = np.finfo(float).max
    rows = np.array([[big], [big], [big / 2]])
    X_out, _ = FeatureDropout(1.0).fit_resample(rows, np.zeros(3))
    np.testing.assert_allclose(X_out[3:] / big, 5 / 6)


@pytest.mark.parametrize(
    ("rows", "parameters", "message"),
    [
        (X, {"p": 1.5}, "'p' parameter"),
        (X, {"value": "mode"}, "'value' parameter"),
        (X, {"columns": [3]}, "columns contains 3"),
        (X.astype(bool), {"value": "missing"}, "hold a missing value"),
        (mixed(), {"value": "missing", "columns": ["plain"]}, "'plain' .int64"),
        (pl.DataFrame({"t": [[1], [2], [3], [4]]}), {"columns": ["t"]}, "be counted"),
    ],
)
def test_bad_parameters_are_named(rows, parameters, message):
    with pytest.raises(ValueError, match=message):
        FeatureDropout(**parameters).fit(rows, Y)


def test_columns_that_cannot_be_counted_are_left_alone():
    rows = pl.DataFrame({"t": [[1], [2], [3], [4]], "u": ["a", "a", "b", "c"]})
    X_out, _ = FeatureDropout(1.0).fit_resample(rows, Y)
    assert X_out[4:]["t"].equals(rows["t"])
    assert X_out[4:]["u"].to_list() == ["a"] * 4
