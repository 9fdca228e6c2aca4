"""Numbers of the test part outside the range of the training part."""

from dataclasses import dataclass

import numpy as np

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._part_tests import RangeLeft, ranges_left
from skoverfit.diagnosis._own_part._units import in_training_units
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score, listed

MANY = 0.1
"""Share of test rows from which on it is a warning."""


@dataclass(frozen=True)
class Outside:
    """Columns that leave their range, the share of rows, and the scores inside."""

    found: tuple[RangeLeft, ...]
    share: float
    scores: tuple[float, float] | None


@register_cause
class LeavesRange(Cause):
    """More test rows outside the range of a column than chance brings.

    Where a column has another unit, its range is compared after the conversion.
    """

    code, name, kind = "SKO313", "range_left", "test_part"
    title = "The test part leaves the range of the training part"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Outside:
        """Find columns that leave their range, and score the rows inside."""
        found = ranges_left(in_training_units(lab.parts, lab.units))
        if not found:
            return Outside((), 0.0, None)
        outside = np.any([item.rows for item in found], axis=0)
        scores = changed_score(lab, lambda part: part.score_where(~outside))
        return Outside(found, float(outside.mean()), scores)

    def judge(self, measured: Outside, problem: Problem) -> Finding:
        """Name the columns, the ranges and the score inside."""
        if not measured.found:
            title = "The test part stays in the range of the training part"
            return self.finding("absent", title=title)
        before, inside = measured.scores or (None, None)
        first = measured.found[0]
        names = tuple(item.name for item in measured.found)
        return self.finding(
            "present",
            severity="warning" if measured.share >= MANY else "info",
            effect=None if before is None or inside is None else inside - before,
            explanation=(
                f"{measured.share:.1%} of the test rows are outside the range that "
                f"training has, in {listed(names)}. In {first.name} training has "
                f"{first.low:.4g} to {first.high:.4g}, and {first.rows.mean():.1%} of "
                "the test rows lie outside. Trees predict there what they predict at "
                "the edge; other models extrapolate."
            ),
            advice=(
                f"Train on rows that cover these values of {listed(names)}, or give "
                "the model what does not drift: differences or ratios instead of "
                "levels. Take a count of days or a running number out."
            ),
            pvalue=min(item.pvalue for item in measured.found),
            counterfactual=inside,
            counterfactual_label="on the test rows inside the training ranges",
            columns=names,
        )
