"""In which order candidates and splits run: all, as long as they lead, or again.

Everything here talks to an ``Evaluation`` and to policies that look at a matrix of
scores; nothing here fits anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit._gap import gap_of
from skoverfit.model_selection._execution._evaluation import Evaluation
from skoverfit.model_selection._execution._failures import has_failed
from skoverfit.model_selection._racing import Racing, Refinement
from skoverfit.model_selection._sampling import CandidateSource

__all__ = ["Objective", "refine", "run_source"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Objective:
    """What candidates compete for on each split: a rule's score of one metric.

    Attributes
    ----------
    evaluation : Evaluation
        Where scores come from.
    metric : str or None
        Name of the metric, None where there is one only.
    of_split : callable
        From test scores and gaps of the same shape to scores, greater is better.
    """

    evaluation: Evaluation
    metric: str | None
    of_split: Callable[[FloatArray, FloatArray], FloatArray]

    def matrix(self, splits: Sequence[int]) -> FloatArray:
        """Scores of shape (n_candidates, n_splits), NaN where there is none."""
        test, train = (
            np.array(
                [
                    [self._score(candidate, split, side) for split in splits]
                    for candidate in range(len(self.evaluation.candidates))
                ]
            ).reshape(-1, len(splits))
            for side in ("test", "train")
        )
        return self.of_split(test, gap_of(train, test))

    def values(self, candidates: Sequence[int], splits: Sequence[int]) -> list[float]:
        """Mean score of candidates, NaN for those that did not run on every split."""
        means = self.matrix(splits).mean(axis=1)
        return [float(means[candidate]) for candidate in candidates]

    def _score(self, candidate: int, split: int, side: str) -> float:
        outcome = self.evaluation.outcomes.get((candidate, split))
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
    evaluation: Evaluation,
    source: CandidateSource,
    splits: Sequence[int],
    objective: Objective,
    racing: Racing | None,
    test_train_ratio: float | None,
) -> None:
    """Evaluate all candidates of a source, batch by batch."""
    while not evaluation.interrupted and (batch := source.ask()):
        candidates = evaluation.add_candidates(batch)
        if racing is None:
            evaluation.run(candidates, splits)
        else:
            _race(evaluation, candidates, splits, objective, racing, test_train_ratio)
        if source.n_candidates > len(evaluation.candidates):
            source.tell(objective.values(candidates, splits))


def _race(
    evaluation: Evaluation,
    candidates: Sequence[int],
    splits: Sequence[int],
    objective: Objective,
    racing: Racing,
    test_train_ratio: float | None,
) -> None:
    """Evaluate split by split, without the candidates that fell behind."""
    running = np.zeros(len(evaluation.candidates), dtype=bool)
    running[list(candidates)] = True
    for done, split in enumerate(splits, start=1):
        evaluation.run(np.flatnonzero(running).tolist(), [split])
        if evaluation.interrupted or done == len(splits):
            return
        running &= racing.survivors(
            objective.matrix(splits[:done]),
            n_splits_total=len(splits),
            test_train_ratio=test_train_ratio,
        )


def refine(
    evaluation: Evaluation,
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
    evaluation : Evaluation
        After the first pass.
    policy : Refinement
        Says who the contenders are, and when the choice is settled.
    objective : Objective
        What they compete for.
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
    repeats: list[range] = []
    splits = list(first_pass)
    running = policy.contenders(
        objective.matrix(splits), chosen=chosen, test_train_ratio=test_train_ratio
    )
    while running.any() and len(repeats) < policy.repeats:
        repeat = evaluation.add_splits(new_splits(len(repeats) + 1))
        evaluation.run(np.flatnonzero(running).tolist(), repeat)
        if evaluation.interrupted:
            break
        repeats.append(repeat)
        splits += repeat
        running = policy.remaining(
            objective.matrix(splits), test_train_ratio=test_train_ratio
        )
    return repeats
