"""Rows sorted by their target may be shuffled; rows that belong together may not."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

from skoverfit import diagnose
from skoverfit.diagnosis._rows._order import row_order


def _chronological(n=240):
    """A trend with noise, and nothing but the calendar to tell it from."""
    rng = np.random.default_rng(0)
    t = np.arange(n)
    X = pd.DataFrame({"weekday": t % 7, "day": pd.Timestamp("2020-01-01") + t * DAY})
    return X.assign(day=X["day"].astype("int64")), 0.05 * t + rng.normal(0, 0.2, n)


DAY = pd.Timedelta(1, "D")


def _walk(n=240):
    """Columns and target wander; no clock among the columns."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, 4)).cumsum(axis=0)
    return X, X[:, 0] + rng.normal(size=n).cumsum()


def _copies(noise, n=60, times=4):
    """Each row comes several times in a row, its target is noise."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(n, 5)), times, axis=0)
    return X + noise * rng.normal(size=X.shape), np.repeat(rng.normal(size=n), times)


def _subjects(noise=0.3, n=12, times=20):
    """Blocks of rows of one subject; labels belong to subjects."""
    X, y = _copies(noise, n, times)
    return X, (y > np.median(y)).astype(int)


def _sorted_subjects():
    X, y = _subjects()
    order = np.argsort(y, kind="stable")
    return X[order], y[order]


def _sorted_numbers():
    X, y = load_diabetes(return_X_y=True)
    order = np.argsort(y)
    return X[order], y[order]


def _shuffled_numbers():
    X, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    return X[order], y[order]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (load_iris(return_X_y=True), "sorted"),
        (_sorted_numbers(), "sorted"),
        (_shuffled_numbers(), "random"),
        (_chronological(), "related"),
        ((_chronological()[0], np.sort(_chronological()[1])), "related"),
        (_walk(), "related"),
        (_copies(0.0), "related"),
        (_copies(0.05), "related"),
        (_subjects(), "related"),
        (_sorted_subjects(), "related"),
        ((["a", "b"] * 60, np.repeat([0, 1], 60)), "sorted"),
        ((sparse.eye_array(120).tocsr(), np.repeat([0, 1], 60)), "sorted"),
    ],
)
def test_orders_are_told_apart(data, expected):
    X, y = data
    is_class = np.asarray(y).dtype.kind == "i"
    assert row_order(X, y, is_classification=is_class) == expected


def test_mixed_columns_with_missing_values_have_an_order():
    X = pd.DataFrame(
        {
            "text": np.tile(np.repeat(["a", None, "c", "d"], 10), 15),
            "number": np.r_[np.nan, np.tile(np.repeat([1.0, 5.0, 2.0], 10), 20)[1:]],
            "nullable": pd.array(([1] * 10 + [None] * 10) * 30, dtype="Int64"),
        }
    )
    labels = np.random.default_rng(0).integers(0, 2, 600)
    assert row_order(X, labels, is_classification=True) == "related"
    mixed = X.sample(frac=1, random_state=1)
    assert row_order(mixed, labels, is_classification=True) == "random"


ABOUT_ROWS = [
    "row_order",
    "time_order",
    "groups_in_order",
    "groups_apart",
    "duplicates",
    "resampled_before_split",
]


@pytest.mark.parametrize(
    ("estimator", "data"),
    [
        (DecisionTreeRegressor(random_state=0), _chronological()),
        (DecisionTreeRegressor(random_state=0), _walk()),
        (KNeighborsRegressor(1), _copies(0.0)),
        (KNeighborsRegressor(1), _copies(0.05)),
        (KNeighborsClassifier(1), _subjects()),
        (KNeighborsClassifier(1), _sorted_subjects()),
    ],
)
def test_shuffling_is_not_offered_where_it_leaks(estimator, data):
    report = diagnose(estimator, *data, cv=KFold(5), causes=ABOUT_ROWS, random_state=0)
    said = [report.verdict.explanation, *(r.code for r in report.remedies)]
    said += [f.advice for f in report.findings if f.status == "present"]
    assert not any("shuffle=True" in text for text in said)
    assert not any("sorted" in text for text in said)


def test_copies_side_by_side_are_not_row_order():
    X, y = _copies(0.0)
    options = {"causes": ABOUT_ROWS, "random_state": 0}
    report = diagnose(KNeighborsRegressor(1), X, y, **options)
    status = {f.name: f for f in report.findings}
    assert status["row_order"].status == "absent"
    assert "same side" in status["duplicates"].title
    assert "duplicate_groups" in status["duplicates"].advice


def test_rows_sorted_by_the_target_are_shuffled():
    options = {"causes": ABOUT_ROWS, "random_state": 0}
    report = diagnose(Ridge(), *_sorted_numbers(), **options)
    assert report.verdict.code == "validation_misleading"
    assert any("shuffle=True" in r.code for r in report.remedies)
