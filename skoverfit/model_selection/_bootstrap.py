"""Choosing on resampled rows: what the bootstrap of a search repeats."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from skoverfit._gap import gap_of
from skoverfit.model_selection._predictions import PredictionStore
from skoverfit.model_selection._resampled import ResampledScores
from skoverfit.model_selection._split_table import Select, SplitTable, choose

__all__ = ["Resampling", "draw_counts"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Counts (resamples x rows) that are held in memory at a time.
MAX_COUNTS = 4_000_000

#: Largest difference between a score and the same from stored predictions.
MAX_MISMATCH = 1e-8


class Resampling:
    """Chooses on drawn rows and scores on the others.

    Parameters
    ----------
    table : SplitTable
        The search; its complete candidates have all predictions.
    scores : ResampledScores
        Scores from predictions.
    rows : dict of int to ndarray
        Rows that belong to each split that is used.
    select : callable
        The rule.
    """

    def __init__(
        self,
        table: SplitTable,
        scores: ResampledScores,
        rows: Mapping[int, IntArray],
        select: Select,
    ) -> None:
        self._table, self._scores, self._select = table, scores, select
        self._splits = np.array(list(rows))
        self._rows_of = list(rows.values())
        ends = np.cumsum([len(part) for part in self._rows_of])
        self._places = [
            slice(end - len(part), end)
            for part, end in zip(self._rows_of, ends, strict=True)
        ]
        self.rows = np.concatenate(self._rows_of)

    @classmethod
    def of(
        cls,
        store: PredictionStore,
        table: SplitTable,
        scores: ResampledScores,
        select: Select,
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
        _check_reproduced(table, scores, rows, store)
        return cls(table, scores, rows, select)

    def run(self, counts: FloatArray) -> tuple[IntArray, FloatArray]:
        """Choose by the rows drawn, and score on the others.

        Parameters
        ----------
        counts : ndarray of shape (n_resamples, n_rows)
            How often each of `rows` was drawn.

        Returns
        -------
        chosen : ndarray of shape (n_resamples,)
        out_of_bag : ndarray of shape (n_resamples,)
        """
        in_bag = np.stack(
            [
                self._scores.all(rows, counts[:, place])
                for rows, place in zip(self._rows_of, self._places, strict=True)
            ],
            axis=2,
        )
        chosen = np.array([self._choose(scores) for scores in in_bag], dtype=np.intp)
        left = (counts == 0).astype(float)
        return chosen, self._scores.chosen(self.rows, left, chosen)

    def on_all_rows(self) -> FloatArray:
        """Score every candidate on all rows, as `run` scores on those left out.

        The rows of all splits are scored together in both: few of a split are left out,
        and many metrics say little, or nothing, of few rows.
        """
        return self._scores.all(self.rows, np.ones((1, len(self.rows))))[0]

    def _choose(self, in_bag: FloatArray) -> int:
        """Apply the rule to scores of shape (n_candidates, n_splits)."""
        # A split without drawn rows, or without what the metric needs, tells nothing.
        told = np.isfinite(in_bag[self._table.complete]).any(axis=0)
        if not told.any():
            return int(np.argmax(self._table.complete))
        metric, splits = self._table.metric, self._splits[told]
        values = {f"test_{metric}": in_bag[:, told]}
        if (name := f"train_{metric}") in self._table.values:
            train = values[name] = self._table.values[name][:, splits]
        if self._table.has_gaps:
            values[f"gap_{metric}"] = gap_of(train, in_bag[:, told])
        return choose(self._select, self._table.results_of(values))


def _check_reproduced(
    table: SplitTable,
    scores: ResampledScores,
    rows: Mapping[int, IntArray],
    store: PredictionStore,
) -> None:
    """Refuse predictions that do not give the scores of the search."""
    for split, own in rows.items():
        if not store.owns_all(split):
            continue
        again = scores.all(own, np.ones((1, len(own))))[0][table.complete]
        searched = table.test[table.complete, split]
        if not np.allclose(again, searched, rtol=MAX_MISMATCH, atol=MAX_MISMATCH):
            worst = int(np.argmax(np.abs(again - searched)))
            raise ValueError(
                "The stored predictions do not give the scores of the search: "
                f"{again[worst]:.6g} instead of {searched[worst]:.6g} on split "
                f"{split}. Is the scorer another, does it need sample_weight, or does "
                "it look at more than predictions?"
            )


def draw_counts(
    rows: IntArray, groups: ArrayLike | None, n_bootstraps: int, random_state: Any
) -> Iterator[FloatArray]:
    """Draw rows with replacement, or whole groups, and count them.

    Parameters
    ----------
    rows : ndarray of shape (n_rows,)
        The rows, as indices of `groups`.
    groups : array-like of shape (n_samples,) or None
        Groups to draw instead of rows.
    n_bootstraps : int
        Number of samples.
    random_state : int, RandomState instance or None
        Seed.

    Yields
    ------
    counts : ndarray of shape (n_samples_of_portion, n_rows)
        Counts of some samples at a time.
    """
    random_state = check_random_state(random_state)
    unit = np.arange(len(rows))
    if groups is not None:
        unit = np.unique(np.asarray(groups)[rows], return_inverse=True)[1]
    n_units = int(unit.max()) + 1
    share = np.full(n_units, 1 / n_units)
    portion = max(1, MAX_COUNTS // len(rows))
    for start in range(0, n_bootstraps, portion):
        size = min(portion, n_bootstraps - start)
        counts = random_state.multinomial(n_units, share, size=size)
        yield counts[:, unit].astype(float)
