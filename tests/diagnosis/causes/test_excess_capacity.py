"""SKO101: less capacity scores better."""

from dataclasses import replace

import numpy as np
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import Skipped
from skoverfit.diagnosis.causes._excess_capacity import excess_capacity, with_remedy
from tests.diagnosis.made_evidence import (
    WIGGLE,
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


def told(finding):
    assert finding.unit == "score"
    return finding.title, finding.severity, finding.explanation, finding.advice


def test_what_is_told():
    assert told(excess_capacity(evidence(dial=dial(0.8, stronger=0.9)))) == (
        "Less capacity scores better",
        "serious",
        "The best of 2 stronger settings of the dial, 0.8 in place of 0.5, changes the "
        "test accuracy by +0.100 (0.100 to 0.100; corrected for 2 tried).",
        "Turn the dial to 0.8: with_strength(estimator, 0.8, scale_free=False).",
    )
    assert told(excess_capacity(evidence(dial=dial(0.9, stronger=0.9)))) == (
        "No stronger setting is reliably better",
        "info",
        "The best of 2 stronger settings of the dial, 0.8 in place of 0.5, changes the "
        "test accuracy by 0.000 (0.000 to 0.000; corrected for 2 tried).",
        "",
    )
    late = (Skipped("the model", "not this"), Skipped("dial", "no time"))
    assert told(excess_capacity(evidence(skipped=late))) == (
        "Less capacity scores better",
        "info",
        "Not measured: no time.",
        "",
    )


def test_more_test_rows_for_each_training_row_make_the_dial_less_sure():
    made = dial(0.8, stronger=0.9)
    noisy = made.test_scores.copy()
    noisy[2] += WIGGLE
    widths = []
    for ratio in (0.25, 1.0):
        own = replace(made, test_scores=noisy, test_train_ratio=ratio)
        low, high = excess_capacity(evidence(dial=own)).interval
        widths.append(high - low)
    assert widths[1] / widths[0] == pytest.approx(np.sqrt((0.2 + 1) / (0.2 + 0.25)))


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
    sure = excess_capacity(replace(made, leading_change=corrected_estimate(WIGGLE + 1)))
    assert "0.8 in place of 0.5" in sure.explanation
    assert sure.explanation.endswith("corrected for 2 tried) on further splits.")
    alone = excess_capacity(replace(made, leading_change=None))
    assert alone.explanation.endswith("corrected for 2 tried).")


def test_a_remedy_that_narrows_the_gap_and_scores_better_shows_the_harm(samples):
    made = evidence(dial=dial(0.9, stronger=0.9))
    gap = replace(excess_capacity(made), name="overfitting", status="present")
    absent = excess_capacity(made)
    better = samples.remedy_of("a forest", 0.05, -0.1)
    harm = with_remedy((absent, gap), better, made)[0]
    assert (harm.status, harm.severity) == ("present", "serious")
    assert harm.effect == better.change.mean
    assert harm.interval == better.change.interval
    assert harm.unit == "score"
    assert harm.title == "Memorization costs test score"
    assert harm.explanation.startswith("With a forest, the gap goes from 0.000 to ")
    assert harm.explanation.endswith(absent.explanation)
    assert harm.advice == "Take a forest: the remedies have its code."
    assert with_remedy((absent, gap), better, made)[1] == gap
    there = replace(absent, status="present")
    assert with_remedy((there, gap), better, made) == (there, gap)
    assert with_remedy((absent, gap), None, made) == (absent, gap)
    assert with_remedy((absent,), better, made) == (absent,)
