"""Puts an estimator at a strength: from the table's entry to a copy with settings."""

from typing import Any

from sklearn.base import clone

from skoverfit._capacity import leaf_of, require_capacity
from skoverfit._dials import NEUTRAL
from skoverfit._facts import Facts
from skoverfit._penalties import start


def tuned(
    estimator: Any, strength: float, facts: Facts, penalty: str | None = None
) -> tuple[Any, dict[str, Any]]:
    """Return a copy of a leaf estimator at a strength, and the settings it got.

    Parameters
    ----------
    estimator : estimator instance
        Estimator with an entry in the table; it is not changed.
    strength : float
        From 0, least regularised, over 0.5, the own settings, to 1.
    facts : Facts
        Size and spread of the training data.
    penalty : {"l1", "l2", "elasticnet"}, default=None
        Kind of penalty of a linear model; None keeps the estimator's own.

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
    capacity = require_capacity(estimator)
    base, own, chosen = start(estimator, penalty)
    if own == "off" and strength <= NEUTRAL:
        return clone(estimator), {}
    capacity = require_capacity(base)
    params = base.get_params(deep=False)
    settings = {}
    for dial in capacity.dials:
        begin = {"own": params[dial.parameter], "off": None}.get(own)
        if own == "middle":
            begin = dial.middle(facts, params)
        settings[dial.parameter] = dial.value(begin, strength, facts, params)
    if strength > NEUTRAL:
        settings |= capacity.companion(params, settings)
    return base.set_params(**settings), {**chosen, **settings}


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
        From 0, least regularised, over 0.5, the own settings, to 1.
    n_samples, n_features : int
        Size of the training data; features are taken as standardised.
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
    >>> from skoverfit._strength import settings_at
    >>> settings_at(DecisionTreeClassifier(), 0.75, n_samples=200)
    {'min_samples_leaf': 10}
    """
    path, leaf = leaf_of(estimator)
    facts = Facts(n_samples, n_features) if facts is None else facts
    copy, settings = tuned(leaf, strength, facts, penalty)
    if not path:
        return settings
    prefix = "__".join(path)
    if type(copy) is not type(leaf) or not _is_reachable(estimator, prefix):
        return {prefix: copy}
    return {f"{prefix}__{name}": value for name, value in settings.items()}


def _is_reachable(estimator: Any, prefix: str) -> bool:
    """Whether the parameter holds an estimator, not None for a default."""
    return estimator.get_params().get(prefix) is not None
