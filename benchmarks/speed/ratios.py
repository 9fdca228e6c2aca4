"""The one measurement that all speed benchmarks share: a ratio of two times.

Times of a machine that others use as well drift from second to second. Ours and the
peer's are therefore run in turn, and each turn gives one ratio; the median of the
ratios is reported with their quartiles.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np


@dataclass(frozen=True)
class Case:
    """One comparison: the same work done by the library and by a peer.

    Attributes
    ----------
    name : str
        What is done.
    ours, peer : str
        Names of the two that do it.
    prepare : callable
        Called as ``prepare(size)``; returns the two functions to be timed, ours
        first.
    size, smoke_size : int
        Rows of the data, in the benchmark and in the smoke run.
    """

    name: str
    ours: str
    peer: str
    prepare: Callable[[int], tuple[Callable[[], object], Callable[[], object]]]
    size: int
    smoke_size: int


@dataclass(frozen=True)
class Ratio:
    """Time of ours over time of the peer.

    Attributes
    ----------
    median, low, high : float
        Median and quartiles over the turns.
    seconds : float
        Median time of ours.
    """

    median: float
    low: float
    high: float
    seconds: float


def seconds_of(work):
    """Return the time of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def measure(case, size, turns):
    """Time both sides in turn, after one call of each that is not counted."""
    ours, peer = case.prepare(size)
    ours(), peer()
    times = np.array([(seconds_of(ours), seconds_of(peer)) for _ in range(turns)])
    low, median, high = np.quantile(times[:, 0] / times[:, 1], [0.25, 0.5, 0.75])
    return Ratio(median, low, high, float(np.median(times[:, 0])))
