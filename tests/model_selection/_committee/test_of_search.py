"""Committees of searches that scikit-learn or this library has fitted."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
)
from sklearn.tree import DecisionTreeClassifier

from skoverfit import CommitteeClassifier, CommitteeRegressor, GapAwareSearchCV
from skoverfit.model_selection import (
    GreedyMembers,
    LowGapMembers,
    MembersWithinNoise,
    PenalizedMembers,
)

X, y = load_iris(return_X_y=True)
SPACE = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 20]}
TREE = DecisionTreeClassifier(random_state=0)


def grid(**options):
    return GridSearchCV(TREE, SPACE, return_train_score=True, **options).fit(X, y)


def brier(committee):
    hits = y[:, np.newaxis] == committee.classes_
    return ((committee.out_of_fold_ - hits) ** 2).sum(axis=1).mean()


@pytest.mark.parametrize(
    "rule", [MembersWithinNoise(), LowGapMembers(), PenalizedMembers(3)], ids=repr
)
def test_the_rule_says_who_is_a_member(rule):
    search = grid()
    taken = np.flatnonzero(rule(search.cv_results_))
    committee = CommitteeClassifier.from_search(search, X, y, members=rule)
    assert committee.candidates == [search.cv_results_["params"][k] for k in taken]
    assert len(committee.estimators_) == 5 * len(taken)


def test_it_equals_one_with_the_same_candidates_and_weights():
    search = grid(cv=3)
    committee = CommitteeClassifier.from_search(search, X, y, members=GreedyMembers())
    again = CommitteeClassifier(
        TREE, committee.candidates, weights=committee.weights, cv=3
    ).fit(X, y)
    assert np.allclose(committee.predict_proba(X), again.predict_proba(X), rtol=1e-12)
    assert np.allclose(committee.out_of_fold_, again.out_of_fold_, rtol=1e-12)


def test_greedy_members_are_no_worse_than_the_best_alone_by_their_loss():
    search = grid()
    greedy = CommitteeClassifier.from_search(search, X, y, members=GreedyMembers())
    alone = [
        CommitteeClassifier(TREE, [p]).fit(X, y) for p in search.cv_results_["params"]
    ]
    assert brier(greedy) <= min(map(brier, alone)) + 1e-12


def test_the_default_rule_is_greedy():
    search = grid()
    default = CommitteeClassifier.from_search(search, X, y)
    greedy = CommitteeClassifier.from_search(search, X, y, members=GreedyMembers())
    assert default.candidates == greedy.candidates


@pytest.mark.parametrize("rule", [MembersWithinNoise(5.0), GreedyMembers()], ids=repr)
def test_there_are_at_most_so_many_models(rule):
    committee = CommitteeClassifier.from_search(
        grid(), X, y, members=rule, max_members=11
    )
    assert len(committee.estimators_) <= 10
    assert committee.members_["weight"].sum() == pytest.approx(1)


def test_any_callable_may_weigh():
    def by_score(results):
        return np.maximum(results["mean_test_score"] - 0.94, 0)

    search = grid()
    committee = CommitteeClassifier.from_search(search, X, y, members=by_score)
    weights = by_score(search.cv_results_)
    assert np.allclose(committee.weights, weights[weights > 0] / weights.sum())


@pytest.mark.parametrize(
    "returned", [[1.0], [-1.0] * 12, [0.0] * 12, [np.nan] * 12], ids=str
)
def test_bad_weights_of_a_callable_are_refused(returned):
    with pytest.raises(ValueError, match="for each of the 12 candidates"):
        CommitteeClassifier.from_search(grid(), X, y, members=lambda _: returned)


def test_of_successive_halving_the_last_round_counts():
    search = HalvingGridSearchCV(TREE, SPACE, random_state=0, cv=3).fit(X, y)
    results = search.cv_results_
    last = [
        params
        for params, n in zip(results["params"], results["iter"], strict=True)
        if n == results["iter"].max()
    ]
    committee = CommitteeClassifier.from_search(search, X, y)
    assert all(params in last for params in committee.candidates)


def test_our_own_search_with_several_metrics_and_groups():
    groups = np.arange(150) % 6
    search = GapAwareSearchCV(
        TREE,
        SPACE,
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
        cv=GroupKFold(3),
    ).fit(X, y, groups=groups)
    committee = CommitteeClassifier.from_search(
        search, X, y, members=LowGapMembers(), groups=groups
    )
    rule = LowGapMembers(metric="neg_log_loss")
    taken = np.flatnonzero(rule(search.cv_results_))
    assert committee.candidates == [search.cv_results_["params"][k] for k in taken]
    assert len(committee.estimators_) == 3 * len(taken)


def test_regression_and_other_splits():
    rows, numbers = load_diabetes(return_X_y=True)
    space = {"alpha": np.logspace(-3, 1, 20)}
    search = RandomizedSearchCV(Ridge(), space, n_iter=6, random_state=0)
    search.fit(rows, numbers)
    committee = CommitteeRegressor.from_search(
        search, rows, numbers, cv=2, members=GreedyMembers()
    )
    assert set(committee.members_["split"]) == {0, 1}
    assert committee.score(rows, numbers) > 0.4


def test_what_cannot_work_is_refused():
    with pytest.raises(NotFittedError):
        CommitteeClassifier.from_search(GridSearchCV(TREE, SPACE), X, y)
    with pytest.raises(ValueError, match="use CommitteeClassifier"):
        CommitteeRegressor.from_search(grid(), X, y)
    with pytest.raises(ValueError, match="'max_members' parameter of from_search"):
        CommitteeClassifier.from_search(grid(), X, y, max_members=0)
    with pytest.raises(ValueError, match="'members' parameter of from_search"):
        CommitteeClassifier.from_search(grid(), X, y, members="best")
    with pytest.raises(ValueError, match="'cv' parameter of CommitteeClassifier"):
        CommitteeClassifier.from_search(grid(), X, y, cv="five")
