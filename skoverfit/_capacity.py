"""What controls the capacity of each estimator, as one table.

An entry says which parameters turn the capacity of an estimator class down or up,
how far they reach, and on which scale to move between the ends. Regularised
wrappers, search spaces and the diagnosis read this table; teaching the library a
further estimator class means adding one entry here.

Ends are numbers or rules. A rule sees the size and the spread of the training data
and the estimator's other parameters, so that "almost no penalty" and "so strong a
penalty that the prediction is almost constant" hold for any units of the features.
"""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from sklearn.base import BaseEstimator, clone

from skoverfit._compat import BaseSearchCV
from skoverfit._dials import (
    LEAF,
    NEUTRAL,
    STRONG,
    WEAK,
    Capacity,
    Dial,
    Params,
    Rule,
    default_penalty,
    equal_votes,
    inverse_alpha,
    is_unpenalised,
    keep_intercept_free,
    kernel_C,
    kernel_size,
    learning_rate,
    mean_alpha,
    smoothing,
    solver_with_shrinkage,
    sum_alpha,
    switch_penalty_on,
)
from skoverfit._facts import Facts

# --------------------------------------------------------------------------- the table
_RIDGE = Capacity((sum_alpha(),))
_SGD = Capacity(
    (mean_alpha(slack=10.0, is_off=is_unpenalised),), companion=switch_penalty_on
)
_TREE = Capacity((LEAF,))
_GRADIENT_BOOSTING = Capacity((LEAF, learning_rate("n_estimators", 0.3)))
_HIST_BOOSTING = Capacity((LEAF, learning_rate("max_iter", 0.3)))
_ADABOOST = Capacity(
    (
        Dial(
            "n_estimators",
            Rule("4 * own", lambda facts, params: 4 * params["n_estimators"]),
            1,
            "integer",
            rises=False,
        ),
        Dial("learning_rate", 1.0, 0.1, rises=False),
    ),
    limit="one weak learner",
)
_NEIGHBORS = Capacity(
    (Dial("n_neighbors", 1, Rule("n", lambda f, p: f.n_samples), "integer"),),
    companion=equal_votes,
)
_MLP = Capacity((Dial("alpha", 1e-3, 1e3),))
_COUNTS = Rule("100 * sum of X", lambda facts, params: 100 * facts.count_mass)
_ROWS = Rule("100 * n", lambda facts, params: 100 * facts.total_weight)
_STRENGTH = Capacity((Dial("strength", 0, 1, "linear"),))

TABLE: dict[str, Capacity] = {
    "sklearn.linear_model.LogisticRegression": Capacity(
        (inverse_alpha(is_off=is_unpenalised),), companion=default_penalty
    ),
    "sklearn.linear_model.LinearRegression": Capacity(
        _RIDGE.dials, replaced_by="sklearn.linear_model.Ridge"
    ),
    "sklearn.linear_model.Ridge": _RIDGE,
    "sklearn.linear_model.RidgeClassifier": _RIDGE,
    "sklearn.linear_model.Lasso": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.LassoLars": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.MultiTaskLasso": Capacity((mean_alpha(default=1.0),)),
    "sklearn.linear_model.ElasticNet": Capacity((mean_alpha(),)),
    "sklearn.linear_model.MultiTaskElasticNet": Capacity((mean_alpha(),)),
    "sklearn.linear_model.SGDClassifier": _SGD,
    "sklearn.linear_model.SGDRegressor": _SGD,
    "sklearn.linear_model.Perceptron": Capacity(
        (Dial("alpha", 1e-6, 1.0, is_off=is_unpenalised),),
        limit="what the last mistakes say",
        companion=switch_penalty_on,
    ),
    # Labels of plus and minus one and a squared hinge make four times the gradient.
    "sklearn.svm.LinearSVC": Capacity(
        (inverse_alpha(lambda facts: 0.25),), companion=keep_intercept_free
    ),
    "sklearn.svm.LinearSVR": Capacity(
        # Its solver hardly converges with a weaker penalty.
        (inverse_alpha(lambda facts: facts.y_spread, weakest=1e-3),),
        companion=keep_intercept_free,
    ),
    "sklearn.svm.SVC": Capacity((kernel_C(),)),
    "sklearn.svm.SVR": Capacity((kernel_C(),)),
    "sklearn.svm.NuSVR": Capacity((kernel_C(),)),
    "sklearn.discriminant_analysis.LinearDiscriminantAnalysis": Capacity(
        (Dial("shrinkage", 0, 1, "linear"),),
        limit="the nearest class mean",
        companion=solver_with_shrinkage,
    ),
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis": Capacity(
        (Dial("reg_param", 0, 1, "linear"),), limit="the nearest class mean"
    ),
    "sklearn.tree.DecisionTreeClassifier": _TREE,
    "sklearn.tree.DecisionTreeRegressor": _TREE,
    "sklearn.tree.ExtraTreeClassifier": _TREE,
    "sklearn.tree.ExtraTreeRegressor": _TREE,
    "sklearn.ensemble.RandomForestClassifier": _TREE,
    "sklearn.ensemble.RandomForestRegressor": _TREE,
    "sklearn.ensemble.ExtraTreesClassifier": _TREE,
    "sklearn.ensemble.ExtraTreesRegressor": _TREE,
    "sklearn.ensemble.GradientBoostingClassifier": _GRADIENT_BOOSTING,
    "sklearn.ensemble.GradientBoostingRegressor": _GRADIENT_BOOSTING,
    "sklearn.ensemble.HistGradientBoostingClassifier": _HIST_BOOSTING,
    "sklearn.ensemble.HistGradientBoostingRegressor": _HIST_BOOSTING,
    "sklearn.ensemble.AdaBoostClassifier": _ADABOOST,
    "sklearn.ensemble.AdaBoostRegressor": _ADABOOST,
    "sklearn.neighbors.KNeighborsClassifier": _NEIGHBORS,
    "sklearn.neighbors.KNeighborsRegressor": _NEIGHBORS,
    "sklearn.neural_network.MLPClassifier": _MLP,
    "sklearn.neural_network.MLPRegressor": _MLP,
    "sklearn.naive_bayes.GaussianNB": Capacity((Dial("var_smoothing", 1e-5, 1e3),)),
    "sklearn.naive_bayes.MultinomialNB": smoothing(_COUNTS),
    "sklearn.naive_bayes.ComplementNB": smoothing(_COUNTS),
    "sklearn.naive_bayes.BernoulliNB": smoothing(_ROWS),
    "sklearn.naive_bayes.CategoricalNB": smoothing(_ROWS),
    "sklearn.kernel_ridge.KernelRidge": Capacity(
        (
            Dial(
                "alpha",
                Rule("1e-5 * kernel size", lambda f, p: WEAK * kernel_size(f, p)),
                Rule(
                    "30 * n * kernel size",
                    lambda f, p: STRONG * f.total_weight * kernel_size(f, p),
                ),
            ),
        ),
        limit="zero",
    ),
    "skoverfit.regularization.RegularizedClassifier": _STRENGTH,
    "skoverfit.regularization.RegularizedRegressor": _STRENGTH,
}

# Meta-estimators that take None and then fit this class.
_DEFAULT_INNER = {
    "sklearn.ensemble.BaggingClassifier": "sklearn.tree.DecisionTreeClassifier",
    "sklearn.ensemble.BaggingRegressor": "sklearn.tree.DecisionTreeRegressor",
    "sklearn.compose.TransformedTargetRegressor": (
        "sklearn.linear_model.LinearRegression"
    ),
}


# ------------------------------------------------------------------------- penalties
_LINEAR_FAMILY = {
    "l1": "sklearn.linear_model.Lasso",
    "l2": "sklearn.linear_model.Ridge",
    "elasticnet": "sklearn.linear_model.ElasticNet",
}


def _logistic_penalty(params: Params, penalty: str) -> dict[str, Any]:
    ratio = params["l1_ratio"] or 0.0
    mixed = ratio if 0 < ratio < 1 else 0.5
    settings = {"l1_ratio": {"l1": 1.0, "l2": 0.0, "elasticnet": mixed}[penalty]}
    if params.get("penalty", "deprecated") != "deprecated":
        settings["penalty"] = "deprecated"
    able = {"l1": ("saga", "liblinear"), "elasticnet": ("saga",)}
    if params["solver"] not in able.get(penalty, (params["solver"],)):
        settings |= {"solver": "saga", "max_iter": max(1000, params["max_iter"])}
    return settings


def _named_penalty(params: Params, penalty: str) -> dict[str, Any]:
    return {"penalty": penalty}


def _linear_svc_penalty(params: Params, penalty: str) -> dict[str, Any]:
    if penalty == "l1":
        return {"penalty": "l1", "dual": False, "loss": "squared_hinge"}
    return {"penalty": penalty}


def _mixed_ratio(params: Params, penalty: str) -> dict[str, Any]:
    return {"l1_ratio": 1.0} if penalty == "l1" else {}


def _no_settings(params: Params, penalty: str) -> dict[str, Any]:
    return {}


class PenaltyKind(NamedTuple):
    """Which penalties a class takes, and the settings that choose one."""

    allowed: tuple[str, ...]
    settings: Callable[[Params, str], dict[str, Any]] = _no_settings


_ALL = ("l1", "l2", "elasticnet")
PENALTIES: dict[str, PenaltyKind] = {
    "sklearn.linear_model.LogisticRegression": PenaltyKind(_ALL, _logistic_penalty),
    "sklearn.linear_model.LinearRegression": PenaltyKind(_ALL),
    "sklearn.linear_model.Ridge": PenaltyKind(_ALL),
    "sklearn.linear_model.Lasso": PenaltyKind(_ALL),
    "sklearn.linear_model.ElasticNet": PenaltyKind(_ALL),
    "sklearn.linear_model.RidgeClassifier": PenaltyKind(("l2",)),
    "sklearn.linear_model.SGDClassifier": PenaltyKind(_ALL, _named_penalty),
    "sklearn.linear_model.SGDRegressor": PenaltyKind(_ALL, _named_penalty),
    "sklearn.linear_model.Perceptron": PenaltyKind(_ALL, _named_penalty),
    "sklearn.svm.LinearSVC": PenaltyKind(("l1", "l2"), _linear_svc_penalty),
    "sklearn.svm.LinearSVR": PenaltyKind(("l2",)),
}


# --------------------------------------------------------------------------- look-ups
_HINT = "skoverfit.regularization.capacity_table() lists the classes that have one"


def _public_name(cls: type) -> str:
    """Dotted name by which users import a class, without private modules."""
    return ".".join([*cls.__module__.split(".")[:2], cls.__name__])


def _resolve(name: str) -> type:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _lookup(estimator: Any, table: Mapping[str, Any]) -> Any:
    names = map(_public_name, type(estimator).__mro__)
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
    capacity = _lookup(estimator, TABLE)
    if capacity is None or not hasattr(estimator, "get_params"):
        return None
    if capacity.replaced_by is not None:
        # A subclass may do more than its base, which the replacement would lose.
        return capacity if _public_name(type(estimator)) in TABLE else None
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
        default = _lookup(estimator, _DEFAULT_INNER)
        if inner is None and default:
            inner = _resolve(default)()
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


# ----------------------------------------------------------------------- the settings
class _Start(NamedTuple):
    """Where a dial starts: the estimator and what its own setting means."""

    estimator: Any
    own: Literal["own", "off", "middle"]
    chosen: dict[str, Any]


def check_penalty(estimator: Any, penalty: str) -> PenaltyKind:
    kind = _lookup(estimator, PENALTIES)
    if kind is None or capacity_of(estimator) is None:
        known = ", ".join(sorted(name.rpartition(".")[2] for name in PENALTIES))
        raise ValueError(
            f"penalty={penalty!r} does not apply to {type(estimator).__name__}; "
            f"it applies to {known}. Use penalty=None."
        )
    if penalty not in kind.allowed:
        raise ValueError(
            f"penalty={penalty!r} is not available for {type(estimator).__name__}; "
            f"it takes {', '.join(kind.allowed)} or None."
        )
    return kind


def _start(estimator: Any, penalty: str | None) -> _Start:
    name = _public_name(type(estimator))
    replaced = TABLE[name].replaced_by is not None if name in TABLE else False
    if penalty is None and not replaced:
        return _Start(clone(estimator), "own", {})
    penalty = penalty or "l2"
    kind = check_penalty(estimator, penalty)
    if name == _LINEAR_FAMILY[penalty] or name not in _IN_LINEAR_FAMILY:
        base = clone(estimator)
        params = base.get_params(deep=False)
        chosen = kind.settings(params, penalty)
        return _Start(base.set_params(**chosen), "own", chosen)
    return _change_class(estimator, name, penalty)


_IN_LINEAR_FAMILY = {"sklearn.linear_model.LinearRegression", *_LINEAR_FAMILY.values()}


def _change_class(estimator: Any, name: str, penalty: str) -> _Start:
    """Move to the class of the linear family that has the penalty."""
    target = _resolve(_LINEAR_FAMILY[penalty])()
    kept = {"fit_intercept", "copy_X", "positive", "random_state"}
    means_same = name in (_LINEAR_FAMILY["l1"], _LINEAR_FAMILY["elasticnet"])
    if means_same and penalty != "l2":
        kept |= {"alpha", "max_iter", "tol", "selection", "precompute", "warm_start"}
        own: Literal["own", "off", "middle"] = "own"
    else:
        own = "off" if name.endswith(".LinearRegression") else "middle"
    params = estimator.get_params(deep=False)
    shared = kept & params.keys() & target.get_params().keys()
    return _Start(target.set_params(**{key: params[key] for key in shared}), own, {})


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
    base, own, chosen = _start(estimator, penalty)
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
    >>> from skoverfit._capacity import settings_at
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
    owner = _resolve(capacity.replaced_by or name)
    default = inspect.signature(owner).parameters[dial.parameter].default
    ends = (e.text if isinstance(e, Rule) else e for e in (dial.loose, dial.tight))
    least, most = ends
    if capacity.replaced_by:
        default = "none: replaced by " + capacity.replaced_by.rpartition(".")[2]
    return TableRow(
        name, dial.parameter, least, default, most, dial.scale, capacity.limit
    )
