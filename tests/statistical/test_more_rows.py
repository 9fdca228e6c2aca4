"""How often more rows are said to help where they do not, and where they do."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.causes._too_little_data import TooLittleData

pytestmark = pytest.mark.statistical

N_SEEDS, N_ROWS = 30, 100
CAUSE = TooLittleData()


def count_present(estimator, draw, n_seeds):
    """In how many of the drawn data sets more rows are said to help."""
    count = 0
    for seed in range(n_seeds):
        X, y = draw(np.random.default_rng(seed))
        problem = make_problem(estimator, X, y, random_state=seed, cv=4)
        lab = Lab(problem, Clock(math.inf))
        collect_evidence(lab, ("learning_curve",))
        finding = CAUSE.judge(CAUSE.measure(lab), problem)
        count += finding.status == "present"
    return count


def classes(rng):
    return rng.normal(size=(N_ROWS, 4)), rng.integers(0, 2, N_ROWS)


def numbers(rng):
    return rng.normal(size=(N_ROWS, 4)), rng.normal(size=N_ROWS)


def stairs(rng):
    X = rng.uniform(size=(N_ROWS, 3))
    return X, np.floor(3 * X).sum(axis=1) + rng.normal(0, 0.5, N_ROWS)


@pytest.mark.parametrize(
    ("estimator", "draw"),
    [(GaussianNB(), classes), (KNeighborsRegressor(1), numbers)],
)
def test_a_curve_that_is_flat_is_rarely_said_to_rise(estimator, draw):
    """The target is noise, and neither model scores better with more of it."""
    limit = stats.binom.ppf(0.99, N_SEEDS, 0.05)
    assert count_present(estimator, draw, N_SEEDS) <= limit


def test_a_tree_on_few_rows_wants_more():
    """Twice the rows are worth about a tenth of R2, which 100 rows show."""
    tree = DecisionTreeRegressor(min_samples_leaf=3, random_state=0)
    assert count_present(tree, stairs, 20) >= 16
