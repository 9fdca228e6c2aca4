"""Back-translation by any translator: what is kept, dropped and cached."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skoverfit.augmentation import (
    BackTranslation,
    TranslationCache,
)

TEXTS = ["One two.", "three", "", "four five six", "three"]


class Words:
    """Translates by reversing the words; counts what it is asked."""

    def __init__(self, direction=None):
        self.asked = []
        if direction is not None:
            self.direction = direction

    def translate(self, texts):
        self.asked += texts
        return [" ".join(reversed(text.split())) for text in texts]


def same(texts):
    return list(texts)


def test_round_trip_and_dropped_copies():
    augmenter = BackTranslation(Words(), same)
    out, y = augmenter.fit_resample(TEXTS, [0, 1, 0, 1, 0])
    assert out == [*TEXTS, "two. One", "six five four"]
    assert y == [0, 1, 0, 1, 0, 0, 1]
    assert augmenter.sample_indices_.tolist() == [0, 1, 2, 3, 4, 0, 3]
    assert augmenter.is_synthetic_.tolist() == [False] * 5 + [True] * 2
    assert augmenter.n_unchanged_ == 3
    augmenter.set_params(unchanged="keep")
    out, _ = augmenter.fit_resample(TEXTS, [0, 1, 0, 1, 0])
    assert out == [*TEXTS, "two. One", "three", "", "six five four", "three"]
    assert augmenter.n_unchanged_ == 3


def test_dropped_copies_in_all_modes():
    y = [0, 1, 0, 1, 0]
    weighted = BackTranslation(Words(), same, mode="weight", n_copies=2)
    out, _ = weighted.fit_resample(TEXTS, y, sample_weight=[1, 2, 3, 4, 5])
    assert len(out) == 9
    assert weighted.sample_weight_.tolist() == [1, 2, 3, 4, 5, 0.5, 2, 0.5, 2]
    replaced, _ = BackTranslation(Words(), same, mode="replace").fit_resample(TEXTS, y)
    assert replaced == ["two. One", "three", "", "six five four", "three"]
    nothing = BackTranslation(same, same)
    assert nothing.fit_resample(TEXTS, y) == (TEXTS, y)
    assert nothing.n_unchanged_ == 5


def test_frames_keep_other_columns():
    frame = pd.DataFrame({"text": TEXTS, "n": range(5)}, index=list("abcde"))
    out, y = BackTranslation(Words(), same).fit_resample(frame, pd.Series(range(5)))
    assert list(out.index) == list("abcdead")
    assert list(out["n"]) == [0, 1, 2, 3, 4, 0, 3]
    assert list(y) == [0, 1, 2, 3, 4, 0, 3]
    table, _ = BackTranslation(same, same).fit_resample(np.eye(2), [0, 1])
    np.testing.assert_array_equal(table, np.r_[np.eye(2), np.eye(2)])


def test_same_words_are_no_change_and_nothing_is_lost():
    def shout(texts):
        return [text.upper() + " !!" for text in texts]

    def forget(texts):
        return ["  "] * len(texts)

    for forward in (shout, forget):
        assert BackTranslation(forward, same).fit_resample(["a b"], [0])[0] == ["a b"]


def test_the_first_letter_keeps_its_case():
    def sentences(texts):
        return ["So " + text for text in texts]

    out, _ = BackTranslation(sentences, same).fit_resample(["a b", "A b"], [0, 1])
    assert out[2:] == ["so a b", "So A b"]


def test_each_distinct_text_is_translated_once():
    words = Words()
    BackTranslation(words, same, n_copies=1).fit_resample(TEXTS, [0] * 5)
    assert words.asked == ["One two.", "three", "four five six"]


def test_the_cache_is_shared_by_clones_and_needs_a_direction(tmp_path):
    for cache in (TranslationCache(), tmp_path / "cache.sqlite", "memory"):
        named, back = Words(f"test-{cache}"), Words()
        augmenter = BackTranslation(named, back, cache=cache)
        first = augmenter.fit_resample(TEXTS, [0] * 5)
        again = clone(augmenter)
        again.forward, again.backward = named, back  # a clone copies them
        assert again.fit_resample(TEXTS, [0] * 5) == first
        assert len(named.asked) == 3
        assert len(back.asked) == 6  # no direction, so never cached
    none = BackTranslation(Words("x"), same, cache=None)
    none.fit_resample(TEXTS, [0] * 5)
    none.fit_resample(TEXTS, [0] * 5)
    assert len(none.forward.asked) == 6


def test_what_was_translated_before_an_error_is_kept(tmp_path):
    class Breaks(Words):
        def translate(self, texts):
            if len(self.asked) == 4:
                raise OSError("gone")
            return super().translate(texts)

    texts = [f"text {k}" for k in range(10)]
    path = tmp_path / "cache.sqlite"
    broken = BackTranslation(Breaks("d"), same, cache=str(path), batch_size=2)
    with pytest.raises(OSError, match="gone"):
        broken.fit_resample(texts, [0] * 10)
    whole = BackTranslation(Words("d"), same, cache=str(path), batch_size=2)
    out, _ = whole.fit_resample(texts, [0] * 10)
    assert whole.forward.asked == texts[4:]
    assert out[10:] == [f"{k} text" for k in range(10)]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"forward": "eng-spa"},
            "forward must be a translator or a function. Got 'eng-spa'",
        ),
        ({"backward": None}, "'backward' parameter"),
        ({"unchanged": "maybe"}, "'unchanged' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"cache": 3}, "'cache' parameter"),
        ({"forward": lambda texts: texts[1:]}, "one string for each of 3 texts. Got 2"),
        ({"forward": lambda texts: [1] * len(texts)}, r"of types \['int'\]"),
    ],
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        BackTranslation(**({"forward": same, "backward": same} | params)).fit_resample(
            TEXTS, [0] * 5
        )
