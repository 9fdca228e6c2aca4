"""Many columns for few rows, and what a sparse model reaches."""

import numpy as np
import pytest
from sklearn.datasets import (
    load_diabetes,
)
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.svm import SVC

from skoverfit import diagnose
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
    rebuilt,
    same,
)


def test_many_columns_for_few_rows_and_what_a_sparse_model_reaches():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 75))
    y = X[:, :3].sum(axis=1) + rng.normal(size=100)
    found, (remedy,) = asked("many_columns", LinearRegression(), X, y)
    assert found.status == "present"
    assert "many columns for few rows" in found.title
    assert found.counterfactual > 0.3
    assert same(rebuilt(remedy, LinearRegression()), remedy.estimator)


def test_many_columns_of_classes():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(90, 200))
    y = (X[:, :2].sum(axis=1) > 0).astype(int)
    found, (remedy,) = asked("many_columns", SVC(kernel="linear"), X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.counterfactual > 0.7
    assert same(rebuilt(remedy, SVC()), remedy.estimator)


@pytest.mark.parametrize("seed", range(3))
def test_few_columns_and_many_that_help_are_no_cause(seed):
    X, y = load_diabetes(return_X_y=True)
    assert finding_of("many_columns", Ridge(), X, y).status == "absent"
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(120, 60))
    y = X @ rng.normal(size=60)  # every column counts
    assert finding_of("many_columns", Ridge(), X, y).status == "absent"


def test_what_is_lost_by_an_unsure_amount_comes_before_capacity_in_general():
    """The gain of a sparse model is drowned in noise, and R2 is far below 0."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 44))
    y = rng.standard_t(3, size=60)
    report = diagnose(
        LinearRegression(), X, y, causes=["SKO101", "SKO106"], random_state=0
    )
    found = report.finding("SKO106")
    assert (found.status, found.severity, found.effect) == ("present", "warning", None)
    assert report.finding("SKO101").status == "present"
    assert [one.code for one in report.findings] == ["SKO106", "SKO101"]
