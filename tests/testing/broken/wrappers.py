"""Meta-estimators that look right, each with one mistake that people make."""

# ruff: noqa: NPY002 - the global generator is what must not be used

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from tests.testing.broken.row import Broken


class Sound(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Fits a clone on scaled rows; to be broken in one place at a time."""

    def __init__(self, estimator, n_jobs=None, random_state=None):
        self.estimator = estimator
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y, sample_weight=None):
        self.estimator_ = clone(self.estimator)
        self.estimator_.fit(self.rows(X), y, sample_weight)
        self.classes_ = self.estimator_.classes_
        return self

    def rows(self, X):
        return np.asarray(X)

    def predict(self, X):
        return self.estimator_.predict(self.rows(X))

    def predict_proba(self, X):
        return self.estimator_.predict_proba(self.rows(X))


class FitsGivenEstimator(Sound):
    def fit(self, X, y, sample_weight=None):
        self.estimator_ = self.estimator.fit(X, y, sample_weight)
        self.classes_ = self.estimator_.classes_
        return self


class TunesGivenEstimator(Sound):
    def fit(self, X, y, sample_weight=None):
        self.estimator.set_params(C=len(X) / 100)
        return super().fit(X, y, sample_weight)


class CentersInPlace(Sound):
    def fit(self, X, y, sample_weight=None):
        X -= X.mean(axis=0)
        return super().fit(X, y, sample_weight)


class ShufflesGlobally(Sound):
    def fit(self, X, y, sample_weight=None):
        order = np.random.permutation(len(X))
        weight = None if sample_weight is None else sample_weight[order]
        return super().fit(X[order], y[order], weight)


class IgnoresSeed(Sound):
    """Is a little surer each time, which changes no label."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        surer = 1 + check_random_state(None).uniform(0.01, 0.1)
        self.estimator_.coef_ *= surer
        self.estimator_.intercept_ *= surer
        return self


class Chooses(Sound):
    def fit(self, X, y, sample_weight=None):
        rows = self.chosen(y)
        weight = None if sample_weight is None else sample_weight[rows]
        return super().fit(X[rows], y[rows], weight)


class ChoosesByWorkers(Chooses):
    def chosen(self, y):
        n_chosen = len(y) - 10 * (self.n_jobs or 1)
        rng = np.random.default_rng(self.random_state)
        return rng.permutation(len(y))[:n_chosen]


class StartsWarm(Sound):
    def fit(self, X, y, sample_weight=None):
        self.seen_ = [*getattr(self, "seen_", []), (X, y, sample_weight)][-2:]
        X, y = (np.concatenate([part[k] for part in self.seen_]) for k in (0, 1))
        weight = self.seen_[-1][2] if len(self.seen_) == 1 else None
        return super().fit(X, y, weight)


class LosesWeights(Sound):
    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


class PredictsCodes(Sound):
    def fit(self, X, y, sample_weight=None):
        classes, codes = np.unique(y, return_inverse=True)
        super().fit(X, codes, sample_weight)
        self.classes_ = classes
        return self


class RefitsToPredict(Sound):
    def fit(self, X, y, sample_weight=None):
        self.rows_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)

    def predict(self, X):
        return clone(self.estimator).fit(*self.rows_).predict(X)


class ScalesBatches(Sound):
    def rows(self, X):
        return (X - np.mean(X, axis=0)) / (np.std(X, axis=0) + 1e-9)


class OffersDecisions(Sound):
    def decision_function(self, X):
        return self.estimator_.decision_function(X)


MODEL = LogisticRegression()
WRAPPERS = [
    Broken(FitsGivenEstimator(MODEL), "fits the estimator that it is given",
           ("check_given_estimator_is_not_fitted",)),
    Broken(TunesGivenEstimator(MODEL), "sets parameters of the given estimator",
           ("check_wrapper_params_kept",)),
    Broken(CentersInPlace(MODEL), "centers the caller's X in place",
           ("check_training_rows_not_written",)),
    Broken(ShufflesGlobally(MODEL), "shuffles with NumPy's global state",
           ("check_wrapper_seed_decides",)),
    Broken(IgnoresSeed(MODEL), "ignores `random_state`",
           ("check_wrapper_seed_decides", "check_wrapper_n_jobs",
            "check_second_fit_is_fresh")),
    Broken(ChoosesByWorkers(MODEL), "depends on `n_jobs`",
           ("check_wrapper_n_jobs",)),
    Broken(StartsWarm(MODEL), "keeps rows of an earlier fit",
           ("check_second_fit_is_fresh",)),
    Broken(LosesWeights(MODEL), "loses the weights of the rows",
           ("check_weights_count",)),
    Broken(PredictsCodes(MODEL), "predicts codes in place of labels",
           ("check_labels_come_back",)),
    Broken(RefitsToPredict(MODEL), "fits again when it predicts",
           ("check_prediction_fits_nothing",)),
    Broken(ScalesBatches(MODEL), "scales new rows by themselves",
           ("check_each_row_for_itself",)),
    Broken(OffersDecisions(DecisionTreeClassifier()),
           "offers a method that the estimator lacks", ("check_methods_work",)),
]  # fmt: skip
