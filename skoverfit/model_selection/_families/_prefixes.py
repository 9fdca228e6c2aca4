"""What families of boosted ensembles have in common: prefixes and running sums."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from skoverfit.model_selection._shared_fits import OncePerRows, remember

__all__ = ["RunningSums", "ascending", "is_count", "is_seed", "lend"]


def is_count(value: Any) -> bool:
    """Whether a parameter is a whole number of at least 1, and not a flag."""
    return (
        isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= 1
    )


def is_seed(value: Any) -> bool:
    """Whether a `random_state` gives every fit the same random numbers."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def ascending(estimators: Sequence[Any], parameter: str) -> list[int]:
    """Return the positions of candidates, the smallest value of a parameter first."""
    return sorted(
        range(len(estimators)), key=lambda i: getattr(estimators[i], parameter)
    )


def lend(
    position: int,
    view: Any,
    names: Iterable[str],
    answer: Callable[[str, Any], Any],
    rows: Sequence[Any],
) -> Iterator[tuple[int, Any]]:
    """Yield a view whose methods answer for known rows until the next one is asked for.

    A method that remembers and its view hold one another, and all that the answers
    are made of: left alone, the memory of many training sets would add up until the
    garbage collector comes by.
    """
    lent = [name for name in names if hasattr(view, name)]
    for name in lent:
        remember(view, name, _Named(answer, name), rows)
    try:
        yield position, view
    finally:
        for name in lent:
            vars(view).pop(name, None)


class _Named:
    """An answer for one method."""

    def __init__(self, answer: Callable[[str, Any], Any], name: str) -> None:
        self._answer, self._name = answer, name

    def __call__(self, X: Any) -> Any:
        return self._answer(self._name, X)


class _Sum:
    """What the first stages add up to on one set of rows."""

    def __init__(self) -> None:
        self.stage = 0
        self.value: np.ndarray | None = None


class RunningSums:
    """Sums over the stages of an ensemble, continued from prefix to prefix.

    One array for each known set of rows is kept, not one for each prefix: views are
    yielded and scored in ascending order. A prefix shorter than the last one starts
    again from the first stage.

    Parameters
    ----------
    rows : sequence of array-like
        The known rows.
    """

    def __init__(self, rows: Sequence[Any]) -> None:
        self._sums = OncePerRows(lambda X: _Sum(), rows)

    def resume(self, X: Any, stage: int) -> tuple[int, np.ndarray | None]:
        """Return the stage to continue from and the sum up to it.

        The sum is the caller's until it is given back, so that an error on the way
        leaves nothing half done behind.
        """
        known = self._sums(X)
        start, value = known.stage, known.value
        known.stage, known.value = 0, None
        return (start, value) if start <= stage else (0, None)

    def keep(self, X: Any, stage: int, value: np.ndarray) -> None:
        """Take the sum of the first `stage` stages."""
        known = self._sums(X)
        known.stage, known.value = stage, value
