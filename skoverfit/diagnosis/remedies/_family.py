"""What kinds that propose models of another family have in common."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import Kind, kind_of_rows, prepared

__all__ = ["Family", "Setting"]

Setting = tuple[str, Any]
"""What is special about a model, in words, and the model."""


class Family(RemedyKind):
    """Models of another family, with settings that do well on many tables.

    Subclasses say what the models are and what they need of the rows; the steps before
    a model follow from the rows.
    """

    changes_given = False
    title: ClassVar[str]
    reads: ClassVar[tuple[Kind, ...]] = ("numbers", "table")
    scaled: ClassVar[bool] = False
    takes_missing: ClassVar[bool] = False
    cost: ClassVar[float] = 1.0
    most_rows: ClassVar[float] = float("inf")

    def applies(self, problem: Problem) -> bool:
        """Whether the models can read the rows, and are not too slow for so many."""
        readable = kind_of_rows(problem.X) in self.reads
        return readable and problem.n_samples <= self.most_rows

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose the usual setting, and others as its variants."""
        return [
            self._candidate(problem, what, model, is_variant=number > 0)
            for number, (what, model) in enumerate(self.settings(problem))
        ]

    @abstractmethod
    def settings(self, problem: Problem) -> Iterator[Setting]:
        """Give models with what is special about each, the usual one first."""

    def _candidate(
        self, problem: Problem, what: str, model: Any, *, is_variant: bool
    ) -> Candidate:
        estimator = prepared(
            problem.X,
            model,
            seed=problem.seed,
            scaled=self.scaled,
            takes_missing=self.takes_missing,
        )
        name = f"{self.title}, {what}" if what else self.title
        return Candidate.of(
            name,
            f"Another model: {name}.",
            estimator,
            cost=self.cost,
            is_variant=is_variant,
        )
