"""Shared fits that look right, each with one mistake that people make."""

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    remember,
    view_of,
)
from tests.testing.broken.row import Broken

X, Y = load_iris(return_X_y=True)
CANDIDATES = [KNeighborsClassifier(k) for k in (1, 5, 20)]


class Neighbors(SharedFit):
    """Correct: `n_neighbors` is not used in ``fit``."""

    name = "neighbors"
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


class Choosy(Neighbors):
    def serves(self, estimator):
        return estimator.n_neighbors < 10


class TwoGroups(Neighbors):
    free = ()


class OtherPlace(Neighbors):
    def moved(self, position):
        return position - 1


class Twice(Neighbors):
    def moved(self, position):
        return 0


class NothingShared(Neighbors):
    def views(self, estimators, data):
        X, y, *_ = data
        for position, estimator in enumerate(estimators):
            yield position, clone(estimator).fit(X, y)


class OneObject(Neighbors):
    def views(self, estimators, data):
        X, y, *_ = data
        fitted = clone(estimators[0]).fit(X, y)
        for position, estimator in enumerate(estimators):
            yield position, fitted.set_params(n_neighbors=estimator.n_neighbors)


class WrongParameters(Neighbors):
    def finish(self, view, rows):
        view.n_neighbors = 5


class WrongAttribute(Neighbors):
    def finish(self, view, rows):
        view.n_samples_fit_ += 1


class MoreAttributes(Neighbors):
    def finish(self, view, rows):
        view.helper_ = 1


class WrongFromMemory(Neighbors):
    def finish(self, view, rows):
        remember(view, "predict", lambda X: np.zeros(len(X), dtype=int), rows)


class OneAnswerForAll(Neighbors):
    """Gives its memory away, which the first scorer to change it spoils."""

    def finish(self, view, rows):
        answers = {id(X): type(view).predict_proba(view, X) for X in rows}
        remember(view, "predict_proba", lambda X: answers[id(X)], rows)


class ChangesData(Neighbors):
    def views(self, estimators, data):
        y = data.y
        yield from super().views(estimators, data)
        y[:] = 0


class FitsCandidates(Neighbors):
    def views(self, estimators, data):
        X, y, *_ = data
        fitted = estimators[0].fit(X, y)
        for position, estimator in enumerate(estimators):
            yield position, view_of(fitted, estimator)


class AnswersAllFromMemory(Neighbors):
    """Answers for rows that it has not seen with what it said of others."""

    def views(self, estimators, data):
        for position, view in super().views(estimators, data):
            known = type(view).predict(view, data.rows[-1])
            view.predict = lambda X, known=known: np.resize(known, len(X))
            yield position, view


class WrongOnFewRows(Neighbors):
    def finish(self, view, rows):
        view.n_samples_fit_ = max(20, view.n_samples_fit_)


DATA = {"estimators": CANDIDATES, "X": X, "y": Y}
VIEWS, HARD = "check_views_are_fresh_fits", "check_views_of_hard_rows"
SHARED_FITS = [
    Broken(Choosy(), "serves only some of a group", ("check_one_group",), None, DATA),
    Broken(NothingShared(), "fits every candidate", (VIEWS,), None, DATA),
    Broken(FitsCandidates(), "fits the candidates that it is given",
           (VIEWS,), None, DATA),
    Broken(WrongAttribute(), "has a fitted attribute that is off by one",
           (VIEWS, HARD), None, DATA),
    Broken(WrongFromMemory(), "remembers wrong predictions",
           (VIEWS, HARD), None, DATA),
    Broken(OneAnswerForAll(), "gives its memory away, to be spoilt",
           (VIEWS,), None, DATA),
    Broken(WrongOnFewRows(), "counts on twenty rows", (HARD,), None, DATA),
    Broken(AnswersAllFromMemory(), "answers for rows that it has not seen",
           (VIEWS, HARD), None, DATA),
]  # fmt: skip
