"""Unscaled columns: named where scaling helps, and no cause elsewhere."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
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

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._comparisons._comparison import Comparison
from skoverfit.diagnosis.causes._scaling import Scales, UnscaledColumns, column_spreads
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
    measured,
    rebuilt,
    same,
)
from tests.diagnosis.made_evidence import WIGGLE


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


def test_spreads_of_columns():
    X = np.random.default_rng(0).normal(size=(50, 4)) * [1, 10, 0, 1e-3] + [
        5,
        0,
        0.1,
        0,
    ]
    expected = [*X[:, :2].std(axis=0), 0, X[:, 3].std()]
    assert column_spreads(X) == pytest.approx(expected)
    assert column_spreads(csr_matrix(X)) == pytest.approx(expected, abs=1e-9)
    counts = csr_matrix(X.astype(int))
    assert column_spreads(counts) == pytest.approx(X.astype(int).std(axis=0))
    holes = np.where(np.random.default_rng(1).random(X.shape) < 0.3, np.nan, X)
    holes[0, 1] = np.inf
    known = np.where(np.isfinite(holes), holes, np.nan)
    expected = np.nanstd(known, axis=0)
    assert column_spreads(holes)[[0, 1, 3]] == pytest.approx(expected[[0, 1, 3]])
    assert column_spreads(np.full((5, 1), np.nan)).tolist() == [0]


def judged(gain=0.1, ratio=1234.4):
    found = None
    if gain is not None:
        change = corrected_estimate(gain + WIGGLE / 10)
        found = Comparison("scaled", 0.7, 0.7 + gain, 1, 1, change, "accuracy", 0.5)
    return UnscaledColumns().judge(Scales(ratio, "income", "age", False, found), None)


def test_what_is_told():
    found = judged()
    assert (found.status, found.severity) == ("present", "warning")
    assert found.title == "The columns are not scaled, and this model needs it"
    assert found.explanation.startswith(
        "income varies 1,234 times as much as age. With scaled, the test accuracy goes "
        "from 0.700 to 0.800 (+0.100,"
    )
    assert found.advice == (
        "Scale inside the pipeline, so that each split learns the scale from its "
        "training rows: make_pipeline(StandardScaler(), model)."
    )
    assert found.columns == ("income", "age")
    assert (found.effect, found.counterfactual) == pytest.approx((0.1, 0.8))


def test_what_is_told_of_an_absence():
    found = judged(gain=0.0)
    assert (found.status, found.columns) == ("absent", ())
    assert found.title == "Scaling the columns does not raise the score"
    assert found.effect == pytest.approx(0)
    assert "With scaled, the test" in found.explanation
    alike = judged(gain=None, ratio=2.0)
    assert alike.title == "The columns are of similar scale"
    assert (alike.status, alike.explanation) == (
        "absent",
        "income varies 2 times as much as age.",
    )
    none = UnscaledColumns().judge(None, None)
    assert (none.status, none.explanation) == (
        "not_applicable",
        "The model does not depend on the units of the columns.",
    )


@pytest.mark.parametrize(("ratio", "is_compared"), [(6.0, True), (4.0, False)])
def test_scales_that_differ_little_are_not_compared(ratio, is_compared):
    X = np.random.default_rng(0).normal(size=(60, 2))
    X = X / X.std(axis=0) * [ratio, 1]
    one = measured(UnscaledColumns(), SVC(), X, np.arange(60) % 2)
    assert one.ratio == pytest.approx(ratio, rel=0.1)
    assert (one.comparison is not None) is is_compared
    assert (one.largest, one.smallest) == ("column 0", "column 1")
