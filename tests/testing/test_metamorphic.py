"""What must not change: scores that are moved or scaled, rows twice, columns moved."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection import (
    BestScore,
    LowGapMembers,
    MembersWithinNoise,
    ParetoKnee,
    PenalizedMembers,
    SmallestGapWithinNoise,
)
from skoverfit.regularization import (
    RegularizedClassifier,
    RegularizedRegressor,
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
)
from skoverfit.testing._estimators import answers, check_same_answers, model_table
from skoverfit.testing.strategies import cv_results, selection_rules

# Multiples of 1/64 over four splits: sums, means and differences are exact, so that
# whatever changes is not rounding.
TABLES = cv_results(min_splits=4, max_splits=4, n_levels=65, max_failed=2)
MEMBERS = st.sampled_from(
    [MembersWithinNoise(), LowGapMembers(), PenalizedMembers(2), PenalizedMembers(1)]
)
SCALE_FREE = st.sampled_from([BestScore(), SmallestGapWithinNoise(0.5), ParetoKnee()])


def changed(results, change):
    """The same table with other scores."""
    return {
        key: change(key, value) if "_score" in key else value
        for key, value in results.items()
    }


def moved(results, by):
    return changed(results, lambda key, v: v if key.startswith("std") else v + by)


def told(rule, results):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoCandidateWithinGapWarning)
        return rule(results)


@settings(max_examples=60)
@given(TABLES, selection_rules(), st.sampled_from([-4, 1, 16]))
def test_a_constant_added_to_all_scores_changes_no_choice(results, rule, by):
    assert told(rule, moved(results, by)) == told(rule, results)


@settings(max_examples=40)
@given(TABLES, MEMBERS, st.sampled_from([-4, 1, 16]))
def test_a_constant_added_to_all_scores_changes_no_weight(results, rule, by):
    np.testing.assert_array_equal(rule(moved(results, by)), rule(results))


@settings(max_examples=40)
@given(TABLES, SCALE_FREE, st.sampled_from([0.25, 8]))
def test_a_scaled_score_changes_no_choice_of_rules_without_units(results, rule, by):
    assert rule(changed(results, lambda key, v: v * by)) == rule(results)


@settings(max_examples=40)
@given(TABLES, MEMBERS, st.sampled_from([0.25, 8]))
def test_a_scaled_score_changes_no_weight(results, rule, by):
    scaled = changed(results, lambda key, v: v * by)
    np.testing.assert_array_equal(rule(scaled), rule(results))


LINEAR = [
    RegularizedRegressor(Ridge(), strength=0.7),
    RegularizedClassifier(LogisticRegression(tol=1e-10, max_iter=5000), strength=0.7),
]
# No tree with a smallest leaf: that counts rows, whatever they weigh.
WEIGHTED = [
    *LINEAR,
    ShrunkTreeRegressor(
        DecisionTreeRegressor(max_depth=4, random_state=0), shrinkage=3.0
    ),
    ShrunkTreeClassifier(
        DecisionTreeClassifier(max_depth=4, random_state=0), shrinkage=3.0
    ),
]
linear = pytest.mark.parametrize("model", LINEAR, ids=lambda m: type(m).__name__)
weighted = pytest.mark.parametrize("model", WEIGHTED, ids=lambda m: type(m).__name__)


def same(one, other):
    """Answers that are the same up to what solvers leave."""
    for name, value in one.items():
        if value.dtype.kind == "f":
            np.testing.assert_allclose(other[name], value, rtol=1e-4, atol=1e-6)
        else:
            np.testing.assert_array_equal(other[name], value)


@weighted
def test_all_rows_twice_with_half_weights(model):
    table = model_table(model)
    weight = 0.5 + np.arange(len(table.y)) % 3
    once = model.fit(table.X, table.y, sample_weight=weight)
    expected = answers(once, table.X)
    X, y = np.r_[table.X, table.X], np.r_[table.y, table.y]
    twice = model.fit(X, y, sample_weight=np.r_[weight, weight] / 2)
    same(expected, answers(twice, table.X))


@linear
def test_columns_in_another_order(model):
    table = model_table(model)
    expected = answers(model.fit(table.X, table.y), table.X)
    X = table.X[:, [2, 0, 1]]
    same(expected, answers(model.fit(X, table.y), X))


@linear
def test_rows_in_another_order(model):
    table = model_table(model)
    expected = answers(model.fit(table.X, table.y), table.X)
    order = np.random.default_rng(0).permutation(len(table.y))
    same(expected, answers(model.fit(table.X[order], table.y[order]), table.X))


@linear
def test_a_constant_column(model):
    table = model_table(model)
    expected = answers(model.fit(table.X, table.y), table.X)
    X = np.c_[table.X, np.full(len(table.X), 0.0)]
    same(expected, answers(model.fit(X, table.y), X))


def test_what_changes_is_seen():
    with pytest.raises(AssertionError, match="predict gives other results"):
        check_same_answers({"predict": np.ones(2)}, {"predict": np.zeros(2)}, "here")
