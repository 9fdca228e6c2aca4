"""Models of distances between rows: support vectors and nearest neighbors."""

from collections.abc import Iterator

from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting

__all__ = ["Neighbors", "SupportVectors", "for_pairs"]

QUICK_ROWS = 1000
"""Rows up to which support vectors cost a few fits of a linear model."""


def for_pairs(n_samples: int) -> float:
    """Guess how many times dearer, beside linear models, all pairs of rows are."""
    return max(n_samples / QUICK_ROWS, 1.0)


class SupportVectors(Family):
    """Support vectors with a radial kernel, and probabilities."""

    name = "support_vectors"
    title = "support vectors"
    reads = ("numbers", "table", "images")
    scaled = True
    cost = 8.0
    most_rows = 5000

    def cost_of(self, problem: Problem) -> float:
        """Guess a cost that grows with rows: kernels are of all pairs of them."""
        return self.cost * for_pairs(problem.n_samples)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give a middle penalty; then weaker and stronger ones."""
        for strength in (1.0, 10.0, 0.3):
            if problem.is_classification:
                model = CalibratedClassifierCV(SVC(C=strength), ensemble=False)
            else:
                model = TransformedTargetRegressor(
                    SVR(C=strength), transformer=StandardScaler()
                )
            yield f"C={strength:g}", model


class Neighbors(Family):
    """Nearest neighbors on scaled columns."""

    name = "neighbors"
    title = "nearest neighbors"
    reads = ("numbers", "table", "images")
    scaled = True
    most_rows = 50_000

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give ten neighbors; then thirty and five."""
        is_class = problem.is_classification
        kind = KNeighborsClassifier if is_class else KNeighborsRegressor
        for count in (10, 30, 5):
            if count < problem.n_samples // 3:
                yield f"{count} of them", kind(count, weights="distance")
