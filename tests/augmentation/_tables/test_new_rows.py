"""What holds for all samplers that draw new rows, on any mixture of columns."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from skoverfit.augmentation import (
    AdversarialForest,
    GaussianCopula,
    GaussianNoise,
    NeighborInterpolation,
    SwapNoise,
)

SAMPLERS = st.one_of(
    st.builds(
        NeighborInterpolation,
        step=st.sampled_from([0.3, 1.0]),
        n_neighbors=st.sampled_from([1, 3, 20]),
        standardize=st.booleans(),
    ),
    st.builds(GaussianCopula, scale=st.sampled_from([0.0, 0.4, 1.0])),
    st.builds(
        AdversarialForest,
        p=st.sampled_from([0.5, 1.0]),
        n_estimators=st.just(2),
        max_iter=st.just(2),
        within_leaf=st.sampled_from(["normal", "uniform", "empirical"]),
    ),
)
DAY = datetime.date(2020, 1, 1)
LEVELS = ["low", "middle", "high"]
# Values of one column each; missing ones where the container can hold them.
COLUMNS = {
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "gap": st.none() | st.floats(-10, 10),
    "int": st.integers(-(2**63), 2**63 - 1),
    "small": st.integers(0, 3),
    "count": st.none() | st.integers(0, 9),
    "flag": st.booleans(),
    "yes": st.none() | st.booleans(),
    "level": st.none() | st.sampled_from(LEVELS),
    "name": st.none() | st.text("abc", max_size=2),
    "when": st.none() | st.integers(0, 9).map(lambda n: DAY + datetime.timedelta(n)),
}
PANDAS_TYPES = {
    "float": "float64",
    "gap": "float32",
    "int": "int64",
    "small": "uint8",
    "count": "Int16",
    "flag": "bool",
    "yes": "boolean",
    "level": pd.CategoricalDtype([*LEVELS, "unused"], ordered=True),
    "name": "object",
    "when": "datetime64[s]",
}
POLARS_TYPES = {
    "float": pl.Float64,
    "gap": pl.Float32,
    "int": pl.Int64,
    "small": pl.UInt8,
    "count": pl.Int16,
    "flag": pl.Boolean,
    "yes": pl.Boolean,
    "level": pl.Enum(LEVELS),
    "name": pl.String,
    "when": pl.Date,
}
TARGETS = {
    "labels": lambda n: np.arange(n) % 2,
    "names": lambda n: np.array(["a", "b", "c"])[np.arange(n) % 3],
    "numbers": lambda n: np.linspace(0.0, 1.0, n) ** 2 + 0.1,
    "pairs": lambda n: np.c_[np.arange(n) + 0.5, np.arange(n)[::-1]],
    "multilabel": lambda n: np.c_[np.arange(n) % 2, np.arange(n) % 3 == 0].astype(int),
}


@st.composite
def frames(draw):
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, unique=True))
    n_rows = draw(st.integers(1, 12))
    values = {
        name: draw(st.lists(COLUMNS[name], min_size=n_rows, max_size=n_rows))
        for name in names
    }
    if draw(st.booleans()):
        return pl.DataFrame(values, schema={name: POLARS_TYPES[name] for name in names})
    return pd.DataFrame(
        {name: pd.Series(values[name], dtype=PANDAS_TYPES[name]) for name in names},
        index=np.arange(n_rows) + 7,
    )


def as_pandas(frame):
    return frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()


@settings(max_examples=50)
@given(
    X=frames(),
    sampler=SAMPLERS,
    target=st.sampled_from(sorted(TARGETS)),
    mode=st.sampled_from(["append", "replace"]),
    seed=st.integers(0, 99),
)
def test_mixed_frames(X, sampler, target, mode, seed):
    y = TARGETS[target](len(X))
    sampler = sampler.set_params(n_copies=2, mode=mode, random_state=seed)
    X_out, y_out = sampler.fit_resample(X, y)
    n_new = int(sampler.is_synthetic_.sum())
    assert n_new == (len(X) if mode == "replace" else 2 * len(X))
    assert type(X_out) is type(X)
    assert list(X_out.columns) == list(X.columns)
    assert list(X_out.dtypes) == list(X.dtypes)
    assert y_out.dtype == y.dtype
    pd.testing.assert_frame_equal(
        as_pandas(X_out), as_pandas(sampler.fit_resample(X, y)[0])
    )
    known, new = as_pandas(X), as_pandas(X_out)
    for name in known:
        inside(known[name], new[name], name)
    if isinstance(sampler, NeighborInterpolation):
        parents = known.isna().to_numpy()[sampler.sample_indices_]
        np.testing.assert_array_equal(new.isna().to_numpy(), parents)
    elif isinstance(sampler, GaussianCopula) and sampler.scale == 0:
        same_rows(known, new, sampler.sample_indices_)
    if not isinstance(sampler, NeighborInterpolation):
        np.testing.assert_array_equal(y_out, y[sampler.sample_indices_])


def inside(known, new, name):
    """Ranges are kept; what cannot be computed is a value seen."""
    if new.isna().any():
        assert known.isna().any()
    known, new = known.dropna(), new.dropna()
    if len(new) and name in ("float", "gap", "int", "small", "count"):
        assert known.min() <= new.min()
        assert new.max() <= known.max()
    else:
        assert set(new) <= set(known)


def same_rows(known, new, parents):
    for name in known:
        left, right = known[name].iloc[parents], new[name]
        if name in ("float", "gap"):
            largest = np.nanmax(np.abs(left.to_numpy(dtype=float)), initial=0.0)
            np.testing.assert_allclose(
                right.to_numpy(dtype=float), left.to_numpy(dtype=float),
                rtol=1e-4, atol=1e-6 * largest,
            )  # fmt: skip
        else:
            assert right.astype(object).where(right.notna(), None).tolist() == (
                left.astype(object).where(left.notna(), None).tolist()
            )


@settings(max_examples=30)
@given(
    X=st.sampled_from(["f2", "f4", "f8", "i1", "u8", "?", "O", "U1"]).flatmap(
        lambda dtype: hnp.arrays(
            dtype,
            st.tuples(st.integers(1, 9), st.integers(1, 3)),
            elements=(
                st.sampled_from(["a", None, 1, 2.5, True])
                if dtype == "O"
                else hnp.from_dtype(
                    np.dtype(dtype), allow_infinity=False, allow_nan=True
                )
                if dtype[0] == "f"
                else hnp.from_dtype(np.dtype(dtype))
            ),
        )
    ),
    sampler=SAMPLERS,
    seed=st.integers(0, 99),
)
def test_arrays_of_any_dtype(X, sampler, seed):
    X = np.asfortranarray(X)
    X.flags.writeable = False
    sampler = sampler.set_params(random_state=seed)
    X_out, _ = sampler.fit_resample(X, np.arange(len(X)) % 2)
    assert X_out.dtype == X.dtype
    pd.testing.assert_frame_equal(pd.DataFrame(X_out[: len(X)]), pd.DataFrame(X))
    for before, after in zip(X.T, X_out.T, strict=True):
        if X.dtype.kind in "fiu":
            missing = before != before
            if missing.all():
                continue
            assert np.nanmin(before) <= np.nanmin(after)
            assert np.nanmax(after) <= np.nanmax(before)
            assert missing.any() or not (after != after).any()
        elif X.dtype.kind in "?U":
            assert set(after) <= set(before)


def mixed_frame(n_rows=120):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.normal(size=n_rows),
            "b": rng.integers(0, 50, n_rows),
            "c": pd.Categorical(rng.choice(["x", "y", "z"], n_rows)),
            "d": rng.random(n_rows) < 0.4,
        }
    ), rng.integers(0, 2, n_rows)


@pytest.mark.parametrize(
    "sampler",
    [GaussianNoise(), SwapNoise(), NeighborInterpolation(), GaussianCopula()],
    ids=lambda sampler: type(sampler).__name__,
)
def test_columns_of_objects_stay_so(sampler):
    X = pd.DataFrame(
        {"a": pd.Series(["x", "y", None, "x"], dtype=object), "b": np.arange(4.0)}
    )
    X_out, _ = sampler.fit_resample(X, [0, 1, 0, 1])
    assert X_out["a"].dtype == object
    assert X_out["a"].iloc[2] is None


EACH = pytest.mark.parametrize(
    "sampler",
    [
        NeighborInterpolation(random_state=0),
        GaussianCopula(random_state=0),
        AdversarialForest(n_estimators=3, random_state=0),
    ],
    ids=lambda sampler: type(sampler).__name__,
)


@EACH
def test_pandas_and_polars_agree(sampler):
    X, y = mixed_frame()
    left = sampler.fit_resample(X, y)[0]
    levels = pl.col("c").cast(pl.String).cast(pl.Enum(["x", "y", "z"]))
    frame = pl.from_pandas(X).with_columns(levels)
    right = sampler.fit_resample(frame, y)[0].to_pandas()
    for name in X:
        assert left[name].tolist() == right[name].tolist()


@EACH
def test_columns_left_alone(sampler):
    X, y = mixed_frame()
    sampler = clone(sampler).set_params(columns=["b", "c"])
    X_out, _ = sampler.fit_resample(X, y)
    parents = X.iloc[sampler.sample_indices_]
    assert X_out[["a", "d"]].equals(parents[["a", "d"]])
    assert (X_out["b"] != parents["b"]).any()
    assert (X_out["c"] != parents["c"]).any()


@EACH
def test_numbers_that_code_categories(sampler):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    X[:, 1] = rng.choice([0.5, 1.25, 7.0], 80)
    sampler = clone(sampler).set_params(categorical_features=[1])
    X_out, _ = sampler.fit_resample(X, rng.integers(0, 2, 80))
    assert set(X_out[:, 1]) == {0.5, 1.25, 7.0}
    assert (X_out[80:, 1] != X[:, 1]).any()


@EACH
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"categorical_features": ["nobody"]}, "categorical_features.*nobody"),
        ({"categorical_features": [9]}, "categorical_features contains 9"),
        ({"columns": [9]}, "columns contains 9"),
    ],
)
def test_bad_columns(sampler, bad, message):
    X, y = mixed_frame()
    with pytest.raises(ValueError, match=message):
        clone(sampler).set_params(**bad).fit_resample(X, y)


@EACH
def test_balances_classes(sampler):
    X, _ = mixed_frame()
    y = np.r_[np.zeros(100), np.ones(20)].astype(int)
    sampler = clone(sampler).set_params(sampling_strategy="auto")
    X_out, y_out = sampler.fit_resample(X, y)
    assert np.bincount(y_out).tolist() == [100, 100]
    assert (y[sampler.sample_indices_[120:]] == 1).all()
    # The leaves of a forest are wider than the rows of one class in them.
    known = X["a"] if isinstance(sampler, AdversarialForest) else X["a"][100:]
    assert X_out["a"].iloc[120:].between(known.min(), known.max()).all()


@EACH
def test_constraint_redraws(sampler):
    X, y = mixed_frame()
    sampler = clone(sampler).set_params(constraint=lambda X: (X["b"] >= 3).to_numpy())
    allowed = (X["b"] >= 3).to_numpy()
    free, _ = clone(sampler).set_params(constraint=None).fit_resample(X, y)
    X_out, _ = sampler.fit_resample(X[allowed], y[allowed])
    assert (free["b"].iloc[len(X) :] < 3).any()
    assert (X_out["b"] >= 3).all()


@EACH
def test_nothing_is_kept_of_the_data(sampler):
    X, y = mixed_frame()
    sampler = clone(sampler)
    sampler.fit_resample(X, y)
    assert not [name for name in vars(sampler) if name.startswith("_")]
