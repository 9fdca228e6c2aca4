"""A test score that falls as time goes on."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from skoverfit.diagnosis._comparisons._contrasts import LARGE_FALL, row_values
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._measurement import Outcome
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

N_PARTS = 20
"""Consecutive parts whose scores the line goes through."""

MIN_ROWS = 100
"""Tested rows that are needed to see a change over time."""

GROWTH = 1.5
"""How many times the rows of the first training part the largest one must have."""

LEVEL_EQUAL = ONE_SIDED / 2.5
"""Level of the test where training parts were made equal."""

T_95 = float(stats.t.ppf(0.975, N_PARTS - 2))
"""Half width of the interval of a slope, in standard errors."""


@dataclass(frozen=True)
class ScoreOverTime:
    """Line through the score of consecutive parts of the tested rows.

    Attributes
    ----------
    first, last : float
        The line at the earliest and at the latest part.
    error : float
        Standard error of `last` minus `first`.
    pvalue : float
        One-sided p-value of "the score does not fall".
    score_range : float
        Way from the score of a constant to a perfect one.
    n_train : int
        Training rows of each split, where they were made equal; else 0.
    latest : float or None
        Line through the score of the own splits at the latest part, where training
        parts were made equal.
    """

    first: float
    last: float
    error: float
    pvalue: float
    score_range: float
    n_train: int = 0
    latest: float | None = None

    @property
    def is_large(self) -> bool:
        """Whether the score falls by enough to matter."""
        return self.first - self.last >= LARGE_FALL * self.score_range

    @property
    def is_sure(self) -> bool:
        """Whether it falls reliably.

        Small training parts make the splits differ in more than their time.
        """
        return self.pvalue < (LEVEL_EQUAL if self.n_train else ONE_SIDED)


@register_cause
class DriftOverTime(Cause):
    """Later rows are predicted worse than earlier ones."""

    code, name, kind = "SKO304", "drift_over_time", "data"
    title = "The test score falls over time"
    needs = frozenset({"time"})

    def measure(self, lab: Lab) -> ScoreOverTime:
        """Follow the score of the rows over time."""
        assert lab.model is not None
        own = _line(lab, lab.model)
        if own.is_sure or not own.is_large:
            return own
        return _with_equal_training_parts(lab, own)

    def judge(self, measured: ScoreOverTime, problem: Problem) -> Finding:
        """Present where the fall is sure and large enough."""
        fall = measured.first - measured.last
        explanation = (
            f"A line through the {problem.scoring} of {N_PARTS} consecutive parts "
            f"goes from {measured.first:.3f} to {measured.last:.3f}"
            f"{_rows_text(measured.n_train)}."
        )
        if not (measured.is_sure and measured.is_large):
            return self.finding(
                "absent",
                title="The test score does not fall over time",
                explanation=explanation,
            )
        return self.finding(
            "present",
            severity="warning",
            effect=fall,
            interval=(fall - T_95 * measured.error, fall + T_95 * measured.error),
            pvalue=measured.pvalue,
            explanation=explanation,
            advice=(
                "Expect the score of the latest rows, or less, in use. Train on recent "
                f"rows only, such as TimeSeriesSplit({max(len(problem.splits), 2)}, "
                f"max_train_size={problem.n_samples // 4}), and refit often."
            ),
            counterfactual=measured.last
            if measured.latest is None
            else measured.latest,
            counterfactual_label="on the latest rows",
        )


def _line(lab: Lab, outcome: Outcome) -> ScoreOverTime:
    """Put a line through the scores of the tested rows of some splits."""
    values, time = row_values(lab.problem, outcome), lab.problem.time
    assert time is not None
    if values is None:
        raise NotMeasured(f"{lab.problem.scoring} is not made of rows")
    tested = np.flatnonzero(np.isfinite(values))
    if len(tested) < MIN_ROWS:
        raise NotMeasured(f"fewer than {MIN_ROWS} rows were tested")
    order = tested[np.argsort(time[tested], kind="stable")]
    score_range = lab.core.score_range if lab.core is not None else 1.0
    return score_over_time(values[order], score_range)


def _rows_text(n_train: int) -> str:
    return f", each trained on the latest {n_train:,} rows before it" if n_train else ""


def _with_equal_training_parts(lab: Lab, own: ScoreOverTime) -> ScoreOverTime:
    """Train each split on equally many of its latest rows, where they grow in number.

    What is gained by more rows hides what is lost over time.
    """
    time, splits = lab.problem.time, lab.problem.splits
    assert time is not None
    sizes = [len(train) for train, _ in splits]
    latest = [float(np.median(time[test])) for _, test in splits]
    if max(sizes) < GROWTH * min(sizes) or np.argmax(latest) != np.argmax(sizes):
        return own
    parts = [
        (train[np.argsort(time[train], kind="stable")[-min(sizes) :]], test)
        for train, test in splits
    ]
    try:
        outcome = lab.on("training parts of equal size", parts)
    except NotMeasured:
        return own
    return replace(_line(lab, outcome), n_train=min(sizes), latest=own.last)


def score_over_time(values: np.ndarray, score_range: float) -> ScoreOverTime:
    """Put a line through the score of consecutive parts."""
    parts = np.array([part.mean() for part in np.array_split(values, N_PARTS)])
    place = np.linspace(0, 1, N_PARTS)
    if np.ptp(parts) == 0:
        return ScoreOverTime(float(parts[0]), float(parts[0]), 0.0, 1.0, score_range)
    line = stats.linregress(place, parts, alternative="less")
    return ScoreOverTime(
        float(line.intercept),
        float(line.intercept + line.slope),
        float(line.stderr),
        float(line.pvalue),
        score_range,
    )
