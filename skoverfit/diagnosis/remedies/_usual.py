"""What every diagnosis tries, whatever it finds: quick settings of a few kinds."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn import ensemble
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit import augmentation
from skoverfit.diagnosis._estimators._steps import head, is_linear, with_head
from skoverfit.diagnosis._problem import Problem, is_numeric
from skoverfit.diagnosis._records import Skipped
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._linear import ridge
from skoverfit.diagnosis.remedies._same_model import head_name, is_single_tree

OTHER_ROWS = 10_000
"""Training rows of a split on which models of another kind are fitted at most: their
cost has nothing to do with that of the model under diagnosis."""

MANY_CLASSES = 5
"""Classes from which boosting, with a tree for each in every round, takes too long."""

_BEGINNINGS = (
    "dial at",
    "stronger regularization",
    "weaker regularization",
    "regularized linear",
    "boosted trees",
    "extra trees",
    "forest",
)
"""First words of the names under which candidates are skipped."""


def untried(skipped: Iterable[Skipped]) -> list[str]:
    """Name the decisive candidates that were skipped for want of time.

    Augmentation is none of them: it rarely changes a verdict on a table.
    """
    late = [item.what for item in skipped if "budget" in item.reason]
    return [what for what in late if what.startswith(_BEGINNINGS)]


# ------------------------------------------------------------------- other predictors
def simple(problem: Problem) -> Candidate | None:
    """Build a regularized linear model; None if the estimator is linear itself."""
    if is_linear(problem.estimator):
        return None
    scaler = StandardScaler(with_mean=not _may_be_sparse(problem))
    return Candidate.of(
        "regularized linear model",
        "A linear model with an L2 penalty on standardized features.",
        with_head(
            problem.estimator,
            make_pipeline(SimpleImputer(), scaler, ridge(problem, 0.1)),
        ),
        most_rows=OTHER_ROWS,
    )


def flexible(problem: Problem) -> Candidate | None:
    """Build a model of high capacity; None if the estimator is that itself."""
    if "Boosting" in head_name(problem):
        return None
    many = problem.is_classification and problem.n_classes > MANY_CLASSES
    if _may_be_sparse(problem) or many:
        return _extra_trees(problem)
    return _trees(
        problem,
        "HistGradientBoosting",
        "boosted trees",
        "Histogram gradient boosting with scikit-learn's defaults.",
    )


def _extra_trees(problem: Problem) -> Candidate | None:
    """Trees that take sparse input, and whose cost does not grow with the classes."""
    if _is_forest(problem):
        return None
    return _trees(
        problem,
        "ExtraTrees",
        "extra trees",
        "100 extremely randomized trees with scikit-learn's defaults.",
    )


def forest(problem: Problem) -> Candidate | None:
    """Replace a single tree by a forest; None for anything else."""
    if not is_single_tree(problem):
        return None
    return _trees(
        problem,
        "RandomForest",
        "forest instead of one tree",
        "100 trees on bootstrap samples, averaged.",
    )


def cautious_forest(problem: Problem) -> Candidate | None:
    """Build a forest that sees weak signal; None for a forest."""
    if _is_forest(problem):
        return None
    return _trees(
        problem,
        "ExtraTrees",
        "forest with large leaves",
        "100 extremely randomized trees whose leaves hold at least ten rows.",
        min_samples_leaf=10,
    )


def _trees(
    problem: Problem, trees: str, name: str, description: str, **options: Any
) -> Candidate:
    """Put an ensemble of scikit-learn in the place of the predictor."""
    kind = trees + ("Classifier" if problem.is_classification else "Regressor")
    model = getattr(ensemble, kind)(**options, random_state=0)
    return Candidate.of(
        name,
        description,
        with_head(problem.estimator, model),
        most_rows=OTHER_ROWS,
        regularizes=is_single_tree(problem),
    )


def _is_forest(problem: Problem) -> bool:
    return head_name(problem).startswith(("RandomF", "ExtraTrees"))


# ----------------------------------------------------------------------- augmentation
def swap_noise(problem: Problem) -> Candidate | None:
    """Add copies with some cells swapped at fit; None without a table."""
    if not _is_table(problem):
        return None
    estimator = _augmented(problem, problem.estimator, augmentation.SwapNoise())
    return _as_augmentation("swap noise", "cells taken from other rows", estimator)


def gaussian_noise(problem: Problem) -> Candidate | None:
    """Add noisy copies at fit; None where no numbers are to be found."""
    is_pipeline = isinstance(problem.estimator, Pipeline)
    if not _is_table(problem) or not (is_pipeline or is_numeric(problem.X)):
        return None
    inner = head(problem.estimator)
    noisy = _augmented(problem, inner, augmentation.GaussianNoise())
    estimator = with_head(problem.estimator, noisy)
    return _as_augmentation("Gaussian noise", "noise on the numbers", estimator)


def _augmented(problem: Problem, estimator: Any, augmenter: Any) -> Any:
    kind = (
        augmentation.AugmentedClassifier
        if problem.is_classification
        else augmentation.AugmentedRegressor
    )
    return kind(clone(estimator), augmenter, random_state=0)


def _as_augmentation(name: str, how: str, estimator: Any) -> Candidate:
    return Candidate.of(
        f"augmentation with {name}",
        f"At fit, one perturbed copy of every training row is added: {how}.",
        estimator,
        regularizes=True,
    )


# --------------------------------------------------------------------- kinds of input
def _is_table(problem: Problem) -> bool:
    """Whether X has rows and columns."""
    shape: tuple[int, ...] = getattr(problem.X, "shape", None) or np.shape(problem.X)
    return len(shape) == 2 and shape[1] > 0


def _may_be_sparse(problem: Problem) -> bool:
    """Whether the predictor may see a sparse matrix: sparse input or texts."""
    return issparse(problem.X) or not _is_table(problem)
