"""Member rules: properties that hold for any table of scores, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skoverfit.model_selection import (
    GreedyMembers,
    LowGapMembers,
    MemberRule,
    MembersWithinNoise,
    PenalizedMembers,
)
from skoverfit.model_selection._committee._greedy import OutOfFold
from skoverfit.model_selection._committee._rules import cut_to
from skoverfit.model_selection._selection import read_scores
from skoverfit.testing.strategies import cv_results

RULES = [
    MembersWithinNoise(),
    MembersWithinNoise(0.0),
    LowGapMembers(),
    LowGapMembers(2.0, share=0.25),
    PenalizedMembers(),
    PenalizedMembers(3, gap_penalty=0.0),
    GreedyMembers(),
    GreedyMembers(max_members=2, max_candidates=3),
]
tables = cv_results(max_candidates=12, min_splits=5, min_score=0.5, max_failed=3)


def answers_for(results):
    """Predictions whose loss follows the scores."""
    test = np.nan_to_num(results["mean_test_score"])
    rng = np.random.default_rng(7)
    truth = rng.normal(size=(25, 1))
    noise = rng.normal(size=(len(test), 25, 1)) * (1.2 - test[:, None, None])
    return OutOfFold(np.arange(len(test)), truth + noise, truth)


def weights_of(rule, results):
    given = {"out_of_fold": answers_for(results)} if rule.needs_out_of_fold else {}
    return rule(results, **given)


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(results=tables)
def test_weights_are_shares_of_valid_contenders(rule, results):
    before = {key: np.array(value) for key, value in results.items()}
    weights = weights_of(rule, results)
    assert weights.shape == results["mean_test_score"].shape
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    taken = weights > 0
    assert np.isfinite(results["mean_test_score"][taken]).all()
    assert rule.contenders(results)[taken].all()
    for key, value in before.items():
        numeric = value.dtype.kind == "f"
        assert np.array_equal(value, results[key], equal_nan=numeric)


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=25)
@given(results=tables)
def test_more_candidates_that_are_far_behind_change_nothing(rule, results):
    if isinstance(rule, PenalizedMembers):
        return  # it takes so many, however bad they are
    longer = {
        key: np.append(value, {"x": -1} if key == "params" else 0.01)
        for key, value in results.items()
    }
    contenders = rule.contenders(results)
    if isinstance(rule, GreedyMembers) and contenders.sum() < rule.max_candidates:
        return  # there is room left
    assert rule.contenders(longer)[:-1].tolist() == contenders.tolist()


@given(tables)
def test_low_gap_members_are_the_half_with_the_smaller_gaps(results):
    near = MembersWithinNoise()(results) > 0
    low = LowGapMembers()(results) > 0
    gaps = results["mean_train_score"] - results["mean_test_score"]
    assert not (low & ~near).any()
    assert low.sum() == np.ceil(near.sum() / 2)
    assert gaps[low].max() <= gaps[near & ~low].min(initial=np.inf)


@given(tables, st.integers(1, 5))
def test_penalized_members_are_the_k_best(results, k):
    taken = PenalizedMembers(k, gap_penalty=0.5)(results) > 0
    test, train = results["mean_test_score"], results["mean_train_score"]
    score = test - 0.5 * np.maximum(0, train - test)
    valid = np.isfinite(score)
    assert taken.sum() == min(k, valid.sum())
    assert score[taken].min() >= score[valid & ~taken].max(initial=-np.inf) - 1e-9


@pytest.mark.parametrize(
    "rule", [PenalizedMembers(1, gap_penalty=0), GreedyMembers(max_candidates=1)]
)
@pytest.mark.parametrize("train", [[1.0, 0.9, 0.9], [np.nan, 0.9, 0.7]])
def test_of_equal_candidates_those_with_the_smaller_gap_are_members(rule, train):
    results = {"mean_test_score": [0.8, 0.8, 0.7], "mean_train_score": train}
    assert rule.contenders(results).tolist() == [False, True, False]


def test_while_a_search_runs_those_without_a_gap_wait_for_those_with_one():
    results = {"mean_test_score": [0.9, 0.8, 0.7], "mean_train_score": [np.nan, 1, 1]}
    valid = np.array([True, True, False])
    table = read_scores(results, "score")
    reserve = PenalizedMembers(3)._reserve(table, valid)
    assert reserve.tolist() == [False, True, False]
    reserve = GreedyMembers(max_candidates=1)._reserve(table, valid)
    assert reserve.tolist() == [True, False, False]
    table = read_scores(results | {"mean_train_score": [np.nan] * 3}, "score")
    assert PenalizedMembers(1)._reserve(table, valid).tolist() == valid.tolist()
    assert GreedyMembers(max_candidates=1)._reserve(table, valid).sum() == 1


def test_the_noise_is_the_standard_error_of_the_best():
    results = {
        "split0_test_score": [0.9, 0.8, 0.7],
        "split1_test_score": [0.7, 0.6, 0.5],
        "mean_test_score": [0.8, 0.7, 0.6],
    }
    assert (MembersWithinNoise(1.01)(results) > 0).tolist() == [True, True, False]
    assert (MembersWithinNoise(0.99)(results) > 0).tolist() == [True, False, False]


def test_greedy_members_weigh_by_how_often_they_are_taken():
    truth = np.array([[0.0], [1.0], [2.0], [3.0]])
    offsets = np.array([1.0, -2.0, 50.0]).reshape(3, 1, 1)
    answers = OutOfFold(np.array([2, 0, 1]), truth + offsets, truth)
    results = {"mean_test_score": [0.8, 0.1, 0.9]}
    weights = GreedyMembers()(results, out_of_fold=answers)
    assert np.allclose(weights, [1 / 3, 0, 2 / 3])


def test_greedy_members_have_answers_for_all_rows():
    truth = np.zeros((3, 1))
    answers = OutOfFold(np.arange(2), np.full((2, 3, 1), 0.1), truth)
    answers.values[0, 1] = np.nan
    results = {"mean_test_score": [0.9, 0.8]}
    assert GreedyMembers()(results, out_of_fold=answers).tolist() == [0, 1]
    answers.values[1, 2] = np.nan
    with pytest.raises(ValueError, match=r"GreedyMembers\(.*no candidate with predic"):
        GreedyMembers()(results, out_of_fold=answers)


def test_scores_alone_are_not_enough_for_greedy_members():
    with pytest.raises(ValueError, match=r"GreedyMembers.* rows that they have not"):
        GreedyMembers()({"mean_test_score": [0.8, 0.9]})


def test_candidates_whose_gap_is_unknown_are_not_members_where_it_counts():
    results = {
        "mean_test_score": np.array([0.8, 0.9]),
        "mean_train_score": np.array([0.9, np.nan]),
    }
    assert LowGapMembers()(results).tolist() == [1.0, 0.0]
    results["mean_train_score"][:] = np.nan
    assert LowGapMembers()(results).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_table_of_failures_is_refused(rule):
    with pytest.raises(ValueError, match="No candidate has a valid mean_test_score"):
        rule({"mean_test_score": [np.nan] * 2, "mean_train_score": [np.nan] * 2})


def test_missing_train_scores_are_named():
    with pytest.raises(ValueError, match="no mean_train_score"):
        LowGapMembers()({"mean_test_score": [0.8]})


def test_several_metrics_need_a_name():
    results = {"mean_test_a": [0.8, 0.1], "mean_test_b": [0.1, 0.8]}
    with pytest.raises(ValueError, match="metrics"):
        MembersWithinNoise()(results)
    assert MembersWithinNoise(metric="b")(results).tolist() == [0, 1]
    assert MembersWithinNoise()(results, metric="a").tolist() == [1, 0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MembersWithinNoise(-1), "'n_std_errors' parameter of MembersWithin"),
        (lambda: LowGapMembers(share=0), "'share' parameter of LowGapMembers"),
        (lambda: LowGapMembers(share=1.5), "'share' parameter of LowGapMembers"),
        (lambda: PenalizedMembers(0), "'k' parameter of PenalizedMembers"),
        (lambda: PenalizedMembers(gap_penalty=-0.1), "'gap_penalty' parameter"),
        (lambda: GreedyMembers(max_members=0), "'max_members' parameter of Greedy"),
        (lambda: GreedyMembers(max_candidates=2.5), "'max_candidates' parameter"),
        (lambda: MembersWithinNoise(metric=3), "'metric' parameter"),
    ],
)
def test_bad_values_are_refused_at_once(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rules_are_values():
    assert MembersWithinNoise() == MembersWithinNoise(1.0)
    assert repr(PenalizedMembers(3)) == (
        "PenalizedMembers(k=3, gap_penalty=0.1, metric=None)"
    )


def test_a_rule_of_ones_own_says_who_may_be_a_member():
    class First(MemberRule):
        metric = None
        needs_gap = False

        def _pool(self, table, valid):
            return np.arange(len(valid)) == np.flatnonzero(valid)[0]

    assert First()({"mean_test_score": [np.nan, 0.1, 0.9]}).tolist() == [0, 1, 0]


def test_what_is_too_much_is_cut_where_it_weighs_least():
    weights, test = np.array([0.2, 0.4, 0.2, 0.2]), np.array([0.7, 0.1, 0.9, 0.8])
    assert np.allclose(cut_to(weights, test, 2), [0, 2 / 3, 1 / 3, 0])
    assert np.allclose(cut_to(weights, test, 0), [0, 1, 0, 0])
    assert np.allclose(cut_to(weights, test, 9), weights)
