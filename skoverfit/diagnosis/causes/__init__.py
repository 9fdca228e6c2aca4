"""Causes of a bad or misleading score, one file each; importing finds them all."""

import importlib
import pkgutil

from skoverfit.diagnosis.causes._base import (
    Cause,
    NotMeasured,
    register_cause,
    registered_causes,
)

__all__ = ["Cause", "NotMeasured", "register_cause", "registered_causes"]

for _module in pkgutil.iter_modules(__path__):  # each registers its cause
    importlib.import_module(f"{__name__}.{_module.name}")
