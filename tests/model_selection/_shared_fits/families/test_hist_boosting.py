from unittest import mock

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families import _hist_boosting
from skoverfit.model_selection._shared_fits.families._hist_boosting import (
    HistGradientBoostingIterations,
)

X, Y = make_classification(160, 6, n_informative=4, flip_y=0.2, random_state=0)
FAMILY = HistGradientBoostingIterations()


def candidates(estimator, sizes):
    return [clone(estimator).set_params(max_iter=k) for k in sizes]


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_features=0.5),
        HistGradientBoostingClassifier(early_stopping=True),
        HistGradientBoostingClassifier(random_state=np.random.RandomState(0)),
        HistGradientBoostingClassifier(random_state=0, warm_start=True),
        HistGradientBoostingClassifier(random_state=0, scoring=lambda *args: 0.0),
        HistGradientBoostingRegressor(max_iter=0),
        HistGradientBoostingRegressor(max_iter=1.5),
    ],
)
def test_fits_that_may_differ_are_not_served(estimator):
    assert not FAMILY.serves(estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(),
        HistGradientBoostingRegressor(early_stopping=False),
        HistGradientBoostingClassifier(random_state=0, max_features=0.5),
        HistGradientBoostingClassifier(random_state=0, early_stopping=True),
    ],
)
def test_fits_that_are_the_same_are_served(estimator):
    assert FAMILY.serves(estimator)


@pytest.mark.parametrize("limit", ["EARLY_STOPPING_ROWS", "BINNING_ROWS"])
def test_large_sets_need_a_seed(monkeypatch, limit):
    monkeypatch.setattr(_hist_boosting, limit, len(X) - 1)
    unseeded = candidates(HistGradientBoostingClassifier(), [1, 2])
    seeded = candidates(HistGradientBoostingClassifier(random_state=0), [1, 2])
    assert list(FAMILY.views(unseeded, TrainingSet(X, Y, {}, ()))) == []
    assert len(list(FAMILY.views(seeded, TrainingSet(X, Y, {}, ())))) == 2


@pytest.mark.parametrize("scoring", ["loss", "roc_auc", None])
def test_early_stopping_is_that_of_shorter_fits(scoring):
    estimator = HistGradientBoostingClassifier(
        random_state=0,
        early_stopping=True,
        n_iter_no_change=3,
        scoring=scoring,
        learning_rate=0.4,
    )
    group = candidates(estimator, [2, 60, 90])
    for index, view in FAMILY.views(group, TrainingSet(X, Y, {}, (X,))):
        fresh = clone(group[index]).fit(X, Y)
        assert view.n_iter_ == fresh.n_iter_ < 60
        np.testing.assert_array_equal(view.train_score_, fresh.train_score_)
        np.testing.assert_array_equal(view.validation_score_, fresh.validation_score_)
        for rows in (X, X[:9]):  # the second are unknown to the family
            expected = fresh.predict_proba(rows)
            np.testing.assert_array_equal(view.predict_proba(rows), expected)


def test_no_prefix_predicts_iterations_that_another_has_predicted():
    group = candidates(HistGradientBoostingClassifier(min_samples_leaf=5), [6, 2, 4])
    iterations = []
    original = HistGradientBoostingClassifier._predict_iterations

    def count(self, rows, predictors, *args, **kwargs):
        iterations.append(len(predictors))
        return original(self, rows, predictors, *args, **kwargs)

    views = FAMILY.views(group, TrainingSet(X, Y, {}, (X,)))
    for index, view in views:
        with mock.patch.object(
            HistGradientBoostingClassifier, "_predict_iterations", count
        ):
            view.predict(X)
            view.predict_proba(X)
        assert view.n_iter_ == group[index].max_iter
    assert sum(iterations) == 6


def test_costs_are_numbers_of_iterations():
    assert FAMILY.cost(HistGradientBoostingClassifier(max_iter=30)) == 30
