"""SKO102: a gap between train and test score."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from skoverfit._gap import GapEstimate
from skoverfit.diagnosis.causes._overfitting import overfitting
from tests.diagnosis.made_evidence import (
    assert_status,
    evidence,
    scores,
)


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (evidence(1.0, 0.8), "present"),
        (evidence(0.81, 0.8), "absent"),
    ],
)
def test_status(made, status):
    assert_status(overfitting(made), status)


NOISE = np.array([0.4, -0.4, 0.3, -0.3, 0.0])
THERE = "The model scores better on its training rows"


@pytest.mark.parametrize(
    ("made", "status", "severity", "title"),
    [
        (evidence(0.9, 0.8), "present", "warning", THERE),
        # Of a way of 0.5 from the dummy to a perfect score.
        (evidence(0.86, 0.8), "present", "warning", THERE),
        (evidence(0.84, 0.8), "present", "info", THERE),
        (evidence(0.805, 0.8), "absent", "info", "No gap beyond the noise"),
        (
            *(evidence(model=scores(1.0, 0.7, NOISE)), "not_applicable", "info"),
            "There may be a gap: the splits differ too much to tell",
        ),
        (
            *(evidence(model=scores(np.nan, np.nan)), "not_applicable", "info"),
            "Cannot tell whether there is a gap",
        ),
    ],
)
def test_a_gap_is_worth_a_warning_from_a_tenth_of_the_way_on(
    made, status, severity, title
):
    found = overfitting(made)
    assert (found.status, found.severity, found.title) == (status, severity, title)
    assert found.unit == "score"
    assert found.advice.startswith(
        "A gap is a symptom, not the harm: see whether a"
    ) == (status == "present")
    assert bool(found.advice) == (status == "present")


def test_scores_and_what_counts_as_none_are_told():
    assert overfitting(evidence(0.9, 0.8)).explanation == (
        "Train accuracy 0.900, test 0.800: a gap of 0.100 (0.093 to 0.107). "
        "Gaps up to 0.010 count as none."
    )
    failed = overfitting(evidence(model=scores(np.nan, np.nan)))
    assert failed.explanation == "Fewer than two splits gave train and test scores."


def test_a_split_that_is_far_off_counts_for_two_ranges_of_the_score():
    train, test = np.full(5, 0.9), np.array([0.8, 0.8, 0.8, 0.8, -14.0])
    model = replace(
        scores(0.9, 0.8),
        train_scores=train,
        test_scores=test,
        n_test=np.full(5, 40),
        gap=GapEstimate.from_scores(train, test),
    )
    found = overfitting(evidence(model=model))
    capped = np.array([0.1, 0.1, 0.1, 0.1, 1.0])
    half = stats.t.ppf(0.975, 4) * np.sqrt((1 / 5 + 40 / 80) * capped.var(ddof=1))
    assert found.effect == pytest.approx(0.28)
    assert found.interval == pytest.approx((0.28 - half, 0.28 + half))
    assert "; no split counts for more than 1.000). Gaps up to 0.010" in (
        found.explanation
    )


def test_effect_is_in_the_units_of_the_score():
    assert overfitting(evidence(1.0, 0.8)).effect == pytest.approx(0.2)
