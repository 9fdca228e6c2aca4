"""Texts without characters that a terminal or a page would obey instead of show."""

__all__ = ["printable"]

# They join letters in many scripts and in emoji; nothing else that is invisible stays.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Replace control characters, marks of direction and lone surrogates.

    Returns
    -------
    text : str
        Line breaks stay, other white space becomes blanks, and what cannot be shown
        becomes a replacement character.
    """
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character == "\n" or character in _JOINERS:
        return character
    return " " if character.isspace() else "\ufffd"
