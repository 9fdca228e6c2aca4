"""Boosting libraries' own names of parameters mean what their parameters mean."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

from skoverfit._capacity._aliases import CATBOOST, as_read, names_in_use, spelling
from skoverfit._capacity._lookup import TABLE, capacity_of
from skoverfit.model_selection._candidates import auto_space
from skoverfit.regularization import (
    EarlyStoppingRegressor,
    RegularizedRegressor,
    with_strength,
)

X, Y = load_diabetes(return_X_y=True)
X, Y = X[:120], Y[:120]
#: By library: the class, and what keeps it quiet and equal from fit to fit.
LIBRARIES = {
    "lightgbm": ("LGBMRegressor", {"n_jobs": 1, "verbose": -1}),
    "xgboost": ("XGBRegressor", {"n_jobs": 1}),
    "catboost": (
        "CatBoostRegressor",
        {"verbose": 0, "allow_writing_files": False, "thread_count": 1},
    ),
}
ROUNDS = {
    "lightgbm": [
        *("num_iterations", "n_iter", "nrounds", "max_iter", "num_tree", "num_round"),
        *("num_trees", "num_rounds", "n_estimators", "num_iteration"),
        "num_boost_round",
    ],
    "xgboost": ["n_estimators"],
    "catboost": ["iterations", "n_estimators", "num_boost_round", "num_trees"],
}
BY_ROUNDS = [(library, name) for library in ROUNDS for name in ROUNDS[library]]


def model(library, **params):
    name, quiet = LIBRARIES[library]
    if library == "catboost" and not {"eta", "learning_rate"} & params.keys():
        params["learning_rate"] = 0.2
    return getattr(pytest.importorskip(library), name)(**quiet, **params)


def n_trees(fitted):
    if hasattr(fitted, "booster_"):
        return fitted.booster_.num_trees()
    if hasattr(fitted, "tree_count_"):
        return fitted.tree_count_
    return fitted.get_booster().num_boosted_rounds()


@pytest.mark.parametrize(("library", "name"), BY_ROUNDS)
@pytest.mark.parametrize("n_iter_no_change", [None, 2])
def test_early_stopping_keeps_as_many_rounds_as_it_reports(
    library, name, n_iter_no_change
):
    boosting = model(library, **{name: 12})
    stopping = EarlyStoppingRegressor(
        boosting, n_iter_no_change=n_iter_no_change, random_state=0
    )
    stopping.fit(X, Y)
    assert stopping.history_["iteration"][-1] <= 12
    if n_iter_no_change is None:
        assert stopping.history_["iteration"][-1] == 12
    assert n_trees(stopping.estimator_) == stopping.n_iter_
    if library != "catboost":  # whose fitted models keep their parameters
        assert as_read(stopping.estimator_)["n_estimators"] == stopping.n_iter_
        assert spelling(stopping.estimator_, "n_estimators") == name


@pytest.mark.parametrize(
    ("library", "own"),
    [
        ("lightgbm", {"early_stopping_rounds": 2}),
        ("lightgbm", {"n_iter_no_change": 2}),
        ("lightgbm", {"boosting": "dart"}),
        ("lightgbm", {"seed": 3, "subsample": 0.9, "subsample_freq": 1}),
        ("xgboost", {"early_stopping_rounds": 2}),
        ("xgboost", {"seed": 3, "subsample": 0.5}),
        ("catboost", {"early_stopping_rounds": 2}),
        ("catboost", {"od_wait": 2, "od_type": "Iter"}),
        ("catboost", {"use_best_model": True, "eta": 0.3}),
    ],
)
def test_early_stopping_goes_before_the_librarys_own(library, own):
    boosting = model(library, **{ROUNDS[library][-1]: 15}, **own)
    stopping = EarlyStoppingRegressor(boosting, n_iter_no_change=None, random_state=0)
    stopping.fit(X, Y)
    assert stopping.history_["iteration"][-1] == 15
    assert n_trees(stopping.estimator_) == stopping.n_iter_
    # Every stage is scored for itself.
    assert len(set(stopping.history_["validation_score"])) > 10


def test_early_stopping_counts_rounds_that_lightgbm_has_kept():
    boosting = model("lightgbm", subsample=0.45, subsample_freq=1, n_estimators=60)
    stopping = EarlyStoppingRegressor(
        boosting, n_iter_no_change=None, restore_best=False, random_state=0
    ).fit(X[:60], Y[:60])
    assert stopping.stopped_by_ == "converged"
    assert n_trees(stopping.estimator_) == stopping.n_iter_ < 60


#: A name of each dial, its own setting there, and the one it must be read as.
DIALS = [
    ("lightgbm", "min_data_in_leaf", 7, "min_child_samples"),
    ("lightgbm", "min_data", 7, "min_child_samples"),
    ("xgboost", "eta", 0.05, "learning_rate"),
    ("catboost", "reg_lambda", 7, "l2_leaf_reg"),
]


@pytest.mark.parametrize(("library", "name", "own", "parameter"), DIALS)
def test_the_dial_turns_a_parameter_by_the_name_that_is_used(
    library, name, own, parameter
):
    rounds = {ROUNDS[library][-1]: 10}
    named, plain = model(library, **rounds, **{name: own}), model(library, **rounds)
    plain.set_params(**{parameter: own})
    for strength in (0.0, 0.3, 0.5, 0.8, 1.0):
        one, other = (
            RegularizedRegressor(each, strength=strength).fit(X, Y)
            for each in (named, plain)
        )
        assert one.settings_[name] == other.settings_[parameter]
        np.testing.assert_array_equal(one.predict(X), other.predict(X))
    spaces = [auto_space(each) for each in (named, plain)]
    assert spaces[0].pop(name) == spaces[1].pop(parameter)
    assert spaces[0] == spaces[1]


@pytest.mark.parametrize("library", LIBRARIES)
def test_fixed_and_turned_parameters_go_by_any_name(library):
    turned, rounds = {"catboost": "reg_lambda", "xgboost": "eta"}, ROUNDS[library][0]
    name = turned.get(library, "min_data_in_leaf")
    params = {name: "dial", rounds: 4}
    fitted = with_strength(model(library), 0.8, params=params).fit(X, Y)
    assert n_trees(fitted.estimator_) == 4
    kept = {spelling(fitted.estimator_, name), spelling(model(library), rounds)}
    assert fitted.settings_.keys() == kept


def test_names_are_read_as_the_libraries_read_them():
    lightgbm = model("lightgbm", num_round=5, eta=0.9, lambda_l2=3.0)
    assert as_read(lightgbm)["n_estimators"] == 5
    assert as_read(lightgbm)["reg_lambda"] == 3.0
    same = model("lightgbm", n_estimators=5, reg_lambda=3.0)  # it overrules eta
    assert as_read(lightgbm)["eta"] == as_read(same)["learning_rate"]
    fits = [each.fit(X, Y).predict(X) for each in (lightgbm, same)]
    np.testing.assert_array_equal(*fits)


@pytest.mark.parametrize("both", [False, True])
def test_xgboosts_names_are_read_as_it_reads_them(both):
    aliases = {"eta": 0.5, "lambda": 2.0, "alpha": 0.25, "min_split_loss": 4.0}
    aliases |= {"seed": 5}
    own = {"learning_rate": 0.125, "reg_lambda": 8.0, "reg_alpha": 16.0, "gamma": 32.0}
    own |= {"random_state": 7}
    boosting = model("xgboost", n_estimators=1, **aliases, **(own if both else {}))
    config = json.loads(boosting.fit(X, Y).get_booster().save_config())["learner"]
    used = config["gradient_booster"]["tree_train_param"] | config["generic_param"]
    for name in ("eta", "lambda", "alpha", "gamma", "seed"):
        alias = "min_split_loss" if name == "gamma" else name
        assert float(used[name]) == as_read(boosting)[alias]


def test_catboosts_names_are_read_as_it_reads_them():
    catboost = pytest.importorskip("catboost")
    for names in CATBOOST:
        for name in names:
            params = catboost.CatBoostRegressor(**{name: 3}).get_params()
            read = as_read(catboost.CatBoostRegressor(**{name: 3}))
            assert read == params | {names[0]: 3}


def test_other_estimators_have_one_name_for_everything():
    assert names_in_use(Ridge(), "alpha") == ["alpha"]
    assert names_in_use(Ridge(), "reg_lambda") == []
    assert spelling(Ridge(), "reg_lambda") == "reg_lambda"
    assert as_read(Ridge(3.0)) == Ridge(3.0).get_params()


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_table_names_parameters_as_the_classes_do(library):
    cls = type(model(library))
    entry = TABLE[f"{library}.{cls.__name__}"]
    assert capacity_of(model(library)) is entry
    for name in entry.parameters:
        assert spelling(model(library), name) == name
