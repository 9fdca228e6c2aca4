"""The edits inside words, as functions over the characters of many texts."""

from collections.abc import Callable, Sequence

import numpy as np

from skoverfit.augmentation._texts._graphemes import clusters, has_clusters
from skoverfit.augmentation._texts._tokens import Tokens, pick
from skoverfit.augmentation._texts._word_edits import amounts

__all__ = ["NEIGHBORS", "OCR", "edited_characters", "joined_words", "split_words"]

_KEYS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")


def _key_neighbors() -> dict[str, str]:
    """Keys beside each key of a QWERTY keyboard; rows are offset by half a key."""
    place = {
        key: (row, column + row / 2)
        for row, keys in enumerate(_KEYS)
        for column, key in enumerate(keys)
    }
    return {
        key: "".join(
            other
            for other, (r, c) in place.items()
            if other != key and abs(r - row) <= 1 and abs(c - column) <= 1
        )
        for key, (row, column) in place.items()
    }


#: What a slipping finger hits instead.
NEIGHBORS = _key_neighbors()

_LOOK_ALIKES = ("0oO", "1lI", "5sS", "8B", "2zZ", "6G", "9g", "uv", "ce", "hb", "tf")


def _ocr_confusions() -> dict[str, tuple[str, ...]]:
    """Return what optical character recognition reads instead of a character."""
    table: dict[str, list[str]] = {"m": ["rn"], "d": ["cl"], "w": ["vv"], "n": ["ri"]}
    for alike in _LOOK_ALIKES:
        for one in alike:
            table.setdefault(one, []).extend(other for other in alike if other != one)
    return {one: tuple(others) for one, others in table.items()}


OCR = _ocr_confusions()


def edited_characters(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
    changeable: str | None,
    change: Callable[[list[str], int, float], None],
) -> list:
    """Edit single characters of words.

    Parameters
    ----------
    tokens : Tokens
        The words of all texts.
    parents : ndarray of int
        Texts to copy.
    rng : numpy.random.Generator
        The only source of randomness.
    share : float
        Share of the characters to edit; at least one.
    changeable : str or None
        The characters that may be edited; None allows all.
    change : callable
        Takes the parts of a word, mostly one character each, a position in it, and a
        number from 0 to 1; changes the part. Positions of a word ascend.
    """
    rows, words = tokens.free_of(parents)
    strings = tokens.strings(words)
    units: Sequence[Sequence[str]] = strings
    if tokens.has_clusters:
        units = [word if word.isascii() else clusters(word) for word in strings]
    sizes = np.fromiter(map(len, units), np.intp, len(units))
    able = np.ones(sizes.sum(), dtype=bool)
    if changeable is not None:
        parts = map(_single, units) if tokens.has_clusters else strings
        able = _changeable("".join(parts), changeable)
    characters = np.flatnonzero(able)
    word_of = np.repeat(np.arange(len(words)), sizes)[characters]
    wanted = amounts(share, np.bincount(rows[word_of], minlength=len(parents)))
    chosen = np.sort(pick(rows[word_of], wanted, rng))
    draws = rng.random(len(chosen)).tolist()
    edited: dict[int, list[str]] = {}
    places = (characters[chosen] - (np.cumsum(sizes) - sizes)[word_of[chosen]]).tolist()
    for word, place, draw in zip(word_of[chosen].tolist(), places, draws, strict=True):
        if word not in edited:  # copied once, since a word may be a whole text
            edited[word] = list(units[word])
        change(edited[word], place, draw)
    at = np.array(list(edited), dtype=np.intp)
    new = ["".join(parts) for parts in edited.values()]
    return tokens.rewritten(parents, rows[at], words[at], new)


def _single(units: Sequence[str]) -> str:
    """Return characters; a blank for those that are written with several."""
    if isinstance(units, str):
        return units
    return "".join(unit if len(unit) == 1 else " " for unit in units)


def _changeable(characters: str, allowed: str) -> np.ndarray:
    """Which characters may be edited."""
    codes = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), np.uint32)
    table = np.zeros(128, dtype=bool)
    table[[ord(c) for c in allowed]] = True
    return (codes < 128) & table[codes % 128]


def split_words(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
) -> list:
    """Put a space into words of two letters and more."""
    rows, words = tokens.free_of(parents)
    strings = tokens.strings(words)
    able = [len(word) > 1 for word in strings]
    at = np.flatnonzero(np.array(able, dtype=bool))
    wanted = amounts(share, np.bincount(rows[at], minlength=len(parents)))
    chosen = at[pick(rows[at], wanted, rng)]
    draws = rng.random(len(chosen)).tolist()
    new = [
        _split(strings[k], draw) for k, draw in zip(chosen.tolist(), draws, strict=True)
    ]
    return tokens.rewritten(parents, rows[chosen], words[chosen], new)


def _split(word: str, draw: float) -> str:
    """Put a space between two characters of a word."""
    units = clusters(word) if has_clusters(word) else word
    if len(units) < 2:
        return word
    place = 1 + int(draw * (len(units) - 1))
    return f"{''.join(units[:place])} {''.join(units[place:])}"


def joined_words(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
) -> list:
    """Remove spaces that alone stand between two words."""
    rows, words = tokens.words_of(parents)
    piece = tokens.piece_of[words]
    strings = tokens.strings(words)
    free = ~tokens.composed[piece] & ~tokens.fixed[words]
    pair = np.zeros(len(words), dtype=bool)
    pair[:-1] = (rows[1:] == rows[:-1]) & (piece[1:] == piece[:-1] + 1)
    pair[:-1] &= free[1:] & free[:-1]
    at = np.flatnonzero(pair)
    wanted = amounts(share, np.bincount(rows[at], minlength=len(parents)))
    new: dict[int, str | None] = {}
    for k in np.sort(at[pick(rows[at], wanted, rng)]).tolist():
        if k not in new:  # else it is the second word of a pair already
            new[k], new[k + 1] = strings[k] + strings[k + 1], None
    order = np.array(list(new), dtype=np.intp)
    return tokens.rewritten(parents, rows[order], words[order], list(new.values()))
