"""The user's own test part: what the gap to it is made of."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit._paired import gap_estimate
from skoverfit.diagnosis._lab import Core, Lab
from skoverfit.diagnosis._measuring._measurement import (
    Outcome,
    is_whole,
    score_on,
    scored_rows,
)
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Decomposition


def decompose(lab: Lab, core: Core) -> Decomposition | None:
    """Split the gap to the own test part into two parts.

    The models of the splits score their training rows, their test rows and the own
    test part, so that all three scores are of the same models.

    Returns
    -------
    decomposition : Decomposition or None
        None without a test part, or if no model can score it.
    """
    problem, outcome = lab.problem, core.outcome
    if problem.X_test is None or problem.y_test is None:
        return None
    own = own_problem(problem)
    everything = np.arange(len(problem.y_test))
    scored = [scored_rows(own, model, everything) for model in outcome.fitted]
    scores = np.array([score for score, _ in scored])
    if not np.isfinite(scores).any():
        lab.skip("own test part", f"no model gives it a finite {problem.scoring}")
        return None
    rows = [of_rows for _, of_rows in scored]
    train = _difference(lab, outcome, "train", rows, scores)
    parts = _difference(lab, outcome, "test", rows, scores)
    return Decomposition(
        own_test=float(np.nanmean(scores)),
        n_test=len(everything),
        train_minus_cv=core.model.gap.mean_train - core.model.gap.mean_test,
        train_minus_cv_interval=core.model.gap.interval,
        cv_minus_own=core.model.gap.mean_test - float(np.nanmean(scores)),
        cv_minus_own_interval=parts.interval,
        cv_minus_own_pvalue=_two_sided(parts.pvalue),
        gap=train.mean,
        gap_interval=train.interval,
        given_train=_given(problem, problem, lab.given.given_model),
        given_test=_given(own, problem, lab.given.given_model),
    )


def _two_sided(pvalue: float) -> float:
    return float(2 * min(pvalue, 1 - pvalue))


def own_problem(problem: Problem) -> Problem:
    """Build the problem whose rows are those of the test part."""
    assert problem.y_test is not None
    return replace(problem, X=problem.X_test, y=problem.y_test, groups=None)


def _given(part: Problem, problem: Problem, model: Any) -> float:
    """Score of the model as it was fitted by the user; NaN if it was not."""
    return score_on(part, model, np.arange(len(part.y)))


def _difference(
    lab: Lab, outcome: Outcome, side: str, own: list[NDArray], scores: NDArray
) -> Estimate:
    """One side of the splits minus the own test part, by rows where possible."""
    problem = lab.problem
    mine = outcome.train_rows if side == "train" else outcome.rows
    if all(map(is_whole, (*mine, *own))):
        n, n_own = problem.n_samples, len(own[0])
        which = [train if side == "train" else test for train, test in problem.splits]
        groups = lab.together
        if groups is not None:
            numbers = np.unique(groups, return_inverse=True)[1]
            groups = np.r_[numbers, numbers.max() + 1 + np.arange(n_own)]
        others = [n + np.arange(n_own)] * len(own)
        return gap_estimate(mine, which, own, others, groups=groups)
    kept = getattr(outcome.scores, f"{side}_scores")
    ratio = outcome.scores.test_train_ratio
    return corrected_estimate(kept - scores, test_train_ratio=ratio)
