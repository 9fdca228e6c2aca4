"""What augmenters of texts leave whole: phrases, entities, characters, sentences."""

# ruff: noqa: RUF001 - signs of many scripts

import re
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from skoverfit.augmentation import (
    AEDA,
    EDA,
    BackTranslation,
    CharacterNoise,
    KeyboardTypos,
    RandomDeletion,
    RandomInsertion,
    RandomSwap,
    SentenceShuffle,
    SynonymReplacement,
    TfidfReplacement,
    WordJoin,
    WordSplit,
)
from skoverfit.augmentation._texts import _tokens as tokens_module
from skoverfit.augmentation._texts._graphemes import clusters
from skoverfit.augmentation._texts._protection import Phrases
from skoverfit.augmentation._texts._sentences import sentence_parts
from skoverfit.augmentation._texts._tokens import Tokens
from skoverfit.augmentation._texts._vocabulary import entity_spans


class Everything:
    """Two synonyms of any word."""

    def synonyms(self, word):
        return ["other", "more words"]


def reversed_words(texts):
    """Translate into other words, and lose much on the way."""
    return [" ".join(text.split()[::-1][:-1]) for text in texts]


AUGMENTERS = [
    SynonymReplacement(0.8, source=Everything(), stop_words=None),
    RandomInsertion(0.8, source=Everything(), stop_words=None),
    RandomSwap(0.8),
    RandomDeletion(0.8, keep_negations=False),
    EDA(0.8, source=Everything(), keep_negations=False),
    AEDA(1.0),
    TfidfReplacement(1.0, keep_negations=False),
    SentenceShuffle(),
    KeyboardTypos(0.8),
    CharacterNoise(0.8),
    WordSplit(1.0),
    WordJoin(1.0),
    BackTranslation(reversed_words, list, unchanged="keep"),
]
each = pytest.mark.parametrize("augmenter", AUGMENTERS, ids=lambda a: type(a).__name__)


def copies(augmenter, texts, n_copies=1, **params):
    params = {"random_state": 0, **params}
    seeded = clone(augmenter).set_params(n_copies=n_copies, **params)
    return seeded.fit_resample(list(texts), [0] * len(texts))[0][len(texts) :]


def plain(text):
    return unicodedata.normalize("NFC", text).lower()


# --------------------------------------------------------------------------- phrases
PHRASES = [
    ("New York", "I live in New York. It is nice"),
    ("NEW YORK", "the new\u00a0york times, New  York!"),
    ("C++", "I like C++ and Java/C++ a lot"),
    ("U.S.A.", "Made in U.S.A. today. Not there."),
    ("bob@ex.org", "mail bob@ex.org now. Please do."),
    ("nai\u0308ve", "a naïve man. Naïve!"),
    ("naïve", "a nai\u0308ve man who is so"),
    ("rock 'n' roll", "some rock \u2019n\u2019 roll now"),
    ("York", "York-based people of York's best"),
    ("state-of-the-art", "a non-state-of-the-art thing"),
    ("Dr. No. 1", "I saw Dr. No. 1. It was good"),
    (":-)", "happy :-) or not. Yes :-)"),
    ("東京", "私は東京に住む。とても東京は良い。"),
    ("हिन्दी", "यह हिन्दी है। वह नहीं"),
    ("n't", "do n't, didn't or don\u2019t stop"),
    ("İstanbul", "so İstanbul/İstanbul is big"),
    ("İn it", "put it İn  it, or not"),
    ("snake_case", "a snake_case name, and more"),
    ("don\u2019t", "please don't go away now"),
]


@each
def test_each_protected_phrase_is_kept(augmenter):
    for phrase, text in PHRASES:
        texts = [text, "some other words, and more of them"]
        wanted = _found(phrase, text)
        assert wanted
        for copy in copies(augmenter, texts, 20, protected=[phrase])[::2]:
            assert not wanted - _found(phrase, copy), copy


def _found(phrase, text):
    """How often a phrase stands in a text, written in which way."""
    parts = (re.escape(part) for part in plain(phrase).replace("’", "'").split())
    pattern = r"\s+".join(parts).replace("'", "['’]")
    return Counter(re.findall(pattern, plain(text)))


WORDS = st.sampled_from(
    [
        "new",
        "York",
        "York City",
        "C++",
        "a.b",
        "e\u0301t",
        "ét",
        "x",
        "big",
        "(y)",
        "’n",
    ]
)


@each
@settings(max_examples=25)
@given(
    phrases=st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=3),
    text=st.lists(WORDS, min_size=1, max_size=12),
    ends=st.sampled_from([" ", ", ", "\n", ". "]),
)
def test_any_phrases_are_kept(augmenter, phrases, text, ends):
    text = " ".join(text) + ends + " ".join(phrases)
    held = Phrases(phrases)
    spans = held.spans(text) if held else []
    for copy in copies(augmenter, [text, "a big one"], 2, protected=phrases)[::2]:
        for start, end in spans:
            assert plain(text[start:end]) in plain(copy)


def test_phrases_may_overlap_and_stand_by_themselves():
    phrases = Phrases(["New York", "York City Hall", "hall of", "art"])
    text = "New York City Hall of art, renew yorks; artist"
    found = {text[start:end] for start, end in phrases.spans(text)}
    assert found == {"New York", "York City Hall", "Hall of", "art"}
    tokens = Tokens([text, None, "art art"])
    fixed = phrases.words_of(tokens)
    assert fixed.tolist() == [True] * 6 + [False] * 3 + [True] * 2
    assert not Phrases([])


@each
def test_a_blank_entry_is_refused(augmenter):
    for bad in ("", " \n", "\u00a0"):
        message = re.escape(f"protected must hold words or phrases. Got {bad!r}")
        with pytest.raises(ValueError, match=message):
            copies(augmenter, ["a b"], protected=["x", bad])
    with pytest.raises(ValueError, match=r"protected must hold strings\. Got 3"):
        copies(augmenter, ["a b"], protected=[3])


# -------------------------------------------------------------------------- entities
ENTITIES = [
    "https://ex.org/a-b?c=d#e",
    "ftp://ex.org",
    "www.ex.org/path",
    "example.com",
    "ex.co/path/x",
    "first.last+tag@mail.ex.org",
    "#hashtag",
    "#two_words",
    "@mention",
    "@user@server.org",
    "3.14",
    "1,000",
    "2020-01-31",
    "10:30",
    "50%",
    "$5",
    "3rd",
    "１２",
    "٣٤",
]


with_entities = pytest.mark.parametrize(
    "augmenter",
    [a for a in AUGMENTERS if not isinstance(a, SentenceShuffle)],
    ids=lambda a: type(a).__name__,
)


@with_entities
@pytest.mark.parametrize("extra", ["plain", "жук и кот"], ids=["UTF-8", "UTF-32"])
def test_entities_are_whole_by_default(augmenter, extra):
    texts = [f"so ({each}), and {each} there! {each}" for each in ENTITIES] + [extra]
    made = copies(augmenter, texts, 20)
    for k, entity in enumerate(ENTITIES):
        for copy in made[k :: len(texts)]:
            assert copy.count(entity) == 3, copy


@with_entities
def test_entities_are_free_if_asked_for(augmenter):
    texts = ["12 34 www.ex.org 56", "so 34", "and 12", "ex", "56"]
    changed = copies(augmenter, texts, 20, keep_entities=False)[::5]
    assert any(copy != texts[0] for copy in changed)


def test_sentences_are_moved_with_what_is_in_them():
    for copy in copies(
        SentenceShuffle(), ["See ex.org/a. Pay 3.14 now! Ask a@b.c."], 9
    ):
        assert all(
            part in copy for part in ("See ex.org/a.", "Pay 3.14 now!", "a@b.c.")
        )


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("(see https://ex.org/a?b=c).", ["https://ex.org/a?b=c"]),
        ("bob@ex.org, @bob; #a_b!", ["bob@ex.org", "@bob", "#a_b"]),
        ("1,000.50 or 3rd", ["1,000.50", "3rd"]),
        ("The end.Next a.b x@ # @ http no/yes B2B mp3 A&#x; me@home", []),
    ],
)
def test_what_an_entity_is(text, spans):
    found = {text[start:end] for start, end in entity_spans(text)}
    assert found == set(spans)
    tokens = Tokens([text])
    whole = tokens.strings(np.flatnonzero(tokens.entities()))
    assert bool(whole) == bool(spans)
    assert all(any(word in span for span in spans) for word in whole)


# ------------------------------------------------------------------------- deletions
MARKS = [
    "(",
    ")",
    "/",
    ",",
    " , ",
    ".",
    " ",
    "  ",
    "\n",
    "\r\n",
    "“",
    "”",
    "[",
    "-",
    "'",
]


def is_within(part, text):
    rest = iter(text)
    return all(character in rest for character in part)


@settings(max_examples=150)
@given(
    parts=st.lists(
        st.sampled_from([*MARKS, "big", "red", "not", "don't", "3", "x@y.org", "日本"]),
        min_size=1,
        max_size=14,
    ),
    p=st.sampled_from([0.3, 0.7, 1.0]),
    seed=st.integers(0, 99),
)
def test_deletions_leave_a_part_of_the_text_in_its_order(parts, p, seed):
    texts = ["".join(parts), "and another (text)"]
    for keep in (True, False):
        ours = RandomDeletion(p, keep_negations=keep, keep_entities=keep)
        for k, copy in enumerate(copies(ours, texts, 2, random_state=seed)):
            assert is_within(copy, texts[k % 2])
            # Signs are parts of words at times, as in "don't" and "non-red".
            assert signs_between(copy) == signs_between(texts[k % 2]), copy


def signs_between(text):
    """Punctuation that is no part of a word."""
    return re.sub(r"\w+(?:['-]\w+)*|\s|['-]", "", text)


# ------------------------------------------------------------------------ characters
CLUSTERS = [
    "e\u0301",
    "a\u0323\u0302",
    "\u0915\u094d\u0937",
    "नि",
    "각",
    "\u1112\u1161\u11ab",
    "ö",
]


@pytest.mark.parametrize(
    "augmenter",
    [CharacterNoise(0.7), KeyboardTypos(0.9), WordSplit(1.0)],
    ids=lambda a: type(a).__name__,
)
@settings(max_examples=30)
@given(
    words=st.lists(
        st.lists(st.sampled_from([*CLUSTERS, "a", "l"]), min_size=1, max_size=6).map(
            "".join
        ),
        min_size=1,
        max_size=4,
    )
)
def test_character_edits_keep_marks_with_their_letters(augmenter, words):
    text = " ".join(words)
    allowed = {unit for word in words for unit in clusters(word)}
    allowed |= set("abcdefghijklmnopqrstuvwxyz1I ")
    for copy in copies(augmenter, [text], 3):
        assert set(clusters(copy)) <= allowed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e\u0301a", ["e\u0301", "a"]),
        ("👨\u200d👩\u200d👧!", ["👨\u200d👩\u200d👧", "!"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),
        ("क्षत्रि", ["क्ष", "त्रि"]),
        ("\u1112\u1161\u11ab글", ["\u1112\u1161\u11ab", "글"]),
        ("a\nb", ["a", "\n", "b"]),
        ("", []),
    ],
)
def test_clusters_are_what_readers_take_for_a_character(text, expected):
    assert clusters(text) == expected


@each
def test_emoji_are_kept_whole(augmenter):
    text = "love 👨\u200d👩\u200d👧 and 👍🏽, 🇩🇪! More text. ❤\ufe0f too"
    emoji = [unit for unit in clusters(text) if unit > "\u2700"]
    for copy in copies(augmenter, [text], 20):
        if not isinstance(augmenter, BackTranslation):
            assert sorted(u for u in clusters(copy) if u > "\u2700") == sorted(emoji)


# ------------------------------------------------------------------------- sentences
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Dr. Smith is in the U.S. now. Good.",
            ["Dr. Smith is in the U.S. now.", "Good."],
        ),
        ("Pi is 3.14. Yes!", ["Pi is 3.14.", "Yes!"]),
        ("J. K. Rowling, e.g. here. So?", ["J. K. Rowling, e.g. here.", "So?"]),
        ("Wait... what? Oh... Well.", ["Wait... what?", "Oh...", "Well."]),
        (
            "See No. 5 and Fig. 3. No. Never.",
            ["See No. 5 and Fig. 3.", "No.", "Never."],
        ),
        ('"Go!" he said. "Why?" She left.', ['"Go!" he said.', '"Why?"', "She left."]),
        ("1. One. 2. Two.", ["1. One.", "2. Two."]),
        (
            "これは良い。「はい！」とても…良い？",
            ["これは良い。", "「はい！」", "とても…良い？", ""],
        ),
        ("i came . i saw .", ["i came .", "i saw ."]),
        ("नमस्ते। ठीक।", ["नमस्ते।", "ठीक।"]),
        ("No end", ["No end"]),
        ("", [""]),
    ],
)
def test_sentences_end_where_they_should(text, expected):
    parts = sentence_parts(text)
    assert parts[::2] == expected
    assert "".join(parts) == text


@given(st.text(st.sampled_from("aB.!?。 \n\"')3"), max_size=40))
def test_sentences_and_blanks_are_the_text(text):
    parts = sentence_parts(text)
    assert "".join(parts) == text
    assert all(not blank.strip() for blank in parts[1::2])


# ------------------------------------------------------------------------------ cost
class CountedString(str):
    """Counts the characters that are looked at one by one."""

    n_seen = 0

    def __iter__(self):
        CountedString.n_seen += len(self)
        return super().__iter__()


class CountedTuple(tuple):
    """Counts the entries that are copied."""

    def __iter__(self):
        CountedString.n_seen += len(self)
        return super().__iter__()


@pytest.fixture
def work(monkeypatch):
    """Count executed lines, and what is copied out of words and of parts of pieces."""
    strings, parts_of = Tokens.strings, tokens_module.parts_of

    def counted_strings(self, *args, **kwargs):
        return [CountedString(word) for word in strings(self, *args, **kwargs)]

    def counted_parts(piece):
        parts = parts_of(piece)
        return parts._replace(strings=CountedTuple(parts.strings))

    monkeypatch.setattr(Tokens, "strings", counted_strings)
    monkeypatch.setattr(tokens_module, "parts_of", counted_parts)

    def measure(augmenter, text):
        n_lines = 0

        def count(frame, event, _):
            nonlocal n_lines
            n_lines += event == "line"
            return count

        CountedString.n_seen, before = 0, sys.gettrace()
        sys.settrace(count)
        try:
            copies(augmenter, [text])
        finally:
            sys.settrace(before)
        return n_lines + CountedString.n_seen

    return measure


LONG = {
    "lines": "word\n",
    "html": "<b>word</b><i>a.b</i>",
    "CJK": "東京都は日本国。",
    "one word": "東京都",
    "marks": "e\u0301a",
    "addresses": "a@b.",
    "brackets": "(a b) ",
}


@each
def test_work_grows_with_the_length_of_a_text(augmenter, work):
    for name, unit in LONG.items():
        work(augmenter, unit * 10)  # what is remembered from call to call
        small, large = (work(augmenter, unit * n) for n in (50, 400))
        assert large < 10 * small + 2000, name
