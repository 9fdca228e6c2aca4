"""When something else takes the place of the given model."""

from typing import Literal

import numpy as np
from scipy import stats

from skoverfit._gap import Estimate

__all__ = ["Accept", "accepts", "expected_loss", "is_hopeless", "is_proven"]

Accept = Literal["proven", "likely", "best"]

PROVEN = 0.025
"""One-sided level: the interval of 95 % lies above zero."""

LIKELY = 0.2
"""One-sided level of what is more probably a gain than not."""

HOPELESS = 0.6
"""One-sided p-value from which further splits will not make a proof."""

LARGEST_LOSS = 0.02
"""Expected loss that is accepted with "likely", in standard deviations of the score."""


def accepts(accept: Accept, gain: Estimate, spread: float) -> bool:
    """Whether a measured gain suffices.

    Parameters
    ----------
    accept : {"proven", "likely", "best"}
        What is asked of it.
    gain : Estimate
        Change of the score on rows that did not choose.
    spread : float
        Standard deviation of the score of a row (or of a split).
    """
    if accept == "proven":
        return is_proven(gain)
    if accept == "likely":
        bounded = expected_loss(gain) <= LARGEST_LOSS * spread
        return gain.mean > 0 and gain.pvalue < LIKELY and bounded
    return gain.mean > 0


def is_proven(gain: Estimate) -> bool:
    """Whether the interval of a gain lies above zero."""
    return gain.mean > 0 and gain.pvalue < PROVEN


def is_hopeless(gain: Estimate) -> bool:
    """Whether further splits will hardly prove a gain."""
    return not np.isfinite(gain.pvalue) or gain.pvalue > HOPELESS


def expected_loss(gain: Estimate) -> float:
    """Mean of what is lost where the gain is below zero, if it is spread normally."""
    if not gain.std_error > 0:
        return max(-gain.mean, 0.0)
    z = gain.mean / gain.std_error
    return float(gain.std_error * (stats.norm.pdf(z) - z * stats.norm.sf(z)))
