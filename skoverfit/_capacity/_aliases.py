"""Under which of its names a boosting library reads a parameter.

LightGBM, XGBoost and CatBoost know most parameters by several names. The libraries are
never imported here: an estimator is theirs by the name of its module.
"""

from collections.abc import Sequence
from typing import Any

from skoverfit._compat import shallow_params
from skoverfit._compat._boosting_libraries import lightgbm_names

__all__ = ["as_read", "library_of", "names_in_use", "spelling"]

#: Names of one parameter each. Where several are set, XGBoost reads the last one in
#: alphabetical order.
XGBOOST = (
    ("eta", "learning_rate"),
    ("gamma", "min_split_loss"),
    ("lambda", "reg_lambda"),
    ("alpha", "reg_alpha"),
    ("random_state", "seed"),
    ("n_jobs", "nthread"),
)

#: Names of one parameter each. CatBoost refuses several; the first one is its own.
CATBOOST = (
    ("learning_rate", "eta"),
    ("border_count", "max_bin"),
    ("depth", "max_depth"),
    ("rsm", "colsample_bylevel"),
    ("random_seed", "random_state"),
    ("l2_leaf_reg", "reg_lambda"),
    ("iterations", "n_estimators", "num_boost_round", "num_trees"),
    ("od_wait", "early_stopping_rounds"),
    ("max_leaves", "num_leaves"),
    ("min_data_in_leaf", "min_child_samples"),
)

#: Parameters of LightGBM's estimators that any other name of theirs overrules.
OVERRULED = ("n_estimators", "objective")


def library_of(estimator: Any) -> str | None:
    """Return the boosting library of an estimator's class or of a base class."""
    packages = (cls.__module__.partition(".")[0] for cls in type(estimator).__mro__)
    return next((p for p in packages if p in ("lightgbm", "xgboost", "catboost")), None)


def spelling(estimator: Any, parameter: str) -> str:
    """Return the name under which an estimator reads a parameter.

    Returns
    -------
    name : str
        The one that decides if several names are set, and the library's own if none
        is.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit._capacity._aliases import spelling
    >>> spelling(DecisionTreeClassifier(), "max_depth")
    'max_depth'
    """
    used, library = names_in_use(estimator, parameter), library_of(estimator)
    if used or library is None:
        return used[0] if used else parameter
    return parameter if library == "xgboost" else _names(library, parameter)[0]


def names_in_use(estimator: Any, parameter: str) -> list[str]:
    """Return the names of a parameter that are set, the one that decides first."""
    library = library_of(estimator)
    if library is None:
        return [parameter] if parameter in shallow_params(estimator) else []
    return _in_use(library, shallow_params(estimator), parameter)


def _in_use(library: str, params: dict[str, Any], parameter: str) -> list[str]:
    names = _names(library, parameter)
    if library == "xgboost":
        # None is not handed on, but the name is the estimator's own.
        return sorted(
            (name for name in names if name in params),
            key=lambda name: (params[name] is None, names.index(name)),
        )
    return [name for name in names if name in params]


def _names(library: str, parameter: str) -> Sequence[str]:
    """All names of a parameter, those that overrule others first."""
    if library == "lightgbm":
        names = lightgbm_names(parameter)
        return sorted(names, key=lambda name: name in OVERRULED)
    groups = XGBOOST if library == "xgboost" else CATBOOST
    group = next((names for names in groups if parameter in names), (parameter,))
    return sorted(group, reverse=True) if library == "xgboost" else group


def as_read(estimator: Any) -> dict[str, Any]:
    """Return the parameters of an estimator with the values that are really used.

    Returns
    -------
    params : dict
        Those of ``get_params(deep=False)``. Of several names of one parameter all have
        the value of the one that decides; CatBoost's own name is always among them.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skoverfit._capacity._aliases import as_read
    >>> as_read(Ridge(alpha=3.0))["alpha"]
    3.0
    """
    params, library = shallow_params(estimator), library_of(estimator)
    if library is None:
        return params
    own = [names[0] for names in CATBOOST] if library == "catboost" else []
    used = {name: _in_use(library, params, name) for name in {*params, *own}}
    return {name: params[names[0]] for name, names in used.items() if names}
