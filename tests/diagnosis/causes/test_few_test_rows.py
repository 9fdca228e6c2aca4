"""Too few test rows, and how many would do."""

from sklearn.datasets import (
    load_breast_cancer,
    make_classification,
)
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

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
