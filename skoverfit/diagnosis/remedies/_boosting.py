"""Boosted trees of scikit-learn."""

from collections.abc import Iterator
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting

__all__ = ["Boosting"]

MANY_CLASSES = 30
"""Classes from which boosting, with a tree for each in every round, takes too long."""


class Boosting(Family):
    """Histogram gradient boosting.

    One of the settings is the tuned default of [1]_ for LightGBM, as far as there are
    such parameters here.

    References
    ----------
    .. [1] D. Holzmueller, L. Grinsztajn, I. Steinwart, "Better by Default: Strong
       Pre-Tuned MLPs and Boosted Trees on Tabular Data", NeurIPS, 2024.
    """

    name = "boosting"
    title = "boosted trees"
    takes_missing = True
    cost = 60.0

    def applies(self, problem: Problem) -> bool:
        """Whether the rows can be read, and classes are not too many."""
        many = problem.is_classification and problem.n_classes > MANY_CLASSES
        return not many and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give slow learning of small trees; then defaults, and columns at random."""
        is_class = problem.is_classification
        kind = (
            HistGradientBoostingClassifier
            if is_class
            else HistGradientBoostingRegressor
        )
        seed = problem.seed
        slow: dict[str, Any] = {"learning_rate": 0.05, "random_state": seed}
        yield "small", kind(max_leaf_nodes=8, l2_regularization=1.0, **slow)
        yield "usual", kind(random_state=seed)
        yield (
            "columns at random",
            kind(max_leaf_nodes=8, max_features=0.3, max_iter=150, **slow),
        )
        yield (
            "published defaults",
            kind(
                learning_rate=0.04 if is_class else 0.05,
                max_leaf_nodes=50 if is_class else 100,
                min_samples_leaf=40 if is_class else 3,
                random_state=seed,
            ),
        )
