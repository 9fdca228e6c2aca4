"""Light, color, blur and noise, against the standard library, SciPy and arithmetic."""

import colorsys

import numpy as np
import pytest
from scipy import ndimage

from skoverfit.augmentation import (
    Brightness,
    Contrast,
    GaussianBlur,
    Hue,
    ImageNoise,
    Saturation,
)

Y = np.zeros(6)


def pictures(dtype="f8", shape=(6, 4, 5, 3)):
    images = np.random.default_rng(0).random(shape)
    images[0, 0, 0] = 0.25  # a gray pixel
    images[0, 0, 1] = [1, 0, 0]
    return (255 * images).astype(dtype) if dtype == "u1" else images.astype(dtype)


def prepared(augmenter, X):
    """Fitted, so that ranges and layout are known."""
    return augmenter.set_params(value_range=(0, 1)).fit(X, Y)


def hsv(pixels):
    return np.array([colorsys.rgb_to_hsv(*pixel) for pixel in pixels.reshape(-1, 3)])


def rgb(pixels):
    return np.array([colorsys.hsv_to_rgb(*pixel) for pixel in pixels])


@pytest.mark.parametrize("turn", [-0.5, -0.2, 0.1, 1 / 3, 0.5])
def test_hue_is_that_of_the_standard_library(turn):
    X = pictures()
    hue = prepared(Hue(0.5), X)
    got = hue._perturb(X.copy(), None, {"turn": np.full(6, turn)})
    colors = hsv(X)
    colors[:, 0] = (colors[:, 0] + turn) % 1
    np.testing.assert_allclose(got.reshape(-1, 3), rgb(colors), atol=1e-12)


def test_turning_back_restores_colors():
    X = pictures()
    hue = prepared(Hue(0.5), X)
    turn = np.linspace(-0.5, 0.5, 6)
    there = hue._perturb(X.copy(), None, {"turn": turn})
    back = hue._perturb(there.copy(), None, {"turn": -turn})
    assert np.abs(there - X).max() > 0.1
    np.testing.assert_allclose(back, X, atol=1e-12)


def test_hue_depends_on_no_range():
    X = pictures()
    hue = prepared(Hue(0.5), X)
    drawn = {"turn": np.linspace(-0.5, 0.5, 6)}
    plain = hue._perturb(X.copy(), None, drawn)
    moved = hue._perturb(40 * X - 7, None, drawn)
    np.testing.assert_allclose(moved, 40 * plain - 7, atol=1e-10)


def test_saturation_keeps_luma_and_grays():
    X = 0.4 + 0.2 * pictures()
    saturation = prepared(Saturation(0.5), X)
    got = saturation._perturb(X.copy(), None, {"factor": np.full(6, 1.5)})
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(got @ luma, X @ luma, atol=1e-12)
    np.testing.assert_allclose(got[0, 0, 0], X[0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(np.ptp(got, axis=3), 1.5 * np.ptp(X, axis=3))


def test_no_saturation_left_is_gray():
    X = pictures()
    saturation = prepared(Saturation(0.5), X)
    got = saturation._perturb(X.copy(), None, {"factor": np.zeros(6)})
    assert np.ptp(got, axis=3).max() < 1e-12


@pytest.mark.parametrize("augmenter", [Hue(), Saturation()])
@pytest.mark.parametrize(
    ("shape", "image_shape"),
    [
        ((6, 4, 4), None),
        ((6, 4, 4, 1), None),
        ((6, 4, 4, 4), None),
        ((6, 64), None),
        ((6, 48), (4, 12)),
        ((6, 4), (2, 2)),
    ],
)
def test_color_needs_three_channels(augmenter, shape, image_shape):
    X = np.random.default_rng(0).random(shape)
    with pytest.raises(ValueError, match="needs color images with 3 channels"):
        augmenter.set_params(image_shape=image_shape, value_range=None).fit(X, Y)


@pytest.mark.parametrize("augmenter", [Hue(0.5), Saturation(1.0)])
def test_flat_color_rows(augmenter):
    X = pictures("u1")
    augmenter.set_params(
        random_state=0, mode="replace", image_shape=None, value_range=None
    )
    expected, _ = augmenter.fit_resample(X, Y)
    flat = X.reshape(6, -1)
    got, _ = augmenter.set_params(image_shape=(4, 5, 3)).fit_resample(flat, Y)
    np.testing.assert_array_equal(got, expected.reshape(6, -1))
    assert not np.array_equal(got, flat)


def test_brightness_adds_one_number():
    X = 0.4 + 0.2 * pictures()
    brightness = Brightness(0.3, value_range=(0, 1), mode="replace", random_state=0)
    got, _ = brightness.fit_resample(X, Y)
    change = got - X
    assert np.ptp(change.reshape(6, -1), axis=1).max() < 1e-12
    assert len(np.unique(change[:, 0, 0, 0].round(9))) == 6
    assert np.abs(change).max() <= 0.3


def test_brightness_is_in_units_of_the_range():
    X = np.full((2000, 1, 1), 100, dtype="u1")
    more, _ = Brightness(0.2, mode="replace", random_state=0).fit_resample(
        X, np.zeros(2000)
    )
    assert more.min() == 49
    assert more.max() == 151


def test_brightness_is_cut_off():
    X = pictures()
    got, _ = Brightness(1.0, mode="replace", random_state=0).fit_resample(X, Y)
    assert got.min() == X.min()
    assert got.max() == X.max()


def test_contrast_multiplies_distances_from_the_mean():
    X = 0.45 + 0.1 * pictures()
    contrast = Contrast(1.0, value_range=(0, 1), mode="replace", random_state=0)
    got, _ = contrast.fit_resample(X, Y)
    axes = (1, 2, 3)
    np.testing.assert_allclose(got.mean(axes), X.mean(axes))
    factor = got.std(axes) / X.std(axes)
    assert factor.min() >= 0.5
    assert factor.max() <= 2
    assert factor.std() > 0.1


@pytest.mark.parametrize("augmenter", [Contrast(1.0), Saturation(1.0)])
def test_factors_grow_as_often_as_they_shrink(augmenter):
    factor = augmenter._draw(4000, np.random.default_rng(0))["factor"]
    assert abs(np.log(factor).mean()) < 0.03
    assert 0.5 <= factor.min() < 0.51
    assert 1.98 < factor.max() <= 2


@pytest.mark.parametrize("shape", [(6, 9, 7, 3), (6, 1, 5, 1), (6, 2, 2, 1)])
def test_blur_is_that_of_scipy(shape):
    X = np.random.default_rng(0).random(shape)
    widths = np.array([0.0, 0.1, 0.5, 1.0, 1.7, 3.0])
    got = prepared(GaussianBlur(3.0), X)._perturb(X.copy(), None, {"widths": widths})
    for image, new, width in zip(X, got, widths, strict=True):
        expected = ndimage.gaussian_filter(image, width, axes=(0, 1), mode="reflect")
        np.testing.assert_allclose(new, expected, atol=1e-12)


def test_blur_widths_are_spread_over_their_range():
    widths = GaussianBlur(2.0)._draw(4000, np.random.default_rng(0))["widths"]
    assert 0 <= widths.min() < 0.01
    assert 1.99 < widths.max() <= 2
    assert abs(widths.mean() - 1) < 0.05


def test_noise_has_the_stated_spread():
    X = np.full((200, 10, 10), 0.5)
    noise = ImageNoise(0.05, value_range=(-1, 3), mode="replace", random_state=0)
    got, _ = noise.fit_resample(X, np.zeros(200))
    assert abs((got - X).std() - 0.2) < 0.005
    assert abs((got - X).mean()) < 0.005


@pytest.mark.parametrize("scale", [0.001, 0.02])
def test_noise_is_monotone_in_its_dose(scale):
    X = pictures()
    noise = ImageNoise(scale, value_range=(-99, 99), mode="replace", random_state=0)
    small, _ = noise.fit_resample(X, Y)
    large, _ = noise.set_params(scale=3 * scale).fit_resample(X, Y)
    np.testing.assert_allclose(large - X, 3 * (small - X), atol=1e-9)
