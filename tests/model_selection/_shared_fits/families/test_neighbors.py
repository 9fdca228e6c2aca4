from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families._neighbors import (
    NearestNeighbors,
    _Answers,
)

FAMILY = NearestNeighbors()
SIZES, WEIGHTS = (1, 2, 3, 7, 12), ("uniform", "distance", None)


def group(estimator, sizes=SIZES, weights=WEIGHTS):
    return [
        clone(estimator).set_params(n_neighbors=k, weights=w)
        for k in sizes
        for w in weights
    ]


def views(candidates, X, y, rows):
    """Views by position, one at a time, as a search asks for them."""
    return FAMILY.views(candidates, TrainingSet(X, y, {}, rows))


def assert_exact(candidates, X, y, rows):
    served = []
    for index, view in views(candidates, X, y, rows):
        served.append(index)
        fresh = clone(candidates[index]).fit(X, y)
        for known in rows:
            for name in ("predict", "predict_proba"):
                if hasattr(fresh, name):
                    expected = getattr(fresh, name)(known)
                    actual = getattr(view, name)(known)
                    assert actual.dtype == expected.dtype
                    np.testing.assert_array_equal(actual, expected, strict=True)
    assert sorted(served) == list(range(len(candidates)))


def queries(candidates, X, y, rows, n_rows=False):
    """Numbers of neighbors, or of rows, of all queries for all predictions."""
    asked, original = [], type(candidates[0]).kneighbors

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        asked.append(len(X) if n_rows else n_neighbors or self.n_neighbors)
        return original(self, X, n_neighbors, return_distance)

    with mock.patch.object(type(candidates[0]), "kneighbors", kneighbors):
        for _, view in views(candidates, X, y, rows):
            for known in rows:
                view.predict(known)
    return asked


@pytest.mark.parametrize(
    "params",
    [
        {"n_neighbors": 0},
        {"n_neighbors": 2.0},
        {"n_neighbors": True},
        {"weights": "gaussian"},
        {"weights": 3},
        {"metric": "precomputed"},
        {"metric": lambda a, b: abs(a - b).max()},
        {"metric": "minkowski", "metric_params": {"w": [1.0, 2.0]}},
    ],
)
@pytest.mark.parametrize("cls", [KNeighborsClassifier, KNeighborsRegressor])
def test_what_may_depend_on_more_than_two_rows_is_not_served(cls, params):
    assert not FAMILY.serves(cls(**params))


@pytest.mark.parametrize("weights", ["uniform", "distance", None, np.exp])
def test_weights_are_served(weights):
    assert FAMILY.serves(KNeighborsClassifier(weights=weights))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    algorithm=st.sampled_from(["kd_tree", "ball_tree", "brute"]),
    p=st.sampled_from([1, 2, 3]),
    levels=st.integers(2, 4),
    offset=st.sampled_from([0.0, 1e6]),
)
def test_ties_are_broken_as_by_a_query_for_that_number(
    seed, algorithm, p, levels, offset
):
    """Rows on a coarse grid, many of them equal, with targets of their own."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, levels, (36, 3)) * 0.1 + offset
    rows = (X, np.vstack([X[:5], rng.integers(0, levels, (5, 3)) * 0.1 + offset]))
    settings_ = {"algorithm": algorithm, "p": p, "leaf_size": 4}
    y = rng.integers(0, 3, 36)
    assert_exact(group(KNeighborsClassifier(**settings_)), X, y, rows)
    target = rng.normal(size=36)
    assert_exact(group(KNeighborsRegressor(**settings_)), X, target, rows)


@pytest.mark.parametrize("algorithm", ["auto", "brute"])
@pytest.mark.parametrize("n_features", [3, 20])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_continuous_rows_need_one_query(algorithm, n_features, dtype):
    rng = np.random.default_rng(n_features)
    X = rng.normal(size=(90, n_features)).astype(dtype)
    y, rows = rng.integers(0, 4, 90), (X, X[:30] + dtype(0.01))
    candidates = group(KNeighborsClassifier(algorithm=algorithm))
    assert_exact(candidates, X, y, rows)
    assert queries(candidates, X, y, rows) == [max(SIZES)] * len(rows)


@pytest.mark.parametrize("weights", ["uniform", "distance", np.negative])
def test_equal_neighbors_of_one_class_need_one_query(weights):
    X = np.repeat(np.arange(8.0), 4)[:, np.newaxis]
    y, rows = (X[:, 0] > 3).astype(int), (np.array([[0.1], [6.8]]),)
    estimator = KNeighborsClassifier(algorithm="kd_tree")
    candidates = group(estimator, (1, 3, 4, 6, 12), (weights,))
    assert queries(candidates, X, y, rows) == [12]
    assert_exact(candidates, X, y, rows)


def test_open_choices_that_cannot_change_the_class_need_no_query():
    X = np.array([[0.0], [0.1], [0.2], [1.0], [-1.0], [5.0], [5.1], [9.0]])
    y, rows = np.array([0, 0, 0, 1, 2, 2, 2, 1]), (np.array([[0.0]]),)
    # The fourth neighbor is of class 1 or 2, but three are of class 0.
    estimator = KNeighborsClassifier(algorithm="brute")
    candidates = group(estimator, (1, 4, 7), ("uniform",))
    assert queries(candidates, X, y, rows) == [7]
    assert_exact(candidates, X, y, rows)


@pytest.mark.parametrize(
    ("algorithm", "n_asked"), [("kd_tree", [1, 1, 1]), ("brute", [2, 2])]
)
def test_rows_with_an_open_choice_of_neighbors_are_asked_anew(algorithm, n_asked):
    X = np.array([[0.0], [1.0], [1.0], [1.0], [5.0], [6.0]])
    y, rows = np.array([0, 1, 0, 1, 0, 1]), (np.array([[0.1], [5.6]]),)
    candidates = group(KNeighborsClassifier(algorithm=algorithm), (1, 2, 6))
    asked = queries(candidates, X, y, rows, n_rows=True)
    # Two neighbors of the first row. Brute force asks for all rows again, but not
    # with weights by distance, where the nearest one outvotes any other.
    assert asked == [2, *n_asked]
    assert_exact(candidates, X, y, rows)


def test_auto_changes_the_algorithm_with_the_number_of_neighbors():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 3)), rng.integers(0, 2, 40)
    candidates = group(KNeighborsClassifier(), (1, 19, 20, 40))
    served = dict(views(candidates, X, y, (X,)))
    methods = {candidates[k].n_neighbors: served[k]._fit_method for k in served}
    assert methods == {1: "kd_tree", 19: "kd_tree", 20: "brute", 40: "brute"}
    assert_exact(candidates, X, y, (X,))


def test_more_neighbors_than_rows_are_left_to_fail_by_themselves():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(10, 3)), rng.integers(0, 2, 10)
    candidates = group(KNeighborsClassifier(), (1, 11), ("uniform",))
    assert [index for index, _ in views(candidates, X, y, (X,))] == [0]
    assert list(views(candidates[1:], X, y, (X,))) == []


@pytest.mark.parametrize("metric", ["canberra", "braycurtis"])
def test_trees_serve_metrics_with_exact_bounds_only(metric):
    rng = np.random.default_rng(0)
    X, y = rng.uniform(1, 2, size=(30, 3)), rng.integers(0, 2, 30)
    for algorithm, n_served in [("ball_tree", 0), ("brute", len(SIZES))]:
        estimator = KNeighborsClassifier(metric=metric, algorithm=algorithm)
        candidates = group(estimator, weights=("distance",))
        assert len(list(views(candidates, X, y, (X,)))) == n_served


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_answers_do_not_depend_on_the_order_of_questions(weights):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    candidates = group(KNeighborsClassifier(), weights=(weights,))
    fresh = [clone(candidate).fit(X, y) for candidate in candidates]
    answers = _Answers(fresh[-1], (X,))
    for k in (4, 0, 2, 2, 1, 4):
        for name in ("predict_proba", "predict"):
            expected = getattr(fresh[k], name)(X)
            np.testing.assert_array_equal(answers(name, fresh[k], X), expected)


def test_classes_that_are_refused_with_a_metric_are_refused():
    """Some releases take no text as classes for some metrics."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), np.array(["no", "yes"])[rng.integers(0, 2, 30)]
    estimator = KNeighborsClassifier(algorithm="brute", metric="manhattan")
    ((_, view),) = views([estimator], X, y, (X,))
    try:
        expected = clone(estimator).fit(X, y).predict(X)
    except ValueError:
        with pytest.raises(ValueError, match="invalid literal"):
            view.predict(X)
    else:
        np.testing.assert_array_equal(view.predict(X), expected)
