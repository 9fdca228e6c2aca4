import numpy as np
import pandas as pd
import pytest
from sklearn import clone, config_context
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import KFold, TimeSeriesSplit, cross_validate
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit import TreatedRegressor, treat
from skoverfit.exceptions import InputError

QUICK = {"budget": None, "random_state": 0}


def test_whole_numbers_are_classes_only_where_they_are_few():
    X = np.random.default_rng(0).normal(size=(60, 2))
    kinds = {
        n: type(treat(None, X, np.arange(60) % n, remedies=[], **QUICK)).__name__
        for n in (2, 30)
    }
    assert kinds == {2: "TreatedClassifier", 30: "TreatedRegressor"}


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, DecisionTreeRegressor])
def test_a_model_says_what_the_task_is(kind):
    X = np.random.default_rng(0).normal(size=(60, 2))
    treated = treat(kind(), X, np.arange(60) % 3, remedies=[], **QUICK)
    assert type(treated).__name__[7:] == kind.__name__[12:]


@pytest.mark.parametrize("estimator", [StandardScaler(), DecisionTreeClassifier, "svc"])
def test_what_is_no_model_is_refused(estimator):
    with pytest.raises(InputError, match="must be None, or an instance of"):
        treat(estimator, [[1.0], [2.0]], [0, 1])


@pytest.fixture
def drifting():
    """Rows whose order is lost, and the column of their times."""
    rng = np.random.default_rng(0)
    days = rng.permutation(240)
    X = pd.DataFrame(rng.normal(size=(240, 3)), columns=["a", "b", "c"])
    y = X["a"] + X["b"] * days / 240 + rng.normal(size=240) / 2
    return X, y.to_numpy(), days


LINEAR = {**QUICK, "remedies": ["linear"], "trust": True}


def test_later_rows_are_tested_where_the_times_are_given(drifting):
    X, y, days = drifting
    model = DecisionTreeRegressor(random_state=0)
    by_array = treat(model, X, y, time=days, **LINEAR)
    by_name = treat(model, X.assign(day=days), y, time="day", **LINEAR)
    order = np.argsort(days)
    in_order = TreatedRegressor(model, cv=TimeSeriesSplit(5), **LINEAR)
    in_order.fit(X.iloc[order], y[order])
    for treated in (by_array, by_name):
        assert treated.n_features_in_ == 3
        assert treated.report_.given_score.mean == pytest.approx(
            in_order.report_.given_score.mean
        )
        assert "The splits test later rows" in " ".join(treated.report_.notes)


def test_splits_of_ones_own_come_before_times(drifting):
    X, y, days = drifting
    model = DecisionTreeRegressor(random_state=0)
    own = treat(model, X, y, time=days, cv=KFold(3), **LINEAR)
    same = treat(model, X, y, cv=KFold(3), **LINEAR)
    assert own.report_.given_score.mean == same.report_.given_score.mean


def test_groups_are_a_column_that_is_taken_out(drifting):
    X, y, days = drifting
    model = DecisionTreeRegressor(random_state=0)
    by_name = treat(model, X.assign(week=days // 7), y, groups="week", **LINEAR)
    by_array = treat(model, X, y, groups=days // 7, **LINEAR)
    assert by_name.n_features_in_ == 3
    assert by_name.report_.given_score == by_array.report_.given_score


@pytest.mark.parametrize(
    ("time", "message"),
    [
        ("day", "time='day' is not a column of X"),
        (np.arange(3), r"time must have one value per row \(240\); got shape \(3,\)"),
        (np.full(240, np.nan), "time is missing in 240 of 240 rows"),
    ],
)
def test_times_that_cannot_be_used_are_named(drifting, time, message):
    X, y, _ = drifting
    with pytest.raises(InputError, match=message):
        treat(DecisionTreeRegressor(), X, y, time=time, **LINEAR)


def test_times_are_routed_where_they_are_requested(drifting):
    X, y, days = drifting
    model = TreatedRegressor(DecisionTreeRegressor(random_state=0), **LINEAR)
    with config_context(enable_metadata_routing=True):
        with pytest.raises(UnsetMetadataPassedError, match="time"):
            cross_validate(model, X, y, params={"time": days}, cv=2)
        asked = clone(model).set_fit_request(time=True)
        found = cross_validate(
            asked, X, y, params={"time": days}, cv=2, return_estimator=True
        )
    notes = [" ".join(own.report_.notes) for own in found["estimator"]]
    assert all("The splits test later rows" in own for own in notes)
