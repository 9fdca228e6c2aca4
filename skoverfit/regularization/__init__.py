"""One dial for the capacity of any known estimator, and early stopping."""

from skoverfit._capacity import capacity_table
from skoverfit.regularization._early_stopping import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
)
from skoverfit.regularization._regularized import (
    RegularizedClassifier,
    RegularizedRegressor,
    has_dial,
    with_strength,
)

__all__ = [
    "EarlyStoppingClassifier",
    "EarlyStoppingRegressor",
    "RegularizedClassifier",
    "RegularizedRegressor",
    "capacity_table",
    "has_dial",
    "with_strength",
]
