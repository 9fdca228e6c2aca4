"""Models that are fitted on changed copies of the rows as well."""

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skoverfit.augmentation import (
    EDA,
    AugmentedClassifier,
    AugmentedRegressor,
    Flip,
    GaussianNoise,
    Mixup,
    RandomDeletion,
    Rotate,
    Shift,
    SwapNoise,
)
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import has_missing, kind_of_rows, prepared
from skoverfit.diagnosis.remedies._same_model import head_name

__all__ = ["AugmentedRows", "ChangedImages", "ChangedTexts"]

COPIES = 3
"""Changed copies of each training row; of mirrored images, there is only one."""

SMOOTH = ("MLP", "SV", "NuSV", "KNeighbors", "Logistic", "Ridge", "SGD")
"""Beginnings of the names of models that copies between the rows may help."""


def _augmented(problem: Problem, model: Any, augmenter: Any) -> Any:
    is_class = problem.is_classification
    kind = AugmentedClassifier if is_class else AugmentedRegressor
    return kind(clone(model), augmenter, random_state=problem.seed)


def _candidates(
    problem: Problem, changes: Iterator[tuple[str, Any]], what: str
) -> list[Candidate]:
    """Propose the given model with each kind of copies; the first stands for all."""
    return [
        Candidate.of(
            f"the same model, {how}",
            f"The same model, fitted on the training {what} and copies of them, {how}.",
            _augmented(problem, problem.estimator, augmenter),
            regularizes=True,
            cost=2.0 + COPIES,
            is_variant=number > 0,
        )
        for number, (how, augmenter) in enumerate(changes)
    ]


class AugmentedRows(RemedyKind):
    """Copies of rows of numbers, changed, while a model is fitted."""

    name = "augmented_rows"

    def applies(self, problem: Problem) -> bool:
        """Whether rows are numbers without gaps, and the model is smooth in them."""
        return (
            kind_of_rows(problem.X) == "numbers"
            and head_name(problem).startswith(SMOOTH)
            and not has_missing(problem.X)
        )

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose noise first; swapped cells and mixed rows where that helps."""
        return _candidates(problem, _changes_of_rows(), "rows")


def _changes_of_rows() -> Iterator[tuple[str, Any]]:
    yield "with noise", GaussianNoise(n_copies=COPIES)
    yield "with swapped cells", SwapNoise(n_copies=COPIES)
    yield "mixed with others", Mixup(n_copies=COPIES)


class ChangedTexts(RemedyKind):
    """Copies of texts, some of their words changed, while a model is fitted."""

    name = "changed_texts"

    def applies(self, problem: Problem) -> bool:
        """Whether rows are texts."""
        return kind_of_rows(problem.X) == "texts"

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose words left out first; several kinds of changes where that helps."""
        return _candidates(problem, _changes_of_texts(), "texts")


def _changes_of_texts() -> Iterator[tuple[str, Any]]:
    yield "with words left out", RandomDeletion(n_copies=COPIES)
    yield "with words swapped, inserted and left out", EDA(n_copies=COPIES)


class ChangedImages(RemedyKind):
    """Copies of images, moved, turned or mirrored, while a model is fitted."""

    name = "changed_images"

    def applies(self, problem: Problem) -> bool:
        """Whether rows are images, given as arrays of pixels."""
        return kind_of_rows(problem.X) == "images"

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose moved images first; turned and mirrored ones where that helps."""
        return [
            Candidate.of(
                f"{name}, {how}",
                f"{name[:1].upper()}{name[1:]}, fitted on the training images and "
                f"copies of them, {how}.",
                _augmented(problem, model, augmenter),
                regularizes=name == "the same model",
                cost=2.0 + COPIES,
                is_variant=not isinstance(augmenter, Shift),
            )
            for how, augmenter in _changes_of_images(problem.seed)
            for name, model in _models(problem)
        ]


def _changes_of_images(seed: int) -> Iterator[tuple[str, Any]]:
    yield "moved", Shift(n_copies=COPIES, random_state=seed)
    yield "turned", Rotate(n_copies=COPIES, random_state=seed)
    yield "mirrored", Flip(n_copies=1, random_state=seed)


def _models(problem: Problem) -> Iterator[tuple[str, Any]]:
    yield "the same model", problem.estimator
    if problem.is_classification:
        vectors: Any = CalibratedClassifierCV(SVC(C=10.0), ensemble=False)
    else:
        scaler = StandardScaler()
        vectors = TransformedTargetRegressor(SVR(C=10.0), transformer=scaler)
    yield "support vectors", prepared(problem.X, vectors)
