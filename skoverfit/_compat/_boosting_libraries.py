"""Private parts of the estimators of XGBoost, LightGBM and CatBoost."""

import copy
import importlib
from typing import Any

from skoverfit._compat._internals import accessor, replace_private

__all__ = ["cut_catboost", "lightgbm_copy", "lightgbm_names", "set_booster"]


@accessor
def lightgbm_names(parameter: str) -> list[str]:
    """Return all names that LightGBM knows a parameter by, the decisive ones first.

    Returns
    -------
    names : list of str
        The parameter alone if LightGBM does not know it.
    """
    table = importlib.import_module("lightgbm.basic")._ConfigAliases
    names = table.get_by_alias(parameter)
    main = (name for name in names if set(table.get(name)) == names)
    ordered = sorted(names, key=lambda name: (len(name), name))
    return [*(first := list(main)), *(n for n in ordered if n not in first)]


@accessor
def lightgbm_copy(estimator: Any) -> Any:
    """Return a shallow copy of an unfitted estimator, whose parameters can be set."""
    other = copy.copy(estimator)
    replace_private(other, _other_params=dict(estimator._other_params))
    return other


@accessor
def set_booster(view: Any, booster: Any) -> None:
    """Replace, in place, the booster of an estimator of XGBoost or LightGBM."""
    replace_private(view, _Booster=booster)


@accessor
def cut_catboost(model: Any, n_rounds: int, params: dict[str, Any]) -> None:
    """Leave a fitted model of CatBoost its first rounds, under other parameters."""
    model.shrink(n_rounds)
    replace_private(model, _init_params=params)
    model._canonized_params = None
    model._set_trained_model_attributes()
