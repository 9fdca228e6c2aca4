"""Equal rows with different labels bound the score."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from tests.diagnosis.causes.planted import (
    SHUFFLED,
    finding_of,
)


def test_conflicting_labels_bound_the_score():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    X, y = np.vstack([X, X[:40]]), np.r_[y, 1 - y[:40]]
    model = DecisionTreeClassifier(random_state=0)
    found = finding_of("conflicting_labels", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.counterfactual == pytest.approx(200 / 240)
    assert set(found.rows) <= {*range(40), *range(200, 240)}
    same_labels = finding_of("conflicting_labels", model, X[:200], y[:200], cv=SHUFFLED)
    assert same_labels.status == "absent"
