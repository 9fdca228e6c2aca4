"""Rows of the test part that are training rows, too."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.sparse import issparse, vstack

from skoverfit.diagnosis._judgment._judging import SMALL_CHANGE
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._own_part._parts import read_parts
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured
from skoverfit.diagnosis._rows._duplicates import duplicate_groups
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._part_effects import changed_score

MANY = 0.01
"""Share of test rows with a copy in training from which it is worth a word."""

FEWEST = 3
"""Such rows from which it is worth a word in any test part: a table repeats a row or
two by itself."""

LEVEL = 0.001
"""Level of the test against the copies that training rows have among themselves."""

MAX_SHOWN = 10
"""Rows that are named as an example."""


@dataclass(frozen=True)
class CommonRows:
    """Test rows with a copy in training.

    Attributes
    ----------
    seen : ndarray of shape (n_test,)
        Whether a test row equals a training row in every column.
    usual : float
        Share of the training rows that equal another training row.
    scores : tuple of (float, float) or None
        Of the test part, and of its rows without a copy.
    score_range : float
        From a constant prediction to a perfect one.
    """

    seen: NDArray[np.bool_]
    usual: float
    scores: tuple[float, float] | None
    score_range: float

    @property
    def is_unusual(self) -> bool:
        """Whether test rows have more copies than rows of few values have anyway."""
        n, count = len(self.seen), int(self.seen.sum())
        if count < max(FEWEST, MANY * n) or count / n < self.usual + MANY:
            return False
        return bool(stats.binom.sf(count - 1, n, self.usual) < LEVEL)


@register_cause
class CopiesInTestPart(Cause):
    """The test part repeats training rows, so its score is partly one of training."""

    code, name, kind = "SKO214", "copies_in_test_part", "validation"
    title = "Rows of the test part are in the training part"
    needs = frozenset({"test_part"})

    def measure(self, lab: Lab) -> CommonRows:
        """Compare the rows of both parts, and score those without a copy alone."""
        given, core = lab.given, lab.core
        assert core is not None
        numbers = duplicate_groups(_stacked(given.X, given.X_test))
        train, test = np.split(numbers, [given.n_samples])
        seen = np.isin(test, train)
        usual = float((np.bincount(train)[train] > 1).mean())
        found = CommonRows(seen, usual, None, core.score_range)
        if not found.is_unusual:
            return found
        if seen.all():  # what it scores on rows that it has not seen is known as well
            scores = changed_score(lab, lambda part: core.model.gap.mean_test)
        else:
            scores = changed_score(lab, lambda part: part.score_where(~seen))
        return replace(found, scores=scores)

    def judge(self, measured: CommonRows, problem: Problem) -> Finding:
        """Present if they are more than the values of the rows make likely."""
        share = float(measured.seen.mean())
        text = (
            f"{share:.1%} of the test rows equal a training row in every column; of "
            f"the training rows {measured.usual:.1%} equal another one."
        )
        if not measured.is_unusual:
            title = "The test part repeats no rows of training, or few"
            return self.finding("absent", title=title, explanation=text)
        whole, rest = measured.scores or (None, None)
        effect = None if whole is None or rest is None else whole - rest
        lifts = effect is None or effect >= SMALL_CHANGE * measured.score_range
        rows = np.flatnonzero(measured.seen)[:MAX_SHOWN].tolist()
        return self.finding(
            "present",
            severity="serious" if lifts else "warning",
            effect=effect,
            explanation=f"{text} {_scores_text(measured, problem)}".strip(),
            advice=(
                f"Leave them out of one of the parts (test rows {_listed(rows)} are "
                "some of them), and find out how they came into both: files that "
                "overlap, rows that were repeated before the split."
            ),
            rows=tuple(rows),
            counterfactual=rest,
            counterfactual_label=_label(measured),
        )


def _stacked(X: Any, X_test: Any) -> Any:
    """Rows of both parts in one table."""
    if hasattr(X, "columns"):
        parts = read_parts(X, X_test)
        if parts is None:
            raise NotMeasured("the parts are too wide to compare")
        return np.vstack([parts.train, parts.test])
    if issparse(X) and issparse(X_test):
        return vstack([X, X_test]).tocsr()
    train, test = np.asarray(X), np.asarray(X_test)
    if train.shape[1:] != test.shape[1:]:
        raise NotMeasured("the parts have different columns")
    return np.concatenate([train, test])


def _label(measured: CommonRows) -> str:
    if measured.seen.all():
        return "cross-validated on the training part"
    return "on the test rows without a copy"


def _scores_text(measured: CommonRows, problem: Problem) -> str:
    if measured.scores is None:
        return ""
    whole, rest = measured.scores
    return (
        f"The {problem.scoring} on the test part is {whole:.3f}, and {rest:.3f} "
        f"{_label(measured)}."
    )


def _listed(rows: list[int]) -> str:
    return ", ".join(map(str, rows))
