"""The only place that imports private names of scikit-learn and imbalanced-learn.

Everything here exists in every supported release; where releases differ, the
difference is bridged here and nowhere else.
"""

import importlib
from numbers import Real
from types import ModuleType

from sklearn.base import _fit_context
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_params,
)
from sklearn.utils._tags import get_tags
from sklearn.utils.validation import (
    _check_method_params,
    _check_sample_weight,
    _num_samples,
    check_scalar,
)

__all__ = [
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "Options",
    "StrOptions",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "check_scalar_in",
    "get_tags",
    "import_optional",
    "validate_params",
]


def import_optional(name: str, *, extra: str) -> ModuleType:
    """Import an optional library, or say which extra brings it.

    Parameters
    ----------
    name : str
        Module to import, dotted names allowed.
    extra : str
        The extra of skoverfit that installs it.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        If the module is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        raise ImportError(
            f"{name} needs {missing}, which is not installed. "
            f"Install it with: python -m pip install 'skoverfit[{extra}]'"
        ) from error


def check_scalar_in(
    value: float, name: str, low: float, high: float, *, closed: bool = True
) -> None:
    """Refuse a number outside an interval, naming parameter, value and range.

    Parameters
    ----------
    value : float
        The number to check.
    name : str
        Name of the parameter.
    low, high : float
        Ends of the interval.
    closed : bool, default=True
        Whether the ends themselves are allowed.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If `value` is NaN or outside the interval.
    """
    if isinstance(value, Real) and value != value:
        raise ValueError(f"{name} == nan, must be a number from {low} to {high}.")
    boundaries = "both" if closed else "neither"
    check_scalar(
        value,
        name,
        Real,
        min_val=low,
        max_val=high,
        include_boundaries=boundaries,
    )
