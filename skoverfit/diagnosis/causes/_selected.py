"""Columns that were chosen by the targets of all rows before the split."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_selection import f_classif, f_regression

from skoverfit.diagnosis._columns._encodings import (
    Selected,
    independent_columns,
    selected_tail,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import observe
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import show, show_p

MAX_NOISE_CELLS = 20_000_000
"""Cells of noise from which columns are selected to show what that does."""


@dataclass(frozen=True)
class Selection:
    """What the p-values of the columns say about a selection.

    Attributes
    ----------
    found : Selected or None
        None if some columns do not go with the target, as is usual.
    score : float
        Test score of the model.
    baseline : float
        Test score of a dummy.
    noise : float or None
        Test score of the model on columns of noise that were selected as strictly.
    """

    found: Selected | None
    score: float
    baseline: float
    noise: float | None = None


@register_cause
class SelectedBeforeSplit(Cause):
    """No column is weak: they look like the best of many columns of noise."""

    code, name, kind = "SKO208", "selected_before_split", "validation"
    title = "The columns look selected by the targets of all rows"
    needs = frozenset({"numeric", "table"})
    question = (
        "Were columns chosen by their relation to the target before the split? Then "
        "put the choice into the Pipeline: make_pipeline(SelectKBest(k=20), model)."
    )

    def measure(self, lab: Lab) -> Selection:
        """Test whether the p-values of the columns are a selected tail."""
        table, core = lab.table, lab.core
        if table is None or core is None:
            raise NotMeasured("the data are not a table")
        y = lab.problem.y[table.rows]
        pvalues, matrix = column_pvalues(
            table.matrix, y, is_classification=lab.problem.is_classification
        )
        score = float(core.model.gap.mean_test)
        baseline = float(core.baseline.gap.mean_test)
        found = selected_tail(pvalues, independent_columns(matrix))
        if found is None:
            return Selection(None, score, baseline)
        return Selection(found, score, baseline, _score_of_noise(lab, found))

    def judge(self, measured: Selection, problem: Problem) -> Finding:
        """Say whether the columns look selected, and what selected noise scores."""
        found = measured.found
        if found is None:
            return self.finding(
                "absent",
                title="The columns do not look selected by the target",
                explanation="Some columns hardly go with the target, or there are too "
                "few to tell, or their strengths are not those of selected noise.",
            )
        lead = None
        if measured.noise is not None:
            lead = measured.noise - measured.baseline
        return self.finding(
            "present",
            severity="serious",
            effect=lead,
            unit="score of selected noise above the baseline",
            explanation=_explanation(measured, found),
            advice=(
                "Were the columns chosen by their relation to the target on all rows? "
                "Then the score is biased, by how much cannot be measured without the "
                "columns that were left out. Go back to the table with all columns "
                "and select inside the splits: make_pipeline(SelectKBest(k="
                f"{found.n_columns}), model). check_no_leakage shows both scores."
            ),
            pvalue=found.pvalue,
        )


def column_pvalues(
    matrix: NDArray, y: NDArray, *, is_classification: bool
) -> tuple[NDArray, NDArray]:
    """P-value of each column for the target, and the columns that vary.

    Parameters
    ----------
    matrix : ndarray of shape (n_samples, n_features)
        Columns as numbers; NaN where missing.
    y : ndarray of shape (n_samples,)
        Target.
    is_classification : bool
        Whether it holds class labels.
    """
    known = matrix[:, ~np.isnan(matrix).all(axis=0)]
    filled = np.where(np.isnan(known), np.nanmean(known, axis=0), known)
    filled = filled[:, filled.std(axis=0) > 1e-12 * np.abs(filled).max(axis=0)]
    if not filled.shape[1]:
        return np.empty(0), filled
    test = f_classif if is_classification else f_regression
    with np.errstate(all="ignore"):
        return np.asarray(test(filled, y)[1]), filled


def _score_of_noise(lab: Lab, found: Selected) -> float | None:
    """Score the model on the best of as many columns of noise."""
    problem = lab.problem
    n_candidates = max(found.n_candidates, found.n_columns)
    if n_candidates * problem.n_samples > MAX_NOISE_CELLS:
        return None
    if not lab.allows("the model on selected noise", 1):
        return None
    rng = np.random.default_rng(problem.seed)
    noise = rng.normal(size=(problem.n_samples, n_candidates))
    test = f_classif if problem.is_classification else f_regression
    best = np.argsort(test(noise, problem.y)[1])[: found.n_columns]
    selected = noise[:, np.sort(best)]
    fake = _with_data(problem, selected)
    outcome = lab.attempt(
        "the model on selected noise", lambda: observe(fake, problem.estimator)
    )
    return None if outcome is None else float(outcome.scores.gap.mean_test)


def _with_data(problem: Problem, matrix: NDArray) -> Problem:
    X = matrix
    if hasattr(problem.X, "iloc"):
        X = type(problem.X)(matrix, columns=problem.X.columns, index=problem.X.index)
    return replace(problem, X=X)


def _explanation(selection: Selection, found: Selected) -> str:
    text = (
        f"Not one of {found.n_columns} columns is weaker for the target than p = "
        f"{found.weakest:.2g}; that many columns of which some do not matter would "
        f"have weaker ones ({show_p(found.pvalue)}). The p-values of {found.n_chance} "
        f"of them are spread like those of the best of {found.n_candidates:,} columns "
        "of noise."
    )
    if selection.noise is None:
        return text
    return (
        f"{text} On noise that was selected in this way the same model scores "
        f"{show(selection.noise)}; a dummy {show(selection.baseline)}; on these data "
        f"{show(selection.score)}."
    )
