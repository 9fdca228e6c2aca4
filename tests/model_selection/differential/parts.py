"""Estimators with their grids, for random searches. Not a test.

Every entry takes a random generator and returns an estimator and a grid. Seeds are
whole numbers everywhere: what is random without one cannot be compared.
"""

import importlib.util

import numpy as np
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as SamplerPipeline
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_selection import SelectKBest, SelectPercentile, VarianceThreshold
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ElasticNet,
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.mixture import GaussianMixture
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    PolynomialFeatures,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)


def choose(rng, values):
    return values[int(rng.integers(len(values)))]


def some(rng, values, n):
    """Some of the values in random order, sometimes one of them twice."""
    values = [values[k] for k in rng.permutation(len(values))[:n]]
    return [*values, values[0]] if rng.random() < 0.1 else values


def grid_of(rng, most=3, **space):
    """One or two parameters with up to three values, the others left alone."""
    names = some(rng, list(space), int(rng.integers(1, 3)))
    return {name: some(rng, space[name], most) for name in names}


def seeded(cls, **space):
    """An entry of an estimator with a seed; of `fixed` settings one is drawn each."""

    def entry(rng, fixed=None):
        fixed = fixed or {}
        drawn = {name: choose(rng, values) for name, values in fixed.items()}
        model = cls(random_state=int(rng.integers(100)), **drawn)
        return model, grid_of(rng, **space)

    return entry


def having(entry, **fixed):
    return lambda rng: entry(rng, fixed)


def plain(cls, **space):
    """An entry of an estimator without a seed, or that uses none."""

    def entry(rng, fixed=None):
        fixed = fixed or {}
        drawn = {name: choose(rng, values) for name, values in fixed.items()}
        return cls(**drawn), grid_of(rng, **space)

    return entry


LIMITS = {
    "max_depth": [None, 1, 2, 5, 9],
    "min_samples_split": [2, 3, 10, 0.1, 0.5],
    "min_samples_leaf": [1, 2, 7, 0.05],
    "max_leaf_nodes": [None, 2, 5, 50],
    "ccp_alpha": [0.0, 0.01, 0.1],
    "min_weight_fraction_leaf": [0.0, 0.1],
    "min_impurity_decrease": [0.0, 0.02],
}
SIZES = [1, 2, 3, 5, 8]
FOREST = {"n_estimators": SIZES, **LIMITS}
BAGS = {"bootstrap": [True], "max_samples": [None, 1, 3, 0.1, 0.7]}
FEATURES = [None, 1, "sqrt", 0.5]
PENALTIES = [0.0, 1e-6, 0.01, 0.1, 1, 10, 100, 1e4]
MANY_PENALTIES = [np.logspace(-4, 4, 9).tolist()]


class Fragile(BaseEstimator):
    """Cannot be fitted with some rows or settings, or asked with others."""

    def __init__(self, breaks="never", depth=2):
        self.breaks = breaks
        self.depth = depth

    def fit(self, X, y):
        if self.breaks == "fit" or (self.breaks == "rows" and np.sum(y[:5]) % 2):
            raise ValueError("cannot be fitted")
        self.model_ = self._tree(max_depth=self.depth, random_state=0).fit(X, y)
        self.classes_ = getattr(self.model_, "classes_", None)
        return self

    def predict(self, X):
        if self.breaks == "predict" or (self.breaks == "odd" and X.shape[0] % 2):
            raise ValueError("cannot be asked")
        return self.model_.predict(X)


class FragileClassifier(ClassifierMixin, Fragile):
    _tree = DecisionTreeClassifier


class FragileRegressor(RegressorMixin, Fragile):
    _tree = DecisionTreeRegressor


FRAGILE = {
    "breaks": ["never", "fit", "rows", "predict", "odd"],
    "depth": [1, 2, 0, "deep"],
}
NEIGHBORS = {
    "n_neighbors": [1, 2, 3, 5, 9, 30, 200],
    "weights": ["uniform", "distance"],
}
WAYS = {
    "algorithm": ["auto", "brute", "kd_tree", "ball_tree"],
    "metric": ["minkowski", "manhattan", "chebyshev"],
}

CLASSIFIERS = {
    "forest": having(
        seeded(RandomForestClassifier, **FOREST, class_weight=[None, "balanced"]),
        **BAGS,
        max_features=FEATURES,
    ),
    "extra trees": having(
        seeded(ExtraTreesClassifier, **FOREST), max_features=FEATURES
    ),
    "tree": having(
        seeded(DecisionTreeClassifier, **LIMITS, class_weight=[None, "balanced"]),
        criterion=["gini", "entropy"],
        splitter=["best", "random"],
    ),
    "extra tree": seeded(ExtraTreeClassifier, **LIMITS),
    "boosting": having(
        seeded(GradientBoostingClassifier, n_estimators=SIZES, max_depth=[1, 2]),
        subsample=[1.0, 0.5, 0.1],
        n_iter_no_change=[None, None, 2],
    ),
    "histograms": having(
        seeded(HistGradientBoostingClassifier, max_iter=SIZES, max_depth=[1, 2]),
        early_stopping=["auto", True],
        max_features=[1.0, 0.5],
        min_samples_leaf=[2, 20],
    ),
    "AdaBoost": having(
        seeded(AdaBoostClassifier, n_estimators=SIZES, learning_rate=[0.1, 1.0]),
        estimator=[None, DecisionTreeClassifier(), LogisticRegression()],
    ),
    "bagging": having(
        seeded(BaggingClassifier, n_estimators=SIZES, max_features=[0.5, 1.0]),
        max_samples=[1.0, 0.5, 2],
        estimator=[None, GaussianNB(), KNeighborsClassifier(1)],
    ),
    "neighbors": having(plain(KNeighborsClassifier, **NEIGHBORS), **WAYS),
    "ridge": having(
        plain(RidgeClassifier, alpha=PENALTIES, class_weight=[None, "balanced"]),
        fit_intercept=[True, False],
        solver=["auto", "svd", "cholesky"],
    ),
    "logistic": plain(LogisticRegression, C=[0.01, 1, 100], fit_intercept=[True]),
    "SVM": plain(SVC, C=[0.1, 1, 10], gamma=["scale", 0.1], kernel=["rbf", "linear"]),
    "gradient descent": seeded(SGDClassifier, alpha=[1e-4, 1e-2, 1], penalty=["l2"]),
    "naive": plain(GaussianNB, var_smoothing=[1e-9, 0.1]),
    "discriminant": plain(LinearDiscriminantAnalysis, solver=["svd", "lsqr"]),
    "dummy": seeded(DummyClassifier, strategy=["prior", "uniform", "stratified"]),
    "fragile": plain(FragileClassifier, **FRAGILE),
}

REGRESSORS = {
    "forest": having(
        seeded(RandomForestRegressor, **FOREST), **BAGS, max_features=FEATURES
    ),
    "extra trees": having(
        seeded(ExtraTreesRegressor, **FOREST),
        criterion=["squared_error", "absolute_error"],
    ),
    "tree": having(
        seeded(DecisionTreeRegressor, **LIMITS),
        criterion=["squared_error", "absolute_error"],
        splitter=["best", "random"],
    ),
    "extra tree": seeded(ExtraTreeRegressor, **LIMITS),
    "boosting": having(
        seeded(GradientBoostingRegressor, n_estimators=SIZES, max_depth=[1, 2]),
        subsample=[1.0, 0.5],
        loss=["squared_error", "absolute_error", "huber"],
    ),
    "histograms": having(
        seeded(HistGradientBoostingRegressor, max_iter=SIZES, max_depth=[1, 2]),
        early_stopping=["auto", True],
        min_samples_leaf=[2, 20],
    ),
    "AdaBoost": having(
        seeded(AdaBoostRegressor, n_estimators=SIZES, learning_rate=[0.1, 1.0]),
        loss=["linear", "square"],
    ),
    "bagging": having(
        seeded(BaggingRegressor, n_estimators=SIZES, max_features=[0.5, 1.0]),
        estimator=[None, LinearRegression(), Ridge()],
        max_samples=[1.0, 0.2],
    ),
    "neighbors": having(plain(KNeighborsRegressor, **NEIGHBORS), **WAYS),
    "ridge": having(
        plain(Ridge, alpha=PENALTIES, fit_intercept=[True, False]),
        solver=["auto", "svd", "cholesky", "lsqr"],
    ),
    "many ridges": lambda rng: (Ridge(), {"alpha": MANY_PENALTIES[0]}),
    "kernel ridge": having(
        plain(KernelRidge, alpha=PENALTIES[1:], gamma=[None, 0.1]),
        kernel=["linear", "rbf", "laplacian"],
    ),
    "elastic net": plain(ElasticNet, alpha=[0.01, 1, 10], l1_ratio=[0.1, 0.9]),
    "SVM": plain(SVR, C=[0.1, 1, 10], epsilon=[0.01, 0.5]),
    "fragile": plain(FragileRegressor, **FRAGILE),
}

CLUSTERERS = {
    "k means": having(seeded(KMeans, n_clusters=[1, 2, 3, 5]), n_init=[1]),
    "mixture": having(
        seeded(GaussianMixture, n_components=[1, 2, 3]), covariance_type=["diag"]
    ),
}

_LIGHTGBM = {"n_estimators": SIZES, "num_leaves": [2, 7], "learning_rate": [0.1, 0.5]}
_LIGHTGBM_FIXED = {
    "n_jobs": [1],
    "verbose": [-1],
    "subsample": [1.0, 0.45, 0.1],
    "subsample_freq": [0, 1],
    "colsample_bytree": [1.0, 0.5],
    "min_child_samples": [1, 5, 20],
    "min_split_gain": [0.0, 0.5],
}
_XGBOOST = {"n_estimators": SIZES, "max_depth": [1, 2, 4], "gamma": [0.0, 1.0]}
_XGBOOST_FIXED = {
    "n_jobs": [1],
    "subsample": [1.0, 0.4, 0.1],
    "colsample_bytree": [1.0, 0.5],
}
_CATBOOST = {"n_estimators": SIZES, "max_depth": [1, 2]}
_CATBOOST_FIXED = {
    "thread_count": [1],
    "verbose": [0],
    "allow_writing_files": [False],
    "learning_rate": [0.1, 0.5],
    "subsample": [0.8, 0.3],
    "bootstrap_type": ["Bernoulli"],
}


def add_library(module, kind, space, fixed):
    """Add a library's estimators, if it is installed."""
    if importlib.util.find_spec(module) is None:
        return

    def entry_of(name):
        def entry(rng):
            cls = getattr(importlib.import_module(module), name)
            return having(seeded(cls, **space), **fixed)(rng)

        return entry

    CLASSIFIERS[module] = entry_of(f"{kind}Classifier")
    REGRESSORS[module] = entry_of(f"{kind}Regressor")


add_library("lightgbm", "LGBM", _LIGHTGBM, _LIGHTGBM_FIXED)
add_library("xgboost", "XGB", _XGBOOST, _XGBOOST_FIXED)
add_library("catboost", "CatBoost", _CATBOOST, _CATBOOST_FIXED)


# ------------------------------------------------------------------------- Pipelines
def doubled(rows):
    return rows * 2


def union(rng):
    model = FeatureUnion(
        [("scale", StandardScaler()), ("pca", PCA(2, svd_solver="full"))]
    )
    return model, {"pca__n_components": some(rng, [1, 2, 3], 2)}


def by_columns(rng):
    model = ColumnTransformer(
        [("scale", StandardScaler(), [0, 1]), ("range", MinMaxScaler(), [1, 2])],
        remainder=choose(rng, ["drop", "passthrough"]),
    )
    return model, {"range__clip": [False, True], "scale__with_mean": [True, False]}


def nested(rng):
    model = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    return model, {"fill__strategy": some(rng, ["mean", "median"], 2)}


TRANSFORMERS = {
    "standard": plain(StandardScaler, with_mean=[True, False], with_std=[True, False]),
    "range": plain(MinMaxScaler, clip=[True, False]),
    "components": having(
        seeded(PCA, n_components=[1, 2, 3, 0.5, None], whiten=[False, True]),
        svd_solver=["auto", "full"],
    ),
    "truncated": seeded(TruncatedSVD, n_components=[1, 2]),
    "best": plain(SelectKBest, k=[1, 2, 3, "all"]),
    "percentile": plain(SelectPercentile, percentile=[10, 50, 100]),
    "variance": plain(VarianceThreshold, threshold=[0.0, 0.1, 0.5, 1e9]),
    "polynomials": plain(PolynomialFeatures, degree=[1, 2]),
    "fill": plain(SimpleImputer, strategy=["mean", "median"]),
    "draws when asked": having(
        seeded(IterativeImputer, tol=[0.1, 0.2]),
        sample_posterior=[True],
        max_iter=[1],
        missing_values=[0.0],
    ),
    "function": lambda rng: (FunctionTransformer(doubled), {}),
    "quantiles": having(
        seeded(QuantileTransformer, n_quantiles=[5, 20]), subsample=[30]
    ),
    "union": union,
    "columns": by_columns,
    "nested": nested,
}
SAMPLERS = {
    "SMOTE": seeded(SMOTE, k_neighbors=[1, 2]),
    "oversampling": seeded(RandomOverSampler, shrinkage=[None, 0.1]),
}


def pipeline(rng, final, finals_grid, *, samplers):
    """Return a Pipeline of one or two steps and the final one, with its grid."""
    entries = dict(TRANSFORMERS)
    with_sampler = samplers and rng.random() < 0.15
    names = some(rng, list(entries), int(rng.integers(1, 3)))
    steps, grid = [], {}
    for number, name in enumerate(names):
        step, space = entries[name](rng)
        _add_step(rng, steps, grid, (f"t{number}", step, space))
    if with_sampler:
        step, space = choose(rng, list(SAMPLERS.values()))(rng)
        _add_step(rng, steps, grid, ("sampler", step, space))
    steps.append(("final", final))
    grid |= {f"final__{name}": values for name, values in finals_grid.items()}
    cls = SamplerPipeline if with_sampler else choose(rng, [Pipeline, SamplerPipeline])
    return cls(steps), grid


def _add_step(rng, steps, grid, named):
    name, step, space = named
    steps.append((name, step))
    if rng.random() < 0.5:
        grid |= {f"{name}__{parameter}": v for parameter, v in space.items()}
    elif rng.random() < 0.2 and name != "sampler":
        grid[name] = [step, "passthrough", StandardScaler()]
