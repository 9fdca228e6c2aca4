"""The Gaussian copula: its parts against formulas, its rows against the data."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import ndtri
from scipy.stats import norm, spearmanr

from skoverfit.augmentation import GaussianCopula
from skoverfit.augmentation._tables._copula import (
    _Column,
    _correlation,
    _covariance,
    _hermite_coefficients,
    _inverted,
)


def coded(values):
    codes = np.unique(values, return_inverse=True)[1]
    return _Column(codes, np.arange(len(values)))


def test_scores_are_means_of_the_normal_variable():
    column = coded(np.array([0, 0, 0, 1]))
    scores, coefficients = column.scores()
    threshold = ndtri(0.75)
    expected = [-norm.pdf(threshold) / 0.75, norm.pdf(threshold) / 0.25]
    np.testing.assert_allclose(scores, [expected[0]] * 3 + [expected[1]])
    np.testing.assert_allclose(coefficients[0], scores.var())


def test_coefficients_give_covariances():
    # Both variables cut at 0: the covariance of signs is 2 / pi * arcsin(rho).
    edges = np.array([-np.inf, 0.0, np.inf])
    sign = _hermite_coefficients(np.array([-1.0, 1.0]), edges, norm.pdf(edges))
    for rho in (-0.6, 0.2, 0.7):
        total = (sign**2 * rho ** np.arange(1, len(sign) + 1)).sum()
        np.testing.assert_allclose(total, 2 / np.pi * np.arcsin(rho), atol=1e-4)


@pytest.mark.parametrize("rho", [-0.7, 0.0, 0.4, 0.8])
def test_correlations_behind_thresholds_are_recovered(rho):
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 40_000)
    seen = [z[:, 0], z[:, 1], z[:, 0] > 0.8, np.digitize(z[:, 1], [-1, 0, 0.5])]
    correlation, shrinkage = _correlation([coded(each) for each in seen], len(z))
    assert shrinkage < 0.01
    for i, j in ((0, 1), (2, 1), (0, 3), (2, 3)):
        assert abs(correlation[i, j] - rho) < 0.03


def test_correlations_use_rows_where_both_are_present():
    rng = np.random.default_rng(0)
    z = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 20_000)
    columns = [coded(each) for each in z.T]
    codes = np.where(rng.random(len(z)) < 0.6, -1, np.argsort(np.argsort(z[:, 0])))
    columns[0] = _Column(codes, np.arange(len(z)))
    assert abs(_correlation(columns, len(z))[0][0, 1] - 0.7) < 0.03


def test_impossible_correlations_become_possible():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(30, 1)) + np.zeros((1, 5))
    values[:, 3:] *= -1
    columns = [coded(each) for each in values.T]
    correlation, _ = _correlation(columns, 30)
    assert np.linalg.eigvalsh(correlation)[0] > 0
    np.testing.assert_allclose(np.diag(correlation), 1.0)
    assert correlation[0, 1] > 0.9
    assert correlation[0, 4] < -0.9


def data(n_rows=1500, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.multivariate_normal(
        np.zeros(4), 0.6 * np.ones((4, 4)) + 0.4 * np.eye(4), n_rows
    )
    frame = pd.DataFrame(
        {
            "a": np.exp(z[:, 0]),
            "b": np.floor(3 * z[:, 1]).astype(int),
            "c": pd.Categorical.from_codes(
                np.digitize(z[:, 2], [-0.5, 1]), ["low", "mid", "high"], ordered=True
            ),
            "d": z[:, 3] > 1,
        }
    )
    frame["e"] = np.where(z[:, 3] + rng.normal(size=n_rows) > 1, np.nan, z[:, 0])
    return frame, z


def as_ranks(frame):
    return np.column_stack(
        [
            frame["a"],
            frame["b"],
            frame["c"].cat.codes,
            frame["d"],
            frame["e"].isna(),
        ]
    ).astype(float)


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_marginals_and_rank_correlations_are_kept(scale):
    X, _ = data()
    y = np.arange(len(X)) % 2
    out, _ = GaussianCopula(scale, n_copies=4, random_state=0).fit_resample(X, y)
    known, new = as_ranks(X), as_ranks(out.iloc[len(X) :])
    error = np.abs(spearmanr(known)[0] - spearmanr(new)[0])
    # Sampling errors of 1500 known and 6000 new rows.
    assert error.max() < 5 * np.sqrt(1 / 1500 + 1 / 6000)
    spread = known.std(axis=0) * np.sqrt(1 / 6000)
    assert (np.abs(known.mean(axis=0) - new.mean(axis=0))[1:] < 5 * spread[1:]).all()


def test_classes_stay_apart():
    rng = np.random.default_rng(0)
    y = np.repeat(["n", "p"], 300)
    X = rng.normal(size=(600, 2)) + 10 * (y == "p")[:, np.newaxis]
    X[300:, 1] = 20 - X[300:, 0]
    copula = GaussianCopula(n_copies=2, random_state=0)
    X_out, y_out = copula.fit_resample(X, y)
    assert copula.shrinkage_.shape == (2,)
    X_out, y_out = X_out[600:], y_out[600:]
    assert (X_out[y_out == "n"].max() < 5) & (X_out[y_out == "p"].min() > 5)
    assert spearmanr(X_out[y_out == "p"])[0] < -0.98
    assert abs(spearmanr(X_out[y_out == "n"])[0]) < 0.2


def test_targets_of_numbers_are_conditioned_on():
    rng = np.random.default_rng(0)
    y = rng.normal(size=800)
    X = np.c_[np.exp(y + 0.3 * rng.normal(size=800)), rng.normal(size=800)]
    copula = GaussianCopula(random_state=0)
    X_out, y_out = copula.fit_resample(X, y)
    np.testing.assert_array_equal(y_out, y[copula.sample_indices_])
    new = spearmanr(np.c_[X_out, y_out][800:])[0]
    known = spearmanr(np.c_[X, y])[0]
    assert np.abs(new - known).max() < 5 * np.sqrt(2 / 800)
    # New, not the parent's: the noise is independent.
    noise, fresh = np.log(X[:, 0]) - y, np.log(X_out[800:, 0]) - y
    assert abs(np.corrcoef(noise, fresh)[0, 1]) < 0.2


def test_scale_is_the_distance_from_the_parent():
    X, _ = data(600)
    y = np.zeros(600)
    likeness = []
    for scale in (0.0, 0.2, 0.6, 1.0):
        copula = GaussianCopula(scale, random_state=0)
        new = copula.fit_resample(X, y)[0].iloc[600:]
        likeness.append(spearmanr(new["a"], X["a"])[0])
    expected = 6 / np.pi * np.arcsin(np.sqrt(1 - np.array([0, 0.2, 0.6, 1]) ** 2) / 2)
    np.testing.assert_allclose(likeness, expected, atol=5 / np.sqrt(600))


def test_repeated_floats_keep_their_share():
    X = np.r_[np.zeros(500), np.linspace(0.01, 3, 500)][:, np.newaxis] ** 2
    X_out, _ = GaussianCopula(n_copies=10, random_state=0).fit_resample(
        X, np.ones(1000)
    )
    share = (X_out[1000:] == 0).mean()
    assert abs(share - 0.5) < 5 * 0.5 / np.sqrt(10_000)
    assert len(np.unique(X_out)) > 4000


def test_whole_floats_stay_whole():
    X = np.random.default_rng(0).integers(0, 5, size=(90, 2)).astype(float)
    X_out, _ = GaussianCopula(n_copies=3, random_state=0).fit_resample(X, X[:, 0])
    assert set(X_out.ravel()) == set(range(5))


def test_only_wanted_classes_are_learned():
    y = np.repeat([0, 1, 2], [50, 20, 1])
    X = np.random.default_rng(0).normal(size=(71, 2))
    copula = GaussianCopula(sampling_strategy={2: 4}, random_state=0)
    X_out, _ = copula.fit_resample(X, y)
    assert np.isnan(copula.shrinkage_).tolist() == [True, True, False]
    np.testing.assert_array_equal(X_out[71:], X[[70] * 3])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"scale": 1.5}, "scale"),
        ({"scale": None}, "scale"),
        ({"categorical_features": "a"}, "categorical_features"),
    ],
)
def test_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        GaussianCopula(**params).fit_resample([[0.0], [1.0]], [0, 1])


def test_sparse_matrices_are_refused():
    with pytest.raises(TypeError, match="Sparse data was passed to GaussianCopula"):
        GaussianCopula().fit_resample(sparse.eye_array(4).tocsr(), [0, 1, 0, 1])


def test_the_inversion_finds_each_correlation():
    # Levels of equal and of unequal size, cut from normal variables.
    columns = [
        _Column(np.sort(rng_codes), np.arange(300))
        for rng_codes in (
            np.arange(300),
            np.arange(300) // 30,
            np.repeat([0, 1], [200, 100]),
            np.zeros(300, dtype=int),
        )
    ]
    coefficients = np.array([column.scores()[1] for column in columns])
    for wanted in (-0.95, -0.3, 0.0, 0.5, 0.99):
        full = np.full((4, 4), wanted)
        covariance, _ = _covariance(full, coefficients, coefficients)
        found = _inverted(covariance, coefficients)
        again, _ = _covariance(found, coefficients, coefficients)
        # Two rare levels cannot be as far apart as the first terms of the series say.
        np.testing.assert_allclose(again, covariance, atol=0.01)
        np.testing.assert_allclose(found[:2, :2], wanted, atol=1e-6)
        assert not found[3].any()
    # More than any correlation gives.
    beyond = _inverted(np.full((4, 4), 5.0), coefficients)
    np.testing.assert_array_equal(beyond[:3, :3], 1.0)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_memory_is_that_of_the_output(missing):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20_000, 20)), np.arange(20_000) % 2
    X[rng.random(X.shape) < missing] = np.nan
    tracemalloc.start()
    X_out, _ = GaussianCopula(random_state=0).fit_resample(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (3.5 if missing == 0 else 4.5) * X_out.nbytes
