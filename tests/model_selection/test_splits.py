"""Forward splits that keep groups together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.tree import DecisionTreeClassifier

from skoverfit.model_selection import GroupTimeSeriesSplit

options = st.fixed_dictionaries(
    {
        "n_splits": st.integers(2, 4),
        "gap": st.integers(0, 2),
        "test_size": st.none() | st.integers(1, 2),
        "max_train_size": st.none() | st.integers(1, 3),
    }
)


@given(st.lists(st.integers(0, 14), min_size=1, max_size=60), options)
def test_nothing_is_learned_from_the_future_or_from_a_test_group(labels, options):
    groups, splitter = np.array(labels), GroupTimeSeriesSplit(**options)
    begin = {group: labels.index(group) for group in labels}
    size = options["test_size"] or max(len(begin) // (options["n_splits"] + 1), 1)
    if len(begin) < options["n_splits"] * size + options["gap"] + 1:
        with pytest.raises(ValueError, match="groups, but n_splits="):
            list(splitter.split(groups, groups=groups))
        return
    splits = list(splitter.split(groups, groups=groups))
    assert len(splits) == splitter.get_n_splits()
    for train, test in splits:
        assert len(train)
        assert train.max() < test.min()
        assert not set(groups[train]) & set(groups[test])
        assert_array_equal(test, np.flatnonzero(np.isin(groups, groups[test])))
        between = [
            group
            for group, first in begin.items()
            if max(begin[each] for each in groups[train])
            < first
            < min(begin[each] for each in groups[test])
        ]
        assert len(between) == options["gap"]
        if options["max_train_size"] is not None:
            assert len(set(groups[train])) <= options["max_train_size"]
        if options["test_size"] is not None:
            assert len(set(groups[test])) == options["test_size"]


@given(st.integers(8, 30), options)
def test_rows_that_are_groups_are_split_as_scikit_learn_does(n_rows, options):
    rows = np.arange(n_rows)
    try:
        expected = list(TimeSeriesSplit(**options).split(rows))
    except ValueError:
        with pytest.raises(ValueError, match="groups, but n_splits="):
            list(GroupTimeSeriesSplit(**options).split(rows, groups=rows))
        return
    ours = list(GroupTimeSeriesSplit(**options).split(rows, groups=rows[::-1]))
    for mine, theirs in zip(ours, expected, strict=True):
        assert_array_equal(mine[0], theirs[0])
        assert_array_equal(mine[1], theirs[1])


def test_training_rows_after_the_first_test_row_are_left_out():
    groups = ["a", "a", "b", "c", "a", "b", "d"]
    [_, (train, test)] = GroupTimeSeriesSplit(2).split(groups, groups=groups)
    assert test.tolist() == [6]
    [(train, test), _] = GroupTimeSeriesSplit(2).split(groups, groups=groups)
    assert (train.tolist(), test.tolist()) == ([0, 1, 2], [3])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_splits": 1}, "n_splits == 1, must be >= 2"),
        ({"gap": -1}, "gap == -1, must be >= 0"),
        ({"gap": 0.5}, "gap must be an instance of int, not float"),
        ({"test_size": 0}, "test_size == 0, must be >= 1"),
        ({"max_train_size": 0}, "max_train_size == 0, must be >= 1"),
    ],
)
def test_bad_parameters_are_refused_at_once(given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        GroupTimeSeriesSplit(**given)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (None, "needs groups: one label per row"),
        (["a"] * 3, r"one label per row \(6\); got 3"),
        (["a", "b", "c", "a", "b", "c"], "groups has 3 groups.* need at least 6"),
        ([0, 1, 2, 3, 4, np.nan], "Input groups contains NaN"),
    ],
)
def test_bad_groups_are_refused(groups, message):
    with pytest.raises(ValueError, match=message):
        list(GroupTimeSeriesSplit().split(np.zeros((6, 1)), groups=groups))


def test_it_serves_as_cv_with_and_without_metadata_routing():
    X, groups = np.arange(24.0)[:, np.newaxis], np.arange(24) // 3
    y, tree = np.arange(24) % 2, DecisionTreeClassifier(random_state=0)
    cv = GroupTimeSeriesSplit(3, gap=1)
    assert len(cross_val_score(tree, X, y, groups=groups, cv=cv)) == 3
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(tree, {"max_depth": [1, 2]}, cv=cv)
        assert search.fit(X, y, groups=groups).n_splits_ == 3
