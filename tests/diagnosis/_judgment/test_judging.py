"""Scores and models in words."""

import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import Skipped
from skoverfit.diagnosis._judgment._claims import claim_of
from skoverfit.diagnosis._judgment._judging import (
    named,
    not_applicable,
    show,
    show_score,
    signed,
    small_change,
    status_of,
    why_skipped,
)
from tests.diagnosis.made_evidence import WIGGLE, evidence


@pytest.mark.parametrize(
    ("value", "score_range", "text"),
    [
        (0.83251, 1.0, "0.833"),
        (-1234.5678, 1.0, "-1234.568"),
        (83.251, 100.0, "83.3"),
        (83251.4, 1e5, "83251"),
        (-4.66985e48, 1.0, "-4.67e+48"),
        (float("nan"), 1.0, "unknown"),
    ],
)
def test_scores_have_the_decimals_that_matter(value, score_range, text):
    assert show_score(value, score_range) == text


def test_the_range_is_that_of_the_evidence():
    made = evidence(score_range=200.0)
    assert show(83.251, made) == "83.3"
    assert small_change(made) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("forest of 100 trees", "a forest of 100 trees"),
        ("regularized linear model", "a regularized linear model"),
        ("dial at 0.5", "the dial at 0.5"),
        ("nearest neighbors", "nearest neighbors"),
        ("LinearSVC", "LinearSVC"),
    ],
)
def test_models_have_the_article_that_they_need(model, text):
    assert named(model) == text


def test_the_first_reason_that_something_was_skipped_is_given():
    skipped = (
        Skipped("dial at 0.5", "no time"),
        Skipped("dial at 0.9", "it failed"),
        Skipped("forest", "too few rows"),
    )
    made = evidence(skipped=skipped)
    assert why_skipped(made, "dial") == "Not measured: no time."
    assert why_skipped(made, "forest") == "Not measured: too few rows."
    assert why_skipped(made, "learning curve") == "Not measured."


@pytest.mark.parametrize(
    ("mean", "text"),
    [
        (0.2, "+0.200 (0.179 to 0.221; corrected for 3 tried)"),
        (-0.2, "-0.200 (-0.221 to -0.179; corrected for 3 tried)"),
    ],
)
def test_changes_have_a_sign_and_an_interval(mean, text):
    claim = claim_of("x", corrected_estimate(mean + WIGGLE), 3)
    assert signed(claim, evidence(score_range=1.0)) == text


def test_a_finding_that_could_not_be_judged():
    found = not_applicable("overfitting", "A title", "A reason.")
    assert (found.code, found.name) == ("SKO102", "overfitting")
    assert (found.status, found.severity) == ("not_applicable", "info")
    assert (found.effect, found.interval, found.unit) == (None, None, "score")
    assert (found.title, found.explanation) == ("A title", "A reason.")
    assert found.advice == ""
    other = not_applicable("overfitting", "A title", "A reason.", "share of rows")
    assert other.unit == "share of rows"
    assert (status_of(True), status_of(False)) == ("present", "absent")
