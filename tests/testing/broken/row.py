"""A row of the table of broken parts."""

from typing import Any, NamedTuple


class Broken(NamedTuple):
    """A part that breaks a promise, and the checks that find it, and no others.

    The first of `caught_by` checks the promise itself; others see a consequence.
    """

    part: Any
    does: str
    caught_by: tuple[str, ...]
    kind: str | None = None
    options: dict[str, Any] = {}

    @property
    def name(self) -> str:
        """Name of the function or class."""
        return getattr(self.part, "__name__", type(self.part).__name__)
