"""The given classifier with other decisions, where the score is not about most rows."""

from collections.abc import Sequence

from sklearn.base import clone
from sklearn.metrics import get_scorer_names
from sklearn.model_selection import TunedThresholdClassifierCV

from skoverfit.diagnosis._estimators._steps import head, with_head
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis.remedies._base import Candidate, RemedyKind

__all__ = ["BalancedClasses", "TunedThreshold"]

OF_ALL_ROWS = ("accuracy", "roc_auc", "neg_log_loss", "neg_brier", "average_precision")
"""Beginnings of scores that other decisions cannot raise."""


def _decides(problem: Problem) -> bool:
    """Whether the score depends on decisions, and not on all rows alike."""
    plain = problem.scoring.startswith(OF_ALL_ROWS)
    return problem.is_classification and not plain


class BalancedClasses(RemedyKind):
    """The given classifier with weights that make all classes count the same."""

    name = "balanced_classes"

    def applies(self, problem: Problem) -> bool:
        """Whether the predictor has such weights, and has none now."""
        params = head(problem.estimator).get_params(deep=False)
        return _decides(problem) and params.get("class_weight", "none") is None

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose balanced weights."""
        model = clone(head(problem.estimator)).set_params(class_weight="balanced")
        return [
            Candidate.of(
                "balanced classes",
                "The same model with weights that make all classes count the same.",
                with_head(problem.estimator, model),
            )
        ]


class TunedThreshold(RemedyKind):
    """The given classifier with the threshold that is best in cross-validation."""

    name = "tuned_threshold"

    def applies(self, problem: Problem) -> bool:
        """Whether there are two classes, and numbers that a threshold can cut."""
        soft = any(
            hasattr(problem.estimator, name)
            for name in ("predict_proba", "decision_function")
        )
        return _decides(problem) and problem.n_classes == 2 and soft

    def candidates(self, problem: Problem) -> Sequence[Candidate]:
        """Propose the threshold for the score of the problem."""
        return [tuned_threshold(problem)]


def tuned_threshold(problem: Problem) -> Candidate:
    """Build the given model with a threshold chosen by cross-validation."""
    named = problem.scoring in get_scorer_names()
    tuned = TunedThresholdClassifierCV(
        clone(problem.estimator), scoring=problem.scoring if named else problem.scorer
    )
    return Candidate.of(
        "a tuned threshold",
        f"The same model; the threshold on its probability is where {problem.scoring} "
        "is best by cross-validation in the training rows.",
        tuned,
        cost=5.0,
    )
