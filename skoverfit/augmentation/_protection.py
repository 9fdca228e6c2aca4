"""Words that augmenters of texts leave alone."""

from collections.abc import Iterable
from typing import Any

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

__all__ = ["checked_stop_words", "is_protected", "protected_words", "unprotected"]

#: English words whose loss turns a sentence round; "n't" stands for all that end in it.
_WORDS = """
    no not nor none never nothing nobody nowhere neither without cannot hardly scarcely
    barely n't nt
"""
#: With "nt" behind them they are negations that have lost their apostrophe.
_VERBS = "ai do does did wo would is are was were ca could should have has had"
_NEGATIONS = frozenset([*_WORDS.split(), *(f"{verb}nt" for verb in _VERBS.split())])

_SHORT_NOT = ("n't", "n’t")  # noqa: RUF001 - both apostrophes


def protected_words(words: Any, keep_negations: bool) -> frozenset[str]:
    """Words that are not to be changed, in lower case.

    Parameters
    ----------
    words : iterable of str
        The user's own.
    keep_negations : bool
        Whether English negations belong to them.
    """
    own = _lower_case(words, "protected")
    return own | _NEGATIONS if keep_negations else own


def _lower_case(words: Any, name: str) -> frozenset[str]:
    """Turn a list of words into a set in lower case."""
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise ValueError(f"{name} must be a list of words. Got {words!r} instead.")
    words = list(words)
    wrong = [word for word in words if not isinstance(word, str)]
    if wrong:
        raise ValueError(f"{name} must hold strings. Got {wrong[0]!r} in it.")
    return frozenset(word.lower() for word in words)


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
    return _lower_case(words, "stop_words")


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
