"""Data, models and truth of the study of untouched tables: nothing of skoverfit here.

A peer that runs in an environment of its own reads the same data and the same models.
"""

import csv
import warnings
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import (
    ColumnTransformer,
    TransformedTargetRegressor,
    make_column_selector,
)
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._datasets import (
    BUNDLED,
    MISSING_CATEGORY,
    data_folder,
    load_frame,
)
from benchmarks.quality._text_data import load_texts

#: Rows to diagnose, rows held out at least and at most, rows of the own test part.
TRAIN, HELD_OUT, MOST_HELD_OUT, OWN = 500, 500, 4000, (100, 200)
#: Rows from which a table has enough to hold out, and from which the own part is large.
LARGE, MANY = 840, 1300
FAMILIES = ("tree", "linear", "forest", "svm", "boosting")
DIGITS = "bundled_digits"


@dataclass(frozen=True)
class Cut:
    """Rows to diagnose, the own test part, and rows held out of all of it."""

    X: object
    y: np.ndarray
    X_test: object
    y_test: np.ndarray
    X_held: object
    y_held: np.ndarray


# ----------------------------------------------------------------------------- the data
@cache
def shared_sets():
    """Name -> (kind, task, rows) of all shared sets and of scikit-learn's digits."""
    with open(data_folder() / "index.csv", newline="", encoding="utf-8") as stream:
        rows = {
            row["name"]: (row["kind"], row["task"], int(row["rows"]))
            for row in csv.DictReader(stream)
        }
    return rows | {DIGITS: ("tabular", "classification", 1797)}


def kind_of(name):
    """Return "tabular", "text" or "image"."""
    return "tabular" if name in BUNDLED else shared_sets()[name][0]


def load(name):
    """Features and target of a set of any kind."""
    kind = kind_of(name)
    if kind == "tabular":
        return load_frame(name)
    if kind == "text":
        texts, y, _ = load_texts(name)
        return texts, y
    with np.load(data_folder() / "image" / f"{name}.npz") as stored:
        X, y = stored["X"], stored["y"]
    return X.reshape(len(X), -1) / np.float32(255), y


def sizes(n):
    """Rows to diagnose, of the own part, and held out, of a set of `n`."""
    if n < LARGE:
        return n - n // 4, n // 4, 0
    own = OWN[n >= MANY]
    train = min(TRAIN, n - own - HELD_OUT)
    return train, own, min(MOST_HELD_OUT, n - own - train)


def cut(X, y, *, name, task, seed):
    """Draw the three parts, stratified by class."""
    rng = np.random.RandomState(zlib.crc32(f"untouched/{name}/{seed}".encode()))
    y, (n_train, n_own, n_held) = np.asarray(y), sizes(len(y))
    classes = y if task == "classification" else None
    train, rest = _drawn(np.arange(len(y)), n_train, classes, rng)
    own, rest = _drawn(rest, n_own, classes, rng)
    parts = (train, own, rng.permutation(rest)[:n_held])
    return Cut(*(part for rows in parts for part in (_rows(X, rows), y[rows])))


def _drawn(rows, size, classes, rng):
    """Rows that are drawn, in random order, and those that are left."""
    if size == len(rows):
        return rng.permutation(rows), rows[:0]
    drawn, left = train_test_split(
        rows,
        train_size=size,
        stratify=None if classes is None else classes[rows],
        random_state=rng,
    )
    return rng.permutation(drawn), left


def _rows(X, rows):
    if hasattr(X, "iloc"):
        return X.iloc[rows].reset_index(drop=True)
    return X[rows]


def n_folds(y, task):
    """Return five folds, or as many as the rarest class has rows, at least 2."""
    if task != "classification":
        return 5
    return int(np.clip(np.unique(y, return_counts=True)[1].min(), 2, 5))


# --------------------------------------------------------------------------- the models
def prepared(model, kind):
    """Put the preparation that a set of this kind needs before a model."""
    if kind == "image":
        return model
    if kind == "text":
        return make_pipeline(TfidfVectorizer(min_df=2), model)
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
    )
    categories = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=MISSING_CATEGORY),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    encoder = ColumnTransformer(
        [
            ("numbers", numbers, make_column_selector(dtype_include="number")),
            ("categories", categories, make_column_selector(dtype_exclude="number")),
        ]
    )
    return make_pipeline(encoder, model)


def base_model(family, task):
    """Return the model under diagnosis."""
    is_class = task == "classification"
    if family == "tree":
        kind = DecisionTreeClassifier if is_class else DecisionTreeRegressor
        return kind(random_state=0)
    if family == "forest":
        kind = RandomForestClassifier if is_class else RandomForestRegressor
        return kind(50, random_state=0)
    if family == "linear":
        return LogisticRegression(C=100, max_iter=3000) if is_class else Ridge(0.01)
    if family == "svm":
        return SVC(C=10) if is_class else _scaled(SVR(C=10))
    kind = HistGradientBoostingClassifier if is_class else HistGradientBoostingRegressor
    return kind(max_iter=50, random_state=0)


def _scaled(model):
    return TransformedTargetRegressor(model, transformer=StandardScaler())


#: What regularizes a family: parameters, or "bagged" for as many fits on bootstrap
#: samples. The values of a linear model are of C, and a tenth of 1 / alpha for Ridge.
VERSIONS = {
    "tree": [
        {"max_depth": 3},
        {"max_depth": 6},
        {"min_samples_leaf": 5},
        {"min_samples_leaf": 20},
        {"bagged": 30},
    ],
    "forest": [
        {"min_samples_leaf": 5},
        {"min_samples_leaf": 15},
        {"max_depth": 4},
        {"max_depth": 8},
    ],
    "linear": [{"C": 10}, {"C": 1}, {"C": 0.1}, {"C": 0.01}, {"bagged": 20}],
    "svm": [{"C": 3}, {"C": 1}, {"C": 0.3}, {"C": 0.1}, {"bagged": 20}],
    "boosting": [
        {"learning_rate": 0.03},
        {"max_leaf_nodes": 4},
        {"max_leaf_nodes": 8},
        {"min_samples_leaf": 50},
        {"l2_regularization": 30},
        {"bagged": 10},
    ],
}


def regularized(family, task):
    """Return the regularized versions of a model, by what they are."""
    base, found = base_model(family, task), {}
    for params in VERSIONS[family]:
        (key, value), *_ = params.items()
        found[f"{key}={value}"] = _version(base, key, value, task)
    return found


def _version(base, key, value, task):
    if key == "bagged":
        kind = BaggingClassifier if task == "classification" else BaggingRegressor
        return kind(clone(base), value, random_state=0)
    if isinstance(base, Ridge):
        key, value = "alpha", 10 / value
    if isinstance(base, TransformedTargetRegressor):
        key = f"regressor__{key}"
    return clone(base).set_params(**{key: value})


# ---------------------------------------------------------------------------- the truth
def truth(family, task, kind, data, seed):
    """Held-out scores of the model and of its versions, and what the best one gains.

    The version is chosen on one half of the held-out rows and measured on the other,
    and the other way round: the choice does not flatter it.
    """
    model = prepared(base_model(family, task), kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(data.X, data.y)
        rows = _row_scores(model, data, task)
        changes = {
            name: _row_scores(prepared(version, kind).fit(data.X, data.y), data, task)
            - rows
            for name, version in regularized(family, task).items()
        }
    gain, std_error = honest_gain(np.array(list(changes.values())), seed)
    return {
        "score": round(float(rows.mean()), 5),
        "range": round(_score_range(data, task), 5),
        "auc": _area(model, data, task),
        "changes": {name: round(float(c.mean()), 5) for name, c in changes.items()},
        "gain": round(gain, 5),
        "std_error": round(std_error, 5),
    }


def seed_spread(model, data, task, n_seeds=10):
    """Return the standard deviation of the score over seeds of the model.

    It is a share of the way from a constant to a perfect prediction.
    """
    name = f"{model.steps[-1][0]}__random_state"
    if name not in model.get_params():
        return 0.0
    scores = [
        cross_val_score(clone(model).set_params(**{name: seed}), data.X, data.y).mean()
        for seed in range(1000, 1000 + n_seeds)
    ]
    most = 1 - (pd.Series(data.y).value_counts(normalize=True).iloc[0])
    return float(np.std(scores, ddof=1)) / (most if task == "classification" else 1.0)


def _row_scores(model, data, task):
    """Return what each held-out row adds to accuracy or R2."""
    predicted = model.predict(data.X_held)
    if task == "classification":
        return (predicted == data.y_held).astype(float)
    return 1 - (data.y_held - predicted) ** 2 / np.var(data.y_held)


def honest_gain(changes, seed):
    """Mean change by the version that is best on other rows, and its standard error."""
    half = np.random.default_rng(seed).permutation(changes.shape[1]) % 2
    found = np.empty(changes.shape[1])
    for k in (0, 1):
        best = int(np.argmax(changes[:, half != k].mean(axis=1)))
        found[half == k] = changes[best, half == k]
    return float(found.mean()), float(found.std(ddof=1) / np.sqrt(len(found)))


def _score_range(data, task):
    """From the score of a constant to a perfect one."""
    if task == "regression":
        return 1.0
    values, counts = np.unique(data.y, return_counts=True)
    return float(1 - np.mean(data.y_held == values[np.argmax(counts)]))


def _area(model, data, task):
    """Held-out area under the ROC curve, one against the rest; None without one."""
    if task != "classification" or set(data.y_held) != set(data.y):
        return None
    if hasattr(model, "predict_proba"):
        chance = model.predict_proba(data.X_held)
    else:
        chance = model.decision_function(data.X_held)
    if chance.ndim == 1 or chance.shape[1] == 2:
        one = chance if chance.ndim == 1 else chance[:, 1]
        return round(float(roc_auc_score(data.y_held == model.classes_[1], one)), 5)
    areas = [
        roc_auc_score(data.y_held == label, chance[:, k])
        for k, label in enumerate(model.classes_)
    ]
    return round(float(np.mean(areas)), 5)
