"""Looks up what controls the capacity of an estimator, and lists it as a table."""

import importlib
import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator

from skoverfit._capacity_entries import DEFAULT_INNER, TABLE
from skoverfit._compat import BaseSearchCV
from skoverfit._dials import Capacity, Dial, Rule
from skoverfit._facts import Facts

_HINT = "skoverfit.regularization.capacity_table() lists the classes that have one"


def public_name(cls: type) -> str:
    """Dotted name by which users import a class, without private modules."""
    return ".".join([*cls.__module__.split(".")[:2], cls.__name__])


def resolve(name: str) -> type:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def lookup(estimator: Any, table: Mapping[str, Any]) -> Any:
    names = map(public_name, type(estimator).__mro__)
    return next((table[name] for name in names if name in table), None)


def capacity_of(estimator: Any) -> Capacity | None:
    """Return the table's entry for the estimator's own class, or None.

    A subclass of a known class uses the entry of that class as long as it still has
    the parameters. Meta-estimators have no entry; see `leaf_of`.

    Parameters
    ----------
    estimator : object
        Any estimator.

    Returns
    -------
    capacity : Capacity or None
        What controls its capacity; None when the table does not know it.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit._capacity import capacity_of
    >>> capacity_of(DecisionTreeClassifier()).parameters
    ('min_samples_leaf',)
    """
    capacity = lookup(estimator, TABLE)
    if capacity is None or not hasattr(estimator, "get_params"):
        return None
    if capacity.replaced_by is not None:
        # A subclass may do more than its base, which the replacement would lose.
        return capacity if public_name(type(estimator)) in TABLE else None
    known = estimator.get_params(deep=False)
    return capacity if all(name in known for name in capacity.parameters) else None


def _inner_name(estimator: Any) -> str | None:
    """Parameter under which a meta-estimator keeps the estimator that learns."""
    if not isinstance(estimator, BaseEstimator) or isinstance(estimator, BaseSearchCV):
        # A search tunes the inner parameters itself.
        return None
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps:
        return steps[-1][0]
    names = estimator.get_params(deep=False)
    return next((name for name in ("regressor", "estimator") if name in names), None)


def leaf_of(estimator: Any) -> tuple[tuple[str, ...], Any]:
    """Return where the estimator whose capacity counts is, and that estimator.

    Looks through the last step of pipelines and through meta-estimators with a
    parameter `estimator` or `regressor`.

    Parameters
    ----------
    estimator : object
        Any estimator.

    Returns
    -------
    path : tuple of str
        Parameter names that lead to it; empty for the estimator itself.
    leaf : object
        The estimator found there, not copied.
    """
    path: list[str] = []
    while capacity_of(estimator) is None and (name := _inner_name(estimator)):
        inner = estimator.get_params()[name]
        default = lookup(estimator, DEFAULT_INNER)
        if inner is None and default:
            inner = resolve(default)()
        path.append(name)
        estimator = inner
    return tuple(path), estimator


def require_capacity(estimator: Any) -> Capacity:
    """Return the table's entry for the estimator's own class, or raise ValueError."""
    capacity = capacity_of(estimator)
    if capacity is None:
        raise ValueError(
            f"The capacity of {type(estimator).__name__} cannot be controlled: it has "
            f"no entry in the capacity table; {_HINT}."
        )
    params = estimator.get_params(deep=False)
    for dial in capacity.dials:
        _require_number(estimator, dial, params.get(dial.parameter))
    return capacity


def _require_number(estimator: Any, dial: Dial, own: Any) -> None:
    try:
        dial.number(own, Facts(2))
    except TypeError as error:
        raise ValueError(
            f"{dial.parameter}={own!r} of {type(estimator).__name__} has no place "
            "between the ends of its range: set a number or None."
        ) from error


class TableRow(NamedTuple):
    """One row of `capacity_table`."""

    estimator: str
    parameter: str
    least_regularized: float | str
    default: Any
    most_regularized: float | str
    scale: str
    limit: str


def capacity_table() -> list[TableRow]:
    """Return the capacity table in readable form.

    Returns
    -------
    rows : list of TableRow
        One row per estimator class and parameter: class name, parameter, its least
        regularised end, its default, its most regularised end, the scale between
        them, and what the most regularised end predicts.

    Examples
    --------
    >>> from skoverfit.regularization import capacity_table
    >>> row = next(r for r in capacity_table() if r.parameter == "n_neighbors")
    >>> row.least_regularized, row.default, row.most_regularized
    (1, 5, 'n')
    """
    return [
        _row(name, capacity, dial)
        for name, capacity in TABLE.items()
        for dial in capacity.dials
    ]


def _row(name: str, capacity: Capacity, dial: Dial) -> TableRow:
    owner = resolve(capacity.replaced_by or name)
    default = inspect.signature(owner).parameters[dial.parameter].default
    ends = (e.text if isinstance(e, Rule) else e for e in (dial.loose, dial.tight))
    least, most = ends
    if capacity.replaced_by:
        default = "none: replaced by " + capacity.replaced_by.rpartition(".")[2]
    return TableRow(
        name, dial.parameter, least, default, most, dial.scale, capacity.limit
    )
