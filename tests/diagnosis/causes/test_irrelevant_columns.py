"""Columns of noise, left out inside the splits."""

import numpy as np
import pandas as pd
from sklearn.datasets import (
    make_classification,
)
from sklearn.dummy import DummyRegressor
from sklearn.neighbors import KNeighborsClassifier

from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
    rebuilt,
    same,
)


def test_irrelevant_columns_are_named_and_left_out_inside_the_splits():
    X, y = make_classification(
        300, 40, n_informative=4, n_redundant=0, shuffle=False, random_state=0
    )
    X = pd.DataFrame(X).add_prefix("c")
    model = KNeighborsClassifier()
    found, (remedy,) = asked("irrelevant_columns", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.interval[0] > 0
    assert set(found.columns) >= {f"c{j}" for j in range(10, 30)}
    assert same(rebuilt(remedy, model), remedy.estimator)


def test_selecting_noise_columns_is_no_cure_for_noise():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(150, 30)), rng.integers(0, 2, 150)
    found = finding_of("irrelevant_columns", KNeighborsClassifier(), X, y, cv=SHUFFLED)
    assert found.status == "absent"


def test_values_that_trees_cannot_take_are_a_reason_and_no_failure():
    X, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60.0)
    X[::9, 1] = -1e192
    found = finding_of("irrelevant_columns", DummyRegressor(), X, y)
    assert found.status == "not_measured"
    assert "too large for trees" in found.explanation
