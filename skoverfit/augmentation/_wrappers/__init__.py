"""Estimators and transformers that augment training rows only."""
