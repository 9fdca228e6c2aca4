"""Committees made by a search: equal to members fitted by hand, and judged honestly."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import (
    load_diabetes,
    load_digits,
    load_iris,
    make_multilabel_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import CommitteeRegressor, GapAwareSearchCV
from skoverfit.exceptions import IncompleteSearchWarning
from skoverfit.model_selection import (
    BestScore,
    Committee,
    GreedyMembers,
    LowGapMembers,
    MembersWithinNoise,
    Racing,
    Refinement,
)
from tests.model_selection._committee.searches import (
    DEPTHS,
    FAMILIES,
    TREE,
    WIDE,
    X,
    report_of,
    searched,
    y,
)


def assert_equal_to_one_by_hand(search, X=X, y=y):
    """The committee is the one that a fit of the same parameters would give."""
    made, again = search.best_estimator_, clone(search.best_estimator_).fit(X, y)
    for name in ("candidate", "split", "weight"):
        assert np.allclose(made.members_[name], again.members_[name])
    assert str(made.candidates_) == str(again.candidates_)  # estimators among them
    method = made._method()
    answers = getattr(made, method)(X), getattr(again, method)(X)
    assert np.allclose(*answers, rtol=1e-7, atol=1e-7)
    unseen = made.out_of_fold_, again.out_of_fold_
    assert np.allclose(*unseen, rtol=1e-7, atol=1e-7, equal_nan=True)


@pytest.mark.parametrize("share_fits", [True, False])
@pytest.mark.parametrize(
    ("estimator", "space"), FAMILIES, ids=[type(each[0]).__name__ for each in FAMILIES]
)
def test_it_equals_one_fitted_by_hand(estimator, space, share_fits):
    search = searched(estimator, space, share_fits=share_fits, cv=3)
    report = report_of(search)
    assert report.n_fitted_again == 0
    assert report.n_candidates > 1
    assert report.n_members == 3 * report.n_candidates
    assert_equal_to_one_by_hand(search)
    assert (search.predict(X) == search.best_estimator_.predict(X)).all()


def test_members_of_several_families():
    model = Pipeline([("scale", StandardScaler()), ("model", TREE)])
    space = [
        {"model": [KNeighborsClassifier()], "model__n_neighbors": [3, 9, 15]},
        {"model": [TREE], "model__max_depth": [2, 3]},
        {"model": [LogisticRegression(max_iter=500)], "model__C": [0.1, 1.0]},
    ]
    search = searched(model, space, Committee(everybody, guard=False), cv=3)
    kinds = {type(each[-1]) for each in search.best_estimator_.estimators_}
    assert len(kinds) == 3
    assert_equal_to_one_by_hand(search)
    # One of them gives decision values alone: members vote.
    space.append({"model": [SVC()], "model__C": [1.0, 10.0]})
    voting = searched(model, space, Committee(everybody, guard=False), cv=3)
    assert not hasattr(voting, "predict_proba")
    assert report_of(voting).n_fitted_again == 0
    again = clone(voting.best_estimator_).fit(X, y)
    assert (again.predict(X) == voting.predict(X)).all()


def everybody(results):
    return np.ones(len(results["params"]))


def test_regression():
    rows, numbers = load_diabetes(return_X_y=True)
    search = searched(Ridge(), {"alpha": [0.01, 0.1, 1.0]}, X=rows, y=numbers)
    assert isinstance(search.best_estimator_, CommitteeRegressor)
    assert_equal_to_one_by_hand(search, rows, numbers)
    assert search.best_estimator_.out_of_fold_.shape == numbers.shape
    assert report_of(search).score > 0.4


def test_multilabel():
    rows, labels = make_multilabel_classification(90, 6, n_classes=3, random_state=0)
    search = searched(TREE, {"max_depth": [2, 3]}, X=rows, y=labels, cv=3)
    again = clone(search.best_estimator_).fit(rows, labels)
    assert (search.predict(rows) == again.predict(rows)).all()


# Counts all fits in this process.
FITS = []


class Counted(ClassifierMixin, BaseEstimator):
    def __init__(self, depth=1):
        self.depth = depth

    def fit(self, X, y):
        FITS.append(self.depth)
        self.tree_ = DecisionTreeClassifier(max_depth=self.depth, random_state=0)
        self.classes_ = self.tree_.fit(X, y).classes_
        return self

    def predict(self, X):
        return self.tree_.predict(X)


@pytest.mark.parametrize("rule", [None, GreedyMembers()], ids=repr)
def test_it_takes_no_further_fit_and_spares_the_last_one(rule):
    FITS.clear()
    committee = Committee(rule, guard=False)
    search = searched(Counted(), {"depth": [1, 2, 3, 4]}, committee, cv=3)
    assert len(FITS) == 12
    assert report_of(search).is_used
    assert report_of(search).n_fitted_again == 0


# ---------------------------------------------------------------- the rest of a search


def test_workers_send_their_models():
    space = FAMILIES[1][1]
    estimator = FAMILIES[1][0]
    one = searched(estimator, space, cv=3)
    two = searched(estimator, space, cv=3, n_jobs=2)
    assert report_of(two).n_fitted_again == 0
    assert report_of(two).nbytes == pytest.approx(report_of(one).nbytes, rel=0.2)
    assert report_of(two).score == report_of(one).score
    given = one.predict_proba(X), two.predict_proba(X)
    assert (given[0] == given[1]).all()


def test_candidates_that_racing_drops_are_no_members():
    search = searched(cv=5, racing=Racing(0.2))
    n_run = search.cv_results_["n_splits_run"]
    assert n_run.min() < 5
    params = search.cv_results_["params"]
    numbers = [params.index(own) for own in search.best_estimator_.candidates_]
    assert (n_run[numbers] == 5).all()
    assert_equal_to_one_by_hand(search)


EVERYBODY = Refinement(2, n_se=3.0, max_share=1.0, adaptive=False)


def test_repeats_make_more_members():
    search = searched(refine=EVERYBODY, random_state=0, cv=3)
    committee = search.best_estimator_
    n_run = search.cv_results_["n_splits_run"]
    params = search.cv_results_["params"]
    for number, own in enumerate(committee.candidates_):
        n_models = (committee.members_["candidate"] == number).sum()
        assert n_models == n_run[params.index(own)] == 9
    total = np.bincount(committee.members_["candidate"], committee.members_["weight"])
    assert np.allclose(total, 1 / len(total))
    # Each row has been left out once in each repeat.
    first = committee.members_["split"] < 3
    assert not np.allclose(
        committee.out_of_fold_, _averaged(committee, np.flatnonzero(first))
    )


def _averaged(committee, members):
    splits = list(StratifiedKFold(3).split(X, y))
    total = np.zeros((len(y), 2))
    for k in members:
        test = splits[committee.members_["split"][k]][1]
        total[test] += committee.estimators_[k].predict_proba(X[test])
    return total / total.sum(axis=1, keepdims=True)


def test_members_of_a_search_that_is_resumed_are_fitted_again(tmp_path):
    path = tmp_path / "search.sqlite"
    first = searched(journal=path, cv=3)
    again = searched(journal=path, cv=3)
    assert report_of(first).n_fitted_again == 0
    assert report_of(again).n_fitted_again == report_of(again).n_members
    assert (first.predict_proba(X) == again.predict_proba(X)).all()
    assert report_of(first).score == report_of(again).score


class SlowAfterFour(Counted):
    """The fifth depth takes so long that a search is stopped before the sixth."""

    def fit(self, X, y):
        import time

        if self.depth >= 5:
            time.sleep(0.7)
        return super().fit(X, y)


def test_what_has_run_when_time_is_up_is_enough():
    space = {"depth": [1, 2, 3, 4, 5, 6, 7, 8]}
    with pytest.warns(IncompleteSearchWarning, match="timeout"):
        search = searched(SlowAfterFour(), space, cv=3, timeout=1.5)
    depths = {own["depth"] for own in search.best_estimator_.candidates_}
    assert depths <= {1, 2, 3, 4, 5}
    assert_equal_to_one_by_hand(search)


def test_memory_that_is_short_costs_members():
    whole = report_of(searched())
    each = whole.nbytes / whole.n_candidates
    small = Committee(MembersWithinNoise(2.0), guard=False, max_bytes=int(2.5 * each))
    report = report_of(searched(committee=small))
    assert 1 <= report.n_candidates < whole.n_candidates
    assert report.nbytes <= 2.6 * each


def test_there_are_at_most_so_many_members():
    few = Committee(MembersWithinNoise(2.0), guard=False, max_members=11)
    search = searched(committee=few)
    assert report_of(search).n_members == 10
    assert_equal_to_one_by_hand(search)


def test_members_have_the_number_of_rounds_that_was_chosen_for_them():
    boosting = HistGradientBoostingClassifier(max_iter=20, random_state=0)
    space = {"max_iter": "best", "learning_rate": [0.05, 0.2, 0.5]}
    search = searched(boosting, space, cv=3)
    params = list(search.cv_results_["params"])
    assert all(own in params for own in search.best_estimator_.candidates_)
    assert report_of(search).n_fitted_again == 0
    assert_equal_to_one_by_hand(search)


def test_groups_and_weights():
    groups, weight = np.arange(len(y)) % 7, np.linspace(1, 2, len(y))
    search = GapAwareSearchCV(TREE, DEPTHS, cv=GroupKFold(3), committee=WIDE)
    search.fit(X, y, groups=groups, sample_weight=weight)
    committee = clone(search.best_estimator_)
    committee.fit(X, y, groups=groups, sample_weight=weight)
    given = committee.predict_proba(X), search.predict_proba(X)
    assert np.allclose(*given)


def test_several_metrics():
    search = searched(scoring=["accuracy", "roc_auc"], refit="roc_auc")
    assert report_of(search).score > 0.9
    assert search.score(X, y) > 0.97


def two_scores(estimator, X, y):
    hits = estimator.predict(X) == y
    return {"hits": hits.mean(), "misses": -(~hits).mean()}


def test_a_scorer_that_is_any_function():
    search = searched(scoring=two_scores, refit="hits", cv=3)
    plain = searched(cv=3)
    assert report_of(search).score == pytest.approx(report_of(plain).score)


def test_outer_splits():
    search = searched(nested=StratifiedKFold(3), cv=3)
    assert np.isfinite(search.nested_score_.split_scores).all()


def test_no_committee_is_as_before():
    for committee in (None, False):
        search = searched(committee=committee)
        assert isinstance(search.best_estimator_, DecisionTreeClassifier)
        assert report_of(search) is None


# -------------------------------------------------------------------- what it is worth


def test_the_score_is_that_of_members_that_have_not_seen_the_rows():
    search = searched()
    committee, report = search.best_estimator_, report_of(search)
    labels = committee.out_of_fold_.argmax(axis=1)
    scores = [
        accuracy_score(y[test], labels[test])
        for _, test in StratifiedKFold(5).split(X, y)
    ]
    assert report.score == pytest.approx(np.mean(scores))
    best = search.cv_results_["mean_test_score"].max()
    assert report.gain == pytest.approx(report.score - best)
    assert report.gap == pytest.approx(report.train_score - report.score)


def scores_of_seen_rows(search, splits):
    """Score rows by one model of each candidate that has seen them, split by split."""
    committee, members = search.best_estimator_, search.best_estimator_.members_
    said = np.zeros((len(X), 2))
    for place, candidate in enumerate(np.unique(members["candidate"])):
        answers = np.full((len(X), 2), np.nan)
        # The first split in turn has the last word.
        for split in np.roll(np.arange(len(splits)), -place)[::-1]:
            own = (members["candidate"] == candidate) & (members["split"] == split)
            model = committee.estimators_[int(np.flatnonzero(own)[0])]
            train, _ = splits[split]
            answers[train] = model.predict_proba(X[train])
        said += answers
    hits = committee.classes_[said.argmax(axis=1)] == y
    unseen = np.isnan(said).any(axis=1)
    return [hits[test].mean() for _, test in splits if not unseen[test].any()]


def test_decisions_between_several_classes_choose_good_members():
    images, digits = load_digits(return_X_y=True)
    space = {"C": [0.1, 1, 10], "gamma": [1e-5, 1e-4, 1e-3, 1e-2]}
    search = GapAwareSearchCV(SVC(), space, committee=Committee(guard=False))
    search.fit(images[:250], digits[:250])
    assert report_of(search).gain > -0.01
    assert 2 <= len(search.best_estimator_.candidates) <= 4  # of twelve


def test_the_train_score_is_that_of_members_of_all_splits():
    splits = list(StratifiedKFold(5).split(X, y))
    for share_fits in (True, False):
        search = searched(share_fits=share_fits)
        scores = scores_of_seen_rows(search, splits)
        assert len(scores) == 5
        assert report_of(search).train_score == pytest.approx(np.mean(scores))


def test_the_train_score_of_splits_forward_in_time():
    splits = list(TimeSeriesSplit(4).split(X))
    search = searched(cv=TimeSeriesSplit(4), committee=WIDE)
    scores = scores_of_seen_rows(search, splits)
    assert len(scores) == 3  # nobody has seen the last rows
    assert report_of(search).train_score == pytest.approx(np.mean(scores))


def test_without_train_scores_there_is_no_gap():
    options = {"selection": BestScore(), "return_train_score": False}
    search = searched(committee=True, **options)
    report = report_of(search)
    assert np.isnan([report.train_score, report.gap]).all()


# -------------------------------------------------------------------------- bad values


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"committee": 3}, "'committee' parameter of GapAwareSearchCV"),
        ({"committee": True, "refit": False}, "refit=False; set refit=True"),
        (
            {
                "committee": Committee(LowGapMembers()),
                "selection": BestScore(),
                "return_train_score": False,
            },
            "needs train scores",
        ),
        (
            {"committee": True, "estimator": KMeans(), "space": {"n_clusters": [2]}},
            "needs a classifier or a regressor",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_the_search(options, message):
    with pytest.raises(ValueError, match=message):
        searched(**options)


def test_another_metric_than_that_of_the_search_is_refused():
    rule = MembersWithinNoise(metric="accuracy")
    with pytest.raises(ValueError, match="names another metric than 'roc_auc'"):
        searched(
            committee=Committee(rule), scoring=["accuracy", "roc_auc"], refit="roc_auc"
        )


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"members": "best"}, "members"),
        ({"max_members": 0}, "max_members"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"guard": 1.5}, "guard"),
        ({"guard": 0.0}, "guard"),
        ({"guard_by": "rows"}, "guard_by"),
    ],
    ids=str,
)
def test_bad_values_are_refused_at_once(values, name):
    with pytest.raises(ValueError, match=f"'{name}' parameter of Committee"):
        Committee(**values)


def test_iris_has_a_class_for_each_column():
    rows, labels = load_iris(return_X_y=True)
    names = np.array(["a", "b", "c"])[labels]
    search = searched(X=rows, y=names)
    assert search.classes_.tolist() == ["a", "b", "c"]
    assert search.predict_proba(rows).shape == (150, 3)
    assert search.n_features_in_ == 4
