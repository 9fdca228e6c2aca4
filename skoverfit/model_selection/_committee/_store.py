"""Models that a search has fitted, kept while their candidates may become members."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import gap_of
from skoverfit.model_selection._committee._rules import MemberRule
from skoverfit.model_selection._execution._failures import has_failed
from skoverfit.model_selection._selection import ScoreTable

__all__ = ["ModelStore", "nbytes_of"]

FloatArray = NDArray[np.float64]
Pair = tuple[int, int]

#: Of longer lists, such as the trees of a forest, so many parts are measured.
SAMPLED = 8
#: Parts of parts are measured down to this depth.
MAX_DEPTH = 12


class ModelStore:
    """Models by candidate and split, as many as may be needed and memory allows.

    What is let go of can be fitted again: the store saves time, and decides nothing.

    Parameters
    ----------
    rule : MemberRule or None
        Says which candidates are out as soon as their scores are complete. None keeps
        all that memory allows.
    metric : str or None
        Metric that the rule reads; None where there is one only.
    n_splits : int
        Splits of the first pass.
    max_bytes : int
        Memory that models may take, as far as it is known.
    """

    def __init__(
        self, rule: MemberRule | None, metric: str | None, n_splits: int, max_bytes: int
    ) -> None:
        self._rule, self._metric, self._n_splits = rule, metric, n_splits
        self._max_bytes = max_bytes
        self._models: dict[int, dict[int, Any]] = {}
        self._sizes: dict[int, int] = {}
        self._out: set[int] = set()
        self._test, self._train = (np.empty((0, n_splits)) for _ in range(2))
        self._n_complete = 0

    def add(self, pair: Pair, model: Any, outcome: Mapping[str, Any]) -> None:
        """Take notice of scores, and keep the model unless its candidate is out.

        Without a model (of a search that was resumed), only the scores count.
        """
        candidate, split = pair
        if split < self._n_splits:
            self._note(candidate, split, outcome)
        failed = model is None or outcome["fit_error"] is not None
        if not failed and candidate not in self._out:
            self._models.setdefault(candidate, {})[split] = model

    def get(self, pair: Pair) -> Any:
        """Return a model, or None where it is not kept."""
        return self._models.get(pair[0], {}).get(pair[1])

    def retain(self, candidates: Iterable[int]) -> None:
        """Let go of all other candidates."""
        for candidate in self._models.keys() - set(candidates):
            del self._models[candidate]

    def renumbered(self, candidates: Sequence[int] | None) -> "ModelStore":
        """Let go of all candidates but some, and number these anew; None keeps all.

        Only after the last result, which would come by the old numbers.
        """
        if candidates is not None:
            self._models = _renumbered(self._models, candidates)
            self._sizes = _renumbered(self._sizes, candidates)
            self._out = set(_renumbered(dict.fromkeys(self._out), candidates))
            self._test, self._train = (
                _rows_of(scores, candidates) for scores in (self._test, self._train)
            )
        return self

    def prune(self) -> None:
        """Let go of candidates that are out, and of the worst if memory is short."""
        complete = np.asarray(np.isfinite(self._test).all(axis=1))
        if self._rule is not None and complete.sum() > self._n_complete:
            self._n_complete = int(complete.sum())
            kept = self._rule._reserve(self._table(), complete)
            self._let_go(np.flatnonzero(complete & ~kept).tolist())
        if self._nbytes() > self._max_bytes:
            self._let_go_of_the_worst()

    def _let_go(self, candidates: Iterable[int]) -> None:
        for candidate in candidates:
            self._out.add(candidate)
            self._models.pop(candidate, None)

    def _let_go_of_the_worst(self) -> None:
        # Splits differ in difficulty, and candidates in which of them they have run on.
        with np.errstate(invalid="ignore"):
            relative = self._test - _mean_of_known(self._test, axis=0)
        scores = np.nan_to_num(_mean_of_known(relative, axis=1), nan=-np.inf)
        worst_first = sorted(self._models, key=lambda own: (scores[own], -own))
        for candidate in worst_first[:-1]:
            self._let_go([candidate])
            if self._nbytes() <= self._max_bytes:
                return

    def _nbytes(self) -> int:
        return sum(
            self._size(candidate) * len(models)
            for candidate, models in self._models.items()
        )

    def _size(self, candidate: int) -> int:
        if candidate not in self._sizes:
            model = next(iter(self._models[candidate].values()))
            self._sizes[candidate] = nbytes_of(model)
        return self._sizes[candidate]

    def _note(self, candidate: int, split: int, outcome: Mapping[str, Any]) -> None:
        missing = candidate + 1 - len(self._test)
        if missing > 0:  # doubled, so that it is seldom done
            more = np.full((missing + len(self._test), self._n_splits), np.nan)
            self._test = np.vstack([self._test, more])
            self._train = np.vstack([self._train, more])
        self._test[candidate, split] = _score(outcome, "test", self._metric)
        self._train[candidate, split] = _score(outcome, "train", self._metric)

    def _table(self) -> ScoreTable:
        with np.errstate(invalid="ignore"):
            gap = gap_of(self._train, self._test).mean(axis=1)
        mean = self._test.mean(axis=1)
        return ScoreTable(mean, gap, self._test, np.nan, self._n_splits)


def _renumbered(known: Mapping[int, Any], candidates: Sequence[int]) -> dict[int, Any]:
    """Return what is known of some candidates by their place among these."""
    return {
        number: known[candidate]
        for number, candidate in enumerate(candidates)
        if candidate in known
    }


def _rows_of(scores: FloatArray, candidates: Sequence[int]) -> FloatArray:
    """Return the scores of some candidates; NaN for those without any."""
    found = np.full((len(candidates), scores.shape[1]), np.nan)
    for number, candidate in enumerate(candidates):
        if candidate < len(scores):
            found[number] = scores[candidate]
    return found


def _score(outcome: Mapping[str, Any], side: str, metric: str | None) -> float:
    scores = outcome.get(f"{side}_scores", np.nan)
    if isinstance(scores, dict):
        scores = scores.get(metric, np.nan)
    if has_failed(outcome, side, metric) or not np.isfinite(scores):
        return np.nan
    return float(scores)


def _mean_of_known(values: FloatArray, axis: int) -> FloatArray:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=axis)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / known.sum(axis=axis))


def nbytes_of(model: Any) -> int:
    """Estimate the memory that a model takes, most of it in arrays.

    What several models have in common counts for each of them. Of long lists, some
    parts speak for all.
    """
    return int(_size_of(model, {}, MAX_DEPTH))


def _size_of(value: Any, seen: dict[int, Any], depth: int) -> float:
    if value is None or isinstance(value, type) or id(value) in seen or depth == 0:
        return 0.0
    seen[id(value)] = value  # held, so that no other object gets its number
    if isinstance(value, np.ndarray) and value.dtype != object:
        return float(value.nbytes)
    parts, step = _parts_of(value), 1
    if isinstance(value, list | tuple):
        step = max(1, len(parts) // SAMPLED)
    sizes = [_size_of(part, seen, depth - 1) for part in parts[::step]]
    inside = sum(sizes) * len(parts) / max(len(sizes), 1)
    return sys.getsizeof(value, 0) + inside


def _parts_of(value: Any) -> list[Any]:
    if isinstance(value, str | bytes | bytearray | int | float | complex):
        return []
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    if isinstance(value, np.ndarray):
        return list(value.ravel())
    if hasattr(value, "__dict__"):
        return list(vars(value).values())
    return _pickled_parts(value)


def _pickled_parts(value: Any) -> list[Any]:
    """Return what an object of compiled code, such as a tree, is pickled as."""
    try:
        reduced = value.__reduce_ex__(4)
    except Exception:  # whatever objects raise that cannot be pickled
        return []
    return [] if isinstance(reduced, str) else list(reduced[1:3])
