"""Strategies of scores: of the splits of one model, and of all candidates."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skoverfit.exceptions import InputError
from skoverfit.testing.strategies._bounds import integers_within

__all__ = ["cv_results", "fold_scores"]


def _levels(low: float, high: float, n_levels: int) -> st.SearchStrategy[float]:
    """Draw scores of so many levels, so that some are equal."""
    if not low < high:
        raise InputError(f"min_score={low} must be less than max_score={high}.")
    integers_within("levels", 2, n_levels, least=2)
    step = (high - low) / (n_levels - 1)
    return st.integers(0, n_levels - 1).map(lambda level: low + step * level)


def fold_scores(
    *,
    min_splits: int = 2,
    max_splits: int = 10,
    min_score: float = -1.0,
    max_score: float = 1.0,
    n_levels: int = 41,
    allow_nan: bool = False,
) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """Draw the train and test scores of the splits of one model.

    Parameters
    ----------
    min_splits, max_splits : int, default=2, 10
        Bounds of the number of splits.
    min_score, max_score : float, default=-1.0, 1.0
        Bounds of the scores.
    n_levels : int, default=41
        How many different scores there are; few of them make ties.
    allow_nan : bool, default=False
        Whether splits may have failed; both of their scores are missing then.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws tuples ``(train_scores, test_scores)``. In the simplest, all are
        `min_score`.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import fold_scores
    >>> train, test = find(fold_scores(min_score=0.0), lambda s: (s[0] > s[1]).any())
    >>> len(train), test.tolist()
    (2, [0.0, 0.0])
    """
    splits = integers_within("splits", min_splits, max_splits)
    scores = _levels(min_score, max_score, n_levels)

    @st.composite
    def data(draw: Any) -> tuple[np.ndarray, np.ndarray]:
        n_splits = draw(splits)
        train, test = (
            draw(hnp.arrays(np.float64, n_splits, elements=scores)) for _ in range(2)
        )
        if allow_nan:
            failed = draw(hnp.arrays(np.bool_, n_splits))
            train[failed] = test[failed] = np.nan
        return train, test

    return data()


def cv_results(
    *,
    min_candidates: int = 1,
    max_candidates: int = 8,
    min_splits: int = 2,
    max_splits: int = 5,
    min_score: float = 0.0,
    max_score: float = 1.0,
    n_levels: int = 21,
    metrics: Sequence[str] = ("score",),
    train: bool = True,
    max_failed: int = 0,
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw the ``cv_results_`` of a search.

    Parameters
    ----------
    min_candidates, max_candidates : int, default=1, 8
        Bounds of the number of candidates.
    min_splits, max_splits : int, default=2, 5
        Bounds of the number of splits.
    min_score, max_score : float, default=0.0, 1.0
        Bounds of the scores; with negative ones they are like negated errors.
    n_levels : int, default=21
        How many different scores there are; few of them make ties.
    metrics : sequence of str, default=("score",)
        Names of the metrics.
    train : bool, default=True
        Whether there are train scores.
    max_failed : int, default=0
        Up to so many candidates, but never all, have a split that failed.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws dicts of arrays, with ``params``. In the simplest, all scores are
        `min_score`.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import cv_results
    >>> results = find(cv_results(), lambda r: (r["mean_test_score"] > 0.5).any())
    >>> results["params"], bool(results["mean_test_score"] < 0.6)
    ([{'x': 0}], True)
    """
    candidates = integers_within("candidates", min_candidates, max_candidates)
    splits = integers_within("splits", min_splits, max_splits)
    scores = _levels(min_score, max_score, n_levels)
    names = list(metrics)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise InputError(f"metrics={names!r} must be names of metrics.")
    integers_within("failed", 0, max_failed, least=0)

    @st.composite
    def data(draw: Any) -> dict[str, Any]:
        shape = draw(candidates), draw(splits)
        results: dict[str, Any] = {"params": [{"x": i} for i in range(shape[0])]}
        failed = draw(st.integers(0, min(max_failed, shape[0] - 1)))
        for name in names:
            for side in ("test", "train") if train else ("test",):
                table = draw(hnp.arrays(np.float64, shape, elements=scores))
                table[shape[0] - failed :, 0] = np.nan
                results |= _columns(table, side, name)
        return results

    return data()


def _columns(table: np.ndarray, side: str, metric: str) -> dict[str, np.ndarray]:
    """Columns of the scores of one metric and side."""
    columns = {
        f"split{split}_{side}_{metric}": scores for split, scores in enumerate(table.T)
    }
    means = {f"mean_{side}_{metric}": table.mean(axis=1)}
    return {**columns, **means, f"std_{side}_{metric}": table.std(axis=1)}
