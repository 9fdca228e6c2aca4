"""How a learning curve goes on."""

import math

import numpy as np
import pytest

from skoverfit.diagnosis import Curve, RowsNeeded
from skoverfit.diagnosis._judgment._learning_curve import end_slope, outlook

SIZES = np.array([40.0, 60.0, 80.0, 100.0])


def curve(power, noise=0.0, slope=1.0):
    """Error that falls by a power of the rows, on five splits."""
    means = 0.9 - slope * 0.3 * (SIZES / 100) ** -power
    wiggle = noise * np.array([-1.0, 0.0, 1.0, 0.5, -0.5])
    tests = means[:, None] + wiggle * np.linspace(1, 2, 4)[:, None]
    return Curve(SIZES, tests, tests, 0.25)


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0, 2.0])
def test_the_interval_holds_every_power(power):
    ahead = outlook(curve(power))
    for rows in (150, 200, 390):
        needed = ahead.rows_for(0.9 - 0.3 * (rows / 100) ** -power)
        low, high = needed.interval
        assert low <= rows * 1.03
        assert high >= rows / 1.03
        if power == 0.5:
            assert needed.rows == pytest.approx(rows, rel=0.03)


def test_noise_widens_the_interval_and_a_flat_curve_reaches_nothing():
    sure, unsure = (outlook(curve(0.5, noise)).rows_for(0.62) for noise in (0, 0.03))
    assert unsure.interval[0] < sure.interval[0] < sure.interval[1]
    assert unsure.interval[1] > sure.interval[1]
    assert not outlook(curve(0.5, slope=0.0)).rows_for(0.95).is_reachable
    assert not outlook(curve(0.5, slope=-1.0)).rows_for(1.3).is_reachable

    more = curve(0.5, 0.03)
    assert outlook(more).score == pytest.approx(outlook(curve(0.5)).score)
    fewer = Curve(SIZES, more.test_scores, more.test_scores, 1.0)  # more test rows
    assert (outlook(fewer).high > outlook(more).high)[1:].all()


def test_the_slope_of_the_end_is_the_rise_with_each_doubling():
    rises = np.array([0.01, 0.02, 0.03, 0.04, 0.05])
    sizes = np.array([25.0, 60.0, 80.0, 100.0])
    tests = 0.5 + np.log2(sizes)[:, None] * rises
    tests[0] = 0.9  # what fewer rows do is not asked
    slope = end_slope(Curve(sizes, tests, tests, 0.5))
    assert slope.mean == pytest.approx(0.03)
    assert slope.std_error == pytest.approx(np.sqrt((1 / 5 + 0.5) * 0.00025))
    two = end_slope(Curve(sizes[1:3], tests[1:3], tests[1:3], 0.5))
    assert two.mean == pytest.approx(0.03)
    for few in (sizes[[0, 3]], sizes[[3, 3]]):
        assert end_slope(Curve(few, tests[:2], tests[:2], 0.5)) is None


def test_nothing_is_promised_beyond_four_times_the_rows():
    ahead = outlook(curve(0.5))
    assert ahead.rows[[0, -1]] == pytest.approx([100, 400])
    assert (np.diff([ahead.score, ahead.low, ahead.high]) >= 0).all()
    assert ahead.rows[1] / ahead.rows[0] == pytest.approx(1.022, abs=1e-3)
    assert ahead.rows_for(ahead.score[0]).rows == 100
    assert ahead.rows_for(0.3) == RowsNeeded(0.3, 100, (100, 100), 100, 400)
    far = ahead.rows_for(1.2)
    assert (far.rows, far.interval) == (math.inf, (math.inf, math.inf))
    assert str(far) == "not reachable with up to 400 training rows, now 100"


def test_too_short_a_curve_says_nothing():
    whole = curve(0.5)
    short = Curve(SIZES[:2], whole.test_scores[:2], whole.test_scores[:2], 0.25)
    assert outlook(short) is None
    two = whole.test_scores[:3, :2]
    enough = Curve(SIZES[:3], two, two, 0.25)
    assert outlook(enough) is not None
    one = whole.test_scores.copy()
    one[:, 1:] = np.nan
    assert outlook(Curve(SIZES, one, one, 0.25)) is None


@pytest.mark.parametrize(
    ("rows", "interval", "text"),
    [
        (723, (514, 1449), "about 720 training rows (510 to 1,400), now 100"),
        (723, (514, math.inf), "about 720 training rows (510 to more than 2,000), "),
        (
            math.inf,
            (514, math.inf),
            "at least 510 training rows, more if it levels off, now 100",
        ),
    ],
)
def test_texts(rows, interval, text):
    assert str(RowsNeeded(0.9, rows, interval, 100, 2000)).startswith(text)
