"""Whether a part leaves the global random states alone, and its seed decides all."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy import random as numpy_random

__all__ = ["check_repeats", "global_states"]


def check_repeats(make: Callable[[], Any], what: str, advice: str) -> None:
    """Call a function under two global states: its results must be the same.

    Parameters
    ----------
    make : callable
        Gives an array.
    what : str
        What it gives, for the message.
    advice : str
        Where else to draw from.
    """
    results = []
    for seed in (20_011, 30_011):
        with global_states(seed) as is_untouched:
            results.append(make())
            assert is_untouched(), (
                f"The global random state of NumPy or Python was used or set: {advice}."
            )
    message = f"The same seed must repeat {what}."
    np.testing.assert_array_equal(results[0], results[1], err_msg=message)


@contextmanager
def global_states(seed: int) -> Iterator[Callable[[], bool]]:
    """Set the global generators to states that nobody expects, and back at the end.

    The state that was found might be just the one that a part sets. Nowhere else
    does the library touch these generators.
    """
    kept = numpy_random.get_state(), random.getstate()  # noqa: NPY002
    try:
        numpy_random.set_state(numpy_random.RandomState(seed).get_state())  # noqa: NPY002
        random.setstate(random.Random(seed).getstate())
        before = _global_draws()
        yield lambda: _global_draws() == before
    finally:
        numpy_random.set_state(kept[0])  # noqa: NPY002
        random.setstate(kept[1])


def _global_draws() -> tuple[Any, ...]:
    """State of the global generators of NumPy and of Python."""
    state: Any = numpy_random.get_state(legacy=False)  # noqa: NPY002
    return state["state"]["key"].tobytes(), state["state"]["pos"], random.getstate()
