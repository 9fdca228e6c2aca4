"""The score on shuffled splits against that on splits that respect an order."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._comparisons._contrasts import (
    Contrast,
    blocks,
    contrast,
    forward_splits,
    ordered_splits,
)
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import SHUFFLED, Lab
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._records import NotMeasured
from skoverfit.diagnosis._rows._arrangement import RowSequence
from skoverfit.diagnosis._rows._segments import segments

SURE = ONE_SIDED / 5
"""Level of the test on forward splits: they also have fewer training rows."""


@dataclass(frozen=True)
class SequenceScores:
    """What an order of the rows does to the score.

    Attributes
    ----------
    sequence : RowSequence
        The order.
    own : {"shuffled", "in order", "forward", "grouped", "own"}
        How the own splits are.
    pair : Contrast or None
        Shuffled splits against stricter ones; None if the order is of another kind,
        or the own splits respect it.
    beyond : float
        Share of later targets that lie outside the range of the earlier ones.
    is_contiguous : bool
        Whether the stricter splits of a time are contiguous parts, with training rows
        on either side.
    """

    sequence: RowSequence
    own: str
    pair: Contrast | None
    beyond: float = 0.0
    is_contiguous: bool = False

    @property
    def is_present(self) -> bool:
        """Whether stricter splits score reliably less."""
        is_forward = self.sequence.kind == "time" and not self.is_contiguous
        level = SURE if is_forward else ONE_SIDED
        return self.pair is not None and self.pair.falls(level)


def time_scores(lab: Lab) -> SequenceScores:
    """Measure on splits from earlier to later rows, where there is a time."""
    sequence, own = lab.arrangement.sequence, lab.split_kind
    if sequence.kind != "time" or own in ("forward", "grouped"):
        return SequenceScores(sequence, own, None)
    splits = forward_splits(sequence.order)
    later, units = lab.on("forward splits", splits), blocks(sequence.order)
    pair = contrast(lab, shuffled_outcome(lab), later, units)
    found = SequenceScores(sequence, own, pair, _beyond(lab.problem.y, splits))
    if found.is_present or sequence.column or not pair.falls(1.0):
        return found  # parts of a column that is none of time would differ as well
    return _by_all_rows(lab, found, units)


def _by_all_rows(lab: Lab, found: SequenceScores, units: NDArray) -> SequenceScores:
    """Test all rows, in contiguous parts, where the later half alone is not sure.

    Their training rows are as many as those of the shuffled splits, on either side.
    """
    splits = ordered_splits(lab.problem, units, found.sequence.order)
    try:
        outcome = lab.on("splits in the order of time", splits)
    except NotMeasured:
        return found
    pair = contrast(lab, shuffled_outcome(lab), outcome, units)
    return replace(found, pair=pair, is_contiguous=True) if pair.falls(SURE) else found


def block_scores(lab: Lab) -> SequenceScores:
    """Measure on contiguous splits, where alike rows are next to one another."""
    sequence, own = lab.arrangement.sequence, lab.split_kind
    if sequence.kind != "blocks" or own in ("forward", "grouped"):
        return SequenceScores(sequence, own, None)
    ordered, units = lab.model, blocks(sequence.order)
    if own != "in order":
        units = _stretches(lab, units)
        splits = ordered_splits(lab.problem, units, sequence.order)
        ordered = lab.on("splits in row order", splits)
    assert ordered is not None
    return SequenceScores(
        sequence, own, contrast(lab, shuffled_outcome(lab), ordered, units)
    )


def _stretches(lab: Lab, blocks: NDArray) -> NDArray:
    """Rows that no contiguous split may part; equal blocks if they cannot be told."""
    table, problem = lab.arrangement.table, lab.problem
    if table is None:
        return blocks
    return segments(
        table.matrix, problem.y, is_classification=problem.is_classification
    )


def shuffled_outcome(lab: Lab) -> Outcome:
    """Measure the model on shuffled splits: the own ones, or their twins."""
    assert lab.model is not None
    if lab.split_kind != "in order":
        return lab.model
    if lab.shuffled is None:
        raise NotMeasured(lab.reason_of(SHUFFLED))
    return lab.shuffled


def _beyond(y: NDArray, splits: list) -> float:
    """Share of test targets outside the range of the training targets."""
    if y.dtype.kind != "f":
        return 0.0
    outside = [
        np.mean((y[test] < y[train].min()) | (y[test] > y[train].max()))
        for train, test in splits
    ]
    return float(np.mean(outside))
