"""Test parts: each cause is found where it was planted, and not elsewhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_wine,
    make_classification,
)
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import measure_core
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._part_tests import TwoSample, two_sample_test
from skoverfit.diagnosis._own_part._parts import read_parts
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import ask, judge
from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.diagnosis.causes._test_part_differs import Difference

CODES = ("SKO311", "SKO312", "SKO313", "SKO314", "SKO315", "SKO316")
RNG = np.random.default_rng(0)


def findings(X, y, X_test, y_test, *, model=None, codes=CODES):
    model = LogisticRegression(max_iter=2000) if model is None else model
    problem = make_problem(model, X, y, random_state=0)
    problem = replace(problem, X_test=X_test, y_test=np.asarray(y_test))
    lab = Lab(problem, Clock(np.inf))
    measure_core(lab)
    found = judge(ask(lab, choose_causes(codes)), problem)
    failed = [f.explanation for f in found if f.explanation.startswith("Failed")]
    assert failed == []
    return {finding.code: finding for finding in found}


def one(code, *data, **options):
    return findings(*data, codes=(code,), **options)[code]


def table(n=300, seed=0):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 4)), columns=["size", "age", "mass", "other"])
    X["age"], X["mass"] = 40 + 12 * X["age"], 70 * np.exp(0.3 * X["mass"])
    X["city"] = rng.choice(["Ulm", "Bonn", "Kiel"], n)
    y = (X["size"] + (X["age"] - 40) / 12 + rng.normal(size=n) > 0).astype(int)
    return X, y


def parts(seed=0):
    X, y = table(450, seed)
    return X[:300], y[:300], X[300:].copy(), y[300:].copy()


NUMBERS = ["size", "age", "mass", "other"]


def numeric_parts(seed=0):
    X, y, X_test, y_test = parts(seed)
    return X[NUMBERS], y, X_test[NUMBERS].copy(), y_test


def test_shifted_columns_are_named_with_the_score_without_them():
    X, y, X_test, y_test = numeric_parts()
    X_test["other"] += 2.0
    finding = one("SKO311", X, y, X_test, y_test)
    assert (finding.status, finding.columns) == ("present", ("other",))
    assert finding.pvalue < 1e-6
    assert finding.counterfactual is not None
    assert "without other" in finding.counterfactual_label


def test_a_changed_relation_is_told_from_shifted_columns():
    X, y, X_test, y_test = numeric_parts()
    finding = one("SKO311", X, y, X_test, 1 - y_test)
    assert (finding.status, finding.severity) == ("present", "serious")
    assert "differently" in finding.title
    assert finding.effect > 0.3
    assert finding.interval[0] < finding.effect < finding.interval[1]


def test_ranks_make_a_likely_fall_a_sure_one():
    told = TwoSample(0.5, 0.6, np.ones(4))
    scores = ((), 0.80, 0.70, 0.04, None, None, (), 0.01)  # p = .006
    assert not Difference(told, *scores).drops
    assert Difference(told, *scores, p_ranks=1e-4).drops
    small = ((), 0.80, 0.78, 0.04, None, None, (), 0.01)
    assert not Difference(told, *small, p_ranks=1e-4).drops


def test_new_categories_and_the_score_without_them():
    X, y, X_test, y_test = parts()
    X_test.loc[X_test.index[:60], "city"] = "Rome"
    coded = [part.assign(city=part["city"].astype("category")) for part in (X, X_test)]
    finding = one("SKO312", coded[0], y, coded[1], y_test, model=OnNumbers())
    assert (finding.status, finding.columns) == ("present", ("city",))
    assert "Rome" in finding.explanation
    assert "40.0%" in finding.explanation
    assert finding.counterfactual is not None


class OnNumbers(LogisticRegression):
    """Uses the columns of numbers only."""

    def fit(self, X, y):
        return super().fit(X[["size", "other"]], y)

    def predict(self, X):
        return super().predict(X[["size", "other"]])

    def predict_proba(self, X):
        return super().predict_proba(X[["size", "other"]])

    def decision_function(self, X):
        return super().decision_function(X[["size", "other"]])


def test_range_left_by_a_trend_that_trees_do_not_follow():
    rng = np.random.default_rng(0)
    day = np.arange(400.0)
    X = np.column_stack([day, rng.normal(size=400)])
    y = 0.3 * day + X[:, 1] + rng.normal(size=400)
    model = RandomForestRegressor(20, random_state=0)
    finding = one("SKO313", X[:300], y[:300], X[300:], y[300:], model=model)
    assert (finding.status, finding.severity) == ("present", "warning")
    assert finding.columns == ("column 0",)
    assert "100.0%" in finding.explanation


def test_score_inside_the_range():
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 1, (300, 3))
    X_test = rng.uniform(0, 1.6, (300, 3))
    X_test[:, 1:] = rng.uniform(0, 1, (300, 2))
    y, y_test = X[:, 0] ** 2, X_test[:, 0] ** 2
    model = RandomForestRegressor(20, random_state=0)
    finding = one("SKO313", X, y, X_test, y_test, model=model)
    assert finding.counterfactual > 0.95
    assert finding.effect > 0.1


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_label_shift(kind):
    X, y, X_test, y_test = numeric_parts()
    keep = (y_test == 0) | (np.arange(len(y_test)) % 3 == 0)
    X_test, y_test = X_test[keep], y_test[keep]
    model = None
    if kind == "numbers":
        y, y_test = X["size"] + 0.0, X_test["size"] + 1.0
        model = LinearRegression()
    finding = one("SKO314", X, y, X_test, y_test, model=model)
    assert (finding.status, finding.severity) == ("present", "warning")
    assert (finding.counterfactual is not None) == (kind == "classes")


def test_missing_pattern():
    X, y, X_test, y_test = numeric_parts()
    X_test.loc[X_test.index[:50], "other"] = np.nan
    model = RandomForestClassifier(20, random_state=0)
    finding = one("SKO315", X, y, X_test, y_test, model=model)
    assert (finding.status, finding.columns) == ("present", ("other",))
    assert "33.3% in test" in finding.explanation
    assert finding.counterfactual is not None


@pytest.mark.parametrize(
    ("change", "slope"),
    [
        (lambda v: v * 1000, 1000),
        (lambda v: v / 100, 0.01),
        (lambda v: v * 2.54, 2.54),
        (lambda v: v / 2.20462262, 1 / 2.20462262),
        (lambda v: 1.8 * v + 32, 1.8),
        (lambda v: v + 273.15, 1),
    ],
)
@pytest.mark.parametrize("container", ["frame", "array"])
def test_units_are_named_and_converted(change, slope, container):
    X, y, X_test, y_test = numeric_parts()
    X_test["age"] = change(X_test["age"])
    if container == "array":
        X, X_test = X.to_numpy(), X_test.to_numpy()
    finding = one("SKO316", X, y, X_test, y_test)
    assert (finding.status, finding.severity) == ("present", "serious")
    assert finding.columns == (("age",) if container == "frame" else ("column 1",))
    assert f"/ {slope:.6g}" in finding.advice
    clean = one("SKO316", *numeric_parts())
    assert clean.status == "absent"
    assert finding.effect > 0.05


def test_one_part_standardized():
    X, y, X_test, y_test = numeric_parts()
    scaled = StandardScaler().fit(X).transform(X_test)
    X_test = pd.DataFrame(scaled, columns=X.columns)
    finding = one("SKO316", X, y, X_test, y_test)
    assert {"age", "mass"} <= set(finding.columns)
    assert "standardized" in finding.explanation
    assert finding.effect > 0.1


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler()])
def test_a_scaler_fitted_twice(scaler):
    X, y, X_test, y_test = numeric_parts()
    twice = [scaler.fit_transform(part) for part in (X, X_test)]
    finding = one("SKO316", twice[0], y, twice[1], y_test)
    assert finding.title == "A scaler was fitted to each part by itself"
    once = [scaler.fit(X).transform(part) for part in (X, X_test)]
    assert one("SKO316", once[0], y, once[1], y_test).status == "absent"


CLEAN = {
    "wine": load_wine,
    "cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "drawn": lambda return_X_y: make_classification(400, 8, random_state=0),
}


@pytest.mark.parametrize("name", CLEAN)
def test_random_test_parts_raise_no_alarm(name):
    X, y = CLEAN[name](return_X_y=True)
    is_numbers = name == "diabetes"
    X = StandardScaler().fit_transform(X)
    model = LinearRegression() if is_numbers else LogisticRegression()
    X, X_test, y, y_test = train_test_split(X, y, random_state=1)
    found = findings(X, y, X_test, y_test, model=model)
    assert {code for code, f in found.items() if f.status != "absent"} == set()


def test_columns_are_matched_by_name_and_categories_share_codes():
    X, _, X_test, _ = parts()
    read = read_parts(X, X_test[X_test.columns[::-1]])
    assert read.names == tuple(X.columns)
    np.testing.assert_array_equal(read.test[:, 0], X_test["size"])
    for level in ("Ulm", "Bonn", "Kiel"):
        codes = {
            *read.train[(X["city"] == level).to_numpy(), 4].tolist(),
            *read.test[(X_test["city"] == level).to_numpy(), 4].tolist(),
        }
        assert len(codes) == 1
    assert read_parts(["some", "texts"], ["more"]) is None


def drawn(seed, n, m, shift=0.0):
    rng = np.random.default_rng(seed)
    X, X_test = rng.normal(size=(n, 10)), rng.normal(size=(m, 10))
    X_test[:, :3] += shift
    return read_parts(X, X_test)


@pytest.mark.statistical
def test_two_sample_test_is_uniform_without_a_shift():
    pvalues = [two_sample_test(drawn(s, 150, 90), s).pvalue for s in range(60)]
    assert stats.kstest(pvalues, "uniform").pvalue > 0.01


@pytest.mark.statistical
def test_two_sample_test_sees_half_a_standard_deviation_in_three_of_ten_columns():
    pvalues = [two_sample_test(drawn(s, 250, 150, 0.5), s).pvalue for s in range(40)]
    assert np.mean(np.array(pvalues) < 0.01) >= 0.9
