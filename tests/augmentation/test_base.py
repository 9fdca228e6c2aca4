"""What the base class promises to those who write an augmenter."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit.augmentation import BaseAugmenter, GaussianNoise


class Mirror(BaseAugmenter):
    """Changes rows and targets alike."""

    def _augment(self, X, y, rng):
        return -X, -y


class Wrong(BaseAugmenter):
    """Returns whatever it is told to."""

    def __init__(self, answer=None, n_copies=1, random_state=None):
        super().__init__(n_copies=n_copies, random_state=random_state)
        self.answer = answer

    _parameter_constraints: dict = {
        **BaseAugmenter._parameter_constraints,
        "answer": [callable],
    }

    def _augment(self, X, y, rng):
        return self.answer(X, y)


X = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        BaseAugmenter()


@pytest.mark.parametrize(
    "y",
    [
        np.array([1, 2], dtype=np.int16),
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        [1, 2],
        pd.Series([1, 2], name="target", dtype="int8", index=[7, 9]),
        pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, index=[7, 9]),
        pl.Series("target", [1, 2], dtype=pl.Int16),
        pl.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}),
    ],
    ids=["array", "multi-output", "list", "Series", "DataFrame", "polars", "polars-2d"],
)
def test_changed_targets_keep_container_name_and_dtype(y):
    _, y_out = Mirror(n_copies=2).fit_resample(X, y)
    assert type(y_out) is type(y)
    values = np.asarray(y)
    np.testing.assert_array_equal(
        np.asarray(y_out), np.concatenate([values, -values, -values])
    )
    if isinstance(y, pd.Series | pl.Series):
        assert (y_out.name, y_out.dtype) == (y.name, y.dtype)
    if isinstance(y, pd.DataFrame | pl.DataFrame):
        assert list(y_out.columns) == list(y.columns)
        assert list(y_out.dtypes) == list(y.dtypes)
    if isinstance(y, pd.Series | pd.DataFrame):
        assert list(y_out.index) == [7, 9] * 3


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (lambda X, y: (X[:1], y), "rows"),
        (lambda X, y: (X.astype(np.float32), y), "rows"),
        (lambda X, y: (X.tolist(), y), "rows"),
        (lambda X, y: (X, y[:1]), "targets"),
        (lambda X, y: (X, y.astype(float)), "targets"),
    ],
)
def test_a_wrong_augment_is_named(answer, what):
    with pytest.raises(TypeError, match=rf"Wrong\._augment must return {what}"):
        Wrong(answer).fit_resample(X, np.array([0, 1]))


def test_fit_learns_without_copies():
    noise = GaussianNoise(n_copies=10**9).fit(X, [0, 1])
    np.testing.assert_allclose(noise.noise_scale_, 0.1)
    assert noise.n_features_in_ == 2


@pytest.mark.parametrize(
    ("rows", "y", "message"),
    [
        (X, None, "y"),
        (X, [0], "inconsistent numbers of samples"),
        (X, [0, np.nan], "NaN"),
        (X, np.zeros((2, 1, 1)), "dim 3"),
        (X[0], [0, 1], "Expected 2D array"),
        (np.array([[1.0, np.inf]]), [0], "infinity"),
        (np.array([[1.0, 1j]]), [0], "Complex"),
        (X[:0], [], "0 sample"),
        (pd.DataFrame({"a": [1.0, np.inf], "b": ["x", "y"]}), [0, 1], "'a'.*infinity"),
        (pd.DataFrame({"a": [1j, 2j], "b": ["x", "y"]}), [0, 1], "Complex.*'a'"),
        (pd.DataFrame([[1.0, "a"]], columns=["x", "x"]), [0], "distinct.*'x'"),
        (pd.DataFrame({"a": [], "b": []}, dtype=object), [], "Got shape"),
        (pl.DataFrame({"a": [1.0, np.inf], "b": ["x", "y"]}), [0, 1], "'a'.*infinity"),
    ],
)
def test_bad_data_is_refused(rows, y, message):
    with pytest.raises(ValueError, match=message):
        GaussianNoise().fit_resample(rows, y)


def test_sparse_target_is_refused():
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        GaussianNoise().fit_resample(X, sparse.csr_matrix([[0], [1]]))


def test_random_state_instance_advances():
    noise = GaussianNoise(random_state=np.random.RandomState(0))
    first, _ = noise.fit_resample(X, [0, 1])
    second, _ = noise.fit_resample(X, [0, 1])
    assert not np.array_equal(first, second)
