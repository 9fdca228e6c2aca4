"""Augmenters made of augmenters: the same result as by hand, names, and errors."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier

from skoverfit.augmentation import (
    AugmentedClassifier,
    BaseAugmenter,
    Compose,
    FeatureDropout,
    GaussianNoise,
    Mixup,
    OneOf,
    Sometimes,
    SwapNoise,
)


class Plus(BaseAugmenter):
    """Adds a number, learnt once, times what is asked for."""

    def __init__(self, amount=1.0, n_copies=1, *, mode="append", constraint=None):
        super().__init__(n_copies=n_copies, mode=mode, constraint=constraint)
        self.amount = amount

    def _learn(self, X, y):
        self._step = self.amount * X.shape[0]

    def _augment(self, X, y, rng):
        return X + self._step + self._parents[:, np.newaxis], y


class Times(BaseAugmenter):
    def _augment(self, X, y, rng):
        return X * 10, y


X = np.arange(8.0).reshape(4, 2)
Y = np.array([0, 0, 1, 1])
PARENTS = np.arange(4)[:, np.newaxis]


def test_compose_applies_one_after_the_other():
    first = Compose([("plus", Plus()), ("times", Times())], n_copies=2)
    X_out, y_out = first.fit_resample(X, Y)
    np.testing.assert_array_equal(X_out[:4], X)
    np.testing.assert_array_equal(X_out[4:], np.tile((X + 4 + PARENTS) * 10, (2, 1)))
    np.testing.assert_array_equal(y_out, np.tile(Y, 3))
    second = Compose([("times", Times()), ("plus", Plus())])
    X_out, _ = second.fit_resample(X, Y)
    np.testing.assert_array_equal(X_out[4:], X * 10 + 4 + PARENTS)
    nested = Compose([("inner", first.set_params(n_copies=1)), ("none", "passthrough")])
    X_out, _ = nested.fit_resample(X, Y)
    np.testing.assert_array_equal(X_out[4:], (X + 4 + PARENTS) * 10)


def test_compose_in_each_mode_and_by_class():
    compose = Compose([("plus", Plus())], mode="replace")
    np.testing.assert_array_equal(compose.fit_resample(X, Y)[0], X + 4 + PARENTS)
    compose = Compose([("plus", Plus())], sampling_strategy={1: 5}, random_state=0)
    X_out, _ = compose.fit_resample(X, Y)
    parents = compose.sample_indices_[4:]
    np.testing.assert_array_equal(X_out[4:], X[parents] + 4 + PARENTS[parents])
    assert set(parents) == {2, 3}


def test_one_of_takes_each_with_its_chance():
    rows = np.zeros((3000, 1))
    one = OneOf(
        [("plus", Plus(1 / 3000)), ("times", "passthrough"), ("never", Times())],
        weights=[3, 1, 0],
        random_state=0,
    )
    X_out, _ = one.fit_resample(rows, np.zeros(3000))
    changed = X_out[3000:, 0] == 1 + np.arange(3000)
    assert (X_out[3000:, 0][~changed] == 0).all()
    assert abs(changed.mean() - 0.75) < 5 * np.sqrt(0.19 / 3000)


def test_sometimes_perturbs_with_its_chance():
    rows = np.zeros((3000, 1))
    for p in (0.0, 0.3, 1.0):
        sometimes = Sometimes(Plus(1 / 3000), p=p, random_state=0)
        X_out, _ = sometimes.fit_resample(rows, np.zeros(3000))
        changed = X_out[3000:, 0] != 0
        np.testing.assert_array_equal(
            X_out[3000:, 0][changed], 1 + np.flatnonzero(changed)
        )
        assert abs(changed.mean() - p) <= 5 * np.sqrt(p * (1 - p) / 3000)


def test_mixed_frames_and_mixed_classes():
    frame = pd.DataFrame(X, columns=["u", "v"]).assign(text=list("abcd"))
    compose = Compose(
        [
            ("swap", SwapNoise(0.9)),
            ("mixup", Mixup(2.0, partner="any")),
            ("noise", GaussianNoise()),
            ("dropout", FeatureDropout(0.2)),
        ],
        n_copies=20,
        random_state=0,
    )
    for maker in (compose, Sometimes(clone(compose).set_params(n_copies=1), 0.9, 20)):
        X_out, y_out = maker.set_params(random_state=0).fit_resample(frame, Y)
        assert (X_out.dtypes == frame.dtypes).all()
        weight, new = maker.sample_weight_, maker.is_synthetic_
        assert (weight[new] < 1).sum() > 20
        assert (weight > 0).all()
        np.testing.assert_allclose(weight[new].sum(), 80)
        assert len(X_out) == len(y_out) == len(weight)


def test_constraints_of_parts_and_of_the_whole():
    part = GaussianNoise(3.0, constraint=lambda Z: (Z > 0).all(axis=1))
    rows = np.random.default_rng(0).uniform(0.1, 1, (50, 2))
    for maker in (
        Compose([("noise", part), ("times", Times())], random_state=0),
        OneOf([("noise", part)], random_state=0),
        Sometimes(part, p=1.0, random_state=0),
    ):
        X_out, _ = maker.fit_resample(rows, np.zeros(50))
        assert (X_out > 0).all()
    free = Compose([("noise", GaussianNoise(3.0))], random_state=0)
    assert (free.fit_resample(rows, np.zeros(50))[0] < 0).any()
    free.set_params(constraint=lambda Z: (Z > 0).all(axis=1))
    assert (free.fit_resample(rows, np.zeros(50))[0] > 0).all()


def test_the_parts_are_not_changed():
    noise = GaussianNoise()
    for maker in (
        Compose([("noise", noise)]),
        OneOf([("noise", noise)]),
        Sometimes(noise),
    ):
        maker.fit_resample(X, Y)
        assert not hasattr(noise, "n_features_in_")
        assert [name for name in vars(maker) if name.startswith("_")] == []


# ------------------------------------------------------------------------- parameters


@pytest.mark.parametrize("kind", [Compose, OneOf])
def test_parameters_by_name(kind):
    maker = kind([("a", GaussianNoise(0.5)), ("b", SwapNoise())])
    params = maker.get_params()
    assert params["a__scale"] == 0.5
    assert params["b"] is maker.augmenters[1][1]
    maker.set_params(a__scale=0.7, b="passthrough", n_copies=3)
    assert maker.augmenters[0][1].scale == 0.7
    assert maker.augmenters[1] == ("b", "passthrough")
    assert maker.n_copies == 3
    twin = clone(maker)
    assert twin.augmenters[0][1] is not maker.augmenters[0][1]
    assert twin.get_params()["a__scale"] == 0.7
    with pytest.raises(ValueError, match="Invalid parameter 'c'"):
        maker.set_params(c__scale=1)


def test_parameters_of_sometimes():
    maker = Sometimes(GaussianNoise(0.5), p=0.2)
    assert maker.set_params(augmenter__scale=0.1).augmenter.scale == 0.1
    assert maker._doses()[0] == {"augmenter__scale": 0.1}


def test_the_seed_decides_all():
    maker = Compose(
        [
            ("one", OneOf([("a", GaussianNoise()), ("b", SwapNoise(0.9))])),
            ("drop", Sometimes(FeatureDropout(0.5))),
        ],
        n_copies=3,
    )
    rows = np.random.default_rng(0).normal(size=(20, 3))
    y = np.arange(20) % 2
    first, second, other = (
        maker.set_params(random_state=seed).fit_resample(rows, y)[0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()
    model = AugmentedClassifier(
        DecisionTreeClassifier(),
        maker,
        random_state=0,
    )
    assert model.fit(rows, y).score(rows, y) > 0.9


@pytest.mark.parametrize(
    ("maker", "error", "message"),
    [
        (Compose([]), ValueError, r"augmenters must be a list of pairs .* Got \[\]"),
        (Compose([GaussianNoise()]), ValueError, "augmenters must be a list of pairs"),
        (Compose([(1, GaussianNoise())]), ValueError, "augmenters must be a list"),
        (Compose("noise"), ValueError, "'augmenters' parameter"),
        (
            Compose([("a", Times()), ("a", Plus())]),
            ValueError,
            "Names provided are not unique",
        ),
        (Compose([("a__b", Times())]), ValueError, "must not contain __"),
        (Compose([("n_copies", Times())]), ValueError, "conflict with constructor"),
        (Compose([("a", Times)]), TypeError, "instances of BaseAugmenter"),
        (OneOf([("a", "drop")]), TypeError, "instances of BaseAugmenter"),
        (Compose([("a", GaussianNoise(-1))]), ValueError, "'scale' parameter"),
        (Compose([("a", Times(2))]), ValueError, "n_copies=2 of 'a' has no effect"),
        (Sometimes(Times(mode="weight")), ValueError, "mode='weight' of 'augmenter'"),
        (
            OneOf([("a", Times(sampling_strategy={0: 3}))]),
            ValueError,
            "sampling_strategy=.* of 'a' has no effect inside OneOf",
        ),
        (Sometimes("noise"), ValueError, "'augmenter' parameter"),
        (Sometimes(Times(), p=2), ValueError, "'p' parameter"),
        (OneOf([("a", Times())], weights=[1, 2]), ValueError, "weights must hold"),
        (OneOf([("a", Times())], weights=[-1]), ValueError, "weights must hold"),
        (OneOf([("a", Times())], weights=[0]), ValueError, "weights must hold"),
        (OneOf([("a", Times())], weights=["x"]), ValueError, "weights must hold"),
        (OneOf([("a", Times())], weights=3), ValueError, "'weights' parameter"),
    ],
)
def test_bad_parameters_are_named(maker, error, message):
    with pytest.raises(error, match=message):
        maker.fit(X, Y)


def test_only_one_part_may_mix_classes():
    mixup = Mixup(partner="any")
    maker = Compose([("a", mixup), ("b", clone(mixup))], random_state=0)
    with pytest.raises(ValueError, match="two augmenters that change the targets"):
        maker.fit_resample(X, Y)
