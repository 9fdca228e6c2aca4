"""Groups of candidates that families of shared fits must serve exactly.

One row per group: every family needs at least one. `test_contract` checks each row on
several kinds of data and weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import (
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    chi2,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge, RidgeClassifier
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
        Keys of `DATA`: the case is checked on each, though not with each of the
        `fit_params`.
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
    seeds: tuple[int, ...] = (0,)


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
        data=("classification", "missing"),
        fit_params=("none", "whole_weights"),
        scoring=("accuracy",),
    ),
    Case(
        "decision tree",
        grid(DecisionTreeClassifier(), **TREE_LIMITS),
        data=("sparse", "multioutput"),
        fit_params=("weights",),
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
    ),
    Case(
        "decision tree",
        grid(
            ExtraTreeClassifier(criterion="entropy"),
            max_leaf_nodes=[2, 12, 13, 1000],
            max_depth=[None, 4],
            ccp_alpha=[0.0, 0.02],
        ),
        data=("frame",),
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
    ),
    Case(
        "decision tree",
        grid(
            ExtraTreeRegressor(min_impurity_decrease=0.01),
            criterion=["poisson"],
            **TREE_LIMITS,
        ),
        data=("counts", "sparse"),
    ),
    Case(
        "decision tree",
        grid(DecisionTreeRegressor(criterion="absolute_error"), **TREE_LIMITS),
        data=("counts",),
    ),
]

FOREST_GRID = {
    "n_estimators": [3, 8],
    "max_depth": [None, 7],
    "min_samples_split": [2, 0.05],
}
CASES += [
    Case(
        "forest",
        grid(RandomForestClassifier(), **FOREST_GRID),
        data=("classification", "missing"),
        fit_params=("none", "whole_weights"),
        scoring=("accuracy",),
    ),
    Case(
        "forest",
        grid(RandomForestClassifier(), **FOREST_GRID),
        data=("sparse", "multioutput"),
        fit_params=("weights",),
    ),
    Case(
        "forest",
        grid(
            RandomForestClassifier(max_samples=0.6),
            class_weight=["balanced_subsample"],
            **FOREST_GRID,
        ),
        data=("multiclass",),
        fit_params=("none", "weights"),
        scoring=("neg_log_loss",),
    ),
    Case(
        "forest",
        grid(
            ExtraTreesClassifier(class_weight="balanced"),
            n_estimators=[1, 4, 5],
            max_leaf_nodes=[3, 20, None],
            ccp_alpha=[0.0, 0.01],
            min_samples_leaf=[1, 2],
        ),
        data=("frame", "multioutput"),
        fit_params=("weights",),
    ),
    Case(
        "forest",
        grid(
            RandomForestRegressor(max_features=0.5),
            n_estimators=[2, 9],
            max_depth=[12, 2],
            min_weight_fraction_leaf=[0.0, 0.02],
            min_samples_leaf=[1, 2],
            max_leaf_nodes=[4, 60],
        ),
        data=("regression", "counts", "multioutput_regression"),
        fit_params=("whole_weights",),
        scoring=("neg_mean_absolute_error",),
    ),
    Case(
        "forest",
        grid(
            ExtraTreesRegressor(bootstrap=True, criterion="poisson"),
            **FOREST_GRID,
            max_features=[None],
        ),
        data=("counts",),
        fit_params=("weights",),
        seeds=(0, 1),
    ),
    Case(
        "forest",
        grid(
            RandomForestClassifier(monotonic_cst=[1, 0, 0, -1, 0, 0, 0, 0]),
            **FOREST_GRID,
        ),
    ),
    Case(
        "bagging",
        grid(BaggingClassifier(), n_estimators=[1, 3, 10]),
        data=("multiclass", "sparse", "missing"),
        fit_params=("none", "weights"),
        scoring=("accuracy",),
    ),
    Case(
        "bagging",
        grid(
            BaggingClassifier(RidgeClassifier(), max_features=0.5, max_samples=0.3),
            n_estimators=[2, 5],
        ),
        data=("multiclass", "frame"),
    ),
    Case(
        "bagging",
        grid(
            BaggingRegressor(Ridge(), bootstrap_features=True), n_estimators=[2, 5, 20]
        ),
        data=("regression", "multioutput_regression"),
        fit_params=("none", "weights"),
    ),
]


def varied(estimator, **values):
    """Build candidates of a grid of estimators that have no seed, or use none."""
    return lambda seed: [
        clone(estimator).set_params(**params) for params in ParameterGrid(values)
    ]


#: From penalties that hardly change anything to ones that leave little.
FEW_PENALTIES = [1e-9, 1.0, 30]
MANY_PENALTIES = [*np.logspace(-5, 6, 12)]
SHARES = [0.3, 0.9, "mle", None]

CASES += [
    Case(
        "ridge penalties",
        varied(Ridge(), alpha=MANY_PENALTIES),
        data=("regression", "counts", "frame", "multioutput_regression"),
        fit_params=("none", "weights", "whole_weights"),
        scoring=("neg_mean_absolute_error", "neg_max_error"),
        rtol=1e-8,
    ),
    Case(
        "ridge penalties",
        varied(Ridge(fit_intercept=False), alpha=FEW_PENALTIES),
        data=("regression", "multioutput_regression"),
        fit_params=("none", "weights"),
    ),
    Case(
        "ridge penalties",
        varied(Ridge(solver="svd"), alpha=MANY_PENALTIES),
        data=("regression", "multioutput_regression"),
        fit_params=("none", "whole_weights"),
    ),
    Case(
        "ridge penalties",
        varied(RidgeClassifier(class_weight="balanced"), alpha=MANY_PENALTIES),
        data=("classification", "multiclass", "frame"),
        fit_params=("none", "weights"),
        scoring=("accuracy",),
        rtol=1e-8,
    ),
    Case(
        "ridge penalties",
        varied(RidgeClassifier(), alpha=MANY_PENALTIES),
        data=("classification",),
        scoring=("roc_auc", "average_precision"),
        rtol=1e-8,
    ),
    Case(
        "ridge penalties",
        varied(RidgeClassifier(fit_intercept=False), alpha=FEW_PENALTIES),
        data=("classification", "multiclass"),
    ),
    Case(
        "kernel ridge penalties",
        varied(KernelRidge(), alpha=MANY_PENALTIES),
        data=("regression", "sparse", "multioutput_regression"),
        fit_params=("none", "weights"),
        rtol=1e-8,
    ),
    Case(
        "kernel ridge penalties",
        varied(KernelRidge(kernel="rbf", gamma=0.2), alpha=MANY_PENALTIES),
        data=("regression", "frame"),
        fit_params=("none", "weights"),
        scoring=("neg_mean_absolute_error",),
        rtol=1e-8,
    ),
    Case(
        "kernel ridge penalties",
        varied(KernelRidge(kernel="laplacian"), alpha=[0.1, 1, 10]),
        data=("regression", "sparse"),
    ),
    Case(
        "univariate selection",
        varied(SelectKBest(), k=[0, 1, 3, 8, "all"]),
        data=("classification", "sparse", "frame"),
    ),
    Case(
        "univariate selection",
        varied(SelectPercentile(chi2), percentile=[0, 1, 12.5, 50, 100]),
        data=("counts", "sparse"),
    ),
    Case(
        "univariate selection",
        varied(SelectFpr(), alpha=[0.001, 0.05, 0.5]),
        seeds=(0, 1),
    ),
    Case(
        "univariate selection",
        varied(SelectFdr(), alpha=[0.001, 0.05, 0.5]),
        seeds=(0, 1),
    ),
    Case(
        "univariate selection",
        varied(SelectFwe(), alpha=[0.001, 0.05, 0.5]),
        seeds=(0, 1),
    ),
    Case(
        "univariate selection",
        varied(GenericUnivariateSelect(), mode=["percentile", "k_best"], param=[1, 5]),
        seeds=(0, 1),
    ),
    Case(
        "variance thresholds",
        varied(VarianceThreshold(), threshold=[0.01, 0.1, 0.5]),
        data=("classification", "counts", "sparse", "missing", "frame"),
    ),
    Case(
        "principal components",
        varied(PCA(svd_solver="full"), n_components=[1, 2, 7, 8, *SHARES]),
        data=("classification", "counts", "frame"),
    ),
    Case(
        "principal components",
        varied(PCA(whiten=True), n_components=[1, 2, 7, 8, *SHARES]),
        data=("classification", "frame"),
    ),
    Case(
        "principal components",
        varied(PCA(svd_solver="covariance_eigh"), n_components=[0, 3, *SHARES]),
        data=("classification", "frame"),
    ),
]
