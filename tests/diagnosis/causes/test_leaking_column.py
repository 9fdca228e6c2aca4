"""SKO201: a column that gives the answer away."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.ensemble import ExtraTreesClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._columns._insight import insight
from skoverfit.diagnosis.causes._leaking_column import (
    Leak,
    LeakingColumn,
    _numbering,
    _of_two_groups,
    _pattern,
    model_insight,
    standing_out,
)
from tests.diagnosis.made_evidence import WIGGLE


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
    # Of two or three that are certain, one is no answer, be it without a fault.
    assert standing_out(np.array([1.0, 0.98, 0.2, 0.1]), 1.0)[0] == [0, 1]
    assert standing_out(np.array([1.0, 1.0, 0.99, 0.2, 0.1]), 1.0)[0] == [0, 1, 2]
    assert standing_out(np.array([1.0, 0.7, 0.3, 0.1]), 1.0)[0] == [0]
    assert standing_out(np.array([1.0, 1.0, 1.0, 1.0, 0.1]), 1.0)[0] == [0]


def test_columns_are_not_tried_beyond_the_budget(find):
    X, fee, y = after_the_outcome(0)
    found = find("SKO201", X.assign(fee=fee), y, budget=1e-6, cv=2)
    assert found.status == "not_measured"
    assert "budget" in found.explanation


# ------------------------------------------------------------------ parts of measuring


@pytest.mark.parametrize(
    ("scores", "model", "columns", "following"),
    [
        ([0.7, 0.4, 0.1], 0.7, [0], 0.4),  # by a margin of 1.7
        ([0.7, 0.42, 0.1], 0.7, [], 0.42),
        ([0.66, 0.1, 0.1], 0.6, [], 0.1),  # two thirds of the way
        ([0.67, 0.1, 0.1], 0.6, [0], 0.1),
        ([0.67, 0.1, 0.1], 0.78, [0], 0.1),  # 0.85 of what the model knows
        ([0.67, 0.1, 0.1], 0.80, [], 0.1),
        ([0.67, 0.1, 0.1], np.nan, [0], 0.1),
        ([0.1, 0.9, 0.4, 0.8], 0.9, [1, 3], 0.4),
        ([0.1, 0.9, 0.41, 0.8], 0.9, [], 0.8),
        ([0.9, 0.2, 0.8, 0.7, 0.3], 0.9, [0, 2, 3], 0.3),
        ([0.9, 0.2, 0.8, 0.7, 0.36], 0.9, [], 0.8),
        ([0.9, 0.8, 0.7, 0.7, 0.1, 0.1], 0.9, [], 0.8),  # four are no exception
        ([0.9, -0.5, -0.7], 0.9, [0], -0.5),
        ([0.9, np.nan, 0.1], 0.9, [], 0.1),  # nothing to compare with
        ([np.nan, 0.9, np.nan], 0.9, [], 0.0),
        ([0.9, 0.8, 0.1], 0.9, [], 0.8),  # two of three
        ([0.85, 0.54, 0.1], 0.9, [0], 0.54),  # leaves a third of what the next does
        ([0.85, 0.56, 0.1], 0.9, [], 0.56),
        ([0.84, 0.51, 0.1], 0.9, [], 0.51),
    ],
)
def test_at_the_limits_of_standing_out(scores, model, columns, following):
    assert standing_out(np.array(scores), model) == (columns, following)


def test_a_simpler_form_of_a_column_that_knows_the_same_is_named():
    y = np.arange(80) % 2
    amount = 1.0 + np.arange(80) % 7

    def pattern(column, alone=1.0, y=y, is_classification=True):
        problem = SimpleNamespace(is_classification=is_classification)
        return _pattern(column, y, alone, problem)

    assert pattern(amount * y) == "whether it is zero"
    assert pattern(np.where(y, amount, np.nan)) == "whether it is missing"
    assert pattern(amount * y, y=2.0 * y, is_classification=False) == (
        "whether it is zero"
    )
    assert pattern(amount) == ""
    assert pattern(np.zeros(80)) == pattern(np.full(80, np.nan)) == ""
    assert pattern(y.astype(float)) == ""  # two values are as simple
    nearly = np.where(np.arange(80) < 4, 1 - y, y) * amount  # wrong in 5 % of the rows
    assert pattern(nearly, alone=0.99) == "whether it is zero"
    often = np.where(np.arange(80) < 10, 1 - y, y) * amount
    assert pattern(often, alone=0.99) == ""


def test_what_two_groups_of_rows_know_is_what_their_targets_tell():
    y = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
    form = np.arange(10) < 4
    means = np.where(form[:, None], [0.75, 0.25, 0.0], [0.0, 1 / 6, 5 / 6])
    known = _of_two_groups(form, y, True)
    assert known == pytest.approx(insight(y, means, is_classification=True))
    means = np.where(form, 0.25, 11 / 6)
    known = _of_two_groups(form, 1.0 * y, False)
    assert known == pytest.approx(insight(1.0 * y, means, is_classification=False))


def test_columns_that_number_rows_or_moments_do_not_count():
    matrix = np.column_stack([np.ones(60), np.arange(60), np.arange(60) % 7])
    table = SimpleNamespace(
        matrix=matrix,
        kinds=["number"] * 3,
        names=["one", "day", "week"],
        columns=SimpleNamespace(identifiers=[2]),
    )
    assert _numbering(table) == [1, 2]


@pytest.mark.parametrize("known", ["probabilities", "decisions", "labels"])
def test_what_the_model_knows_is_of_rows_that_it_has_not_seen(known):
    y = np.arange(60) % 2
    hits = np.column_stack([1 - y, y]).astype(float)
    oof = SimpleNamespace(
        y=y,
        predictions=y if known == "labels" else np.zeros(60, int),
        probabilities=hits if known == "probabilities" else None,
        decisions=hits if known == "decisions" else None,
    )
    problem = SimpleNamespace(y=y, is_classification=True)
    assert model_insight(oof, problem) == 1
    assert np.isnan(model_insight(None, problem))
    numbers = SimpleNamespace(y=1.0 * y, predictions=1.0 * y)
    assert model_insight(numbers, SimpleNamespace(is_classification=False)) == 1


# ------------------------------------------------------------------------------ judged

SURE = corrected_estimate(0.2 + WIGGLE)
NONE = corrected_estimate(0.0 + WIGGLE)


def leak(columns=("fee",), alone=0.95, model=0.9, lost=SURE, **more):
    without = None if lost is None else 0.7
    options = {"pattern": "", "score": 0.9, "without": without, **more}
    return Leak(columns, "fee", alone, 0.2, model, lost=lost, **options)


def judged(measured):
    return LeakingColumn().judge(measured, SimpleNamespace(X=pd.DataFrame()))


@pytest.mark.parametrize(
    ("measured", "status", "severity"),
    [
        (leak(), "present", "serious"),
        (leak(alone=0.8), "present", "serious"),
        (leak(alone=0.79), "present", "warning"),
        (leak(alone=0.1, is_pair=True, together=0.9), "present", "serious"),
        (leak(alone=0.9, is_pair=True, together=0.7), "present", "warning"),
        (leak(lost=None), "present", "serious"),
        (leak(columns=()), "absent", "info"),
        # Without it the model scores the same: of no use to it, or of no more use.
        (leak(lost=NONE), "absent", "info"),
        # Of many rows, it costs a little for sure, but the model knows as much.
        (leak(share_lost=0.004), "absent", "info"),
        (leak(share_lost=0.02), "present", "serious"),
        (leak(lost=NONE, model=0.84), "present", "warning"),
        (leak(lost=NONE, model=0.86), "absent", "info"),
        (leak(lost=NONE, alone=0.84, model=0.1), "absent", "info"),
        (
            leak(lost=NONE, alone=0.1, model=0.1, is_pair=True, together=0.9),
            "present",
            "warning",
        ),
    ],
)
def test_columns_on_which_the_score_rests_give_the_answer_away(
    measured, status, severity
):
    found = judged(measured)
    assert (found.status, found.severity) == (status, severity)
    assert found.columns == measured.columns
    if measured.lost is None or not measured.columns:
        assert (found.effect, found.interval, found.pvalue) == (None, None, None)
        return
    lost = measured.lost
    assert (found.effect, found.interval) == (lost.mean, lost.interval)
    assert (found.pvalue, found.counterfactual) == (lost.pvalue, 0.7)
    assert found.counterfactual_label == "without 'fee'"


def test_what_a_small_tree_makes_of_an_unused_column_is_the_effect():
    found = judged(leak(lost=NONE, model=0.5, only=0.97, worth=SURE))
    assert (found.effect, found.interval) == (SURE.mean, SURE.interval)
    assert found.pvalue == SURE.pvalue
    assert found.explanation.endswith(
        "Without 'fee' the test score is 0.700 instead of 0.900: this model makes "
        "little of them, another one may (a small tree on them alone scores 0.970)."
    )


def test_what_is_told():
    found = judged(leak(pattern="whether it is zero"))
    assert found.title == "The answer may be given away by 'fee'"
    assert found.explanation == (
        "On the way from chance (0) to the truth (1), 'fee' alone (whether it is zero "
        "says it) comes to 0.950, the next column to 0.200 and the model to 0.900. "
        "Without 'fee' the test score is 0.700 instead of 0.900."
    )
    assert found.advice == (
        "Is 'fee' known before the outcome? That cannot be seen in the data. If it is "
        "not, leave it out: X.drop(columns=['fee']), or --drop fee on the command line."
    )
    unsure = judged(leak(alone=0.7, lost=None))
    assert "data, and an honest column that is simply good looks the same. If" in (
        unsure.advice
    )
    assert unsure.explanation.endswith("and the model to 0.900.")


def test_what_is_told_of_several_columns():
    twice = judged(leak(("fee", "charged")))
    assert "comes to 0.950, the best other column to 0.200" in twice.explanation
    pair = judged(leak(("batch", "slot"), alone=0.1, is_pair=True, together=0.94))
    assert pair.title == "The answer may be given away by 'batch' and 'slot' together"
    assert pair.explanation.startswith(
        "On the way from chance (0) to the truth (1), 'batch' and 'slot' together come "
        "to 0.940, alone to at most 0.100, other pairs to at most 0.200 and the model "
        "to 0.900. Without"
    )


@pytest.mark.parametrize(
    ("elsewhere", "first", "last"),
    [
        (
            "shuffled",
            "truth (1) on shuffled splits, ",
            "0.900, both on shuffled splits: the own ones follow the order of the "
            "target, in which no column helps.",
        ),
        (
            "together",
            "truth (1) with rows that belong together on one side, ",
            "0.900, both with rows that belong together on one side: where these are "
            "parted, every column tells them, and so their target.",
        ),
    ],
)
def test_other_splits_are_named(elsewhere, first, last):
    found = judged(leak(elsewhere=elsewhere))
    assert first in found.explanation
    assert found.explanation.endswith(last)


def test_what_is_told_of_an_absence():
    found = judged(leak(columns=(), alone=0.4, lost=None, pattern="whether it is zero"))
    assert found.title == "No column gives the answer away by itself"
    assert found.explanation == (
        "On the way from chance (0) to the truth (1), 'fee' alone comes to 0.400, the "
        "next column to 0.200 and the model to 0.900."
    )
    found = judged(leak(lost=NONE))
    assert found.title == "The score does not rest on a single column"
    assert "Without 'fee' the test score is 0.700 instead of 0.900" in found.explanation
