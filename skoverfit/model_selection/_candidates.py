"""Parameter space to candidates: a grid where everything is listed, else a sample.

`auto_space` writes the space down from the capacity table.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy import stats
from sklearn.base import is_classifier
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils import check_random_state

from skoverfit._capacity._aliases import as_read, spelling
from skoverfit._capacity._dials import Capacity, Dial, Params
from skoverfit._capacity._ends import equal_votes, keep_intercept_free
from skoverfit._capacity._facts import Facts, MeasuredFacts
from skoverfit._capacity._lookup import (
    Leaf,
    leaves_of,
    lookup,
    require_capacity,
)
from skoverfit._capacity._strength import copy_at
from skoverfit._capacity._table import LEFT_OUT
from skoverfit._compat import _num_samples

__all__ = ["LogInteger", "auto_space", "make_candidates"]

#: Sample size where the space holds distributions and no `n_iter` is given; the
#: default of RandomizedSearchCV.
DEFAULT_N_ITER = 10

#: Values of a parameter in an automatic grid, by the number of parameters; the
#: estimator's own setting comes on top. Keeps grids at about ten or thirty candidates;
#: with many parameters, give `n_iter` to sample instead.
GRID_SIZE = {1: 9, 2: 5, 3: 3}
FEW = 2

#: Rows that ranges are computed for where no data are given.
NOMINAL_ROWS = 100

ParamSpace = Mapping[str, Any] | Iterable[Mapping[str, Any]]


def make_candidates(
    param_space: ParamSpace, n_iter: int | None, random_state: Any
) -> ParameterGrid | ParameterSampler:
    """List or sample the candidates of a parameter space.

    Parameters
    ----------
    param_space : dict or list of dict
        Parameter names to lists of values or distributions (with ``rvs``).
    n_iter : int or None
        Number of candidates to sample. None lists the whole grid, or samples 10
        where the space holds a distribution.
    random_state : int, RandomState instance or None
        Seed of the sampling.

    Returns
    -------
    candidates : ParameterGrid or ParameterSampler
        Sized iterable of parameter settings.

    Raises
    ------
    ValueError
        If the space holds distributions of Optuna, which only a sampler reads.
    """
    _refuse_optuna_distributions(param_space)
    if n_iter is None and not _has_distribution(param_space):
        return ParameterGrid(param_space)
    if n_iter is None:
        n_iter = DEFAULT_N_ITER
    return ParameterSampler(param_space, n_iter, random_state=random_state)


def _entries(param_space: ParamSpace) -> Iterable[tuple[str, Any]]:
    spaces = [param_space] if isinstance(param_space, Mapping) else param_space
    for space in spaces:
        if isinstance(space, Mapping):  # others: ParameterGrid's own error
            yield from space.items()


def _has_distribution(param_space: ParamSpace) -> bool:
    return any(hasattr(values, "rvs") for _, values in _entries(param_space))


def is_optuna_distribution(values: Any) -> bool:
    """Whether a value comes from Optuna, without importing it."""
    return any(
        f"{base.__module__}.{base.__name__}" == "optuna.distributions.BaseDistribution"
        for base in type(values).__mro__
    )


def _refuse_optuna_distributions(param_space: ParamSpace) -> None:
    for name, values in _entries(param_space):
        if is_optuna_distribution(values):
            raise ValueError(
                f"param_space[{name!r}]={values!r} is a distribution of Optuna, but "
                "sampler=None. Set sampler='tpe' or 'random', or give a list or a "
                "distribution of SciPy."
            )


# ----------------------------------------------------------------- the automatic space
@dataclass(frozen=True)
class LogInteger:
    """Integers that are uniform on a logarithmic scale.

    Parameters
    ----------
    low, high : int
        Smallest and largest value, ``1 <= low <= high``.

    Examples
    --------
    >>> from skoverfit.model_selection._candidates import LogInteger
    >>> LogInteger(1, 100).rvs(5, random_state=0)
    array([ 9, 22, 12,  9,  5])
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise ValueError(
                f"low={self.low}, high={self.high} must hold 1 <= low <= high."
            )

    def ppf(self, share: Any) -> Any:
        """Return the value below which a share of the distribution lies."""
        # Half a unit around the ends, so that they are drawn as often as they should.
        low, high = np.log(self.low - 0.5), np.log(self.high + 0.5)
        values = np.rint(np.exp(low + np.asarray(share) * (high - low)))
        values = np.clip(values, self.low, self.high).astype(int)
        return values if values.ndim else int(values)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        """Draw values."""
        return self.ppf(check_random_state(random_state).uniform(size=size))


def auto_space(
    estimator: Any, X: Any = None, y: Any = None, *, sampled: bool = False
) -> dict[str, Any]:
    """Write down a space over the parameters that control an estimator's capacity.

    The parameters and their ranges are those of the capacity table
    (:func:`skoverfit.regularization.capacity_table`): from the least regularized end
    to just before the end where only a constant is predicted. The estimator's own
    setting is always within.

    Parameters
    ----------
    estimator : estimator object
        Estimator of the table, pipeline that ends with one, or meta-estimator around
        one. It is not changed.
    X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
        Training rows of the smallest split: ranges depend on their number and, where
        the estimator sees them directly, on the spread of the features. Behind the
        steps of a pipeline features are taken as standardized. None is 100 rows of
        standardized features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their target.
    sampled : bool, default=False
        Whether to return distributions rather than lists of values.

    Returns
    -------
    param_space : dict
        Parameter names to lists of values, in ascending order, or to distributions.

    Raises
    ------
    ValueError
        If the table does not know the estimator, or it has no such parameter.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.model_selection._candidates import auto_space
    >>> auto_space(DecisionTreeClassifier())
    {'min_samples_leaf': [1, 2, 4, 6, 9, 14, 21, 33]}
    """
    leaves = _known_leaves(estimator)
    turned = [_reachable(estimator, leaf) for leaf in leaves]
    n_dials = sum(len(_dials_of(leaf)) for _, leaf in turned)
    space: dict[str, Any] = {}
    for (fixed, leaf), known in zip(turned, leaves, strict=True):
        size = GRID_SIZE.get(n_dials, FEW)
        found = _leaf_space(leaf, _facts(estimator, known.path, X, y), size, sampled)
        prefix = "".join(f"{name}__" for name in known.path)
        space |= fixed | {prefix + name: values for name, values in found.items()}
    return space


def _dials_of(leaf: Any) -> list[Dial]:
    """Dials that have a meaning for the estimator's other parameters."""
    params = as_read(leaf)
    return [dial for dial in require_capacity(leaf).dials if dial.applies(params)]


def _known_leaves(estimator: Any) -> list[Leaf]:
    leaves = leaves_of(estimator)
    turned = [leaf for leaf in leaves if lookup(leaf.estimator, LEFT_OUT) is None]
    for leaf in turned or leaves:
        _require_known(estimator, leaf)
    return turned


def _reachable(estimator: Any, found: Leaf) -> tuple[dict, Any]:
    """Fix what must be put in place before the leaf's parameters can be set."""
    prefix, leaf = found.prefix, found.estimator
    replacement = _replacement(leaf)
    if replacement is not None and not prefix:
        raise ValueError(
            f"param_space='auto' has nothing to vary: {type(leaf).__name__} has no "
            f"parameter that controls its capacity. Search "
            f"{type(replacement).__name__}() instead."
        )
    in_place = estimator.get_params().get(prefix) if prefix else leaf
    if replacement is None and in_place is not None:
        return {}, leaf
    leaf = leaf if replacement is None else replacement
    return {prefix: [leaf]}, leaf


def _replacement(leaf: Any) -> Any:
    """Return what the table turns instead of a class without a parameter, or None."""
    capacity = require_capacity(leaf)
    if capacity.replaced_by is None:
        return None
    replacement = copy_at(leaf, 1.0, Facts(NOMINAL_ROWS), capacity=capacity)[0]
    defaults = type(replacement)().get_params()
    turned = require_capacity(replacement).parameters
    return replacement.set_params(**{name: defaults[name] for name in turned})


def _require_known(estimator: Any, leaf: Leaf) -> None:
    if leaf.capacity is not None:
        return
    name, inner = type(estimator).__name__, type(leaf.estimator).__name__
    where = name if leaf.estimator is estimator else f"{inner} (within {name})"
    raise ValueError(
        f"param_space='auto' knows no capacity of {where}: it has no entry in the "
        "capacity table. Give a dict of parameters to search; "
        "skoverfit.regularization.capacity_table() lists the classes that have one."
    )


class _BehindSteps(Facts):
    """Features are standardized by the steps before; the target is as given."""

    def __init__(self, X: Any, y: Any, is_classification: bool):
        shape: tuple[int, ...] = getattr(X, "shape", ())
        super().__init__(_num_samples(X), shape[1] if len(shape) > 1 else 1)
        self._measured = MeasuredFacts(X, y, is_classification=is_classification)

    @property
    def y_spread(self) -> float:
        return self._measured.y_spread


def _facts(estimator: Any, path: tuple[str, ...], X: Any, y: Any) -> Facts:
    if X is None:
        return Facts(NOMINAL_ROWS)
    parts = list(_parts(estimator, path))
    if any(isinstance(part, TransformedTargetRegressor) for part in parts):
        return _standardized(X)  # what the leaf gets is not this target
    if "final_estimator" in path:
        return _standardized(X)  # its features are what the members predict
    if any(hasattr(part, "steps") for part in parts):
        return _BehindSteps(X, y, is_classifier(estimator))
    return MeasuredFacts(X, y, is_classification=is_classifier(estimator))


def _standardized(X: Any) -> Facts:
    """Nominal facts of the right size."""
    known = _BehindSteps(X, None, False)
    return Facts(known.n_samples, known.n_features)


def _parts(estimator: Any, path: tuple[str, ...]) -> Iterable[Any]:
    """Yield the estimator and what lies on the path to the leaf, without the leaf."""
    for name in path:
        yield estimator
        estimator = estimator.get_params()[name]


def _leaf_space(leaf: Any, facts: Facts, size: int, sampled: bool) -> dict[str, Any]:
    capacity, params = require_capacity(leaf), as_read(leaf)
    grids = {
        spelling(leaf, dial.parameter): _grid(dial, params, facts, size)
        for dial in _dials_of(leaf)
    }
    space = {name: grid.values for name, grid in grids.items()}
    if sampled:
        space = {name: grid.distribution() for name, grid in grids.items()}
    return space | _companions(capacity, params, grids)


def _companions(
    capacity: Capacity, params: Params, grids: "Mapping[str, _Grid]"
) -> dict[str, list[Any]]:
    """Return further settings without which the parameters would have no effect."""
    if capacity.companion is keep_intercept_free:
        return {}  # depends on the candidate; without it C penalizes as it always does
    tightest = {name: grid.tightest for name, grid in grids.items()}
    needed = capacity.companion(params, tightest)
    if capacity.companion is equal_votes:
        # Votes by distance are valid, only nothing that n_neighbors regularizes.
        return {name: [value, params[name]] for name, value in needed.items()}
    return {name: [value] for name, value in needed.items()}


@dataclass(frozen=True)
class _Grid:
    """Values of one parameter, with the numbers that they stand for, ascending."""

    values: list[Any]
    numbers: list[float]
    scale: str
    tightest: Any

    def distribution(self) -> Any:
        """Return the distribution over the range, a list where that is a point."""
        # An own setting of 0 has no place on a logarithmic scale.
        numbers = [n for n in self.numbers if n > 0 or self.scale == "linear"]
        low, high = numbers[0], numbers[-1]
        if low == high:
            return self.values[-1:]
        if not all(isinstance(value, Real) for value in self.values):
            return self.values
        if self.scale == "linear":
            return stats.uniform(low, high - low)
        if self.scale == "log":
            return stats.loguniform(low, high)
        return LogInteger(round(low), round(high))


def _grid(dial: Dial, params: Params, facts: Facts, size: int) -> _Grid:
    own = params.get(dial.parameter)
    loose, tight = dial.ends(facts, params)
    # The tight end itself predicts a constant: the last step stays short of it.
    steps = [
        _rounded(dial.between(loose, tight, share), dial.scale)
        for share in np.arange(size) / size
    ]
    by_number = {float(step): dial.setting(step, own, params) for step in steps}
    number = dial.read(own, facts, params)
    if number is not None and math.isfinite(number):
        _make_way(by_number, number, dial.scale)
        by_number[number] = own
    numbers = sorted(by_number)
    tightest = dial.setting(steps[-1], own, params)
    return _Grid([by_number[n] for n in numbers], numbers, dial.scale, tightest)


def _make_way(by_number: dict[float, Any], number: float, scale: str) -> None:
    """Drop the value between the ends that comes nearest to the own setting."""
    between = sorted(by_number)[1:-1]
    if not between or not min(by_number) < number < max(by_number):
        return
    place = float if scale == "linear" else math.log
    del by_number[min(between, key=lambda value: abs(place(value) - place(number)))]


def _rounded(value: float, scale: str) -> Any:
    return value if scale == "integer" else float(f"{value:.3g}")
