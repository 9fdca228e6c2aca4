"""Neural networks: more epochs begin with the fewer ones."""

from collections.abc import Set
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skoverfit._compat._models import after_each_epoch, best_weights
from skoverfit.model_selection._shared_fits._contract import (
    TrainingSet,
    register_shared_fit,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._prefixes import (
    Rounds,
    is_count,
    is_seed,
)

#: Where a network in training keeps what it was after some of its epochs.
EPOCHS = "_skoverfit_epochs"


#: What a network tells about its training besides its weights.
TOLD = (
    "best_loss_",
    "best_validation_score_",
    "loss_",
    "loss_curve_",
    "n_iter_",
    "t_",
    "validation_scores_",
)


class _Epoch(NamedTuple):
    """What a network has learned after an epoch, and what it says of it."""

    weights: dict[str, list[np.ndarray]]
    told: dict[str, Any]


class NetworkEpochs(Rounds):
    """Neural networks that differ in the largest number of epochs.

    Shorter trainings do not warn that they have not converged; the longest does.
    """

    name = "neural network epochs"
    free = ("max_iter",)
    default_size = 200
    needs = (
        "a whole number of at least 1 for it, random_state=<int>, solver='adam' or "
        "'sgd' and warm_start=False"
    )

    def knows(self, estimator: Any) -> bool:
        """Whether it is scikit-learn's multilayer perceptron."""
        return type(estimator) in (MLPClassifier, MLPRegressor)

    def serves(self, estimator: Any) -> bool:
        """Whether every epoch is the same in a longer training."""
        return (
            self.knows(estimator)
            and is_count(estimator.max_iter)
            and is_seed(estimator.random_state)
            and estimator.solver in ("adam", "sgd")
            and not estimator.warm_start
        )

    def fitted(self, estimator: Any, data: TrainingSet, sizes: Set[int]) -> Any:
        """Return the longest training, with what it was after some of its epochs."""
        network = clone(estimator)
        epochs: dict[int, _Epoch] = {}

        def keep() -> None:
            if network.n_iter_ in sizes:
                epochs[network.n_iter_] = _epoch(network)

        with after_each_epoch(network, keep):
            network.fit(data.X, data.y, **data.fit_params)
        vars(network)[EPOCHS] = epochs
        return network

    def has_prefix(self, fitted: Any, estimator: Any) -> bool:
        """Whether the training was seen after so many epochs, or stopped by then."""
        epochs = vars(fitted)[EPOCHS]
        return estimator.max_iter in epochs or _stopped(fitted, estimator.max_iter)

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the network after fewer epochs."""
        view = view_of(fitted, estimator)
        epochs = vars(view).pop(EPOCHS)
        if not _stopped(fitted, estimator.max_iter):
            epoch = epochs[estimator.max_iter]
            vars(view).update({**epoch.weights, **epoch.told})
        return view


def _stopped(network: Any, epoch: int) -> bool:
    """Whether a fitted network trained no longer than some number of epochs."""
    return network.n_iter_ <= epoch


def _epoch(network: Any) -> _Epoch:
    """Return what a fit that ended with the current epoch would hand over."""
    coefs, intercepts = _handed_over(network)
    weights = {"coefs_": coefs, "intercepts_": intercepts}
    return _Epoch(weights, {name: _copied(network, name) for name in TOLD})


def _copied(network: Any, name: str) -> Any:
    value = getattr(network, name)
    return list(value) if isinstance(value, list) else value


def _handed_over(network: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the weights; those of the best epoch so far where it stops early."""
    if network.early_stopping:
        return best_weights(network)  # made anew for each better epoch
    # The optimizer goes on to change these in place.
    coefs = [each.copy() for each in network.coefs_]
    return coefs, [each.copy() for each in network.intercepts_]


register_shared_fit(NetworkEpochs())
