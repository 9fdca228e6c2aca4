"""The claim that a strength means about the same for every family."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LassoCV, LinearRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from skoverfit.regularization import with_strength

pytestmark = pytest.mark.statistical

FAMILIES = [
    LinearRegression(),
    Ridge(),
    LassoCV(cv=3),
    KNeighborsRegressor(),
    DecisionTreeRegressor(random_state=0),
    RandomForestRegressor(20, random_state=0),
    ExtraTreesRegressor(20, random_state=0),
    GradientBoostingRegressor(random_state=0),
    HistGradientBoostingRegressor(random_state=0),
    SVR(),
]


def data_sets(n_rows=150):
    for X, y in (load_diabetes(return_X_y=True), make_friedman1(400, random_state=0)):
        rows = np.random.default_rng(0).permutation(len(y))[:n_rows]
        X, y = StandardScaler().fit_transform(X[rows]), y[rows]
        yield X, (y - y.mean()) / y.std()


def given_up(estimator, strength):
    """Mean over data sets of the share of the train score that a strength costs."""
    shares = []
    for X, y in data_sets():
        own, at, end = (
            with_strength(estimator, s).fit(X, y).score(X, y)
            for s in (0.5, strength, 1.0)
        )
        shares.append((own - at) / (own - end))
    return np.mean(shares)


@pytest.mark.parametrize(
    ("strength", "band"), [(0.7, (0.06, 0.3)), (0.85, (0.3, 0.68))]
)
def test_ten_families_lie_in_one_band(strength, band):
    shares = [given_up(estimator, strength) for estimator in FAMILIES]
    assert band[0] < min(shares), shares
    assert max(shares) < band[1], shares
    target = (2 * strength - 1) ** 2
    assert np.median(shares) == pytest.approx(target, abs=0.08)
