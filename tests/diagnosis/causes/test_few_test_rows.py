"""Too few test rows, and how many would do."""

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis.causes._few_test_rows import width_of_rows
from tests.diagnosis.causes.planted import (
    finding_of,
)


def test_too_few_test_rows_and_how_many_would_do():
    X, y = make_classification(60, 5, flip_y=0.3, random_state=0)
    found = finding_of("too_few_test_rows", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "1," in found.explanation  # more than a thousand rows
    X, y = load_breast_cancer(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    assert finding_of("too_few_test_rows", tree, X, y).status == "absent"
    part = X[:20], y[:20]
    few = finding_of("too_few_test_rows", tree, X[20:], y[20:], test_part=part)
    assert "20 test rows" in few.explanation


def test_a_few_rows_that_are_all_right_prove_little():
    for n, is_wide in ((12, True), (200, False)):
        width = width_of_rows([np.ones(n)], [np.arange(n)], None, 0.5)
        assert width.is_wide == is_wide
        assert width.interval[1] == 1.0
    rows = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    width = width_of_rows([rows], [np.arange(8)], None, 1.0)
    assert np.allclose(width.interval, (0.409, 0.929), atol=0.001)  # R: prop.test
