"""Write entries of docstrings once and fill them in where they are needed."""

import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["FOR_REGRESSORS", "documented", "entries", "entries_of"]

Documented = TypeVar("Documented", bound=Callable[..., Any])

_FIRST_LINE = re.compile(r"^(\w+(?:, \w+)*)(?= :|$)", re.MULTILINE)
_TITLE = re.compile(r"^(.+)\n-{3,}$", re.MULTILINE)
_PLACE = re.compile(r"^( *)\{(\w+(?:, \w+)*)\}$", re.MULTILINE)


def entries(text: str) -> dict[str, str]:
    """Read the entries of a section as numpydoc writes it, by name."""
    text = textwrap.dedent(text).strip()
    starts = list(_FIRST_LINE.finditer(text))
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {
        start[1]: text[start.start() : end].rstrip()
        for start, end in zip(starts, ends, strict=True)
    }


#: What the docstring of a classifier says otherwise than that of its regressor.
FOR_REGRESSORS = {
    "classifier": "regressor",
    "Classifier": "Regressor",
    ", stratified by class,": "",
    ", stratified by class": "",
    "stratified by class, or ": "",
}


def entries_of(twin: type, words: Mapping[str, str] | None = None) -> dict[str, str]:
    """Read what the docstring of another class says, for :func:`documented`.

    Parameters
    ----------
    twin : class
        The class that is documented in full.
    words : mapping of str to str, default=None
        What to replace, wherever lines break.

    Returns
    -------
    entries : dict of str to str
        The entries of all sections by name, each section of prose by its title in
        lower case, and its paragraphs with a number, such as "notes_2". Paragraphs
        between the summary and the first section are "about_1" and so on.
    """
    text = inspect.getdoc(twin) or ""
    for old, new in (words or {}).items():
        text = re.sub(r"\s+".join(map(re.escape, old.split(" "))), new, text)
    parts = _TITLE.split(text)
    found: dict[str, str] = {}
    for title, body in zip(["About", *parts[1::2]], parts[::2], strict=True):
        name, body = title.lower(), body.strip("\n")
        paragraphs = body.split("\n\n")[name == "about" :]
        found[name] = body
        found |= {f"{name}_{i}": text for i, text in enumerate(paragraphs, 1)}
        if name in ("parameters", "attributes", "raises", "warns"):
            found |= entries(body)
    return found


def documented(
    known: Mapping[str, str], **words: str
) -> Callable[[Documented], Documented]:
    """Return a decorator that fills the places of a docstring.

    A line ``{mode, constraint}`` becomes the entries of these names, and ``{kind}``
    within a line the word that is given under this name.

    Parameters
    ----------
    known : mapping of str to str
        Entries, or other blocks of lines, by name.
    **words : str
        Words that differ between docstrings of the same text.
    """

    def decorator(thing: Documented) -> Documented:
        if thing.__doc__ is not None:  # it is with `python -OO`
            thing.__doc__ = _filled(thing.__doc__, known, words)
        return thing

    return decorator


def _filled(text: str, known: Mapping[str, str], words: Mapping[str, str]) -> str:
    def blocks(place: re.Match[str]) -> str:
        names = place[2].split(", ")
        return "\n".join(textwrap.indent(known[name], place[1]) for name in names)

    text = _PLACE.sub(blocks, text)
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
