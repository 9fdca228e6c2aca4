"""SKO203: dates, and columns that only grow in row order."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from skoverfit._columns import is_clock


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


def test_shuffled_columns_without_dates_are_no_clocks(find):
    X, y = trend()
    assert find("SKO203", X.drop(columns="day"), y).status == "absent"


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_honest_tables_have_no_clock(load):
    X = load().data
    assert not any(is_clock(column, "number", "x") for column in X.T)
