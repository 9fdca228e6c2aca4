"""Affine maps of images, drawn at random, with one resampling for a whole chain."""

from dataclasses import KW_ONLY
from numbers import Integral, Real
from typing import ClassVar, Literal

import numpy as np

from skoverfit._compat import Interval, Options, StrOptions
from skoverfit._declared import declared, declared_base
from skoverfit._docs import documented
from skoverfit.augmentation._docs import IMAGES
from skoverfit.augmentation._images._base import (
    ImageAugmenter,
    random_factors,
)
from skoverfit.augmentation._images._warp import FILL_MODES, inverse_maps, warp

__all__ = ["Flip", "RandomAffine", "ResampledImages"]

#: Chances to turn an image upside down, and left to right.
_FLIPS = {
    None: (0.0, 0.0),
    "vertical": (1.0, 0.0),
    "horizontal": (0.0, 1.0),
    "both": (1.0, 1.0),
}
#: How far each move may go.
_RANGES = {
    "degrees": Interval(Real, 0, 180, closed="both"),
    "shift": Interval(Real, 0, 1, closed="both"),
    "zoom": Interval(Real, 0, None, closed="left"),
    "shear": Interval(Real, 0, 90, closed="left"),
}


class _Affine(ImageAugmenter):
    """Draw an affine map for each image; subclasses say which moves, and how far."""

    order = 1
    fill_mode = "nearest"
    fill_value = 0.0

    #: The parameter that holds the largest amount of a move, by the move.
    _moves: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls, **kwargs):
        """Take over the range of each move for the parameter that holds it."""
        super().__init_subclass__(**kwargs)
        cls._parameter_constraints |= {
            name: [_RANGES[move]] for move, name in cls._moves.items()
        }

    def _amounts(self):
        """Largest amounts by move, and chances of flips."""
        return {move: getattr(self, name) for move, name in self._moves.items()}

    def _is_identity(self):
        return not any(np.any(amount) for amount in self._amounts().values())

    def _draw(self, n_images, rng):
        shape = self._layout()[:2]
        drawn = {
            name: _DRAWS[name](amount, n_images, rng)
            for name, amount in self._amounts().items()
        }
        if "shift" in drawn:
            drawn["shift"] = drawn["shift"] * shape
        return {"maps": inverse_maps(shape, n_images, **drawn)}

    def _perturb(self, images, rng, drawn):
        options = {"order": self.order, "mode": self.fill_mode}
        return warp(images, drawn["maps"], fill_value=self.fill_value, **options)


def _both_ways(amount, n_images, rng):
    """Draw angles from -amount to amount."""
    return rng.uniform(-amount, amount, n_images)


def _both_axes(amount, n_images, rng):
    """Draw moves down and to the right, as shares of the height and of the width."""
    return rng.uniform(-amount, amount, (n_images, 2))


def _chances(amount, n_images, rng):
    """Draw whether to flip along each of the two axes."""
    return rng.random((n_images, 2)) < amount


_DRAWS = {
    "degrees": _both_ways,
    "shift": _both_axes,
    "zoom": random_factors,
    "shear": _both_ways,
    "flip": _chances,
}


@declared_base
class ResampledImages(_Affine):
    """An affine map that leads to places between pixels and beyond the edges."""

    order: Literal[0, 1, 3] = 1
    fill_mode: str = "nearest"
    fill_value: float = 0.0

    _parameter_constraints = {
        "order": [Options(Integral, {0, 1, 3})],
        "fill_mode": [StrOptions(set(FILL_MODES))],
        "fill_value": [Interval(Real, None, None, closed="neither")],
    }

    def _learn(self, X, y):
        super()._learn(X, y)
        if "constant" in self.fill_mode:
            self._check_in_range("fill_value", self.fill_value)


@documented(IMAGES)
@declared
class Flip(_Affine):
    """Add copies of images, some of which are mirrored.

    Pixels change places and nothing else.

    Parameters
    ----------
    p : float, default=0.5
        Probability that a copy is mirrored, from 0 to 1; with both directions that
        of each of them.
    {n_copies}
    direction : {"horizontal", "vertical", "both"}, default="horizontal"
        "horizontal" swaps left and right, "vertical" up and down, "both" draws each
        of the two by itself.
    {of_images}

    {attributes_and_errors}

    See Also
    --------
    RandomAffine : Flips too, if asked to.

    Notes
    -----
    A mirrored picture must still be a picture of its class. That holds for animals,
    cars and cells. It does not hold for digits, letters, traffic signs and anything
    else that has a left and a right: a mirrored 3 is not a digit, a mirrored b is a d.
    Therefore no augmenter that combines several changes flips by default.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.augmentation import Flip
    >>> images = np.arange(6).reshape(1, 2, 3)
    >>> more, _ = Flip(p=1.0, random_state=0).fit_resample(images, ["cat"])
    >>> more[1]
    array([[2, 1, 0],
           [5, 4, 3]])
    """

    p: float = 0.5
    n_copies: int = 1
    _: KW_ONLY
    direction: Literal["horizontal", "vertical", "both"] = "horizontal"

    order = 0

    _parameter_constraints = {
        "p": [Interval(Real, 0, 1, closed="both")],
        "direction": [StrOptions(set(_FLIPS) - {None})],
    }

    def _amounts(self):
        return {"flip": self.p * np.array(_FLIPS[self.direction])}


@documented(IMAGES)
@declared
class RandomAffine(ResampledImages):
    """Add copies of images, rotated, shifted, zoomed and sheared in one step.

    Each copy gets an affine map of its own: it is flipped (if asked for), zoomed,
    sheared and rotated about its center, and then shifted. The image is resampled
    once, which blurs less than one resampling for each change.

    Parameters
    ----------
    degrees : float, default=10.0
        Largest rotation either way, from 0 to 180.
    shift : float, default=0.1
        Largest move relative to height and width, from 0 to 1.
    zoom : float, default=0.1
        Largest growth, 0 or more: factors lie between ``1 / (1 + zoom)`` and
        ``1 + zoom``.
    shear : float, default=0.0
        Largest angle in degrees by which vertical lines lean, 0 or more and below
        90.
    {n_copies}
    flip : {"horizontal", "vertical", "both"} or None, default=None
        Directions in which each copy is mirrored with probability 1/2. None, because
        mirrored digits and letters are wrong: see :class:`Flip`.
    {of_resampling, of_images}

    {attributes_and_errors}

    See Also
    --------
    Rotate : Rotates only.
    Shift : Shifts only.
    Zoom : Zooms only.
    Shear : Shears only.
    Flip : Flips only, without resampling.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skoverfit.augmentation import RandomAffine
    >>> X, y = load_digits(return_X_y=True)
    >>> affine = RandomAffine(image_shape=(8, 8), random_state=0)
    >>> X_more, y_more = affine.fit_resample(X, y)
    >>> X_more.shape, affine.value_range_
    ((3594, 64), (0.0, 16.0))
    """

    degrees: float = 10.0
    shift: float = 0.1
    zoom: float = 0.1
    shear: float = 0.0
    n_copies: int = 1
    _: KW_ONLY
    flip: Literal["horizontal", "vertical", "both"] | None = None

    _moves = {move: move for move in _RANGES}
    _parameter_constraints = {"flip": [StrOptions(set(_FLIPS) - {None}), None]}

    def _amounts(self):
        return super()._amounts() | {"flip": 0.5 * np.array(_FLIPS[self.flip])}

    def _doses(self):
        own = super()._amounts()
        if not any(own.values()):
            own |= {"degrees": 10.0, "shift": 0.1, "zoom": 0.1}
        ends = {"degrees": 180.0, "shift": 1.0, "zoom": np.inf, "shear": 85.0}
        return [
            {name: min(factor * value, ends[name]) for name, value in own.items()}
            for factor in (1, 1 / 3, 3)
        ]
