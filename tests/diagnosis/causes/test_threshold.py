"""A rare class that the score hides, and the threshold that finds it."""

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis.causes._threshold import slope_of
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
)


def rare(seed=0, n=600):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.1).astype(int)
    return rng.normal(size=(n, 4)) + 0.7 * y[:, None], np.where(y, "yes", "no")


def test_a_score_that_hides_a_rare_class_and_the_threshold_that_finds_it():
    X, y = rare()
    found = finding_of("imbalance_hidden", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "yes" in found.title
    assert "balanced_accuracy" in found.advice
    assert found.counterfactual < 0.75
    moved = finding_of("threshold", LogisticRegression(), X, y)
    assert moved.status == "present"
    assert moved.counterfactual > found.counterfactual + 0.05
    balanced, (remedy,) = asked(
        "threshold", LogisticRegression(), X, y, scoring="balanced_accuracy"
    )
    assert balanced.status == "present"
    assert "TunedThresholdClassifierCV" in balanced.advice
    assert remedy.estimator.fit(X, y).best_threshold_ < 0.4


def test_balanced_classes_hide_nothing_and_one_half_is_right():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    for name in ("imbalance_hidden", "threshold"):
        for scoring in ("accuracy", "f1"):
            found = finding_of(name, model, X, y, cv=SHUFFLED, scoring=scoring)
            assert found.status in ("absent", "not_applicable")


def test_ties_at_one_half_are_decided_as_the_model_decides_them():
    """Without one of three equal rows of both classes, both are as likely."""
    X, y = np.repeat(np.arange(100.0), 3)[:, None], np.tile([0, 0, 1], 100)
    order = np.random.default_rng(0).permutation(len(y))
    tree = DecisionTreeClassifier(random_state=0)
    found = finding_of("threshold", tree, X[order], y[order])
    own = cross_val_score(tree, X[order], y[order]).mean()
    assert found.counterfactual - found.effect == pytest.approx(own)
    assert found.status == "absent"


@pytest.mark.parametrize(("C", "severity"), [(1e-3, "info"), (1.0, None)])
def test_a_penalty_that_squeezes_probabilities_is_no_matter_of_the_threshold(
    C, severity
):
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.36).astype(int)
    X = rng.normal(size=(400, 5)) + y[:, None]
    found = finding_of("threshold", LogisticRegression(C=C), X, y, cv=SHUFFLED)
    assert found.status == ("absent" if severity is None else "present")
    assert found.severity == (severity or "info")


def test_the_slope_is_one_where_probabilities_can_be_taken_at_their_word():
    rng = np.random.default_rng(0)
    probabilities = rng.random(20_000)
    truth = rng.random(20_000) < probabilities
    assert slope_of(truth, probabilities) == pytest.approx(1, abs=0.05)
    squeezed = 0.4 + 0.2 * probabilities
    assert slope_of(truth, squeezed) == pytest.approx(5, abs=0.25)
    assert slope_of(truth, np.full(20_000, 0.5)) == 1
