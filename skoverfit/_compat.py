"""The only place that imports private names of scikit-learn and imbalanced-learn.

Everything here exists in every supported release; where releases differ, the
difference is bridged here and nowhere else.
"""

import importlib
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
from sklearn.utils.validation import _check_method_params, _check_sample_weight

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
