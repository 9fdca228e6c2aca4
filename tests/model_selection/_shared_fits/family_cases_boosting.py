"""Cases of the families of boosting, nearest neighbors and neural networks."""

import pytest
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.model_selection import ParameterGrid
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.model_selection._shared_fits.family_cases import Case, grid, varied


def of_library(module, name, **values):
    """Build candidates of a library that may not be installed."""

    def build(seed):
        cls = getattr(pytest.importorskip(module), name)
        settings = ParameterGrid(values)
        return [cls(random_state=seed, **params) for params in settings]

    return build


def inverse_square(distances):
    return 1.0 / (distances**2 + 0.1)


STAGES = [5, 1, 12, 2]
#: The last is more than there are training rows; every fit of it fails.
NEIGHBORS = {
    "n_neighbors": [5, 1, 60, 300],
    "weights": ["uniform", "distance", None, inverse_square],
}
#: Trees hold the generator that they were grown with, which longer fits leave behind
#: in another state. It is used in warm starts only.
GENERATORS = ("estimators_",)
#: What a network goes on training with, in ``partial_fit`` and warm starts only.
TRAINING = ("_optimizer", "_random_state", "_no_improvement_count")
BOOSTING_AND_NEIGHBOR_CASES = [
    Case(
        "gradient boosting stages",
        grid(GradientBoostingClassifier(subsample=0.6), n_estimators=STAGES),
        data=("multiclass", "sparse"),
        fit_params=("none", "weights"),
        ignore=GENERATORS,
    ),
    Case(
        "gradient boosting stages",
        grid(GradientBoostingClassifier(n_iter_no_change=2), n_estimators=[3, 60]),
        data=("frame",),
        scoring=("roc_auc",),
        ignore=GENERATORS,
        seeds=(0, 1),
    ),
    Case(
        "gradient boosting stages",
        grid(GradientBoostingRegressor(loss="huber"), n_estimators=STAGES),
        data=("regression",),
        fit_params=("whole_weights",),
        ignore=GENERATORS,
        seeds=(0, 1),
    ),
    Case(
        "AdaBoost stages",
        grid(AdaBoostClassifier(), n_estimators=STAGES),
        data=("multiclass", "frame", "sparse"),
        fit_params=("none", "weights"),
    ),
    Case(  # ends early: the first tree is perfect
        "AdaBoost stages",
        grid(AdaBoostClassifier(DecisionTreeClassifier()), n_estimators=[1, 2, 5]),
        seeds=(0, 1),
    ),
    Case(  # ends early: from some stage on, trees are worse than chance
        "AdaBoost stages",
        grid(
            AdaBoostRegressor(DecisionTreeRegressor(max_depth=1), loss="square"),
            n_estimators=[1, 4, 40],
        ),
        data=("regression", "counts"),
        fit_params=("none", "weights"),
    ),
    Case(
        "histogram boosting iterations",
        varied(HistGradientBoostingClassifier(), max_iter=STAGES),
        data=("multiclass", "frame", "missing"),
        fit_params=("none", "weights"),
    ),
    Case(
        "histogram boosting iterations",
        grid(
            HistGradientBoostingClassifier(
                early_stopping=True,
                n_iter_no_change=3,
                scoring="accuracy",
                max_features=0.5,
            ),
            max_iter=[2, 5, 40],
        ),
        seeds=(0, 1),
    ),
    Case(
        "histogram boosting iterations",
        varied(
            HistGradientBoostingRegressor(
                loss="poisson", categorical_features=[0, 3], min_samples_leaf=5
            ),
            max_iter=STAGES,
        ),
        data=("counts",),
        fit_params=("none", "whole_weights"),
    ),
    Case(
        "neural network epochs",
        grid(MLPClassifier(hidden_layer_sizes=6), max_iter=STAGES),
        data=("multiclass", "sparse", "frame"),
        ignore=TRAINING,
    ),
    Case(  # stops early, by rows of its own, and restores its best epoch
        "neural network epochs",
        grid(
            MLPClassifier(
                hidden_layer_sizes=(5, 3), early_stopping=True, n_iter_no_change=2
            ),
            max_iter=[1, 4, 60],
        ),
        seeds=(0, 1),
        ignore=(*TRAINING, "_best_coefs", "_best_intercepts"),
    ),
    Case(  # converges before the last epoch
        "neural network epochs",
        grid(
            MLPRegressor(
                hidden_layer_sizes=4,
                solver="sgd",
                learning_rate="adaptive",
                learning_rate_init=0.01,
                tol=0.5,
            ),
            max_iter=[2, 8, 90],
        ),
        data=("regression",),
        seeds=(0, 1),
        ignore=TRAINING,
    ),
    Case(
        "nearest neighbors",
        varied(KNeighborsClassifier(), **NEIGHBORS),
        data=("multiclass", "counts", "frame", "sparse", "multioutput"),
        min_served=12,
    ),
    Case(
        "nearest neighbors",
        varied(
            KNeighborsClassifier(metric="manhattan", algorithm="brute"), **NEIGHBORS
        ),
        data=("multiclass", "counts"),
        scoring=("neg_log_loss",),
        min_served=12,
    ),
    Case(
        "nearest neighbors",
        varied(KNeighborsRegressor(algorithm="ball_tree", p=3), **NEIGHBORS),
        data=("regression", "counts", "multioutput_regression"),
        min_served=12,
    ),
    Case(
        "XGBoost rounds",
        of_library("xgboost", "XGBClassifier", n_estimators=STAGES, subsample=[0.6]),
        data=("classification", "missing"),
        fit_params=("none", "weights"),
    ),
    Case(
        "XGBoost rounds",
        of_library("xgboost", "XGBRegressor", n_estimators=STAGES),
        data=("regression", "frame"),
    ),
    Case(
        "LightGBM rounds",
        of_library(
            "lightgbm",
            "LGBMClassifier",
            n_estimators=STAGES,
            n_jobs=[1],
            verbose=[-1],
            colsample_bytree=[0.6],
        ),
        data=("multiclass", "missing"),
        fit_params=("none", "weights"),
    ),
    Case(
        "LightGBM rounds",
        of_library(
            "lightgbm",
            "LGBMRegressor",
            n_estimators=STAGES,
            force_row_wise=[True],
            n_jobs=[1],
            verbose=[-1],
        ),
        data=("regression",),
    ),
    Case(
        "CatBoost rounds",
        of_library(
            "catboost",
            "CatBoostClassifier",
            n_estimators=STAGES,
            learning_rate=[0.2],
            verbose=[0],
            allow_writing_files=[False],
        ),
        data=("multiclass", "frame"),
        fit_params=("none", "weights"),
    ),
    Case(
        "CatBoost rounds",
        of_library(
            "catboost",
            "CatBoostRegressor",
            iterations=STAGES,
            eta=[0.2],
            verbose=[0],
            allow_writing_files=[False],
        ),
        data=("regression",),
    ),
]
