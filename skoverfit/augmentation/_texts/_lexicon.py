"""Where synonyms come from: any source, dicts, WordNet."""

import os
import re
import sys
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from skoverfit._types import PathLike
from skoverfit.augmentation._texts._protection import is_protected

__all__ = ["Lexicon", "SynonymSource", "WordNetSynonyms", "no_data"]


@runtime_checkable
class SynonymSource(Protocol):
    """What augmenters ask for synonyms: any object with this one method.

    A source that has to learn from the texts first also has ``fit(texts)``, which
    returns the fitted source; a copy of the source is fitted.

    Examples
    --------
    >>> from skoverfit.augmentation import SynonymSource
    >>> class Shouting:
    ...     def synonyms(self, word):
    ...         return [word + "!"]
    >>> isinstance(Shouting(), SynonymSource)
    True
    """

    def __init__(self) -> None:
        """Take no parameters; a class of one's own may."""

    @abstractmethod
    def synonyms(self, word: str) -> Sequence[str]:
        """Return words that may take the place of a word; none if it is not known.

        Parameters
        ----------
        word : str
            As it stands in the text; asked again in lower case if nothing is found.

        Returns
        -------
        synonyms : sequence of str
        """


class Lexicon:
    """Synonyms of words as they stand in texts, remembered for each word.

    Parameters
    ----------
    source : SynonymSource or mapping
        Where they come from.
    protected : frozenset of str
        Words, in lower case, that have no synonyms here.
    stop_words : frozenset of str
        Words, in lower case, that have no synonyms and are none, unless a mapping
        says so.
    """

    def __init__(
        self, source: Any, protected: frozenset[str], stop_words: frozenset[str]
    ) -> None:
        self._ask = _asker(source)
        self._protected = protected
        self._stop_words = frozenset() if isinstance(source, Mapping) else stop_words
        self._known: dict[str, Sequence[str]] = {}

    def synonym(self, word: str, draw: float) -> str | None:
        """Return one synonym in the case of the word; None where there is none.

        Parameters
        ----------
        word : str
            As it stands in the text.
        draw : float
            From 0 to 1: which one.
        """
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._looked_up(word)
        if not found:
            return None
        new = found[int(draw * len(found))]
        # The same as below for most words, at a fraction of the time.
        plain = word.islower() and new.islower() and new != word
        if plain and new not in self._stop_words:
            return new
        return self._checked(word, found, draw * len(found))

    def _checked(self, word: str, found: Sequence[str], place: float) -> str | None:
        """Return a synonym that fits; `place` is where in `found` it was drawn."""
        new = found[int(place)]
        if not self._fits(new, word):
            fitting = [each for each in found if self._fits(each, word)]
            if not fitting:
                return None
            new = fitting[int(place % 1 * len(fitting))]
        return matched_case(new, word)

    def _fits(self, new: str, old: str) -> bool:
        """Whether a synonym is a word, another one, and no stop word."""
        small = new.strip().lower()
        return small not in ("", old.lower()) and small not in self._stop_words

    def _looked_up(self, word: str) -> Sequence[str]:
        lower = word.lower()
        if lower in self._stop_words or is_protected(lower, self._protected):
            return ()
        found = self._ask(word) or (self._ask(lower) if lower != word else ())
        if isinstance(found, str):
            raise ValueError(
                f"source must give a list of synonyms. Got {found!r} for {word!r}."
            )
        return found


def _asker(source: Any) -> Any:
    if isinstance(source, Mapping):
        return lambda word: source.get(word, ())
    return source.synonyms


def matched_case(new: str, old: str) -> str:
    """Write a word in the case of another: lower, capitalized or upper."""
    if old.islower() or not new:
        return new
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new


def no_data(name: str, looked: Sequence[Path], advice: str) -> FileNotFoundError:
    places = ", ".join(map(str, looked))
    return FileNotFoundError(f"{name} found no data. {advice} Looked in: {places}.")


# --------------------------------------------------------------------------- WordNet

_PARTS_OF_SPEECH = ("noun", "verb", "adj", "adv")


class WordNetSynonyms:
    """Synonyms from the files of WordNet.

    Read are the files that Princeton WordNet 3 is published in: Debian's package
    ``wordnet-base`` brings them (``apt-get install wordnet-base``), and the data folder
    of nltk has the same. A word is looked up as it is; inflected forms, such as
    plurals, have no synonyms, because those of their base form would not fit.

    Parameters
    ----------
    path : str or path-like or None, default=None
        Folder of ``index.noun``, ``data.noun`` and the like. None looks in the folders
        that the environment variables ``WNSEARCHDIR``, ``WNHOME`` and ``NLTK_DATA``
        name, then in those of Debian and nltk.
    max_senses : int or None, default=3
        How many of the most frequent senses of a word to take, for each part of
        speech. None takes all.
    parts_of_speech : tuple of str, default=("noun", "verb", "adj", "adv")
        Which parts of speech to look at.

    Raises
    ------
    FileNotFoundError
        If the files are not found; the message says what to install.
    ValueError
        If a parameter is not allowed.

    References
    ----------
    .. [1] C. Fellbaum (ed.), "WordNet: An Electronic Lexical Database", MIT Press,
       1998. The format is described in its manual page ``wndb(5WN)``.

    Examples
    --------
    >>> from skoverfit.augmentation import WordNetSynonyms
    >>> WordNetSynonyms().synonyms("happily")  # doctest: +SKIP
    ['merrily', 'mirthfully', 'gayly', 'blithely', 'jubilantly']
    """

    def __init__(
        self,
        path: PathLike | None = None,
        *,
        max_senses: int | None = 3,
        parts_of_speech: Sequence[str] = _PARTS_OF_SPEECH,
    ) -> None:
        if max_senses is not None and (
            not isinstance(max_senses, int) or max_senses < 1
        ):
            raise ValueError(
                f"max_senses must be None or at least 1. Got {max_senses!r}."
            )
        wrong = set(parts_of_speech) - set(_PARTS_OF_SPEECH)
        if wrong or isinstance(parts_of_speech, str):
            raise ValueError(
                f"parts_of_speech must be some of {_PARTS_OF_SPEECH}. "
                f"Got {parts_of_speech!r}."
            )
        self.path = str(_wordnet_folder(path))
        self.max_senses = max_senses
        self.parts_of_speech = tuple(parts_of_speech)

    def __repr__(self):
        return f"WordNetSynonyms({self.path!r}, max_senses={self.max_senses!r})"

    def synonyms(self, word: str) -> list[str]:
        """Return the members of the word's synsets, frequent senses first.

        Parameters
        ----------
        word : str
            In lower case; words of a compound are separated by a space.

        Returns
        -------
        synonyms : list of str
        """
        limits = (self.parts_of_speech, self.max_senses)
        return list(_wordnet_synonyms(self.path, word, *limits))


def _wordnet_folder(path: Any) -> Path:
    folders = _wordnet_folders() if path is None else [Path(path)]
    for folder in folders:
        if (folder / "index.noun").is_file() and (folder / "data.noun").is_file():
            return folder
    advice = "Install it with: apt-get install wordnet-base"
    raise no_data("WordNetSynonyms", folders, advice + ", or give path=.")


def _wordnet_folders() -> list[Path]:
    """Places where WordNet's files usually are."""
    get = os.environ.get
    home = get("WNHOME", "")
    named = [get("WNSEARCHDIR", ""), home and f"{home}/dict"]
    named += _in_nltk(*get("NLTK_DATA", "").split(os.pathsep))
    roots = ["/usr/share", "/usr/local/share", "/usr/lib", sys.prefix, Path.home()]
    usual = _in_nltk(*(f"{root}/nltk_data" for root in roots))
    return [Path(folder) for folder in (*named, "/usr/share/wordnet", *usual) if folder]


def _in_nltk(*folders: str) -> list[str]:
    """Where WordNet is inside data folders of nltk."""
    return [f"{folder}/corpora/wordnet" for folder in folders if folder]


@lru_cache(maxsize=8)
def _index(path: str, part: str) -> dict[str, str]:
    """Lines of an index file by their first word."""
    text = Path(path, f"index.{part}").read_text(encoding="utf-8")
    lines = (line for line in text.split("\n") if line and line[0] != " ")
    return {line[: line.index(" ")]: line for line in lines}


@lru_cache(maxsize=8)
def _data(path: str, part: str) -> bytes:
    return Path(path, f"data.{part}").read_bytes()


@lru_cache(maxsize=100_000)
def _wordnet_synonyms(
    path: str, word: str, parts: tuple[str, ...], max_senses: int | None
) -> tuple[str, ...]:
    """Words of the synsets of a word, without the word itself."""
    key = word.replace(" ", "_")
    found: dict[str, None] = {}
    for part in parts:
        found |= dict.fromkeys(_synset_members(path, part, key, max_senses))
    found.pop(word, None)
    return tuple(found)


def _synset_members(
    path: str, part: str, lemma: str, max_senses: int | None
) -> tuple[str, ...]:
    """Words of the synsets of a lemma."""
    line = _index(path, part).get(lemma)
    if line is None:
        return ()
    fields = line.split()
    # lemma, part, number of senses, number of pointer types, those, then two counts.
    offsets = fields[6 + int(fields[3]) :][:max_senses]
    data = _data(path, part)
    words: list[str] = []
    for offset in map(int, offsets):
        synset = data[offset : data.index(b"\n", offset)].decode("utf-8").split()
        count = int(synset[3], 16)
        words += synset[4 : 4 + 2 * count : 2]
    # Some adjectives end in a marker of their place, such as "(p)".
    return tuple(re.sub(r"\(\w+\)$", "", w).replace("_", " ") for w in words)
