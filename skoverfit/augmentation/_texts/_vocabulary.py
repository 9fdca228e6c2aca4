"""What a word is, and what is more than one but stays whole."""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from skoverfit.augmentation._texts._graphemes import mark_ranges

__all__ = ["Parts", "entity_spans", "parts_of", "word_pattern"]

# Longer pieces are not remembered: a text without spaces is one piece.
_SHORT = 60


@cache
def word_pattern() -> re.Pattern[str]:
    """Pattern of one word, as a group.

    Letters and digits of any script with their combining marks; within a word also
    an apostrophe, a hyphen, and the point of a number. The two joiners are part of
    words in Indic scripts and in Persian.
    """
    letter = rf"[\w{mark_ranges()}\u200c\u200d]"
    inner = r"(?:['’‐-]|(?<=\d)[.,](?=\d))"  # noqa: RUF001 - real apostrophes
    # What is cut off by English tokenizers, as in "it 's".
    short = r"(?:(?<!\w)['’](?=(?:s|ll|re|ve|d|m|em|n)(?!\w)))?"  # noqa: RUF001
    return re.compile(rf"({short}\w{letter}*(?:{inner}\w{letter}*)*)")


class Parts(NamedTuple):
    """A piece of a text.

    Attributes
    ----------
    strings : tuple of str
        Separators and words, in turn.
    whole : tuple of bool or None
        Which words belong to a URL, an address, a hashtag, a mention or a number; None
        where none does.
    """

    strings: tuple[str, ...]
    whole: tuple[bool, ...] | None

    @classmethod
    def of(cls, piece: str) -> "Parts":
        """Cut a piece into words."""
        strings = tuple(word_pattern().split(piece))
        whole = [word[0].isdecimal() for word in strings[1::2]]
        if "." in piece[:-1] or any(sign in piece for sign in _SIGNS):
            _add_names(piece, strings, whole)
        return cls(strings, tuple(whole) if any(whole) else None)


_short_parts = lru_cache(maxsize=1 << 16)(Parts.of)


def parts_of(piece: str) -> Parts:
    """Cut a piece into separators and words; remembered from call to call."""
    return _short_parts(piece) if len(piece) <= _SHORT else Parts.of(piece)


# One of these or a full stop is in each entity but numbers.
_SIGNS = ("@", "#", "://", "\uff20", "\uff03")
# What follows in a URL, up to the last character that is not punctuation.
_REST = r"""[^\s<>"]*[^\s<>".,;:!?()\[\]{}'”’»]"""  # noqa: RUF001
# Each run of characters is looked at from its beginning only, and given up at once.
_NAME = re.compile(
    rf"""
    (?<![\w+.-])[a-z][a-z0-9+.-]*+://{_REST}               # URL
    | (?<!\w)www\.{_REST}
    | (?<![\w.-])(?:[\w-]++\.)+(?:com|org|net|edu|gov|info|io)\b(?:[/?\#]{_REST})?
    | (?<![\w.-])(?:[\w-]++\.)+[a-z]{{2,}}/(?:{_REST})?
    | (?<![\w.!$%&'*+=?^`{{|}}~-])[\w.!$%&'*+=?^`{{|}}~-]++@[\w-]+(?:\.[\w-]+)+  # mail
    | (?<!\w)[@\uff20]\w+(?:[.@-]\w+)*                   # mention
    | (?<![\w&])[\#\uff03]\w+(?:[-_]\w+)*               # hashtag
    """,
    re.VERBOSE | re.IGNORECASE,
)


def entity_spans(text: str) -> list[tuple[int, int]]:
    """Where URLs, e-mail addresses, hashtags, mentions and numbers stand in a text."""
    words = (found.span() for found in word_pattern().finditer(text))
    numbers = [span for span in words if text[span[0]].isdecimal()]
    return numbers + [found.span() for found in _NAME.finditer(text)]


def _add_names(piece: str, strings: tuple[str, ...], whole: list[bool]) -> None:
    """Note which words of a piece belong to a URL, an address, a tag or a mention."""
    spans = [found.span() for found in _NAME.finditer(piece)]
    end = k = 0
    for place, string in enumerate(strings):
        start, end = end, end + len(string)
        while k < len(spans) and spans[k][1] <= start:
            k += 1
        if place % 2 and k < len(spans) and spans[k][0] < end:
            whole[place // 2] = True
