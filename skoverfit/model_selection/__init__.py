"""Searches that take the train/test gap into account, and the rules they select by."""

from skoverfit.model_selection._pareto import ParetoKnee, pareto_front
from skoverfit.model_selection._racing import Racing, Refinement
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
    "ParetoKnee",
    "PenalizedGap",
    "Racing",
    "Refinement",
    "SelectionPath",
    "SelectionRule",
    "SmallestGapByPairedTest",
    "SmallestGapWithinNoise",
    "pareto_front",
]
