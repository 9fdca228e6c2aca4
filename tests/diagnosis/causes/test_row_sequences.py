"""Time, blocks of groups and drift: told apart, with the score that respects them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeRegressor

from skoverfit.diagnosis._comparisons._contrasts import (
    blocks,
    forward_splits,
    share_parted,
)
from skoverfit.diagnosis._rows._arrangement import changes_gradually, has_trend
from skoverfit.diagnosis._rows._segments import segments

SHUFFLED = KFold(5, shuffle=True, random_state=0)


@pytest.fixture
def found(find_all):
    """``found(X, y, cv)``: what is present of the order of the rows, by code."""

    def found(X, y, cv):
        codes, tree = ["SKO301", "SKO302", "SKO303"], DecisionTreeRegressor()
        findings = find_all(codes, X, y, tree, fields=["shuffled"], cv=cv)
        return {f.code: f for f in findings if f.status == "present"}

    return found


def _trend(n=300):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"date": np.arange(n), "a": rng.normal(size=n)})
    return X.assign(b=rng.normal(size=n)), 0.02 * np.arange(n) + rng.normal(0, 0.3, n)


def _walk(n=300):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 4)).cumsum(axis=0)
    return X, X[:, 0] + rng.normal(size=n).cumsum()


def _groups(n=20, size=15):
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(n, 5)), size, axis=0)
    X += rng.normal(0, 0.7, X.shape)
    return X, np.repeat(rng.normal(size=n), size)


@pytest.mark.parametrize("cv", [SHUFFLED, KFold(5)])
def test_a_trend_is_time_and_the_column_is_named(cv, found):
    present = found(*_trend(), cv)
    assert list(present) == ["SKO302"]
    time = present["SKO302"]
    assert time.columns == ("date",)
    assert "extrapolate" in time.explanation
    assert time.counterfactual < 0
    assert 'time=X["date"]' in time.advice


def test_shuffled_rows_with_a_date_are_time_too(found):
    X, y = _trend()
    order = np.random.default_rng(0).permutation(len(y))
    assert list(found(X.iloc[order], y[order], SHUFFLED)) == ["SKO302"]


def test_a_year_or_month_may_describe_the_row_and_makes_a_question(found):
    """Old houses may be cheap, and none of the rows need be later than others."""
    X, y = _trend()
    order = np.random.default_rng(0).permutation(len(y))
    shuffled, y = X.iloc[order], y[order]
    assert found(shuffled, y, SHUFFLED)["SKO302"].severity == "serious"
    named = shuffled.rename(columns={"date": "year_built"})
    time = found(named, y, SHUFFLED)["SKO302"]
    assert time.severity == "warning"
    assert "if year_built is when a row was recorded" in time.advice


def test_a_measurement_that_is_named_like_a_time_is_none(find):
    """Its contiguous parts differ, but it does not say when a row was."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(400, 3)), columns=[*"abc"])
    X["run_time"] = rng.gamma(1, 10, 400)
    y = (X["run_time"] + 5 * rng.normal(size=400) > 10).astype(int)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    assert find("SKO302", X, y.to_numpy(), cv=cv).status == "absent"


def test_walks_are_time_and_blocks_are_groups(found):
    assert changes_gradually(_walk()[0])
    assert not changes_gradually(_groups()[0])
    assert list(found(*_walk(), SHUFFLED)) == ["SKO302"]
    present = found(*_groups(), SHUFFLED)
    assert list(present) == ["SKO303"]
    assert present["SKO303"].severity == "serious"
    assert present["SKO303"].counterfactual < 0.2


def test_subjects_of_several_classes_are_not_parted_by_their_order(find):
    """Columns that repeat one another: no near copies, and blocks show in the file."""
    rng = np.random.default_rng(0)
    center = np.repeat(rng.normal(size=(40, 2)) @ rng.normal(size=(2, 30)), 10, axis=0)
    X = center + rng.normal(0, 1.2, center.shape)
    y = np.repeat(np.arange(40) % 4, 10)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    found = find("SKO303", X, y, RandomForestClassifier(10, random_state=0), cv=cv)
    assert (found.status, found.severity) == ("present", "serious")
    assert found.counterfactual < 0.35  # chance is 0.25
    assert found.effect > 0.15


def test_a_file_is_cut_where_it_changes():
    rng = np.random.default_rng(0)
    true = np.repeat(np.arange(24), rng.integers(5, 20, 24))
    X = rng.normal(0, 3, (24, 6))[true] + rng.normal(size=(len(true), 6))
    found = segments(X, rng.normal(size=len(true)), is_classification=False)
    assert found.tolist() == sorted(found)
    parts = np.unique(np.column_stack([true, found]), axis=0)
    assert len(parts) <= len(np.unique(found)) + 4
    assert (
        len(
            np.unique(
                segments(np.tile(X, (40, 1)), np.tile(true, 40), is_classification=True)
            )
        )
        == 40
    )


def test_independent_rows_have_no_order(found):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 4)), columns=[*"abc", "day"])
    assert found(X, X["a"] + rng.normal(size=300), SHUFFLED) == {}
    assert not has_trend(rng.normal(size=300))


def test_forward_splits_look_back_only():
    order = np.random.default_rng(0).permutation(100)
    place = np.argsort(order)
    for train, test in forward_splits(order):
        assert place[train].max() < place[test].min()
        assert len(train) >= 50
    assert len(np.unique(blocks(order)[order[:10]])) == 1


def test_share_of_rows_whose_group_is_parted():
    groups = np.array([0, 0, 1, 1])
    splits = [(np.array([0, 2, 3]), np.array([1])), (np.array([0, 1]), np.array([2]))]
    assert share_parted(splits, groups) == 0.5
