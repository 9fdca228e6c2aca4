"""One dial for the capacity of any known estimator, and early stopping."""

from skoverfit._capacity._dials import Capacity, ComputedValue, Dial
from skoverfit._capacity._facts import Facts
from skoverfit._capacity._lookup import (
    capacity_table,
    register_capacity,
    unregister_capacity,
)
from skoverfit.regularization._dial._regularized import (
    RegularizedClassifier,
    RegularizedRegressor,
)
from skoverfit.regularization._dial._with_strength import has_dial, with_strength
from skoverfit.regularization._features._noise_features import NoiseFeatureFilter
from skoverfit.regularization._iterations._early_stopping import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
)
from skoverfit.regularization._sparse_linear import SparseClassifier, SparseRegressor
from skoverfit.regularization._trees._pruning import (
    PrunedTreeClassifier,
    PrunedTreeRegressor,
)
from skoverfit.regularization._trees._shrinkage import (
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
)

__all__ = [
    "Capacity",
    "ComputedValue",
    "Dial",
    "EarlyStoppingClassifier",
    "EarlyStoppingRegressor",
    "Facts",
    "NoiseFeatureFilter",
    "PrunedTreeClassifier",
    "PrunedTreeRegressor",
    "RegularizedClassifier",
    "RegularizedRegressor",
    "ShrunkTreeClassifier",
    "ShrunkTreeRegressor",
    "SparseClassifier",
    "SparseRegressor",
    "capacity_table",
    "has_dial",
    "register_capacity",
    "unregister_capacity",
    "with_strength",
]
