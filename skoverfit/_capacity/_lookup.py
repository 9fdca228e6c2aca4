"""Looks up what controls the capacity of an estimator, and lists it as a table."""

import importlib
import inspect
from collections.abc import Iterator, Mapping
from html import escape
from numbers import Real
from typing import Any, NamedTuple

from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator

from skoverfit._capacity._aliases import as_read
from skoverfit._capacity._dials import Capacity, ComputedValue, Dial
from skoverfit._capacity._facts import Facts
from skoverfit._capacity._table import DEFAULT_INNER, LEFT_OUT, TABLE
from skoverfit._compat import BaseSearchCV

_METHOD = "__skoverfit_capacity__"
VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_REGISTERED: dict[type, Capacity] = {}


def public_name(cls: type) -> str:
    """Dotted name by which users import a class, without private modules."""
    return ".".join([*cls.__module__.split(".")[:2], cls.__name__])


def _names_of(cls: type) -> Iterator[str]:
    """Yield the dotted names under which a table may know a class."""
    yield public_name(cls)
    # Other libraries offer their classes at the top.
    yield f"{cls.__module__.partition('.')[0]}.{cls.__name__}"


def resolve(name: str) -> type:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def lookup(estimator: Any, table: Mapping[str, Any]) -> Any:
    names = (name for cls in type(estimator).__mro__ for name in _names_of(cls))
    return next((table[name] for name in names if name in table), None)


def _entry_of(cls: type) -> Capacity | None:
    """Entry of exactly this class."""
    if cls in _REGISTERED:
        return _REGISTERED[cls]
    return next((TABLE[name] for name in _names_of(cls) if name in TABLE), None)


def _own_entry(estimator: Any) -> Capacity | None:
    """Entry that the class of an estimator brings along."""
    method = getattr(type(estimator), _METHOD, None)
    if method is None:
        return None
    capacity = getattr(estimator, _METHOD)()
    if not isinstance(capacity, Capacity | None):
        raise TypeError(
            f"{type(estimator).__name__}.{_METHOD}() must return a Capacity or None, "
            f"got {capacity!r}."
        )
    return capacity


def parameters_of(estimator: Any) -> set[str]:
    """Names of the parameters of an estimator, set or not."""
    # The parameters of some libraries show in one of the two places only.
    signature = inspect.signature(type(estimator)).parameters
    named = {p for p in signature if signature[p].kind is not VAR_KEYWORD}
    return {*estimator.get_params(deep=False), *named}


def capacity_of(estimator: Any) -> Capacity | None:
    """Return the entry for the estimator's own class, or None.

    What the class itself says in `__skoverfit_capacity__` comes first, then what was
    registered, then the table. A subclass of a known class uses the entry of that
    class as long as it still has the parameters. Meta-estimators have no entry; see
    `leaves_of`.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit._capacity._lookup import capacity_of
    >>> capacity_of(DecisionTreeClassifier()).parameters
    ('min_samples_leaf',)
    """
    if isinstance(estimator, type) or not hasattr(estimator, "get_params"):
        return None
    own = _own_entry(estimator)
    if own is not None:
        return own
    entries = map(_entry_of, type(estimator).__mro__)
    capacity = next((entry for entry in entries if entry is not None), None)
    if capacity is None:
        return None
    if capacity.replaced_by is not None:
        # A subclass may do more than its base, which the replacement would lose.
        return _entry_of(type(estimator))
    return capacity if parameters_of(estimator) >= {*capacity.parameters} else None


class Leaf(NamedTuple):
    """An estimator whose capacity counts, where it is, and its entry in the table."""

    path: tuple[str, ...]
    estimator: Any
    capacity: Capacity | None

    @property
    def prefix(self) -> str:
        """Name of the parameter that holds it; empty for the estimator itself."""
        return "__".join(self.path)


def leaves_of(estimator: Any) -> list[Leaf]:
    """Return the estimators whose capacity counts, and where they are.

    Looks through the last step of pipelines, through meta-estimators with a parameter
    `estimator` or `regressor`, and through the members of voting and stacking. The
    final estimator of stacking learns from data as well, so it counts; members that
    were fitted before (`cv="prefit"`) do not.

    Returns
    -------
    leaves : list of Leaf
        The path, empty for the estimator itself, the estimator found there, not
        copied, and its entry, None where it has none.

    Examples
    --------
    >>> from sklearn.ensemble import VotingClassifier
    >>> from sklearn.svm import SVC
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit._capacity._lookup import leaves_of
    >>> members = [("tree", DecisionTreeClassifier()), ("svm", SVC())]
    >>> [leaf.prefix for leaf in leaves_of(VotingClassifier(members))]
    ['tree', 'svm']
    """
    capacity = capacity_of(estimator)
    parts = [] if capacity is not None else _inner_parts(estimator)
    if not parts:
        return [Leaf((), estimator, capacity)]
    return [
        leaf._replace(path=(name, *leaf.path))
        for name, part in parts
        for leaf in leaves_of(part)
    ]


def _inner_parts(estimator: Any) -> list[tuple[str, Any]]:
    """Parameters under which a meta-estimator keeps estimators that learn."""
    # A search tunes the inner parameters itself; what is frozen learns no more.
    if not isinstance(estimator, BaseEstimator) or isinstance(
        estimator, BaseSearchCV | FrozenEstimator
    ):
        return []
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps:
        return [steps[-1]]
    params = estimator.get_params(deep=False)
    parts = _members(params)
    is_ensemble = isinstance(params.get("estimators"), list)
    single = ("final_estimator",) if is_ensemble else ("regressor", "estimator")
    name = next((name for name in single if name in params), None)
    return parts if name is None else [*parts, (name, _or_default(estimator, name))]


def _members(params: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Members of voting and stacking that are going to be fitted."""
    members = params.get("estimators")
    if not isinstance(members, list):
        return []
    if params.get("cv") == "prefit":
        return []
    return [(name, member) for name, member in members if member != "drop"]


def _or_default(estimator: Any, name: str) -> Any:
    """Inner estimator, or the one that None stands for."""
    inner = estimator.get_params(deep=False)[name]
    default = (lookup(estimator, DEFAULT_INNER) or {}).get(name)
    return resolve(default)() if inner is None and default else inner


def require_dials(estimator: Any) -> list[Leaf]:
    """Return the leaves that have a dial, or raise ValueError.

    Members of ensembles that are named in LEFT_OUT stay as they are.
    """
    leaves = leaves_of(estimator)
    turned = [leaf for leaf in leaves if lookup(leaf.estimator, LEFT_OUT) is None]
    for leaf in turned or leaves:
        _checked(leaf.capacity, leaf.estimator)
        _require_room(estimator, leaf)
    return turned


def _require_room(estimator: Any, leaf: Leaf) -> None:
    """Check that all around a leaf take a model that is wrapped once more."""
    around = estimator
    for name in leaf.path:
        if getattr(around, "_reads_estimator", False):
            inner = type(leaf.estimator).__name__
            outer = type(around).__name__
            raise ValueError(
                f"{outer} looks into its {inner}, so no dial can go between them; set "
                f"parameters of the {inner} itself."
            )
        around = around.get_params()[name]


def require_capacity(estimator: Any) -> Capacity:
    """Return the entry for the estimator's own class, or raise ValueError."""
    return _checked(capacity_of(estimator), estimator)


def _checked(capacity: Capacity | None, estimator: Any) -> Capacity:
    """Return the entry that was found, or say why it cannot be used."""
    name = type(estimator).__name__
    if capacity is None:
        why = lookup(estimator, LEFT_OUT) or "it has no entry in the capacity table"
        raise ValueError(
            f"The capacity of {name} cannot be controlled: {why}. "
            "skoverfit.regularization.capacity_table() lists the classes that can be; "
            f"skoverfit.regularization.register_capacity({name}, ...) adds one."
        )
    missing = {*capacity.parameters} - parameters_of(estimator)
    if missing and capacity.replaced_by is None:
        raise ValueError(
            f"The capacity of {name} names {', '.join(sorted(missing))}, which is "
            f"not a parameter of {name}."
        )
    params = as_read(estimator)
    if capacity.replaced_by is None:
        for dial in capacity.dials:
            _require_number(estimator, dial, params)
    return capacity


def _require_number(estimator: Any, dial: Dial, params: Mapping[str, Any]) -> None:
    own = params.get(dial.parameter)
    if not dial.applies(params):
        return
    try:
        dial.read(own, Facts(2), params)
    except TypeError as error:
        raise ValueError(
            f"{dial.parameter}={own!r} of {type(estimator).__name__} has no place "
            "between the ends of its range: set a number or None."
        ) from error


# ------------------------------------------------------------- classes of other people
def register_capacity(
    estimator_class: type, capacity: Capacity | Dial, *, replace: bool = False
) -> None:
    """Teach the dial a class of your own.

    From then on :class:`RegularizedClassifier`, :class:`RegularizedRegressor`,
    :func:`with_strength`, automatic search spaces and the diagnosis know the class and
    its subclasses.

    Parameters
    ----------
    estimator_class : type
        Class of estimators.
    capacity : Capacity or Dial
        What controls its capacity.
    replace : bool, default=False
        Whether the entry may take the place of one that is there.

    Raises
    ------
    TypeError
        If `estimator_class` is not a class of estimators, or `capacity` is of another
        type.
    ValueError
        If the class has no such parameter, or has an entry already.

    See Also
    --------
    unregister_capacity : Takes an entry back.

    Notes
    -----
    Worker processes import the module of the class, nothing else: call this function
    in that module, where the class is defined. Or give the class a method
    ``__skoverfit_capacity__(self)`` that returns its :class:`Capacity` (None for the
    entry of its base class); it needs no registration, it may look at the
    estimator's parameters, and it comes before any entry.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skoverfit.regularization import (
    ...     ComputedValue,
    ...     Dial,
    ...     RegularizedRegressor,
    ...     register_capacity,
    ...     unregister_capacity,
    ... )
    >>> class Smoother(Ridge):
    ...     def __init__(self, penalty_per_row=1.0):
    ...         self.penalty_per_row = penalty_per_row
    ...         super().__init__()
    ...     def fit(self, X, y):
    ...         self.alpha = len(X) * self.penalty_per_row
    ...         return super().fit(X, y)
    >>> all_features = ComputedValue(
    ...     "100 * p", lambda facts, params: 100 * facts.n_features
    ... )
    >>> register_capacity(Smoother, Dial("penalty_per_row", 1e-6, all_features))
    >>> X, y = [[1.0], [2.0], [3.0], [4.0]], [1.0, 2.0, 3.0, 4.0]
    >>> RegularizedRegressor(Smoother(), strength=0.75).fit(X, y).settings_
    {'penalty_per_row': 10.0}
    >>> unregister_capacity(Smoother)
    """
    _require_class(estimator_class)
    capacity = Capacity(capacity) if isinstance(capacity, Dial) else capacity
    if not isinstance(capacity, Capacity):
        raise TypeError(f"capacity={capacity!r} must be a Capacity or a Dial.")
    name = estimator_class.__name__
    if capacity.replaced_by is None:
        _require_parameters(estimator_class, capacity)
    if _entry_of(estimator_class) is not None and not replace:
        raise ValueError(
            f"{name} has an entry in the capacity table already; replace=True puts "
            "this one in its place."
        )
    _REGISTERED[estimator_class] = capacity


def unregister_capacity(estimator_class: type) -> None:
    """Take back what :func:`register_capacity` added.

    Parameters
    ----------
    estimator_class : type
        Class of estimators. An entry of the library's own table comes back into
        force.

    Raises
    ------
    ValueError
        If nothing was registered for the class.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from skoverfit.regularization import Dial, has_dial
    >>> from skoverfit.regularization import register_capacity, unregister_capacity
    >>> class Special(SVC):
    ...     pass
    >>> register_capacity(Special, Dial("C", 10.0, 0.1, rises=False), replace=True)
    >>> unregister_capacity(Special)
    >>> has_dial(Special())  # as any subclass of SVC
    True
    """
    if estimator_class not in _REGISTERED:
        name = getattr(estimator_class, "__name__", repr(estimator_class))
        raise ValueError(f"No capacity of {name} was registered.")
    del _REGISTERED[estimator_class]


def _require_class(estimator_class: Any) -> None:
    if not inspect.isclass(estimator_class):
        raise TypeError(
            f"estimator_class={estimator_class!r} must be a class, not an instance."
        )
    for method in ("fit", "get_params", "set_params"):
        if not hasattr(estimator_class, method):
            raise TypeError(
                f"estimator_class={estimator_class.__name__} is not a class of "
                f"estimators: it has no method {method}."
            )


def _require_parameters(estimator_class: type, capacity: Capacity) -> None:
    known = inspect.signature(estimator_class).parameters
    if any(p.kind is VAR_KEYWORD for p in known.values()):
        return  # they are passed on to a base class; instances say which there are
    for name in capacity.parameters:
        if name not in known:
            raise ValueError(
                f"{name!r} is not a parameter of {estimator_class.__name__}; it has "
                f"{', '.join(known)}."
            )


# --------------------------------------------------------------------------- the table
class TableRow(NamedTuple):
    """One row of `capacity_table`."""

    estimator: str
    parameter: str
    least_regularized: float | str
    default: Any
    most_regularized: float | str
    scale: str
    direction: str
    limit: str


class CapacityTable(list[TableRow]):
    """Rows of the capacity table, printed as a table."""

    def _cells(self) -> list[list[str]]:
        titles = [name.replace("_", " ") for name in TableRow._fields]
        return [titles, *([str(cell) for cell in row] for row in self)]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = (
            "  ".join(map(str.ljust, row, widths)).rstrip()
            for row in [cells[0], ["-" * width for width in widths], *cells[1:]]
        )
        return "\n".join(lines)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        titles, *rows = self._cells()
        head = _html_row("th", titles)
        body = "".join(_html_row("td", row) for row in rows)
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _html_row(tag: str, cells: list[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(c)}</{tag}>" for c in cells) + "</tr>"


def capacity_table() -> list[TableRow]:
    """Return the capacity table: which parameters the dial turns, and how far.

    Returns
    -------
    rows : list of TableRow
        One row per estimator class and parameter: class name, parameter, its least
        regularized end, its default (the neutral point), its most regularized end,
        the scale between them, whether the parameter rises or falls as regularization
        gets stronger, and what the most regularized end predicts. The list prints as
        a table; notebooks show it as one.

    See Also
    --------
    register_capacity : Adds a class to the table.

    Examples
    --------
    >>> from skoverfit.regularization import capacity_table
    >>> row = next(r for r in capacity_table() if r.parameter == "n_neighbors")
    >>> row.least_regularized, row.default, row.most_regularized, row.direction
    (1, 5, 'n', 'rises')
    """
    registered = {public_name(cls): entry for cls, entry in _REGISTERED.items()}
    entries = TABLE | registered
    return CapacityTable(
        _row(name, capacity, dial)
        for name, capacity in entries.items()
        for dial in capacity.dials
    )


def _row(name: str, capacity: Capacity, dial: Dial) -> TableRow:
    ends = (
        e.text if isinstance(e, ComputedValue) else e for e in (dial.loose, dial.tight)
    )
    least, most = ends
    return TableRow(
        name,
        dial.parameter,
        least,
        _default(name, capacity, dial),
        most,
        dial.scale,
        "rises" if dial.rises else "falls",
        capacity.limit,
    )


def _default(name: str, capacity: Capacity, dial: Dial) -> Any:
    """Neutral point: the default, or what stands for it."""
    if capacity.replaced_by is not None:
        successor = capacity.replaced_by.rpartition(".")[2]
        if isinstance(capacity.picked.get(dial.parameter, 0), Real):
            return f"none: replaced by {successor}"
        return f"as picked by its fit; {successor} takes over"
    if not (dial.unset is None or isinstance(dial.unset, ComputedValue)):
        return dial.unset  # other libraries are not imported for this
    registered = {public_name(cls): cls for cls in _REGISTERED}
    if name not in registered and name.partition(".")[0] not in _IMPORTED:
        return "its own"
    owner = registered.get(name) or resolve(name)
    parameter = inspect.signature(owner).parameters.get(dial.parameter)
    return "its own" if parameter is None else parameter.default


_IMPORTED = {"sklearn", "imblearn", "skoverfit"}
