"""Columns that are no better than noise, and what the model loses to them."""

import warnings
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from skoverfit.diagnosis._comparisons._comparison import Comparison, compare_with
from skoverfit.diagnosis._estimators._steps import (
    head,
    n_steps,
    seen_by_fold,
    with_step,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis._table import LARGEST
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.regularization import NoiseFeatureFilter

TREES = ("sklearn.tree", "sklearn.ensemble", "xgboost", "lightgbm", "catboost")
"""Where the models live that leave irrelevant columns aside."""

MIN_SHARE = 0.3
"""Share of irrelevant columns from which leaving them out is tried."""

MAX_COLUMNS = 500
"""Columns from which the filter takes too long."""

N_REPEATS, LEVEL = 9, 0.3
"""Fits of the filter, and its level: a useful column lost costs more than a noise
column kept."""

N_TREES, FOREST_ROWS = 20, 500
"""Trees of the forest that rates the columns, and rows that each of them sees."""

N_NAMED = 10
"""Columns that are named in words."""


@dataclass(frozen=True)
class Irrelevant:
    """What leaving out the noise changes.

    Attributes
    ----------
    n_columns : int
        Columns that the model sees.
    columns : tuple of str
        Those that are no better than noise.
    comparison : Comparison or None
        The model behind a filter that is fitted in each split; None where there are
        few such columns.
    """

    n_columns: int
    columns: tuple[str, ...]
    comparison: Comparison | None


def quick_filter(problem: Problem) -> NoiseFeatureFilter:
    """Build a filter whose cost does not grow with the rows."""
    is_class = problem.is_classification
    forest = ExtraTreesClassifier if is_class else ExtraTreesRegressor
    n_rows = min(len(train) for train, _ in problem.splits)
    size: dict[str, Any] = {"min_samples_leaf": 3, "max_features": 0.33}
    if n_rows > FOREST_ROWS:
        size |= {"bootstrap": True, "max_samples": FOREST_ROWS}
    return NoiseFeatureFilter(
        forest(N_TREES, **size),
        n_repeats=N_REPEATS,
        significance_level=LEVEL,
        random_state=0,
    )


def filtered(problem: Problem) -> Candidate:
    """Build the same model behind a filter of noise columns."""
    position = n_steps(problem.estimator) - 1
    return Candidate.of(
        "the same model without the irrelevant columns",
        "Columns that are no better than noise are left out, chosen in the training "
        "rows of each split.",
        with_step(problem.estimator, quick_filter(problem), position),
        regularizes=True,
    )


@register_cause
class IrrelevantColumns(Cause):
    """Columns without information that cost test score."""

    code = "SKO107"
    name = "irrelevant_columns"
    title = "Irrelevant columns cost test score"
    kind = "data"
    cost = 5.0

    def measure(self, lab: Lab) -> Irrelevant | None:
        """Filter the columns once, and score the model behind the filter."""
        problem, core = lab.problem, lab.core
        if type(head(problem.estimator)).__module__.startswith(TREES):
            return None
        assert core is not None
        position = n_steps(problem.estimator) - 1
        seen = seen_by_fold(problem, core.fitted, position)
        if seen is None or hasattr(seen[0], "tocsr"):
            raise NotMeasured("the model does not see a table of numbers")
        X, names, rows = seen
        if X.shape[1] > MAX_COLUMNS:
            raise NotMeasured(f"there are more than {MAX_COLUMNS} columns")
        if np.nanmax(np.abs(np.asarray(X, dtype=float)), initial=0.0) > LARGEST:
            raise NotMeasured(f"values above {LARGEST:.0e} are too large for trees")
        if X.shape[1] < 2:
            return Irrelevant(X.shape[1], (), None)
        start = perf_counter()
        noise = noise_columns(quick_filter(problem), X, problem.y[rows])
        seconds = perf_counter() - start
        columns = tuple(names[j] for j in noise)
        if len(columns) < MIN_SHARE * X.shape[1]:
            return Irrelevant(X.shape[1], columns, None)
        candidate = filtered(problem)
        if not lab.allows_seconds(candidate.name, seconds * len(problem.splits)):
            raise NotMeasured(lab.reason_of(candidate.name))
        comparison = compare_with(lab, candidate)
        return Irrelevant(X.shape[1], columns, comparison)

    def judge(self, measured: Irrelevant | None, problem: Problem) -> Finding:
        """Present if the model is reliably better without them."""
        if measured is None:
            why = "Trees choose their columns themselves."
            return self.finding("not_applicable", explanation=why)
        n_noise, found = len(measured.columns), measured.comparison
        text = (
            f"{n_noise} of {measured.n_columns} columns are no better than noise "
            f"({named(measured.columns)})."
            if n_noise
            else "Every column is better than noise."
        )
        if found is None:
            title = "Few columns are irrelevant"
            return self.finding("absent", title=title, explanation=text)
        text += f" {found.text}"
        if not found.improves:
            title = "Leaving columns out does not raise the score"
            return self.finding("absent", title=title, explanation=text, **found.fields)
        return self.finding(
            "present",
            severity="warning",
            explanation=text,
            columns=measured.columns,
            advice=(
                "Put NoiseFeatureFilter() in front of the model inside the pipeline, "
                f"or drop the columns {named(measured.columns)}."
            ),
            **found.fields,
        )

    def remedies(
        self, measured: Irrelevant | None, problem: Problem
    ) -> tuple[Candidate, ...]:
        """Propose the filter."""
        if measured is None or measured.comparison is None:
            return ()
        return (filtered(problem),)


def noise_columns(selector: Any, X: Any, y: Any) -> NDArray[np.int64]:
    """Positions of columns that are no better than noise."""
    selector = selector.set_params(min_features=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that none passes is an answer here
        return np.flatnonzero(~selector.fit(X, y).support_)


def named(columns: tuple[str, ...]) -> str:
    """Name columns in words, the first few of many."""
    more = len(columns) - N_NAMED
    return ", ".join(columns[:N_NAMED]) + (f" and {more} more" if more > 0 else "")
