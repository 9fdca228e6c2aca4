"""Augmenters of texts: containers, what is kept, what is edited, laws and messages."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from skoverfit.augmentation import (
    AEDA,
    EDA,
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
from skoverfit.augmentation._texts._protection import is_protected, negations
from skoverfit.augmentation._texts._tokens import (
    Tokens,
    _letters,
)
from skoverfit.augmentation._texts._vocabulary import word_pattern
from skoverfit.augmentation._texts._word_edits import amounts
from tests.augmentation._texts.text_samples import SOURCE, TEXTS, copies, words

AUGMENTERS = [
    SynonymReplacement(0.5, source=SOURCE),
    SynonymReplacement(0.5),
    RandomInsertion(0.5, source=SOURCE),
    RandomSwap(0.5),
    RandomDeletion(0.5),
    EDA(0.5, source=SOURCE),
    AEDA(0.5),
    TfidfReplacement(0.5),
    SentenceShuffle(),
    KeyboardTypos(0.3),
    CharacterNoise(0.3),
    WordSplit(0.5),
    WordJoin(0.5),
]
each = pytest.mark.parametrize(
    "augmenter",
    AUGMENTERS,
    ids=[f"{type(each).__name__}{k}" for k, each in enumerate(AUGMENTERS)],
)


# ------------------------------------------------------------------------ containers
@each
def test_containers_of_texts_agree(augmenter):
    y = np.arange(len(TEXTS)) % 2
    seeded = clone(augmenter).set_params(random_state=0, n_copies=2)
    expected, y_out = seeded.fit_resample(TEXTS, y)
    assert type(expected) is list
    np.testing.assert_array_equal(y_out, np.tile(y, 3))
    learns = isinstance(augmenter, SynonymReplacement) and augmenter.source is None
    assert (expected == TEXTS * 3) == learns  # these texts are too few to learn from
    index = [f"row{k}" for k in range(len(TEXTS))]
    for given_texts in (
        np.array(TEXTS, dtype=object),
        np.array(TEXTS),
        pd.Series(TEXTS, index=index, name="review"),
        pd.Series(TEXTS, dtype="string"),
        pl.Series("review", TEXTS),
    ):
        out, _ = seeded.fit_resample(given_texts, y)
        assert type(out) is type(given_texts)
        assert list(out) == expected
        assert getattr(out, "name", None) == getattr(given_texts, "name", None)
    series, _ = seeded.fit_resample(pd.Series(TEXTS, index=index), y)
    assert list(series.index) == index * 3
    array, _ = seeded.fit_resample(np.array(TEXTS), y)
    assert array.dtype.kind == "U"


@each
@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_only_the_column_of_texts_is_perturbed(augmenter, kind):
    y = np.arange(len(TEXTS)) % 2
    frame = kind({"n": range(len(TEXTS)), "text": TEXTS, "x": np.linspace(0, 1, 11)})
    seeded = clone(augmenter).set_params(random_state=0)
    expected, _ = seeded.fit_resample(TEXTS, y)
    for column in (None, "text"):
        out, _ = seeded.set_params(column=column).fit_resample(frame, y)
        assert type(out) is kind
        assert list(out.columns) == ["n", "text", "x"]
        assert list(out["text"]) == expected
        assert list(out["n"]) == [*range(len(TEXTS))] * 2
        assert list(out.dtypes) == list(frame.dtypes)
    assert list(seeded.feature_names_in_) == ["n", "text", "x"]


def test_other_string_columns_stay():
    frame = pd.DataFrame({"a": TEXTS, "b": TEXTS[::-1]}).convert_dtypes()
    y = [0] * len(TEXTS)
    with pytest.raises(ValueError, match=r"one column of strings.*\['a', 'b'\]"):
        RandomSwap().fit_resample(frame, y)
    swap = RandomSwap(0.5, column="b", random_state=0)
    out, _ = swap.fit_resample(frame, y)
    assert list(out["a"]) == TEXTS * 2
    assert list(out["b"]) != TEXTS[::-1] * 2
    assert list(out.dtypes) == list(frame.dtypes)


def test_a_column_of_an_array_by_its_position():
    X = np.array([TEXTS, TEXTS], dtype=object).T
    swap = RandomSwap(0.5, column=-1, random_state=0)
    out, _ = swap.fit_resample(X, [0] * len(X))
    assert out[:, 0].tolist() == TEXTS * 2
    assert (
        out[:, 1].tolist()
        == swap.set_params(column=None).fit_resample(TEXTS, [0] * len(X))[0]
    )
    narrow, _ = AEDA(1.0, column=0, random_state=0).fit_resample(
        np.array([["a b"], ["c d"]]), [0, 1]
    )
    assert narrow.dtype.kind == "U"
    assert len(narrow[2, 0]) > 3


@each
def test_tables_without_texts_are_duplicated(augmenter):
    X = np.arange(12.0).reshape(6, 2)
    y = [0, 1] * 3
    for table in (X, sparse.csr_array(X), pd.DataFrame(X, columns=["a", "b"])):
        out, _ = clone(augmenter).fit_resample(table, y)
        dense = out.toarray() if sparse.issparse(out) else np.asarray(out)
        np.testing.assert_array_equal(dense, np.r_[X, X])


@each
def test_missing_texts_stay_missing(augmenter):
    texts = ["a good film", None, "a big film, and good", "not bad"]
    frame = pd.DataFrame({"text": pd.Series(texts, dtype="string"), "n": range(4)})
    out, _ = clone(augmenter).fit_resample(frame, [0, 1, 0, 1])
    assert list(out["text"].isna()) == [False, True, False, False] * 2
    out, _ = clone(augmenter).fit_resample(texts, [0, 1, 0, 1])
    assert [text is None for text in out] == [False, True, False, False] * 2


def test_names_of_an_earlier_fit_are_forgotten():
    swap = RandomSwap().fit(np.eye(2), [0, 1])
    assert swap.n_features_in_ == 2
    swap.fit(["a b", "c d"], [0, 1])
    assert not hasattr(swap, "n_features_in_")


# ------------------------------------------------------------------------ properties
ANY_TEXT = st.text(st.characters(), max_size=60)


@each
@settings(max_examples=40)
@given(texts=st.lists(ANY_TEXT, min_size=1, max_size=8))
def test_any_unicode_text(augmenter, texts):
    if not any(texts):
        texts = [*texts, "a"]
    (copy,) = copies(augmenter, texts)
    assert all(isinstance(text, str) for text in copy)
    assert [bool(text) for text in copy] == [bool(text) for text in texts]
    assert [bool(text.strip()) for text in copy] == [bool(t.strip()) for t in texts]
    assert copies(augmenter, texts) == [copy]


@given(texts=st.lists(ANY_TEXT, max_size=8).map(lambda texts: [*texts, "a"]))
def test_nothing_edited_is_nothing_changed(texts):
    tokens = Tokens(texts)
    whole = np.arange(len(texts))
    some = whole[::-1].repeat(2)
    nothing = np.empty(0, np.intp)
    assert tokens.rewritten(whole, nothing, nothing, []) == texts
    expected = [texts[k] for k in some]
    assert tokens.rewritten(some, nothing, nothing, []) == expected
    # Each word by itself changes nothing either.
    rows, numbers = tokens.words_of(some)
    strings = tokens.strings(numbers)
    assert tokens.rewritten(some, rows, numbers, strings) == expected
    assert strings == [w for t in expected for p in t.split(" ") for w in words(p)]


@settings(max_examples=30)
@given(texts=st.lists(ANY_TEXT, max_size=6).map(lambda texts: [*texts, "a b"]))
def test_swaps_keep_all_words_and_all_that_is_between(texts):
    (copy,) = copies(RandomSwap(1.0), texts)
    for before, after in zip(texts, copy, strict=True):
        assert sorted(before) == sorted(after)
        # Pieces between the words are where they were; words may look different only
        # where neighbors without a space between them were exchanged.
        assert before.count(" ") == after.count(" ")


# ------------------------------------------------------------------------- operations
def test_synonyms_keep_case_punctuation_and_space():
    source = {"film": ["movie"], "big": ["large"], "dvd": ["disc"]}
    texts = ["Film, (film)... FILM!\n film\t'film' Big-film  big", "DVD's dvd"]
    (copy,) = copies(SynonymReplacement(1.0, source=source), texts)
    assert copy == [
        "Movie, (movie)... MOVIE!\n movie\t'movie' Big-film  large",
        "DVD's disc",
    ]


def test_the_share_of_words_is_rounded_down_but_at_least_one():
    n_words = np.array([0, 1, 9, 10, 19, 20, 99])
    assert amounts(0.1, n_words).tolist() == [0, 1, 1, 1, 1, 2, 9]
    assert amounts(1.0, n_words).tolist() == n_words.tolist()
    assert not amounts(0.0, n_words).any()
    source = {letter: [letter.upper() * 2] for letter in "abcdefghij"}
    for p, expected in ((0.1, 1), (0.35, 3), (1.0, 10), (0.0, 0)):
        ours = SynonymReplacement(p, source=source, stop_words=None)
        for (copy,) in copies(ours, ["a b c d e f g h i j"], 20):
            assert sum(len(word) == 2 for word in copy.split()) == expected


def test_synonyms_are_drawn_uniformly_from_words_that_have_some():
    source = {"a": ["x", "y"], "b": ["z"]}
    drawn = [c[0] for c in copies(SynonymReplacement(source=source), ["a b c d"], 3000)]
    shares = [drawn.count(t) / 3000 for t in ("x b c d", "y b c d", "a z c d")]
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.5], atol=0.05)


def test_negations_and_own_words_are_protected():
    source = {w: ["X"] for w in ("not", "never", "n't", "don't", "film", "hero")}
    text = ["Not never do n't don't don\u2019t film Hero"]
    for augmenter in (
        SynonymReplacement(1.0, source=source, protected=["hero"]),
        RandomInsertion(1.0, source=source, protected=["hero"]),
    ):
        (copy,) = copies(augmenter, text)
        assert copy[0].upper().split().count("X") == 1
    deletion = RandomDeletion(1.0, protected=["HERO"])
    for (copy,) in copies(deletion, text, 10):
        assert copy.split()[-1] == "Hero"
        assert {"Not", "never", "n't", "don't", "don\u2019t", "Hero"} <= set(
            copy.split()
        )
    free = RandomDeletion(1.0, keep_negations=False)
    assert all(len(copy[0].split()) == 1 for copy in copies(free, text, 10))


def test_english_negations_are_known_in_any_case():
    kept = negations(keep=True)
    for word in ("NOT", "n't", "Isn't", "wouldn\u2019t", "without"):
        assert is_protected(word, kept), word
    for word in ("note", "want", "ant", "can"):
        assert not is_protected(word, kept), word


def test_insertions_keep_the_text():
    texts = ["A good film, not bad!", "nothing known here"]
    for copy in copies(RandomInsertion(0.4, source=SOURCE), texts, 20):
        assert copy[1] == texts[1]
        added = copy[0]
        found = [s for s in ("movie", "picture show", "fine") if s in added]
        assert found
        for synonym in found:
            added = re.sub(f" ?{synonym} ?", " ", added, count=1)
        assert (
            re.sub(r"\s+", " ", added).replace(" ,", ",").replace(" !", "!").strip()
            == texts[0]
        )


def test_swaps_exchange_pairs_and_leave_punctuation():
    for (copy,) in copies(RandomSwap(0.1), ["One, two; (three)! four?"], 30):
        assert re.sub(r"\w+", "w", copy) == "w, w; (w)! w?"
        assert sorted(words(copy)) == sorted(["One", "two", "three", "four"])
        moved = [
            a != b
            for a, b in zip(words(copy), ["One", "two", "three", "four"], strict=True)
        ]
        assert sum(moved) == 2
    assert copies(RandomSwap(1.0), ["one"]) == [["one"]]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("a big red film", "big", "a red film"),
        ("a big, red film", "big", "a, red film"),
        ("a (big) film", "big", "a() film"),
        ("(big red) film", "big", "(red) film"),
        ("big red", "big", "red"),
        ("red big", "big", "red"),
        ("red big.", "big", "red."),
        ("red big .", "big", "red ."),
        ("red\nbig\nfilm", "big", "red\nfilm"),
        ("red/big/film", "big", "red//film"),
        ("“big", "big", "“"),
    ],
)
def test_a_deleted_word_takes_one_space_along(text, word, expected):
    tokens = Tokens([text])
    row, numbers = tokens.words_of(np.array([0]))
    at = tokens.strings(numbers).index(word)
    edit = (row[[at]], numbers[[at]], [None])
    assert tokens.rewritten(np.array([0]), *edit) == [expected]


def test_letters_are_those_of_the_pattern():
    letters = _letters()[:-1]
    for code in range(len(letters)):
        is_word = word_pattern().fullmatch(chr(code)) is not None
        assert letters[code] == is_word or chr(code) == " ", hex(code)


@pytest.mark.parametrize("extra", [[], ["жук и кот, да!"] * 40, ["\udc80 a\udc80b"]])
def test_deletions_of_all_texts_are_those_of_some(extra):
    texts = [*TEXTS, "a", "a  b", "(a) b, c", "don't; won't", *extra]
    rng = np.random.default_rng(0)
    for share in (0.1, 0.5, 0.9, 1.0):
        tokens, whole = Tokens(texts), np.arange(len(texts))
        rows, numbers = tokens.words_of(whole)
        hit = rng.random(len(rows)) < share
        edits = rows[hit], numbers[hit]
        few = tokens.strings(numbers[hit], few=True)
        fast = tokens.without(whole, *edits)
        assert fast == tokens.rewritten(whole, *edits, [None] * hit.sum())
        assert few == tokens.strings(numbers[hit])


def test_each_word_is_deleted_with_the_same_chance():
    drawn = copies(RandomDeletion(0.3), ["a b c d e f g h"], 3000)
    kept = np.mean([[w in copy[0] for w in "abcdefgh"] for copy in drawn], axis=0)
    np.testing.assert_allclose(kept, 0.7, atol=0.045)
    for (copy,) in copies(RandomDeletion(1.0), ["a, b; c!"], 20):
        assert len(words(copy)) == 1
    assert copies(RandomDeletion(0.0), TEXTS) == [TEXTS]
