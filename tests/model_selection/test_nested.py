"""The score of a whole search on outer splits."""

import time
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_score,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.exceptions import IncompleteSearchWarning
from skoverfit.model_selection import BestScore

X, y = make_classification(120, 6, flip_y=0.2, random_state=0)
SEARCH = GapAwareSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 9, 27]}, cv=3)
TREE = DecisionTreeClassifier(random_state=0)


def test_it_is_cross_validation_of_the_search():
    search = clone(SEARCH).set_params(nested=4).fit(X, y)
    nested = search.nested_score_
    assert_allclose(nested.split_scores, cross_val_score(clone(SEARCH), X, y, cv=4))
    assert nested.score == nested.split_scores.mean()
    assert nested.interval[0] < nested.score < nested.interval[1]
    for number, (train, _) in enumerate(StratifiedKFold(4).split(X, y)):
        inner = clone(SEARCH).fit(X[train], y[train])
        assert nested.params[number] == inner.best_params_
        assert nested.debiased_scores[number] == inner.debiased_score_


def test_the_search_itself_is_as_without():
    ours, plain = clone(SEARCH).set_params(nested=3).fit(X, y), clone(SEARCH).fit(X, y)
    assert ours.best_params_ == plain.best_params_
    assert ours.debiased_score_ == plain.debiased_score_
    assert not hasattr(plain, "nested_score_")


@pytest.mark.parametrize("routing", [False, True])
def test_groups_and_weights_reach_both_loops(routing):
    groups, weight = np.arange(120) % 12, np.linspace(1, 2, 120)
    seen = []

    class Spy(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            seen.append((set(groups[X[:, 0].astype(int)]), sample_weight[0]))
            return super().fit(X, y, sample_weight)

    numbered = np.c_[np.arange(120), X]
    with config_context(enable_metadata_routing=routing):
        scorer, spy = make_scorer(accuracy_score), Spy()
        if routing:
            spy.set_fit_request(sample_weight=True)
            scorer.set_score_request(sample_weight=True)
        search = GapAwareSearchCV(
            spy, {"strategy": ["prior"]}, cv=GroupKFold(3), nested=GroupKFold(4),
            scoring=scorer, share_fits=False,
        )  # fmt: skip
        search.fit(numbered, y, groups=groups, sample_weight=weight)
    # Three inner folds and a refit of the search, and of each of four outer splits.
    sizes = sorted(len(kept) for kept, _ in seen)
    assert sizes == sorted([8] * 3 + [12] + 4 * ([6] * 3 + [9]))
    assert np.isfinite(search.nested_score_.split_scores).all()


def test_regression_and_own_scorer():
    target = X @ np.arange(6.0)
    search = GapAwareSearchCV(
        Ridge(), {"alpha": [0.1, 10.0]}, scoring="neg_mean_absolute_error",
        nested=ShuffleSplit(2, random_state=0),
    ).fit(X, target)  # fmt: skip
    assert (search.nested_score_.split_scores < 0).all()


def test_an_outer_loop_goes_on_from_its_journals(tmp_path):
    fits = tmp_path / "fits"
    fits.touch()

    class Counts(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            with fits.open("a") as file:
                file.write(".")
            return super().fit(X, y, sample_weight)

    search = GapAwareSearchCV(
        Counts(random_state=0), {"max_depth": [1, 2]}, cv=3, share_fits=False,
        nested=2, journal=tmp_path / "search.sqlite",
    )  # fmt: skip
    first = clone(search).fit(X, y).nested_score_.split_scores
    n_first = fits.stat().st_size
    again = clone(search).fit(X, y).nested_score_.split_scores
    assert n_first == 3 * (6 + 1)
    assert fits.stat().st_size - n_first == 3  # the refits
    assert_allclose(again, first)


def test_a_timeout_ends_the_outer_loop():
    class Slow(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            time.sleep(0.05)
            return super().fit(X, y, sample_weight)

    search = GapAwareSearchCV(
        Slow(), {"max_depth": [1]}, cv=2, share_fits=False, nested=50, timeout=1.0
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(X, y)
    messages = [str(w.message) for w in caught if w.category is IncompleteSearchWarning]
    assert any("ended the outer loop" in message for message in messages)
    done = np.isfinite(search.nested_score_.split_scores)
    assert 0 < done.sum() < 50


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"nested": 1}, "'nested' parameter.*Got 1"),
        ({"nested": "five"}, "'nested' parameter.*Got 'five'"),
        ({"nested": 3, "refit": False}, "nested needs refit=True"),
        (
            {"nested": 3, "cv": [(np.arange(60), np.arange(60, 120))]},
            "nested needs cv to be a number of folds or a splitter",
        ),
    ],
)
def test_bad_input_is_refused_before_any_fit(given, message):
    class NeverFits(KNeighborsClassifier):
        def fit(self, X, y):
            raise AssertionError("fitted")

    search = clone(SEARCH).set_params(
        estimator=NeverFits(), error_score="raise", **given
    )
    with pytest.raises(ValueError, match=message):
        search.fit(X, y)


def test_several_metrics_need_one_to_score_by():
    search = GapAwareSearchCV(
        TREE, {"max_depth": [1, 2]}, scoring=["accuracy", "f1"], nested=2,
        refit=lambda results: 0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="nested needs a metric to score by"):
        search.fit(X, y)
    search.set_params(refit=BestScore(metric="f1")).fit(X, y)
    assert len(search.nested_score_.params) == 2
