"""SKO302: what is concluded from splits that respect the order of time."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._comparisons._contrasts import Contrast
from skoverfit.diagnosis._comparisons._row_sequences import SequenceScores
from skoverfit.diagnosis._rows._arrangement import RowSequence
from skoverfit.diagnosis.causes._time_order import TimeOrder
from tests.diagnosis.made_evidence import WIGGLE

ORDER = np.arange(5)


def pair(fall=0.3, pvalue=0.001):
    change = corrected_estimate(-fall + WIGGLE / 10)
    return Contrast(0.8, 0.8 - fall, change, 1.0, pvalue)


def judged(contrast, kind="time", beyond=0.0, contiguous=False, n_splits=4, **sequence):
    order = RowSequence(kind, ORDER, **sequence)
    measured = SequenceScores(order, "shuffled", contrast, beyond, contiguous)
    X = pd.DataFrame()
    problem = SimpleNamespace(scoring="r2", splits=[None] * n_splits, X=X)
    return TimeOrder().judge(measured, problem)


def test_a_fall_on_later_rows_is_serious():
    contrast = pair()
    found = judged(contrast, column="date")
    assert (found.status, found.severity) == ("present", "serious")
    assert (found.effect, found.interval) == (contrast.effect, contrast.interval)
    assert (found.pvalue, found.counterfactual) == (0.001, contrast.other)
    assert found.columns == ("date",)
    assert judged(pair(pvalue=0.02), column="date").status == "absent"
    # Contiguous parts have as many training rows: the usual level.
    assert judged(pair(pvalue=0.02), contiguous=True).status == "present"


def test_what_is_told_of_a_column():
    found = judged(pair(), column="date")
    assert found.title == (
        "The rows are in the order of time, and later ones are harder to predict"
    )
    assert found.explanation == (
        "Rows change along date. r2 0.800 on shuffled splits, 0.500 trained on earlier "
        "rows, tested on later ones."
    )
    assert found.advice == (
        'Pass time=X["date"] (--time date), or use cv=TimeSeriesSplit(4) with the rows '
        "in the order of time; do not shuffle."
    )
    assert found.counterfactual_label == "trained on earlier rows, tested on later ones"


def test_a_column_that_may_describe_the_row_makes_a_warning():
    found = judged(pair(), column="year", is_guess=True)
    assert found.severity == "warning"
    assert found.title == "Later rows by 'year' are harder to predict"
    assert found.explanation.startswith(
        "Rows change along year, which is named like a time; only you know whether it "
        "is when a row was recorded. r2"
    )
    assert "(--time year) if year is when a row was recorded, or use" in found.advice


def test_what_is_told_of_rows_in_their_order():
    found = judged(pair(), contiguous=True, n_splits=1)
    assert found.title == (
        "The rows are in an order, as of time, and later ones are harder to predict"
    )
    assert found.explanation == (
        "Rows next to one another in the file are alike. r2 0.800 on shuffled splits, "
        "0.500 on contiguous parts in the order of time."
    )
    assert found.columns == ()
    assert found.advice.startswith(
        "Pass time=... (when each row was recorded), or use cv=TimeSeriesSplit(2) with"
    )


def test_of_a_time_that_was_passed_nothing_is_guessed():
    found = judged(pair(), is_given=True)
    assert found.title == TimeOrder.title
    assert found.explanation.startswith("r2 0.800 on shuffled splits")


@pytest.mark.parametrize(("beyond", "has_trend"), [(0.09, False), (0.1, True)])
def test_targets_outside_the_earlier_range_are_a_trend(beyond, has_trend):
    found = judged(pair(), beyond=beyond, column="date")
    trend = (
        f" {beyond:.0%} of the later targets are outside the range of the earlier "
        "ones: the target has a trend, and trees and nearest neighbors cannot "
        "extrapolate."
    )
    change = (
        " Predict the change from an earlier value, or let a linear model take the "
        "trend, so that nothing needs to be extrapolated."
    )
    assert found.explanation.endswith(trend) is has_trend
    assert found.advice.startswith('Pass time=X["date"]')
    assert found.advice.endswith(change) is has_trend


@pytest.mark.parametrize(
    ("contrast", "kind", "text"),
    [
        (
            None,
            "blocks",
            "Neither the order of the rows nor a column of dates points to time.",
        ),
        (
            None,
            "time",
            "The own splits respect the order of time or keep groups together.",
        ),
        (
            pair(0.01),
            "time",
            "r2 0.800 on shuffled splits, 0.790 on later rows: no reliable fall.",
        ),
    ],
)
def test_what_is_told_of_an_absence(contrast, kind, text):
    found = judged(contrast, kind)
    assert (found.status, found.explanation) == ("absent", text)
    assert found.title == "Time does no harm to the validation"
