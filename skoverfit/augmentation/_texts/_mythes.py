"""Synonyms from the thesauri of LibreOffice."""

import re
import unicodedata
from codecs import BOM_UTF8, lookup
from collections.abc import Set
from functools import lru_cache
from pathlib import Path
from typing import Any

from skoverfit._types import PathLike
from skoverfit.augmentation._texts._lexicon import no_data

__all__ = ["MyThesThesaurus"]

#: What says that the terms beside it are not synonyms, where it stands at the beginning
#: of a line, among parts of speech in any language.
_OTHER_RELATIONS = frozenset(
    relation.strip()
    for relations in (
        "ant, ant., antonym, antonyme, antonim, antonimo, antònim, antónimo, antônimo",
        "антоним, антонім, andheiti, protipomenka, opposite, opposto, contrario",
        "gegenteil, gegenwort, motsatsord, related term, связанный термин",
        "generic term, родовой термин, oberbegriff, overbegreb, yfirheiti, nadpomenka",
        "pojęcie nadrzędne, hyperonym, hyperonyme, hiperònim, hiperónimo, hiperônimo",
        "specific term, видовой термин, unterbegriff, underbegreb, undirheiti",
        "podpomenka, pojęcie podrzędne, hyponym, hyponyme, hipònim, hipónimo, hipônimo",
    )
    for relation in relations.split(",")
)
_SIMILAR = frozenset({"similar term", "сходный термин"})

#: Marks of style, place and time, by language: what carries them is a synonym. Of
#: everything else that stands in brackets beside a term nobody knows what it says.
_STYLES = frozenset(
    mark.strip().casefold()
    for marks in (
        # English
        "archaic, colloquial, dated, dialect, figurative, formal, informal, literary",
        "obsolete, rare, slang, technical, vulgar",
        # Catalan, Spanish, French, Galician, Italian, Portuguese
        "figurat, vulgarisme, cultisme, despectiu, intensificador, NoRAE, fig., loc.",
        "p. us., vulg., familier, argot, fam., pop., figurado, popular, coloquial",
        # Danish, Norwegian, Icelandic
        "daglig tale, fagudtryk, vulgær, juridisk, muntlig mening, terminologisk",
        "fornt, skáldamál, sjaldan, sjaldgæft, óformlegt, formlegt, talmál, nýyrði",
        # German
        "ugs., geh., fachspr., fig., derb, veraltet, veraltend, regional, schweiz.",
        "österr., abwertend, Hauptform, salopp, ironisch, scherzhaft, verhüllend",
        "bair., süddt., norddeutsch, ruhrdt., Amtsdeutsch, Jargon, vulg., selten",
        "engl., lat., franz., variabel, Spruch",
        # Polish, Slovak, Slovene, Czech
        "pot., przestarz., książk., żart., specjalist., wulg., oficj., poet., obraźl.",
        "nadużyw., euf., hovorovo, term., archaizmus, poeticky, vulgarizmus",
        "ekspresivno, zastarelo, starinsko, pogovorno, slabšalno, narečno, neknjižno",
        "strokovno, žargon, nizko, sleng, ljubkovalno, otroško, vulgarno, šaljivo",
        # Romanian
        "înv., reg., rar, livr., Transilv., Mold., Ban., Olt., Bucov., Maram., Munt.",
        "prin Transilv., prin Mold., prin Ban., prin Olt., prin Munt., prin Bucov.",
        "astăzi rar, arg., local",
        # Russian, Ukrainian
        "прост., ирон., шуточн., бранн., простор., розм., рідше, рідк., обл., заст.",
        "фам., перен., поез., образно, образн., книжн., знев., вульг., фольк., ірон.",
    )
    for mark in marks.split(",")
)
_MARK = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_BETWEEN_MARKS = re.compile(r"[,;]| și ")
# Ellipses, formulas, tags and lists are not words; affixes begin or end in a hyphen.
_NO_WORD = re.compile(r"[,()\[\]{}<>=~*;$\\…]|\.\.|^-|-$")

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[a-z0-9]+)*", re.IGNORECASE)
_FILE = re.compile(r"th(?:es)?_(\w+?)(?:_v\d+)?\.dat", re.IGNORECASE)
_FOLDERS = ("/usr/share/mythes", "/usr/share/myspell/dicts", "/usr/share/hunspell")
_LIBRE_OFFICES = ("usr/lib/libreoffice*", "opt/libreoffice*")
#: Debian's packages whose names are not that of the language alone.
_PACKAGES = {name.replace("-", "_"): name for name in ("en-au", "pt-br", "de-ch")}
_PACKAGES |= {"en": "en-us", "pt": "pt-pt", "nb": "no", "nn": "no"}


class MyThesThesaurus:
    """Synonyms from a thesaurus of LibreOffice, in its MyThes format.

    There are thesauri for about thirty languages; in Debian they are packages such as
    ``mythes-en-us`` and ``mythes-de``. Many list more than synonyms and mark it, each
    in its own words. Taken are terms without a mark and those marked by style, place
    or time, such as "(ugs.)" or "(obsolete)"; terms marked as antonyms, as generic,
    specific or related ones are not, nor are terms with a mark that is not known.

    Parameters
    ----------
    language : str, default="en_US"
        Language of the thesaurus, as in the name of its file, ``th_en_US_v2.dat``.
        Without the country, as in "da", it must be clear which is meant.
    path : str or path-like or None, default=None
        The file itself, or its folder. None looks where Debian and LibreOffice put it.
    similar : bool, default=True
        Whether words marked as "similar term" are taken as well.

    Raises
    ------
    FileNotFoundError
        If there is no thesaurus of the language; the message says what to install.
    ValueError
        If a parameter is not allowed or the file is none of MyThes.

    Examples
    --------
    >>> from skoverfit.augmentation import MyThesThesaurus
    >>> MyThesThesaurus("en_US").synonyms("happily")  # doctest: +SKIP
    ['merrily', 'mirthfully', 'gayly', 'blithely', 'jubilantly']
    """

    def __init__(
        self,
        language: str = "en_US",
        *,
        path: PathLike | None = None,
        similar: bool = True,
    ) -> None:
        self.language = language
        self.similar = similar
        self.path = str(_thesaurus_file(language, path))
        _encoding(self.path)  # another file is refused at once

    def __repr__(self):
        return f"MyThesThesaurus({self.language!r}, path={self.path!r})"

    def synonyms(self, word: str) -> list[str]:
        """Return the words that the thesaurus lists for a word.

        Parameters
        ----------
        word : str
            Asked again in lower case where the thesaurus does not have it as it is.

        Returns
        -------
        synonyms : list of str
        """
        word = unicodedata.normalize("NFC", word)
        return list(_synonyms(self.path, word, bool(self.similar)))


# ------------------------------------------------------------------- which file it is


def _thesaurus_file(language: Any, path: Any) -> Path:
    if path is not None and Path(path).is_file():
        return Path(path)
    wanted = str(language).replace("-", "_")
    if not _LANGUAGE.fullmatch(wanted):
        raise ValueError(f"language must be a code like 'en_US'. Got {language!r}.")
    folders = _standard_folders() if path is None else [Path(path)]
    for folder in folders:
        file = _file_in(folder, wanted.lower())
        if file is not None:
            return file
    short = wanted.lower().split("_")[0]
    package = _PACKAGES.get(wanted.lower(), _PACKAGES.get(short, short))
    advice = f"Install it with: apt-get install mythes-{package}, or give path=."
    raise no_data(f"MyThesThesaurus({language!r})", folders, advice)


def _standard_folders() -> list[Path]:
    """Places of Debian and LibreOffice."""
    own = (f"{root}/share/extensions/dict-*" for root in _LIBRE_OFFICES)
    return [
        *map(Path, _FOLDERS),
        *(folder for pattern in own for folder in sorted(Path("/").glob(pattern))),
    ]


def _file_in(folder: Path, wanted: str) -> Path | None:
    """Thesaurus of a language in a folder; without a country there may be one only."""
    files = {}
    for file in sorted(folder.glob("th*.dat")):  # the newest version comes last
        name = _FILE.fullmatch(file.name)
        if name:
            files[name[1].lower()] = file
    if wanted in files:
        return files[wanted]
    if "_" in wanted:  # as French, whose file names no country
        return files.get(wanted.split("_")[0])
    found = {f.resolve(): f for k, f in files.items() if k.startswith(f"{wanted}_")}
    if len(found) > 1:
        names = ", ".join(file.name for file in found.values())
        raise ValueError(
            f"language={wanted!r} must name a country, too: {folder} has {names}."
        )
    return next(iter(found.values()), None)


# ---------------------------------------------------------------------- what it says


@lru_cache(maxsize=4)
def _thesaurus(path: str) -> dict[str, tuple[str, ...]]:
    """Lines of meanings by entry; an entry may stand in the file more than once."""
    entries: dict[str, tuple[str, ...]] = {}
    word, n_left = "", 0
    for line in _decoded(path).split("\n"):
        entry = None if n_left and line.startswith(_MEANINGS) else _ENTRY.match(line)
        if entry:
            word, n_left = entry[1], int(entry[2])
            word = _SENSE.sub(" ", word).strip() or word
        elif n_left:
            entries[word] = (*entries.get(word, ()), line)
            n_left -= 1
    return entries


# An entry says how many meanings follow; some say too many.
_ENTRY = re.compile(r"(.*)\|([0-9]+)\s*")
_MEANINGS = ("|", "-", "(", "[", " ")
# The sense of an entry, as in "gos [animal]".
_SENSE = re.compile(r"\s*\[[^\[\]]*\]\s*")


def _decoded(path: str) -> str:
    raw = Path(path).read_bytes().removeprefix(BOM_UTF8)
    encoding = _encoding(path)
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"The thesaurus {path} is damaged: it says that it is written in "
            f"{encoding}, but {error.reason} at byte {error.start}."
        ) from error


def _encoding(path: str) -> str:
    """Return the encoding that the first line names."""
    with open(path, "rb") as file:
        first = file.readline(100).removeprefix(BOM_UTF8)
    name = first.decode("ascii", "replace").strip().removeprefix("microsoft-")
    try:
        return lookup(name).name
    except (LookupError, ValueError):
        raise ValueError(
            f"{path} is not a MyThes thesaurus: its first line must name an encoding, "
            f"such as UTF-8. Got {first!r}."
        ) from None


@lru_cache(maxsize=100_000)
def _synonyms(path: str, word: str, similar: bool) -> tuple[str, ...]:
    """Synonyms of one entry, without what is marked as something else."""
    entries, accepted = _thesaurus(path), _STYLES | (_SIMILAR if similar else set())
    found: dict[str, None] = {}
    for line in entries.get(word) or entries.get(word.lower(), ()):
        first, *terms = line.split("|")
        if not _is_refused(first, similar):
            found |= dict.fromkeys(_unmarked(term, accepted) for term in terms)
    return tuple(term for term in found if term and term.lower() != word.lower())


def _is_refused(first: str, similar: bool) -> bool:
    """Whether a line begins with a mark that says that it holds no synonyms."""
    marks = {mark.strip().casefold() for mark in re.split(r"[()\[\]{},;]", first)}
    refused = _OTHER_RELATIONS if similar else _OTHER_RELATIONS | _SIMILAR
    return bool(marks & refused) or first.lstrip(" ([").startswith("≠")


def _unmarked(term: str, accepted: Set[str]) -> str:
    """Return a term without its marks; nothing if one of them is not accepted."""
    for found in _MARK.finditer(term):
        marks = _BETWEEN_MARKS.split(found[1] or found[2] or "")
        if not all(mark.strip().casefold() in accepted for mark in marks):
            return ""
    plain = " ".join(_MARK.sub(" ", term).split())
    return "" if _NO_WORD.search(plain) else plain
