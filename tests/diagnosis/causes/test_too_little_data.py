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


def told(found):
    assert found.unit == "score per doubling of the rows"
    return found.title, found.severity, found.explanation, found.advice


def test_what_is_told():
    assert told(too_little_data(evidence(0.9, 0.8, learning_curve=RISING))) == (
        "More rows would still raise the test score",
        "warning",
        "At its end the learning curve changes by 0.136 (0.136 to 0.136) in test "
        "accuracy per doubling of the training rows. A test accuracy of 0.850, which "
        "closes half of the gap: about 110 training rows (100 to more than 320), now "
        "80.",
        "Collect more rows, or try augmentation. report.rows_needed(score) says how "
        "many a score of your own takes.",
    )
    assert told(too_little_data(evidence(learning_curve=FLAT))) == (
        "The learning curve has no clear rise at its end",
        "info",
        "At its end the learning curve changes by 0.000 (0.000 to 0.000) in test "
        "accuracy per doubling of the training rows.",
        "",
    )
    late = (Skipped("learning curve", "no time"),)
    assert told(too_little_data(evidence(skipped=late))) == (
        "More rows would still raise the test score",
        "info",
        "Not measured: no time.",
        "",
    )


@pytest.mark.parametrize(
    ("gain", "status", "severity"),
    [
        # Of a way of 0.5 from the dummy to a perfect score: 0.005 counts, and 0.01 is
        # worth a warning.
        (0.004, "absent", "info"),
        (0.006, "present", "info"),
        (0.011, "present", "warning"),
    ],
)
def test_a_gain_counts_from_a_hundredth_of_the_way_on(gain, status, severity):
    change = corrected_estimate(gain + WIGGLE / 100)
    found = too_little_data(evidence(learning_curve=FLAT), change)
    assert (found.status, found.severity) == (status, severity)


def test_reason_of_a_missing_measurement_is_given():
    made = evidence(skipped=(Skipped("learning curve", "no time"),))
    assert "no time" in too_little_data(made).explanation


def test_effect_is_the_slope_at_the_end():
    slope = too_little_data(evidence(learning_curve=RISING))
    x, y = np.log2([48, 64, 80]), [0.7, 0.76, 0.8]
    assert slope.effect == pytest.approx(np.polyfit(x, y, 1)[0])


@pytest.mark.parametrize(
    ("train", "text"),
    [
        (0.9, "0.850, which closes half of the gap: about"),
        (0.82, "0.810, which closes half of the gap: about"),
        (0.805, ""),
    ],
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


def test_a_gain_without_a_curve_is_not_judged():
    gain = corrected_estimate(0.04 + WIGGLE)
    assert too_little_data(evidence(), gain).status == "not_applicable"


@pytest.mark.parametrize(
    ("curve", "n_samples", "is_asked"),
    [
        (None, 100, False),
        (FLAT, 100, True),
        (FLAT, module.MANY_ROWS, False),
        (RISING, module.MANY_ROWS, True),
    ],
)
def test_rows_are_asked_unless_a_curve_of_many_is_flat(curve, n_samples, is_asked):
    made = evidence(learning_curve=curve, n_samples=n_samples)
    assert module._may_rise(made) == is_asked


class Memory:
    """A lab that only remembers."""

    def remember(self, name, ask):
        self.name = name
        return ask()


def test_a_flat_curve_of_many_rows_is_all_that_is_measured(monkeypatch):
    gain = corrected_estimate(0.5 + WIGGLE)
    monkeypatch.setattr(module, "gain_of_doubling", lambda lab: gain)
    lab = Memory()
    for curve, expected in [(FLAT, None), (RISING, gain)]:
        made = evidence(learning_curve=curve, n_samples=module.MANY_ROWS)
        monkeypatch.setattr(module.EvidenceCause, "measure", lambda *_, own=made: own)
        measured = module.TooLittleData().measure(lab)
        assert measured.evidence is made
        assert measured.gain is expected
    assert lab.name == "too_little_data"


def test_what_the_rows_say_is_the_finding(monkeypatch):
    gain = corrected_estimate(0.5 + WIGGLE)
    monkeypatch.setattr(module, "gain_of_doubling", lambda lab: lab and gain)
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = (X[:, 0] > 0).astype(int)
    report = diagnose(DecisionTreeClassifier(), X, y, causes=["SKO104"], random_state=0)
    assert report.findings[0].effect == gain.mean
    assert "At its end the learning curve" in report.findings[0].explanation


def test_a_cause_that_is_asked_again_fits_nothing_again(monkeypatch):
    asked = []
    monkeypatch.setattr(module, "gain_of_doubling", asked.append)
    X = np.random.default_rng(0).normal(size=(80, 2))
    y = (X[:, 0] > 0).astype(int)
    diagnose(DecisionTreeClassifier(), X, y, causes=["SKO104"], random_state=0)
    assert len(asked) == 1
