"""One dial for the capacity of any known estimator, and early stopping."""

from skoverfit._capacity import capacity_table
from skoverfit.regularization._early_stopping import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
)
from skoverfit.regularization._label_smoothing import LabelSmoothingClassifier
from skoverfit.regularization._regularized import (
    RegularizedClassifier,
    RegularizedRegressor,
    has_dial,
    with_strength,
)
from skoverfit.regularization._shrinkage import (
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
)
from skoverfit.regularization._weight_averaging import (
    WeightAveragingClassifier,
    WeightAveragingRegressor,
)

__all__ = [
    "EarlyStoppingClassifier",
    "EarlyStoppingRegressor",
    "LabelSmoothingClassifier",
    "RegularizedClassifier",
    "RegularizedRegressor",
    "ShrunkTreeClassifier",
    "ShrunkTreeRegressor",
    "WeightAveragingClassifier",
    "WeightAveragingRegressor",
    "capacity_table",
    "has_dial",
    "with_strength",
]
