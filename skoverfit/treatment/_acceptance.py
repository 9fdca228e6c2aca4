"""When something else takes the place of the given model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from skoverfit._gap import Estimate

__all__ = ["Accept", "Gain", "accepts"]

Accept = Literal["proven", "likely", "best"]

PROVEN = 0.025
"""One-sided level: the interval of 95 % lies above zero."""

LIKELY = 0.2
"""One-sided level of what is more probably a gain than not."""

HOPELESS = 0.6
"""One-sided p-value from which further splits will not make a proof."""

LARGEST_LOSS = 0.02
"""Expected loss that is accepted with "likely", in standard deviations of the score."""


@dataclass(frozen=True)
class Gain:
    """What was chosen against the given model, on rows that did not choose it.

    Attributes
    ----------
    score : Estimate
        Change of the score.
    brier : Estimate or None
        Fall of the Brier score; None where there are no probabilities.
    """

    score: Estimate
    brier: Estimate | None = None

    @property
    def is_proven(self) -> bool:
        """Whether the score, or probabilities at no lower score, are proven better."""
        if is_proven(self.score):
            return True
        return self.brier is not None and self.score.mean >= 0 and is_proven(self.brier)

    @property
    def is_hopeless(self) -> bool:
        """Whether further splits will hardly prove a gain."""
        if self.brier is None or self.score.mean < 0:
            return is_hopeless(self.score)
        return is_hopeless(self.score) and is_hopeless(self.brier)


def accepts(accept: Accept, gain: Gain, spread: float) -> bool:
    """Whether a measured gain suffices.

    Parameters
    ----------
    accept : {"proven", "likely", "best"}
        What is asked of it.
    gain : Gain
        The change, on rows that did not choose.
    spread : float
        Standard deviation of the score of a row (or of a split).
    """
    if gain.is_proven:
        return True
    score = gain.score
    if accept == "likely":
        bounded = score.expected_loss <= LARGEST_LOSS * spread
        return score.mean > 0 and score.pvalue < LIKELY and bounded
    return accept == "best" and score.mean > 0


def is_proven(gain: Estimate) -> bool:
    """Whether the interval of a gain lies above zero."""
    return gain.mean > 0 and gain.pvalue < PROVEN


def is_hopeless(gain: Estimate) -> bool:
    """Whether further splits will hardly prove a gain."""
    return not np.isfinite(gain.pvalue) or gain.pvalue > HOPELESS
