"""The steps that Pipelines have in common, fitted and applied once per training set.

A Pipeline hands every step to its ``memory`` to be fitted. :class:`StepStore` is such
a memory: it lives as long as one training set, knows the steps of all candidates
beforehand, and fits equal steps behind equal steps once. Fitted steps answer
``transform`` for the rows to be scored from memory, too.
"""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sklearn.base import clone

from skoverfit._compat import has_valid_params
from skoverfit.model_selection._shared_fits._branches import BranchStore, is_union
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    SharedFit,
    TrainingSet,
    find_family,
    forget,
    remember,
    view_of,
    views_of,
)
from skoverfit.model_selection._shared_fits._foreign import (
    leaves_no_trace,
    may_serve,
    needs_proof,
    same_state,
)
from skoverfit.model_selection._shared_fits._guard import Guard, Unshareable, same_bits
from skoverfit.model_selection._shared_fits._reproducible import is_reproducible

__all__ = ["Chain", "StepStore", "is_passthrough"]

Prefix = tuple[Hashable, ...]


@dataclass(frozen=True)
class Chain:
    """The steps of a Pipeline before its last, passthroughs left out.

    Attributes
    ----------
    keys : tuple of hashable
        Equal for steps that one fit can serve.
    steps : tuple of transformers
        Unfitted.
    """

    keys: Prefix
    steps: tuple[Any, ...]

    @property
    def is_shared(self) -> bool:
        """Whether every step may be shared with its equals."""
        return all(type(key) is not object for key in self.keys)


@dataclass(frozen=True)
class _Node:
    """A fitted step: what the Pipeline gets, and what comes after it.

    `result` is what a Pipeline's memory returns for the step, `rows` are the known
    rows behind it, `branches` what the next steps have in common inside.
    """

    result: tuple[Any, ...]
    rows: tuple[Any, ...]
    branches: BranchStore
    guard: Guard


class StepStore:
    """In-process memory for Pipelines that are fitted on one training set.

    Parameters
    ----------
    chains : dict of int to Chain
        The steps of every candidate, by its position.
    rows : tuple of array-like
        The objects that candidates will be scored on.
    ledger : Ledger
        Takes the seconds spent on each candidate.
    """

    location = "this process"  # a Pipeline clones steps that go to a memory

    def __init__(
        self, chains: Mapping[int, Chain], rows: tuple[Any, ...], ledger: Any
    ) -> None:
        self._chains, self._ledger = chains, ledger
        # Fitted steps by the keys up to them, () being the rows themselves; and views
        # that a family has yielded together with one of them.
        # The rows themselves are guarded by whoever made them.
        branches = BranchStore(self._steps_after(()))
        root = _Node((), rows, branches, Guard())
        self._nodes: dict[Prefix, _Node] = {(): root}
        self._views: dict[Prefix, tuple[SharedFit, Any]] = {}
        self._asked: set[tuple[Prefix, Hashable]] = set()
        # Steps of unknown origin that were fitted twice, with different results.
        self._refused: set[Prefix] = set()
        self._keys: Prefix = ()
        self._depth = 0

    @property
    def rows(self) -> tuple[Any, ...]:
        """Known rows behind the last step that was fitted."""
        return self._nodes[self._keys[: self._depth]].rows

    @property
    def is_shared(self) -> bool:
        """Whether another candidate needs a step of the present Pipeline, too."""
        return bool(self._keys) and len(self._users(self._keys[:1])) > 1

    def begin(self, chain: Chain) -> None:
        """Make ready for the next Pipeline; forget what it has not in common."""
        self._keys, self._depth = chain.keys, 0
        for prefix in [p for p in self._nodes if chain.keys[: len(p)] != p]:
            node = self._nodes.pop(prefix)
            forget(node.result[-1])
            node.guard.check()
        for prefix in [p for p in self._views if chain.keys[: len(p) - 1] != p[:-1]]:
            del self._views[prefix]
        self._asked = {(p, key) for p, key in self._asked if chain.keys[: len(p)] == p}

    def close(self) -> None:
        """Forget everything.

        Raises
        ------
        Unshareable
            If what candidates have in common was changed.
        """
        self.begin(Chain(keys=(), steps=()))

    def cache(self, function: Callable[..., Any], ignore: Any = None) -> Any:
        """Return `function`, which fits one step, with memory (joblib's interface)."""
        return partial(self._step, function)

    def _step(
        self, function: Callable[..., Any], step: Any, X: Any, y: Any, **kwargs: Any
    ) -> tuple[Any, ...]:
        before = self._nodes[self._keys[: self._depth]]
        self._depth += 1
        prefix = self._keys[: self._depth]
        if prefix in self._refused:
            raise Unshareable(f"{type(step).__name__} differs from fit to fit")
        if prefix not in self._nodes:
            users = self._users(prefix)
            start = time.perf_counter()
            with leaves_no_trace(step, len(users) > 1):
                result = self._result(prefix, before, function, step, X, y, kwargs)
            node = self._node(prefix, before, result, len(users) > 1)
            if len(users) > 1 and needs_proof(step):
                self._refused.add(prefix)
                twin = function(clone(step), X=X, y=y, **kwargs)
                _prove(node, before, twin)
                self._refused.remove(prefix)
            self._nodes[prefix] = node
            self._ledger.charge(time.perf_counter() - start, users)
            self._ledger.steps.update(needed=len(users))
        return self._nodes[prefix].result

    def _users(self, prefix: Prefix) -> list[int]:
        """Positions of the candidates that need the last step of a prefix."""
        size = len(prefix)
        return [at for at, chain in self._chains.items() if chain.keys[:size] == prefix]

    def _steps_after(self, prefix: Prefix) -> dict[Hashable, Any]:
        """Return the different unfitted steps that candidates have next."""
        depth = len(prefix)
        chains = (self._chains[position] for position in self._users(prefix))
        return {c.keys[depth]: c.steps[depth] for c in chains if len(c.keys) > depth}

    def _result(
        self,
        prefix: Prefix,
        before: _Node,
        function: Callable[..., Any],
        step: Any,
        X: Any,
        y: Any,
        kwargs: dict[str, Any],
    ) -> tuple[Any, ...]:
        if not any(map(any, (kwargs.get("params") or {}).values())):
            self._ask_family(prefix, before, step, X, y)
        if prefix in self._views:
            family, view = self._views.pop(prefix)
            return family.training_output(view, X), view
        self._ledger.steps.update(fitted=1)
        call = partial(function, X=X, y=y, **kwargs)
        return before.branches.fit(step, call) if is_union(step) else call(step)

    def _ask_family(
        self, prefix: Prefix, before: _Node, step: Any, X: Any, y: Any
    ) -> None:
        """Have the steps that may come next served by one fit, where a family can."""
        parent, key = prefix[:-1], _family_key(step, X)
        if key is None or (parent, key) in self._asked:
            return
        self._asked.add((parent, key))
        group = {
            next_key: other
            for next_key, other in self._steps_after(parent).items()
            if _family_key(other, X) == key
        }
        if len(group) > 1:
            keys, steps, family = list(group), list(group.values()), key[0]
            views = views_of(family, steps, TrainingSet(X, y, {}, before.rows))
            self._ledger.steps.update(fitted=1)
            for position, view in views:
                self._views[(*parent, keys[position])] = family, view

    def _node(
        self, prefix: Prefix, before: _Node, result: tuple[Any, ...], shared: bool
    ) -> _Node:
        rows, fitted = before.rows, result[-1]
        # Samplers leave rows to predict alone. Where one candidate only needs a step,
        # it transforms them when it is asked to, as in a fresh fit.
        if shared and hasattr(type(fitted), "transform"):
            fitted = view_of(fitted, fitted)  # clones may be the caller's own object
            rows = self._transformed(fitted, before, result[0])
            result = (*result[:-1], fitted)
        branches = BranchStore(self._steps_after(prefix))
        return _Node(result, rows, branches, Guard(*result[:-1], *rows))

    def _transformed(self, fitted: Any, before: _Node, Xt: Any) -> tuple[Any, ...]:
        """Known rows behind a fitted step, which answers with them from now on."""
        answers = []
        guard = Guard(Xt)
        with leaves_no_trace(fitted, True, state=True):
            for index, X in enumerate(before.rows):
                call = partial(fitted.transform, X)
                shared = is_union(fitted)
                row = (
                    before.branches.transform(fitted, index, call) if shared else call()
                )
                answers.append(Xt if same_bits(row, Xt) else row)
        guard.check()
        known = list(zip(before.rows, answers, strict=True))
        answer = OncePerRows(
            lambda X: next(out for row, out in known if row is X), before.rows
        )
        remember(fitted, "transform", answer, before.rows)
        return tuple(answers)


def _prove(node: _Node, before: _Node, twin: tuple[Any, ...]) -> None:
    """Raise `Unshareable` unless a second fit gives the same as the first."""
    pairs = list(zip(node.result, twin, strict=True))
    if node.rows is not before.rows:
        answers = [twin[-1].transform(X) for X in before.rows]
        pairs += zip(node.rows, answers, strict=True)
    if not all(same_state(one, other) for one, other in pairs):
        raise Unshareable(f"{type(twin[-1]).__name__} differs from fit to fit")


def _family_key(step: Any, X: Any) -> tuple[SharedFit, Hashable] | None:
    """Return what steps have in common that one fit serves, None if it serves one."""
    family = find_family(step)
    if family is None or not may_serve(family, step):
        return None
    if not (is_reproducible(step, X) and has_valid_params(step)):
        return None
    return family, family.group_key(step)


def is_passthrough(step: Any) -> bool:
    """Whether a Pipeline skips a step."""
    return step is None or (isinstance(step, str) and step == "passthrough")
