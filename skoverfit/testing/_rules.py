"""What rules promise that choose from a table of scores: one candidate, or weights."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from skoverfit.model_selection import MemberRule, SelectionRule
from skoverfit.model_selection._committee._greedy import OutOfFold
from skoverfit.testing._cases import Scores, random_cv_results
from skoverfit.testing._kit import Kind

__all__ = ["MEMBER_RULE", "SELECTION_RULE", "check_member_rule", "check_selection_rule"]

Rule = Callable[[Mapping[str, Any]], int]


def _tables(rule: Any, *, n_tables: int = 50, seed: int = 0) -> Iterator[Scores]:
    """Draw random tables; in most of them some candidates have failed splits."""
    rng = np.random.default_rng(seed)
    for _ in range(n_tables):
        results = random_cv_results(rng, n_invalid=int(rng.integers(0, 4)))
        if getattr(rule, "needs_own_settings", False):
            results["params"][int(rng.integers(8))] = {}
        yield Scores(results)


SELECTION_RULE = Kind(
    "selection rule", lambda part: isinstance(part, SelectionRule), _tables
)
MEMBER_RULE = Kind("member rule", lambda part: isinstance(part, MemberRule), _tables)


def check_selection_rule(rule: Rule, *, n_tables: int = 50, seed: int = 0) -> None:
    """Check a selection rule against the promises that all rules make.

    The index is an integer within range; the same table gives the same index and is
    not modified; the order of the candidates does not matter, except among candidates
    with the same mean scores (of test rows alone if the rule has ``needs_gap =
    False``); a candidate with a failed split is never chosen while a valid
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
        If the rule breaks a promise; the message says which, and the smallest table
        found that shows it.

    See Also
    --------
    parametrize_with_checks : One test for each promise, for use with pytest.
    check_member_rule : The same for rules that weigh the members of a committee.

    Examples
    --------
    >>> from skoverfit.model_selection import PenalizedGap
    >>> from skoverfit.testing import check_selection_rule
    >>> check_selection_rule(PenalizedGap(0.1))
    """
    SELECTION_RULE.check(rule, n_tables=n_tables, seed=seed)


def check_member_rule(rule: Any, *, n_tables: int = 50, seed: int = 0) -> None:
    """Check a member rule of committees against the promises that all of them make.

    There is one weight for each candidate; weights are finite, at least 0 and sum to
    1; the same table gives the same weights and is not modified; the order of the
    candidates does not matter; candidates with a failed split have no weight while
    there are valid ones; where all have failed, a ValueError says so.

    Parameters
    ----------
    rule : callable
        ``cv_results_`` to weights, one for each candidate. With
        ``needs_out_of_fold = True`` it gets `out_of_fold` as well.
    n_tables : int, default=50
        Number of random tables.
    seed : int, default=0
        Seed of the tables.

    Raises
    ------
    AssertionError
        If the rule breaks a promise; the message says which, and the smallest table
        found that shows it.

    See Also
    --------
    parametrize_with_checks : One test for each promise, for use with pytest.
    check_selection_rule : The same for rules that choose one candidate.

    Examples
    --------
    >>> from skoverfit.model_selection import LowGapMembers
    >>> from skoverfit.testing import check_member_rule
    >>> check_member_rule(LowGapMembers())
    """
    MEMBER_RULE.check(rule, n_tables=n_tables, seed=seed)


# -------------------------------------------------------------------- what both promise
def _same_table(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    for key, value in before.items():
        assert np.array_equal(value, after[key], equal_nan=value.dtype.kind == "f"), (
            f"It modified {key}."
        )


def _copy_of(results: Mapping[str, Any]) -> dict[str, Any]:
    return {key: np.array(value) for key, value in results.items()}


def _failed(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table with every score missing."""
    scores = {key for key in results if key.endswith("_score")}
    ranked = {"rank_test_score": np.ones(len(results["params"]), dtype=np.int32)}
    return {
        key: np.full(len(value), np.nan) if key in scores else value
        for key, value in results.items()
    } | ranked


def _orders(n_candidates: int) -> list[np.ndarray]:
    """Orders to put candidates in: backwards, and shuffled."""
    backwards = np.arange(n_candidates)[::-1]
    return [backwards, np.random.default_rng(n_candidates).permutation(n_candidates)]


# ------------------------------------------------------------------------ one candidate
def _index(rule: Rule, results: Mapping[str, Any]) -> int:
    """Choose from a copy: whether it is written to is a question of its own."""
    return int(rule(_copy_of(results)))


@SELECTION_RULE.promise
def check_index_in_range(rule, scores):
    """Return an integer that is the number of a candidate."""
    index = rule(_copy_of(scores.results))
    assert isinstance(index, (int, np.integer)), (
        f"It returned {index!r}, which is not an integer."
    )
    assert 0 <= index < scores.n_candidates, f"It returned {index}: no such row."


@SELECTION_RULE.promise
def check_choice_repeats(rule, scores):
    """Choose the same candidate each time that it is given the same table."""
    first, *again = (_index(rule, scores.results) for _ in range(3))
    assert {*again} == {first}, (
        f"It chose differently on the same table: row {first}, then {again}."
    )


@SELECTION_RULE.promise
def check_table_not_written(rule, scores):
    """Leave the table of scores as it is."""
    given = _copy_of(scores.results)
    rule(given)
    _same_table(_copy_of(scores.results), given)


@SELECTION_RULE.promise
def check_failed_never_chosen(rule, scores):
    """Never choose a candidate with a failed split while a valid one exists."""
    mean_test = scores.results["mean_test_score"]
    index = _index(rule, scores.results)
    assert np.isfinite(mean_test[index]) or not np.isfinite(mean_test).any(), (
        f"Row {index} has a failed split, but valid candidates exist."
    )


@SELECTION_RULE.promise
def check_order_of_candidates(rule, scores):
    """Choose the same candidate in any order of the rows, except among equal scores.

    Equal are those with the same mean test score, and the same mean train score unless
    the rule says ``needs_gap = False``.
    """
    index = _index(rule, scores.results)
    sides = ("test", "train") if getattr(rule, "needs_gap", True) else ("test",)
    for order in _orders(scores.n_candidates):
        other = order[_index(rule, scores.of(order).results)]
        for side in sides:
            column = scores.results[f"mean_{side}_score"]
            assert np.isclose(
                column[index], column[other], rtol=1e-9, equal_nan=True
            ), f"It chose row {index}, but row {other} with the rows in another order."


@SELECTION_RULE.promise
def check_all_failed(rule, scores):
    """Return 0 for a table in which every candidate has failed."""
    index = _index(rule, _failed(scores.results))
    assert index == 0, f"It chose row {index} of a table of failures, not row 0."


# ------------------------------------------------------------------------- many members
def _weights(rule: Any, results: Mapping[str, Any]) -> np.ndarray:
    """Weights, from predictions as well where the rule needs them."""
    given = _copy_of(results)  # whether it is written to is a question of its own
    return _weights_of(rule, given)


def _weights_of(rule: Any, results: Mapping[str, Any]) -> np.ndarray:
    if not getattr(rule, "needs_out_of_fold", False):
        return np.asarray(rule(results))
    return np.asarray(rule(results, out_of_fold=_answers(results)))


def _answers(results: Mapping[str, Any]) -> OutOfFold:
    """Predictions whose loss follows the scores, the same for a candidate anywhere."""
    test = np.nan_to_num(results["mean_test_score"])
    truth = np.random.default_rng(7).normal(size=(25, 1))
    noise = [
        np.random.default_rng(params["x"]).normal(size=(25, 1)) * (1.2 - score)
        for params, score in zip(results["params"], test, strict=True)
    ]
    return OutOfFold(np.arange(len(test)), truth + np.array(noise), truth)


def _is_scored(scores: Scores) -> np.ndarray:
    return np.isfinite(scores.results["mean_test_score"])


@MEMBER_RULE.promise
def check_weights_are_shares(rule, scores):
    """Return a finite weight of at least 0 for each candidate; they sum to 1."""
    if not _is_scored(scores).any():
        return
    weights = _weights(rule, scores.results)
    assert weights.shape == (scores.n_candidates,), (
        f"Weights of shape {weights.shape} for {scores.n_candidates} candidates."
    )
    assert np.isfinite(weights).all(), f"Weights are {weights}."
    assert (weights >= 0).all(), f"Weights are {weights}."
    assert np.isclose(weights.sum(), 1), f"Weights sum to {weights.sum()}."


@MEMBER_RULE.promise
def check_weights_repeat(rule, scores):
    """Give the same weights each time that it is given the same table."""
    if not _is_scored(scores).any():
        return
    first, *again = (_weights(rule, scores.results) for _ in range(3))
    for other in again:
        assert np.array_equal(first, other, equal_nan=True), (
            f"Weights of the same table are {first}, then {other}."
        )


@MEMBER_RULE.promise
def check_scores_not_written(rule, scores):
    """Leave the table of scores as it is."""
    if not _is_scored(scores).any():
        return
    given = _copy_of(scores.results)
    _weights_of(rule, given)
    _same_table(_copy_of(scores.results), given)


@MEMBER_RULE.promise
def check_failed_weigh_nothing(rule, scores):
    """Give no weight to a candidate with a failed split while a valid one exists."""
    failed = ~_is_scored(scores)
    if failed.all():
        return
    weights = _weights(rule, scores.results)
    assert (weights[failed] == 0).all(), (
        f"Candidates {np.flatnonzero(failed)} have a failed split, and weigh "
        f"{weights[failed]}."
    )


@MEMBER_RULE.promise
def check_order_of_members(rule, scores):
    """Weigh candidates the same in any order; equal scores may share as they like."""
    if not _is_scored(scores).any():
        return
    here = _by_scores(scores, _weights(rule, scores.results))
    for order in _orders(scores.n_candidates):
        moved = scores.of(order)
        there = _by_scores(moved, _weights(rule, moved.results))
        differing = [key for key in here if not np.isclose(here[key], there[key])]
        assert not differing, (
            "Candidates with (mean_test_score, mean_train_score) "
            f"{differing[0]} weigh {here[differing[0]]:.3f}, and "
            f"{there[differing[0]]:.3f} with the rows in another order."
        )


def _by_scores(scores: Scores, weights: np.ndarray) -> dict[tuple[float, float], float]:
    """Weight of all candidates that have the same mean scores."""
    sums: dict[tuple[float, float], float] = {}
    columns = (scores.results["mean_test_score"], scores.results["mean_train_score"])
    for test, train, weight in zip(*columns, weights, strict=True):
        key = (
            round(float(np.nan_to_num(test, nan=-1.0)), 9),
            round(float(np.nan_to_num(train, nan=-1.0)), 9),
        )
        sums[key] = sums.get(key, 0.0) + float(weight)
    return sums


@MEMBER_RULE.promise
def check_nobody_to_choose(rule, scores):
    """Raise a ValueError for a table in which every candidate has failed."""
    try:
        weights = _weights(rule, _failed(scores.results))
    except ValueError:
        return
    raise AssertionError(f"It gave the weights {weights} instead.")
