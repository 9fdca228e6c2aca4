"""Where the order of the rows is why the score cannot be told."""

from skoverfit.diagnosis._judgment._claims import LEVEL
from skoverfit.diagnosis._lab import SHUFFLED
from skoverfit.diagnosis._records import Evidence, Finding

__all__ = ["order_doubt"]

_ORDERS = ("row_order", "time_order", "groups_in_order")
"""Findings that say that an order of the rows decides the score."""


def order_doubt(
    evidence: Evidence, present: dict[str, Finding]
) -> tuple[str, str] | None:
    """Say that the splits follow an order of the rows, if they do.

    What was measured says it best. Where the budget allowed no shuffled splits, the
    order itself, which costs nothing to see, has to do.

    Returns
    -------
    doubt : tuple of (headline, text) or None
    """
    for name, finding in present.items():
        if name in _ORDERS and finding.severity != "info":
            text = f"{finding.explanation} {finding.advice}"
            return f"{finding.title}.", text
    unknown = any(s.what == SHUFFLED and "budget" in s.reason for s in evidence.skipped)
    is_random = evidence.target_order_pvalue >= LEVEL
    if not unknown or (evidence.row_order == "random" and is_random):
        return None
    headline = "The splits follow the order of the rows, and the rows are in an order."
    return headline, f"{_in_words(evidence)} {_ADVICE}"


_ADVICE = (
    "Each split then tests other rows than the model has learned from. If rows belong "
    "together, say how: groups=... or time=...; if the order means nothing, shuffle: "
    'cv="shuffled". A larger budget compares both.'
)


def _in_words(evidence: Evidence) -> str:
    if evidence.row_order == "sorted":
        return "The rows are sorted by the target."
    if evidence.row_order == "related":
        return "Rows next to one another in the file are alike."
    return (
        "Rows next to one another in the file have alike targets (random order has "
        f"p = {evidence.target_order_pvalue:.2g})."
    )
