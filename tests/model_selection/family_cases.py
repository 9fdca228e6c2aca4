"""Groups of candidates that families of shared fits must serve exactly.

One row per group: every family needs at least one. `test_families` checks each row
with several seeds, data and weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.model_selection import ParameterGrid
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)


@dataclass(frozen=True)
class Case:
    """A group of candidates of one family.

    Attributes
    ----------
    family : str
        Name of the family.
    build : callable
        Seed to unfitted candidates.
    data : tuple of str
        Keys of `DATA`: the case is checked on each.
    fit_params : tuple of str
        Keys of `FIT_PARAMS`: the case is checked with each.
    scoring : tuple of str
        Scorers to compare besides the estimators' own.
    rtol : float
        0 for equality bit for bit.
    min_served : int or None
        How many candidates must be served at least; None for all.
    ignore : tuple of str
        Fitted attributes that need not be equal.
    seeds : tuple of int
        Seeds of data and candidates.
    """

    family: str
    build: Callable[[int], Sequence[Any]]
    data: tuple[str, ...] = ("classification",)
    fit_params: tuple[str, ...] = ("none",)
    scoring: tuple[str, ...] = ()
    rtol: float = 0.0
    min_served: int | None = None
    ignore: tuple[str, ...] = ()
    seeds: tuple[int, ...] = field(default=(0, 1, 2))


def classification(seed, n_classes=2):
    return make_classification(
        150, 8, n_informative=5, n_classes=n_classes, flip_y=0.1, random_state=seed
    )


def multiclass(seed):
    X, y = classification(seed, n_classes=3)
    return X, np.array(["red", "green", "blue"])[y]


def regression(seed):
    return make_regression(150, 8, n_informative=5, noise=5.0, random_state=seed)


def counts(seed):
    """Rows and target are small whole numbers, as of words; ties everywhere."""
    rng = np.random.default_rng(seed)
    X = rng.poisson(1.0, (150, 8)).astype(float)
    return X, X[:, :3].sum(axis=1).astype(int) + rng.integers(0, 2, 150)


def sparse_counts(seed):
    X, y = counts(seed)
    return sparse.csr_matrix(X), (y > np.median(y)).astype(int)


def frame(seed):
    X, y = classification(seed)
    return pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])]), pd.Series(y)


def missing(seed):
    X, y = classification(seed)
    X[np.random.default_rng(seed).random(X.shape) < 0.1] = np.nan
    return X, y


def multioutput(seed):
    """Two columns of classes, of different numbers."""
    X, y = classification(seed, n_classes=3)
    return X, np.column_stack([y, (X[:, 0] > 0).astype(int)])


def multioutput_regression(seed):
    return make_regression(150, 8, n_targets=2, noise=5.0, random_state=seed)


DATA = {
    "classification": classification,
    "multiclass": multiclass,
    "regression": regression,
    "counts": counts,
    "sparse": sparse_counts,
    "frame": frame,
    "missing": missing,
    "multioutput": multioutput,
    "multioutput_regression": multioutput_regression,
}


def _weights(seed, n):
    return {"sample_weight": np.random.default_rng(seed).uniform(0.1, 3.0, n)}


def _whole_weights(seed, n):
    """Frequencies, zero among them."""
    return {"sample_weight": np.random.default_rng(seed).integers(0, 4, n)}


FIT_PARAMS = {
    "none": lambda seed, n: {},
    "weights": _weights,
    "whole_weights": _whole_weights,
}

CASES: list[Case] = []


def grid(estimator, **values):
    """Build candidates of a grid, with the seed as `random_state`."""

    def build(seed):
        return [
            clone(estimator).set_params(random_state=seed, **params)
            for params in ParameterGrid(values)
        ]

    return build


TREE_LIMITS = {
    "max_depth": [None, 9, 7, 3],
    "min_samples_split": [2, 0.1],
    "min_samples_leaf": [1, 3],
}
CASES += [
    Case(
        "decision tree",
        grid(DecisionTreeClassifier(), **TREE_LIMITS),
        data=("classification", "multiclass", "sparse", "missing", "multioutput"),
        fit_params=("none", "weights", "whole_weights"),
        scoring=("accuracy",),
        seeds=(0,),
    ),
    Case(
        "decision tree",
        grid(
            DecisionTreeClassifier(max_features=3, class_weight="balanced"),
            **TREE_LIMITS,
            splitter=["random"],
        ),
        data=("multiclass",),
        fit_params=("none", "weights"),
        seeds=(0, 1),
    ),
    Case(
        "decision tree",
        grid(
            ExtraTreeClassifier(criterion="entropy"),
            max_leaf_nodes=[2, 12, 13, 1000],
            max_depth=[None, 4],
            ccp_alpha=[0.0, 0.02],
        ),
        data=("frame", "multioutput"),
        fit_params=("none", "weights"),
        scoring=("roc_auc", "neg_log_loss"),
    ),
    Case(
        "decision tree",
        grid(
            DecisionTreeRegressor(),
            max_leaf_nodes=[10, 200, None],
            min_samples_leaf=[1, 0.1],
            min_weight_fraction_leaf=[0.0, 0.01],
            ccp_alpha=[0.0, 0.5],
        ),
        data=("regression", "counts", "multioutput_regression"),
        fit_params=("none", "weights", "whole_weights"),
        scoring=("neg_mean_absolute_error",),
        seeds=(0,),
    ),
    Case(
        "decision tree",
        grid(
            ExtraTreeRegressor(min_impurity_decrease=0.01),
            criterion=["poisson"],
            **TREE_LIMITS,
        ),
        data=("counts", "sparse"),
        seeds=(0, 1),
    ),
    Case(
        "decision tree",
        grid(DecisionTreeRegressor(criterion="absolute_error"), **TREE_LIMITS),
        data=("counts",),
        seeds=(0,),
    ),
]
