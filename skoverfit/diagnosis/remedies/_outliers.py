"""Models that a few values far from all others do not bend."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import HuberRegressor
from sklearn.preprocessing import QuantileTransformer

from skoverfit._columns import NUMERIC
from skoverfit.diagnosis._estimators._steps import first_that_needs_scaling, with_step
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._table import make_table
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._family import Family, Setting
from skoverfit.diagnosis.remedies._prepared import kind_of_rows

__all__ = ["BoundedColumns", "RobustLinear"]

FAR = 8.0
"""Standard deviations from the median, judged by the quartiles, that are far."""

MOST_QUANTILES = 1000

QUARTILES = 1.349
"""Distance of the quartiles of a normal distribution in standard deviations."""


def has_outliers(values: ArrayLike) -> bool:
    """Whether some values of a column lie far from all others."""
    numbers = np.asarray(values, dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return False
    low, middle, high = np.quantile(numbers, [0.25, 0.5, 0.75])
    spread = (high - low) / QUARTILES
    return bool(spread > 0 and np.abs(numbers - middle).max() > FAR * spread)


def _columns_have_outliers(problem: Problem) -> bool:
    table = make_table(problem.X, problem.seed)
    return table is not None and any(
        has_outliers(table.column(name))
        for name, kind in zip(table.names, table.kinds, strict=True)
        if kind in NUMERIC
    )


class BoundedColumns(RemedyKind):
    """The given model on columns in which no value is far from all others."""

    name = "bounded_columns"

    def applies(self, problem: Problem) -> bool:
        """Whether a step depends on units, and some column has outliers."""
        return (
            kind_of_rows(problem.X) == "numbers"
            and first_that_needs_scaling(problem.estimator) is not None
            and _columns_have_outliers(problem)
        )

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose columns of normal shape before the first step that needs units."""
        position = first_that_needs_scaling(problem.estimator)
        assert position is not None
        n_train = min((len(train) for train, _ in problem.splits), default=2)
        normal = QuantileTransformer(
            n_quantiles=min(n_train, MOST_QUANTILES),
            output_distribution="normal",
            random_state=problem.seed,
        )
        return [
            Candidate.of(
                "the same model, columns of normal shape",
                "The same model on columns whose ranks are spread as those of a normal "
                "distribution, learned from the training rows of each split: no value "
                "is far from the others.",
                with_step(problem.estimator, normal, position),
            )
        ]


class RobustLinear(Family):
    """A linear model for which rows far from it count by their distance only."""

    name = "robust_linear"
    title = "linear model with the loss of Huber"
    scaled = True
    cost = 3.0

    def applies(self, problem: Problem) -> bool:
        """Whether the target holds numbers with outliers."""
        is_number = not problem.is_classification
        return is_number and has_outliers(problem.y) and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give a middle penalty."""
        yield "", HuberRegressor(alpha=1.0, max_iter=1000)
