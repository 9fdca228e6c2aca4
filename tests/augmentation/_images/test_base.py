"""What all augmenters of images promise: layout, range, dtype, containers, errors."""

import inspect
import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from imblearn.pipeline import make_pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.augmentation import (
    Brightness,
    Contrast,
    Flip,
    GaussianBlur,
    Hue,
    ImageCutMix,
    ImageMixup,
    ImageNoise,
    RandomAffine,
    RandomErasing,
    Rotate,
    Saturation,
    Shear,
    Shift,
    Zoom,
)

# Doses that change every image; the values of a dose of nothing.
DOSED = [
    (Rotate(90), {"degrees": 0}),
    (Shift(0.5), {"fraction": 0}),
    (Zoom(1.0), {"fraction": 0}),
    (Shear(60), {"degrees": 0}),
    (Flip(1.0), {"p": 0}),
    (RandomAffine(90, 0.5), {"degrees": 0, "shift": 0, "zoom": 0}),
    (Brightness(1.0), {"fraction": 0}),
    (Contrast(2.0), {"fraction": 0}),
    (Saturation(2.0), {"fraction": 0}),
    (Hue(0.5), {"fraction": 0}),
    (GaussianBlur(2.0), {"sigma": 0}),
    (ImageNoise(0.3), {"scale": 0}),
    (RandomErasing(0.9), {"fraction": 0}),
    (ImageMixup(1.0), {"concentration": 0}),
    (ImageCutMix(1.0), {"concentration": 0}),
]
AUGMENTERS = [augmenter for augmenter, _ in DOSED]
each_augmenter = pytest.mark.parametrize("augmenter", AUGMENTERS, ids=repr)
DTYPES = ["f2", "f4", "f8", "u1", "i2", "i8", "?"]


def pictures(dtype="f8", shape=(12, 7, 5, 3), seed=0):
    """Smooth color pictures that use the range of their dtype."""
    rng = np.random.default_rng(seed)
    images = rng.random(shape)
    if np.dtype(dtype).kind in "iu":
        images *= 255
    return (images > 0.5) if dtype == "?" else images.astype(dtype)


def perturbed(augmenter, X, seed=0, **params):
    """Only the copies, and the fitted augmenter."""
    fitted = clone(augmenter).set_params(mode="replace", random_state=seed, **params)
    copies, _ = fitted.fit_resample(X, np.zeros(len(X), dtype=int))
    return copies, fitted


@each_augmenter
def test_dtype_shape_and_range_are_kept_and_images_change(augmenter):
    for dtype in DTYPES:
        X = pictures(dtype)
        copies, fitted = perturbed(augmenter, X)
        assert (copies.dtype, copies.shape) == (X.dtype, X.shape)
        low, high = fitted.value_range_
        assert low <= copies.min() <= copies.max() <= high, dtype
        if not isinstance(augmenter, Brightness) or dtype != "?":
            assert not np.array_equal(copies, X), dtype


@pytest.mark.parametrize(("augmenter", "nothing"), DOSED, ids=repr)
def test_a_dose_of_nothing_is_the_identity_bit_for_bit(augmenter, nothing):
    for order in ("C", "F"):
        X = np.asarray(pictures() - 0.5, order=order)
        X[0, 0, 0] = -0.0
        X.flags.writeable = False
        copies, _ = perturbed(augmenter, X, **nothing)
        assert copies.tobytes() == X.tobytes(), order


@each_augmenter
def test_layouts_give_the_same_images(augmenter):
    X = pictures("f4")
    expected, _ = perturbed(augmenter, X)
    flat, _ = perturbed(augmenter, X.reshape(12, -1), image_shape=(7, 5, 3))
    np.testing.assert_array_equal(flat.reshape(X.shape), expected)
    fortran, _ = perturbed(augmenter, np.asfortranarray(X))
    np.testing.assert_array_equal(fortran, expected)


@each_augmenter
def test_threads_and_blocks_change_nothing(augmenter, monkeypatch):
    X = pictures("u1", (40, 6, 6, 3))
    monkeypatch.setattr("skoverfit.augmentation._images._base.BLOCK_PIXELS", 500)
    alone, _ = perturbed(augmenter, X)
    shared, _ = perturbed(augmenter, X, n_jobs=2)
    np.testing.assert_array_equal(shared, alone)


def test_geometry_does_not_depend_on_the_size_of_blocks(monkeypatch):
    X = pictures("f4", (40, 6, 6))
    whole, _ = perturbed(RandomAffine(), X)
    monkeypatch.setattr("skoverfit.augmentation._images._base.BLOCK_PIXELS", 1)
    single, _ = perturbed(RandomAffine(), X)
    np.testing.assert_array_equal(single, whole)


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    dtype=st.sampled_from(DTYPES),
    augmenter=st.sampled_from(AUGMENTERS),
    shape=st.tuples(
        st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.just(3)
    ),
    seed=st.integers(0, 9),
)
def test_any_image_keeps_dtype_shape_and_range(data, dtype, augmenter, shape, seed):
    bounds = {"min_value": -100, "max_value": 100} if dtype[0] == "f" else {}
    if dtype == "i8":
        bounds = {"min_value": -(2**53), "max_value": 2**53}
    elements = hnp.from_dtype(np.dtype(dtype), allow_nan=False, **bounds)
    X = data.draw(hnp.arrays(dtype, shape, elements=elements))
    kept = X.copy()
    copies, fitted = perturbed(augmenter, X, seed)
    np.testing.assert_array_equal(X, kept)
    assert copies.dtype == X.dtype
    assert copies.shape == X.shape
    low, high = fitted.value_range_
    assert low <= copies.min()
    assert copies.max() <= high


@pytest.mark.parametrize("dtype", ["?", "u1", "i4"])
@pytest.mark.parametrize(
    "augmenter", [Shift(0.4), Rotate(40), GaussianBlur(2.0), ImageMixup(1.0)], ids=repr
)
def test_rounding_keeps_means(augmenter, dtype):
    """Zeros and ones: rounding to the nearest would make lonely ones disappear."""
    rng = np.random.default_rng(0)
    X = np.kron(rng.random((400, 6, 6)) < 0.2, np.eye(1)).astype(bool)
    exact, _ = perturbed(augmenter, X.astype(float))
    copies, _ = perturbed(augmenter, X.astype(dtype))
    error = copies.astype(float) - exact
    assert np.abs(error).max() < 1
    assert np.abs(error).max() > 0
    assert abs(error.mean()) < 4 * error.std() / np.sqrt(error.size)


def test_single_precision_stays_single():
    seen = []

    class Spy(ImageNoise):
        def _perturb(self, images, rng, drawn):
            result = super()._perturb(images, rng, drawn)
            seen.append((images.dtype, result.dtype))
            return result

    for dtype in ("f2", "f4", "u1", "?"):
        perturbed(Spy(), pictures(dtype))
    assert set(seen) == {(np.dtype("f4"), np.dtype("f4"))}


def test_memory_is_that_of_the_output():
    import tracemalloc

    X = np.zeros((2000, 32, 32), dtype=np.float32)
    X[:, 10:20] = 1
    tracemalloc.start()
    copies, _ = RandomAffine(random_state=0).fit_resample(X, np.zeros(2000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.6 * copies.nbytes


def test_memory_mapped_images(tmp_path):
    X = pictures("u1")
    np.save(tmp_path / "images.npy", X)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    copies, _ = perturbed(RandomAffine(), mapped)
    np.testing.assert_array_equal(copies, perturbed(RandomAffine(), X)[0])


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_stay_sparse(kind):
    X, y = load_digits(return_X_y=True)
    shift = Shift(0.1, image_shape=(8, 8), random_state=0)
    more, _ = shift.fit_resample(kind(X[:50]), y[:50])
    assert type(more) is kind
    dense, _ = shift.fit_resample(X[:50], y[:50])
    np.testing.assert_array_equal(more.toarray(), dense)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "Int16"])
def test_pandas_frames_of_one_type(dtype):
    X, y = load_digits(return_X_y=True, as_frame=True)
    X = X[:30].astype(dtype).set_index(np.arange(100, 130))
    shift = Shift(0.2, random_state=0)
    more, labels = shift.fit_resample(X, y[:30])
    pd.testing.assert_frame_equal(more[:30], X)
    assert (more.dtypes == X.dtypes).all()
    assert list(more.index) == 2 * list(range(100, 130))
    assert list(shift.feature_names_in_) == list(X.columns)
    arrays, _ = shift.fit_resample(X.to_numpy(dtype=dtype.lower()), y[:30])
    np.testing.assert_array_equal(more.to_numpy(dtype=dtype.lower()), arrays)
    assert len(labels) == 60


def test_polars_frames_of_one_type():
    X, y = load_digits(return_X_y=True)
    frame = pl.DataFrame(X[:30].astype("u1"), schema=[f"p{j}" for j in range(64)])
    more, _ = Shift(0.2, random_state=0).fit_resample(frame, y[:30])
    assert more.schema == frame.schema
    arrays, _ = Shift(0.2, random_state=0).fit_resample(X[:30].astype("u1"), y[:30])
    np.testing.assert_array_equal(more.to_numpy(), arrays)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"a": [0.5, 1.0], "b": [1, 2]}), "one type in all columns"),
        (pd.DataFrame({"a": ["x", "y"]}), "must be numbers"),
        (pd.DataFrame({"a": pd.array([1, None], "Int8")}), "missing"),
        (pl.DataFrame({"a": [1, None]}), "missing"),
    ],
)
def test_other_frames_are_refused(frame, message):
    with pytest.raises(ValueError, match=message):
        Shift().fit_resample(frame, [0, 1])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 64), (8, 8)),
        ((5, 4), (2, 2)),
        ((5, 3), (1, 3)),
        ((5, 63), (1, 63)),
        ((5, 784), (28, 28)),
        ((5, 4, 6), (4, 6)),
        ((5, 4, 6, 3), (4, 6, 3)),
    ],
)
def test_shape_without_image_shape(shape, expected):
    shift = Shift(random_state=0).fit(np.zeros(shape), np.zeros(5))
    assert shift.image_shape_ == expected


@pytest.mark.parametrize(
    ("shape", "image_shape", "message"),
    [
        ((4, 3072), None, "image_shape=.height, width"),
        ((4, 65), None, "not a square"),
        ((4, 64), (8, 9), "does not fit"),
        ((4, 64), (4, 4, 3), "does not fit"),
        ((4, 8, 8), (4, 16), "does not fit"),
        ((4, 8, 8), (8, 8, 1), "does not fit"),
        ((4, 64), (64,), "image_shape must be"),
        ((4, 64), (8.0, 8), "image_shape must be"),
        ((4, 64), (-8, -8), "image_shape must be"),
        ((4, 64), (True, 64), "image_shape must be"),
        ((4, 64), "8x8", "image_shape"),
        ((2, 2, 2, 2, 2), None, "dimensions"),
    ],
)
def test_bad_layouts_are_refused(shape, image_shape, message):
    with pytest.raises(ValueError, match=message):
        Shift(image_shape=image_shape).fit_resample(np.ones(shape), [0] * shape[0])


def test_ranges():
    X = np.linspace(-2.0, 3.0, 32).reshape(2, 4, 4)
    y = [0, 1]
    assert Shift().fit(X, y).value_range_ == (-2.0, 3.0)
    assert Shift(value_range=(-5, 5)).fit(X, y).value_range_ == (-5.0, 5.0)
    assert Shift().fit(np.ones((2, 4, 4), "u1"), y).value_range_ == (0.0, 255.0)
    assert Shift().fit(np.ones((2, 4, 4), bool), y).value_range_ == (0.0, 1.0)
    assert Shift().fit(np.ones((2, 4, 4), int), y).value_range_ == (1.0, 1.0)


@pytest.mark.parametrize(
    ("value_range", "message"),
    [
        ((0, 0.5), "does not contain"),
        ((0.5, 2), "does not contain"),
        ((1, 0), "low < high"),
        ((0, np.inf), "finite"),
        ((0, 1, 2), "two finite"),
        (("a", "b"), "two finite"),
        (1.0, "value_range"),
    ],
)
def test_bad_ranges_are_refused(value_range, message):
    X = np.linspace(0, 1, 32).reshape(2, 4, 4)
    with pytest.raises(ValueError, match=message):
        Shift(value_range=value_range).fit_resample(X, [0, 1])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "NaN"),
        (np.inf, "infinity"),
    ],
)
def test_pixels_must_be_finite(value, message):
    X = np.zeros((2, 4, 4))
    X[1, 2, 3] = value
    with pytest.raises(ValueError, match=message):
        Shift().fit_resample(X, [0, 1])


def test_numbers_too_large_to_compute_with_are_refused():
    with pytest.raises(ValueError, match="integers from"):
        Shift().fit_resample(np.full((1, 2, 2), 2**60), [0])
    with pytest.raises(ValueError, match="the difference overflows"):
        Shift().fit_resample(np.array([[[-1.7e308, 1.7e308]]]), [0])


@pytest.mark.parametrize("augmenter", AUGMENTERS, ids=repr)
def test_bad_doses_are_refused(augmenter):
    name = next(iter(dict(DOSED)[augmenter]))
    for value in (-0.1, np.nan, "much", None):
        bad = clone(augmenter).set_params(**{name: value})
        with pytest.raises(ValueError, match=f"'{name}' parameter .*{value}"):
            bad.fit_resample(pictures(), np.zeros(12))


@pytest.mark.parametrize(
    ("augmenter", "name"),
    [
        (Rotate(181), "degrees"),
        (Shear(90), "degrees"),
        (Shift(1.1), "fraction"),
        (Flip(1.1), "p"),
        (Flip(direction="up"), "direction"),
        (Hue(0.6), "fraction"),
        (Brightness(1.1), "fraction"),
        (RandomErasing(1.1), "fraction"),
        (RandomErasing(fill="black"), "fill"),
        (RandomAffine(flip="up"), "flip"),
        (RandomAffine(order=2), "order"),
        (RandomAffine(fill_mode="black"), "fill_mode"),
        (RandomAffine(fill_value=np.nan), "fill_value"),
        (RandomAffine(n_jobs="two"), "n_jobs"),
    ],
)
def test_bad_options_are_refused(augmenter, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        augmenter.fit_resample(pictures(), np.zeros(12))


@each_augmenter
def test_regression_weights_groups_and_classes(augmenter):
    X, n_rows = pictures(), 12
    weight, groups = np.arange(1.0, 13.0), np.arange(12) % 5
    fitted = clone(augmenter).set_params(random_state=0, n_copies=2)
    more, target = fitted.fit_resample(X, np.linspace(0, 1, 12), weight, groups)
    assert more.shape == (36, *X.shape[1:])
    assert target.shape == (36,)
    np.testing.assert_array_equal(fitted.groups_, np.tile(groups, 3))
    np.testing.assert_array_equal(fitted.sample_weight_, np.tile(weight, 3))
    balanced = clone(augmenter).set_params(random_state=0, sampling_strategy="auto")
    labels = np.arange(n_rows) % 4 == 0
    more, _ = balanced.fit_resample(X, labels)
    np.testing.assert_array_equal(more[:n_rows], X)
    assert len(balanced.sample_weight_) == len(more)
    assert balanced.sample_weight_.sum() == pytest.approx(18)


def test_constraint_sees_images():
    X = pictures()
    noise = ImageNoise(0.2, random_state=0, constraint=lambda Z: Z[:, 0, 0, 0] > 0.1)
    X[:, 0, 0, 0] = 0.3
    more, _ = noise.fit_resample(X, np.zeros(12))
    assert (more[:, 0, 0, 0] > 0.1).all()


def test_in_a_pipeline():
    X, y = load_digits(return_X_y=True)
    model = make_pipeline(RandomAffine(random_state=0), KNeighborsClassifier())
    assert model.fit(X[:500], y[:500]).score(X[500:], y[500:]) > 0.9


def test_doses_to_tune():
    assert Rotate(9)._doses() == [{"degrees": 9}, {"degrees": 3}, {"degrees": 27}]
    still, wild = RandomAffine(0, 0, 0), RandomAffine(170, shear=60)
    for augmenter in (RandomAffine(), still, wild):
        for dose in augmenter._doses():
            clone(augmenter).set_params(**dose).fit(pictures(), np.zeros(12))
            assert any(dose.values())


def test_shared_parameters_are_described_alike():
    described = {}
    for augmenter in AUGMENTERS:
        text = inspect.cleandoc(type(augmenter).__doc__)
        for name, entry in re.findall(
            r"^(\w+) : (.+(?:\n    .+)+)", text, re.MULTILINE
        ):
            described.setdefault(name, set()).add(entry)
    shared = ["image_shape", "value_range", "n_jobs", "mode", "sample_weight_", "order"]
    assert set(shared) <= set(described)
    for name in (*shared, "fill_mode", "constraint", "random_state", "n_features_in_"):
        assert len(described[name]) == 1, name
