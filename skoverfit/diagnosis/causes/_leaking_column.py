"""A column that gives the answer away."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skoverfit._columns import is_clock
from skoverfit._gap import Estimate
from skoverfit.diagnosis._columns._insight import MAX_COLUMNS, insight, scores_alone
from skoverfit.diagnosis._columns._probes import splits_within
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured, Severity
from skoverfit.diagnosis._table import Table
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import drop_advice, listed, show

STRONG = 0.5
"""How far from chance to the truth a column alone must lead."""

NEAR = 0.85
"""Share of what the model knows that the column alone must know."""

MARGINS = (1.5, 2.0, 2.0)
"""How much more the weakest of one, two or three columns must know than the next."""

LEAST = 0.1
"""What the next column is taken to know at least."""

CERTAIN, TIMES = 0.85, 4.0
"""What a column alone must know, and how many times as much the next one must leave
open, to stand out where other columns know much, too."""

SECONDS_ALONE = 0.02
"""Seconds that a column alone takes about, on all splits."""

_ALONE = "trees on single columns"

SAME = 0.9
"""Share of what a column knows that its pattern of zeros must know to be named."""


@dataclass(frozen=True)
class Leak:
    """Columns that know alone about what the model knows.

    Attributes
    ----------
    columns : tuple of str
        Their names; empty if none stands out.
    best : str
        The column that knows the most.
    alone, following, model : float
        What the best column, the next one that does not stand out, and the model
        know: 0 is chance and 1 the truth.
    pattern : str
        The part of the column that knows it, if that is simpler.
    score : float
        Test score of the model.
    without : float or None
        Test score without the columns.
    lost : Estimate or None
        How much the columns add to the test score.
    """

    columns: tuple[str, ...]
    best: str
    alone: float
    following: float
    model: float
    pattern: str
    score: float
    without: float | None = None
    lost: Estimate | None = None


@register_cause
class LeakingColumn(Cause):
    """One column, or two that say the same, alone know what the whole model knows."""

    code, name, kind = "SKO201", "leaking_column", "validation"
    title = "A column gives the answer away"
    needs = frozenset({"table"})
    question = (
        "Could a column be known only after the outcome? Leave it out: "
        'X.drop(columns=["NAME"]), or --drop NAME.'
    )

    def measure(self, lab: Lab) -> Leak:
        """Score each column alone, and the model without what stands out."""
        table, problem = lab.table, lab.problem
        if table is None or len(table.names) < 3:
            raise NotMeasured("there are fewer than three columns to compare")
        n_tried = min(len(table.names), MAX_COLUMNS)
        if not lab.allows_seconds(_ALONE, SECONDS_ALONE * n_tried):
            raise NotMeasured(lab.reason_of(_ALONE))
        y = problem.y[table.rows]
        splits = splits_within(problem.splits, table.rows, problem.n_samples)
        scores = scores_alone(
            table.matrix,
            y,
            splits,
            is_classification=problem.is_classification,
            seed=problem.seed,
        )
        scores[_numbering(table)] = np.nan  # these have causes of their own
        if not np.isfinite(scores).any():
            raise NotMeasured("no column could be scored alone")
        return self._judged_columns(lab, table, scores, y)

    def _judged_columns(
        self, lab: Lab, table: Table, scores: NDArray, y: NDArray
    ) -> Leak:
        known = model_insight(lab.oof, lab.problem)
        places, following = standing_out(scores, known)
        best = int(np.nanargmax(scores))
        model = lab.model
        assert model is not None
        leak = Leak(
            tuple(table.names[j] for j in places),
            table.names[best],
            float(scores[best]),
            following,
            known,
            _pattern(table.matrix[:, best], y, scores[best], lab.problem),
            float(model.scores.gap.mean_test),
        )
        return _with_counterfactual(lab, leak) if places else leak

    def judge(self, measured: Leak, problem: Problem) -> Finding:
        """Say which columns stand out, and what the score is without them."""
        if not measured.columns:
            return self.finding(
                "absent",
                title="No column gives the answer away by itself",
                explanation=_best_text(measured),
            )
        if measured.lost is not None and measured.lost.pvalue >= ONE_SIDED:
            return self.finding(
                "absent",
                title="The score does not rest on a single column",
                explanation=f"{_best_text(measured)} {_without_text(measured)}",
                columns=measured.columns,
                **_counterfactual(measured),
            )
        names = listed(measured.columns)
        return self.finding(
            "present",
            title=f"The answer may be given away by {names}",
            severity=_severity(measured),
            explanation=f"{_best_text(measured)} {_without_text(measured)}".strip(),
            advice=(
                f"Is {names} known before the outcome? That cannot be seen in the "
                "data. If it is not, leave it out: "
                f"{drop_advice(measured.columns, problem)}."
            ),
            columns=measured.columns,
            **_counterfactual(measured),
        )


def _numbering(table: Table) -> list[int]:
    """Columns that number rows or moments."""
    columns = enumerate(zip(table.matrix.T, table.kinds, table.names, strict=True))
    clocks = {j for j, one in columns if is_clock(*one)}
    return sorted(clocks.union(table.columns.identifiers))


def standing_out(scores: NDArray, model: float) -> tuple[list[int], float]:
    """Find up to three columns that know about as much as the model, and more than all.

    Parameters
    ----------
    scores : ndarray of shape (n_features,)
        What each column knows alone, from 0 (chance) to 1; NaN if it does not count.
    model : float
        What the model knows; NaN if that is not known.

    Returns
    -------
    columns : list of int
        Their positions; empty if none stands out.
    following : float
        What the next column knows.
    """
    order = np.argsort(-np.nan_to_num(scores, nan=-np.inf))
    order = order[np.isfinite(scores[order])]
    ranked = np.append(scores[order], [0.0])
    for n, margin in enumerate(MARGINS, start=1):
        if len(order) < n + 2:
            break
        weakest, following = ranked[n - 1], float(ranked[n])
        if weakest < STRONG or (np.isfinite(model) and ranked[0] < NEAR * model):
            break
        is_alone = n == 1 and _leaves_little(weakest, following)
        if weakest >= margin * max(following, LEAST) or is_alone:
            return order[:n].tolist(), following
    return [], float(ranked[1])


def _leaves_little(alone: float, following: float) -> bool:
    """Whether a column leaves much less open than the next one."""
    return alone >= CERTAIN and 1 - following >= TIMES * (1 - alone)


def model_insight(oof: OutOfFold | None, problem: Problem) -> float:
    """Say what the model knows of rows that it has not seen; NaN if not known."""
    if oof is None:
        return float("nan")
    is_class = problem.is_classification
    found = oof.predictions
    if is_class:
        found = next(
            (
                known
                for known in (oof.probabilities, oof.decisions)
                if known is not None
            ),
            (np.unique(problem.y) == oof.predictions[:, np.newaxis]).astype(float),
        )
    return insight(oof.y, found, is_classification=is_class)


def _pattern(column: NDArray, y: NDArray, alone: float, problem: Problem) -> str:
    """Find a simpler form of a column that knows the same."""
    forms = {
        "whether it is missing": np.isnan(column),
        "whether it is zero": column == 0,
    }
    for words, form in forms.items():
        if 0 < form.mean() < 1 and np.ptp(column[np.isfinite(column)]) != 1:
            known = _of_two_groups(form, y, problem.is_classification)
            if known >= SAME * alone:
                return words
    return ""


def _of_two_groups(form: NDArray, y: NDArray, is_classification: bool) -> float:
    """Say what two groups of rows know, in-sample."""
    targets = np.unique(y) == y[:, np.newaxis] if is_classification else y[:, None]
    means = np.where(
        form[:, np.newaxis], targets[form].mean(axis=0), targets[~form].mean(axis=0)
    )
    predicted = means if is_classification else means[:, 0]
    return insight(y, predicted, is_classification=is_classification)


def _with_counterfactual(lab: Lab, leak: Leak) -> Leak:
    try:
        outcome = lab.without(leak.columns)
    except NotMeasured:
        return leak
    assert lab.model is not None
    lost = lab.compare(lab.model, outcome)
    without = float(outcome.scores.gap.mean_test)
    return Leak(**{**vars(leak), "without": without, "lost": lost})


def _best_text(leak: Leak) -> str:
    pattern = f" ({leak.pattern} says it)" if leak.pattern and leak.columns else ""
    rest = "the next column" if not leak.columns[1:] else "the best other column"
    return (
        f"On the way from chance (0) to the truth (1), '{leak.best}' alone{pattern} "
        f"comes to {show(leak.alone)}, {rest} to {show(leak.following)} and the model "
        f"to {show(leak.model)}."
    )


def _without_text(leak: Leak) -> str:
    if leak.without is None:
        return ""
    return (
        f"Without {listed(leak.columns)} the test score is {show(leak.without)} "
        f"instead of {show(leak.score)}."
    )


def _counterfactual(leak: Leak) -> dict:
    if leak.lost is None:
        return {}
    return {
        "effect": leak.lost.mean,
        "interval": leak.lost.interval,
        "pvalue": leak.lost.pvalue,
        "counterfactual": leak.without,
        "counterfactual_label": f"without {listed(leak.columns)}",
    }


def _severity(leak: Leak) -> Severity:
    return "serious" if leak.alone >= 0.8 else "warning"
