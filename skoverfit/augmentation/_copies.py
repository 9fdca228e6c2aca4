"""How many copies of which rows, and what is known of each of them."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy
from sklearn.utils import check_consistent_length
from sklearn.utils.multiclass import type_of_target

from skoverfit._columns import stack, take
from skoverfit._compat import _check_sample_weight, _num_samples

__all__ = [
    "Copy",
    "OutputRows",
    "SoftTarget",
    "checked_metadata",
    "parents_by_class",
    "rows_to_add",
    "weights_of",
]


@dataclass(frozen=True)
class SoftTarget:
    """Targets of rows that are mixed of two classes.

    Estimators take one label per row: where the two labels differ, the mixed row
    goes into the output twice, once with each label, and the weights in
    ``sample_weight_`` are the shares.

    Attributes
    ----------
    y : ndarray of shape (n_rows,) or (n_rows, n_outputs)
        First labels.
    other : ndarray like `y`
        Second labels.
    share : ndarray of shape (n_rows,)
        Weight of the first labels, from 0 to 1.
    """

    y: np.ndarray
    other: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Copy:
    """One pass of perturbed copies.

    Attributes
    ----------
    rows : ndarray, sparse matrix or data frame
        Perturbed.
    targets : ndarray or SoftTarget
        Their targets.
    parents : ndarray of int
        Position of the row that each was made of.
    share : ndarray of float or None
        Weight relative to the parent; None where it is 1.
    """

    rows: Any
    targets: Any
    parents: np.ndarray
    share: np.ndarray | None = None

    def patched(self, at: np.ndarray, new: "Copy") -> "Copy":
        """Replace the rows at some positions."""
        order = np.arange(len(self.parents))
        order[at] = len(order) + np.arange(len(at))
        rows = take(stack([self.rows, new.rows]), order)
        return Copy(rows, _patched(self.targets, new.targets, order), self.parents)

    def hardened(self) -> "Copy":
        """Give each row one label: mixed rows become two."""
        if not isinstance(self.targets, SoftTarget):
            return self
        y, other, share = self.targets.y, self.targets.other, self.targets.share
        differ = (y != other).reshape(len(y), -1).any(axis=1)
        mixed = differ & (share > 0) & (share < 1)
        takes_other = differ & (share == 0)
        index = np.repeat(np.arange(len(y)), 1 + mixed)
        second = np.diff(index, prepend=-1) == 0
        second |= takes_other[index]
        targets = y[index]
        targets[second] = other[index][second]
        parts = np.where(mixed, share, 1.0)[index]
        parts[second & mixed[index]] = 1 - share[index][second & mixed[index]]
        return Copy(take(self.rows, index), targets, self.parents[index], parts)


class OutputRows:
    """Rows of the output: dense ones in one block that copies are written into.

    Parameters
    ----------
    rows : ndarray, sparse matrix or data frame
        The original rows.
    n_original : int
        How many of them begin the output: all or none.
    sizes : list of int
        Rows of each pass of copies.
    """

    def __init__(self, rows: Any, n_original: int, sizes: list[int]) -> None:
        self.ends = np.cumsum([n_original, *sizes])
        self.block = None
        if isinstance(rows, np.ndarray):
            self.block = np.empty((self.ends[-1], *rows.shape[1:]), rows.dtype)
            self.block[:n_original] = rows[:n_original]

    def slot(self, k: int) -> np.ndarray | None:
        """Return the part of the block that pass k fills."""
        return None if self.block is None else self.block[slice(*self.ends[k : k + 2])]

    def kept(self, k: int, copy: Copy) -> Copy:
        """Put pass k where it belongs, unless it is already there."""
        slot = self.slot(k)
        if slot is None:
            return copy
        if copy.rows is not slot and not _same_memory(copy.rows, slot):
            slot[...] = copy.rows
        return replace(copy, rows=slot)

    def joined(self, parts: list[Copy]) -> Any:
        """Return all rows in new memory, originals first."""
        n_rows = sum(len(part.parents) for part in parts)
        if self.block is not None and n_rows == len(self.block):
            return self.block
        return stack([part.rows for part in parts])


def _same_memory(rows: np.ndarray, slot: np.ndarray) -> bool:
    same_start = rows.__array_interface__["data"] == slot.__array_interface__["data"]
    return same_start and rows.strides == slot.strides


def _patched(old: Any, new: Any, order: np.ndarray) -> Any:
    if not isinstance(old, SoftTarget) and not isinstance(new, SoftTarget):
        return np.concatenate([old, new])[order]
    pairs = zip(_softened(old), _softened(new), strict=True)
    return SoftTarget(*(np.concatenate(pair)[order] for pair in pairs))


def _softened(targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if isinstance(targets, SoftTarget):
        return targets.y, targets.other, targets.share
    return targets, targets, np.ones(len(targets))


#: Names of amounts that add rows.
_STRATEGIES = ("auto", "all", "minority", "not minority", "not majority")


def rows_to_add(strategy: Any, y: np.ndarray, mode: str) -> dict[Any, int]:
    """Return how many rows each class gets, as imbalanced-learn counts them."""
    if mode == "replace":
        raise ValueError(
            f"sampling_strategy={strategy!r} adds rows, and mode='replace' does not. "
            "Use mode='append' or 'weight', or sampling_strategy=None."
        )
    kind = type_of_target(y, input_name="y")
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"sampling_strategy={strategy!r} needs class labels in y, one for each "
            f"row. Got a target of type {kind!r} instead; allowed is "
            "sampling_strategy=None."
        )
    counts = strategy(y) if callable(strategy) else strategy
    if not isinstance(counts, dict if callable(strategy) else object):
        raise ValueError(
            f"sampling_strategy={strategy!r} must return a dict of rows wanted for "
            f"each class. Got {counts!r} instead."
        )
    _check_amounts(counts)
    return dict(check_sampling_strategy(counts, y, "over-sampling"))


def _check_amounts(strategy: Any) -> None:
    """Refuse amounts that imbalanced-learn does not name clearly."""
    if isinstance(strategy, dict):
        wrong = {k: n for k, n in strategy.items() if not isinstance(n, Integral)}
        if wrong:
            raise ValueError(
                f"sampling_strategy must hold whole numbers of rows. Got {wrong!r}."
            )
    elif isinstance(strategy, str) and strategy not in _STRATEGIES:
        raise ValueError(
            f"sampling_strategy={strategy!r} must be one of {_STRATEGIES}, a share "
            "in (0, 1], a dict or a callable."
        )
    elif isinstance(strategy, bool | np.bool_):
        raise ValueError(
            f"sampling_strategy={strategy!r} must be a share in (0, 1], one of "
            f"{_STRATEGIES}, a dict or a callable."
        )


def parents_by_class(
    counts: dict[Any, int], y: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the parents of new rows: of each class all in turn, in random order."""
    drawn = [np.empty(0, dtype=np.intp)]
    for label, count in counts.items():
        members = np.flatnonzero(y == label)
        passes = -(-count // len(members))
        shuffled = [rng.permutation(members) for _ in range(passes)]
        drawn.append(np.concatenate([drawn[0], *shuffled])[:count])
    return np.concatenate(drawn)


def checked_metadata(rows: Any, sample_weight: Any, groups: Any) -> tuple[Any, Any]:
    """Return weights, ones by default, and groups as arrays of one entry per row."""
    plain = np.empty((_num_samples(rows), 0))
    weight = _check_sample_weight(sample_weight, plain, dtype=np.float64)
    if groups is None:
        return weight, None
    check_consistent_length(rows, groups)
    return weight, np.asarray(groups)


def weights_of(
    parts: list[Copy], weight: np.ndarray, is_synthetic: np.ndarray, *, divide: bool
) -> np.ndarray:
    """Return the weight of each row of the output.

    Parameters
    ----------
    parts : list of Copy
        What the output is made of.
    weight : ndarray
        Weights of the parents.
    is_synthetic : ndarray of bool
        Which rows of the output are copies.
    divide : bool
        Whether all copies of a row together weigh as much as the row.
    """
    parents = np.concatenate([part.parents for part in parts])
    share = np.concatenate(
        [np.ones(len(p.parents)) if p.share is None else p.share for p in parts]
    )
    if divide:
        n_copies = np.bincount(parents, share * is_synthetic, minlength=len(weight))
        share = np.where(is_synthetic, share / np.maximum(n_copies, 1)[parents], share)
    return share * weight[parents]
