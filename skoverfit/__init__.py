"""Measure, explain and close the train/validation gap of scikit-learn models."""

__version__ = "0.1.0.dev0"
