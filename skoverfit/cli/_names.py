"""Names in messages: guesses at a mistyped one, short lists, nothing but text."""

import difflib
from collections.abc import Iterable

from skoverfit._plain import printable

__all__ = ["close_matches", "listing", "one_line"]


def close_matches(name: str, known: Iterable[str]) -> str:
    """Say which known names are like a mistyped one; empty if none is."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    begin = [other for other in by_lower if name and other.startswith(name.lower())]
    found = begin[:3] or difflib.get_close_matches(name.lower(), by_lower, n=3)
    names = " or ".join(repr(by_lower[match]) for match in found)
    return f" Did you mean {names}?" if names else ""


def listing(names: list[str], limit: int = 12) -> str:
    """List names, the first ones only where there are many."""
    shown = ", ".join(names[:limit])
    return shown + (f", ... ({len(names)} in all)" if len(names) > limit else "")


def one_line(text: str) -> str:
    """Put a message into one line, without what a terminal would obey."""
    return printable(" ".join(text.split()))
