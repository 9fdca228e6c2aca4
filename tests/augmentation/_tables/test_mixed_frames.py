"""What holds for all augmenters of tables, on any mixture of columns."""

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skoverfit.augmentation import (
    Compose,
    CutMix,
    FeatureDropout,
    GaussianNoise,
    Mixup,
    OneOf,
    SmoothedBootstrap,
    Sometimes,
    SwapNoise,
)

PARTNERS = st.sampled_from(["class", "any", "similar"])
DOSES = st.sampled_from([0.0, 0.3, 3.0])
CHANCES = st.sampled_from([0.0, 0.4, 1.0])
SINGLE = st.one_of(
    st.builds(
        GaussianNoise, scale=DOSES, scale_by=st.sampled_from(["column", "density"])
    ),
    st.builds(SmoothedBootstrap, shrink=DOSES),
    st.builds(SwapNoise, p=CHANCES, within_class=st.booleans()),
    st.builds(
        FeatureDropout,
        p=CHANCES,
        value=st.sampled_from(["mean", "median", "most_frequent"]),
    ),
    st.builds(Mixup, concentration=DOSES, partner=PARTNERS),
    st.builds(CutMix, concentration=DOSES, partner=PARTNERS),
)
AUGMENTERS = st.one_of(
    SINGLE,
    st.builds(Sometimes, augmenter=SINGLE, p=CHANCES),
    st.builds(
        lambda kind, first, second: kind([("first", first), ("second", second)]),
        st.sampled_from([Compose, OneOf]),
        st.builds(GaussianNoise, scale=DOSES),
        SINGLE,
    ),
)
FLOATS = st.floats(-1e6, 1e6, width=32)
INTEGERS = st.integers(-100, 100)


def maybe(values):
    """Values of which some are missing."""
    return st.one_of(st.none(), values)


# Values of a column, and the dtype of pandas and of polars.
COLUMNS = {
    "float": (FLOATS, "float64", pl.Float64),
    "single": (FLOATS, "float32", pl.Float32),
    "gap": (maybe(FLOATS), "float64", pl.Float64),
    "int": (INTEGERS, "int16", pl.Int16),
    "count": (maybe(INTEGERS), "Int64", pl.Int64),
    "bool": (st.booleans(), "bool", pl.Boolean),
    "answer": (maybe(st.booleans()), "boolean", pl.Boolean),
    "level": (
        maybe(st.sampled_from(["lo", "hi"])),
        pd.CategoricalDtype(["lo", "mid", "hi"], ordered=True),
        pl.Enum(["lo", "mid", "hi"]),
    ),
    "text": (maybe(st.sampled_from(["a", "b", "ö", ""])), "object", pl.String),
    "day": (
        maybe(st.dates().map(lambda day: day.replace(year=2020, day=1))),
        "datetime64[ns]",
        pl.Date,
    ),
}


@st.composite
def frames(draw):
    names = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, unique=True))
    n_rows = draw(st.integers(1, 12))
    cells = {
        name: draw(st.lists(COLUMNS[name][0], min_size=n_rows, max_size=n_rows))
        for name in names
    }
    if draw(st.booleans()):
        schema = {name: COLUMNS[name][2] for name in names}
        return pl.DataFrame(cells, schema=schema)
    columns = {name: pd.Series(c, dtype=COLUMNS[name][1]) for name, c in cells.items()}
    return pd.DataFrame(columns).set_axis(np.arange(n_rows) + 7)


def known(column):
    """Values of a column that can be compared, with one for what is missing."""
    values = pd.Series(column.to_list(), dtype=object)
    return set(values.where(values.notna(), None))


@settings(max_examples=150)
@given(
    X=frames(),
    augmenter=AUGMENTERS,
    n_copies=st.integers(0, 2),
    mode=st.sampled_from(["append", "replace", "weight"]),
    seed=st.integers(0, 99),
)
def test_types_values_and_missing_cells(X, augmenter, n_copies, mode, seed):
    augmenter = clone(augmenter)
    augmenter.set_params(n_copies=n_copies, mode=mode, random_state=seed)
    n_rows = len(X)
    y = np.arange(n_rows) % 2
    X_out, y_out = augmenter.fit_resample(X, y)
    assert type(X_out) is type(X)
    assert list(X_out.dtypes) == list(X.dtypes)
    assert list(X_out.columns) == list(X.columns)
    assert set(y_out) <= set(y)
    new, parents = augmenter.is_synthetic_, augmenter.sample_indices_
    assert len(X_out) == len(y_out) == len(new) == len(parents)
    passes = min(n_copies, 1) if mode == "replace" else n_copies
    total = passes + (mode != "replace" or n_copies == 0)
    if mode == "weight" and n_copies:
        total = 2
    np.testing.assert_allclose(
        np.bincount(parents, augmenter.sample_weight_, minlength=n_rows), total
    )
    if isinstance(X, pd.DataFrame):
        assert X_out.index.equals(X.index[parents])
        pd.testing.assert_frame_equal(X_out[~new], X[: n_rows * (not new.all())])
    else:
        assert X_out.filter(~new).equals(X[: n_rows * (not new.all())])
    for name in X.columns:
        check_column(X[name], X_out[name], name, augmenter)
    again, _ = augmenter.fit_resample(X, y)
    assert again.equals(X_out)


def check_column(before, after, name, augmenter):
    """No value that cannot be, and no missing one where there was none."""
    if None not in known(before):
        assert None not in known(after)
    if name in ("bool", "answer", "level", "text", "day"):
        assert known(after) <= known(before)
    elif name in ("int", "count"):
        low, high = before.min(), before.max()
        assert all(low <= value <= high for value in known(after) - {None})
    else:
        assert all(np.isfinite(value) for value in known(after) - {None})
    if isinstance(augmenter, GaussianNoise | SmoothedBootstrap | FeatureDropout):
        parents = augmenter.sample_indices_
        gone = [pd.isna(value) for value in before.to_list()]
        left = [pd.isna(value) for value in after.to_list()]
        assert left == [gone[k] for k in parents]
