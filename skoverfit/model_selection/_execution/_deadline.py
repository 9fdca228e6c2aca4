"""When a search must end, on clocks that nobody sets."""

import platform
import time
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Deadline"]

BOOT = Path("/proc/sys/kernel/random/boot_id")


class Deadline:
    """A point in time, by the monotonic clock of the machine that asks.

    Processes of one machine share that clock. On another machine, whose clock began
    elsewhere, the time that is left counts from the arrival of the deadline there.

    Parameters
    ----------
    seconds : float or None
        From now; None for never.

    Examples
    --------
    >>> from skoverfit.model_selection._execution._deadline import Deadline
    >>> Deadline(60).has_passed, Deadline(0).has_passed, Deadline(None).has_passed
    (False, True, False)
    """

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def has_passed(self) -> bool:
        """Whether it is later."""
        return self._end is not None and time.monotonic() >= self._end

    @property
    def seconds_left(self) -> float | None:
        """Seconds from now, 0 if it is later; None for never."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.0)

    def __getstate__(self) -> dict[str, Any]:
        left = None if self._end is None else self._end - time.monotonic()
        return {"end": self._end, "left": left, "machine": _machine()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._end = state["end"]
        if self._end is not None and state["machine"] != _machine():
            self._end = time.monotonic() + state["left"]


@cache
def _machine() -> tuple[str, str]:
    """Identify the machine, and its last start."""
    return platform.node(), BOOT.read_text() if BOOT.exists() else ""
