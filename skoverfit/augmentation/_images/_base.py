"""What all augmenters of images share: layout, range of values, blocks, rounding."""

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from scipy import sparse
from sklearn.utils import gen_batches, gen_even_slices
from sklearn.utils.validation import validate_data

from skoverfit._columns import cells_of, is_mixed
from skoverfit._declared import declared_base
from skoverfit.augmentation._base import takes_any_table
from skoverfit.augmentation._declared import DeclaredAugmenter

__all__ = ["ImageAugmenter", "each", "random_factors"]

#: Pixels in single precision that are worked on at a time, half as many in double.
#: Temporary arrays of a block stay in the cache; if they are twice as large, threads
#: get their memory anew from the system each time, and two are slower than one.
BLOCK_PIXELS = 2**15
#: Rows of at least this length must be square images, or the caller says what they are.
SMALLEST_IMAGE = 64
#: Integers beyond this are not all floats.
LARGEST_INTEGER = 2**53


def _is_single(dtype):
    """Whether single precision holds all values of a dtype exactly."""
    return dtype.itemsize <= 2 or dtype == np.float32


@declared_base
class ImageAugmenter(DeclaredAugmenter):
    """Base class of augmenters of images.

    A subclass draws what it needs to know of each image in ``_draw`` and applies it
    to a block of images in ``_perturb``. All else happens here: images are found in
    rows, made floats block by block, and given back in their own range and dtype.

    Integers and bools are rounded up or down at random, so that the mean of a pixel
    is that of the exact result.
    """

    image_shape: Sequence[int] | None = None
    value_range: Sequence[float] | None = None
    n_jobs: int | None = None

    _parameter_constraints = {
        "image_shape": [tuple, list, None],
        "value_range": [tuple, list, None],
        "n_jobs": [Integral, None],
    }

    @abstractmethod
    def _draw(self, n_images, rng) -> dict[str, np.ndarray]:
        """Draw parameters of the perturbation; the first axis is that of images."""

    @abstractmethod
    def _perturb(self, images, rng, drawn):
        """Perturb a block of images.

        Parameters
        ----------
        images : ndarray of shape (n_block, height, width, n_channels)
            Floats; may be changed in place.
        rng : numpy.random.Generator
            For what is drawn pixel by pixel.
        drawn : dict of str to ndarray
            What ``_draw`` returned, for these images.

        Returns
        -------
        images : ndarray of the same shape and dtype
            Values outside the range will be clipped.
        """

    @abstractmethod
    def _is_identity(self):
        """Whether the settings leave every image as it is."""

    def _new_targets(self, y, drawn, rng):
        """Targets of the perturbed images; by default they are kept."""
        return y

    def _augment(self, X, y, rng):
        if self._is_identity():
            return X, y
        drawn = self._draw(len(X), rng)
        return self._perturbed(X, drawn, rng), self._new_targets(y, drawn, rng)

    def _perturbed(self, X, drawn, rng):
        """Work through the images block by block, in threads."""
        result = self._new_rows(X)
        n_pixels = int(np.prod(X.shape[1:])) * (1 if _is_single(X.dtype) else 2)
        block_length = max(1, BLOCK_PIXELS // n_pixels)
        blocks = list(gen_batches(len(X), block_length))
        # One generator for each block: how many threads share them changes nothing.
        work = list(zip(blocks, rng.spawn(len(blocks)), strict=True))

        def run(part):
            for rows, own_rng in part:
                images = self._as_floats(X[rows])
                own = {name: values[rows] for name, values in drawn.items()}
                images = self._perturb(images, own_rng, own)
                low, high = self.value_range_
                store(images, result[rows], low, high, own_rng)

        n_parts = min(effective_n_jobs(self.n_jobs), len(work))
        Parallel(n_jobs=n_parts, prefer="threads")(
            delayed(run)(work[part]) for part in gen_even_slices(len(work), n_parts)
        )
        return result

    def _as_floats(self, X):
        """Copy rows as images of floats, in single precision where that is exact."""
        dtype = np.float32 if _is_single(X.dtype) else np.float64
        images = X.astype(dtype, order="C")
        return images.reshape(len(X), *self._layout())

    def _layout(self):
        """Height, width and number of channels."""
        return (*self.image_shape_, 1)[:3]

    def _in_units(self, share):
        """Shares of the range of values as differences of values."""
        return share * (self.value_range_[1] - self.value_range_[0])

    def _learn(self, X, y):
        self.value_range_ = checked_range(self.value_range, X)

    def _check_in_range(self, name, value):
        """Refuse a parameter outside the range of pixel values."""
        low, high = self.value_range_
        if not low <= value <= high:
            raise ValueError(
                f"{name}={value!r} is outside the range of values of X, which is from "
                f"{low:g} to {high:g}. Give a value inside, or a wider value_range."
            )

    def _check_array(self, X):
        """Validate images; all are dense from here on."""
        rows = validate_data(
            self, X, dtype="numeric", allow_nd=True, accept_sparse="csr"
        )
        if sparse.issparse(rows):
            rows = rows.toarray()
        self.image_shape_ = checked_shape(self.image_shape, rows.shape)
        return rows

    def _check_rows(self, X, y):
        if not is_mixed(X):
            return super()._check_rows(X, y)
        result = super()._check_rows(one_block(X), y)
        self._remember_names(X)
        return result

    def __sklearn_tags__(self):
        tags = takes_any_table(super().__sklearn_tags__())
        tags.input_tags.three_d_array = True
        for kind in ("allow_nan", "string", "categorical", "dataframe"):
            setattr(tags.input_tags, kind, False)
        return tags


def each(values, images):
    """Numbers, one for each image of a block, in its dtype and shaped to combine."""
    return values.astype(images.dtype)[:, np.newaxis, np.newaxis, np.newaxis]


def random_factors(amount, n_images, rng):
    """Draw factors from 1 / (1 + amount) to 1 + amount, evenly on a log scale."""
    return np.exp(rng.uniform(-1, 1, n_images) * np.log1p(amount))


def store(images, out, low, high, rng):
    """Write a block of floats in the dtype of the output, within the range."""
    images = images.reshape(out.shape)
    np.clip(images, low, high, out=images)
    if out.dtype.kind == "f":
        out[...] = images
        return
    whole = np.floor(images)
    images -= whole
    # Comparing, not adding the draw: whole numbers must not move by rounding errors.
    whole += rng.random(images.shape, dtype=images.dtype) < images
    np.minimum(whole, np.floor(high), out=whole)
    out[...] = whole


def checked_shape(image_shape: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Height and width (and channels) of images in an array of the given shape."""
    if len(shape) not in (2, 3, 4):
        raise ValueError(
            "X must have 2 dimensions (flat rows), 3 (gray images) or 4 (images with "
            f"channels last). Got shape {shape} instead."
        )
    if image_shape is None:
        return shape[1:] if len(shape) > 2 else _shape_of_rows(shape[1])
    wanted = _checked_sizes(image_shape)
    fits = int(np.prod(wanted)) == shape[1] if len(shape) == 2 else wanted == shape[1:]
    if not fits:
        raise ValueError(
            f"image_shape={image_shape!r} does not fit X of shape {shape}: "
            + (
                f"it makes {int(np.prod(wanted))} values for each image."
                if len(shape) == 2
                else f"allowed are {shape[1:]} and None."
            )
        )
    return wanted


def _checked_sizes(image_shape):
    """Two or three positive integers as a tuple."""
    sizes = tuple(image_shape)
    whole = all(isinstance(s, Integral) and not isinstance(s, bool) for s in sizes)
    if len(sizes) not in (2, 3) or not whole or min(sizes) < 1:
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels), "
            f"integers of 1 or more. Got {image_shape!r} instead."
        )
    return tuple(int(size) for size in sizes)


def _shape_of_rows(n_pixels):
    """Shape of the images in rows of which only the length is known."""
    side = round(n_pixels**0.5)
    if side * side == n_pixels:
        return side, side
    if n_pixels < SMALLEST_IMAGE:
        return 1, n_pixels
    raise ValueError(
        f"X has rows of {n_pixels} values, which is not a square. Say which images "
        "they hold: image_shape=(height, width) or (height, width, channels)."
    )


def checked_range(value_range: Any, X: np.ndarray) -> tuple[float, float]:
    """Smallest and largest value that a pixel may have."""
    seen = float(X.min()), float(X.max())
    if X.dtype.kind in "iu" and max(map(abs, seen)) > LARGEST_INTEGER:
        raise ValueError(
            f"X must hold integers from {-LARGEST_INTEGER} to {LARGEST_INTEGER}. "
            f"Got values from {X.min()} to {X.max()}."
        )
    if not np.isfinite(seen[1] - seen[0]):
        raise ValueError(
            f"X has values from {seen[0]} to {seen[1]}; the difference overflows."
        )
    if value_range is None:
        return {"b": (0.0, 1.0), "u1": (0.0, 255.0)}.get(_kind(X), seen)
    low, high = _checked_bounds(value_range)
    if not low <= seen[0] <= seen[1] <= high:
        raise ValueError(
            f"value_range={value_range!r} does not contain the values of X, which "
            f"are from {seen[0]:g} to {seen[1]:g}."
        )
    return low, high


def _kind(X):
    """Kind of a dtype with a range of its own."""
    return "u1" if X.dtype == np.uint8 else X.dtype.kind


def _checked_bounds(value_range):
    """Two finite numbers in order."""
    bounds = tuple(value_range)
    numbers = len(bounds) == 2 and all(isinstance(b, Real) for b in bounds)
    if not numbers or not np.isfinite(bounds).all() or bounds[0] >= bounds[1]:
        raise ValueError(
            "value_range must be (low, high), two finite numbers with low < high. "
            f"Got {value_range!r} instead."
        )
    return float(bounds[0]), float(bounds[1])


def one_block(X: Any) -> np.ndarray:
    """Values of a frame whose columns all have one numeric type, without gaps."""
    if len(set(X.dtypes)) > 1:
        raise ValueError(
            "Pixels must have one type in all columns of X. Got columns of types "
            f"{sorted({str(dtype) for dtype in X.dtypes})}."
        )
    columns = cells_of(X)
    if columns.kind(0) not in "fiub":
        raise ValueError(f"Pixels must be numbers. Got column {columns.describe(0)}.")
    cells = [columns.numbers(j) for j in range(X.shape[1])]
    if any(missing.any() for _, missing in cells):
        raise ValueError("X contains missing or sparse values; pixels must be present.")
    return np.column_stack([values for values, _ in cells])
