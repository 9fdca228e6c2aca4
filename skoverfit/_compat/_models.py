"""Private parts of scikit-learn's base class, of neighbors and decompositions."""

from typing import Any

import numpy as np

from skoverfit._compat._internals import accessor

__all__ = [
    "compares_all_pairs",
    "likely_dimension",
    "neighbor_rows",
    "neighbor_targets",
    "parameter_names",
]


@accessor
def parameter_names(cls: type) -> list[str]:
    """Return the parameters in the signature of an estimator's class."""
    return cls._get_param_names()  # type: ignore[attr-defined]


@accessor
def compares_all_pairs(fitted: Any) -> bool:
    """Whether fitted nearest neighbors compare all rows, without a tree."""
    return fitted._fit_method == "brute"


@accessor
def neighbor_rows(fitted: Any) -> Any:
    """Return the rows that nearest neighbors were fitted on."""
    return fitted._fit_X


@accessor
def neighbor_targets(fitted: Any) -> np.ndarray:
    """Return the target of these rows; for classifiers, positions in ``classes_``."""
    return fitted._y


@accessor
def likely_dimension(variances: np.ndarray, n_samples: int) -> int:
    """Return the number of components that PCA keeps by maximum likelihood."""
    from sklearn.decomposition._pca import _infer_dimension

    return _infer_dimension(variances, n_samples)
