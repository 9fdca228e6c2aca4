"""EDA, AEDA, TF-IDF replacement and shuffled sentences."""

import numpy as np

from skoverfit.augmentation import (
    AEDA,
    EDA,
    SentenceShuffle,
    TfidfReplacement,
)
from tests.augmentation._texts.text_samples import copies


def test_eda_draws_one_of_its_operations():
    eda = EDA(0.2, source={"a": ["X"]}, stop_words=None)
    text = "a b c d e"
    kinds = {"synonym": 0, "insertion": 0, "swap": 0, "other": 0}
    for (copy,) in copies(eda, [text], 2000):
        found = copy.split()
        if "x" in found:
            kinds["insertion" if "a" in found else "synonym"] += 1
        elif "X" in found:
            kinds["synonym"] += 1
        elif sorted(found) == text.split() and copy != text:
            kinds["swap"] += 1
        else:
            kinds["other"] += 1  # deletions, also of nothing
    np.testing.assert_allclose(np.array(list(kinds.values())) / 2000, 0.25, atol=0.05)
    only = EDA(0.4, operations=["swap"])
    assert all(sorted(c[0].split()) == text.split() for c in copies(only, [text], 5))


def test_aeda_only_inserts_marks():
    texts = ["A good film, truly", "one", ""]
    for copy in copies(AEDA(1.0, marks=["~"]), texts, 20):
        assert [text.replace("~ ", "") for text in copy] == texts
        assert 1 <= copy[0].count("~") <= 4
        assert copy[1] == "~ one"


def test_tfidf_replacement_keeps_words_that_carry_the_topic():
    rng = np.random.default_rng(0)
    common = ["the", "is", "a", "of", "it"]
    texts = [" ".join([*rng.choice(common, 8), f"topic{k}"]) for k in range(60)]
    augmenter = TfidfReplacement(0.4)
    for copy in copies(augmenter, texts, 10):
        assert all(f"topic{k}" in text.split() for k, text in enumerate(copy))
    changed = np.mean(
        [
            a != b
            for copy in copies(augmenter, texts, 40)
            for old, new in zip(texts, copy, strict=True)
            for a, b in zip(old.split(), new.split(), strict=True)
        ]
    )
    assert 0.2 < changed < 0.4  # some are replaced by the same word


def test_sentences_are_shuffled_whole():
    text = 'I came. He said: "I saw!" We won…\nReally? そうです。本当です。'
    kept = set()
    for (copy,) in copies(SentenceShuffle(), [text], 30):
        assert sorted(copy) == sorted(text)
        assert 'He said: "I saw!' in copy
        kept.add(copy)
    assert len(kept) > 10
    assert copies(SentenceShuffle(p=0.0), [text]) == [[text]]
    assert copies(SentenceShuffle(), ["only one sentence."]) == [["only one sentence."]]
