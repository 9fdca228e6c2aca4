"""Branches of ColumnTransformers and FeatureUnions that candidates have in common.

The union fits and joins its branches itself. While it does, each branch that other
candidates have too is replaced by a stand-in of the same class, whose
``fit_transform`` and ``transform`` answer from memory.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from joblib import effective_n_jobs
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion

from skoverfit.model_selection._shared_fits._contract import params_key, value_key
from skoverfit.model_selection._shared_fits._foreign import needs_proof, same_state
from skoverfit.model_selection._shared_fits._guard import Unshareable
from skoverfit.model_selection._shared_fits._reproducible import is_reproducible

__all__ = ["BranchStore", "is_union"]

#: Where each class of union keeps its branches, unfitted and fitted.
UNIONS = {
    ColumnTransformer: ("transformers", "transformers_"),
    FeatureUnion: ("transformer_list", "transformer_list"),
}


def is_union(step: Any) -> bool:
    """Whether a step has branches that may be shared."""
    return type(step) in UNIONS and effective_n_jobs(step.n_jobs) == 1


class BranchStore:
    """Fitted branches of the unions that come next on the same rows.

    Parameters
    ----------
    steps : dict of hashable to transformer
        The different unfitted steps; those that are not unions are left out.
    """

    def __init__(self, steps: Mapping[Hashable, Any]) -> None:
        uses = Counter(
            key
            for step in steps.values()
            if is_union(step)
            for _, key in _branches(step, fitted=False)
        )
        self._wanted = {key for key, count in uses.items() if count > 1}
        self._fitted: dict[Hashable, tuple[Any, Any]] = {}
        self._rows: dict[tuple[Hashable, int], Any] = {}

    def fit(self, union: Any, call: Callable[[Any], Any]) -> Any:
        """Return ``call(union)``, which fits the union, with branches from memory."""
        name = UNIONS[type(union)][0]
        original = getattr(union, name)
        stand_ins = {
            index: _stand_in(branch, key, self._fit_branch)
            for index, (branch, key) in enumerate(_branches(union, fitted=False))
            if key in self._wanted
        }
        replaced = [
            (row[0], stand_ins.get(index, row[1]), *row[2:])
            for index, row in enumerate(original)
        ]
        setattr(union, name, replaced)
        try:
            return call(union)
        finally:
            for branch in stand_ins.values():
                _restore(branch)
            if type(union) is ColumnTransformer:
                union.transformers = original

    def transform(self, union: Any, index: int, call: Callable[[], Any]) -> Any:
        """Return ``call()``, which transforms known rows, with branches from memory."""
        with self._answering(union, index):
            return call()

    def _fit_branch(self, branch: Any, key: Hashable, X: Any, y: Any = None) -> Any:
        if key not in self._fitted:
            fitted = clone(_restore(branch))
            answer = fitted.fit_transform(X, y)
            if needs_proof(fitted):
                _prove(fitted, answer, clone(fitted), X, y)
            self._fitted[key] = fitted, answer
        fitted, Xt = self._fitted[key]
        vars(branch).update(vars(fitted))
        return Xt

    @contextmanager
    def _answering(self, union: Any, index: int) -> Iterator[None]:
        branches = [
            (branch, key)
            for branch, key in _branches(union, fitted=True)
            if key in self._wanted
        ]
        for branch, key in branches:
            vars(branch)["transform"] = partial(
                self._transform_branch, branch, key, index
            )
        try:
            yield
        finally:
            for branch, _ in branches:
                vars(branch).pop("transform", None)

    def _transform_branch(
        self, branch: Any, key: Hashable, index: int, X: Any, **params: Any
    ) -> Any:
        if params or (key, index) not in self._rows:
            out = type(branch).transform(branch, X, **params)
            if params:
                return out
            self._rows[key, index] = out
        return self._rows[key, index]


def _prove(fitted: Any, answer: Any, twin: Any, X: Any, y: Any) -> None:
    """Raise `Unshareable` unless a second fit gives the same as the first."""
    pairs = [(answer, twin.fit_transform(X, y)), (fitted, twin)]
    pairs.append((fitted.transform(X), twin.transform(X)))
    if not all(same_state(one, other) for one, other in pairs):
        raise Unshareable(f"{type(fitted).__name__} differs from fit to fit")


def _branches(union: Any, *, fitted: bool) -> list[tuple[Any, Hashable]]:
    """Branches of a union with a key that equal ones have in common."""
    rows = getattr(union, UNIONS[type(union)][fitted])
    return [(row[1], _branch_key(row)) for row in rows]


def _branch_key(row: tuple[Any, ...]) -> Hashable:
    branch, columns = row[1], row[2:]
    if isinstance(branch, str) or branch is None or any(map(callable, columns)):
        return object()
    if not hasattr(type(branch), "fit_transform") or not is_reproducible(branch, None):
        return object()
    return params_key(branch), value_key(columns)


def _stand_in(branch: Any, key: Hashable, fit: Callable[..., Any]) -> Any:
    stand_in = clone(branch)
    vars(stand_in)["fit_transform"] = partial(fit, stand_in, key)
    vars(stand_in)["__sklearn_clone__"] = lambda: stand_in
    return stand_in


def _restore(stand_in: Any) -> Any:
    for name in ("fit_transform", "__sklearn_clone__"):
        vars(stand_in).pop(name, None)
    return stand_in
