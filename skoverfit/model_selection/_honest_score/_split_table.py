"""``cv_results_`` taken apart by split, and put together again from some of them."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection._results import ranked
from skoverfit.model_selection._row_scores import RowScores, key_of
from skoverfit.model_selection._selection import resolve_metric

__all__ = ["Penalize", "Select", "SplitTable", "choose"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Select = Callable[[dict[str, Any]], int]
Penalize = Callable[[FloatArray, FloatArray], FloatArray]

SIDES = ("test", "train", "gap")


@dataclass(frozen=True)
class SplitTable:
    """The scores of the first pass of a search, by split, and what else it tells.

    Attributes
    ----------
    values : dict of str to ndarray of shape (n_candidates, n_splits)
        Scores by name, such as "test_accuracy".
    others : dict of str to array-like
        Columns that do not depend on which splits there are.
    metric : str
        The metric to select by.
    counted : ndarray of shape (n_splits,)
        Mask of the splits that count: those with a score of a candidate that has a
        mean score.
    complete : ndarray of shape (n_candidates,)
        Mask of the candidates that have a score on each of them; no other is chosen.
    penalize : callable or None
        Penalized scores from mean test scores and mean gaps.
    """

    values: dict[str, FloatArray]
    others: dict[str, Any]
    metric: str
    counted: BoolArray
    complete: BoolArray
    penalize: Penalize | None

    @classmethod
    def read(
        cls,
        cv_results: Mapping[str, Any],
        metric: str | None = None,
        penalize: Penalize | None = None,
    ) -> "SplitTable":
        """Take ``cv_results_`` apart."""
        metric = resolve_metric(cv_results, metric)
        values = _scores_by_name(cv_results)
        if f"test_{metric}" not in values:
            raise ValueError(
                f"cv_results_ has no split0_test_{metric}: the scores of the splits "
                "are needed."
            )
        test = values[f"test_{metric}"]
        has_mean = np.isfinite(np.asarray(cv_results[f"mean_test_{metric}"], float))
        counted = np.isfinite(test[has_mean]).any(axis=0)
        complete = has_mean & np.isfinite(test[:, counted]).all(axis=1)
        if penalize is None and _is_unpenalized(cv_results, metric):
            penalize = _no_penalty
        others = {key: cv_results[key] for key in cv_results if _is_other(key, values)}
        return cls(values, others, metric, counted, complete, penalize)

    @property
    def test(self) -> FloatArray:
        """Test scores of the metric to select by."""
        return self.values[f"test_{self.metric}"]

    @property
    def row_scores(self) -> RowScores | None:
        """What rows contribute to the scores, where the rule asked for it."""
        return self.others.get(key_of(self.metric))

    @property
    def has_gaps(self) -> bool:
        """Whether there are gaps of the metric to select by."""
        return f"gap_{self.metric}" in self.values

    def results(self, keep: Sequence[int]) -> dict[str, Any]:
        """Give the ``cv_results_`` that the search would have with some splits only.

        They are numbered anew, in the order of `keep`; means, ranks and penalized
        scores are those of the splits kept. Candidates without a score on every split
        that counts, such as those that racing dropped, have NaN for their means and
        are not chosen. Repeats of refinement (``repeat*`` and ``refined_*``) are left
        out: they test the rows of the splits that were left out too.
        """
        kept = list(keep)
        values = {name: scores[:, kept] for name, scores in self.values.items()}
        results = next(self.each_results_of(values))
        if self.row_scores is not None:
            results[key_of(self.metric)] = self.row_scores.kept(kept)
        return results

    def each_results_of(
        self, values: Mapping[str, FloatArray]
    ) -> Iterator[dict[str, Any]]:
        """Put ``cv_results_`` together from scores by split, of many searches at once.

        Parameters
        ----------
        values : dict of str to ndarray of shape (..., n_candidates, n_splits)
            Scores by name; those of all searches, or the same for each of them.

        Yields
        ------
        results : dict of str to array-like
            Candidates that are not complete have NaN for their means.
        """
        columns: dict[str, Any] = {}
        for name, scores in values.items():
            splits = np.moveaxis(scores, -1, 0)
            columns |= {f"split{k}_{name}": column for k, column in enumerate(splits)}
            with np.errstate(invalid="ignore"):  # failed fits may have infinite scores
                mean, std = scores.mean(axis=-1), scores.std(axis=-1)
            missing = ~(self.complete & self._has_all(name))
            columns[f"mean_{name}"] = np.where(missing, np.nan, mean)
            columns[f"std_{name}"] = np.where(missing, np.nan, std)
            if name.startswith("test_"):
                columns[f"rank_{name}"] = ranked(columns[f"mean_{name}"])
        self._add_penalized(columns)
        columns |= self._n_splits_run(next(iter(values.values())).shape[-1])
        n_axes = max(column.ndim for column in columns.values())
        searches = np.broadcast_shapes(*(c.shape[:-1] for c in columns.values()))
        for index in np.ndindex(searches):
            own = {
                key: column[index] if column.ndim == n_axes else column.copy()
                for key, column in columns.items()
            }
            yield self.others | own

    def _n_splits_run(self, n_splits: int) -> dict[str, Any]:
        if "n_splits_run" not in self.others:
            return {}
        return {"n_splits_run": np.minimum(self.others["n_splits_run"], n_splits)}

    def _has_all(self, name: str) -> BoolArray:
        """Whether each candidate has every value, those of splits left out too."""
        return np.asarray(~np.isnan(self.values[name][:, self.counted]).any(axis=1))

    def _add_penalized(self, results: dict[str, Any]) -> None:
        if self.penalize is None or not self.has_gaps:
            return
        test, gap = (results[f"mean_{side}_{self.metric}"] for side in ("test", "gap"))
        penalized = np.asarray(self.penalize(test, gap))
        results[f"mean_penalized_{self.metric}"] = penalized
        results[f"rank_penalized_{self.metric}"] = ranked(penalized)


def choose(select: Select, results: dict[str, Any]) -> int:
    """Apply a rule, and check what it returns."""
    n_candidates = len(next(value for key, value in results.items() if "mean_" in key))
    with warnings.catch_warnings():
        # Said once, by the search itself.
        warnings.simplefilter("ignore", NoCandidateWithinGapWarning)
        index = select(results)
    if not isinstance(index, Integral):
        raise TypeError(f"The selection rule returned {index!r}, not an int.")
    if not 0 <= index < n_candidates:
        raise IndexError(
            f"The selection rule returned {index}, but there are {n_candidates} "
            "candidates."
        )
    return int(index)


def _scores_by_name(cv_results: Mapping[str, Any]) -> dict[str, FloatArray]:
    names = [
        key.removeprefix("split0_")
        for key in cv_results
        if key.startswith(tuple(f"split0_{side}_" for side in SIDES))
    ]
    return {name: _columns(cv_results, name) for name in names}


def _columns(cv_results: Mapping[str, Any], name: str) -> FloatArray:
    columns: list[Any] = []
    while (key := f"split{len(columns)}_{name}") in cv_results:
        columns.append(np.asarray(cv_results[key], dtype=float))
    return np.stack(columns, axis=1)


def _is_other(key: str, values: Mapping[str, Any]) -> bool:
    """Whether a column stays as it is when splits are left out."""
    if key.startswith(("mean_penalized_", "rank_penalized_", "refined_mean_")):
        return False
    head, _, name = key.partition("_")
    if name in values and head in ("mean", "std", "rank"):
        return False
    return not head.startswith(("split", "repeat"))


def _is_unpenalized(cv_results: Mapping[str, Any], metric: str) -> bool:
    """Whether the rule of the search has no penalty: its penalized scores are plain."""
    penalized = cv_results.get(f"mean_penalized_{metric}")
    return penalized is not None and np.array_equal(
        np.asarray(penalized, dtype=float),
        np.asarray(cv_results[f"mean_test_{metric}"], dtype=float),
        equal_nan=True,
    )


def _no_penalty(test: FloatArray, gap: FloatArray) -> FloatArray:
    return test
