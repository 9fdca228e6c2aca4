"""Rows are dealt out evenly; candidates are chosen within the noise of the best."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoverfit._folds import (
    as_strata,
    close_to,
    dealing_order,
    dealt_out,
    held_out,
    last_close_to_best,
    standard_error,
)

strata = st.lists(st.integers(0, 3), min_size=2, max_size=40).map(np.array)
generators = st.sampled_from([np.random.default_rng, np.random.RandomState])


@given(strata, generators, st.integers(2, 8))
def test_folds_cover_all_rows_once_and_spread_each_stratum(y, generator, n_folds):
    n_folds = min(n_folds, len(y))
    folds = dealt_out(dealing_order(len(y), generator(0), y), n_folds)
    assert len(folds) == n_folds
    tests = np.concatenate([test for _, test in folds])
    np.testing.assert_array_equal(np.sort(tests), np.arange(len(y)))
    for train, test in folds:
        np.testing.assert_array_equal(np.union1d(train, test), np.arange(len(y)))
        assert len(train) + len(test) == len(y)
    for stratum in np.unique(y):
        counts = [np.sum(y[test] == stratum) for _, test in folds]
        assert max(counts) - min(counts) <= 1


@given(strata, st.floats(0.05, 0.95))
def test_a_held_out_share_takes_its_share_of_each_stratum(y, share):
    split = held_out(dealing_order(len(y), np.random.default_rng(0), y), share)
    if split is None:
        assert not 0 < np.floor(len(y) * share + 0.5) < len(y)
        return
    train, test = split
    np.testing.assert_array_equal(np.sort(np.r_[train, test]), np.arange(len(y)))
    for stratum in np.unique(y):
        assert abs(np.sum(y[test] == stratum) - share * np.sum(y == stratum)) <= 1


def test_rows_are_shuffled_within_strata_alone():
    y = np.repeat([1, 0], 50)
    order = dealing_order(100, np.random.default_rng(0), y)
    assert (y[order] == np.repeat([0, 1], 50)).all()
    assert (np.diff(order[:50]) < 0).any()
    np.testing.assert_array_equal(
        dealing_order(100, np.random.default_rng(0)),
        np.random.default_rng(0).permutation(100),
    )


def test_targets_as_strata():
    np.testing.assert_array_equal(as_strata(["b", "a", "b"]), [1, 0, 1])
    np.testing.assert_array_equal(as_strata(np.array([[2], [1]])), [1, 0])
    assert as_strata(np.eye(3)) is None


def test_standard_error():
    scores = np.array([0.5, 0.7, np.nan, 0.9])
    assert standard_error(scores) == pytest.approx(0.2 / np.sqrt(3))
    assert standard_error(scores, n_splits=2) == pytest.approx(0.2 / np.sqrt(2))
    assert standard_error(scores[1:3]) == 0.0


def test_means_that_differ_by_rounding_alone_are_equal():
    means = np.array([0.3, 0.1 + 0.2, 0.2999, np.nan])
    assert close_to(means, 1, 0.0).tolist() == [True, True, False, False]
    assert close_to(means, 1, 1e-3).tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    ("n_se", "expected"), [(0.0, 1), (0.5, 2), (1.0, 3), (100.0, 4)]
)
def test_the_last_candidate_within_the_noise_of_the_best(n_se, expected):
    # The best has mean 2 and standard error 1; one candidate failed on a split.
    means = np.array([1.9, 2.0, 1.6, 1.1, -7.0, np.nan])
    scores = means[:, None] + np.array([-1.0, 1.0])
    assert last_close_to_best(scores, n_se) == expected
