"""The base of augmenters of numbers: one method, every table."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skoverfit.augmentation import NumericAugmenter
from skoverfit.testing import parametrize_with_augmenter_checks


class Jitter(NumericAugmenter):
    """The example of NumericAugmenter's documentation."""

    def _perturb(self, numbers, y, rng):
        return numbers + 0.1 * self._std * rng.uniform(-1, 1, numbers.shape)


def made(perturb, **parameters):
    """Make an augmenter of a function of numbers."""

    class Made(NumericAugmenter):
        def _perturb(self, numbers, y, rng):
            return perturb(numbers)

    return Made(random_state=0, **parameters)


@parametrize_with_augmenter_checks([Jitter(), Jitter(blocks=None)])
def test_the_example_keeps_the_contract(augmenter, check, request):
    name = f"{augmenter!r}-{check.__name__}"
    assert request.node.name.endswith(f"[{name}]")  # can be read
    check(augmenter)


def test_the_example_is_that_of_the_documentation():
    assert "0.1 * self._std * rng.uniform(-1, 1, numbers.shape)" in (
        NumericAugmenter.__doc__
    )


FRAME = {
    "float": [0.5, 1.5, None, 2.5, 4.5],
    "int": [10, 20, 30, 40, 50],
    "wide": [2**60 + 1, None, 2**60 + 3001, 2**60 + 9001, 2**60 + 90001],
    "text": ["a", "b", None, "a", "b"],
    "same": [7, 7, 7, 7, 7],
}
Y = np.array([0, 1, 0, 1, 0])


def pandas_frame():
    return pd.DataFrame(FRAME).assign(wide=pd.array(FRAME["wide"], dtype="Int64"))


@pytest.mark.parametrize("frame", [pandas_frame(), pl.DataFrame(FRAME)])
def test_frames_keep_all_but_their_numbers(frame):
    augmenter = made(lambda numbers: numbers + 1)
    rows, _ = augmenter.fit_resample(frame, Y)
    new = rows[5:]
    assert list(rows.dtypes) == list(frame.dtypes)
    assert augmenter.columns_.tolist() == [0, 1, 2]
    old = {name: frame[name].to_list() for name in FRAME}
    found = {name: new[name].to_list() for name in FRAME}
    floats = np.array(found["float"], dtype=float)
    np.testing.assert_array_equal(floats, [1.5, 2.5, np.nan, 3.5, 5.5])
    # A move that leaves the range seen, or its mirror image, is not made.
    assert found["int"] == [10, 21, 31, 41, 50]
    for name in ("wide", "text", "same"):  # 1 is too little for a float of 2**60
        assert list(map(repr, found[name])) == list(map(repr, old[name]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int64])
def test_zeros_of_sparse_matrices_stay_zeros(dtype):
    dense = np.array([[0, 3, 5], [2, 0, 4], [9, 1, 0]], dtype=dtype)
    matrix = sparse.csr_array(dense)
    rows, _ = made(lambda numbers: numbers + 1, bounds=(-9, 19)).fit_resample(
        matrix, Y[:3]
    )
    assert rows.dtype == dtype
    np.testing.assert_array_equal(
        rows[3:].toarray(), np.where(dense == 0, 0, dense + 1)
    )


def test_sparse_batches_do_not_change_the_result(monkeypatch):
    rng = np.random.default_rng(0)
    matrix = sparse.csr_array(rng.normal(size=(40, 6)) * (rng.random((40, 6)) < 0.4))
    whole, _ = Jitter(random_state=0).fit_resample(matrix, np.arange(40) % 2)
    monkeypatch.setattr("skoverfit.augmentation._tables._cells._moves._BATCH_CELLS", 50)
    parts, _ = Jitter(random_state=0).fit_resample(matrix, np.arange(40) % 2)
    np.testing.assert_array_equal(whole.toarray(), parts.toarray())


def test_whole_numbers_keep_their_mean():
    values = np.arange(4000).reshape(-1, 1) % 9
    rows, _ = made(lambda numbers: numbers + 0.3).fit_resample(values, values[:, 0])
    inside = (values[:, 0] > 0) & (values[:, 0] < 8)
    moves = (rows[4000:] - values)[inside]
    assert set(np.unique(moves)) == {0, 1}
    assert abs(moves.mean() - 0.3) < 4 * np.sqrt(0.21 / moves.size)


def test_bounds_and_columns():
    X = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])
    augmenter = made(lambda numbers: numbers + 1, bounds={1: (0, 3)}, columns=[1])
    rows, _ = augmenter.fit_resample(X, Y[:3])
    np.testing.assert_array_equal(rows[3:], [[1, 2], [2, 3], [3, 3]])
    with pytest.raises(ValueError, match=r"bounds=.* must hold all values of X"):
        made(np.copy, bounds=(0, 2)).fit_resample(X, Y[:3])
    with pytest.raises(ValueError, match="columns must select float or integer"):
        made(np.copy, columns=["text"]).fit_resample(pandas_frame(), Y)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e400])
def test_what_is_not_finite_is_not_made(bad):
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    rows, _ = made(lambda numbers: numbers * bad).fit_resample(X, Y[:2])
    np.testing.assert_array_equal(rows[2:], X)
    rows, _ = made(lambda numbers: numbers + 1e300).fit_resample(
        X.astype(np.float32), Y[:2]
    )
    np.testing.assert_array_equal(rows[2:], X)


@pytest.mark.parametrize("answer", [None, np.zeros((2, 1)), np.array([["a", "b"]] * 2)])
def test_a_wrong_answer_is_named(answer):
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.raises(TypeError, match=r"Made\._perturb must return numbers of shape"):
        made(lambda numbers: answer).fit_resample(X, Y[:2])


def test_numbers_may_be_written_to():
    def perturb(numbers):
        numbers += 1
        return numbers

    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    rows, _ = made(perturb).fit_resample(X, Y[:2])
    np.testing.assert_array_equal(rows, [[1, 2], [3, 4], [2, 3], [4, 5]])
