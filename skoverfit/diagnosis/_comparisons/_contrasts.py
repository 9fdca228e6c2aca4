"""What a score becomes when rows that belong together are kept on one side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.model_selection import TimeSeriesSplit

from skoverfit._gap import Estimate
from skoverfit._paired import paired_estimate
from skoverfit.diagnosis._judgment._judging import ONE_SIDED, SMALL_CHANGE
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import Outcome, is_whole
from skoverfit.diagnosis._measuring._twins import group_splitter
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._rows._arrangement import GroupCandidate
from skoverfit.diagnosis._rows._near_copies import agreement_of

N_BLOCKS = 40
"""Blocks of consecutive rows that stand for one observation each."""

MIN_UNITS = 6
"""Units that must differ for a test of their ranks."""

FORWARD_SPLITS = 5
"""Splits that train on earlier rows and test on later ones."""

LARGE_FALL = 0.05
"""Share of the score range from which a fall on stricter splits is no mere matter of
fewer training rows."""

MIN_PARTED = 0.2
"""Share of test rows with rows of their group in training from which it matters."""

SHARED = 0.5
"""Share of the target's variation between groups from which they share it."""

LARGE_RISE = 0.25
"""Share of what the first score leaves open by which a second one of as many training
rows must be lower to matter, even if that is little of the range."""


@dataclass(frozen=True)
class Contrast:
    """The score of the same rows on two kinds of splits.

    Attributes
    ----------
    score, other : float
        The first, and that without the suspected cause.
    change : Estimate
        `other` minus `score`.
    pvalue : float
        P-value of "the second score is not below the first".
    score_range : float
        Way from the score of a constant to a perfect one.
    """

    score: float
    other: float
    change: Estimate
    score_range: float
    pvalue: float
    left_open: float = np.inf
    """Way from the first score to a perfect one."""

    def raises_errors(self, level: float = ONE_SIDED) -> bool:
        """Whether errors are reliably more on the second splits, by a good share."""
        least = max(LARGE_RISE * self.left_open, SMALL_CHANGE * self.score_range)
        return bool(self.pvalue < level and -self.change.mean >= least)

    def falls(self, level: float = ONE_SIDED, share: float = LARGE_FALL) -> bool:
        """Whether the second score is reliably, and by enough, below the first."""
        below = self.pvalue < level
        return bool(below and -self.change.mean >= share * self.score_range)

    @property
    def effect(self) -> float:
        """How much too high the first score is."""
        return -self.change.mean

    @property
    def interval(self) -> tuple[float, float]:
        """Confidence interval of the effect."""
        low, high = self.change.interval
        return -high, -low


def contrast(
    lab: Lab, one: Outcome, other: Outcome, units: NDArray | None = None
) -> Contrast:
    """Compare two outcomes by the rows that both test.

    Parameters
    ----------
    lab : Lab
        The bench.
    one, other : Outcome
        On any splits.
    units : ndarray of shape (n_samples,), default=None
        Rows of one unit count as one observation.
    """
    score_range, constant = 1.0, 0.0
    if lab.core is not None:
        score_range = lab.core.score_range
        constant = float(lab.core.baseline.gap.mean_test)
    y = lab.problem.y
    spread = _spread_within(y, other.tests) if lab.problem.scoring == "r2" else 0.0
    values = [row_values(lab.problem, outcome, spread) for outcome in (one, other)]
    if values[0] is None or values[1] is None:
        change = lab.compare(other, one)
        high, low = (outcome.scores.gap.mean_test for outcome in (one, other))
        left = max(score_range - (high - constant), 0.0)
        return Contrast(high, low, change, score_range, _pvalue(change), left)
    rows = np.flatnonzero(np.isfinite(values[0]) & np.isfinite(values[1]))
    above, below = values[0][rows], values[1][rows]
    change = paired_estimate([below], [above], [rows], groups=units)
    pvalue = _pvalue(change)
    if units is not None:
        pvalue = min(1.0, 2 * min(pvalue, _rank_pvalue(below - above, units[rows])))
    high, low = float(above.mean()), float(below.mean())
    left = max(score_range - (high - constant), 0.0)
    return Contrast(high, low, change, score_range, pvalue, left)


def _pvalue(change: Estimate) -> float:
    pvalue = 1 - change.pvalue
    return float(pvalue) if np.isfinite(pvalue) else 1.0


def _rank_pvalue(changes: NDArray[np.float64], units: NDArray) -> float:
    """Signed ranks of the units' mean changes: a few large errors hide no fall."""
    codes = np.unique(units, return_inverse=True)[1]
    means = np.bincount(codes, weights=changes) / np.bincount(codes)
    if np.count_nonzero(means) < MIN_UNITS:
        return 1.0
    return float(stats.wilcoxon(means, alternative="less").pvalue)


def _spread_within(y: NDArray, tests: Sequence[NDArray]) -> float:
    """Usual variance of the target within a test part; 0 if there is none."""
    return float(np.mean([y[test].var() for test in tests]))


def row_values(
    problem: Problem, outcome: Outcome, spread: float = 0.0
) -> NDArray[np.float64] | None:
    """Find what each row adds to the score, over its splits; NaN where not tested.

    R2 is taken against one variance for all splits: that of a few alike rows would
    make any error a large one. It is `spread`, or that of all rows if that is 0.
    """
    if not outcome.rows or not all(map(is_whole, outcome.rows)):
        return None
    rows = np.concatenate(outcome.tests)
    parts = list(zip(outcome.rows, outcome.tests, strict=True))
    if problem.scoring == "r2":
        variance = spread or float(problem.y.var())
        errors = [_squared_errors(problem.y[test], part) for part, test in parts]
        values = [1 - own / variance for own in errors]
    else:
        values = [part for part, _ in parts]
    total = np.bincount(rows, np.concatenate(values), minlength=problem.n_samples)
    times = np.bincount(rows, minlength=problem.n_samples)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / times, dtype=float)


def _squared_errors(y: NDArray, part: NDArray) -> NDArray[np.float64]:
    """Find the errors of rows from what they add to R2."""
    spreads = (y - y.mean()) ** 2
    variance, lost = spreads.mean(), 1 - part.mean()
    return np.asarray((1 - lost - part) * variance + lost * spreads, dtype=float)


# ------------------------------------------------------------------------------ splits


def grouped_splits(problem: Problem, groups: NDArray) -> Splits:
    """Draw splits that keep groups on one side, as many as the own ones if possible."""
    n_folds = int(np.clip(len(problem.splits), 2, 5))
    n_folds = min(n_folds, len(np.unique(groups)))
    kind = group_splitter(problem, groups)
    splitter = kind(n_folds, shuffle=True, random_state=problem.seed)
    return list(splitter.split(np.zeros((problem.n_samples, 1)), problem.y, groups))


def kept_together(lab: Lab, candidate: GroupCandidate) -> tuple[str, Splits, Outcome]:
    """Measure the model with groups on one side; also returns what that is called.

    Raises
    ------
    NotMeasured
        If the budget does not allow it, or it fails.
    """
    where = f"keeping groups of {candidate.label} together"
    splits = grouped_splits(lab.problem, candidate.groups)
    return where, splits, lab.on(where, splits)


def parts_target(problem: Problem, candidate: GroupCandidate) -> bool:
    """Whether the splits part groups of rows that mostly share their target.

    Then any column that tells the rows of a group from others tells their target.
    """
    if share_parted(problem.splits, candidate.groups) < MIN_PARTED:
        return False
    is_class = problem.is_classification
    agreement = agreement_of(candidate.groups, problem.y, is_classification=is_class)
    return agreement > SHARED


def ordered_splits(problem: Problem, segments: NDArray, order: NDArray) -> Splits:
    """Draw contiguous test parts; of each class where there are classes.

    Parameters
    ----------
    problem : Problem
        The data.
    segments : ndarray of shape (n_samples,)
        Stretches of rows that are not parted, except by class.
    order : ndarray of shape (n_samples,)
        The rows in the order that counts.
    """
    n_folds = int(np.clip(len(problem.splits), 3, 5))
    n_samples = problem.n_samples
    labels = problem.y if problem.is_classification else np.zeros(n_samples)
    fold = np.empty(n_samples, dtype=np.int64)
    for label in np.unique(labels):
        rows = order[labels[order] == label]
        codes = np.unique(segments[rows], return_inverse=True)[1]
        middle = np.bincount(codes, np.arange(len(rows)) + 0.5) / np.bincount(codes)
        fold[rows] = (middle * n_folds / len(rows)).astype(int)[codes]
    return [
        (np.flatnonzero(fold != k), np.flatnonzero(fold == k)) for k in np.unique(fold)
    ]


def forward_splits(order: NDArray) -> Splits:
    """Train on the earlier half or more, test on the tenth that follows."""
    size = max(len(order) // (2 * FORWARD_SPLITS), 1)
    splitter = TimeSeriesSplit(FORWARD_SPLITS, test_size=size)
    return [(order[train], order[test]) for train, test in splitter.split(order)]


def blocks(order: NDArray) -> NDArray[np.int64]:
    """Give the block of consecutive rows that each row is in."""
    number = np.empty(len(order), dtype=np.int64)
    n_blocks = min(N_BLOCKS, max(len(order) // 10, 2))
    number[order] = np.arange(len(order)) * n_blocks // len(order)
    return number


def share_parted(splits: Sequence[Any], groups: NDArray) -> float:
    """Return the share of test rows that have rows of their group in training."""
    parted = [np.isin(groups[test], groups[train]).mean() for train, test in splits]
    return float(np.mean(parted))
