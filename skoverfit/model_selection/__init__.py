"""Searches that take the train/test gap into account, and the rules they select by."""

from skoverfit.model_selection._search import GapAwareSearchCV, SelectionPath
from skoverfit.model_selection._selection import (
    BestScore,
    MaxGap,
    PenalizedGap,
    SelectionRule,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)

__all__ = [
    "BestScore",
    "GapAwareSearchCV",
    "MaxGap",
    "PenalizedGap",
    "SelectionPath",
    "SelectionRule",
    "SmallestGapByPairedTest",
    "SmallestGapWithinNoise",
]
