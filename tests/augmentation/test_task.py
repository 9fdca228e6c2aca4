"""Labels or numbers: one rule for all augmenters and wrappers, however many rows."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

from skoverfit.augmentation import (
    AdversarialForest,
    AugmentedClassifier,
    AugmentedRegressor,
    Compose,
    CutMix,
    GaussianCopula,
    GaussianNoise,
    ImageCutMix,
    ImageMixup,
    Mixup,
    NeighborInterpolation,
    SmoothedBootstrap,
)
from skoverfit.augmentation._targets import is_numeric_target

MIXING = [
    Mixup(1.0),
    Mixup(1.0, partner="any"),
    CutMix(1.0, partner="any"),
    NeighborInterpolation(),
    ImageMixup(1.0),
    ImageCutMix(1.0),
]
# What these have learned has one entry for each class, or one for all.
LEARNING = [
    (SmoothedBootstrap(), "bandwidth_"),
    (GaussianCopula(), "shrinkage_"),
]
FOREST = AdversarialForest(n_estimators=2, max_iter=1)
ALL = [*MIXING, *(augmenter for augmenter, _ in LEARNING), FOREST]


def counts(n_rows, mean=4.0):
    rng = np.random.default_rng(n_rows)
    return rng.uniform(size=(n_rows, 9)), rng.poisson(mean, n_rows)


@given(
    values=st.lists(st.integers(-5, 60), min_size=1, max_size=30),
    repeats=st.integers(1, 40),
    dtype=st.sampled_from([int, float, np.int8]),
)
def test_the_rule_does_not_depend_on_the_number_of_rows(values, repeats, dtype):
    y = np.array(values, dtype=dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        answers = {
            is_numeric_target(part) for part in (y, y[:1], np.repeat(y, repeats))
        }
    assert answers == {False}
    assert is_numeric_target(np.append(y, 0.5))
    assert is_numeric_target(y, "regression")


@pytest.mark.parametrize("n_rows", [100, 200, 2000])
@pytest.mark.parametrize("augmenter", MIXING, ids=repr)
def test_counts_are_labels_unless_said_otherwise(augmenter, n_rows):
    X, y = counts(n_rows, 100.0)
    y, labels = 7 * y, y // 25  # between two multiples of 7 there is room
    seeded = clone(augmenter).set_params(random_state=0)
    assert set(seeded.fit_resample(X, labels)[1]) <= set(labels)
    assert set(seeded.set_params(task="classification").fit_resample(X, y)[1]) <= set(y)
    _, mixed = seeded.set_params(task="regression").fit_resample(X, y)
    assert mixed.dtype == y.dtype
    assert set(mixed) - set(y)
    assert seeded.sample_weight_.tolist() == [1.0] * (2 * n_rows)
    assert mixed[n_rows:].mean() == pytest.approx(y.mean(), rel=0.03)


@pytest.mark.parametrize(("augmenter", "attribute"), LEARNING, ids=repr)
def test_what_is_learned_is_by_class_or_for_all(augmenter, attribute):
    for n_rows in (100, 200, 1000):
        X, y = counts(n_rows)
        for task, expected in [
            ("auto", len(np.unique(y))),
            ("classification", len(np.unique(y))),
            ("regression", 1),
        ]:
            fitted = clone(augmenter).set_params(task=task).fit(X, y)
            assert len(getattr(fitted, attribute)) == expected


def test_the_forest_keeps_labels_apart_and_lets_numbers_meet():
    X = np.linspace(0, 1, 60).reshape(-1, 1)
    y = np.repeat([0, 1, 2], 20)
    for task in ("classification", "regression"):
        forest = clone(FOREST).set_params(
            task=task, min_samples_leaf=30, random_state=0, within_leaf="empirical"
        )
        rows, labels = forest.fit_resample(X, y)
        within = all(
            set(rows[60:][labels[60:] == k, 0]) <= set(X[y == k, 0]) for k in range(3)
        )
        assert within == (task == "classification")


@pytest.mark.parametrize("augmenter", ALL, ids=lambda each: type(each).__name__)
def test_contradictions_are_refused(augmenter):
    X, y = counts(30)
    cases = [
        ("classification", y + 0.5, {}, "Unknown label type: continuous"),
        ("regression", y.astype(str), {}, "task='regression' needs numbers in y"),
        ("regression", y // 9, {"sampling_strategy": "all"}, "sampling_strategy='all'"),
        ("ranking", y, {}, "The 'task' parameter"),
    ]
    for task, target, params, message in cases:
        with pytest.raises(ValueError, match=message):
            clone(augmenter).set_params(task=task, **params).fit_resample(X, target)


def test_amounts_that_auto_takes_for_labels_are_warned_of():
    X, y = counts(60, 1000.0)
    with pytest.warns(UserWarning, match="Use task='regression'"):
        Mixup().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Mixup(task="classification").fit(X, y)
        Mixup().fit(X, y % 10)
        GaussianNoise().fit(X, y)


@pytest.mark.parametrize(
    ("wrapper", "estimator", "task"),
    [
        (AugmentedRegressor, Ridge(), "regression"),
        (AugmentedClassifier, LogisticRegression(), "classification"),
    ],
)
def test_wrappers_say_what_the_target_is(wrapper, estimator, task):
    X, y = counts(100)
    parts = Compose([("noise", GaussianNoise()), ("mixup", Mixup())])
    for augmenter, name in [(Mixup(), "task"), (parts, "mixup__task")]:
        model = wrapper(estimator, augmenter, random_state=0).fit(X, y)
        assert model.augmenter_.get_params()[name] == task
        assert augmenter.get_params()[name] == "auto"
    asked = Mixup(sampling_strategy="all")
    assert wrapper(estimator, asked).fit(X, y).augmenter_.task == "auto"
    own = Mixup(task="classification", partner="class")
    assert wrapper(estimator, own).fit(X, y).augmenter_.task == "classification"
    tuned = wrapper(estimator, Mixup(), tune={"concentration": [0.1, 1.0]}, cv=2).fit(
        X, y % 2
    )
    assert tuned.augmenter_.task == task
