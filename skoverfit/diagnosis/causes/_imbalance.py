"""Rare classes that a score hides, and the scores that show them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta
from sklearn.metrics import average_precision_score, confusion_matrix

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

HIDING_SCORES = (
    "accuracy",
    "accuracy_score",
    "f1_micro",
    "f1_weighted",
    "precision_micro",
    "precision_weighted",
    "recall_micro",
    "recall_weighted",
)
"""Scores in which a rare class counts for no more than its few rows."""

LARGE_MAJORITY = 0.75
"""Share of the largest class from which the classes are imbalanced."""

LOW_RECALL = 0.5
"""Share of a class found that is low whatever the problem."""

FEWEST_ROWS = 10
"""Rows of a class below which its recall says nothing."""


@dataclass(frozen=True)
class Recalls:
    """What is found of each class.

    Attributes
    ----------
    labels : tuple of str
        The classes.
    counts : ndarray of int
        Their rows.
    recalls : ndarray of float
        Share of each that is found.
    upper : ndarray of float
        Upper ends of their intervals at 97.5 %.
    accuracy : float
        Of the same predictions.
    average_precision : float
        Of the rarest class, of two; NaN if there are more or no probabilities.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    recalls: NDArray[np.float64]
    upper: NDArray[np.float64]
    accuracy: float
    average_precision: float

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls."""
        return float(self.recalls.mean())

    @property
    def majority(self) -> float:
        """Share of the largest class: the accuracy of always predicting it."""
        return float(self.counts.max() / self.counts.sum())

    @property
    def worst(self) -> int:
        """Position of the class of which least is found, among those with rows."""
        enough = np.where(self.counts >= FEWEST_ROWS, self.recalls, np.inf)
        return int(np.argmin(enough))

    @property
    def is_hidden(self) -> bool:
        """Whether the classes are imbalanced and most of a rarer one is missed."""
        worst = self.worst
        return bool(
            self.majority >= LARGE_MAJORITY
            and self.counts[worst] >= FEWEST_ROWS
            and self.counts[worst] < self.counts.max()
            and self.upper[worst] < LOW_RECALL
        )


def recalls_of(oof: OutOfFold) -> Recalls:
    """Count what is found of each class."""
    labels = np.unique(oof.y)
    table = confusion_matrix(oof.y, oof.predictions, labels=labels)
    counts = np.unique(oof.y, return_counts=True)[1]
    right = np.diag(table)
    return Recalls(
        tuple(str(label) for label in labels),
        counts,
        right / counts,
        beta.ppf(0.975, right + 1, np.maximum(counts - right, 1e-9)),
        float(right.sum() / counts.sum()),
        _average_precision(oof, labels[np.argmin(counts)]),
    )


def _average_precision(oof: OutOfFold, rare: Any) -> float:
    if oof.probabilities is None or oof.classes is None or len(oof.classes) != 2:
        return np.nan
    column = int(np.flatnonzero(oof.classes == rare)[0])
    return float(average_precision_score(oof.y == rare, oof.probabilities[:, column]))


@register_cause
class HiddenImbalance(Cause):
    """A score that does not show that a rare class is missed."""

    code = "SKO403"
    name = "imbalance_hidden"
    title = "The score hides that a rare class is missed"
    kind = "target"
    needs = frozenset({"classification"})

    def measure(self, lab: Lab) -> Recalls:
        """Count what is found of each class, out of fold."""
        if lab.oof is None:
            raise NotMeasured("there are no out-of-fold predictions")
        return recalls_of(lab.oof)

    def judge(self, measured: Recalls, problem: Problem) -> Finding:
        """Present if the score is of the hiding kind and a class is mostly missed."""
        if problem.scoring not in HIDING_SCORES:
            why = f"{problem.scoring} does not count rare classes by their rows alone."
            return self.finding("not_applicable", explanation=why)
        balanced = measured.balanced_accuracy
        label = "balanced accuracy of the same predictions"
        worst = measured.worst
        text = (
            f"The largest class has {measured.majority:.1%} of the rows, so always "
            f"predicting it has an accuracy of {measured.majority:.3f}; the model has "
            f"{measured.accuracy:.3f}. Recalls: {_recalls_text(measured)}. "
            f"Balanced accuracy {balanced:.3f} (chance: {1 / len(measured.labels):.3f})"
            f"{_precision_text(measured)}."
        )
        if not measured.is_hidden:
            title = "No rare class is mostly missed"
            return self.finding(
                "absent", title=title, explanation=text, counterfactual=balanced,
                counterfactual_label=label,
            )  # fmt: skip
        return self.finding(
            "present",
            title=(
                f"The {problem.scoring} hides that {measured.recalls[worst]:.0%} of "
                f"class {measured.labels[worst]} is found: the classes are imbalanced"
            ),
            severity="warning",
            effect=measured.accuracy - balanced,
            explanation=text,
            counterfactual=balanced,
            counterfactual_label=label,
            advice=_advice(measured),
        )


def _recalls_text(measured: Recalls) -> str:
    names, found = measured.labels, measured.recalls
    return ", ".join(
        f"class {names[k]} {found[k]:.2f} ({measured.counts[k]} rows)"
        for k in np.argsort(measured.counts, kind="stable")[:6]
    )


def _precision_text(measured: Recalls) -> str:
    if np.isnan(measured.average_precision):
        return ""
    chance = measured.counts.min() / measured.counts.sum()
    value = measured.average_precision
    return f", average precision of the rare class {value:.3f} (chance: {chance:.3f})"


def _advice(measured: Recalls) -> str:
    two = len(measured.labels) == 2
    better = "balanced_accuracy, average_precision or roc_auc"
    better = better if two else "balanced_accuracy or f1_macro"
    example = "average_precision" if two else "balanced_accuracy"
    return (
        f"Judge by a score that counts each class: {better} "
        f"(scoring={example!r}, or --scoring {example}); then weigh the classes "
        "(class_weight='balanced') or move the threshold."
    )
