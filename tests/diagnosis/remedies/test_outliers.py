import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._outliers import (
    BoundedColumns,
    RobustLinear,
    has_outliers,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = X.sum(axis=1)
FAR = X.copy()
FAR[::20] *= 50


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RNG.normal(size=1000), False),
        (RNG.uniform(size=1000), False),
        ([0.0] * 90 + [1.0] * 10, False),  # most are the same: no spread to be far by
        ([*range(100), 10_000], True),
        ([*range(100), -10_000, np.nan, np.inf], True),
        ([np.nan, np.nan], False),
    ],
)
def test_outliers_are_far_from_the_quartiles(values, expected):
    assert has_outliers(values) is expected


def problem_of(model, X, y):
    return make_problem(model, X, y, random_state=0)


def test_columns_with_outliers_are_bounded_for_models_that_mind():
    kind, labels = BoundedColumns(), (Y > 0).astype(int)
    linear = make_pipeline(StandardScaler(), LogisticRegression())
    assert kind.applies(problem_of(linear, FAR, labels))
    assert kind.applies(problem_of(linear, pd.DataFrame(FAR), labels))
    assert not kind.applies(problem_of(linear, X, labels))
    assert not kind.applies(problem_of(DecisionTreeClassifier(), FAR, labels))
    (candidate,) = kind.candidates(problem_of(linear, FAR, labels))
    seen = candidate.estimator.fit(FAR, labels)[:-1].transform(FAR)
    assert np.abs(seen).max() < 10


def test_missing_cells_stay_missing():
    holes = FAR.copy()
    holes[0, 0] = np.nan
    labels = (Y > 0).astype(int)
    model = make_pipeline(SimpleFill(), LogisticRegression())
    (candidate,) = BoundedColumns().candidates(problem_of(model, holes, labels))
    assert candidate.estimator.fit(holes, labels).score(holes, labels) > 0.9


class SimpleFill(StandardScaler):
    def transform(self, X, copy=None):
        return np.nan_to_num(super().transform(X, copy))


def test_a_target_with_outliers_gets_a_robust_model():
    y = Y.copy()
    y[::25] += 500
    problem = problem_of(Ridge(), X, y)
    assert RobustLinear().applies(problem)
    assert not RobustLinear().applies(problem_of(Ridge(), X, Y))
    (candidate,) = RobustLinear().candidates(problem)
    robust = candidate.estimator.fit(X, y)
    usual = Ridge().fit(X, y)
    errors = [np.mean((model.predict(X) - Y) ** 2) for model in (robust, usual)]
    assert errors[0] < errors[1] / 100
