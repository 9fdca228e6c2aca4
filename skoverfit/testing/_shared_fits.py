"""What every family of shared fits promises, as a check for anybody's family."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import check_scoring

from skoverfit._compat import _check_method_params, _num_samples, _safe_indexing
from skoverfit.model_selection._shared_fits import (
    Remembered,
    SharedFit,
    TrainingSet,
    value_key,
    views_of,
)
from skoverfit.testing._hard_rows import RowChoice, hard_choices
from skoverfit.testing._kit import Kind

__all__ = ["SHARED_FIT", "check_shared_fit", "difference"]

METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "kneighbors",
    "score_samples",
)
#: What is asked on hard training sets: all else is made of these answers.
BASIC_METHODS = tuple(name for name in METHODS if name != "predict_log_proba")
#: One training row of three is a test row, one of four of these is known to nobody.
TEST_SHARE, UNKNOWN_SHARE = 3, 4
#: About so many views of a group are copied and pickled.
N_COPIED = 2
#: About so many candidates of a group are fitted on each hard training set.
N_ON_HARD_ROWS = 4


def check_shared_fit(
    family: SharedFit,
    estimators: Sequence[Any],
    X: Any,
    y: Any = None,
    *,
    fit_params: Mapping[str, Any] | None = None,
    scoring: Sequence[str | Callable[..., float]] = (),
    rtol: float = 0.0,
    min_served: int | None = None,
    ignore: Sequence[str] = (),
    random_state: int = 0,
) -> None:
    """Check that the views of a family equal fresh fits.

    For each candidate, a clone is fitted on the same rows. Its view must have the same
    class, parameters and fitted attributes and give the same results for training
    rows, test rows and rows that the family has not been told of, before and after all
    views are made, and so must copies of the view. The data and the
    candidates must stay as they are, and fewer than one fit per view must be made.

    All views that the family yields must be right on hard training sets, too, which
    are made of the given rows: a dozen of them, four of them repeated many times (so
    that rounds of boosting find no split and bags lack classes), none of one class,
    and one and the same target for all. There it may leave candidates out.

    Parameters
    ----------
    family : SharedFit
        The family.
    estimators : sequence of estimator objects
        Unfitted candidates of one group.
    X : array-like of shape (n_samples, n_features)
        Rows; two thirds of them are fitted on.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        Their target.
    fit_params : dict, default=None
        Keyword arguments of ``fit``; what has a value for each row is split with them.
    scoring : sequence of str or callable, default=()
        Scorers to compare, besides the estimators' own ``score``.
    rtol : float, default=0.0
        Allowed difference relative to the largest absolute value of the same output;
        with 0, results must be equal bit for bit.
    min_served : int, default=None
        How many views there must be at least; None for all candidates.
    ignore : sequence of str, default=()
        Fitted attributes that need not be equal.
    random_state : int, default=0
        Seed of the division into training and test rows.

    Raises
    ------
    AssertionError
        If the family breaks a promise; the message says which, and for which
        candidate.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.model_selection._shared_fits import find_family
    >>> from skoverfit.testing import check_shared_fit
    >>> trees = [
    ...     DecisionTreeClassifier(ccp_alpha=alpha, random_state=0)
    ...     for alpha in (0.0, 0.01, 0.02)
    ... ]
    >>> check_shared_fit(find_family(trees[0]), trees, *load_iris(return_X_y=True))
    """
    SHARED_FIT.check(
        family,
        estimators=estimators,
        X=X,
        y=y,
        fit_params=fit_params,
        scoring=scoring,
        rtol=rtol,
        min_served=min_served,
        ignore=ignore,
        random_state=random_state,
    )


@dataclass(frozen=True)
class _Options:
    """What is compared, and how closely; a scoring of None is the own ``score``."""

    scoring: tuple[Any, ...]
    ignore: tuple[str, ...]
    rtol: float
    methods: tuple[str, ...] = METHODS


@dataclass(frozen=True)
class _Data:
    """Training rows, and what views are asked to predict."""

    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    known: Mapping[str, tuple[Any, Any]]
    unknown: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Group:
    """Candidates of one group, and the rows that they are fitted on."""

    estimators: Sequence[Any]
    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    options: _Options
    min_served: int
    seed: int

    def smaller(self) -> Iterator["Group"]:
        """Yield groups of the first candidates."""
        for size in (2, 3, 5):
            if size < len(self.estimators):
                wanted = min(size, self.min_served)
                yield replace(
                    self, estimators=self.estimators[:size], min_served=wanted
                )

    def __str__(self) -> str:
        """Tell the candidates."""
        told = "; ".join(" ".join(repr(each).split()) for each in self.estimators[:5])
        return (
            f"{len(self.estimators)} candidates ({told}) on {_num_samples(self.X)} rows"
        )


def _groups(
    family: SharedFit,
    *,
    estimators: Sequence[Any],
    X: Any,
    y: Any = None,
    fit_params: Mapping[str, Any] | None = None,
    scoring: Sequence[str | Callable[..., float]] = (),
    rtol: float = 0.0,
    min_served: int | None = None,
    ignore: Sequence[str] = (),
    random_state: int = 0,
) -> list[Group]:
    options = _Options((*scoring, None), tuple(ignore), rtol)
    wanted = len(estimators) if min_served is None else min_served
    return [Group(estimators, X, y, fit_params or {}, options, wanted, random_state)]


SHARED_FIT = Kind("shared fit", lambda part: isinstance(part, SharedFit), _groups)


@SHARED_FIT.promise
def check_one_group(family, group):
    """Serve all candidates of a group, and know them as one group."""
    keys = set()
    for position, estimator in enumerate(group.estimators):
        assert family.serves(estimator), (
            f"{family.name} does not serve candidate {position}, {estimator!r}."
        )
        keys.add(family.group_key(estimator))
    assert len(keys) == 1, (
        f"{family.name}: the candidates are not of one group, but of {len(keys)}."
    )


@SHARED_FIT.promise
def check_views_are_fresh_fits(family, group):
    """Yield views that equal fresh fits, of fewer fits, and change nothing given."""
    data = _split(group.X, group.y, group.fit_params, group.seed)
    estimators = [clone(estimator) for estimator in group.estimators]
    _check_on(family, estimators, data, group.options, group.min_served)


@SHARED_FIT.promise
def check_views_of_hard_rows(family, group):
    """Yield no view that differs from a fresh fit where there is little to learn."""
    estimators = [clone(estimator) for estimator in group.estimators]
    for choice in hard_choices(group.X, group.y, group.seed):
        data = _data_of(choice, group.X, group.y, group.fit_params)
        try:
            _check_on_hard_rows(family, estimators, data, group.options)
        except AssertionError as error:
            raise AssertionError(f"When {choice.name}: {error}") from error


def _check_on(
    family: SharedFit,
    estimators: Sequence[Any],
    data: _Data,
    options: _Options,
    min_served: int,
) -> None:
    before = _fingerprint(estimators, data)
    expected = [_Expected(estimator, data, options) for estimator in estimators]
    served: dict[int, Any] = {}
    with _count_fits(type(estimators[0])) as fits:
        for position, view in _views(family, estimators, data):
            _check_position(position, served, len(estimators))
            served[position] = view
            if position % 2:  # these are asked at once, the others later
                expected[position].check(view, data.known, "when just made, ")
    _check_unchanged(family, before, estimators, data)
    _check_sharing(family, served, len(fits), len(estimators), min_served)
    copied = list(served)[:: max(1, len(served) // N_COPIED)]
    for position, view in served.items():
        expected[position].check_view(view, copied=position in copied)
    _check_unchanged(family, before, estimators, data)


def _check_on_hard_rows(
    family: SharedFit, estimators: Sequence[Any], data: _Data, options: _Options
) -> None:
    """Check views where a family, or fresh fits, may well refuse to give any."""
    estimators = estimators[:: max(1, len(estimators) // N_ON_HARD_ROWS)]
    options = replace(options, scoring=(), methods=BASIC_METHODS)
    for position, view in views_of(family, estimators, _training_set(data)):
        try:
            expected = _Expected(estimators[position], data, options)
        except Exception as error:
            raise AssertionError(
                f"View of {estimators[position]!r}: a fresh fit raises {error!r}."
            ) from error
        expected.check_state(view)
        expected.check(view, data.known)


def _split(X: Any, y: Any, fit_params: Mapping[str, Any], seed: int) -> _Data:
    order = np.random.default_rng(seed).permutation(_num_samples(X))
    test, train = np.split(order, [len(order) // TEST_SHARE])
    unknown, test = np.split(test, [len(test) // UNKNOWN_SHARE])
    choice = RowChoice("", train, train, test)
    data = _data_of(choice, X, y, fit_params)
    return replace(data, unknown={"unknown": _part(X, y, unknown, unknown)})


def _data_of(choice: RowChoice, X: Any, y: Any, fit_params: Mapping[str, Any]) -> _Data:
    X_train, y_train = _part(X, y, choice.train, choice.targets)
    return _Data(
        X=X_train,
        y=y_train,
        fit_params=_check_method_params(X, dict(fit_params), indices=choice.train),
        known={
            "training": (X_train, y_train),
            "test": _part(X, y, choice.test, choice.test),
        },
        unknown={},
    )


def _part(X: Any, y: Any, rows: Any, targets: Any) -> tuple[Any, Any]:
    target = None if y is None else _safe_indexing(y, targets)
    return _safe_indexing(X, rows), target


def _views(
    family: SharedFit, estimators: Sequence[Any], data: _Data
) -> Iterator[tuple[int, Any]]:
    return family.views(estimators, _training_set(data))


def _training_set(data: _Data) -> TrainingSet:
    rows = [known for known, _ in data.known.values()]
    return TrainingSet(data.X, data.y, data.fit_params, rows)


@contextmanager
def _count_fits(cls: type) -> Iterator[list[Any]]:
    """Collect the instances whose ``fit`` is called."""
    fits: list[Any] = []
    original = cls.fit  # type: ignore[attr-defined]

    def fit(self: Any, *args: Any, **kwargs: Any) -> Any:
        fits.append(None)
        return original(self, *args, **kwargs)

    with mock.patch.object(cls, "fit", fit):
        yield fits


def _check_position(position: int, served: Mapping[int, Any], n: int) -> None:
    assert 0 <= position < n, f"There is no candidate {position}."
    assert position not in served, f"Candidate {position} was served twice."


def _check_sharing(
    family: SharedFit,
    served: Mapping[int, Any],
    n_fits: int,
    n_candidates: int,
    min_served: int,
) -> None:
    assert len(served) >= min_served, (
        f"{family.name} served {len(served)} candidates of {n_candidates}, "
        f"not {min_served}."
    )
    assert n_fits < max(len(served), 2), (
        f"{family.name} made {n_fits} fits for {len(served)} views: nothing is shared."
    )
    ids = {id(view) for view in served.values()}
    assert len(ids) == len(served), f"{family.name}: two views are one object."


def _check_unchanged(
    family: SharedFit, before: list[Any], estimators: Sequence[Any], data: _Data
) -> None:
    assert _fingerprint(estimators, data) == before, (
        f"{family.name}: the data or the candidates were modified."
    )


def _fingerprint(estimators: Sequence[Any], data: _Data) -> list[Any]:
    """Hashes of everything that a family must not change."""
    arrays = (data.X, data.y, dict(data.fit_params), dict(data.known))
    return [joblib.hash(arrays), *map(_watched, estimators)]


def _watched(estimator: Any) -> dict[str, Any]:
    """Keys of attributes, but for those that compare equal to nothing."""
    keys = {k: (value_key(v), value_key(v)) for k, v in vars(estimator).items()}
    return {name: key for name, (key, again) in keys.items() if key == again}


class _Expected:
    """What a fresh fit of one candidate gives, to compare views with."""

    def __init__(
        self,
        estimator: Any,
        data: _Data,
        options: _Options,
    ) -> None:
        self._estimator, self._data = estimator, data
        self._options, self._rtol = options, options.rtol
        target = () if data.y is None else (data.y,)
        self._fresh = clone(estimator).fit(data.X, *target, **data.fit_params)
        names = [n for n in options.scoring if n or hasattr(self._fresh, "score")]
        self._scorers = [check_scoring(self._fresh, scoring=name) for name in names]
        parts = {**data.known, **data.unknown}
        self._answers = {
            part: self._answers_of(self._fresh, *rows) for part, rows in parts.items()
        }

    def _answers_of(self, estimator: Any, X: Any, y: Any) -> dict[str, Any]:
        """Return what methods give, and scorers after that."""
        methods = self._options.methods
        answers = {name: _attempt(_answer, estimator, name, X) for name in methods}
        for scorer in self._scorers:
            answers[repr(scorer)] = _attempt(scorer, estimator, X, y)
        return answers

    def check(
        self, view: Any, parts: Mapping[str, tuple[Any, Any]], what: str = ""
    ) -> None:
        """Check what a view, or a copy of it, answers."""
        for part, rows in parts.items():
            for name, actual in self._answers_of(view, *rows).items():
                problem = difference(actual, self._answers[part][name], self._rtol)
                asked = f"{what}{name} for {part} rows"
                self._require(problem is None, f"{asked}: {problem}")

    def check_view(self, view: Any, *, copied: bool) -> None:
        """Check everything about a view, with copies of it if these are `copied`."""
        self.check_state(view)
        everything = {**self._data.known, **self._data.unknown}
        for X, _ in self._data.known.values():  # what views answer is the asker's
            for name in METHODS:
                _spoil(_attempt(_answer, view, name, X), X)
        self.check(view, everything)
        if copied:
            self.check(copy.deepcopy(view), everything, "a deep copy's ")
            problem = _attempt(joblib.hash, view)  # pickles it
            self._require(isinstance(problem, str), f"it is not pickled: {problem}")
            same = value_key(clone(view)) == value_key(clone(self._estimator))
            self._require(same, "a clone of the view is another candidate.")

    def check_state(self, view: Any) -> None:
        """Check class, parameters and fitted attributes of a view."""
        cls = type(view)
        self._require(cls is type(self._fresh), f"the view's class is {cls.__name__}.")
        same = _params_key(view) == _params_key(self._fresh)
        self._require(same, f"the view's parameters are {view.get_params()}.")
        expected, actual = map(_fitted_attributes, (self._fresh, view))
        self._require(
            actual.keys() == expected.keys(),
            f"the fitted attributes are {sorted(actual)}, not {sorted(expected)}.",
        )
        for name in expected.keys() - set(self._options.ignore):
            problem = difference(actual[name], expected[name], self._rtol)
            self._require(problem is None, f"{name}: {problem}")

    def _require(self, condition: bool, problem: str) -> None:
        assert condition, f"View of {self._estimator!r}: {problem}"


def _params_key(estimator: Any) -> Any:
    return value_key(sorted(estimator.get_params().items()))


def _fitted_attributes(estimator: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


def _answer(estimator: Any, name: str, X: Any) -> Any:
    return getattr(estimator, name)(X) if hasattr(estimator, name) else None


def _attempt(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function returns, or the error that it raises."""
    try:
        return function(*args)
    except Exception as error:
        return error


def _spoil(answer: Any, X: Any) -> None:
    """Change an answer in place, as its owner may, unless it is part of the rows."""
    for array in answer if isinstance(answer, list | tuple) else [answer]:
        if not isinstance(array, np.ndarray) or not array.flags.writeable:
            continue
        if array.size and not np.may_share_memory(array, np.asarray(X)):
            array[...] = array.flat[0]


def difference(actual: Any, expected: Any, rtol: float = 0.0) -> str | None:
    """Say in what two results differ, or return None.

    Parameters
    ----------
    actual, expected : object
        Arrays, sparse matrices, frames, numbers, sequences or mappings of these,
        exceptions, or objects whose pickled state is made of such things.
    rtol : float, default=0.0
        Allowed difference relative to the largest absolute expected value.
    """
    if type(actual) is not type(expected):
        return f"{type(actual).__name__} instead of {type(expected).__name__}."
    if isinstance(expected, Exception):
        same = str(actual) == str(expected)
        return None if same else f"{actual!r} instead of {expected!r}."
    if sparse.issparse(expected):
        actual, expected = actual.toarray(), expected.toarray()
    elif isinstance(expected, dict):
        return _mapping_difference(actual, expected, rtol)
    elif isinstance(expected, list | tuple):
        return _sequence_difference(actual, expected, rtol)
    elif hasattr(expected, "columns"):
        if list(actual.columns) != list(expected.columns):
            return f"columns {list(actual.columns)}, not {list(expected.columns)}."
        actual, expected = np.asarray(actual), np.asarray(expected)
    if isinstance(expected, np.ndarray | np.generic | int | float | str | bytes):
        return _array_difference(np.asarray(actual), np.asarray(expected), rtol)
    return _state_difference(actual, expected, rtol)


def _sequence_difference(actual: Any, expected: Any, rtol: float) -> str | None:
    if len(actual) != len(expected):
        return f"{len(actual)} items instead of {len(expected)}."
    pairs = zip(actual, expected, strict=True)
    problems = (difference(one, other, rtol) for one, other in pairs)
    return next((problem for problem in problems if problem), None)


def _mapping_difference(
    actual: Mapping[Any, Any], expected: Mapping[Any, Any], rtol: float
) -> str | None:
    if actual.keys() != expected.keys():
        return f"keys {list(actual)} instead of {list(expected)}."
    for name, value in expected.items():
        problem = difference(actual[name], value, rtol)
        if problem:
            return f"{name}: {problem}"
    return None


def _state_difference(actual: Any, expected: Any, rtol: float) -> str | None:
    """Compare what objects with a state of their own would be pickled as."""
    states = [_state(actual), _state(expected)]
    if not all(isinstance(state, dict | tuple) for state in states):
        return None
    problem = difference(states[0], states[1], rtol)
    return problem and f"{type(expected).__name__}: {problem}"


def _state(thing: Any) -> Any:
    if thing is None or isinstance(thing, type) or callable(thing):
        return None
    state = thing.__getstate__()
    if not isinstance(state, dict):
        return state
    return {k: v for k, v in state.items() if not isinstance(v, Remembered)}


def _array_difference(
    actual: np.ndarray, expected: np.ndarray, rtol: float
) -> str | None:
    for what in ("shape", "dtype"):
        if getattr(actual, what) != getattr(expected, what):
            return f"{what} {getattr(actual, what)}, not {getattr(expected, what)}."
    if expected.dtype == object:
        return _sequence_difference([*actual.flat], [*expected.flat], rtol)
    is_float = expected.dtype.kind in "fc"
    if np.array_equal(actual, expected, equal_nan=is_float):
        return None
    if not is_float:
        return f"{actual} instead of {expected}."
    return _float_difference(actual, expected, rtol)


def _float_difference(
    actual: np.ndarray, expected: np.ndarray, rtol: float
) -> str | None:
    finite = np.isfinite(expected)
    scale = np.abs(expected[finite]).max(initial=0.0)
    worst = np.abs(actual[finite] - expected[finite]).max(initial=0.0)
    same_rest = np.array_equal(actual[~finite], expected[~finite], equal_nan=True)
    if same_rest and worst <= rtol * scale:
        return None
    return f"differs by {worst} (largest value: {scale}; allowed: {rtol} of it)."
