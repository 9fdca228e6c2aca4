"""Words and phrases that augmenters of texts leave alone."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from skoverfit.augmentation._texts._graphemes import clusters
from skoverfit.augmentation._texts._tokens import Tokens
from skoverfit.augmentation._texts._vocabulary import entity_spans, word_pattern

__all__ = [
    "Phrases",
    "checked_stop_words",
    "is_protected",
    "keep_whole",
    "negations",
    "plain",
    "unprotected",
]

#: English words whose loss turns a sentence round; "n't" stands for all that end in it.
_WORDS = """
    no not nor none never nothing nobody nowhere neither without cannot hardly scarcely
    barely n't nt
"""
#: With "nt" behind them they are negations that have lost their apostrophe.
_VERBS = "ai do does did wo would is are was were ca could should have has had"
_NEGATIONS = frozenset([*_WORDS.split(), *(f"{verb}nt" for verb in _VERBS.split())])

_SHORT_NOT = ("n't", "n’t")  # noqa: RUF001 - both apostrophes


def negations(keep: bool) -> frozenset[str]:
    """English negations in lower case, if they are to be kept."""
    return _NEGATIONS if keep else frozenset()


def _checked_strings(words: Any, name: str) -> list[str]:
    """Return a list of strings, or say what else was given."""
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise ValueError(f"{name} must be a list of words. Got {words!r} instead.")
    words = list(words)
    wrong = [word for word in words if not isinstance(word, str)]
    if wrong:
        raise ValueError(f"{name} must hold strings. Got {wrong[0]!r} in it.")
    return words


def checked_stop_words(words: Any) -> frozenset[str]:
    """Stop words in lower case; "english" means those of scikit-learn."""
    if words is None:
        return frozenset()
    if isinstance(words, str):
        if words != "english":
            raise ValueError(
                f"stop_words must be 'english', None or a list. Got {words!r}."
            )
        return ENGLISH_STOP_WORDS
    return frozenset(w.lower() for w in _checked_strings(words, "stop_words"))


def is_protected(word: str, protected: frozenset[str]) -> bool:
    """Whether a word is among the protected; "n't" stands for all that end in it."""
    word = word.lower()
    if word in protected:
        return True
    return word.endswith(_SHORT_NOT) and "n't" in protected


def unprotected(words: list[str], protected: frozenset[str]) -> list[bool]:
    """Which words are not among the protected; a word holds no space."""
    small = " ".join(words).lower().split(" ") if words else []
    fixed = {word for word in set(small) if is_protected(word, protected)}
    return [word not in fixed for word in small]


class Phrases:
    """Phrases that are to be found in texts, in any case and spacing.

    Apostrophes and hyphens of all kinds are the same, and so are composed and
    decomposed accents. A phrase is found where it stands by itself; where it begins or
    ends in a script that is written without spaces, also inside of a word.

    Parameters
    ----------
    phrases : iterable of str
        One word or more, with whatever signs.
    """

    def __init__(self, phrases: Any) -> None:
        texts = _checked_strings(phrases, "protected")
        blank = [text for text in texts if not text.strip()]
        if blank:
            raise ValueError(
                f"protected must hold words or phrases. Got {blank[0]!r} in it."
            )
        texts = [" ".join(_composed_signs(text).split()) for text in texts]
        #: Those that are one word of letters are looked up, which is faster.
        words = (t for t in texts if t.isalnum() or t.lower() == "n't")
        self._words = frozenset(word.lower() for word in words)
        others = {t for t in texts if not t.isalnum() or _JOINED_SCRIPT.search(t)}
        # The longest first: it holds the others that begin at the same place.
        ordered = sorted(others, key=lambda text: (-len(text), text))
        self._pattern = None
        if ordered:
            found = "|".join(map(_phrase_pattern, ordered))
            self._pattern = re.compile(f"(?=({found}))", re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self._words) or self._pattern is not None

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where phrases stand in a text, from and to; they may overlap."""
        spans = [s.span() for s in word_pattern().finditer(text) if self._holds(s[0])]
        if self._pattern is None:
            return spans
        composed, origin = _composed(text)
        found = (match.span(1) for match in self._pattern.finditer(composed))
        return spans + [(origin(start), origin(end)) for start, end in found]

    def of_text(self, text: str, entities: bool) -> list[str]:
        """Return what of a text is to be kept, in lower case and plain signs.

        Parameters
        ----------
        text : str
        entities : bool
            Whether URLs, e-mail addresses, hashtags, mentions and numbers are, too.
        """
        spans = self.spans(text) if self else []
        spans += entity_spans(text) if entities else []
        return [plain(text[start:end]) for start, end in spans]

    def _holds(self, word: str) -> bool:
        """Whether a word, or a part of it that is tied to another, is a phrase."""
        word = plain(word)
        if is_protected(word, self._words):
            return True
        return not word.isalnum() and not self._words.isdisjoint(_TIES.split(word))

    def words_of(self, tokens: Tokens) -> np.ndarray:
        """Return which words of texts belong to a phrase."""
        fixed = np.zeros(len(tokens.piece_of), dtype=bool)
        if self._words:
            strings = tokens.strings(np.arange(len(fixed)))
            held = {word for word in set(strings) if self._holds(word)}
            fixed |= np.fromiter((w in held for w in strings), bool, len(fixed))
        if self._pattern is not None:
            for row, text in enumerate(tokens.texts):
                spans = self.spans(text) if isinstance(text, str) else []
                if spans:
                    first, size = int(tokens.first[row]), int(tokens.n_words[row])
                    fixed[first : first + size] |= _overlapping(text, spans)
        return fixed


def keep_whole(tokens: Tokens, phrases: Phrases, entities: bool) -> None:
    """Tell the words of texts which of them are not to be changed.

    Parameters
    ----------
    tokens : Tokens
    phrases : Phrases
    entities : bool
        Whether URLs, e-mail addresses, hashtags, mentions and numbers are not.
    """
    fixed = tokens.entities() if entities else np.zeros(len(tokens.piece_of), bool)
    if phrases:
        fixed |= phrases.words_of(tokens)
    tokens.fix(fixed)


def _overlapping(text: str, spans: list[tuple[int, int]]) -> np.ndarray:
    """Which words of a text overlap with spans of it."""
    bounds = np.array([each.span() for each in word_pattern().finditer(text)])
    covered = np.zeros(len(text) + 1, dtype=np.intp)
    np.add.at(covered, [start for start, _ in spans], 1)
    np.add.at(covered, [end for _, end in spans], -1)
    inside = np.concatenate([[0], np.cumsum(np.cumsum(covered) > 0)])
    bounds = bounds.reshape(-1, 2)
    return inside[bounds[:, 1]] > inside[bounds[:, 0]]


#: What ties parts of one word together.
_TIES = re.compile("['-]")
_SAME = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-"})  # noqa: RUF001
#: Letters of scripts that are written without spaces, or whose particles are tied.
_JOINED_LETTERS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
_JOINED_SCRIPT = re.compile(f"[{_JOINED_LETTERS}]")


def plain(text: str) -> str:
    """Text in lower case, with composed accents and the plain apostrophe and hyphen."""
    return _composed_signs(text).lower()


def _composed_signs(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(_SAME)


def _phrase_pattern(phrase: str) -> str:
    """Pattern of a phrase that stands by itself."""
    spaced = r"\s+".join(re.escape(part) for part in phrase.split(" "))
    spaced = spaced.replace("'", "['’‘ʼ]").replace(r"\-", "[-‐‑]")  # noqa: RUF001
    before = r"(?<!\w)" if _is_bounded(phrase[0]) else ""
    after = r"(?!\w)" if _is_bounded(phrase[-1]) else ""
    return f"{before}{spaced}{after}"


def _is_bounded(letter: str) -> bool:
    """Whether no other letter may stand beside a letter at the edge of a phrase."""
    is_letter = letter.isalnum() or unicodedata.category(letter)[0] == "M"
    return is_letter and _JOINED_SCRIPT.match(letter) is None


def _composed(text: str) -> tuple[str, Any]:
    """Text with composed accents, and a function from its positions to the text's."""
    if unicodedata.is_normalized("NFC", text):
        return text, lambda position: position
    parts = clusters(text)
    new = [unicodedata.normalize("NFC", part) for part in parts]
    ends = np.cumsum([0, *map(len, new)])
    own = np.cumsum([0, *map(len, parts)])
    # A position within a cluster belongs to its beginning.
    return "".join(new), lambda k: int(own[np.searchsorted(ends, k, side="right") - 1])
