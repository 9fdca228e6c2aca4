"""SKO101: less capacity scores better."""

from dataclasses import replace

import numpy as np
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis.causes._excess_capacity import excess_capacity
from tests.diagnosis.made_evidence import (
    assert_status,
    dial,
    evidence,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(dial=dial(0.8, stronger=0.9)), "present"),
        (evidence(dial=dial(0.9, stronger=0.9)), "absent"),
        (evidence(dial=dial(0.9, weaker=0.95)), "absent"),
        (evidence(), "not_applicable"),
    ],
)
def test_status(made, status):
    assert_status(excess_capacity(made), status)


def test_noisy_gain_is_not_claimed():
    made = evidence(dial=dial(0.8, stronger=0.82))
    noisy = made.dial.test_scores.copy()
    noisy[2] += np.array([0.2, -0.2, 0.1, -0.1, 0.0])
    finding = excess_capacity(replace(made, dial=replace(made.dial, test_scores=noisy)))
    assert finding.status == "absent"
    assert finding.interval[0] < 0 < finding.interval[1]


def test_further_splits_decide_about_the_dial():
    made = evidence(dial=dial(0.8, stronger=0.9), leading_strength=0.8)
    noisy = corrected_estimate(np.array([0.2, -0.2, 0.1, -0.1, 0.0]))
    finding = excess_capacity(replace(made, leading_change=noisy))
    assert finding.status == "absent"
    assert "further splits" in finding.explanation
