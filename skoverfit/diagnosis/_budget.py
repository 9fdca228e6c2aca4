"""Time: reading a budget, and deciding whether a measurement still fits it."""

import math
import re
from collections.abc import Callable
from time import perf_counter, process_time

from skoverfit.exceptions import InputError

OWN_UNITS, OWN_SECONDS = 8.0, 60.0
"""Without a budget: cross-validations of the model, or seconds if these are more.

Several times what a small table takes, so that there the same call gives the same
report on every machine."""

PASS_BUDGET = "pass a budget for it, such as budget='5m'"
"""What to do where no budget was given and something was left out."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def parse_budget(budget: float | str | None) -> float:
    """Seconds of a budget; infinity for None.

    Parameters
    ----------
    budget : float, str or None
        Seconds, or a number with the unit s, m, min or h such as ``"90s"``.

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

    Attributes
    ----------
    is_given : bool
        Whether there was a budget; `limit` may set one of its own.
    is_stopped : bool
        Whether the user interrupted.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = perf_counter):
        self.seconds = seconds
        self.is_given = math.isfinite(seconds)
        self.is_stopped = False
        self._now = now
        self._start = now()
        self._counts_processor = False
        self._processor_start = process_time()

    @property
    def elapsed(self) -> float:
        """Seconds that have passed since the start."""
        return self._now() - self._start

    @property
    def left(self) -> float:
        """Seconds of the budget that remain."""
        if self.is_stopped:
            return -math.inf
        return self.seconds - self.elapsed * self._pace

    def allows(self, cost: float) -> bool:
        """Whether a measurement of about `cost` seconds still fits."""
        return cost * self._pace <= self.left

    def limit(self, unit: float, *, in_process: bool) -> None:
        """Set a limit of its own where no budget was given.

        Parameters
        ----------
        unit : float
            Seconds of one cross-validation of the model.
        in_process : bool
            Whether all work is done in this process. Processor time then counts,
            so that other work on the machine decides nothing.
        """
        if self.is_given:
            return
        self._counts_processor = in_process
        self.seconds = max(OWN_SECONDS, OWN_UNITS * unit * self._pace)

    def stop(self) -> None:
        """Allow nothing any more."""
        self.is_stopped = True

    @property
    def _pace(self) -> float:
        """Seconds that count for each one that passes."""
        if not self._counts_processor:
            return 1.0
        return (process_time() - self._processor_start) / max(self.elapsed, 1e-9)
