"""The front of test score against gap, and the rule that takes its knee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from skoverfit.model_selection import BestScore, ParetoKnee, pareto_front
from skoverfit.testing import check_selection_rule, random_cv_results


def results_of(test, gap, metric="score"):
    test, gap = np.asarray(test, dtype=float), np.asarray(gap, dtype=float)
    return {
        f"mean_test_{metric}": test,
        f"mean_train_{metric}": test + gap,
        f"mean_gap_{metric}": gap,
    }


def beats(test, gap, a, b):
    """Whether row a is at least as good as row b in both and better in one."""
    at_least = test[a] >= test[b] and gap[a] <= gap[b]
    return at_least and (test[a] > test[b] or gap[a] < gap[b])


# --------------------------------------------------------------------------- the front
# Tenths are apart by far more than rounding, and ties occur.
tenths = st.integers(-5, 10).map(lambda number: number / 10)


@given(st.lists(st.tuples(tenths, tenths), min_size=1, max_size=15))
def test_the_front_is_what_no_other_candidate_beats(pairs):
    test, gap = np.array(pairs).T
    front = pareto_front(results_of(test, gap))
    expected = {
        b
        for b in range(len(pairs))
        if not any(beats(test, gap, a, b) for a in range(len(pairs)))
        and pairs.index(pairs[b]) == b
    }
    assert set(front) == expected
    assert len(front) == len(expected)


@given(st.integers(0, 10_000))
def test_along_the_front_gap_and_score_rise_up_to_the_best_score(seed):
    results = random_cv_results(np.random.default_rng(seed), n_candidates=30)
    test = results["mean_test_score"]
    gap = results["mean_train_score"] - test
    front = pareto_front(results)
    assert (np.diff(test[front]) > 0).all()
    assert (np.diff(gap[front]) > 0).all()
    assert test[front[-1]] == pytest.approx(test.max())
    assert gap[front[0]] == pytest.approx(gap.min())


def test_scores_that_differ_by_rounding_are_equal():
    test = np.array([0.1 + 0.2, 0.3, 0.3])
    gap = np.array([0.2, 0.1 + 0.1, 0.3 - 0.1])
    assert pareto_front(results_of(test, gap)).tolist() == [0]


def test_candidates_without_a_score_are_not_on_the_front():
    results = results_of([0.9, np.nan, 0.8, -np.inf], [0.1, 0.0, np.nan, -1.0])
    assert pareto_front(results).tolist() == [0]
    assert pareto_front(results_of([np.nan], [np.nan])).tolist() == []


def test_gaps_are_taken_from_train_scores():
    results = {"mean_test_score": [0.8, 0.7], "mean_train_score": [1.0, 0.7]}
    assert pareto_front(results).tolist() == [1, 0]


def test_metric_is_resolved_as_by_the_rules():
    results = results_of([1, 2], [0, 0], "a") | results_of([2, 1], [0, 0], "b")
    assert pareto_front(results, "b").tolist() == [0]
    assert ParetoKnee("a")(results) == 1
    for call in (pareto_front, ParetoKnee()):
        with pytest.raises(ValueError, match=r"metrics \['a', 'b'\]; name the one"):
            call(results)


def test_train_scores_are_needed():
    with pytest.raises(ValueError, match="return_train_score=True"):
        pareto_front({"mean_test_score": [0.5]})


# ---------------------------------------------------------------------------- the knee
def test_the_rule_keeps_the_promises_of_rules():
    check_selection_rule(ParetoKnee())


def test_the_knee_is_farthest_above_the_line():
    # Heights above the line from (0, 0.5) to (0.4, 0.9): 0, 0.2, 0.15, 0.
    results = results_of([0.5, 0.8, 0.85, 0.9, 0.4], [0.0, 0.1, 0.2, 0.4, 0.3])
    assert ParetoKnee()(results) == 1


@pytest.mark.parametrize(
    ("test", "gap", "expected"),
    [
        ([0.7], [0.3], 0),
        ([0.7, 0.8], [0.1, 0.2], 1),
        ([0.6, 0.65, 0.9], [0.1, 0.3, 0.4], 2),  # below the line throughout
        ([0.6, 0.7, 0.8], [0.1, 0.2, 0.3], 2),  # on the line
        ([0.9, 0.7, 0.8], [0.1, 0.2, 0.3], 0),  # one candidate beats all
        ([0.5, 0.5, 0.5], [0.2, 0.1, 0.1], 1),
    ],
)
def test_without_a_knee_the_best_score_is_taken(test, gap, expected):
    assert ParetoKnee()(results_of(test, gap)) == expected


@given(
    seed=st.integers(0, 10_000),
    shift=st.integers(-8, 8),
    scale=st.sampled_from([0.25, 0.5, 2.0, 8.0]),
)
def test_the_knee_does_not_depend_on_units(seed, shift, scale):
    rng = np.random.default_rng(seed)
    test, gap = rng.uniform(size=12), rng.uniform(size=12)
    index = ParetoKnee()(results_of(test, gap))
    assert ParetoKnee()(results_of(scale * test + shift, gap * 4 + shift)) == index


@given(st.integers(0, 10_000))
def test_the_knee_is_on_the_front(seed):
    results = random_cv_results(np.random.default_rng(seed), n_candidates=20)
    assert ParetoKnee()(results) in pareto_front(results)


def test_failures_give_what_other_rules_give():
    results = results_of([np.nan, 0.8], [np.nan, np.nan])
    assert ParetoKnee()(results) == BestScore()(results) == 1
    assert ParetoKnee()(results_of([np.nan] * 3, [np.nan] * 3)) == 0


def test_in_scikit_learns_own_search():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    y = (X[:, 0] + rng.normal(size=90) > 0).astype(int)
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"min_samples_leaf": [1, 2, 5, 10, 20, 40]},
        return_train_score=True,
        refit=ParetoKnee(),
    ).fit(X, y)
    assert search.best_index_ in pareto_front(search.cv_results_)


@pytest.mark.parametrize("metric", [3, ["score"]])
def test_bad_metrics_are_refused(metric):
    with pytest.raises(ValueError, match="metric"):
        ParetoKnee(metric)
