"""Puts an estimator at a strength: from the table's entry to a copy with settings."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import clone

from skoverfit._capacity._aliases import as_read, spelling
from skoverfit._capacity._dials import NEUTRAL, Capacity, Params
from skoverfit._capacity._facts import Facts
from skoverfit._capacity._lookup import (
    Leaf,
    require_capacity,
    require_dials,
    resolve,
)
from skoverfit._capacity._penalties import start


def copy_at(
    estimator: Any,
    strength: float,
    facts: Facts,
    penalty: str | None = None,
    *,
    capacity: Capacity | None = None,
) -> tuple[Any, dict[str, Any]]:
    """Return a copy of a leaf estimator at a strength, and the settings it got.

    Parameters
    ----------
    estimator : estimator instance
        Estimator with an entry in the table; it is not changed.
    strength : float
        From 0, least regularized, over 0.5, the own settings, to 1.
    facts : Facts
        Size and spread of the training data.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model; None keeps the estimator's own.
    capacity : Capacity, default=None
        The estimator's entry, if the caller has looked it up.

    Returns
    -------
    estimator : estimator instance
        An unfitted copy; of another class if the penalty asks for it.
    settings : dict
        Parameters that were set.

    Raises
    ------
    ValueError
        If the table does not know the class, or the penalty does not apply to it.
    """
    capacity = capacity or require_capacity(estimator)
    known_for, found = type(estimator), dict[str, Any]()
    if capacity.picked:
        if penalty is None and _stays(capacity, strength):
            return clone(estimator), {}
        estimator, found = successor(estimator, capacity, facts)
    base, own, chosen = start(estimator, penalty)
    if own == "off" and strength <= NEUTRAL:
        return clone(estimator), {}
    # A class that says its capacity itself may go by the settings of the penalty.
    if chosen or type(base) is not known_for:
        capacity = require_capacity(base)
    params = as_read(base)
    settings = capacity.settings(
        _beginnings(capacity, own, params, facts), strength, facts, params
    )
    if strength > NEUTRAL:
        settings |= capacity.companion(params, settings)
    # What was never set and stays at its default needs no setting.
    settings = {
        spelling(base, k): v
        for k, v in settings.items()
        if k in params or v is not None
    }
    # Some classes read a parameter when they are made and ignore it when it is set.
    return clone(base.set_params(**settings)), {**found, **chosen, **settings}


def _beginnings(
    capacity: Capacity, own: str, params: Params, facts: Facts
) -> dict[str, Any]:
    """Return what the neutral strength means for each dial."""
    return {
        dial.parameter: (
            dial.middle(facts, params)
            if own == "middle"
            else params.get(dial.parameter)
            if own == "own"
            else None
        )
        for dial in capacity.dials
    }


def _stays(capacity: Capacity, strength: float) -> bool:
    """Whether the estimator keeps its class at this strength."""
    is_picked = any(not isinstance(v, Real) for v in capacity.picked.values())
    return strength == NEUTRAL or (strength < NEUTRAL and not is_picked)


# Meaningless, or of other types, in the class that takes over.
_NOT_SHARED = {"n_jobs", "precompute", "verbose", "cv", "scoring"}


def successor(
    estimator: Any, capacity: Capacity, facts: Facts
) -> tuple[Any, dict[str, Any]]:
    """Return the estimator that takes over at its neutral point, and what was found.

    A class that chooses its parameter by cross-validation is fitted once to find the
    choice; without data the middle of the range stands for it.
    """
    target = resolve(str(capacity.replaced_by))()
    params = estimator.get_params(deep=False)
    known = target.get_params(deep=False)
    shared = (params.keys() & known.keys()) - _NOT_SHARED
    target.set_params(**{name: params[name] for name in shared})
    found = _found(estimator, capacity, facts)
    if any(dial.parameter not in found for dial in capacity.dials):
        params = target.get_params(deep=False)
        found = {d.parameter: d.middle(facts, params) for d in capacity.dials}
    return target.set_params(**found), found


def _found(estimator: Any, capacity: Capacity, facts: Facts) -> dict[str, Any]:
    """Return the known settings, and those that the class chooses in its own fit."""
    picked = capacity.picked
    found = {k: v for k, v in picked.items() if isinstance(v, Real)}
    fitted = facts.fitted(estimator) if len(found) < len(picked) else None
    for name in picked.keys() - found.keys() if fitted is not None else ():
        value = _read_off(fitted, picked[name])
        if value is not None:
            found[name] = _as_number(value)
    return found


def _read_off(fitted: Any, where: Any) -> Any:
    return where(fitted) if callable(where) else getattr(fitted, where, None)


def _as_number(value: Any) -> Any:
    """Return one number for what may have been picked for each class or output."""
    values = np.asarray(value, dtype=float).ravel()
    if np.issubdtype(np.asarray(value).dtype, np.integer):
        return int(np.median(values))
    return (
        float(np.exp(np.log(values).mean())) if values.all() else float(values.mean())
    )


def settings_at(
    estimator: Any,
    strength: float,
    *,
    n_samples: int,
    n_features: int = 1,
    facts: Facts | None = None,
    penalty: str | None = None,
) -> dict[str, Any]:
    """Return the parameters that put an estimator at a strength.

    Parameters
    ----------
    estimator : estimator instance
        Estimator, pipeline or meta-estimator; it is not changed.
    strength : float
        From 0, least regularized, over 0.5, the own settings, to 1.
    n_samples, n_features : int
        Size of the training data; features are taken as standardized.
    facts : Facts, default=None
        Facts measured on the data, instead of the two sizes.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model; None keeps the estimator's own.

    Returns
    -------
    settings : dict
        Arguments for `set_params`. For an estimator that hands over to another class
        (linear regression to ridge) they belong to that class, and inside a pipeline
        the step itself is replaced.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit._capacity._strength import settings_at
    >>> settings_at(DecisionTreeClassifier(), 0.75, n_samples=200)
    {'min_samples_leaf': 10}
    """
    facts = Facts(n_samples, n_features) if facts is None else facts
    settings: dict[str, Any] = {}
    for leaf in require_dials(estimator):
        settings |= _leaf_settings(estimator, leaf, strength, facts, penalty)
    return settings


def _leaf_settings(
    estimator: Any, leaf: Leaf, strength: float, facts: Facts, penalty: str | None
) -> dict[str, Any]:
    """Return the settings of one leaf by their names on the whole estimator."""
    copy, settings = copy_at(
        leaf.estimator, strength, facts, penalty, capacity=leaf.capacity
    )
    prefix = leaf.prefix
    if not prefix:
        return settings
    if type(copy) is not type(leaf.estimator) or not _is_reachable(estimator, prefix):
        return {prefix: copy}
    return {f"{prefix}__{name}": value for name, value in settings.items()}


def _is_reachable(estimator: Any, prefix: str) -> bool:
    """Whether the parameter holds an estimator, not None for a default."""
    return estimator.get_params().get(prefix) is not None
