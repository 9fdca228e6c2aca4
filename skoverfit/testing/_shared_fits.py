"""What every family of shared fits promises, as a check for anybody's family."""

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import joblib
import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import check_scoring

from skoverfit._compat import _check_method_params, _num_samples, _safe_indexing
from skoverfit.model_selection._shared_fits import SharedFit, value_key

__all__ = ["check_shared_fit"]

METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "kneighbors",
    "score_samples",
)
#: One training row of three is a test row, one of four of these is known to nobody.
TEST_SHARE, UNKNOWN_SHARE = 3, 4


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
    views are made, and so must copies and pickles of the view. The data and the
    candidates must stay as they are, and fewer than one fit per view must be made.

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
    _check_group(family, estimators)
    data = _split(X, y, fit_params or {}, random_state)
    comparison = _Comparison(data, tuple(scoring), rtol, tuple(ignore))
    before = _fingerprint(estimators, data)
    served: dict[int, Any] = {}
    with _count_fits(type(estimators[0])) as fits:
        views = list(_views(family, estimators, data))
    n_fits = len(fits)
    for position, view in views:
        _check_position(position, served, len(estimators))
        served[position] = view
        comparison.check(position, estimators[position], view)
    assert _fingerprint(estimators, data) == before, (
        f"{family.name}: the data or the candidates were modified."
    )
    _check_sharing(family, served, n_fits, len(estimators), min_served)
    for position, view in _views(family, estimators, data):  # one at a time
        comparison.check_known(position, estimators[position], view)


@dataclass(frozen=True)
class _Data:
    """Training rows, and what views are asked to predict."""

    X: Any
    y: Any
    fit_params: Mapping[str, Any]
    known: Mapping[str, tuple[Any, Any]]
    unknown: Mapping[str, tuple[Any, Any]]


def _split(X: Any, y: Any, fit_params: Mapping[str, Any], seed: int) -> _Data:
    order = np.random.default_rng(seed).permutation(_num_samples(X))
    test, train = np.split(order, [len(order) // TEST_SHARE])
    unknown, test = np.split(test, [len(test) // UNKNOWN_SHARE])

    def part(rows: Any) -> tuple[Any, Any]:
        return _safe_indexing(X, rows), None if y is None else _safe_indexing(y, rows)

    X_train, y_train = part(train)
    return _Data(
        X=X_train,
        y=y_train,
        fit_params=_check_method_params(X, dict(fit_params), indices=train),
        known={"training": (X_train, y_train), "test": part(test)},
        unknown={"unknown": part(unknown)},
    )


def _check_group(family: SharedFit, estimators: Sequence[Any]) -> None:
    keys = set()
    for position, estimator in enumerate(estimators):
        assert family.serves(estimator), (
            f"{family.name} does not serve candidate {position}, {estimator!r}."
        )
        keys.add(family.group_key(estimator))
    assert len(keys) == 1, (
        f"{family.name}: the candidates are not of one group, but of {len(keys)}."
    )


def _views(
    family: SharedFit, estimators: Sequence[Any], data: _Data
) -> Iterator[tuple[int, Any]]:
    rows = [known for known, _ in data.known.values()]
    return family.views(
        estimators, data.X, data.y, fit_params=data.fit_params, rows=rows
    )


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
    min_served: int | None,
) -> None:
    wanted = n_candidates if min_served is None else min_served
    assert len(served) >= wanted, (
        f"{family.name} served {len(served)} candidates of {n_candidates}, "
        f"not {wanted}."
    )
    assert n_fits < max(len(served), 2), (
        f"{family.name} made {n_fits} fits for {len(served)} views: nothing is shared."
    )
    ids = {id(view) for view in served.values()}
    assert len(ids) == len(served), f"{family.name}: two views are one object."


def _fingerprint(estimators: Sequence[Any], data: _Data) -> list[Any]:
    """Hashes of everything that a family must not change."""
    arrays = (data.X, data.y, dict(data.fit_params), dict(data.known))
    states = [sorted((k, value_key(v)) for k, v in vars(e).items()) for e in estimators]
    return [joblib.hash(arrays), states]


@dataclass(frozen=True)
class _Comparison:
    """Compares views with fresh fits."""

    data: _Data
    scoring: tuple[Any, ...]
    rtol: float
    ignore: tuple[str, ...]

    def check(self, position: int, estimator: Any, view: Any) -> None:
        """Check one view and copies of it, on all rows."""
        where = f"candidate {position}, {estimator!r}"
        fresh = self._fresh(estimator)
        self._check_state(fresh, view, where)
        self._check_answers(fresh, view, self.data.known, where)
        self._check_answers(fresh, view, self.data.unknown, where)
        everything = {**self.data.known, **self.data.unknown}
        for name, twin in (
            ("a pickle", pickle.loads(pickle.dumps(view))),
            ("a deep copy", copy.deepcopy(view)),
        ):
            self._check_answers(fresh, twin, everything, f"{name} of {where}")
        assert value_key(clone(view)) == value_key(clone(estimator)), (
            f"A clone of the view of {where} is another candidate."
        )

    def check_known(self, position: int, estimator: Any, view: Any) -> None:
        """Check one view on the rows that its family was told of."""
        where = f"candidate {position}, {estimator!r}, served one at a time"
        self._check_answers(self._fresh(estimator), view, self.data.known, where)

    def _fresh(self, estimator: Any) -> Any:
        target = () if self.data.y is None else (self.data.y,)
        return clone(estimator).fit(self.data.X, *target, **self.data.fit_params)

    def _check_state(self, fresh: Any, view: Any, where: str) -> None:
        assert type(view) is type(fresh), f"{where}: a view is a {type(view).__name__}."
        assert _params_key(view) == _params_key(fresh), (
            f"{where}: the view's parameters are {view.get_params()}."
        )
        attributes = _fitted_attributes(fresh)
        assert attributes.keys() == _fitted_attributes(view).keys(), (
            f"{where}: the view's fitted attributes are "
            f"{sorted(_fitted_attributes(view))}, not {sorted(attributes)}."
        )
        for name in attributes.keys() - set(self.ignore):
            actual = getattr(view, name)
            self._assert_same(actual, attributes[name], f"{where}: {name}")

    def _check_answers(
        self, fresh: Any, view: Any, parts: Mapping[str, tuple[Any, Any]], where: str
    ) -> None:
        for part, (X, y) in parts.items():
            for name in METHODS:
                here = f"{where}: {name} for {part} rows"
                for _ in range(2):  # the answer belongs to whoever asks
                    actual = _answer(view, name, X)
                    self._assert_same(actual, _answer(fresh, name, X), here)
                    _spoil(actual, X)
            for score in self._scorers(fresh):
                here = f"{where}: {score!r} for {part} rows"
                self._assert_same(score(view, X, y), score(fresh, X, y), here)

    def _scorers(self, fresh: Any) -> list[Callable[..., float]]:
        names = [*self.scoring] + ([None] if hasattr(fresh, "score") else [])
        return [check_scoring(fresh, scoring=name) for name in names]

    def _assert_same(self, actual: Any, expected: Any, where: str) -> None:
        problem = difference(actual, expected, self.rtol)
        assert problem is None, f"{where}: {problem}"


def _params_key(estimator: Any) -> Any:
    return value_key(sorted(estimator.get_params().items()))


def _fitted_attributes(estimator: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


def _answer(estimator: Any, name: str, X: Any) -> Any:
    """Return what a method returns, or the error that it raises."""
    if not hasattr(estimator, name):
        return None
    try:
        return getattr(estimator, name)(X)
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
        Arrays, sparse matrices, frames, numbers, sequences of these, or exceptions.
        Of other objects only the classes are compared.
    rtol : float, default=0.0
        Allowed difference relative to the largest absolute expected value.

    Returns
    -------
    problem : str or None
    """
    if type(actual) is not type(expected):
        return f"{type(actual).__name__} instead of {type(expected).__name__}."
    if isinstance(expected, Exception):
        same = str(actual) == str(expected)
        return None if same else f"{actual!r} instead of {expected!r}."
    if isinstance(expected, list | tuple):
        return _sequence_difference(actual, expected, rtol)
    if sparse.issparse(expected):
        actual, expected = actual.toarray(), expected.toarray()
    if hasattr(expected, "columns"):
        if list(actual.columns) != list(expected.columns):
            return f"columns {list(actual.columns)}, not {list(expected.columns)}."
        actual, expected = np.asarray(actual), np.asarray(expected)
    if isinstance(expected, np.ndarray | np.generic | int | float | str | bool):
        return _array_difference(np.asarray(actual), np.asarray(expected), rtol)
    return None


def _sequence_difference(actual: Any, expected: Any, rtol: float) -> str | None:
    if len(actual) != len(expected):
        return f"{len(actual)} items instead of {len(expected)}."
    pairs = zip(actual, expected, strict=True)
    problems = (difference(one, other, rtol) for one, other in pairs)
    return next((problem for problem in problems if problem), None)


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
