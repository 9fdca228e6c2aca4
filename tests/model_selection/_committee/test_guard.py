"""The guard of a committee, its honest score, and what memory allows."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, f1_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_val_predict,
)
from sklearn.neighbors import KNeighborsClassifier

from skoverfit import CommitteeClassifier, GapAwareSearchCV
from skoverfit._gap import Estimate, corrected_estimate
from skoverfit._paired import paired_estimate
from skoverfit.model_selection import (
    Committee,
    GreedyMembers,
    MembersWithinNoise,
    PenalizedMembers,
    Racing,
)
from skoverfit.model_selection._committee._in_search import (
    _has_all,
    _Models,
    _nbytes_of_all,
    _passes,
)
from skoverfit.model_selection._committee._kept import KeptModel
from skoverfit.model_selection._committee._store import nbytes_of
from tests.model_selection._committee.searches import (
    DEPTHS,
    FAMILIES,
    KNN,
    TREE,
    WIDE,
    X,
    report_of,
    searched,
    y,
)


def difference(mean, std_error, pvalue):
    return Estimate(mean, std_error, (mean, mean), 0.95, pvalue, 0.0, 5, 0)


@pytest.mark.parametrize(
    ("own", "level", "passes"),
    [
        (difference(0.1, 0.1, 0.16), 0.5, True),
        (difference(0.1, 0.1, 0.16), 0.16, True),
        (difference(0.1, 0.1, 0.16), 0.05, False),
        (difference(-0.1, 0.1, 0.84), 0.5, False),
        (difference(-0.1, 0.1, 0.84), 1, True),  # without a guard
        (difference(0.0, 0.0, np.nan), 0.05, True),  # the same answers
        (difference(0.0, 0.1, 0.5), 0.05, False),
        (difference(-0.1, 0.0, 1.0), 0.05, False),
        (difference(np.nan, np.nan, np.nan), 0.5, False),
        (difference(np.nan, np.nan, np.nan), 1, True),
    ],
)
def test_what_is_better_on_unseen_rows_or_the_same_passes(own, level, passes):
    assert _passes(own, level) is passes


# ------------------------------------------------------------------------- difference


def hits_of(committee, rows):
    """Whether the rows of each split are labeled right by models that left them out."""
    right = committee.classes_[committee.out_of_fold_.argmax(axis=1)] == y
    return [right[test].astype(float) for test in rows]


@pytest.mark.parametrize("grouped", [False, True])
def test_the_guard_reads_differences_of_rows_and_of_groups(grouped):
    groups = np.arange(len(y)) // 10 if grouped else None
    cv = GroupKFold(5) if grouped else StratifiedKFold(5)
    search = GapAwareSearchCV(TREE, DEPTHS, cv=cv, committee=WIDE)
    search.fit(X, y, groups=groups)
    splits = list(cv.split(X, y, groups))
    alone = CommitteeClassifier(TREE, [search.best_params_], cv=splits).fit(X, y)
    rows = [test for _, test in splits]
    own, other = (hits_of(each, rows) for each in (search.best_estimator_, alone))
    report = report_of(search)
    expected = paired_estimate(own, other, rows, groups=groups)
    assert report.difference.mean == pytest.approx(expected.mean)
    assert report.difference.std_error == pytest.approx(expected.std_error)
    truth = y[:, np.newaxis] == alone.classes_
    own, other = (
        [((each.out_of_fold_ - truth) ** 2).sum(axis=1)[test] for test in rows]
        for each in (search.best_estimator_, alone)
    )
    expected = paired_estimate(other, own, rows, groups=groups)
    assert report.loss_difference.std_error == pytest.approx(expected.std_error)


@pytest.mark.parametrize("cv", [StratifiedKFold(5), TimeSeriesSplit(3)], ids=str)
def test_scores_that_rows_do_not_make_up_are_compared_by_splits(cv):
    order = np.random.default_rng(0).permutation(len(y))
    rows, labels = X[order], y[order]
    search = searched(scoring="f1", cv=cv, X=rows, y=labels)
    splits = list(cv.split(rows, labels))
    said = search.best_estimator_.out_of_fold_.argmax(axis=1)
    results, index = search.cv_results_, search.best_index_
    changes = [
        f1_score(labels[test], said[test]) - results[f"split{k}_test_score"][index]
        for k, (_, test) in enumerate(splits)
    ]
    ratio = np.mean([len(test) / len(train) for train, test in splits])
    expected = corrected_estimate(changes, test_train_ratio=ratio)
    found = report_of(search).difference
    assert found.mean == pytest.approx(expected.mean)
    assert found.std_error == pytest.approx(expected.std_error)


def test_without_models_of_the_chosen_candidate_splits_are_compared(tmp_path):
    options = {"committee": Committee(chosen_alone(3), guard=False), "cv": 3}
    for _ in range(2):  # the second search finds its scores, and no models
        search = searched(journal=tmp_path / "search.sqlite", **options)
    report, results = report_of(search), search.cv_results_
    names = [f"split{k}_test_score" for k in range(3)]
    changes = [results[n][3] - results[n][search.best_index_] for n in names]
    expected = corrected_estimate(changes, test_train_ratio=0.5)
    assert report.loss_difference is None
    assert report.difference.mean == pytest.approx(expected.mean)
    assert report.difference.std_error == pytest.approx(expected.std_error)


def test_the_difference_is_that_of_the_same_rows():
    search = searched()
    report = report_of(search)
    chosen = search.cv_results_["mean_test_score"][search.best_index_]
    assert report.difference.mean == pytest.approx(report.score - chosen)
    by_splits = searched(scoring=make_scorer(accuracy_score, normalize=True), cv=5)
    assert report_of(by_splits).difference.mean == pytest.approx(report.difference.mean)


def best(results):
    return np.arange(len(results["params"])) == results["mean_test_score"].argmax()


def worst(results):
    return np.arange(len(results["params"])) == results["mean_test_score"].argmin()


@pytest.mark.parametrize("guard", [True, 0.05, 0.3])
@pytest.mark.parametrize("guard_by", ["loss", "score"])
def test_the_guard_falls_back_to_the_chosen_candidate(guard, guard_by):
    committee = Committee(worst, guard=guard, guard_by=guard_by)
    search = searched(KNN, FAMILIES[2][1], committee)
    assert not report_of(search).is_used
    assert report_of(search).difference.mean < 0
    expected = clone(KNN).set_params(**search.best_params_).fit(X, y)
    assert (search.predict_proba(X) == expected.predict_proba(X)).all()
    assert search.debiased_score_ == searched(KNN, FAMILIES[2][1], None).debiased_score_


def test_without_a_guard_whatever_was_asked_for_is_made():
    search = searched(KNN, FAMILIES[2][1], Committee(worst, guard=False))
    assert report_of(search).is_used
    assert isinstance(search.best_estimator_, CommitteeClassifier)


def test_a_stricter_guard_lets_less_pass():
    by_score = Committee(GreedyMembers(), guard_by="score")
    report = report_of(searched(committee=by_score))
    p = report.difference.pvalue
    assert 0 < p < 1
    for guard, passes in ((p * 0.9, False), (min(p * 1.1, 0.999), True)):
        own = replace(by_score, guard=guard)
        assert report_of(searched(committee=own)).is_used is passes


def test_the_guard_may_read_the_quadratic_loss():
    search = searched()
    committee, report = search.best_estimator_, report_of(search)
    alone = CommitteeClassifier(TREE, [search.best_params_]).fit(X, y)
    hits = y[:, np.newaxis] == committee.classes_
    losses = [
        ((own.out_of_fold_ - hits) ** 2).sum(axis=1).mean()
        for own in (alone, committee)
    ]
    assert report.loss_difference.mean == pytest.approx(losses[0] - losses[1])
    p = report.loss_difference.pvalue
    for guard, passes in ((p * 0.9, False), (min(p * 1.1, 0.999), True)):
        own = Committee(MembersWithinNoise(2.0), guard=guard, guard_by="loss")
        assert report_of(searched(committee=own)).is_used is passes


def test_losses_of_numbers_are_shares_of_their_variance():
    rows, numbers = load_diabetes(return_X_y=True)
    space = {"alpha": [0.01, 0.1, 1.0]}
    one = report_of(searched(Ridge(), space, X=rows, y=numbers)).loss_difference
    other = report_of(searched(Ridge(), space, X=rows, y=numbers / 1000))
    assert one.mean == pytest.approx(other.loss_difference.mean, rel=1e-6)
    assert 0 < abs(one.mean) < 1


def chosen_alone(index):
    return lambda results: np.arange(len(results["params"])) == index


def test_members_of_the_chosen_candidate_alone_pass_the_guard():
    plain = searched(committee=None)
    alone = Committee(chosen_alone(plain.best_index_))
    report = report_of(searched(committee=alone))
    assert report.difference.mean == 0
    assert report.is_used


def test_members_that_no_score_has_chosen_need_no_correction():
    search = searched(committee=Committee(chosen_alone(3), guard=False))
    honest = search.honest_score_
    assert honest.score == pytest.approx(report_of(search).score)
    assert honest.optimism == pytest.approx(0, abs=1e-12)
    assert honest == report_of(search).honest_score
    low, high = search.debiased_score_interval_
    assert low < search.debiased_score_ < high


def test_a_rule_that_fails_on_some_splits_costs_the_honest_score_alone():
    def needs_all_splits(results):
        if "split4_test_score" not in results:
            raise KeyError("split4")
        return chosen_alone(3)(results)

    with pytest.warns(UserWarning, match="no honest score of the committee: 'split4'"):
        search = searched(committee=Committee(needs_all_splits, guard=False))
    assert search.honest_score_ is None
    assert np.isnan(search.debiased_score_)
    assert report_of(search).score > 0.8


@pytest.mark.parametrize(
    "rule", [PenalizedMembers(1, gap_penalty=0.0), GreedyMembers(max_members=1)]
)
def test_the_best_of_many_that_guess_is_corrected_for_the_choice(rule):
    rng = np.random.default_rng(0)
    noise, coin = rng.normal(size=(100, 30)), rng.integers(0, 2, 100)
    space = {"n_neighbors": [1, 3], "p": [1, 2], "weights": ["uniform", "distance"]}
    model = KNeighborsClassifier()
    optimism = []
    for seed in range(6):
        cv = KFold(5, shuffle=True, random_state=seed)
        search = searched(
            model, space, Committee(rule, guard=False), noise, coin, cv=cv
        )
        optimism.append(search.honest_score_.optimism)
    assert np.mean(optimism) > 0


def test_missing_scores_without_weight_do_not_count():
    search = searched(racing=Racing(0.2))
    assert search.cv_results_["n_splits_run"].min() < 5
    assert np.isfinite(report_of(search).honest_score.score)


def test_the_honest_score_is_of_the_metric_that_was_chosen_by():
    one = searched(scoring="roc_auc", committee=Committee(guard=False))
    both = searched(
        scoring=["accuracy", "roc_auc"],
        refit="roc_auc",
        committee=Committee(guard=False),
    )
    assert report_of(both).honest_score == report_of(one).honest_score


@pytest.mark.parametrize(("n_splits", "is_enough"), [(1, False), (2, True)])
def test_two_splits_are_enough_for_an_honest_score(n_splits, is_enough):
    cv = list(StratifiedKFold(3).split(X, y))[:n_splits]
    report = report_of(searched(cv=cv))
    assert (report.honest_score is not None) is is_enough


def test_the_heaviest_member_of_each_round_is_named():
    rounds = [np.arange(5) != left for left in range(5)]
    search = searched(committee=Committee(best, guard=False))
    scores = [search.cv_results_[f"split{k}_test_score"] for k in range(5)]
    means = [np.mean(scores, axis=0, where=kept[:, np.newaxis]) for kept in rounds]
    expected = [int(mean.argmax()) for mean in means]
    assert report_of(search).honest_score.chosen == tuple(expected)
    assert len(set(expected)) > 1
    # One greedy member has the least quadratic loss.
    search = searched(committee=Committee(GreedyMembers(max_members=1), guard=False))
    said = [
        cross_val_predict(
            clone(TREE).set_params(**params), X, y, method="predict_proba"
        )
        for params in search.cv_results_["params"]
    ]
    losses = ((np.stack(said) - np.eye(2)[y]) ** 2).sum(axis=2)
    tests = [test for _, test in StratifiedKFold(5).split(X, y)]
    for left, chosen in enumerate(report_of(search).honest_score.chosen):
        of_others = np.delete(losses, tests[left], axis=1).mean(axis=1)
        assert of_others[chosen] == pytest.approx(of_others.min())


# ------------------------------------------------------------------------------ models


class Model:
    def __init__(self, size):
        self.numbers_ = np.zeros(size)


def models_of(sizes, kept=None):
    """Models of candidates by their size, each of two splits, from a store."""
    store = {(c, s): KeptModel(Model(n)) for c, n in enumerate(sizes) for s in (0, 1)}
    ground = SimpleNamespace(
        store=store if kept is None else {pair: store[pair] for pair in kept},
        ran={c: [0, 1] for c in range(len(sizes))},
        task=SimpleNamespace(fit=lambda params, split, method: (params, split)),
        ask=lambda model, split, method: len(model.numbers_),
        n_jobs=None,
    )
    return _Models(ground, [f"candidate {c}" for c in range(len(sizes))], "predict")


@pytest.mark.parametrize(
    ("allowed", "taken"),
    [(1, [2]), (1.9, [2]), (2.1, [2, 0]), (3.1, [2, 0, 1]), (9, [2, 0, 1])],
)
def test_candidates_are_taken_in_turn_as_far_as_memory_allows(allowed, taken):
    models = models_of([1000] * 3)
    each = 2 * nbytes_of(KeptModel(Model(1000), "predict", 1000))
    assert models.within([2, 0, 1], int(allowed * each)) == taken
    # Candidates are numbered by their place.
    assert models.pairs == [(place, s) for place in range(len(taken)) for s in (0, 1)]
    assert len(models.kept) == 2 * len(taken)
    assert models.n_fitted_again == 0
    assert {one.test for one in models.kept} == {1000}  # what each says of test rows


def test_after_one_that_is_too_large_none_is_taken():
    models = models_of([1000, 1000, 9000, 1000, 1000])
    assert models.within([0, 1, 2, 3], 60_000) == [0, 1]
    assert models.get(4) == 2
    assert models.pairs == [(place, split) for place in range(3) for split in (0, 1)]


def test_models_that_were_not_kept_are_fitted_again():
    models = models_of([10, 10], kept=[(0, 0), (0, 1), (1, 0)])
    assert models.within([1, 0], 10**6) == [1, 0]
    assert models.n_fitted_again == 1
    assert models.pairs == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert models.kept[1] == KeptModel("candidate 1", "predict", 1)


def test_a_candidate_has_all_models_where_each_split_has_kept_one():
    models = models_of([10, 10, 10], kept=[(0, 0), (0, 1), (1, 0)])
    models.ground.ran[2] = []
    assert [_has_all(models.ground, c) for c in range(4)] == [True, False, False, False]


def test_the_memory_of_all_models_is_that_of_the_first_of_each_candidate():
    committee = SimpleNamespace(
        members_={"candidate": np.array([0, 1, 1, 0, 1])},
        estimators_=[Model(10), Model(1000), Model(5), Model(5), Model(5)],
    )
    expected = 2 * nbytes_of(Model(10)) + 3 * nbytes_of(Model(1000))
    assert _nbytes_of_all(committee) == expected
