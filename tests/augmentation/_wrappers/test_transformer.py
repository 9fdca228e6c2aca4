"""The train-time transformer: training rows are perturbed, others are not."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import RandomOverSampler
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from skoverfit.augmentation import (
    AugmentingTransformer,
    GaussianNoise,
    Mixup,
    RandomSwap,
    Shift,
    SwapNoise,
)

X, y = make_classification(60, 4, random_state=0)
TEXTS = [f"good film number {k}" for k in range(30)]


def test_training_rows_are_perturbed_and_others_are_not():
    perturb = AugmentingTransformer(GaussianNoise(0.3), random_state=0)
    model = make_pipeline(StandardScaler(), perturb, DecisionTreeClassifier())
    model.fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    np.testing.assert_array_equal(perturb.transform(scaled), scaled)
    noise = GaussianNoise(
        0.3, mode="replace", random_state=perturb.augmenter_.random_state
    )
    expected, _ = noise.fit_resample(scaled, y)
    np.testing.assert_array_equal(perturb.fit_transform(scaled, y), expected)
    assert perturb.augmenter_.mode == "replace"


def test_no_copies_is_the_identity():
    same = AugmentingTransformer(GaussianNoise(n_copies=0)).fit_transform(X)
    np.testing.assert_array_equal(same, X)


def test_targets_are_seen_but_not_needed():
    swap = AugmentingTransformer(SwapNoise(1.0, within_class=True), random_state=0)
    marked = np.c_[X, y]
    np.testing.assert_array_equal(swap.fit_transform(marked, y)[:, -1], y)
    assert not np.array_equal(swap.fit_transform(marked)[:, -1], y)
    assert make_pipeline(swap, PCA(2)).fit(X).transform(X).shape == (60, 2)


@pytest.mark.parametrize(
    "container",
    [
        X,
        sparse.csr_matrix(X),
        sparse.csc_matrix(X),
        pd.DataFrame(X, columns=list("abcd")),
        pd.DataFrame({"a": y, "b": pd.Categorical(y.astype(str))}),
        pl.DataFrame(X, schema=list("abcd")),
        TEXTS * 2,
        pd.Series(TEXTS * 2),
        X.reshape(60, 2, 2),
    ],
)
def test_containers_are_kept(container):
    augmenter = SwapNoise(0.5)
    if isinstance(container, list | pd.Series):
        augmenter = RandomSwap(0.5)
    elif getattr(container, "ndim", 2) == 3:
        augmenter = Shift(0.5)
    perturb = AugmentingTransformer(augmenter, random_state=0)
    changed = perturb.fit_transform(container, y)
    assert type(changed) is type(container)
    assert np.shape(changed) == np.shape(container)
    assert type(perturb.transform(container)) is type(container)
    again = clone(perturb).fit_transform(container, y)
    assert pickle.dumps(again) == pickle.dumps(changed)


def test_columns_have_names():
    frame = pd.DataFrame(X, columns=list("abcd"))
    perturb = AugmentingTransformer(random_state=0).fit(frame)
    assert list(perturb.get_feature_names_out()) == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        perturb.transform(frame[list("dcba")])
    out = AugmentingTransformer(random_state=0).set_output(transform="pandas")
    assert isinstance(out.fit_transform(X, y), pd.DataFrame)


def test_tags_of_the_transformer():
    tags = get_tags(AugmentingTransformer())
    assert tags.non_deterministic
    assert tags.input_tags.sparse
    assert tags.input_tags.allow_nan


@pytest.mark.parametrize(
    ("augmenter", "message"),
    [
        (RandomOverSampler(), "must have a parameter mode"),
        (Mixup(partner="any"), "changes targets"),
        (StandardScaler(), "'augmenter' parameter"),
        (SwapNoise(sampling_strategy="auto"), "mode='replace'"),
    ],
)
def test_augmenters_that_do_not_fit_row_by_row(augmenter, message):
    with pytest.raises(ValueError, match=message):
        AugmentingTransformer(augmenter, random_state=0).fit_transform(X, y)


def test_bad_rows_are_refused():
    with pytest.raises(NotFittedError):
        AugmentingTransformer().transform(X)
    perturb = AugmentingTransformer().fit(X)
    with pytest.raises(ValueError, match="features"):
        perturb.transform(X[:, :2])
    with pytest.raises(ValueError, match="inconsistent"):
        perturb.fit_transform(X, y[:-1])
