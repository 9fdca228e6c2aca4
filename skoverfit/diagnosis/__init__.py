"""Explain why a model scores worse on new rows, and measure what closes the gap."""

from skoverfit.diagnosis._curve_displays import (
    LearningCurveGapDisplay,
    StrengthPathDisplay,
)
from skoverfit.diagnosis._diagnose import diagnose
from skoverfit.diagnosis._displays import GapDisplay, RemediesDisplay
from skoverfit.diagnosis._duplicates import duplicate_groups
from skoverfit.diagnosis._records import (
    Curve,
    DuplicateRows,
    Evidence,
    Finding,
    Reference,
    Remedy,
    Signal,
    Skipped,
    Subject,
    Verdict,
)
from skoverfit.diagnosis._report import OverfitReport, report_schema
from skoverfit.diagnosis._search_displays import GapSearchDisplay
from skoverfit.diagnosis._training_display import TrainingCurveDisplay

__all__ = [
    "Curve",
    "DuplicateRows",
    "Evidence",
    "Finding",
    "GapDisplay",
    "GapSearchDisplay",
    "LearningCurveGapDisplay",
    "OverfitReport",
    "Reference",
    "RemediesDisplay",
    "Remedy",
    "Signal",
    "Skipped",
    "StrengthPathDisplay",
    "Subject",
    "TrainingCurveDisplay",
    "Verdict",
    "diagnose",
    "duplicate_groups",
    "report_schema",
]
