"""SKO104: more rows would still raise the test score."""

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose
from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import Skipped
from skoverfit.diagnosis.causes import _too_little_data as module
from skoverfit.diagnosis.causes._too_little_data import too_little_data
from tests.diagnosis.made_evidence import (
    FLAT,
    RISING,
    WIGGLE,
    assert_status,
    evidence,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(learning_curve=RISING), "present"),
        (evidence(learning_curve=FLAT), "absent"),
        (evidence(), "not_applicable"),
    ],
)
def test_status(made, status):
    assert_status(too_little_data(made), status)


def test_reason_of_a_missing_measurement_is_given():
    made = evidence(skipped=(Skipped("learning curve", "no time"),))
    assert "no time" in too_little_data(made).explanation


def test_effect_is_the_slope_at_the_end():
    slope = too_little_data(evidence(learning_curve=RISING))
    x, y = np.log2([48, 64, 80]), [0.7, 0.76, 0.8]
    assert slope.effect == pytest.approx(np.polyfit(x, y, 1)[0])


@pytest.mark.parametrize(
    ("train", "text"),
    [(0.9, "0.850, which closes half of the gap: about"), (0.805, "")],
)
def test_rows_that_close_half_of_the_gap_are_told(train, text):
    found = too_little_data(evidence(train, 0.8, learning_curve=RISING))
    assert text in found.explanation
    assert ("closes" in found.explanation) == bool(text)


@pytest.mark.parametrize(
    ("noise", "status", "severity"),
    [(1, "present", "warning"), (2.3, "present", "info"), (6, "absent", "info")],
)
def test_a_warning_asks_for_a_gain_that_is_reliably_not_small(noise, status, severity):
    gain = corrected_estimate(0.04 + noise * WIGGLE)
    found = too_little_data(evidence(learning_curve=FLAT), gain)
    assert (found.status, found.severity) == (status, severity)
    assert found.effect == pytest.approx(0.04)


def test_a_cause_that_is_asked_again_fits_nothing_again(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "gain_of_doubling", asked.append)
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = (X[:, 0] > 0).astype(int)
    diagnose(DecisionTreeClassifier(), X, y, causes=["SKO104"], random_state=0)
    assert len(asked) == 1
