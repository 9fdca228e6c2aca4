"""What every selection rule promises, as checks for anybody's rule."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["check_selection_rule", "random_cv_results"]

Rule = Callable[[Mapping[str, Any]], int]


def random_cv_results(
    rng: np.random.Generator,
    *,
    n_candidates: int = 8,
    n_splits: int = 5,
    n_invalid: int = 0,
) -> dict[str, Any]:
    """Make a ``cv_results_`` with train and test scores of one metric.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the scores.
    n_candidates, n_splits : int, default=8, 5
        Size of the table.
    n_invalid : int, default=0
        Number of candidates with a failed split, at random rows.

    Returns
    -------
    cv_results : dict of str to ndarray
        Scores are multiples of 1/50, so that ties occur.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit.testing import random_cv_results
    >>> results = random_cv_results(np.random.default_rng(0), n_candidates=3)
    >>> results["mean_test_score"].shape
    (3,)
    """
    shape = (n_candidates, n_splits)
    test = rng.integers(25, 50, shape) / 50
    train = test + rng.integers(-2, 20, shape) / 50
    invalid = rng.choice(n_candidates, n_invalid, replace=False)
    test[invalid, 0] = train[invalid, 0] = np.nan
    results: dict[str, Any] = {"params": [{"x": i} for i in range(n_candidates)]}
    for side, scores in (("test", test), ("train", train)):
        for split, column in enumerate(scores.T):
            results[f"split{split}_{side}_score"] = column
        results[f"mean_{side}_score"] = scores.mean(axis=1)
    return results


def check_selection_rule(rule: Rule, *, n_tables: int = 50, seed: int = 0) -> None:
    """Check a selection rule against the promises that all rules make.

    The index is an integer within range; the same table gives the same index and is
    not modified; the order of the candidates does not matter, except among candidates
    with the same scores; a candidate with a failed split is never chosen while a valid
    one exists; a table of failures gives the first candidate.

    Parameters
    ----------
    rule : callable
        ``cv_results_`` to index.
    n_tables : int, default=50
        Number of random tables.
    seed : int, default=0
        Seed of the tables.

    Raises
    ------
    AssertionError
        If the rule breaks a promise; the message says which.

    Examples
    --------
    >>> from skoverfit.model_selection import PenalizedGap
    >>> from skoverfit.testing import check_selection_rule
    >>> check_selection_rule(PenalizedGap(0.1))
    """
    rng = np.random.default_rng(seed)
    for _ in range(n_tables):
        results = random_cv_results(rng, n_invalid=int(rng.integers(0, 4)))
        if getattr(rule, "needs_own_settings", False):
            results["params"][int(rng.integers(8))] = {}
        index = _checked_index(rule, results)
        _check_repeatable(rule, results, index)
        _check_valid(results, index)
        _check_order(rule, results, index, rng)
    failed = random_cv_results(rng, n_invalid=8)
    if getattr(rule, "needs_own_settings", False):
        failed["params"][3] = {}
    _check_all_failed(rule, failed)


def _checked_index(rule: Rule, results: dict[str, Any]) -> int:
    index = rule(results)
    assert isinstance(index, (int, np.integer)), (
        f"{rule} returned {index!r}, which is not an integer."
    )
    assert 0 <= index < len(results["params"]), f"{rule} returned {index}: no such row."
    return int(index)


def _check_repeatable(rule: Rule, results: dict[str, Any], index: int) -> None:
    before = {key: np.array(value) for key, value in results.items()}
    assert rule(results) == index, f"{rule} chose differently on the same table."
    for key, value in before.items():
        assert np.array_equal(value, results[key], equal_nan=value.dtype.kind == "f"), (
            f"{rule} modified {key}."
        )


def _check_valid(results: dict[str, Any], index: int) -> None:
    mean_test = results["mean_test_score"]
    assert np.isfinite(mean_test[index]), (
        f"Row {index} has a failed split, but valid candidates exist."
    )


def _check_order(
    rule: Rule, results: dict[str, Any], index: int, rng: np.random.Generator
) -> None:
    order = rng.permutation(len(results["params"]))
    shuffled = {key: np.asarray(value)[order] for key, value in results.items()}
    other = order[_checked_index(rule, shuffled)]
    for key in ("mean_test_score", "mean_train_score"):
        assert np.isclose(results[key][index], results[key][other], rtol=1e-9), (
            f"{rule} chose row {index}, but row {other} after shuffling the rows."
        )


def _check_all_failed(rule: Rule, results: dict[str, Any]) -> None:
    index = _checked_index(rule, results)
    assert index == 0, f"{rule} chose row {index} of a table of failures, not row 0."
