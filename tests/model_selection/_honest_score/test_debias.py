"""Honest scores: against a repetition by hand, special cases and bad input."""

import dataclasses
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.metrics import get_scorer, make_scorer, mean_squared_error
from sklearn.model_selection import (
    LeaveOneOut,
    RepeatedKFold,
    ShuffleSplit,
)
from sklearn.neighbors import KNeighborsClassifier

from skoverfit._gap import corrected_estimate
from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection import (
    BestScore,
    GapAwareSearchCV,
    MaxGap,
    PenalizedGap,
    SmallestGapWithinNoise,
)
from skoverfit.model_selection._honest_score import _bootstrap as bootstrap_module
from skoverfit.model_selection._honest_score._bootstrap import Units
from skoverfit.model_selection._honest_score._debias import (
    _default_bootstraps,
    bootstrap_corrected_score,
    leave_one_split_out,
)
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
)
from skoverfit.model_selection._honest_score._resampled import resampled_metric
from tests.model_selection._honest_score.honest_samples import (
    CV,
    NEIGHBORS,
    data,
    searched,
    stored,
)

RULES = [BestScore(), PenalizedGap(0.2), SmallestGapWithinNoise(1.0)]


@pytest.fixture(scope="module")
def plain():
    """A search by accuracy with its predictions."""
    results, splits, X, y = searched()
    store, scorer = stored(results, splits, X, y)
    return results, splits, X, y, store, scorer


# --- leave one split out -------------------------------------------------------------


def test_the_results_are_not_changed():
    results, *_ = searched()
    before = {key: np.array(value, copy=True) for key, value in results.items()}
    leave_one_split_out(results, PenalizedGap(0.1))
    assert list(before) == list(results)
    for key, value in before.items():
        np.testing.assert_array_equal(value, results[key])


def chosen_by_hand(results, rule, keep):
    """Choose with nothing but arithmetic on the split scores."""
    part = {}
    for side in ("test", "train"):
        scores = np.array([results[f"split{k}_{side}_score"] for k in keep])
        part |= {f"split{n}_{side}_score": row for n, row in enumerate(scores)}
        part[f"mean_{side}_score"] = scores.mean(axis=0)
    return rule.select(part, test_train_ratio=0.25)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_leave_one_split_out_by_hand(rule):
    results, *_ = searched()
    select = partial(rule.select, test_train_ratio=0.25)
    honest = leave_one_split_out(results, select)
    test = np.array([results[f"split{k}_test_score"] for k in range(5)])
    choices = [
        chosen_by_hand(results, rule, [k for k in range(5) if k != j]) for j in range(5)
    ]
    excess = [test[:, c].mean() - test[j, c] for j, c in enumerate(choices)]
    naive = results["mean_test_score"][select(results)]
    assert honest.chosen == tuple(choices)
    assert honest.score == pytest.approx(naive - np.mean(excess))
    assert honest.optimism == pytest.approx(np.mean(excess))
    assert honest.interval[0] < honest.score < honest.interval[1]
    assert (honest.n_rounds, honest.n_invalid) == (5, 0)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_of_a_single_candidate_it_is_the_corrected_estimate(level):
    results, *_ = searched(grid={"n_neighbors": [5]})
    honest = leave_one_split_out(results, BestScore(), confidence_level=level)
    scores = [results[f"split{k}_test_score"][0] for k in range(5)]
    estimate = corrected_estimate(scores, confidence_level=level)
    assert honest.score == pytest.approx(estimate.mean)
    assert honest.std_error == pytest.approx(estimate.std_error)
    assert honest.interval == pytest.approx(estimate.interval)


def test_the_variance_is_that_of_what_was_left_out_of_choices_and_of_all():
    scores = np.array([[0.5, 0.9], [0.6, 0.6], [0.9, 0.5]])
    honest = leave_one_split_out(as_results(scores), BestScore())
    # What is left out is 0.5, 0.6 and 0.5, with a variance of 1 / 300; either candidate
    # has 13 / 300. Half of all counts by candidates, a quarter by choices.
    assert honest.chosen == (0, 0, 1)
    variance = (1 / 4 + 13 / 4 + 13 / 2) / 300
    assert honest.std_error == pytest.approx(np.sqrt(variance * (1 / 3 + 1 / 2)))
    # Two candidates count for one and a half times the degrees of freedom.
    half = honest.std_error * stats.t.ppf(0.975, 3)
    assert honest.interval == pytest.approx((honest.score - half, honest.score + half))
    assert (honest.method, honest.confidence_level) == ("leave one split out", 0.95)


def test_a_metric_and_its_penalty_are_those_asked_for():
    X, y = data()
    search = GapAwareSearchCV(
        KNeighborsClassifier(),
        NEIGHBORS,
        cv=CV,
        scoring=["accuracy", "roc_auc"],
        refit="accuracy",
        gap_penalty=0.3,
    ).fit(X, y)
    rule = PenalizedGap(0.3, metric="roc_auc")

    def select(results):
        return int(np.argmax(results["mean_penalized_roc_auc"]))

    by_column = leave_one_split_out(
        search.cv_results_, select, metric="roc_auc", penalize=rule.score
    )
    by_rule = leave_one_split_out(search.cv_results_, rule, metric="roc_auc")
    assert by_column == by_rule
    chosen = search.cv_results_["mean_test_roc_auc"][rule(search.cv_results_)]
    assert by_rule.score + by_rule.optimism == pytest.approx(chosen)


def test_two_splits_are_enough():
    honest = leave_one_split_out(as_results([[0.5, 0.7], [0.9, 0.6]]), BestScore())
    # The first chooses the second candidate, the second the first.
    assert honest.chosen == (0, 1)
    assert honest.optimism == pytest.approx(np.mean([0.7 - 0.5, 0.65 - 0.6]))


def test_the_largest_variances_are_cut_to_that_of_three_in_four():
    spread = np.array([-1.0, 0.0, 1.0])[:, np.newaxis]
    scores = 0.8 - np.arange(5) / 10 + spread * [0.01, 0.02, 0.03, 0.04, 0.9]
    honest = leave_one_split_out(as_results(scores), lambda results: 0)
    usual = np.square([0.01, 0.02, 0.03, 0.04, 0.04]).mean()
    variance = (0.01**2 + usual) / 2
    assert honest.std_error == pytest.approx(np.sqrt(variance * (1 / 3 + 1 / 2)))


@pytest.mark.parametrize(
    ("is_at_once", "n_values", "n_bootstraps"),
    [
        (True, 1_000, 1000),
        (True, 1_000_000, 100),
        (True, 300_000, 333),
        (True, 10_000_000, 50),
        (False, 1_000, 100),
        (False, 250_000, 80),
        (False, 1_000_000, 50),
    ],
)
def test_fewer_samples_are_drawn_of_many_predictions(
    is_at_once, n_values, n_bootstraps
):
    kind = SimpleNamespace(by_unit=False, at_once=is_at_once)
    assert _default_bootstraps(kind, n_values) == n_bootstraps
    kind.by_unit = True  # which costs next to nothing
    assert _default_bootstraps(kind, n_values) == 1000


def test_more_test_rows_for_each_training_row_widen_the_interval():
    results, *_ = searched()
    narrow, wide = (
        leave_one_split_out(results, BestScore(), test_train_ratio=ratio).std_error
        for ratio in (0.1, 1.0)
    )
    assert wide / narrow == pytest.approx(np.sqrt((0.2 + 1.0) / (0.2 + 0.1)))


def test_candidates_that_wildly_fail_do_not_widen_the_interval_much():
    rng = np.random.default_rng(0)
    scores = 0.8 + 0.02 * rng.standard_normal((5, 20))
    calm = as_results(scores)
    scores[:, :3] = -1e6 * rng.random((5, 3))
    wild = as_results(scores)
    widths = [leave_one_split_out(r, BestScore()).std_error for r in (calm, wild)]
    assert widths[1] < 1.5 * widths[0]


def as_results(scores):
    """Results with test scores of shape (n_splits, n_candidates)."""
    columns = {f"split{k}_test_score": row for k, row in enumerate(scores)}
    return {**columns, "mean_test_score": np.mean(scores, axis=0)}


def test_candidates_that_racing_dropped_are_never_chosen():
    scores = np.array([[0.5, 0.9, 0.4], [0.6, 0.9, 0.4], [0.7, np.nan, 0.5]])
    honest = leave_one_split_out(as_results(scores), BestScore())
    assert honest.chosen == (0, 0, 0)
    assert honest.score == pytest.approx(0.6)


def test_splits_that_no_candidate_finished_do_not_count():
    scores = np.array([[0.4, 0.6], [0.7, 0.6], [0.9, 0.6], [np.nan, np.nan]])
    results = as_results(scores) | {"mean_test_score": scores[:3].mean(axis=0)}
    honest = leave_one_split_out(results, BestScore())
    assert honest.n_rounds == 3
    assert honest.chosen == (0, 0, 1)


def test_the_score_of_a_refined_choice_is_the_refined_one():
    scores = np.array([[0.5, 0.6], [0.7, 0.6], [0.9, 0.6]])
    refined = {"refined_mean_test_score": np.array([0.65, np.nan])}
    honest = leave_one_split_out(as_results(scores) | refined, lambda results: 0)
    assert honest.score == pytest.approx(0.65)


def test_no_warning_for_each_round_of_a_rule_with_a_limit():
    results, *_ = searched()
    rule = MaxGap(-0.5)
    with pytest.warns(NoCandidateWithinGapWarning):
        rule(results)
    assert np.isfinite(leave_one_split_out(results, rule).score)


def test_without_any_valid_candidate_there_is_nothing_to_leave_out():
    with pytest.raises(ValueError, match=r"0 split\(s\)"):
        leave_one_split_out(as_results(np.full((3, 2), np.nan)), BestScore())


def test_one_split_is_too_few():
    with pytest.raises(ValueError, match=r"1 split\(s\)"):
        leave_one_split_out(as_results(np.ones((1, 2))), BestScore())


@pytest.mark.parametrize("level", [0, 1, np.nan, 1.5])
def test_bad_confidence_level(level):
    with pytest.raises(ValueError, match=r"^confidence_level"):
        leave_one_split_out(
            as_results(np.ones((3, 2))), BestScore(), confidence_level=level
        )


@pytest.mark.parametrize("ratio", [0, -1.0, np.nan])
def test_bad_ratio(ratio):
    with pytest.raises(ValueError, match=r"^test_train_ratio"):
        leave_one_split_out(
            as_results(np.ones((3, 2))), BestScore(), test_train_ratio=ratio
        )


def test_rules_that_return_no_candidate():
    results = as_results(np.ones((3, 2)))
    with pytest.raises(TypeError, match="not an int"):
        leave_one_split_out(results, lambda results: "first")
    with pytest.raises(IndexError, match="2 candidates"):
        leave_one_split_out(results, lambda results: 2)


# --- bootstrap -----------------------------------------------------------------------


def bootstrap_by_hand(results, store, y, rule, seed, n_bootstraps):
    """Repeat the choice with repeated rows and accuracies, one after the other."""
    n_candidates = len(results["params"])
    right = np.array([store.of(c) == y for c in range(n_candidates)])
    train = np.array([results[f"split{k}_train_score"] for k in range(5)])
    order = np.concatenate([np.flatnonzero(store.split_of_row == k) for k in range(5)])
    rng = np.random.RandomState(seed)
    chosen, excess = [], []
    for _ in range(n_bootstraps):
        drawn = order[rng.randint(len(y), size=len(y))]
        test = [
            right[:, drawn[store.split_of_row[drawn] == k]].mean(1) for k in range(5)
        ]
        table = {f"split{k}_test_score": test[k] for k in range(5)}
        table["mean_test_score"] = np.mean(test, axis=0)
        table["mean_train_score"] = train.mean(axis=0)
        index = rule.select(table)
        chosen.append(index)
        excess.append(
            right[index].mean() - right[index, np.setdiff1d(order, drawn)].mean()
        )
    return chosen, np.mean(excess)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_bootstrap_by_hand(plain, rule):
    results, _, _, y, store, scorer = plain
    honest = bootstrap_corrected_score(
        store, y, results, rule, scorer, n_bootstraps=25, random_state=3
    )
    chosen, optimism = bootstrap_by_hand(results, store, y, rule, 3, 25)
    assert honest.chosen == tuple(chosen)
    assert honest.optimism == pytest.approx(optimism)
    naive = results["mean_test_score"][rule(results)]
    assert honest.score == pytest.approx(naive - optimism)
    assert honest.interval[0] < honest.score < honest.interval[1]


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "average_precision"])
def test_bootstrap_of_probabilities(scoring):
    results, splits, X, y = searched(scoring=scoring)
    store, scorer = stored(results, splits, X, y, scoring=scoring)
    honest = bootstrap_corrected_score(
        store, y, results, BestScore(), scorer, n_bootstraps=10
    )
    assert honest.n_rounds == 10
    assert abs(honest.optimism) < honest.std_error


@pytest.mark.parametrize(
    "cv",
    [
        LeaveOneOut(),
        ShuffleSplit(4, test_size=0.3, random_state=0),
        RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
    ],
    ids=["leave one out", "overlapping splits", "repeats"],
)
def test_bootstrap_with_other_splits(cv):
    results, splits, X, y = searched(cv, grid={"n_neighbors": [1, 5, 9]})
    store, scorer = stored(results, splits, X, y)
    honest = bootstrap_corrected_score(
        store, y, results, BestScore(), scorer, n_bootstraps=20
    )
    assert honest.n_rounds == 20
    assert abs(honest.score - results["mean_test_score"].max()) < 0.2


def test_same_seed_same_result_whatever_fits_into_memory(plain, monkeypatch):
    results, _, _, y, store, scorer = plain
    run = partial(
        bootstrap_corrected_score,
        store,
        y,
        results,
        BestScore(),
        scorer,
        n_bootstraps=30,
    )
    first = run(random_state=1)
    assert run(random_state=1) == first
    assert run(random_state=2) != first
    monkeypatch.setattr(bootstrap_module, "MAX_COUNTS", 7 * len(y))
    assert run(random_state=1) == first


def test_groups_are_drawn_whole(plain):
    results, _, _, y, store, scorer = plain
    rows = np.arange(len(y))
    run = partial(
        bootstrap_corrected_score,
        store,
        y,
        results,
        BestScore(),
        scorer,
        n_bootstraps=30,
    )
    in_order_of_splits = np.argsort(np.argsort(store.split_of_row, kind="stable"))
    assert run(groups=in_order_of_splits) == run()
    assert run(groups=rows // 10) != run()


def test_units_are_rows_groups_or_parcels_of_them(monkeypatch):
    rows, source = [np.arange(5), np.arange(5, 12)], np.random.RandomState(0)
    units = Units.of(rows, None, source)
    assert np.concatenate(units.of_split).tolist() == list(range(12))
    monkeypatch.setattr(bootstrap_module, "MAX_UNITS", 6)
    monkeypatch.setattr(bootstrap_module, "PARCELS", 6)
    units = Units.of(rows, None, source)
    assert units.n_units == 5
    assert [np.bincount(unit).tolist() for unit in units.of_split] == [
        [3, 2],
        [0, 0, 3, 2, 2],  # of one split alone
    ]
    groups = np.array(list("abcdefghabcd"))
    of_rows = np.concatenate(Units.of(rows, groups, source).of_split)
    assert of_rows.tolist()[8:] == of_rows.tolist()[:4]  # groups stay whole
    assert sorted(np.bincount(of_rows[:8])) == [1, 1, 1, 1, 2, 2]


def test_parcels_vary_as_rows_do(monkeypatch):
    rng, y = np.random.default_rng(0), np.zeros(6000)
    splits = [(test, test) for test in np.split(np.arange(6000), 3)]
    store = PredictionStore("predict", LinearRegression(), y, splits, 4)
    responses = rng.normal(size=(4, 6000)) * [[1], [1.01], [1.02], [1.3]]
    results = {"params": [{}] * 4}
    for split, (_, test) in enumerate(splits):
        for candidate in range(4):
            store.record(candidate, split, responses[candidate, test])
        results[f"split{split}_test_score"] = -(responses[:, test] ** 2).mean(axis=1)
    columns = [results[f"split{split}_test_score"] for split in range(3)]
    results["mean_test_score"] = np.mean(columns, axis=0)
    scorer = get_scorer("neg_mean_squared_error")
    run = partial(bootstrap_corrected_score, store, y, results, BestScore(), scorer)
    by_rows = run()
    monkeypatch.setattr(bootstrap_module, "MAX_UNITS", 1500)
    monkeypatch.setattr(bootstrap_module, "PARCELS", 1500)
    by_parcels = run()
    assert by_parcels != by_rows
    assert by_parcels.std_error == pytest.approx(by_rows.std_error, rel=0.15)
    assert by_parcels.optimism == pytest.approx(by_rows.optimism, rel=0.25)


def test_candidates_without_all_predictions_are_never_chosen(plain):
    results, splits, _X, y, store, scorer = plain
    best = BestScore()(results)
    part = PredictionStore("predict", KNeighborsClassifier(), y, splits, 7)
    for split, (_, test) in enumerate(splits):
        for candidate in range(7):
            if (candidate, split) != (best, 2):
                part.record(candidate, split, store.of(candidate)[test])
    honest = bootstrap_corrected_score(
        part, y, results, BestScore(), scorer, n_bootstraps=30
    )
    assert best not in honest.chosen


def test_sample_weights_are_those_of_the_search(plain):
    results, splits, _X, y, store, _ = plain
    weights = np.random.default_rng(0).random(len(y))
    scorer = get_scorer("accuracy")
    weighted = {key: np.array(value) for key, value in results.items()}
    metric = resampled_metric(store, y, scorer, weights)
    for split, (_, test) in enumerate(splits):
        column = metric.on(test).all(np.ones((1, len(test))))[0]
        weighted[f"split{split}_test_score"] = column
    columns = [weighted[f"split{k}_test_score"] for k in range(5)]
    weighted["mean_test_score"] = np.mean(columns, axis=0)
    run = partial(
        bootstrap_corrected_score,
        store,
        y,
        weighted,
        BestScore(),
        scorer,
        n_bootstraps=20,
    )
    assert np.isfinite(run(sample_weight=weights).score)
    with pytest.raises(ValueError, match="sample_weight"):
        run()


def test_predictions_must_give_the_scores_of_the_search(plain):
    results, _, _, y, store, _ = plain
    other = make_scorer(mean_squared_error, greater_is_better=False)
    with pytest.raises(ValueError, match="do not give the scores"):
        bootstrap_corrected_score(store, y, results, BestScore(), other)


def test_predictions_of_another_number_of_candidates(plain):
    results, splits, _, y, _, scorer = plain
    store = PredictionStore("predict", KNeighborsClassifier(), y, splits, 3)
    with pytest.raises(ValueError, match="of 3 candidates, but cv_results_ has 7"):
        bootstrap_corrected_score(store, y, results, BestScore(), scorer)


def test_no_predictions_at_all(plain):
    results, splits, _, y, _, scorer = plain
    store = PredictionStore("predict", KNeighborsClassifier(), y, splits, 7)
    with pytest.raises(ValueError, match="No candidate has predictions"):
        bootstrap_corrected_score(store, y, results, BestScore(), scorer)


@pytest.mark.parametrize("n_bootstraps", [1, 0, 2.5, "many"])
def test_bad_number_of_bootstraps(plain, n_bootstraps):
    results, _, _, y, store, scorer = plain
    with pytest.raises(ValueError, match="n_bootstraps"):
        bootstrap_corrected_score(
            store, y, results, BestScore(), scorer, n_bootstraps=n_bootstraps
        )


def test_honest_scores_are_values(plain):
    results, *_ = plain
    honest = leave_one_split_out(results, BestScore())
    with pytest.raises(dataclasses.FrozenInstanceError):
        honest.score = 1.0
    assert "chosen" not in repr(honest)


# --- in a search ---------------------------------------------------------------------


@pytest.mark.parametrize("scoring", [None, "roc_auc"])
def test_the_search_gives_both(scoring):
    X, y = data()
    search = GapAwareSearchCV(KNeighborsClassifier(), NEIGHBORS, cv=CV, scoring=scoring)
    by_splits = clone(search).fit(X, y)
    by_rows = search.set_params(store_predictions=True, random_state=0).fit(X, y)
    select = partial(PenalizedGap(0.05).select, test_train_ratio=0.25)
    assert by_splits.debiased_score_ == pytest.approx(
        leave_one_split_out(by_splits.cv_results_, select).score
    )
    results, splits, X, y = searched(scoring=scoring)
    store, scorer = stored(results, splits, X, y, scoring=scoring)
    expected = bootstrap_corrected_score(
        store, y, by_rows.cv_results_, select, scorer, penalize=PenalizedGap(0.05).score
    )
    assert by_rows.debiased_score_ == expected.score
    assert by_rows.debiased_score_interval_ == expected.interval
