"""``cv_results_`` taken apart by split, and put together again."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection import BestScore, GapAwareSearchCV, PenalizedGap
from skoverfit.model_selection._honest_score._split_table import SplitTable, choose
from tests.model_selection._honest_score.honest_samples import (
    CV,
    NEIGHBORS,
    data,
    searched,
)


@pytest.mark.parametrize("keep", [[0, 1, 2, 3], [4, 2], [3]])
def test_results_of_some_splits_are_those_of_a_search_on_these_splits(keep):
    results, splits, X, y = searched()
    smaller = GridSearchCV(
        KNeighborsClassifier(),
        NEIGHBORS,
        cv=[splits[k] for k in keep],
        return_train_score=True,
        refit=False,
    ).fit(X, y)
    reduced = SplitTable.read(results).results(keep)
    assert set(reduced) == set(smaller.cv_results_)
    for key, expected in smaller.cv_results_.items():
        if key.startswith(("split", "rank")) or ("_score" in key and "time" not in key):
            np.testing.assert_array_equal(reduced[key], expected, err_msg=key)


def test_results_of_some_splits_of_a_gap_aware_search_have_its_gaps_and_penalties():
    X, y = data()
    splits = list(CV.split(X, y))
    full, part = (
        GapAwareSearchCV(
            KNeighborsClassifier(), NEIGHBORS, cv=cv, gap_penalty=0.3, gap_tolerance=0.1
        ).fit(X, y)
        for cv in (splits, splits[1:])
    )
    penalize = PenalizedGap(0.3, 0.1).score
    reduced = SplitTable.read(full.cv_results_, penalize=penalize).results([1, 2, 3, 4])
    for key in reduced:
        if "gap" in key or "penalized" in key:
            np.testing.assert_allclose(reduced[key], part.cv_results_[key], rtol=1e-12)
    unknown = SplitTable.read(full.cv_results_).results([1, 2, 3, 4])
    assert not any("penalized" in key for key in unknown)


def test_without_a_penalty_the_penalized_columns_stay():
    X, y = data()
    search = GapAwareSearchCV(
        KNeighborsClassifier(), NEIGHBORS, cv=CV, selection=BestScore()
    ).fit(X, y)
    reduced = SplitTable.read(search.cv_results_).results([0, 1])
    np.testing.assert_array_equal(
        reduced["mean_penalized_score"], reduced["mean_test_score"]
    )


def test_repeats_of_refinement_are_left_out():
    results, *_ = searched()
    results |= {
        "repeat1_split0_test_score": np.ones(7),
        "refined_mean_test_score": np.ones(7),
        "n_splits_run": np.array([5, 10, 10, 5, 5, 5, 2]),
    }
    reduced = SplitTable.read(results).results([0, 1, 2])
    assert not any(key.startswith(("repeat", "refined")) for key in reduced)
    assert reduced["n_splits_run"].tolist() == [3, 3, 3, 3, 3, 3, 2]


def test_a_failure_on_a_split_that_is_left_out_is_not_forgotten():
    results, *_ = searched()
    results = {key: np.array(value) for key, value in results.items()}
    results["split4_test_score"][2] = np.nan
    results["mean_test_score"][2] = np.nan
    results["split4_train_score"][3] = np.nan
    reduced = SplitTable.read(results).results([0, 1])
    assert np.isnan(reduced["mean_test_score"]).tolist() == [k == 2 for k in range(7)]
    assert np.isnan(reduced["std_test_score"]).tolist() == [k == 2 for k in range(7)]
    assert np.isnan(reduced["mean_train_score"])[3]
    assert reduced["rank_test_score"][2] == reduced["rank_test_score"].max()


def test_split_scores_are_needed():
    with pytest.raises(ValueError, match="split0_test_score"):
        SplitTable.read({"mean_test_score": [0.1, 0.2]})


# --- what counts ---------------------------------------------------------------------


def results_of(scores, mean=None):
    """Results with test scores of shape (n_candidates, n_splits)."""
    columns = {f"split{k}_test_score": row for k, row in enumerate(scores.T)}
    return {**columns, "mean_test_score": scores.mean(axis=1) if mean is None else mean}


def test_candidates_with_all_scores_that_count_are_complete():
    scores = np.array(
        [
            [0.5, 0.6, np.nan],  # the last split has a score of a dropped one alone
            [0.5, np.nan, 0.9],
            [0.7, 0.6, np.nan],
            [-np.inf, 0.5, np.nan],
        ]
    )
    table = SplitTable.read(results_of(scores, [0.55, np.nan, 0.65, 0.1]))
    assert table.counted.tolist() == [True, True, False]
    assert table.complete.tolist() == [True, False, True, False]
    unknown = SplitTable.read(results_of(scores, [np.nan, np.nan, 0.65, 0.1]))
    assert unknown.complete.tolist() == [False, False, True, False]


def test_candidates_that_are_not_complete_have_no_means():
    scores = np.array([[0.5, 0.7], [0.9, -np.inf]])
    reduced = SplitTable.read(results_of(scores)).results([0, 1])
    assert reduced["mean_test_score"] == pytest.approx([0.6, np.nan], nan_ok=True)
    assert reduced["std_test_score"] == pytest.approx([0.1, np.nan], nan_ok=True)


def test_a_penalty_is_known_as_none_where_candidates_have_failed():
    scores = np.array([[0.5, 0.7], [np.nan, 0.9], [0.6, 0.6]])
    results = results_of(scores)
    gaps = {key.replace("test", "gap"): value for key, value in results.items()}
    results |= gaps | {"mean_penalized_score": results["mean_test_score"]}
    reduced = SplitTable.read(results).results([1])
    assert reduced["mean_penalized_score"] == pytest.approx(
        [0.7, np.nan, 0.6], nan_ok=True
    )
    assert reduced["rank_penalized_score"].tolist() == [1, 3, 2]


# --- many searches at once -----------------------------------------------------------


def test_many_searches_are_put_together_at_once():
    results, *_ = searched()
    table = SplitTable.read({**results, "n_splits_run": np.full(7, 5)})
    rng = np.random.default_rng(0)
    tests = rng.random((4, 7, 3))
    train = table.values["train_score"][:, :3]
    made = list(table.each_results_of({"test_score": tests, "train_score": train}))
    assert len(made) == 4
    for each, test in zip(made, tests, strict=True):
        one = {"test_score": test, "train_score": train}
        (alone,) = table.each_results_of(one)
        assert set(each) == set(alone)
        for key, value in alone.items():
            np.testing.assert_array_equal(each[key], value, err_msg=key)
        np.testing.assert_allclose(each["mean_test_score"], test.mean(axis=1))
        assert each["split2_test_score"].tolist() == test[:, 2].tolist()
        assert each["n_splits_run"].tolist() == [3] * 7


def test_scores_of_other_metrics_do_not_stay_as_they_were():
    X, y = data()
    search = GridSearchCV(
        KNeighborsClassifier(),
        NEIGHBORS,
        cv=CV,
        scoring=["accuracy", "f1"],
        refit=False,
    ).fit(X, y)
    table = SplitTable.read(search.cv_results_, "f1")
    (made,) = table.each_results_of({"test_f1": table.test})
    assert not any("accuracy" in key for key in made)
    assert {"mean_test_f1", "std_test_f1", "rank_test_f1"} <= set(made)
    assert {"params", "param_n_neighbors", "mean_fit_time"} <= set(made)


def test_what_rows_contribute_is_that_of_the_splits_kept():
    results, *_ = searched()
    rows = SimpleNamespace(kept=lambda splits: ("kept", splits))
    table = SplitTable.read({**results, "row_scores_score": rows})
    assert table.results([3, 1])["row_scores_score"] == ("kept", [3, 1])
    assert "row_scores_score" not in SplitTable.read(results).results([3, 1])


# --- rules ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ("first", TypeError, "The selection rule returned 'first', not an int."),
        (1.0, TypeError, "The selection rule returned 1.0, not an int."),
        (2, IndexError, "returned 2, but there are 2 candidates."),
        (-1, IndexError, "returned -1, but there are 2 candidates."),
    ],
)
def test_rules_must_return_the_place_of_a_candidate(index, error, message):
    with pytest.raises(error, match=message):
        choose(lambda results: index, results_of(np.ones((2, 3))))


def test_rules_may_return_numbers_of_numpy():
    chosen = choose(lambda results: np.int64(1), results_of(np.ones((2, 3))))
    assert (chosen, type(chosen)) == (1, int)


def test_only_what_the_search_says_itself_is_not_said_again():
    def warning(category):
        def rule(results):
            warnings.warn("of a rule", category, stacklevel=1)
            return 0

        return rule

    results = results_of(np.ones((2, 3)))
    assert choose(warning(NoCandidateWithinGapWarning), results) == 0
    with pytest.warns(UserWarning, match="of a rule"):
        choose(warning(UserWarning), results)
