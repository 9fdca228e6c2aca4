"""Augmenters of texts that edit inside words: typing errors, noise, spaces."""

from collections.abc import Sequence
from dataclasses import KW_ONLY
from functools import partial

from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import TEXTS
from skoverfit.augmentation._texts._base import WordAugmenter
from skoverfit.augmentation._texts._character_edits import (
    NEIGHBORS,
    OCR,
    edited_characters,
    joined_words,
    split_words,
)
from skoverfit.augmentation._texts._words import SHARE

__all__ = ["CharacterNoise", "KeyboardTypos", "WordJoin", "WordSplit"]

_OPERATIONS = ("ocr", "swap", "delete", "insert")


class _InsideWords(WordAugmenter):
    """Base of augmenters that edit inside words."""

    _parameter_constraints = {
        "p": [SHARE],
    }

    def _edited(self, parents, rng, changeable, change):
        return edited_characters(self._tokens, parents, rng, self.p, changeable, change)


@documented(TEXTS)
@declared
class KeyboardTypos(_InsideWords):
    """Add copies of texts with typing errors.

    Some letters and digits are replaced by one beside them on a QWERTY keyboard, in
    the case of the letter. Characters that are not on it stay.

    Parameters
    ----------
    p : float, default=0.02
        Share of the characters to replace, from 0 to 1; at least one.
    {n_copies, protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    CharacterNoise : Errors of other kinds.

    Examples
    --------
    >>> from skoverfit.augmentation import KeyboardTypos
    >>> texts, labels = KeyboardTypos(random_state=0).fit_resample(["A film."], [1])
    >>> texts
    ['A film.', 'A fikm.']
    """

    p: float = 0.02
    n_copies: int = 1

    def _perturbed(self, parents, rng):
        keys = "".join(NEIGHBORS)
        return self._edited(parents, rng, keys + keys[10:].upper(), _slipped)


def _slipped(parts, place, draw):
    """Replace a character by its neighbor on the keyboard."""
    old = parts[place]
    near = NEIGHBORS[old.lower()]
    new = near[int(draw * len(near))]
    parts[place] = new.upper() if old.isupper() else new


@documented(TEXTS)
@declared
class CharacterNoise(_InsideWords):
    """Add copies of texts with errors in single characters.

    For each character one of the operations is drawn: it is read as one that looks
    alike, as optical character recognition does ("ocr"), it changes places with the
    next one ("swap"), it is deleted ("delete"), or another character of the word is
    inserted before it ("insert"). A character that looks like no other is edited in
    one of the other ways. No word disappears.

    Parameters
    ----------
    p : float, default=0.02
        Share of the characters to edit, from 0 to 1; at least one.
    {n_copies}
    operations : tuple of str, default=("ocr", "swap", "delete", "insert")
        What to draw from.
    {protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    KeyboardTypos : Errors of typing.

    Examples
    --------
    >>> from skoverfit.augmentation import CharacterNoise
    >>> noise = CharacterNoise(operations=["ocr"], random_state=0)
    >>> texts, labels = noise.fit_resample(["2 films"], [1])
    >>> texts
    ['2 films', '2 film5']
    """

    p: float = 0.02
    n_copies: int = 1
    _: KW_ONLY
    operations: Sequence[str] = _OPERATIONS

    _parameter_constraints = {
        "operations": [tuple, list],
    }

    def _check_rows(self, X, y):
        if not self.operations or set(self.operations) - set(_OPERATIONS):
            raise ValueError(
                f"operations must be some of {_OPERATIONS}. Got {self.operations!r}."
            )
        return super()._check_rows(X, y)

    def _perturbed(self, parents, rng):
        others = [name for name in self.operations if name != "ocr"]
        change = partial(_noisy, operations=list(self.operations), others=others)
        return self._edited(parents, rng, None if others else "".join(OCR), change)


def _noisy(parts, place, draw, operations, others):
    """Edit one character; `draw` decides how."""
    choices = operations if parts[place] in OCR else others
    scaled = draw * len(choices)
    operation, rest = choices[int(scaled)], scaled % 1
    if operation == "ocr":
        alike = OCR[parts[place]]
        parts[place] = alike[int(rest * len(alike))]
    elif operation == "insert":
        parts[place] = parts[int(rest * len(parts))] + parts[place]
    elif operation == "delete":
        # Edits go from left to right: at the end nothing was deleted yet.
        backwards = range(len(parts) - 1, -1, -1)
        if any(parts[k] for k in backwards if k != place):
            parts[place] = ""
    elif len(parts) > 1:
        other = place + 1 if place + 1 < len(parts) else place - 1
        parts[place], parts[other] = parts[other], parts[place]


@documented(TEXTS)
@declared
class WordSplit(_InsideWords):
    """Add copies of texts with spaces put into words.

    Parameters
    ----------
    p : float, default=0.1
        Share of the words of two letters and more to split, from 0 to 1; at least one.
    {n_copies, protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    WordJoin : The opposite.

    Examples
    --------
    >>> from skoverfit.augmentation import WordSplit
    >>> texts, labels = WordSplit(random_state=0).fit_resample(["A film."], [1])
    >>> texts
    ['A film.', 'A f ilm.']
    """

    p: float = 0.1
    n_copies: int = 1

    def _perturbed(self, parents, rng):
        return split_words(self._tokens, parents, rng, self.p)


@documented(TEXTS)
@declared
class WordJoin(_InsideWords):
    """Add copies of texts with some spaces between words removed.

    Only a single space that alone stands between two words is removed.

    Parameters
    ----------
    p : float, default=0.1
        Share of these spaces to remove, from 0 to 1; at least one. No word is joined on
        both sides.
    {n_copies, protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    WordSplit : The opposite.

    Examples
    --------
    >>> from skoverfit.augmentation import WordJoin
    >>> texts, labels = WordJoin(random_state=0).fit_resample(["A film."], [1])
    >>> texts
    ['A film.', 'A film.']
    >>> texts, labels = WordJoin(random_state=0).fit_resample(["a good film"], [1])
    >>> texts
    ['a good film', 'a goodfilm']
    """

    p: float = 0.1
    n_copies: int = 1

    def _perturbed(self, parents, rng):
        return joined_words(self._tokens, parents, rng, self.p)
