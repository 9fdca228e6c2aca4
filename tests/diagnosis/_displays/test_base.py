"""Displays hold the right numbers before they draw, and draw what they hold."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

from skoverfit import gap_scores
from skoverfit.diagnosis._displays._base import GapDisplay, RemediesDisplay
from skoverfit.diagnosis._displays._curves import (
    LearningCurveGapDisplay,
    StrengthPathDisplay,
)


@pytest.fixture
def ax():
    return Figure().add_subplot()


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def _line(ax, label):
    return next(line for line in ax.lines if line.get_label() == label)


def test_gap_from_estimator_holds_its_scores(iris, ax):
    tree = DecisionTreeClassifier(random_state=0)
    display = GapDisplay.from_estimator(tree, *iris, cv=4, scoring="accuracy", ax=ax)
    expected = gap_scores(tree, *iris, cv=4, scoring="accuracy")
    np.testing.assert_array_equal(display.test_scores, expected.test_scores)
    assert display.gap == expected.gap
    assert display.ax_ is ax
    assert display.figure_ is ax.figure
    assert ax.get_ylabel() == "accuracy"
    np.testing.assert_array_equal(_line(ax, "train").get_ydata(), expected.train_scores)
    np.testing.assert_array_equal(_line(ax, "test").get_ydata(), expected.test_scores)


def test_gap_refuses_several_metrics(iris):
    with pytest.raises(ValueError, match="must be one scorer"):
        GapDisplay.from_estimator(
            DecisionTreeClassifier(), *iris, scoring=["accuracy", "f1_macro"]
        )


def test_gap_with_baseline_failed_and_many_splits(samples, ax):
    scores = samples.gap_scores_of([1.0] * 20, [0.9] * 19 + [np.nan])
    display = GapDisplay.from_scores(scores, baseline=0.6, ax=ax)
    assert _line(ax, "baseline").get_ydata()[0] == 0.6
    assert display.gap.n_invalid == 1
    assert len(ax.get_xticks()) == 0


def test_without_axes_a_figure_is_made(samples):
    plt = pytest.importorskip("matplotlib.pyplot")
    display = GapDisplay.from_scores(samples.gap_scores_of([1, 1], [0.5, 0.6]))
    assert display.figure_.number in plt.get_fignums()
    plt.close(display.figure_)


@pytest.mark.parametrize("cls", [StrengthPathDisplay, LearningCurveGapDisplay])
def test_curves_hold_means_and_intervals(samples, ax, cls):
    curve = samples.curve_of([0, 0.5, 1], [1.0, 0.9, 0.7], [0.8, 0.85, 0.7])
    curve.test_scores[2] = np.nan
    display = cls.from_curve(curve, score_name="accuracy", ax=ax)
    np.testing.assert_allclose(display.train_mean, [1.0, 0.9, 0.7])
    np.testing.assert_allclose(display.test_mean, [0.8, 0.85, np.nan])
    np.testing.assert_allclose(display.gap_mean, [0.2, 0.05, np.nan])
    center = (display.test_low + display.test_high) / 2
    np.testing.assert_allclose(center, display.test_mean)
    assert (display.test_low < display.test_mean)[:2].all()
    np.testing.assert_allclose(_line(ax, "test").get_ydata(), display.test_mean)
    assert ax.get_xlabel()


def test_remedies_are_sorted_and_failures_left_out(samples, ax):
    report = samples.sample_report()
    display = RemediesDisplay.from_remedies(report.remedies, ax=ax)
    assert display.names[0] == report.best_remedy.name
    assert "failed everywhere" not in display.names
    assert (np.diff(display.test_changes) <= 0).all()
    assert (display.test_low < display.test_changes).all()
    assert display.gap_changes[0] == pytest.approx(-0.0333)
    assert [label.get_text() for label in ax.get_yticklabels()] == display.names
    np.testing.assert_array_equal(_line(ax, "gap").get_xdata(), display.gap_changes)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the best at the top


def test_dollar_signs_in_names_are_text(samples):
    figure = Figure()
    remedy = samples.remedy_of("costs $5 or $x^{", 0.1, 0.1)
    display = RemediesDisplay.from_remedies((remedy,), ax=figure.add_subplot())
    figure.draw_without_rendering()
    assert display.names == ["costs $5 or $x^{"]


def test_no_remedies(ax):
    assert RemediesDisplay.from_remedies((), ax=ax).names == []
