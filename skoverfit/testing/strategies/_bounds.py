"""Bounds of strategies, checked where the strategy is made."""

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from hypothesis import strategies as st

from skoverfit.exceptions import InputError

__all__ = ["chosen", "integers_within"]


def integers_within(
    what: str, low: int, high: int, least: int = 1
) -> st.SearchStrategy[int]:
    """Draw integers from bounds; those that cannot be are refused by their names."""
    for name, value in ((f"min_{what}", low), (f"max_{what}", high)):
        if not isinstance(value, Integral) or value < least:
            raise InputError(f"{name}={value!r} must be an integer of {least} or more.")
    if low > high:
        raise InputError(f"min_{what}={low} must be at most max_{what}={high}.")
    return st.integers(int(low), int(high))


def chosen(name: str, values: Iterable[Any], known: Iterable[Any]) -> list[Any]:
    """List the values that were chosen of those that there are."""
    values, known = list(values), list(known)
    unknown = [value for value in values if value not in known]
    if unknown or not values:
        raise InputError(f"{name}={values!r} must be some of {known}.")
    return values
