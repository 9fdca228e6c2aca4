"""Augmenters that make images worse: out of focus, or noisy."""

from numbers import Real

import numpy as np

from skoverfit._compat import Interval
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import IMAGES
from skoverfit.augmentation._images._base import ImageAugmenter, each

__all__ = ["GaussianBlur", "ImageNoise"]

#: A Gaussian is cut off after this many standard deviations, as SciPy does it.
TRUNCATE = 4.0


@documented(IMAGES)
@declared
class GaussianBlur(ImageAugmenter):
    """Add copies of images that are out of focus.

    The standard deviation of the blur of each copy is drawn uniformly from 0 to
    ``sigma``. Beyond the edges the image is continued by its reflection.

    Parameters
    ----------
    sigma : float, default=1.0
        Largest standard deviation in pixels, 0 or more.
    {n_copies, of_images}

    {attributes_and_errors}

    See Also
    --------
    ImageNoise : Adds noise instead.

    Notes
    -----
    The result is that of :func:`scipy.ndimage.gaussian_filter`, with all images of a
    block filtered together.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import GaussianBlur
    >>> images = np.zeros((1, 5, 5))
    >>> images[0, 2, 2] = 1.0
    >>> more, _ = GaussianBlur(1.0, random_state=0).fit_resample(images, [0])
    >>> more[1, 2].round(2)
    array([0.  , 0.01, 0.97, 0.01, 0.  ])
    """

    sigma: float = 1.0
    n_copies: int = 1

    _parameter_constraints = {
        "sigma": [Interval(Real, 0, None, closed="left")],
    }

    def _is_identity(self):
        return self.sigma == 0

    def _draw(self, n_images, rng):
        return {"widths": rng.uniform(0, self.sigma, n_images)}

    def _perturb(self, images, rng, drawn):
        kernels = _kernels(drawn["widths"]).astype(images.dtype)
        return _filtered(_filtered(images, kernels, axis=1), kernels, axis=2)


def _kernels(widths):
    """Return a Gaussian for each width, cut off as in SciPy; rows sum to 1."""
    reach = (TRUNCATE * widths + 0.5).astype(np.intp)
    taps = np.arange(-reach.max(), reach.max() + 1)
    # A width of 0 reaches no other pixel; any number will do to divide by.
    widths = np.where(reach > 0, widths, 1.0)
    kernels = np.exp(-0.5 * (taps / widths[:, np.newaxis]) ** 2)
    kernels[np.abs(taps) > reach[:, np.newaxis]] = 0
    return kernels / kernels.sum(axis=1, keepdims=True)


def _filtered(images, kernels, axis):
    """Filter each image with its own kernel along one axis."""
    reach = kernels.shape[1] // 2
    margin = [(0, 0)] * 4
    margin[axis] = (reach, reach)
    padded = np.pad(images, margin, mode="symmetric")
    result = np.zeros_like(images)
    window = [slice(None)] * 4
    for tap, weights in enumerate(kernels.T):
        window[axis] = slice(tap, tap + images.shape[axis])
        result += padded[tuple(window)] * each(weights, images)
    return result


@documented(IMAGES)
@declared
class ImageNoise(ImageAugmenter):
    """Add copies of images with Gaussian noise on each value.

    Parameters
    ----------
    scale : float, default=0.05
        Standard deviation of the noise relative to the range of values, 0 or more.
    {n_copies, of_images}

    {attributes_and_errors}

    See Also
    --------
    GaussianNoise : Noise on tables, in units of each column's spread.

    Notes
    -----
    Values are cut off at the ends of the range, which makes the darkest pixels
    lighter and the lightest ones darker on average.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import ImageNoise
    >>> images = np.full((1, 20, 20), 100, dtype=np.uint8)
    >>> more, _ = ImageNoise(0.1, random_state=0).fit_resample(images, [0])
    >>> more.dtype, 20 < float(more[1].std()) < 30  # about a tenth of 255
    (dtype('uint8'), True)
    """

    scale: float = 0.05
    n_copies: int = 1

    _parameter_constraints = {
        "scale": [Interval(Real, 0, None, closed="left")],
    }

    def _is_identity(self):
        return self.scale == 0

    def _draw(self, n_images, rng):
        return {}

    def _perturb(self, images, rng, drawn):
        noise = rng.standard_normal(images.shape, dtype=images.dtype)
        noise *= self._in_units(self.scale)
        noise += images
        return noise
