"""Linear models: regularized, sparse, of bent columns, of products of columns."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from sklearn.linear_model import ElasticNetCV, LassoCV, LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting
from skoverfit.diagnosis.remedies._prepared import has_missing, kind_of_rows

__all__ = ["Interactions", "Linear", "SparseLinear", "Splines"]

ALPHAS = np.logspace(-2, 5, 15)
MAX_ITER = 1000


def ridge(problem: Problem, strength: float = 1.0) -> Any:
    """Make a linear model with an L2 penalty; one that chooses it for numbers."""
    if problem.is_classification:
        return LogisticRegression(C=strength, max_iter=MAX_ITER)
    return RidgeCV(alphas=ALPHAS)


class Linear(Family):
    """A linear model with an L2 penalty."""

    name = "linear"
    title = "regularized linear model"
    reads = ("numbers", "table", "sparse", "texts", "images")
    scaled = scales_pixels = True

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give a middle penalty; then a strong, a weak and a very strong one."""
        if not problem.is_classification:
            yield "", ridge(problem)
            return
        texts = kind_of_rows(problem.X) == "texts"
        for strength in (10.0, 1.0) if texts else (0.1, 1.0, 0.01, 10.0):
            yield f"C={strength:g}", ridge(problem, strength)


class SparseLinear(Family):
    """A linear model that leaves columns out."""

    name = "sparse_linear"
    title = "sparse linear model"
    reads = ("numbers", "table")
    scaled = True
    cost = 4.0

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give the lasso first, then less sparse ones."""
        if not problem.is_classification:
            yield "lasso", LassoCV(max_iter=5000)
            yield "elastic net", ElasticNetCV(l1_ratio=0.5, max_iter=5000)
            return
        for strength in (0.1, 1.0):
            model = LogisticRegression(
                C=strength,
                l1_ratio=1.0,
                solver="liblinear" if problem.n_classes == 2 else "saga",
                max_iter=MAX_ITER,
                random_state=problem.seed,
            )
            yield f"C={strength:g}", model


class _OfNewColumns(Family):
    """A linear model of columns that are made of the given ones."""

    reads = ("numbers",)
    cost = 3.0
    most_columns: ClassVar[int]

    def applies(self, problem: Problem) -> bool:
        """Whether columns are numbers without gaps, and few."""
        few = problem.n_features <= self.most_columns
        return few and super().applies(problem) and not has_missing(problem.X)

    @abstractmethod
    def new_columns(self) -> list[Any]:
        """Give the steps that make the columns."""

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give a strong penalty, then a weaker one."""
        strengths: Sequence[float] = (0.1, 1.0) if problem.is_classification else (1.0,)
        for strength in strengths:
            model = make_pipeline(
                *self.new_columns(), StandardScaler(), ridge(problem, strength)
            )
            yield (f"C={strength:g}" if problem.is_classification else ""), model


class Splines(_OfNewColumns):
    """A linear model of columns that may act along curves."""

    name = "splines"
    title = "linear model of splines"
    most_columns = 50

    def new_columns(self) -> list[Any]:
        """Bend each column along a curve of five knots."""
        return [SplineTransformer(extrapolation="linear")]


class Interactions(_OfNewColumns):
    """A linear model of the columns and the products of any two."""

    name = "interactions"
    title = "linear model of products of columns"
    most_columns = 30

    def new_columns(self) -> list[Any]:
        """Multiply columns that are scaled, so that products are not sums."""
        return [StandardScaler(), PolynomialFeatures(include_bias=False)]
