"""Exact copies of test rows among the training rows."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._judgment import _findings as findings
from skoverfit.diagnosis._judgment._judging import CODES
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Evidence, Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

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
        finding = findings.duplicates(measured.evidence)
        if finding.status != "present":
            return finding
        copies = measured.evidence.duplicates
        change = None if copies is None else copies.change_retrained
        own = measured.evidence.model.gap.mean_test
        if change is not None and np.isfinite(change.mean):
            finding = replace(
                finding,
                counterfactual=own + change.mean,
                counterfactual_label="without the copies in training",
            )
        finding = replace(finding, rows=_example(measured.groups))
        return _with_class(finding, measured) if measured.repeated else finding


def repeated_class(groups: NDArray, y: NDArray) -> tuple[str, float]:
    """Find the one class whose rows were repeated, and the share of its copies.

    Parameters
    ----------
    groups : ndarray of shape (n_samples,)
        Number that copies of a row share, by first appearance.
    y : ndarray of shape (n_samples,)
        Class labels.

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
