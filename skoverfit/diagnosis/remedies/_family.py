"""What kinds that propose models of another family have in common."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from sklearn.pipeline import Pipeline

from skoverfit.diagnosis._estimators._steps import n_steps, with_head
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import Kind, kind_of_rows, prepared

__all__ = ["Family", "Setting"]

Setting = tuple[str, Any]
"""What is special about a model, in words, and the model."""


def reads_texts_in_steps(problem: Problem) -> bool:
    """Whether the given model reads texts by steps of its own."""
    is_pipeline = isinstance(problem.estimator, Pipeline)
    return (
        is_pipeline
        and n_steps(problem.estimator) > 1
        and kind_of_rows(problem.X) == "texts"
    )


class Family(RemedyKind):
    """Models of another family, with settings that do well on many tables.

    Subclasses say what the models are and what they need of the rows; the steps before
    a model follow from the rows.
    """

    changes_given = False
    title: ClassVar[str]
    reads: ClassVar[tuple[Kind, ...]] = ("numbers", "table")
    scaled: ClassVar[bool] = False
    scales_pixels: ClassVar[bool] = False
    takes_missing: ClassVar[bool] = False
    cost: ClassVar[float] = 1.0
    most_rows: ClassVar[float] = float("inf")

    def applies(self, problem: Problem) -> bool:
        """Whether the models can read the rows, and are not too slow for so many."""
        readable = kind_of_rows(problem.X) in self.reads
        return readable and problem.n_samples <= self.most_rows

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose the usual setting, and others as its variants.

        For texts, the usual one is also proposed behind the given steps.
        """
        settings = list(self.settings(problem))
        own = [
            self._candidate(problem, what, model, is_variant=number > 0)
            for number, (what, model) in enumerate(settings)
        ]
        if own and reads_texts_in_steps(problem):
            own.insert(1, self._behind_given_steps(problem, *settings[0]))
        return own

    def _behind_given_steps(self, problem: Problem, what: str, model: Any) -> Candidate:
        title = self.title.partition(" on ")[0]
        name = f"{title}, {what}" if what else title
        return Candidate.of(
            f"{name}, on the given steps",
            f"Another model behind the steps of the given one: {name}.",
            with_head(problem.estimator, model),
            cost=self.cost_of(problem),
        )

    def cost_of(self, problem: Problem) -> float:
        """Guess what a fit costs; more than the class says where it depends on rows."""
        return self.cost

    @abstractmethod
    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give models with what is special about each, the usual one first."""

    def _candidate(
        self, problem: Problem, what: str, model: Any, *, is_variant: bool
    ) -> Candidate:
        is_images = kind_of_rows(problem.X) == "images"
        estimator = prepared(
            problem.X,
            model,
            seed=problem.seed,
            scaled=self.scales_pixels if is_images else self.scaled,
            takes_missing=self.takes_missing,
        )
        name = f"{self.title}, {what}" if what else self.title
        return Candidate.of(
            name,
            f"Another model: {name}.",
            estimator,
            cost=self.cost_of(problem),
            is_variant=is_variant,
        )
