"""What holds for all augmenters of tables, on any mixture of columns."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skoverfit.augmentation import FeatureDropout, GaussianNoise, SmoothedBootstrap
from skoverfit.testing.strategies import augmenters, frames

KINDS = [
    *("float", "single", "gap", "int", "count"),
    *("bool", "answer", "level", "text", "day"),
]


def known(column):
    """Values of a column that can be compared, with one for what is missing."""
    values = pd.Series(column.to_list(), dtype=object)
    return set(values.where(values.notna(), None))


@settings(max_examples=150)
@given(
    X=frames(kinds=KINDS),
    augmenter=augmenters(),
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
