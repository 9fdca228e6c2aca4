"""Text augmenters in their modes, in pipelines, and with bad input."""

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from skoverfit.augmentation import (
    AEDA,
    EDA,
    AugmentedClassifier,
    CharacterNoise,
    KeyboardTypos,
    RandomDeletion,
    RandomSwap,
    SentenceShuffle,
    SynonymReplacement,
    TfidfReplacement,
    WordJoin,
)
from tests.augmentation._texts.text_samples import SOURCE, TEXTS


# ------------------------------------------------------------------- modes, pipelines
def test_amounts_by_class_and_constraint():
    texts, y = TEXTS * 2, np.r_[np.zeros(18, int), np.ones(4, int)]
    swap = RandomSwap(0.5, sampling_strategy="auto", random_state=0)
    out, y_out = swap.fit_resample(texts, y)
    assert np.bincount(y_out).tolist() == [18, 18]
    long = SynonymReplacement(
        0.5,
        source={"film": ["movie", "cinematograph"]},
        constraint=lambda X: np.array(["cinema" not in text for text in X]),
        random_state=0,
    )
    out, _ = long.fit_resample(["a film"] * 40, [0] * 40)
    assert set(out[40:]) == {"a movie"}
    replaced, _ = RandomSwap(0.5, mode="replace").fit_resample(TEXTS, [0] * len(TEXTS))
    assert len(replaced) == len(TEXTS)


def test_before_a_vectorizer():
    texts = ["good film", "fine movie", "bad film", "awful movie"] * 5
    y = [1, 1, 0, 0] * 5
    eda = EDA(0.5, source=SOURCE, random_state=0)
    model = make_pipeline(eda, TfidfVectorizer(), LogisticRegression()).fit(texts, y)
    by_hand = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
        *eda.fit_resample(texts, y)
    )
    np.testing.assert_array_equal(
        model.predict_proba(texts), by_hand.predict_proba(texts)
    )
    inner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    wrapped = AugmentedClassifier(inner, eda).fit(texts, y)
    assert wrapped.score(texts, y) == 1.0


# ------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("augmenter", "X", "message"),
    [
        (RandomSwap(), ["a", 1], r"X must hold strings\. Got 1 \(int\) at position 1"),
        (RandomSwap(column="a"), ["a", "b"], "column='a' needs a data frame"),
        (RandomSwap(column="z"), pd.DataFrame({"a": ["x", "y"]}), "column='z' is not"),
        (RandomSwap(column=2), np.array([["a"], ["b"]]), "column=2 is not in X"),
        (RandomSwap(column="n"), pd.DataFrame({"n": [1, 2]}), "must hold strings"),
        (RandomSwap(), pd.Series([1, 2]), "must hold strings"),
        (RandomSwap(), pd.Series(["a", "b"], dtype="category"), "must hold strings"),
        (RandomSwap(column=0), np.eye(2), "column 0 must hold strings. Got 1.0"),
        (RandomSwap(p=1.5), ["a", "b"], "The 'p' parameter of RandomSwap"),
        (RandomSwap(column=1.5), ["a", "b"], "The 'column' parameter of RandomSwap"),
        (RandomDeletion(p=-1), ["a", "b"], "The 'p' parameter of RandomDeletion"),
        (RandomDeletion(protected="no"), ["a", "b"], "'protected' parameter"),
        (RandomDeletion(protected=[1]), ["a", "b"], "protected must hold strings"),
        (EDA(operations=["cut"]), ["a", "b"], "operations must be some of"),
        (EDA(operations=()), ["a", "b"], "operations must be some of"),
        (EDA(stop_words="klingon"), ["a", "b"], "stop_words must be 'english'"),
        (AEDA(marks=()), ["a", "b"], "marks must hold strings"),
        (AEDA(marks=[1]), ["a", "b"], "marks must hold strings"),
        (SynonymReplacement(source="wordnet"), ["a", "b"], "'source' parameter"),
        (SynonymReplacement(source={"a": "b"}), ["a", "b"], "source must give a list"),
        (CharacterNoise(operations=["eat"]), ["a", "b"], "operations must be some of"),
        (KeyboardTypos(p=2), ["a", "b"], "'p' parameter of KeyboardTypos"),
        (WordJoin(protected=3), ["a", "b"], "'protected' parameter of WordJoin"),
        (SentenceShuffle(p=2), ["a", "b"], "The 'p' parameter of SentenceShuffle"),
        (TfidfReplacement(p="x"), ["a", "b"], "The 'p' parameter of TfidfReplacement"),
    ],
)
def test_bad_input_is_named(augmenter, X, message):
    with pytest.raises(ValueError, match=message):
        augmenter.fit_resample(X, [0, 1])


@pytest.mark.parametrize(
    "X", ["abc", b"abc", [], [1, 2], np.arange(3), {"a"}, iter(["a"]), [b"a"], ()]
)
def test_what_is_neither_texts_nor_a_table_is_refused(X):
    with pytest.raises(ValueError, match=r"Expected texts .* 2D array or data frame"):
        RandomDeletion().fit_resample(X, [0])


def test_a_series_of_something_else_is_named():
    with pytest.raises(ValueError, match=r"Series must hold strings\. Got dtype int64"):
        RandomDeletion().fit_resample(pd.Series([1, 2]), [0, 1])
    with pytest.raises(ValueError, match="Series 'n' must hold strings"):
        RandomDeletion().fit_resample(pd.Series([1, 2], name="n"), [0, 1])


def test_no_texts_and_no_target_are_refused():
    with pytest.raises(ValueError, match="requires y to be passed"):
        RandomSwap().fit_resample(["a b"], None)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        RandomSwap().fit_resample(["a b"], [0, 1])
    with pytest.raises(ValueError, match="Expected texts"):
        RandomSwap().fit_resample([], [])
