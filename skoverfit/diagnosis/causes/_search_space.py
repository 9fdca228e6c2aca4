"""A search whose winner is at the edge of its space, or that left capacity alone."""

from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from skoverfit._capacity._lookup import leaves_of
from skoverfit.diagnosis._estimators._search_table import SearchTable, read_search
from skoverfit.diagnosis._judgment._judging import SMALL_GAP
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import listed

NATURAL_ENDS = (0.0, 1.0)
"""Values beyond which a share, a count or a penalty often has no meaning."""


@dataclass(frozen=True)
class Edge:
    """A parameter whose best value is the smallest or the largest that was tried."""

    parameter: str
    value: float
    side: str
    rise: float


@dataclass(frozen=True)
class Space:
    """What the space of a search lacks, and the rise at an edge that is a warning."""

    edges: tuple[Edge, ...]
    untuned: tuple[str, ...]
    large: float = np.inf


@register_cause
class SearchSpace(Cause):
    """The winner at the edge, where scores still rise; capacity that was not tuned."""

    code, name, kind = "SKO212", "search_space", "selection"
    title = "The space of the search is too small"
    needs = frozenset({"search"})

    def measure(self, lab: Lab) -> Space:
        """Compare the winner with the ends of each parameter."""
        table = read_search(lab.problem.search)
        names = sorted({name for params in table.params for name in params})
        edges = [edge for name in names if (edge := _edge_of(table, name)) is not None]
        span = 1.0 if lab.core is None else lab.core.score_range
        untuned = _untuned(lab.problem.estimator, names)
        return Space(tuple(edges), untuned, SMALL_GAP * span)

    def judge(self, measured: Space, problem: Problem) -> Finding:
        """Name the parameters."""
        if not measured.edges and not measured.untuned:
            title = "The winner is inside the space that was searched"
            return self.finding("absent", title=title)
        names = [edge.parameter for edge in measured.edges]
        rise = max((edge.rise for edge in measured.edges), default=None)
        return self.finding(
            "present",
            title=self.title if names else "The search left the capacity alone",
            severity="warning" if (rise or 0.0) >= measured.large else "info",
            effect=rise,
            explanation=" ".join(
                [*map(_words, measured.edges), _left(measured)]
            ).strip(),
            advice=_advice(names, measured.untuned),
        )


def _edge_of(table: SearchTable, name: str) -> Edge | None:
    """Judge one parameter by the best score of each value of it."""
    best: Any = table.params[table.best_index].get(name)
    if not _is_number(best) or best in NATURAL_ENDS:
        return None
    scores: dict[float, float] = {}
    for params, mean in zip(table.params, table.means, strict=True):
        value: Any = params.get(name)
        if _is_number(value) and np.isfinite(mean):
            scores[float(value)] = max(mean, scores.get(float(value), -np.inf))
    values = sorted(scores)
    if len(values) < 3 or float(best) not in (values[0], values[-1]):
        return None
    is_low = float(best) == values[0]
    inner = values[1] if is_low else values[-2]
    rise = scores[float(best)] - scores[inner]
    if rise <= 1e-12:
        return None
    return Edge(name, float(best), "smallest" if is_low else "largest", float(rise))


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _untuned(estimator: Any, searched: list[str]) -> tuple[str, ...]:
    """Parameters that control capacity, where the search tuned none of them."""
    names = []
    for leaf in leaves_of(estimator):
        if leaf.capacity is None:
            continue
        prefix = f"{leaf.prefix}__" if leaf.path else ""
        own = leaf.estimator.get_params(deep=False)
        if any(name == leaf.prefix or _is_of(name, prefix, own) for name in searched):
            continue
        names += [prefix + parameter for parameter in leaf.capacity.parameters]
    return tuple(names)


def _is_of(name: str, prefix: str, own: dict[str, Any]) -> bool:
    """Whether a parameter is one of the estimator, and changes how it fits."""
    if not name.startswith(prefix):
        return False
    rest = name[len(prefix) :].split("__")[0]
    return rest in own and rest not in ("random_state", "n_jobs", "verbose")


def _words(edge: Edge) -> str:
    return (
        f"The winner has {edge.parameter}={edge.value:.4g}, the {edge.side} value that "
        f"was tried; it scores {edge.rise:.3g} more than the value beside it."
    )


def _left(measured: Space) -> str:
    if not measured.untuned:
        return ""
    return f"No parameter of capacity was searched: {listed(measured.untuned)}."


def _advice(edges: list[str], untuned: tuple[str, ...]) -> str:
    parts = []
    if edges:
        parts.append(f"Try values of {listed(edges)} beyond that edge.")
    if untuned:
        parts.append(f"Search {listed(untuned)} as well.")
    return " ".join(parts)
