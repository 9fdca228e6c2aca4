"""Which penalties the linear models take, and the settings that choose one."""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from sklearn.base import clone

from skoverfit._capacity._dials import Params
from skoverfit._capacity._lookup import lookup, public_name, resolve
from skoverfit._capacity._table import TABLE

_LINEAR_FAMILY = {
    "l1": "sklearn.linear_model.Lasso",
    "l2": "sklearn.linear_model.Ridge",
    "elasticnet": "sklearn.linear_model.ElasticNet",
}


def _logistic_penalty(params: Params, penalty: str) -> dict[str, Any]:
    ratio = params["l1_ratio"] or 0.0
    mixed = ratio if 0 < ratio < 1 else 0.5
    settings = {"l1_ratio": {"l1": 1.0, "l2": 0.0, "elasticnet": mixed}[penalty]}
    if params.get("penalty", "deprecated") != "deprecated":
        settings["penalty"] = "deprecated"
    able = {"l1": ("saga", "liblinear"), "elasticnet": ("saga",)}
    if params["solver"] not in able.get(penalty, (params["solver"],)):
        settings |= {"solver": "saga", "max_iter": max(1000, params["max_iter"])}
    return settings


def _named_penalty(params: Params, penalty: str) -> dict[str, Any]:
    return {"penalty": penalty}


def _linear_svc_penalty(params: Params, penalty: str) -> dict[str, Any]:
    if penalty == "l1":
        return {"penalty": "l1", "dual": False, "loss": "squared_hinge"}
    return {"penalty": penalty}


def _sparse_penalty(params: Params, penalty: str) -> dict[str, Any]:
    # Each penalty has a concavity of its own.
    return {"penalty": penalty} | (
        {} if params["penalty"] == penalty else {"gamma": None}
    )


def _no_settings(params: Params, penalty: str) -> dict[str, Any]:
    return {}


class PenaltyKind(NamedTuple):
    """Which penalties a class takes, and the settings that choose one."""

    allowed: tuple[str, ...]
    settings: Callable[[Params, str], dict[str, Any]] = _no_settings


SPARSE_PENALTIES = ("mcp", "scad", "group")
"""Penalties of `SparseRegressor` and `SparseClassifier`, which need the extra."""

_SMOOTH = ("l1", "l2", "elasticnet")
ALL_PENALTIES = (*_SMOOTH, *SPARSE_PENALTIES)
_ALL = ALL_PENALTIES
PENALTIES: dict[str, PenaltyKind] = {
    "sklearn.linear_model.LogisticRegression": PenaltyKind(_ALL, _logistic_penalty),
    "sklearn.linear_model.LinearRegression": PenaltyKind(_ALL),
    "sklearn.linear_model.Ridge": PenaltyKind(_ALL),
    "sklearn.linear_model.Lasso": PenaltyKind(_ALL),
    "sklearn.linear_model.ElasticNet": PenaltyKind(_ALL),
    "sklearn.linear_model.RidgeClassifier": PenaltyKind(("l2",)),
    "sklearn.linear_model.SGDClassifier": PenaltyKind(_SMOOTH, _named_penalty),
    "sklearn.linear_model.SGDRegressor": PenaltyKind(_SMOOTH, _named_penalty),
    "sklearn.linear_model.Perceptron": PenaltyKind(_SMOOTH, _named_penalty),
    "sklearn.svm.LinearSVC": PenaltyKind(("l1", "l2"), _linear_svc_penalty),
    "sklearn.svm.LinearSVR": PenaltyKind(("l2",)),
    "skoverfit.regularization.SparseRegressor": PenaltyKind(
        SPARSE_PENALTIES, _sparse_penalty
    ),
    "skoverfit.regularization.SparseClassifier": PenaltyKind(
        SPARSE_PENALTIES, _sparse_penalty
    ),
}


def check_penalty(estimator: Any, penalty: str) -> PenaltyKind:
    kind = lookup(estimator, PENALTIES)
    if kind is None:
        known = ", ".join(
            sorted(
                name.rpartition(".")[2]
                for name, kind in PENALTIES.items()
                if penalty in kind.allowed
            )
        )
        raise ValueError(
            f"penalty={penalty!r} does not apply to {type(estimator).__name__}; "
            f"it applies to {known}. Use penalty=None."
        )
    if penalty not in kind.allowed:
        raise ValueError(
            f"penalty={penalty!r} is not available for {type(estimator).__name__}; "
            f"it takes {', '.join(kind.allowed)} or None."
        )
    return kind


class Start(NamedTuple):
    """Where a dial starts: the estimator and what its own setting means."""

    estimator: Any
    own: Literal["own", "off", "middle"]
    chosen: dict[str, Any]


def start(estimator: Any, penalty: str | None) -> Start:
    name = public_name(type(estimator))
    replaced = TABLE[name].replaced_by is not None if name in TABLE else False
    if penalty is None and not replaced:
        return Start(clone(estimator), "own", {})
    penalty = penalty or "l2"
    kind = check_penalty(estimator, penalty)
    target = _target_class(name, penalty)
    if target is None:
        base = clone(estimator)
        params = base.get_params(deep=False)
        chosen = kind.settings(params, penalty)
        return Start(base.set_params(**chosen), "own", chosen)
    return _change_class(estimator, name, penalty, target)


_IN_LINEAR_FAMILY = {"sklearn.linear_model.LinearRegression", *_LINEAR_FAMILY.values()}
_LOGISTIC = "sklearn.linear_model.LogisticRegression"


def _target_class(name: str, penalty: str) -> str | None:
    """Class that has the penalty, None if it is the estimator's own."""
    if penalty in SPARSE_PENALTIES:
        if name in _IN_LINEAR_FAMILY:
            return "skoverfit.regularization.SparseRegressor"
        is_logistic = name == _LOGISTIC
        return "skoverfit.regularization.SparseClassifier" if is_logistic else None
    in_family = name in _IN_LINEAR_FAMILY and name != _LINEAR_FAMILY[penalty]
    return _LINEAR_FAMILY[penalty] if in_family else None


def _change_class(estimator: Any, name: str, penalty: str, target_name: str) -> Start:
    """Move to the class that has the penalty."""
    target = resolve(target_name)()
    if penalty in SPARSE_PENALTIES:
        target.set_params(penalty=penalty)
    kept = {"fit_intercept", "copy_X", "positive", "random_state", "class_weight"}
    means_same = name in (_LINEAR_FAMILY["l1"], _LINEAR_FAMILY["elasticnet"])
    if means_same and penalty in ("l1", "elasticnet"):
        kept |= {"alpha", "max_iter", "tol", "selection", "precompute", "warm_start"}
        own: Literal["own", "off", "middle"] = "own"
    else:
        own = "off" if name.endswith(".LinearRegression") else "middle"
    params = estimator.get_params(deep=False)
    shared = kept & params.keys() & target.get_params().keys()
    return Start(target.set_params(**{key: params[key] for key in shared}), own, {})
