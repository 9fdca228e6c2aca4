"""Whether augmentation helps: a paired test against none and against plain copies."""

from dataclasses import dataclass, replace

import numpy as np

from skoverfit._gap import Estimate, corrected_estimate
from skoverfit.augmentation._comparison import Comparison

__all__ = ["GateResult", "judged"]


@dataclass(frozen=True, repr=False)
class GateResult:
    """What ``accept="proven"`` measured and decided.

    Attributes
    ----------
    accepted : bool
        Whether the augmentation is used: `p_value` is at most `alpha`.
    p_value : float
        The larger of the p-values of the two comparisons, since both must hold; NaN
        if there were too few splits to test.
    alpha : float
        Level of the test.
    against_none : Estimate
        Test score with augmentation minus that without, over the splits: ``mean``,
        ``std_error``, ``interval`` (its lower end belongs to a one-sided test at
        `alpha`) and one-sided ``p_value``.
    against_copies : Estimate
        The same against as many plain copies of the same rows.
    scores : tuple of float
        Test scores with augmentation on each split. With tuning, those of the
        candidate that was chosen on other test rows.
    scores_none : tuple of float
        Test scores without augmentation.
    scores_copies : tuple of float
        Test scores with plain copies.

    Notes
    -----
    Standard errors carry the correction of Nadeau and Bengio for splits that share
    training rows.
    """

    accepted: bool
    p_value: float
    alpha: float
    against_none: Estimate
    against_copies: Estimate
    scores: tuple[float, ...]
    scores_none: tuple[float, ...]
    scores_copies: tuple[float, ...]

    def __repr__(self) -> str:
        """Say the decision and both comparisons in three lines."""
        verdict = "accepted" if self.accepted else "not accepted"
        return (
            f"<GateResult: {verdict} at alpha={self.alpha:g}, p={self.p_value:.3g}, "
            f"{self.against_none.n_splits} splits\n"
            f"  against none:   {_in_words(self.against_none)}\n"
            f"  against copies: {_in_words(self.against_copies)}>"
        )


def _in_words(estimate: Estimate) -> str:
    low, high = estimate.interval
    return f"{estimate.mean:+.4f} [{low:+.4f}, {high:+.4f}], p={estimate.p_value:.3g}"


def judged(comparison: Comparison, chosen: np.ndarray, alpha: float) -> GateResult:
    """Test the augmentation that was chosen for each split.

    Parameters
    ----------
    comparison : Comparison
        Scores of all arms.
    chosen : ndarray of int of shape (n_splits,)
        The candidate that stands for augmentation on each split. It must not depend
        on the scores of that split's test rows.
    alpha : float
        Level of the one-sided tests.

    Returns
    -------
    result : GateResult
    """
    split = np.arange(len(chosen))
    augmented = comparison.augmented[split, chosen]
    copied = comparison.copied[split, chosen]
    none = _tested(augmented - comparison.plain, comparison.ratio, alpha)
    copies = _tested(augmented - copied, comparison.ratio, alpha)
    p_value = float(np.max([none.p_value, copies.p_value]))
    return GateResult(
        accepted=p_value <= alpha,
        p_value=p_value,
        alpha=alpha,
        against_none=none,
        against_copies=copies,
        scores=tuple(augmented.tolist()),
        scores_none=tuple(comparison.plain.tolist()),
        scores_copies=tuple(copied.tolist()),
    )


def _tested(differences: np.ndarray, ratio: np.ndarray, alpha: float) -> Estimate:
    """Paired corrected test, with an interval whose lower end matches it.

    Scores are often multiples of one over the number of test rows, so a few splits
    may all differ by the same amount. Such a spread of zero is no certainty: the
    p-value is never below that of as many equal signs.
    """
    estimate = corrected_estimate(
        differences, test_train_ratio=ratio, confidence_level=1 - 2 * alpha
    )
    least = 0.5**estimate.n_splits
    return replace(estimate, p_value=float(np.maximum(estimate.p_value, least)))
