"""What readers take for one character, though it is written with several."""

import re
import unicodedata
from functools import cache
from itertools import groupby

__all__ = ["clusters", "has_clusters", "mark_ranges"]

# Beyond these code points there are no combining marks but the last.
_CODE_POINTS = (*range(0x20000), *range(0xE0100, 0xE01F0))

_JOINER = "\u200d"
# What ties the next letter of an Indic script to the one before.
_VIRAMAS = "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d"
# Skin tones, tags of flags, vowels and finals of Hangul that is written in parts.
_OTHERS = "\u200c\u200d\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u1160-\u11ff"
_INITIALS = "[\u1100-\u115f]+(?=[\u1160-\u11a7\uac00-\ud7a3])"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"


@cache
def mark_ranges() -> str:
    """Return combining marks, as the inside of a character class."""
    marks = (c for c in _CODE_POINTS if unicodedata.category(chr(c))[0] == "M")
    # Consecutive code points have the same distance to their rank.
    runs = groupby(enumerate(marks), key=lambda pair: pair[1] - pair[0])
    bounds = ([code for _, code in run] for _, run in runs)
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in bounds)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of what belongs to the character before, and of one cluster."""
    tied = f"[{mark_ranges()}{_OTHERS}]"
    base = f"(?:{_FLAG}|{_INITIALS}.|.)"
    cluster = rf"{base}(?:{tied}|(?<={_JOINER}).|(?<=[{_VIRAMAS}])\w)*"
    return re.compile(tied), re.compile(cluster, re.DOTALL)


def has_clusters(text: str) -> bool:
    """Whether some characters of a text are written with several."""
    return not text.isascii() and _patterns()[0].search(text) is not None


def clusters(text: str) -> list[str]:
    """Cut a text into characters as they are read.

    A letter stays with its accents, an emoji with what is joined to it. It is the rule
    of Unicode Standard Annex 29 but for its rarest cases.
    """
    return _patterns()[1].findall(text)
