"""The only place that imports private names of scikit-learn and imbalanced-learn.

Everything here exists in every supported release; where releases differ, the
difference is bridged here and nowhere else.
"""

import importlib
from collections.abc import Iterator
from numbers import Real
from types import ModuleType
from typing import Any

from imblearn.utils._tags import InputTags as SamplerInputTags
from imblearn.utils._tags import SamplerTags
from imblearn.utils._tags import Tags as TagsWithSampler
from sklearn.base import _fit_context, is_classifier
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils._tags import get_tags
from sklearn.utils.metadata_routing import _raise_for_params, _routing_enabled
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
    "SamplerInputTags",
    "SamplerTags",
    "StrOptions",
    "TagsWithSampler",
    "_check_method_params",
    "_check_sample_weight",
    "_fit_context",
    "_num_samples",
    "_raise_for_params",
    "_routing_enabled",
    "_safe_indexing",
    "check_scalar_in",
    "checked_cv",
    "get_tags",
    "import_optional",
    "run_candidates",
    "validate_parameter_constraints",
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


def checked_cv(search: BaseSearchCV, y: Any) -> Any:
    """Return the splitter that a search resolves its `cv` to.

    scikit-learn 1.9 keeps it on the search. Before, it is resolved a second time,
    which the caller must avoid for one-shot iterators (see `run_candidates`).
    """
    if hasattr(search, "_checked_cv_orig"):
        return search._checked_cv_orig
    return check_cv(search.cv, y, classifier=is_classifier(search.estimator))


def run_candidates(
    search: BaseSearchCV,
    evaluate_candidates: Any,
    candidates: Any,
    splitter: Any,
    callback_ctx: Any = None,
) -> dict[str, Any]:
    """Evaluate candidates through scikit-learn's loop, with callbacks where it has any.

    Parameters
    ----------
    search : BaseSearchCV
        The search that is being fitted.
    evaluate_candidates : callable
        What `_run_search` was given.
    candidates : sized iterable of dict
        Parameter settings.
    splitter : splitter
        Splitter that wraps the search's own.
    callback_ctx : CallbackContext, default=None
        Root context of scikit-learn >= 1.9; None before.

    Returns
    -------
    results : dict
        The `cv_results_` of these candidates.
    """
    if callback_ctx is None:
        # An iterator is already consumed by scikit-learn < 1.9 when it gets here.
        one_shot = isinstance(search.cv, Iterator)
        return evaluate_candidates(candidates, cv=None if one_shot else splitter)
    context = callback_ctx.subcontext(
        task_name="search",
        max_subtasks=len(candidates) * search.n_splits_,
        sequential_subtasks=False,
    ).call_on_fit_task_begin(estimator=search)
    results = evaluate_candidates(candidates, cv=splitter, callback_ctx=context)
    context.call_on_fit_task_end(estimator=search)
    return results
