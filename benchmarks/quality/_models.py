"""Model families of the benchmark: grids from far too simple to far too flexible."""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

N_TREES = 20

# Values stand in the order in which people write them: ascending. The order
# matters to the baseline, because plain argmax takes the first of equal scores.
GRIDS = {
    "tree": {
        "max_depth": [1, 2, 3, 4, 6, 9, None],
        "min_samples_leaf": [1, 5],
    },
    "forest": {
        "max_depth": [2, 4, None],
        "min_samples_leaf": [1, 4, 12],
    },
    "knn": {
        "n_neighbors": [1, 2, 3, 5, 8, 13, 21, 45],
        "weights": ["uniform", "distance"],
    },
    "svm": {
        "C": [0.03, 0.3, 3.0, 30.0],
        "gamma": [0.1, 1.0, 5.0],  # times 1 / n_features
    },
    "linear": {
        "C": [1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 10.0, 100.0, 1e4],
    },
    "boosting": {
        "max_iter": [5, 15, 50],
        "max_leaf_nodes": [3, 8, 31],
    },
}
ESTIMATORS = {
    "classification": {
        "tree": DecisionTreeClassifier,
        "forest": RandomForestClassifier,
        "knn": KNeighborsClassifier,
        "svm": SVC,
        "linear": LogisticRegression,
        "boosting": HistGradientBoostingClassifier,
    },
    "regression": {
        "tree": DecisionTreeRegressor,
        "forest": RandomForestRegressor,
        "knn": KNeighborsRegressor,
        "svm": SVR,
        "linear": Ridge,
        "boosting": HistGradientBoostingRegressor,
    },
}
# Families whose searches take seconds: they get every other seed only.
SLOW_FAMILIES = ("forest", "boosting")


@dataclass(frozen=True)
class Family:
    """One model family for one task: its candidates and how they are fitted."""

    name: str
    task: str

    @property
    def params(self):
        """Candidates in the order of ``GridSearchCV``."""
        return list(ParameterGrid(GRIDS[self.name]))

    def predictions(self, X, y, targets, seed):
        """Fit every candidate on ``X, y``; yield its predictions of each target."""
        if self.name == "boosting":
            yield from self._staged_predictions(X, y, targets, seed)
            return
        for params in self.params:
            model = self.make(params, X.shape[1], seed).fit(X, y)
            yield [model.predict(target) for target in targets]

    def _staged_predictions(self, X, y, targets, seed):
        """One fit serves all numbers of iterations of one tree size, exactly."""
        n_iters = GRIDS["boosting"]["max_iter"]
        stages = {}
        for leaves in GRIDS["boosting"]["max_leaf_nodes"]:
            params = {"max_iter": max(n_iters), "max_leaf_nodes": leaves}
            model = self.make(params, X.shape[1], seed).fit(X, y)
            paths = [list(model.staged_predict(target)) for target in targets]
            for n_iter in n_iters:
                stages[n_iter, leaves] = [path[n_iter - 1] for path in paths]
        for params in self.params:
            yield stages[params["max_iter"], params["max_leaf_nodes"]]

    def make(self, params, n_features, seed):
        """Return an unfitted candidate; without parameters, scikit-learn's own."""
        estimator = ESTIMATORS[self.task][self.name]
        return estimator(**self._keywords(dict(params), n_features, seed))

    def _keywords(self, params, n_features, seed):
        if self.name == "svm":
            if "gamma" in params:
                params["gamma"] /= n_features
        elif self.name == "forest":
            params |= {"n_estimators": N_TREES, "random_state": seed}
        elif self.name == "tree":
            params["random_state"] = seed
        elif self.name == "boosting":
            params |= {
                "min_samples_leaf": 5,
                "early_stopping": False,
                "random_state": seed,
            }
        elif self.task == "regression" and self.name == "linear":
            params = {"alpha": 1 / params.get("C", 1.0)}
        elif self.name == "linear":
            params["max_iter"] = 300
        return params


def n_correct(y_true, y_pred):
    """Count right predictions: an exact, compact form of the accuracy."""
    return int(np.count_nonzero(y_true == y_pred))
