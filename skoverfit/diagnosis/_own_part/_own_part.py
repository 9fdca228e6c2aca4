"""The model on the test part of the user."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns import columns_of
from skoverfit._delegation import fit
from skoverfit._row_scorer import row_scorer
from skoverfit.diagnosis._measuring._measurement import seeded
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.model_selection._shared_fits import quick_fits

__all__ = ["OwnPart", "fit_own_part"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class OwnPart:
    """A model that was fitted on all training rows, and the test part.

    Attributes
    ----------
    model : estimator object
        Fitted.
    X, y : data
        The test part.
    scorer : callable
        ``scorer(model, X, y)``, greater is better.
    score : float
        Of all test rows.
    std_error : float
        Its standard error from the rows; NaN where rows do not make up the score.
    """

    model: Any
    X: Any
    y: NDArray
    scorer: Any
    score: float
    std_error: float

    def score_where(self, rows: NDArray[np.bool_]) -> float | None:
        """Score some rows.

        Returns
        -------
        score : float or None
            None where there are too few rows or they have no score.
        """
        if rows.sum() < 10:
            return None
        places = np.flatnonzero(rows)
        return _score(self, rows_of(self.X, places), self.y[places])

    def score_weighted(self, weights: FloatArray) -> float | None:
        """Score all rows with weights; None where the scorer takes none."""
        return _score(self, self.X, self.y, sample_weight=weights)

    def score_on(self, X: Any) -> float | None:
        """Score changed rows with the same targets."""
        return _score(self, X, self.y)


def _score(part: OwnPart, X: Any, y: NDArray, **options: Any) -> float | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            score = float(part.scorer(part.model, X, y, **options))
    except Exception:  # scorers and models raise what they like
        return None
    return score if np.isfinite(score) else None


def fit_own_part(problem: Problem, without: Sequence[int] = ()) -> OwnPart:
    """Fit the model on all training rows and score the test part.

    Raises
    ------
    NotMeasured
        If the model cannot be fitted, or the test part has no score.
    """
    X, X_test = problem.X, problem.X_test
    if len(without):
        X, X_test = (columns_of(part).drop(without) for part in (X, X_test))
    model = seeded(problem.estimator, problem.seed)
    try:
        with warnings.catch_warnings(), quick_fits():
            warnings.simplefilter("ignore")
            fit(model, X, problem.y)
    except Exception as error:
        raise NotMeasured(f"the model does not fit all rows: {error}") from error
    assert problem.y_test is not None
    nan = np.nan
    part = OwnPart(model, X_test, problem.y_test, problem.scorer, nan, nan)
    score = _score(part, X_test, problem.y_test)
    if score is None:
        raise NotMeasured("the model has no score on the test part")
    return replace(part, score=score, std_error=_std_error(part))


def _std_error(part: OwnPart) -> float:
    scorer = row_scorer(part.scorer, part.model)
    if scorer is None or len(part.y) < 2:
        return np.nan
    try:
        rows = scorer(part.model, part.X, part.y)
    except Exception:  # scorers and models raise what they like
        return np.nan
    return float(rows.std(ddof=1) / np.sqrt(len(rows)))
