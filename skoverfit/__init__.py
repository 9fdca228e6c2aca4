"""Measure, explain and close the train/validation gap of scikit-learn models."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what __getattr__ brings, for type checkers and editors
    from skoverfit._gap import GapEstimate, GapScores
    from skoverfit._gap_scores import gap_scores
    from skoverfit.diagnosis import OverfitReport, diagnose
    from skoverfit.model_selection import (
        CommitteeClassifier,
        CommitteeRegressor,
        GapAwareSearchCV,
    )
    from skoverfit.treatment import TreatedClassifier, TreatedRegressor, treat

__version__ = "0.1.0.dev0"

# Imported when they are asked for: the command line starts at once, and can be
# interrupted while scikit-learn is imported.
_HOMES = {
    "CommitteeClassifier": "skoverfit.model_selection",
    "CommitteeRegressor": "skoverfit.model_selection",
    "GapAwareSearchCV": "skoverfit.model_selection",
    "GapEstimate": "skoverfit._gap",
    "GapScores": "skoverfit._gap",
    "OverfitReport": "skoverfit.diagnosis",
    "TreatedClassifier": "skoverfit.treatment",
    "TreatedRegressor": "skoverfit.treatment",
    "diagnose": "skoverfit.diagnosis",
    "gap_scores": "skoverfit._gap_scores",
    "treat": "skoverfit.treatment",
}
_PACKAGES = {"diagnosis", "model_selection", "treatment"}

__all__ = [
    "CommitteeClassifier",
    "CommitteeRegressor",
    "GapAwareSearchCV",
    "GapEstimate",
    "GapScores",
    "OverfitReport",
    "TreatedClassifier",
    "TreatedRegressor",
    "__version__",
    "diagnose",
    "gap_scores",
    "treat",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _PACKAGES:
        return import_module(f"skoverfit.{name}")
    raise AttributeError(f"module 'skoverfit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PACKAGES})
