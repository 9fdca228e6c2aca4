"""Selection rules: properties that hold for any table of scores."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import Estimate
from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection import (
    BestScore,
    GapAwareSearchCV,
    MaxGap,
    PenalizedGap,
    SelectionRule,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)
from skoverfit.model_selection._selection import read_scores
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


def test_the_whole_gap_above_the_tolerance_is_penalized():
    results = table([0.80, 0.79], [1.00, 0.80])
    assert PenalizedGap(1.0)(results) == 1
    results = table([0.80, 0.79], [0.90, 0.79])
    assert PenalizedGap(0.5, tolerance=0.1)(results) == 0
    assert PenalizedGap(0.5)(results) == 1


@pytest.mark.parametrize(
    ("worse_by", "chosen"),
    # One degree of freedom, ratio 1: t = mean / (sqrt(3 / 2) * std) is 1.73 and 2.89,
    # with the p-values 0.167 and 0.106.
    [([0.01, 0.02], (0, 1)), ([0.02, 0.03], (1, 1))],
)
def test_two_splits_have_one_degree_of_freedom(worse_by, chosen):
    splits = [np.array([0.9, 0.9 - own]) for own in worse_by]
    results = {f"split{k}_test_score": own for k, own in enumerate(splits)}
    results["mean_test_score"] = np.mean(splits, axis=0)
    results["mean_train_score"] = np.array([1.0, 0.9])
    levels = [0.2, 0.1] if chosen == (0, 1) else [0.1, 0.05]
    assert tuple(SmallestGapByPairedTest(own)(results) for own in levels) == chosen


def test_a_single_split_tests_nothing():
    rule = SmallestGapByPairedTest(0.001)
    assert rule({"mean_test_score": [0.8, 0.79], "mean_train_score": [0.9, 0.8]}) == 0
    assert rule({"mean_test_score": [0.8, 0.8], "mean_train_score": [0.9, 0.85]}) == 1


class Rows:
    """Comparisons of rows with known p-values; remembers what was compared."""

    def __init__(self, **pvalues):
        self.pvalues, self.asked = pvalues, []

    def difference(self, one, other):
        self.asked.append((one, other))
        pvalue = 1.0 if one == other else self.pvalues[f"of_{other}"]
        return Estimate(0.1, 0.1, (0, 0), 0.95, pvalue, 0.0, 5, 0)


@pytest.mark.parametrize(
    ("pvalues", "chosen", "asked"),
    [
        ({"of_1": 0.39, "of_2": 0.4}, 2, [1, 2]),  # not below the level: not worse
        ({"of_1": 0.5}, 1, [1]),
        ({"of_1": 0.01, "of_2": 0.01}, 3, [1, 2, 3]),
    ],
)
def test_rows_are_tested_from_the_smallest_gap_on(pvalues, chosen, asked):
    rows = Rows(**pvalues)
    results = table([np.nan, 0.80, 0.81, 0.90, 0.70], [np.nan, 0.85, 0.91, 1.05, 0.95])
    rule = SmallestGapByPairedTest(0.4)
    assert rule(results | {"row_scores_score": rows}) == chosen
    assert rows.asked == [(3, own) for own in asked]


def test_rows_of_all_equal_gaps_are_tested():
    rows = Rows(of_0=0.5, of_1=0.5)
    results = table([0.5, 0.75, 1.0], [0.75, 1.0, 2.0], row_scores_score=rows)
    assert SmallestGapByPairedTest(0.4)(results) == 1


def refined():
    """Two splits of three candidates, of which two were split twice more."""
    return {
        "params": [{"x": 1}, {}, {"x": 2}],
        "split0_test_score": [0.8, 0.6, -np.inf],
        "split1_test_score": [0.6, 0.4, 0.2],
        "mean_test_score": [0.7, 0.5, -np.inf],
        "mean_gap_score": [0.3, 0.2, np.nan],
        "repeat1_split0_test_score": [0.9, 0.7, np.nan],
        "repeat1_split1_test_score": [0.5, 0.3, np.nan],
        "repeat2_split0_test_score": [0.7, 0.5, np.nan],
        "repeat2_split1_test_score": [0.7, 0.7, np.nan],
        "refined_mean_test_score": [0.7, 0.6, np.nan],
        "refined_mean_gap_score": [0.25, 0.15, np.nan],
        "row_scores_score": "rows",
    }


def test_a_refined_search_is_read_from_all_of_its_passes():
    read = read_scores(refined(), "score")
    assert np.array_equal(read.test, [0.7, 0.6, np.nan], equal_nan=True)
    assert np.array_equal(read.gap, [0.25, 0.15, np.nan], equal_nan=True)
    first, second, third = read.split_test
    assert first.tolist() == [0.8, 0.6, 0.9, 0.5, 0.7, 0.7]
    assert second.tolist() == [0.6, 0.4, 0.7, 0.3, 0.5, 0.7]
    assert np.isnan(third).tolist() == [True, False, True, True, True, True]
    # Rows were compared in the first pass alone.
    assert (read.n_splits, read.test_train_ratio, read.rows) == (2, 1.0, None)
    assert read.own_settings == 1
    # The spread is that of six scores, the rows are those of two splits.
    assert read.std_error(0) == pytest.approx(first.std(ddof=1) / np.sqrt(2))


def test_a_search_without_repeats_is_read_from_its_splits():
    results = {k: v for k, v in refined().items() if "re" not in k.replace("score", "")}
    results |= {"row_scores_score": "rows", "params": [{"x": 1}] * 3}
    read = read_scores(results, "score", test_train_ratio=0.25)
    assert read.test.tolist() == [0.7, 0.5, -np.inf]
    assert read.split_test[0].tolist() == [0.8, 0.6]
    assert np.isnan(read.split_test[2, 0])
    assert (read.n_splits, read.test_train_ratio, read.rows) == (2, 0.25, "rows")
    assert read.own_settings is None


def test_candidates_are_compared_by_rows_or_else_by_splits():
    results = table([0.8, 0.7], [0.9, 0.9])
    results["split0_test_score"] = np.array([0.9, 0.6])
    difference = read_scores(results, "score", test_train_ratio=0.5).difference(0, 1)
    assert difference.mean == pytest.approx(0.2)
    # Of 0.3 and 0.1, with the factor 1 / 2 + 0.5 of the variance.
    assert difference.std_error == pytest.approx(0.02**0.5)
    rows = results["row_scores_score"] = Rows(of_1=0.125)
    assert read_scores(results, "score").difference(0, 1).pvalue == 0.125
    assert rows.asked == [(0, 1)]


def test_scores_without_a_gap_may_be_read_where_none_is_needed():
    results = {"mean_test_score": [0.5, 0.6]}
    assert BestScore()(results) == 1
    assert np.isnan(read_scores(results, "score", needs_gap=False).gap).tolist() == (
        [True, True]
    )
    with pytest.raises(ValueError, match="needs train scores"):
        read_scores(results, "score")


def test_a_rule_of_ones_own_may_need_no_gap():
    class Worst(SelectionRule):
        metric = None
        needs_gap = False

        def _accept(self, table, valid):
            return valid & (table.test == table.test[valid].min())

    assert Worst()({"mean_test_score": [np.nan, 0.6, 0.5]}) == 2
    assert Worst()(table([0.7, 0.6, 0.5], [0.8, np.nan, np.nan])) == 2


@pytest.mark.parametrize("means", [[], [[0.5]], 0.5])
def test_means_that_are_no_column_are_refused(means):
    with pytest.raises(ValueError, match="mean_test_score must have one value per"):
        BestScore()({"mean_test_score": means})


def test_the_warning_of_a_limit_points_to_the_call():
    with pytest.warns(NoCandidateWithinGapWarning) as given:
        MaxGap(0.1)(table([0.5], [0.9]))
    assert given[0].filename == __file__


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
    results = table([0.7, 0.0], [1.0, 0.0], mean_gap_score=[0.3, 0.1])
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
