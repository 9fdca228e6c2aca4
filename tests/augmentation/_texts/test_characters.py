"""Typos, noise of characters, and spaces between words."""

import re

from skoverfit.augmentation import (
    CharacterNoise,
    KeyboardTypos,
    WordJoin,
    WordSplit,
)
from skoverfit.augmentation._texts._character_edits import NEIGHBORS
from tests.augmentation._texts.text_samples import copies


def test_typos_hit_keys_beside():
    text = "The QUICK fox, 5 naïve 日本語!"
    seen = set()
    for (copy,) in copies(KeyboardTypos(0.1), [text], 300):
        differ = [(a, b) for a, b in zip(text, copy, strict=True) if a != b]
        assert len(differ) == 1  # 17 keys, rounded down
        ((old, new),) = differ
        assert new.lower() in NEIGHBORS[old.lower()]
        assert old.isupper() == new.isupper() or old.isdigit() or new.isdigit()
        seen.add(old)
    assert seen == set("TheQUICKfoxnave")  # a number stays as it is
    digits = KeyboardTypos(1.0, keep_entities=False)
    assert all(copy != ["555"] for copy in copies(digits, ["555"], 5))
    assert copies(KeyboardTypos(1.0), ["日本語 — ï"]) == [["日本語 — ï"]]
    assert NEIGHBORS["g"] == "tyfhvb"


def test_noise_of_characters_by_operation():
    for (copy,) in copies(CharacterNoise(0.1, operations=["ocr"]), ["x x m x d x"], 30):
        assert copy in ("x x rn x d x", "x x m x cl x")
    for (copy,) in copies(CharacterNoise(0.2, operations=["swap"]), ["abcde"], 30):
        assert sorted(copy) == list("abcde")
        assert copy != "abcde"
    for (copy,) in copies(CharacterNoise(0.2, operations=["delete"]), ["abcde f"], 30):
        assert len(copy.replace(" ", "")) in (5, 6)  # "f" alone is not deleted
        assert copy.endswith("f")
    for (copy,) in copies(CharacterNoise(0.2, operations=["insert"]), ["abcde"], 30):
        assert len(copy) == 6
        assert set(copy) == set("abcde")
    all_gone = CharacterNoise(1.0, operations=["delete"])
    assert copies(all_gone, ["abc, de!"]) == [["c, e!"]]


def test_spaces_are_put_into_and_taken_from_between_words():
    text = "a good (big) film\nis हिन्दी"
    for (copy,) in copies(WordSplit(0.2), [text], 50):
        assert copy.replace(" ", "") == text.replace(" ", "")
        assert copy.count(" ") == text.count(" ") + 1
        assert not re.search(r" [\u0900-\u0903\u093a-\u094f]", copy)
    joined = {c[0] for c in copies(WordJoin(0.4), ["a b c, d (e) f g"], 100)}
    assert joined == {"ab c, d (e) f g", "a b c, d (e) fg"}
    assert copies(WordJoin(1.0), ["a b c d"]) == [["ab cd"]]


def test_protected_words_are_not_spoilt():
    for kind in (KeyboardTypos, CharacterNoise, WordSplit, WordJoin):
        augmenter = kind(1.0, protected=["FILM"])
        for (copy,) in copies(augmenter, ["good big film is it"], 5):
            assert copy.split().count("film") == 1
            assert copy != "good big film is it"
