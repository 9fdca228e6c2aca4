"""Affine maps: SciPy is the oracle for resampling, NumPy for turns and flips."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from skoverfit.augmentation import Flip, RandomAffine, Rotate, Shear, Shift, Zoom
from skoverfit.augmentation._images._warp import FILL_MODES, inverse_maps, warp

MODES = sorted(FILL_MODES)


def pictures(shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def by_scipy(images, maps, **options):
    """One image and channel after the other."""
    result = np.empty_like(images)
    for image, new, each in zip(images, result, maps, strict=True):
        for k in range(images.shape[3]):
            new[..., k] = ndimage.affine_transform(
                image[..., k], each[:, :2], each[:, 2], **options
            )
    return result


def random_maps(shape, n_images, rng):
    return inverse_maps(
        shape,
        n_images,
        degrees=rng.uniform(-180, 180, n_images),
        shift=rng.uniform(-9, 9, (n_images, 2)),
        zoom=rng.uniform(0.3, 2, n_images),
        shear=rng.uniform(-40, 40, n_images),
        flip=rng.random((n_images, 2)) < 0.5,
    )


@pytest.mark.parametrize("mode", MODES)
def test_resampling_is_that_of_scipy(mode):
    shapes = [(7, 5, 1), (6, 6, 3), (1, 9, 1), (1, 1, 2)]
    for shape, order in product(shapes, [0, 1, 3]):
        rng = np.random.default_rng(0)
        images = pictures((8, *shape))
        maps = random_maps(shape[:2], 8, rng)
        got = warp(images, maps, order=order, mode=mode, fill_value=0.3)
        expected = by_scipy(images, maps, order=order, mode=mode, cval=0.3)
        case = f"{shape}, order {order}"
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12, err_msg=case)


@pytest.mark.parametrize("mode", MODES)
def test_single_precision_is_near_scipy(mode):
    rng = np.random.default_rng(1)
    images = pictures((20, 28, 28, 1)).astype("f4")
    maps = inverse_maps((28, 28), 20, degrees=rng.uniform(-30, 30, 20))
    got = warp(images, maps, order=1, mode=mode, fill_value=0.0)
    assert got.dtype == np.float32
    expected = by_scipy(images, maps, order=1, mode=mode)
    far = np.abs(got - expected) > 1e-4
    # With "constant", a place on the edge may fall on either side of it.
    assert far.sum() <= (5 if mode == "constant" else 0)


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    mode=st.sampled_from(MODES),
    order=st.sampled_from([0, 1]),
    quarters=st.integers(-4, 4),
    shift=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
    flip=st.tuples(st.booleans(), st.booleans()),
)
def test_whole_steps_on_square_images_are_exact(
    height, width, mode, order, quarters, shift, flip
):
    """Places of whole steps lie on pixels: here each rounding error would show."""
    side = height if quarters % 2 else None
    images = pictures((2, height, side or width, 1))
    maps = inverse_maps(
        images.shape[1:3], 2, degrees=90.0 * quarters, shift=shift, flip=flip
    )
    expected = by_scipy(images, maps, order=order, mode=mode, cval=0.3)
    got = warp(images, maps, order=order, mode=mode, fill_value=0.3)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("mode", MODES)
def test_quarter_turns_are_those_of_numpy(mode):
    for case in product([-3, -1, 1, 2, 5], [0, 1, 3], ["f4", "f8"]):
        quarters, order, dtype = case
        images = pictures((3, 6, 6, 2)).astype(dtype)
        maps = inverse_maps((6, 6), 3, degrees=90.0 * quarters)
        got = warp(images, maps, order=order, mode=mode, fill_value=0.0)
        expected = np.rot90(images, quarters, axes=(1, 2))
        if order < 3:
            np.testing.assert_array_equal(got, expected, str(case))
        else:
            np.testing.assert_allclose(got, expected, atol=1e-6, err_msg=str(case))


def test_rotation_is_that_of_scipy():
    image = pictures((9, 9))
    maps = inverse_maps((9, 9), 1, degrees=np.array([33.0]))
    got = warp(image[None, ..., None], maps, order=1, mode="nearest", fill_value=0)
    expected = ndimage.rotate(image, 33, reshape=False, order=1, mode="nearest")
    np.testing.assert_allclose(got[0, ..., 0], expected, atol=1e-12)


def test_shift_is_that_of_scipy():
    image = pictures((9, 7))
    maps = inverse_maps((9, 7), 1, shift=np.array([[1.25, -2.5]]))
    got = warp(image[None, ..., None], maps, order=1, mode="nearest", fill_value=0)
    expected = ndimage.shift(image, (1.25, -2.5), order=1, mode="nearest")
    np.testing.assert_allclose(got[0, ..., 0], expected, atol=1e-12)


def test_zoom_above_one_enlarges():
    image = np.zeros((1, 9, 9, 1))
    image[:, 4, 4] = 1.0
    maps = inverse_maps((9, 9), 1, zoom=np.array([2.0]))
    larger = warp(image, maps, order=1, mode="nearest", fill_value=0)
    tent = np.array([0, 0, 0, 0.5, 1, 0.5, 0, 0, 0])
    np.testing.assert_allclose(larger[0, ..., 0], np.outer(tent, tent), atol=1e-12)


def test_order_of_changes_in_a_chain():
    """Enlarged by two about the center 3.5, then moved by one."""
    maps = inverse_maps((8, 8), 1, zoom=2.0, shift=1.0)
    place = maps[0] @ [3.0, 5.0, 1.0]
    np.testing.assert_allclose(place, (np.array([3.0, 5.0]) - 1 - 3.5) / 2 + 3.5)


def test_shear_moves_rows_against_each_other():
    image = np.zeros((1, 5, 5, 1))
    image[:, :, 2] = 1.0
    maps = inverse_maps((5, 5), 1, shear=45.0)
    got = warp(image, maps, order=1, mode="grid-constant", fill_value=0)
    np.testing.assert_allclose(got[0, ..., 0], np.eye(5)[::-1], atol=1e-12)


def copies_of(augmenter, X):
    augmenter.set_params(mode="replace", random_state=0)
    return augmenter.fit_resample(X, np.zeros(len(X)))[0]


@pytest.mark.parametrize(
    ("direction", "axes"), [("horizontal", 2), ("vertical", 1), ("both", (1, 2))]
)
@pytest.mark.parametrize("dtype", ["f4", "u1", "?", "i8"])
def test_flips_are_those_of_numpy(direction, axes, dtype):
    X = (pictures((5, 4, 6, 3)) * 200).astype(dtype)
    got = copies_of(Flip(1.0, direction=direction), X)
    np.testing.assert_array_equal(got, np.flip(X, axes))


def test_a_chance_of_one_half_flips_half():
    X = np.tile(np.arange(4.0), (2000, 1, 1))
    flipped = copies_of(Flip(0.5), X)[:, 0, 0] == 3
    assert 0.45 < flipped.mean() < 0.55
    both = copies_of(RandomAffine(0, 0, 0, flip="horizontal"), X)[:, 0, 0] == 3
    assert 0.45 < both.mean() < 0.55


@pytest.mark.parametrize(
    ("single", "chain"),
    [
        (Rotate(30), RandomAffine(30, 0, 0)),
        (Shift(0.3), RandomAffine(0, 0.3, 0)),
        (Zoom(0.5), RandomAffine(0, 0, 0.5)),
        (Shear(20), RandomAffine(0, 0, 0, shear=20)),
    ],
)
def test_single_changes_are_chains_with_one_link(single, chain):
    """Same law: moments of the maps agree; other draws come before, so not the maps."""
    for augmenter in (single, chain):
        augmenter.image_shape_ = (10, 6)
    rng = np.random.default_rng(0)
    maps = [each._draw(4000, rng)["maps"] for each in (single, chain)]
    for moment in (np.mean, np.std):
        got, expected = (moment(each, axis=0) for each in maps)
        np.testing.assert_allclose(got, expected, atol=0.1)
    assert np.std(maps[0], axis=0).max() > 0.03


def test_shifts_stay_within_their_share():
    X = np.zeros((500, 20, 10))
    X[:, 10, 5] = 1.0
    moved = copies_of(Shift(0.2, order=0), X)
    rows, columns = np.nonzero(moved)[1:]
    assert rows.min() == 6
    assert rows.max() == 14
    assert columns.min() == 3
    assert columns.max() == 7


@pytest.mark.parametrize("fill_mode", ["constant", "grid-constant"])
def test_fill_value_must_lie_in_the_range(fill_mode):
    X = 10 + pictures((2, 4, 4))
    with pytest.raises(ValueError, match=r"fill_value=0\.0 is outside the range"):
        Shift(fill_mode=fill_mode).fit_resample(X, [0, 1])
    moved = copies_of(Shift(0.5, fill_mode=fill_mode, fill_value=10.5), X)
    assert moved.min() >= 10


def test_unused_fill_value_may_be_anything():
    X = 10 + pictures((2, 4, 4))
    assert copies_of(Shift(0.5), X).min() >= 10


def test_cubic_splines_stay_within_the_range():
    X = (pictures((20, 8, 8)) > 0.5).astype(float)
    got = copies_of(Rotate(40, order=3), X)
    assert got.min() == 0
    assert got.max() == 1
