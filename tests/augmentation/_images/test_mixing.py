"""Erased rectangles and mixed images: masks, shares, labels and weights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from skoverfit.augmentation import (
    AugmentedClassifier,
    ImageCutMix,
    ImageMixup,
    RandomErasing,
)
from skoverfit.augmentation._images._mixing import covered, rectangles


@settings(max_examples=100, deadline=None)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    area=st.floats(0, 1),
    ratio=st.floats(0.2, 5),
    seed=st.integers(0, 99),
)
def test_rectangles_lie_within_and_have_the_wanted_area(
    height, width, area, ratio, seed
):
    rng = np.random.default_rng(seed)
    corners = rectangles(np.full(7, area), np.full(7, ratio), (height, width), rng)
    assert (corners >= 0).all()
    assert (corners[:, 1] <= height).all()
    assert (corners[:, 3] <= width).all()
    rows, columns = corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 2]
    # As near as whole columns allow.
    assert (np.abs(rows * columns - area * height * width) <= rows / 2 + 1e-9).all()
    np.testing.assert_array_equal(
        covered(corners, (height, width)).sum(axis=(1, 2, 3)), rows * columns
    )


def test_masks_cover_the_rectangle_and_nothing_else():
    mask = covered(np.array([[1, 3, 2, 5], [0, 1, 0, 0]]), (4, 6))[..., 0]
    expected = np.zeros((2, 4, 6), dtype=bool)
    expected[0, 1:3, 2:5] = True
    np.testing.assert_array_equal(mask, expected)


def erased(fill, dtype="f8", fraction=0.6, shape=(300, 8, 6, 3)):
    X = (1 + 99 * np.random.default_rng(0).random(shape)).astype(dtype)
    erasing = RandomErasing(
        fraction, fill=fill, value_range=(0, 200), mode="replace", random_state=0
    )
    copies, _ = erasing.fit_resample(X, np.zeros(len(X)))
    return X, copies


@pytest.mark.parametrize("dtype", ["f4", "u1", "i8"])
def test_a_rectangle_is_erased_in_all_channels(dtype):
    X, copies = erased(0.0, dtype)
    gone = copies == 0
    assert (gone.all(axis=3) == gone.any(axis=3)).all()
    gone = gone[..., 0]
    np.testing.assert_array_equal(copies[~gone], X[~gone])
    for mask in gone:
        rows, columns = mask.any(axis=1), mask.any(axis=0)
        np.testing.assert_array_equal(mask, np.outer(rows, columns))
        for line in (rows, columns):  # without holes
            assert (np.abs(np.diff(np.r_[0, line, 0])).sum()) in (0, 2)
    share = gone.mean(axis=(1, 2))
    assert share.max() <= 0.7
    assert 0.25 < share.mean() < 0.35


def test_each_place_is_erased():
    _, copies = erased(0.0)
    often = (copies[..., 0] == 0).mean(axis=0)
    assert often.min() > 0.05
    np.testing.assert_allclose(often, often[::-1, ::-1], atol=0.15)


def test_random_filling_uses_the_range():
    X, copies = erased("random")
    new = copies[copies != X]
    assert 0 <= new.min() < 2
    assert 198 < new.max() <= 200
    assert abs(new.mean() - 100) < 3


def test_mean_filling_is_that_of_the_image():
    X, copies = erased("mean")
    mean = np.broadcast_to(X.mean(axis=(1, 2), keepdims=True), X.shape)
    changed = copies != X
    np.testing.assert_allclose(copies[changed], mean[changed])
    assert changed.any()


def test_constant_filling_must_lie_in_the_range():
    with pytest.raises(ValueError, match="fill=300 is outside the range"):
        RandomErasing(fill=300).fit_resample(np.zeros((2, 4, 4), "u1"), [0, 1])


def constant_pictures(n_images=40, shape=(6, 5)):
    """Image k is everywhere k: what was mixed can be read from the pixels."""
    values = np.arange(n_images, dtype=float)
    return np.tile(values.reshape(-1, *[1] * len(shape)), (1, *shape))


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3), (1, 9)])
def test_weights_of_cutmix_are_the_shares_of_the_area(shape):
    X = constant_pictures(40, shape)
    labels = np.array(["a", "b", "c", "d"])[np.arange(40) % 4]
    cutmix = ImageCutMix(mode="replace", random_state=0)
    copies, y = cutmix.fit_resample(X, labels)
    parents = cutmix.sample_indices_
    np.testing.assert_allclose(np.bincount(parents, cutmix.sample_weight_), 1)
    assert len(copies) > 50
    for image, label, weight in zip(copies, y, cutmix.sample_weight_, strict=True):
        present = {labels[int(value)] for value in np.unique(image)}
        assert label in present
        share = np.mean([labels[int(v)] == label for v in image.ravel()])
        assert weight == pytest.approx(share)


def test_cutmix_cuts_one_rectangle():
    X = constant_pictures()
    copies, _ = ImageCutMix(mode="replace", random_state=0).fit_resample(
        X, np.zeros(40, dtype=int)
    )
    n_mixed = 0
    for k, image in enumerate(copies):
        other = image != k
        n_mixed += other.any()
        assert len(np.unique(image)) <= 2
        outer = np.outer(other.any(axis=1), other.any(axis=0))
        np.testing.assert_array_equal(other, outer)
    assert n_mixed > 30


def test_cutmix_takes_the_same_place():
    X = np.random.default_rng(0).random((30, 6, 5))
    copies, _ = ImageCutMix(mode="replace", random_state=0).fit_resample(
        X, np.zeros(30, dtype=int)
    )
    known = (copies[:, None] == X[None]).any(axis=1)
    assert known.all()


def test_mixup_mixes_values_and_weights_alike():
    X = constant_pictures(2)
    mixup = ImageMixup(1.0, n_copies=50, mode="append", random_state=0)
    copies, y = mixup.fit_resample(X, np.array([0, 1]))
    synthetic = mixup.is_synthetic_
    share_of_one = copies[synthetic][:, 0, 0]
    weight, label = mixup.sample_weight_[synthetic], y[synthetic]
    np.testing.assert_allclose(weight, np.where(label, share_of_one, 1 - share_of_one))
    parents = mixup.sample_indices_[synthetic]
    np.testing.assert_array_equal(share_of_one >= 0.5, parents == 1)


def test_mixing_within_a_class_gives_single_rows():
    X = constant_pictures()
    for augmenter in (ImageMixup(random_state=0), ImageCutMix(random_state=0)):
        copies, y = augmenter.fit_resample(X, np.full(40, "cat"))
        assert copies.shape == (80, 6, 5)
        assert set(y) == {"cat"}


@pytest.mark.parametrize("augmenter", [ImageMixup(1.0), ImageCutMix()], ids=repr)
@pytest.mark.parametrize("n_outputs", [None, 2])
def test_numeric_targets_are_mixed_like_the_pixels(augmenter, n_outputs):
    X = constant_pictures()
    y = np.arange(40) + 0.5 if n_outputs is None else np.c_[np.arange(40), X[:, 0, 0]]
    if n_outputs:
        y = y + 0.25
    augmenter.set_params(mode="replace", random_state=0)
    copies, target = augmenter.fit_resample(X, y)
    assert target.shape == y.shape
    mean = copies.mean(axis=(1, 2))
    expected = mean + 0.5 if n_outputs is None else np.c_[mean, mean] + 0.25
    np.testing.assert_allclose(target, expected)


def test_one_image_mixes_with_itself():
    X = np.random.default_rng(0).random((1, 4, 4))
    for augmenter in (ImageMixup(1.0), ImageCutMix()):
        copies, _ = augmenter.fit_resample(X, [0])
        np.testing.assert_allclose(copies[1], X[0])


def test_no_image_is_its_own_partner():
    X = constant_pictures(3)
    mixup = ImageMixup(50.0, mode="replace", random_state=0)
    copies, _ = mixup.fit_resample(X, np.zeros(3))
    assert (np.abs(copies[:, 0, 0] - np.arange(3)) > 0.1).all()


def test_partners_come_from_all_classes_when_balancing():
    X = constant_pictures(40)
    y = (np.arange(40) < 4).astype(int)
    cutmix = ImageCutMix(sampling_strategy="auto", random_state=0)
    copies, _ = cutmix.fit_resample(X, y)
    synthetic = copies[cutmix.is_synthetic_]
    assert (cutmix.sample_indices_[cutmix.is_synthetic_] < 4).all()
    assert len(np.unique(synthetic)) > 20


def test_soft_labels_reach_the_model():
    X = constant_pictures().reshape(40, -1)
    y = (np.arange(40) > 20).astype(int)
    model = AugmentedClassifier(
        LogisticRegression(max_iter=1000),
        ImageMixup(1.0, image_shape=(6, 5)),
        random_state=0,
    )
    assert model.fit(X, y).score(X, y) > 0.9
