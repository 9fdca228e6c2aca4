"""Test rows are kept out of models, whatever kind of table and step there is."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from skoverfit.testing import check_no_leakage

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(60, 200)), np.arange(60) % 2


def test_a_step_that_saw_all_rows_is_named_with_what_it_bought():
    selected = FrozenEstimator(SelectKBest(k=5).fit(X, Y))
    model = make_pipeline(StandardScaler(), selected, LogisticRegression())
    with pytest.raises(AssertionError, match="SelectKBest had been fitted on all 60"):
        check_no_leakage(model, X, Y)
    with pytest.raises(AssertionError) as caught:
        check_no_leakage(make_pipeline(selected, LogisticRegression()), X, Y)
    bought = re.search(r"That bought \+(0\.\d+) of accuracy", str(caught.value))
    assert float(bought[1]) > 0.1


def test_a_step_that_learned_lists_of_arrays_is_looked_into():
    words = np.array([[f"w{k % 7}", f"v{k % 3}"] for k in range(60)])
    encode = FrozenEstimator(TargetEncoder().fit(words, Y))
    with pytest.raises(AssertionError, match="TargetEncoder had been fitted on all 60"):
        check_no_leakage(make_pipeline(encode, LogisticRegression()), words, Y)
    check_no_leakage(make_pipeline(TargetEncoder(), LogisticRegression()), words, Y)


def test_a_step_that_was_fitted_elsewhere_is_no_leak():
    other = rng.normal(size=(60, 200))
    scaler = FrozenEstimator(StandardScaler().fit(other))
    check_no_leakage(make_pipeline(scaler, LogisticRegression()), X, Y)


def test_frames_texts_and_given_splits():
    frame = pd.DataFrame({"a": X[:, 0], "b": np.array(["u", "v", "w"] * 20)})
    encode = make_column_transformer(
        (OneHotEncoder(), ["b"]), remainder=StandardScaler()
    )
    groups = np.arange(60) // 6
    splits = list(GroupKFold(3).split(frame, Y, groups))
    check_no_leakage(make_pipeline(encode, LogisticRegression()), frame, Y, splits)
    texts = np.array([f"word{i % 7} word{i % 5} some more" for i in range(60)])
    check_no_leakage(make_pipeline(TfidfVectorizer(), LogisticRegression()), texts, Y)


def test_a_function_that_prepares_inside_passes():
    def prepare(X_train, y_train, X_new):
        scaler = StandardScaler().fit(X_train)
        return scaler.transform(X_train), y_train, scaler.transform(X_new)

    check_no_leakage(prepare, X, Y)
    with pytest.raises(AssertionError, match="It returned ndarray, not a tuple"):
        check_no_leakage(lambda X, y, X_new: X, X, Y)


def test_the_smallest_split_that_shows_it_is_small():
    def together(X_train, y_train, X_new):
        return X_train - X_new.mean(axis=0), X_new - X_new.mean(axis=0)

    with pytest.raises(AssertionError, match="found: 4 training rows and 2 test rows"):
        check_no_leakage(together, X, Y)
