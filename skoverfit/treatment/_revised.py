"""The problem that is treated: the given one, as the audit of its data leaves it."""

from dataclasses import replace
from typing import Any

from skoverfit.diagnosis._problem import Problem
from skoverfit.treatment._audit import Audit
from skoverfit.treatment._columns_out import adapted, left_of
from skoverfit.treatment._data import regrouped

__all__ = ["revised"]


def revised(problem: Problem, audit: Audit, cv: Any) -> Problem:
    """Leave columns out, and draw splits that keep rows together.

    Parameters
    ----------
    problem : Problem
        The given model, the rows and the splits.
    audit : Audit
        What is to be done.
    cv : int or None
        How many folds, where they are drawn again.
    """
    if audit.names:
        problem = replace(
            problem,
            X=left_of(problem.X, audit.names),
            estimator=adapted(problem.estimator, problem.X, audit.names),
        )
    if audit.together is not None:
        problem = regrouped(problem, audit.together.groups, cv)
    return problem
