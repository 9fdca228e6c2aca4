"""Whole numbers moved by fractions: rounded at random, exactly for every integer type.

A number is rounded up with the chance of its fraction, so its mean is kept. Sums are
taken modulo 2**64, where integers of any width are exact, and never leave the limits.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_modular", "between", "moved_integers", "rounded_at_random"]

_MOST = 2.0**64 - 2**11
"""The largest float of double precision that 64 bits without a sign hold."""


def rounded_at_random(numbers: NDArray, draws: NDArray) -> NDArray[np.float64]:
    """Round up or down, so that the mean over the draws is the number itself.

    Parameters
    ----------
    numbers : ndarray of float
        What is rounded.
    draws : ndarray of float
        Uniform in [0, 1).
    """
    below = np.floor(numbers)
    with np.errstate(invalid="ignore"):  # infinity stays as it is
        # Not floor(numbers + draws): that sum of a large number is rounded itself.
        return below + (draws >= 1 - (numbers - below))


def as_modular(integers: NDArray) -> NDArray[np.uint64]:
    """Bits of integers of any type, sign extended, as 64-bit modular numbers."""
    wide = np.int64 if integers.dtype.kind == "i" else np.uint64
    return integers.astype(wide).view(np.uint64)


def moved_integers(
    values: NDArray, ways: NDArray, draws: NDArray, low: NDArray, high: NDArray
) -> NDArray:
    """Integers moved by fractions, where the move and its mirror stay within limits.

    Moves that are left out in mirrored pairs keep the mean of those that are up as
    often as down.

    Parameters
    ----------
    values : ndarray of int
        The integers.
    ways : ndarray of float
        How far each moves.
    draws : ndarray of float
        Uniform in [0, 1).
    low, high : ndarray or scalar of the type of the values
        Limits that the values keep.
    """
    steps = rounded_at_random(ways, draws).clip(-(2.0**62), 2.0**62).astype(np.int64)
    wide, lowest, highest = (as_modular(np.asarray(v)) for v in (values, low, high))
    room = np.minimum(wide - lowest, highest - wide)
    steps[np.abs(steps).view(np.uint64) > room] = 0
    return (wide + steps.view(np.uint64)).astype(values.dtype)


def between(
    start: NDArray, end: NDArray, share: NDArray | float, draws: NDArray
) -> NDArray:
    """Integers between two integers, never beyond one of them.

    Parameters
    ----------
    start, end : ndarray of int, of one type
        Ends of the segments.
    share : ndarray of float
        How far to go, from 0 to 1.
    draws : ndarray of float
        Uniform in [0, 1).
    """
    first, last = as_modular(start), as_modular(end)
    rises = end > start
    distance = np.where(rises, last - first, first - last)
    steps = rounded_at_random(distance * share, draws).clip(0.0, _MOST)
    steps = np.minimum(steps.astype(np.uint64), distance)
    return np.where(rises, first + steps, first - steps).astype(start.dtype)
