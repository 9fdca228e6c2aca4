"""Families of shared fits for known estimators; importing registers them."""

from skoverfit.model_selection._families import (  # noqa: F401
    _bagging,
    _decompositions,
    _forests,
    _linear,
    _selectors,
    _trees,
)
