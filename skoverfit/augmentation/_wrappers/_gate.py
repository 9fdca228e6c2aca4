"""Whether augmentation helps: paired tests against none and against plain copies."""

from dataclasses import dataclass, replace

import numpy as np

from skoverfit._gap import Estimate
from skoverfit.augmentation._wrappers._comparison import Comparison

__all__ = ["LEVELS", "N_PASSES", "GateResult", "is_futile", "judged"]

#: Values of ``accept`` that compare -> level of their tests where none is given.
LEVELS = {"likely": 0.2, "better": 0.05, "proven": 0.05}

#: How often they deal out all rows at most. Passes beyond the first make a test at the
#: level .05 see half as much again; at .2 they add little for three times the fits:
#: the study of power.
N_PASSES = {"likely": 1, "better": 3, "proven": 3}

#: p-value of the passes so far above which no more are made.
FUTILE = 0.4


@dataclass(frozen=True, repr=False)
class GateResult:
    """What "likely", "better" or "proven" for ``accept`` measured and decided.

    Attributes
    ----------
    accepted : bool
        Whether the augmentation is used: `pvalue` is at most `significance_level`.
    pvalue : float
        The larger of the p-values of the two comparisons, since both must hold; that
        of the only one with "likely" and "better". NaN if there was too little to test.
    significance_level : float
        Level of the test.
    against_none : Estimate
        Test score with augmentation minus that without: ``mean`` over the splits,
        ``std_error``, ``interval`` (its lower end belongs to a one-sided test at
        `significance_level`) and one-sided ``pvalue``.
    against_copies : Estimate or None
        The same against as many plain copies of the same rows. Only with "proven".
    scores : tuple of float
        Test scores with augmentation on each split. With tuning, those of the
        candidate that was chosen on other test rows.
    scores_none : tuple of float
        Test scores without augmentation.
    scores_copies : tuple of float
        Test scores with plain copies; empty where `against_copies` is None.
    compared : {"rows", "splits"}
        What the tests compare. Rows, where they make up the score: accuracy, balanced
        accuracy, log loss, Brier score, squared and absolute errors, R2, and within
        each split the areas under ROC and precision-recall curves. A row counts once,
        however many splits test it, and so does a group. For all other scores, split
        scores with the correction of Nadeau and Bengio.
    """

    accepted: bool
    pvalue: float
    significance_level: float
    against_none: Estimate
    against_copies: Estimate | None
    scores: tuple[float, ...]
    scores_none: tuple[float, ...]
    scores_copies: tuple[float, ...]
    compared: str

    @property
    def expected_loss(self) -> float:
        """Mean fall of the score, over what the rows leave possible."""
        return self.against_none.expected_loss

    @property
    def comparisons(self) -> list[Estimate]:
        """The comparisons that must hold."""
        copies = [] if self.against_copies is None else [self.against_copies]
        return [self.against_none, *copies]

    def __repr__(self) -> str:
        """Say the decision, and each comparison in a line."""
        verdict = "accepted" if self.accepted else "not accepted"
        tests = zip(("none:  ", "copies:"), self.comparisons, strict=False)
        return (
            f"<GateResult: {verdict} at level {self.significance_level:g}, "
            f"p={self.pvalue:.3g}, "
            f"{self.compared} of {self.against_none.n_splits} splits"
            + "".join(f"\n  against {arm} {_in_words(each)}" for arm, each in tests)
            + ">"
        )


def _in_words(estimate: Estimate) -> str:
    low, high = estimate.interval
    return f"{estimate.mean:+.4f} [{low:+.4f}, {high:+.4f}], p={estimate.pvalue:.3g}"


def judged(comparison: Comparison, chosen: np.ndarray, level: float) -> GateResult:
    """Test the augmentation that was chosen for each split.

    Parameters
    ----------
    comparison : Comparison
        Scores of all arms.
    chosen : ndarray of int of shape (n_splits,)
        The candidate that stands for augmentation on each split. It must not depend
        on the scores of that split's test rows.
    level : float
        Level of the one-sided tests.
    """
    split = np.arange(len(chosen))
    none, copies = _tested(comparison, chosen, "plain", level), None
    copied: np.ndarray = np.empty(0)
    if comparison.copied is not None:
        copies = _tested(comparison, chosen, "copied", level)
        copied = comparison.copied[split, chosen]
    pvalue = float(np.max([each.pvalue for each in (none, copies) if each]))
    return GateResult(
        accepted=pvalue <= level,
        pvalue=pvalue,
        significance_level=level,
        against_none=none,
        against_copies=copies,
        scores=tuple(comparison.augmented[split, chosen].tolist()),
        scores_none=tuple(comparison.plain.tolist()),
        scores_copies=tuple(copied.tolist()),
        compared="splits" if comparison.rows is None else "rows",
    )


def is_futile(result: GateResult) -> bool:
    """Whether further passes would hardly change a refusal.

    Stopping for this reason alone accepts nothing, so that the level still holds.
    """
    return not result.pvalue <= FUTILE


def _tested(
    comparison: Comparison, chosen: np.ndarray, other: str, level: float
) -> Estimate:
    """Paired test, with an interval whose lower end matches it.

    Scores of splits are often multiples of one over the number of test rows, so a few
    splits may all differ by the same amount. Such a spread of zero does not mean
    certainty: the p-value is never below that of as many equal signs.
    """
    estimate = comparison.estimate(chosen, other, 1 - 2 * level)
    if comparison.rows is not None:
        return estimate
    least = 0.5**estimate.n_splits
    return replace(estimate, pvalue=float(np.maximum(estimate.pvalue, least)))
