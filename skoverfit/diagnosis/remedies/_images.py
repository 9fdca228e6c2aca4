"""The given model, and support vectors, on images and changed copies of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from skoverfit.augmentation import (
    AugmentedClassifier,
    AugmentedRegressor,
    Flip,
    Rotate,
    Shift,
)
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import kind_of_rows, prepared

__all__ = ["ChangedImages"]

COPIES = 3
"""Moved or turned copies of each training image; mirrored, there is only one."""


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
                self._augmented(problem, model, augmenter),
                regularizes=name == "the same model",
                cost=2.0 + COPIES,
                is_variant=not isinstance(augmenter, Shift),
            )
            for how, augmenter in _changes(problem.seed)
            for name, model in _models(problem)
        ]

    def _augmented(self, problem: Problem, model: Any, augmenter: Any) -> Any:
        is_class = problem.is_classification
        kind = AugmentedClassifier if is_class else AugmentedRegressor
        return kind(model, augmenter, random_state=problem.seed)


def _changes(seed: int) -> Iterator[tuple[str, Any]]:
    yield "moved", Shift(n_copies=COPIES, random_state=seed)
    yield "turned", Rotate(n_copies=COPIES, random_state=seed)
    yield "mirrored", Flip(n_copies=1, random_state=seed)


def _models(problem: Problem) -> Iterator[tuple[str, Any]]:
    yield "the same model", clone(problem.estimator)
    if problem.is_classification:
        vectors: Any = CalibratedClassifierCV(SVC(C=10.0), ensemble=False)
    else:
        scaler = StandardScaler()
        vectors = TransformedTargetRegressor(SVR(C=10.0), transformer=scaler)
    yield "support vectors", prepared(problem.X, vectors)
