"""A first split of the given model: it may not end, or not leave its process."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.utils.parallel import delayed

from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._estimators._steps import head
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._problem import Problem
from skoverfit.exceptions import InputError
from skoverfit.treatment._fits import NotPortable, run_tasks
from skoverfit.treatment._given import observed

__all__ = ["Guarded", "guarded", "may_hang"]

SLOW_SECONDS = 0.2
"""Seconds of a fit from which a process of its own, which costs seconds, pays."""

KNOWN = {"sklearn", "skoverfit", "imblearn", "skrub", "lightgbm", "xgboost", "catboost"}
"""Libraries whose fits end."""

LEAST_BUDGET = 30.0
"""Seconds of a budget from which a process of its own, only to see a first fit end, is
not too dear."""

STAYS = (
    "All fits run in this process, one after another: the given model cannot be sent "
    "to another one ({error})."
)


@dataclass(frozen=True)
class Guarded:
    """The problem, with as many processes as the given model allows.

    Attributes
    ----------
    problem : Problem
        The given one, or the same without parallel fits.
    can_leave : bool
        Whether models can be sent to other processes.
    notes : tuple of str
        What that means, where it is not as usual.
    first : Outcome or None
        The given model on the first split, where it was fitted elsewhere.
    """

    problem: Problem
    can_leave: bool = True
    notes: tuple[str, ...] = ()
    first: Outcome | None = None


def guarded(problem: Problem, clock: Clock) -> Guarded:
    """Try the given model in another process, where fits may be sent to some.

    With a budget that can pay for it, models of unknown origin are fitted once in a
    process of their own, which is stopped where the budget ends.

    Raises
    ------
    InputError
        If that fit does not end.
    """
    can_pay = np.isfinite(clock.seconds) and clock.seconds >= LEAST_BUDGET
    is_watched = can_pay and may_hang(problem.estimator, 0.0)
    if not is_watched and effective_n_jobs(problem.n_jobs) == 1:
        return Guarded(problem)
    alone = replace(problem.on(problem.splits[:1]), n_jobs=None, splitter=None)
    timeout = clock.left if is_watched else None
    try:
        (first,) = run_tasks(
            problem, [delayed(observed)(alone, 0, 1)], timeout=timeout, elsewhere=True
        )
    except TimeoutError:
        name = type(problem.estimator).__name__
        raise InputError(
            f"A fit of {name} did not end within the budget of {clock.seconds:.0f} "
            "seconds; pass a larger one as budget=, or None for no limit."
        ) from None
    except NotPortable as error:
        return Guarded(
            replace(problem, n_jobs=None), False, (STAYS.format(error=error),)
        )
    return Guarded(problem, first=first)


def may_hang(estimator: Any, seconds: float) -> bool:
    """Whether other settings can make a fit endless, by what the given one took.

    Of support vectors a weak penalty can cost hundreds of times as much; of models of
    unknown origin nothing is known.
    """
    outer = head(estimator)
    kinds = [type(outer), type(getattr(outer, "estimator", outer))]
    is_slow = seconds > SLOW_SECONDS
    return any(
        (is_slow and kind.__name__.startswith(("SV", "NuSV")))
        or kind.__module__.partition(".")[0] not in KNOWN
        for kind in kinds
    )
