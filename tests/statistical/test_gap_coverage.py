"""Coverage of the gap's interval, over many data sets drawn from one population.

The target is what the interval speaks of: the expected gap of the procedure on a
training set of that size, measured on large independent test sets.
"""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skoverfit import gap_scores
from skoverfit._gap import corrected_estimate

N_ROWS = 120
N_DATA_SETS = 200


def draw(rng, n_rows, regression=False):
    X = rng.standard_normal((n_rows, 8))
    signal = X[:, 0] + 0.5 * X[:, 1]
    noisy = signal + rng.standard_normal(n_rows)
    return X, noisy if regression else (noisy > 0).astype(int)


def expected_gap(estimator, n_train, regression):
    rng = np.random.default_rng(12345)
    gaps = []
    for _ in range(200):
        X, y = draw(rng, n_train, regression)
        fitted = estimator.fit(X, y)
        gaps.append(fitted.score(X, y) - fitted.score(*draw(rng, 2000, regression)))
    return np.mean(gaps)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("estimator", "cv", "n_train", "regression"),
    [
        (DecisionTreeClassifier(max_depth=4, random_state=0), KFold(5), 96, False),
        (GaussianNB(), KFold(10), 108, False),
        (Ridge(), KFold(5), 96, True),
        (Ridge(), ShuffleSplit(8, test_size=0.25, random_state=0), 90, True),
    ],
    ids=["tree, 5 folds", "naive Bayes, 10 folds", "ridge, 5 folds", "shuffle split"],
)
def test_95_percent_interval_covers(estimator, cv, n_train, regression):
    truth = expected_gap(estimator, n_train, regression)
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(N_DATA_SETS):
        gap = gap_scores(estimator, *draw(rng, N_ROWS, regression), cv=cv).gap
        low, high = gap.interval
        covered += low <= truth <= high
    # Fails when the true coverage is clearly below 95 %. There is no upper limit: the
    # correction is known to be conservative.
    assert stats.binomtest(int(covered), N_DATA_SETS, 0.95, "less").pvalue > 0.001


@pytest.mark.statistical
def test_without_the_correction_it_would_not_cover():
    """The test above can fail: the naive interval, ratio near 0, covers too rarely."""
    truth = expected_gap(Ridge(), 90, True)
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(60):
        cv = ShuffleSplit(60, test_size=0.25, random_state=seed)
        scores = gap_scores(Ridge(), *draw(rng, N_ROWS, True), cv=cv)
        low, high = corrected_estimate(scores.gaps, test_train_ratio=1e-9).interval
        covered += low <= truth <= high
    assert stats.binomtest(int(covered), 60, 0.95, "less").pvalue < 0.001


@pytest.mark.statistical
def test_one_sided_test_keeps_its_level_when_there_is_no_gap():
    """A model that learns nothing has no gap: at most 5 % of false alarms."""
    rng = np.random.default_rng(1)
    constant = DecisionTreeClassifier(max_depth=1, min_samples_leaf=0.5)
    alarms = 0
    for _ in range(N_DATA_SETS):
        X, y = draw(rng, N_ROWS)
        alarms += gap_scores(constant, X, y, cv=KFold(5)).gap.pvalue < 0.05
    assert stats.binomtest(int(alarms), N_DATA_SETS, 0.05, "greater").pvalue > 0.001
