"""Forests: averaged trees on samples of rows or columns."""

from collections.abc import Iterator

from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting

__all__ = ["ExtraTrees", "RandomForest"]


class RandomForest(Family):
    """A random forest."""

    name = "forest"
    title = "random forest"
    reads = ("numbers", "table", "sparse", "images")
    takes_missing = True
    cost = 40.0

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give the usual forest; then larger leaves, and more columns to a split."""
        is_class, seed = problem.is_classification, problem.seed
        kind = RandomForestClassifier if is_class else RandomForestRegressor
        share = 0.5 if is_class else 1 / 3
        yield "", kind(random_state=seed)
        yield "leaves of 3", kind(min_samples_leaf=3, random_state=seed)
        yield f"{share:.0%} of the columns", kind(max_features=share, random_state=seed)


class ExtraTrees(Family):
    """Extremely randomized trees."""

    name = "extra_trees"
    title = "extra trees"
    reads = ("numbers", "table", "sparse", "images")
    takes_missing = True
    cost = 30.0

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give the usual ones; then more columns to a split, and larger leaves."""
        is_class = problem.is_classification
        kind = ExtraTreesClassifier if is_class else ExtraTreesRegressor
        seed = problem.seed
        yield "", kind(random_state=seed)
        yield "half of the columns", kind(max_features=0.5, random_state=seed)
        yield "leaves of 3", kind(min_samples_leaf=3, random_state=seed)
        yield "leaves of 10", kind(min_samples_leaf=10, random_state=seed)
