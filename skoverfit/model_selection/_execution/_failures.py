"""Which scores stand for a failure: noted when they are made, not guessed by value."""

from collections.abc import Mapping
from typing import Any

__all__ = ["has_failed", "marked", "settle"]

SIDES = ("test", "train")
KEY = "failed_scores"


class _Mark(float):
    """The error score as an object that no scorer returns."""

    def __init__(self, error_score: Any) -> None:
        self.error_score = error_score

    def __str__(self) -> str:  # what scikit-learn's warnings say
        return str(self.error_score)


def marked(error_score: Any) -> Any:
    """Return an error score that can be told from an equal score; "raise" as it is."""
    return error_score if isinstance(error_score, str) else _Mark(error_score)


def settle(outcome: dict[str, Any]) -> None:
    """Put the plain error score where its mark is, and note where that was.

    Parameters
    ----------
    outcome : dict
        Of one fit with a `marked` error score; changed in place. It gets
        ``"failed_scores"`` if there are any: by side, the metrics, or True where the
        score has no name.
    """
    failed: dict[str, Any] = {}
    for side in SIDES:
        scores = outcome.get(f"{side}_scores")
        if isinstance(scores, _Mark):
            outcome[f"{side}_scores"], failed[side] = scores.error_score, True
        elif isinstance(scores, dict):
            names = [name for name in scores if isinstance(scores[name], _Mark)]
            scores.update({name: scores[name].error_score for name in names})
            if names:
                failed[side] = names
    if failed:
        outcome[KEY] = failed


def has_failed(outcome: Mapping[str, Any], side: str, metric: str | None) -> bool:
    """Whether a score stands for a fit or a scorer that raised an error.

    Parameters
    ----------
    outcome : dict
        After `settle`.
    side : {"test", "train"}
        Which rows were scored.
    metric : str or None
        Name of the metric, which counts only where there are several.
    """
    names = outcome.get(KEY, {}).get(side, [])
    return outcome["fit_error"] is not None or names is True or metric in names
