"""Remedies: one kind of change a file, each with the estimators that it proposes."""
