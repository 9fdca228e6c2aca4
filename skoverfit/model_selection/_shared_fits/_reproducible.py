"""Whether fitting an estimator twice on the same rows gives the same result.

Only such estimators may share work: whoever leaves a seed open asks for another
random fit each time, and one fit served to many candidates would not be that.
"""

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse
from sklearn.base import clone

from skoverfit._compat import _num_samples, get_tags, shallow_params
from skoverfit.exceptions import InternalsChangedError

#: Names of parameters that hold a seed.
SEEDS = frozenset({"random_state", "random_seed", "seed", "rng", "generator"})

#: Values in whose parts nothing random can hide.
PLAIN = (str, bytes, Real, complex, np.generic, np.dtype, np.ndarray, slice, type)

#: Libraries whose functions and objects draw random numbers from their seeds only.
TRUSTED = frozenset(
    {
        "builtins",
        "functools",
        "imblearn",
        "joblib",
        "math",
        "numpy",
        "operator",
        "pandas",
        "polars",
        "re",
        "scipy",
        "skoverfit",
        "sklearn",
    }
)

#: Names under which trusted libraries keep functions that draw without a seed.
UNSEEDED = ("random", "rvs", "permutation", "shuffle", "bootstrap", "mutual_info_")


class _Rows(NamedTuple):
    """What is known of the rows that an estimator will see; None: unknown."""

    n_samples: int | None = None
    n_features: int | None = None
    sparse: bool | None = None
    #: Takes the classes whose seed has no effect on rows like these only.
    decided: tuple[list[str], ...] = ()


UNKNOWN = _Rows()


class Reproducibility(NamedTuple):
    """Whether fitting twice on the same rows provably gives the same.

    Attributes
    ----------
    here : bool
        On the rows in question.
    always : bool
        On any rows.
    """

    here: bool
    always: bool


def reproducibility(estimator: Any, X: Any) -> Reproducibility:
    """Return whether fits are reproducible on some rows, and on any rows, at once."""
    decided: list[str] = []
    try:
        rows = _described(X)._replace(decided=(decided,))
        here = hasattr(estimator, "get_params") and _is_safe(estimator, rows)
    except InternalsChangedError:
        raise
    except Exception:  # invalid parameters, foreign objects: nothing is proven
        here = False
    return Reproducibility(here, always=here and not decided)


def is_reproducible(estimator: Any, X: Any = None) -> bool:
    """Return whether fitting twice on the same rows provably gives the same.

    Every seed, nested ones included, must be an integer or of no effect with these
    parameters and rows, and nothing else random may be in sight: an open seed of
    a splitter, a function of unknown origin. What is not known counts as random, but
    for classes of unknown origin: what they do in ``fit`` nobody sees, so that
    ``_foreign.needs_proof`` asks for a second fit before they are shared.
    Rounding that depends on which thread finishes first does not.

    Parameters
    ----------
    estimator : estimator object
        Unfitted.
    X : array-like, default=None
        The training rows; without them, settings that depend on their number
        count as random.
    """
    return reproducibility(estimator, X).here


def _described(X: Any) -> _Rows:
    if X is None:
        return UNKNOWN
    shape: tuple[int, ...] = getattr(X, "shape", ())
    n_features = shape[1] if len(shape) == 2 else None
    return _Rows(_num_samples(X), n_features, scipy.sparse.issparse(X))


def _is_safe(value: Any, rows: _Rows = UNKNOWN) -> bool:
    """Whether a parameter's value, estimators included, holds nothing random."""
    if value is None or isinstance(value, PLAIN):
        return True
    if isinstance(value, Mapping):
        return all(_is_safe(key) and _is_safe(item) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(_is_safe(item) for item in value)
    if hasattr(value, "get_params"):
        return _is_safe_estimator(value, rows)
    return _is_safe_function(value) if callable(value) else _is_safe_object(value)


def _is_safe_estimator(estimator: Any, rows: _Rows) -> bool:
    name = _class_key(estimator)
    if name in ALWAYS_RANDOM and ALWAYS_RANDOM[name](estimator):
        return False
    params = shallow_params(estimator)
    unset = [key for key in params if _is_seed(key) and not _is_int(params[key])]
    if unset and not _has_no_effect(name, estimator, rows):
        return False
    # With seeds, what the tag says is about an estimator without them.
    if not any(map(_is_seed, params)) and _says_it_is_random(estimator):
        return False
    if name in SEEDS_PARTS and not unset:
        params = _with_seeded_parts(params)
    parts = {key: params[key] for key in params if not _is_seed(key)}
    return _are_safe_parts(name, parts, rows)


def _class_key(value: Any) -> str:
    # A subclass elsewhere may do anything with the parameters it inherits.
    return f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"


def _is_seed(name: str) -> bool:
    return name in SEEDS or name.endswith("_seed")


def _is_int(value: Any) -> bool:
    return isinstance(value, Integral)


def _says_it_is_random(estimator: Any) -> bool:
    # Kernels of Gaussian processes, for one, have parameters but no tags.
    tagged = hasattr(estimator, "__sklearn_tags__")
    return tagged and get_tags(estimator).non_deterministic


def _has_no_effect(name: str, estimator: Any, rows: _Rows) -> bool:
    if name not in SEED_UNUSED:
        return False
    if SEED_UNUSED[name](estimator, UNKNOWN):
        return True
    for decided in rows.decided:
        decided.append(name)
    return bool(SEED_UNUSED[name](estimator, rows))


def _with_seeded_parts(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters whose estimators have the seeds that their owner sets."""
    return {
        name: _seeded(value) if hasattr(value, "set_params") else value
        for name, value in params.items()
    }


def _seeded(estimator: Any) -> Any:
    names = estimator.get_params(deep=True)
    seeds = {k: 0 for k in names if k.rpartition("__")[2] == "random_state"}
    return clone(estimator).set_params(**seeds)


def _are_safe_parts(name: str, parts: Mapping[str, Any], rows: _Rows) -> bool:
    if name in ("sklearn.Pipeline", "imblearn.Pipeline"):
        return _are_safe_steps(parts["steps"], rows)
    if name == "sklearn.FeatureUnion":
        return all(_is_safe(part, rows) for _, part in parts["transformer_list"])
    if name == "sklearn.ColumnTransformer":
        # Each part sees all rows, but columns of a number that is only known later.
        seen = rows._replace(n_features=None, sparse=None)
        branches = [(part, seen) for _, part, _ in parts["transformers"]]
        columns = [branch[2] for branch in parts["transformers"]]
        return all(_is_safe(*branch) for branch in branches) and _is_safe(columns)
    return all(map(_is_safe, parts.values()))


def _are_safe_steps(steps: Sequence[tuple[str, Any]], rows: _Rows) -> bool:
    for _, step in steps:
        if not _is_safe(step, rows):
            return False
        rows = _after(step, rows)
    return True


def _after(step: Any, rows: _Rows) -> _Rows:
    """Return what is known of the rows that a step of a Pipeline hands on."""
    if step is None or step == "passthrough" or _class_key(step) in KEEPS_SHAPE:
        return rows
    if hasattr(step, "fit_resample"):
        return UNKNOWN
    return rows._replace(n_features=None, sparse=None)


def _is_safe_function(value: Any) -> bool:
    """Whether a function is one of a library that draws nothing without a seed."""
    if isinstance(value, functools.partial):
        seeded = _is_int(value.keywords.get("random_state"))
        arguments = _is_safe(value.args) and _is_safe(value.keywords)
        return arguments and (_is_trusted(value.func, seeded))
    if hasattr(value, "__dict__") and not hasattr(value, "__name__"):
        return _is_safe_object(value)  # scorers and other objects with __call__
    return _is_trusted(value, seeded=False)


def _is_trusted(function: Any, seeded: bool) -> bool:
    owner = getattr(function, "__self__", None)
    if not (owner is None or hasattr(owner, "__name__")):
        return False  # the method of some object with a state of its own
    module = getattr(function, "__module__", None) or _home(function)
    path = f"{module}.{function.__name__}"
    draws = any(word in path for word in UNSEEDED)
    return path.partition(".")[0] in TRUSTED and (seeded or not draws)


def _home(function: Any) -> str:
    # Universal functions and methods of built-in types do not say where they live.
    return type(getattr(function, "__objclass__", function)).__module__


def _is_safe_object(value: Any) -> bool:
    """Whether an object, such as a splitter or a scorer, draws nothing at random."""
    if (
        isinstance(value, Iterator)
        or _class_key(value).partition(".")[0] not in TRUSTED
    ):
        return False
    if isinstance(value, np.random.RandomState | np.random.Generator):
        return False
    state = getattr(value, "__dict__", {})
    if getattr(value, "shuffle", True) is False:  # as splitters have it
        state = {k: v for k, v in state.items() if k != "random_state"}
    seeds = [v for k, v in state.items() if _is_seed(k)]
    others = [v for k, v in state.items() if not _is_seed(k)]
    return all(map(_is_int, seeds)) and all(map(_is_safe, others))


def _pca(estimator: Any, rows: _Rows) -> bool:
    solver = estimator.svd_solver
    if solver != "auto":
        return solver in ("full", "covariance_eigh")
    if rows.n_samples is None or rows.n_features is None or rows.sparse is not False:
        return False
    return pca_solver(estimator, rows.n_samples, rows.n_features) != "randomized"


def pca_solver(estimator: Any, n_samples: int, n_features: int) -> str:
    """Return the solver that PCA chooses for dense rows of this shape."""
    if estimator.svd_solver != "auto":
        return estimator.svd_solver
    if n_features <= 1000 and n_samples >= 10 * n_features:
        return "covariance_eigh"
    smaller, n_components = min(n_samples, n_features), estimator.n_components
    if max(n_samples, n_features) <= 500 or n_components == "mle":
        return "full"
    n_components = smaller if n_components is None else n_components
    return "randomized" if 1 <= n_components < 0.8 * smaller else "full"


def _kernel_pca(estimator: Any, rows: _Rows) -> bool:
    if estimator.eigen_solver != "auto":
        return estimator.eigen_solver == "dense"
    n_components = estimator.n_components
    many = n_components is None or n_components >= 10
    return rows.n_samples is not None and (rows.n_samples <= 200 or many)


def _linear_svm(estimator: Any, rows: _Rows) -> bool:
    """Whether liblinear's Newton method is used: all others visit at random."""
    dual = estimator.dual
    if dual == "auto":
        # Unknown numbers: more columns than rows, where the method may be random.
        n_samples, n_features = rows.n_samples or 0, rows.n_features or np.inf
        dual = n_samples < n_features
    squared = estimator.loss in ("squared_hinge", "squared_epsilon_insensitive")
    plain = getattr(estimator, "penalty", "l2") == "l2"
    together = getattr(estimator, "multi_class", "ovr") != "ovr"
    return not dual and squared and plain and not together


def _histogram_boosting(estimator: Any, rows: _Rows) -> bool:
    if rows.n_samples is None or estimator.max_features != 1.0:
        return False
    stops = estimator.early_stopping
    stops = rows.n_samples > 10_000 if stops == "auto" else stops
    return not stops and rows.n_samples <= 200_000  # rows that bins are found from


def _subsample(estimator: Any, rows: _Rows) -> bool:
    if estimator.subsample is None:
        return True
    return rows.n_samples is not None and rows.n_samples <= estimator.subsample


def _iterative_imputer(estimator: Any, rows: _Rows) -> bool:
    del rows
    return (
        not estimator.sample_posterior
        and estimator.imputation_order != "random"
        and estimator.n_nearest_features is None
        and estimator.estimator is None
    )


def _one_of(parameter: str, *values: Any) -> Callable[[Any, _Rows], bool]:
    """Return a predicate: whether a parameter has one of some values."""
    value_of = operator.attrgetter(parameter)
    return lambda estimator, rows: value_of(estimator) in values


def _unshuffled_sgd(estimator: Any, rows: _Rows) -> bool:
    del rows
    return not estimator.shuffle and not getattr(estimator, "early_stopping", False)


def _always(estimator: Any, rows: _Rows) -> bool:
    del estimator, rows
    return True


_CYCLIC = _one_of("selection", "cyclic")
_NEWTON = _one_of("solver", "lbfgs", "newton-cg", "newton-cholesky")
_RIDGE = _one_of("solver", "auto", "svd", "cholesky", "lsqr", "sparse_cg", "lbfgs")
_NO_PROBABILITY = _one_of("probability", False, "deprecated")
_NO_RESTARTS = _one_of("n_restarts_optimizer", 0)
_NO_JITTER = _one_of("jitter", None)

#: When the seed of a class has no effect, of its parameters and rows. Classes that
#: are not listed draw random numbers whenever they are fitted.
SEED_UNUSED: dict[str, Callable[[Any, _Rows], bool]] = {
    "sklearn.ClassifierChain": lambda e, rows: e.order is None or e.order != "random",
    "sklearn.DummyClassifier": _one_of(
        "strategy", "most_frequent", "prior", "constant"
    ),
    "sklearn.ElasticNet": _CYCLIC,
    "sklearn.ElasticNetCV": _CYCLIC,
    "sklearn.FactorAnalysis": _one_of("svd_method", "lapack"),
    "sklearn.GaussianProcessClassifier": _NO_RESTARTS,
    "sklearn.GaussianProcessRegressor": _NO_RESTARTS,
    "sklearn.HistGradientBoostingClassifier": _histogram_boosting,
    "sklearn.HistGradientBoostingRegressor": _histogram_boosting,
    "sklearn.IterativeImputer": _iterative_imputer,
    "sklearn.KBinsDiscretizer": _subsample,
    "sklearn.KernelPCA": _kernel_pca,
    "sklearn.Lars": _NO_JITTER,
    "sklearn.Lasso": _CYCLIC,
    "sklearn.LassoCV": _CYCLIC,
    "sklearn.LassoLars": _NO_JITTER,
    "sklearn.LinearSVC": _linear_svm,
    "sklearn.LinearSVR": _linear_svm,
    "sklearn.LocallyLinearEmbedding": _one_of("eigen_solver", "dense"),
    "sklearn.LogisticRegression": _NEWTON,
    "sklearn.LogisticRegressionCV": _NEWTON,
    "sklearn.MultiTaskElasticNet": _CYCLIC,
    "sklearn.MultiTaskElasticNetCV": _CYCLIC,
    "sklearn.MultiTaskLasso": _CYCLIC,
    "sklearn.MultiTaskLassoCV": _CYCLIC,
    "sklearn.NuSVC": _NO_PROBABILITY,
    "sklearn.PCA": _pca,
    "sklearn.PassiveAggressiveClassifier": _unshuffled_sgd,
    "sklearn.PassiveAggressiveRegressor": _unshuffled_sgd,
    "sklearn.PatchExtractor": _one_of("max_patches", None),
    "sklearn.Perceptron": _unshuffled_sgd,
    "sklearn.QuantileTransformer": _subsample,
    "sklearn.RegressorChain": lambda e, rows: e.order is None or e.order != "random",
    "sklearn.Ridge": _RIDGE,
    "sklearn.RidgeClassifier": _RIDGE,
    "sklearn.SGDClassifier": _unshuffled_sgd,
    "sklearn.SGDOneClassSVM": _unshuffled_sgd,
    "sklearn.SGDRegressor": _unshuffled_sgd,
    "sklearn.SVC": _NO_PROBABILITY,
    "sklearn.TargetEncoder": lambda e, rows: e.shuffle is False or not _is_int(e.cv),
    "sklearn.TunedThresholdClassifierCV": lambda e, rows: not isinstance(e.cv, float),
    # These have a seed of their own where none is given.
    "lightgbm.LGBMClassifier": _always,
    "lightgbm.LGBMRanker": _always,
    "lightgbm.LGBMRegressor": _always,
    "xgboost.XGBClassifier": _always,
    "xgboost.XGBRFClassifier": _always,
    "xgboost.XGBRFRegressor": _always,
    "xgboost.XGBRanker": _always,
    "xgboost.XGBRegressor": _always,
}


def _races(estimator: Any) -> bool:
    """Whether threads update the same coefficients: "shotgun" is the default."""
    params = estimator.get_params()
    return params["booster"] == "gblinear" and params.get("updater") != "coord_descent"


#: Classes that, for some parameters, draw random numbers that no seed controls, or
#: whose answers hang on how often they were asked before.
ALWAYS_RANDOM: dict[str, Callable[[Any], bool]] = {
    # Samples go on with the generator that `fit` leaves behind.
    "sklearn.IterativeImputer": lambda estimator: estimator.sample_posterior,
    # It leaves the seed of its own KernelPCA open.
    "sklearn.Isomap": lambda estimator: estimator.eigen_solver != "dense",
    **{
        f"xgboost.XGB{kind}": _races
        for kind in (
            "Classifier",
            "RFClassifier",
            "RFRegressor",
            "Ranker",
            "Regressor",
        )
    },
}

#: Classes that set the seeds of their parts, whatever those were.
SEEDS_PARTS = frozenset(
    {
        "imblearn.BalancedBaggingClassifier",
        "imblearn.EasyEnsembleClassifier",
        "imblearn.RUSBoostClassifier",
        "sklearn.AdaBoostClassifier",
        "sklearn.AdaBoostRegressor",
        "sklearn.BaggingClassifier",
        "sklearn.BaggingRegressor",
    }
)

#: Transformers that hand on as many columns as they get, and as dense.
KEEPS_SHAPE = frozenset(
    {
        "sklearn.MaxAbsScaler",
        "sklearn.MinMaxScaler",
        "sklearn.Normalizer",
        "sklearn.PowerTransformer",
        "sklearn.QuantileTransformer",
        "sklearn.RobustScaler",
        "sklearn.StandardScaler",
    }
)
