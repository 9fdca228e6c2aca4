"""Rotate, shift, zoom and shear images: affine maps with one amount."""

from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import IMAGES
from skoverfit.augmentation._images._affine import ResampledImages

__all__ = ["Rotate", "Shear", "Shift", "Zoom"]


@documented(IMAGES)
@declared
class Rotate(ResampledImages):
    """Add copies of images, rotated about their center.

    The angle of each copy is drawn uniformly from ``-degrees`` to ``degrees``; positive
    angles are counter-clockwise.

    Parameters
    ----------
    degrees : float, default=15.0
        Largest angle, from 0 to 180.
    {n_copies, of_resampling, of_images}

    {attributes_and_errors}

    See Also
    --------
    RandomAffine : Rotates, shifts, zooms and shears with one resampling.

    Notes
    -----
    Small angles suit most pictures. Large ones change what a picture means where
    there is an up and a down: a 6 becomes a 9.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Rotate
    >>> images = np.zeros((2, 5, 5), dtype=np.uint8)
    >>> images[:, 2] = 200
    >>> more, labels = Rotate(degrees=90, random_state=0).fit_resample(images, [0, 1])
    >>> more.shape, more.dtype, labels
    ((4, 5, 5), dtype('uint8'), [0, 1, 0, 1])
    >>> more[:, 2, 2]  # the center stays
    array([200, 200, 200, 200], dtype=uint8)
    """

    degrees: float = 15.0
    n_copies: int = 1

    _moves = {"degrees": "degrees"}


@documented(IMAGES)
@declared
class Shift(ResampledImages):
    """Add copies of images, moved up or down and to the left or right.

    The two moves of each copy are drawn uniformly, the vertical one up to ``fraction``
    of the height and the horizontal one up to ``fraction`` of the width.

    Parameters
    ----------
    fraction : float, default=0.1
        Largest move relative to height and width, from 0 to 1.
    {n_copies, of_resampling, of_images}

    {attributes_and_errors}

    See Also
    --------
    RandomAffine : Rotates, shifts, zooms and shears with one resampling.

    Notes
    -----
    Moves by parts of a pixel blur the image a little; ``order=0`` moves by whole
    pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Shift
    >>> images = np.arange(4.0).reshape(1, 1, 4)
    >>> shift = Shift(0.5, 3, order=0, fill_mode="grid-constant", random_state=0)
    >>> more, _ = shift.fit_resample(images, [7])
    >>> more[:, 0]
    array([[0., 1., 2., 3.],
           [1., 2., 3., 0.],
           [2., 3., 0., 0.],
           [0., 0., 1., 2.]])
    """

    fraction: float = 0.1
    n_copies: int = 1

    _moves = {"shift": "fraction"}


@documented(IMAGES)
@declared
class Zoom(ResampledImages):
    """Add copies of images, made larger or smaller about their center.

    The factor of each copy lies between ``1 / (1 + fraction)`` and ``1 + fraction`` and
    is drawn uniformly on a log scale, so that as many copies grow as shrink. The size
    of the image stays what it is.

    Parameters
    ----------
    fraction : float, default=0.1
        Largest growth, 0 or more.
    {n_copies, of_resampling, of_images}

    {attributes_and_errors}

    See Also
    --------
    RandomAffine : Rotates, shifts, zooms and shears with one resampling.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Zoom
    >>> images = np.zeros((1, 8, 8))
    >>> images[:, 2:6, 2:6] = 1.0
    >>> more, _ = Zoom(1.0, random_state=0).fit_resample(images, [0])
    >>> more.sum(axis=(1, 2)).round(1)
    array([16. ,  9.8])
    """

    fraction: float = 0.1
    n_copies: int = 1

    _moves = {"zoom": "fraction"}


@documented(IMAGES)
@declared
class Shear(ResampledImages):
    """Add copies of images whose vertical lines lean to one side.

    The angle of each copy is drawn uniformly from ``-degrees`` to ``degrees``; the row
    in the middle stays in place.

    Parameters
    ----------
    degrees : float, default=10.0
        Largest angle, 0 or more and below 90.
    {n_copies, of_resampling, of_images}

    {attributes_and_errors}

    See Also
    --------
    RandomAffine : Rotates, shifts, zooms and shears with one resampling.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Shear
    >>> images = np.zeros((1, 5, 5), dtype=np.uint8)
    >>> images[:, :, 2] = 9
    >>> more, _ = Shear(45, random_state=0, order=0).fit_resample(images, [0])
    >>> more[1]
    array([[0, 9, 0, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 0, 9, 0]], dtype=uint8)
    """

    degrees: float = 10.0
    n_copies: int = 1

    _moves = {"shear": "degrees"}
