"""Failures are noted when they happen: scores that equal error_score are scores."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.datasets import make_classification
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import Racing

X, y = make_classification(200, 5, weights=[0.93], flip_y=0.05, random_state=1)
GRID = {"max_depth": [1, 2, 3, 4]}
pytestmark = pytest.mark.filterwarnings(
    "ignore:Scoring failed",
    "ignore:One or more of the",
    "ignore::sklearn.exceptions.FitFailedWarning",
)


def honest(estimator, X, y):
    """Zero on train and test rows of stumps, and no failure."""
    if estimator.max_depth == 1:
        return 0.0
    return f1_score(y, estimator.predict(X), zero_division=0.0)


def failing(estimator, X, y):
    """Fails for one depth on both sides, for another on the larger side alone."""
    if estimator.max_depth == 2 or (estimator.max_depth == 3 and len(X) > len(y_all)):
        raise ValueError("cannot be scored")
    return honest(estimator, X, y)


y_all = y[: len(y) // 2]


class Fragile(DecisionTreeClassifier):
    def fit(self, X, y, **params):
        if self.max_depth == 4:
            raise ValueError("cannot be fitted")
        return super().fit(X, y, **params)


def search(error_score, **options):
    options = {"scoring": failing, "cv": 4, "refit": False} | options
    model = Fragile(random_state=0)
    return GapAwareSearchCV(model, GRID, error_score=error_score, **options).fit(X, y)


OPTIONS = {
    "plain": {},
    "several metrics": {"scoring": {"a": honest, "b": failing}},
    "racing": {"racing": Racing(min_splits=2)},
    "repeats": {"refine": 1, "random_state": 0, "refit": True},
}


def gaps(results):
    return {key: value for key, value in results.items() if "gap_" in key}


@pytest.mark.parametrize("name", OPTIONS)
def test_gaps_do_not_hang_on_the_error_score(name):
    expected = gaps(search(np.nan, **OPTIONS[name]).cv_results_)
    metric = "b" if name == "several metrics" else "score"
    first = expected[f"split0_gap_{metric}"]
    assert_array_equal(np.isnan(first), [False, True, True, True])
    for error_score in (0, 0.0, 1, -3.5):
        found = gaps(search(error_score, **OPTIONS[name]).cv_results_)
        assert found.keys() == expected.keys()
        for key in expected:
            assert_array_equal(found[key], expected[key], key)


def test_a_journal_knows_what_failed(tmp_path):
    options = {"journal": tmp_path / "journal.db"}
    first, again = (search(0, **options).cv_results_ for _ in range(2))
    for key, value in gaps(search(np.nan).cv_results_).items():
        assert_array_equal(first[key], value)
        assert_array_equal(again[key], value)


def test_the_scores_of_failures_are_what_was_asked_for():
    results = search(7).cv_results_
    assert_array_equal(results["split0_test_score"][[0, 1, 3]], [0.0, 7.0, 7.0])
    assert results["split0_train_score"][2] == 7.0 != results["split0_test_score"][2]
    with pytest.warns(UserWarning, match="will be set to 7. Details"):
        search(7)
