"""The given model, with its capacity or its training changed."""

from collections.abc import Sequence
from typing import Any, ClassVar

from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, BaggingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit._columns import is_frame
from skoverfit.diagnosis._estimators._steps import (
    first_that_needs_scaling,
    head,
    with_head,
    with_step,
)
from skoverfit.diagnosis._problem import Problem, is_numeric
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind
from skoverfit.diagnosis.remedies._prepared import kind_of_rows
from skoverfit.model_selection import CommitteeClassifier, CommitteeRegressor
from skoverfit.regularization import (
    EarlyStoppingClassifier,
    EarlyStoppingRegressor,
    PrunedTreeClassifier,
    PrunedTreeRegressor,
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
    has_dial,
    with_strength,
)

__all__ = ["Averaged", "Bagged", "PrunedTrees", "Scaled", "StoppedEarly", "Strength"]

SCALERS = ("Scaler", "PowerTransformer", "QuantileTransformer", "Normalizer")
"""Endings of the names of steps that put columns on one scale."""

TREES = ("DecisionTree", "ExtraTree")
UNSTABLE = ("MLP", "HistGradientBoosting", "GradientBoosting")
"""Beginnings of the names of models that, as trees, change much with their rows."""


def head_name(problem: Problem) -> str:
    """Name the class of the predictor."""
    return type(head(problem.estimator)).__name__


class Scaled(RemedyKind):
    """The given model behind a scaler, where it depends on the units of columns."""

    name = "scaled"

    def applies(self, problem: Problem) -> bool:
        """Whether a step depends on units, and none before it changes them."""
        steps = [step for _, step in getattr(problem.estimator, "steps", [])]
        return (
            is_numeric(problem.X)
            and first_that_needs_scaling(problem.estimator) is not None
            and not any(type(step).__name__.endswith(SCALERS) for step in steps)
        )

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose a scaler before the first step that needs it."""
        position = first_that_needs_scaling(problem.estimator)
        assert position is not None
        return [scaled(problem, position, is_sparse=issparse(problem.X))]


def scaled(problem: Problem, position: int, *, is_sparse: bool) -> Candidate:
    """Build the given model with a scaler before a step, which may see sparse rows."""
    scaler = StandardScaler(with_mean=not is_sparse)
    return Candidate.of(
        "the same model, scaled",
        "The same model on columns with mean 0 and standard deviation 1, learned from "
        "the training rows of each split.",
        with_step(problem.estimator, scaler, position),
    )


class Strength(RemedyKind):
    """The given model with its regularization dial turned."""

    name = "strength"
    strengths: ClassVar[tuple[float, ...]] = (0.7, 0.85, 0.3)

    def applies(self, problem: Problem) -> bool:
        """Whether the model has a dial."""
        return has_dial(problem.estimator)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose stronger settings first."""
        return [turned(problem, strength) for strength in self.strengths]


def turned(problem: Problem, strength: float) -> Candidate:
    """Build the given model with another strength of its dial."""
    word = "stronger" if strength > 0.5 else "weaker"
    return Candidate.of(
        f"{word} regularization ({strength:g})",
        f"The same model, its capacity dial turned from 0.5 to {strength:g}.",
        with_strength(problem.estimator, strength, scale_free=False),
        regularizes=strength > 0.5,
    )


class StoppedEarly(RemedyKind):
    """The given model with as many iterations as held-out rows ask for."""

    name = "stopped_early"
    iterative = ("MLP", "GradientBoosting", "HistGradientBoosting", "SGD")

    def applies(self, problem: Problem) -> bool:
        """Whether the model is trained in iterations that can be counted."""
        return head_name(problem).startswith(self.iterative)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose early stopping around the predictor."""
        kind = _one_of(problem, EarlyStoppingClassifier, EarlyStoppingRegressor)
        inner = clone(head(problem.estimator))
        return [
            Candidate.of(
                "stopped early",
                "The same model with as many iterations as held-out rows ask for.",
                with_head(problem.estimator, kind(inner, random_state=problem.seed)),
                regularizes=True,
                cost=2.0,
            )
        ]


class PrunedTrees(RemedyKind):
    """The given trees, their leaves shrunken or their branches cut."""

    name = "pruned_trees"
    shrinkable = (*TREES, "RandomForest", "ExtraTrees")

    def applies(self, problem: Problem) -> bool:
        """Whether the model is a tree or a forest."""
        return head_name(problem).startswith(self.shrinkable)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose shrunken leaves, and for a single tree also pruning."""
        shrunk = _one_of(problem, ShrunkTreeClassifier, ShrunkTreeRegressor)
        inner = head(problem.estimator)
        proposed = [
            Candidate.of(
                "shrunken leaves",
                "The same trees, each node drawn towards those above it, by an amount "
                "chosen by cross-validation.",
                with_head(problem.estimator, shrunk(clone(inner))),
                regularizes=True,
                cost=3.0,
            )
        ]
        if is_single_tree(problem):
            pruned = _one_of(problem, PrunedTreeClassifier, PrunedTreeRegressor)
            proposed.append(
                Candidate.of(
                    "pruned tree",
                    "The same tree, cut back by an amount chosen by cross-validation.",
                    with_head(problem.estimator, pruned(clone(inner))),
                    regularizes=True,
                    cost=3.0,
                )
            )
        return proposed


class Bagged(RemedyKind):
    """The given model on bootstrap samples of the rows, averaged."""

    name = "bagged"

    def applies(self, problem: Problem) -> bool:
        """Whether the model is a single one that changes much with its rows."""
        readable = _is_table(problem) or type(problem.estimator) is Pipeline
        is_network = head_name(problem).startswith("MLP")
        return readable and (is_network or is_single_tree(problem))

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose ten models, or thirty trees."""
        kind = _one_of(problem, BaggingClassifier, BaggingRegressor)
        n_models = 30 if is_single_tree(problem) else 10
        # Bagging makes arrays of frames, which steps before the predictor may need, and
        # reads rows of numbers only.
        whole = not is_frame(problem.X) and _is_table(problem)
        inner = problem.estimator if whole else head(problem.estimator)
        bagged = kind(clone(inner), n_estimators=n_models, random_state=problem.seed)
        return [
            Candidate.of(
                "bagged",
                f"{n_models} of the same model, each on a bootstrap sample of the "
                "rows, averaged.",
                bagged if whole else with_head(problem.estimator, bagged),
                regularizes=True,
                cost=float(n_models),
            )
        ]


class Averaged(RemedyKind):
    """The given model as a committee of its fold models."""

    name = "fold_committee"

    def applies(self, problem: Problem) -> bool:
        """Whether the model changes much with its training rows."""
        is_unstable = head_name(problem).startswith(UNSTABLE)
        return is_unstable or is_single_tree(problem)

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose the average of five fold models."""
        kind = _one_of(problem, CommitteeClassifier, CommitteeRegressor)
        return [
            Candidate.of(
                "committee of its fold models",
                "Five of the same model, each on four fifths of the rows, averaged.",
                kind(clone(problem.estimator), cv=5),
                regularizes=True,
                cost=5.0,
            )
        ]


def is_single_tree(problem: Problem) -> bool:
    """Whether the predictor is one tree."""
    name = head_name(problem)
    return name.startswith(TREES) and "Trees" not in name


def _is_table(problem: Problem) -> bool:
    return kind_of_rows(problem.X) not in ("texts", "images")


def _one_of(problem: Problem, classifier: Any, regressor: Any) -> Any:
    return classifier if problem.is_classification else regressor
