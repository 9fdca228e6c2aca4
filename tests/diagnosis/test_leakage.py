"""Preparation inside and outside the splits."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline as make_sampling_pipeline
from scipy.sparse import csr_matrix
from sklearn.datasets import load_wine
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import check_no_leakage
from skoverfit.exceptions import InputError


def noise(n=80, n_features=2000):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, n_features)), np.arange(n) % 2


@pytest.mark.parametrize("form", [np.asarray, pd.DataFrame, csr_matrix])
def test_selection_outside_the_splits_leaks(form):
    X, y = noise()
    pipeline = make_pipeline(SelectKBest(k=15), LogisticRegression())
    check = check_no_leakage(pipeline, form(X), y, 5, random_state=0)
    assert check.leaks
    assert check.is_paired
    assert check.steps == ("selectkbest",)
    assert check.outside.gap.mean_test > 0.75
    assert "The preparation leaks" in str(check)
    own = cross_val_score(pipeline, X, y, cv=5)
    np.testing.assert_allclose(check.inside.test_scores, own)
    outside = cross_val_score(pipeline[-1], SelectKBest(k=15).fit_transform(X, y), y)
    np.testing.assert_allclose(check.outside.test_scores, outside)


def test_scaling_does_not_leak():
    X, y = load_wine(return_X_y=True)
    model = LogisticRegression(max_iter=1000)
    check = check_no_leakage(StandardScaler(), X, y, estimator=model, random_state=0)
    assert not check.leaks
    assert abs(check.difference.mean) < 0.02
    assert "No leak was seen" in str(check)


def select(X, y, X_new):
    chosen = SelectKBest(f_classif, k=15).fit(X, y)
    return chosen.transform(X), chosen.transform(X_new)


def test_a_function_does_what_the_pipeline_does():
    X, y = noise()
    model = LogisticRegression()
    pipeline = make_pipeline(SelectKBest(f_classif, k=15), model)
    one = check_no_leakage(select, X, y, estimator=model, random_state=0)
    other = check_no_leakage(pipeline, X, y, random_state=0)
    np.testing.assert_allclose(one.inside.test_scores, other.inside.test_scores)
    np.testing.assert_allclose(one.outside.test_scores, other.outside.test_scores)


@pytest.mark.parametrize("sampler", [RandomOverSampler(), SMOTE()])
def test_resampling_outside_the_splits_leaks(sampler):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 4)), (rng.random(300) < 0.15).astype(int)
    folds = KFold(5, shuffle=True, random_state=0)
    pipeline = make_sampling_pipeline(sampler, DecisionTreeClassifier())
    check = check_no_leakage(
        pipeline, X, y, folds, scoring="balanced_accuracy", random_state=0
    )
    assert not check.is_paired
    assert check.leaks
    assert check.inside.gap.mean_test < 0.6 < check.outside.gap.mean_test


def test_target_means_are_cross_fitted_for_the_training_rows():
    rng = np.random.default_rng(0)
    X, y = rng.integers(50, size=(300, 1)), rng.normal(size=300)
    check = check_no_leakage(make_pipeline(TargetEncoder(), Ridge()), X, y)
    assert check.inside.gap.mean_test < 0.05


def test_words_are_counted_inside_and_outside():
    texts = ["good film", "bad film", "good plot", "bad plot"] * 5
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression())
    check = check_no_leakage(pipeline, texts, [1, 0, 1, 0] * 5, random_state=0)
    assert check.inside.gap.mean_test == check.outside.gap.mean_test == 1.0


@pytest.mark.parametrize(
    ("preparation", "options", "words"),
    [
        (LogisticRegression(), {}, "estimator=None needs a Pipeline"),
        (make_pipeline(LogisticRegression()), {}, "without a step before its end"),
        (3, {"estimator": LogisticRegression()}, "preparation=3 must be a Pipeline"),
        (Ridge(), {"estimator": LogisticRegression()}, "neither transforms"),
        (
            lambda X, y, new: X,
            {"estimator": LogisticRegression()},
            "must return X_train and X_new",
        ),
        (
            lambda X, y, new: (X, new[:1]),
            {"estimator": LogisticRegression()},
            "returned 1 rows of X_new",
        ),
        (select, {"estimator": LogisticRegression(), "cv": 1}, "at least 2 folds"),
        (
            RandomOverSampler(sampling_strategy={0: 40, 1: 50}),
            {"estimator": LogisticRegression(), "groups": np.arange(80)},
            "groups cannot be followed",
        ),
    ],
)
def test_bad_input_is_named(preparation, options, words):
    X, y = noise(n_features=20)
    with pytest.raises(InputError, match=words):
        check_no_leakage(preparation, X, y, **options)
