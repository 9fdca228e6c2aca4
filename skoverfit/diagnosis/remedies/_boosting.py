"""Boosted trees: scikit-learn's, and those of other libraries if asked for."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from skoverfit._optional import import_optional
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting

__all__ = ["Boosting", "CatBoost", "LightGBM", "XGBoost"]

MANY_CLASSES = 30
"""Classes from which boosting, with a tree for each in every round, takes too long."""


class Boosting(Family):
    """Histogram gradient boosting."""

    name = "boosting"
    title = "boosted trees"
    takes_missing = True
    cost = 60.0

    def applies(self, problem: Problem) -> bool:
        """Whether the rows can be read, and classes are not too many."""
        many = problem.is_classification and problem.n_classes > MANY_CLASSES
        return not many and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give slow learning of small trees; then the defaults, and stumps of three."""
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


class _OfLibrary(Family):
    """Boosted trees of another library, where it is installed."""

    asked_only = True
    takes_missing = True
    cost = 60.0
    library: str
    classes: tuple[str, str]
    options: dict[str, Any]

    def applies(self, problem: Problem) -> bool:
        """Whether the library is installed."""
        return find_spec(self.library) is not None and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give slow learning with one thread."""
        module = import_optional(self.library, extra="interop")
        name = self.classes[0 if problem.is_classification else 1]
        yield "", getattr(module, name)(random_state=problem.seed, **self.options)


class LightGBM(_OfLibrary):
    """LightGBM."""

    name = library = "lightgbm"
    title = "LightGBM"
    classes = ("LGBMClassifier", "LGBMRegressor")
    options = {"learning_rate": 0.05, "num_leaves": 15, "n_jobs": 1, "verbose": -1}


class XGBoost(_OfLibrary):
    """XGBoost."""

    name = library = "xgboost"
    title = "XGBoost"
    classes = ("XGBClassifier", "XGBRegressor")
    options = {"learning_rate": 0.1, "max_depth": 4, "n_jobs": 1}


class CatBoost(_OfLibrary):
    """CatBoost."""

    name = library = "catboost"
    title = "CatBoost"
    classes = ("CatBoostClassifier", "CatBoostRegressor")
    options = {
        "iterations": 300,
        "verbose": False,
        "thread_count": 1,
        "allow_writing_files": False,
    }
