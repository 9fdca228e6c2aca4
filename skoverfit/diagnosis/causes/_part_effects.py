"""What the causes about a test part share: scores of it, and words."""

from collections.abc import Callable, Sequence
from typing import Any

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._records import NotMeasured

__all__ = ["changed_score", "listed"]


def listed(names: Sequence[str], most: int = 5) -> str:
    """Name a few columns and count the rest."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def changed_score(
    lab: Lab, measure: Callable[[Any], float | None]
) -> tuple[float, float] | None:
    """Score the test part as it is, and in another way.

    Parameters
    ----------
    lab : Lab
        With a test part.
    measure : callable
        From the `OwnPart` to the other score.

    Returns
    -------
    scores : tuple of (float, float) or None
        As it is and otherwise; None where that cannot be measured.
    """
    try:
        part = lab.own_part
    except NotMeasured:
        return None
    other = measure(part)
    return None if other is None else (part.score, other)
