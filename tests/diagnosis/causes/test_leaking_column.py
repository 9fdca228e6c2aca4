"""SKO201: a column that gives the answer away."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold

from skoverfit.diagnosis.causes._leaking_column import standing_out


def after_the_outcome(seed, n=400):
    """Weak columns, and a fee that is charged after the outcome."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(int)
    X = pd.DataFrame(rng.normal(size=(n, 6)) + 0.3 * y[:, None]).add_prefix("c")
    fee = np.where(y == 1, rng.gamma(2, 50, n), 0) * (rng.random(n) < 0.97)
    return X, fee, y


@pytest.mark.parametrize("absent", [0.0, np.nan])
@pytest.mark.parametrize("seed", range(3))
def test_a_fee_that_is_charged_after_the_outcome_is_found(find, seed, absent):
    X, fee, y = after_the_outcome(seed)
    X["fee"] = np.where(fee == 0, absent, fee)
    found = find("SKO201", X, y)
    assert (found.status, found.severity) == ("present", "serious")
    assert found.columns == ("fee",)
    assert "--drop fee" in found.advice
    pattern = "zero" if absent == 0 else "missing"
    assert f"whether it is {pattern} says it" in found.explanation
    honest = find("SKO213", X[["c0", "c1"]], y)  # some score without it
    assert honest.status == "absent"
    assert found.counterfactual < 0.8 < found.counterfactual + found.effect
    assert found.interval[0] > 0


def test_a_number_that_follows_from_the_target_is_found(find):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(300, 5)), rng.normal(size=300)
    X[:, 0] += y
    X = np.column_stack([X, 3 * y + rng.normal(0, 0.3, 300)])
    found = find("SKO201", X, y)
    assert found.status == "present"
    assert found.columns == ("column 5",)
    assert "np.delete(X, [5], axis=1)" in found.advice


def test_an_answer_that_is_given_twice_is_found(find):
    X, fee, y = after_the_outcome(0)
    X = X.assign(fee=fee, charged=np.where(fee > 0, "yes", "no"))
    X["charged"] = (X["charged"] == "yes").astype(int)
    found = find("SKO201", X, y)
    assert found.status == "present"
    assert set(found.columns) == {"fee", "charged"}
    assert found.counterfactual < 0.8


def in_two_columns(seed, share=1.0, n=400):
    """Two columns whose sum tells the class, and some that tell a little."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    X = pd.DataFrame(rng.normal(size=(n, 4)) + 0.4 * y[:, None]).add_prefix("c")
    batch, told = rng.integers(0, 3, n), np.where(rng.random(n) < share, y, 1 - y)
    return X.assign(batch=batch, slot=(batch + told) % 3), y


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_in_two_columns_is_found(find, seed):
    X, y = in_two_columns(seed)
    found = find("SKO201", X, y, estimator=ExtraTreesClassifier(30))
    assert (found.status, found.severity) == ("present", "serious")
    assert found.columns == ("batch", "slot")
    assert "together" in found.title
    assert found.counterfactual < 0.8 < found.counterfactual + found.effect
    # A model of sums makes nothing of them: a warning for those that come after it.
    unused = find("SKO201", X, y, estimator=LogisticRegression())
    assert (unused.status, unused.severity) == ("present", "warning")
    assert "another one may" in unused.explanation
    # What a small tree makes of them, above the model.
    assert unused.effect + unused.counterfactual == pytest.approx(1, abs=0.05)
    assert unused.interval[0] > 0
    # Columns that decide together what is known are no leak where much is open.
    assert find("SKO201", *in_two_columns(seed, share=0.85)).status == "absent"


@pytest.mark.parametrize("seed", range(3))
def test_a_difference_that_is_the_target_is_found(find, seed):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(300, 4))).add_prefix("c")
    y = X["c0"].to_numpy() + rng.normal(size=300)
    X = X.assign(before=3 * rng.normal(size=300))
    X["after"] = X["before"] + y
    found = find("SKO201", X, y, estimator=LinearRegression())
    assert found.status == "present"
    assert found.columns == ("before", "after")


def test_a_leak_in_a_file_sorted_by_its_target_is_measured_on_shuffled_splits(find):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    X = X.assign(again=y + rng.normal(0, 10, len(y)))
    rows = np.argsort(y, kind="stable")
    found = find("SKO201", X.iloc[rows], y.to_numpy()[rows], cv=KFold(5))
    assert (found.status, found.columns) == ("present", ("again",))
    assert "both on shuffled splits" in found.explanation
    assert 0 < found.counterfactual < 0.6 < found.counterfactual + found.effect
    honest = find("SKO201", X.iloc[rows, :-1], y.to_numpy()[rows], cv=KFold(5))
    assert honest.status == "absent"


def test_a_leak_beside_subjects_is_measured_with_their_rows_on_one_side(find):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    rng = np.random.default_rng(0)
    subject = rng.permutation(np.repeat(np.arange(80), 5))
    noise = 0.1 * rng.normal(size=(400, X.shape[1])) * X.std().to_numpy()
    X = X.iloc[subject].reset_index(drop=True) + noise
    y = y.to_numpy()[subject] + rng.normal(0, 8, 400)
    forest = RandomForestRegressor(20, random_state=0)
    found = find("SKO201", X.assign(again=y + rng.normal(0, 15, 400)), y, forest)
    assert (found.status, found.columns) == ("present", ("again",))
    assert "belong together on one side" in found.explanation
    assert found.counterfactual < 0.6 < found.counterfactual + found.effect
    # Parted, every column tells the subject, and so the target.
    assert find("SKO201", X, y, forest).status == "absent"


@pytest.mark.parametrize(
    "load", [load_iris, load_wine, load_breast_cancer, load_diabetes]
)
def test_honest_tables_have_no_leaking_column(find, load):
    assert find("SKO201", *load(return_X_y=True)).status == "absent"


def test_two_columns_are_too_few_to_compare(find):
    y = np.arange(100) % 2
    found = find("SKO201", np.column_stack([y, y + 1.0]), y)
    assert found.status == "not_measured"
    assert "fewer than three columns" in found.explanation


def test_a_column_stands_out_only_near_the_model_and_far_from_the_others():
    assert standing_out(np.array([0.9, 0.2, 0.1]), 0.95) == ([0], 0.2)
    assert standing_out(np.array([0.9, 0.75, 0.1]), 0.95)[0] == []
    # Where others know much, too: it leaves a third of what they leave open.
    assert standing_out(np.array([0.95, 0.7, 0.7]), 0.97)[0] == [0]
    assert standing_out(np.array([0.7, 0.2, 0.1]), 0.95)[0] == []
    # Honest columns know as much: body fat by the abdomen, for one.
    assert standing_out(np.array([0.6, 0.3, 0.3]), 0.65)[0] == []
    assert standing_out(np.array([0.3, 0.0, 0.0]), 0.3)[0] == []
    assert standing_out(np.array([0.1, 0.9, 0.9, np.nan, 0.2]), 0.95)[0] == [1, 2]


def test_columns_are_not_tried_beyond_the_budget(find):
    X, fee, y = after_the_outcome(0)
    found = find("SKO201", X.assign(fee=fee), y, budget=1e-6, cv=2)
    assert found.status == "not_measured"
    assert "budget" in found.explanation
