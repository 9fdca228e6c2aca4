"""The problem that is treated: the given one, as the audit of its data leaves it."""

from dataclasses import replace
from typing import Any

from skoverfit.diagnosis._problem import Problem
from skoverfit.treatment._audit import Audit
from skoverfit.treatment._data_in._columns_out import adapted, left_of
from skoverfit.treatment._data_in._problem import drawn, redrawn

__all__ = ["revised", "with_less"]


def revised(problem: Problem, audit: Audit, cv: Any) -> Problem:
    """Leave columns out, and draw splits that keep rows together, or test later ones.

    Parameters
    ----------
    problem : Problem
        The given model, the rows and the splits.
    audit : Audit
        What is to be done.
    cv : int or None
        How many folds, where they are drawn again.
    """
    problem = with_less(problem, audit)
    if audit.forward is not None:
        splitter = audit.forward.splitter
        splits = drawn(splitter, problem.X, problem.y, None)
        return replace(problem, splitter=splitter, splits=splits)
    if audit.together is None:
        return problem
    return redrawn(problem, audit.together.groups, cv)


def with_less(problem: Problem, audit: Audit) -> Problem:
    """Leave columns out only."""
    if not audit.names:
        return problem
    return replace(
        problem,
        X=left_of(problem.X, audit.names),
        estimator=adapted(problem.estimator, problem.X, audit.names),
    )
