"""Claims about the best of several changes, corrected for having looked at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.optimize import brentq

from skoverfit._gap import Estimate, corrected_estimate

LEVEL = 0.05
"""Chance of a false claim that is accepted per question."""


@dataclass(frozen=True)
class Claim:
    """A mean change whose p-value and interval hold for all that were tried at once.

    Attributes
    ----------
    name : str
        Which one it is.
    mean : float
        Mean change over the splits.
    pvalue : float
        Twice the one-sided p-value of "no improvement", times the number tried (at
        most 1): below 0.05 if and only if `interval` is above 0.
    interval : tuple of (float, float)
        Interval of the change at confidence ``1 - 0.05 / n_tried``.
    n_tried : int
        Number of changes that were looked at.
    """

    name: str
    mean: float
    pvalue: float
    interval: tuple[float, float]
    n_tried: int

    def holds(self, threshold: float = 0.0) -> bool:
        """Whether the improvement is significant and at least `threshold`."""
        return self.pvalue < LEVEL and self.mean >= threshold


def bonferroni(
    name: str, changes: ArrayLike, ratio: float | ArrayLike | None, n_tried: int
) -> Claim:
    """Claim about one of `n_tried` changes, by Bonferroni's inequality.

    Parameters
    ----------
    name : str
        Which one it is.
    changes : array-like of shape (n_splits,)
        Paired changes; those that are not finite are left out.
    ratio : float, array-like of shape (n_splits,) or None
        Test rows over training rows.
    n_tried : int
        Number of changes that were looked at, at least 1.
    """
    return claim_of(name, corrected_estimate(changes, test_train_ratio=ratio), n_tried)


def claim_of(name: str, estimate: Estimate, n_tried: int) -> Claim:
    """Claim about one of `n_tried` estimated changes, by Bonferroni's inequality."""
    pvalue = 1.0 if np.isnan(estimate.pvalue) else estimate.pvalue
    level = 1 - LEVEL / n_tried / 2
    half = estimate.std_error * float(stats.t.ppf(level, degrees_of(estimate)))
    return Claim(
        name=name,
        mean=estimate.mean,
        pvalue=min(1.0, 2 * pvalue * n_tried),
        interval=(estimate.mean - half, estimate.mean + half),
        n_tried=n_tried,
    )


def degrees_of(estimate: Estimate) -> float:
    """Find the degrees of freedom behind the interval of an estimate.

    Estimates by splits have as many as splits, less one; those by rows have more.
    """
    half = (estimate.interval[1] - estimate.interval[0]) / 2
    if not (estimate.std_error > 0 and np.isfinite(half)):
        return max(estimate.n_splits - 1.0, 1.0)
    return _degrees_at(round(half / estimate.std_error, 9), estimate.confidence_level)


@lru_cache(maxsize=1024)
def _degrees_at(width: float, confidence_level: float) -> float:
    """Degrees of freedom whose t quantile has the given width."""
    level = (1 + confidence_level) / 2

    def excess(log_degrees: float) -> float:
        return float(stats.t.ppf(level, np.exp(log_degrees))) - width

    least, most = 0.0, np.log(1e6)
    if excess(most) >= 0:
        return 1e6
    if excess(least) <= 0:
        return 1.0
    return float(np.exp(brentq(excess, least, most, xtol=1e-9)))


def pvalue_above(estimate: Estimate, threshold: float) -> float:
    """One-sided p-value of "the true value is at most `threshold`"."""
    excess = estimate.mean - threshold
    if not np.isfinite(estimate.std_error):
        return np.nan
    if estimate.std_error == 0:
        return float(excess <= 0)
    return float(stats.t.sf(excess / estimate.std_error, degrees_of(estimate)))


def best_claim(
    changes: Mapping[str, NDArray[np.float64]], ratio: float | ArrayLike | None
) -> Claim | None:
    """Claim about the best of several changes.

    Returns
    -------
    claim : Claim or None
        Of those that hold, or else of all, the one with the largest mean; None if
        none was measured.
    """
    claims = [
        bonferroni(name, values, ratio, len(changes))
        for name, values in changes.items()
        if np.isfinite(values).any()
    ]
    return _best(claims)


def best_of(estimates: Mapping[str, Estimate]) -> Claim | None:
    """Claim about the best of several estimated changes.

    Returns
    -------
    claim : Claim or None
        As of :func:`best_claim`.
    """
    return _best([claim_of(name, e, len(estimates)) for name, e in estimates.items()])


def _best(claims: list[Claim]) -> Claim | None:
    return max(claims, key=lambda c: (c.holds(), c.mean), default=None)


def unpaired_estimate(
    scores: NDArray[np.float64],
    ratio: ArrayLike,
    other: NDArray[np.float64],
    other_ratio: ArrayLike,
) -> Estimate:
    """Difference of two means over different splits of the same rows.

    Both standard errors are corrected and added as if independent, with Welch's
    degrees of freedom. The same rows on both sides make that cautious.

    Parameters
    ----------
    scores, other : ndarray of shape (n_splits,) and (n_other_splits,)
        Values per split.
    ratio, other_ratio : float or array-like
        Test rows over training rows of either.

    Returns
    -------
    estimate : Estimate
        Of ``scores`` minus ``other``.
    """
    one = corrected_estimate(scores, test_train_ratio=ratio)
    two = corrected_estimate(other, test_train_ratio=other_ratio)
    mean = one.mean - two.mean
    std_error = float(np.hypot(one.std_error, two.std_error))
    degrees, pvalue = 1.0, float(mean <= 0)
    if std_error > 0:
        # Shares of the variance, so that scores of any size can be raised to a power.
        shares = [(each.std_error / std_error) ** 2 for each in (one, two)]
        counts = [max(each.n_splits - 1, 1) for each in (one, two)]
        degrees = 1 / sum(s**2 / n for s, n in zip(shares, counts, strict=True))
        pvalue = float(stats.t.sf(mean / std_error, degrees))
    half = std_error * float(stats.t.ppf(1 - LEVEL / 2, degrees))
    return Estimate(
        mean=mean,
        std_error=std_error,
        interval=(mean - half, mean + half),
        confidence_level=1 - LEVEL,
        pvalue=pvalue,
        tolerance=0.0,
        n_splits=min(one.n_splits, two.n_splits),
        n_invalid=one.n_invalid + two.n_invalid,
    )
