"""Numbers of rounds that one fit gives all of: of which parameter, and of which models.

A search that is asked for the best number of rounds tries many of them, which costs
one fit where a family of :class:`Rounds` serves it, and one for each number elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from skoverfit.exceptions import InternalsChangedError
from skoverfit.model_selection._shared_fits._contract import registered
from skoverfit.model_selection._shared_fits._foreign import leaves_rows_alone
from skoverfit.model_selection._shared_fits._reproducible import is_reproducible
from skoverfit.model_selection._shared_fits._serving import is_shareable_pipeline
from skoverfit.model_selection._shared_fits.families._prefixes import Rounds

__all__ = ["obstacle", "resized", "rounds_family"]


def rounds_family(estimator: Any, parameter: str) -> Rounds | None:
    """Return the family in which a parameter of an estimator is a number of rounds.

    Parameters
    ----------
    estimator : estimator object
        Unfitted, with any settings.
    parameter : str
        Its parameter.

    Returns
    -------
    family : Rounds or None
        None where it is something else, or of an unknown class.
    """
    known = (family for family in registered() if isinstance(family, Rounds))
    return next((f for f in known if f.knows(estimator) and parameter in f.free), None)


def resized(estimator: Any, name: str, size: int) -> Any:
    """Return a candidate with another number of rounds, None where that takes a clone.

    Parameters
    ----------
    estimator : estimator object
        Unfitted; its other parts are parts of what is returned, too.
    name : str
        Parameter of the number of rounds.
    size : int
        The number.
    """
    step, _, rest = name.partition("__")
    if not rest:
        family = rounds_family(estimator, name)
        try:
            return None if family is None else family.resized(estimator, name, size)
        except InternalsChangedError:
            return None
    if not is_shareable_pipeline(estimator) or estimator.steps[-1][0] != step:
        return None
    last = resized(estimator.steps[-1][1], rest, size)
    if last is None:
        return None
    other = object.__new__(type(estimator))
    steps = [*estimator.steps[:-1], (step, last)]
    vars(other).update({**vars(estimator), "steps": steps})
    return other


def last_step(estimator: Any) -> Any:
    """Return the last step of a plain Pipeline, also of one within another."""
    while is_shareable_pipeline(estimator):
        estimator = estimator.steps[-1][1]
    return estimator


def obstacle(
    estimator: Any, family: Rounds, leaf: Any, X: Any, fit_params: Mapping[str, Any]
) -> str | None:
    """Say what keeps one fit from giving all numbers of rounds, None if nothing does.

    Parameters
    ----------
    estimator : estimator object
        Unfitted candidate, with its largest number of rounds.
    family : Rounds
        Family of `leaf`.
    leaf : estimator object
        The candidate, or the part of it that has rounds.
    X : array-like
        Training rows of a split.
    fit_params : dict
        Metadata for the candidate's ``fit``.
    """
    if last_step(estimator) is not leaf:
        return (
            f"the {type(leaf).__name__} to be what is searched, or the last step of a "
            "Pipeline without transform_input"
        )
    own = {name.rpartition("__")[2]: value for name, value in fit_params.items()}
    if not (family.serves(leaf) and family.serves_on(leaf, X, own)):
        return family.needs
    if not leaves_rows_alone(estimator):
        return "no step that overwrites its rows (copy=True)"
    if not is_reproducible(estimator, X):
        return "random_state=<int> in every part that draws random numbers"
    return None
