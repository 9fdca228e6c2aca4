"""Texts, images and batches in the wrappers."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_digits, make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    GaussianNoise,
    RandomSwap,
    Shift,
    SwapNoise,
)

X, y = make_classification(60, 4, random_state=0)
WORDS = ["good film", "bad film", "very good", "very bad", "so good", "so bad"]
TEXTS = [f"{words} number {k}" for k, words in enumerate(WORDS * 5)]
LABELS = np.arange(30) % 2


class Shouting(BaseEstimator):
    """A sampler of texts with nothing but fit_resample."""

    def fit_resample(self, X, y):
        return list(X) + [text.upper() for text in X], np.tile(y, 2)


# ----------------------------------------------------------------- texts and images


@pytest.mark.parametrize(
    "texts", [TEXTS, np.array(TEXTS, dtype=object), np.array(TEXTS), pd.Series(TEXTS)]
)
@pytest.mark.parametrize("augmenter", [RandomSwap(n_copies=2), Shouting()])
@pytest.mark.parametrize("accept", ["always", "proven"])
def test_a_whole_text_pipeline(texts, augmenter, accept):
    inner = make_pipeline(TfidfVectorizer(lowercase=False), MultinomialNB())
    model = AugmentedClassifier(
        inner, augmenter, accept=accept, cv=3, random_state=0
    ).fit(texts, LABELS)
    assert model.score(texts, LABELS) == 1.0
    if accept == "always" and isinstance(augmenter, Shouting):
        assert "GOOD" in model.estimator_[0].vocabulary_


def test_weights_of_texts_and_a_search_over_the_dose():
    inner = make_pipeline(TfidfVectorizer(), LogisticRegression())
    model = AugmentedClassifier(inner, RandomSwap(), random_state=0)
    model.fit(TEXTS, LABELS, sample_weight=1.0 + LABELS)
    search = GridSearchCV(model, {"augmenter__p": [0.1, 0.3]}, cv=3)
    assert search.fit(TEXTS, LABELS).best_score_ == 1.0
    tuned = AugmentedClassifier(
        inner, RandomSwap(), tune={"n_copies": [1, 2]}, cv=3, random_state=0
    )
    assert tuned.fit(TEXTS, LABELS).tuning_["mean_test_score"] == [1.0, 1.0]


@pytest.mark.parametrize("accept", ["always", "proven"])
def test_images_reach_an_estimator_that_takes_them(accept):
    images, digits = load_digits(return_X_y=True)
    images = images[:90].reshape(-1, 8, 8)
    flat = FunctionTransformer(lambda images: np.reshape(images, (len(images), -1)))
    model = AugmentedClassifier(
        make_pipeline(flat, GaussianNB(var_smoothing=0.1)),
        Shift(n_copies=2),
        accept=accept,
        cv=3,
        random_state=0,
    ).fit(images, digits[:90])
    assert model.score(images, digits[:90]) > 0.8


def test_images_as_rows():
    rows, digits = load_digits(return_X_y=True)
    model = AugmentedClassifier(
        GaussianNB(var_smoothing=0.1), Shift(image_shape=(8, 8)), random_state=0
    )
    assert model.fit(rows[:90], digits[:90]).n_features_in_ == 64


# ------------------------------------------------------------------------- batches


class Batches(SGDClassifier):
    """Remembers its batches."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        self.batches_ = [*getattr(self, "batches_", []), (X, y, sample_weight)]
        return super().partial_fit(X, y, classes, sample_weight)


def in_batches(model, **params):
    for start in (0, 20, 40):
        rows = slice(start, start + 20)
        of_batch = {name: value[rows] for name, value in params.items()}
        model.partial_fit(X[rows], y[rows], classes=[0, 1], **of_batch)
    return model


@pytest.mark.parametrize("seeds", [(0, None), (None, 0)])
def test_each_batch_is_augmented_by_draws_of_its_own(seeds):
    noise = GaussianNoise(0.5, n_copies=2, random_state=seeds[1])
    model = AugmentedClassifier(Batches(random_state=0), noise, random_state=seeds[0])
    fitted = in_batches(clone(model))
    batches = fitted.estimator_.batches_
    assert [len(labels) for _, labels, _ in batches] == [60] * 3
    np.testing.assert_array_equal(batches[1][0][:20], X[20:40])
    noises = [rows[20:40] - rows[:20] for rows, *_ in batches]
    scaled = [noise / noise.std() for noise in noises]
    assert not np.allclose(scaled[0], scaled[1])
    again = in_batches(clone(model))
    np.testing.assert_array_equal(again.estimator_.coef_, fitted.estimator_.coef_)
    assert fitted.predict(X).shape == y.shape
    assert fitted.n_features_in_ == 4


def test_weights_of_batches():
    weight = 1.0 + np.arange(60)
    model = AugmentedClassifier(Batches(random_state=0), random_state=0)
    batches = in_batches(model, sample_weight=weight).estimator_.batches_
    np.testing.assert_array_equal(batches[2][2], np.tile(weight[40:], 2))
    with config_context(enable_metadata_routing=True):
        inner = Batches(random_state=0).set_partial_fit_request(
            sample_weight=True, classes=False
        )
        model = AugmentedClassifier(inner, random_state=0)
        batches = in_batches(model, sample_weight=weight).estimator_.batches_
        np.testing.assert_array_equal(batches[2][2], np.tile(weight[40:], 2))


def test_batches_go_on_from_fit_with_its_decision():
    harmful = SwapNoise(0.9, n_copies=3)
    model = AugmentedClassifier(
        Batches(random_state=0), harmful, accept="proven", random_state=0
    ).fit(X, y)
    assert not model.accepted_
    in_batches(model)
    assert [len(labels) for _, labels, _ in model.estimator_.batches_] == [20] * 3
    assert model.augmenter_ is None
    tuned = AugmentedClassifier(
        Batches(random_state=0), SwapNoise(), tune={"n_copies": [4]}, random_state=0
    ).fit(X, y)
    assert len(in_batches(tuned).estimator_.batches_[0][1]) == 100


@pytest.mark.parametrize("options", [{"accept": "proven"}, {"tune": "auto"}])
def test_one_batch_cannot_decide(options):
    model = AugmentedClassifier(SGDClassifier(), **options)
    with pytest.raises(ValueError, match="one batch is not enough"):
        in_batches(model)


def test_batches_are_offered_where_the_estimator_takes_them():
    assert not hasattr(AugmentedClassifier(LogisticRegression()), "partial_fit")
    model = AugmentedRegressor(SGDRegressor(random_state=0), random_state=0)
    model.partial_fit(X, X[:, 0]).partial_fit(X, X[:, 0])
    assert model.estimator_.t_ == 1 + 2 * 120
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.partial_fit(X, None)
