"""Treat a model: what closes its gap is tried, proven and applied."""

from skoverfit.treatment._estimators import TreatedClassifier, TreatedRegressor
from skoverfit.treatment._report import TreatmentReport, TreatmentStep
from skoverfit.treatment._treat import treat

__all__ = [
    "TreatedClassifier",
    "TreatedRegressor",
    "TreatmentReport",
    "TreatmentStep",
    "treat",
]
