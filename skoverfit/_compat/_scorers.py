"""Private parts of scikit-learn's scorers."""

import copy
from typing import Any

from sklearn.metrics._scorer import (
    _BaseScorer,
    _MultimetricScorer,
    _PassthroughScorer,
)

from skoverfit._compat._internals import accessor, replace_private

__all__ = [
    "is_plain_scorer",
    "metric_of",
    "options_of",
    "raising_scorer",
    "response_of",
    "scorer_named",
    "scorer_parts",
    "scorer_with_metric",
    "scorers_by_name",
    "separate_scorers",
    "sign_of",
]


@accessor
def raising_scorer(scorer: Any) -> Any:
    """Return a scorer that raises its errors instead of returning them."""
    if isinstance(scorer, _MultimetricScorer):
        scorer = copy.copy(scorer)
        replace_private(scorer, _raise_exc=True)
    return scorer


@accessor
def scorer_parts(scorer: Any) -> tuple[Any, dict[str, Any]] | None:
    """Return the metric of a scorer and its options.

    Returns
    -------
    parts : tuple of (callable, dict) or None
        None for what :func:`sklearn.metrics.make_scorer` has not made.
    """
    if not isinstance(scorer, _BaseScorer):
        return None
    return scorer._score_func, dict(scorer._kwargs)


@accessor
def options_of(scorer: Any) -> dict[str, Any]:
    """Return the options that a scorer gives to its metric."""
    return scorer._kwargs


@accessor
def sign_of(scorer: Any) -> int:
    """Return 1 where a greater metric is better, -1 where a smaller one is."""
    return scorer._sign


@accessor
def response_of(scorer: Any) -> Any:
    """Return the method, or methods in order, whose output a scorer asks for."""
    return scorer._response_method


def metric_of(scorer: Any) -> Any:
    """Return the metric of a scorer, or of what is like one; else the callable."""
    return getattr(scorer, "_score_func", scorer)


@accessor
def scorer_with_metric(scorer: Any, metric: Any) -> Any:
    """Return a copy of a scorer that asks the same response, for another metric."""
    scorer = copy.copy(scorer)
    replace_private(scorer, _score_func=metric)
    return scorer


@accessor
def scorers_by_name(scorer: Any) -> dict[str, Any] | None:
    """Return the scorers of a multimetric one by their names; None for a single one."""
    return scorer._scorers if isinstance(scorer, _MultimetricScorer) else None


def separate_scorers(scorer: Any) -> Any:
    """Return the scorers of a multimetric one by name; any other scorer as it is."""
    return getattr(scorer, "_scorers", scorer)


def scorer_named(scorer: Any, name: Any) -> Any:
    """Return one scorer of a multimetric one; any other scorer as it is."""
    several = separate_scorers(scorer)
    return several.get(name, scorer) if isinstance(several, dict) else scorer


def is_plain_scorer(scorer: Any) -> bool:
    """Whether scikit-learn has made a scorer: it asks for predictions and no more."""
    made = isinstance(scorer, _BaseScorer | _PassthroughScorer)
    return made and type(scorer).__module__.startswith("sklearn.")
