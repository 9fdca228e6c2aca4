"""Explain why a model scores worse on new rows, and measure what closes the gap."""

from skoverfit.diagnosis._duplicates import duplicate_groups

__all__ = ["duplicate_groups"]
