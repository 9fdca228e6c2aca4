from dataclasses import replace

import pytest
from scipy import stats

from skoverfit._gap import Estimate
from skoverfit.treatment._acceptance import Gain, accepts


def gain(mean, std_error):
    pvalue = stats.norm.sf(mean / std_error)
    interval = (mean - 1.96 * std_error, mean + 1.96 * std_error)
    return Estimate(mean, std_error, interval, 0.95, pvalue, 0.0, 5, 0)


@pytest.mark.parametrize(
    ("mean", "accepted"),
    [
        (0.030, {"proven", "likely", "best"}),
        (0.015, {"likely", "best"}),
        (0.005, {"best"}),
        (0.0, set()),
        (-0.005, set()),
    ],
)
def test_less_is_asked_of_a_likely_gain_and_least_of_the_best_guess(mean, accepted):
    found = {
        a
        for a in ("proven", "likely", "best")
        if accepts(a, Gain(gain(mean, 0.01)), 0.4)
    }
    assert found == accepted


@pytest.mark.parametrize(("accept", "level"), [("proven", 0.025), ("likely", 0.2)])
def test_a_gain_at_the_level_is_not_accepted_and_one_below_it_is(accept, level):
    for pvalue, is_enough in [(level, False), (0.999 * level, True)]:
        score = replace(gain(0.01, 0.01), pvalue=pvalue)
        assert accepts(accept, Gain(score), spread=0.4) == is_enough


def test_a_likely_gain_that_may_cost_much_is_not_accepted():
    assert accepts("likely", Gain(gain(0.1, 0.1)), spread=0.5)
    assert not accepts("likely", Gain(gain(0.1, 0.1)), spread=0.1)


def test_a_loss_is_hopeless_and_a_doubtful_gain_is_not():
    assert Gain(gain(-0.02, 0.01)).is_hopeless
    assert not Gain(gain(0.01, 0.02)).is_hopeless
    assert Gain(replace(gain(0.01, 0.02), pvalue=float("nan"))).is_hopeless


def test_better_probabilities_are_a_gain_unless_the_score_falls():
    sharper, sure = gain(0.03, 0.01), gain(0.03, 0.02)
    assert accepts("proven", Gain(gain(0.0, 0.01), sharper), spread=0.4)
    assert not accepts("proven", Gain(gain(-0.005, 0.01), sharper), spread=0.4)
    assert not accepts("proven", Gain(gain(0.0, 0.01), sure), spread=0.4)
    assert not Gain(gain(0.0, 0.01), sure).is_hopeless
    assert Gain(gain(-0.02, 0.01), sharper).is_hopeless
