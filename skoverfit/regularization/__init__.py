"""One dial for the capacity of any known estimator, and early stopping."""

from skoverfit._capacity import capacity_table
from skoverfit.regularization._early_stopping import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
)
from skoverfit.regularization._regularized import (
    RegularizedClassifier,
    RegularizedRegressor,
)
from skoverfit.regularization._shrinkage import (
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
)
from skoverfit.regularization._sparse_linear import SparseClassifier, SparseRegressor
from skoverfit.regularization._with_strength import has_dial, with_strength

__all__ = [
    "EarlyStoppingClassifier",
    "EarlyStoppingRegressor",
    "RegularizedClassifier",
    "RegularizedRegressor",
    "ShrunkTreeClassifier",
    "ShrunkTreeRegressor",
    "SparseClassifier",
    "SparseRegressor",
    "capacity_table",
    "has_dial",
    "with_strength",
]
