import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification

from skoverfit.model_selection import TrainingSet
from skoverfit.model_selection._shared_fits import AskedOnly
from skoverfit.model_selection._shared_fits.families import _external_boosting
from skoverfit.model_selection._shared_fits.families._external_boosting import (
    CatBoostRounds,
    LightGBMRounds,
    XGBoostRounds,
)

X, Y = make_classification(
    150, 6, n_informative=4, n_classes=3, flip_y=0.1, random_state=0
)
QUIET = {"verbose": 0, "allow_writing_files": False}


def assert_exact(family, candidates, **fit_params):
    assert len({family.group_key(candidate) for candidate in candidates}) == 1
    views = list(family.views(candidates, TrainingSet(X, Y, fit_params, (X,))))
    assert len(views) == len(candidates)
    for index, view in views:
        fresh = clone(candidates[index]).fit(X, Y, **fit_params)
        np.testing.assert_array_equal(view.predict(X), fresh.predict(X), strict=True)
        np.testing.assert_array_equal(view.predict_proba(X), fresh.predict_proba(X))
        expected = fresh.feature_importances_
        np.testing.assert_array_equal(view.feature_importances_, expected)


def test_libraries_are_not_imported_for_others():
    code = (
        "import sys, skoverfit\n"
        "from sklearn.svm import SVC\n"
        "from skoverfit.model_selection._shared_fits._contract import find_family\n"
        "find_family(SVC())\n"
        "assert not {'xgboost', 'lightgbm', 'catboost'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    "params",
    [
        {"booster": "dart"},
        {"booster": "gblinear"},
        {"device": "cuda"},
        {"early_stopping_rounds": 3},
        {"random_state": np.random.RandomState(0)},
        {"objective": lambda y, predicted: (predicted - y, np.ones_like(y))},
        {"n_estimators": 0},
        {"n_estimators": None},
    ],
)
def test_xgboost_that_may_differ_is_not_served(params):
    xgboost = pytest.importorskip("xgboost")
    assert not XGBoostRounds().serves(xgboost.XGBRegressor(**params))


@pytest.mark.parametrize("tree_method", ["hist", "approx", "exact"])
def test_xgboost_of_several_classes_on_two_threads(tree_method):
    xgboost = pytest.importorskip("xgboost")
    candidates = [
        xgboost.XGBClassifier(
            n_estimators=k,
            tree_method=tree_method,
            n_jobs=2,
            subsample=0.7,
            num_parallel_tree=2,
        )
        for k in (4, 1, 9)
    ]
    assert all(map(XGBoostRounds().serves, candidates))
    assert_exact(XGBoostRounds(), candidates)


@pytest.mark.parametrize(
    "params",
    [
        {"boosting_type": "dart"},
        {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
        {"early_stopping_round": 3},
        {"num_iterations": 7},
        {"n_jobs": None},
        {"n_jobs": 2},
        {"n_jobs": 2, "force_col_wise": False},
        {"random_state": np.random.RandomState(0)},
        {"objective": lambda y, predicted: (predicted - y, np.ones_like(y))},
        {"n_estimators": -1},
    ],
)
def test_lightgbm_that_may_differ_is_not_served(params):
    lightgbm = pytest.importorskip("lightgbm")
    settings = {"n_jobs": 1, **params}
    assert not LightGBMRounds().serves(lightgbm.LGBMRegressor(**settings))


@pytest.mark.parametrize("way", ["deterministic", "force_col_wise", "force_row_wise"])
def test_lightgbm_of_several_classes_on_two_threads(way):
    lightgbm = pytest.importorskip("lightgbm")
    candidates = [
        lightgbm.LGBMClassifier(n_estimators=k, n_jobs=2, verbose=-1, **{way: True})
        for k in (4, 1, 9)
    ]
    assert all(map(LightGBMRounds().serves, candidates))
    assert_exact(LightGBMRounds(), candidates)


def test_lightgbm_that_finds_no_more_splits():
    lightgbm = pytest.importorskip("lightgbm")
    candidates = [
        lightgbm.LGBMClassifier(
            n_estimators=k, n_jobs=1, verbose=-1, min_child_samples=200
        )
        for k in (1, 5)
    ]
    assert_exact(LightGBMRounds(), candidates)


@pytest.mark.parametrize("n_rows", [20, 45, 60, 100])
@pytest.mark.parametrize("subsample", [0.3, 0.45, 0.6])
def test_lightgbm_that_drops_some_rounds_and_goes_on(n_rows, subsample):
    lightgbm = pytest.importorskip("lightgbm")
    sizes = (3, 10, 25, 40)
    candidates = [
        lightgbm.LGBMClassifier(
            n_estimators=k, n_jobs=1, verbose=-1, subsample=subsample, subsample_freq=1
        )
        for k in sizes
    ]
    data = TrainingSet(X[:n_rows], Y[:n_rows], {}, (X,))
    for index, view in LightGBMRounds().views(candidates, data):
        fresh = clone(candidates[index]).fit(X[:n_rows], Y[:n_rows])
        assert view.booster_.num_trees() == fresh.booster_.num_trees()
        np.testing.assert_array_equal(view.predict_proba(X), fresh.predict_proba(X))
        assert view.n_iter_ == fresh.n_iter_
        assert vars(view).keys() == vars(fresh).keys()


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate": None},  # chosen by the number of rounds
        {"langevin": True},
        {"model_shrink_rate": 0.1},
        {"grow_policy": "Lossguide"},
        {"od_type": "Iter"},
        {"iterations": 0},
        {"iterations": None},
        {"random_seed": "zero"},
    ],
)
def test_catboost_that_may_differ_is_not_served(params):
    catboost = pytest.importorskip("catboost")
    settings = {"iterations": 5, "learning_rate": 0.1, **params}
    given = {name: value for name, value in settings.items() if value is not None}
    assert not CatBoostRounds().serves(catboost.CatBoostClassifier(**given))


@pytest.mark.parametrize("rounds", ["iterations", "n_estimators", "num_boost_round"])
def test_catboost_by_any_name_of_its_rounds(rounds):
    catboost = pytest.importorskip("catboost")
    candidates = [
        catboost.CatBoostClassifier(**{rounds: k}, learning_rate=0.3, **QUIET)
        for k in (3, 1, 6)
    ]
    assert all(map(CatBoostRounds().serves, candidates))
    assert_exact(CatBoostRounds(), candidates)
    for index, view in CatBoostRounds().views(candidates, TrainingSet(X, Y, {}, ())):
        assert view.tree_count_ == candidates[index].get_params()[rounds]
        assert view.get_params() == candidates[index].get_params()


def test_catboost_changes_no_other_default_within_a_group():
    catboost = pytest.importorskip("catboost")
    target = (Y > 0).astype(int)
    sizes = (1, 50, 199, 200, 500, 1000)
    candidates = [
        catboost.CatBoostClassifier(iterations=k, eta=0.3, depth=1, **QUIET)
        for k in sizes
    ]
    defaults = {}
    for candidate in candidates:
        params = clone(candidate).fit(X, target).get_all_params()
        del params["iterations"]
        key = CatBoostRounds().group_key(candidate)
        assert defaults.setdefault(key, params) == params
    assert len(defaults) == 2  # one would be wrong, and more would share too little


def test_rounds_watched_from_outside_are_left_to_themselves():
    xgboost = pytest.importorskip("xgboost")
    candidates = [xgboost.XGBClassifier(n_estimators=k) for k in (1, 2)]
    options = {"eval_set": [(X, Y)]}
    views = XGBoostRounds().views(candidates, TrainingSet(X, Y, options, ()))
    assert list(views) == []


@pytest.mark.parametrize(
    ("library", "name", "family", "options"),
    [
        ("xgboost", "XGBClassifier", XGBoostRounds(), {"num_parallel_tree": 2}),
        ("xgboost", "XGBRegressor", XGBoostRounds(), {}),
        ("lightgbm", "LGBMClassifier", LightGBMRounds(), {"verbose": -1}),
        ("lightgbm", "LGBMRegressor", LightGBMRounds(), {"verbose": -1}),
    ],
)
def test_what_is_only_asked_answers_as_a_fresh_fit_without_one_of_its_own(
    monkeypatch, library, name, family, options
):
    cls = getattr(pytest.importorskip(library), name)
    candidates = [cls(n_estimators=k, n_jobs=1, **options) for k in (7, 1, 12)]
    other = X[::3].copy()
    cut = []
    prefix = type(family).prefix
    monkeypatch.setattr(
        type(family), "prefix", lambda *args: cut.append(args) or prefix(*args)
    )
    views = list(family.views(candidates, AskedOnly(X, Y, {}, (X,))))
    assert len(views) == 3
    for index, view in views:
        fresh = clone(candidates[index]).fit(X, Y)
        methods = [m for m in ("predict", "predict_proba") if hasattr(fresh, m)]
        for rows, n_cut in ((X, 0), (other, len(methods))):
            cut.clear()
            for method in methods:
                answer = getattr(view, method)(rows)
                np.testing.assert_array_equal(answer, getattr(fresh, method)(rows))
            assert len(cut) == n_cut


def leaf_case(kind):
    """Return an estimator of LightGBM, and rows with a target of its kind."""
    lightgbm = pytest.importorskip("lightgbm")
    options = {"random_state": 0, "n_jobs": 1, "verbose": -1}
    if kind in ("regression", "regression_l1", "poisson"):
        return lightgbm.LGBMRegressor(objective=kind, **options), Y + 1.0
    target = Y % 2 if kind == "binary" else Y
    return lightgbm.LGBMClassifier(**options), target


@pytest.mark.parametrize("most", [None, 7 * 150])
@pytest.mark.parametrize(
    "kind", ["binary", "multiclass", "regression", "regression_l1", "poisson"]
)
def test_lightgbm_answers_from_the_leaves(monkeypatch, kind, most):
    model, target = leaf_case(kind)
    if most is not None:  # in parts of a few rounds
        monkeypatch.setattr(_external_boosting, "MAX_LEAVES", most)
    sizes = [1, 2, 9, 30]
    candidates = [clone(model).set_params(n_estimators=size) for size in sizes]
    data = AskedOnly(X, target, {}, (X,))
    n_seen = 0
    for index, view in LightGBMRounds().views(candidates, data):
        fresh = clone(candidates[index]).fit(X, target)
        np.testing.assert_array_equal(view.predict(X), fresh.predict(X), strict=True)
        n_seen += 1
    assert n_seen == len(sizes)


def test_lightgbm_is_asked_where_classes_are_close(monkeypatch):
    model, target = leaf_case("binary")
    monkeypatch.setattr(_external_boosting, "CERTAIN_LEAD", np.inf)
    asked = []
    original = _external_boosting._answer_of_kept

    def spy(*args):
        asked.append(args[1])
        return original(*args)

    monkeypatch.setattr(_external_boosting, "_answer_of_kept", spy)
    candidates = [clone(model).set_params(n_estimators=size) for size in (2, 5)]
    data = AskedOnly(X, target, {}, (X,))
    for index, view in LightGBMRounds().views(candidates, data):
        fresh = clone(candidates[index]).fit(X, target)
        np.testing.assert_array_equal(view.predict(X), fresh.predict(X), strict=True)
    assert asked == ["predict", "predict"]


def test_leaves_are_added_up_again_for_fewer_rounds():
    model, target = leaf_case("regression")
    fitted = clone(model).set_params(n_estimators=20).fit(X, target)
    values = _external_boosting._LeafValues(fitted.booster_)
    sums = _external_boosting._LeafSums(fitted, X, values)
    long, short = sums.after(20).copy(), sums.after(3).copy()
    for n_rounds, own in ((20, long), (3, short)):
        expected = fitted.predict(X, num_iteration=n_rounds)
        np.testing.assert_array_equal(own[0], expected)


def test_a_resized_lightgbm_leaves_the_other_as_it_is():
    model, target = leaf_case("binary")
    model.set_params(min_child_samples=5)
    other = LightGBMRounds().resized(model, "n_estimators", 3)
    assert (model.n_estimators, other.n_estimators) == (100, 3)
    expected = model.get_params() | {"n_estimators": 3}
    assert other.get_params() == expected
    fresh = clone(model).set_params(n_estimators=3).fit(X, target)
    np.testing.assert_array_equal(other.fit(X, target).predict(X), fresh.predict(X))
    assert model.get_params()["n_estimators"] == 100


def margin_case(kind, **options):
    """Return an estimator of XGBoost, and a target of its kind."""
    xgboost = pytest.importorskip("xgboost")
    options = {"random_state": 0, "n_jobs": 1, **options}
    if kind.startswith(("reg:", "count:")):
        return xgboost.XGBRegressor(objective=kind, **options), Y + 1.0
    target = Y % 2 if kind == "binary:logistic" else Y
    return xgboost.XGBClassifier(**options), target


KINDS = ["binary:logistic", "multi:softprob", "reg:squarederror", "count:poisson"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [{}, {"num_parallel_tree": 3, "subsample": 0.7}, {"base_score": 0.3}],
    ids=["plain", "several trees", "base score"],
)
def test_xgboost_goes_on_from_the_margin(kind, options):
    model, target = margin_case(kind, **options)
    sizes = [1, 2, 9, 30, 30]
    candidates = [clone(model).set_params(n_estimators=size) for size in sizes]
    data = AskedOnly(X, target, {}, (X, X[:40].copy()))
    n_seen = 0
    for index, view in XGBoostRounds().views(candidates, data):
        fresh = clone(candidates[index]).fit(X, target)
        for rows in data.rows:
            found, expected = view.predict(rows), fresh.predict(rows)
            np.testing.assert_array_equal(found, expected, strict=True)
        n_seen += 1
    assert n_seen == len(sizes)


def test_xgboost_runs_again_where_classes_are_close(monkeypatch):
    monkeypatch.setattr(_external_boosting, "CERTAIN_MARGIN", np.inf)
    model, target = margin_case("multi:softprob")
    candidates = [clone(model).set_params(n_estimators=size) for size in (2, 5)]
    for index, view in XGBoostRounds().views(
        candidates, AskedOnly(X, target, {}, (X,))
    ):
        fresh = clone(candidates[index]).fit(X, target)
        np.testing.assert_array_equal(view.predict(X), fresh.predict(X), strict=True)
