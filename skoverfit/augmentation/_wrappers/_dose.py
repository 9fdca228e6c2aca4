"""Which dose to take: candidates, the choice among them, and a table of it."""

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from skoverfit.augmentation._wrappers._comparison import Comparison

__all__ = ["best_candidate", "candidates", "chosen_elsewhere", "tuning_table"]

#: How many times more copies are tried.
MORE_COPIES = 3


def candidates(augmenter: Any, tune: Any) -> list[dict[str, Any]]:
    """List the settings of an augmenter to try.

    Parameters
    ----------
    augmenter : sampler
        Its own setting comes first.
    tune : "auto" or dict
        "auto": doses that the augmenter names, times numbers of copies and modes. A
        dict is a grid of parameters of the augmenter.

    Returns
    -------
    settings : list of dict
        Values for ``set_params``, none twice.
    """
    if tune != "auto":
        if not tune:
            raise ValueError(f"tune={tune!r} must name at least one parameter to try.")
        grid = list(ParameterGrid(tune))
        for settings in grid:
            clone(augmenter).set_params(**settings)  # unknown names fail here, early
        return grid
    if not hasattr(augmenter, "_doses"):
        raise ValueError(
            f"tune='auto' needs an augmenter that names its doses, as those of this "
            f"library do. Got augmenter={augmenter!r}; give a grid instead, such as "
            "tune={'parameter': [value, ...]}."
        )
    found: list[dict[str, Any]] = []
    for amount in _amounts(augmenter.get_params(deep=False)):
        for dose in augmenter._doses():
            settings = {**dose, **amount}
            if settings not in found:
                found.append(settings)
    return found


def _amounts(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Numbers of copies and modes to try, the own ones first."""
    if "mode" not in params or "n_copies" not in params:
        return [{}]
    own = {"n_copies": max(params["n_copies"], 1), "mode": params["mode"]}
    if params.get("sampling_strategy") is not None:  # says itself how many rows to add
        return [own]
    more = own["n_copies"] * MORE_COPIES
    return [
        own,
        {"n_copies": own["n_copies"], "mode": "append"},
        {"n_copies": more, "mode": "append"},
        {"n_copies": more, "mode": "weight"},
        {"n_copies": own["n_copies"], "mode": "replace"},
    ]


def best_candidate(scores: np.ndarray) -> int:
    """Position of the candidate with the best mean; the first of equal ones.

    Parameters
    ----------
    scores : ndarray of shape (n_splits, n_candidates)
        Test scores. A candidate that failed on a split is out.
    """
    return int(np.argmax(np.where(np.isnan(scores), -np.inf, scores).sum(axis=0)))


def chosen_elsewhere(comparison: Comparison, cv: Any) -> np.ndarray:
    """Choose for each split on those splits that have none of its test rows.

    So the scores of a split judge a choice that they had no part in, and all fits
    serve both.
    """
    n_splits, n_candidates = comparison.augmented.shape
    if n_candidates == 1:
        return np.zeros(n_splits, dtype=np.intp)
    if not comparison.peers.any(axis=1).all():
        raise ValueError(
            f"cv={cv!r} must give each split another one without common test rows, so "
            "that accept='proven' or 'better' can test a dose on rows that it was not "
            "chosen on. Use k-fold cross-validation, repeated or not."
        )
    best = [best_candidate(comparison.augmented[peers]) for peers in comparison.peers]
    return np.array(best, dtype=np.intp)


def tuning_table(
    settings: list[dict[str, Any]], comparison: Comparison, best: int
) -> dict[str, Any]:
    """Columns of what each candidate scored, ready for a data frame."""
    n_splits, n_candidates = comparison.augmented.shape
    estimates = [
        comparison.estimate(np.full(n_splits, candidate), "plain")
        for candidate in range(n_candidates)
    ]
    names = sorted({name for each in settings for name in each})
    columns = {name: [each.get(name) for each in settings] for name in names}
    return {
        **columns,
        "mean_test_score": comparison.augmented.mean(axis=0).tolist(),
        "difference": [estimate.mean for estimate in estimates],
        "std_error": [estimate.std_error for estimate in estimates],
        "chosen": [position == best for position in range(len(settings))],
    }
