"""Thesauri of LibreOffice: their marks, their files, and what is damaged."""

# ruff: noqa: RUF001 - Cyrillic letters
# ruff: noqa: E501 - an entry a line

import re
from pathlib import Path

import pytest

from skoverfit.augmentation import MyThesThesaurus, SynonymSource

FOLDER = Path("/usr/share/mythes")

# One entry in the way that each thesaurus marks its terms, and what is a synonym there.
SAMPLES = {
    "en_US": (
        "good|2\n(adj)|great|bad (antonym)|angelic (similar term)\n"
        "(noun)|benefit|advantage (generic term)|welfare (related term)",
        ["great", "angelic", "benefit"],
    ),
    "de_DE": (
        "haus|1\n-|Haus (Hauptform)|Heim|Hütte (ugs., regional)|Bau (Oberbegriff)"
        "|Bude (fachspr.) (ugs.)|Villa (ugs.) (Oberbegriff)|(sich) hausen|Haus...",
        ["Heim", "Hütte", "Bude"],
    ),
    "pl_PL": (
        "aerostat|1\n-|balon (pojęcie podrzędne)|statek (pot.) (pojęcie nadrzędne)"
        "|aerodyna (antonim)|latawiec (pot.) (żart.)",
        ["latawiec"],
    ),
    "da_DK": (
        "bil|2\n|vogn (daglig tale)|taxa (underbegreb)\n|kærre|øse (slang, ukendt)",
        ["vogn", "kærre"],
    ),
    "is_IS": ("gamall|1\n|forn|ungur (andheiti)|aldur (yfirheiti)", ["forn"]),
    "ca_ES": (
        "blanc [adj]|1\n-|albí (cultisme)|negre (antònim)|color [hiperònim]",
        ["albí"],
    ),
    "es_ES": ("gastar|1\n-|usar (fig.)|ahorrar (Antï¿½nimo)|sonar (de la nariz)", ["usar"]),
    "sk_SK": ("dobrý|1\n-|vhodný|zlý (Antonym)|dobrí (nesprávne)", ["vhodný"]),
    "sl_SI": (
        "star|2\n(prid.)|postan (ekspresivno)|mlad (protipomenka)\n"
        "(sam.)|človek (nadpomenka)|vis-&#224;-vis",
        ["postan"],
    ),
    "ru_RU": (
        "рай|4\n(синоним)|эдем|сад (прост.)\n(антоним)|ад\n(сходный термин)|благо"
        "\n(связанный термин)|бог",
        ["эдем", "сад", "благо"],
    ),
    "id_ID": ("abadi|3\n[a]|kekal\n[ant]|sementara\n[ant]cukup|pas", ["kekal"]),
    "pt_BR": ("aba|1\n(Sinônimo)beira|beira|aba|orla", ["beira", "orla"]),
    "pt_PT": ("alfabeto|1\n   (s.) |abecedário|abc ", ["abecedário", "abc"]),
    "ro_RO": (
        r"lovit|2\n(adj)|(înv. și reg.) atins|(\~ la cap)|≈|izbit\n≠ teafăr|rănit",
        ["atins", "≈", "izbit"],
    ),
    "uk_UA": ("авто|1\n|(розм.) машина|(пор.) грузовик|(див.) хура|авто", ["машина"]),
    "hu_HU": ("dollár|2\n|zöldhasú|$ (jel)|pénz (kategória)|\n(U+24)|peso", ["zöldhasú", "peso"]),
    "nb_NO": ("sang|1\n-|vise|sang(er)inne|(ene og) alene|låt (muntlig mening)", ["vise", "låt"]),
    "cs_CZ": ("by|1\n|aby|-ával|Dakota; dakotský|jedna, dvě|ono (něm.)", ["aby"]),
}  # fmt: skip


def write(folder, language, text, encoding="UTF-8", name="th_{}_v2.dat"):
    file = folder / name.format(language)
    file.write_bytes(f"{encoding}\n{text}\n".encode(encoding))
    return file


@pytest.mark.parametrize("language", SAMPLES)
def test_each_way_of_marking_terms_is_read(language, tmp_path):
    text, expected = SAMPLES[language]
    text = text.replace(r"\n", "\n")
    write(tmp_path, language, text)
    source = MyThesThesaurus(language, path=tmp_path)
    word = text.split("|")[0].split(" [")[0]
    assert source.synonyms(word) == source.synonyms(word.upper()) == expected
    assert isinstance(source, SynonymSource)
    assert source.synonyms("unknown") == []
    strict = MyThesThesaurus(language, path=tmp_path, similar=False).synonyms(word)
    assert strict == [term for term in expected if term not in ("angelic", "благо")]


@pytest.mark.parametrize(
    "mark", ["(xyz)", "(fig., xyz)", "(fig.) (xyz)", "[xyz]", "()", "(fig"]
)
def test_a_term_with_an_unknown_mark_is_not_taken(mark, tmp_path):
    write(tmp_path, "xx_XX", f"one|1\n-|two {mark}|{mark} three|four (FIG.)")
    assert MyThesThesaurus("xx", path=tmp_path).synonyms("one") == ["four"]


@pytest.mark.parametrize("encoding", ["UTF-8", "ISO8859-2", "microsoft-cp1250"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_encodings_line_ends_and_repeated_entries(encoding, newline, mark, tmp_path):
    # The second entry counts a line too few, the third one too many.
    lines = [encoding, "schön|1", "-|hübsch", "", "so|1", "-|also", "-|ah|nein"]
    lines += ["da|2", "-|dort"]
    lines += ["schön|2", "-|nett", "-|hübsch|adrett", "Haus|1", "-|Bau"]
    file = tmp_path / "own.dat"
    content = newline.join(lines).encode(encoding.removeprefix("microsoft-"))
    file.write_bytes(mark + content)
    source = MyThesThesaurus("de_DE", path=file)
    assert source.synonyms("scho\u0308n") == ["hübsch", "nett", "adrett"]
    assert source.synonyms("so") == ["also"]
    assert source.synonyms("da") == ["dort"]
    assert source.synonyms("Haus") == ["Bau"]
    assert source.synonyms("haus") == source.synonyms("ah") == []


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("th_da_DK.dat", "da_DK"),
        ("th_da_DK.dat", "da-dk"),
        ("th_da_DK.dat", "da"),
        ("th_pt_BR.dat", "pt_BR"),
        ("th_ca_ES_v3.dat", "ca_ES"),
        ("thes_fr.dat", "fr_FR"),
        ("thes_fr.dat", "fr"),
    ],
)
def test_files_are_found_whatever_their_name(name, language, tmp_path):
    text = "a|1\n-|b"
    file = write(tmp_path, "", text, name=name)
    write(tmp_path, "en_US", text)
    write(tmp_path, "en_AU", text)
    assert MyThesThesaurus(language, path=tmp_path).path == str(file)
    with pytest.raises(ValueError, match=r"'en' must name a country.*th_en_AU_v2\.dat"):
        MyThesThesaurus("en", path=tmp_path)


def test_the_newest_version_and_one_file_of_many_countries(tmp_path):
    write(tmp_path, "es_ES_v2", "a|1\n-|b", name="th_{}.dat")
    newest = write(tmp_path, "es_ES_v3", "a|1\n-|b", name="th_{}.dat")
    (tmp_path / "th_es_AR_v2.dat").symlink_to(newest.name)
    assert MyThesThesaurus("es_ES", path=tmp_path).path == str(newest)
    assert MyThesThesaurus("es", path=tmp_path).synonyms("a") == ["b"]


@pytest.mark.parametrize(
    ("language", "package"),
    [
        ("de_DE", "de"),
        ("de_CH", "de-ch"),
        ("en_US", "en-us"),
        ("en_AU", "en-au"),
        ("pt_BR", "pt-br"),
        ("pl-PL", "pl"),
        ("nb_NO", "no"),
        ("tlh", "tlh"),
    ],
)
def test_a_missing_thesaurus_says_what_to_install(language, package, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"install mythes-{package}, or give"):
        MyThesThesaurus(language, path=tmp_path)


@pytest.mark.parametrize("language", ["", "../en_US", "en*", None, "english_UK"])
def test_what_is_no_language_is_refused(language, tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"Got {language!r}")):
        MyThesThesaurus(language, path=tmp_path)


@pytest.mark.parametrize("content", [b"", b"no encoding\na|1\n-|b\n", b"\xff\xfe\x00U"])
def test_another_file_is_refused_by_name(content, tmp_path):
    (tmp_path / "th_en_US_v2.dat").write_bytes(content)
    with pytest.raises(ValueError, match=r"th_en_US_v2\.dat is not a MyThes thesaurus"):
        MyThesThesaurus(path=tmp_path)


def test_a_damaged_file_is_refused_by_name(tmp_path):
    (tmp_path / "th_en_US_v2.dat").write_bytes(b"UTF-8\na|1\n-|\xe4\n")
    with pytest.raises(ValueError, match=r"th_en_US_v2\.dat is damaged.*at byte 12"):
        MyThesThesaurus(path=tmp_path).synonyms("a")


# How the thesauri in Debian mark what is no synonym, in a term and before a line.
OTHERS = re.compile(
    r"[(\[]\s*(ant[oòóôi]n\w*|ant|антоним|andheiti|protipomenka|generic term|Antï.*"
    r"|related term|Oberbegriff|underbegreb|pojęcie \w+|yfirheiti|undirheiti|пор\."
    r"|nadpomenka|podpomenka|hiperònim|связанный термин|kategória)\s*[)\]]",
    re.IGNORECASE,
)


def lines_of(file):
    content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    return content.decode(content.split(b"\n")[0].decode()).splitlines()[1:]


def without_others(lines, words):
    """Terms of some entries, without those that are marked as no synonyms."""
    found, terms = {}, None
    for line in lines:
        first, _, rest = line.partition("|")
        if rest.isdecimal():
            terms = found.setdefault(first, set()) if first in words else None
        elif terms is not None and not OTHERS.match(first.strip()):
            plain = [each for each in rest.split("|") if not OTHERS.search(each)]
            terms |= {" ".join(re.sub(r"[(\[].*?[)\]]", " ", t).split()) for t in plain}
    return found


@pytest.mark.parametrize("language", SAMPLES)
def test_real_thesauri_give_synonyms_and_no_other_relations(language):
    try:
        source = MyThesThesaurus(language, path=FOLDER)
    except FileNotFoundError:
        pytest.skip(f"needs: apt-get install mythes-{language[:2]}")
    lines = lines_of(Path(source.path))
    words = {line.split("|")[0] for line in lines[::50] if line.count("|") == 1}
    words = {word for word in words if "[" not in word}
    allowed = without_others(lines, words)
    found = {word: set(source.synonyms(word)) for word in allowed}
    assert [word for word in found if found[word] - allowed[word]] == []
    assert sum(map(bool, found.values())) > len(found) / 4 > 1
