"""Families of shared fits for known estimators; importing registers them."""

from skoverfit.model_selection._families import _trees  # noqa: F401
