"""Coverage of the two parts that the gap to an own test part falls into.

The intervals are nominal 95 % ones. The targets are expectations over data sets: what
a model of as many training rows memorizes, and what lies between the two sources.
"""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._test_part import decompose

pytestmark = pytest.mark.statistical

N_ROWS, N_OWN, N_DATA_SETS = 200, 100, 200
LOWEST, HIGHEST, LEVEL = 0.92, 0.98, 0.02


def draw(rng, n_rows, regression, noise):
    """Columns of which two matter, and a target with more noise in a test part."""
    X = rng.standard_normal((n_rows, 8))
    y = X[:, 0] + 0.5 * X[:, 1] + noise * rng.standard_normal(n_rows)
    return X, y if regression else (y > 0).astype(int)


def expected_parts(model, regression, noise):
    """Train minus cross-validated, cross-validated minus own, and both together.

    On as many rows as there are: R2 of few rows is lower than that of many.
    """
    rng = np.random.default_rng(12345)
    scores = []
    for _ in range(200):
        X, y = draw(rng, 4 * N_ROWS // 5, regression, 1)
        fitted = model.fit(X, y)
        each = [fitted.score(X, y)]
        for n_rows, size in ((N_ROWS // 5, 1), (N_OWN, noise)):
            parts = [draw(rng, n_rows, regression, size) for _ in range(20)]
            each.append(np.mean([fitted.score(*part) for part in parts]))
        scores.append(each)
    train, validated, own = np.mean(scores, axis=0)
    return train - validated, validated - own, train - own


def decomposition(model, regression, noise, seed):
    """Decomposition of one drawn data set and test part."""
    rng = np.random.default_rng(seed)
    X, y = draw(rng, N_ROWS, regression, 1)
    X_test, y_test = draw(rng, N_OWN, regression, noise)
    problem = make_problem(model, X, y, X_test=X_test, y_test=y_test, random_state=seed)
    lab = Lab(problem, Clock(math.inf))
    measure_core(lab)
    return decompose(lab, lab.core)


@pytest.mark.parametrize(
    ("model", "regression", "noise"),
    [
        (GaussianNB(), False, 1),
        (DecisionTreeClassifier(random_state=0), False, 1),
        (DecisionTreeClassifier(random_state=0), False, 2),
        (Ridge(), True, 1),
        (Ridge(), True, 2),
    ],
    ids=["naive Bayes", "tree", "tree, other part", "ridge", "ridge, other part"],
)
def test_intervals_of_both_parts_and_the_sum_cover(model, regression, noise):
    """None of the coverages is outside 92 to 98 %, as far as so many data sets tell."""
    truth = expected_parts(model, regression, noise)
    covered = np.zeros(3, dtype=int)
    for seed in range(N_DATA_SETS):
        parts = decomposition(model, regression, noise, seed)
        intervals = (
            parts.train_minus_cv_interval,
            parts.cv_minus_own_interval,
            parts.gap_interval,
        )
        pairs = zip(intervals, truth, strict=True)
        covered += [low <= value <= high for (low, high), value in pairs]
    least, most = (
        stats.binom.ppf(level, N_DATA_SETS, share)
        for level, share in ((LEVEL, LOWEST), (1 - LEVEL, HIGHEST))
    )
    assert (covered >= least).all(), covered / N_DATA_SETS
    assert (covered <= most).all(), covered / N_DATA_SETS
