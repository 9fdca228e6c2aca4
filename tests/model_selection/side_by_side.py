"""One search beside scikit-learn's, compared bit for bit. Not a test."""

import copy
import pickle

import numpy as np
from numpy.testing import assert_array_equal
from sklearn.model_selection import GridSearchCV

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore

TIMES = ("fit_time", "score_time")


def compare(estimator, grid, X, y=None, *, fit=None, **options):
    """Fit both searches, require the same of both, and return ours."""
    options = {"cv": 2, "return_train_score": True} | options
    fit = fit or {}
    before = contents((estimator, grid, X, y, fit))
    theirs = GridSearchCV(copy.deepcopy(estimator), copy.deepcopy(grid), **options)
    theirs.fit(copy.deepcopy(X), copy.deepcopy(y), **copy.deepcopy(fit))
    ours = GapAwareSearchCV(estimator, grid, selection=BestScore(), **options)
    ours.fit(X, y, **fit)
    assert contents((estimator, grid, X, y, fit)) == before, "the caller's objects"
    same_search(ours, theirs, X)
    return ours


def same_search(ours, theirs, X):
    same_results(ours.cv_results_, theirs.cv_results_)
    if hasattr(theirs, "best_index_"):
        assert repr(ours.best_params_) == repr(theirs.best_params_)
    if hasattr(theirs, "best_score_"):
        assert_array_equal(ours.best_score_, theirs.best_score_)
    if not hasattr(theirs, "best_estimator_"):
        return
    for method in ("predict", "decision_function", "predict_proba", "transform"):
        if hasattr(theirs.best_estimator_, method):
            new, old = (
                getattr(search.best_estimator_, method)(copy.deepcopy(X))
                for search in (ours, theirs)
            )
            assert_array_equal(dense(new), dense(old), method)


def same_results(ours, theirs):
    """Every key of scikit-learn is there with the same values, times aside."""
    for key, expected in theirs.items():
        if key == "params":
            assert list(map(repr, ours[key])) == list(map(repr, expected))
        elif not key.endswith(TIMES) and not key.startswith("param_"):
            assert_array_equal(np.asarray(ours[key]), np.asarray(expected), key)


def contents(value):
    """Bytes that change whenever an object, or anything inside it, does."""
    return pickle.dumps(value)


def dense(array):
    return np.asarray(array.toarray() if hasattr(array, "toarray") else array)


def families(search):
    return search.shared_fits_.by_family


def n_served(search):
    """How many evaluations were served by a fit that they shared."""
    return sum(search.shared_fits_.by_family.values())


def steps(search):
    """Steps of Pipelines that were needed, and fitted."""
    report = search.shared_fits_
    return report.n_steps_needed, report.n_steps_fitted
