"""Searches with their predictions, for the tests of honest scores."""

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import check_scoring
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsClassifier

from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    response_method_of,
    row_scorer_of,
)

NEIGHBORS = {"n_neighbors": [1, 2, 3, 5, 8, 13, 21]}
CV = KFold(5, shuffle=True, random_state=0)


def data(n_rows=90, n_classes=2, seed=0):
    return make_classification(
        n_rows,
        10,
        n_informative=5,
        n_classes=n_classes,
        flip_y=0.3,
        random_state=seed,
    )


def regression_data(n_rows=90):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((n_rows, 4))
    return X, X[:, 0] + rng.standard_normal(n_rows)


def searched(cv=CV, estimator=None, grid=NEIGHBORS, scoring=None, Xy=None):
    """Results of a search, the splits, and the scorer."""
    estimator = KNeighborsClassifier() if estimator is None else estimator
    X, y = data() if Xy is None else Xy
    splits = list(cv.split(X, y))
    search = GridSearchCV(
        estimator,
        grid,
        cv=splits,
        scoring=scoring,
        return_train_score=True,
        refit=False,
    ).fit(X, y)
    return search.cv_results_, splits, X, y


def stored(results, splits, X, y, estimator=None, scoring=None, order=1):
    """The predictions of a search, and the scorer that scores them."""
    estimator = KNeighborsClassifier() if estimator is None else estimator
    scorer = check_scoring(estimator, scoring)
    method = response_method_of(scorer, estimator)
    store = PredictionStore(method, estimator, y, splits, len(results["params"]))
    for candidate, params in enumerate(results["params"]):
        for split, (train, test) in list(enumerate(splits))[::order]:
            fitted = clone(estimator).set_params(**params).fit(X[train], y[train])
            store.record(candidate, split, getattr(fitted, method)(X[test]))
    return store, row_scorer_of(scorer, estimator)
