"""Wrong labels: planted ones are found, overlap is not taken for them."""

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
)
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis.causes._wrong_labels import contradicted
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    finding_of,
)


def test_wrong_labels_are_found_with_their_share_and_rows():
    X, y = load_breast_cancer(return_X_y=True)
    flipped = np.random.default_rng(0).random(len(y)) < 0.15
    y = np.where(flipped, 1 - y, y)
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.interval[0] < 0.15 < found.interval[1]
    assert flipped[list(found.rows)].mean() > 0.8


def test_wrong_labels_are_found_where_classes_overlap_too():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, 400)
    X = rng.normal(size=(400, 5))
    X[np.arange(400), y] += 2.0  # about a quarter of the rows could be another class
    tree = DecisionTreeClassifier(random_state=0)
    assert finding_of("wrong_labels", tree, X, y, cv=SHUFFLED).status == "absent"
    wrong = np.where(rng.random(400) < 0.2, (y + rng.integers(1, 4, 400)) % 4, y)
    assert finding_of("wrong_labels", tree, X, wrong, cv=SHUFFLED).status == "present"


@pytest.mark.parametrize("seed", range(3))
def test_classes_that_overlap_are_not_taken_for_wrong_labels(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 5)) + 0.5 * y[:, None]
    model = DecisionTreeClassifier(random_state=0)
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"
    X = rng.normal(size=(400, 5))  # nothing is known of the labels at all
    assert finding_of("wrong_labels", model, X, y, cv=SHUFFLED).status == "absent"


@pytest.mark.parametrize("share", [0.15, 0.2])
def test_errors_of_the_one_column_that_tells_are_not_taken_for_wrong_labels(share):
    """A column is the label with some errors; four others say little."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 400)
    X = rng.normal(size=(400, 5)) + 0.4 * y[:, None]
    X[:, 2] = np.where(rng.random(400) < share, 1 - y, y)
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status != "present"
    assert (
        finding_of("wrong_labels", model, X[:, [2]], y, cv=SHUFFLED).status != "present"
    )


@pytest.mark.parametrize("seed", range(2))
def test_two_of_four_classes_that_overlap_among_noise_are_not_wrong_labels(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 4, 300)
    X = rng.normal(size=(300, 60))
    X[np.arange(300), np.minimum(y, 2)] += 3.0  # the last two look alike
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("wrong_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "absent"


def test_a_rare_class_that_is_never_predicted_is_not_mislabeled():
    rng = np.random.default_rng(0)
    codes = (rng.random(500) < 0.2).astype(int)
    common = rng.uniform(0.6, 1.0, 500)
    common = np.c_[common, 1 - common]
    found = contradicted(codes, common, np.arange(500))
    assert found.share > 0.15
    assert not found.looks_wrong
    predicted = (codes == 1) & (rng.random(500) < 0.7)
    found = np.where(predicted[:, None], common[:, ::-1], common)
    assert contradicted(codes, found, np.arange(500)).looks_wrong
