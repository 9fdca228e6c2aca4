"""Failures that the machine is to blame for: another time the same fit may succeed."""

import builtins
import re
import sys
from concurrent.futures import BrokenExecutor
from typing import Any

__all__ = ["is_passing"]

PASSING = (MemoryError, OSError, EOFError, BrokenExecutor)
#: Parts of names, for errors of modules that this process has not loaded.
NAMES = re.compile(
    "OutOfMemory|MemoryError|Timeout|TimedOut|ConnectionError|CommClosed|Unavailable"
    "|BrokenProcessPool|BrokenExecutor|Terminated|Killed|WorkerLost|Crashed|ActorDied"
)
#: What libraries say in errors of a general kind.
MESSAGES = re.compile(
    "out of memory|bad_alloc|(unable|not|failed) (to )?allocate|no space left"
    "|timed out|connection (reset|refused|aborted)",
    re.IGNORECASE,
)
#: The line of a traceback that names an error; those of its causes are others.
ERROR_LINE = re.compile(r"^([A-Za-z_][\w.]*)(?:: .*)?$", re.MULTILINE)


def is_passing(traceback: str) -> bool:
    r"""Whether a traceback tells of memory, files, time or workers that ran out.

    Parameters
    ----------
    traceback : str
        As :func:`traceback.format_exc` gives it. An error that was caused by another
        counts as either.

    Examples
    --------
    >>> from skoverfit.model_selection._journal._passing import is_passing
    >>> is_passing("Traceback ...\nMemoryError: Unable to allocate 8 GiB")
    True
    >>> is_passing("Traceback ...\nValueError: C == -1, must be > 0.")
    False
    """
    return any(
        _names_passing(line[1]) or MESSAGES.search(line[0]) is not None
        for line in ERROR_LINE.finditer(traceback)
    )


def _names_passing(name: str) -> bool:
    module, _, last = name.rpartition(".")
    found: Any = getattr(sys.modules.get(module, builtins), last, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return issubclass(found, PASSING) or NAMES.search(last) is not None
    return NAMES.search(last) is not None
