"""Predictions against targets, drawn side by side."""

import numpy as np
import pytest

from skoverfit.diagnosis import PredictionsDisplay
from skoverfit.diagnosis._displays._predictions import shares_of_classes

pytest.importorskip("matplotlib")
RNG = np.random.default_rng(0)


def test_shares_are_of_each_true_class():
    y, p = np.array(["a", "a", "b", "b"]), np.array(["a", "b", "b", "b"])
    shares = shares_of_classes(y, p, ["a", "b", "c"])
    np.testing.assert_array_equal(shares[:2], [[0.5, 0.5, 0], [0, 1, 0]])
    assert np.isnan(shares[2]).all()


def test_classes_are_drawn_in_the_row_of_the_true_one():
    y, p = np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])
    display = PredictionsDisplay(y, p, y, y).plot()
    train, test = (ax.images[0].get_array() for ax in display.axes_)
    np.testing.assert_allclose(train, [[1 / 3, 2 / 3], [0, 1]])
    np.testing.assert_allclose(test, np.eye(2))
    assert [text.get_text() for text in display.axes_[0].texts] == [
        "33%",
        "67%",
        "0%",
        "100%",
    ]


def test_of_many_classes_the_smallest_are_one():
    y = np.r_[np.arange(40), np.repeat(np.arange(20, 40), 3)]
    display = PredictionsDisplay(y, y, y, RNG.permutation(y)).plot()
    labels = [label.get_text() for label in display.axes_[0].get_xticklabels()]
    assert labels == [*map(str, range(20, 40)), "others"]


def test_numbers_share_their_scale_and_long_parts_are_thinned():
    y = RNG.normal(size=5000)
    display = PredictionsDisplay(y, y, y[:50], 3 * y[:50], is_classification=False)
    train, test = display.plot().axes_
    ends = [np.min(np.r_[y, 3 * y[:50]]), np.max(np.r_[y, 3 * y[:50]])]
    for ax, n in ((train, 2000), (test, 50)):
        line, points = ax.lines
        np.testing.assert_array_equal(line.get_xdata(), ends)
        assert len(points.get_xdata()) == n
