"""Claims about the best of several changes."""

import numpy as np
import pytest
from scipy import stats

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._judgment._claims import (
    Claim,
    best_claim,
    best_of,
    bonferroni,
    claim_of,
    degrees_of,
    pvalue_above,
    unpaired_estimate,
)
from tests.diagnosis.made_evidence import WIGGLE


def made(mean, std_error, degrees, n_splits=5):
    """Return an estimate whose interval has some degrees of freedom."""
    half = std_error * stats.t.ppf(0.975, degrees)
    pvalue = stats.t.sf(mean / std_error, degrees) if std_error else float(mean <= 0)
    interval = (mean - half, mean + half)
    return Estimate(mean, std_error, interval, 0.95, pvalue, 0.0, n_splits, 0)


@pytest.mark.parametrize("degrees", [1.5, 4, 80])
def test_a_claim_has_the_degrees_of_freedom_of_its_estimate(degrees):
    estimate = made(0.02, 0.01, degrees)
    one, ten = claim_of("x", estimate, 1), claim_of("x", estimate, 10)
    assert one.interval == pytest.approx(estimate.interval)
    assert one.pvalue == pytest.approx(2 * estimate.pvalue)
    assert (ten.name, ten.n_tried) == ("x", 10)
    assert ten.pvalue == pytest.approx(min(20 * estimate.pvalue, 1.0))
    half = 0.01 * stats.t.ppf(1 - 0.0025, degrees)
    assert ten.interval == pytest.approx((0.02 - half, 0.02 + half))
    expected = stats.t.sf(0.5, degrees)
    assert pvalue_above(estimate, 0.015) == pytest.approx(expected)


def test_without_a_spread_the_splits_say_how_sure_it_is():
    assert degrees_of(made(0.1, 0.0, 3, n_splits=7)) == 6
    assert degrees_of(made(0.1, np.nan, 3, n_splits=2)) == 1
    assert degrees_of(made(0.1, np.nan, 3, n_splits=1)) == 1
    assert pvalue_above(made(0.1, 0.0, 3), 0.05) == 0
    assert pvalue_above(made(0.1, 0.0, 3), 0.1) == 1
    assert np.isnan(pvalue_above(made(0.1, np.nan, 3), 0.05))


def test_a_claim_holds_below_the_level_and_from_the_threshold_on():
    assert Claim("x", 0.1, 0.049, (0.0, 0.2), 1).holds(0.1)
    assert not Claim("x", 0.1, 0.049, (0.0, 0.2), 1).holds(0.11)
    assert not Claim("x", 0.1, 0.05, (0.0, 0.2), 1).holds()
    unknown = claim_of("x", made(0.1, np.nan, 3), 2)
    assert unknown.pvalue == 1


def test_changes_over_few_test_rows_are_tested_as_if_independent():
    values = np.array([0.01, 0.05, 0.03, 0.04, 0.02])
    expected = stats.ttest_1samp(values, 0).pvalue
    assert bonferroni("x", values, 1e-12, 1).pvalue == pytest.approx(expected)
    best = best_claim({"x": values, "y": -values}, 1e-12)
    assert (best.name, best.pvalue) == ("x", pytest.approx(2 * expected))


def test_the_best_of_estimates_is_corrected_for_all():
    estimates = {"low": made(0.02, 0.01, 50), "high": made(0.04, 0.01, 50)}
    best = best_of(estimates)
    assert (best.name, best.n_tried, best.mean) == ("high", 2, 0.04)
    assert best.pvalue == pytest.approx(4 * estimates["high"].pvalue)
    assert best_of({}) is None


def test_bonferroni_agrees_with_its_interval():
    values = np.array([0.01, 0.05, 0.03, 0.04, 0.02])
    one, five = (bonferroni("x", values, 0.25, n) for n in (1, 5))
    assert five.pvalue == pytest.approx(5 * one.pvalue)
    assert five.interval[0] < one.interval[0]
    for claim in (one, five):
        assert (claim.pvalue < 0.05) == (claim.interval[0] > 0)
    assert one.pvalue / 2 == pytest.approx(corrected_estimate(values).pvalue)


def test_best_claim_prefers_the_reliable_one():
    changes = {"wild": np.array([1.0, -0.5, 0.4, 0.1, 0.0]), "sure": 0.1 + WIGGLE}
    assert best_claim(changes, 0.25).name == "sure"
    assert best_claim({"wild": changes["wild"]}, 0.25).name == "wild"
    assert best_claim({"none": np.full(5, np.nan)}, 0.25) is None
    assert best_claim({}, 0.25) is None


@pytest.mark.parametrize("n_splits", [2, 4])
def test_unpaired_difference_is_welchs_without_correction(n_splits):
    one = np.array([0.9, 0.8, 0.95, 0.85])[:n_splits]
    two = np.array([0.6, 0.8, 0.7, 0.65, 0.6])
    tiny = 1e-12  # no test rows: nothing to correct
    ours = unpaired_estimate(one, tiny, two, tiny)
    theirs = stats.ttest_ind(one, two, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert 2 * ours.pvalue == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx((interval.low, interval.high))
    constant = unpaired_estimate(np.ones(3), 0.5, np.zeros(3), 0.5)
    assert (constant.mean, constant.pvalue) == (1, 0)
    assert unpaired_estimate(np.ones(3), 0.5, np.ones(3), 0.5).pvalue == 1


def test_unpaired_difference_says_how_it_was_made():
    one, two = np.array([0.9, np.nan, 0.95, 0.85]), np.array([0.6, np.nan, np.nan, 0.8])
    ours = unpaired_estimate(one, 0.25, two, 0.5)
    assert (ours.n_splits, ours.n_invalid) == (2, 3)
    assert (ours.confidence_level, ours.tolerance) == (0.95, 0)
    errors = [
        corrected_estimate(values, test_train_ratio=ratio).std_error
        for values, ratio in ((one, 0.25), (two, 0.5))
    ]
    assert ours.std_error == pytest.approx(np.hypot(*errors))


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_unpaired_difference_is_as_sure_for_scores_of_any_size(scale):
    one, two = np.array([0.9, 0.8, 0.95, 0.85]), np.array([0.6, 0.8, 0.7, 0.65, 0.6])
    usual = unpaired_estimate(one, 0.25, two, 0.25)
    scaled = unpaired_estimate(one * scale, 0.25, two * scale, 0.25)
    assert scaled.pvalue == pytest.approx(usual.pvalue)
    assert np.array(scaled.interval) / scale == pytest.approx(usual.interval)
