"""Rotate, shift, zoom and shear images: affine maps with one amount."""

from numbers import Real

from skoverfit._compat import Interval
from skoverfit.augmentation._images._affine import ResampledImages

__all__ = ["Rotate", "Shear", "Shift", "Zoom"]


class Rotate(ResampledImages):
    """Add copies of images, rotated about their centre.

    The angle of each copy is drawn uniformly from ``-degrees`` to ``degrees``; positive
    angles are counter-clockwise.

    Parameters
    ----------
    degrees : float, default=15.0
        Largest angle, from 0 to 180.
    n_copies : int, default=1
        Number of perturbed copies of each image, 0 or more.
    order : {0, 1, 3}, default=1
        Interpolation: 0 takes the nearest pixel, 1 is bilinear, 3 a cubic spline.
    fill_mode : str, default="nearest"
        What lies beyond the edges, one of SciPy's "nearest", "constant",
        "grid-constant", "reflect", "mirror", "wrap" and "grid-wrap" with the meaning
        that they have in :func:`scipy.ndimage.affine_transform`. For a background of
        one colour take "grid-constant": "constant" blanks the outer pixels at any move.
    fill_value : float, default=0.0
        Value beyond the edges for the two constant modes. It must lie within the range
        of values.
    image_shape : tuple of int, default=None
        Height and width, or height, width and channels, of the images that the rows of
        a 2-D ``X`` hold. None: a row of a square number of pixels is a square grey
        image; any other row of fewer than 64 pixels is an image of one pixel row.
    value_range : tuple of float, default=None
        Smallest and largest value that a pixel may have. None: 0 to 255 for ``uint8``,
        False to True for bools, else the range seen in ``X``.
    n_jobs : int or None, default=None
        Number of threads. The images do not depend on it.
    mode : {"append", "replace", "weight"}, default="append"
        Whether the copies follow the original images, take their place, or follow them
        and weigh, all copies of an image together, as much as the image.
    sampling_strategy : float, str, dict, callable or None, default=None
        Images to add to each class, as in :class:`BaseAugmenter`, in the place of
        `n_copies`.
    constraint : callable or None, default=None
        Takes copies like ``X`` and returns a mask of the possible ones; the others
        are drawn again.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same images in each call.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height and width, and channels if there is an axis for them.
    value_range_ : tuple of float
        Smallest and largest value that a pixel may have.
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each image of the output.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which images of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each image of the output.
    n_features_in_ : int
        Length of the second axis of ``X``.

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``.

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
    >>> more[:, 2, 2]  # the centre stays
    array([200, 200, 200, 200], dtype=uint8)
    """

    _parameter_constraints: dict = {
        **ResampledImages._parameter_constraints,
        "degrees": [Interval(Real, 0, 180, closed="both")],
    }

    def __init__(
        self,
        degrees=15.0,
        n_copies=1,
        *,
        order=1,
        fill_mode="nearest",
        fill_value=0.0,
        image_shape=None,
        value_range=None,
        n_jobs=None,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            order=order,
            fill_mode=fill_mode,
            fill_value=fill_value,
            image_shape=image_shape,
            value_range=value_range,
            n_jobs=n_jobs,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.degrees = degrees

    def _amounts(self):
        return {"degrees": self.degrees}


class Shift(ResampledImages):
    """Add copies of images, moved up or down and to the left or right.

    The two moves of each copy are drawn uniformly, the vertical one up to ``fraction``
    of the height and the horizontal one up to ``fraction`` of the width.

    Parameters
    ----------
    fraction : float, default=0.1
        Largest move relative to height and width, from 0 to 1.
    n_copies : int, default=1
        Number of perturbed copies of each image, 0 or more.
    order : {0, 1, 3}, default=1
        Interpolation: 0 takes the nearest pixel, 1 is bilinear, 3 a cubic spline.
    fill_mode : str, default="nearest"
        What lies beyond the edges, one of SciPy's "nearest", "constant",
        "grid-constant", "reflect", "mirror", "wrap" and "grid-wrap" with the meaning
        that they have in :func:`scipy.ndimage.affine_transform`. For a background of
        one colour take "grid-constant": "constant" blanks the outer pixels at any move.
    fill_value : float, default=0.0
        Value beyond the edges for the two constant modes. It must lie within the range
        of values.
    image_shape : tuple of int, default=None
        Height and width, or height, width and channels, of the images that the rows of
        a 2-D ``X`` hold. None: a row of a square number of pixels is a square grey
        image; any other row of fewer than 64 pixels is an image of one pixel row.
    value_range : tuple of float, default=None
        Smallest and largest value that a pixel may have. None: 0 to 255 for ``uint8``,
        False to True for bools, else the range seen in ``X``.
    n_jobs : int or None, default=None
        Number of threads. The images do not depend on it.
    mode : {"append", "replace", "weight"}, default="append"
        Whether the copies follow the original images, take their place, or follow them
        and weigh, all copies of an image together, as much as the image.
    sampling_strategy : float, str, dict, callable or None, default=None
        Images to add to each class, as in :class:`BaseAugmenter`, in the place of
        `n_copies`.
    constraint : callable or None, default=None
        Takes copies like ``X`` and returns a mask of the possible ones; the others
        are drawn again.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same images in each call.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height and width, and channels if there is an axis for them.
    value_range_ : tuple of float
        Smallest and largest value that a pixel may have.
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each image of the output.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which images of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each image of the output.
    n_features_in_ : int
        Length of the second axis of ``X``.

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``.

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

    _parameter_constraints: dict = {
        **ResampledImages._parameter_constraints,
        "fraction": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(
        self,
        fraction=0.1,
        n_copies=1,
        *,
        order=1,
        fill_mode="nearest",
        fill_value=0.0,
        image_shape=None,
        value_range=None,
        n_jobs=None,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            order=order,
            fill_mode=fill_mode,
            fill_value=fill_value,
            image_shape=image_shape,
            value_range=value_range,
            n_jobs=n_jobs,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.fraction = fraction

    def _amounts(self):
        return {"shift": self.fraction}


class Zoom(ResampledImages):
    """Add copies of images, made larger or smaller about their centre.

    The factor of each copy lies between ``1 / (1 + fraction)`` and ``1 + fraction`` and
    is drawn uniformly on a log scale, so that as many copies grow as shrink. The size
    of the image stays what it is.

    Parameters
    ----------
    fraction : float, default=0.1
        Largest growth, 0 or more.
    n_copies : int, default=1
        Number of perturbed copies of each image, 0 or more.
    order : {0, 1, 3}, default=1
        Interpolation: 0 takes the nearest pixel, 1 is bilinear, 3 a cubic spline.
    fill_mode : str, default="nearest"
        What lies beyond the edges, one of SciPy's "nearest", "constant",
        "grid-constant", "reflect", "mirror", "wrap" and "grid-wrap" with the meaning
        that they have in :func:`scipy.ndimage.affine_transform`. For a background of
        one colour take "grid-constant": "constant" blanks the outer pixels at any move.
    fill_value : float, default=0.0
        Value beyond the edges for the two constant modes. It must lie within the range
        of values.
    image_shape : tuple of int, default=None
        Height and width, or height, width and channels, of the images that the rows of
        a 2-D ``X`` hold. None: a row of a square number of pixels is a square grey
        image; any other row of fewer than 64 pixels is an image of one pixel row.
    value_range : tuple of float, default=None
        Smallest and largest value that a pixel may have. None: 0 to 255 for ``uint8``,
        False to True for bools, else the range seen in ``X``.
    n_jobs : int or None, default=None
        Number of threads. The images do not depend on it.
    mode : {"append", "replace", "weight"}, default="append"
        Whether the copies follow the original images, take their place, or follow them
        and weigh, all copies of an image together, as much as the image.
    sampling_strategy : float, str, dict, callable or None, default=None
        Images to add to each class, as in :class:`BaseAugmenter`, in the place of
        `n_copies`.
    constraint : callable or None, default=None
        Takes copies like ``X`` and returns a mask of the possible ones; the others
        are drawn again.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same images in each call.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height and width, and channels if there is an axis for them.
    value_range_ : tuple of float
        Smallest and largest value that a pixel may have.
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each image of the output.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which images of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each image of the output.
    n_features_in_ : int
        Length of the second axis of ``X``.

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``.

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

    _parameter_constraints: dict = {
        **ResampledImages._parameter_constraints,
        "fraction": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        fraction=0.1,
        n_copies=1,
        *,
        order=1,
        fill_mode="nearest",
        fill_value=0.0,
        image_shape=None,
        value_range=None,
        n_jobs=None,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            order=order,
            fill_mode=fill_mode,
            fill_value=fill_value,
            image_shape=image_shape,
            value_range=value_range,
            n_jobs=n_jobs,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.fraction = fraction

    def _amounts(self):
        return {"zoom": self.fraction}


class Shear(ResampledImages):
    """Add copies of images whose vertical lines lean to one side.

    The angle of each copy is drawn uniformly from ``-degrees`` to ``degrees``; the row
    in the middle stays in place.

    Parameters
    ----------
    degrees : float, default=10.0
        Largest angle, 0 or more and below 90.
    n_copies : int, default=1
        Number of perturbed copies of each image, 0 or more.
    order : {0, 1, 3}, default=1
        Interpolation: 0 takes the nearest pixel, 1 is bilinear, 3 a cubic spline.
    fill_mode : str, default="nearest"
        What lies beyond the edges, one of SciPy's "nearest", "constant",
        "grid-constant", "reflect", "mirror", "wrap" and "grid-wrap" with the meaning
        that they have in :func:`scipy.ndimage.affine_transform`. For a background of
        one colour take "grid-constant": "constant" blanks the outer pixels at any move.
    fill_value : float, default=0.0
        Value beyond the edges for the two constant modes. It must lie within the range
        of values.
    image_shape : tuple of int, default=None
        Height and width, or height, width and channels, of the images that the rows of
        a 2-D ``X`` hold. None: a row of a square number of pixels is a square grey
        image; any other row of fewer than 64 pixels is an image of one pixel row.
    value_range : tuple of float, default=None
        Smallest and largest value that a pixel may have. None: 0 to 255 for ``uint8``,
        False to True for bools, else the range seen in ``X``.
    n_jobs : int or None, default=None
        Number of threads. The images do not depend on it.
    mode : {"append", "replace", "weight"}, default="append"
        Whether the copies follow the original images, take their place, or follow them
        and weigh, all copies of an image together, as much as the image.
    sampling_strategy : float, str, dict, callable or None, default=None
        Images to add to each class, as in :class:`BaseAugmenter`, in the place of
        `n_copies`.
    constraint : callable or None, default=None
        Takes copies like ``X`` and returns a mask of the possible ones; the others
        are drawn again.
    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same images in each call.

    Attributes
    ----------
    image_shape_ : tuple of int
        Height and width, and channels if there is an axis for them.
    value_range_ : tuple of float
        Smallest and largest value that a pixel may have.
    sample_indices_ : ndarray of shape (n_out,), dtype int64
        Position in the input of the parent of each image of the output.
    is_synthetic_ : ndarray of shape (n_out,), dtype bool
        Which images of the output are perturbed copies.
    sample_weight_ : ndarray of shape (n_out,), dtype float64
        Weight of each image of the output.
    n_features_in_ : int
        Length of the second axis of ``X``.

    Raises
    ------
    ValueError
        If a parameter is out of range or does not fit ``X``.

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

    _parameter_constraints: dict = {
        **ResampledImages._parameter_constraints,
        "degrees": [Interval(Real, 0, 90, closed="left")],
    }

    def __init__(
        self,
        degrees=10.0,
        n_copies=1,
        *,
        order=1,
        fill_mode="nearest",
        fill_value=0.0,
        image_shape=None,
        value_range=None,
        n_jobs=None,
        mode="append",
        sampling_strategy=None,
        constraint=None,
        random_state=None,
    ):
        super().__init__(
            n_copies=n_copies,
            order=order,
            fill_mode=fill_mode,
            fill_value=fill_value,
            image_shape=image_shape,
            value_range=value_range,
            n_jobs=n_jobs,
            mode=mode,
            sampling_strategy=sampling_strategy,
            constraint=constraint,
            random_state=random_state,
        )
        self.degrees = degrees

    def _amounts(self):
        return {"shear": self.degrees}
