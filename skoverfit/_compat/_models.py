"""Private parts of scikit-learn's base class, neighbors, components and networks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from skoverfit._compat._internals import accessor, shadow_method

__all__ = [
    "after_each_epoch",
    "best_weights",
    "compares_all_pairs",
    "likely_dimension",
    "neighbor_rows",
    "neighbor_targets",
    "own_output",
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


@contextmanager
def after_each_epoch(network: Any, function: Callable[[], None]) -> Iterator[None]:
    """Let fits of a neural network call a function after each epoch for a while."""
    _watch_epochs(network, function)
    try:
        yield
    finally:
        del vars(network)["_update_no_improvement_count"]


@accessor
def _watch_epochs(network: Any, function: Callable[[], None]) -> None:
    """Shadow what a neural network itself calls after each epoch."""
    own = network._update_no_improvement_count

    def update(*args: Any, **kwargs: Any) -> None:
        own(*args, **kwargs)
        function()

    shadow_method(network, "_update_no_improvement_count", update)


@accessor
def best_weights(network: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the coefficients and intercepts that early stopping would restore."""
    return network._best_coefs, network._best_intercepts


@accessor
def own_output(estimator: Any) -> str | None:
    """Return the container that ``set_output`` has asked of a transformer, if any."""
    config = getattr(estimator, "_sklearn_output_config", {})
    return config.get("transform")
