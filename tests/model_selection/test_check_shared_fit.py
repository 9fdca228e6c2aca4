"""The check for families finds whatever is wrong with one."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.model_selection._shared_fits import SharedFit, remember, view_of
from skoverfit.testing import check_shared_fit

X, Y = load_iris(return_X_y=True)
CANDIDATES = [KNeighborsClassifier(k) for k in (1, 5, 20)]


class Neighbours(SharedFit):
    """Correct: `n_neighbors` is not used in ``fit``."""

    name = "neighbours"
    free = ("n_neighbors",)

    def serves(self, estimator):
        return type(estimator) is KNeighborsClassifier

    def views(self, estimators, data):
        X, y, _, rows = data
        fitted = clone(estimators[0]).fit(X, y)
        for position, estimator in enumerate(estimators):
            view = view_of(fitted, estimator)
            self.finish(view, rows)
            yield self.moved(position), view

    def finish(self, view, rows):
        remember(view, "predict", lambda X: type(view).predict(view, X), rows)

    def moved(self, position):
        return position


class Choosy(Neighbours):
    def serves(self, estimator):
        return estimator.n_neighbors < 10


class TwoGroups(Neighbours):
    free = ()


class OtherPlace(Neighbours):
    def moved(self, position):
        return position - 1


class Twice(Neighbours):
    def moved(self, position):
        return 0


class NothingShared(Neighbours):
    def views(self, estimators, data):
        X, y, *_ = data
        for position, estimator in enumerate(estimators):
            yield position, clone(estimator).fit(X, y)


class OneObject(Neighbours):
    def views(self, estimators, data):
        X, y, *_ = data
        fitted = clone(estimators[0]).fit(X, y)
        for position, estimator in enumerate(estimators):
            yield position, fitted.set_params(n_neighbors=estimator.n_neighbors)


class WrongParameters(Neighbours):
    def finish(self, view, rows):
        view.n_neighbors = 5


class WrongAttribute(Neighbours):
    def finish(self, view, rows):
        view.n_samples_fit_ += 1


class MoreAttributes(Neighbours):
    def finish(self, view, rows):
        view.helper_ = 1


class WrongFromMemory(Neighbours):
    def finish(self, view, rows):
        remember(view, "predict", lambda X: np.zeros(len(X), dtype=int), rows)


class OneAnswerForAll(Neighbours):
    """Gives its memory away, which the first scorer to change it spoils."""

    def finish(self, view, rows):
        answers = {id(X): type(view).predict_proba(view, X) for X in rows}
        remember(view, "predict_proba", lambda X: answers[id(X)], rows)


class ChangesData(Neighbours):
    def views(self, estimators, data):
        y = data.y
        yield from super().views(estimators, data)
        y[:] = 0


class FitsCandidates(Neighbours):
    def views(self, estimators, data):
        X, y, *_ = data
        fitted = estimators[0].fit(X, y)
        for position, estimator in enumerate(estimators):
            yield position, view_of(fitted, estimator)


def test_a_correct_family_passes():
    check_shared_fit(Neighbours(), CANDIDATES, X, Y, scoring=["neg_log_loss"])


@pytest.mark.parametrize(
    ("family", "problem"),
    [
        (Choosy(), "does not serve candidate 2"),
        (TwoGroups(), "not of one group, but of 3"),
        (OtherPlace(), "no candidate -1"),
        (Twice(), "served twice"),
        (NothingShared(), "3 fits for 3 views"),
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


def test_how_many_candidates_must_be_served():
    class LeavesOut(Neighbours):
        def views(self, estimators, data):
            yield from list(super().views(estimators, data))[:2]

    check_shared_fit(LeavesOut(), CANDIDATES, X, Y, min_served=2)
    with pytest.raises(AssertionError, match="served 2 candidates of 3, not 3"):
        check_shared_fit(LeavesOut(), CANDIDATES, X, Y)


def test_closed_forms_may_differ_by_as_much_as_is_allowed():
    class Rounds(Neighbours):
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
