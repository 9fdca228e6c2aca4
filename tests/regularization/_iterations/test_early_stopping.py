"""Early stopping: what is watched, when it stops, what is kept, what is refused."""

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingRegressor,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Lasso, LogisticRegression, Ridge, SGDClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ParameterGrid,
    ShuffleSplit,
    TimeSeriesSplit,
    check_cv,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import GapAwareSearchCV
from skoverfit.diagnosis import TrainingCurveDisplay
from skoverfit.regularization import EarlyStoppingClassifier, EarlyStoppingRegressor

WINE = load_wine(return_X_y=True)
CANCER = tuple(part[:250] for part in load_breast_cancer(return_X_y=True))
DIABETES = tuple(part[:200] for part in load_diabetes(return_X_y=True))


class Scripted(RegressorMixin, BaseEstimator):
    """Its scores are a script; it counts how often it was trained."""

    def __init__(self, script=(), max_iter=1000):
        self.script = script
        self.max_iter = max_iter

    def fit(self, X, y):
        raise AssertionError("fitted from scratch")

    def partial_fit(self, X, y):
        self.n_calls_ = getattr(self, "n_calls_", 0) + 1
        self.n_rows_ = len(X)
        self.orders_ = [*getattr(self, "orders_", []), tuple(np.ravel(X))]
        return self

    def predict(self, X):
        return np.zeros(len(X))


def scripted_score(estimator, X, y):
    """Validation rows have targets of 1, training rows of 0."""
    score = estimator.script[estimator.n_calls_ - 1]
    return score if np.all(y == 1) else score + 0.1 * estimator.n_calls_


def run_script(script, **params):
    X = np.arange(20.0)[:, None]
    model = EarlyStoppingRegressor(
        Scripted(tuple(script)),
        validation=(np.ones((5, 1)), np.ones(5)),
        scoring=scripted_score,
        random_state=0,
        **{"max_iter": len(script)} | params,
    )
    return model.fit(X, np.zeros(20))


# ------------------------------------------------------------------- when it stops


@pytest.mark.parametrize(
    ("script", "params", "best", "fitted", "reason"),
    [
        ([1, 2, 3, 2, 2, 9], {"n_iter_no_change": 2}, 3, 5, "n_iter_no_change"),
        ([1, 2, 3, 2, 4, 0, 0, 9], {"n_iter_no_change": 2}, 5, 7, "n_iter_no_change"),
        (
            [1, 1, 1, 9],
            {"n_iter_no_change": 2},
            1,
            3,
            "n_iter_no_change",
        ),  # equal is not better
        (
            [1, 1.4, 1.8, 2.2, 3.0],
            {"n_iter_no_change": 2, "tol": 0.5},
            5,
            5,
            "max_iter",
        ),
        (
            [1, 1.5, 1.5, 9],
            {"n_iter_no_change": 2, "tol": 0.5},
            1,
            3,
            "n_iter_no_change",
        ),
        ([3, 2, 1, 9], {"n_iter_no_change": None}, 4, 4, "max_iter"),
        ([1, 2, 3], {"n_iter_no_change": 5}, 3, 3, "max_iter"),
        (
            [0, 1, 0, 2, 0, 1, 0, 1, 9, 9],
            {"n_iter_no_change": 3, "step": 2},
            4,
            8,
            "n_iter_no_change",
        ),
        ([np.nan, 1, 2, 1, 1], {"n_iter_no_change": 2}, 3, 5, "n_iter_no_change"),
        # The gap grows by 0.1 with each iteration.
        ([1, 2, 3, 2, 4, 3, 9], {"max_gap": 0.45}, 5, 6, "max_gap"),
        ([1, 2, 3, 4, 5], {"max_gap": 0.0}, 5, 5, "max_iter"),  # still improving
    ],
)
def test_scripts(script, params, best, fitted, reason):
    model = run_script(script, **params)
    assert (model.best_iteration_, model.history_["iteration"][-1]) == (best, fitted)
    assert model.stopped_by_ == reason
    assert model.best_score_ == script[best - 1]
    # The model that was watched is taken back to the best iteration, not trained anew.
    assert model.estimator_.n_calls_ == best
    step = params.get("step", 1)
    assert model.history_["iteration"] == list(range(step, fitted + 1, step))


def test_last_iteration_is_kept_on_request():
    model = run_script([1, 2, 1, 1], n_iter_no_change=2, restore_best=False)
    assert (model.best_iteration_, model.n_iter_) == (2, 4)
    assert model.estimator_.n_calls_ == 4


def test_epochs_are_shuffled_and_reproducible():
    one, two = (run_script([1, 2, 3]).estimator_.orders_ for _ in range(2))
    assert one == two
    assert len(set(one)) == 3
    assert {frozenset(order) for order in one} == {frozenset(np.arange(20.0))}


def test_history_has_the_gap():
    history = run_script([1, 2, 2]).history_
    assert history["train_score"] == pytest.approx([1.1, 2.2, 2.3])
    assert history["gap"] == pytest.approx([0.1, 0.2, 0.3])
    assert set(run_script([1, 2], train_score=False).history_) == {
        "iteration",
        "validation_score",
    }


def test_fits_are_never_longer_than_needed(monkeypatch):
    reached, fit = [], GradientBoostingRegressor.fit

    def counting(self, X, y, **params):
        reached.append((self.n_estimators, getattr(self, "n_estimators_", 0)))
        return fit(self, X, y, **params)

    monkeypatch.setattr(GradientBoostingRegressor, "fit", counting)
    boosting = GradientBoostingRegressor(n_estimators=500, random_state=0)
    model = EarlyStoppingRegressor(boosting, refit="train", random_state=0)
    model.fit(*DIABETES)
    assert model.stopped_by_ == "n_iter_no_change"
    assert (
        reached[-1][0] == model.history_["iteration"][-1] == model.best_iteration_ + 10
    )
    # Each call goes on where the last one ended.
    assert [old for _, old in reached] == [0, *(new for new, _ in reached[:-1])]


# ------------------------------------------------- the same as the library's own fit

EXACT = [
    (GradientBoostingClassifier(n_estimators=60, random_state=0), WINE),
    (
        GradientBoostingClassifier(n_estimators=60, subsample=0.5, random_state=0),
        CANCER,
    ),
    (GradientBoostingRegressor(n_estimators=60, random_state=0), DIABETES),
    (HistGradientBoostingClassifier(max_iter=60, random_state=0), WINE),
    (HistGradientBoostingClassifier(max_iter=60, random_state=0), CANCER),
    (
        HistGradientBoostingRegressor(
            max_iter=60, loss="poisson", max_features=0.5, random_state=0
        ),
        DIABETES,
    ),
    (RandomForestClassifier(60, random_state=0), WINE),
    (ExtraTreesRegressor(60, random_state=0), DIABETES),
    (BaggingRegressor(n_estimators=30, random_state=0), DIABETES),
    (AdaBoostClassifier(n_estimators=30, random_state=0), WINE),
]


def wrapped(estimator, **params):
    kind = (
        EarlyStoppingClassifier
        if sklearn.base.is_classifier(estimator)
        else EarlyStoppingRegressor
    )
    return kind(estimator, random_state=0, **params)


def outputs(model, X):
    names = ("predict", "predict_proba", "decision_function")
    return [getattr(model, name)(X) for name in names if hasattr(model, name)]


@pytest.mark.parametrize(("estimator", "data"), EXACT)
@pytest.mark.parametrize("refit", ["all", "train"])
def test_final_model_is_an_own_fit_of_as_many_iterations(estimator, data, refit):
    X, y = data
    held = ShuffleSplit(1, test_size=0.3, random_state=1)
    model = wrapped(estimator, validation=held, refit=refit, n_iter_no_change=5).fit(
        X, y
    )
    train, test = next(held.split(X))
    rows = slice(None) if refit == "all" else train
    name = "max_iter" if hasattr(estimator, "max_iter") else "n_estimators"
    own = clone(estimator).set_params(**{name: model.best_iteration_})
    if hasattr(own, "early_stopping"):
        own.set_params(early_stopping=False)
    own.fit(X[rows], y[rows])
    for ours, theirs in zip(outputs(model, X), outputs(own, X), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # Scores of the history were taken without the model of that iteration at hand.
    if refit == "train":
        is_classifier = sklearn.base.is_classifier(estimator)
        scorer = get_scorer("neg_log_loss" if is_classifier else "r2")
        at = model.history_["iteration"].index(model.best_iteration_)
        found = model.history_["validation_score"][at]
        assert found == pytest.approx(scorer(own, X[test], y[test]), rel=1e-9)
        assert model.history_["train_score"][at] == pytest.approx(
            scorer(own, X[train], y[train]), rel=1e-9
        )
    assert not model.estimator_.get_params().get("warm_start")


def test_out_of_bag_scores_are_those_of_the_final_forest():
    forest = RandomForestClassifier(80, oob_score=True, random_state=0)
    params = {"max_iter": 60, "n_iter_no_change": None, "restore_best": False}
    model = wrapped(forest, **params).fit(*WINE)
    own = clone(forest).set_params(n_estimators=60).fit(*WINE)
    assert model.estimator_.oob_score_ == own.oob_score_


def test_neural_network_learns_as_by_itself():
    X, y = StandardScaler().fit_transform(WINE[0]), WINE[1]
    network = MLPClassifier(20, max_iter=60, random_state=0)
    model = wrapped(network, n_iter_no_change=None, restore_best=False).fit(X, y)
    assert model.n_iter_ == 60
    own = MLPClassifier(20, max_iter=60, tol=0, n_iter_no_change=99, random_state=0)
    with pytest.warns(sklearn.exceptions.ConvergenceWarning):
        own.fit(X, y)
    # Only the order of rows within epochs differs.
    difference = model.predict_proba(X) - own.predict_proba(X)
    assert np.abs(difference).mean() < 0.02


def test_solver_that_has_converged_is_left_alone():
    model = wrapped(
        Lasso(0.1, tol=1e-10), n_iter_no_change=None, restore_best=False
    ).fit(*DIABETES)
    assert model.stopped_by_ == "converged"
    own = Lasso(0.1, tol=1e-10).fit(*DIABETES)
    np.testing.assert_allclose(model.estimator_.coef_, own.coef_, atol=1e-2)
    assert model.estimator_.max_iter == 1000


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
@pytest.mark.parametrize("refit", ["all", "train"])
def test_other_libraries(library, refit):
    module = pytest.importorskip(library)
    estimator = {
        "xgboost": lambda: module.XGBRegressor(n_estimators=200, n_jobs=1),
        "lightgbm": lambda: module.LGBMRegressor(
            n_estimators=200, n_jobs=1, verbose=-1
        ),
        "catboost": lambda: module.CatBoostRegressor(
            iterations=200,
            learning_rate=0.2,
            verbose=0,
            thread_count=1,
            allow_writing_files=False,
        ),
    }[library]()
    X, y = DIABETES
    held = ShuffleSplit(1, test_size=0.3, random_state=1)
    model = wrapped(estimator, validation=held, refit=refit).fit(X, y)
    assert model.stopped_by_ == "n_iter_no_change"
    rows = slice(None) if refit == "all" else next(held.split(X))[0]
    name = "iterations" if library == "catboost" else "n_estimators"
    own = clone(estimator).set_params(**{name: model.best_iteration_})
    own.fit(X[rows], y[rows])
    np.testing.assert_allclose(model.predict(X), own.predict(X), rtol=1e-4)


# ---------------------------------------------------------------------- validation


def test_own_rows_are_watched_and_never_trained_on():
    X, y = DIABETES
    boosting = GradientBoostingRegressor(n_estimators=50, random_state=0)
    held = X[150:], y[150:]
    model = wrapped(boosting, validation=held).fit(X[:150], y[:150])
    own = clone(boosting).set_params(n_estimators=model.best_iteration_)
    np.testing.assert_array_equal(
        model.predict(X), own.fit(X[:150], y[:150]).predict(X)
    )
    assert model.best_score_ == pytest.approx(own.score(*held))
    again = clone(model).fit(X[:150], y[:150])
    assert again.history_ == model.history_


def test_folds_decide_by_their_mean():
    X, y = DIABETES
    boosting = GradientBoostingRegressor(n_estimators=60, random_state=0)
    cv = TimeSeriesSplit(3)
    model = wrapped(boosting, validation=cv, n_iter_no_change=None).fit(X, y)
    curves = []
    for train, test in cv.split(X):
        own = clone(boosting).fit(X[train], y[train])
        stages = own.staged_predict(X[test])
        curves.append([sklearn.metrics.r2_score(y[test], each) for each in stages])
    mean = np.mean(curves, axis=0)
    np.testing.assert_allclose(model.history_["validation_score"], mean)
    assert model.best_iteration_ == np.argmax(mean) + 1
    assert model.estimator_.n_estimators_ == model.best_iteration_
    deviation = np.std(curves, axis=0, ddof=1)
    np.testing.assert_allclose(model.history_["validation_std"], deviation)


@pytest.mark.parametrize("validation", [0.3, 3, GroupKFold(3)])
def test_groups_stay_whole(validation):
    groups = np.repeat(np.arange(10), 6)
    X, seen = groups[:, None].astype(float), []

    def score(estimator, X, y):
        seen.append((set(estimator.orders_[-1]), set(np.ravel(X))))
        return 0.0

    model = EarlyStoppingRegressor(
        Scripted(), validation=validation, scoring=score, n_iter_no_change=1, refit=None
    )
    model.fit(X, np.arange(60.0), groups=groups)
    parts = [part for trained, part in seen if part != trained]
    assert parts
    assert all(not (trained & part) for trained, part in seen if part != trained)


def test_fractions_are_stratified():
    y = np.repeat([0, 1], [90, 10])
    held = []

    def score(estimator, X, y):
        held.append(np.mean(y))
        return 0.0

    model = wrapped(SGDClassifier(random_state=0), scoring=score, n_iter_no_change=1)
    model.fit(np.random.RandomState(0).randn(100, 2), y)
    assert set(np.round(held, 6)) == {0.1}


# -------------------------------------------------------------------------- contract


def test_transformers_are_fitted_once_and_on_training_rows(monkeypatch):
    sizes, fit = [], StandardScaler.fit

    def counting(self, X, y=None, **params):
        sizes.append(len(X))
        return fit(self, X, y, **params)

    monkeypatch.setattr(StandardScaler, "fit", counting)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = wrapped(pipeline, validation=0.25).fit(*WINE)
    assert sizes == [133, 178]
    assert model.score(*WINE) > 0.95
    assert model.estimator_.steps[0][1].n_samples_seen_ == 178


def test_refit_none_leaves_no_model():
    model = wrapped(SGDClassifier(random_state=0), refit=None).fit(*WINE)
    assert model.best_iteration_ >= 1
    with pytest.raises(NotFittedError):
        model.predict(WINE[0])


def test_weights_reach_the_estimator():
    X, y = DIABETES
    weights = np.where(y > np.median(y), 1.0, 0.0)
    boosting = GradientBoostingRegressor(n_estimators=20, random_state=0)
    model = wrapped(boosting).fit(X, y, sample_weight=weights)
    own = clone(boosting).set_params(n_estimators=model.best_iteration_)
    np.testing.assert_array_equal(
        model.predict(X), own.fit(X, y, sample_weight=weights).predict(X)
    )


def test_metadata_go_where_they_are_requested():
    X, y = DIABETES
    weights, groups = np.arange(1.0, len(y) + 1), np.arange(len(y)) // 10
    with sklearn.config_context(enable_metadata_routing=True):
        boosting = GradientBoostingRegressor(n_estimators=20, random_state=0)
        boosting.set_fit_request(sample_weight=True)
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler(), boosting)
        pipeline[0].set_fit_request(sample_weight=False)
        for estimator in (boosting, pipeline):
            model = wrapped(estimator, scoring=scorer)
            model.fit(X, y, sample_weight=weights, groups=groups)
            last = model.estimator_
            own = clone(boosting).set_params(n_estimators=model.best_iteration_)
            own.fit(X, y, sample_weight=weights)
            np.testing.assert_allclose(last.predict(X), own.predict(X))
            ignoring = get_scorer("r2").set_score_request(sample_weight=False)
            unweighted = (
                clone(model)
                .set_params(scoring=ignoring)
                .fit(X, y, sample_weight=weights, groups=groups)
            )
            assert unweighted.best_score_ != model.best_score_
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            wrapped(GradientBoostingRegressor()).fit(X, y, sample_weight=weights)


def test_search_pickle_and_balanced_classes():
    model = wrapped(SGDClassifier(class_weight="balanced", random_state=0))
    search = GridSearchCV(model, {"estimator__alpha": [1e-4, 1e-2]}, cv=2).fit(*WINE)
    best = search.best_estimator_
    copy = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(copy.predict(WINE[0]), best.predict(WINE[0]))


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (HistGradientBoostingClassifier(max_iter=20, random_state=0), WINE),
        (GradientBoostingRegressor(n_estimators=20, random_state=0), DIABETES),
        (make_pipeline(StandardScaler(), SGDClassifier(random_state=0)), WINE),
    ],
)
def test_inside_searches(model, data):
    X, y = data
    stopping = wrapped(model, max_iter=20)
    grid = {"n_iter_no_change": [1, 8], "tol": [0.0, 0.01]}
    options = {"cv": 2, "return_train_score": True, "error_score": "raise"}
    searches = [
        search(stopping, grid, **options).fit(X, y)
        for search in (GridSearchCV, GapAwareSearchCV)
    ]
    # Each candidate on each split scores as it does by itself.
    splits = list(
        check_cv(2, y, classifier=sklearn.base.is_classifier(model)).split(X, y)
    )
    candidates = list(ParameterGrid(grid))
    for k, params in enumerate(candidates):
        for split, (train, test) in enumerate(splits):
            own = clone(stopping).set_params(**params).fit(X[train], y[train])
            for part, rows in (("train", train), ("test", test)):
                expected = own.score(X[rows], y[rows])
                for found in searches:
                    score = found.cv_results_[f"split{split}_{part}_score"][k]
                    assert score == pytest.approx(expected, rel=1e-12)
    for found in searches:
        assert list(found.cv_results_["params"]) == candidates
        again = clone(stopping).set_params(**found.best_params_).fit(X, y)
        assert found.best_estimator_.history_ == again.history_
        np.testing.assert_array_equal(found.predict(X), again.predict(X))


def test_search_inside_a_pipeline_passes_groups_and_weights():
    X, y = DIABETES
    groups, weights = np.arange(len(y)) // 10, np.linspace(0.5, 2, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        boosting = GradientBoostingRegressor(n_estimators=10, random_state=0)
        boosting.set_fit_request(sample_weight=True)
        scorer = get_scorer("r2").set_score_request(sample_weight=False)
        stopping = wrapped(boosting, validation=GroupKFold(2))
        pipeline = make_pipeline(StandardScaler(), stopping)
        pipeline[0].set_fit_request(sample_weight=False)
        grid = {"earlystoppingregressor__n_iter_no_change": [1, 3]}
        for kind in (GridSearchCV, GapAwareSearchCV):
            options = {"scoring": scorer, "error_score": "raise"}
            search = kind(pipeline, grid, cv=GroupKFold(2), **options)
            search.fit(X, y, groups=groups, sample_weight=weights)
            best = search.best_estimator_
            own = clone(best).fit(X, y, groups=groups, sample_weight=weights)
            np.testing.assert_array_equal(best.predict(X), own.predict(X))


def test_progress(capsys):
    run_script([1, 2, 1, 1], n_iter_no_change=2, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[-1].endswith("best 2 at 2; stopped by n_iter_no_change")
    run_script([1, 2, 1, 1], n_iter_no_change=2, verbose=1)
    assert capsys.readouterr().out.splitlines() == lines[-1:]


def test_display_draws_the_history():
    model = run_script([1, 2, 1, 1], n_iter_no_change=2)
    display = TrainingCurveDisplay.from_estimator(model, score_name="cost in $")
    assert display.validation_score.tolist() == [1, 2, 1, 1]
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == [
        "train",
        "validation",
        "best: 2",
        "stopped by n_iter_no_change: 4",
    ]
    folds = wrapped(SGDClassifier(random_state=0), validation=2, max_iter=1)
    display = TrainingCurveDisplay.from_estimator(folds, *WINE)
    assert display.validation_std.shape == (1,)
    assert not hasattr(folds, "history_")
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(folds)


# ------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_iter_no_change": 0}, "n_iter_no_change"),
        ({"tol": -1}, "tol"),
        ({"tol": np.nan}, "tol"),
        ({"validation": 0.0}, "validation"),
        ({"validation": 1.0}, "validation"),
        ({"validation": 1}, "validation"),
        ({"validation": None}, "validation=None"),
        ({"validation": "half"}, "validation"),
        ({"validation": (np.empty((0, 10)), np.empty(0))}, "has no rows"),
        ({"validation": 3, "refit": "train"}, "refit='train'"),
        ({"refit": "some"}, "refit"),
        ({"max_gap": -0.1}, "max_gap"),
        ({"max_gap": 0.1, "train_score": False}, "train_score=False"),
        ({"max_iter": 0}, "max_iter"),
        ({"step": 0}, "step"),
        ({"scoring": "no such score"}, "scoring"),
        ({"estimator": Ridge()}, "no iterations"),
        ({"estimator": LogisticRegression()}, "EarlyStoppingClassifier"),
    ],
)
def test_bad_input_is_refused(params, message):
    model = EarlyStoppingRegressor(GradientBoostingRegressor()).set_params(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(*DIABETES)


def test_what_only_counts_has_no_iterations():
    with pytest.raises(ValueError, match="no iterations"):
        EarlyStoppingClassifier(GaussianNB()).fit(*WINE)


def test_samplers_in_the_pipeline_are_refused():
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.pipeline import make_pipeline as make_sampler_pipeline

    pipeline = make_sampler_pipeline(RandomOverSampler(), SGDClassifier())
    with pytest.raises(ValueError, match="sampler 'randomoversampler'"):
        EarlyStoppingClassifier(pipeline).fit(*WINE)


def test_catboost_needs_a_learning_rate():
    catboost = pytest.importorskip("catboost")
    with pytest.raises(ValueError, match="set learning_rate"):
        EarlyStoppingRegressor(catboost.CatBoostRegressor()).fit(*DIABETES)


def test_the_old_name_of_n_iter_no_change_still_works():
    boosting = GradientBoostingClassifier(n_estimators=60, random_state=0)
    expected = EarlyStoppingClassifier(boosting, n_iter_no_change=3, random_state=0)
    old = EarlyStoppingClassifier(boosting, patience=3, random_state=0)
    with pytest.warns(FutureWarning, match="patience=3 is the old name"):
        old.fit(*CANCER)
    assert old.n_iter_ == expected.fit(*CANCER).n_iter_
