"""Columns with other shares of missing values in the test part."""

from dataclasses import dataclass

import numpy as np

from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._part_tests import MissingShift, missing_shifts
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score, listed


@dataclass(frozen=True)
class Missing:
    """Columns that differ, and the scores of all and of complete test rows."""

    found: tuple[MissingShift, ...]
    scores: tuple[float, float] | None


@register_cause
class MissingPattern(Cause):
    """Values that are missing more often in one of the parts."""

    code, name, kind = "SKO315", "missing_pattern_differs", "test_part"
    title = "Values are missing more often in one of the parts"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> Missing:
        """Compare the shares, and score the rows where nothing is missing."""
        found = missing_shifts(lab.parts)
        if not found:
            return Missing((), None)
        columns = [lab.parts.names.index(item.name) for item in found]
        complete = ~np.isnan(lab.parts.test[:, columns]).any(axis=1)
        scores = changed_score(lab, lambda part: part.score_where(complete))
        return Missing(found, scores)

    def judge(self, measured: Missing, problem: Problem) -> Finding:
        """Name the columns and their shares."""
        if not measured.found:
            title = "Values are missing alike in both parts"
            return self.finding("absent", title=title)
        before, complete = measured.scores or (None, None)
        names = tuple(item.name for item in measured.found)
        shares = ", ".join(
            f"{item.name} ({item.in_train:.1%} in training, {item.in_test:.1%} in test)"
            for item in measured.found[:5]
        )
        return self.finding(
            "present",
            severity="warning",
            effect=None if before is None or complete is None else complete - before,
            explanation=f"Values are missing at other rates: {shares}.",
            advice=(
                f"Find out why values of {listed(names)} are missing in one file: a "
                "column that was renamed, joined or recorded differently. Until then "
                f"train without {'it' if len(names) == 1 else 'them'}, or on rows with "
                "values taken out at the same rate."
            ),
            pvalue=min(item.pvalue for item in measured.found),
            counterfactual=complete,
            counterfactual_label="on the test rows where these are not missing",
            columns=names,
        )
