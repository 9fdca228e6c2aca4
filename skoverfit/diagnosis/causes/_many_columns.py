"""About as many columns as rows: any target can be fitted, this one too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LassoCV, LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skoverfit.diagnosis._comparisons._comparison import Comparison, compare_with
from skoverfit.diagnosis._estimators._steps import (
    is_linear,
    n_steps,
    seen_by_fold,
    with_head,
)
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate

FEW_COLUMNS = 1 / 3
"""Columns per training row below which there are not many."""

LARGE_GAP = 0.25
"""Share of the score range from which a gap shows that the columns fit anything."""

SPARSE_LINEAR = "a sparse linear model"
"""Name of the remedy."""

PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Values of C that the sparse classifier tries."""


@dataclass(frozen=True)
class ManyColumns:
    """Columns against rows, and what a sparse model makes of them.

    Attributes
    ----------
    n_columns, n_rows : int
        Columns that the model sees, and training rows of a split.
    comparison : Comparison or None
        A sparse linear model; None where there are few columns.
    is_lost : bool
        Whether the model fits its training rows and is no better than a dummy.
    """

    n_columns: int
    n_rows: int
    comparison: Comparison | None
    is_lost: bool


def sparse_linear(problem: Problem) -> Candidate:
    """Build a linear model that leaves columns out, by an L1 penalty it chooses."""
    model: Any = LassoCV(max_iter=5000, random_state=0)
    if problem.is_classification:
        model = LogisticRegressionCV(
            Cs=list(PENALTIES),
            l1_ratios=(1,),
            solver="saga",
            max_iter=300,
            tol=0.01,
            use_legacy_attributes=False,
            random_state=0,
        )
    new = make_pipeline(SimpleImputer(), StandardScaler(), model)
    return Candidate.of(
        SPARSE_LINEAR,
        "A linear model whose L1 penalty leaves out columns that do not help.",
        with_head(problem.estimator, new),
        regularizes=is_linear(problem.estimator),
    )


@register_cause
class ManyColumnsForFewRows(Cause):
    """Many columns for few rows."""

    code = "SKO106"
    name = "many_columns"
    title = "There are many columns for few rows"
    kind = "data"
    cost = 1.0

    def measure(self, lab: Lab) -> ManyColumns:
        """Count what the model sees, and score a model that leaves columns out."""
        problem, core = lab.problem, lab.core
        assert core is not None
        seen = seen_by_fold(problem, core.fitted, n_steps(problem.estimator) - 1)
        if seen is None:
            raise NotMeasured("the model does not see a table of numbers")
        n_columns = seen[0].shape[1]
        n_rows = int(np.median([len(train) for train, _ in problem.splits]))
        if n_columns < FEW_COLUMNS * n_rows or hasattr(seen[0], "tocsr"):
            return ManyColumns(n_columns, n_rows, None, False)
        comparison = compare_with(lab, sparse_linear(problem))
        gap = core.model.gap.mean
        is_lost = (
            core.over_baseline.pvalue >= ONE_SIDED
            and gap >= LARGE_GAP * core.score_range
        )
        return ManyColumns(n_columns, n_rows, comparison, is_lost)

    def judge(self, measured: ManyColumns, problem: Problem) -> Finding:
        """Present if leaving columns out is better, or nothing but noise is fitted."""
        text = (
            f"The model sees {measured.n_columns:,} columns and fits "
            f"{measured.n_rows:,} rows."
        )
        found = measured.comparison
        if found is None:
            title = "There are few columns for the rows"
            return self.finding("absent", title=title, explanation=text)
        text += f" {found.text}"
        if not found.improves and not measured.is_lost:
            title = "The many columns do no harm that a sparse model would undo"
            return self.finding("absent", title=title, explanation=text, **found.fields)
        fields = found.fields
        if not found.improves:  # that all is lost is sure; how much it costs is not
            fields |= {"effect": None, "interval": None, "pvalue": None}
        return self.finding(
            "present",
            title=_title(measured),
            severity="warning",
            explanation=f"{text} {_why(measured, found)}",
            advice=_advice(problem, found),
            **fields,
        )

    def remedies(
        self, measured: ManyColumns, problem: Problem
    ) -> tuple[Candidate, ...]:
        """Propose a sparse linear model."""
        if measured.comparison is None:
            return ()
        return (sparse_linear(problem),)


def _title(measured: ManyColumns) -> str:
    if measured.n_columns >= measured.n_rows:
        return "There are more columns than rows: many columns for few rows"
    return "There are many columns for few rows"


def _why(measured: ManyColumns, found: Comparison) -> str:
    if found.improves:
        return "With so many columns the others fit the noise of the training rows."
    return (
        f"The model fits its training rows ({found.show(found.train)}) and is no "
        "better than a dummy on others: so many columns fit any target."
    )


def _advice(problem: Problem, found: Comparison) -> str:
    if not found.improves:
        return (
            "Collect more rows, or choose a few columns before looking at the target."
        )
    if problem.is_classification:
        return (
            "Let a penalty leave columns out (lasso): LogisticRegressionCV with "
            "l1_ratios=(1,), solver='saga' behind a StandardScaler."
        )
    return (
        "Let a penalty leave columns out: make_pipeline(StandardScaler(), LassoCV())."
    )
