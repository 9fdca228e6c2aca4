"""What must not change in what is learned when the data are told in another way.

Rows and columns in another order, classes with other names, a constant column, every
row twice at half the weight: for searches, committees, reports and augmenters.
"""

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import CommitteeClassifier, GapAwareSearchCV, diagnose
from skoverfit.model_selection import (
    Committee,
    GreedyMembers,
    LowGapMembers,
    PenalizedGap,
)
from tests.registry import GENERATORS, TABULAR
from tests.testing.grouped_checks import on_one_line

NAMES = np.array(["zebra", "ape"])  # not in the order of the numbers


class Data(NamedTuple):
    """Rows with splits; `rows` finds the original rows, `y` may have other names."""

    X: np.ndarray
    y: np.ndarray
    splits: list
    weight: np.ndarray
    rows: np.ndarray

    def numbers(self, y):
        """Classes by their original numbers."""
        y = np.asarray(y)
        return y if y.dtype.kind in "iu" else (y == NAMES[1]).astype(int)


def usual(n=48):
    rng = np.random.default_rng(0)
    y = (rng.random(n) < 0.5).astype(int)
    X = rng.normal(size=(n, 3)) + 0.8 * y[:, np.newaxis] * [1, 0.5, 0]
    # Powers of two: halves and sums of weights are exact.
    weight = 2.0 ** rng.integers(0, 3, n)
    folds = np.arange(n) % 3
    splits = [
        (np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in (0, 1, 2)
    ]
    return Data(X, y, splits, weight, np.arange(n))


def other_rows(data):
    order = np.random.default_rng(1).permutation(len(data.y))
    places = np.argsort(order)
    splits = [(places[train], places[test]) for train, test in data.splits]
    return Data(data.X[order], data.y[order], splits, data.weight[order], places)


def other_columns(data):
    return data._replace(X=data.X[:, [2, 0, 1]])


def other_names(data):
    return data._replace(y=NAMES[data.y])


def constant_column(data):
    return data._replace(X=np.c_[data.X, np.full(len(data.X), 3.0)])


def rows_twice(data):
    n = len(data.y)
    splits = [tuple(np.r_[side, side + n] for side in split) for split in data.splits]
    weight = np.r_[data.weight, data.weight] / 2
    return Data(np.r_[data.X, data.X], np.r_[data.y, data.y], splits, weight, data.rows)


CHANGES = [other_rows, other_columns, other_names, constant_column, rows_twice]
each_change = pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
# Smoothing by the largest variance: a constant column adds nothing to any class.
MODEL = GaussianNB()
GRID = {"var_smoothing": [1e-9, 0.1, 1.0, 10.0]}


def answers_on(model, data):
    """Answers on the original rows, in their order, with classes by their numbers."""
    told = model.predict_proba(data.X[data.rows])
    classes = data.numbers(model.classes_)
    return told[:, np.argsort(classes)], data.numbers(model.predict(data.X[data.rows]))


def scores_of(search):
    names = [
        name
        for name in search.cv_results_
        if name.startswith(("split", "mean_t", "mean_g")) and "time" not in name
    ]
    assert names
    return np.array([search.cv_results_[name] for name in sorted(names)], dtype=float)


@each_change
@pytest.mark.parametrize(
    "options",
    [
        {"selection": PenalizedGap(0.3)},
        {"committee": Committee(LowGapMembers())},
        {"committee": Committee(GreedyMembers(5))},
    ],
    ids=["rule", "members", "greedy"],
)
def test_a_search(change, options):
    def searched(data):
        search = GapAwareSearchCV(MODEL, GRID, cv=data.splits, **options)
        return search.fit(data.X, data.y, sample_weight=data.weight)

    data, other = usual(), change(usual())
    one, two = searched(data), searched(other)
    np.testing.assert_allclose(scores_of(two), scores_of(one), rtol=1e-12)
    assert two.best_index_ == one.best_index_
    for mine, theirs in zip(answers_on(one, data), answers_on(two, other), strict=True):
        np.testing.assert_allclose(theirs, mine, rtol=1e-6, atol=1e-9)


@each_change
def test_a_committee_of_fold_models(change):
    def fitted(data):
        model = CommitteeClassifier(MODEL, [{}, {"var_smoothing": 1.0}], cv=data.splits)
        return model.fit(data.X, data.y, sample_weight=data.weight)

    data, other = usual(), change(usual())
    one, two = answers_on(fitted(data), data), answers_on(fitted(other), other)
    for mine, theirs in zip(one, two, strict=True):
        np.testing.assert_allclose(theirs, mine, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("by", [0.25, 8.0])
def test_a_search_by_a_scaled_score(by):
    def scaled(y, told):
        return by * accuracy_score(y, told)

    data = usual()
    for options in ({}, {"committee": Committee(LowGapMembers())}):
        plain, other = (
            GapAwareSearchCV(MODEL, GRID, cv=data.splits, scoring=scoring, **options)
            for scoring in (make_scorer(accuracy_score), make_scorer(scaled))
        )
        plain.fit(data.X, data.y)
        other.fit(data.X, data.y)
        assert other.best_index_ == plain.best_index_
        np.testing.assert_array_equal(other.predict(data.X), plain.predict(data.X))


# ----------------------------------------------------------------------------- reports
CAUSES = ["overfitting", "duplicates", "many_columns", "leaking_column", "row_order"]


def report_on(data, scoring=None):
    """Report on a model that behaves the same whatever comes first."""
    model = make_pipeline(StandardScaler(), MODEL)
    return diagnose(
        *(model, data.X, data.y),
        cv=data.splits,
        scoring=scoring,
        causes=CAUSES,
        random_state=0,
    )


def told_by(report):
    verdict, evidence = report.verdict, report.evidence
    codes = {(finding.code, finding.status) for finding in report.findings}
    return verdict.code, evidence.model.test_scores, evidence.model.train_scores, codes


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [other_rows, other_columns, other_names, constant_column],
    ids=lambda f: f.__name__,
)
def test_a_report(change):
    one, two = told_by(report_on(usual(150))), told_by(report_on(change(usual(150))))
    assert two[0] == one[0]
    np.testing.assert_allclose(two[1:3], one[1:3], rtol=1e-12)
    assert two[3] == one[3]


@pytest.mark.slow
def test_a_report_by_a_scaled_score():
    def scaled(y, told):
        return 8 * accuracy_score(y, told)

    def plain(y, told):
        return accuracy_score(y, told)

    one, two = (told_by(report_on(usual(150), make_scorer(f))) for f in (plain, scaled))
    assert two[0] == one[0]
    np.testing.assert_allclose(np.array(two[1:3]), 8 * np.array(one[1:3]))
    assert two[3] == one[3]


# -------------------------------------------------------------------------- augmenters
each_augmenter = pytest.mark.parametrize(
    "augmenter", [*TABULAR, *GENERATORS], ids=on_one_line
)


@each_augmenter
def test_new_rows_do_not_depend_on_names_of_classes(augmenter):
    data = usual()
    X, y = clone(augmenter).fit_resample(data.X, data.y)
    # Names in the order of the numbers: draws go by class, in the order of classes.
    X_named, y_named = clone(augmenter).fit_resample(
        data.X, np.array(["a", "b"])[data.y]
    )
    np.testing.assert_array_equal(X_named, X)
    np.testing.assert_array_equal(y_named == "b", y == 1)


@each_augmenter
def test_a_constant_column_stays_constant(augmenter):
    data = constant_column(usual())
    X, _ = clone(augmenter).fit_resample(data.X, data.y)
    assert len(X) > len(data.X) or "replace" in repr(augmenter)
    left_out = "FeatureDropout" in repr(augmenter)  # what it is for
    assert left_out or np.ptp(X[:, -1]) < 1e-9


def test_what_changes_is_seen():
    def lost_column(data):
        return data._replace(X=data.X[:, 1:])

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        test_a_committee_of_fold_models(lost_column)
