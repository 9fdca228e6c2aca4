"""Too few test rows, and how many would do."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import (
    load_breast_cancer,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier

from skoverfit._paired import score_estimate
from skoverfit.diagnosis.causes._few_test_rows import (
    FewTestRows,
    ScoreWidth,
    rounded_up,
    width_of_rows,
    width_of_test_part,
)
from tests.diagnosis.causes.planted import (
    finding_of,
)


def test_too_few_test_rows_and_how_many_would_do():
    X, y = make_classification(60, 5, flip_y=0.3, random_state=0)
    found = finding_of("too_few_test_rows", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "1," in found.explanation  # more than a thousand rows
    X, y = load_breast_cancer(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    assert finding_of("too_few_test_rows", tree, X, y).status == "absent"
    part = X[:20], y[:20]
    few = finding_of("too_few_test_rows", tree, X[20:], y[20:], test_part=part)
    assert "20 test rows" in few.explanation


def test_scores_that_rows_do_not_make_up_have_no_width():
    X, y = make_classification(60, 5, flip_y=0.3, random_state=0)
    for options in ({}, {"test_part": (X[:20], y[:20])}):
        found = finding_of(
            *("too_few_test_rows", LogisticRegression(), X, y), scoring="f1", **options
        )
        assert found.status == "not_measured"
        assert found.explanation == "Rows do not make up this score."


def test_rows_of_a_group_count_as_one():
    X, y = make_classification(60, 5, flip_y=0.3, random_state=0)
    X, y, groups = np.repeat(X, 10, axis=0), np.repeat(y, 10), np.arange(600) // 10
    model = LogisticRegression()
    grouped = finding_of("too_few_test_rows", model, X, y, groups=groups)
    assert grouped.status == "present"
    assert grouped.effect > 0.08  # of 600 rows that are alone it is half of that


def test_a_few_rows_that_are_all_right_prove_little():
    for n, is_wide in ((12, True), (200, False)):
        width = width_of_rows([np.ones(n)], [np.arange(n)], None, 0.5)
        assert width.is_wide == is_wide
        assert width.interval[1] == 1.0
    rows = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    width = width_of_rows([rows], [np.arange(8)], None, 1.0)
    assert np.allclose(width.interval, (0.409, 0.929), atol=0.001)  # R: prop.test


def test_rows_of_other_scores_and_groups_have_the_width_of_their_noise():
    rng = np.random.default_rng(0)
    rows, groups = rng.normal(size=40), np.arange(40) // 4
    tests = [np.arange(20), np.arange(20, 40)]
    parts = [rows[test] for test in tests]
    for own in (None, groups):
        width = width_of_rows(parts, tests, own, 1.0)
        expected = score_estimate(parts, tests, groups=own, training_share=0.0)
        assert (width.score, width.interval) == (expected.mean, expected.interval)
        assert width.n_rows == 40
    hits = [(part > 0).astype(float) for part in parts]
    expected = score_estimate(hits, tests, groups=groups, training_share=0.0)
    assert width_of_rows(hits, tests, groups, 1.0).interval == expected.interval
    again = width_of_rows([rows, rows], [np.arange(40)] * 2, None, 1.0)
    assert again.n_rows == 40  # rows that are tested twice are still as many


@pytest.mark.parametrize(
    ("n", "rounded"),
    [
        (0, 0),
        (-1, 0),
        (np.nan, 0),
        (0.2, 1),
        (7.2, 8),
        (99, 99),
        (101, 110),
        (1234, 1300),
    ],
)
def test_rows_are_rounded_up_to_two_digits(n, rounded):
    assert rounded_up(n) == rounded


class Says(ClassifierMixin, BaseEstimator):
    """A fitted model that says certain labels, or fails."""

    classes_ = np.array([0, 1])

    def __init__(self, labels=None):
        self.labels = labels

    def predict(self, X):
        return np.array(self.labels) + 0 * X[:, 0].astype(int)


def test_the_own_test_part_has_the_width_of_its_rows():
    X, y = np.arange(8.0)[:, None], np.arange(8) % 2
    good, broken = Says([1, 1, 1, 1, 0, 1, 0, 1]), Says([1, 2, 3])

    def width(*fitted, scoring="accuracy"):
        problem = SimpleNamespace(scorer=get_scorer(scoring), X_test=X, y_test=y)
        return width_of_test_part(problem, SimpleNamespace(fitted=fitted), 0.5)

    found = width(None, good, broken)
    assert (found.score, found.n_rows, found.score_range) == (0.75, 8, 0.5)
    assert width(None) is None
    assert width(broken) is None
    assert width(good, scoring="f1") is None


# ------------------------------------------------------------------------------ judged


def judged(half, score_range=0.5, n_rows=1200):
    measured = ScoreWidth(0.8, (0.8 - half, 0.8 + half), n_rows, score_range)
    return FewTestRows().judge(measured, SimpleNamespace(scoring="accuracy"))


def test_a_score_is_hardly_known_where_its_interval_is_wide():
    wide = judged(0.076)
    assert (wide.status, wide.severity) == ("present", "warning")
    assert wide.effect == pytest.approx(0.076)
    assert judged(0.074).status == "absent"
    assert judged(0.074).effect == pytest.approx(0.074)
    assert judged(0.076, score_range=1.0).status == "absent"


def test_what_is_told():
    found = judged(0.1)
    first = (
        "From 1,200 test rows the accuracy is 0.800, and anything from 0.700 to 0.900 "
        "is compatible with them."
    )
    # To a fourth of the width takes sixteen times as many rows.
    assert (
        found.explanation == f"{first} About 20,000 rows would narrow that to +-0.025."
    )
    assert found.advice == (
        "Do not compare models by this score alone: differences this small are luck. "
        "Test on about 20,000 rows; until then let every row be tested once (cv=10), "
        "and repeat it on other splits."
    )
    enough = judged(0.1, score_range=1.0)
    assert enough.title == "There are enough test rows to know the score"
    assert enough.explanation == first
