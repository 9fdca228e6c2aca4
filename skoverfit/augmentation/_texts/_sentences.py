"""Where sentences end."""

import re
from collections.abc import Iterable

__all__ = ["sentence_parts"]

# A run of marks, what closes behind it, and blanks.
_END = re.compile("[.!?…؟۔।॥։።。！？｡．]++[\"'”’»)\\]」』）】]*+(\\s*)")  # noqa: RUF001
_CJK = frozenset("。！？｡．")  # noqa: RUF001 - needs no blank
#: What a full stop stands behind within a sentence.
_ABBREVIATIONS = frozenset(
    word
    for words in (
        "dr mr mrs ms mx prof st sr jr rev hon gen col capt cmdr lt sgt maj sen rep",
        "gov pres supt messrs mmes msgr mt ft ave blvd rd dept est inc ltd corp co",
        "bros ed eds al cf vs viz ca approx",
        "jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thurs",
        "fri e.g i.e a.m p.m ph.d m.a b.a z.b d.h u.a bzw usw str hr fr mme mlle",
        "sra srta dra ud uds av avv dott sig ing",
    )
    for word in words.split()
)
#: The same, but only before a number: "No" is a sentence, too.
_OF_NUMBERS = frozenset(
    (
        "no",
        "nos",
        "vol",
        "vols",
        "fig",
        "figs",
        "eq",
        "eqs",
        "sec",
        "ch",
        "pp",
        "p",
        "nr",
    )
)
_LAST_WORD = re.compile(r"(?:^|[\s(\[\"'“‘])([^\s(\[\"'“‘]{1,12})\.$")  # noqa: RUF001
# As in "J. K. Rowling", "U.S." and "1. First".
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")


def sentence_parts(text: str, whole: Iterable[tuple[int, int]] = ()) -> list[str]:
    """Cut a text into sentences and what stands between them, in turn.

    A full stop behind an abbreviation, an initial or the number of a list ends no
    sentence, nor does one that is followed by a lower-case letter, unless the text
    has no upper case at all.

    Parameters
    ----------
    text : str
    whole : iterable of (int, int)
        Parts of the text, from and to, within which no sentence ends.

    Returns
    -------
    parts : list of str
        Sentences at even positions, blanks at odd ones.
    """
    parts, start = [], 0
    cased: bool | None = None
    inside = {k for first, last in whole for k in range(first + 1, last)}
    for found in _END.finditer(text):
        blank = found.start(1)
        if blank in inside:
            continue
        if text[found.start()] not in _CJK:
            if cased is None:
                cased = text != text.lower()
            if not found[1] or not _ends(text, start, found, cased):
                continue
        parts += [text[start:blank], found[1]]
        start = found.end()
    return [*parts, text[start:]]


def _ends(text: str, start: int, found: re.Match[str], cased: bool) -> bool:
    """Whether a sentence that began at `start` ends with marks that were found."""
    if cased and text[found.end() : found.end() + 1].islower():
        return False
    mark = found.start()
    if text[mark : mark + 2].rstrip() != ".":
        return True
    last = _LAST_WORD.search(text[max(start, mark - 14) : mark + 1])
    if last is None:
        return True
    word = last[1]
    if word.isdecimal() and not text[start:mark].strip(word):
        return False
    if _INITIALS.fullmatch(word) and ("." in word or word.isupper()):
        return False
    word, after = word.lower(), text[found.end() : found.end() + 1]
    return word not in _ABBREVIATIONS and not (
        word in _OF_NUMBERS and after.isdecimal()
    )
