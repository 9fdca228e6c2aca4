"""One dial for the capacity of any known estimator, and early stopping."""

from skoverfit._capacity import capacity_table
from skoverfit.regularization._early_stopping import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
)
from skoverfit.regularization._noise_features import NoiseFeatureFilter
from skoverfit.regularization._pruning import (
    PrunedTreeClassifier,
    PrunedTreeRegressor,
)
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

__all__ = [
    "EarlyStoppingClassifier",
    "EarlyStoppingRegressor",
    "NoiseFeatureFilter",
    "PrunedTreeClassifier",
    "PrunedTreeRegressor",
    "RegularizedClassifier",
    "RegularizedRegressor",
    "ShrunkTreeClassifier",
    "ShrunkTreeRegressor",
    "capacity_table",
    "has_dial",
    "with_strength",
]
