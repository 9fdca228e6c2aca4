"""Strength chosen by splits: the path is that of plain fits, and what is chosen."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import (
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
)
from sklearn.metrics import make_scorer, r2_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import GapAwareSearchCV, GapEstimate
from skoverfit.diagnosis import StrengthPathDisplay
from skoverfit.regularization import RegularizedClassifier, RegularizedRegressor
from skoverfit.regularization._dial._path_fits import _way_for, fit_along

CV = KFold(3, shuffle=True, random_state=0)
FEW = [0.2, 0.5, 0.7, 0.9]


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X[:150], y[:150]


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:150], y[:150]


# ------------------------------------------------------ the path is that of plain fits
REGRESSORS = [
    (Ridge(), 1e-8),
    (Ridge(fit_intercept=False), 1e-8),
    (Lasso(max_iter=20_000, tol=1e-8), 1e-5),
    (ElasticNet(max_iter=20_000, tol=1e-8), 1e-5),
    (LinearRegression(), 1e-8),
    (DecisionTreeRegressor(random_state=0), 0),
    (GradientBoostingRegressor(n_estimators=5, random_state=0), 0),
    (AdaBoostRegressor(n_estimators=5, random_state=0), 0),
    (BaggingRegressor(Ridge(), n_estimators=2, random_state=0), 0),
]
# They take weights under the names of their steps only.
PIPELINES = [
    (make_pipeline(StandardScaler(), PCA(5), Ridge()), 1e-8),
    (make_pipeline(PCA(5), make_pipeline(StandardScaler(), Ridge())), 0),
]


@pytest.mark.parametrize(
    ("estimator", "tolerance", "weighted"),
    [
        *((*each, False) for each in (*REGRESSORS, *PIPELINES)),
        *((*each, True) for each in REGRESSORS),
    ],
    ids=repr,
)
def test_scores_of_regressors_are_those_of_plain_fits(
    diabetes, estimator, tolerance, weighted
):
    X, y = diabetes
    weights = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    params = {"sample_weight": weights} if weighted else {}
    model = RegularizedRegressor(estimator, FEW, cv=CV).fit(X, y, **params)
    for number, strength in enumerate(FEW):
        for k, (train, test) in enumerate(CV.split(X)):
            part = {name: value[train] for name, value in params.items()}
            plain = RegularizedRegressor(estimator, strength)
            plain.fit(X[train], y[train], **part)
            for rows, name in ((train, "train_scores"), (test, "test_scores")):
                part = {key: value[rows] for key, value in params.items()}
                expected = plain.score(X[rows], y[rows], **part)
                found = model.strength_path_[name][number, k]
                assert found == pytest.approx(expected, abs=tolerance)
    final = RegularizedRegressor(estimator, model.strength_).fit(X, y, **params)
    assert np.array_equal(final.predict(X), model.predict(X))


@pytest.mark.parametrize(
    ("estimator", "tolerance"),
    [
        (LogisticRegression(tol=1e-8, max_iter=5000), 1e-5),
        (LogisticRegression(solver="newton-cholesky"), 1e-3),
        (LogisticRegression(solver="liblinear", random_state=0), 0),
        (SVC(), 0),
        (RidgeClassifier(), 0),
        (KNeighborsClassifier(), 0),
        (RandomForestClassifier(5, random_state=0), 0),
        (HistGradientBoostingClassifier(max_iter=3), 0),
        (DecisionTreeClassifier(random_state=0), 0),
    ],
    ids=repr,
)
def test_scores_of_classifiers_are_those_of_plain_fits(cancer, estimator, tolerance):
    X, y = cancer
    model = RegularizedClassifier(estimator, FEW, cv=CV, scoring="roc_auc").fit(X, y)
    for number, strength in enumerate(FEW):
        plain = cross_validate(
            RegularizedClassifier(estimator, strength),
            X,
            y,
            cv=CV,
            scoring="roc_auc",
            return_train_score=True,
        )
        for side in ("train", "test"):
            found = model.strength_path_[f"{side}_scores"][number]
            np.testing.assert_allclose(found, plain[f"{side}_score"], atol=tolerance)


@pytest.mark.parametrize(
    "estimator",
    [
        HuberRegressor(max_iter=5000, tol=1e-8),
        PoissonRegressor(max_iter=1000, tol=1e-8),
        Lasso(max_iter=20_000, tol=1e-8),
    ],
)
def test_warm_starts_come_to_the_same(diabetes, estimator):
    X, y = diabetes
    X = StandardScaler().fit_transform(X)
    models = [clone(estimator).set_params(alpha=alpha) for alpha in (0.1, 1.0, 10.0)]
    fitted = fit_along([clone(model) for model in models], X, y, {})
    for plain, model in zip(models, fitted, strict=True):
        assert model.get_params() == plain.get_params()
        expected = plain.fit(X, y).predict(X)
        np.testing.assert_allclose(model.predict(X), expected, rtol=1e-3)


@pytest.mark.parametrize("shape", [(60, 8), (12, 30)])
@pytest.mark.parametrize("n_outputs", [0, 2])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_one_decomposition_for_all_ridges(shape, n_outputs, fit_intercept):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape) + 3
    y = rng.normal(size=(shape[0], n_outputs) if n_outputs else shape[0])
    weights = rng.integers(0, 3, shape[0]).astype(float)
    models = [Ridge(alpha, fit_intercept=fit_intercept) for alpha in (0.01, 1, 100)]
    fitted = fit_along([clone(m) for m in models], X, y, {"sample_weight": weights})
    for plain, model in zip(models, fitted, strict=True):
        plain.fit(X, y, sample_weight=weights)
        np.testing.assert_allclose(model.coef_, plain.coef_, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(model.intercept_, plain.intercept_, atol=1e-8)
        np.testing.assert_allclose(model.predict(X), plain.predict(X), atol=1e-8)


@pytest.mark.parametrize(
    "estimator",
    [
        AdaBoostClassifier(random_state=0),
        RandomForestClassifier(random_state=0),
    ],
)
def test_prefixes_are_plain_fits(cancer, estimator):
    X, y = cancer
    sizes = (20, 7, 1)
    models = [clone(estimator).set_params(n_estimators=size) for size in sizes]
    fitted = fit_along([clone(model) for model in models], X, y, {})
    for size, plain, model in zip(sizes, models, fitted, strict=True):
        assert len(model.estimators_) == size
        expected = plain.fit(X, y).predict_proba(X)
        assert np.array_equal(model.predict_proba(X), expected)


def test_prefixes_of_boosting(diabetes):
    X, y = diabetes
    models = [GradientBoostingRegressor(n_estimators=n, random_state=0) for n in (8, 3)]
    for plain, model in zip(
        models, fit_along([clone(m) for m in models], X, y, {}), strict=True
    ):
        assert np.array_equal(model.predict(X), plain.fit(X, y).predict(X))
        assert np.array_equal(model.train_score_, plain.train_score_)
        assert len(list(model.staged_predict(X))) == plain.n_estimators_


def test_what_is_shared(diabetes):
    X, _ = diabetes
    sharing = {
        "_ridge_path": [Ridge(alpha=1.0), Ridge(alpha=2.0)],
        "_warm_path": [Lasso(alpha=1.0), Lasso(alpha=2.0)],
        "_prefixes": [
            AdaBoostRegressor(random_state=0, n_estimators=n) for n in (1, 2)
        ],
        "_one_by_one": [SVC(C=1.0), SVC(C=2.0)],
    }
    for name, models in sharing.items():
        assert _way_for(models, X, {}).__name__ == name
    assert _way_for(sharing["_ridge_path"], csr_array(X), {}).__name__ == "_one_by_one"
    random = [AdaBoostRegressor(n_estimators=n) for n in (1, 2)]
    assert _way_for(random, X, {}).__name__ == "_one_by_one"


def test_the_dial_of_a_number_of_members_is_fitted_once(cancer, monkeypatch):
    X, y = cancer
    calls = []
    fit = AdaBoostClassifier.fit
    monkeypatch.setattr(
        AdaBoostClassifier, "fit", lambda *args: calls.append(1) or fit(*args)
    )
    booster = AdaBoostClassifier(n_estimators=5, random_state=0)
    RegularizedClassifier(booster, "cv", params=["n_estimators"], cv=3).fit(X, y)
    assert len(calls) == 4  # one for each split, and the last one


def test_equal_settings_are_fitted_once(cancer, monkeypatch):
    X, y = cancer
    calls = []
    fit = DecisionTreeClassifier.fit
    monkeypatch.setattr(
        DecisionTreeClassifier,
        "fit",
        lambda *args, **options: calls.append(1) or fit(*args, **options),
    )
    strengths = [0.0, 0.1, 0.3, 0.5]  # leaves of one row cannot be loosened
    RegularizedClassifier(DecisionTreeClassifier(), strengths, cv=3).fit(X, y)
    assert len(calls) == 4


# -------------------------------------------------- what is chosen
def test_attributes(diabetes):
    X, y = diabetes
    model = RegularizedRegressor(strength="cv").fit(X, y)
    path = model.strength_path_
    assert np.array_equal(path["strength"], np.linspace(0, 1, 21).round(2))
    assert path["test_scores"].shape == path["train_scores"].shape == (21, 5)
    best = np.argmax(path["mean_test_score"])
    assert model.strength_ == path["strength"][best]
    assert model.cv_score_ == path["mean_test_score"][best]
    assert model.settings_ == {"alpha": model.estimator_[-1].alpha}
    gap = GapEstimate.from_scores(
        path["train_scores"][best], path["test_scores"][best], test_train_ratio=1 / 4
    )
    assert path["mean_gap"][best] == pytest.approx(gap.mean)
    found = path["gap_low"][best], path["gap_high"][best]
    assert found == pytest.approx(gap.interval)
    assert pd.DataFrame({n: v for n, v in path.items() if v.ndim == 1}).shape == (
        21,
        10,
    )


def test_noise_is_regularized_and_signal_is_not():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 40))
    noise, signal = rng.normal(size=80), X @ rng.normal(size=40)
    model = RegularizedRegressor(strength="cv")
    assert clone(model).fit(X, noise).strength_ > 0.7
    assert clone(model).fit(X, signal).strength_ < 0.5


def test_one_standard_error(diabetes):
    X, y = diabetes
    best, cautious = (
        RegularizedRegressor(Lasso(), "cv", n_se=rule, cv=CV).fit(X, y)
        for rule in (0, 1)
    )
    path = best.strength_path_
    at = np.argmax(path["mean_test_score"])
    scores = path["test_scores"][at]
    bound = scores.mean() - scores.std(ddof=1) / np.sqrt(len(scores))
    within = path["strength"][path["mean_test_score"] >= bound]
    assert cautious.strength_ == within.max() > best.strength_


def test_ties_go_to_the_stronger():
    X, y = load_wine(return_X_y=True)
    forest = RandomForestClassifier(30, random_state=0)
    model = RegularizedClassifier(forest, [0.0, 0.2, 0.5]).fit(X, y)
    assert model.strength_ == 0.5


def test_same_result_at_any_n_jobs_and_every_time(cancer):
    X, y = cancer
    models = [
        RegularizedClassifier(
            RandomForestClassifier(5, random_state=0), FEW, n_jobs=n_jobs
        ).fit(X, y)
        for n_jobs in (None, 2, None)
    ]
    for other in models[1:]:
        for name, values in models[0].strength_path_.items():
            assert np.array_equal(other.strength_path_[name], values), name
        assert np.array_equal(other.predict_proba(X), models[0].predict_proba(X))


def test_path_of_an_earlier_fit_is_forgotten(diabetes):
    model = RegularizedRegressor(strength="cv", cv=2).fit(*diabetes)
    model.set_params(strength=0.7).fit(*diabetes)
    assert not hasattr(model, "strength_path_")
    assert not hasattr(model, "cv_score_")
    assert model.strength_ == 0.7


@pytest.mark.parametrize("dump", [pickle.dumps, None])
def test_persistence(diabetes, dump, tmp_path):
    X, y = diabetes
    model = RegularizedRegressor(make_pipeline(StandardScaler(), Ridge()), "cv", cv=3)
    model.fit(X, y)
    if dump is None:
        joblib.dump(model, tmp_path / "model")
        again = joblib.load(tmp_path / "model")
    else:
        again = pickle.loads(dump(model))
    assert np.array_equal(again.predict(X), model.predict(X))
    assert again.strength_ == model.strength_


def test_frames_lists_and_text_scores(cancer):
    X, y = cancer
    frame, labels = pd.DataFrame(X).add_prefix("f"), np.where(y, "good", "bad")
    model = RegularizedClassifier(KNeighborsClassifier(), FEW, scoring="f1_macro")
    model.fit(frame, labels)
    listed = clone(model).fit(X.tolist(), labels.tolist())
    assert listed.strength_ == model.strength_
    assert list(model.classes_) == ["bad", "good"]
    assert list(model.feature_names_in_) == list(frame.columns)


def test_scorers_that_look_at_the_rows_see_them_as_they_are(diabetes):
    X, y = diabetes
    seen = []

    def scorer(estimator, rows, target):
        seen.append(rows)
        return r2_score(target, estimator.predict(rows))

    model = RegularizedRegressor(strength=FEW, scoring=scorer, cv=CV).fit(X, y)
    assert all(np.isin(rows, X).all() for rows in seen)
    plain = RegularizedRegressor(strength=FEW, cv=CV).fit(X, y)
    scores = (each.strength_path_["test_scores"] for each in (model, plain))
    np.testing.assert_allclose(*scores)


@pytest.mark.parametrize("kind", [GridSearchCV, GapAwareSearchCV])
def test_strengths_in_searches(diabetes, kind):
    X, y = diabetes
    strengths = [0.3, 0.6, 0.9]
    model = RegularizedRegressor(Lasso(max_iter=20_000), cv=CV)
    search = kind(model, {"strength": strengths}, cv=CV).fit(X, y)
    path = clone(model).set_params(strength=strengths).fit(X, y).strength_path_
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], path["mean_test_score"], atol=1e-3
    )
    grid = {"strength": [strengths], "penalty": ["l1", "l2"]}
    both = kind(model, grid, cv=2).fit(X, y)
    assert both.best_estimator_.strength_path_["strength"].shape == (3,)


# -------------------------------------------------- splits and their metadata
def test_groups_reach_the_splitter(diabetes):
    X, y = diabetes
    groups = np.arange(len(y)) // 10
    model = RegularizedRegressor(strength=FEW, cv=GroupKFold(3))
    model.fit(X, y, groups=groups)
    splits = list(GroupKFold(3).split(X, y, groups))
    expected = RegularizedRegressor(strength=FEW, cv=splits).fit(X, y)
    found = (each.strength_path_["test_scores"] for each in (model, expected))
    assert np.array_equal(*found)
    with pytest.raises(ValueError, match="groups"):
        RegularizedRegressor(strength=FEW, cv=GroupKFold(3)).fit(X, y)
    with pytest.raises(TypeError, match="groups"):
        RegularizedRegressor(strength=0.5).fit(X, y, groups=groups)


def test_metadata_goes_where_it_is_requested(diabetes):
    X, y = diabetes
    weights, groups = np.linspace(0.1, 2, len(y)), np.arange(len(y)) // 10
    by_hand = RegularizedRegressor(strength=FEW, cv=GroupKFold(3))
    by_hand.fit(X, y, sample_weight=weights, groups=groups)
    with sklearn.config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True)
        scorer = make_scorer(r2_score).set_score_request(sample_weight=True)
        for scoring in (None, scorer):
            model = RegularizedRegressor(
                ridge, FEW, cv=GroupKFold(3), scoring=scoring
            ).fit(X, y, sample_weight=weights, groups=groups)
            found = (each.strength_path_["test_scores"] for each in (model, by_hand))
            np.testing.assert_allclose(*found)
        unweighted = make_scorer(r2_score).set_score_request(sample_weight=False)
        model = RegularizedRegressor(
            ridge, FEW, cv=GroupKFold(3), scoring=unweighted
        ).fit(X, y, sample_weight=weights, groups=groups)
        other = model.strength_path_["test_scores"]
        assert np.abs(other - by_hand.strength_path_["test_scores"]).max() > 1e-6
        with pytest.raises(ValueError, match="not explicitly set"):
            RegularizedRegressor(strength=FEW).fit(X, y, sample_weight=weights)
        with pytest.raises(TypeError, match="groups"):
            RegularizedRegressor(ridge, 0.5).fit(X, y, groups=groups)


def test_routing_says_who_gets_what():
    with sklearn.config_context(enable_metadata_routing=True):
        choosing = RegularizedRegressor(strength="cv", cv=GroupKFold(3), scoring="r2")
        names = set(choosing.get_metadata_routing()._route_mappings)
        assert names == {"estimator", "splitter", "scorer"}
        fixed = RegularizedRegressor(strength=0.5, cv=GroupKFold(3), scoring="r2")
        assert set(fixed.get_metadata_routing()._route_mappings) == {"estimator"}


# -------------------------------------------------- bad input
@pytest.mark.parametrize(
    "strength",
    [[0.1, 1.1], [np.nan], [], [[0.1, 0.2]], ["cv"], np.array(["a"]), (None,)],
)
def test_strengths_that_are_none(strength, diabetes):
    with pytest.raises(ValueError, match="strength="):
        RegularizedRegressor(strength=strength).fit(*diabetes)


@pytest.mark.parametrize(
    "bad",
    [
        {"cv": "five"},
        {"scoring": 3},
        {"n_se": "yes"},
        {"n_se": -1.0},
        {"scale_free": None},
        {"n_jobs": 1.5},
        {"verbose": "much"},
        {"params": "alpha"},
        {"params": 3},
    ],
)
def test_bad_parameters(bad, diabetes):
    (name,) = bad
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        RegularizedRegressor(strength="cv", **bad).fit(*diabetes)


def test_too_few_rows_and_scores_that_are_no_numbers(diabetes):
    X, y = diabetes
    with pytest.raises(ValueError, match="needs 2 rows or more"):
        RegularizedRegressor(strength="cv").fit(X[:1], y[:1])
    with pytest.raises(ValueError, match="inconsistent numbers"):
        RegularizedRegressor(strength="cv").fit(X, y[:-1])
    with pytest.raises(ValueError, match="gave no number"):
        RegularizedRegressor(strength="cv", scoring=lambda *rows: np.nan).fit(X, y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (["C"], "'C', which is not among .* Ridge: alpha"),
        ({"C": 1.0}, "fixes 'C', which Ridge does not have; it has alpha,"),
        ({"alpha": 1.0}, "fixes 'alpha', which the dial turns for Ridge"),
        ({"solver": "dial"}, "'solver', which is not among"),
        ([], "must name one parameter or more"),
        ({}, "must name one parameter or more"),
        ([3], "must name one parameter or more"),
    ],
)
def test_params_that_contradict(params, message, diabetes):
    with pytest.raises(ValueError, match=message):
        RegularizedRegressor(params=params).fit(*diabetes)


# -------------------------------------------------- params
def test_a_dial_that_turns_some_parameters(diabetes):
    X, y = diabetes
    boosting = GradientBoostingRegressor(n_estimators=5, random_state=0)
    both = RegularizedRegressor(boosting, 0.8).fit(X, y).settings_
    assert both.keys() == {"min_samples_leaf", "learning_rate"}
    for params in (["learning_rate"], {"learning_rate": "dial"}):
        one = RegularizedRegressor(boosting, 0.8, params=params).fit(X, y)
        assert one.settings_ == {"learning_rate": both["learning_rate"]}
        assert one.estimator_.min_samples_leaf == 1


def test_settings_that_hold_at_every_strength(diabetes):
    X, y = diabetes
    boosting = GradientBoostingRegressor(n_estimators=5, random_state=0)
    params = {"max_depth": 2, "min_samples_leaf": 7, "learning_rate": "dial"}
    for strength in (0, 0.5, 1):
        model = RegularizedRegressor(boosting, strength, params=params).fit(X, y)
        assert model.estimator_.max_depth == model.settings_["max_depth"] == 2
        assert model.estimator_.min_samples_leaf == 7
    held = RegularizedRegressor(boosting, 0.8, params={"max_depth": 2}).fit(X, y)
    assert held.settings_.keys() == {"max_depth", "min_samples_leaf", "learning_rate"}
    pipeline = make_pipeline(StandardScaler(), boosting)
    inside = RegularizedRegressor(pipeline, 0.8, params=params).fit(X, y)
    assert inside.settings_["gradientboostingregressor__max_depth"] == 2


# -------------------------------------------------- others
def test_display(diabetes):
    X, y = diabetes
    model = RegularizedRegressor(strength=FEW, cv=CV)
    with pytest.raises(NotFittedError, match="strength='cv'"):
        StrengthPathDisplay.from_estimator(clone(model).set_params(strength=0.5))
    display = StrengthPathDisplay.from_estimator(model, X, y, score_name="R2")
    assert not hasattr(model, "strength_")
    path = model.fit(X, y).strength_path_
    lines = {line.get_label(): line for line in display.ax_.lines}
    for name, column in (
        ("train", "mean_train_score"),
        ("test", "mean_test_score"),
        ("gap (train - test)", "mean_gap"),
    ):
        assert np.array_equal(lines[name].get_xdata(), path["strength"])
        assert np.array_equal(lines[name].get_ydata(), path[column])
    marks = lines[f"chosen: {model.strength_:g}"].get_xdata()
    assert list(marks) == [model.strength_, model.strength_]
    assert len(display.ax_.collections) == 2  # bands of test score and gap
    assert display.ax_.get_ylabel() == "R2"
    again = display.plot(display.ax_)
    assert again is display


@pytest.mark.parametrize("cv", [2, ShuffleSplit(2, random_state=0), None])
def test_kinds_of_splits(diabetes, cv):
    X, y = diabetes
    path = RegularizedRegressor(strength=FEW, cv=cv).fit(X, y).strength_path_
    assert path["test_scores"].shape == (4, 5 if cv is None else 2)
