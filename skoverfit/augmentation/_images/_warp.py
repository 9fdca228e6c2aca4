"""Affine maps of whole blocks of images, and one resampling for each.

The results are those of :func:`scipy.ndimage.affine_transform` with the same options.
SciPy takes one image at a time; here, indices and weights of all images of a block are
computed together for nearest and bilinear interpolation, which is several times faster
for small images. Cubic splines are left to SciPy.
"""

import numpy as np
from scipy import ndimage

__all__ = ["FILL_MODES", "inverse_maps", "warp"]


def inverse_maps(shape, n_images, *, degrees=0, shift=0, zoom=1, shear=0, flip=False):
    """Matrices that lead from pixels of the output to places in the input.

    An image is flipped, zoomed, sheared and rotated about its center, and then shifted.

    Parameters
    ----------
    shape : tuple of int
        Height and width.
    n_images : int
        Number of maps.
    degrees : ndarray of shape (n_images,) or float
        Rotation, counter-clockwise.
    shift : ndarray of shape (n_images, 2) or float
        Move down and to the right, in pixels.
    zoom : ndarray of shape (n_images,) or float
        Factor; above 1 enlarges.
    shear : ndarray of shape (n_images,) or float
        Angle in degrees by which vertical lines lean to the left.
    flip : ndarray of shape (n_images, 2) or bool
        Whether to turn the image upside down, and whether left to right.

    Returns
    -------
    maps : ndarray of shape (n_images, 2, 3)
        Rows and columns of the input are ``maps[:, :, :2] @ (row, column) +
        maps[:, :, 2]``.
    """
    cos, sin = _cos_sin(np.broadcast_to(degrees, n_images))
    rotation = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)
    lean = np.zeros((n_images, 2, 2))
    lean[:, 0, 0] = lean[:, 1, 1] = 1
    lean[:, 1, 0] = np.tan(np.deg2rad(shear))
    signs = np.broadcast_to(np.where(flip, -1.0, 1.0), (n_images, 2))
    scale = signs / np.broadcast_to(zoom, n_images)[:, np.newaxis]
    linear = scale[:, :, np.newaxis] * (lean @ rotation)
    center = (np.array(shape) - 1) / 2
    start = np.broadcast_to(center + shift, (n_images, 2))
    offset = center - np.einsum("nij,nj->ni", linear, start)
    return np.concatenate([linear, offset[:, :, np.newaxis]], axis=2)


def _cos_sin(degrees):
    """Cosine and sine, exact at multiples of 90 degrees."""
    quarters = np.round(degrees / 90)
    rest = np.deg2rad(degrees - 90 * quarters)
    cos, sin = np.cos(rest), np.sin(rest)
    turns = quarters.astype(np.int64) % 4
    return (
        np.choose(turns, [cos, -sin, -cos, sin]),
        np.choose(turns, [sin, cos, -sin, -cos]),
    )


def warp(images, maps, *, order, mode, fill_value):
    """Resample each image once.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, n_channels)
        Floats.
    maps : ndarray of shape (n_images, 2, 3)
        From pixels of the output to places in the input.
    order : {0, 1, 3}
        Order of the spline.
    mode : str
        One of ``FILL_MODES``.
    fill_value : float
        Value beyond the edges in the constant modes.
    """
    if order == 3:
        return _spline(images, maps, mode, fill_value)
    places = _places(maps, images.shape[1:3], images.dtype)
    places, images, wraps = FILL_MODES[mode](places, images, fill_value)
    interpolate = _nearest if order == 0 else _bilinear
    return interpolate(images, places, wraps)


def _spline(images, maps, mode, fill_value):
    """SciPy's cubic spline, for one image and channel after the other."""
    warped = np.empty_like(images)
    for image, new, each in zip(images, warped, maps, strict=True):
        for channel in range(images.shape[3]):
            ndimage.affine_transform(
                image[..., channel],
                each[:, :2],
                each[:, 2],
                output=new[..., channel],
                order=3,
                mode=mode,
                cval=fill_value,
            )
    return warped


def _places(maps, shape, dtype):
    """Row and column in the input of each pixel of each output: two arrays."""
    by_row = maps[:, :, :1] * np.arange(shape[0]) + maps[:, :, 2:]
    by_column = maps[:, :, 1:2] * np.arange(shape[1])
    by_row, by_column = by_row.astype(dtype), by_column.astype(dtype)
    return [by_row[:, k, :, None] + by_column[:, k, None, :] for k in (0, 1)]


def _at_edge(places, images, fill_value):
    """Beyond the edges: the pixel at the edge."""
    return places, images, False


def _folded(fold):
    """Make a fill mode of a function that leads each place back into the image."""

    def mode(places, images, fill_value):
        sizes = images.shape[1:3]
        folded = [fold(at, size) for at, size in zip(places, sizes, strict=True)]
        return folded, images, False

    return mode


def _reflected(at, size):
    """Mirror at the outer edge of the last pixel: d c b a | a b c d | d c b a."""
    at = np.mod(at + at.dtype.type(0.5), 2 * size)
    return np.minimum(at, 2 * size - at) - at.dtype.type(0.5)


def _mirrored(at, size):
    """Mirror at the center of the last pixel: d c b | a b c d | c b a."""
    period = max(2 * size - 2, 1)
    at = np.mod(at, period)
    return np.minimum(at, period - at) if size > 1 else np.zeros_like(at)


def _wrapped(at, size):
    """Repeat so that first and last pixel fall on each other, as SciPy's "wrap"."""
    last = size - 1
    if last == 0:
        return np.zeros_like(at)
    below, above = at < 0, at > last
    turns = np.where(below, np.floor(-at / last) + 1, 0)
    turns -= np.where(above, np.floor(at / last), 0)
    return at + turns.astype(at.dtype) * last


def _tiled(places, images, fill_value):
    """Repeat the image as tiles: a b c d | a b c d | a b c d."""
    sizes = images.shape[1:3]
    folded = [np.mod(at, size) for at, size in zip(places, sizes, strict=True)]
    return folded, images, True


def _framed(places, images, fill_value):
    """Beyond the edges: a constant, with interpolation towards it."""
    framed = np.pad(
        images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=fill_value
    )
    return [at + at.dtype.type(1) for at in places], framed, False


def _cut(places, images, fill_value):
    """Beyond the centers of the outer pixels: a constant, without interpolation."""
    sizes = images.shape[1:3]
    cut = [
        np.where((at < 0) | (at > size - 1), -1, at)
        for at, size in zip(places, sizes, strict=True)
    ]
    return _framed(cut, images, fill_value)


#: Each takes places, images and fill value, and returns places and images for which
#: all that is left to do beyond the edges is to clip, or to wrap to the other side.
FILL_MODES = {
    "nearest": _at_edge,
    "constant": _cut,
    "grid-constant": _framed,
    "reflect": _folded(_reflected),
    "mirror": _folded(_mirrored),
    "wrap": _folded(_wrapped),
    "grid-wrap": _tiled,
}


def _nearest(images, places, wraps):
    """Value of the nearest pixel."""
    rows, columns = (
        _nearest_index(at, size, wraps)
        for at, size in zip(places, images.shape[1:3], strict=True)
    )
    return _taken(images, _first_pixels(images) + rows * images.shape[2] + columns)


def _nearest_index(at, size, wraps):
    """Index of the nearest pixel; halves are rounded up."""
    at = np.floor(at + at.dtype.type(0.5))
    at = np.mod(at, size) if wraps else np.clip(at, 0, size - 1)
    return at.astype(np.intp)


def _bilinear(images, places, wraps):
    """Weighted mean of the four pixels around each place."""
    (rows, down, below), (columns, right, beside) = (
        _neighbors(at, size, wraps)
        for at, size in zip(places, images.shape[1:3], strict=True)
    )
    index = _first_pixels(images) + rows * images.shape[2] + columns
    below, beside = below[..., np.newaxis], beside[..., np.newaxis]
    upper = _between(_taken(images, index), _taken(images, index + right), beside)
    index += down * images.shape[2]
    lower = _between(_taken(images, index), _taken(images, index + right), beside)
    return _between(upper, lower, below)


def _neighbors(at, size, wraps):
    """Index before each place, step to the index after it, and weight of the latter."""
    if not wraps:
        at = np.clip(at, 0, size - 1)
    first = at.astype(np.intp)
    # Remainders of tiny negative numbers are rounded up to the size itself.
    np.minimum(first, size - 1, out=first)
    at = at - first.astype(at.dtype)
    step = first < size - 1
    return first, np.where(step, 1, 1 - size) if wraps else step, at


def _between(first, second, weight):
    """Weighted mean of two; the second array is overwritten."""
    second -= first
    second *= weight
    second += first
    return second


def _first_pixels(images):
    """Index of the first pixel of each image among all pixels."""
    n_images, height, width = images.shape[:3]
    return np.arange(0, n_images * height * width, height * width)[:, None, None]


def _taken(images, index):
    """Pixels by their number among all pixels of all images."""
    n_channels = images.shape[3]
    if n_channels == 1:
        return images.ravel().take(index)[..., np.newaxis]
    return images.reshape(-1, n_channels).take(index, axis=0)
