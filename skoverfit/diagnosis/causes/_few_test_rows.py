"""Too few test rows: the score could as well be quite another."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skoverfit._paired import score_estimate
from skoverfit._row_scorer import row_scorer
from skoverfit.diagnosis._judgment._judging import show_score
from skoverfit.diagnosis._lab import Core, Lab
from skoverfit.diagnosis._measuring._measurement import is_whole
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause

WIDE = 0.15
"""Share of the score range that half an interval may be before rows are too few."""

LEAST_RANGE = 0.5
"""Range that the scores of classifiers are taken to have, at the least."""

AIMED = 0.05
"""Share of the score range to which the needed rows narrow half the interval."""


@dataclass(frozen=True)
class ScoreWidth:
    """How well the test score is known.

    Attributes
    ----------
    score : float
        The test score.
    interval : tuple of (float, float)
        At 95 %.
    n_rows : int
        Test rows in all.
    score_range : float
        The way from a constant prediction to a perfect score.
    """

    score: float
    interval: tuple[float, float]
    n_rows: int
    score_range: float

    @property
    def half_width(self) -> float:
        """Half the interval."""
        return (self.interval[1] - self.interval[0]) / 2

    @property
    def n_needed(self) -> int:
        """Rows that narrow half the interval to what is aimed at."""
        factor = self.half_width / (AIMED * self.score_range)
        return rounded_up(self.n_rows * factor**2)

    @property
    def is_wide(self) -> bool:
        """Whether the score is hardly known."""
        return self.half_width > WIDE * self.score_range


def rounded_up(n: float) -> int:
    """Round up to two digits."""
    if not n > 0:
        return 0
    unit = 10.0 ** max(np.floor(np.log10(n)) - 1, 0)
    return int(np.ceil(n / unit) * unit)


def width_of_rows(
    rows: list[NDArray[np.float64]],
    tests: list[NDArray[np.int64]],
    groups: NDArray | None,
    score_range: float,
) -> ScoreWidth:
    """Width of a score that rows make up; the noise of the rows alone.

    Parameters
    ----------
    rows : list of ndarray
        What each test row adds to the score of its split.
    tests : list of ndarray
        Which rows these are.
    groups : ndarray or None
        Rows that belong together.
    score_range : float
        The way from a constant prediction to a perfect score.
    """
    found = score_estimate(rows, tests, groups=groups, training_share=0.0)
    n_rows = len(np.unique(np.concatenate(tests)))
    values = np.concatenate(rows)
    interval = found.interval
    if groups is None and np.isin(values, (0.0, 1.0)).all():
        interval = _of_hits(found.mean, n_rows)
    return ScoreWidth(found.mean, interval, n_rows, score_range)


def _of_hits(share: float, n: int) -> tuple[float, float]:
    """Interval of Wilson: twelve of twelve rows that are right prove little."""
    found = stats.binomtest(round(share * n), n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def width_of_test_part(
    problem: Problem, core: Core, score_range: float
) -> ScoreWidth | None:
    """Width of the score on the own test part, by the first model; None if unknown."""
    model = next((one for one in core.fitted if one is not None), None)
    scorer = row_scorer(problem.scorer, model)
    if scorer is None or model is None:
        return None
    try:
        rows = scorer(model, problem.X_test, problem.y_test)
    except Exception:  # estimators and scorers of users raise what they like
        return None
    if not is_whole(rows):
        return None
    tests = [np.arange(len(rows))]
    return width_of_rows([rows], tests, None, score_range)


@register_cause
class FewTestRows(Cause):
    """A score from too few rows to say anything."""

    code = "SKO406"
    name = "too_few_test_rows"
    title = "There are too few test rows to know the score"
    explains = "nothing"
    kind = "test_part"

    def measure(self, lab: Lab) -> ScoreWidth:
        """Find the interval of the score that the test rows allow."""
        core, problem = lab.core, lab.problem
        assert core is not None
        most = core.score_range
        if problem.is_classification:  # a rare class leaves accuracy little room
            most = max(most, LEAST_RANGE)
        found = None
        if problem.X_test is not None:
            found = width_of_test_part(problem, core, most)
        elif all(map(is_whole, core.outcome.rows)):
            found = width_of_rows(
                core.outcome.rows, core.outcome.tests, lab.together, most
            )
        if found is None or not np.isfinite(found.half_width):
            raise NotMeasured("rows do not make up this score")
        return found

    def judge(self, measured: ScoreWidth, problem: Problem) -> Finding:
        """Present if half the interval is a good part of the score range."""
        low, high, value = (
            show_score(x, measured.score_range)
            for x in (*measured.interval, measured.score)
        )
        text = (
            f"From {measured.n_rows:,} test rows the {problem.scoring} is {value}, and "
            f"anything from {low} to {high} is compatible with them."
        )
        fields: dict[str, Any] = {"effect": measured.half_width}
        if not measured.is_wide:
            title = "There are enough test rows to know the score"
            return self.finding("absent", title=title, explanation=text, **fields)
        aim = show_score(AIMED * measured.score_range, measured.score_range)
        text += f" About {measured.n_needed:,} rows would narrow that to +-{aim}."
        return self.finding(
            "present",
            severity="warning",
            explanation=text,
            advice=(
                "Do not compare models by this score alone: differences this small are "
                f"luck. Test on about {measured.n_needed:,} rows; until then let every "
                "row be tested once (cv=10), and repeat it on other splits."
            ),
            **fields,
        )
