"""Explain why a model scores worse on new rows, and measure what closes the gap."""

from skoverfit.diagnosis._diagnose import diagnose
from skoverfit.diagnosis._duplicates import duplicate_groups
from skoverfit.diagnosis._records import (
    Curve,
    DuplicateRows,
    Evidence,
    Finding,
    Reference,
    Remedy,
    Skipped,
    Verdict,
)
from skoverfit.diagnosis._report import OverfitReport, report_schema

__all__ = [
    "Curve",
    "DuplicateRows",
    "Evidence",
    "Finding",
    "OverfitReport",
    "Reference",
    "Remedy",
    "Skipped",
    "Verdict",
    "diagnose",
    "duplicate_groups",
    "report_schema",
]
