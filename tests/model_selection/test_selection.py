"""Selection rules: properties that hold for any table of scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection import (
    BestScore,
    GapAwareSearchCV,
    MaxGap,
    PenalizedGap,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)
from skoverfit.testing import check_selection_rule
from skoverfit.testing.strategies import cv_results

RULES = [
    BestScore(),
    PenalizedGap(0.0),
    PenalizedGap(0.25),
    PenalizedGap(0.5, tolerance=0.1),
    SmallestGapWithinNoise(0.0),
    SmallestGapWithinNoise(1.0),
    SmallestGapByPairedTest(0.05),
    SmallestGapByPairedTest(0.4),
    MaxGap(0.15),
]

GAP_RULES = [rule for rule in RULES if not isinstance(rule, BestScore)]

tables = cv_results(max_candidates=12, max_splits=10)


def table(test, train, **columns):
    """A cv_results_ with the same score on two splits."""
    results = {"mean_test_score": np.array(test), "mean_train_score": np.array(train)}
    for split in range(2):
        results[f"split{split}_test_score"] = np.array(test)
    return results | columns


def gaps(results):
    return results["mean_train_score"] - results["mean_test_score"]


@pytest.mark.parametrize("rule", RULES, ids=repr)
@pytest.mark.filterwarnings("ignore::skoverfit.exceptions.NoCandidateWithinGapWarning")
def test_rule_keeps_the_promises_of_all_rules(rule):
    check_selection_rule(rule)


@given(tables)
def test_no_penalty_is_argmax(results):
    test = results["mean_test_score"]
    chosen = PenalizedGap(0.0)(results)
    assert test[chosen] == pytest.approx(test.max(), rel=1e-12)


@given(tables)
def test_best_score_is_scikit_learns_argmax(results):
    assert BestScore()(results) == results["mean_test_score"].argmax()


@given(tables)
def test_a_huge_penalty_gives_the_smallest_gap(results):
    positive = np.maximum(0, gaps(results))
    chosen = PenalizedGap(1e9)(results)
    assert positive[chosen] == pytest.approx(positive.min(), abs=1e-9)


@given(tables, st.floats(0, 1), st.floats(0, 0.3))
def test_penalized_gap_maximizes_its_formula(results, penalty, tolerance):
    scores = results["mean_test_score"] - penalty * np.maximum(
        0, gaps(results) - tolerance
    )
    chosen = PenalizedGap(penalty, tolerance)(results)
    assert scores[chosen] == pytest.approx(scores.max(), rel=1e-11)


@given(tables, st.floats(0, 3))
def test_smallest_gap_within_noise_keeps_its_bound(results, n_se):
    splits = np.stack(
        [v for k, v in results.items() if k.endswith("test_score") and "split" in k], 1
    )
    test = results["mean_test_score"]
    errors = splits.std(axis=1, ddof=1) / np.sqrt(splits.shape[1])
    tied = np.flatnonzero(np.isclose(test, test.max(), rtol=1e-12))
    best = tied[gaps(results)[tied].argmin()]
    chosen = SmallestGapWithinNoise(n_se)(results)
    assert test[chosen] >= test[best] - n_se * errors[best] - 1e-9
    within = test >= test[best] - n_se * errors[best] + 1e-9
    assert gaps(results)[chosen] <= gaps(results)[within].min(initial=np.inf) + 1e-9


@given(tables)
def test_more_noise_never_gives_a_larger_gap(results):
    chosen = [SmallestGapWithinNoise(n_se)(results) for n_se in (0, 0.25, 1, 4)]
    assert np.all(np.diff(gaps(results)[chosen]) <= 1e-9)


@given(tables)
def test_a_smaller_level_never_gives_a_larger_gap(results):
    chosen = [SmallestGapByPairedTest(a)(results) for a in (0.49, 0.3, 0.05, 0.001)]
    assert np.all(np.diff(gaps(results)[chosen]) <= 1e-9)


@given(tables, st.floats(0, 0.4))
def test_max_gap_takes_the_best_score_within_the_limit(results, limit):
    within = gaps(results) <= limit
    if not within.any():
        with pytest.warns(NoCandidateWithinGapWarning, match="at most limit"):
            chosen = MaxGap(limit)(results)
        assert gaps(results)[chosen] == pytest.approx(gaps(results).min())
    else:
        chosen = MaxGap(limit)(results)
        assert within[chosen]
        best = results["mean_test_score"][within].max()
        assert results["mean_test_score"][chosen] == pytest.approx(best)


def test_paired_test_uses_the_ratio_of_the_splits():
    """More test rows per training row mean more correlated, noisier splits."""
    results = {
        "split0_test_score": [0.90, 0.89],
        "split1_test_score": [0.90, 0.88],
        "split2_test_score": [0.90, 0.86],
        "mean_test_score": [0.90, 0.8767],
        "mean_train_score": [1.0, 0.9],
    }
    rule = SmallestGapByPairedTest(0.1)
    assert rule.select(results, test_train_ratio=0.01) == 0
    assert rule.select(results, test_train_ratio=2.0) == 1


@pytest.mark.parametrize("rule", GAP_RULES, ids=repr)
def test_ties_resolve_to_the_smaller_gap_then_to_the_earlier(rule):
    assert rule(table([0.8] * 3, [0.9, 0.85, 0.85])) == 1


def test_sums_in_another_order_still_tie():
    test = [0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1]
    assert test[0] > test[1]
    assert PenalizedGap(0.0)(table(test, [1.0, 0.7])) == 1


@pytest.mark.parametrize("rule", GAP_RULES, ids=repr)
def test_a_valid_gap_beats_a_missing_one_and_a_score_beats_none(rule):
    assert rule(table([0.9, 0.6], [np.nan, 0.7])) == 1
    assert rule(table([np.nan, 0.6, 0.9], [np.nan] * 3)) == 2


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_infinite_scores_do_not_break_a_rule(rule):
    assert rule(table([0.9, -np.inf], [0.95, 1.0])) == 0


def test_failed_fits_with_a_numeric_error_score_are_not_a_perfect_gap():
    results = table([0.0, 0.7], [0.0, 1.0], mean_gap_score=np.array([np.nan, 0.3]))
    assert PenalizedGap(100.0)(results) == 1


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_rule_serves_as_refit_of_grid_search(rule):
    X, y = (part[::4] for part in load_breast_cancer(return_X_y=True))
    tree = DecisionTreeClassifier(random_state=0)
    space = {"max_depth": [1, 2, 4, None], "min_samples_leaf": [1, 20]}
    theirs = GridSearchCV(tree, space, refit=rule, return_train_score=True).fit(X, y)
    ours = GapAwareSearchCV(tree, space, selection=rule).fit(X, y)
    assert theirs.best_index_ == ours.best_index_


@pytest.mark.parametrize("rule", GAP_RULES, ids=repr)
def test_missing_train_scores_are_a_clear_error(rule):
    with pytest.raises(ValueError, match="return_train_score=True"):
        rule({"mean_test_score": [0.5, 0.6]})


def test_several_metrics_need_a_name():
    results = {f"mean_{s}_{m}": [0.5, 0.4] for s in ("train", "test") for m in "ab"}
    with pytest.raises(ValueError, match=r"metrics \['a', 'b'\].*'metric'"):
        PenalizedGap()(results)
    with pytest.raises(ValueError, match="metric='c' is not in cv_results_"):
        PenalizedGap(metric="c")(results)
    assert PenalizedGap(metric="b")(results) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PenalizedGap(-0.1), "'penalty' parameter of PenalizedGap.*Got -0.1"),
        (lambda: PenalizedGap(np.nan), "'penalty' parameter of PenalizedGap.*Got nan"),
        (lambda: PenalizedGap("a"), "'penalty' parameter of PenalizedGap.*Got 'a'"),
        (lambda: PenalizedGap(0.1, -1), "'tolerance' parameter.*Got -1"),
        (lambda: SmallestGapWithinNoise(-1), "'n_se' parameter.*Got -1"),
        (
            lambda: SmallestGapByPairedTest(0.5),
            "'significance_level' parameter.*Got 0.5",
        ),
        (lambda: SmallestGapByPairedTest(0), "'significance_level' parameter.*Got 0"),
        (lambda: MaxGap(np.inf), "'limit' parameter.*Got inf"),
        (lambda: BestScore(metric=3), "'metric' parameter.*Got 3"),
    ],
)
def test_bad_values_are_refused_at_once(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rules_are_values():
    assert PenalizedGap(0.1) == PenalizedGap(0.1)
    assert len({PenalizedGap(0.1), PenalizedGap(0.1), PenalizedGap(0.2)}) == 2
    assert repr(MaxGap(0.1)) == "MaxGap(limit=0.1, metric=None)"
