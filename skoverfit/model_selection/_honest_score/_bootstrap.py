"""Choosing on resampled rows: what the bootstrap of a search repeats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skoverfit._gap import gap_of
from skoverfit.model_selection._honest_score._predictions import PredictionStore
from skoverfit.model_selection._honest_score._resampled import ResampledMetric
from skoverfit.model_selection._honest_score._resampled_base import ResampledScores
from skoverfit.model_selection._honest_score._split_table import (
    Select,
    SplitTable,
    choose,
)
from skoverfit.model_selection._row_scores import key_of

__all__ = ["Resampling", "Units"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Counts (resamples x units) that are held in memory at a time.
MAX_COUNTS = 1_000_000

#: Rows, or groups, that are drawn one by one, and how many parcels more are put into.
MAX_UNITS, PARCELS = 10_000, 2500

#: Largest difference between a score and the same from stored predictions.
MAX_MISMATCH = 1e-8


@dataclass(frozen=True)
class Units:
    """What is drawn: rows, groups, or parcels of many of these.

    Attributes
    ----------
    of_split : list of ndarray
        For the rows of each split, the number of the unit that each is in.
    n_units : int
        How many there are.
    """

    of_split: list[IntArray]
    n_units: int

    @classmethod
    def of(
        cls,
        rows_of_split: Sequence[IntArray],
        groups: ArrayLike | None,
        random_state: np.random.RandomState,
    ) -> "Units":
        """Give each unit a number; of very many, put some together at random.

        The mean of random parcels varies as that of single rows does, and their number
        leaves this a relative error of one in seventy: less than that of a thousand
        resamples.
        """
        sizes = [len(rows) for rows in rows_of_split]
        ends = np.cumsum(sizes)[:-1]
        if groups is not None:
            rows = np.concatenate(list(rows_of_split))
            unit = np.unique(np.asarray(groups)[rows], return_inverse=True)[1]
            n_groups = int(unit.max()) + 1
            parcel = _parcels(n_groups, _share(n_groups, n_groups), random_state)
            return cls(np.split(parcel[unit], ends), int(parcel.max()) + 1)
        shares = [_share(size, sum(sizes)) for size in sizes]
        starts = np.cumsum([0, *shares])
        of_split = [
            start + _parcels(size, share, random_state)
            for start, size, share in zip(starts, sizes, shares, strict=False)
        ]
        return cls(of_split, int(starts[-1]))


def _share(size: int, total: int) -> int:
    """How many units a split gets for its rows, among all rows."""
    return size if total <= MAX_UNITS else max(1, PARCELS * size // total)


def _parcels(n: int, n_parcels: int, random_state: np.random.RandomState) -> IntArray:
    """Deal n things into parcels at random; sizes differ by at most one."""
    if n <= n_parcels:
        return np.arange(n)
    return random_state.permutation(n) % n_parcels


class Resampling:
    """Chooses on drawn rows and scores on the others.

    Parameters
    ----------
    table : SplitTable
        The search; its complete candidates have all predictions.
    metric : ResampledMetric
        Makes scores from predictions.
    rows : dict of int to ndarray
        Rows that belong to each split that is used.
    units : Units
        What is drawn.
    select : callable
        The rule.
    """

    def __init__(
        self,
        table: SplitTable,
        metric: ResampledMetric,
        rows: Mapping[int, IntArray],
        units: Units,
        select: Select,
    ) -> None:
        self._table, self._select = table, select
        self._splits, self._n_units = np.array(list(rows)), units.n_units
        self._of_split = [
            _of_split(metric, part, unit)
            for part, unit in zip(rows.values(), units.of_split, strict=True)
        ]
        every, unit = (
            np.concatenate(parts) for parts in ([*rows.values()], units.of_split)
        )
        self._of_all = metric.on(every, unit)
        self._row_scores = table.row_scores
        if self._row_scores is not None:
            local = [np.unique(of, return_inverse=True)[1] for of in units.of_split]
            own = self._row_scores.kept(self._splits.tolist())
            self._row_scores = own.by_unit(local)

    def _check_reproduced(self, store: PredictionStore) -> None:
        """Refuse predictions that do not give the scores of the search."""
        complete = self._table.complete
        for split, (scores, place) in zip(self._splits, self._of_split, strict=True):
            if not store.owns_all(split):
                continue
            every = np.ones((1, self._n_units))[:, place]
            again = scores.all(every)[0][complete]
            searched = self._table.test[complete, split]
            if not np.allclose(again, searched, rtol=MAX_MISMATCH, atol=MAX_MISMATCH):
                worst = int(np.argmax(np.abs(again - searched)))
                raise ValueError(
                    "The stored predictions do not give the scores of the search: "
                    f"{again[worst]:.6g} instead of {searched[worst]:.6g} on split "
                    f"{split}. Is the scorer another, does it need sample_weight, or "
                    "does it look at more than predictions?"
                )

    @classmethod
    def of(
        cls,
        store: PredictionStore,
        table: SplitTable,
        metric: ResampledMetric,
        select: Select,
        groups: ArrayLike | None,
        random_state: np.random.RandomState,
    ) -> "Resampling":
        """Check that the predictions are those of the search, and put both together."""
        if len(store.values) != len(table.test):
            raise ValueError(
                f"There are predictions of {len(store.values)} candidates, but "
                f"cv_results_ has {len(table.test)}."
            )
        table = replace(table, complete=table.complete & store.is_complete())
        rows = {
            int(split): np.flatnonzero(store.split_of_row == split)
            for split in np.flatnonzero(table.counted)
            if (store.split_of_row == split).any()
        }
        if not rows or not table.complete.any():
            raise ValueError(
                "No candidate has predictions for all rows that are tested."
            )
        units = Units.of([*rows.values()], groups, random_state)
        resampling = cls(table, metric, rows, units, select)
        resampling._check_reproduced(store)
        return resampling

    def draws(
        self, n_bootstraps: int, random_state: np.random.RandomState
    ) -> Iterator[FloatArray]:
        """Draw units with replacement and give the counts of some resamples at a time.

        Yields
        ------
        counts : ndarray of shape (n_resamples_of_portion, n_units)
        """
        n_units = self._n_units
        portion = max(1, MAX_COUNTS // n_units)
        for start in range(0, n_bootstraps, portion):
            size = min(portion, n_bootstraps - start)
            drawn = random_state.randint(n_units, size=(size, n_units))
            drawn += n_units * np.arange(size)[:, np.newaxis]
            counts = np.bincount(drawn.ravel(), minlength=size * n_units)
            yield counts.reshape(size, n_units).astype(float)

    def run(self, counts: FloatArray) -> tuple[IntArray, FloatArray]:
        """Choose by the units drawn, and score on the others."""
        in_bag = np.stack(
            [scores.all(counts[:, place]) for scores, place in self._of_split], axis=2
        )
        chosen, left = self._choose(in_bag, counts), (counts == 0).astype(float)
        return chosen, self._of_all.chosen(left, chosen)

    def on_all_rows(self) -> FloatArray:
        """Score every candidate on all rows, as `run` scores on those left out.

        The rows of all splits are scored together in both: few of a split are left out,
        and many metrics say little, or nothing, of few rows.
        """
        return self._of_all.all(np.ones((1, self._n_units)))[0]

    def _choose(self, in_bag: FloatArray, counts: FloatArray) -> IntArray:
        """Apply the rule to scores of shape (n_resamples, n_candidates, n_splits)."""
        # A split without drawn rows, or without what the metric needs, tells nothing.
        told = np.isfinite(in_bag[:, self._table.complete]).any(axis=1)
        chosen = np.empty(len(in_bag), dtype=np.intp)
        for splits in np.unique(told, axis=0):
            own = (told == splits).all(axis=1)
            scores = in_bag[own][:, :, splits]
            chosen[own] = self._choose_by(scores, counts[own], splits)
        return chosen

    def _choose_by(
        self, in_bag: FloatArray, counts: FloatArray, splits: NDArray[np.bool_]
    ) -> list[int]:
        """Apply the rule to scores on some of the splits."""
        if not splits.any():
            return [int(np.argmax(self._table.complete))] * len(in_bag)
        metric, values = self._table.metric, {}
        values[f"test_{metric}"] = in_bag
        if (name := f"train_{metric}") in self._table.values:
            train = values[name] = self._table.values[name][:, self._splits[splits]]
        if self._table.has_gaps:
            train = np.broadcast_to(train, in_bag.shape)
            values[f"gap_{metric}"] = gap_of(train, in_bag)
        results = zip(self._table.each_results_of(values), counts, strict=True)
        return [
            choose(self._select, each | self._drawn_rows(count, splits))
            for each, count in results
        ]

    def _drawn_rows(
        self, counts: FloatArray, splits: NDArray[np.bool_]
    ) -> dict[str, Any]:
        """Give what drawn rows contribute, to rules that compare rows."""
        if self._row_scores is None:
            return {}
        used = np.flatnonzero(splits).tolist()
        drawn = [counts[self._of_split[split][1]].astype(np.intp) for split in used]
        return {key_of(self._table.metric): self._row_scores.kept(used).drawn(drawn)}


def _of_split(
    metric: ResampledMetric, rows: IntArray, unit: IntArray
) -> tuple[ResampledScores, Any]:
    """Return scores on the rows of a split, and where its units are among all."""
    places, unit = np.unique(unit, return_inverse=True)
    first, last = int(places[0]), int(places[-1])
    is_run = last - first + 1 == len(places)
    return metric.on(rows, unit), slice(first, last + 1) if is_run else places
