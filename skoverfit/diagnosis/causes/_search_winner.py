"""The winner of a search, judged by the score that chose it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from skoverfit.diagnosis._estimators._search_table import (
    SearchTable,
    honest_score_of,
    read_search,
)
from skoverfit.diagnosis._judgment._judging import SMALL_GAP
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.model_selection import HonestScore

LARGE = 0.05
"""Optimism, as a share of the range of the score, from which on it is a warning."""


@dataclass(frozen=True)
class Winner:
    """What the search says of its winner, and what other rows say.

    Attributes
    ----------
    table : SearchTable
        The search.
    honest : HonestScore
        Score of the choice on splits that did not choose it.
    own : float or None
        Score of the winner on the user's own test part.
    own_error : float
        Its standard error; NaN where unknown.
    small, large : float
        Optimism that counts as none, and that is a warning.
    """

    table: SearchTable
    honest: HonestScore
    own: float | None
    own_error: float
    small: float
    large: float

    @property
    def missed(self) -> float:
        """By how much the own test part scores less, beyond its noise; else 0."""
        if self.own is None or not np.isfinite(self.own_error):
            return 0.0
        missed = self.table.best_score - self.own
        return missed if missed > 2 * self.own_error else 0.0


@register_cause
class SearchWinner(Cause):
    """A best score that is the largest of many noisy ones."""

    code, name, kind = "SKO211", "search_winner", "selection"
    title = "The search's best_score_ is optimistic"
    needs = frozenset({"search"})

    def measure(self, lab: Lab) -> Winner:
        """Repeat the choice on a part of the splits, and score it on the rest."""
        table = read_search(lab.problem.search)
        if table.n_candidates < 2:
            raise NotMeasured("the search had a single candidate")
        honest = honest_score_of(table)
        span = 1.0 if lab.core is None else lab.core.score_range
        own, error = _own_score(lab)
        return Winner(table, honest, own, error, SMALL_GAP * span, LARGE * span)

    def judge(self, measured: Winner, problem: Problem) -> Finding:
        """Say by how much the best score is too good."""
        honest, optimism = measured.honest, measured.honest.optimism
        effect = max(optimism, measured.missed)
        present = effect >= measured.small
        n = measured.table.n_candidates
        return self.finding(
            "present" if present else "absent",
            title="" if present else "The search's best_score_ is hardly optimistic",
            severity=_severity(effect, measured) if present else "info",
            effect=effect,
            interval=_interval(measured),
            explanation=(
                f"best_score_ is {measured.table.best_score:.3f}, chosen among {n} "
                f"candidates; it is optimistic by {optimism:.3f}: on splits that did "
                f"not choose, what was chosen scores {honest.score:.3f} "
                f"(95 % interval {honest.interval[0]:.3f} to {honest.interval[1]:.3f})."
                + _own_words(measured)
            ),
            advice=_ADVICE if present else "",
            counterfactual=honest.score,
            counterfactual_label="of the choice, on splits that did not choose it",
        )


_ADVICE = (
    "Do not report best_score_. Score the whole search on rows it has not seen: "
    "cross_val_score(search, X, y) or a test part; GapAwareSearchCV(...).honest_score_ "
    "gives it without more fits. Fewer candidates, repeated splits "
    "(RepeatedStratifiedKFold) and a one-standard-error choice make the excess smaller."
)


def _severity(effect: float, measured: Winner) -> Any:
    return "warning" if effect >= measured.large else "info"


def _interval(measured: Winner) -> tuple[float, float]:
    best = measured.table.best_score
    low, high = measured.honest.interval
    return best - high, best - low


def _own_words(measured: Winner) -> str:
    if measured.own is None:
        return ""
    return f" On the test part the winner scores {measured.own:.3f}."


def _own_score(lab: Lab) -> tuple[float | None, float]:
    """Score of the winner, as the search fitted it, on the own test part."""
    problem = lab.problem
    if problem.X_test is None:
        return None, np.nan
    try:
        own = float(problem.search.score(problem.X_test, problem.y_test))
        return own, lab.own_part.std_error
    except Exception:  # not refitted, several scores without a choice, no score
        return None, np.nan
