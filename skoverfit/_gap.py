"""The gap between train and test scores, defined once.

Per split, ``gap = train score - test score`` of a scorer where greater is better.
Splits overlap in their training rows, so their scores are correlated; every
standard error here carries the correction of Nadeau and Bengio [1]_. Where rows make
up the score, :mod:`skoverfit._paired` knows more.

References
----------
.. [1] C. Nadeau and Y. Bengio, "Inference for the generalization error",
   Machine Learning 52, 239-281, 2003.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skoverfit._compat import check_scalar_in

__all__ = ["Estimate", "GapEstimate", "GapScores", "corrected_estimate"]


@dataclass(frozen=True)
class Estimate:
    """A mean over cross-validation splits with its uncertainty.

    Attributes
    ----------
    mean : float
        Mean over the valid splits; NaN if there is none.
    std_error : float
        Standard error: from rows where they make up the score and are at hand, else
        from splits with the Nadeau-Bengio correction, and NaN below two valid ones.
    interval : tuple of (float, float)
        Two-sided confidence interval by Student's t.
    confidence_level : float
        Level of ``interval``, between 0 and 1.
    pvalue : float
        One-sided p-value of the hypothesis "the true mean is at most `tolerance`".
    tolerance : float
        Threshold of that hypothesis.
    n_splits : int
        Number of valid (finite) splits.
    n_invalid : int
        Number of splits left out because their value is not finite.
    expected_loss : float
        Mean of what is lost where the true mean is below zero, over what mean and
        standard error leave possible (a normal distribution).
    """

    mean: float
    std_error: float
    interval: tuple[float, float]
    confidence_level: float
    pvalue: float
    tolerance: float
    n_splits: int
    n_invalid: int

    @property
    def expected_loss(self) -> float:
        """Mean of what is lost where the true mean is below zero."""
        if not self.std_error > 0:
            return float(np.maximum(-self.mean, 0.0))
        z = self.mean / self.std_error
        return float(self.std_error * (stats.norm.pdf(z) - z * stats.norm.sf(z)))


@dataclass(frozen=True)
class GapEstimate(Estimate):
    """The train/test gap of one estimator over cross-validation splits.

    Attributes
    ----------
    mean : float
        Mean of train score minus test score, in units of the scorer.
    std_error : float
        Standard error: from rows where they make up the score and are at hand, else
        from splits with the Nadeau-Bengio correction, and NaN below two valid ones.
    interval : tuple of (float, float)
        Two-sided confidence interval of the mean gap.
    confidence_level : float
        Level of ``interval``, between 0 and 1.
    pvalue : float
        One-sided p-value of the hypothesis "the gap is at most `tolerance`".
    tolerance : float
        Threshold of that hypothesis.
    n_splits : int
        Number of valid splits.
    n_invalid : int
        Number of splits whose fit or score failed. A failed fit is never a gap of 0.
    mean_train : float
        Mean train score over the valid splits.
    mean_test : float
        Mean test score over the valid splits.
    relative : float
        ``mean / |mean_train|``: the share of the train score that is lost on new
        rows; NaN if the train score is 0.

    Examples
    --------
    >>> from skoverfit import GapEstimate
    >>> gap = GapEstimate.from_scores([1.0, 1.0, 1.0], [0.8, 0.7, 0.9])
    >>> round(gap.mean, 3), gap.n_splits
    (0.2, 3)
    """

    mean_train: float
    mean_test: float
    relative: float

    @classmethod
    def from_scores(
        cls,
        train_scores: ArrayLike,
        test_scores: ArrayLike,
        *,
        test_train_ratio: float | ArrayLike | None = None,
        tolerance: float = 0.0,
        confidence_level: float = 0.95,
    ) -> "GapEstimate":
        """Estimate the gap from the scores of each split.

        Parameters
        ----------
        train_scores, test_scores : array-like of shape (n_splits,)
            Scores of the same splits, greater is better. A split where either is
            not finite is invalid and left out.
        test_train_ratio : float or array-like of shape (n_splits,), default=None
            Test rows over training rows of each split. The default is that of
            k-fold cross-validation, ``1 / (n_splits - 1)``.
        tolerance : float, default=0.0
            Gap that counts as none in the one-sided test.
        confidence_level : float, default=0.95
            Level of the interval, in (0, 1).

        Returns
        -------
        gap : GapEstimate

        Raises
        ------
        ValueError
            If the two score arrays differ in length or are not one-dimensional.
        """
        train = _as_scores(train_scores, "train_scores")
        test = _as_scores(test_scores, "test_scores")
        if train.shape != test.shape:
            raise ValueError(
                "train_scores and test_scores must have one score per split each; "
                f"got {train.size} and {test.size}."
            )
        gaps = gap_of(train, test)
        base = corrected_estimate(
            gaps,
            test_train_ratio=test_train_ratio,
            tolerance=tolerance,
            confidence_level=confidence_level,
        )
        valid = np.isfinite(gaps)
        mean_train, mean_test = _mean(train[valid]), _mean(test[valid])
        relative = base.mean / abs(mean_train) if mean_train else np.nan
        return cls(
            **vars(base), mean_train=mean_train, mean_test=mean_test, relative=relative
        )


@dataclass(frozen=True)
class GapScores:
    """Train and test scores of one estimator, split by split.

    Attributes
    ----------
    train_scores, test_scores, gaps : ndarray of shape (n_splits,)
        Scores of the scorer and their difference; NaN where a fit or score failed.
    n_train, n_test : ndarray of shape (n_splits,)
        Rows on each side of each split.
    fit_times : ndarray of shape (n_splits,)
        Seconds for fitting.
    gap : GapEstimate
        The estimate over all splits.
    """

    train_scores: NDArray[np.float64]
    test_scores: NDArray[np.float64]
    n_train: NDArray[np.int64]
    n_test: NDArray[np.int64]
    fit_times: NDArray[np.float64] = field(repr=False)
    gap: GapEstimate

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Train score minus test score of each split."""
        return gap_of(self.train_scores, self.test_scores)

    @property
    def test_train_ratio(self) -> NDArray[np.float64]:
        """Test rows over training rows of each split."""
        return self.n_test / self.n_train


def gap_of(train: ArrayLike, test: ArrayLike) -> NDArray[np.float64]:
    """Train score minus test score, NaN where either is not finite."""
    train = np.asarray(train, dtype=float)
    test = np.asarray(test, dtype=float)
    valid = np.isfinite(train) & np.isfinite(test)
    return np.subtract(train, test, where=valid, out=np.full(train.shape, np.nan))


def corrected_estimate(
    values: ArrayLike,
    *,
    test_train_ratio: float | ArrayLike | None = None,
    tolerance: float = 0.0,
    confidence_level: float = 0.95,
) -> Estimate:
    """Mean of per-split values with the Nadeau-Bengio corrected uncertainty.

    Serves for gaps and for paired differences of two estimators on the same splits.

    Parameters
    ----------
    values : array-like of shape (n_splits,)
        One value per split; those that are not finite are left out.
    test_train_ratio : float or array-like of shape (n_splits,), default=None
        Test rows over training rows of each split. The default is that of k-fold
        cross-validation, ``1 / (n_splits - 1)``.
    tolerance : float, default=0.0
        Threshold of the one-sided test.
    confidence_level : float, default=0.95
        Level of the interval, in (0, 1).
    """
    check_scalar_in(confidence_level, "confidence_level", 0, 1, closed=False)
    values = _as_scores(values, "values")
    valid = np.isfinite(values)
    ratio = _mean_ratio(test_train_ratio, valid)
    kept = values[valid]
    std_error = corrected_std_error(kept, ratio)
    mean = _mean(kept)
    half = std_error * _t_quantile((1 + confidence_level) / 2, kept.size - 1)
    return Estimate(
        mean=mean,
        std_error=std_error,
        interval=(mean - half, mean + half),
        confidence_level=confidence_level,
        pvalue=_one_sided_pvalue(mean - tolerance, std_error, kept.size - 1),
        tolerance=tolerance,
        n_splits=int(kept.size),
        n_invalid=int(values.size - kept.size),
    )


def corrected_std_error(values: NDArray[np.float64], ratio: float) -> float:
    """Nadeau-Bengio standard error of the mean: variance times (1/k + ratio)."""
    if values.size < 2:
        return float("nan")
    return float(np.sqrt(values.var(ddof=1) * (1 / values.size + ratio)))


def default_test_train_ratio(n_splits: int) -> float:
    """Test rows over training rows of plain k-fold cross-validation."""
    return 1 / (n_splits - 1) if n_splits > 1 else float("nan")


def _mean_ratio(ratio: float | ArrayLike | None, valid: NDArray[np.bool_]) -> float:
    if ratio is None:
        return default_test_train_ratio(valid.size)
    ratio = np.asarray(ratio, dtype=float)
    if ratio.shape not in [(), valid.shape]:
        raise ValueError(
            f"test_train_ratio must be one number or one per split ({valid.size}); "
            f"got shape {ratio.shape}."
        )
    if not np.all((ratio > 0) & np.isfinite(ratio)):
        raise ValueError(f"test_train_ratio must be positive and finite; got {ratio}.")
    return _mean(np.broadcast_to(ratio, valid.shape)[valid])


def _as_scores(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    scores = np.asarray(scores, dtype=float)
    if scores.ndim != 1:
        raise ValueError(
            f"{name} must be one-dimensional, one value per split; "
            f"got shape {scores.shape}."
        )
    return scores


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")


def _t_quantile(level: float, degrees: int) -> float:
    return float(stats.t.ppf(level, degrees)) if degrees > 0 else float("nan")


def _one_sided_pvalue(excess: float, std_error: float, degrees: int) -> float:
    """P-value of "the true excess is at most 0"."""
    if degrees < 1 or np.isnan(std_error):
        return float("nan")
    if std_error == 0:
        return 0.0 if excess > 0 else 1.0
    return float(stats.t.sf(excess / std_error, degrees))
