"""Time: reading a budget, and deciding whether a measurement still fits it."""

import math
import re
from collections.abc import Callable
from time import perf_counter

from skoverfit.exceptions import InputError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def parse_budget(budget: float | str | None) -> float:
    """Seconds of a budget; infinity for None.

    Parameters
    ----------
    budget : float, str or None
        Seconds, or a number with the unit s, m, min or h such as ``"90s"``.

    Returns
    -------
    seconds : float

    Raises
    ------
    InputError
        If it is neither, or not positive.
    """
    if budget is None:
        return math.inf
    seconds = _seconds_of_text(budget) if isinstance(budget, str) else budget
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is None or not is_number or not seconds > 0:
        raise InputError(
            f"budget={budget!r} must be a positive number of seconds, a text such as "
            "'60s' or '2m', or None."
        )
    return float(seconds)


def _seconds_of_text(text: str) -> float | None:
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(s|m|min|h|)\s*", text.lower())
    return float(match[1]) * _UNITS[match[2]] if match else None


class Clock:
    """Counts down a budget.

    Parameters
    ----------
    seconds : float
        The budget; may be infinite.
    now : callable, default=time.perf_counter
        Source of the time.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = perf_counter):
        self.seconds = seconds
        self._now = now
        self._start = now()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._now() - self._start

    @property
    def left(self) -> float:
        """Seconds of the budget that remain."""
        return self.seconds - self.elapsed

    def allows(self, cost: float) -> bool:
        """Whether a measurement of about `cost` seconds still fits."""
        return cost <= self.left
