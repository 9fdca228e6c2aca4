"""Selection rules: ``cv_results_`` in, index of the chosen candidate out.

Every rule reads the scores into a :class:`ScoreTable`, keeps the candidates it
would accept, and resolves ties the same way: smaller gap first, then the earlier
candidate. A rule is a value: immutable, comparable, printable.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit._compat import Interval, validate_parameter_constraints
from skoverfit._folds import close_to, standard_error, tie_margin
from skoverfit._gap import (
    Estimate,
    corrected_estimate,
    corrected_std_error,
    default_test_train_ratio,
    gap_of,
)
from skoverfit.exceptions import NoCandidateWithinGapWarning
from skoverfit.model_selection._row_scores import RowScores, key_of

__all__ = [
    "BestScore",
    "MaxGap",
    "PenalizedGap",
    "SelectionRule",
    "SmallestGapByPairedTest",
    "SmallestGapWithinNoise",
]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ScoreTable:
    """The columns of ``cv_results_`` that rules read, for one metric.

    Attributes
    ----------
    test : ndarray of shape (n_candidates,)
        Mean test scores, NaN for candidates without a valid one.
    gap : ndarray of shape (n_candidates,)
        Mean gaps, NaN where train or test score is not finite.
    split_test : ndarray of shape (n_candidates, n_splits)
        Test scores of each split, those of repeats included; NaN where there is none.
    test_train_ratio : float
        Test rows over training rows of the splits.
    n_splits : int
        Number of splits of one pass over the rows.
    rows : RowScores or None
        What rows contribute to the test scores, where that is known.
    own_settings : int or None
        The candidate that changes nothing: whose ``params`` are empty.
    """

    test: FloatArray
    gap: FloatArray
    split_test: FloatArray
    test_train_ratio: float
    n_splits: int
    rows: RowScores | None = None
    own_settings: int | None = None

    def difference(self, one: int, other: int) -> Estimate:
        """Test score of one candidate minus that of another: of rows, or of splits."""
        if self.rows is not None:
            return self.rows.difference(one, other)
        differences = self.split_test[one] - self.split_test[other]
        return corrected_estimate(differences, test_train_ratio=self.test_train_ratio)

    def std_error(self, candidate: int) -> float:
        """Classical standard error of a mean test score over one pass.

        Repeats make the spread of the splits better known, but the rows are the same.
        """
        return standard_error(self.split_test[candidate], self.n_splits)

    def best(self, among: BoolArray) -> int:
        """Index of the best mean test score, ties to the smaller gap."""
        return self.smallest_gap(at_the_top(self.test, among))

    def smallest_gap(self, among: BoolArray) -> int:
        """Index of the smallest gap; ties to the better test score, then earlier."""
        gaps = np.where(np.isfinite(self.gap), self.gap, np.inf)
        lowest = at_the_top(-gaps, among)
        return int(np.argmax(at_the_top(self.test, lowest)))

    def within_noise(self, among: BoolArray, n_std_errors: float) -> BoolArray:
        """Mask of those at most so many standard errors below the best."""
        best = self.best(among)
        slack = n_std_errors * self.std_error(best)
        return among & close_to(self.test, best, slack)


class CheckedRule(ABC):
    """What all rules have in common: values that are checked, and a metric.

    Subclasses are frozen dataclasses with a ``metric`` field.
    """

    metric: str | None
    needs_gap: ClassVar[bool] = True
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    def __post_init__(self) -> None:
        """Refuse bad values at once rather than after the search."""
        validate_parameter_constraints(
            {"metric": [str, None], **self._parameter_constraints},
            vars(self),
            caller_name=type(self).__name__,
        )


class SelectionRule(CheckedRule):
    """Base class of the rules; a subclass says which candidates it accepts.

    A rule is called with ``cv_results_`` and returns the index of the candidate it
    chooses, so it serves as ``selection`` of
    :class:`~skoverfit.model_selection.GapAwareSearchCV` and as ``refit`` of
    scikit-learn's searches with ``return_train_score=True``.

    Subclasses are frozen dataclasses with a ``metric`` field that implement
    ``_accept(table, valid)``: a mask of the valid candidates among which the one
    with the smallest gap is taken. Equal gaps resolve to the better mean test score,
    then to the earlier candidate.

    A class attribute ``needs_rows = True`` asks the search for what each tested row
    contributes to the scores of each candidate; any callable may have it. The results
    that the rule is called with, which are not those of the search itself then, have
    ``row_scores_{metric}`` besides: ``of(candidate)`` gives one array for each split
    whose mean is the score of the split, ``rows`` says which rows these are, and
    ``difference(one, other)`` compares two candidates. It is missing where rows do not
    make up the score (such as f1), where the scorer gets weights, where several splits
    test the same rows, after refinement, and where the predictions of all candidates
    would take more than 1 GiB.
    """

    needs_rows: ClassVar[bool] = False
    #: Whether each candidate is ranked by its own means alone: the best of all is the
    #: best of the best of any parts then.
    ranks_each: ClassVar[bool] = False

    def __call__(self, cv_results: Mapping[str, Any]) -> int:
        """Choose a candidate.

        Parameters
        ----------
        cv_results : dict of str to array-like
            The ``cv_results_`` of a search, with train scores if the rule needs
            the gap.

        Returns
        -------
        index : int
            Row of the chosen candidate.

        Raises
        ------
        ValueError
            If the metric is missing or ambiguous, or train scores are missing.
        """
        return self.select(cv_results)

    def select(
        self,
        cv_results: Mapping[str, Any],
        *,
        metric: str | None = None,
        test_train_ratio: float | None = None,
    ) -> int:
        """Choose a candidate, with what a search knows besides ``cv_results_``.

        Parameters
        ----------
        cv_results : dict of str to array-like
            The ``cv_results_`` of a search.
        metric : str, default=None
            Metric to use where the rule itself names none.
        test_train_ratio : float, default=None
            Test rows over training rows of the splits; by default that of plain
            k-fold cross-validation, ``1 / (n_splits - 1)``.

        Returns
        -------
        index : int
            Row of the chosen candidate. If no candidate has a valid score, the
            first, as scikit-learn does.
        """
        metric = resolve_metric(cv_results, self.metric or metric)
        table = read_scores(cv_results, metric, test_train_ratio, self.needs_gap)
        return self._choose(table)

    def _choose(self, table: ScoreTable) -> int:
        valid = np.isfinite(table.test)
        if self.needs_gap:
            valid &= np.isfinite(table.gap)
        if valid.any():
            return table.smallest_gap(self._accept(table, valid))
        # No gap can be judged: a candidate with a score still beats one without.
        return best_score(table.test)

    @abstractmethod
    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        """Mask of the candidates among which the smallest gap wins."""


@dataclass(frozen=True)
class BestScore(SelectionRule):
    """The best mean test score: scikit-learn's own choice, blind to the gap.

    Parameters
    ----------
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import BestScore
    >>> BestScore()({"mean_test_score": [0.7, 0.9, 0.9]})
    1
    """

    metric: str | None = None
    needs_gap: ClassVar[bool] = False
    ranks_each: ClassVar[bool] = True

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        return np.arange(len(valid)) == best_score(table.test)


@dataclass(frozen=True)
class PenalizedGap(SelectionRule):
    """The best mean test score minus a penalty on the gap.

    Maximizes ``mean_test - penalty * max(0, mean_gap - tolerance)``.

    Parameters
    ----------
    penalty : float, default=0.05
        Points of test score that one point of gap costs, in [0, inf). 0 is the
        plain argmax. Large penalties choose underfitted models; the quality
        benchmark states what each costs in test accuracy.
    tolerance : float, default=0.0
        Gap that costs nothing, in [0, inf).
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import PenalizedGap
    >>> results = {
    ...     "mean_test_score": [0.80, 0.79], "mean_train_score": [1.00, 0.85],
    ... }
    >>> PenalizedGap(0.0)(results), PenalizedGap(0.25)(results)
    (0, 1)
    """

    penalty: float = 0.05
    tolerance: float = 0.0
    metric: str | None = None
    ranks_each: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "penalty": [Interval(Real, 0, None, closed="left")],
        "tolerance": [Interval(Real, 0, None, closed="left")],
    }

    def score(self, mean_test: FloatArray, mean_gap: FloatArray) -> FloatArray:
        """Score each candidate with the penalty on its gap.

        Parameters
        ----------
        mean_test, mean_gap : ndarray of shape (n_candidates,)
            Mean test scores and mean gaps.

        Returns
        -------
        scores : ndarray of shape (n_candidates,)
            ``mean_test - penalty * max(0, mean_gap - tolerance)``.
        """
        if self.penalty == 0:
            return mean_test
        return mean_test - self.penalty * np.maximum(0, mean_gap - self.tolerance)

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        scores = self.score(table.test, np.nan_to_num(table.gap))
        return at_the_top(scores, valid)


@dataclass(frozen=True)
class SmallestGapWithinNoise(SelectionRule):
    """The smallest gap among candidates within the noise of the best test score.

    Accepts candidates whose mean test score is within `n_se` standard errors of the
    best one, where the standard error is that of the best candidate's split scores
    (``n_se=1`` is the one-standard-error rule of Breiman et al. [1]_, applied to the
    gap).

    Parameters
    ----------
    n_se : float, default=0.25
        Number of standard errors, in [0, inf).
    metric : str, default=None
        Metric to use when several were scored.

    References
    ----------
    .. [1] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and
       Regression Trees", Wadsworth, 1984, section 3.4.3.

    Examples
    --------
    >>> from skoverfit.model_selection import SmallestGapWithinNoise
    >>> results = {
    ...     "split0_test_score": [0.9, 0.88], "split1_test_score": [0.7, 0.70],
    ...     "mean_test_score": [0.8, 0.79], "mean_train_score": [1.0, 0.85],
    ... }
    >>> SmallestGapWithinNoise(0.25)(results)
    1
    """

    n_se: float = 0.25
    metric: str | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_se": [Interval(Real, 0, None, closed="left")],
    }

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        return table.within_noise(valid, self.n_se)


@dataclass(frozen=True)
class SmallestGapByPairedTest(SelectionRule):
    """The smallest gap among candidates that no paired test tells from the best.

    Each candidate is compared with the best one by a one-sided test; those that are not
    significantly worse are accepted. Where rows make up the score (accuracy, log loss,
    Brier score, errors, R2, ROC AUC, average precision), the differences of the same
    rows are tested. Else, and on ``cv_results_`` alone, it is those of the splits, by
    the corrected resampled t-test of Nadeau and Bengio [1]_: see
    :class:`SelectionRule` for where rows are missing.

    Parameters
    ----------
    significance_level : float, default=0.4
        Level of the test, in (0, 0.5). Smaller levels accept more candidates; the
        usual 0.05 accepts so many that test accuracy suffers.
    metric : str, default=None
        Metric to use when several were scored.

    References
    ----------
    .. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
       Machine Learning 52, 239-281, 2003.

    Examples
    --------
    >>> from skoverfit.model_selection import SmallestGapByPairedTest
    >>> results = {
    ...     "split0_test_score": [0.90, 0.90], "split1_test_score": [0.80, 0.78],
    ...     "mean_test_score": [0.85, 0.84], "mean_train_score": [1.0, 0.9],
    ... }
    >>> SmallestGapByPairedTest(0.05)(results)
    1
    """

    significance_level: float = 0.4
    metric: str | None = None
    needs_rows: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "significance_level": [Interval(Real, 0, 0.5, closed="neither")],
    }

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        best = table.best(valid)
        if table.rows is not None:
            return self._accept_by_rows(table, valid, best, table.rows)
        deficits = table.split_test[best] - table.split_test
        return valid & self._indistinguishable(deficits, table.test_train_ratio)

    def _accept_by_rows(
        self, table: ScoreTable, valid: BoolArray, best: int, rows: RowScores
    ) -> BoolArray:
        """Test the smallest gaps first: what is larger than an accepted one is out."""
        accepted = np.zeros_like(valid)
        accepted[best] = True
        ascending = np.argsort(np.where(valid, table.gap, np.inf))
        margin = tie_margin(table.gap[valid])
        for candidate in ascending[: valid.sum()]:
            if table.gap[candidate] > table.gap[accepted].min() + margin:
                break
            pvalue = rows.difference(best, candidate).pvalue
            accepted[candidate] = not pvalue < self.significance_level
        return accepted

    def _indistinguishable(self, deficits: FloatArray, ratio: float) -> BoolArray:
        """Which rows of paired deficits could have a mean of 0."""
        margin = tie_margin(deficits)
        # Contenders may have been repeated more often than one another.
        pairs = (row[np.isfinite(row)] for row in deficits)
        return np.array([self._could_be_zero(row, ratio, margin) for row in pairs])

    def _could_be_zero(self, deficits: FloatArray, ratio: float, margin: float) -> bool:
        if deficits.size < 2:
            return bool((deficits == 0).sum())
        error = corrected_std_error(deficits, ratio)
        limit = stats.t.ppf(1 - self.significance_level, deficits.size - 1) * error
        return bool(deficits.mean() <= limit + margin)


@dataclass(frozen=True)
class MaxGap(SelectionRule):
    """The best mean test score among candidates whose gap is small enough.

    If no candidate keeps the limit, the one with the smallest gap is chosen and a
    :class:`~skoverfit.exceptions.NoCandidateWithinGapWarning` is given.

    Parameters
    ----------
    limit : float
        Largest mean gap that is accepted, in units of the score; any finite number.
    metric : str, default=None
        Metric to use when several were scored.

    Examples
    --------
    >>> from skoverfit.model_selection import MaxGap
    >>> results = {
    ...     "mean_test_score": [0.80, 0.79, 0.70],
    ...     "mean_train_score": [1.00, 0.85, 0.71],
    ... }
    >>> MaxGap(0.1)(results)
    1
    """

    limit: float
    metric: str | None = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "limit": [Interval(Real, None, None, closed="neither")],
    }

    def _accept(self, table: ScoreTable, valid: BoolArray) -> BoolArray:
        within = valid & (table.gap <= self.limit)
        if within.any():
            return at_the_top(table.test, within)
        warnings.warn(
            f"No candidate has a gap of at most limit={self.limit}; the smallest, "
            f"{table.gap[valid].min():.3g}, was chosen.",
            NoCandidateWithinGapWarning,
            stacklevel=5,
        )
        return valid


def at_the_top(values: FloatArray, among: BoolArray) -> BoolArray:
    """Candidates of a mask whose value equals the largest one of the mask."""
    return among & (values >= values[among].max() - tie_margin(values[among]))


def best_score(test: FloatArray) -> int:
    """scikit-learn's choice: the first of the best, the first of all if none."""
    return int(np.argmax(np.where(np.isnan(test), -np.inf, test)))


def resolve_metric(cv_results: Mapping[str, Any], metric: str | None) -> str:
    """Name of the metric to select by; the only one there is by default."""
    prefix = "mean_test_"
    known = [key[len(prefix) :] for key in cv_results if key.startswith(prefix)]
    if metric is None and len(known) == 1:
        return known[0]
    if metric is None:
        raise ValueError(
            f"cv_results_ has the metrics {known}; name the one to select by with "
            "the parameter 'metric' of the rule, or refit=<name> of the search."
        )
    if metric not in known:
        raise ValueError(f"metric={metric!r} is not in cv_results_; it has {known}.")
    return metric


def read_scores(
    cv_results: Mapping[str, Any],
    metric: str,
    test_train_ratio: float | None = None,
    needs_gap: bool = True,
) -> ScoreTable:
    """Columns of one metric as plain arrays.

    Of a refined search, only candidates that were refined are read: the others have
    been found worse, and their means over fewer splits are not comparable.
    """
    first_pass = np.asarray(cv_results[f"mean_test_{metric}"], dtype=float)
    if first_pass.ndim != 1 or not first_pass.size:
        raise ValueError(f"mean_test_{metric} must have one value per candidate.")
    split_test = _split_scores(cv_results, f"test_{metric}", first_pass)
    n_splits = split_test.shape[1]
    if test_train_ratio is None:
        test_train_ratio = default_test_train_ratio(n_splits)
    gap = _mean_gaps(cv_results, metric, first_pass, needs_gap)
    again = _repeated_scores(cv_results, f"test_{metric}")
    split_test = np.column_stack([split_test, *again])
    test = _refined(cv_results, f"test_{metric}", first_pass)
    gap = _refined(cv_results, f"gap_{metric}", gap)
    rows = None if again else cv_results.get(key_of(metric))
    own = _own_settings(cv_results)
    return ScoreTable(test, gap, split_test, test_train_ratio, n_splits, rows, own)


def _own_settings(cv_results: Mapping[str, Any]) -> int | None:
    """Return the first candidate without parameters."""
    params = cv_results.get("params", ())
    return next((k for k, own in enumerate(params) if own == {}), None)


def _refined(cv_results: Mapping[str, Any], name: str, mean: FloatArray) -> FloatArray:
    return np.asarray(cv_results.get(f"refined_mean_{name}", mean), dtype=float)


def _split_scores(
    cv_results: Mapping[str, Any], name: str, mean: FloatArray
) -> FloatArray:
    columns: list[FloatArray] = []
    while (key := f"split{len(columns)}_{name}") in cv_results:
        columns.append(np.asarray(cv_results[key], dtype=float))
    scores = np.stack(columns, axis=1) if columns else mean[:, np.newaxis]
    # Infinite scores are as invalid as NaN, but would warn in sums.
    return np.where(np.isfinite(scores), scores, np.nan)


def _repeated_scores(cv_results: Mapping[str, Any], name: str) -> list[FloatArray]:
    """Split scores of a refined search's repeats, in their order."""
    columns = []
    repeat = split = 0
    while (key := f"repeat{repeat + 1}_split{split}_{name}") in cv_results or split:
        if key in cv_results:
            columns.append(np.asarray(cv_results[key], dtype=float))
            split += 1
        else:
            repeat, split = repeat + 1, 0
    return columns


def _mean_gaps(
    cv_results: Mapping[str, Any], metric: str, test: FloatArray, needed: bool
) -> FloatArray:
    # Our own search marks failed fits in its gap columns; from train and test
    # scores alone a numeric error_score would look like a gap of 0.
    if (key := f"mean_gap_{metric}") in cv_results:
        return np.asarray(cv_results[key], dtype=float)
    if (key := f"mean_train_{metric}") in cv_results:
        return gap_of(cv_results[key], test)
    if needed:
        raise ValueError(
            f"cv_results_ has no mean_train_{metric}: the rule needs train scores. "
            "Search with return_train_score=True."
        )
    return np.full(test.shape, np.nan)
