"""From the list that a search is given to one estimator, or what is wrong with it."""

from collections.abc import Sequence
from typing import Any

from sklearn.base import is_classifier, is_regressor

from skoverfit._compat import get_tags
from skoverfit._row_scorer import default_scorer
from skoverfit.model_selection._families._choice import (
    FAMILY,
    Families,
    FamiliesClassifier,
    FamiliesRegressor,
)

__all__ = ["check_default_score", "families_of"]


def families_of(listed: Any, reserved: Sequence[str] = ()) -> Families:
    """Return the families of a list, or say what is wrong with it.

    Parameters
    ----------
    listed : list of (str, estimator, space)
        As the user gave it.
    reserved : sequence of str
        Names that are taken.
    """
    if not listed or not all(map(_is_family, listed)):
        raise ValueError(
            f"estimator={listed!r} must be an estimator, or a list of at least one "
            "(name, estimator, space), with a str, an estimator that has fit, and a "
            "dict, a list of dicts or 'auto'."
        )
    pairs = [(name, estimator) for name, estimator, _ in listed]
    _check_names([name for name, _ in pairs], {*reserved, FAMILY, "estimators"})
    return _class_for(pairs)(pairs)


def _is_family(entry: Any) -> bool:
    if not isinstance(entry, tuple | list) or len(entry) != 3:
        return False
    name, estimator, space = entry
    is_space = isinstance(space, dict | list) or (
        isinstance(space, str) and space == "auto"
    )
    has_fit = hasattr(estimator, "fit") and not isinstance(estimator, type)
    return isinstance(name, str) and has_fit and is_space


def _check_names(names: list[str], taken: set[str]) -> None:
    """Refuse names that parameters could not be told apart by."""
    if len(set(names)) < len(names):
        raise ValueError(
            f"Names of families must be unique, but estimator has {names}."
        )
    bad = [name for name in names if not name or "__" in name or name in taken]
    if bad:
        raise ValueError(
            f"Names of families must not be empty, hold '__' or be those of parameters "
            f"of the search, such as 'cv', but estimator has {bad}."
        )


def _class_for(pairs: list[tuple[str, Any]]) -> type[Families]:
    """Refuse estimators that no score compares, and say of what kind the others are."""
    facts = {name: _kind(estimator) for name, estimator in pairs}
    if len(set(facts.values())) > 1:
        raise ValueError(
            "The families of estimator must be of one kind, for rows of one kind, but "
            f"they are {facts}."
        )
    if is_classifier(pairs[0][1]):
        return FamiliesClassifier
    return FamiliesRegressor if is_regressor(pairs[0][1]) else Families


def _kind(estimator: Any) -> str:
    tags = get_tags(estimator)
    kind = str(tags.estimator_type or "neither classifier nor regressor")
    return f"{kind} of kernels" if tags.input_tags.pairwise else kind


def check_default_score(families: Families) -> None:
    """Refuse to compare scores that are made in different ways."""
    if len({_score_of(part) for _, part in families.estimators}) > 1:
        names = [name for name, _ in families.estimators]
        raise ValueError(
            "scoring=None takes each estimator's own score, which is not the same for "
            f"the families {names}. Give scoring, such as 'accuracy' or 'r2'."
        )


def _score_of(estimator: Any) -> Any:
    """Return what tells ways of scoring apart: one is scikit-learn's for the kind."""
    known = default_scorer(estimator) is not None
    return known or getattr(type(estimator), "score", None)
