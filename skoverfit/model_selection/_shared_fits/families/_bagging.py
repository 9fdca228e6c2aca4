"""Bagging in `n_estimators`: the first members of the largest ensemble."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.utils.validation import validate_data

from skoverfit._compat import _routing_enabled
from skoverfit._compat._ensembles import bagged_votes, bagging_seeds
from skoverfit.model_selection._shared_fits._contract import (
    OncePerRows,
    register_shared_fit,
    view_of,
)
from skoverfit.model_selection._shared_fits.families._prefixes import (
    Answers,
    Prefixes,
    RunningSums,
    is_count,
    is_seed,
)

__all__ = ["BaggingFamily"]


class BaggingFamily(Prefixes):
    """Bagging ensembles that differ in their size."""

    name = "bagging"
    free = ("n_estimators",)

    def serves(self, estimator: Any) -> bool:
        """Whether the members' seeds are known and each member is seeded by them."""
        return (
            type(estimator) in (BaggingClassifier, BaggingRegressor)
            and is_seed(estimator.random_state)
            and is_count(estimator.n_estimators)
            and not estimator.warm_start
            # Every row has other members out of its bag in each prefix.
            and not estimator.oob_score
        )

    def prefix(self, fitted: Any, estimator: Any) -> Any:
        """Return the first members."""
        size = estimator.n_estimators
        return view_of(
            fitted,
            estimator,
            estimators_=fitted.estimators_[:size],
            estimators_features_=fitted.estimators_features_[:size],
            # The rows of each bag are not kept but drawn again when they are asked for.
            **bagging_seeds(fitted, size),
        )

    def answers(self, fitted: Any, rows: Sequence[Any]) -> Answers:
        """Return answers from running sums over the members."""
        if not _adds_up_in_order(fitted):
            return {}
        # What a classifier predicts starts from its probabilities.
        name = "predict_proba" if hasattr(fitted, "classes_") else "predict"
        return {name: _Sums(fitted, rows)}


def _adds_up_in_order(bagging: Any) -> bool:
    """Whether members are added up one by one, not in one sum for each thread."""
    return effective_n_jobs(bagging.n_jobs) == 1 and not _routing_enabled()


class _Sums:
    """What members predict for known rows, added up once, in their order."""

    def __init__(self, largest: Any, rows: Sequence[Any]) -> None:
        self._largest = largest
        self._sums = RunningSums(rows)
        self._validated = OncePerRows(self._validate, rows)

    def __call__(self, view: Any, X: Any) -> np.ndarray:
        """Return the answer of one ensemble."""
        return self._sum(X, view.n_estimators) / view.n_estimators

    def _sum(self, X: Any, size: int) -> np.ndarray:
        start, total = self._sums.resume(X, size)
        for member in range(start, size):
            votes = bagged_votes(self._largest, member, self._validated(X))
            total = np.zeros_like(votes) if total is None else total
            total += votes
        assert total is not None  # ensembles have members
        self._sums.keep(X, size, total)
        return total

    def _validate(self, X: Any) -> Any:
        """Return rows as the ensemble's own methods make them."""
        return validate_data(
            self._largest,
            X,
            accept_sparse=["csr", "csc"],
            dtype=None,
            ensure_all_finite=False,
            reset=False,
        )


register_shared_fit(BaggingFamily())
