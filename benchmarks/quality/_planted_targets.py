"""Situations in which the target, or the score, is the trouble."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from benchmarks.quality._planted import planted, situation
from benchmarks.quality._planted_rows import SHUFFLED as ROWS_SHUFFLED
from benchmarks.quality._planted_rows import imbalanced

SHUFFLED = StratifiedKFold(5, shuffle=True, random_state=0)


@situation("SKO401", dose="share of labels", doses=(0.2, 0.1, 0.05))
def wrong_labels(base, dose, model):
    """Plant labels that were changed to another class, at random."""
    y, wrong = base.y.copy(), base.rng.random(len(base.y)) < dose
    n_classes = int(y.max()) + 1
    y[wrong] = (y[wrong] + base.rng.integers(1, n_classes, wrong.sum())) % n_classes
    return planted(model, base.X, y)


@situation(
    "SKO402",
    dose="columns (the best first) and values of each that are left",
    doses=((2, 3), (3, 3), (4, 4)),
)
def equal_rows_disagree(base, dose, model):
    """Plant columns so coarse that equal rows have different labels."""
    X = base.X[base.ranked()[: dose[0]]]
    X = X.apply(lambda c: pd.qcut(c, dose[1], labels=False, duplicates="drop"))
    return planted(model, X, base.y)


@situation(
    "SKO403",
    equal=("SKO405",),
    table="mixed",
    model="linear",
    n_rows=900,
    dose="share of the rare class",
    doses=(0.06, 0.1, 0.2),
)
def rare_class_missed(base, dose, model):
    """Plant accuracy, and a rare class that hardly any row is predicted to be in."""
    X, y = imbalanced(base, dose)
    return planted(model, X, y, cv=SHUFFLED)


@situation(
    "SKO404",
    table="regression",
    dose="values that are left of the quantity",
    doses=(30, 15, 9),
)
def quantity_as_classes(base, dose, model):
    """Plant a quantity, cut into whole numbers, that a classifier predicts."""
    y = np.asarray(pd.cut(base.y, dose, labels=False), dtype=int)
    return planted(model, base.X, y, cv=ROWS_SHUFFLED)


@situation(
    "SKO405",
    table="mixed",
    n_rows=900,
    dose="share of the class that F1 is about",
    doses=(0.2, 0.25, 0.3),
)
def threshold_too_high(base, dose, model):
    """Plant F1 of a rare class that a forest of large leaves rarely thinks likely."""
    X, y = imbalanced(base, dose)
    options = {"min_samples_leaf": 30}
    return planted(model, X, y, model_options=options, scoring="f1", cv=SHUFFLED)
