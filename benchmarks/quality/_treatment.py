"""Data, given models, spaces and scores of the study of treatment; no skoverfit here.

A peer that runs in an environment of its own reads the same samples.
"""

import time
import zlib
from dataclasses import dataclass

import numpy as np
from scipy.stats import loguniform, randint
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality import _untouched as untouched
from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED

SIZES, MIN_HELD_OUT, MOST_HELD_OUT, RAREST = (200, 1000), 300, 2000, 5
MIN_LEFT = 20
N_FOLDS, MOST_CANDIDATES, LOWEST_R2 = 5, 500, -1.0
#: Family -> model for classes, and for numbers.
MODELS = {
    "tree": (
        DecisionTreeClassifier(random_state=0),
        DecisionTreeRegressor(random_state=0),
    ),
    "forest": (
        RandomForestClassifier(random_state=0),
        RandomForestRegressor(random_state=0),
    ),
    "boosting": (
        HistGradientBoostingClassifier(random_state=0),
        HistGradientBoostingRegressor(random_state=0),
    ),
    "svm": (SVC(random_state=0), SVR()),
    "neighbors": (KNeighborsClassifier(), KNeighborsRegressor()),
    "network": (MLPClassifier(random_state=0), MLPRegressor(random_state=0)),
    "linear": (LogisticRegression(max_iter=1000), Ridge()),
}
_LEAVES = {"min_samples_leaf": randint(1, 30)}
#: Family -> settings that its randomized search draws.
SPACES = {
    "tree": {"max_depth": [None, 2, 3, 4, 6, 9, 13], **_LEAVES},
    "forest": {"max_features": [0.1, 0.2, "sqrt", 0.5, 1.0], **_LEAVES},
    "boosting": {
        "learning_rate": loguniform(0.01, 0.3),
        "max_leaf_nodes": randint(3, 32),
        "l2_regularization": loguniform(1e-3, 30),
        "max_iter": randint(20, 200),
    },
    "svm": {"C": loguniform(0.03, 100), "gamma": loguniform(1e-4, 1)},
    "neighbors": {"n_neighbors": randint(1, 50), "weights": ["uniform", "distance"]},
    "network": {
        "alpha": loguniform(1e-5, 10),
        "hidden_layer_sizes": [(20,), (50,), (100,)],
        "early_stopping": [False, True],
    },
    "linear": {"C": loguniform(1e-4, 1e3)},
}
RIDGE_SPACE = {"alpha": loguniform(1e-3, 1e4)}


@dataclass(frozen=True)
class Data:
    """Training rows and rows held out."""

    X: object
    y: np.ndarray
    X_test: object
    y_test: np.ndarray
    task: str


# ----------------------------------------------------------------------------- the data
def cells():
    """Every set, size and given model."""
    return [
        Search(name, family, n_train, 0, task)
        for name, (kind, task, rows) in sorted(untouched.shared_sets().items())
        if kind in ("tabular", "text") and name not in BUNDLED
        for n_train in SIZES
        if n_train == min(SIZES) or rows - n_train >= MIN_HELD_OUT
        for family in MODELS
    ]


def smoke_cells():
    """Cut the study to seconds."""
    return [Search("bundled_iris", "tree", 60, 0)]


def load(name):
    """Features and target of a set, without the rows of very rare classes."""
    X, y = untouched.load(name)
    return X, np.asarray(y)


def draw(X, y, search):
    """Draw the rows; None where too few are left, in all or of every class."""
    rng = np.random.RandomState(
        zlib.crc32(f"treatment/{search.dataset}/{search.n_train}".encode())
    )
    rows, classes = np.arange(len(y)), None
    if search.task == "classification":
        values, counts = np.unique(y, return_counts=True)
        rows = rows[np.isin(y, values[counts >= RAREST])]
        classes = y[rows]
    else:
        y = y.astype(float)
    if len(rows) - search.n_train < max(
        20, 0 if classes is None else len(set(classes))
    ):
        return None
    train, test = train_test_split(
        rows, train_size=search.n_train, stratify=classes, random_state=rng
    )
    if (
        classes is not None
        and np.unique(y[train], return_counts=True)[1].max() < N_FOLDS
    ):
        return None
    test = test[:MOST_HELD_OUT]
    parts = _rows(X, train), y[train], _rows(X, test), y[test]
    return Data(*parts, search.task)


def _rows(X, rows):
    if hasattr(X, "iloc"):
        return X.iloc[rows].reset_index(drop=True)
    return X[rows]


# --------------------------------------------------------------------------- the models
def given_model(search, family=None):
    """Return the model of a family, with the preparation that the set needs."""
    family = family or search.family
    model = MODELS[family][search.task != "classification"]
    kind = untouched.kind_of(search.dataset)
    prepared = untouched.prepared(model, kind)
    if kind == "text" and family == "boosting":  # it takes no sparse matrices
        vectors, _ = (step for _, step in prepared.steps)
        vectors.set_params(max_features=500)
        return make_pipeline(vectors, FunctionTransformer(_dense), model)
    return prepared


def _dense(X):
    return X.toarray()


def random_search(search, model, data, budget):
    """Scikit-learn's randomized search, with as many candidates as the time allows."""
    space = SPACES[search.family]
    if search.family == "linear" and search.task != "classification":
        space = RIDGE_SPACE
    step = model.steps[-1][0]
    space = {f"{step}__{name}": values for name, values in space.items()}
    start = time.process_time()
    first = RandomizedSearchCV(
        model, space, n_iter=1, cv=N_FOLDS, random_state=search.seed
    )
    first.fit(data.X, data.y)
    seconds = time.process_time() - start
    n_iter = int(np.clip((budget - seconds) / seconds, 1, MOST_CANDIDATES))
    return first.set_params(n_iter=n_iter)


# --------------------------------------------------------------------------- the scores
def scores(model, data):
    """Train and held-out score, and log loss where there are probabilities."""
    found = {
        "train": score(data.y, model.predict(data.X), data.task),
        "test": score(data.y_test, model.predict(data.X_test), data.task),
    }
    if data.task == "classification" and hasattr(model, "predict_proba"):
        shares = np.asarray(model.predict_proba(data.X_test), dtype=float)
        labels = model.classes_
        found["log_loss"] = float(log_loss(data.y_test, shares, labels=labels))
    return {name: round(value, 5) for name, value in found.items()}


def score(y, predicted, task):
    """Accuracy, or R2 that is not below its floor."""
    if task == "classification":
        return float(np.mean(np.asarray(y) == np.asarray(predicted)))
    return float(max(r2_score(y, predicted), LOWEST_R2))
