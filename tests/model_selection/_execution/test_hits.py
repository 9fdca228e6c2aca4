"""Accuracy of plain labels: what scikit-learn's scorers find, without its checks."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, check_scoring, get_scorer, make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection._execution import _hits
from skoverfit.model_selection._execution._hits import hits_of, labels_are_plain

X, y = make_classification(60, 4, flip_y=0.3, random_state=0)
WORDS = np.array(["no", "yes"])[y]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (y, True),
        (WORDS, True),
        (y.astype(np.uint8), True),
        (y.astype(float), False),
        (y.astype(bool), False),
        (WORDS.astype(object), False),
        (y.tolist(), False),
        (np.column_stack([y, y]), False),
        (np.arange(60) // 2, False),
        (y[:0], False),
    ],
)
def test_which_labels_are_plain(labels, expected):
    assert labels_are_plain(labels) == expected
    assert labels_are_plain(labels, labels) == expected


@pytest.mark.parametrize("labels", [y, WORDS], ids=["numbers", "words"])
@pytest.mark.parametrize("scoring", [None, "accuracy"])
@pytest.mark.parametrize(
    "model",
    [
        KNeighborsClassifier(),
        make_pipeline(StandardScaler(), KNeighborsClassifier()),
    ],
    ids=["alone", "behind a step"],
)
def test_accuracy_is_that_of_the_scorer(labels, scoring, model):
    fitted = model.fit(X, labels)
    scorer = check_scoring(fitted, scoring)
    found = hits_of(scorer, fitted, X, labels)
    assert found == scorer(fitted, X, labels)
    assert 0 < found < 1


class Half(ClassifierMixin, BaseEstimator):
    """A classifier with a score of its own."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), 0.5)

    def score(self, X, y):
        return 0.25


@pytest.mark.parametrize(
    ("scorer", "model"),
    [
        (get_scorer("f1"), KNeighborsClassifier()),
        (get_scorer("roc_auc"), KNeighborsClassifier()),
        (make_scorer(accuracy_score, normalize=False), KNeighborsClassifier()),
        (lambda estimator, X, y: 1.0, KNeighborsClassifier()),
        (check_scoring(Half()), Half()),
        (get_scorer("accuracy"), Half()),
    ],
    ids=["f1", "area", "count", "function", "own score", "numbers for labels"],
)
def test_everything_else_is_left_to_the_scorer(scorer, model):
    assert hits_of(scorer, model.fit(X, y), X, y) is None


def test_words_for_numbers_are_left_to_the_scorer():
    fitted = KNeighborsClassifier().fit(X, WORDS)
    assert hits_of(get_scorer("accuracy"), fitted, X, y) is None


def test_searches_find_the_same_with_and_without(monkeypatch):
    space = {"n_neighbors": [1, 3, 9], "weights": ["uniform", "distance"]}
    with_hits = GapAwareSearchCV(KNeighborsClassifier(), space).fit(X, WORDS)
    calls = []
    monkeypatch.setattr(
        "skoverfit.model_selection._execution._bundle.hits_of",
        lambda *args: calls.append(args),
    )
    without = GapAwareSearchCV(KNeighborsClassifier(), space).fit(X, WORDS)
    assert len(calls) == 6 * 5 * 2
    for side in ("test", "train"):
        for split in range(5):
            key = f"split{split}_{side}_score"
            np.testing.assert_array_equal(
                with_hits.cv_results_[key], without.cv_results_[key]
            )


def test_weights_are_left_to_the_scorer(monkeypatch):
    monkeypatch.setattr(_hits, "scorer_parts", None)  # must not be asked
    weights = np.arange(60.0)
    with config_context(enable_metadata_routing=True):
        model = KNeighborsClassifier()
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        search = GapAwareSearchCV(model, {"n_neighbors": [1, 3]}, scoring=scorer)
        found = search.fit(X, y, sample_weight=weights).cv_results_
    assert np.isfinite(found["mean_test_score"]).all()


def test_doubts_about_labels_are_still_said():
    labels = np.arange(60) // 2
    search = GapAwareSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 2]}, cv=2)
    with pytest.warns(UserWarning, match="number of unique classes"):
        search.fit(X, labels)
