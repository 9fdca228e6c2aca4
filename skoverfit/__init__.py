"""Measure, explain and close the train/validation gap of scikit-learn models."""

from skoverfit._gap import GapEstimate, GapScores, gap_scores
from skoverfit.diagnosis import OverfitReport, diagnose
from skoverfit.model_selection import GapAwareSearchCV

__version__ = "0.1.0.dev0"

__all__ = [
    "GapAwareSearchCV",
    "GapEstimate",
    "GapScores",
    "OverfitReport",
    "__version__",
    "diagnose",
    "gap_scores",
]
