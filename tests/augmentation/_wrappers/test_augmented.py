"""Estimators that augment at fit: what they fit, what they pass on, where they work."""

import pickle

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import get_tags

from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    GaussianNoise,
    SwapNoise,
)

X, y = make_classification(80, 5, random_state=0)
WEIGHT = np.random.default_rng(0).integers(1, 5, len(y)).astype(float)


class Recorder(LogisticRegression):
    """Remembers what it was fitted on."""

    def fit(self, X, y, sample_weight=None, note=None):
        self.seen_ = X, y, sample_weight, note
        return super().fit(X, y, sample_weight)


def test_fit_is_augment_then_fit():
    noise = GaussianNoise(0.3, n_copies=2, random_state=3)
    model = AugmentedClassifier(LogisticRegression(), noise).fit(X, y)
    by_hand = LogisticRegression().fit(*noise.fit_resample(X, y))
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(
        model.decision_function(X), by_hand.decision_function(X)
    )
    np.testing.assert_array_equal(
        model.predict_log_proba(X), by_hand.predict_log_proba(X)
    )
    np.testing.assert_array_equal(model.classes_, [0, 1])
    assert model.score(X, y) == by_hand.score(X, y)
    assert model.augmenter_ is not noise


def test_regressor_is_augment_then_fit():
    rows, target = make_regression(50, 3, random_state=0)
    swap = SwapNoise(random_state=1)
    model = AugmentedRegressor(Ridge(), swap).fit(rows, target)
    by_hand = Ridge().fit(*swap.fit_resample(rows, target))
    np.testing.assert_array_equal(model.predict(rows), by_hand.predict(rows))
    assert not hasattr(model, "predict_proba")
    two = np.c_[target, -target]
    assert AugmentedRegressor(Ridge()).fit(rows, two).predict(rows).shape == two.shape


def test_no_copies_is_the_estimator_itself():
    model = AugmentedClassifier(
        DecisionTreeClassifier(random_state=0), GaussianNoise(n_copies=0)
    )
    plain = DecisionTreeClassifier(random_state=0)
    np.testing.assert_array_equal(
        cross_val_score(model, X, y), cross_val_score(plain, X, y)
    )


def test_noisy_copies_act_like_ridge():
    # Many noisy copies of standardized columns: alpha = n * sigma**2 per copied row.
    rows, target = make_regression(60, 3, noise=5, random_state=0)
    rows = StandardScaler().fit_transform(rows)
    scale, n_copies = 0.5, 2000
    noise = GaussianNoise(scale, n_copies=n_copies, random_state=0)
    coef = (
        AugmentedRegressor(LinearRegression(), noise).fit(rows, target).estimator_.coef_
    )
    ridge = Ridge(alpha=len(rows) * scale**2).fit(rows, target)
    np.testing.assert_allclose(coef, ridge.coef_, rtol=0.02)


@pytest.mark.parametrize("weight", [WEIGHT, pd.Series(WEIGHT), WEIGHT.tolist()])
def test_synthetic_rows_have_the_weight_of_their_parent(weight):
    model = AugmentedClassifier(Recorder(), GaussianNoise(n_copies=2), random_state=0)
    seen = model.fit(X, y, sample_weight=weight).estimator_.seen_[2]
    np.testing.assert_array_equal(seen, np.tile(WEIGHT, 3))
    assert model.fit(X, y, sample_weight=None).estimator_.seen_[2] is None


def test_weight_equals_repetition_where_nothing_is_drawn():
    copies = GaussianNoise(scale=0.0)
    weighted = AugmentedClassifier(LogisticRegression(tol=1e-9), copies)
    weighted.fit(X, y, sample_weight=WEIGHT)
    rows = np.repeat(np.arange(len(y)), WEIGHT.astype(int))
    repeated = AugmentedClassifier(LogisticRegression(tol=1e-9), copies)
    repeated.fit(X[rows], y[rows])
    np.testing.assert_allclose(
        weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-5
    )


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (WEIGHT[:-1], "sample_weight.shape"),
        (np.tile(WEIGHT, 2), "sample_weight.shape"),
        (np.c_[WEIGHT, WEIGHT], "1D"),
        (np.where(WEIGHT > 2, np.nan, 1), "sample_weight contains NaN"),
    ],
)
def test_bad_weights_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        AugmentedClassifier(LogisticRegression()).fit(X, y, sample_weight=weight)


def test_samplers_of_imblearn_work():
    unbalanced = np.r_[0:40, np.flatnonzero(y == 1)[:30]]
    rows, target = X[unbalanced], y[unbalanced]
    model = AugmentedClassifier(
        DecisionTreeClassifier(random_state=0), SMOTE(), random_state=0
    )
    assert model.fit(rows, target).predict(rows).shape == target.shape
    with pytest.raises(
        ValueError, match=r"SMOTE.*sample_indices_.*\['sample_weight'\]"
    ):
        model.fit(rows, target, sample_weight=WEIGHT[unbalanced])
    over = AugmentedClassifier(Recorder(), RandomOverSampler(), random_state=0)
    over.fit(rows, target, sample_weight=WEIGHT[unbalanced])
    np.testing.assert_array_equal(
        over.estimator_.seen_[2], WEIGHT[unbalanced][over.augmenter_.sample_indices_]
    )


def test_random_state_replaces_those_of_the_augmenter():
    def fitted(random_state, seed):
        model = AugmentedClassifier(
            LogisticRegression(),
            GaussianNoise(random_state=seed),
            random_state=random_state,
        )
        return model.fit(X, y).estimator_.coef_

    np.testing.assert_array_equal(fitted(0, 1), fitted(0, 2))
    np.testing.assert_array_equal(fitted(None, 1), fitted(None, 1))
    assert not np.array_equal(fitted(None, 1), fitted(None, 2))
    assert not np.array_equal(fitted(0, 1), fitted(1, 1))
    nested = make_pipeline(StandardScaler(), LogisticRegression())
    assert AugmentedClassifier(nested, random_state=0).fit(X, y).score(X, y) > 0.5


def test_other_fit_parameters_need_routing():
    with pytest.raises(ValueError, match="note"):
        AugmentedClassifier(Recorder()).fit(X, y, note="hello")


def test_metadata_is_routed():
    with config_context(enable_metadata_routing=True):
        recorder = Recorder().set_fit_request(sample_weight=True, note=True)
        model = AugmentedClassifier(recorder, random_state=0)
        model.fit(X, y, sample_weight=WEIGHT, note=np.arange(len(y)))
        _, _, weight, note = model.estimator_.seen_
        np.testing.assert_array_equal(weight, np.tile(WEIGHT, 2))
        np.testing.assert_array_equal(note, np.tile(np.arange(len(y)), 2))
        model.set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"estimator__C": [0.1, 1.0]}, cv=2)
        search.fit(X, y, sample_weight=WEIGHT)
        assert search.best_estimator_.estimator_.seen_[2].shape == (2 * len(y),)
        router = model.get_metadata_routing()
        assert {"estimator", "augmenter"} <= set(router._route_mappings)


def test_works_in_pipeline_and_search():
    model = make_pipeline(
        StandardScaler(),
        AugmentedClassifier(LogisticRegression(), GaussianNoise(), random_state=0),
    )
    grid = {
        "augmentedclassifier__augmenter__scale": [0.0, 0.5],
        "augmentedclassifier__estimator__C": [1.0],
    }
    search = GridSearchCV(model, grid, cv=3).fit(X, y)
    with parallel_config(backend="threading"):
        repeated = GridSearchCV(clone(model), grid, cv=3, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], repeated.cv_results_["mean_test_score"]
    )


def test_pickle_and_html():
    model = AugmentedClassifier(LogisticRegression(), SwapNoise(), random_state=0).fit(
        X, y
    )
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    html = model._repr_html_()
    assert "LogisticRegression" in html
    assert "SwapNoise" in html


def test_frames_reach_the_estimator():
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = AugmentedClassifier(DecisionTreeClassifier(), random_state=0).fit(frame, y)
    assert list(model.feature_names_in_) == list("abcde")
    assert model.n_features_in_ == 5
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[list("edcba")])


@pytest.mark.parametrize(
    ("estimator", "name"),
    [(DecisionTreeClassifier(), "allow_nan"), (LogisticRegression(), "sparse")],
)
def test_tags_need_both_parts(estimator, name):
    assert getattr(get_tags(AugmentedClassifier(estimator)).input_tags, name)
    without = AugmentedClassifier(estimator, SMOTE())
    expected = getattr(get_tags(SMOTE()).input_tags, name)
    assert getattr(get_tags(without).input_tags, name) == expected
    assert not get_tags(AugmentedClassifier(SVC())).input_tags.allow_nan


def test_tags_of_targets_come_from_the_estimator():
    forest = get_tags(AugmentedClassifier(RandomForestClassifier()))
    assert forest.target_tags.multi_output
    assert forest.classifier_tags.multi_label
    assert not get_tags(AugmentedClassifier(SVC())).target_tags.multi_output
    assert get_tags(
        AugmentedRegressor(DecisionTreeRegressor())
    ).target_tags.multi_output


def test_methods_come_from_the_estimator():
    assert hasattr(AugmentedClassifier(SVC()), "decision_function")
    assert not hasattr(AugmentedClassifier(SVC()), "predict_proba")
    assert not hasattr(
        AugmentedClassifier(DecisionTreeClassifier()), "decision_function"
    )


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (AugmentedClassifier(Ridge()), "is a regressor; use AugmentedRegressor"),
        (AugmentedRegressor(SVC()), "is a classifier; use AugmentedClassifier"),
        (AugmentedClassifier(SVC(kernel="precomputed")), "pairwise"),
        (AugmentedClassifier(SVC(), StandardScaler()), "'augmenter' parameter"),
        (AugmentedClassifier("svc"), "'estimator' parameter"),
        (AugmentedClassifier(SVC(), random_state="x"), "'random_state' parameter"),
        (AugmentedClassifier(SVC(), GaussianNoise(scale=-1)), "'scale' parameter"),
    ],
)
def test_bad_parameters_are_named(model, message):
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        AugmentedClassifier(SVC()).fit(X, y[:-1])
