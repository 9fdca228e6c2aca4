"""One dial for capacity: contract of the wrappers, routing, pipelines, bad input."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import has_fit_parameter

from skoverfit.regularization import (
    Capacity,
    Dial,
    EarlyStoppingClassifier,
    PrunedTreeClassifier,
    RegularizedClassifier,
    RegularizedRegressor,
    ShrunkTreeClassifier,
    has_dial,
    with_strength,
)


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X)[:200], y[:200]


@pytest.fixture(scope="module")
def diabetes():
    return load_diabetes(return_X_y=True)


# ------------------------------------------------------------------------ the wrapper
def test_fitted_attributes(cancer):
    X, y = cancer
    frame = pd.DataFrame(X).add_prefix("f")
    labels = np.where(y == 1, "good", "bad")
    model = RegularizedClassifier(DecisionTreeClassifier(random_state=0), 0.75)
    model.fit(frame, labels)
    assert model.settings_ == {"min_samples_leaf": 10}
    assert model.estimator_.min_samples_leaf == 10
    assert model.estimator.min_samples_leaf == 1
    assert list(model.classes_) == ["bad", "good"]
    assert model.n_features_in_ == 30
    assert list(model.feature_names_in_) == list(frame.columns)
    probabilities = model.predict_proba(frame)
    assert np.array_equal(probabilities, model.estimator_.predict_proba(frame))
    assert model.score(frame, labels) == model.estimator_.score(frame, labels)


def test_repr_of_the_fitted_estimator_is_code(diabetes):
    X, y = diabetes
    model = RegularizedRegressor(LinearRegression(), 0.8).fit(X, y)
    names = {each.__name__: each for each in (Pipeline, Ridge, StandardScaler)}
    again = eval(repr(model.estimator_), names).fit(X, y)
    assert again.predict(X) == pytest.approx(model.predict(X))


def test_methods_follow_the_inner_estimator(cancer):
    X, y = cancer
    linear = RegularizedClassifier(LinearSVC())
    assert not hasattr(linear, "predict_proba")
    assert not hasattr(RegularizedClassifier(GaussianNB()), "decision_function")
    bayes = RegularizedClassifier(GaussianNB(), 0.8).fit(X, y)
    expected = bayes.estimator_.predict_log_proba(X)
    assert np.array_equal(bayes.predict_log_proba(X), expected)
    linear.fit(X, y)
    expected = linear.estimator_.decision_function(X)
    assert np.array_equal(linear.decision_function(X), expected)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_unfitted(method):
    with pytest.raises(NotFittedError):
        getattr(RegularizedClassifier(), method)([[0.0]])
    with pytest.raises(NotFittedError):
        _ = RegularizedClassifier().classes_


def test_pickle_clone_and_html(cancer):
    X, y = cancer
    model = RegularizedClassifier(GaussianNB(), 0.7).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert clone(model).get_params()["strength"] == 0.7
    html = model._repr_html_()
    assert "RegularizedClassifier" in html
    assert "GaussianNB" in html


def test_sparse_and_dense_data_agree(diabetes):
    X, y = diabetes
    model = RegularizedRegressor(Ridge(), 0.8)
    dense = clone(model).fit(X, y)
    sparse = clone(model).fit(csr_array(X), y)
    assert sparse.settings_["alpha"] == pytest.approx(dense.settings_["alpha"])
    assert sparse.predict(X) == pytest.approx(dense.predict(X), rel=1e-3)


def test_missing_values_pass_where_the_inner_estimator_takes_them(cancer):
    X, y = cancer
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    inner = HistGradientBoostingClassifier(max_iter=3)
    RegularizedClassifier(inner, 0.7).fit(X, y).predict(X)
    with pytest.raises(ValueError, match="contains NaN"):
        RegularizedClassifier(LogisticRegression(), 0.7).fit(X, y)


def test_strength_can_be_searched(cancer):
    X, y = cancer
    grid = {"strength": [0.3, 0.5, 0.7, 1.0]}
    search = GridSearchCV(RegularizedClassifier(GaussianNB()), grid, cv=3).fit(X, y)
    assert search.best_params_["strength"] < 1
    assert search.cv_results_["mean_test_score"].shape == (4,)


# --------------------------------------------------------- sample weights and metadata
def test_signature_of_fit_mirrors_the_inner_estimator():
    assert has_fit_parameter(RegularizedClassifier(), "sample_weight")
    by_neighbors = RegularizedClassifier(KNeighborsClassifier())
    assert not has_fit_parameter(by_neighbors, "sample_weight")


def test_weights_reach_the_inner_fit_and_the_range(diabetes):
    X, y = diabetes
    weights = np.random.default_rng(0).integers(0, 3, len(y))
    model = RegularizedRegressor(Ridge(), 0.8)
    weighted = clone(model).fit(X, y, sample_weight=weights)
    repeated = clone(model).fit(np.repeat(X, weights, 0), np.repeat(y, weights))
    assert weighted.predict(X) == pytest.approx(repeated.predict(X))
    assert weighted.settings_["alpha"] == pytest.approx(repeated.settings_["alpha"])
    plain = clone(model).fit(X, y)
    assert np.abs(weighted.predict(X) - plain.predict(X)).max() > 1


def test_weights_that_nothing_takes_are_an_error(cancer):
    X, y = cancer
    with pytest.raises(TypeError, match="sample_weight"):
        RegularizedClassifier(KNeighborsClassifier()).fit(
            X, y, sample_weight=np.ones(len(y))
        )


def test_weights_of_a_pipeline_step(cancer):
    X, y = cancer
    weights = np.where(y == 1, 5.0, 1.0)
    pipeline = make_pipeline(StandardScaler(), RegularizedClassifier(strength=0.7))
    pipeline.fit(X, y, regularizedclassifier__sample_weight=weights)
    alone = RegularizedClassifier(strength=0.7)
    alone.fit(StandardScaler().fit_transform(X), y, sample_weight=weights)
    assert np.array_equal(
        pipeline.predict_proba(X),
        alone.predict_proba(StandardScaler().fit_transform(X)),
    )


@pytest.mark.parametrize("nested", [False, True])
def test_metadata_routing(diabetes, nested):
    X, y = diabetes
    weights = np.linspace(0.1, 3, len(y))
    expected = RegularizedRegressor(Ridge(), 0.8).fit(X, y, sample_weight=weights)
    with sklearn.config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True)
        inner = make_pipeline(ridge) if nested else ridge
        model = RegularizedRegressor(inner, 0.8).fit(X, y, sample_weight=weights)
        assert model.predict(X) == pytest.approx(expected.predict(X))
        outer = make_pipeline(RegularizedRegressor(inner, 0.8))
        outer.fit(X, y, sample_weight=weights)
        assert outer.predict(X) == pytest.approx(expected.predict(X))
        with pytest.raises(ValueError, match="not explicitly set"):
            RegularizedRegressor(Ridge()).fit(X, y, sample_weight=weights)
        refusing = RegularizedRegressor(Ridge().set_fit_request(sample_weight=False))
        with pytest.raises(TypeError, match="sample_weight"):
            refusing.fit(X, y, sample_weight=weights)


def test_request_of_the_wrapper_is_that_of_the_inner_estimator():
    with sklearn.config_context(enable_metadata_routing=True):
        assert not hasattr(RegularizedRegressor(), "set_fit_request")


# ------------------------------------------------------ pipelines and meta-estimators
def test_dial_sees_the_data_after_preprocessing(diabetes):
    X, y = diabetes
    pipeline = make_pipeline(StandardScaler(), Ridge())
    wrapped = with_strength(pipeline, 0.8).fit(1000 * X, y)
    around = RegularizedRegressor(pipeline, 0.8).fit(1000 * X, y)
    direct = RegularizedRegressor(Ridge(), 0.8)
    direct.fit(StandardScaler().fit_transform(X), y)
    assert wrapped[-1].settings_["alpha"] == pytest.approx(direct.settings_["alpha"])
    assert around.settings_["ridge__alpha"] == wrapped[-1].settings_["alpha"]
    assert np.array_equal(wrapped.predict(1000 * X), around.predict(1000 * X))


def test_mixed_frame_in_a_pipeline():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": list("xyz") * 20})
    y = (frame["a"] > 0).astype(int)
    encode = make_column_transformer((OneHotEncoder(), ["b"]), remainder="passthrough")
    for inner in (LogisticRegression(), KNeighborsClassifier(), SVC()):
        pipeline = make_pipeline(encode, inner)
        sweep = [
            with_strength(pipeline, s).fit(frame, y).score(frame, y) for s in (0, 1)
        ]
        assert sweep[0] > 0.9 > sweep[1]
        around = RegularizedClassifier(pipeline, 0.9).fit(frame, y)
        assert list(around.feature_names_in_) == ["a", "b"]


def test_callers_objects_stay_as_they_were(cancer):
    X, y = cancer
    tree = DecisionTreeClassifier(random_state=0)
    pipeline = make_pipeline(StandardScaler(), tree)
    before = repr(pipeline.get_params())
    with_strength(pipeline, 0.9).fit(X, y)
    RegularizedClassifier(pipeline, 0.9).fit(X, y)
    with_strength(tree, 0.1).fit(X, y)
    assert repr(pipeline.get_params()) == before
    assert pipeline[-1] is tree
    assert not hasattr(tree, "tree_")


class Repeating(ClassifierMixin, BaseEstimator):
    """Fits its inner estimator to every row twice."""

    def __init__(self, estimator=None):
        self.estimator = estimator

    def fit(self, X, y):
        X, y = np.repeat(X, 2, axis=0), np.repeat(y, 2)
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        return self

    def predict(self, X):
        return self.estimator_.predict(X)


@pytest.mark.parametrize("strength", [0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize(
    "inner", [KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)]
)
@pytest.mark.parametrize(
    "around",
    [
        lambda e: BaggingClassifier(e, n_estimators=3, max_samples=0.5, random_state=0),
        lambda e: CalibratedClassifierCV(e, cv=3),
        Repeating,
    ],
)
def test_meta_estimators_of_any_kind(cancer, around, inner, strength):
    X, y = cancer
    meta = around(clone(inner))
    model = with_strength(meta, strength).fit(X, y)
    assert type(model) is type(meta)
    wrapped = RegularizedClassifier(meta, strength).fit(X, y)
    assert np.array_equal(model.predict(X), wrapped.predict(X))


def test_settings_found_inside_meta_estimators(cancer):
    X, y = cancer
    repeating = Repeating(DecisionTreeClassifier())
    wrapped = RegularizedClassifier(repeating, 1.0).fit(X, y)
    assert wrapped.settings_ == {"estimator__min_samples_leaf": 201}
    bagging = BaggingClassifier(n_estimators=2, random_state=0)
    wrapped = RegularizedClassifier(bagging, 0.8).fit(X, y)
    assert wrapped.settings_.keys() == {"estimator__min_samples_leaf"}


def test_wrapper_can_be_boosted_and_turned_again(cancer):
    X, y = cancer
    inner = RegularizedClassifier(DecisionTreeClassifier(max_depth=2), 0.6)
    AdaBoostClassifier(inner, n_estimators=2).fit(X, y).predict(X)
    again = with_strength(inner, 0.5).fit(X, y)
    assert again.estimator_.strength == 0.6
    assert with_strength(inner, 1).fit(X, y).settings_ == {"strength": 1.0}


def test_target_of_a_transformed_regression(diabetes):
    X, y = diabetes
    model = TransformedTargetRegressor(Lasso(1e-5), func=np.log, inverse_func=np.exp)
    end = with_strength(model, 1.0).fit(X, y)
    # The range comes from the logarithms that the lasso sees, not from the target.
    assert end.regressor_.settings_["alpha"] < 1
    assert np.ptp(end.predict(X)) < 1e-9


# ---------------------------------------------------------------------------- penalty
@pytest.mark.parametrize(
    ("estimator", "penalty", "expected"),
    [
        (LinearRegression(), None, Ridge),
        (LinearRegression(), "l2", Ridge),
        (LinearRegression(fit_intercept=False), "l1", Lasso),
        (LinearRegression(), "elasticnet", ElasticNet),
        (Ridge(), "l2", Ridge),
        (Ridge(), "l1", Lasso),
        (Lasso(), "l2", Ridge),
        (ElasticNet(), "l1", Lasso),
        (Lasso(), "elasticnet", ElasticNet),
        (SGDRegressor(random_state=0), "l1", SGDRegressor),
        (LinearSVR(random_state=0, max_iter=20_000), "l2", LinearSVR),
    ],
)
def test_penalty_of_regressors(diabetes, estimator, penalty, expected):
    X, y = diabetes
    X, y = StandardScaler().fit_transform(X), (y - y.mean()) / y.std()
    scores = []
    for strength in (0.5, 0.8, 1.0):
        model = RegularizedRegressor(estimator, strength, penalty=penalty).fit(X, y)
        scores.append(model.score(X, y))
    assert type(model.estimator_[-1]) is expected
    assert scores[0] + 1e-9 >= scores[1] >= scores[2] - 1e-9
    assert scores[2] < 0.1
    if penalty in ("l1", "elasticnet") and expected is not SGDRegressor:
        assert not model.coef_.any()
    kept = getattr(model.estimator_[-1], "fit_intercept", True)
    assert kept == estimator.get_params().get("fit_intercept", True)


@pytest.mark.parametrize(
    ("estimator", "penalty"),
    [
        (LogisticRegression(), "l2"),
        (LogisticRegression(random_state=0), "l1"),
        (LogisticRegression(solver="liblinear", random_state=0), "l1"),
        (LogisticRegression(random_state=0), "elasticnet"),
        (LogisticRegression(C=np.inf), None),
        (SGDClassifier(random_state=0), "l1"),
        (SGDClassifier(penalty=None, random_state=0), None),
        (SGDClassifier(random_state=0), "elasticnet"),
        (LinearSVC(), "l2"),
        (LinearSVC(random_state=0), "l1"),
        (RidgeClassifier(), "l2"),
        (Perceptron(), "elasticnet"),
    ],
)
def test_penalty_of_classifiers(estimator, penalty):
    X, y = load_wine(return_X_y=True)
    X, y = StandardScaler().fit_transform(X)[:, :4], y > 0
    sizes, scores = [], []
    for strength in (0.6, 0.8, 1.0):
        model = RegularizedClassifier(estimator, strength, penalty=penalty).fit(X, y)
        sizes.append(np.abs(model.coef_).sum())
        scores.append(model.score(X, y))
    assert sizes[0] > sizes[1] > sizes[2]
    assert scores[0] > 0.7
    if penalty == "l1":
        assert sizes[2] == pytest.approx(0, abs=1e-9)


def test_penalty_at_neutral_strength():
    X, y = load_diabetes(return_X_y=True)
    unpenalized = RegularizedRegressor(LinearRegression(), penalty="l1").fit(X, y)
    assert unpenalized.settings_ == {}
    assert type(unpenalized.estimator_[-1]) is LinearRegression
    same = RegularizedRegressor(Lasso(alpha=0.3), penalty="elasticnet").fit(X, y)
    assert same.estimator_[-1].alpha == 0.3


@pytest.mark.parametrize(
    ("estimator", "penalty"),
    [
        (DecisionTreeClassifier(), "l2"),
        (SVC(kernel="linear"), "l1"),
        (RidgeClassifier(), "l1"),
        (LinearSVC(), "elasticnet"),
        (make_pipeline(StandardScaler(), GaussianNB()), "l1"),
    ],
)
def test_penalty_where_it_does_not_apply(estimator, penalty, cancer):
    for strength in (0.5, 0.8):
        model = RegularizedClassifier(estimator, strength, penalty=penalty)
        with pytest.raises(ValueError, match=f"penalty='{penalty}'"):
            model.fit(*cancer)
    with pytest.raises(ValueError, match=f"penalty='{penalty}'"):
        with_strength(estimator, 0.8, penalty=penalty)


# -------------------------------------------------------------------------- bad input
@pytest.mark.parametrize("strength", [-0.1, 1.1, "a", np.nan, np.inf, None, "CV"])
def test_strength_out_of_range(strength, cancer):
    with pytest.raises(ValueError, match="'strength' parameter"):
        RegularizedClassifier(strength=strength).fit(*cancer)
    with pytest.raises(ValueError, match="'strength' parameter"):
        with_strength(LogisticRegression(), strength)


@pytest.mark.parametrize("penalty", ["l3", 1, "none", True])
def test_unknown_penalty(penalty, cancer):
    with pytest.raises(ValueError, match="'penalty' parameter"):
        RegularizedClassifier(penalty=penalty).fit(*cancer)
    with pytest.raises(ValueError, match="'penalty' parameter"):
        with_strength(LogisticRegression(), 0.5, penalty=penalty)


@pytest.mark.parametrize("strength", [0, 0.5, 1])
@pytest.mark.parametrize(
    "estimator",
    [DummyClassifier(), make_pipeline(StandardScaler(), DummyClassifier())],
)
def test_unknown_estimators_are_refused_at_any_strength(estimator, strength, cancer):
    message = "DummyClassifier cannot be controlled.*capacity_table"
    with pytest.raises(ValueError, match=message):
        RegularizedClassifier(estimator, strength).fit(*cancer)
    with pytest.raises(ValueError, match=message):
        with_strength(estimator, strength)
    assert not has_dial(estimator)


@pytest.mark.parametrize(
    "estimator",
    [
        ShrunkTreeClassifier(DecisionTreeClassifier()),
        make_pipeline(StandardScaler(), PrunedTreeClassifier(DecisionTreeClassifier())),
        EarlyStoppingClassifier(HistGradientBoostingClassifier()),
    ],
)
def test_no_dial_goes_into_what_looks_into_its_model(estimator, cancer):
    message = "looks into its .*, so no dial can go between them"
    with pytest.raises(ValueError, match=message):
        RegularizedClassifier(estimator).fit(*cancer)
    with pytest.raises(ValueError, match=message):
        with_strength(estimator, 0.7)
    assert not has_dial(estimator)


@pytest.mark.parametrize("estimator", ["a tree", 3, StandardScaler()])
def test_not_an_estimator(estimator, cancer):
    with pytest.raises(ValueError, match="'estimator' parameter"):
        RegularizedClassifier(estimator).fit(*cancer)
    with pytest.raises(ValueError, match="'estimator' parameter"):
        with_strength(estimator, 0.5)
    assert not has_dial(estimator)


def test_wrong_kind_of_estimator(cancer):
    with pytest.raises(ValueError, match="use RegularizedRegressor"):
        RegularizedClassifier(Ridge()).fit(*cancer)
    with pytest.raises(ValueError, match="use RegularizedClassifier"):
        RegularizedRegressor(SVC()).fit(*cancer)
    with pytest.raises(ValueError, match=r"DummyRegressor\(\) is a regressor"):
        RegularizedClassifier(DummyRegressor()).fit(*cancer)


def test_cross_validation_shrinks_the_gap(cancer):
    X, y = cancer
    gaps = []
    for strength in (0.5, 0.8):
        model = with_strength(DecisionTreeClassifier(random_state=0), strength)
        train = model.fit(X, y).score(X, y)
        gaps.append(train - cross_val_score(model, X, y, cv=3).mean())
    assert gaps[1] < gaps[0]


def test_has_dial():
    assert has_dial(make_pipeline(StandardScaler(), KNeighborsRegressor()))
    assert has_dial(BaggingClassifier())
    assert not has_dial(GridSearchCV(SVC(), {"C": [1]}))
    assert not has_dial(Ridge(alpha=[1.0, 2.0]))


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({"strength": 0.8}, 1),
        ({"strength": 0.2, "params": ["max_depth"]}, 1),
        ({"strength": "cv", "cv": 3}, 1 + 3),  # each split may have its own worker
    ],
)
def test_a_fit_looks_its_entry_up_once(cancer, options, times):
    asked = []

    class Counting(DecisionTreeClassifier):
        def __skoverfit_capacity__(self):
            asked.append(self)
            return Capacity(Dial("max_depth", 8, 1, "integer", rises=False))

    model = RegularizedClassifier(Counting(max_depth=4), **options).fit(*cancer)
    assert model.settings_.keys() == {"max_depth"}
    assert len(asked) == times
