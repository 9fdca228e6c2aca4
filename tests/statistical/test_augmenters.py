"""What augmenters of tables keep on average, and that larger doses go farther.

Bounds are five standard errors, for seeds that are fixed.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.base import clone

from skoverfit.augmentation import (
    Compose,
    CutMix,
    FeatureDropout,
    GaussianNoise,
    Mixup,
    OneOf,
    SmoothedBootstrap,
    Sometimes,
    SwapNoise,
)
from skoverfit.augmentation._tables._cells._noise import standard_normal

N_ROWS, N_COPIES = 400, 50
AUGMENTERS = [
    GaussianNoise(0.5),
    GaussianNoise(2.0),
    GaussianNoise(1.0, scale_by="density"),
    SmoothedBootstrap(1.0),
    SwapNoise(0.5),
    SwapNoise(0.5, within_class=True),
    FeatureDropout(0.5),
    Mixup(1.0),
    Mixup(1.0, partner="any"),
    CutMix(1.0),
    CutMix(1.0, partner="any"),
    Compose([("noise", GaussianNoise(0.5)), ("mixup", Mixup(1.0))]),
    OneOf([("noise", GaussianNoise(0.5)), ("swap", SwapNoise(0.5))]),
    Sometimes(Mixup(1.0)),
]


def table():
    """Columns that are skew, rare or far from zero, and a target they follow."""
    rng = np.random.default_rng(0)
    y = rng.random(N_ROWS) < 0.4
    return pd.DataFrame(
        {
            "rare": rng.random(N_ROWS) < 0.04,
            "flag": rng.random(N_ROWS) < 0.3 + 0.4 * y,
            "answer": pd.array(rng.random(N_ROWS) < 0.6, dtype="boolean"),
            "zero-one": rng.integers(0, 2, N_ROWS),
            "small": rng.poisson(1 + y),
            "year": 1990 + rng.geometric(0.1, N_ROWS).astype(np.int16),
            "large": rng.integers(0, 10**12, N_ROWS),
            "float": rng.exponential(size=N_ROWS) + y,
        }
    ), y.astype(int)


def drift(augmenter, X, y):
    """Difference of the means of copies and rows in standard errors, by column.

    Copies of one pass share what was drawn for the pass, so passes are the units.
    """
    augmenter = clone(augmenter).set_params(n_copies=N_COPIES, random_state=0)
    X_out, _ = augmenter.fit_resample(X, y)
    new = augmenter.is_synthetic_
    rows = X_out[new].astype(float).to_numpy()
    weight = augmenter.sample_weight_[new]
    # The k-th copy of each row; mixed classes give two rows of one copy.
    ends = np.searchsorted(np.cumsum(weight), N_ROWS * np.arange(1, N_COPIES) + 1e-6)
    sums = np.add.reduceat(rows * weight[:, np.newaxis], np.r_[0, ends])
    means = sums / N_ROWS - X.astype(float).to_numpy().mean(axis=0)
    error = means.std(axis=0, ddof=1) / np.sqrt(N_COPIES)
    still = np.abs(means).max(axis=0) < 1e-12 * (1 + X.astype(float).abs().max())
    return np.where(still, 0.0, means.mean(axis=0) / np.maximum(error, 1e-300))


@pytest.mark.statistical
@pytest.mark.parametrize("augmenter", AUGMENTERS, ids=repr)
def test_means_are_kept(augmenter):
    X, y = table()
    found = dict(zip(X.columns, drift(augmenter, X, y), strict=True))
    assert max(map(abs, found.values())) < 5, found


@pytest.mark.statistical
def test_a_drift_would_be_noticed():
    X, y = table()
    biased = FeatureDropout(0.5, value="most_frequent")
    assert np.abs(drift(biased, X, y)).max() > 20


@pytest.mark.statistical
def test_means_within_classes_are_kept():
    X, y = table()
    mixup = Mixup(1.0, N_COPIES, random_state=0)
    X_out, y_out = mixup.fit_resample(X, y)
    for label in (0, 1):
        rows = X_out[mixup.is_synthetic_ & (y_out == label)].astype(float)
        own = X[y == label].astype(float)
        # Each copy holds one and a bit independent values; copies of a row share it.
        error = own.std() / np.sqrt(N_COPIES * len(own))
        assert ((rows.mean() - own.mean()).abs() < 5 * error).all()


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("augmenter", "dose", "values"),
    [
        (GaussianNoise(), "scale", [0, 0.05, 0.2, 0.5, 1.0, 3.0]),
        (GaussianNoise(scale_by="density"), "scale", [0, 0.05, 0.2, 0.5, 1.0, 3.0]),
        (SmoothedBootstrap(), "shrink", [0, 0.1, 0.3, 1.0, 2.0]),
        (SwapNoise(), "p", [0, 0.05, 0.2, 0.5, 1.0]),
        (FeatureDropout(), "p", [0, 0.05, 0.2, 0.5, 1.0]),
        (Mixup(), "concentration", [0, 0.1, 0.4, 1.0, 4.0, np.inf]),
        (Mixup(partner="any"), "concentration", [0, 0.1, 0.4, 1.0, 4.0, np.inf]),
        (CutMix(), "concentration", [0, 0.1, 0.4, 1.0, 4.0, np.inf]),
        (Sometimes(GaussianNoise(0.5)), "p", [0, 0.1, 0.3, 0.6, 1.0]),
    ],
    ids=repr,
)
def test_larger_doses_go_farther(augmenter, dose, values):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 6)), np.arange(500) % 2
    moves = []
    for value in values:
        made = clone(augmenter).set_params(n_copies=10, random_state=1, **{dose: value})
        X_out, _ = made.fit_resample(X, y)
        distance = np.linalg.norm(X_out - X[made.sample_indices_], axis=1)
        moves.append(np.average(distance, weights=made.sample_weight_))
    assert moves[0] == 0
    assert (np.diff(moves) > 0).all(), moves


@pytest.mark.statistical
def test_normal_draws_are_normal():
    drawn = standard_normal(np.random.default_rng(0), (1_000_001, 3)).astype(float)
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-4
    n = drawn.size
    assert abs(drawn.mean()) < 5 / np.sqrt(n)
    assert abs(drawn.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs((drawn**4).mean() - 3) < 5 * np.sqrt(96 / n)
    tail = (np.abs(drawn) > 4).sum()
    assert stats.binomtest(int(tail), n, 2 * stats.norm.sf(4)).pvalue > 1e-4
    # Both numbers of a pair, and neighbors, are independent.
    flat = drawn.ravel()
    for lag in (1, 2, 3, n // 2, n // 2 + 1):
        for power in (1, 2):
            products = (flat[:-lag] ** power - power + 1) * (
                flat[lag:] ** power - power + 1
            )
            assert abs(products.mean()) < 5 * products.std() / np.sqrt(len(products))


@pytest.mark.statistical
def test_density_moves_are_a_share_of_the_distance_to_the_neighbor():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 0.1, (100, 4)), rng.normal(3, 2.0, (100, 4))]
    noise = GaussianNoise(0.5, 200, scale_by="density", n_neighbors=3, random_state=0)
    X_out, _ = noise.fit_resample(X, np.zeros(200))
    std = X.std(axis=0)
    moves = ((X_out[200:] - np.tile(X, (200, 1))) / std).reshape(200, 200, 4)
    length = np.sqrt((moves**2).sum(axis=2).mean(axis=0))
    between = np.linalg.norm((X[:, np.newaxis] - X) / std, axis=2)
    third = np.sort(between, axis=1)[:, 3]
    np.testing.assert_allclose(length, 0.5 * third, rtol=5 * np.sqrt(1 / (2 * 4 * 200)))


@pytest.mark.statistical
def test_smoothed_bootstrap_is_a_sample_of_the_density_estimate():
    rng = np.random.default_rng(0)
    X = np.r_[rng.normal(0, 1, 60), rng.normal(20, 5, 40)][:, np.newaxis]
    y = np.repeat([0, 1], [60, 40])
    rose = SmoothedBootstrap(n_copies=500, random_state=0)
    X_out, y_out = rose.fit_resample(X, y)
    for label in (0, 1):
        own = X[y == label].ravel()
        estimate = stats.gaussian_kde(own, "silverman")
        # The estimate of SciPy is wider by the factor of the unbiased deviation.
        estimate.set_bandwidth(estimate.factor * np.sqrt(1 - 1 / len(own)))
        drawn = X_out[100:][y_out[100:] == label].ravel()
        grid = np.quantile(drawn, np.linspace(0.02, 0.98, 25))
        seen = (drawn[:, np.newaxis] <= grid).mean(axis=0)
        meant = [estimate.integrate_box_1d(-np.inf, edge) for edge in grid]
        assert np.abs(seen - meant).max() < 5 * np.sqrt(0.25 / len(drawn))
