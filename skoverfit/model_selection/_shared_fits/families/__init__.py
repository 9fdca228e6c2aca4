"""Families of shared fits for known estimators; importing registers them."""

from skoverfit.model_selection._shared_fits.families import (  # noqa: F401
    _bagging,
    _boosting,
    _decompositions,
    _external_boosting,
    _forests,
    _hist_boosting,
    _linear,
    _neighbors,
    _networks,
    _selectors,
    _trees,
)
