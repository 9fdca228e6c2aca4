"""Situations in which the user's own test part differs from the training part."""

import numpy as np
import pandas as pd
from sklearn.preprocessing import StandardScaler

from benchmarks.quality._planted import planted_in_test, situation
from benchmarks.quality._planted_rows import told

SHARE_TRAIN = 0.6


def cut(y):
    """Rows of the training part."""
    return round(SHARE_TRAIN * len(y))


@situation(
    "SKO311",
    equal=("SKO313",),
    n_rows=600,
    dose="shift of the three best columns, in their standard deviations",
    doses=(1.5, 0.8, 0.4),
)
def columns_shifted(base, dose, model):
    """Plant a test part that was measured elsewhere: three columns are shifted."""
    X, n = base.X.astype(float), cut(base.y)
    for column in base.ranked()[:3]:
        X.loc[X.index >= n, column] += dose * X[column].std()
    return planted_in_test(model, X, base.y, n)


@situation(
    "SKO311",
    n_rows=600,
    dose="share of test rows whose target no longer follows from the columns",
    doses=(0.6, 0.35, 0.2),
)
def targets_out_of_step(base, dose, model):
    """Plant test targets that belong to other rows, as after a wrong join."""
    n, y = cut(base.y), base.y.copy()
    y[n:] = told(y[n:], 1 - dose, base.rng)
    return planted_in_test(model, base.X, y, n)


@situation(
    "SKO312",
    table="mixed",
    model="linear",
    n_rows=500,
    dose="share of test rows with a new category",
    doses=(0.5, 0.25, 0.1),
)
def new_categories(base, dose, model):
    """Plant new names, in the test part, of a category that tells much."""
    known = told(base.y, 0.6, base.rng)
    branch = pd.Series(np.array(["north", "south"], dtype=object)[known % 2])
    n = cut(base.y)
    new = (np.arange(len(branch)) >= n) & (base.rng.random(len(branch)) < dose)
    branch[new] = np.array(["N", "S"], dtype=object)[known[new] % 2]
    return planted_in_test(model, base.X.assign(branch=branch), base.y, n)


@situation(
    "SKO313",
    equal=("SKO311",),
    table="regression",
    n_rows=500,
    dose="share of the rows that lie beyond: the test part",
    doses=(0.4, 0.25, 0.1),
)
def beyond_the_range(base, dose, model):
    """Plant test values of the best column that are larger than training ever had."""
    order, n = base.X[base.ranked()[0]].argsort().to_numpy(), len(base.y)
    inside, beyond = np.split(order, [round((1 - dose) * n)])
    order = np.r_[base.rng.permutation(inside), base.rng.permutation(beyond)]
    return planted_in_test(model, *base.part(order), len(inside))


@situation(
    "SKO314",
    table="two classes",
    model="linear",
    n_rows=600,
    dose="share of the second class in the test part (training: a half)",
    doses=(0.1, 0.25, 0.35),
)
def other_shares_of_classes(base, dose, model):
    """Plant training rows that were balanced by hand; test rows are as they come."""
    few, many = (np.flatnonzero(base.y == k) for k in (1, 0))
    if len(few) > len(many):  # the rarer class becomes rarer still
        few, many = many, few
    n_each = len(few) // 2
    n_test = len(many) - n_each
    rare = few[n_each : n_each + max(5, round(n_test * dose / (1 - dose)))]
    train = base.rng.permutation(np.r_[few[:n_each], many[:n_each]])
    test = base.rng.permutation(np.r_[rare, many[n_each:]])
    X, y = base.part(np.r_[train, test])
    return planted_in_test(model, X, y, len(train))


@situation(
    "SKO315",
    model="boosting",
    n_rows=600,
    dose="share of values of the three best columns that are missing in the test part",
    doses=(0.8, 0.4, 0.15),
)
def values_lost(base, dose, model):
    """Plant gaps in the test part where training has values."""
    X, n = base.X.astype(float), cut(base.y)
    for column in base.ranked()[:3]:
        lost = (X.index >= n) & (base.rng.random(len(X)) < dose)
        X.loc[lost, column] = np.nan
    return planted_in_test(model, X, base.y, n)


@situation(
    "SKO316",
    n_rows=600,
    dose="number of columns (the best first) and their factor",
    doses=((3, 1000.0), (1, 2.54), (1, 0.4536)),
)
def other_units(base, dose, model):
    """Plant other units of columns of the test part."""
    X, n = base.X.astype(float), cut(base.y)
    for column in base.ranked()[: dose[0]]:
        X.loc[X.index >= n, column] *= dose[1]
    return planted_in_test(model, X, base.y, n)


@situation(
    "SKO316",
    model="neighbors",
    n_rows=600,
    dose="share of the columns",
    doses=(1.0, 0.5, 0.25),
)
def scaled_in_each_part(base, dose, model):
    """Plant a scaler that was fitted again on a test part of other rows."""
    best, n = base.ranked(), cut(base.y)
    # The test part is a selection: half of it has large values of the best column.
    order = np.r_[np.arange(n), n + np.argsort(base.X[best[0]].to_numpy()[n:])]
    kept = np.r_[order[:n], order[n + (len(order) - n) // 2 :]]
    X, y = base.part(kept)
    X, columns = X.astype(float), best[: max(1, round(dose * X.shape[1]))]
    for part in (X.index < n, X.index >= n):
        X.loc[part, columns] = StandardScaler().fit_transform(X.loc[part, columns])
    return planted_in_test(model, X, y, n, raw=True)


@situation(
    "SKO406",
    n_rows=400,
    model="linear",
    dose="rows of the test part",
    doses=(12, 25, 50),
)
def few_test_rows(base, dose, model):
    """Plant a test part of a few rows."""
    return planted_in_test(model, base.X, base.y, len(base.y) - dose)


@situation(
    "SKO316",
    "SKO201",
    table="mixed",
    n_rows=600,
    dose="columns in other units, and share of rows that are told",
    doses=((3, 0.97), (2, 0.9), (1, 0.8)),
)
def units_and_leak(base, dose, model):
    """Plant other units of columns of the test part, and a number that leaks."""
    answer = told(base.y, dose[1], base.rng)
    X, n = base.X, cut(base.y)
    for column in base.ranked()[: dose[0]]:
        factor = np.where(X.index >= n, 1000.0, 1.0)
        X = X.assign(**{column: X[column] * factor})
    X["fee"] = answer * 20.0 + base.rng.normal(0, 2, len(answer))
    return planted_in_test(model, X, base.y, n)
