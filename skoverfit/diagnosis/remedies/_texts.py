"""Naive Bayes on counted words, and words beside sequences of characters."""

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
)
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import FeatureUnion, Pipeline

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._family import Family, Setting
from skoverfit.diagnosis.remedies._prepared import characters, kind_of_rows
from skoverfit.diagnosis.remedies._same_model import head_name

__all__ = ["NaiveBayes", "WordsAndCharacters"]


class WordsAndCharacters(RemedyKind):
    """The given steps for texts, with sequences of characters beside the words."""

    name = "words_and_characters"
    slow_in_columns = ("HistGradientBoosting", "GradientBoosting", "MLP")

    def applies(self, problem: Problem) -> bool:
        """Whether the first step counts words, for a model that takes many columns."""
        counter = _first_step(problem.estimator)
        counts = isinstance(counter, (CountVectorizer, HashingVectorizer))
        if not counts or head_name(problem).startswith(self.slow_in_columns):
            return False
        return bool(counter.analyzer == "word") and _is_texts(problem)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose both side by side, with all other steps as they are."""
        name, counter = problem.estimator.steps[0]
        parts = [("words", clone(counter)), ("characters", characters())]
        return [
            Candidate.of(
                "the same model on words and characters",
                "The given steps, with sequences of two to five characters beside the "
                "words.",
                clone(problem.estimator).set_params(**{name: FeatureUnion(parts)}),
                cost=3.0,
            )
        ]


def _first_step(estimator: Any) -> Any:
    return estimator.steps[0][1] if isinstance(estimator, Pipeline) else None


def _is_texts(problem: Problem) -> bool:
    return kind_of_rows(problem.X) == "texts"


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
