"""SKO101: less capacity scores better."""

from dataclasses import replace

import numpy as np
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis.causes._excess_capacity import excess_capacity, with_remedy
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


def test_a_remedy_that_narrows_the_gap_and_scores_better_shows_the_harm(samples):
    made = evidence(dial=dial(0.9, stronger=0.9))
    gap = replace(excess_capacity(made), name="overfitting", status="present")
    absent = excess_capacity(made)
    better = samples.remedy_of("a forest", 0.05, -0.1)
    harm = with_remedy((absent, gap), better, made)[0]
    assert (harm.status, harm.severity) == ("present", "serious")
    assert harm.effect == better.change.mean
    assert "forest" in harm.advice
    assert with_remedy((absent, gap), None, made) == (absent, gap)
    assert with_remedy((absent,), better, made) == (absent,)
