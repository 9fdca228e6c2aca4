"""The best number of rounds in a space: as a grid over the numbers, row by row."""

import pickle
from functools import cache

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as make_resampled
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import (
    BestScore,
    MaxGap,
    PenalizedGap,
    Racing,
    Refinement,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)
from skoverfit.model_selection._rounds import RATIO, numbers_up_to
from skoverfit.model_selection._sampling import _OptunaSource

X, y = make_classification(150, 6, flip_y=0.15, random_state=0)
MOST = 10
BOOSTING = GradientBoostingClassifier(n_estimators=MOST, random_state=0)
PIPE = Pipeline([("scale", StandardScaler()), ("clf", BOOSTING)])
RATES = {"clf__learning_rate": [0.05, 0.4]}
ROUNDS = "clf__n_estimators"
BEST = {ROUNDS: "best", **RATES}
LISTED = {ROUNDS: numbers_up_to(MOST), **RATES}
TIMES = ("fit_time", "score_time")


def search(space=BEST, estimator=PIPE, **options):
    options = {"cv": 3, "selection": BestScore(), **options}
    return GapAwareSearchCV(estimator, space, **options).fit(X, y)


@cache
def plain_search():
    """The same for all tests, which only look at it."""
    return search()


def same_columns(ours, theirs, keys=None):
    for key in keys or theirs:
        if key not in ("params", "candidate") and not key.endswith(TIMES):
            assert_array_equal(np.asarray(ours[key]), np.asarray(theirs[key]), key)


def rows_of(results, rows):
    """Results of some candidates; a list stays a list."""
    return {
        key: [column[row] for row in rows] if key == "params" else column[rows]
        for key, column in results.items()
        if not key.startswith("rank")
    }


def test_rounds_are_those_of_a_grid_over_the_numbers_by_argmax_in_each_row():
    ours = plain_search()
    theirs = GridSearchCV(PIPE, LISTED, cv=3, return_train_score=True).fit(X, y)
    staged = ours.staged_results_
    in_order = [theirs.cv_results_["params"].index(p) for p in staged["params"]]
    for key, column in theirs.cv_results_.items():
        if not (key == "params" or key.startswith("rank") or key.endswith(TIMES)):
            assert_array_equal(staged[key], column[in_order], key)
    assert len(ours.cv_results_["params"]) == 2
    for setting, params in enumerate(ours.cv_results_["params"]):
        group = np.flatnonzero(staged["candidate"] == setting)
        best = group[np.argmax(staged["mean_test_score"][group])]
        assert staged["mean_test_score"][best] == staged["mean_test_score"][group].max()
        assert params == staged["params"][best]
        shown = rows_of(ours.cv_results_, [setting])
        same_columns(shown, rows_of(staged, [best]), shown)
    assert ours.best_score_ == theirs.best_score_
    assert ours.best_params_ == ours.cv_results_["params"][ours.best_index_]
    again = clone(PIPE).set_params(**ours.best_params_).fit(X, y)
    assert_array_equal(ours.predict_proba(X), again.predict_proba(X))
    assert ours.shared_fits_.by_family == {
        "gradient boosting stages": 6 * len(LISTED[ROUNDS])
    }


def chosen_by_hand(results):
    return int(np.argmax(results["mean_test_score"] - results["mean_gap_score"]))


@pytest.mark.parametrize(
    "rule",
    [
        BestScore(),
        PenalizedGap(0.5),
        SmallestGapWithinNoise(1.0),
        MaxGap(0.08),
        chosen_by_hand,
    ],
)
def test_the_rule_itself_chooses_the_rounds_of_each_row(rule):
    ours = search(selection=rule)
    staged = ours.staged_results_
    for setting, params in enumerate(ours.cv_results_["params"]):
        group = np.flatnonzero(staged["candidate"] == setting)
        assert params == staged["params"][group[rule(rows_of(staged, group))]]
    assert rule(ours.cv_results_) == ours.best_index_


def test_a_rule_that_compares_rows_sees_those_of_each_row():
    rule = SmallestGapByPairedTest(0.2)
    ours, theirs = (
        search({ROUNDS: rounds, "clf__learning_rate": [0.4]}, selection=rule)
        for rounds in ("best", LISTED[ROUNDS])
    )
    assert ours.best_params_ == theirs.best_params_
    assert ours.debiased_score_ == theirs.debiased_score_


@pytest.mark.parametrize("store", [False, True])
@pytest.mark.parametrize("rule", [BestScore(), PenalizedGap(0.3)])
def test_the_honest_score_counts_rounds_among_what_was_chosen(rule, store):
    ours, theirs = (
        search(space, selection=rule, store_predictions=store)
        for space in (BEST, LISTED)
    )
    assert ours.debiased_score_ == theirs.debiased_score_
    assert ours.debiased_score_interval_ == theirs.debiased_score_interval_
    assert max(ours.honest_score_.chosen) < 2


def test_predictions_are_those_of_the_rows_shown():
    ours = search(store_predictions=True, scoring="neg_log_loss")
    assert len(ours.predictions_.values) == 2
    for setting, params in enumerate(ours.cv_results_["params"]):
        model = clone(PIPE).set_params(**params)
        expected = cross_val_predict(model, X, y, cv=3, method="predict_proba")
        assert_array_equal(ours.predictions_.of(setting), expected)


def first(results):
    return 0


def test_the_path_tells_what_fewer_rounds_cost():
    ours = search({ROUNDS: "best"}, selection=first)
    path, staged = ours.selection_path_, ours.staged_results_
    assert (path.index, path.argmax_index) == (0, 0)
    assert path.argmax_params[ROUNDS] > path.params[ROUNDS]
    paid = staged["mean_test_score"].max() - ours.best_score_
    assert path.test_score_paid == paid > 0
    argmax = np.argmax(staged["mean_test_score"])
    assert path.gap_saved == staged["mean_gap_score"][argmax] - ours.best_gap_


TREE = DecisionTreeClassifier(max_depth=2)


@pytest.mark.parametrize(
    ("model", "rounds"),
    [
        # Behind a sampler the number of rows, on which its seed hangs, is unknown.
        (HistGradientBoostingClassifier(max_iter=9, random_state=0), "max_iter"),
        (AdaBoostClassifier(TREE, n_estimators=9, random_state=0), "n_estimators"),
    ],
)
def test_classifiers_in_a_pipeline_with_a_sampler(model, rounds):
    pipe = make_resampled(RandomOverSampler(random_state=0), SelectKBest(k=4), model)
    prefix = f"{type(model).__name__.lower()}__"
    rest = {prefix + "learning_rate": [0.1, 0.5], "selectkbest__k": [2, 4]}
    ours = search({prefix + rounds: "best", **rest}, pipe)
    listed = search({prefix + rounds: numbers_up_to(9), **rest}, pipe)
    assert ours.best_score_ == listed.best_score_
    assert_array_equal(
        np.sort(ours.staged_results_["mean_test_score"]),
        np.sort(listed.cv_results_["mean_test_score"]),
    )
    assert sum(ours.shared_fits_.by_family.values()) == ours.shared_fits_.n_evaluations


@pytest.mark.parametrize(
    ("model", "rounds"),
    [
        (GradientBoostingRegressor(n_estimators=9, random_state=0), "n_estimators"),
        (HistGradientBoostingRegressor(max_iter=9), "max_iter"),
        (
            AdaBoostRegressor(
                DecisionTreeRegressor(max_depth=2), n_estimators=9, random_state=0
            ),
            "n_estimators",
        ),
    ],
)
def test_regressors(model, rounds):
    target = make_regression(150, 6, noise=50.0, random_state=0)
    ours, theirs = (
        GapAwareSearchCV(model, {rounds: values}, selection=BestScore(), cv=3)
        for values in ("best", numbers_up_to(9))
    )
    ours.fit(*target), theirs.fit(*target)
    assert ours.best_params_ == theirs.best_params_
    same_columns(ours.staged_results_, theirs.cv_results_)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_epochs_of_a_neural_network():
    network = MLPClassifier(4, max_iter=9, batch_size=20, random_state=0)
    pipe = Pipeline([("scale", StandardScaler()), ("clf", network)])
    rest = {"clf__learning_rate_init": [0.001, 0.1]}
    ours = search({"clf__max_iter": "best", **rest}, pipe)
    alone = {"clf__max_iter": numbers_up_to(9), **rest}
    listed = search(alone, pipe, share_fits=False)
    staged = ours.staged_results_
    where = [listed.cv_results_["params"].index(p) for p in staged["params"]]
    for side in ("test", "train"):
        key = f"mean_{side}_score"
        assert_array_equal(staged[key], listed.cv_results_[key][where])
    assert ours.best_params_["clf__max_iter"] < 9
    shared = ours.shared_fits_
    assert shared.by_family == {"neural network epochs": shared.n_evaluations}


@pytest.mark.parametrize(
    ("library", "name", "rounds", "options"),
    [
        ("xgboost", "XGBClassifier", "n_estimators", {"n_estimators": 9}),
        (
            "lightgbm",
            "LGBMClassifier",
            "n_estimators",
            {"n_estimators": 9, "n_jobs": 1, "verbose": -1},
        ),
        (
            "catboost",
            "CatBoostClassifier",
            "iterations",
            {"iterations": 9, "verbose": 0, "allow_writing_files": False},
        ),
    ],
)
def test_other_libraries_behind_a_step_that_they_know_nothing_of(
    library, name, rounds, options
):
    model = getattr(pytest.importorskip(library), name)(**options, random_state=0)
    pipe = Pipeline([("scale", StandardScaler()), ("clf", model)])
    rest = {"clf__learning_rate": [0.1, 0.5]}
    ours = search({f"clf__{rounds}": "best", **rest}, pipe)
    listed = search({f"clf__{rounds}": numbers_up_to(9), **rest}, pipe)
    staged = ours.staged_results_
    where = [listed.cv_results_["params"].index(p) for p in staged["params"]]
    for side in ("test", "train"):
        key = f"mean_{side}_score"
        assert_array_equal(staged[key], listed.cv_results_[key][where])
    assert ours.best_score_ == listed.best_score_
    assert ours.shared_fits_.by_family.keys() == {
        {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}[library]
        + " rounds"
    }


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_numbers_that_a_library_leaves_open_end_at_its_own_default(library):
    name = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    cls = getattr(pytest.importorskip(library), name)
    quiet = {"n_jobs": 1} | ({"verbose": -1} if library == "lightgbm" else {})
    ours = search({"n_estimators": "best"}, cls(max_depth=1, **quiet), cv=2)
    assert max(p["n_estimators"] for p in ours.staged_results_["params"]) == 100


@pytest.mark.parametrize("options", [{"share_fits": False}, {"n_jobs": 2}])
def test_results_do_not_depend_on_how_they_are_made(options):
    expected, ours = plain_search(), search(**options)
    same_columns(ours.staged_results_, expected.staged_results_)
    assert ours.cv_results_["params"] == expected.cv_results_["params"]
    assert ours.debiased_score_ == expected.debiased_score_


def test_a_search_goes_on_from_its_journal(tmp_path, monkeypatch):
    expected = search(journal=tmp_path / "journal")

    def fails(self, *args, **params):
        raise AssertionError("fitted again")

    monkeypatch.setattr(GradientBoostingClassifier, "fit", fails)
    again = search(journal=tmp_path / "journal", refit=False)
    same_columns(again.staged_results_, expected.staged_results_)
    same_columns(again.cv_results_, expected.cv_results_)


def test_racing_drops_rows_with_all_their_rounds():
    rates = {"clf__learning_rate": [0.3, 0.2, 1e-6, 1e-5]}
    ours = search({ROUNDS: "best", **rates}, cv=6, racing=Racing(0.5))
    n_run, staged = ours.cv_results_["n_splits_run"], ours.staged_results_
    assert n_run.min() < 6 == n_run[ours.best_index_]
    for setting in range(4):
        own = staged["n_splits_run"][staged["candidate"] == setting]
        assert set(own) == {n_run[setting]}
    dropped = int(np.argmin(n_run))
    assert np.isnan(ours.cv_results_["mean_test_score"][dropped])
    group = np.flatnonzero(staged["candidate"] == dropped)
    means = [
        np.mean([staged[f"split{k}_test_score"][row] for k in range(n_run.min())])
        for row in group
    ]
    shown = ours.cv_results_["params"][dropped]
    assert shown == staged["params"][group[np.argmax(means)]]


def test_refinement_repeats_rows_at_their_rounds():
    cv = KFold(3, shuffle=True, random_state=0)
    first = search(cv=cv)
    ours = search(cv=cv, refine=Refinement(2, n_se=3.0, adaptive=False))
    results, staged = ours.cv_results_, ours.staged_results_
    assert results["params"] == first.cv_results_["params"]
    repeated = np.isfinite(results["refined_mean_test_score"])
    assert repeated.sum() == 2
    assert repeated[ours.best_index_]
    again = [
        staged["params"][row]
        for row in np.flatnonzero(np.isfinite(staged["refined_mean_test_score"]))
    ]
    assert again == [results["params"][row] for row in np.flatnonzero(repeated)]
    assert ours.best_score_ == np.nanmax(results["refined_mean_test_score"])
    assert np.isfinite(ours.debiased_score_)


def test_a_sampler_asks_for_rows_and_is_told_the_best_of_each(monkeypatch):
    pytest.importorskip("optuna")
    told = []
    tell = _OptunaSource.tell
    monkeypatch.setattr(
        _OptunaSource,
        "tell",
        lambda self, values: (told.extend(values), tell(self, values)),
    )
    space = {ROUNDS: "best", "clf__learning_rate": loguniform(0.01, 1.0)}
    ours = search(space, sampler="tpe", n_iter=10, random_state=0)
    assert len(ours.cv_results_["params"]) == 10
    assert_allclose(told, ours.cv_results_["mean_test_score"][: len(told)])
    assert len(told) >= 8


def test_a_row_that_is_sampled_again_is_not_fitted_again(monkeypatch):
    pytest.importorskip("optuna")
    fits = []
    fit = GradientBoostingClassifier.fit
    monkeypatch.setattr(
        GradientBoostingClassifier,
        "fit",
        lambda self, *args, **params: fits.append(1) or fit(self, *args, **params),
    )
    space = {ROUNDS: "best", "clf__learning_rate": [0.1]}
    ours = search(space, sampler="random", n_iter=16, random_state=0)
    assert len(fits) == 3 + 1
    assert len(set(map(str, ours.cv_results_["params"]))) == 1


def test_sampled_rows_have_free_rounds():
    space = {ROUNDS: "best", "clf__learning_rate": loguniform(0.01, 1.0)}
    ours = search(space, n_iter=3, random_state=0)
    assert len(ours.cv_results_["params"]) == 3
    assert len(ours.staged_results_["params"]) == 3 * len(LISTED[ROUNDS])


def test_of_several_metrics_the_one_selected_by_chooses_the_rounds():
    scoring = ["accuracy", "neg_log_loss"]
    for metric in scoring:
        ours = search(scoring=scoring, refit=metric)
        staged = ours.staged_results_
        for setting, params in enumerate(ours.cv_results_["params"]):
            group = np.flatnonzero(staged["candidate"] == setting)
            best = group[np.argmax(staged[f"mean_test_{metric}"][group])]
            assert params == staged["params"][best]


def test_of_several_metrics_one_must_be_named():
    with pytest.raises(ValueError, match=r"name one of \['accuracy', 'f1'\]"):
        search(scoring=["accuracy", "f1"], refit=False)


def test_metadata_reach_every_number_of_rounds():
    weights = np.random.default_rng(0).uniform(size=len(y))
    ours, theirs = (
        GapAwareSearchCV(PIPE, space, cv=3).fit(X, y, clf__sample_weight=weights)
        for space in ({ROUNDS: "best"}, {ROUNDS: LISTED[ROUNDS]})
    )
    same_columns(ours.staged_results_, theirs.cv_results_)
    assert "gradient boosting stages" in ours.shared_fits_.by_family


def test_a_scorer_of_unknown_code_gives_the_same():
    def accuracy(estimator, rows, target):
        return float(np.mean([estimator][0].predict(rows) == target))

    ours = search({ROUNDS: "best"}, scoring=accuracy)
    expected = search({ROUNDS: "best"})
    same_columns(ours.staged_results_, expected.staged_results_)


def test_spaces_may_have_rounds_of_different_estimators():
    hist = HistGradientBoostingClassifier(max_iter=5)
    spaces = [
        {"clf": [BOOSTING], ROUNDS: "best"},
        {"clf": [hist], "clf__max_iter": "best", "clf__learning_rate": [0.1, 0.2]},
        {"clf": [RandomForestClassifier(random_state=0)], ROUNDS: [3, 5]},
    ]
    ours = search(spaces)
    staged = ours.staged_results_
    assert np.bincount(staged["candidate"]).tolist() == [8, 5, 5, 1, 1]
    assert ours.best_score_ == staged["mean_test_score"].max()


def test_a_row_whose_fits_fail_is_not_chosen():
    with pytest.warns() as caught:
        ours = search({ROUNDS: "best", "clf__learning_rate": [-1.0, 0.1]})
    texts = [str(each.message) for each in caught]
    assert sum("24 fits failed" in text for text in texts) == 1
    assert sum("test scores are non-finite" in text for text in texts) == 1
    assert np.isnan(ours.cv_results_["mean_test_score"][0])
    assert ours.best_index_ == 1


def test_a_rule_that_fails_leaves_the_results():
    def fails(results):
        raise RuntimeError("no")

    ours = GapAwareSearchCV(PIPE, BEST, cv=3, selection=fails)
    with pytest.raises(RuntimeError, match="no"):
        ours.fit(X, y)
    assert ours.cv_results_["params"] == plain_search().cv_results_["params"]


def test_a_fitted_search_can_be_pickled():
    ours = search(store_predictions=True)
    again = pickle.loads(pickle.dumps(ours))
    assert_array_equal(again.predict(X), ours.predict(X))
    same_columns(again.staged_results_, ours.staged_results_)


def test_a_list_with_the_word_is_a_value():
    tree = DecisionTreeClassifier(random_state=0)
    ours = search({"splitter": ["best", "random"]}, tree)
    assert not hasattr(ours, "staged_results_")
    assert len(ours.cv_results_["params"]) == 2


@pytest.mark.parametrize("most", [1, 2, 7, 100, 1000])
def test_numbers_begin_at_one_end_at_the_most_and_leave_no_wide_gap(most):
    numbers = np.array(numbers_up_to(most))
    assert numbers[0] == 1
    assert numbers[-1] == most
    steps = np.diff(numbers)
    assert (steps >= 1).all()
    assert (steps <= np.maximum(1, (RATIO - 1) * numbers[1:] + 1)).all()


UNSEEDED = GradientBoostingClassifier(n_estimators=5)


@pytest.mark.parametrize(
    ("estimator", "space", "message"),
    [
        (PIPE, {"clf__max_depth": "best"}, r"is none of GradientBoostingClassifier"),
        (PIPE, {"no__n_estimators": "best"}, r"is none of what is not there"),
        (
            RandomForestClassifier(),
            {"n_estimators": "best"},
            r"is none of RandomForestClassifier. It is allowed for n_estimators of",
        ),
        (SGDClassifier(), {"max_iter": "best"}, r"is none of SGDClassifier"),
        (UNSEEDED, {"n_estimators": "best"}, r"random_state=<int>"),
        (
            GradientBoostingClassifier(n_estimators=0, random_state=0),
            {"n_estimators": "best"},
            r"up to 0.*whole number",
        ),
        (
            OneVsRestClassifier(BOOSTING),
            {"estimator__n_estimators": "best"},
            r"to be what is searched, or the last step of a Pipeline",
        ),
        (
            BaggingClassifier(BOOSTING, random_state=0),
            {"estimator__n_estimators": "best"},
            r"the last step of a Pipeline",
        ),
        (
            Pipeline([("over", RandomForestClassifier()), ("clf", BOOSTING)]),
            {"clf__n_estimators": "best"},
            r"random_state=<int> in every part",
        ),
        (
            Pipeline([("scale", StandardScaler(copy=False)), ("clf", BOOSTING)]),
            {"clf__n_estimators": "best"},
            r"copy=True",
        ),
        (
            Pipeline([("a", BOOSTING), ("clf", BOOSTING)]),
            {"clf__n_estimators": "best", "a__n_estimators": "best"},
            r"one fit gives the best number of rounds of one estimator",
        ),
    ],
)
def test_bad_spaces_are_refused_before_any_fit(estimator, space, message):
    with pytest.raises(ValueError, match=message):
        GapAwareSearchCV(estimator, space).fit(X, y)


def test_other_libraries_say_what_they_need():
    dart = pytest.importorskip("xgboost").XGBClassifier(booster="dart")
    with pytest.raises(ValueError, match="booster='gbtree'"):
        search({"n_estimators": "best"}, dart)
    rounds = pytest.importorskip("lightgbm").LGBMClassifier()
    with pytest.raises(ValueError, match="n_jobs=1"):
        search({"n_estimators": "best"}, rounds)
    own_rate = pytest.importorskip("catboost").CatBoostClassifier()
    with pytest.raises(ValueError, match="a learning_rate"):
        search({"iterations": "best"}, own_rate)


def test_foreign_steps_are_shared_where_they_are_equal():
    pipe = Pipeline([("half", FunctionTransformer(np.sqrt)), ("clf", BOOSTING)])
    ours = GapAwareSearchCV(pipe, {ROUNDS: "best"}, cv=3).fit(np.abs(X), y)
    assert ours.shared_fits_.n_steps_fitted == 3


def test_scores_of_which_greater_is_better_only():
    loss = make_scorer(lambda a, b: np.mean(a != b), greater_is_better=False)
    assert search(scoring=loss).best_params_ == plain_search().best_params_


def test_a_committee_is_of_the_rows_at_their_rounds():
    ours = search(committee=True)
    shown = [{k: [v] for k, v in p.items()} for p in ours.cv_results_["params"]]
    listed = search(shown, committee=True)
    assert_array_equal(ours.predict_proba(X), listed.predict_proba(X))
    assert ours.selection_path_.committee.n_fitted_again == 0
