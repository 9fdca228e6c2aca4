"""Member rules: ``cv_results_`` in, the weights of the candidates in a committee out.

Like selection rules they are values, immutable, comparable and printable, that read
the scores into a :class:`~skoverfit.model_selection._selection.ScoreTable`.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skoverfit._compat import Interval
from skoverfit.model_selection._committee._greedy import OutOfFold, greedy_counts
from skoverfit.model_selection._selection import (
    CheckedRule,
    ScoreTable,
    best_score,
    read_scores,
    resolve_metric,
)

__all__ = [
    "DEFAULT_RULE",
    "GreedyMembers",
    "LowGapMembers",
    "MemberRule",
    "MembersWithinNoise",
    "PenalizedMembers",
    "cut_to",
]

#: While a search runs, the noise of the best candidate may still turn out larger.
RESERVE = 1.5

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class MemberRule(CheckedRule):
    """Base class of the rules; a subclass says which candidates may be members.

    A rule is called with ``cv_results_`` and returns a weight of at least 0 for each
    candidate, which sum to 1.

    Subclasses are frozen dataclasses with a ``metric`` field that implement
    ``_pool(table, valid)``: a mask of the valid candidates that may be members. They
    have equal weights, unless the subclass implements ``_weigh(pool, out_of_fold)``.
    """

    needs_out_of_fold: ClassVar[bool] = False

    def __call__(
        self,
        cv_results: Mapping[str, Any],
        *,
        metric: str | None = None,
        out_of_fold: OutOfFold | None = None,
    ) -> FloatArray:
        """Weigh the candidates.

        Parameters
        ----------
        cv_results : dict of str to array-like
            The ``cv_results_`` of a search, with train scores if the rule needs the
            gap.
        metric : str, default=None
            Metric to use where the rule itself names none.
        out_of_fold : OutOfFold, default=None
            What candidates say of rows that they have not seen, for rules that need it.

        Returns
        -------
        weights : ndarray of shape (n_candidates,)
            They sum to 1.

        Raises
        ------
        ValueError
            If the metric is missing or ambiguous, train scores or predictions are
            missing, or no candidate has a score.
        """
        pool = self.contenders(cv_results, metric=metric)
        if self.needs_out_of_fold and out_of_fold is None:
            raise ValueError(
                f"{self} needs what candidates say of rows that they have not seen; "
                "scores alone do not tell."
            )
        weights = self._weigh(pool, out_of_fold)
        return weights / weights.sum()

    def contenders(
        self, cv_results: Mapping[str, Any], *, metric: str | None = None
    ) -> BoolArray:
        """Say which candidates may be members.

        Parameters
        ----------
        cv_results, metric : object
            As in a call.

        Returns
        -------
        contenders : ndarray of bool of shape (n_candidates,)
        """
        metric = resolve_metric(cv_results, self.metric or metric)
        table = read_scores(cv_results, metric, needs_gap=self.needs_gap)
        scored = np.isfinite(table.test)
        if not scored.any():
            raise ValueError(
                f"No candidate has a valid mean_test_{metric}: there is nobody to "
                "make a committee of."
            )
        valid = scored & np.isfinite(table.gap) if self.needs_gap else scored
        if valid.any():
            return self._pool(table, valid)
        # No gap can be judged: one with a score is better than none.
        return np.arange(len(scored)) == best_score(table.test)

    @abstractmethod
    def _pool(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        """Mask of the candidates that may be members, some at least."""

    def _reserve(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        """Say, while a search runs, who may still be in the pool of all candidates."""
        judged = valid & np.isfinite(table.gap) if self.needs_gap else valid
        return self._pool(table, judged) if judged.any() else valid

    def _weigh(self, pool: BoolArray, out_of_fold: OutOfFold | None) -> FloatArray:
        """Weights of any sum; 0 outside the pool."""
        return pool.astype(float)


class _NearTheBest(MemberRule):
    """Rules that start from the candidates within the noise of the best."""

    n_std_errors: float
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_std_errors": [Interval(Real, 0, None, closed="left")],
    }

    def _reserve(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        """Say who may still be within the noise of another, better candidate."""
        return table.within_noise(valid, RESERVE * self.n_std_errors)


@dataclass(frozen=True)
class MembersWithinNoise(_NearTheBest):
    """All candidates within the noise of the best test score, with equal weights.

    Parameters
    ----------
    n_std_errors : float, default=1.0
        How many standard errors of the best candidate's mean test score a member may
        be below it, in [0, inf).
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import MembersWithinNoise
    >>> results = {
    ...     "split0_test_score": [0.9, 0.9, 0.5], "split1_test_score": [0.7, 0.6, 0.5],
    ...     "mean_test_score": [0.8, 0.75, 0.5],
    ... }
    >>> MembersWithinNoise()(results).tolist()
    [0.5, 0.5, 0.0]
    """

    n_std_errors: float = 1.0
    metric: str | None = None
    needs_gap: ClassVar[bool] = False

    def _pool(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        return table.within_noise(valid, self.n_std_errors)


@dataclass(frozen=True)
class LowGapMembers(_NearTheBest):
    """Of the candidates within the noise of the best, those with the smaller gaps.

    Parameters
    ----------
    n_std_errors : float, default=1.0
        How many standard errors of the best candidate's mean test score a member may
        be below it, in [0, inf).
    share : float, default=0.5
        Share of these candidates that become members, in (0, 1], rounded up.
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import LowGapMembers
    >>> results = {
    ...     "split0_test_score": [0.9, 0.9, 0.5], "split1_test_score": [0.7, 0.6, 0.5],
    ...     "mean_test_score": [0.8, 0.75, 0.5], "mean_train_score": [1.0, 0.8, 0.5],
    ... }
    >>> LowGapMembers()(results).tolist()
    [0.0, 1.0, 0.0]
    """

    n_std_errors: float = 1.0
    share: float = 0.5
    metric: str | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **_NearTheBest._parameter_constraints,
        "share": [Interval(Real, 0, 1, closed="right")],
    }

    def _pool(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        near = table.within_noise(valid, self.n_std_errors)
        size = int(np.ceil(self.share * near.sum()))
        return best_of(-table.gap, table.test, near, size)


@dataclass(frozen=True)
class PenalizedMembers(MemberRule):
    """The best candidates by test score less a penalty on the gap, equally weighted.

    Parameters
    ----------
    k : int, default=5
        Number of candidates, in [1, inf).
    gap_penalty : float, default=0.1
        Points of test score that one point of gap costs, in [0, inf).
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import PenalizedMembers
    >>> results = {
    ...     "mean_test_score": [0.80, 0.79, 0.5], "mean_train_score": [1.0, 0.8, 0.5],
    ... }
    >>> PenalizedMembers(1)(results).tolist()
    [0.0, 1.0, 0.0]
    """

    k: int = 5
    gap_penalty: float = 0.1
    metric: str | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "k": [Interval(Integral, 1, None, closed="left")],
        "gap_penalty": [Interval(Real, 0, None, closed="left")],
    }

    def _pool(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        penalized = table.test - self.gap_penalty * np.maximum(0, table.gap)
        return best_of(penalized, -table.gap, valid, self.k)


@dataclass(frozen=True)
class GreedyMembers(MemberRule):
    """Greedy search for the average with the smallest loss on rows not seen [1]_.

    It starts with as many of the best candidates as are best together, and then adds
    the candidate that makes the loss smallest, possibly one that is in already, until
    none does. The loss is the Brier score of averaged probabilities (or of shares of
    votes, or of shares that decision values of several classes are turned into), the
    squared distance of a single decision value from 1 and -1, or the squared error in
    regression.

    Parameters
    ----------
    max_members : int, default=25
        Largest number of candidates that are taken, each counted as often as it is
        taken, in [1, inf). Weights are proportional to these counts.
    max_candidates : int, default=50
        Only so many candidates with the best mean test scores are looked at, in
        [1, inf).
    metric : str, default=None
        Metric of these test scores, when several were scored.

    References
    ----------
    .. [1] R. Caruana, A. Niculescu-Mizil, G. Crew and A. Ksikes, "Ensemble selection
       from libraries of models", ICML 2004.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit import CommitteeClassifier
    >>> from skoverfit.model_selection import GreedyMembers
    >>> X, y = load_iris(return_X_y=True)
    >>> tree = DecisionTreeClassifier(random_state=0)
    >>> search = GridSearchCV(tree, {"max_depth": [1, 2, 3, 4]}).fit(X, y)
    >>> committee = CommitteeClassifier.from_search(
    ...     search, X, y, members=GreedyMembers()
    ... )
    >>> committee.candidates
    [{'max_depth': 3}, {'max_depth': 4}]
    """

    max_members: int = 25
    max_candidates: int = 50
    metric: str | None = None
    needs_gap: ClassVar[bool] = False
    needs_out_of_fold: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_members": [Interval(Integral, 1, None, closed="left")],
        "max_candidates": [Interval(Integral, 1, None, closed="left")],
    }

    def _pool(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        return best_of(table.test, -table.gap, valid, self.max_candidates)

    def _weigh(self, pool: BoolArray, out_of_fold: OutOfFold | None) -> FloatArray:
        assert out_of_fold is not None  # seen to by the call
        gram, given = out_of_fold.gram(), out_of_fold.candidates
        eligible = np.flatnonzero(pool[given] & np.isfinite(gram.diagonal()))
        if not eligible.size:
            raise ValueError(
                f"{self} finds no candidate with predictions for all rows that are "
                "tested."
            )
        weights = np.zeros(len(pool))
        counts = greedy_counts(gram[np.ix_(eligible, eligible)], self.max_members)
        weights[given[eligible]] = counts
        return weights


#: The rule that is used where none is given: `benchmarks/quality/committee.py`.
DEFAULT_RULE = GreedyMembers()


def best_of(
    values: FloatArray, second: FloatArray, among: BoolArray, size: int
) -> BoolArray:
    """Return those with the largest values; ties go to the larger `second`."""
    second = np.where(np.isfinite(second), second, -np.inf)
    order = np.lexsort((-second, -values, ~among))
    mask = np.zeros(len(values), dtype=bool)
    mask[order[:size]] = True
    return mask & among


def cut_to(weights: FloatArray, test: FloatArray, max_candidates: int) -> FloatArray:
    """Keep the candidates that weigh most, of equals those with the best scores."""
    kept = best_of(weights, test, weights > 0, max(max_candidates, 1))
    cut = np.where(kept, weights, 0.0)
    return cut / cut.sum()
