"""What is said of an ``_augment`` that breaks its contract, and what finds it."""

# ruff: noqa: NPY002 - the global generator is what must not be used

import random

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.utils import get_tags

from skoverfit.augmentation import BaseAugmenter, GaussianNoise
from skoverfit.testing import (
    augmenter_checks,
    check_augmenter,
    parametrize_with_augmenter_checks,
)

X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


class Shift(BaseAugmenter):
    """The example of BaseAugmenter's documentation."""

    def _augment(self, X, y, rng):
        return X + rng.uniform(size=(len(X), 1)), y


def made(augment, **tags):
    """Make an augmenter of a function."""

    class Made(BaseAugmenter):
        _augment = augment

        def __sklearn_tags__(self):
            known = super().__sklearn_tags__()
            for name, value in tags.items():
                setattr(known.input_tags, name, value)
            return known

    return Made(random_state=0)


@parametrize_with_augmenter_checks([Shift()])
def test_the_example_keeps_the_contract(augmenter, check, request):
    assert request.node.name.endswith(f"[Shift()-{check.__name__}]")  # can be read
    check(augmenter)


def test_the_example_is_that_of_the_documentation():
    assert "return X + rng.uniform(size=(len(X), 1)), y" in BaseAugmenter.__doc__


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        (lambda self, X, y, rng: X.copy(), r"must return a tuple \(X_new, y_new\).*Got "
         r"ndarray of shape \(24, 4\)"),
        (lambda self, X, y, rng: None, r"must return a tuple .* Got None"),
        (lambda self, X, y, rng: (X, y, rng), r".*a tuple of 3 \(ndarray, ndarray, G"),
        (lambda self, X, y, rng: [X, y], r".*a list of 2 \(ndarray, ndarray\)"),
        (lambda self, X, y, rng: "Xy", ".*an object of type str"),
        (lambda self, X, y, rng: (X[:3], y), r"must return rows .*\(24, 4\).*\(3, 4\)"),
        (lambda self, X, y, rng: (X[:3], y[:3]), r"must return rows .*\(3, 4\)"),
        (lambda self, X, y, rng: (None, y), "must return rows .* Got None"),
        (lambda self, X, y, rng: (X * 1j, y), "must return rows .*complex128"),
        (lambda self, X, y, rng: (X, None), "must return targets .* Got None"),
        (lambda self, X, y, rng: (X, y[:3]), r"must return targets .*\(24,\).*\(3,\)"),
        (lambda self, X, y: (X, y), r"must take three arguments.*\(X, y\)"),
        (lambda self, X, y, rng, more: (X, y), "must take three arguments.*more"),
    ],
)  # fmt: skip
def test_a_wrong_augment_is_named_at_run_time_and_by_the_checks(augment, message):
    augmenter = made(augment)
    rows, labels = np.arange(96.0).reshape(24, 4), np.arange(24) % 2
    with pytest.raises(TypeError, match=rf"Made\._augment {message}"):
        augmenter.fit_resample(rows, labels)
    with pytest.raises(TypeError, match=rf"Made\._augment {message}"):
        check_augmenter(augmenter)


def add_in_place(self, X, y, rng):
    X += 1
    return X, y


def set_targets(self, X, y, rng):
    y[0] = 1
    return X, y


def shuffle(self, X, y, rng):
    rng.shuffle(X)
    return X, y


def set_data(self, X, y, rng):
    X.data[:] = 0
    return X, y


@pytest.mark.parametrize("augment", [add_in_place, set_targets, shuffle])
def test_writing_in_place_is_refused_and_changes_nothing(augment):
    for rows in (X.copy(), pd.DataFrame(X, columns=["a", "b"])):
        before, labels = np.array(rows), Y.copy()
        with pytest.raises(ValueError, match=r"Made\._augment must not write to the X"):
            made(augment).fit_resample(rows, labels)
        np.testing.assert_array_equal(rows, before)
        np.testing.assert_array_equal(labels, Y)
    with pytest.raises(ValueError, match=r"Made\._augment must not write"):
        check_augmenter(made(augment))
    matrix = sparse.csr_array(X)
    with pytest.raises(ValueError, match="must not write"):
        made(set_data, sparse=True).fit_resample(matrix, Y)
    np.testing.assert_array_equal(matrix.toarray(), X)


def test_other_errors_of_an_augment_pass_as_they_are():
    def augment(self, X, y, rng):
        raise ValueError("something of its own")

    with pytest.raises(ValueError, match=r"^something of its own$"):
        made(augment).fit_resample(X, Y)


# ------------------------------------------------------------------ numbers and dtypes
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, bool])
def test_whole_numbers_are_rounded_and_stay_in_their_range(dtype):
    def augment(self, X, y, rng):
        return X + np.array([0.6, 1e30, -1e30]), y

    rows = np.ones((2, 3), dtype=dtype)
    new = made(augment).fit_resample(rows, Y[:2])[0][2:]
    limits = (
        (True, False) if dtype is bool else (np.iinfo(dtype).max, np.iinfo(dtype).min)
    )
    assert new.dtype == dtype
    assert new[0].tolist() == [2 if dtype is not bool else True, *limits]


def test_floats_keep_their_width():
    rows, _ = Shift(random_state=0).fit_resample(X.astype(np.float32), Y)
    assert rows.dtype == np.float32

    def missing(self, X, y, rng):
        return X * np.nan, y

    with pytest.raises(TypeError, match="must return rows"):
        made(missing).fit_resample(X.astype(int), Y)


# ------------------------------------------------------------------------------- tags
def test_tags_say_what_an_augmenter_takes():
    ours, plain = get_tags(GaussianNoise()).input_tags, get_tags(Shift()).input_tags
    assert (ours.sparse, ours.categorical, ours.string) == (True, True, True)
    assert (plain.sparse, plain.categorical, plain.string) == (False, False, False)
    with pytest.raises(TypeError, match="dense data is required"):
        Shift().fit_resample(sparse.csr_array(X), Y)


WORDS = np.array([["a", "b"]] * 4)


@pytest.mark.parametrize(
    "rows",
    [WORDS, WORDS.astype(object), pd.DataFrame(WORDS), pl.DataFrame(WORDS),
     pd.DataFrame({"x": X[:, 0], "word": WORDS[:, 0]})],
)  # fmt: skip
def test_words_are_refused_unless_the_tags_allow_them(rows):
    with pytest.raises(TypeError, match=r"Made takes columns of numbers.*\(text\)"):
        made(lambda self, X, y, rng: (X, y)).fit_resample(rows, Y)
    for tag in ("categorical", "string"):
        allowed = made(lambda self, X, y, rng: (X, y), **{tag: True})
        assert len(allowed.fit_resample(rows, Y)[0]) == 8


def test_a_frame_of_numbers_and_booleans_is_taken():
    frame = pd.DataFrame({"n": X[:, 0], "whole": [1, 2, 3, 4], "b": X[:, 1] > 2})
    assert len(made(lambda self, X, y, rng: (X, y)).fit_resample(frame, Y)[0]) == 8
    numbers = X.astype(object)
    assert len(Shift().fit_resample(numbers, Y)[0]) == 8


def with_gap(X):
    X = np.array(X, dtype=float)
    X[1, 1] = np.nan
    return X


def frame_with_gap(X):
    return pd.DataFrame(with_gap(X), columns=["a", "b"]).assign(whole=1)


@pytest.mark.parametrize("convert", [np.asarray, pl.DataFrame, sparse.csr_array, None])
def test_missing_values_are_refused_if_the_tags_say_so(convert):
    rows = convert(with_gap(X)) if convert else frame_with_gap(X)
    keep = lambda self, X, y, rng: (X, y)  # noqa: E731
    assert made(keep, sparse=True).fit_resample(rows, Y)[0].shape[0] == 8
    with pytest.raises(ValueError, match=r"Made takes no missing values\. X has 1"):
        made(keep, sparse=True, allow_nan=False).fit_resample(rows, Y)
    full = made(keep, allow_nan=False).fit_resample(X, Y)[0]
    assert len(full) == 8


def test_negative_values_and_several_targets_are_refused_if_the_tags_say_so():
    class Single(BaseAugmenter):
        def _augment(self, X, y, rng):
            return X, y

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.positive_only = True
            tags.target_tags.multi_output = False
            return tags

    with pytest.raises(ValueError, match="Negative values in data passed to X in Sin"):
        Single().fit_resample(X - 3, Y)
    with pytest.raises(ValueError, match=r"one target for each row\. Got y of shape"):
        Single().fit_resample(X, np.c_[Y, Y])
    assert len(Single().fit_resample(X, Y)[0]) == 8


# ----------------------------------------------------------------------- random states
def seeds_numpy(self, X, y, rng):
    np.random.seed(0)
    return X + np.random.uniform(size=X.shape), y


def seeds_python(self, X, y, rng):
    random.seed(0)
    return X + random.random(), y


def puts_back(self, X, y, rng):
    state = np.random.get_state()
    new = X + np.random.uniform(size=X.shape)
    np.random.set_state(state)
    return new, y


def draws_python(self, X, y, rng):
    return X + random.random(), y


def has_no_seed(self, X, y, rng):
    return X + np.random.default_rng().uniform(), y


@pytest.mark.parametrize(
    "augment", [seeds_numpy, seeds_python, puts_back, draws_python, has_no_seed]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_no_global_random_state_fools_the_checks(augment, seed):
    np.random.seed(seed)
    random.seed(seed)
    before = np.random.get_state()[1].tobytes(), random.getstate()
    checks = {check.func.__name__: check for check in augmenter_checks(made(augment))}
    with pytest.raises(AssertionError, match=r"global random state|same seed"):
        checks["check_seed_decides"]()
    assert (np.random.get_state()[1].tobytes(), random.getstate()) == before


def test_frames_that_are_written_to_are_found():
    def augment(self, X, y, rng):
        if isinstance(X, pd.DataFrame):
            X["float"].to_numpy(copy=False).flags.writeable = True
            X["float"].to_numpy(copy=False)[0] = 7
        return X, y

    augmenter = made(augment, categorical=True)
    checks = {check.func.__name__: check for check in augmenter_checks(augmenter)}
    with pytest.raises(
        (AssertionError, ValueError), match=r"_augment|WRITEABLE|are different"
    ):
        checks["check_frame_kept"]()
