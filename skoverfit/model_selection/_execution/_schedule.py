"""In which order settings and splits run: all, as long as they lead, or again.

Everything here talks to ``Settings`` and to policies that look at a matrix of scores;
nothing here fits anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import gap_of
from skoverfit.model_selection._execution._failures import has_failed
from skoverfit.model_selection._execution._settings import Settings
from skoverfit.model_selection._racing import Racing, Refinement
from skoverfit.model_selection._sampling import CandidateSource

__all__ = ["Objective", "refine", "run_source"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """What settings compete for on each split: a rule's score of one metric.

    Attributes
    ----------
    settings : Settings
        Who competes; where scores come from.
    metric : str or None
        Name of the metric, None where there is one only.
    of_split : callable
        From test scores and gaps of the same shape to scores, greater is better.
    """

    settings: Settings
    metric: str | None
    of_split: Callable[[FloatArray, FloatArray], FloatArray]

    def matrix(self, splits: Sequence[int]) -> FloatArray:
        """Scores of shape (n_settings, n_splits), NaN where there is none.

        A setting with several candidates has the scores of the one that leads.
        """
        scores = self.of_candidates(splits)
        return scores[self.settings.leaders(scores)]

    def of_candidates(self, splits: Sequence[int]) -> FloatArray:
        """Scores of shape (n_candidates, n_splits), NaN where there is none."""
        test, train = (
            np.array(
                [
                    [self._score(candidate, split, side) for split in splits]
                    for candidate in range(len(self.settings.evaluation.candidates))
                ]
            ).reshape(-1, len(splits))
            for side in ("test", "train")
        )
        return self.of_split(test, gap_of(train, test))

    def values(self, settings: Sequence[int], splits: Sequence[int]) -> list[float]:
        """Mean score of settings, NaN for those that did not run on every split."""
        means = self.matrix(splits).mean(axis=1)
        return [float(means[setting]) for setting in settings]

    def _score(self, candidate: int, split: int, side: str) -> float:
        outcome = self.settings.evaluation.outcomes.get((candidate, split))
        if outcome is None or f"{side}_scores" not in outcome:
            return np.nan
        scores, metric = outcome[f"{side}_scores"], self.metric
        if isinstance(scores, dict):
            metric = self._known(scores)
            scores = scores[metric]
        return np.nan if has_failed(outcome, side, metric) else scores

    def _known(self, scores: dict[str, float]) -> str:
        if self.metric in scores:
            return str(self.metric)
        raise ValueError(
            f"metric={self.metric!r} is not one of {sorted(scores)}; name the metric "
            "to race, refine or sample by with refit=<name> or the rule's "
            "metric=<name>."
        )


def run_source(
    source: CandidateSource,
    splits: Sequence[int],
    objective: Objective,
    racing: Racing | None,
    test_train_ratio: float | None,
) -> None:
    """Evaluate all settings of a source, batch by batch."""
    settings = objective.settings
    while not settings.evaluation.interrupted and (batch := source.ask()):
        added = settings.add(batch)
        if racing is None:
            settings.run(added, splits)
        else:
            _race(added, splits, objective, racing, test_train_ratio)
        if source.n_candidates > len(settings):
            source.tell(objective.values(added, splits))


def _race(
    added: Sequence[int],
    splits: Sequence[int],
    objective: Objective,
    racing: Racing,
    test_train_ratio: float | None,
) -> None:
    """Evaluate split by split, without the settings that fell behind."""
    settings = objective.settings
    running = np.zeros(len(settings), dtype=bool)
    running[list(added)] = True
    for done, split in enumerate(splits, start=1):
        settings.run(np.flatnonzero(running).tolist(), [split])
        if settings.evaluation.interrupted or done == len(splits):
            return
        running &= racing.survivors(
            objective.matrix(splits[:done]),
            n_splits_total=len(splits),
            test_train_ratio=test_train_ratio,
        )


def refine(
    policy: Refinement,
    objective: Objective,
    *,
    chosen: int,
    first_pass: Sequence[int],
    new_splits: Callable[[int], list[tuple[Any, Any]]],
    test_train_ratio: float | None,
) -> list[range]:
    """Evaluate the contenders on reshuffled splits until the choice is settled.

    Parameters
    ----------
    policy : Refinement
        Says who the contenders are, and when the choice is settled.
    objective : Objective
        What they compete for; after the first pass, with settings of one candidate
        each.
    chosen : int
        The rule's choice after the first pass.
    first_pass : sequence of int
        Splits of the first pass.
    new_splits : callable
        From the number of a repeat, 1 and up, to its splits.
    test_train_ratio : float or None
        Test rows over training rows; None for that of k-fold cross-validation.

    Returns
    -------
    repeats : list of range
        Splits of each complete repeat.
    """
    settings, evaluation = objective.settings, objective.settings.evaluation
    repeats: list[range] = []
    splits = list(first_pass)
    running = policy.contenders(
        objective.matrix(splits), chosen=chosen, test_train_ratio=test_train_ratio
    )
    while running.any() and len(repeats) < policy.repeats:
        repeat = evaluation.add_splits(new_splits(len(repeats) + 1))
        settings.run(np.flatnonzero(running).tolist(), repeat)
        if evaluation.interrupted:
            break
        repeats.append(repeat)
        splits += repeat
        running = policy.remaining(
            objective.matrix(splits), test_train_ratio=test_train_ratio
        )
    return repeats
