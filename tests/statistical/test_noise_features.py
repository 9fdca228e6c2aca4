"""How often noise passes the filter, and how often something real does."""

import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.exceptions import NoFeaturePassedWarning
from skoverfit.regularization import NoiseFeatureFilter

pytestmark = pytest.mark.statistical

ALPHA, N_REPEATS = 0.1, 9
FOREST = ExtraTreesClassifier(10, max_features=1 / 3, min_samples_leaf=5)


def independent(rng, n=80, p=12):
    return rng.normal(size=(n, p)), np.zeros(0, dtype=int)


def related_noise(rng):
    """Columns that are copies of each other, but for a little."""
    X, real = independent(rng)
    return 0.9 * rng.normal(size=(len(X), 1)) + 0.4 * X, real


def mixed_noise(rng):
    """Columns of two values next to continuous and skewed ones."""
    X, real = independent(rng)
    X[:, ::3] = X[:, ::3] > 1
    X[:, 1::3] = np.exp(2 * X[:, 1::3])
    return X, real


def next_to_real(rng):
    """Two columns that make the target, and related noise."""
    X, _ = related_noise(rng)
    X[:, :2] = rng.normal(size=(len(X), 2))
    return X, np.arange(2)


def target(X, real, rng):
    return 2 * X[:, real].sum(axis=1) + rng.normal(size=len(X))


def passed(model, X, y, seed, **params):
    """Which features pass, with few fits."""
    filtering = NoiseFeatureFilter(
        model,
        significance_level=ALPHA,
        n_repeats=N_REPEATS,
        random_state=seed,
        **params,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoFeaturePassedWarning)
        filtering.set_params(min_features=0).fit(X, y)
    return filtering.support_


def rate(model, draw, n_seeds, *, classes=False, **params):
    """Number of tables where noise passed, and the share of real features that did."""
    false, found = 0, []
    for seed in range(n_seeds):
        rng = np.random.default_rng(seed)
        X, real = draw(rng)
        y = target(X, real, rng)
        support = passed(model, X, y > np.median(y) if classes else y, seed, **params)
        false += np.delete(support, real).any()
        found.append(support[real].mean() if len(real) else 0.0)
    return false, np.mean(found)


@pytest.mark.parametrize(
    ("model", "draw", "n_seeds", "params"),
    [
        (LinearRegression(), independent, 60, {}),
        (LinearRegression(), related_noise, 60, {}),
        (LinearRegression(), next_to_real, 60, {}),
        (DecisionTreeRegressor(), mixed_noise, 40, {}),
        (DecisionTreeRegressor(), next_to_real, 30, {}),
        (KNeighborsRegressor(), related_noise, 10, {"importance": "permutation"}),
    ],
)
def test_noise_passes_no_more_often_than_alpha(model, draw, n_seeds, params):
    false, found = rate(model, draw, n_seeds, **params)
    # Fails when the rate is clearly above the level.
    assert stats.binomtest(false, n_seeds, ALPHA, "greater").pvalue > 0.001
    if draw is next_to_real:
        assert found > 0.9


@pytest.mark.parametrize("draw", [mixed_noise, next_to_real], ids=lambda f: f.__name__)
def test_noise_passes_no_more_often_than_alpha_in_a_forest(draw):
    false, found = rate(FOREST, draw, 12, classes=True)
    assert stats.binomtest(false, 12, ALPHA, "greater").pvalue > 0.001
    if draw is next_to_real:
        assert found > 0.8


def test_noise_of_groups_passes_no_more_often_than_alpha():
    groups, false, torn = np.repeat(np.arange(20), 5), 0, 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(20, 6))[groups], rng.normal(size=20)[groups]
        tree = DecisionTreeRegressor(max_depth=3)
        filtering = NoiseFeatureFilter(
            tree,
            significance_level=ALPHA,
            n_repeats=N_REPEATS,
            min_features=0,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NoFeaturePassedWarning)
            false += filtering.fit(X, y, groups=groups).support_.any()
            torn += filtering.fit(X, y).support_.any()
    assert stats.binomtest(int(false), 30, ALPHA, "greater").pvalue > 0.001
    assert torn > 15  # what happens without the groups


def test_copies_of_a_real_feature_do_not_hide_each_other():
    n_found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, 16))
        X[:, :6] = X[:, [0]] + 0.3 * X[:, :6]
        y = X[:, 0] + rng.normal(size=150) > 0
        n_found.append(passed(FOREST, X, y, seed)[:6].sum())
    assert np.mean(n_found) > 4


def test_few_values_are_no_disadvantage():
    n_found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(150, 12))
        X[:, 0] = X[:, 0] > 0
        y = (X[:, 0] > 0) ^ (rng.random(150) < 0.2)
        n_found.append(passed(DecisionTreeClassifier(max_depth=5), X, y, seed)[0])
    assert np.mean(n_found) > 0.9
