"""Naive Bayes on counted words."""

from collections.abc import Iterator

from sklearn.naive_bayes import ComplementNB

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._family import Family, Setting

__all__ = ["NaiveBayes"]


class NaiveBayes(Family):
    """Naive Bayes for texts."""

    name = "naive_bayes"
    title = "naive Bayes on words and characters"
    reads = ("texts",)

    def applies(self, problem: Problem) -> bool:
        """Whether texts are to be told apart."""
        return problem.is_classification and super().applies(problem)

    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give little smoothing, then more."""
        for alpha in (0.3, 1.0):
            yield f"alpha={alpha:g}", ComplementNB(alpha=alpha)
