"""Unscaled columns: named where scaling helps, and no cause elsewhere."""

import pytest
from sklearn.datasets import (
    load_digits,
    load_iris,
    load_wine,
)
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
    rebuilt,
    same,
)


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        KNeighborsClassifier(),
        make_pipeline(PCA(3), KNeighborsClassifier()),
    ],
    ids=["svc", "neighbors", "pca"],
)
def test_unscaled_columns_are_named_with_the_score_of_the_scaled_model(estimator):
    X, y = load_wine(return_X_y=True, as_frame=True)
    found, (remedy,) = asked("unscaled_columns", estimator, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert "not scaled" in found.title
    assert found.columns[0] == "proline"
    assert found.counterfactual > 0.9
    assert found.interval[0] > 0
    assert same(rebuilt(remedy, estimator), remedy.estimator)


@pytest.mark.parametrize(
    ("estimator", "data", "status"),
    [
        (make_pipeline(StandardScaler(), SVC()), load_wine, "absent"),
        (DecisionTreeClassifier(random_state=0), load_wine, "not_applicable"),
        (SVC(), load_iris, "absent"),
        (SVC(), load_digits, "absent"),
    ],
)
def test_scaling_is_no_cause_where_it_changes_nothing(estimator, data, status):
    X, y = data(return_X_y=True)
    found = finding_of("unscaled_columns", estimator, X[:500], y[:500], cv=SHUFFLED)
    assert found.status == status
