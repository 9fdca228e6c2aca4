"""Classes of other people in the capacity table, and classes that others replace."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import (
    HuberRegressor,
    LogisticRegression,
    LogisticRegressionCV,
    PassiveAggressiveRegressor,
    Ridge,
    RidgeCV,
    TheilSenRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit._capacity._facts import MeasuredFacts
from skoverfit._capacity._lookup import (
    capacity_of,
    require_capacity,
)
from skoverfit._capacity._strength import copy_at, settings_at
from skoverfit._capacity._table import TABLE
from skoverfit.regularization import (
    Capacity,
    ComputedValue,
    Dial,
    Facts,
    RegularizedRegressor,
    capacity_table,
    has_dial,
    register_capacity,
    unregister_capacity,
)

# Deprecated, but still there.
pytestmark = pytest.mark.filterwarnings("ignore:Class PassiveAggr:FutureWarning")


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3)) * [1, 50, 0.02] + [5, 0, 1]
    return X, X @ [1.0, 2.0, 3.0] + rng.normal(size=40), rng.integers(0, 4, 40)


class SubclassedRidge(Ridge):
    pass


# ----------------------------------------------------------- classes of other people
class Mean(RegressorMixin, BaseEstimator):
    """Shrinks the mean of the first feature."""

    def __init__(self, shrink=1.0, other="x"):
        self.shrink = shrink
        self.other = other

    def fit(self, X, y):
        self.slope_ = np.mean(X[:, 0] * y) / (np.mean(X[:, 0] ** 2) + self.shrink)
        return self

    def predict(self, X):
        return self.slope_ * X[:, 0]


class Described(Mean):
    def __skoverfit_capacity__(self):
        return Capacity(Dial("shrink", 0.01, 100.0)) if self.other == "x" else None


class Misdescribed(Mean):
    def __skoverfit_capacity__(self):
        return "shrink"


SHRINK = Capacity(
    Dial("shrink", 0.01, ComputedValue("n", lambda facts, params: facts.n_samples))
)


@pytest.fixture
def registered():
    register_capacity(Mean, SHRINK)
    yield
    unregister_capacity(Mean)


def test_registered_classes_have_a_dial(registered, table):
    X, y, _ = table
    model = RegularizedRegressor(Mean(), 1.0).fit(X, y)
    assert model.settings_ == {"shrink": 40.0}
    assert has_dial(make_pipeline(StandardScaler(), Mean()))
    (row,) = (row for row in capacity_table() if row.parameter == "shrink")
    assert row[1:] == ("shrink", 0.01, 1.0, "n", "log", "rises", "a constant")


def test_registration_can_be_undone(registered):
    unregister_capacity(Mean)
    assert not has_dial(Mean())
    with pytest.raises(ValueError, match="No capacity of Mean"):
        unregister_capacity(Mean)
    register_capacity(Mean, Dial("shrink", 0.01, 1e3))
    assert capacity_of(Mean()).dials[0].tight == 1e3


def test_a_class_is_registered_once_unless_replaced(registered):
    for cls, capacity in ((Mean, SHRINK), (Ridge, Capacity(Dial("alpha", 1, 9)))):
        with pytest.raises(ValueError, match=f"{cls.__name__} has an entry.*replace"):
            register_capacity(cls, capacity)
    register_capacity(Ridge, Capacity(Dial("alpha", 1, 9)), replace=True)
    try:
        assert settings_at(Ridge(), 1, n_samples=5) == {"alpha": 9.0}
        assert settings_at(SubclassedRidge(), 1, n_samples=5) == {"alpha": 9.0}
    finally:
        unregister_capacity(Ridge)
    assert capacity_of(Ridge()) is TABLE["sklearn.linear_model.Ridge"]


@pytest.mark.parametrize(
    ("cls", "capacity", "error", "message"),
    [
        (Mean(), SHRINK, TypeError, "must be a class, not an instance"),
        (int, SHRINK, TypeError, "int is not a class of estimators"),
        (Mean, {"shrink": (1, 2)}, TypeError, "must be a Capacity or a Dial"),
        (
            Mean,
            Dial("shrinkage", 1, 2),
            ValueError,
            "'shrinkage' is not a parameter of Mean; it has shrink, other",
        ),
    ],
)
def test_bad_registrations(cls, capacity, error, message):
    with pytest.raises(error, match=message):
        register_capacity(cls, capacity)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parameter": "not a name"}, "parameter='not a name' must be a name"),
        ({"scale": "cubic"}, "scale='cubic' must be"),
        ({"loose": 0}, "loose=0 must be above 0 on the log scale"),
        ({"tight": np.nan}, "tight=nan must be a finite number or a ComputedValue"),
        ({"tight": "n"}, "tight='n' must be a finite number or a ComputedValue"),
        ({"loose": 3.0}, "tight=2.0 must be above loose=3.0"),
        ({"rises": False}, "tight=2.0 must be below loose=1.0"),
    ],
)
def test_bad_dials(options, message):
    with pytest.raises(ValueError, match=message):
        Dial(**{"parameter": "a", "loose": 1.0, "tight": 2.0} | options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dials": ()}, r"dials=\(\) must be one Dial or several"),
        ({"dials": "alpha"}, "dials='alpha' must be"),
        ({"dials": [Dial("a", 1, 2), Dial("a", 1, 3)]}, "a parameter twice: a, a"),
        ({"curve": (1, 0.2, 0.5, 0)}, "must fall from 1 to 0"),
        ({"curve": (0.9, 0)}, "must fall from 1 to 0"),
    ],
)
def test_bad_capacities(options, message):
    with pytest.raises(ValueError, match=message):
        Capacity(**{"dials": Dial("a", 1, 2)} | options)


def test_a_class_may_describe_itself(table):
    X, y, _ = table
    assert RegularizedRegressor(Described(), 1).fit(X, y).settings_ == {"shrink": 100.0}
    assert not has_dial(Described(other="y"))
    with pytest.raises(
        TypeError, match=r"Misdescribed.*must return a Capacity or None"
    ):
        has_dial(Misdescribed())


def test_a_capacity_must_name_parameters_that_exist():
    class Wrong(Mean):
        def __skoverfit_capacity__(self):
            return Capacity(Dial("alpha", 1, 2))

    with pytest.raises(
        ValueError, match="names alpha, which is not a parameter of Wrong"
    ):
        require_capacity(Wrong())


# -------------------------------------------------------- classes that others replace
def test_cross_validated_classes_start_from_what_they_pick(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    model = RidgeCV(alphas=[0.3, 30.0])
    own = model.fit(X, y).alpha_
    kept, chosen = copy_at(model, 0.5, facts)
    assert (type(kept), chosen) == (RidgeCV, {})
    close, _ = copy_at(model, 0.5 + 1e-12, facts)
    assert type(close) is Ridge
    assert close.alpha == pytest.approx(own)
    below, above = (copy_at(model, s, facts)[1]["alpha"] for s in (0.3, 0.7))
    assert below < own < above
    # Without data the middle of the range stands for the choice.
    assert copy_at(model, 0.7, Facts(40, 3))[1]["alpha"] > 0


def test_numbers_picked_for_each_class_become_one(table):
    X, _, labels = table
    model = LogisticRegressionCV(
        Cs=[0.1, 10.0],
        l1_ratios=(0,),
        use_legacy_attributes=True,
        scoring="accuracy",
        max_iter=10_000,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        facts = MeasuredFacts(X, labels, is_classification=True)
        end, chosen = copy_at(model, 0.9, facts)
    assert isinstance(chosen["C"], float)
    assert type(end) is LogisticRegression


def test_a_robust_class_is_replaced_by_a_robust_one_above_neutral_only(table):
    X, y, _ = table
    facts = MeasuredFacts(X, y)
    model = TheilSenRegressor(fit_intercept=False)
    assert type(copy_at(model, 0.2, facts)[0]) is TheilSenRegressor
    above, _ = copy_at(model, 0.8, facts)
    assert type(above) is HuberRegressor
    assert above.fit_intercept is False
    assert above.alpha > 0


def test_parameters_that_are_read_when_made_take_effect(table):
    X, y, _ = table
    end, _ = copy_at(PassiveAggressiveRegressor(), 1.0, MeasuredFacts(X, y))
    assert np.ptp(end.fit(X, y).predict(X)) < 0.1 * np.ptp(y)
