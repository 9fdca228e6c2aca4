"""Scores, gaps and paired differences judged by rows instead of splits.

Five mean scores of five splits say little of their own noise. Where a score is made of
rows (a mean over them, R2, or a rank statistic within each split), the rows say more:
every row is scored by a model that has not seen it, and the spread over rows is the
spread of the score. Callers need three steps, the first two of them from
:mod:`skoverfit._row_scorer`::

    scorer = row_scorer("roc_auc", estimator)      # None: compare splits instead
    scores = row_scores(scorer, fitted, X, y, tests)       # one array for each split
    paired_estimate(scores, scores_of_another, tests)      # an Estimate

with ``tests[k]`` the rows that split ``k`` tests and ``fitted[k]`` its model.
:func:`score_estimate` serves for a single score, :func:`gap_estimate` for a gap. All
return what :func:`skoverfit._gap.corrected_estimate` returns, and their means are those
of the split scores, so that one can stand for the other.

The variance of the mean has three parts:

- that of rows. A row that is tested once in each of several passes is one unit, and so
  are all rows of a group;
- that of models, where rows of one split are more alike than others (clusters of rows
  and of splits at once [1]_);
- that of the training rows, which all splits share. No unbiased estimate of it exists
  [2]_, and the spread over rows alone is right for stable models only [3]_. But a row
  meets other training rows in each pass. The scores of a stable model hardly change
  with them, and nothing is added; else the change, times half the number of folds, is
  added, up to `training_share` of the variance of one pass. One pass does not show the
  change, and all of that share is added. Both numbers were chosen by false alarms of
  logistic and ridge regression, trees and nearest neighbors without any effect:
  ``tests/statistical/test_paired.py``.

References
----------
.. [1] A. Cameron, J. Gelbach and D. Miller, "Robust inference with multiway
   clustering", Journal of Business & Economic Statistics 29, 238-249, 2011.
.. [2] Y. Bengio and Y. Grandvalet, "No unbiased estimator of the variance of k-fold
   cross-validation", Journal of Machine Learning Research 5, 1089-1105, 2004.
.. [3] P. Bayle, A. Bayle, L. Janson and L. Mackey, "Cross-validation confidence
   intervals for test error", Advances in Neural Information Processing Systems 33,
   2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skoverfit._compat import check_scalar_in
from skoverfit._gap import Estimate, GapEstimate

__all__ = [
    "TRAINING_SHARE",
    "gap_estimate",
    "paired_estimate",
    "score_estimate",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Variance that the training rows may add, as a share of that of rows in one pass.
TRAINING_SHARE = 0.75

#: Share of the variance that must be of rows tested twice or more, so that their
#: changes speak for all rows.
MIN_REPEATED = 0.5

#: Share of the changes between models that counts where every model scores every row,
#: as those of all splits do an own test part: most of what changes there is of single
#: rows, which the mean over rows takes out, and much of the rest is on both sides of a
#: difference. Chosen by coverage: ``tests/statistical/test_own_part.py``.
OF_EVERY_MODEL = 0.25

#: Share of the largest difference below which others are rounding errors.
ROUNDING = 1e-12


# ----------------------------------------------------------------------- estimates


def paired_estimate(
    scores: Sequence[ArrayLike],
    others: Sequence[ArrayLike],
    rows: Sequence[ArrayLike],
    *,
    groups: ArrayLike | None = None,
    tolerance: float = 0.0,
    confidence_level: float = 0.95,
    training_share: float = TRAINING_SHARE,
) -> Estimate:
    """Estimate the mean difference of two procedures that were scored on the same rows.

    Parameters
    ----------
    scores, others : sequence of array-like
        Scores of the rows that each split tests, of the one and of the other: one
        array for each split. A split where one is not finite is invalid.
    rows : sequence of array-like of int
        Which rows these are. Rows that several splits test count once.
    groups : array-like of shape (n_samples,), default=None
        Groups of all rows that belong together.
    tolerance : float, default=0.0
        Threshold of the one-sided test.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).
    training_share : float, default=0.75
        Variance that the training rows may add, see the module. Less is right for
        arms that differ little, such as one model with more or less of its rows.

    Returns
    -------
    difference : Estimate
        ``scores`` minus ``others``. The p-value is never below that of as many equal
        signs as there are rows (groups) that differ.

    Examples
    --------
    >>> import numpy as np
    >>> from skoverfit._paired import paired_estimate
    >>> right, other = np.ones((2, 5)), np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]])
    >>> rows = [range(5), range(5, 10)]
    >>> difference = paired_estimate(right, other, rows)
    >>> print(f"{difference.mean:.1f}, p={difference.pvalue:.3f}")
    0.3, p=0.125
    """
    pairs = zip(_arrays(scores), _arrays(others), strict=True)
    differences = [_difference(one, other) for one, other in pairs]
    return score_estimate(
        differences,
        rows,
        groups=groups,
        tolerance=tolerance,
        confidence_level=confidence_level,
        training_share=training_share,
    )


def score_estimate(
    scores: Sequence[ArrayLike],
    rows: Sequence[ArrayLike],
    *,
    groups: ArrayLike | None = None,
    tolerance: float = 0.0,
    confidence_level: float = 0.95,
    training_share: float = TRAINING_SHARE,
) -> Estimate:
    """Estimate the mean score of a procedure from the scores of rows.

    Parameters
    ----------
    scores, rows, groups, tolerance, confidence_level, training_share : object
        As in :func:`paired_estimate`.
    """
    side = _Side.of(_arrays(scores), rows)
    summary = _Summary(side.valid, tolerance, confidence_level, training_share)
    return summary.estimate(side.mean, _Contributions.of([(side, 1.0)], groups))


def gap_estimate(
    train_scores: Sequence[ArrayLike],
    train_rows: Sequence[ArrayLike],
    test_scores: Sequence[ArrayLike],
    test_rows: Sequence[ArrayLike],
    *,
    groups: ArrayLike | None = None,
    tolerance: float = 0.0,
    confidence_level: float = 0.95,
    training_share: float = TRAINING_SHARE,
) -> GapEstimate:
    """Estimate the gap of a procedure from the scores of rows on both sides.

    Parameters
    ----------
    train_scores, test_scores : sequence of array-like
        Scores of the rows of each side of each split.
    train_rows, test_rows : sequence of array-like of int
        Which rows these are.
    groups, tolerance, confidence_level, training_share : object
        As in :func:`paired_estimate`.
    """
    train = _Side.of(_arrays(train_scores), train_rows)
    test = _Side.of(_arrays(test_scores), test_rows)
    valid = train.valid & test.valid
    train, test = replace(train, valid=valid), replace(test, valid=valid)
    # Test rows come first: their changes between passes speak of the training rows.
    contributions = _Contributions.of([(test, -1.0), (train, 1.0)], groups)
    summary = _Summary(valid, tolerance, confidence_level, training_share)
    base = summary.estimate(train.mean - test.mean, contributions)
    relative = base.mean / abs(train.mean) if train.mean else np.nan
    return GapEstimate(
        **vars(base), mean_train=train.mean, mean_test=test.mean, relative=relative
    )


def _arrays(scores: Sequence[ArrayLike]) -> list[FloatArray]:
    return [np.asarray(part, dtype=float) for part in scores]


def _difference(one: FloatArray, other: FloatArray) -> FloatArray:
    """Difference of two arms on one split; NaN where either is not finite."""
    if one.shape != other.shape:
        raise ValueError(
            f"scores and others must be of the same rows; got {one.size} and "
            f"{other.size} on one split."
        )
    valid = np.isfinite(one) & np.isfinite(other)
    return np.subtract(one, other, where=valid, out=np.full(one.shape, np.nan))


# -------------------------------------------------------------------- their variance


@dataclass(frozen=True)
class _Side:
    """Scores of the rows on one side of all splits, and which splits count."""

    scores: list[FloatArray]
    rows: list[IntArray]
    valid: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: list[FloatArray], rows: Sequence[ArrayLike]) -> "_Side":
        numbers = [np.asarray(own, dtype=np.intp) for own in rows]
        if [part.shape for part in scores] != [own.shape for own in numbers]:
            raise ValueError(
                "scores must have one value for each of the rows of each split; got "
                f"{[part.size for part in scores]} scores of "
                f"{[own.size for own in numbers]} rows."
            )
        valid = [bool(part.size) and bool(np.isfinite(part).all()) for part in scores]
        return cls(scores, numbers, np.array(valid, dtype=bool))

    @property
    def mean(self) -> float:
        """Mean of the valid splits' mean scores."""
        means = [self.scores[split].mean() for split in np.flatnonzero(self.valid)]
        return float(np.mean(means)) if means else float("nan")

    def contributions(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """Row, split, deviation from the mean, and weight; weighted they sum to 0."""
        splits = np.flatnonzero(self.valid)
        rows = [self.rows[split] for split in splits]
        sizes = np.array([len(own) for own in rows], dtype=np.intp)
        scores = [self.scores[split] for split in splits]
        return (
            np.concatenate([*rows, np.empty(0, dtype=np.intp)]),
            np.repeat(splits, sizes).astype(np.intp),
            np.concatenate([*scores, np.empty(0)]) - self.mean,
            np.repeat(1 / (sizes * len(splits)), sizes),
        )


@dataclass(frozen=True)
class _Contributions:
    """What each row, on each split, adds to the deviation of an estimate from its mean.

    Attributes
    ----------
    unit, turn, split : ndarray of int of shape (n_contributions,)
        The row or group that stands for itself, how many passes it has been through
        before, and the split.
    deviation, weight : ndarray of shape (n_contributions,)
        Scores less the mean of their side, and what they count; below 0 where they
        are subtracted.
    n_tests : int
        How many of them, from the first, are of rows that were tested.
    n_folds : float
        Splits of one pass.
    """

    unit: IntArray
    turn: IntArray
    split: IntArray
    deviation: FloatArray
    weight: FloatArray
    n_tests: int
    n_folds: float

    @classmethod
    def of(
        cls, sides: list[tuple[_Side, float]], groups: ArrayLike | None
    ) -> "_Contributions":
        """Put the tested side first, and what else is part of the estimate after it."""
        parts = [(*side.contributions(), sign) for side, sign in sides]
        row = np.concatenate([rows for rows, *_ in parts])
        unit = row if groups is None else np.asarray(groups)[row]
        tested, split = parts[0][0], np.concatenate([splits for _, splits, *_ in parts])
        turn = _appearances(tested)
        sizes = np.maximum(np.bincount(parts[0][1]), 1)
        of_split = np.bincount(parts[0][1], weights=turn) / sizes
        rest = np.rint(of_split[split[len(tested) :]]).astype(np.intp)
        n_splits = len(np.unique(split))
        return cls(
            np.unique(unit, return_inverse=True)[1],
            np.concatenate([turn, rest]),
            split,
            np.concatenate([values for *_, values, _, _ in parts]),
            np.concatenate([sign * weights for *_, weights, sign in parts]),
            len(tested),
            n_splits * len(np.unique(tested)) / max(len(tested), 1),
        )

    @property
    def value(self) -> FloatArray:
        """The contributions."""
        return self.weight * self.deviation

    @property
    def of_units(self) -> FloatArray:
        """What each unit adds over all splits."""
        return np.bincount(self.unit, weights=self.value).astype(float)

    def of_rows(self) -> tuple[float, float]:
        """Variance from rows or groups, and its degrees of freedom.

        These are what the kurtosis leaves of them: where few rows differ from all
        others, the variance is as unsure as that of few rows.
        """
        sums = self.of_units
        if sums.size < 2 or not np.any(sums):
            return (0.0 if sums.size > 1 else np.nan), np.nan
        squares = float((sums**2).sum())
        # Of shares: the fourth power of a sum may be too large or too small a number.
        shares = sums / np.abs(sums).max()
        excess = sums.size * float((shares**4).sum() / (shares**2).sum() ** 2) - 1
        degrees = 2 * sums.size / max(excess, 2.0)  # as many as rows, if normal
        return squares * sums.size / (sums.size - 1), min(degrees, sums.size - 1)

    def of_models(self) -> float:
        """Variance from rows of one split being more alike than others.

        Rows alone make splits differ as well: by the variance of their means, less what
        all splits have in common. Where rows count for and against, as in a gap, a hard
        row raises the gap of the split that tests it and lowers the others: there only
        what differs from the mean of the row speaks of models.
        """
        splits = np.unique(self.split)
        n_splits = len(splits)
        if n_splits < 2:
            return 0.0
        value = self.weight * (self.deviation - self._expected())
        sums = np.bincount(self.split, weights=value)[splits]
        _, cells = _sums_by(self.unit, self.split, value)
        in_common = (np.bincount(self.unit, weights=value) ** 2).sum() / n_splits
        by_rows = (cells**2).sum() - in_common
        excess = ((sums - sums.mean()) ** 2).sum() - by_rows
        return max(float(excess * n_splits / (n_splits - 1)), 0.0)

    def _expected(self) -> FloatArray:
        """Mean deviation of units that count for and against; 0 of all others."""
        added = np.bincount(self.unit, weights=self.weight > 0)
        taken_off = np.bincount(self.unit, weights=self.weight < 0)
        mean = np.bincount(self.unit, weights=self.deviation) / (added + taken_off)
        return np.where((added > 0) & (taken_off > 0), mean, 0.0)[self.unit]

    def of_training_rows(self, share: float) -> float:
        """Variance that the training rows may add: see the module."""
        unit, sums = _sums_by(self.unit, self.turn, self.value)
        times = np.bincount(unit)
        squares = times * np.bincount(unit, weights=sums**2)
        centered = sums - (np.bincount(unit, weights=sums) / times)[unit]
        again = times > 1
        factor = times[again] ** 2 / (times[again] - 1)
        changes = factor * np.bincount(unit, weights=centered**2)[again]
        one_pass, seen = float(squares.sum()), float(squares[again].sum())
        if seen <= MIN_REPEATED * one_pass:
            return share * one_pass
        # Not their product: squares of squares may be too large or too small a number.
        spread = float(changes.sum()) * (one_pass / seen)
        weight = OF_EVERY_MODEL if np.isclose(self.n_folds, 1) else self.n_folds / 2
        return min(weight * spread, share * one_pass)


def _sums_by(
    first: IntArray, second: IntArray, value: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Sum values over each pair of numbers that occurs; first numbers and sums."""
    width = int(second.max()) + 1
    pairs, cell = np.unique(first * width + second, return_inverse=True)
    return pairs // width, np.bincount(cell, weights=value).astype(float)


def _appearances(row: IntArray) -> IntArray:
    """For each entry, how often its row has come before."""
    order = np.argsort(row, kind="stable")
    starts = np.diff(row[order], prepend=-1) != 0
    place = np.arange(len(row))
    before = np.empty(len(row), dtype=np.intp)
    before[order] = place - np.maximum.accumulate(np.where(starts, place, 0))
    return before


@dataclass(frozen=True)
class _Summary:
    """What an estimate needs besides its mean and the contributions to it."""

    valid: NDArray[np.bool_]
    tolerance: float
    confidence_level: float
    training_share: float

    def __post_init__(self) -> None:
        check_scalar_in(self.confidence_level, "confidence_level", 0, 1, closed=False)
        check_scalar_in(self.training_share, "training_share", 0, np.inf)

    def estimate(self, mean: float, parts: _Contributions) -> Estimate:
        """Mean, standard error, interval and p-value."""
        variance, degrees = self._variance(parts)
        error = float(np.sqrt(variance))
        level = (1 + self.confidence_level) / 2
        half = error * stats.t.ppf(level, degrees) if error else error
        return Estimate(
            mean=mean,
            std_error=error,
            interval=(float(mean - half), float(mean + half)),
            confidence_level=self.confidence_level,
            pvalue=self._pvalue(mean, error, degrees, parts),
            tolerance=self.tolerance,
            n_splits=int(self.valid.sum()),
            n_invalid=int((~self.valid).sum()),
        )

    def _variance(self, parts: _Contributions) -> tuple[float, float]:
        rows, degrees = parts.of_rows()
        if not rows > 0:
            return rows, degrees
        models = parts.of_models()
        training = parts.of_training_rows(self.training_share)
        if training >= models:
            return rows + training, degrees
        # Of shares, as in `_Contributions.of_rows`.
        share = rows / (rows + models)
        of_splits = (1 - share) ** 2 / (self.valid.sum() - 1)
        return rows + models, 1 / (share**2 / degrees + of_splits)

    def _pvalue(
        self, mean: float, error: float, degrees: float, parts: _Contributions
    ) -> float:
        """P-value of "the true mean is at most `tolerance`"."""
        excess = mean - self.tolerance
        if np.isnan(error):
            return float("nan")
        if error == 0:
            pvalue = 0.0 if excess > 0 else 1.0
        else:
            pvalue = float(stats.t.sf(excess / error, degrees))
        return max(pvalue, 0.5 ** self._n_signs(parts, excess))

    def _n_signs(self, parts: _Contributions, excess: float) -> int:
        """Count the units that differ from the tolerance at all."""
        tests = slice(parts.n_tests)
        sizes = np.bincount(parts.split[tests])[parts.split[tests]]
        weights = np.zeros(len(parts.unit))
        weights[tests] = 1 / (sizes * self.valid.sum())
        own = parts.of_units + excess * np.bincount(parts.unit, weights=weights)
        return int((np.abs(own) > ROUNDING * np.abs(own).max()).sum())
