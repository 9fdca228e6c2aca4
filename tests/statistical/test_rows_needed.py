"""How often the rows that a score takes lie in their interval."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence
from skoverfit.diagnosis._judgment._learning_curve import FARTHEST, outlook
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem

pytestmark = pytest.mark.statistical

N_SEEDS = 40
NOT_COVERED = stats.binom.ppf(0.99, N_SEEDS, 0.05)
TIMES = (1.5, 2.5, 3.5)


def needed(estimator, X, y, seed, gains, **options):
    """Rows for gains over the measured test score."""
    problem = make_problem(estimator, X, y, random_state=seed, cv=5, **options)
    lab = Lab(problem, Clock(math.inf))
    curve = collect_evidence(lab, ("learning_curve",)).learning_curve
    now = curve.test_scores[-1].mean()
    return [outlook(curve).rows_for(now + gain) for gain in gains]


def count_missed(all_needed, rows):
    """How often each true number of rows lies outside, beyond the grid of sizes."""
    grid = FARTHEST ** (1 / 64)
    return [
        sum(
            not one.interval[0] / grid <= true <= one.interval[1] * grid
            for one in of_gain
        )
        for of_gain, true in zip(zip(*all_needed, strict=True), rows, strict=True)
    ]


def test_least_squares_whose_curve_is_known():
    """The error of n rows of p normal columns is 1 + p / (n - p - 1)."""
    n_columns, n_train = 10, 80
    rows = [n_train * times for times in TIMES]
    errors = [1 + n_columns / (n - n_columns - 1) for n in (n_train, *rows)]
    gains = [errors[0] - error for error in errors[1:]]

    def draw(seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(100, n_columns))
        return X, X.sum(axis=1) + rng.normal(size=100)

    found = [
        needed(
            LinearRegression(),
            *draw(seed),
            seed,
            gains,
            scoring="neg_mean_squared_error",
        )
        for seed in range(N_SEEDS)
    ]
    assert max(count_missed(found, rows)) <= NOT_COVERED
    likely = [
        np.median([one.rows for one in some]) for some in zip(*found, strict=True)
    ]
    assert likely[0] < rows[0] * 1.5  # not because it says nothing


def test_neighbors_on_parts_of_a_large_table():
    """The curve is measured on a large table, and guessed from small parts of it."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(40_000, 2))
    wrong = rng.random(len(X)) < 0.05
    y = ((np.floor(X * 3).sum(axis=1) % 2 == 0) ^ wrong).astype(int)
    model, n_train = KNeighborsClassifier(1), 160
    rows = [int(n_train * times) for times in TIMES]

    def mean_score(n):
        parts = (rng.choice(len(X), n, replace=False) for _ in range(30))
        tests = slice(0, 2000)
        return np.mean([model.fit(X[p], y[p]).score(X[tests], y[tests]) for p in parts])

    scores = [mean_score(n) for n in (n_train, *rows)]
    gains = [score - scores[0] for score in scores[1:]]

    def draw(seed):
        part = np.random.default_rng(seed).choice(len(X), 200, replace=False)
        return X[part], y[part]

    found = [needed(model, *draw(seed), seed, gains) for seed in range(N_SEEDS)]
    assert max(count_missed(found, rows)) <= NOT_COVERED
    likely = np.median([one.rows for one in next(zip(*found, strict=True))])
    assert rows[0] / 1.5 <= likely <= rows[0] * 1.5
