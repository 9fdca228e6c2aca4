"""Rows made between others (SMOTE and its kin) before the splits were drawn."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit.diagnosis._comparisons._contrasts import row_values
from skoverfit.diagnosis._judgment._judging import LEVEL, ONE_SIDED, SMALL_CHANGE
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis._rows._interpolated import Interpolated
from skoverfit.diagnosis.causes._base import Cause, register_cause

MAX_SHOWN = 10
"""Rows that are named as an example."""

MIN_ORIGINAL = 5
"""Original rows of a class that must be tested to score it."""


@dataclass(frozen=True)
class Resampled:
    """Interpolated rows and the score without them.

    Attributes
    ----------
    found : Interpolated or None
        The rows; None if there are none.
    score : float
        On all rows.
    honest : float or None
        On original rows only, weighted as the classes of all rows are.
    change : float
        `score` minus `honest`.
    error : float
        Standard error of `change`.
    score_range : float
        Way from the score of a constant to a perfect one.
    """

    found: Interpolated | None
    score: float = np.nan
    honest: float | None = None
    change: float = np.nan
    error: float = np.nan
    score_range: float = 1.0

    @property
    def pvalue(self) -> float | None:
        """P-value of "the score is not too high"."""
        if self.honest is None:
            return None
        if not self.error > 0:
            return 0.0 if self.change > 0 else 1.0
        return float(stats.norm.sf(self.change / self.error))

    @property
    def interval(self) -> tuple[float, float] | None:
        """Confidence interval of the change."""
        if self.honest is None:
            return None
        half = float(stats.norm.ppf(1 - LEVEL / 2)) * self.error
        return self.change - half, self.change + half


@register_cause
class ResampledBeforeSplit(Cause):
    """Oversampling by interpolation done to the whole table."""

    code, name, kind = "SKO206", "resampled_before_split", "validation"
    title = "Rows were made from others (as by SMOTE) before the splits were drawn"
    cost = 1.0
    question = (
        "Was anything resampled or augmented before the splits? Do it inside: "
        "imblearn.pipeline.make_pipeline(SMOTE(), estimator)"
    )

    def measure(self, lab: Lab) -> Resampled:
        """Find such rows, and score the original rows only."""
        try:
            found = lab.arrangement.interpolated
        except ValueError as error:
            raise NotMeasured(str(error)) from error
        if found is None:
            return Resampled(None)
        assert lab.core is not None
        splits = original_splits(found, lab.problem.splits)
        scored = _scored(found, lab, lab.on("original rows only", splits))
        return replace(scored, score_range=lab.core.score_range)

    def judge(self, measured: Resampled, problem: Problem) -> Finding:
        """Present wherever such rows are: no measured table has them."""
        found = measured.found
        if found is None:
            return self.finding(
                "absent",
                title="No rows lie between others of their class",
                explanation=(
                    "In no class are there far more rows on a line between two others "
                    "than in the other classes."
                ),
            )
        pvalue = measured.pvalue
        harms = pvalue is not None and pvalue < ONE_SIDED
        harms = harms and measured.change > SMALL_CHANGE * measured.score_range
        return self.finding(
            "present",
            severity="serious" if harms else "warning",
            effect=measured.change,
            interval=measured.interval,
            # It is there for sure; what it costs may not be.
            pvalue=pvalue if harms else None,
            explanation=_explanation(measured, found, problem),
            advice=(
                "Drop the made rows and resample inside the splits, where it reaches "
                "training rows only: imblearn.pipeline.make_pipeline(SMOTE("
                f"random_state=0), estimator), cv=StratifiedKFold({len(problem.splits)}"
                ", shuffle=True, random_state=0)."
            ),
            counterfactual=measured.honest,
            counterfactual_label=_label(problem),
            rows=tuple(np.flatnonzero(found.rows)[:MAX_SHOWN].tolist()),
        )


def original_splits(found: Interpolated, splits: Splits) -> Splits:
    """Test original rows only; train on made rows only where their parents are."""
    result = []
    for train, test in splits:
        here = np.zeros(len(found.rows), dtype=bool)
        here[train] = True
        kept = [row for row in train if not found.rows[row] or _of(found, row, here)]
        result.append((np.array(kept, dtype=np.int64), test[~found.rows[test]]))
    return result


def _of(found: Interpolated, row: int, here: NDArray[np.bool_]) -> bool:
    """Whether all known parents of a made row are training rows."""
    parents = found.parents[int(row)]
    return bool(len(parents) and here[parents].all())


def _scored(found: Interpolated, lab: Lab, outcome: Outcome) -> Resampled:
    """Compare the own score with that on original rows."""
    problem, model = lab.problem, lab.model
    assert model is not None
    all_rows, originals = (row_values(problem, one) for one in (model, outcome))
    if all_rows is None or originals is None:
        change = lab.compare(model, outcome)
        scores = model.scores.gap.mean_test, outcome.scores.gap.mean_test
        return Resampled(found, *scores, change.mean, change.std_error)
    score, noise = _mean(all_rows, np.ones(problem.n_samples, dtype=int), {1: 1.0})
    strata, shares = _strata(problem)
    honest, own_noise = _mean(originals, strata, shares)
    error = float(np.sqrt(noise + own_noise))
    return Resampled(found, score, honest, score - honest, error)


def _strata(problem: Problem) -> tuple[NDArray[np.int64], dict[int, float]]:
    """Classes and their shares of all rows, where the score is a mean over rows.

    The original classes are not balanced: always naming the largest would score well.
    """
    if problem.scoring != "accuracy":
        return np.zeros(problem.n_samples, dtype=np.int64), {0: 1.0}
    codes = np.unique(problem.y, return_inverse=True)[1]
    shares = np.bincount(codes) / len(codes)
    return codes, dict(enumerate(shares.tolist()))


def _mean(
    values: NDArray[np.float64], strata: NDArray, shares: dict[int, float]
) -> tuple[float, float]:
    """Weighted mean over strata, and the variance of it."""
    mean, variance = 0.0, 0.0
    for code, share in shares.items():
        own = values[(strata == code) & np.isfinite(values)]
        if len(own) < MIN_ORIGINAL:
            raise NotMeasured("a class has hardly any original rows")
        mean += share * float(own.mean())
        variance += share**2 * float(own.var(ddof=1)) / len(own)
    return mean, variance


def _label(problem: Problem) -> str:
    if problem.scoring == "accuracy":
        return "on original rows, classes weighted as they are now"
    return "on original rows"


def _explanation(measured: Resampled, found: Interpolated, problem: Problem) -> str:
    parts = []
    for label in found.labels:
        of = "rows" if label is None else f"rows of class {label!r}"
        parts.append(f"{found.shares[label]:.0%} of the {of}")
    others = [s for label, s in found.shares.items() if label not in found.labels]
    text = f"{' and '.join(parts)} lie exactly between two others"
    text += f" (at most {max(others):.0%} in other classes)." if others else "."
    if measured.honest is None:
        return text
    return (
        f"{text} {problem.scoring} {measured.score:.3f} on all rows, "
        f"{measured.honest:.3f} {_label(problem)}, where no row is made of test rows."
    )
