"""Explain why a model scores worse on new rows, and measure what closes the gap."""

from skoverfit.diagnosis._diagnose import diagnose
from skoverfit.diagnosis._displays._base import GapDisplay, RemediesDisplay
from skoverfit.diagnosis._displays._curves import (
    LearningCurveGapDisplay,
    StrengthPathDisplay,
)
from skoverfit.diagnosis._displays._predictions import PredictionsDisplay
from skoverfit.diagnosis._displays._search import GapSearchDisplay
from skoverfit.diagnosis._displays._training import TrainingCurveDisplay
from skoverfit.diagnosis._displays._waterfall import GapWaterfallDisplay
from skoverfit.diagnosis._leakage import LeakageCheck, check_no_leakage
from skoverfit.diagnosis._records import (
    Curve,
    Decomposition,
    DuplicateRows,
    Evidence,
    Finding,
    NotMeasured,
    OtherScore,
    Reference,
    Remedy,
    RemedyChange,
    RowsNeeded,
    Signal,
    Skipped,
    Subject,
    Verdict,
)
from skoverfit.diagnosis._report._report import OverfitReport, report_schema
from skoverfit.diagnosis._rows._duplicates import duplicate_groups
from skoverfit.diagnosis._rows._near_copies import near_copy_groups
from skoverfit.diagnosis._without_model._history import HistoryReport, diagnose_history
from skoverfit.diagnosis._without_model._predictions import (
    PredictionReport,
    diagnose_predictions,
)
from skoverfit.diagnosis._without_model._short_report import Sign
from skoverfit.diagnosis.causes import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._registry import register_remedy

__all__ = [
    "Candidate",
    "Cause",
    "Curve",
    "Decomposition",
    "DuplicateRows",
    "Evidence",
    "Finding",
    "GapDisplay",
    "GapSearchDisplay",
    "GapWaterfallDisplay",
    "HistoryReport",
    "LeakageCheck",
    "LearningCurveGapDisplay",
    "NotMeasured",
    "OtherScore",
    "OverfitReport",
    "PredictionReport",
    "PredictionsDisplay",
    "Reference",
    "RemediesDisplay",
    "Remedy",
    "RemedyChange",
    "RemedyKind",
    "RowsNeeded",
    "Sign",
    "Signal",
    "Skipped",
    "StrengthPathDisplay",
    "Subject",
    "TrainingCurveDisplay",
    "Verdict",
    "check_no_leakage",
    "diagnose",
    "diagnose_history",
    "diagnose_predictions",
    "duplicate_groups",
    "near_copy_groups",
    "register_cause",
    "register_remedy",
    "report_schema",
]
