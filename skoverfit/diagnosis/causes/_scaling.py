"""Columns of different scales, before a model that takes the scale for importance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from skoverfit.diagnosis._comparisons._comparison import Comparison, compare_with
from skoverfit.diagnosis._estimators._steps import (
    first_that_needs_scaling,
    seen_by_fold,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._same_model import scaled

MIN_RATIO = 5.0
"""Largest over smallest standard deviation from which columns differ in scale."""


@dataclass(frozen=True)
class Scales:
    """What scaling changes.

    Attributes
    ----------
    ratio : float
        Largest over smallest standard deviation of the columns.
    largest, smallest : str
        The columns with these.
    is_sparse : bool
        Whether the model sees them as a sparse matrix, which is not centered.
    comparison : Comparison or None
        The same model, scaled; None where the scales are alike.
    """

    ratio: float
    largest: str
    smallest: str
    is_sparse: bool
    comparison: Comparison | None


def column_spreads(X: Any) -> NDArray[np.float64]:
    """Give the standard deviation of each column; 0 if constant, without missing."""
    if issparse(X):
        return np.sqrt(mean_variance_axis(X.tocsr().astype(float), axis=0)[1])
    X = np.asarray(X, dtype=float)
    X = np.where(np.isfinite(X), X, np.nan)
    counts = np.maximum(np.isfinite(X).sum(axis=0), 1)
    means = np.nansum(X, axis=0) / counts
    spread = np.sqrt(np.nansum((X - means) ** 2, axis=0) / counts)
    # A constant column has a spread of rounding errors.
    return np.where(spread > 1e-10 * np.abs(means), spread, 0.0)


@register_cause
class UnscaledColumns(Cause):
    """Columns that are not scaled, in a model that needs it."""

    code = "SKO108"
    name = "unscaled_columns"
    title = "The columns are not scaled"
    kind = "model"
    cost = 1.0

    def measure(self, lab: Lab) -> Scales | None:
        """Compare the spreads that the model sees, and score it with a scaler."""
        problem = lab.problem
        position = first_that_needs_scaling(problem.estimator)
        if position is None:
            return None
        assert lab.core is not None
        table = seen_by_fold(problem, lab.core.fitted, position)
        if table is None:
            raise NotMeasured("the model does not see a table of numbers")
        spreads = column_spreads(table[0])
        varied = np.flatnonzero(spreads)
        if not len(varied):
            raise NotMeasured("no column varies")
        low, high = varied[np.argmin(spreads[varied])], np.argmax(spreads)
        ratio = float(spreads[high] / spreads[low])
        comparison, is_sparse = None, issparse(table[0])
        if ratio >= MIN_RATIO:
            comparison = compare_with(
                lab, scaled(problem, position, is_sparse=is_sparse)
            )
        return Scales(ratio, table[1][high], table[1][low], is_sparse, comparison)

    def judge(self, measured: Scales | None, problem: Problem) -> Finding:
        """Present if the same model, scaled, reliably scores better."""
        if measured is None:
            why = "The model does not depend on the units of the columns."
            return self.finding("not_applicable", explanation=why)
        spread = (
            f"{measured.largest} varies {measured.ratio:,.0f} times as much as "
            f"{measured.smallest}"
        )
        found = measured.comparison
        if found is None:
            title = "The columns are of similar scale"
            return self.finding("absent", title=title, explanation=f"{spread}.")
        text = f"{spread}. {found.text}"
        if not found.improves:
            title = "Scaling the columns does not raise the score"
            return self.finding("absent", title=title, explanation=text, **found.fields)
        return self.finding(
            "present",
            title="The columns are not scaled, and this model needs it",
            explanation=text,
            severity="warning",
            columns=(measured.largest, measured.smallest),
            advice=(
                "Scale inside the pipeline, so that each split learns the scale from "
                "its training rows: make_pipeline(StandardScaler(), model)."
            ),
            **found.fields,
        )

    def remedies(
        self, measured: Scales | None, problem: Problem
    ) -> tuple[Candidate, ...]:
        """Propose the same model, scaled."""
        position = first_that_needs_scaling(problem.estimator)
        if measured is None or measured.comparison is None or position is None:
            return ()
        return (scaled(problem, position, is_sparse=measured.is_sparse),)
