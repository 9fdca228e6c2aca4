"""Settings of a search: what competes, and the candidates that each stands for."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from skoverfit.model_selection._execution._bundle import Outcome, Params
from skoverfit.model_selection._execution._evaluation import Evaluation
from skoverfit.model_selection._execution._measured import Measured

__all__ = ["Settings", "leader_of"]

FloatArray = NDArray[np.float64]

#: They are those of all candidates of a setting together, which one fit serves.
TIMES = ("fit_time", "score_time")


class Settings:
    """What candidates are tried for: one each, or several that differ in rounds.

    Parameters
    ----------
    evaluation : Evaluation
        Where candidates are evaluated.
    expand : callable
        From the parameters of a setting to those of its candidates.

    Attributes
    ----------
    evaluation : Evaluation
        As given.
    groups : list of range
        Candidates of each setting.
    """

    def __init__(
        self, evaluation: Evaluation, expand: Callable[[Params], Sequence[Params]]
    ) -> None:
        self.evaluation, self._expand = evaluation, expand
        self.groups: list[range] = []

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def have_choice(self) -> bool:
        """Whether any stands for more than one candidate."""
        return any(len(group) > 1 for group in self.groups)

    def add(self, batch: Iterable[Params]) -> range:
        """Add settings, and return their numbers."""
        start = len(self)
        # All of a batch are read before any is added: a bad one leaves nothing behind.
        for candidates in [self._expand(setting) for setting in batch]:
            self.groups.append(self.evaluation.add_rounds(candidates))
        return range(start, len(self))

    def run(self, settings: Iterable[int], splits: Sequence[int]) -> None:
        """Evaluate all candidates of settings on splits."""
        candidates = [each for setting in settings for each in self.groups[setting]]
        self.evaluation.run(candidates, splits)

    def leaders(self, scores: FloatArray) -> list[int]:
        """Return the candidate of each setting that leads by scores on splits."""
        return [
            group[leader_of(scores[group])] if len(group) > 1 else group[0]
            for group in self.groups
        ]

    def at(self, candidates: Sequence[int]) -> "Settings":
        """Return settings that stand for one candidate each from now on."""
        fixed = Settings(self.evaluation, self._expand)
        fixed.groups = [range(each, each + 1) for each in candidates]
        return fixed

    def measured_at(self, candidates: Sequence[int]) -> Measured:
        """Return what was measured of one candidate of each setting, as the setting's.

        Times are those of all its candidates, as they were fitted together.
        """
        measured = Measured()
        measured.candidates = [self.evaluation.candidates[each] for each in candidates]
        measured.splits = self.evaluation.splits
        for setting, candidate in enumerate(candidates):
            for split in range(len(measured.splits)):
                outcome = self.evaluation.outcomes.get((candidate, split))
                if outcome is not None:
                    times = self._times(setting, split)
                    measured.outcomes[setting, split] = outcome | times
        return measured

    def _times(self, setting: int, split: int) -> Outcome:
        known = (
            self.evaluation.outcomes.get((each, split)) for each in self.groups[setting]
        )
        outcomes = [outcome for outcome in known if outcome is not None]
        return {name: sum(each[name] for each in outcomes) for name in TIMES}


def leader_of(scores: FloatArray) -> int:
    """Row with the best mean, the first of equals, among those with most scores."""
    known = np.isfinite(scores)
    counts = known.sum(axis=1)
    means = np.where(known, scores, 0.0).sum(axis=1) / np.maximum(counts, 1)
    return int(np.argmax(np.where(counts == counts.max(), means, -np.inf)))
