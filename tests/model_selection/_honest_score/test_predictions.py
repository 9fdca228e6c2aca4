"""Stored predictions, against the estimators and scorers themselves."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import (
    ShuffleSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skoverfit.model_selection import (
    BestScore,
)
from skoverfit.model_selection._honest_score._debias import (
    bootstrap_corrected_score,
)
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    predictions_nbytes,
    response_method_of,
)
from tests.model_selection._honest_score.honest_samples import (
    CV,
    data,
    regression_data,
    searched,
    stored,
)


@pytest.fixture(scope="module")
def plain():
    """A search by accuracy with its predictions."""
    results, splits, X, y = searched()
    store, scorer = stored(results, splits, X, y)
    return results, splits, X, y, store, scorer


# --- stored predictions --------------------------------------------------------------


def test_rows_belong_to_the_first_split_that_tests_them_in_any_order():
    X, y = data()
    cv = ShuffleSplit(4, test_size=0.4, random_state=0)
    results, splits, *_ = searched(cv)
    forth, _ = stored(results, splits, X, y)
    back, _ = stored(results, splits, X, y, order=-1)
    np.testing.assert_array_equal(forth.values, back.values)
    first = np.full(len(y), -1)
    for split in (3, 2, 1, 0):
        first[splits[split][1]] = split
    np.testing.assert_array_equal(forth.split_of_row, first)
    assert (first < 0).any()
    assert forth.is_complete().all()


def test_predictions_are_in_the_form_of_the_estimator(plain):
    results, splits, X, y, store, _ = plain
    expected = np.empty_like(y)
    for train, test in splits:
        model = KNeighborsClassifier(**results["params"][2]).fit(X[train], y[train])
        expected[test] = model.predict(X[test])
    np.testing.assert_array_equal(store.of(2), expected)


def test_labels_may_be_text():
    X, y = data(n_classes=3)
    labels = np.array(["low", "mid", "top"], dtype=object)[y]
    results, splits, X, labels = searched(Xy=(X, labels))
    store, scorer = stored(results, splits, X, labels)
    assert set(store.of(0)) <= {"low", "mid", "top"}
    honest = bootstrap_corrected_score(
        store, labels, results, BestScore(), scorer, n_bootstraps=20
    )
    assert 0.2 < honest.score < results["mean_test_score"].max()


def test_probabilities_of_classes_that_training_rows_lack_are_zero():
    X, y = data(n_classes=3)
    train, test = np.flatnonzero(y != 1), np.flatnonzero(y == 1)
    model = KNeighborsClassifier().fit(X[train], y[train])
    store = PredictionStore("predict_proba", model, y, [(train, test)], 1)
    store.record(0, 0, model.predict_proba(X[test]))
    kept = store.of(0)[test]
    np.testing.assert_array_equal(kept[:, [0, 2]], model.predict_proba(X[test]))
    np.testing.assert_array_equal(kept[:, 1], 0)


def test_responses_that_cannot_be_kept_count_as_missing():
    _X, y = data()
    store = PredictionStore("predict", KNeighborsClassifier(), y, [(y == 0, y == 1)], 4)
    n_test = (y == 1).sum()
    store.record(0, 0, np.ones(n_test, dtype=int))
    store.record(1, 0, np.full(n_test, 7))
    store.record(2, 0, np.ones((n_test, 2)))
    store.record(3, 0, np.array(["a"] * n_test))
    store.record(1, 1, np.ones(n_test, dtype=int))  # beyond the first pass
    assert store.is_complete().tolist() == [True, False, False, False]


def test_the_memory_limit_is_checked_before_anything_is_kept():
    X, y = regression_data()
    splits = list(CV.split(X))
    needed = predictions_nbytes(10, len(y))
    store = PredictionStore("predict", Ridge(), y, splits, 10, max_bytes=needed)
    assert store.values.nbytes == needed
    with pytest.raises(ValueError, match=rf"11 candidates x 90 .*{needed + 720:,}"):
        store.reserve(11)
    with pytest.raises(ValueError, match="store_predictions=7920"):
        PredictionStore("predict", Ridge(), y, splits, 11, max_bytes=needed)


def test_room_for_more_candidates_keeps_what_there_is(plain):
    _results, splits, _X, y, store, _ = plain
    grown = PredictionStore("predict", KNeighborsClassifier(), y, splits, 1)
    for split, (_, test) in enumerate(splits):
        grown.record(0, split, store.of(3)[test])
    grown.reserve(3)
    assert grown.is_complete().tolist() == [True, False, False]
    np.testing.assert_array_equal(grown.of(0), store.of(3))


@pytest.mark.parametrize(
    ("scoring", "estimator", "method"),
    [
        (None, KNeighborsClassifier(), "predict"),
        (None, make_pipeline(StandardScaler(), SVC()), "predict"),
        (None, Ridge(), "predict"),
        ("roc_auc", LogisticRegression(), "decision_function"),
        ("roc_auc", KNeighborsClassifier(), "predict_proba"),
        ("neg_log_loss", LogisticRegression(), "predict_proba"),
        ("f1", LogisticRegression(), "predict"),
    ],
)
def test_response_method(scoring, estimator, method):
    assert response_method_of(check_scoring(estimator, scoring), estimator) == method


class OwnScore(Ridge):
    def score(self, X, y):
        return 1.0


@pytest.mark.parametrize(
    ("scorer", "estimator", "reason"),
    [
        (lambda estimator, X, y: 0.0, Ridge(), "its data"),
        (check_scoring(OwnScore()), OwnScore(), "OwnScore has a score method"),
        (get_scorer("neg_log_loss"), Ridge(), "of which Ridge must have one"),
    ],
)
def test_scorers_that_need_more_than_predictions_are_refused(scorer, estimator, reason):
    with pytest.raises(ValueError, match=reason):
        response_method_of(scorer, estimator)


def test_probabilities_of_several_targets_are_refused():
    y = np.ones((10, 2))
    with pytest.raises(ValueError, match="one target only"):
        PredictionStore("predict_proba", KNeighborsClassifier(), y, [([0], [1])], 1)
