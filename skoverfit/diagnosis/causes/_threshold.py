"""Probabilities that rank well, and a threshold of one half that hides it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from skoverfit._gap import Estimate
from skoverfit.diagnosis._comparisons._comparison import Comparison
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._decisions import tuned_threshold

Counts = NDArray[Any]
Metric = Callable[[Counts, Counts, Counts, Counts], Counts]

MIN_AREA = 0.55
"""Area under the ROC curve from which probabilities rank well."""

N_THRESHOLDS = 99
"""Thresholds that are tried: quantiles of the probabilities."""

N_RESAMPLES = 2000
"""Bootstrap samples behind the interval."""

SQUEEZED = 2.0
"""Slope of the outcome against its probability, 1 if these can be taken at their word,
from which they hardly leave the share of the class: the model fits too little."""

MIN_MAJORITY = 0.75
"""Share of the larger class from which accuracy hides what a threshold would do."""


@dataclass(frozen=True)
class Threshold:
    """What another threshold changes.

    Attributes
    ----------
    area : float
        Area under the ROC curve of the out-of-fold probabilities.
    positive : str
        The class whose probability is compared with the threshold.
    value : float
        The threshold that is best on all out-of-fold probabilities.
    recall, recall_at : float
        Share of that class found at 0.5, and at the better threshold.
    comparison : Comparison
        Score at thresholds that were chosen on the other splits, against 0.5.
    is_own_score : bool
        Whether it is the score of the problem.
    slope : float
        Of the outcome against its probability; 1 if that can be taken at its word.
    """

    area: float
    positive: str
    value: float
    recall: float
    recall_at: float
    comparison: Comparison
    is_own_score: bool
    slope: float = 1.0

    @property
    def is_symptom(self) -> bool:
        """Whether probabilities that are squeezed together explain it.

        One half is right for accuracy, if only the probabilities are.
        """
        return self.comparison.scoring == "accuracy" and self.slope >= SQUEEZED


def accuracy(tp: Counts, fp: Counts, fn: Counts, tn: Counts) -> Counts:
    """Share of all that is right."""
    return (tp + tn) / (tp + fp + fn + tn)


def balanced_accuracy(tp: Counts, fp: Counts, fn: Counts, tn: Counts) -> Counts:
    """Mean of the recalls of both classes."""
    return (tp / np.maximum(tp + fn, 1) + tn / np.maximum(tn + fp, 1)) / 2


def f1(tp: Counts, fp: Counts, fn: Counts, tn: Counts) -> Counts:
    """Harmonic mean of precision and recall."""
    return 2 * tp / np.maximum(2 * tp + fp + fn, 1)


def f1_macro(tp: Counts, fp: Counts, fn: Counts, tn: Counts) -> Counts:
    """Mean of F1 of both classes."""
    return (f1(tp, fp, fn, tn) + f1(tn, fn, fp, tp)) / 2


METRICS: dict[str, Metric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "f1": f1,
    "f1_macro": f1_macro,
}
"""Scores that a threshold may raise, from counts of true and false positives and
negatives, so that thousands of thresholds and samples cost little."""


def best_threshold(
    metric: Metric, is_positive: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> float:
    """Find the threshold with the best score; the middle of several."""
    tried = np.unique(np.quantile(probabilities, np.linspace(0, 1, N_THRESHOLDS + 2)))
    found = probabilities[:, None] >= tried
    scores = metric(*_counts(is_positive[:, None], found))
    best = tried[scores >= scores.max() - 1e-12]
    return float(best[len(best) // 2])


def _counts(truth: NDArray[np.bool_], found: NDArray[np.bool_]) -> tuple[Counts, ...]:
    """Count true and false positives, and false and true negatives."""
    pairs = (truth & found, ~truth & found, truth & ~found, ~truth & ~found)
    return tuple(pair.sum(axis=0) for pair in pairs)


def slope_of(
    is_positive: NDArray[np.bool_], probabilities: NDArray[np.float64]
) -> float:
    """Slope of the outcome against its probability, by least squares; 1 if unknown."""
    together = np.cov(probabilities, is_positive)
    return float(together[0, 1] / together[0, 0]) if together[0, 0] > 0 else 1.0


def cross_fitted(
    metric: Metric,
    is_positive: NDArray[np.bool_],
    probabilities: NDArray[np.float64],
    split: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Decide each row by the threshold that is best on the other splits.

    Parameters
    ----------
    metric : callable
        Of counts, greater is better.
    is_positive, probabilities, split : ndarray of shape (n_samples,)
        Truth, probability and split of each row.

    Returns
    -------
    found : ndarray of shape (n_samples,)
        Whether the row is called positive.
    """
    found = np.zeros(len(split), dtype=bool)
    for number in np.unique(split):
        test = split == number
        value = best_threshold(metric, is_positive[~test], probabilities[~test])
        found[test] = probabilities[test] >= value
    return found


def change_by_rows(
    metric: Metric,
    truth: NDArray[np.bool_],
    own: NDArray[np.bool_],
    moved: NDArray[np.bool_],
    seed: int,
) -> Estimate:
    """Change of a score between two decisions about the same rows, by bootstrap."""
    cells = 4 * truth + 2 * own + moved
    counts = np.bincount(cells, minlength=8)
    rng = np.random.default_rng(seed)
    # Each class keeps its rows, as it does in stratified splits.
    samples = np.hstack(
        [
            rng.multinomial(part.sum(), part / max(part.sum(), 1), N_RESAMPLES)
            for part in (counts[:4], counts[4:])
        ]
    )
    changes = _change_of_cells(metric, samples)
    mean = float(_change_of_cells(metric, counts[None])[0])
    low, high = np.quantile(changes, [0.025, 0.975])
    return Estimate(
        mean=mean,
        std_error=float(changes.std(ddof=1)),
        interval=(float(low), float(high)),
        confidence_level=0.95,
        pvalue=float((1 + np.count_nonzero(changes <= 0)) / (1 + len(changes))),
        tolerance=0.0,
        n_splits=2,
        n_invalid=0,
    )


def _change_of_cells(metric: Metric, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """Cells are numbered 4 * truth + 2 * own + moved."""
    table = cells.reshape(-1, 2, 2, 2)
    own, moved = table.sum(axis=3), table.sum(axis=2)
    scores = [
        metric(part[:, 1, 1], part[:, 0, 1], part[:, 1, 0], part[:, 0, 0])
        for part in (moved, own)
    ]
    return scores[0] - scores[1]


@register_cause
class HiddenByThreshold(Cause):
    """A threshold that throws away what the probabilities know."""

    code = "SKO405"
    name = "threshold"
    title = "The threshold of 0.5 hides what the probabilities know"
    kind = "target"
    needs = frozenset({"classification"})

    def measure(self, lab: Lab) -> Threshold | None:
        """Choose the threshold on the other splits, and score it on each."""
        oof = lab.oof
        if oof is None or oof.probabilities is None or oof.classes is None:
            raise NotMeasured("the model has no probabilities")
        if len(oof.classes) != 2 or len(np.unique(oof.split)) < 2:
            return None
        found = metric_of(lab.problem, oof)
        if found is None:
            return None
        metric, name, column = found
        truth = oof.y == oof.classes[column]
        probability = oof.probabilities[:, column]
        # What the model itself says: it breaks ties at 0.5 in its own way.
        own = oof.predictions == oof.classes[column]
        moved = cross_fitted(metric, truth, probability, oof.split)
        change = change_by_rows(metric, truth, own, moved, lab.problem.seed)
        value = best_threshold(metric, truth, probability)
        score = float(metric(*_counts(truth, own)))
        comparison = Comparison(
            label=f"a threshold of about {value:.2f} instead of 0.5",
            own=score,
            other=score + change.mean,
            train=np.nan,
            other_train=np.nan,
            change=change,
            scoring=name,
            score_range=1.0,
        )
        return Threshold(
            float(roc_auc_score(truth, probability)),
            str(oof.classes[column]),
            value,
            float(own[truth].mean()),
            float(moved[truth].mean()),
            comparison,
            name == lab.problem.scoring,
            slope_of(truth, probability),
        )

    def judge(self, measured: Threshold | None, problem: Problem) -> Finding:
        """Present if the probabilities rank well and moving the threshold pays."""
        if measured is None:
            why = "There are more than two classes, or no threshold changes the score."
            return self.finding("not_applicable", explanation=why)
        found = measured.comparison
        own = measured.is_own_score  # points of another score explain nothing of it
        fields = {
            **found.fields,
            "unit": "score" if own else f"score of {found.scoring}",
        }
        rank = "rank well" if measured.area >= MIN_AREA else "hardly rank"
        text = (
            f"The probabilities {rank} (ROC AUC {measured.area:.3f}). {found.text} "
            f"The share of class {measured.positive} that is found goes from "
            f"{measured.recall:.0%} to {measured.recall_at:.0%}."
        )
        if measured.area < MIN_AREA or not found.improves:
            title = "No other threshold is reliably better than 0.5"
            return self.finding("absent", title=title, explanation=text, **fields)
        if measured.is_symptom:
            text += (
                " The probabilities hardly leave the share of the class: the model "
                "fits too little."
            )
        return self.finding(
            "present",
            severity="info" if measured.is_symptom else "warning",
            explanation=text,
            advice=(
                f"Put a threshold near {measured.value:.2f} on the probability of "
                f"class {measured.positive}, chosen inside the validation: "
                f"TunedThresholdClassifierCV(model, scoring={found.scoring!r})."
            ),
            **fields,
        )

    def remedies(
        self, measured: Threshold | None, problem: Problem
    ) -> tuple[Candidate, ...]:
        """Propose a tuned threshold, where it raises the score of the problem."""
        if measured is None or not measured.is_own_score:
            return ()
        return (tuned_threshold(problem),)


def metric_of(problem: Problem, oof: OutOfFold) -> tuple[Metric, str, int] | None:
    """Choose the score that a threshold may raise.

    Returns
    -------
    metric, name, column : callable, str and int, or None
        The positive class is that column of the probabilities: 1 for F1, which asks
        for it, else the rarer one. None if no threshold changes the score.
    """
    assert oof.classes is not None
    counts = np.array([np.count_nonzero(oof.y == label) for label in oof.classes])
    name, rare = problem.scoring, int(np.argmin(counts))
    if name == "accuracy" and counts.max() >= MIN_MAJORITY * counts.sum():
        name = "balanced_accuracy"
    if name not in METRICS:
        return None
    column = 1 if name == "f1" else rare
    return METRICS[name], name, column
