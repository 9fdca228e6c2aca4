"""Greedy choice: what holds for any predictions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skoverfit.model_selection._committee._greedy import (
    OutOfFold,
    greedy_counts,
    loss_of,
    row_losses,
)


def random_answers(seed, n_candidates=6, n_rows=30):
    rng = np.random.default_rng(seed)
    truth = np.eye(3)[rng.integers(0, 3, n_rows)]
    values = rng.dirichlet(np.ones(3), (n_candidates, n_rows))
    # Candidates differ in how much of the truth they know.
    known = rng.uniform(0, 0.9, (n_candidates, 1, 1))
    return OutOfFold(
        np.arange(n_candidates), known * truth + (1 - known) * values, truth
    )


def brier(answers, counts):
    average = np.average(answers.values, axis=0, weights=counts)
    return ((average - answers.truth) ** 2).sum(axis=1).mean()


seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_the_loss_is_the_brier_score_of_the_average(seed):
    answers = random_answers(seed)
    counts = np.random.default_rng(seed).integers(1, 4, 6).astype(float)
    loss = loss_of(counts, answers.gram())
    assert loss == pytest.approx(brier(answers, counts), rel=1e-9)


@given(seeds, st.integers(1, 12))
def test_no_worse_than_the_best_single_candidate(seed, max_picks):
    answers = random_answers(seed)
    counts = greedy_counts(answers.gram(), max_picks)
    assert 1 <= counts.sum() <= max_picks
    best = min(brier(answers, one) for one in np.eye(6))
    assert brier(answers, counts) <= best * (1 + 1e-9)


@given(seeds)
def test_no_single_step_makes_it_better_when_it_stops_early(seed):
    answers = random_answers(seed)
    counts = greedy_counts(answers.gram(), 1000)
    assert counts.sum() < 1000
    steps = [brier(answers, counts + one) for one in np.eye(6)]
    assert min(steps) >= brier(answers, counts) * (1 - 1e-9)


@given(seeds)
def test_the_order_of_the_candidates_does_not_matter(seed):
    gram = random_answers(seed).gram()
    order = np.random.default_rng(seed).permutation(len(gram))
    shuffled = greedy_counts(gram[np.ix_(order, order)], 10)
    assert shuffled.tolist() == greedy_counts(gram, 10)[order].tolist()


def test_two_that_err_in_opposite_ways_are_taken_together():
    truth = np.array([[1.0], [3.0], [7.0], [4.0]])
    offsets = np.array([2.0, -2.0, 1.9]).reshape(3, 1, 1)
    answers = OutOfFold(np.arange(3), truth + offsets, truth)
    counts = greedy_counts(answers.gram(), 2)
    assert counts.tolist() == [0, 1, 1]


def test_the_best_that_are_good_together_are_the_start():
    # The last two cancel each other's error; neither makes the first better.
    residuals = np.array([[1.0, 0.0], [0.99, 0.45], [0.99, -0.45]])
    gram = residuals @ residuals.T
    assert greedy_counts(gram, 2).tolist() == [1, 0, 0]
    assert greedy_counts(gram, 3).tolist() == [1, 1, 1]


def test_of_equal_candidates_the_first_are_taken():
    counts = greedy_counts(np.diag(np.tile([2.0, 1.0], 20)), 3)
    assert np.flatnonzero(counts).tolist() == [1, 3, 5]
    assert counts.sum() == 3


def test_decision_values_are_not_measured_by_the_spread_of_their_signs():
    truth = np.array([[1.0, -1.0]] * 3 + [[-1.0, 1.0]])
    answers = OutOfFold(np.arange(1), 0.5 * truth[np.newaxis], truth)
    assert answers.gram() == pytest.approx(0.5)
    assert row_losses(answers.values[0], truth) == pytest.approx(np.full(4, 0.5))


def test_numbers_are_measured_by_the_spread_of_those_that_were_tested():
    truth = np.array([[1.0, 5.0], [5.0, 5.0], [99.0, 99.0]])
    values = np.array([[2.0, 5.0], [5.0, 8.0], [99.0, np.nan]])
    # Spreads of 2, and of 0, which measures nothing.
    losses = row_losses(values, truth)
    assert losses[:2].tolist() == [0.25, 9.0]
    assert np.isnan(losses[2])
    gram = OutOfFold(np.arange(1), values[np.newaxis], truth).gram()
    assert gram.item() == pytest.approx(4.625)


def test_row_weights_are_rows_drawn_again():
    answers = random_answers(3)
    times = np.random.default_rng(3).integers(0, 3, 30)
    drawn = np.repeat(np.arange(30), times)
    again = OutOfFold(
        answers.candidates, answers.values[:, drawn], answers.truth[drawn]
    )
    assert np.allclose(answers.gram(times), again.gram(), rtol=1e-12)


def test_rows_that_nobody_was_tested_on_do_not_count():
    answers = random_answers(4)
    values = answers.values.copy()
    values[:, :5] = np.nan
    left = OutOfFold(answers.candidates, answers.values[:, 5:], answers.truth[5:])
    holed = OutOfFold(answers.candidates, values, answers.truth)
    assert np.allclose(holed.gram(), left.gram(), rtol=1e-12)
    values[2, 10] = np.nan  # a candidate that failed on a split
    assert np.flatnonzero(np.isnan(holed.gram().diagonal())).tolist() == [2]


def test_outputs_of_other_units_count_alike():
    rng = np.random.default_rng(0)
    truth, errors = rng.normal(size=(20, 2)), rng.normal(size=(4, 20, 2))
    units = np.array([1.0, 1000.0])
    one = OutOfFold(np.arange(4), truth + errors, truth).gram()
    other = OutOfFold(np.arange(4), (truth + errors) * units, truth * units).gram()
    assert np.allclose(one, other)
