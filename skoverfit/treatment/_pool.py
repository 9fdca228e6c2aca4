"""Who is averaged with whom, chosen by rows, and judged by rows that did not choose.

All candidates have answered for the same rows, each by models that had not seen them.
A choice is a weight for each candidate: those of a greedy committee [1]_, or 1 for a
single classifier whose decisions do not follow from probabilities. What a choice is
worth is measured on each split by the choice that the rows of the other splits make,
so that nothing is judged by the rows that chose it.

References
----------
.. [1] R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes, "Ensemble selection from
   libraries of models", ICML 2004.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit._paired import paired_estimate, score_estimate
from skoverfit._row_scorer import row_scorer
from skoverfit.diagnosis._measuring._measurement import is_whole
from skoverfit.diagnosis._problem import Problem, rows_of
from skoverfit.model_selection._committee._average import Ballot
from skoverfit.model_selection._committee._greedy import OutOfFold, greedy_counts
from skoverfit.model_selection._committee._members import mean_of_tested
from skoverfit.treatment._fits import Fit

__all__ = ["Pool", "Scored", "change_of", "level_of", "sharper_by"]

MAX_MEMBERS = 25
"""Candidates in a committee, each counted as often as it is taken."""

FloatArray = NDArray[np.float64]
Splits = Sequence[tuple[NDArray, NDArray]]


@dataclass(frozen=True)
class Scored:
    """Scores of one procedure on splits.

    Attributes
    ----------
    rows : list of ndarray
        What each test row adds; NaN where rows do not make up the score.
    scores : ndarray of shape (n_splits,)
        The scores.
    sharpness : list of ndarray or None
        Minus the Brier score of each test row; None where there are no probabilities.
    """

    rows: list[FloatArray]
    scores: FloatArray
    sharpness: list[FloatArray] | None = None

    @classmethod
    def of(cls, fits: Sequence[Fit]) -> "Scored":
        """Put the splits of a candidate together."""
        return cls([f.rows for f in fits], np.array([f.score for f in fits]))

    def joined(self, other: "Scored") -> "Scored":
        """Put further splits after these."""
        scores = np.concatenate([self.scores, other.scores])
        sharpness = None
        if self.sharpness is not None and other.sharpness is not None:
            sharpness = [*self.sharpness, *other.sharpness]
        return Scored([*self.rows, *other.rows], scores, sharpness)

    def less_luck(self, lucky: "Scored", honest: "Scored") -> "Scored":
        """Take off what a choice by the same rows is better than an honest one."""
        luck = max(float((lucky.scores - honest.scores).mean()), 0.0)
        sharp = max(_mean(lucky.sharpness) - _mean(honest.sharpness), 0.0)
        return Scored(
            [rows - luck for rows in self.rows],
            self.scores - luck,
            None if self.sharpness is None else [own - sharp for own in self.sharpness],
        )

    @property
    def is_by_rows(self) -> bool:
        """Whether rows make up all scores."""
        return all(map(is_whole, self.rows))


def _mean(rows: list[FloatArray] | None) -> float:
    return 0.0 if rows is None else float(np.mean(np.concatenate(rows)))


class Pool:
    """Candidates that have answered for all rows of the same splits.

    Parameters
    ----------
    problem : Problem
        Targets and score.
    splits : sequence of (ndarray, ndarray)
        The splits.
    fits : sequence of list of Fit
        For each candidate, its fits on these splits.
    ballot : Ballot
        How answers are read.
    may_average : bool, default=True
        Whether a choice may be a committee; else it is a single candidate.
    """

    def __init__(
        self,
        problem: Problem,
        splits: Splits,
        fits: Sequence[Sequence[Fit]],
        ballot: Ballot,
        *,
        may_average: bool = True,
    ) -> None:
        self.problem = problem
        self.tests = [test for _, test in splits]
        self.fits = fits
        self.ballot = ballot
        self.may_average = may_average

    @cached_property
    def together(self) -> OutOfFold:
        """Answers of the candidates that can be averaged."""
        able = [
            number
            for number, fits in enumerate(self.fits)
            if all(fit.matrix is not None for fit in fits)
        ]
        truth = self.ballot.truth(self.problem.y)
        values = np.full((len(able), *truth.shape), np.nan)
        for place, number in enumerate(able):
            fits = zip(self.fits[number], self.tests, strict=True)
            said = ((test, fit.matrix, 1.0) for fit, test in fits)
            values[place] = self.ballot.comparable(mean_of_tested(said, truth.shape))
        return OutOfFold(np.array(able, dtype=np.intp), values, truth)

    @cached_property
    def losses(self) -> FloatArray:
        """Quadratic loss of each candidate that can be averaged; NaN of others."""
        found = np.full(len(self.fits), np.nan)
        if self.together.candidates.size:
            found[self.together.candidates] = self.together.gram().diagonal()
        return found

    def choose(self, without: int | None = None) -> FloatArray:
        """Weigh the candidates, by all rows or by those that a split does not test.

        Parameters
        ----------
        without : int, default=None
            The split whose rows take no part.

        Returns
        -------
        weights : ndarray of shape (n_candidates,)
            They sum to 1.
        """
        splits = [k for k in range(len(self.tests)) if k != without]
        choices = [*self._committee(without), *self._singles()]
        values = [
            float(np.mean([self.scored(own, k)[1] for k in splits])) for own in choices
        ]
        return choices[int(np.argmax(values))]

    def _committee(self, without: int | None) -> list[FloatArray]:
        """Find the greedy committee; none if nobody can, or may, be averaged."""
        able = self.together.candidates
        if not able.size or not self.may_average:
            return []
        counts = np.ones(self.problem.n_samples)
        if without is not None:
            counts[self.tests[without]] = 0.0
        picks = greedy_counts(self.together.gram(counts), MAX_MEMBERS)
        weights = np.zeros(len(self.fits))
        weights[able] = picks / picks.sum()
        return [weights]

    def _singles(self) -> list[FloatArray]:
        """Give those that cannot be averaged, each alone."""
        able = set(self.together.candidates.tolist() if self.may_average else ())
        alone = [k for k in range(len(self.fits)) if k not in able]
        return list(np.eye(len(self.fits))[alone])

    def scored(self, weights: FloatArray, split: int) -> tuple[FloatArray, float]:
        """Score a choice on the test rows of a split: by rows, and in all."""
        members = np.flatnonzero(weights).tolist()
        if len(members) == 1:  # as it decides itself
            fit = self.fits[members[0]][split]
            return fit.rows, fit.score
        matrix = sum(weights[k] * self.fits[k][split].matrix for k in members)
        test = self.tests[split]
        said = _stored(self.problem, self.ballot, matrix)
        X, y = rows_of(self.problem.X, test), self.problem.y[test]
        scorer = row_scorer(self.problem.scorer, said)
        if scorer is not None:
            rows = scorer(said, X, y)
            if is_whole(rows):
                return rows, float(rows.mean())
        return np.full(len(test), np.nan), float(self.problem.scorer(said, X, y))

    def alone(self, number: int) -> Scored:
        """Score a candidate by itself."""
        return self._over_splits([np.eye(len(self.fits))[number]] * len(self.tests))

    def honest(self) -> Scored:
        """Score, on each split, what the rows of the other splits choose."""
        return self._over_splits([self.choose(k) for k in range(len(self.tests))])

    def _over_splits(self, choices: Sequence[FloatArray]) -> Scored:
        """Score a choice for each split."""
        parts = [self.scored(own, k) for k, own in enumerate(choices)]
        sharp = [self._sharpness(own, k) for k, own in enumerate(choices)]
        known = [rows for rows in sharp if rows is not None]
        return Scored(
            [rows for rows, _ in parts],
            np.array([own for _, own in parts]),
            known if len(known) == len(sharp) else None,
        )

    def _sharpness(self, weights: FloatArray, split: int) -> FloatArray | None:
        """Minus the Brier score of each test row of a split."""
        members = np.flatnonzero(weights).tolist()
        matrices = [self.fits[k][split].matrix for k in members]
        if not self.problem.is_classification or any(m is None for m in matrices):
            return None
        said = np.tensordot(weights[members], np.array(matrices), axes=1)
        return -((said - self.together.truth[self.tests[split]]) ** 2).sum(axis=1)


# ------------------------------------------------------------------- stored predictions
class _Stored(BaseEstimator):
    """Stands in for a fitted model where scorers ask it about the rows of a split."""

    def __init__(self, ballot: Any = None, matrix: Any = None) -> None:
        self.ballot = ballot
        self.matrix = matrix

    def predict(self, X: Any) -> Any:
        """Give labels or numbers."""
        return self.ballot.labels(self.matrix)


class _StoredClassifier(ClassifierMixin, _Stored):
    @property
    def classes_(self) -> Any:
        """Class labels."""
        return self.ballot.classes

    def predict_proba(self, X: Any) -> Any:
        """Give probabilities."""
        return self.ballot.answer(self.matrix)


class _StoredRegressor(RegressorMixin, _Stored):
    pass


def _stored(problem: Problem, ballot: Ballot, matrix: Any) -> Any:
    kind = _StoredClassifier if problem.is_classification else _StoredRegressor
    return kind(ballot, matrix)


# ------------------------------------------------------------------------- estimates
def change_of(
    one: Scored, other: Scored, splits: Splits, groups: NDArray | None
) -> Estimate:
    """Change of the score from one procedure to another, paired."""
    if one.is_by_rows and other.is_by_rows:
        tests = [test for _, test in splits]
        return paired_estimate(one.rows, other.rows, tests, groups=groups)
    return corrected_estimate(
        one.scores - other.scores, test_train_ratio=ratios_of(splits)
    )


def sharper_by(
    one: Scored, other: Scored, splits: Splits, groups: NDArray | None
) -> Estimate | None:
    """Fall of the Brier score from one procedure to another; None if unknown."""
    if one.sharpness is None or other.sharpness is None:
        return None
    tests = [test for _, test in splits]
    return paired_estimate(one.sharpness, other.sharpness, tests, groups=groups)


def level_of(one: Scored, splits: Splits, groups: NDArray | None) -> Estimate:
    """Score of a procedure."""
    if one.is_by_rows:
        return score_estimate(one.rows, [test for _, test in splits], groups=groups)
    return corrected_estimate(one.scores, test_train_ratio=ratios_of(splits))


def ratios_of(splits: Splits) -> FloatArray:
    """Test rows over training rows of each split."""
    return np.array([len(test) / len(train) for train, test in splits])
