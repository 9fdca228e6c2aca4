"""Weights, groups and soft labels on their way into the inner fit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    BaseAugmenter,
    GaussianNoise,
    Mixup,
)
from skoverfit.augmentation._wrappers._training import (
    TrainingRows,
    fitted,
    rows_by_weight,
)

X, y = make_classification(60, 4, random_state=0)
WEIGHT = np.random.default_rng(0).integers(1, 5, len(y)).astype(float)
GROUPS = np.arange(len(y)) % 6


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on."""

    def fit(self, X, y, sample_weight=None, groups=None):
        self.seen_ = X, np.asarray(y), sample_weight, groups
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


class Unweighted(Recorder):
    """Takes no weights."""

    def fit(self, X, y):
        return super().fit(X, y)


def seen(model, **params):
    return model.fit(X, y, **params).estimator_.seen_


# ------------------------------------------------------------- estimators with weights


@pytest.mark.parametrize("mode", ["append", "replace", "weight"])
def test_weights_are_those_of_the_augmenter(mode):
    noise = GaussianNoise(n_copies=3, mode=mode)
    model = AugmentedClassifier(Recorder(), noise, random_state=0)
    weight = seen(model, sample_weight=WEIGHT)[2]
    np.testing.assert_array_equal(weight, model.augmenter_.sample_weight_)
    own = WEIGHT[model.augmenter_.sample_indices_]
    is_copy = model.augmenter_.is_synthetic_
    expected = np.where(is_copy, own / 3, own) if mode == "weight" else own
    np.testing.assert_allclose(weight, expected)


def test_mode_weight_needs_no_weights_from_the_caller():
    model = AugmentedClassifier(
        Recorder(), GaussianNoise(n_copies=2, mode="weight"), random_state=0
    )
    weight = seen(model)[2]
    np.testing.assert_array_equal(weight, np.repeat([1.0, 0.5, 0.5], len(y)))


def test_mixed_rows_come_twice_with_their_shares():
    mixup = Mixup(partner="any")
    model = AugmentedClassifier(Recorder(), mixup, random_state=0)
    rows, labels, weight, _ = seen(model)
    copies = slice(len(y), None)
    total = (
        pd.Series(weight[copies]).groupby([row.tobytes() for row in rows[copies]]).sum()
    )
    np.testing.assert_allclose(total, 1.0)
    assert len(labels) > 2 * len(y)
    assert weight[copies].min() < 0.5


def test_weights_reach_the_last_step_of_a_pipeline():
    inner = make_pipeline(StandardScaler(), Recorder())
    model = AugmentedClassifier(inner, GaussianNoise(n_copies=2), random_state=0)
    model.fit(X, y, sample_weight=WEIGHT)
    np.testing.assert_array_equal(model.estimator_[-1].seen_[2], np.tile(WEIGHT, 3))


def test_weights_and_groups_reach_a_search():
    search = GridSearchCV(
        LogisticRegression(),
        {"C": [0.1, 1.0]},
        cv=GroupKFold(3),
        return_train_score=True,
    )
    model = AugmentedClassifier(search, GaussianNoise(), random_state=0)
    model.fit(X, y, sample_weight=WEIGHT, groups=GROUPS)
    by_hand = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=GroupKFold(3))
    rows, labels = model.augmenter_.fit_resample(X, y)
    by_hand.fit(
        rows, labels, sample_weight=np.tile(WEIGHT, 2), groups=np.tile(GROUPS, 2)
    )
    np.testing.assert_array_equal(
        model.estimator_.cv_results_["mean_test_score"],
        by_hand.cv_results_["mean_test_score"],
    )


def test_groups_are_handed_on_where_fit_names_them():
    model = AugmentedClassifier(Recorder(), GaussianNoise(n_copies=2), random_state=0)
    np.testing.assert_array_equal(seen(model, groups=GROUPS)[3], np.tile(GROUPS, 3))
    np.testing.assert_array_equal(model.augmenter_.groups_, np.tile(GROUPS, 3))
    plain = AugmentedClassifier(Unweighted(), random_state=0)
    assert seen(plain, groups=GROUPS)[3] is None


def test_a_wrapper_inside_a_wrapper_gets_weights():
    inner = AugmentedClassifier(Recorder(), GaussianNoise(0.2), random_state=1)
    model = AugmentedClassifier(inner, GaussianNoise(), random_state=0)
    model.fit(X, y, sample_weight=WEIGHT)
    seen_weight = model.estimator_.estimator_.seen_[2]
    np.testing.assert_array_equal(seen_weight, np.tile(WEIGHT, 4))


# ---------------------------------------------------------- estimators without weights


def test_equal_weights_repeat_nothing():
    model = AugmentedClassifier(Unweighted(), GaussianNoise(), random_state=0)
    rows, *_ = seen(model)
    weighted, *_ = seen(model, sample_weight=np.full(len(y), 7.0))
    np.testing.assert_array_equal(rows, weighted)


def test_mode_weight_keeps_originals_and_a_share_of_the_copies():
    noise = GaussianNoise(n_copies=4, mode="weight")
    model = AugmentedClassifier(Unweighted(), noise, random_state=0)
    rows, *_ = seen(model)
    assert len(rows) == 2 * len(y)
    np.testing.assert_array_equal(rows[: len(y)], X)


def test_rows_of_an_estimator_without_weights_are_repeated_in_proportion():
    model = AugmentedClassifier(Unweighted(), GaussianNoise(n_copies=0), random_state=0)
    rows, *_ = seen(model, sample_weight=WEIGHT)
    counts = np.array([np.all(rows == row, axis=1).sum() for row in X])
    expected = WEIGHT / WEIGHT.mean()
    assert np.all(np.abs(counts - expected) < 1)
    again, *_ = seen(model, sample_weight=1000 * WEIGHT)
    np.testing.assert_array_equal(rows, again)


@given(
    weight=st.lists(st.floats(0, 5), min_size=4, max_size=12).filter(
        lambda values: sum(values) > 0.1
    ),
    seed=st.integers(0, 1000),
)
def test_repetition_rounds_up_or_down_and_keeps_totals(weight, seed):
    weight = np.array(weight)
    counts = np.bincount(rows_by_weight(weight, None, seed), minlength=len(weight))
    assert np.all(counts >= np.floor(weight - 1e-9))
    assert np.all(counts <= np.ceil(weight + 1e-9))
    assert abs(counts.sum() - weight.sum()) < 1 + 1e-9


def test_repetition_is_unbiased():
    weight = np.array([0.0, 0.1, 0.5, 0.9, 1.0, 1.7, 2.3])
    counts = np.mean(
        [
            np.bincount(rows_by_weight(weight, None, seed), minlength=7)
            for seed in range(4000)
        ],
        axis=0,
    )
    np.testing.assert_allclose(counts, weight, atol=0.03)


def test_no_class_vanishes():
    weight = np.r_[np.ones(20), 0.01, 0.02]
    labels = np.r_[np.zeros(20), 1, 1]
    for seed in range(20):
        assert set(labels[rows_by_weight(weight, labels, seed)]) == {0, 1}
    weightless = np.r_[np.ones(20), 0.0, 0.0]
    assert set(labels[rows_by_weight(weightless, labels, 0)]) == {0}


@pytest.mark.parametrize(
    "weight", [np.zeros(60), -WEIGHT, WEIGHT - 2, np.full(60, -1.0)]
)
def test_weights_that_repeat_nothing_are_refused(weight):
    with pytest.raises(ValueError, match=r"must be 0 or more|at least one non-zero"):
        AugmentedClassifier(KNeighborsClassifier()).fit(X, y, sample_weight=weight)


def test_repetition_is_seeded_by_either_part():
    def rows(random_state, seed):
        noise = GaussianNoise(0.0, mode="weight", n_copies=3, random_state=seed)
        return seen(AugmentedClassifier(Unweighted(), noise, random_state=random_state))

    np.testing.assert_array_equal(rows(0, None)[0], rows(0, None)[0])
    np.testing.assert_array_equal(rows(None, 5)[0], rows(None, 5)[0])
    assert not np.array_equal(rows(0, None)[0], rows(1, None)[0])


def test_regressors_without_weights():
    rows = AugmentedRegressor(
        KNeighborsRegressor(1), GaussianNoise(n_copies=0), random_state=0
    ).fit(X, X[:, 0], sample_weight=np.where(X[:, 0] > 0, 1.0, 0.0))
    assert rows.predict(X).min() > 0


# ---------------------------------------------------------------------- other samplers


def test_samplers_without_attributes_still_work():
    unbalanced = np.r_[np.flatnonzero(y == 0)[:25], np.flatnonzero(y == 1)[:10]]
    for sampler in (SMOTE(), RandomOverSampler()):
        model = AugmentedClassifier(Unweighted(), sampler, random_state=0)
        model.fit(X[unbalanced], y[unbalanced])
        labels = model.estimator_.seen_[1]
        assert np.bincount(labels).tolist() == [25, 25]
    with pytest.raises(ValueError, match=r"SMOTE.*sample_indices_"):
        AugmentedClassifier(Recorder(), SMOTE(), random_state=0).fit(
            X[unbalanced], y[unbalanced], groups=GROUPS[unbalanced]
        )


def test_attributes_of_the_wrong_length_are_not_used():
    class Odd(BaseAugmenter):
        def _augment(self, X, y, rng):
            return X, y

        def fit_resample(self, X, y):
            result = super().fit_resample(X, y)
            self.sample_weight_ = np.ones(3) / 2
            return result

    assert seen(AugmentedClassifier(Recorder(), Odd()))[2] is None


# --------------------------------------------------------------------- metadata routing


def routed(estimator, augmenter=None, **params):
    with config_context(enable_metadata_routing=True):
        model = AugmentedClassifier(estimator, augmenter, random_state=0)
        return model.fit(X, y, **params).estimator_.seen_


def test_routing_gives_weights_to_both_parts():
    noise = GaussianNoise(n_copies=2, mode="weight")
    with config_context(enable_metadata_routing=True):
        recorder = Recorder().set_fit_request(sample_weight=True, groups=True)
    _, _, weight, groups = routed(recorder, noise, sample_weight=WEIGHT, groups=GROUPS)
    np.testing.assert_array_equal(weight, np.r_[WEIGHT, WEIGHT / 2, WEIGHT / 2])
    np.testing.assert_array_equal(groups, np.tile(GROUPS, 3))


def test_routing_without_a_request_is_an_error_for_given_weights_only():
    with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
        routed(Recorder(), sample_weight=WEIGHT)
    weight = routed(Recorder(), GaussianNoise(n_copies=2, mode="weight"))[2]
    np.testing.assert_array_equal(weight, np.repeat([1.0, 0.5, 0.5], len(y)))


def test_refused_weights_repeat_rows():
    with config_context(enable_metadata_routing=True):
        recorder = Recorder().set_fit_request(sample_weight=False)
    rows, _, weight, _ = routed(recorder, GaussianNoise(n_copies=3, mode="weight"))
    assert weight is None
    assert len(rows) == 2 * len(y)


def test_an_alias_is_followed_and_shares_are_kept():
    with config_context(enable_metadata_routing=True):
        recorder = Recorder().set_fit_request(sample_weight="importance", groups=False)
    noise = GaussianNoise(n_copies=2, mode="weight")
    weight = routed(recorder, noise, importance=WEIGHT)[2]
    np.testing.assert_array_equal(weight, np.r_[WEIGHT, WEIGHT / 2, WEIGHT / 2])


def test_weights_for_the_augmenter_alone_repeat_rows():
    rows, *_ = routed(Unweighted(), GaussianNoise(n_copies=0), sample_weight=WEIGHT)
    counts = np.array([np.all(rows == row, axis=1).sum() for row in X])
    assert np.all(np.abs(counts - WEIGHT / WEIGHT.mean()) < 1)


def test_routed_pipelines_take_weights_where_a_step_asks():
    with config_context(enable_metadata_routing=True):
        asked = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            Recorder().set_fit_request(sample_weight=True, groups=False),
        )
        model = AugmentedClassifier(asked, GaussianNoise(), random_state=0)
        model.fit(X, y, sample_weight=WEIGHT)
        np.testing.assert_array_equal(model.estimator_[-1].seen_[2], np.tile(WEIGHT, 2))
        silent = make_pipeline(StandardScaler(), Recorder())
        noise = GaussianNoise(n_copies=3, mode="weight")
        model = AugmentedClassifier(silent, noise, random_state=0).fit(X, y)
        assert len(model.estimator_[-1].seen_[0]) == 2 * len(y)


def test_a_refusing_augmenter_gets_nothing():
    with config_context(enable_metadata_routing=True):
        noise = GaussianNoise(mode="weight", n_copies=2)
        noise.set_fit_resample_request(sample_weight=False, groups=False)
        recorder = Recorder().set_fit_request(sample_weight=True, groups=False)
    weight = routed(recorder, noise, sample_weight=WEIGHT)[2]
    np.testing.assert_array_equal(weight, np.r_[WEIGHT, WEIGHT / 2, WEIGHT / 2])


# ------------------------------------------------------------------------- the carrier


def test_rows_are_taken_with_all_that_belongs_to_them():
    rows = TrainingRows(X, y, WEIGHT, {"note": GROUPS, "k": 3}, {"groups": GROUPS})
    some = rows.taken(np.array([3, 1]))
    assert len(some) == 2
    np.testing.assert_array_equal(some.weight, WEIGHT[[3, 1]])
    np.testing.assert_array_equal(some.params["note"], GROUPS[[3, 1]])
    assert some.params["k"] == 3
    np.testing.assert_array_equal(some.augmenter_params["groups"], GROUPS[[3, 1]])


def test_fitted_trains_what_it_is_given():
    ridge = Ridge()
    assert fitted(ridge, TrainingRows(X, X[:, 0], WEIGHT), 0) is ridge
    by_hand = Ridge().fit(X, X[:, 0], sample_weight=WEIGHT)
    np.testing.assert_array_equal(ridge.coef_, by_hand.coef_)
