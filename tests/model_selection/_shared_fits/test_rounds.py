"""Which parameter is a number of rounds, and what keeps one fit from giving all."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.model_selection._shared_fits import (
    obstacle,
    resized,
    rounds_family,
)

X = np.zeros((30, 2))
BOOSTING = GradientBoostingClassifier(random_state=0)


class Own(GradientBoostingClassifier):
    """May do anything with its rounds."""


@pytest.mark.parametrize(
    ("estimator", "parameter"),
    [
        (GradientBoostingClassifier(), "n_estimators"),
        (AdaBoostClassifier(), "n_estimators"),
        (AdaBoostRegressor(), "n_estimators"),
        (HistGradientBoostingClassifier(warm_start=True), "max_iter"),
    ],
)
def test_rounds_are_known_whatever_the_settings(estimator, parameter):
    family = rounds_family(estimator, parameter)
    assert family.knows(estimator)
    assert family.default_size == estimator.get_params()[parameter]


@pytest.mark.parametrize(
    ("estimator", "parameter"),
    [
        (GradientBoostingClassifier(), "max_depth"),
        (HistGradientBoostingClassifier(), "n_estimators"),
        (BaggingClassifier(), "n_estimators"),
        (Own(), "n_estimators"),
        (None, "n_estimators"),
    ],
)
def test_nothing_else_is(estimator, parameter):
    assert rounds_family(estimator, parameter) is None


def behind(step, *, n_levels=1):
    for _ in range(n_levels):
        step = Pipeline([("scale", StandardScaler()), ("last", step)])
    return step


@pytest.mark.parametrize("n_levels", [0, 1, 2])
def test_the_last_step_of_pipelines_has_no_obstacle(n_levels):
    pipe = behind(BOOSTING, n_levels=n_levels)
    leaf = pipe.get_params()["__".join(["last"] * n_levels)] if n_levels else pipe
    family = rounds_family(BOOSTING, "n_estimators")
    weights = {"last__sample_weight": np.ones(30)}
    assert obstacle(pipe, family, leaf, X, weights) is None


def obstacle_of(leaf, estimator=None, parameter="n_estimators", X=X, **fit_params):
    family = rounds_family(leaf, parameter)
    estimator = leaf if estimator is None else estimator
    return obstacle(estimator, family, leaf, X, fit_params)


def test_what_is_in_the_way_is_said():
    assert "to be what is searched" in obstacle_of(
        BOOSTING, OneVsRestClassifier(BOOSTING)
    )
    unseeded = GradientBoostingClassifier()
    assert "random_state=<int>" in obstacle_of(unseeded)
    assert "no monitor" in obstacle_of(BOOSTING, clf__monitor=print)
    in_place = Pipeline([("scale", StandardScaler(copy=False)), ("last", BOOSTING)])
    assert "copy=True" in obstacle_of(BOOSTING, in_place)
    random = Pipeline([("first", GradientBoostingClassifier()), ("last", BOOSTING)])
    assert "every part that draws" in obstacle_of(BOOSTING, random)


def test_seeds_are_needed_where_rows_are_many():
    many = np.zeros((10_001, 1))
    for model in (HistGradientBoostingClassifier(), HistGradientBoostingRegressor()):
        assert obstacle_of(model, parameter="max_iter") is None
        assert "10,000 rows" in obstacle_of(model, parameter="max_iter", X=many)
        seeded = model.set_params(random_state=0)
        assert obstacle_of(seeded, parameter="max_iter", X=many) is None


def of_library(module, name, **params):
    return getattr(pytest.importorskip(module), name)(**params)


@pytest.mark.parametrize(
    ("make", "parameter"),
    [
        (lambda: BOOSTING, "n_estimators"),
        (lambda: AdaBoostRegressor(BOOSTING), "n_estimators"),
        (HistGradientBoostingRegressor, "max_iter"),
        (
            lambda: of_library("xgboost", "XGBClassifier", max_depth=2, gamma=1),
            "n_estimators",
        ),
        (
            lambda: of_library("lightgbm", "LGBMClassifier", verbose=-1),
            "n_estimators",
        ),
    ],
)
@pytest.mark.parametrize("n_levels", [0, 2])
def test_another_size_is_that_of_a_clone(make, parameter, n_levels):
    model = behind(clone(make()).set_params(**{parameter: 7}), n_levels=n_levels)
    name = "last__" * n_levels + parameter
    before = model.get_params(deep=False)
    other = resized(model, name, 3)
    expected = clone(model).set_params(**{name: 3})
    assert repr(other) == repr(expected)
    assert other.get_params()[name] == 3
    assert vars(last_of(other)).keys() == vars(last_of(expected)).keys()
    assert model.get_params()[name] == 7
    assert all(value is before[key] for key, value in model.get_params(False).items())


def last_of(model):
    return last_of(model.steps[-1][1]) if isinstance(model, Pipeline) else model


def test_some_take_a_clone():
    catboost = of_library("catboost", "CatBoostClassifier", iterations=7)
    assert resized(catboost, "iterations", 3) is None
    assert resized(behind(catboost), "last__iterations", 3) is None
    assert resized(OneVsRestClassifier(BOOSTING), "estimator__n_estimators", 3) is None
    assert resized(BaggingClassifier(), "n_estimators", 3) is None
