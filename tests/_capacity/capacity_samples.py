"""An estimator and data for every class of the capacity table."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from skoverfit._capacity._lookup import resolve
from skoverfit._capacity._table import TABLE

BUNDLED = ("sklearn", "imblearn", "skoverfit")
NAMES = sorted(name for name in TABLE if name.startswith(BUNDLED))
EXTERNAL = sorted(set(TABLE) - set(NAMES))
COUNTING = ("MultinomialNB", "ComplementNB", "BernoulliNB", "CategoricalNB")
POSITIVE = ("PoissonRegressor", "GammaRegressor", "TweedieRegressor")

# Settings with which the class learns from the data below, and quickly.
_LASSO = {"alpha": 0.01}
_FORESTS = {"n_estimators": 10}
_NEURAL = {"hidden_layer_sizes": (20,), "solver": "lbfgs", "max_iter": 2000}
_FOLDS = {"cv": 3}
_CATBOOST = {"iterations": 30, "silent": True, "allow_writing_files": False}
OPTIONS = {
    "AdaBoostClassifier": _FORESTS,
    "AdaBoostRegressor": _FORESTS,
    "BalancedRandomForestClassifier": _FORESTS,
    "CatBoostClassifier": _CATBOOST,
    "CatBoostRegressor": _CATBOOST,
    "ElasticNet": _LASSO,
    "ElasticNetCV": _FOLDS,
    "ExtraTreesClassifier": _FORESTS,
    "ExtraTreesRegressor": _FORESTS,
    "GradientBoostingClassifier": _FORESTS,
    "GradientBoostingRegressor": _FORESTS,
    "HistGradientBoostingClassifier": {"max_iter": 10},
    "HistGradientBoostingRegressor": {"max_iter": 10},
    "HuberRegressor": {"max_iter": 1000},
    "LabelSpreading": {"max_iter": 1000},
    "LabelPropagation": {"max_iter": 5000},
    "LarsCV": _FOLDS,
    "Lasso": _LASSO,
    "LassoCV": _FOLDS,
    "LassoLars": _LASSO,
    "LassoLarsCV": _FOLDS,
    "LGBMClassifier": {"n_estimators": 10, "n_jobs": 1, "verbose": -1},
    "LGBMRegressor": {"n_estimators": 10, "n_jobs": 1, "verbose": -1},
    "LinearSVC": {"max_iter": 100_000},
    "LinearSVR": {"max_iter": 100_000},
    "LogisticRegression": {"max_iter": 2000},
    "LogisticRegressionCV": {
        "cv": 2,
        "Cs": 3,
        "l1_ratios": (0,),
        "max_iter": 2000,
        "scoring": "neg_log_loss",
        "use_legacy_attributes": False,
    },
    "MCPRegression": _LASSO,
    "MLPClassifier": _NEURAL,
    "MLPRegressor": _NEURAL,
    "MultiTaskElasticNet": _LASSO,
    "MultiTaskElasticNetCV": _FOLDS,
    "MultiTaskLasso": _LASSO,
    "MultiTaskLassoCV": _FOLDS,
    "NuSVC": {"nu": 0.2},
    "OrthogonalMatchingPursuit": {"n_nonzero_coefs": 8},
    "OrthogonalMatchingPursuitCV": _FOLDS,
    "QuantileRegressor": {"alpha": 0.001},
    "RadiusNeighborsClassifier": {"radius": 3.0, "outlier_label": "most_frequent"},
    "RadiusNeighborsRegressor": {"radius": 2.5},
    "RandomForestClassifier": _FORESTS,
    "RandomForestRegressor": _FORESTS,
    "RUSBoostClassifier": _FORESTS,
    "SparseLogisticRegression": _LASSO,
    "TheilSenRegressor": {"max_subpopulation": 200},
    "WeightedLasso": _LASSO,
    "GroupLasso": {"groups": 1, "alpha": 0.01},
    "XGBClassifier": {"n_estimators": 10, "n_jobs": 1},
    "XGBRegressor": {"n_estimators": 10, "n_jobs": 1},
    "XGBRFClassifier": {"n_estimators": 10, "n_jobs": 1},
    "XGBRFRegressor": {"n_estimators": 10, "n_jobs": 1},
}


def sample(name):
    """An estimator of a class of the table."""
    cls = resolve(name)
    estimator = cls(**OPTIONS.get(cls.__name__, {}))
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=0)
    return estimator


def data_for(estimator, n_rows=90):
    """Rows of a bundled data set that the estimator can use."""
    kind = type(estimator).__name__
    if not is_classifier(estimator):
        load = load_diabetes
    elif kind == "QuadraticDiscriminantAnalysis":
        load = load_iris
    elif kind in ("SparseLogisticRegression", "NuSVC"):  # two classes, not separable
        load = load_breast_cancer
    else:
        load = load_wine
    X, y = load(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(y))[:n_rows]
    X, y = StandardScaler().fit_transform(X[rows]), y[rows]
    if is_classifier(estimator):
        return (_counts(X) if kind in COUNTING else X), y
    return X, _target(kind, (y - y.mean()) / y.std())


def _counts(X):
    edges = np.quantile(X, [0.25, 0.5, 0.75], axis=0)
    return (X[:, :, None] > edges.T).sum(axis=2)


def _target(kind, y):
    if kind in POSITIVE:
        return np.exp(y)
    if kind.startswith("MultiTask") or kind == "CCA":
        return np.column_stack([y, np.roll(y, 1)])
    return y
