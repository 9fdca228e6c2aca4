"""Exact copies of test rows among the training rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._judgment._judging import (
    CODES,
    ONE_SIDED,
    finding,
    not_applicable,
    show,
    show_interval,
    small_change,
    status_of,
    why_skipped,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Evidence, Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

MANY_COPIES = 0.01
"""Share of test rows with a copy in training from which it is worth a word."""

FEWEST_COPIES = 3
"""Rows that equal an earlier one from which it is worth a word in any table."""

MIN_SHARE = 0.3
"""Share of a class that must be copies, for it to be called repeated."""

TIMES_OTHERS = 5.0
"""How many times that of every other class this share must be."""

MAX_SHOWN = 10
"""Rows that are named as an example."""


@dataclass(frozen=True)
class Copies:
    """What the evidence says about copies, and where they are.

    Attributes
    ----------
    evidence : Evidence
        With the test rows that occur in training.
    groups : ndarray of shape (n_samples,)
        Number that copies of a row share.
    repeated : str
        The class whose rows were repeated; empty if there is no such class.
    share : float
        Share of its rows that equal an earlier one.
    """

    evidence: Evidence
    groups: NDArray[np.int64]
    repeated: str = ""
    share: float = 0.0


@register_cause
class Duplicates(Cause):
    """Copies of test rows among the training rows."""

    code, name, kind = CODES["duplicates"], "duplicates", "validation"
    title = "Test rows occur among the training rows"
    after_evidence = True
    reads = frozenset({"duplicates"})

    def measure(self, lab: Lab) -> Copies:
        """Read the evidence, and look for a class whose rows were repeated."""
        if lab.evidence is None:
            raise NotMeasured("nothing was measured")
        if not lab.problem.is_classification:
            return Copies(lab.evidence, lab.copies)
        return Copies(
            lab.evidence, lab.copies, *repeated_class(lab.copies, lab.problem.y)
        )

    def judge(self, measured: Copies, problem: Problem) -> Finding:
        """Present from one test row in a hundred on."""
        finding = duplicates(measured.evidence)
        if finding.status != "present":
            return finding
        finding = _in_points(finding, measured.evidence)
        finding = replace(finding, rows=_example(measured.groups))
        return _with_class(finding, measured) if measured.repeated else finding


def _in_points(finding: Finding, evidence: Evidence) -> Finding:
    """Give what the copies add to the score as the effect, where it was measured."""
    copies = evidence.duplicates
    change = None if copies is None else copies.change_retrained
    if change is None or not np.isfinite(change.mean):
        return finding
    low, high = change.interval
    return replace(
        finding,
        effect=-change.mean,
        interval=(-high, -low),
        unit="score",
        counterfactual=evidence.model.gap.mean_test + change.mean,
        counterfactual_label="without the copies in training",
    )


def repeated_class(groups: NDArray, y: NDArray) -> tuple[str, float]:
    """Find the one class whose rows were repeated, and the share of its copies.

    Returns
    -------
    label, share : str and float
        An empty label if copies are no matter of one class.
    """
    first = np.unique(groups, return_index=True)[1]
    is_copy = np.ones(len(groups), dtype=bool)
    is_copy[first] = False
    labels, codes = np.unique(y, return_inverse=True)
    shares = np.bincount(codes, weights=is_copy) / np.bincount(codes)
    most = int(np.argmax(shares))
    others = np.delete(shares, most)
    if shares[most] < max(MIN_SHARE, TIMES_OTHERS * others.max(initial=0.0)):
        return "", 0.0
    return str(labels[most]), float(shares[most])


def _with_class(finding: Finding, measured: Copies) -> Finding:
    """Name the class, and where to oversample instead."""
    return replace(
        finding,
        explanation=(
            f"{measured.share:.0%} of the rows of class {measured.repeated} are copies "
            "of others of it, as oversampling before the split makes them. "
            f"{finding.explanation}"
        ),
        advice=(
            f"{finding.advice} To balance the classes, use class_weight, or oversample "
            "inside the splits: imblearn.pipeline.make_pipeline(RandomOverSampler("
            "random_state=0), estimator)."
        ),
    )


def _example(groups: NDArray[np.int64]) -> tuple[int, ...]:
    """Rows of the largest group of copies."""
    largest = int(np.argmax(np.bincount(groups)))
    return tuple(np.flatnonzero(groups == largest)[:MAX_SHOWN].tolist())


# ------------------------------------------------------------- what the evidence says
def duplicates(evidence: Evidence) -> Finding:
    """Ask whether test rows occur among the training rows, and lift the score."""
    code, title = "duplicates", "Test rows occur among the training rows"
    copies = evidence.duplicates
    if copies is None:
        return not_applicable(
            code, title, why_skipped(evidence, "duplicates"), "share of rows"
        )
    share = float(copies.shared.mean())
    many = share >= MANY_COPIES
    present = many and copies.n_duplicated >= FEWEST_COPIES
    apart = copies.n_duplicated >= MANY_COPIES * evidence.n_samples and not many
    lifts = present and copies_lift(evidence)
    return finding(
        code,
        title=title if present else _no_copies_title(apart),
        status=status_of(present),
        severity="serious" if lifts else "info",
        effect=share,
        interval=(float(copies.shared.min()), float(copies.shared.max())),
        unit="share of rows (interval: range over the splits)",
        explanation=_copies_explanation(evidence, share),
        advice=_copies_advice(lifts) if present else _keep_apart_advice(apart),
    )


def _no_copies_title(apart: bool) -> str:
    if apart:
        return "Copies of rows are on the same side of every split"
    return "Hardly any test row occurs in training"


def _keep_apart_advice(apart: bool) -> str:
    if not apart:
        return ""
    return (
        "Keep it so: shuffled splits would put copies of test rows into training, "
        "unless groups=duplicate_groups(X)."
    )


def copies_lift(evidence: Evidence) -> bool:
    """Whether the copies reliably lift the test score by more than a small change."""
    change = evidence.duplicates and evidence.duplicates.change_retrained
    if not change or np.isnan(change.pvalue):
        return False
    return 1 - change.pvalue < ONE_SIDED and -change.mean >= small_change(evidence)


def _copies_explanation(evidence: Evidence, share: float) -> str:
    copies = evidence.duplicates
    assert copies is not None
    text = f"{share:.1%} of the test rows equal a training row in every feature"
    text += f" ({copies.shared_same_target.mean():.1%} with the same target)."
    if np.isfinite(copies.unseen_score) and np.isfinite(copies.seen_score):
        text += (
            f" {evidence.scoring} {show(copies.seen_score, evidence)} on these, "
            f"{show(copies.unseen_score, evidence)} on the others."
        )
    change = copies.change_retrained
    if change is not None and np.isfinite(change.mean):
        text += (
            " Without the copies in training, against as many random rows less, the "
            f"test score changes by {show(change.mean, evidence)} "
            f"({show_interval(change.interval, evidence)})."
        )
    return text


def _copies_advice(lifts: bool) -> str:
    if lifts:
        return (
            "The score is too good for rows never seen: keep copies on one side with "
            "groups=duplicate_groups(X), or drop them."
        )
    return (
        "They do not measurably lift the score; still check whether they are repeated "
        "measurements or an accident."
    )
