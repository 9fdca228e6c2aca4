"""Model names of the command line, and models that users bring as module:callable."""

import importlib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.preprocessing import StandardScaler

from skoverfit.cli._names import close_matches
from skoverfit.diagnosis._records import Task
from skoverfit.diagnosis.remedies._prepared import ENCODER_SEED, tabular
from skoverfit.exceptions import InputError

__all__ = ["DEFAULT_MODEL", "Model", "check_scorer", "model_names", "resolve_model"]

DEFAULT_MODEL = "random_forest"

# Stands for the seed among the arguments below.
_SEED: dict[str, Any] = {"random_state": None}
_SCALED = "TransformedTargetRegressor(model, transformer=StandardScaler())"
_SCALED_IMPORTS = (
    "from sklearn.compose import TransformedTargetRegressor",
    "from sklearn.preprocessing import StandardScaler",
)

# Name -> task -> (module of scikit-learn, class, arguments). The rest is scikit-learn's
# defaults, except for what keeps a solver from stopping early.
_MODELS: dict[str, dict[Task, tuple[str, str, dict[str, Any]]]] = {
    "random_forest": {
        "classification": ("ensemble", "RandomForestClassifier", _SEED),
        "regression": ("ensemble", "RandomForestRegressor", _SEED),
    },
    "tree": {
        "classification": ("tree", "DecisionTreeClassifier", _SEED),
        "regression": ("tree", "DecisionTreeRegressor", _SEED),
    },
    "extra_trees": {
        "classification": ("ensemble", "ExtraTreesClassifier", _SEED),
        "regression": ("ensemble", "ExtraTreesRegressor", _SEED),
    },
    "gradient_boosting": {
        "classification": ("ensemble", "GradientBoostingClassifier", _SEED),
        "regression": ("ensemble", "GradientBoostingRegressor", _SEED),
    },
    "hist_gradient_boosting": {
        "classification": ("ensemble", "HistGradientBoostingClassifier", _SEED),
        "regression": ("ensemble", "HistGradientBoostingRegressor", _SEED),
    },
    "linear": {
        "classification": ("linear_model", "LogisticRegression", {"max_iter": 1000}),
        "regression": ("linear_model", "LinearRegression", {}),
    },
    "logistic": {
        "classification": ("linear_model", "LogisticRegression", {"max_iter": 1000}),
    },
    "lasso": {
        "classification": (
            "linear_model",
            "LogisticRegression",
            {
                "l1_ratio": 1,
                "solver": "saga",
                "max_iter": 1000,
                "tol": 1e-3,
                **_SEED,
            },
        ),
        "regression": ("linear_model", "LassoCV", {"max_iter": 5000, **_SEED}),
    },
    "ridge": {
        "classification": ("linear_model", "RidgeClassifier", {}),
        "regression": ("linear_model", "Ridge", {}),
    },
    "svm": {
        "classification": ("svm", "SVC", {}),
        "regression": ("svm", "SVR", {}),
    },
    "knn": {
        "classification": ("neighbors", "KNeighborsClassifier", {}),
        "regression": ("neighbors", "KNeighborsRegressor", {}),
    },
    "mlp": {
        "classification": (
            "neural_network",
            "MLPClassifier",
            {"max_iter": 500, **_SEED},
        ),
        "regression": ("neural_network", "MLPRegressor", {"max_iter": 500, **_SEED}),
    },
    "naive_bayes": {
        "classification": ("naive_bayes", "GaussianNB", {}),
    },
    "dummy": {
        "classification": ("dummy", "DummyClassifier", {}),
        "regression": ("dummy", "DummyRegressor", {}),
    },
}

# Their defaults assume a target of unit scale.
_NEEDS_SCALED_TARGET = {"SVR", "MLPRegressor"}


@dataclass(frozen=True)
class Model:
    """An estimator and the Python that builds it.

    Attributes
    ----------
    estimator : estimator object
        Not fitted.
    code : str
        Lines that bind the same estimator to the name ``estimator``.
    """

    estimator: Any
    code: str


def model_names() -> dict[str, tuple[Task, ...]]:
    """Names that :func:`resolve_model` knows, with the tasks that each serves."""
    return {name: tuple(tasks) for name, tasks in _MODELS.items()}


def resolve_model(
    spec: str, task: Task, random_state: int = 0, *, X: Any = None
) -> Model:
    """Build the estimator that a name or ``module:callable`` stands for.

    Named models are wrapped in skrub's tabular pipeline, so that mixed types, missing
    values and text columns work. What a callable returns is used as it is.

    Parameters
    ----------
    spec : str
        One of :func:`model_names`, or ``module:callable`` where the callable takes
        no argument and returns an estimator.
    task : {"classification", "regression"}
        What to predict.
    random_state : int, default=0
        Seed of named models.
    X : pandas.DataFrame of shape (n_samples, n_features), default=None
        The features. If they are all numbers, the step that encodes columns is left
        out, since it costs milliseconds per column and fit.

    Raises
    ------
    InputError
        If there is no such model, it does not serve the task, or the callable
        cannot be imported, fails, or returns something else than an estimator.
    """
    if ":" in spec:
        return _model_from_callable(spec, task)
    if spec not in _MODELS:
        hint = close_matches(spec, _MODELS) or f" Known: {', '.join(_MODELS)}."
        raise InputError(f"unknown model {spec!r}.{hint}")
    if task not in _MODELS[spec]:
        (served,) = _MODELS[spec]
        raise InputError(f"model {spec!r} is for {served} only, the task is {task}.")
    module, cls, arguments = _MODELS[spec][task]
    if arguments.keys() & _SEED.keys():
        arguments = {**arguments, "random_state": random_state}
    return Model(
        _build(module, cls, arguments, random_state, _is_numeric(X)),
        _code(module, cls, arguments, random_state, _is_numeric(X)),
    )


def check_scorer(
    name: str,
    task: Task,
    y: Any,
    *,
    positive: str | None = None,
    takes_positive: bool = True,
) -> None:
    """Refuse a scorer that is unknown or cannot score this target.

    Raises
    ------
    InputError
        If scikit-learn knows no such scorer, or it gives no finite score for a
        constant prediction.
    """
    if name not in get_scorer_names():
        hint = close_matches(name, get_scorer_names())
        raise InputError(f"unknown scorer {name!r}.{hint}")
    dummy = DummyRegressor() if task == "regression" else DummyClassifier()
    features = np.zeros((len(y), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            score = get_scorer(name)(dummy.fit(features, y), features, y)
        except (ValueError, TypeError) as error:
            reason = str(error).splitlines()[0]
            hint = ""
            if "pos_label" in reason and positive is None:
                hint = _positive_hint(y) if takes_positive else _macro_hint(name)
            raise InputError(
                f"scorer {name!r} cannot score this {task} target: {reason}{hint}"
            ) from error
    if not np.isfinite(score):
        raise InputError(f"scorer {name!r} gives no finite score for this target.")


def _macro_hint(name: str) -> str:
    """Say which score is about all classes, where none can be named."""
    own = f"{name}_macro"
    known = f"{own} is about all; else call" if own in get_scorer_names() else "Call"
    return f". {known} the classes 0 and 1 in the file."


def _positive_hint(y: Any) -> str:
    """Say how to name the positive class where a score is about one."""
    labels = sorted(map(str, set(np.asarray(y).tolist())))
    if len(labels) != 2:
        return ""
    return f". Name the class that it is about: --positive {labels[-1]}."


def _is_numeric(X: Any) -> bool:
    return X is not None and all(dtype.kind in "iuf" for dtype in X.dtypes)


def _build(
    module: str, cls: str, arguments: dict[str, Any], seed: int, is_numeric: bool
) -> Any:
    model = getattr(importlib.import_module(f"sklearn.{module}"), cls)(**arguments)
    if cls in _NEEDS_SCALED_TARGET:
        model = TransformedTargetRegressor(model, transformer=StandardScaler())
    estimator = tabular(model, seed)
    return estimator[1:] if is_numeric else estimator


def _code(
    module: str, cls: str, arguments: dict[str, Any], seed: int, is_numeric: bool
) -> str:
    """Write down what `_build` does."""
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    imports = [f"from sklearn.{module} import {cls}"]
    steps = [f"model = {cls}({shown})"]
    if cls in _NEEDS_SCALED_TARGET:
        imports += _SCALED_IMPORTS
        steps.append(f"model = {_SCALED}")
    if is_numeric:
        steps.append("estimator = tabular_pipeline(model)[1:]  # no column to encode")
    else:
        steps.append("estimator = tabular_pipeline(model)")
        steps.append(f"estimator.set_params({ENCODER_SEED}={seed})")
    imports = [*sorted(imports), "from skrub import tabular_pipeline"]
    return "\n".join([*imports, "", *steps])


def _model_from_callable(spec: str, task: Task) -> Model:
    module_name, _, name = spec.partition(":")
    factory = _attribute(_import(module_name, spec), name, spec)
    if not callable(factory):
        hint = " Put it into a function." if hasattr(factory, "fit") else ""
        raise InputError(
            f"model {spec!r}: {name} is a {type(factory).__name__}, which cannot be "
            f"called.{hint}"
        )
    try:
        estimator = factory()
    # whatever a user's code raises is a fault of the input
    except (Exception, SystemExit) as error:
        raise InputError(f"model {spec!r} failed with {_one_line(error)}") from error
    _check_estimator(estimator, spec, task)
    code = f"from {module_name} import {name}\n\nestimator = {name}()"
    return Model(estimator, code)


def _import(module_name: str, spec: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except (Exception, SystemExit) as error:
        raise InputError(
            f"model {spec!r}: cannot import {module_name!r}: {_one_line(error)}"
        ) from error


def _attribute(module: Any, name: str, spec: str) -> Any:
    if not name or not hasattr(module, name):
        public = [known for known in dir(module) if not known.startswith("_")]
        raise InputError(
            f"model {spec!r}: {module.__name__!r} has no {name!r}."
            f"{close_matches(name, public)}"
        )
    return getattr(module, name)


def _check_estimator(estimator: Any, spec: str, task: Task) -> None:
    if isinstance(estimator, type):
        raise InputError(
            f"model {spec!r} returned the class {estimator.__name__}, not an instance."
        )
    lacking = [
        method
        for method in ("fit", "predict", "get_params")
        if not callable(getattr(estimator, method, None))
    ]
    if lacking:
        raise InputError(
            f"model {spec!r} returned a {type(estimator).__name__}, which has no "
            f"{lacking[0]}()."
        )
    if _other_task(estimator, task):
        raise InputError(
            f"model {spec!r} returned a {type(estimator).__name__}, which is not for "
            f"{task}, but the target is read as {task}; see --task."
        )


def _other_task(estimator: Any, task: Task) -> bool:
    if not isinstance(estimator, BaseEstimator):
        return False  # no promise about its kind, so let it try
    if task == "regression":
        return bool(is_classifier(estimator))
    return bool(is_regressor(estimator))


def _one_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
