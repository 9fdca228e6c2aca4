"""What of the data a budget allows, chosen from the pace of small fits."""

import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose
from skoverfit.diagnosis._measuring._plan import _on_rows, _Pace, _sample
from skoverfit.diagnosis._problem import make_problem

X = np.arange(900.0).reshape(300, 3)
y = np.arange(300) % 3 % 2


class Slow(ClassifierMixin, BaseEstimator):
    """Every fit takes as long, however few the rows."""

    def fit(self, X, y):
        time.sleep(2.5)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        (_Pace(1000, 0.001, 1.0), (80_000, 5)),
        (_Pace(1000, 0.1, 1.0), (4_000, 5)),  # fewer rows before fewer splits
        (_Pace(1000, 1.0, 1.0), (1_000, 4)),
        (_Pace(1000, 60.0, 1.0), (200, 1)),
        (_Pace(1000, 60.0, 0.0), (200, 1)),  # rows would not help
    ],
)
def test_rows_and_splits_follow_the_pace(pace, expected):
    rows, n_splits = pace.affordable(80_000, 5, 1, 2 / 0.15)
    assert (rows, n_splits) == pytest.approx(expected, rel=0.01)


def test_parts_keep_sides_classes_and_copies():
    doubled, labels = np.vstack([X, X]), np.r_[y, y]
    problem = make_problem(DecisionTreeClassifier(), doubled, labels, random_state=0)
    rows = _sample(problem, 0.2)
    assert set(rows % 300) == set(rows[rows < 300])  # copies come together
    assert labels[rows].mean() == pytest.approx(labels.mean(), abs=0.02)
    part = _on_rows(problem, rows)
    for ours, given in zip(part.splits, problem.splits, strict=True):
        for own, whole in zip(ours, given, strict=True):
            np.testing.assert_array_equal(rows[own], whole[np.isin(whole, rows)])


def test_what_was_left_out_is_said():
    report = diagnose(Slow(), X, y, budget=2, random_state=0)
    assert report.evidence.n_splits == 1
    assert {"all splits", "final fit"} <= {s.what for s in report.evidence.skipped}
    assert "1 of 5 splits" in report.verdict.explanation
    assert not hasattr(report, "best_estimator_")
