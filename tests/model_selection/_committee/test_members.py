"""What members say together, by hand."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from skoverfit.model_selection._committee._members import (
    Members,
    Task,
    averages_of_seen,
    averages_of_unseen,
    mean_of_tested,
    out_of_fold,
    row_numbers,
)

ROWS = np.arange(6)
SPLITS = [
    (np.array([2, 3, 4, 5]), np.array([0, 1])),
    (np.array([0, 1, 4, 5]), np.array([2, 3])),
    (np.array([0, 1, 2]), np.array([3, 4])),
]


class Says:
    """A model that says its number, plus the row."""

    def __init__(self, number):
        self.number = number

    def predict(self, X):
        return self.number + X[:, 0]


class Ballot:
    """Answers are numbers, and what is compared with the truth are twice these.

    The classes that a model knows are a factor.
    """

    method = "predict"

    def read(self, answer, classes):
        return classes * np.asarray(answer, float)[:, np.newaxis]

    def comparable(self, values):
        return 2 * values

    def truth(self, y):
        return 2 * y


def members_of(candidates, splits, columns=None):
    models = [Says(100 * c + 10 * s) for c, s in zip(candidates, splits, strict=True)]
    places = np.array(candidates), np.array(splits)
    return Members(Ballot(), models, [1.0] * len(models), *places, columns)


@pytest.fixture
def task():
    X, y = ROWS[:, np.newaxis].astype(float), ROWS / 10
    return Task(DecisionTreeRegressor(), X, y, {}, SPLITS)


def test_the_share_of_a_candidate_is_dealt_out_to_its_models():
    members = members_of([0, 0, 0, 1, 3], [0, 1, 2, 0, 1])
    weights = np.array([0.3, 0.2, 0.4, 0.5, 0.6])  # two have no model
    assert members.shares(weights) == pytest.approx([0.1, 0.1, 0.1, 0.2, 0.5])
    assert members.shares(2 * weights).sum() == pytest.approx(1)


def test_kept_candidates_are_numbered_anew():
    columns = [np.array([k]) for k in range(4)]
    members = members_of([0, 1, 2, 2], [1, 0, 0, 2], columns)
    kept = members.of(np.array([0, 2]))
    assert kept.candidate.tolist() == [0, 1, 1]
    assert kept.split.tolist() == [1, 0, 2]
    assert [model.number for model in kept.models] == [10, 200, 220]
    assert [each[0] for each in kept.columns] == [0, 2, 3]
    assert kept.ballot is members.ballot
    assert kept.classes == [1.0] * 3
    assert members_of([0, 1], [0, 0]).of(np.array([1])).columns is None


def test_answers_are_averaged_by_their_shares():
    members = members_of([0, 1], [0, 0])
    X = np.array([[1.0], [2.0]])
    said = members.matrix(X, np.array([0.25, 0.75]))
    assert said.tolist() == [[76.0], [77.0]]


def test_of_kernels_each_model_sees_its_own_columns():
    members = members_of([0, 1], [0, 0], [np.array([1]), np.array([0])])
    said = members.matrix(np.array([[3.0, 5.0]]), np.array([0.5, 0.5]))
    assert said.tolist() == [[(5 + 103) / 2]]


def test_rows_are_predicted_by_those_that_were_tested_on_them():
    parts = [(np.array([0, 1]), np.array([[1.0], [2.0]]), 1.0)]
    parts.append((np.array([1, 3]), np.array([[8.0], [4.0]]), 3.0))
    said = mean_of_tested(parts, (4, 1))[:, 0]
    assert said == pytest.approx([1.0, (2 + 3 * 8) / 4, np.nan, 4.0], nan_ok=True)


def test_members_without_a_share_say_nothing(task):
    members = members_of([0, 0, 1], [0, 2, 2])
    answers = [np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]]), np.full((2, 1), 9.0)]
    said = averages_of_unseen(task, members, answers, np.array([0.5, 0.2, 0.0]))
    expected = [1, 2, np.nan, 3, 4, np.nan]
    assert said[:, 0] == pytest.approx(expected, nan_ok=True)


def test_each_candidate_has_its_own_answers_for_unseen_rows(task):
    members = members_of([0, 1, 1], [0, 0, 1])
    answers = [np.full((2, 1), value) for value in (1.0, 2.0, 3.0)]
    known = out_of_fold(task, members, answers)
    assert known.candidates.tolist() == [0, 1]
    expected = [[2, 2] + [np.nan] * 4, [4, 4, 6, 6, np.nan, np.nan]]
    np.testing.assert_array_equal(known.values[:, :, 0], expected)
    np.testing.assert_array_equal(known.truth, 2 * task.y)


def test_seen_rows_are_predicted_by_one_model_of_each_candidate(task):
    members = members_of([0, 0, 1, 1, 1, 2], [0, 1, 0, 1, 2, 0])
    share = np.array([0.2, 0.2, 0.1, 0.1, 0.1, 0.0])
    said = averages_of_seen(task, members, share, ROWS[1:], 1)[:, 0]
    # Of the first candidate the first split comes first, of the next one the second.
    first = np.array([10, 0, 0, 0, 0]) + ROWS[1:]
    second = np.array([110, 120, 100, 110, 110]) + ROWS[1:]
    expected = (0.4 * first + 0.3 * second) / 0.7
    assert np.isnan(said[0])  # was not asked for
    np.testing.assert_allclose(said[1:], expected)


def test_rows_that_no_model_has_seen_have_no_answer(task):
    members = members_of([0, 1, 1], [2, 0, 2])
    said = averages_of_seen(task, members, np.full(3, 1 / 3), ROWS, 1)[:, 0]
    assert np.isnan(said).tolist() == [False, False, False, True, True, True]


def test_rows_may_be_a_mask():
    assert row_numbers([False, True, True]).tolist() == [1, 2]
    numbers = row_numbers(np.array([2, 0], dtype=np.int8))
    assert (numbers.tolist(), numbers.dtype) == ([2, 0], np.intp)
