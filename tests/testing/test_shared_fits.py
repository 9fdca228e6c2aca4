"""The check for families finds whatever is wrong with one."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer

from skoverfit.model_selection._shared_fits._contract import (
    remember,
)
from skoverfit.model_selection._shared_fits.families._external_boosting import (
    LightGBMRounds,
)
from skoverfit.testing import check_shared_fit
from tests.testing.broken.shared_fits import (
    CANDIDATES,
    ChangesData,
    Choosy,
    FitsCandidates,
    MoreAttributes,
    Neighbors,
    NothingShared,
    OneAnswerForAll,
    OneObject,
    OtherPlace,
    Twice,
    TwoGroups,
    WrongAttribute,
    WrongFromMemory,
    WrongParameters,
    X,
    Y,
)


def test_a_correct_family_passes():
    check_shared_fit(Neighbors(), CANDIDATES, X, Y, scoring=["neg_log_loss"])


@pytest.mark.parametrize(
    ("family", "problem"),
    [
        (Choosy(), "does not serve candidate 2"),
        (TwoGroups(), "not of one group, but of 2"),
        (OtherPlace(), "no candidate -1"),
        (Twice(), "served twice"),
        (NothingShared(), "2 fits for 2 views"),
        (OneObject(), "two views are one object"),
        (WrongParameters(), "the view's parameters are"),
        (WrongAttribute(), "n_samples_fit_: 101 instead of 100"),
        (MoreAttributes(), "helper_"),
        (WrongFromMemory(), "predict for .* rows"),
        (OneAnswerForAll(), "predict_proba for"),
        (ChangesData(), "modified"),
        (FitsCandidates(), "modified"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_wrong_family_fails(family, problem):
    candidates = [clone(candidate) for candidate in CANDIDATES]
    with pytest.raises(AssertionError, match=problem):
        check_shared_fit(family, candidates, X.copy(), Y.copy())


def test_first_trees_in_the_place_of_first_rounds_fail():
    """LightGBM drops rounds without a split: on rows like these there are none."""
    lightgbm = pytest.importorskip("lightgbm")

    class FirstTrees(LightGBMRounds):
        def prefix(self, fitted, estimator):
            per_round = fitted.booster_.num_model_per_iteration()
            rounds = range(1, estimator.n_estimators + 1)
            fitted._skoverfit_n_trees[: len(rounds)] = [k * per_round for k in rounds]
            return super().prefix(fitted, estimator)

    X, y = load_breast_cancer(return_X_y=True)
    for subsample in (0.3, 0.5, 0.7):
        options = {"subsample": subsample, "subsample_freq": 1, "n_jobs": 1}
        candidates = [
            lightgbm.LGBMClassifier(n_estimators=k, verbose=-1, **options)
            for k in (5, 10, 20)
        ]
        check_shared_fit(LightGBMRounds(), candidates, X[:300], y[:300])
        with pytest.raises(AssertionError, match="rows repeated"):
            check_shared_fit(FirstTrees(), candidates, X[:300], y[:300])


class Majority(ClassifierMixin, BaseEstimator):
    """Predicts the most frequent class; fails where `least` rows are not there."""

    def __init__(self, least=1):
        self.least = least

    def fit(self, X, y):
        if len(y) < self.least:
            raise ValueError(f"{len(y)} rows are too few.")
        self.classes_, counts = np.unique(y, return_counts=True)
        self.winner_ = self.classes_[counts.argmax()]
        return self

    def predict(self, X):
        return np.full(len(X), self.winner_)


class OneForAll(Neighbors):
    free = ("least",)

    def serves(self, estimator):
        return isinstance(estimator, Majority)

    def finish(self, view, rows):
        pass


class AllClasses(OneForAll):
    """Knows the classes of the whole data."""

    def finish(self, view, rows):
        view.classes_ = np.arange(3)


def test_views_where_fresh_fits_fail_or_lack_a_class():
    check_shared_fit(OneForAll(), [Majority(1), Majority(2)], X, Y)
    with pytest.raises(AssertionError, match=r"12 rows: .* a fresh fit raises"):
        check_shared_fit(OneForAll(), [Majority(1), Majority(20)], X, Y)
    with pytest.raises(AssertionError, match=r"without a class: .* classes_"):
        check_shared_fit(AllClasses(), [Majority(1), Majority(2)], X, Y)


def test_how_many_candidates_must_be_served():
    class LeavesOut(Neighbors):
        def views(self, estimators, data):
            yield from list(super().views(estimators, data))[:2]

    check_shared_fit(LeavesOut(), CANDIDATES, X, Y, min_served=2)
    with pytest.raises(AssertionError, match="served 2 candidates of 3, not 3"):
        check_shared_fit(LeavesOut(), CANDIDATES, X, Y)


def test_closed_forms_may_differ_by_as_much_as_is_allowed():
    class Rounds(Neighbors):
        def finish(self, view, rows):
            remember(
                view,
                "predict_proba",
                lambda X: type(view).predict_proba(view, X) * (1 + 1e-10),
                rows,
            )

    check_shared_fit(Rounds(), CANDIDATES, X, Y, rtol=1e-9)
    with pytest.raises(AssertionError, match="differs by"):
        check_shared_fit(Rounds(), CANDIDATES, X, Y)
