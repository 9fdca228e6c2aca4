"""Weighted means of two cells, whatever the type of their numbers."""

import numpy as np

from skoverfit._columns import between

__all__ = ["drawn_near", "mixed_values", "repair"]


def mixed_values(own, other, share, rng):
    """Mix numbers: ``share * own + (1 - share) * other``, in the dtype of ``own``.

    Integers are rounded up or down at random, without bias. Where one of two floats is
    missing, and for all other types, one of both is taken, the own one with chance
    ``share``.
    """
    if own.dtype.kind == "f":
        return _mixed_floats(own, other, share, rng)
    if own.dtype.kind in "iu":
        return between(own, other, np.subtract(1, share), rng.random(own.shape))
    return np.where(rng.random(own.shape) < share, own, other)


def _mixed_floats(own, other, share, rng):
    out = np.array(other)
    if not drawn_near(out, own, share):
        repair(out, own, other, share, rng)
    return out


def drawn_near(out, own, share):
    """Move partners towards the rows, in place; return whether all are finite."""
    precision = np.promote_types(own.dtype, np.float32)
    rest = np.subtract(1, share).astype(precision, copy=False)
    with np.errstate(over="ignore", invalid="ignore"):
        out -= own
        out *= rest
        out += own
        return np.isfinite(out.sum())


def repair(out, own, other, share, rng):
    """Mix again where a difference overflowed; take one where the other is missing."""
    wrong = ~np.isfinite(out)
    near, far = own[wrong].astype(np.float64), other[wrong].astype(np.float64)
    share = np.broadcast_to(share, out.shape)[wrong]
    missing = np.isnan(near) | np.isnan(far)
    taken = np.where(rng.random(near.shape) < share, near, far)
    out[wrong] = np.where(missing, taken, share * near + (1 - share) * far)
