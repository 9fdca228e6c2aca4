"""Augmenters that change the values of pixels: light and color."""

from numbers import Real

import numpy as np

from skoverfit._compat import Interval
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import IMAGES
from skoverfit.augmentation._images._base import (
    SMALLEST_IMAGE,
    ImageAugmenter,
    each,
    random_factors,
)

__all__ = [
    "Brightness",
    "Contrast",
    "Hue",
    "Saturation",
]

#: Weights of red, green and blue in the luma of ITU-R BT.601.
LUMA = np.array([0.299, 0.587, 0.114])


@documented(IMAGES)
@declared
class Brightness(ImageAugmenter):
    """Add copies of images that are lighter or darker.

    One number is added to all pixels of a copy. It is drawn uniformly from
    ``-fraction`` to ``fraction`` times the width of the range of values.

    Parameters
    ----------
    fraction : float, default=0.2
        Largest change relative to the range of values, from 0 to 1.
    {n_copies, of_images}

    {attributes_and_errors}

    See Also
    --------
    Contrast : Changes the distance from the mean.

    Notes
    -----
    Values are cut off at the ends of the range.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Brightness
    >>> images = np.full((1, 2, 2), 100, dtype=np.uint8)
    >>> more, _ = Brightness(0.2, random_state=0).fit_resample(images, [0])
    >>> abs(int(more[1, 0, 0]) - 100) <= 51
    True
    """

    fraction: float = 0.2
    n_copies: int = 1

    _parameter_constraints = {
        "fraction": [Interval(Real, 0, 1, closed="both")],
    }

    def _is_identity(self):
        return self.fraction == 0

    def _draw(self, n_images, rng):
        shares = rng.uniform(-self.fraction, self.fraction, n_images)
        return {"change": self._in_units(shares)}

    def _perturb(self, images, rng, drawn):
        images += each(drawn["change"], images)
        return images


@documented(IMAGES)
@declared
class Contrast(ImageAugmenter):
    """Add copies of images with more or less contrast.

    The distance of each value from the mean of its image is multiplied by a factor
    between ``1 / (1 + fraction)`` and ``1 + fraction``, drawn uniformly on a log scale.

    Parameters
    ----------
    fraction : float, default=0.2
        Largest growth of the contrast, 0 or more.
    {n_copies, of_images}

    {attributes_and_errors}

    See Also
    --------
    Brightness : Changes the mean.

    Notes
    -----
    Values are cut off at the ends of the range.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Contrast
    >>> images = np.array([[[0.4, 0.6]]])
    >>> contrast = Contrast(0.5, value_range=(0, 1), random_state=2)
    >>> more, _ = contrast.fit_resample(images, [0])
    >>> more[1].round(3)  # the mean stays
    array([[0.428, 0.572]])
    """

    fraction: float = 0.2
    n_copies: int = 1

    _parameter_constraints = {
        "fraction": [Interval(Real, 0, None, closed="left")],
    }

    def _is_identity(self):
        return self.fraction == 0

    def _draw(self, n_images, rng):
        return {"factor": random_factors(self.fraction, n_images, rng)}

    def _perturb(self, images, rng, drawn):
        mean = images.mean(axis=(1, 2, 3), keepdims=True)
        return _between(mean, images, each(drawn["factor"], images))


def _between(origin, images, factor):
    """Multiply the distance from an origin, in place."""
    images -= origin
    images *= factor
    images += origin
    return images


class _ColorAugmenter(ImageAugmenter):
    """An augmenter that needs red, green and blue."""

    def _check_array(self, X):
        rows = super()._check_array(X)
        if self._layout()[2] != 3 and not self._says_nothing_of_color(rows):
            raise ValueError(
                f"{type(self).__name__} needs color images with 3 channels: X of "
                "shape (n, height, width, 3), or image_shape=(height, width, 3) for "
                f"flat rows. Got images of shape {self.image_shape_}."
            )
        return rows

    def _says_nothing_of_color(self, rows):
        """Whether rows may be a table: short, flat, and without a stated layout."""
        short = rows.ndim == 2 and rows.shape[1] < SMALLEST_IMAGE
        return short and self.image_shape is None

    def _is_identity(self):
        return self.fraction == 0 or self._layout()[2] != 3


@documented(IMAGES)
@declared
class Saturation(_ColorAugmenter):
    """Add copies of color images with stronger or paler colors.

    The distance of each pixel from the gray of the same brightness is multiplied by a
    factor between ``1 / (1 + fraction)`` and ``1 + fraction``, drawn uniformly on a log
    scale.

    Parameters
    ----------
    fraction : float, default=0.3
        Largest growth of the saturation, 0 or more.
    {n_copies, of_images}

    {attributes}

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``, or if
        images are gray.

    See Also
    --------
    Hue : Turns colors into others.

    Notes
    -----
    Brightness is the luma of ITU-R BT.601: 0.299, 0.587 and 0.114 parts of red, green
    and blue. Values are cut off at the ends of the range. Rows of fewer than 64 values
    without `image_shape` have no color and are copied.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Saturation
    >>> images = np.array([[[[0.4, 0.5, 0.6], [0.3, 0.3, 0.3]]]])
    >>> saturation = Saturation(1.0, value_range=(0, 1), random_state=0)
    >>> more, _ = saturation.fit_resample(images, [0])
    >>> more[1, 0].round(3)  # gray stays gray
    array([[0.418, 0.496, 0.574],
           [0.3  , 0.3  , 0.3  ]])
    """

    fraction: float = 0.3
    n_copies: int = 1

    _parameter_constraints = {
        "fraction": [Interval(Real, 0, None, closed="left")],
    }

    def _draw(self, n_images, rng):
        return {"factor": random_factors(self.fraction, n_images, rng)}

    def _perturb(self, images, rng, drawn):
        gray = (images @ LUMA.astype(images.dtype))[..., np.newaxis]
        return _between(gray, images, each(drawn["factor"], images))


@documented(IMAGES)
@declared
class Hue(_ColorAugmenter):
    """Add copies of color images with all hues turned on the color circle.

    The turn of each copy is drawn uniformly from ``-fraction`` to ``fraction`` of the
    circle. Saturation and value, as in HSV, stay what they are.

    Parameters
    ----------
    fraction : float, default=0.05
        Largest turn as a part of the circle, from 0 to 0.5.
    {n_copies, of_images}

    {attributes}

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``, or if
        images are gray.

    See Also
    --------
    Saturation : Makes colors stronger or paler.

    Notes
    -----
    Rows of fewer than 64 values without `image_shape` have no color and are copied.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Hue
    >>> images = np.array([[[[0.4, 0.5, 0.6], [0.3, 0.3, 0.3]]]])
    >>> more, _ = Hue(0.5, random_state=0).fit_resample(images, [0])
    >>> more[1, 0].round(3)  # gray stays gray
    array([[0.4  , 0.6  , 0.481],
           [0.3  , 0.3  , 0.3  ]])
    """

    fraction: float = 0.05
    n_copies: int = 1

    _parameter_constraints = {
        "fraction": [Interval(Real, 0, 0.5, closed="both")],
    }

    def _draw(self, n_images, rng):
        return {"turn": rng.uniform(-self.fraction, self.fraction, n_images)}

    def _perturb(self, images, rng, drawn):
        # Reducing over a short last axis is slow: each channel gets its own block.
        channels = np.ascontiguousarray(np.moveaxis(images, 3, 0))
        value = channels.max(axis=0)
        chroma = value - channels.min(axis=0)
        turn = each(6 * drawn["turn"], images)[..., 0]
        hue = np.mod(_hue(channels, value, chroma) + turn, 6)
        for channel, start in enumerate((5, 3, 1)):
            sector = hue + images.dtype.type(start)
            np.subtract(sector, 6, out=sector, where=sector >= 6)
            part = np.clip(np.minimum(sector, 4 - sector), 0, 1)
            images[..., channel] = value - chroma * part
        return images


def _hue(channels, value, chroma):
    """Angle on the color circle in sixths of the circle; 0 for gray.

    It depends on differences of channels only, so on no range of values.
    """
    red, green, blue = channels
    width = np.where(chroma > 0, chroma, 1)
    return np.select(
        [value == red, value == green],
        [(green - blue) / width, 2 + (blue - red) / width],
        4 + (red - green) / width,
    )
