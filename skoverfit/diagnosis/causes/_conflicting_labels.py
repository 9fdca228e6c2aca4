"""Rows that are equal in every column but not in the target."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause

MIN_LOST = 0.01
"""Share of rows that no model can get right from which it is worth a word."""

MIN_EXPLAINED = 1 / 3
"""Share of the model's errors that conflicts must explain, at the least."""

N_SHOWN = 20
"""Rows that are shown."""


@dataclass(frozen=True)
class Conflicts:
    """Equal rows with different labels.

    Attributes
    ----------
    n_groups, n_rows : int
        Sets of equal rows with more than one label, and their rows.
    lost : float
        Share of all rows that no model can get right.
    error : float
        Share of rows that the model gets wrong; NaN if unknown.
    rows : ndarray of int
        The rows in conflict, equal ones together.
    """

    n_groups: int
    n_rows: int
    lost: float
    error: float
    rows: NDArray[np.int64]


def find_conflicts(
    copies: NDArray[np.int64], y: NDArray, error: float = np.nan
) -> Conflicts:
    """Find equal rows with different labels.

    Parameters
    ----------
    copies : ndarray of shape (n_samples,)
        Number that equal rows share.
    y : ndarray of shape (n_samples,)
        Labels.
    error : float, default=NaN
        Share of rows that the model gets wrong.
    """
    codes = np.unique(y, return_inverse=True)[1]
    pairs, counts = np.unique(
        np.column_stack([copies, codes]), axis=0, return_counts=True
    )
    labels = np.bincount(pairs[:, 0])
    most = np.zeros(len(labels), dtype=np.int64)
    np.maximum.at(most, pairs[:, 0], counts)
    mixed = np.flatnonzero(labels > 1)
    rows = np.flatnonzero(labels[copies] > 1)
    lost = (np.bincount(copies) - most).sum() / len(y)
    rows = rows[np.argsort(copies[rows], kind="stable")]
    return Conflicts(len(mixed), len(rows), float(lost), error, rows)


@register_cause
class ConflictingLabels(Cause):
    """Equal rows with different labels."""

    code = "SKO402"
    name = "conflicting_labels"
    title = "Equal rows have different labels"
    kind = "target"
    needs = frozenset({"classification"})

    def measure(self, lab: Lab) -> Conflicts:
        """Count equal rows with different labels."""
        oof = lab.oof
        error = np.nan if oof is None else float(np.mean(oof.predictions != oof.y))
        return find_conflicts(lab.same_rows, lab.problem.y, error)

    def judge(self, measured: Conflicts, problem: Problem) -> Finding:
        """Present if they explain a good part of the model's errors."""
        lost, error = measured.lost, measured.error
        text = (
            f"{measured.n_rows} rows in {measured.n_groups} sets are equal in every "
            f"column and differ in the label: no model of these columns can get more "
            f"than {1 - lost:.1%} of all rows right."
        )
        if np.isfinite(error):
            text += f" The model gets {1 - error:.1%} right."
        explains = not np.isfinite(error) or lost >= MIN_EXPLAINED * error
        if lost < MIN_LOST or not explains:
            title = "Labels of equal rows do not limit the score"
            return self.finding("absent", title=title, explanation=text, effect=lost)
        shown = tuple(int(row) for row in measured.rows[:N_SHOWN])
        return self.finding(
            "present",
            severity="warning",
            effect=lost,
            unit="score" if problem.scoring == "accuracy" else "share of rows",
            explanation=text,
            counterfactual=1 - lost,
            counterfactual_label="the best accuracy possible with these columns",
            rows=shown,
            advice=(
                f"Look at rows {', '.join(map(str, shown[:10]))}: either a label is "
                "wrong, or a column is missing that tells the rows apart."
            ),
        )
