"""What translates: the protocol, a cache for all translators, and Apertium."""

import os
import re
import reprlib
import shutil
import signal
import sqlite3
import subprocess
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from skoverfit._types import PathLike

__all__ = [
    "ApertiumTranslator",
    "TranslationCache",
    "Translator",
    "translated",
    "wrong_answer",
]


@runtime_checkable
class Translator(Protocol):
    """What :class:`BackTranslation` asks for translations.

    Any object with this one method, or any callable that does the same. An attribute
    ``direction``, a string that names the engine and both languages, allows results to
    be cached.

    Examples
    --------
    >>> from skoverfit.augmentation import Translator
    >>> class Shouting:
    ...     direction = "shouting"
    ...
    ...     def translate(self, texts):
    ...         return [text.upper() for text in texts]
    >>> isinstance(Shouting(), Translator)
    True
    """

    def __init__(self) -> None:
        """Take no parameters; a class of one's own may."""

    @abstractmethod
    def translate(self, texts: list[str]) -> list[str]:
        """Return the translation of each text.

        Parameters
        ----------
        texts : list of str
            The texts.

        Returns
        -------
        translations : list of str
        """


def function_of(translator: Any) -> Callable[[list[str]], Sequence[str]]:
    """Return the function behind a translator or a callable."""
    return getattr(translator, "translate", translator)


def translated(translator: Any, texts: list[str], cache: Any, batch_size: int) -> list:
    """Translate texts, each distinct one once, through a cache.

    Parameters
    ----------
    translator : Translator or callable
    texts : list of str
    cache : TranslationCache or None
        Used where the translator has a ``direction``.
    batch_size : int
        After so many texts what was translated goes into the cache.
    """
    direction = getattr(translator, "direction", None)
    distinct = list(dict.fromkeys(texts))
    known = {}
    if cache is not None and direction is not None:
        known = cache.known(direction, distinct)
    left = [text for text in distinct if text not in known]
    for start in range(0, len(left), batch_size):
        batch = left[start : start + batch_size]
        new = dict(zip(batch, _checked(translator, batch), strict=True))
        known |= new
        if cache is not None and direction is not None:
            cache.add(direction, new)
    return [known[text] for text in texts]


def _checked(translator: Any, batch: list[str]) -> list[str]:
    """Translate a batch and check what comes back."""
    result = function_of(translator)(batch)
    wrong = wrong_answer(result, len(batch))
    if isinstance(result, Iterator):
        # One more shows that there are too many, of which there may be no end.
        result = list(islice(result, len(batch) + 1))
        wrong = wrong_answer(result, len(batch))
    if wrong is not None:
        raise ValueError(
            f"{translator!r} must return one string for each of {len(batch)} texts. "
            f"Got {wrong}; allowed is a list of strings."
        )
    return list(result)


def wrong_answer(answer: Any, n_texts: int) -> str | None:
    """Say what is wrong with an answer to some texts; None if nothing is."""
    ordered = isinstance(answer, Sequence) or getattr(answer, "ndim", 0) == 1
    if not ordered or isinstance(answer, str | bytes | bytearray | memoryview):
        return f"{reprlib.repr(answer)} ({type(answer).__name__})"
    kinds = sorted({type(text).__name__ for text in answer})
    if len(answer) == n_texts and all(isinstance(text, str) for text in answer):
        return None
    return f"{len(answer)} values of types {kinds}"


class TranslationCache:
    """Translations that are already known, by direction and text.

    One cache can serve any number of translators and of cross-validation splits: a
    clone of an augmenter uses the same one.

    Parameters
    ----------
    path : str or path-like or None, default=None
        A file, in SQLite's format, that survives the process and may be used by
        several at a time. None keeps translations in memory.
    max_entries : int, default=100000
        How many translations are kept in memory; the oldest go first. A file is not
        limited.

    Raises
    ------
    ValueError
        If `max_entries` is below 1.
    sqlite3.Error
        When it is used, if the file cannot be; the message names it.

    Examples
    --------
    >>> from skoverfit.augmentation import TranslationCache
    >>> cache = TranslationCache()
    >>> cache.add("en-es", {"good": "bueno"})
    >>> cache.known("en-es", ["good", "bad"])
    {'good': 'bueno'}
    """

    def __init__(
        self, path: PathLike | None = None, *, max_entries: int = 100_000
    ) -> None:
        if not isinstance(max_entries, int) or max_entries < 1:
            raise ValueError(f"max_entries must be at least 1. Got {max_entries!r}.")
        self.path = None if path is None else Path(path)
        self.max_entries = max_entries
        self._memory: dict[tuple[str, str], str] = {}

    def __repr__(self):
        return f"TranslationCache({None if self.path is None else str(self.path)!r})"

    # Copies share what is known: that is what a cache is for.
    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return self

    def known(self, direction: str, texts: Sequence[str]) -> dict[str, str]:
        """Return the translations that are known.

        Parameters
        ----------
        direction : str
            Names the engine and both languages.
        texts : list of str
            The texts to look up.

        Returns
        -------
        translations : dict
            From text to translation; texts that are not known are left out.
        """
        if self.path is None:
            keys = ((text, (direction, text)) for text in texts)
            return {t: self._memory[key] for t, key in keys if key in self._memory}
        found = {}
        query = "SELECT result FROM translations WHERE direction = ? AND text = ?"
        with self._opened() as connection:
            for text in texts:
                row = connection.execute(query, (direction, _bytes(text))).fetchone()
                if row is not None:
                    found[text] = _text(row[0])
        return found

    def add(self, direction: str, translations: Mapping[str, str]) -> None:
        """Remember translations.

        Parameters
        ----------
        direction : str
            Names the engine and both languages.
        translations : dict
            From text to translation.
        """
        if self.path is None:
            for text, result in translations.items():
                self._memory[direction, text] = result
            while len(self._memory) > self.max_entries:
                del self._memory[next(iter(self._memory))]
            return
        rows = [(direction, _bytes(t), _bytes(r)) for t, r in translations.items()]
        with self._opened() as connection, connection:
            connection.executemany(
                "INSERT OR REPLACE INTO translations VALUES (?, ?, ?)", rows
            )

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file; errors of SQLite name it."""
        try:
            with closing(sqlite3.connect(str(self.path), timeout=60)) as connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS translations (direction TEXT, "
                    "text BLOB, result BLOB, PRIMARY KEY (direction, text)) "
                    "WITHOUT ROWID"
                )
                yield connection
        except sqlite3.Error as error:
            raise type(error)(
                f"The file of translations {str(self.path)!r} cannot be used: {error}. "
                "Name another file, or remove this one if it is damaged."
            ) from error


def _text(stored: Any) -> str:
    """Text of what is stored."""
    try:
        return stored.decode("utf-8", "surrogatepass")
    except (AttributeError, UnicodeDecodeError):
        raise sqlite3.DatabaseError("it holds something else than texts") from None


def _bytes(text: str) -> bytes:
    """Bytes of any string, also of one that is not valid Unicode."""
    return text.encode("utf-8", "surrogatepass")


# -------------------------------------------------------------------------- Apertium

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(_[A-Za-z]+)*")
_SPECIAL = re.compile(r"([\\\[\]{}^$@/<>~])")
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# What follows each text: an end of sentence, and a blank that is not translated.
_MARK = re.compile(r"\.?\[\]\[(\d+)\n\]")


class ApertiumTranslator:
    """Rule-based translation by Apertium, offline.

    Needs the program and a pair of languages, in Debian for example
    ``apt-get install apertium apertium-eng-spa``. One process translates a whole batch.

    Parameters
    ----------
    source, target : str
        Languages, as in the name of the pair: "eng", "spa".
    batch_size : int, default=2000
        How many texts go to one process.
    timeout : float, default=300
        Seconds after which a process is ended.

    Attributes
    ----------
    direction : str
        Name under which translations are cached.

    Raises
    ------
    FileNotFoundError
        If Apertium is not installed.
    ValueError
        If it does not have the pair, or a parameter is not allowed.
    TimeoutError
        From ``translate``, if a process takes too long.
    RuntimeError
        From ``translate``, if it fails.

    References
    ----------
    .. [1] M. L. Forcada et al., "Apertium: a free/open-source platform for rule-based
       machine translation", Machine Translation 25, 127-144, 2011.

    Examples
    --------
    >>> from skoverfit.augmentation import ApertiumTranslator
    >>> translator = ApertiumTranslator("eng", "spa")  # doctest: +SKIP
    >>> translator.translate(["The house is big."])  # doctest: +SKIP
    ['La casa es grande.']
    """

    def __init__(
        self,
        source: str,
        target: str,
        *,
        batch_size: int = 2000,
        timeout: float = 300.0,
    ) -> None:
        for name, value in (("source", source), ("target", target)):
            if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
                raise ValueError(f"{name} must be a code like 'eng'. Got {value!r}.")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size must be at least 1. Got {batch_size!r}.")
        if not timeout > 0:
            raise ValueError(f"timeout must be above 0 seconds. Got {timeout!r}.")
        self.source = source
        self.target = target
        self.batch_size = batch_size
        self.timeout = timeout
        _check_pair(source, target)

    def __repr__(self):
        return f"ApertiumTranslator({self.source!r}, {self.target!r})"

    @property
    def direction(self) -> str:
        """Name under which translations are cached."""
        return f"apertium:{self.source}-{self.target}"

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Translate texts, a batch to a process.

        Parameters
        ----------
        texts : list of str
            The texts. Control characters become spaces.

        Returns
        -------
        translations : list of str
            One for each text. Words that are not known stay as they are.
        """
        translations: list[str] = []
        for start in range(0, len(texts), self.batch_size):
            translations += self._batch(texts[start : start + self.batch_size])
        return translations

    def _batch(self, texts: Sequence[str]) -> list[str]:
        stream = "".join(f"{_escaped(t)}.[][{k}\n]" for k, t in enumerate(texts))
        pair = f"{self.source}-{self.target}"
        output = _run(["apertium", "-u", "-f", "none", pair], stream, self.timeout)
        parts = _MARK.split(output)
        if parts[1::2] != [str(k) for k in range(len(texts))]:
            raise RuntimeError(
                f"apertium {pair} returned {len(parts) // 2} of {len(texts)} texts. "
                "A smaller batch_size may help."
            )
        return [re.sub(r"\\(.)", r"\1", part) for part in parts[:-1:2]]


def _escaped(text: str) -> str:
    """Text in Apertium's stream format."""
    return _SPECIAL.sub(r"\\\1", _UNSENDABLE.sub(" ", text))


def _check_pair(source: str, target: str) -> None:
    """Say what to install where the program or the pair is missing."""
    names = sorted((source.split("_")[0], target.split("_")[0]))
    advice = f"Install it with: apt-get install apertium apertium-{'-'.join(names)}"
    program = shutil.which("apertium")
    if program is None:
        raise FileNotFoundError(f"The program apertium is not installed. {advice}")
    pairs = _pairs(program)
    if f"{source}-{target}" not in pairs:
        raise ValueError(
            f"apertium has no pair '{source}-{target}'. It has {sorted(pairs)}. "
            f"{advice} (the languages may stand in the other order)"
        )


@lru_cache(maxsize=4)
def _pairs(program: str) -> frozenset[str]:
    """Pairs that are installed."""
    return frozenset(_run([program, "-l"], "", 60).split())


def _run(command: Iterable[str], stream: str, timeout: float) -> str:
    """Run a command in a process group of its own, so that all of it can be ended."""
    command = list(command)
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(stream.encode("utf-8"), timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise TimeoutError(
                f"{' '.join(command)} took longer than timeout={timeout} seconds."
            ) from None
    if process.returncode:
        message = errors.decode("utf-8", "replace").strip()
        raise RuntimeError(f"{' '.join(command)} failed: {message}")
    return output.decode("utf-8", "replace")
