"""Serve the candidates of one training set with as few fits as possible.

Candidates that a family knows (see ``_shared_fits``) are served by it, equal ones by
one fit, and the steps that Pipelines have in common are fitted and applied once.
Whatever raises an error on the way is simply not served: the caller fits it
normally, so errors are those of a fresh fit.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Generator, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sklearn.base import clone
from sklearn.utils.metadata_routing import get_routing_for_object

from skoverfit._compat import PIPELINES, _routing_enabled, has_valid_params
from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._shared_fits._branches import is_union
from skoverfit.model_selection._shared_fits._contract import (
    SharedFit,
    TrainingSet,
    find_family,
    forget,
    params_key,
    view_of,
    views_of,
)
from skoverfit.model_selection._shared_fits._foreign import (
    is_foreign,
    leaves_rows_alone,
    may_serve,
    needs_proof,
    same_state,
)
from skoverfit.model_selection._shared_fits._lending import own_copy
from skoverfit.model_selection._shared_fits._reproducible import (
    is_reproducible,
    reproducibility,
)
from skoverfit.model_selection._shared_fits._steps import (
    Chain,
    StepStore,
    is_passthrough,
)

__all__ = ["InCommon", "Ledger", "Served", "in_common", "serve"]

#: Unfitted candidates by their position among all.
Jobs = Mapping[int, Any]


@dataclass(frozen=True)
class Served:
    """A candidate's fitted view, and the family that served it, if any did."""

    position: int
    view: Any
    family: str | None


@dataclass
class Ledger:
    """Who owes how many seconds of fitting, and how many steps were saved.

    Attributes
    ----------
    seconds : dict of int to float
        Honest share of each position.
    steps : Counter
        Steps of Pipelines: ``"needed"`` by fresh fits, ``"fitted"`` in fact.
    """

    seconds: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    steps: Counter[str] = field(default_factory=Counter)

    def charge(
        self, seconds: float, positions: Iterable[int], costs: list[float] | None = None
    ) -> None:
        """Divide seconds among positions in proportion to what each would cost."""
        positions = list(positions)
        costs = costs or [1.0] * len(positions)
        for position, cost in zip(positions, costs, strict=True):
            self.seconds[position] += seconds * cost / sum(costs)


@dataclass(frozen=True)
class InCommon:
    """What a candidate may have in common with others.

    Attributes
    ----------
    fit : hashable
        Equal for candidates that one fit may serve. A candidate that shares with no
        other has a key that equals no other.
    results : hashable
        Equal for candidates whose results are equal on any rows; None: not known.
    is_certain : bool
        Whether fits of the candidate are reproducible, whatever the rows.
    keeps_together : bool
        Whether it must be served with all those of equal `fit`, or with none.
    """

    fit: Hashable
    results: Hashable = None
    is_certain: bool = False
    keeps_together: bool = False


def in_common(estimator: Any, X: Any) -> InCommon:
    """Say which candidates one fit may serve: those with equal keys."""
    if not leaves_rows_alone(estimator):
        return InCommon(object())
    reproducible = reproducibility(estimator, X)
    key = _share_key(estimator, X, reproducible.here)
    results = None
    # How many rows there are differs from split to split: nothing may hang on it.
    if reproducible.always and type(key) is not object and not needs_proof(estimator):
        results = params_key(estimator)
    return InCommon(key, results, reproducible.always, _keeps_together(estimator))


def _keeps_together(estimator: Any) -> bool:
    if is_shareable_pipeline(estimator):
        return _keeps_together(estimator.steps[-1][1])
    family = find_family(estimator)
    return family is not None and family.keeps_together


def _share_key(estimator: Any, X: Any, known: bool) -> Hashable:
    if is_shareable_pipeline(estimator):
        return _pipeline_key(estimator, X, known)
    return _leaf_key(estimator, X, known)


def is_shareable_pipeline(estimator: Any) -> bool:
    """Whether an estimator is a plain Pipeline whose steps can be served in turn."""
    return (
        type(estimator) in PIPELINES
        and getattr(estimator, "transform_input", None) is None
        and all(len(step) == 2 for step in estimator.steps)
        and hasattr(estimator.steps[-1][1], "fit")
    )


class Known(NamedTuple):
    """What is known of candidates by their positions, see `serve`."""

    certain: Collection[int]
    alike: Mapping[int, int]


def serve(
    jobs: Jobs,
    data: TrainingSet,
    ledger: Ledger,
    certain: Collection[int] = (),
    alike: Mapping[int, int] | None = None,
) -> Generator[Served, None, None]:
    """Yield a fitted view of each candidate that can be fitted, in any order.

    The fits of those in `certain` are known to be reproducible on any rows. Candidates
    and arrays stay as they are; `ledger` takes the seconds spent on each. What `alike`
    maps to another candidate is known to differ in its number of rounds alone.

    Raises
    ------
    Unshareable
        If rows were changed that candidates have in common: nothing that was served
        can be relied on.
    """
    pipelines: dict[int, Any] = {}
    leaves: dict[int, Any] = {}
    for position, estimator in jobs.items():
        is_pipeline = is_shareable_pipeline(estimator)
        (pipelines if is_pipeline else leaves)[position] = estimator
    known = Known(certain, alike or {})
    yield from _serve_pipelines(pipelines, data, ledger, known)
    keys: dict[int, Hashable] = {}
    for at, leaf in leaves.items():
        key = keys.get(known.alike.get(at, at))
        if key is None or type(key) is object:  # which equals no other
            key = _leaf_key(leaf, data.X, at in certain)
        keys[at] = key
    for group in _grouped(leaves, keys):
        yield from _serve_leaves(group, data, ledger)


def _leaf_key(estimator: Any, X: Any, known: bool) -> Hashable:
    """Return what leaves have in common; `known` are those that are reproducible."""
    if not (known or is_reproducible(estimator, X)) or not has_valid_params(estimator):
        return object()
    family = find_family(estimator)
    if family is not None and may_serve(family, estimator):
        return family.group_key(estimator)
    return params_key(estimator)


def _pipeline_key(pipeline: Any, X: Any, known: bool) -> Hashable:
    """Pipelines share at least their first step, or something inside it."""
    first = next(step for _, step in pipeline.steps if not is_passthrough(step))
    if first is pipeline.steps[-1][1]:
        return type(pipeline), _share_key(first, X, known)
    if is_union(first):
        return type(pipeline), type(first)
    return type(pipeline), _leaf_key(first, X, known)


def _grouped(jobs: Jobs, keys: Mapping[int, Hashable]) -> list[dict[int, Any]]:
    groups: dict[Hashable, dict[int, Any]] = {}
    for position, estimator in jobs.items():
        groups.setdefault(keys[position], {})[position] = estimator
    return list(groups.values())


def _serve_leaves(group: Jobs, data: TrainingSet, ledger: Ledger) -> Iterator[Served]:
    left = dict(group)
    family = find_family(next(iter(left.values()))) if len(left) > 1 else None
    if family is not None and may_serve(family, next(iter(left.values()))):
        for position, view in _family_views(family, group, data, ledger):
            del left[position]
            yield Served(position, view, family.name)
    # Who is in a group with others is reproducible.
    keys = {at: params_key(leaf) if len(group) > 1 else at for at, leaf in left.items()}
    for equal in _grouped(left, keys):
        yield from _fit_once(equal, data, ledger)


def _family_views(
    family: SharedFit, group: Jobs, data: TrainingSet, ledger: Ledger
) -> Iterator[tuple[int, Any]]:
    """Yield views of a family, timed."""
    positions, estimators = list(group), list(group.values())
    views = views_of(family, estimators, data)
    seconds, seen = 0.0, []
    try:
        while True:
            start = time.perf_counter()
            index, view = next(views, (None, None))
            seconds += time.perf_counter() - start
            if index is None:
                break
            seen.append(index)
            try:
                yield positions[index], view
            finally:
                forget(view)
    finally:  # also when nobody asks for the rest any more
        costs = [family.cost(estimators[index]) for index in seen]
        ledger.charge(seconds, [positions[index] for index in seen], costs)


def _fit_once(equal: Jobs, data: TrainingSet, ledger: Ledger) -> Iterator[Served]:
    """Fit the first of equal candidates; the others are views of it."""
    start = time.perf_counter()
    target = () if data.y is None else (data.y,)
    try:
        fitted = clone(next(iter(equal.values())))
        fitted.fit(data.X, *target, **data.fit_params)
        if len(equal) > 1 and needs_proof(fitted):
            twin = clone(fitted).fit(data.X, *target, **data.fit_params)
            if not same_state(fitted, twin):
                return
    except InternalsChangedError:
        raise
    except Exception:
        return
    ledger.charge(time.perf_counter() - start, equal)
    family = "equal candidates" if len(equal) > 1 else None
    for position in equal:
        yield Served(position, _as_one_of(fitted, len(equal)), family)


def _as_one_of(fitted: Any, n_equal: int) -> Any:
    """Return what one of several equal candidates gets of their fit."""
    if n_equal == 1:
        return fitted
    if is_foreign(fitted):  # its predictions, too, may leave traces
        return own_copy(fitted)
    # Parameters may be parts that were fitted: they are the view's as they are.
    return view_of(fitted, fitted)


def _serve_pipelines(
    pipelines: Jobs, data: TrainingSet, ledger: Ledger, known: Known
) -> Iterator[Served]:
    chains: dict[int, Chain] = {}
    for at, pipeline in pipelines.items():
        chain = chains.get(known.alike.get(at, at))
        if chain is None or not chain.is_shared:
            chain = _chain_of(pipeline, data.X, at in known.certain)
        chains[at] = chain
    store = StepStore(chains, tuple(data.rows), ledger)
    try:
        for group in _grouped_by_chain(pipelines, chains, data):
            # The store forgets what comes before; nothing here may hold it.
            if fitted := _fitted_chain(group, chains, store, data):
                yield from _serve_last_steps(group, fitted, ledger, known)
            del fitted
    finally:  # also when nobody asks for the rest any more
        store.close()


def _chain_of(pipeline: Any, X: Any, certain: bool) -> Chain:
    """Keys and unfitted transformers of the steps before the last."""
    chain, shape_of = [], X
    for name, step in pipeline.steps[:-1]:
        if is_passthrough(step):
            continue
        shared = certain or is_reproducible(step, shape_of)
        shared = shared and has_valid_params(step)
        key = (name, params_key(step)) if shared else object()
        chain.append((key, step))
        shape_of = None  # only the first step's input is known beforehand
    return Chain(
        keys=tuple(key for key, _ in chain), steps=tuple(step for _, step in chain)
    )


def _grouped_by_chain(
    pipelines: Jobs, chains: Mapping[int, Chain], data: TrainingSet
) -> list[dict[int, Any]]:
    """Pipelines with equal steps, those with longer common prefixes side by side."""
    seen: dict[Hashable, int] = {}

    def order(position: int) -> tuple[int, ...]:
        keys = chains[position].keys
        prefixes = (keys[: depth + 1] for depth in range(len(keys)))
        return tuple(seen.setdefault(prefix, len(seen)) for prefix in prefixes)

    groups: dict[tuple[tuple[int, ...], Hashable], dict[int, Any]] = {}
    for position, pipeline in pipelines.items():
        key = (order(position), _layout(pipeline, data))
        groups.setdefault(key, {})[position] = pipeline
    return [groups[key] for key in sorted(groups, key=lambda key: key[0])]


def _layout(pipeline: Any, data: TrainingSet) -> Hashable:
    """Return what last steps need in common to get the same rows and metadata."""
    routing = None
    if data.fit_params and _routing_enabled():
        routing = repr(get_routing_for_object(pipeline.steps[-1][1]))
    places = tuple(is_passthrough(step) for _, step in pipeline.steps)
    return type(pipeline), routing, places


@dataclass(frozen=True)
class _FittedSteps:
    steps: list[Any]
    final_data: TrainingSet
    is_shared: bool


def _fitted_chain(
    group: Jobs, chains: Mapping[int, Chain], store: StepStore, data: TrainingSet
) -> _FittedSteps | None:
    """Fit the steps that Pipelines have in common; None if that fails."""
    position, pipeline = next(iter(group.items()))
    store.begin(chains[position])
    try:
        return _fit_up_to_final(pipeline, store, data)
    except InternalsChangedError:
        raise
    except Exception:
        return None


def _serve_last_steps(
    pipelines: Jobs, fitted: _FittedSteps, ledger: Ledger, known: Known
) -> Iterator[Served]:
    finals = {at: pipeline.steps[-1][1] for at, pipeline in pipelines.items()}
    for served in serve(finals, fitted.final_data, ledger, *known):
        yield _as_pipeline(pipelines[served.position], served, fitted)


def _as_pipeline(pipeline: Any, served: Served, fitted: _FittedSteps) -> Served:
    """Put a served last step behind the steps before it."""
    names = [name for name, _ in pipeline.steps]
    named = list(zip(names, [*fitted.steps, served.view], strict=True))
    view = view_of(pipeline, pipeline, steps=named)
    prefix = "pipeline prefix" if fitted.is_shared else None
    return Served(served.position, view, served.family or prefix)


def _fit_up_to_final(
    pipeline: Any, store: StepStore, data: TrainingSet
) -> _FittedSteps:
    """Let the Pipeline itself fit and route, with the store as its memory."""
    name, final = pipeline.steps[-1]
    recorder = clone(final)
    calls: list[tuple[Any, Any, dict[str, Any]]] = []
    vars(recorder)["fit"] = lambda X, y=None, **params: calls.append((X, y, params))
    steps = [*pipeline.steps[:-1], (name, recorder)]
    rehearsal = view_of(pipeline, pipeline, steps=steps, memory=store)
    rehearsal.fit(data.X, data.y, **data.fit_params)
    ((X, y, params),) = calls
    return _FittedSteps(
        steps=[step for _, step in rehearsal.steps[:-1]],
        final_data=type(data)(X, y, params, store.rows),
        is_shared=store.is_shared,
    )
