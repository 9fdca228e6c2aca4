"""Private parts of the estimators of XGBoost, LightGBM and CatBoost."""

import importlib
from typing import Any

from skoverfit._compat._internals import accessor, replace_private

__all__ = ["cut_catboost", "lightgbm_names", "set_booster"]


@accessor
def lightgbm_names(parameter: str) -> list[str]:
    """Return all names that LightGBM knows a parameter by, the decisive ones first.

    Parameters
    ----------
    parameter : str
        Any of the names.

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
def set_booster(view: Any, booster: Any) -> None:
    """Replace the booster of a fitted estimator of XGBoost or LightGBM.

    Parameters
    ----------
    view : estimator object
        Changed in place.
    booster : Booster
        The new one.
    """
    replace_private(view, _Booster=booster)


@accessor
def cut_catboost(model: Any, n_rounds: int, params: dict[str, Any]) -> None:
    """Leave a fitted model of CatBoost its first rounds, under other parameters.

    Parameters
    ----------
    model : estimator object
        Changed in place.
    n_rounds : int
        How many rounds to keep.
    params : dict
        Parameters of a model of so many rounds.
    """
    model.shrink(n_rounds)
    replace_private(model, _init_params=params)
    model._canonized_params = None
    model._set_trained_model_attributes()
