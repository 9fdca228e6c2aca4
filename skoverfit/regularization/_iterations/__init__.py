"""Stopping iterative estimators early."""
