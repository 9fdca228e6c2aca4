"""Categories of the test part that the model never saw."""

from dataclasses import dataclass

import numpy as np

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._part_tests import NewLevels, new_levels
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score, listed

MANY = 0.05
"""Share of test rows from which on new categories are a warning."""


@dataclass(frozen=True)
class Unseen:
    """Columns with new categories, the share of rows, and the scores without them."""

    found: tuple[NewLevels, ...]
    share: float
    scores: tuple[float, float] | None


@register_cause
class UnseenCategories(Cause):
    """More new categories in the test part than chance brings."""

    code, name, kind = "SKO312", "unseen_categories", "test_part"
    title = "The test part has categories that training does not have"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Unseen:
        """Find new categories, and score the rows that have none."""
        found = new_levels(lab.parts)
        if not found:
            return Unseen((), 0.0, None)
        has_new = np.any([item.rows for item in found], axis=0)
        scores = changed_score(lab, lambda part: part.score_where(~has_new))
        return Unseen(found, float(has_new.mean()), scores)

    def judge(self, measured: Unseen, problem: Problem) -> Finding:
        """Name the columns and the new categories."""
        if not measured.found:
            title = "The test part has no more new categories than chance brings"
            return self.finding("absent", title=title)
        before, without = measured.scores or (None, None)
        first = measured.found[0]
        names = tuple(item.name for item in measured.found)
        return self.finding(
            "present",
            severity="warning" if measured.share >= MANY else "info",
            effect=None if before is None or without is None else without - before,
            explanation=(
                f"{measured.share:.1%} of the test rows have a category that no "
                f"training row has, in {listed(names)}. New in {first.name}: "
                f"{listed(first.levels)}."
            ),
            advice=(
                f"Collect training rows with these categories of {listed(names)}, or "
                "encode unknown ones: OneHotEncoder(min_frequency=10, "
                'handle_unknown="infrequent_if_exist"). Check that the spelling is the '
                "same in both files."
            ),
            pvalue=min(item.pvalue for item in measured.found),
            counterfactual=without,
            counterfactual_label="on the test rows with known categories only",
            columns=names,
        )
