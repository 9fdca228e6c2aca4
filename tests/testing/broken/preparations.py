"""Pipelines, models and functions through which test rows leak."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.augmentation import GaussianNoise
from tests.testing.broken.row import Broken

X = np.random.default_rng(0).normal(size=(60, 30))
Y = np.arange(60) % 2
DATA = {"X": X, "y": Y}


class RefitsOnNewRows(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.scaler_ = StandardScaler().fit(X)
        return self

    def transform(self, X):
        return StandardScaler().fit_transform(X)


class FitsAgain(StandardScaler):
    def transform(self, X, copy=None):
        return StandardScaler().fit(X).transform(X)


class LearnsWhileAsked(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.mean_, self.n_ = np.mean(X, axis=0), len(X)
        return self

    def transform(self, X):
        prepared = X - self.mean_
        self.mean_ = self.mean_ + 0.1 * (np.mean(X, axis=0) - self.mean_)
        return prepared


class KnowsAllRows(ClassifierMixin, BaseEstimator):
    """Looks a row up in the table that it was made with."""

    def __init__(self, table=None):
        self.table = table

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X - self.table.mean(axis=0), y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X - self.table.mean(axis=0))


class CountsForEver(TransformerMixin, BaseEstimator):
    """A running mean that all instances share."""

    total = np.zeros(30)
    n = 0

    def fit(self, X, y=None):
        cls = type(self)
        cls.total, cls.n = cls.total + np.sum(X, axis=0), cls.n + len(X)
        self.mean_ = cls.total / cls.n
        return self

    def transform(self, X):
        return X - self.mean_


class AugmentsNewRows(ClassifierMixin, BaseEstimator):
    """Predicts copies of the new rows."""

    def __init__(self, augmenter=None, model=None):
        self.augmenter = augmenter
        self.model = model

    def fit(self, X, y):
        self.model_ = LogisticRegression().fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        noise = GaussianNoise(0.0, n_copies=1, random_state=0)
        more, _ = noise.fit_resample(X, np.zeros(len(X)))
        return self.model_.predict(more[len(X) :])


def scales_all(X_train, y_train, X_new):
    scaler = StandardScaler().fit(np.concatenate([X_train, X_new]))
    return scaler.transform(X_train), scaler.transform(X_new)


def scales_apart(X_train, y_train, X_new):
    one, other = StandardScaler(), StandardScaler()
    return one.fit_transform(X_train), other.fit_transform(X_new)


MODEL = LogisticRegression()
PREPARATIONS = [
    Broken(make_pipeline(FrozenEstimator(StandardScaler().fit(X)), MODEL),
           "has a scaler that was fitted on all rows",
           ("check_steps_are_fitted_inside",), None, DATA),
    Broken(make_pipeline(FrozenEstimator(SelectKBest(k=5).fit(X, Y)), MODEL),
           "has columns that were selected on all rows",
           ("check_steps_are_fitted_inside",), None, DATA),
    Broken(make_pipeline(FitsAgain(), MODEL), "fits a scaler on new rows",
           ("check_test_rows_reach_no_fit", "check_test_rows_one_by_one"), None, DATA),
    Broken(make_pipeline(RefitsOnNewRows(), MODEL), "scales new rows by themselves",
           ("check_test_rows_one_by_one",), None, DATA),
    Broken(make_pipeline(LearnsWhileAsked(), MODEL),
           "goes on learning when it transforms",
           ("check_asking_teaches_nothing", "check_test_rows_one_by_one"), None, DATA),
    Broken(KnowsAllRows(X), "centers by a table that it was made with",
           ("check_holds_no_test_rows",), None, DATA),
    Broken(make_pipeline(CountsForEver(), MODEL),
           "shares a running mean between all instances",
           ("check_test_rows_change_no_model",), None, DATA),
    Broken(AugmentsNewRows(GaussianNoise()), "augments the rows to predict",
           ("check_test_rows_reach_no_fit",), None, DATA),
    Broken(scales_all, "scales by training and new rows together",
           ("check_new_rows_change_no_training_row", "check_new_rows_one_by_one"),
           "preparation", DATA),
    Broken(scales_apart, "scales new rows by themselves",
           ("check_new_rows_one_by_one",), "preparation", DATA),
]  # fmt: skip
