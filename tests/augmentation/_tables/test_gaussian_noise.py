"""Noise and swaps: properties for any table, and the laws of the draws."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from imblearn.pipeline import make_pipeline
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from skoverfit.augmentation import GaussianNoise, SmoothedBootstrap, SwapNoise
from skoverfit.augmentation._targets import class_codes

AUGMENTERS = st.one_of(
    st.builds(GaussianNoise, scale=st.sampled_from([0.0, 0.1, 5.0])),
    st.builds(SwapNoise, p=st.sampled_from([0.0, 0.15, 1.0])),
)
DTYPES = st.sampled_from(
    ["f2", "f4", "f8", "i1", "i8", "u1", "u8", "?", "O"],
)


def _elements(dtype):
    if dtype.kind == "f":
        return hnp.from_dtype(dtype, allow_infinity=False, allow_nan=True)
    if dtype.kind == "O":
        return st.sampled_from(["a", "b", None, 1, 2.5])
    return hnp.from_dtype(dtype)


@st.composite
def tables(draw):
    dtype = np.dtype(draw(DTYPES))
    shape = draw(st.tuples(st.integers(1, 8), st.integers(1, 4)))
    X = draw(hnp.arrays(dtype, shape, elements=_elements(dtype)))
    if draw(st.booleans()):
        X = np.asfortranarray(X)
    X.flags.writeable = False
    return X


def _same(left, right):
    """Equality in which a missing value equals itself."""
    pd.testing.assert_frame_equal(pd.DataFrame(left), pd.DataFrame(right))


@settings(max_examples=60, deadline=None)
@given(
    X=tables(),
    augmenter=AUGMENTERS,
    n_copies=st.integers(0, 3),
    seed=st.integers(0, 99),
)
def test_originals_first_dtypes_kept_values_valid(X, augmenter, n_copies, seed):
    augmenter.set_params(n_copies=n_copies, random_state=seed)
    y = np.arange(len(X)) % 2
    X_out, y_out = augmenter.fit_resample(X, y)
    assert X_out.dtype == X.dtype
    assert X_out.shape == ((1 + n_copies) * len(X), X.shape[1])
    _same(X_out[: len(X)], X)
    np.testing.assert_array_equal(y_out, y[augmenter.sample_indices_])
    _same(augmenter.fit_resample(X, y)[0], X_out)
    for before, after in zip(X.T, X_out.T, strict=True):
        if X.dtype.kind in "iu":
            assert before.min() <= after.min()
            assert after.max() <= before.max()
        if X.dtype.kind == "f":
            assert not np.isinf(after).any()
    if isinstance(augmenter, GaussianNoise):
        parents = X[augmenter.sample_indices_]
        np.testing.assert_array_equal(pd.isna(X_out), pd.isna(parents))
        constant = [len(pd.unique(column)) == 1 for column in X.T]
        _same(X_out[:, constant], parents[:, constant])
    if isinstance(augmenter, SwapNoise):
        for before, after in zip(X.T, X_out.T, strict=True):
            known = before.astype(object).tolist()
            assert pd.Series(after.astype(object)).isin(known).all()


def mixed_frame(n_rows=200):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "height": rng.normal(170, 10, n_rows),
            "weight": rng.normal(70, 10, n_rows).astype(np.float32),
            "rooms": rng.integers(1, 7, n_rows),
            "owner": rng.integers(0, 2, n_rows),
            "flag": rng.random(n_rows) < 0.5,
            "city": pd.Categorical.from_codes(
                rng.integers(0, 3, n_rows), ["a", "b", "c", "unused"]
            ),
            "name": [f"n{i}" for i in range(n_rows)],
            "when": pd.date_range("2020", periods=n_rows, freq="D"),
            "gap": np.where(rng.random(n_rows) < 0.3, np.nan, rng.normal(size=n_rows)),
            "count": pd.array(
                [None if i % 5 == 0 else i % 9 for i in range(n_rows)], dtype="Int64"
            ),
            "yes": pd.array([None, True, False, True] * (n_rows // 4), dtype="boolean"),
            "rate": pd.array([None, 0.5, 1.5, 2.5] * (n_rows // 4), dtype="Float64"),
        },
        index=[f"row{i}" for i in range(n_rows)],
    )


NUMERIC = ["height", "weight", "rooms", "gap", "count", "rate"]


def test_noise_changes_numbers_only():
    X = mixed_frame()
    y = pd.Series(np.arange(len(X)) % 2, index=X.index, name="y")
    noise = GaussianNoise(0.5, n_copies=3, random_state=0)
    X_out, y_out = noise.fit_resample(X, y)
    parents = X.iloc[noise.sample_indices_]
    others = [name for name in X if name not in NUMERIC]
    pd.testing.assert_frame_equal(X_out[others], parents[others])
    assert (X_out.dtypes == X.dtypes).all()
    pd.testing.assert_frame_equal(X_out.isna(), parents.isna())
    assert X_out.index.equals(parents.index)
    assert y_out.index.equals(parents.index)
    for name in NUMERIC:
        present = X[name].notna().to_numpy()
        moved = (X_out[name] != parents[name]).iloc[len(X) :].fillna(False)
        assert moved.mean() > 0.2 * present.mean(), name
    np.testing.assert_array_equal(
        noise.noise_scale_ > 0, X.columns.isin([*NUMERIC, "owner"])
    )


def test_polars_frame_is_kept():
    X = pl.from_pandas(mixed_frame().drop(columns="city")).with_columns(
        pl.Series("city", ["a", "b"] * 100, dtype=pl.Categorical),
        pl.Series("tags", [[1], [2, 3]] * 100),
    )
    y = pl.Series("y", [0, 1] * 100)
    for augmenter in (GaussianNoise(0.5, random_state=0), SwapNoise(random_state=0)):
        X_out, y_out = augmenter.fit_resample(X, y)
        assert X_out.schema == X.schema
        assert y_out.name == "y"
        assert X_out[:200].equals(X)
        assert not X_out[200:].equals(X)
    noise = GaussianNoise(0.5, random_state=0)
    X_out, _ = noise.fit_resample(X, y)
    assert X_out[200:].null_count().equals(X.null_count())
    others = ["owner", "flag", "name", "when", "yes", "city", "tags"]
    assert X_out[200:].select(others).equals(X.select(others))


@pytest.mark.parametrize(
    "augmenter", [GaussianNoise(random_state=0), SwapNoise(random_state=0)]
)
def test_containers_agree(augmenter):
    X = np.random.default_rng(0).normal(size=(50, 4))
    y = np.arange(50) % 2
    expected, _ = augmenter.fit_resample(X, y)
    names = list("abcd")
    pandas_out, _ = augmenter.fit_resample(pd.DataFrame(X, columns=names), y)
    polars_out, _ = augmenter.fit_resample(pl.DataFrame(X, schema=names), y)
    np.testing.assert_array_equal(pandas_out.to_numpy(), expected)
    np.testing.assert_allclose(polars_out.to_numpy(), expected, rtol=1e-12)
    np.testing.assert_array_equal(
        augmenter.fit_resample(np.asfortranarray(X), y)[0], expected
    )
    for form in ("csr", "csc", "coo", "lil"):
        out, _ = augmenter.fit_resample(sparse.csr_matrix(X).asformat(form), y)
        assert out.format == form
        np.testing.assert_allclose(out.toarray(), expected)


def test_memmap_is_read_only_input(tmp_path):
    stored = np.memmap(tmp_path / "X", dtype=float, mode="w+", shape=(10, 2))
    stored[:] = np.arange(20).reshape(10, 2)
    X = np.memmap(tmp_path / "X", dtype=float, mode="r", shape=(10, 2))
    X_out, _ = GaussianNoise(random_state=0).fit_resample(X, np.zeros(10))
    assert type(X_out) is np.ndarray
    np.testing.assert_array_equal(X_out[:10], stored)


def test_sparse_noise_keeps_zeros_and_stored_zeros():
    dense = np.random.default_rng(0).normal(size=(60, 8))
    X = sparse.csr_array(np.where(dense > 0.5, dense, 0.0))
    y = np.arange(60) % 2
    with_stored_zeros = X.copy()
    with_stored_zeros.data[::4] = 0.0
    without = with_stored_zeros.copy()
    without.eliminate_zeros()
    for augmenter in (GaussianNoise(random_state=0), SwapNoise(random_state=0)):
        left, _ = augmenter.fit_resample(with_stored_zeros, y)
        right, _ = augmenter.fit_resample(without, y)
        np.testing.assert_array_equal(left.toarray(), right.toarray())
    out, _ = GaussianNoise(random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(out[60:].toarray() != 0, X.toarray() != 0)


def test_sparse_pandas_columns_keep_fill_values():
    X = pd.DataFrame(
        {
            "a": pd.arrays.SparseArray([0.0, 1.0, 0.0, 3.0], fill_value=0.0),
            "b": list("wxyz"),
        }
    )
    out, _ = GaussianNoise(random_state=0).fit_resample(X, [0, 1, 0, 1])
    assert out["a"].dtype == X["a"].dtype
    np.testing.assert_array_equal(out["a"].iloc[4:] == 0, X["a"] == 0)
    assert (out["a"].iloc[[5, 7]].to_numpy() != X["a"].iloc[[1, 3]].to_numpy()).all()


# The laws. Seeds are fixed; bounds are five standard errors of the mean.
def test_float_noise_has_the_stated_mean_and_scale():
    rng = np.random.default_rng(0)
    X = np.c_[rng.normal(5, 2, 500), rng.exponential(1e-3, 500), np.full(500, 0.1)]
    X[::7, 0] = np.nan
    noise = GaussianNoise(0.3, n_copies=40, random_state=0)
    moved = noise.fit_resample(X, np.zeros(500))[0][500:] - np.tile(X, (40, 1))
    std = np.nanstd(X[:, :2], axis=0)
    np.testing.assert_allclose(noise.noise_scale_, [*(0.3 * std), 0.0])
    count = (~np.isnan(moved[:, :2])).sum(axis=0)
    assert (
        abs(np.nanmean(moved[:, :2], axis=0)) < 5 * 0.3 * std / np.sqrt(count)
    ).all()
    np.testing.assert_allclose(
        np.nanstd(moved[:, :2], axis=0), 0.3 * std, rtol=5 / np.sqrt(2 * count.min())
    )
    assert (moved[:, 2] == 0).all()


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8"])
@pytest.mark.parametrize("scale", [0.1, 0.7, 4.0])
def test_integer_noise_is_unbiased_for_each_row(dtype, scale):
    values = np.array([0, 0, 1, 2, 3, 4, 5, 9, 10], dtype=dtype)
    X = np.tile(values, 40)[:, np.newaxis]  # as good as more copies, and faster
    noise = GaussianNoise(scale, n_copies=100, random_state=0)
    X_out, _ = noise.fit_resample(X, np.zeros(len(X)))
    copies = X_out[len(X) :].reshape(-1, len(values)).astype(float)
    error = copies.mean(axis=0) - values
    assert (abs(error) <= 5 * copies.std(axis=0) / np.sqrt(len(copies))).all()
    assert copies.std(axis=0)[2:-1].min() > 0
    assert (copies.min(), copies.max()) == (0, 10)


def test_columns_coded_zero_and_one_never_change():
    X = np.random.default_rng(0).integers(0, 2, size=(100, 3))
    X_out, _ = GaussianNoise(5.0, n_copies=3, random_state=0).fit_resample(X, X[:, 0])
    np.testing.assert_array_equal(X_out, np.tile(X, (4, 1)))


def test_large_integers_are_exact():
    big = 2**63 + 2**20
    X = (np.arange(9, dtype="u8") + np.uint64(big))[:, np.newaxis]
    X_out, _ = GaussianNoise(1.0, n_copies=50, random_state=0).fit_resample(
        X, X.ravel()
    )
    offsets = {int(value) - big for value in X_out.ravel()}
    assert offsets == set(range(9))


def _swap_frequencies(X, y, n_copies, **params):
    """How often each cell of the copies has each of the values 1, 2, ..."""
    swap = SwapNoise(n_copies=n_copies, random_state=0, **params)
    X_out, _ = swap.fit_resample(X, y)
    X_out = X_out.toarray() if sparse.issparse(X_out) else X_out
    copies = X_out[len(y) :].reshape(n_copies, *X.shape)
    return np.stack([(copies == v).mean(axis=0) for v in range(int(X.max()) + 1)])


@pytest.mark.parametrize("container", [np.array, sparse.csr_array])
@pytest.mark.parametrize("within_class", [False, True])
@pytest.mark.parametrize("p", [0.3, 1.0])
def test_swaps_have_the_stated_law(container, within_class, p):
    X = np.array(
        [
            [1, 0, 0, 4],
            [2, 0, 0, 3],
            [3, 0, 1, 2],
            [4, 1, 2, 1],
            [5, 2, 3, 1],
            [6, 3, 4, 0],
        ]
    )
    y = np.array([0, 0, 0, 0, 1, 1]) if within_class else np.zeros(6, int)
    n_copies = 1500
    seen = _swap_frequencies(container(X), y, n_copies, p=p, within_class=within_class)
    expected = np.zeros_like(seen)
    for i, row in enumerate(X):
        others = [k for k in range(6) if k != i and y[k] == y[i]]
        for j, value in enumerate(row):
            expected[value, i, j] += 1 - p
            for k in others:
                expected[X[k, j], i, j] += p / len(others)
    bound = 5 * np.sqrt(expected * (1 - expected).clip(0) / n_copies) + 1e-12
    assert (abs(seen - expected) <= bound).all()


def test_empty_cells_are_filled_independently():
    # One stored value in each of many equal columns: the number of cells that
    # receive it is binomial, which a plain Poisson number of cells is not.
    X = sparse.csr_array(np.eye(3, 1).repeat(3000, axis=1) + np.eye(3, 1, -1))
    out, _ = SwapNoise(1.0, random_state=0).fit_resample(X, np.zeros(3))
    filled = (out[3:].toarray() != 0).sum(axis=0)
    # Two of three rows hold a value. The third always gets one at p=1; each of the
    # other two gets one from the other with chance 1/2.
    shares = np.bincount(filled, minlength=4) / 3000
    np.testing.assert_allclose(shares, [0, 0.25, 0.5, 0.25], atol=5 * 0.5 / 3000**0.5)


def test_within_class_keeps_classes_apart():
    X = np.array([["a"], ["b"], ["c"], ["z"]], dtype=object)
    y = np.array(["low", "low", "low", "alone"])
    swap = SwapNoise(1.0, n_copies=20, within_class=True, random_state=0)
    X_out, y_out = swap.fit_resample(X, y)
    assert set(X_out[y_out == "alone", 0]) == {"z"}
    assert (X_out[4:, 0] != X[swap.sample_indices_[4:], 0])[y_out[4:] == "low"].all()
    multi = np.c_[y, ["u", "u", "v", "v"]]
    X_out, y_out = swap.fit_resample(X, multi)
    assert set(X_out[(y_out == ["low", "u"]).all(axis=1), 0]) == {"a", "b"}
    assert set(X_out[(y_out == ["low", "v"]).all(axis=1), 0]) == {"c"}


def test_single_row_has_no_donor():
    for X in (np.array([[1.0, 2.0]]), sparse.csr_array([[1.0, 0.0]])):
        X_out, _ = SwapNoise(1.0, random_state=0).fit_resample(X, [0])
        dense = X_out.toarray() if sparse.issparse(X) else X_out
        np.testing.assert_array_equal(dense[0], dense[1])


# The choice of columns.
@pytest.mark.parametrize("columns", [["b"], [1], [-3], np.array([1]), ["b", 1]])
@pytest.mark.parametrize("kind", [GaussianNoise, SwapNoise])
def test_columns_restrict_the_change(columns, kind):
    X = pd.DataFrame(
        np.random.default_rng(0).normal(size=(30, 4)), columns=list("abcd")
    )
    for data in (X, X.assign(d="text"), sparse.csr_array(X.to_numpy())):
        if sparse.issparse(data) and "b" in list(columns):
            continue  # no names
        out, _ = kind(columns=columns, random_state=0).fit_resample(data, X["a"])
        values = out.toarray() if sparse.issparse(out) else out.to_numpy()
        same = (values[:30] == values[30:]).all(axis=0)
        np.testing.assert_array_equal(same, [True, False, True, True])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["zip"], "columns contains 'zip', which X does not have"),
        ([5], "columns contains 5, but X has 3 columns"),
        ([-4], "columns contains -4"),
        ([1.5], r"columns must contain names or positions\. Got 1\.5"),
        ([True], "Got True"),
        ("a", "'columns' parameter"),
    ],
)
@pytest.mark.parametrize("kind", [GaussianNoise, SwapNoise])
def test_wrong_columns_are_refused(columns, message, kind):
    X = pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 3.0], "c": ["x", "y"]})
    with pytest.raises(ValueError, match=message):
        kind(columns=columns).fit_resample(X, [0, 1])


def test_names_need_a_frame():
    with pytest.raises(ValueError, match="X has no column names"):
        SwapNoise(columns=["a"]).fit_resample(np.eye(2), [0, 1])


@pytest.mark.parametrize(
    "X",
    [mixed_frame(), pl.DataFrame({"city": ["a", "b"] * 100}), np.array([["a"]] * 200)],
)
def test_noise_refuses_columns_without_numbers(X):
    columns = [0] if isinstance(X, np.ndarray) else ["city"]
    with pytest.raises(ValueError, match="columns must select float or integer"):
        GaussianNoise(columns=columns).fit_resample(X, np.zeros(200))


@pytest.mark.parametrize(
    ("augmenter", "name"),
    [
        (GaussianNoise(n_copies=-1), "n_copies"),
        (GaussianNoise(n_copies=1.5), "n_copies"),
        (GaussianNoise(scale=-0.1), "scale"),
        (GaussianNoise(scale=np.nan), "scale"),
        (GaussianNoise(scale=np.inf), "scale"),
        (GaussianNoise(scale="0.1"), "scale"),
        (GaussianNoise(random_state="seed"), "random_state"),
        (SwapNoise(p=-0.1), "p"),
        (SwapNoise(p=1.1), "p"),
        (SwapNoise(p=np.nan), "p"),
        (SwapNoise(within_class="yes"), "within_class"),
        (SwapNoise(n_copies="two"), "n_copies"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "fit_resample"])
def test_bad_parameters_are_named(augmenter, name, method):
    pattern = rf"The '{name}' parameter of {type(augmenter).__name__} must be .* Got .*"
    with pytest.raises(ValueError, match=pattern):
        getattr(augmenter, method)(np.eye(4), [0, 1, 0, 1])


@pytest.mark.parametrize("y", [[0.5, 1.5], [[0.5, 1.0], [1.5, 2.0]]])
def test_within_class_needs_labels(y):
    with pytest.raises(ValueError, match="within_class=True needs class labels"):
        SwapNoise(within_class=True).fit_resample(np.eye(2), y)


def test_unexpected_parameter_is_refused():
    with pytest.raises(TypeError, match="weights"):
        GaussianNoise().fit_resample(np.eye(2), [0, 1], weights=[0, 1])


def test_imblearn_pipeline_augments_at_fit_only():
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = (X[:, 0] > 0).astype(int)
    model = make_pipeline(GaussianNoise(random_state=0), LogisticRegression()).fit(X, y)
    by_hand = LogisticRegression().fit(
        *GaussianNoise(random_state=0).fit_resample(X, y)
    )
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


@pytest.mark.parametrize("dtype", ["i1", "u1", "i8", "u8", "?", "U1", "O"])
def test_class_codes_number_the_sorted_labels(dtype):
    values = [3, 1, 3, 9, 1] if dtype != "?" else [1, 0, 1, 1, 0]
    labels = np.array(values).astype(dtype)
    expected = np.unique(labels, return_inverse=True)[1]
    np.testing.assert_array_equal(class_codes(labels), expected)
    if dtype in ("i1", "i8", "u8"):
        ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0], dtype=dtype)
        np.testing.assert_array_equal(
            class_codes(ends), np.unique(ends, return_inverse=True)[1]
        )
    wide = np.arange(-128, 128).astype("i1")
    np.testing.assert_array_equal(class_codes(wide), np.arange(256))


# Noise within bounds, by density and by class.
def test_bounds_hold_and_keep_the_mean_of_each_row():
    few = np.array([[0.0, 5.0], [0.5, 6.0], [9.0, 7.0], [10.0, 9.0]])
    X = np.tile(few, (20, 1))  # as good as more copies, and faster
    frame = pd.DataFrame(X, columns=["u", "v"])
    for rows in (
        X,
        frame,
        frame.assign(t="x"),
        pl.DataFrame(frame),
        sparse.csr_array(X),
    ):
        noise = GaussianNoise(1.0, 40, bounds={0: (0, 10)}, random_state=0)
        out, _ = noise.fit_resample(rows, np.zeros(80))
        out = out.toarray() if sparse.issparse(out) else np.asarray(out)[:, :2]
        new = out[80:].astype(float).reshape(800, 4, 2)
        assert new[:, :, 0].min() >= 0
        assert new[:, :, 0].max() <= 10
        assert new[:, :, 1].min() < 5
        error = np.abs(new.mean(axis=0) - few)
        assert (error <= 5 * new.std(axis=0) / np.sqrt(800)).all()
        assert new[:, 2, 0].std() > 0
    both = GaussianNoise(1.0, 100, bounds=(0, None), random_state=0)
    assert both.fit_resample(few, np.zeros(4))[0].min() >= 0


def test_bounds_of_integers_replace_the_range_of_the_data():
    X = np.arange(4, 9, dtype=np.int8)[:, np.newaxis]
    for rows in (X, pd.DataFrame({"n": X[:, 0], "t": "x"})):
        noise = GaussianNoise(1.0, 500, bounds=(1.5, 1000), random_state=0)
        out, _ = noise.fit_resample(rows, np.zeros(5))
        values = np.asarray(out)[:, 0].astype(int)
        assert values.min() == 2
        assert 10 < values.max() <= 15  # as far as the mirror image stays above 1.5
    half = GaussianNoise(1.0, 500, bounds=(None, 9.5), random_state=0)
    values = half.fit_resample(X, np.zeros(5))[0]
    assert (values.min(), values.max()) == (4, 9)


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((2, 3), r"bounds=\(2, 3\) of column 0 must hold all values"),
        ({1: (0, 1)}, "bounds contains 1, but X has 1 columns"),
        ({"a": (0, 1)}, "no column names"),
        ({0: (1, 0)}, "bounds must be pairs"),
        ({0: 3}, "bounds must be pairs"),
        ({0: ("a", "b")}, "bounds must be pairs"),
        ((0, np.nan), "bounds must be pairs"),
        ((0, 1, 2), "bounds must be pairs"),
        ("wide", "'bounds' parameter"),
    ],
)
@pytest.mark.parametrize("kind", [GaussianNoise, SmoothedBootstrap])
def test_bad_bounds_are_refused(bounds, message, kind):
    with pytest.raises(ValueError, match=message):
        kind(bounds=bounds).fit(np.array([[1.0], [4.0]]), [0, 0])


def test_bounds_name_columns_that_are_perturbed():
    frame = pd.DataFrame({"u": [1.0, 2.0], "t": ["x", "y"]})
    with pytest.raises(ValueError, match=r"must name columns .* Got positions \[1\]"):
        GaussianNoise(bounds={"t": (0, 1)}).fit(frame, [0, 1])


def test_noise_by_density_is_small_where_rows_are_dense():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 0.01, (50, 3)), rng.normal(5, 1.0, (50, 3))]
    X[3, 1] = np.nan
    noise = GaussianNoise(1.0, 20, scale_by="density", random_state=0)
    expected, _ = noise.fit_resample(X, np.zeros(100))
    moves = np.nan_to_num(expected[100:] - np.tile(X, (20, 1)))
    moves = moves.reshape(20, 100, 3).std(axis=0)
    dense = np.delete(moves[:50], 3, axis=0)  # a missing value counts as the mean
    assert dense.max() < 0.1 * np.median(moves[50:])
    frames = [pd.DataFrame(X, columns=list("abc")), pl.DataFrame(X, schema=list("abc"))]
    for frame in [*frames, frames[0].assign(t="x")]:
        out = np.asarray(noise.fit_resample(frame, np.zeros(100))[0])[:, :3]
        np.testing.assert_allclose(out.astype(float), expected, atol=1e-12)
    twins = np.repeat(X[:20], 7, axis=0)
    out, _ = noise.fit_resample(twins, np.zeros(140))
    np.testing.assert_array_equal(out[140:], np.tile(twins, (20, 1)))
    one, _ = noise.fit_resample(X[:1], [0])
    np.testing.assert_array_equal(one, np.repeat(X[:1], 21, axis=0))


def test_bootstrap_has_a_bandwidth_for_each_class():
    rng = np.random.default_rng(0)
    X = np.c_[rng.normal(0, 1, 60), rng.normal(0, 3, 60), np.ones(60)]
    X[40:] *= [10, 10, 1]
    y = np.array(["few"] * 40 + ["rare"] * 19 + ["single"])
    rose = SmoothedBootstrap(0.5, 30, random_state=0)
    X_out, y_out = rose.fit_resample(X, y)
    for k, (label, n) in enumerate([("few", 40), ("rare", 19)]):
        std = X[y == label].std(axis=0)
        factor = 0.5 * (4 / (4 * n)) ** (1 / 6)
        np.testing.assert_allclose(rose.bandwidth_[k], factor * std * [1, 1, 0])
    np.testing.assert_array_equal(rose.bandwidth_[2], 0)
    single = X_out[y_out == "single"]
    np.testing.assert_array_equal(single, np.tile(X[-1], (31, 1)))
    moves = (X_out[60:] - np.tile(X, (30, 1))).reshape(30, 60, 3)
    np.testing.assert_allclose(
        moves[:, :40].std(axis=(0, 1))[:2], rose.bandwidth_[0, :2], rtol=0.1
    )
    frame = pd.DataFrame(X, columns=list("abc")).assign(t="x")
    out, _ = rose.fit_resample(frame, y)
    np.testing.assert_allclose(out[list("abc")].to_numpy(), X_out)
    rose.fit_resample(X, X[:, 0])
    assert rose.bandwidth_.shape == (1, 3)
