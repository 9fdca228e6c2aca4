"""Small reports for those who have no model to fit: signs, in words and as data."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape
from typing import Any

import numpy as np

__all__ = ["ShortReport", "Sign"]


@dataclass(frozen=True)
class Sign:
    """One thing that predictions or a training history show.

    Attributes
    ----------
    code : str
        Stable name, such as ``"overfits"``.
    title : str
        The conclusion in one short sentence.
    explanation : str
        What was measured, with numbers.
    advice : str
        What to do; empty if nothing.
    effect : float or None
        Size in units of the score; None where it has none.
    """

    code: str
    title: str
    explanation: str
    advice: str = ""
    effect: float | None = None

    def __str__(self) -> str:
        advice = f"\n  -> {self.advice}" if self.advice else ""
        return f"{self.title}\n  {self.explanation}{advice}"


class ShortReport:
    """What reports of signs share: their words, their data, their HTML.

    A report is a dataclass with a field `signs`, the one that matters most first.
    """

    signs: tuple[Sign, ...]

    @property
    def verdict(self) -> str:
        """Code of the sign that matters most."""
        return self.signs[0].code

    def has(self, code: str) -> bool:
        """Whether a sign was found.

        Parameters
        ----------
        code : str
            Its code.

        Returns
        -------
        found : bool
        """
        return code in {sign.code for sign in self.signs}

    def _summary(self) -> str:
        """Return the numbers in one line."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, fit for JSON.

        Returns
        -------
        data : dict
        """
        stored = (item for item in fields(self) if item.compare)  # type: ignore[arg-type]
        values = {item.name: getattr(self, item.name) for item in stored}
        return {"verdict": self.verdict} | {
            name: _plain(value) for name, value in values.items()
        }

    def __str__(self) -> str:
        return "\n".join([self._summary(), *map(str, self.signs)])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.verdict}. {self._summary()}>"

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{escape(sign.title)}</strong> {escape(sign.explanation)} "
            f"<em>{escape(sign.advice)}</em></li>"
            for sign in self.signs
        )
        return f"<p>{escape(self._summary())}</p><ul>{items}</ul>"


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if hasattr(value, "__dataclass_fields__"):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return value
