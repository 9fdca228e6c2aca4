"""All kinds of remedies, and the choice among them."""

from collections.abc import Iterable
from inspect import isabstract
from typing import Any, TypeVar

from skoverfit.diagnosis._estimators._steps import head
from skoverfit.diagnosis.causes._base import is_same_class
from skoverfit.diagnosis.remedies._augmented import (
    AugmentedRows,
    ChangedImages,
    ChangedTexts,
)
from skoverfit.diagnosis.remedies._base import RemedyKind
from skoverfit.diagnosis.remedies._boosting import Boosting
from skoverfit.diagnosis.remedies._decisions import BalancedClasses, TunedThreshold
from skoverfit.diagnosis.remedies._distances import (
    Neighbors,
    SupportVectors,
    for_pairs,
)
from skoverfit.diagnosis.remedies._forests import ExtraTrees, RandomForest
from skoverfit.diagnosis.remedies._left_out import NoIdentifiers, NoNoiseColumns
from skoverfit.diagnosis.remedies._libraries import (
    CatBoost,
    LightGBM,
    NonconvexSparse,
    TabICL,
    TabPFN,
    XGBoost,
)
from skoverfit.diagnosis.remedies._linear import (
    Interactions,
    Linear,
    SparseLinear,
    Splines,
)
from skoverfit.diagnosis.remedies._outliers import BoundedColumns, RobustLinear
from skoverfit.diagnosis.remedies._same_model import (
    Averaged,
    Bagged,
    PrunedTrees,
    Scaled,
    StoppedEarly,
    Strength,
)
from skoverfit.diagnosis.remedies._target import LogTarget, ScaledTarget
from skoverfit.diagnosis.remedies._texts import NaiveBayes, WordsAndCharacters
from skoverfit.exceptions import InputError

__all__ = ["choose_kinds", "cost_of", "known_kinds", "register_remedy"]

Registered = TypeVar("Registered", bound="type[RemedyKind]")

KINDS: tuple[type[RemedyKind], ...] = (
    Scaled,
    BoundedColumns,
    ScaledTarget,
    LogTarget,
    NoIdentifiers,
    BalancedClasses,
    TunedThreshold,
    Strength,
    StoppedEarly,
    PrunedTrees,
    Bagged,
    Averaged,
    NoNoiseColumns,
    WordsAndCharacters,
    AugmentedRows,
    ChangedTexts,
    ChangedImages,
    Linear,
    NaiveBayes,
    SparseLinear,
    RobustLinear,
    Splines,
    Interactions,
    Neighbors,
    SupportVectors,
    RandomForest,
    ExtraTrees,
    Boosting,
    LightGBM,
    XGBoost,
    CatBoost,
    NonconvexSparse,
    TabICL,
    TabPFN,
)
"""First what is nearest to the given model."""

_REGISTERED: dict[str, type[RemedyKind]] = {}
"""Kinds of others, by name."""


def register_remedy(kind: Registered) -> Registered:
    """Make every treatment try a kind of remedy; also a decorator of the class.

    Parameters
    ----------
    kind : subclass of RemedyKind
        Registering a class of the same module and name again replaces it.

    Returns
    -------
    kind : the same class

    Raises
    ------
    InputError
        If it is not such a class, has no name or candidates, or another kind has its
        name.

    See Also
    --------
    skoverfit.testing.check_remedy : What a kind has to keep to.

    Examples
    --------
    >>> from skoverfit.diagnosis import register_remedy
    >>> register_remedy(int)
    Traceback (most recent call last):
        ...
    skoverfit.exceptions.InputError: kind=<class 'int'> must be a subclass of ...
    """
    if not (isinstance(kind, type) and issubclass(kind, RemedyKind)):
        raise InputError(f"kind={kind!r} must be a subclass of RemedyKind.")
    name = getattr(kind, "name", None)
    if not isinstance(name, str) or not name:
        raise InputError(f"kind={kind.__name__} has no name.")
    if isabstract(kind):
        raise InputError(f"kind={kind.__name__} has no method candidates.")
    known = {each.name: each for each in (*KINDS, *_REGISTERED.values())}.get(name)
    if known is not None and not is_same_class(known, kind):
        raise InputError(
            f"The name {name!r} of {kind.__name__} is taken by {known.__name__}."
        )
    _REGISTERED[name] = kind
    return kind


COSTS = {
    "RandomForest": 40.0,
    "ExtraTrees": 30.0,
    "HistGradientBoosting": 60.0,
    "GradientBoosting": 60.0,
    "Bagging": 20.0,
    "MLP": 60.0,
    "SV": 4.0,
    "NuSV": 4.0,
    "GaussianProcess": 10.0,
    "KernelRidge": 4.0,
}
"""Beginnings of names of predictors, and what a fit costs beside a linear model's."""

OF_PAIRS = ("SV", "NuSV", "GaussianProcess", "KernelRidge")
"""Beginnings of those whose cost grows with the pairs of rows."""


def cost_of(estimator: Any, n_samples: int) -> float:
    """Guess what a fit costs: not by the clock, so that the order never changes."""
    name = type(head(estimator)).__name__
    cost = next((own for start, own in COSTS.items() if name.startswith(start)), 1.0)
    return cost * for_pairs(n_samples) if name.startswith(OF_PAIRS) else cost


def known_kinds() -> dict[str, RemedyKind]:
    """Give all kinds by name, in the order in which they are proposed."""
    return {kind.name: kind() for kind in (*KINDS, *_REGISTERED.values())}


def choose_kinds(wanted: Iterable[str] | None) -> tuple[RemedyKind, ...]:
    """Find kinds by name; None means all that need not be asked for.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    known = known_kinds()
    if wanted is None:
        return tuple(kind for kind in known.values() if not kind.asked_only)
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    for name in names:
        if name not in known:
            raise InputError(
                f"remedies={names!r} names {name!r}; known are {', '.join(known)}."
            )
    return tuple(kind for name, kind in known.items() if name in names)
