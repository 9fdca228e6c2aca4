"""Candidates of a search, whether or not it has a choice among families."""

from collections.abc import Callable, Mapping
from typing import Any

from sklearn.base import clone

from skoverfit.model_selection._families._choice import FAMILY, Families, Params

__all__ = [
    "candidate_of",
    "fit_params_of",
    "narrowed",
    "setting_of",
    "written_out",
]


def narrowed(estimator: Any, params: Params) -> tuple[Any, Params, str | None]:
    """Return the estimator that a candidate is, its parameters and its family.

    What is no choice among families is returned as it is, with None for the family.
    """
    if isinstance(estimator, Families):
        return estimator.narrowed(params)
    return estimator, params, None


def candidate_of(estimator: Any, params: Params) -> Any:
    """Return an unfitted estimator with a candidate's parameters."""
    estimator, own, _ = narrowed(estimator, params)
    # Parameters may be estimators, which candidates must not have in common.
    return clone(estimator).set_params(**clone(dict(own), safe=False))


def setting_of(estimator: Any, name: str) -> Params:
    """Return the family that a parameter of a choice among families belongs to."""
    is_choice = isinstance(estimator, Families)
    return {FAMILY: name.partition("__")[0]} if is_choice else {}


def fit_params_of(estimator: Any, params: Params, fit_params: Params) -> Params:
    """Return the metadata that the ``fit`` of a candidate gets."""
    _, _, name = narrowed(estimator, params)
    return fit_params if name is None else estimator.fit_params(name, fit_params)


def written_out(
    estimator: Any, space: Any, auto: Callable[[Any], dict[str, Any]]
) -> Any:
    """Return a space without "auto", and that of families as one list.

    Parameters
    ----------
    estimator : estimator object
        What is searched.
    space : dict, list of dict or "auto"
        Of families, a dict from their names to these.
    auto : callable
        From an estimator to its automatic space.
    """
    if not isinstance(estimator, Families):
        return auto(estimator) if isinstance(space, str) else space
    parts = dict(estimator.estimators)
    return [
        _of_family(name, own)
        for name, given in space.items()
        for own in _dicts(written_out(parts[name], given, auto))
    ]


def _dicts(space: Any) -> list[Any]:
    return [space] if isinstance(space, Mapping) else list(space)


def _of_family(name: str, space: Any) -> Any:
    if not isinstance(space, Mapping):
        return space  # ParameterGrid tells
    return {FAMILY: [name]} | {f"{name}__{key}": own for key, own in space.items()}
