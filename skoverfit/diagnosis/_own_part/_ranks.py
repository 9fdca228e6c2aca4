"""How well a classifier ranks the rows of the test part, against cross-validation.

Accuracy counts few rows: those that cross one half. Where the target no longer follows
from the columns, the order of the probabilities shows it in all of them.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit.diagnosis._columns._insight import insight
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._own_part._own_part import OwnPart

__all__ = ["pvalue_of_ranks"]

N_RESAMPLES = 200
"""Bootstrap samples behind a standard error."""


def pvalue_of_ranks(oof: OutOfFold | None, part: OwnPart, seed: int) -> float:
    """Test whether probabilities rank the test part no worse than rows of training.

    Returns
    -------
    pvalue : float
        One-sided; 1 where there are no probabilities, or no row of some class.
    """
    found = None if oof is None else _probabilities(part)
    if oof is None or oof.probabilities is None or found is None:
        return 1.0
    if not np.array_equal(np.unique(part.y), np.unique(oof.y)):
        return 1.0
    before = insight(oof.y, oof.probabilities, is_classification=True)
    after = insight(part.y, found, is_classification=True)
    rng = np.random.default_rng(seed)
    error = np.hypot(
        _standard_error(oof.y, oof.probabilities, rng),
        _standard_error(part.y, found, rng),
    )
    return float(stats.norm.sf((before - after) / error)) if error > 0 else 1.0


def _probabilities(part: OwnPart) -> NDArray[np.float64] | None:
    try:
        return np.asarray(part.model.predict_proba(part.X))
    except Exception:  # models raise what they like
        return None


def _standard_error(
    y: NDArray, probabilities: NDArray[np.float64], rng: np.random.Generator
) -> float:
    """Bootstrap within the classes: each keeps its rows."""
    classes = [np.flatnonzero(y == label) for label in np.unique(y)]
    scores = []
    for _ in range(N_RESAMPLES):
        rows = np.concatenate([rng.choice(own, len(own)) for own in classes])
        scores.append(insight(y[rows], probabilities[rows], is_classification=True))
    return float(np.std(scores, ddof=1))
