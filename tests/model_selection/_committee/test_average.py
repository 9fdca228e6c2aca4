"""Averaging: what a hand-made mean gives, also where models know other classes."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.svm import SVC, LinearSVC

from skoverfit.model_selection._committee._average import ballot_for, method_of

LABELS = np.array(["a", "b", "c", "a"])


def ballot(method, y=LABELS, answer=None):
    return ballot_for(method, y, answer, classifier=True)


def test_probabilities_of_unseen_classes_are_zero():
    own = ballot("predict_proba")
    matrix = own.read([[0.2, 0.8]], np.array(["a", "c"]))
    assert matrix.tolist() == [[0.2, 0.0, 0.8]]
    assert own.labels(matrix).tolist() == ["c"]


def test_decision_values_of_unseen_classes_are_the_smallest_of_the_row():
    own = ballot("decision_function")
    matrix = own.read(np.array([-0.5, 2.0]), np.array(["b", "c"]))
    assert matrix.tolist() == [[-0.5, 0.5, -0.5], [-2.0, -2.0, 2.0]]
    assert own.labels(matrix).tolist() == ["b", "c"]


def test_decisions_between_two_classes_stay_one_column():
    own = ballot("decision_function", np.array([0, 1]))
    values = np.array([-1.5, 0.0, 0.5])
    matrix = own.read(values, np.array([0, 1]))
    assert own.answer(matrix).tolist() == values.tolist()
    assert own.labels(matrix).tolist() == [0, 0, 1]  # as scikit-learn breaks the tie


def test_decisions_between_several_classes_are_compared_as_shares():
    own = ballot("decision_function")
    matrix = np.array([[2.2, 0.9, -0.1], [0.9, 2.2, -0.1]])  # as those of SVC
    shares = own.comparable(matrix)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (shares > 0).all()
    assert (shares.argsort(axis=1) == matrix.argsort(axis=1)).all()
    assert own.truth(["a", "b"]).tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_what_has_a_scale_is_compared_as_it_is(method):
    own = ballot(method, np.array([0, 1]))
    matrix = np.array([[0.2, 0.8]])
    assert own.comparable(matrix) is matrix
    least = -1 if method == "decision_function" else 0
    assert own.truth([1]).tolist() == [[least, 1]]


def test_votes_are_shares():
    own = ballot("predict")
    answers = [["a", "b"], ["c", "b"], ["c", "a"]]
    matrix = sum(own.read(answer, None) for answer in answers) / 3
    assert np.allclose(matrix, [[1 / 3, 0, 2 / 3], [1 / 3, 2 / 3, 0]])
    assert own.labels(matrix).tolist() == ["c", "b"]


def test_outputs_have_classes_of_their_own():
    y = np.array([[0, 5], [1, 6], [0, 7]])
    answer = [np.array([[0.4, 0.6]]), np.array([[0.3, 0.7]])]
    own = ballot("predict_proba", y, answer)
    matrix = own.read(answer, [np.array([0, 1]), np.array([5, 7])])
    assert matrix.tolist() == [[0.4, 0.6, 0.3, 0.0, 0.7]]
    assert own.labels(matrix).tolist() == [[1, 7]]
    first, second = own.answer(matrix)
    assert first.tolist() == [[0.4, 0.6]]
    assert second.tolist() == [[0.3, 0.0, 0.7]]
    assert own.truth(y)[1].tolist() == [0, 1, 0, 1, 0]


def test_labels_of_several_outputs_keep_their_type():
    y = np.array([["x", "p"], ["y", "q"]])
    own = ballot("predict", y)
    assert own.labels(own.read(y, None)).tolist() == y.tolist()
    assert own.labels(own.read(y, None)).dtype == y.dtype


@pytest.mark.parametrize(
    ("method", "expected"),
    [("predict_proba", [[0, 1]]), ("decision_function", [[1, 1]])],
)
def test_indicators_have_the_threshold_of_their_kind(method, expected):
    own = ballot(method, np.array([[0, 1], [1, 1]]), np.zeros((1, 2)))
    assert own.labels(own.read([[0.4, 0.6]], None)).tolist() == expected


def test_one_number_for_an_output_of_many_classes_is_refused():
    with pytest.raises(ValueError, match="more than two classes"):
        ballot("predict_proba", np.array([[0, 1], [2, 1]]), np.zeros((1, 2)))


def test_other_columns_than_classes_are_refused():
    with pytest.raises(ValueError, match="3 columns, but the model knows 2 classes"):
        ballot("decision_function").read(np.zeros((2, 3)), np.array(["a", "b"]))


def test_numbers_keep_their_shape():
    for answer in (np.array([1.0, 2.0]), np.array([[1.0], [2.0]])):
        own = ballot_for("predict", answer, answer, classifier=False)
        assert own.answer(own.read(answer, None)).tolist() == answer.tolist()


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([LogisticRegression(), LogisticRegression(C=2)], "predict_proba"),
        ([LogisticRegression(), LinearSVC()], "decision_function"),
        ([SVC()], "decision_function"),
        # A column for each pair of classes is nothing that classes can be told from.
        ([SVC(decision_function_shape="ovo")], "predict"),
        ([SVC(decision_function_shape="ovo"), Perceptron()], "predict"),
        ([LinearRegression()], "predict"),
    ],
)
def test_members_are_asked_what_all_can_answer(candidates, expected):
    assert method_of(candidates) == expected
