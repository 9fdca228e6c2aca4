"""A fitted committee in notebooks: its members as a table."""

import html
from typing import Any

import numpy as np

__all__ = ["MembersTableMixin", "members_html"]

#: Candidates in the table; those that weigh less are counted only.
MAX_ROWS = 20
#: Longest description of a candidate.
MAX_TEXT = 100

# The page's own colors serve light and dark notebooks alike.
_STYLE = (
    "<style>.skoverfit-committee{font-size:0.9em;margin-top:0.5em}"
    ".skoverfit-committee table{border-collapse:collapse}"
    ".skoverfit-committee th,.skoverfit-committee td"
    "{padding:0.15em 0.7em;text-align:left;border-bottom:1px solid currentColor}"
    "</style>"
)
_HEADER = ("candidate", "models", "weight", "parameters")


class MembersTableMixin:
    """Puts the table of the members under scikit-learn's diagram."""

    @property
    def _repr_html_(self):
        # Raises AttributeError where scikit-learn is set to show text.
        own = super()._repr_html_  # type: ignore[misc]
        return lambda: own() + members_html(self)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += members_html(self)
        return bundle


def members_html(committee: Any) -> str:
    """Return the members of a committee as an element; empty before ``fit``."""
    if not hasattr(committee, "members_"):
        return ""
    table = committee.members_
    n_candidates = len(committee.candidates_)
    weights = np.bincount(table["candidate"], table["weight"], n_candidates)
    counts = np.bincount(table["candidate"], minlength=n_candidates)
    order = np.argsort(-weights, kind="stable")[:MAX_ROWS]
    rows = "".join(
        _row(str(k), str(counts[k]), f"{weights[k]:.3g}", committee.candidates_[k])
        for k in order
    )
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADER)
    more = n_candidates - len(order)
    note = f"<p>and {more} candidates more</p>" if more else ""
    return (
        f'{_STYLE}<div class="skoverfit-committee"><table><thead><tr>{head}</tr>'
        f"</thead><tbody>{rows}</tbody></table>{note}</div>"
    )


def _row(*cells: Any) -> str:
    *figures, params = cells
    texts = [*figures, _short(params)]
    return f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in texts)}</tr>"


def _short(params: Any) -> str:
    settings = (f"{name}={value!r}" for name, value in params.items())
    text = " ".join(", ".join(settings).split()) or "as given"
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."
