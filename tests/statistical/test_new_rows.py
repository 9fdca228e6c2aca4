"""Means and relations of new rows, over many tables and seeds."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp, spearmanr

from skoverfit.augmentation import (
    AdversarialForest,
    GaussianCopula,
    NeighborInterpolation,
)

pytestmark = pytest.mark.statistical

N_ROWS, N_TABLES = 400, 60


def table(seed):
    """Numbers, a bool and an integer that depend on one another, and classes."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(N_ROWS, 5)) + 0.8 * rng.normal(size=(N_ROWS, 1))
    frame = pd.DataFrame(
        {
            "a": z[:, 0],
            "b": np.exp(z[:, 1]),
            "flag": z[:, 2] > 0.6,
            "rare": z[:, 3] > 1.6,
            "count": rng.poisson(np.exp(0.5 * z[:, 4])),
        }
    )
    return frame, (z[:, 0] + rng.normal(size=N_ROWS) > 0).astype(int)


def mean_differences(sampler, columns):
    """Mean of new rows minus mean of old ones, in standard deviations, per table."""
    result = []
    for seed in range(N_TABLES):
        X, y = table(seed)
        out = sampler.set_params(random_state=seed).fit_resample(X, y)[0]
        old, new = (part[columns].astype(float) for part in (X, out.iloc[N_ROWS:]))
        result.append((new.mean() - old.mean()) / old.std())
    return np.array(result)


@pytest.mark.parametrize(
    "sampler",
    [
        GaussianCopula(),
        GaussianCopula(0.3),
        AdversarialForest(),
        AdversarialForest(within_leaf="empirical"),
        NeighborInterpolation(),
        NeighborInterpolation(n_neighbors=1, standardize=True),
    ],
    ids=str,
)
def test_means_of_bools_and_integers_are_unbiased(sampler):
    error = mean_differences(sampler, ["flag", "rare", "count"])
    standard_error = error.std(axis=0, ddof=1) / np.sqrt(N_TABLES)
    # Four standard errors, and no hidden slack: these are below 0.01.
    assert standard_error.max() < 0.01
    assert (np.abs(error.mean(axis=0)) < 4 * standard_error).all()


def _differ(old, new):
    return ks_2samp(old, new, method="asymp").pvalue < 0.05


def test_copula_keeps_marginals():
    rejected = []
    for seed in range(N_TABLES):
        X, y = table(seed)
        out = GaussianCopula(random_state=seed).fit_resample(X, y)[0].iloc[N_ROWS:]
        rejected += [
            _differ(X[name].astype(float), out[name].astype(float)) for name in X
        ]
    # New rows follow the rows seen, so they are closer than two samples are.
    assert np.mean(rejected) < 0.05


@pytest.mark.parametrize("scale", [0.3, 1.0])
def test_copula_keeps_rank_correlations(scale):
    differences = []
    for seed in range(N_TABLES):
        X, y = table(seed)
        copula = GaussianCopula(scale, random_state=seed)
        out = copula.fit_resample(X, y)[0].iloc[N_ROWS:]
        old, new = (spearmanr(part.astype(float))[0] for part in (X, out))
        differences.append((new - old)[np.triu_indices(5, 1)])
    differences = np.array(differences)
    # One copy has the sampling error of its 400 rows.
    assert np.sqrt((differences**2).mean()) < 1.5 / np.sqrt(N_ROWS)
    # Shrinkage takes a little; two samples of 400 rows would differ by more.
    assert np.abs(differences.mean(axis=0)).max() < 0.05


def test_interpolation_stays_inside_the_segment():
    for seed in range(N_TABLES):
        rng = np.random.default_rng(seed)
        scale = 10.0 ** rng.integers(-150, 150, 3)
        X = rng.standard_cauchy(size=(50, 3)) * scale
        sampler = NeighborInterpolation(n_copies=200, n_neighbors=1, random_state=seed)
        X_out, _ = sampler.fit_resample(X, np.zeros(50))
        new = X_out[50:].reshape(200, 50, 3)
        # All draws of a row lie between it and the one end of its segment.
        far = np.abs(new - X).argmax(axis=0)
        end = np.take_along_axis(new, far[np.newaxis], axis=0)[0]
        low, high = np.minimum(X, end), np.maximum(X, end)
        assert ((new >= low) & (new <= high)).all()
        # And that end is not beyond some other row.
        others = np.sort(X, axis=0)
        assert (low >= others[0]).all()
        assert (high <= others[-1]).all()


def test_doses_are_monotone():
    X, y = table(0)
    for sampler, name in (
        (NeighborInterpolation(columns=["a", "b", "flag"]), "step"),
        (GaussianCopula(), "scale"),
        (AdversarialForest(), "p"),
    ):
        moved = []
        for dose in (0.0, 0.25, 0.5, 0.75, 1.0):
            sampler.set_params(**{name: dose}, n_copies=10, random_state=0)
            out = sampler.fit_resample(X, y)[0]
            parents = X.iloc[sampler.sample_indices_]
            moved.append(np.abs(out["a"].to_numpy() - parents["a"].to_numpy()).mean())
        assert moved[0] < 1e-9
        assert (np.diff(moved) > 0).all(), type(sampler).__name__
