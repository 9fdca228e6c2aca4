"""The leading remedies, measured again on further shuffled splits."""

from skoverfit._gap import Estimate
from skoverfit.diagnosis._lab import CONFIRMING, Lab
from skoverfit.diagnosis._measuring._measurement import Outcome, joined, observe
from skoverfit.diagnosis._measuring._twins import with_fewer_training_rows
from skoverfit.diagnosis._problem import Splits
from skoverfit.diagnosis.remedies._base import Candidate

HOPELESS = 0.25
"""P-value of the first further pass from which no more are made: the same rows are
tested in each, and a claim among several remedies takes less than 0.01."""


def confirm(lab: Lab, candidate: Candidate, seconds: float) -> Estimate | None:
    """Paired change of the test score on further shuffled splits, measured once.

    Parameters
    ----------
    lab : Lab
        Problem, budget and what is confirmed already.
    candidate : Candidate
        What leads.
    seconds : float
        Time that one cross-validation of it takes.

    Returns
    -------
    change : Estimate or None
        None if shuffling may be wrong, or the budget does not allow it.
    """
    if candidate.name not in lab.confirmed:
        lab.confirmed[candidate.name] = _confirm(lab, candidate, seconds)
    return lab.confirmed[candidate.name]


def _confirm(lab: Lab, candidate: Candidate, seconds: float) -> Estimate | None:
    n_units = lab.n_units_further * (1 + seconds / lab.unit)
    if not lab.may_shuffle or not lab.allows(CONFIRMING, n_units):
        return None
    if lab.shuffled is None:
        return None
    splits = lab.shuffled_splits(lab.problem.seed + 1) or []
    first = _observe(lab, candidate, splits)
    if first is None:
        return None
    change = lab.paired(first, lab.shuffled)
    if change.pvalue > HOPELESS or lab.further is None:
        return change
    problem, model = lab.further
    rest = problem.splits[len(splits) :]
    if not rest:
        return change
    more = _observe(lab, candidate, rest)
    return None if more is None else lab.paired(joined(first, more), model)


def _observe(lab: Lab, candidate: Candidate, splits: Splits) -> Outcome | None:
    problem = with_fewer_training_rows(lab.problem.on(splits), candidate.most_rows)
    return lab.attempt(CONFIRMING, lambda: observe(problem, candidate.estimator))
