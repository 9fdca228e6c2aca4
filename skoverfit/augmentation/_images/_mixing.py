"""Augmenters that erase parts of images, or mix two of them."""

from abc import abstractmethod
from dataclasses import KW_ONLY
from numbers import Real
from typing import Literal

import numpy as np

from skoverfit._compat import Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit._types import TaskName
from skoverfit.augmentation._copies import SoftTarget
from skoverfit.augmentation._docs import IMAGES
from skoverfit.augmentation._images._base import ImageAugmenter, each
from skoverfit.augmentation._means import mixed_values
from skoverfit.augmentation._targets import TASKS, is_numeric_target

__all__ = ["ImageCutMix", "ImageMixup", "RandomErasing"]

#: Smallest and largest ratio of height to width of erased rectangles.
RATIOS = (1 / 3, 3)


def rectangles(areas, ratios, shape, rng):
    """Place a rectangle at random in each image.

    Parameters
    ----------
    areas : ndarray of shape (n_images,)
        Wanted shares of the area, from 0 to 1.
    ratios : ndarray of shape (n_images,)
        Wanted ratios of height to width.
    shape : tuple of int
        Height and width of the images.
    rng : numpy.random.Generator
        Source of the places.

    Returns
    -------
    corners : ndarray of shape (n_images, 4)
        First row, row after the last, first column, column after the last. The area
        is as near to the wanted one as whole columns allow.
    """
    pixels = areas * shape[0] * shape[1]
    height = np.sqrt(pixels * ratios)
    # Not so flat that the width would be cut off at the edge, nor of no height.
    height = np.clip(np.round(height), np.ceil(pixels / shape[1]), shape[0])
    height = np.maximum(height, 1).astype(np.intp)
    width = np.minimum(np.round(pixels / height), shape[1]).astype(np.intp)
    top = rng.integers(0, shape[0] - height, endpoint=True)
    left = rng.integers(0, shape[1] - width, endpoint=True)
    return np.column_stack([top, top + height, left, left + width])


def covered(corners, shape):
    """Masks of rectangles, of shape (n_images, height, width, 1)."""
    first_row, end_row, first_column, end_column = (
        side[:, np.newaxis] for side in corners.T
    )
    rows, columns = np.arange(shape[0]), np.arange(shape[1])
    in_rows = (rows >= first_row) & (rows < end_row)
    in_columns = (columns >= first_column) & (columns < end_column)
    return (in_rows[:, :, np.newaxis] & in_columns[:, np.newaxis, :])[..., np.newaxis]


@documented(IMAGES)
@declared
class RandomErasing(ImageAugmenter):
    """Add copies of images from which a rectangle is erased.

    The share of the area is drawn uniformly from 0 to ``fraction``, the ratio of height
    to width between 1/3 and 3 uniformly on a log scale (at the edges other ratios
    occur), and the place uniformly [1]_. Models learn not to rely on one part of the
    image.

    Parameters
    ----------
    fraction : float, default=0.2
        Largest share of the area that is erased, from 0 to 1.
    {n_copies}
    fill : {"random", "mean"} or float, default="random"
        What takes the place: values drawn uniformly from the range, one for each
        pixel and channel; the mean of the image, of each channel; or one value, which
        must lie within the range.
    {of_images}

    {attributes_and_errors}

    See Also
    --------
    ImageCutMix : Fills the rectangle from another image.

    References
    ----------
    .. [1] Z. Zhong, L. Zheng, G. Kang, S. Li and Y. Yang, "Random erasing data
       augmentation", AAAI 34(7), 13001-13008, 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import RandomErasing
    >>> images = np.ones((1, 4, 6), dtype=int)
    >>> erasing = RandomErasing(0.5, fill=0.0, value_range=(0, 9), random_state=0)
    >>> more, _ = erasing.fit_resample(images, [0])
    >>> more[1]
    array([[1, 1, 1, 1, 1, 1],
           [1, 1, 1, 1, 1, 1],
           [1, 1, 1, 1, 1, 1],
           [0, 0, 0, 0, 1, 1]])
    """

    fraction: float = 0.2
    n_copies: int = 1
    _: KW_ONLY
    fill: Literal["random", "mean"] | float = "random"

    _parameter_constraints = {
        "fraction": [Interval(Real, 0, 1, closed="both")],
        "fill": [
            StrOptions({"random", "mean"}),
            Interval(Real, None, None, closed="neither"),
        ],
    }

    def _learn(self, X, y):
        super()._learn(X, y)
        if not isinstance(self.fill, str):
            self._check_in_range("fill", self.fill)

    def _is_identity(self):
        return self.fraction == 0

    def _draw(self, n_images, rng):
        areas = rng.uniform(0, self.fraction, n_images)
        ratios = np.exp(rng.uniform(*np.log(RATIOS), n_images))
        return {"corners": rectangles(areas, ratios, self._layout()[:2], rng)}

    def _perturb(self, images, rng, drawn):
        mask = covered(drawn["corners"], images.shape[1:3])
        np.copyto(images, self._filling(images, rng), where=mask)
        return images

    def _filling(self, images, rng):
        """Return what takes the place of the erased pixels."""
        if self.fill == "random":
            values = self._in_units(rng.random(images.shape, dtype=images.dtype))
            return values + self.value_range_[0]
        if self.fill == "mean":
            return images.mean(axis=(1, 2), keepdims=True)
        return self.fill


class _Mixing(ImageAugmenter):
    """An augmenter that combines each image with another one of the data."""

    _parameter_constraints = {
        "concentration": [Interval(Real, 0, None, closed="left")],
        "task": TASKS,
    }

    @abstractmethod
    def _shares(self, n_images, rng):
        """Draw the share of the own image and what else ``_combined`` needs."""

    @abstractmethod
    def _combined(self, images, others, drawn):
        """Put images and others together."""

    def _is_identity(self):
        return self.concentration == 0

    def _learn(self, X, y):
        super()._learn(X, y)
        self._all, self._all_targets = X, y
        self._is_regression = is_numeric_target(y, self.task, self.sampling_strategy)

    def _draw(self, n_images, rng):
        n_all = len(self._all)
        # Any image but the own one, unless that is the only one.
        steps = rng.integers(1, max(n_all, 2), n_images)
        donor = (self._parents + steps) % n_all
        return {"donor": donor, **self._shares(n_images, rng)}

    def _perturb(self, images, rng, drawn):
        others = self._as_floats(self._all[drawn["donor"]])
        return self._combined(images, others, drawn)

    def _new_targets(self, y, drawn, rng):
        """Means of numbers; both labels of classes."""
        other, share = self._all_targets[drawn["donor"]], drawn["share"]
        if not self._is_regression:
            return SoftTarget(y, other, share)
        return mixed_values(y, other, share.reshape(-1, *[1] * (y.ndim - 1)), rng)


@documented(IMAGES)
@declared
class ImageMixup(_Mixing):
    """Add copies of images that are faded into another image of the data.

    A copy is ``share`` times the image plus ``1 - share`` times another one drawn at
    random, with shares from a Beta distribution [1]_. Targets of numbers are mixed
    likewise. Where the class labels differ, the copy appears twice in the output, once
    with each label, with the shares as weights in ``sample_weight_``.

    Parameters
    ----------
    concentration : float, default=0.2
        Both parameters of the Beta distribution, 0 or more: small values leave most
        images nearly as they are, 1 draws shares uniformly.
    {n_copies, task, of_images}

    {attributes_and_errors}

    See Also
    --------
    ImageCutMix : Takes a rectangle from the other image.

    Notes
    -----
    The larger of the two shares belongs to the image itself, so that its parent in
    ``sample_indices_`` is always the image that it resembles more.

    References
    ----------
    .. [1] H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, "mixup: beyond empirical
       risk minimization", ICLR 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import ImageMixup
    >>> images = np.array([[[0.0, 0.0]], [[1.0, 1.0]]])
    >>> mixup = ImageMixup(1.0, random_state=0)
    >>> more, labels = mixup.fit_resample(images, ["dark", "light"])
    >>> labels[2:]
    ['dark', 'light', 'light', 'dark']
    >>> more[2:, 0, 0].round(2), mixup.sample_weight_[2:].round(2)
    (array([0.33, 0.33, 0.94, 0.94]), array([0.67, 0.33, 0.94, 0.06]))
    """

    concentration: float = 0.2
    n_copies: int = 1
    _: KW_ONLY
    task: TaskName = "auto"

    def _shares(self, n_images, rng):
        drawn = rng.beta(self.concentration, self.concentration, n_images)
        return {"share": np.maximum(drawn, 1 - drawn)}

    def _combined(self, images, others, drawn):
        others -= images
        others *= each(1 - drawn["share"], images)
        others += images
        return others


@documented(IMAGES)
@declared
class ImageCutMix(_Mixing):
    """Add copies of images with a rectangle from another image of the data.

    The share of the area that is kept is drawn from a Beta distribution; the rectangle
    has the proportions of the image, a random place, and is cut from the same place
    of the other image [1]_. Targets of numbers are mixed by the shares of the area.
    Where the class labels differ, the copy appears twice in the output, once with each
    label, with the shares as weights in ``sample_weight_``.

    Parameters
    ----------
    concentration : float, default=1.0
        Both parameters of the Beta distribution, 0 or more; 1 draws shares uniformly.
    {n_copies, task, of_images}

    {attributes_and_errors}

    See Also
    --------
    ImageMixup : Fades the whole image into the other one.
    RandomErasing : Fills the rectangle with no other image.

    Notes
    -----
    Shares are those of the pixels that were really kept. The rectangle always lies
    within the image; that of [1]_ may be cut off by its edge.

    References
    ----------
    .. [1] S. Yun, D. Han, S. J. Oh, S. Chun, J. Choe and Y. Yoo, "CutMix:
       regularization strategy to train strong classifiers with localizable features",
       ICCV 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import ImageCutMix
    >>> images = np.array([np.zeros((3, 4), dtype=int), np.ones((3, 4), dtype=int)])
    >>> cutmix = ImageCutMix(random_state=0)
    >>> more, labels = cutmix.fit_resample(images, ["dark", "light"])
    >>> more[2]
    array([[0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    >>> labels[2:4], cutmix.sample_weight_[2:4].round(2)
    (['dark', 'light'], array([0.67, 0.33]))
    """

    concentration: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    task: TaskName = "auto"

    def _shares(self, n_images, rng):
        shape = self._layout()[:2]
        wanted = 1 - rng.beta(self.concentration, self.concentration, n_images)
        corners = rectangles(wanted, np.full(n_images, shape[0] / shape[1]), shape, rng)
        height, width = np.diff(corners)[:, ::2].T
        return {"corners": corners, "share": 1 - height * width / np.prod(shape)}

    def _combined(self, images, others, drawn):
        mask = covered(drawn["corners"], images.shape[1:3])
        np.copyto(images, others, where=mask)
        return images
