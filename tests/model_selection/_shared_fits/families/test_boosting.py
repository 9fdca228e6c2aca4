from unittest import mock

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits.families._boosting import (
    AdaBoostStages,
    GradientBoostingStages,
)
from skoverfit.model_selection._shared_fits.families._prefixes import RunningSums

X, Y = make_classification(120, 6, n_informative=4, flip_y=0.2, random_state=0)
X_TEST = X[::3] + 0.1
GRADIENT, ADA = GradientBoostingStages(), AdaBoostStages()


def views(family, estimator, sizes, *, y=Y, rows=(X, X_TEST), **fit_params):
    candidates = [clone(estimator).set_params(n_estimators=k) for k in sizes]
    served = dict(family.views(candidates, TrainingSet(X, y, fit_params, rows)))
    return [served[k] for k in range(len(candidates))] if served else []


class Unknown(GradientBoostingClassifier):
    """May do anything with its parameters."""


@pytest.mark.parametrize(
    "estimator",
    [
        GradientBoostingClassifier(),
        GradientBoostingClassifier(random_state=np.random.RandomState(0)),
        GradientBoostingRegressor(random_state=0, warm_start=True),
        GradientBoostingRegressor(random_state=0, n_estimators=0),
        GradientBoostingRegressor(random_state=0, n_estimators=True),
        GradientBoostingRegressor(random_state=0, n_estimators=10.0),
        GradientBoostingClassifier(random_state=0, init=SGDClassifier()),
        Unknown(random_state=0),
        AdaBoostClassifier(random_state=0),
    ],
)
def test_gradient_boosting_that_may_not_be_reproducible_is_not_served(estimator):
    assert not GRADIENT.serves(estimator)


@pytest.mark.parametrize("init", [None, "zero", DummyClassifier(random_state=1)])
def test_gradient_boosting_with_a_seed_is_served(init):
    assert GRADIENT.serves(GradientBoostingClassifier(random_state=0, init=init))


@pytest.mark.parametrize(
    "estimator",
    [
        AdaBoostClassifier(),
        AdaBoostRegressor(random_state=None),
        AdaBoostRegressor(random_state=0, n_estimators="many"),
        GradientBoostingClassifier(random_state=0),
    ],
)
def test_adaboost_without_a_seed_is_not_served(estimator):
    assert not ADA.serves(estimator)


def test_monitored_fits_are_left_to_themselves():
    estimator = GradientBoostingClassifier(random_state=0)
    assert views(GRADIENT, estimator, [2, 5], monitor=lambda *args: False) == []


@pytest.mark.parametrize("subsample", [1.0, 0.5])
def test_trees_and_records_are_those_of_a_fresh_fit(subsample):
    estimator = GradientBoostingClassifier(random_state=3, subsample=subsample)
    for size, view in zip([9, 4], views(GRADIENT, estimator, [9, 4]), strict=True):
        fresh = clone(estimator).set_params(n_estimators=size).fit(X, Y)
        for tree, other in zip(
            view.estimators_.flat, fresh.estimators_.flat, strict=True
        ):
            one, two = tree.tree_.__getstate__(), other.tree_.__getstate__()
            assert one["nodes"].tobytes() == two["nodes"].tobytes()
            np.testing.assert_array_equal(one["values"], two["values"])
        np.testing.assert_array_equal(view.train_score_, fresh.train_score_)
        assert hasattr(view, "oob_score_") == (subsample < 1)
        if subsample < 1:
            assert view.oob_score_ == fresh.oob_score_
            np.testing.assert_array_equal(view.oob_improvement_, fresh.oob_improvement_)


def test_early_stopping_gives_candidates_beyond_it_the_same_fit():
    estimator = GradientBoostingClassifier(
        random_state=0, n_iter_no_change=2, learning_rate=0.5
    )
    short, long, longer = views(GRADIENT, estimator, [3, 80, 100])
    fresh = clone(estimator).set_params(n_estimators=80).fit(X, Y)
    assert short.n_estimators_ == 3
    assert long.n_estimators_ == longer.n_estimators_ == fresh.n_estimators_ < 80
    np.testing.assert_array_equal(long.predict_proba(X), fresh.predict_proba(X))


def test_no_prefix_predicts_stages_that_another_has_predicted():
    """All prefixes together predict with as many stages as the longest one."""
    estimator = GradientBoostingClassifier(random_state=0)
    path = "sklearn.ensemble._gb.predict_stages"
    candidates = [clone(estimator).set_params(n_estimators=k) for k in (7, 2, 5)]
    with mock.patch(path) as stages:
        for _, view in GRADIENT.views(candidates, TrainingSet(X, Y, {}, (X,))):
            view.predict(X)
            view.predict_proba(X)
    assert sum(len(call.args[0]) for call in stages.call_args_list) == 7


def test_sums_go_on_from_a_shorter_prefix_only():
    sums = RunningSums((X,))
    assert sums.resume(X, 5) == (0, None)
    sums.keep(X, 5, "first five")
    assert sums.resume(X, 8) == (5, "first five")
    assert sums.resume(X, 8) == (0, None)  # it was not given back
    sums.keep(X, 8, "first eight")
    assert sums.resume(X, 5) == (0, None)
    assert sums.resume(X_TEST, 8) == (0, None)


def test_an_error_on_the_way_leaves_nothing_half_done():
    estimator = GradientBoostingClassifier(random_state=0)
    candidates = [clone(estimator).set_params(n_estimators=k) for k in (3, 6)]
    served = GRADIENT.views(candidates, TrainingSet(X, Y, {}, (X,)))
    next(served)[1].predict(X)
    _, view = next(served)
    with (
        mock.patch("sklearn.ensemble._gb.predict_stages", side_effect=MemoryError),
        pytest.raises(MemoryError),
    ):
        view.predict(X)
    fresh = clone(candidates[1]).fit(X, Y)
    np.testing.assert_array_equal(view.decision_function(X), fresh.decision_function(X))


def test_adaboost_that_ends_early_keeps_weights_as_many_as_asked_for():
    estimator = AdaBoostClassifier(DecisionTreeClassifier(), random_state=0)
    for size, view in zip([1, 4], views(ADA, estimator, [1, 4]), strict=True):
        fresh = clone(estimator).set_params(n_estimators=size).fit(X, Y)
        assert len(view.estimators_) == len(fresh.estimators_) == 1
        np.testing.assert_array_equal(view.estimator_weights_, fresh.estimator_weights_)
        np.testing.assert_array_equal(view.estimator_errors_, fresh.estimator_errors_)


@pytest.mark.parametrize("depth", [1, 2])
def test_adaboost_of_weak_trees_gives_what_shorter_fits_give(depth):
    X_reg, y_reg = make_regression(120, 6, noise=60.0, random_state=depth)
    estimator = AdaBoostRegressor(
        DecisionTreeRegressor(max_depth=depth), loss="exponential", random_state=0
    )
    candidates = [clone(estimator).set_params(n_estimators=k) for k in (1, 3, 60)]
    rows = (X_reg, X_reg[:20])
    for index, view in ADA.views(candidates, TrainingSet(X_reg, y_reg, {}, rows)):
        fresh = clone(candidates[index]).fit(X_reg, y_reg)
        assert len(view.estimators_) == len(fresh.estimators_)
        for known in rows:
            np.testing.assert_array_equal(view.predict(known), fresh.predict(known))


def test_each_member_of_adaboost_predicts_rows_once():
    estimator = AdaBoostClassifier(LogisticRegression(), random_state=0)
    asked = []
    original = LogisticRegression.predict

    def predict(self, rows):
        asked.append(len(rows))
        return original(self, rows)

    candidates = [clone(estimator).set_params(n_estimators=k) for k in (2, 5, 8)]
    for _, view in ADA.views(candidates, TrainingSet(X, Y, {}, (X_TEST,))):
        with mock.patch.object(LogisticRegression, "predict", predict):
            view.predict(X_TEST)
            view.predict_proba(X_TEST)
    assert asked == [len(X_TEST)] * len(view.estimators_)


def test_adaboost_of_one_class_predicts_by_itself():
    (view,) = views(ADA, AdaBoostClassifier(random_state=0), [2], y=np.zeros(len(Y)))
    assert "predict_proba" not in vars(view)
    np.testing.assert_array_equal(view.predict_proba(X), np.ones((len(X), 1)))


def test_costs_are_numbers_of_stages():
    assert GRADIENT.cost(GradientBoostingClassifier(n_estimators=7)) == 7
    assert ADA.cost(AdaBoostClassifier(n_estimators=3)) == 3
