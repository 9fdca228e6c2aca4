"""What was measured of candidates on splits: what ``cv_results_`` are made of."""

from typing import Any

import numpy as np

from skoverfit.model_selection._execution._bundle import Outcome, Params, Split

__all__ = ["Measured"]


class Measured:
    """Outcomes of candidates on splits.

    Attributes
    ----------
    candidates : list of dict
        Parameters of all candidates.
    splits : list of Split
        All splits.
    outcomes : dict of (int, int) to dict
        What was measured, by candidate and split.
    """

    def __init__(self) -> None:
        self.candidates: list[Params] = []
        self.splits: list[Split] = []
        self.outcomes: dict[tuple[int, int], Outcome] = {}

    def ran(self, n_splits: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Mask of shape (n_candidates, n_splits) of what has been evaluated."""
        mask = np.zeros((len(self.candidates), n_splits), dtype=bool)
        for candidate, split in self.outcomes:
            if split < n_splits:
                mask[candidate, split] = True
        return mask

    def fitted_splits(self) -> dict[int, list[int]]:
        """Return the splits that each candidate was fitted on without an error."""
        found: dict[int, list[int]] = {}
        for candidate, split in sorted(self.outcomes):
            if self.outcomes[candidate, split]["fit_error"] is None:
                found.setdefault(candidate, []).append(split)
        return found
