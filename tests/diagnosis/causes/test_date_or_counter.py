"""SKO203: dates, and columns that only grow in row order."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from skoverfit._columns import is_clock
from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis.causes._date_or_counter import (
    Clocks,
    DateOrCounter,
    _never_turns,
)
from tests.diagnosis.causes.planted import measured
from tests.diagnosis.made_evidence import WIGGLE


def trend(n=300):
    rng, t = np.random.default_rng(0), np.arange(n)
    X = pd.DataFrame({"day": t, "weekday": t % 7, "temp": rng.normal(15, 5, n)})
    return X, 0.3 * t + X["temp"].to_numpy() + rng.normal(0, 3, n)


def test_a_day_is_found_and_its_worth_measured(find):
    X, y = trend()
    found = find("SKO203", X, y)
    assert (found.status, found.severity) == ("present", "warning")
    assert found.columns == ("day",)
    assert "--time day" in found.advice
    assert found.counterfactual < 0.5
    assert found.effect > 0.3
    assert "The rows stand in the order of 'day'." in found.explanation
    given = find("SKO203", X, y, time=X["day"].to_numpy())
    assert (given.severity, given.counterfactual) == ("info", found.counterfactual)


@pytest.mark.parametrize("form", ["datetime64[s]", str])
def test_dates_are_found_in_any_order_of_rows(find, form):
    X, y = trend()
    order = np.random.default_rng(0).permutation(len(y))
    days = np.datetime64("2024-01-01") + X["day"].to_numpy()
    X = X.assign(when=days.astype(form)).drop(columns="day").iloc[order]
    model = make_pipeline(
        make_column_transformer(("drop", ["when"]), remainder="passthrough"),
        DecisionTreeRegressor(random_state=0),
    )
    found = find("SKO203", X, y[order], model)
    assert (found.status, found.severity) == ("present", "info")
    assert found.columns == ("when",)
    assert "The rows do not stand in the order of 'when'." in found.explanation


def test_without_a_budget_a_day_is_only_named():
    model, day = DecisionTreeRegressor(), np.arange(300)
    for time in (None, day):
        found = measured(DateOrCounter(), model, *trend(), budget=1e-6, time=time)
        assert (found.columns, found.in_order) == (("day",), True)
        assert (found.given, found.without) == (time is not None, None)
        assert np.isfinite(found.score)


def test_shuffled_columns_without_dates_are_no_clocks(find):
    X, y = trend()
    assert find("SKO203", X.drop(columns="day"), y).status == "absent"


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_honest_tables_have_no_clock(load):
    X = load().data
    assert not any(is_clock(column, "number", "x") for column in X.T)


@pytest.mark.parametrize(
    ("column", "never_turns"),
    [
        ([1, 2, 2, 5], True),
        ([5, 5, 3, 1], True),
        ([1, 2, 1, 5], False),
        ([5, 5.5, 3, 1], False),
        ([1, 2, np.nan, 5], False),
    ],
)
def test_rows_stand_in_an_order_that_never_turns(column, never_turns):
    assert _never_turns(np.array(column, float)) is never_turns


# ------------------------------------------------------------------------------ judged

SURE = corrected_estimate(0.2 + WIGGLE)
NONE = corrected_estimate(0.0 + WIGGLE)


def judged(columns=("day",), in_order=True, given=False, change=SURE):
    without = None if change is None else 0.7
    clocks = Clocks(columns, in_order, given, 0.9, without, change)
    return DateOrCounter().judge(clocks, SimpleNamespace(X=pd.DataFrame()))


@pytest.mark.parametrize(
    ("given", "change", "severity"),
    [
        (False, SURE, "warning"),
        (True, SURE, "info"),
        (False, NONE, "info"),
        (False, None, "info"),
    ],
)
def test_a_clock_that_the_score_rests_on_is_a_warning(given, change, severity):
    found = judged(given=given, change=change)
    assert (found.status, found.severity) == ("present", severity)
    assert found.columns == ("day",)
    if change is None:
        assert (found.effect, found.counterfactual) == (None, None)
        assert "test score" not in found.explanation
        return
    assert (found.effect, found.interval) == (change.mean, change.interval)
    assert found.counterfactual == 0.7
    assert found.counterfactual_label == "without 'day'"


def test_what_is_told():
    found = judged()
    assert found.title == "'day' says when a row was recorded"
    assert found.explanation == (
        "'day' holds dates or a counter. The rows stand in the order of 'day'. Without "
        "it the test score is 0.700 instead of 0.900. Shuffled splits test a model "
        "between rows that it knows; new rows lie after all of them, where a trend "
        "goes on and trees do not extrapolate."
    )
    drop = "X.drop(columns=['day']), or --drop day on the command line."
    assert found.advice == (
        'If new rows come later, validate forward in time: pass time=X["day"] (--time '
        f"day), and compare with the model without it: {drop}"
    )
    assert judged(given=True).advice == f"Compare with the model without it: {drop}"


def test_what_is_told_of_several_columns():
    found = judged(("day", "week"), in_order=False)
    assert found.title == "'day' and 'week' say when a row was recorded"
    assert found.explanation.startswith(
        "'day' and 'week' hold dates or a counter. The rows do not stand in the order "
        "of 'day'. Without them the test score is 0.700"
    )
    assert "compare with the model without them: " in found.advice
    given = judged(("day", "week"), given=True)
    assert given.advice.startswith("Compare with the model without them: X.drop(")


def test_what_is_told_of_an_absence():
    found = judged((), change=None)
    assert found.status == "absent"
    assert found.title == "No column holds dates or grows in row order"
    assert found.explanation == (
        "No column holds dates or only grows or falls over rows."
    )
