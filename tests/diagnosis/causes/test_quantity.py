"""Numbers that are a quantity, and names that are numbers."""

import numpy as np
from sklearn.datasets import (
    load_diabetes,
    load_digits,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from tests.diagnosis.causes.planted import (
    NUMBERS,
    finding_of,
)


def test_a_quantity_is_told_from_names_that_are_numbers():
    X, y = load_diabetes(return_X_y=True)
    model = RandomForestClassifier(20, random_state=0)
    found = finding_of("quantity_as_classes", model, X, y // 10, cv=NUMBERS)
    assert found.status == "present"
    assert "R2" in found.explanation
    X, y = load_digits(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    for seed in range(3):
        names = np.random.default_rng(seed).permutation(10)[y]
        found = finding_of("quantity_as_classes", tree, X[:600], names[:600])
        assert found.status == "absent"
