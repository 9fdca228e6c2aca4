"""Claims about the best of several changes."""

import numpy as np
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._judgment._claims import (
    best_claim,
    bonferroni,
    unpaired_estimate,
)
from tests.diagnosis.made_evidence import WIGGLE


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


def test_unpaired_difference_is_welchs_without_correction():
    from scipy import stats

    one, two = np.array([0.9, 0.8, 0.95, 0.85]), np.array([0.6, 0.8, 0.7, 0.65, 0.6])
    tiny = 1e-12  # no test rows: nothing to correct
    ours = unpaired_estimate(one, tiny, two, tiny)
    theirs = stats.ttest_ind(one, two, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert 2 * ours.pvalue == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx((interval.low, interval.high))
    constant = unpaired_estimate(np.ones(3), 0.5, np.zeros(3), 0.5)
    assert (constant.mean, constant.pvalue) == (1, 0)


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_unpaired_difference_is_as_sure_for_scores_of_any_size(scale):
    one, two = np.array([0.9, 0.8, 0.95, 0.85]), np.array([0.6, 0.8, 0.7, 0.65, 0.6])
    usual = unpaired_estimate(one, 0.25, two, 0.25)
    scaled = unpaired_estimate(one * scale, 0.25, two * scale, 0.25)
    assert scaled.pvalue == pytest.approx(usual.pvalue)
    assert np.array(scaled.interval) / scale == pytest.approx(usual.interval)
