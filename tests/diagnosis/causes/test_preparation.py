"""SKO210: steps of a Pipeline are fitted inside; what was done before is not seen."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def test_steps_of_a_pipeline_are_fitted_inside(find):
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    pipeline = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    found = find("SKO210", X, y, pipeline)
    assert found.status == "absent"
    assert "standardscaler" in found.explanation
    alone = find("SKO210", X, y)
    assert alone.status == "not_measured"
    assert "check_no_leakage" in alone.explanation
