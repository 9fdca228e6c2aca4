"""Situations in which the model, the number of rows or the search is the trouble."""

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedKFold,
    StratifiedShuffleSplit,
    cross_val_score,
)
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from benchmarks.quality._planted import Planted, planted, situation


def with_noise(base, n_columns):
    """Add columns of noise."""
    noise = base.rng.normal(size=(len(base.y), n_columns))
    names = [f"noise_{j}" for j in range(n_columns)]
    return pd.concat([base.X, pd.DataFrame(noise, columns=names)], axis=1)


@situation(
    "SKO101",
    table="mixed",
    model="tree",
    n_rows=500,
    dose="depth of the tree",
    doses=(None, 10, 6),
)
def tree_memorizes(base, dose, model):
    """Plant an unpruned tree where little is to be known."""
    return planted(model, base.X, base.y, model_options={"max_depth": dose})


@situation(
    "SKO102",
    dose="least rows in a leaf",
    doses=(1, 2, 4),
)
def forest_with_a_gap(base, dose, model):
    """Plant a forest that knows its training rows by heart, which costs nothing."""
    options = {"min_samples_leaf": dose}
    return planted(model, base.X, base.y, model_options=options)


@situation(
    "SKO103",
    model="linear",
    dose="logarithm of C",
    doses=(-5, -4, -3),
)
def penalty_too_strong(base, dose, model):
    """Plant a penalty so strong that hardly anything is fitted."""
    return planted(model, base.X, base.y, model_options={"C": 10.0**dose})


@situation(
    "SKO104",
    dose="rows",
    doses=(100, 200, 350),
    table="regression",
)
def few_rows(base, dose, model):
    """Plant a small part of a table."""
    return planted(model, *base.part(np.arange(dose)))


@situation("SKO105", dose="share of targets at random", doses=(1.0, 0.97, 0.9))
def nothing_to_know(base, dose, model):
    """Plant targets that do not follow from the columns."""
    lost = base.rng.random(len(base.y)) < dose
    return planted(model, base.X, np.where(lost, base.rng.permutation(base.y), base.y))


@situation(
    "SKO106",
    equal=("SKO107",),
    table="regression",
    model="free linear",
    n_rows=120,
    dose="columns of noise added to 120 rows",
    doses=(75, 55, 35),
)
def nearly_as_many_columns_as_rows(base, dose, model):
    """Plant least squares with nearly as many columns as training rows."""
    return planted(model, with_noise(base, dose), base.y)


@situation(
    "SKO107",
    equal=("SKO106",),
    model="neighbors",
    dose="columns of noise for each column of the table",
    doses=(5, 2, 1),
    n_rows=300,
)
def neighbors_among_noise(base, dose, model):
    """Plant nearest neighbors by columns of which most are noise."""
    X = base.X[base.ranked()[:10]]
    base.X = X
    return planted(model, with_noise(base, dose * X.shape[1]), base.y)


def varied(X):
    """Columns that differ most from row to row: few rows share one value of them."""
    most_common = X.apply(lambda column: column.value_counts().iloc[0])
    return most_common.sort_values(kind="stable").index[: max(5, X.shape[1] // 4)]


@situation(
    "SKO108",
    model="neighbors",
    n_rows=600,
    dose="factor of a weak column, beside standardized ones",
    doses=(1000, 30, 5),
)
def unscaled(base, dose, model):
    """Plant small units of the weakest of the varied columns; nothing is scaled."""
    kept = set(varied(base.X))
    weakest = [name for name in base.ranked() if name in kept][-1]
    X = (base.X - base.X.mean()) / base.X.std() + base.rng.normal(5, 1, base.X.shape[1])
    X[weakest] *= dose
    return planted(model, X, base.y, raw=True)


@situation("SKO109", dose="most iterations", doses=(3, 10, 30))
def network_stopped_early(base, dose, model):
    """Plant a small network that stops long before it has converged."""
    del model
    network = MLPClassifier((30,), max_iter=dose, random_state=0)
    return Planted(make_pipeline(StandardScaler(), network), base.X, base.y)


@situation(
    "SKO110",
    model="tree",
    n_rows=300,
    dose="random splits of which the best is kept",
    doses=(60, 15, 4),
)
def one_lucky_split(base, dose, model):
    """Plant one split, kept because its score was the best."""
    own = planted(model, base.X, base.y)
    splitter = StratifiedShuffleSplit(
        dose, test_size=0.15, random_state=int(base.rng.integers(2**31))
    )
    splits = list(splitter.split(base.X, base.y))
    scores = cross_val_score(own.estimator, base.X, base.y, cv=splits)
    own.options["cv"] = [splits[int(np.argmax(scores))]]
    return own


@situation(
    "SKO211",
    table="mixed",
    n_rows=120,
    dose="seeds that are tried as if they were a parameter",
    doses=(100, 25, 6),
)
def best_of_many_seeds(base, dose, model):
    """Plant a search among models that differ by chance alone, on few rows."""
    del model
    X = base.X.select_dtypes("number")
    X = X.fillna(X.median()).loc[:, lambda part: part.nunique() > 1]
    grid = {"random_state": list(range(dose)), "max_depth": [2, 4]}
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    search = GridSearchCV(ExtraTreeClassifier(), grid, cv=cv)
    return Planted(search.fit(X, base.y), X, base.y)


@situation(
    "SKO212",
    equal=("SKO103",),
    dose="least rows in a leaf that were tried",
    doses=((40, 60, 80), (20, 40, 60), (10, 20, 40)),
)
def space_too_small(base, dose, model):
    """Plant a search whose best value is the smallest that was tried."""
    del model
    grid = {"min_samples_leaf": list(dose)}
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=5)
    return Planted(search.fit(base.X, base.y), base.X, base.y)


@situation(
    "SKO107",
    "SKO108",
    model="neighbors",
    n_rows=300,
    dose="columns of noise for each column, and factor of two of them",
    doses=((3, 100), (2, 10), (1, 4)),
)
def noise_and_scale(base, dose, model):
    """Plant columns of noise, two of them in small units, and nothing is scaled."""
    base.X = base.X[base.ranked()[:10]]
    base.X = (base.X - base.X.mean()) / base.X.std()
    X = with_noise(base, dose[0] * base.X.shape[1])
    X[["noise_0", "noise_1"]] *= dose[1]
    return planted(model, X, base.y, raw=True)


@situation(
    "SKO301",
    "SKO201",
    table="regression",
    dose="share of rows in order, and noise of the column",
    doses=((1.0, 0.1), (0.8, 0.3), (0.6, 0.6)),
)
def sorted_and_leak(base, dose, model):
    """Plant a file sorted by the target, which another column holds with some noise."""
    key = base.y + (1 - dose[0]) * base.rng.normal(0, 2 * base.y.std(), len(base.y))
    noise = base.rng.normal(0, dose[1] * base.y.std(), len(base.y))
    base.X = base.X.assign(remeasured=base.y + noise)
    return planted(model, *base.part(np.argsort(key)))
