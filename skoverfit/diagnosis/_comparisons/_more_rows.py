"""What twice the training rows are worth, judged by the rows that are tested.

The model of each split is compared with models of half of its training rows, on the
same test rows. Every training row is in one of two halves, whose scores are averaged,
so that the luck of one half matters less. Where rows are few, further shuffled splits
take part: a row then stands for the mean of what it comes to in each of them.
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    joined,
    observe,
    row_change,
)
from skoverfit.diagnosis._measuring._twins import spread_order
from skoverfit.diagnosis._problem import Problem

WHAT = "half of the training rows"

FEW_ROWS = 300
"""Rows up to which further splits take part."""

MANY_ROWS = 1000
"""Rows from which one half of the training rows tells enough."""

TRAINING_SHARE = 0.1
"""What the training rows add to the variance, see ``skoverfit._paired``: one model
with more or less of its rows differs little by which rows these are. By draws of 100
rows from large tables, the estimates are then spread as much as they say."""


def gain_of_doubling(lab: Lab) -> Estimate | None:
    """Change of the test score from half of the training rows to all of them.

    Returns
    -------
    gain : Estimate or None
        None if the budget does not allow it, a half cannot be fitted, or there is a
        single split: the luck of one fit is then not seen.
    """
    assert lab.core is not None
    if len(lab.problem.splits) < 2:
        return None
    n_halves = 1 if lab.problem.n_samples >= MANY_ROWS else 2
    further = _may_go_further(lab)
    n_units = n_halves / 2
    if further:
        n_units += (1 + n_halves / 2) * lab.n_units_further
    if not lab.allows(WHAT, n_units, spare=lab.spare):
        return None
    problem, whole = lab.problem, lab.core.outcome
    if further and lab.further is not None:
        more, outcome = lab.further
        problem = problem.on([*problem.splits, *more.splits])
        whole = joined(whole, outcome)
    halves = [
        lab.attempt(WHAT, partial(observe, half, half.estimator))
        for half in halved(problem)[:n_halves]
    ]
    found = [half for half in halves if half is not None]
    return _gain(whole, found, lab.together) if len(found) == n_halves else None


def _may_go_further(lab: Lab) -> bool:
    """Whether other splits of the rows say the same, and cost little."""
    random = lab.evidence is None or lab.evidence.row_order == "random"
    return random and lab.may_shuffle and lab.problem.n_samples <= FEW_ROWS


def halved(problem: Problem) -> tuple[Problem, Problem]:
    """Divide the training rows of each split in two, with equal shares of classes."""
    rng = np.random.default_rng(problem.seed)
    orders = [spread_order(problem, train, rng) for train, _ in problem.splits]
    tests = [test for _, test in problem.splits]
    first, second = (
        problem.on(
            [
                (np.sort(np.array_split(order, 2)[side]), test)
                for order, test in zip(orders, tests, strict=True)
            ]
        )
        for side in (0, 1)
    )
    return first, second


def _gain(whole: Outcome, halves: list[Outcome], groups: NDArray | None) -> Estimate:
    """Judge the whole against the mean of the halves: by rows where these tell."""
    of_rows = [
        np.mean(parts, axis=0)
        for parts in zip(*(half.rows for half in halves), strict=True)
    ]
    by_rows = row_change(
        whole.rows, of_rows, whole.tests, groups, training_share=TRAINING_SHARE
    )
    if by_rows is not None:
        return by_rows
    means = np.mean([half.scores.test_scores for half in halves], axis=0)
    return corrected_estimate(
        whole.scores.test_scores - means,
        test_train_ratio=whole.scores.test_train_ratio,
    )
