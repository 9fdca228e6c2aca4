"""A column that gives the answer away."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit._columns import is_clock
from skoverfit._gap import Estimate
from skoverfit.diagnosis._columns._insight import MAX_COLUMNS, insight, scores_alone
from skoverfit.diagnosis._columns._pairs import N_LEAVES, combined, standing_pair
from skoverfit.diagnosis._columns._probes import splits_within
from skoverfit.diagnosis._comparisons._contrasts import kept_together, parts_target
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import SHUFFLED, Lab
from skoverfit.diagnosis._measuring._measurement import Outcome, observe
from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._problem import Problem, Splits
from skoverfit.diagnosis._records import Finding, NotMeasured, Severity
from skoverfit.diagnosis._rows._order import (
    RELATED_LEVEL,
    order_pvalue,
    target_shift,
)
from skoverfit.diagnosis._table import Table
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import drop_advice, listed, show

STRONG = 2 / 3
"""How far from chance to the truth a column alone must lead: honest columns that are
unlike all others come to half of the way and more."""

NEAR = 0.85
"""Share of what the model knows that the column alone must know."""

MARGINS = (1.7, 2.0, 2.0)
"""How much more the weakest of one, two or three columns must know than the next."""

LEAST = 0.1
"""What the next column is taken to know at least."""

CERTAIN, TIMES = 0.85, 3.0
"""What a column alone must know, and how many times as much the next one must leave
open, to stand out where other columns know much, too."""

SECONDS_ALONE = 0.02
"""Seconds that a column alone takes about, on all splits."""

SURE = 0.8
"""What a column alone must know to be a serious doubt."""

DOUBT = ", and an honest column that is simply good looks the same"

DRIFT = 0.3
"""How far the targets of test and training rows must be apart, in standard deviations
or shares of classes, for splits in the order of the target."""

MATTERS = 0.01
"""What a model must know less without the columns: of many rows, less is seen, too, but
then other columns say the same, and the score is not bought by these."""

_ALONE = "trees on single columns"

_ELSEWHERE = {
    "": "",
    "shuffled": " on shuffled splits",
    "together": " with rows that belong together on one side",
}

_BOTH = {
    "": "",
    "shuffled": ", both on shuffled splits: the own ones follow the order of the "
    "target, in which no column helps",
    "together": ", both with rows that belong together on one side: where these are "
    "parted, every column tells them, and so their target",
}

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
    is_pair : bool
        Whether two columns know together what neither knows: `alone` is then of the
        better one of them, and `following` of the best other pair.
    together : float
        What such a pair knows.
    elsewhere : {"", "shuffled", "together"}
        Whether all this is on shuffled splits, since the own ones follow the target,
        or with rows that belong together on one side.
    without : float or None
        Test score without the columns.
    lost : Estimate or None
        How much the columns add to the test score.
    only : float or None
        Test score of a small tree on them alone, where the model makes little of them.
    worth : Estimate or None
        How much that is above the score of the model.
    share_lost : float
        How much less the model knows without the columns; 1 is all there is to know.
    """

    columns: tuple[str, ...]
    best: str
    alone: float
    following: float
    model: float
    pattern: str
    score: float
    is_pair: bool = False
    together: float = float("nan")
    elsewhere: str = ""
    without: float | None = None
    lost: Estimate | None = None
    only: float | None = None
    worth: Estimate | None = None
    share_lost: float = 1.0

    @property
    def is_unused(self) -> bool:
        """Whether the columns know much more than the model makes of all columns."""
        known = self.together if self.is_pair else self.alone
        return known >= CERTAIN and _leaves_little(known, self.model)

    @property
    def costs(self) -> bool:
        """Whether the test score reliably rests on the columns, as far as is known."""
        return self.lost is None or (
            self.lost.pvalue < ONE_SIDED and self.share_lost >= MATTERS
        )


@dataclass(frozen=True)
class Bench:
    """What columns alone are compared with.

    Attributes
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Columns as numbers.
    y : ndarray of shape (n_rows,)
        Target of these rows.
    splits : list of (ndarray, ndarray)
        Splits of these rows.
    outcome : Outcome
        The model on these splits.
    known : float
        What it knows: 0 is chance and 1 the truth.
    elsewhere : {"", "shuffled", "together"}
        How the splits differ from the own ones.
    where : str
        What the lab calls them.
    own : list of (ndarray, ndarray) or None
        These splits of all rows; None if they are those of the problem.
    """

    matrix: NDArray[np.float64]
    y: NDArray
    splits: Splits
    outcome: Outcome
    known: float
    elsewhere: str = ""
    where: str = ""
    own: Splits | None = None


@register_cause
class LeakingColumn(Cause):
    """One column, or a few, know alone what the whole model knows."""

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
        bench = _bench(lab, table)
        scores = scores_alone(
            bench.matrix,
            bench.y,
            bench.splits,
            is_classification=problem.is_classification,
            seed=problem.seed,
        )
        scores[_numbering(table)] = np.nan  # these have causes of their own
        if not np.isfinite(scores).any():
            raise NotMeasured("no column could be scored alone")
        leak = _single(bench, table, scores, problem)
        if not leak.columns:
            leak = _pair(bench, table, scores, problem) or leak
        return _with_counterfactual(lab, bench, leak) if leak.columns else leak

    def judge(self, measured: Leak, problem: Problem) -> Finding:
        """Say which columns stand out, and what the score is without them."""
        if not measured.columns:
            return self.finding(
                "absent",
                title="No column gives the answer away by itself",
                explanation=_best_text(measured),
            )
        if not (measured.costs or measured.is_unused):
            return self.finding(
                "absent",
                title="The score does not rest on a single column",
                explanation=f"{_best_text(measured)} {_without_text(measured)}",
                columns=measured.columns,
                **_counterfactual(measured),
            )
        names = listed(measured.columns)
        severity = _severity(measured)
        return self.finding(
            "present",
            title=_title(measured),
            severity=severity,
            explanation=f"{_best_text(measured)} {_without_text(measured)}".strip(),
            advice=(
                f"Is {names} known before the outcome? That cannot be seen in the "
                f"data{DOUBT if severity == 'warning' else ''}. If it is not, leave it "
                f"out: {drop_advice(measured.columns, problem)}."
            ),
            columns=measured.columns,
            **_counterfactual(measured),
        )


def _bench(lab: Lab, table: Table) -> Bench:
    """Own splits, unless all columns would look alike on these."""
    problem, model = lab.problem, lab.model
    assert model is not None
    known = model_insight(lab.oof, problem)
    own = Bench(
        table.matrix,
        problem.y[table.rows],
        splits_within(problem.splits, table.rows, problem.n_samples),
        model,
        known,
    )
    return _shuffled(lab, table, own) or _together(lab, table, own) or own


def _shuffled(lab: Lab, table: Table, own: Bench) -> Bench | None:
    """Shuffled splits where the targets of the own ones drift apart; else None.

    Nothing works on splits in the order of the target, a column that holds it neither.
    """
    if lab.split_kind != "in order" or not _drifts(lab.problem):
        return None
    twins = lab.shuffled_splits(lab.problem.seed + 1)
    if twins is None or lab.shuffled is None:
        return None
    return _on(lab.problem, table, own, "shuffled", SHUFFLED, twins, lab.shuffled)


def _together(lab: Lab, table: Table, own: Bench) -> Bench | None:
    """Rows that belong together on one side, where the own splits part them.

    With rows of the same subject, and its target, in training, every column tells the
    subject, and so gives the answer away.
    """
    for candidate in lab.arrangement.candidates:
        if parts_target(lab.problem, candidate):
            try:
                where, splits, outcome = kept_together(lab, candidate)
            except NotMeasured:
                return None
            return _on(lab.problem, table, own, "together", where, splits, outcome)
    return None


def _on(
    problem: Problem,
    table: Table,
    own: Bench,
    elsewhere: str,
    where: str,
    splits: Splits,
    outcome: Outcome,
) -> Bench:
    return replace(
        own,
        splits=splits_within(splits, table.rows, problem.n_samples),
        outcome=outcome,
        known=_insight_of(outcome, problem),
        elsewhere=elsewhere,
        where=where,
        own=splits,
    )


def _drifts(problem: Problem) -> bool:
    """Whether the splits follow an order in which the target drifts."""
    is_class = problem.is_classification
    shift = target_shift(problem.y, problem.splits, is_classification=is_class)
    pvalue = order_pvalue(problem.y, is_classification=is_class)
    return shift >= DRIFT and pvalue < RELATED_LEVEL


def _insight_of(outcome: Outcome, problem: Problem) -> float:
    """Say what a model knows by the signal in its test rows."""
    signal = float(np.mean([rows.mean() for rows in outcome.signal]))
    return 2 * signal - 1 if problem.is_classification else signal


def less_known(outcome: Outcome, without: Outcome, problem: Problem) -> float:
    """Say how much less a model knows without columns."""
    return _insight_of(outcome, problem) - _insight_of(without, problem)


def _single(bench: Bench, table: Table, scores: NDArray, problem: Problem) -> Leak:
    """Columns that stand out alone; without any, the best one."""
    places, following = standing_out(scores, bench.known)
    best = int(np.nanargmax(scores))
    return Leak(
        tuple(table.names[j] for j in places),
        table.names[best],
        float(scores[best]),
        following,
        bench.known,
        _pattern(table.matrix[:, best], bench.y, scores[best], problem),
        float(bench.outcome.scores.gap.mean_test),
        elsewhere=bench.elsewhere,
    )


def _pair(bench: Bench, table: Table, scores: NDArray, problem: Problem) -> Leak | None:
    """Two columns that stand out together; None without any."""
    pair = standing_pair(
        bench.matrix,
        bench.y,
        bench.splits,
        scores,
        is_classification=problem.is_classification,
        seed=problem.seed,
    )
    if pair is None:
        return None
    names = tuple(table.names[j] for j in pair.columns)
    return Leak(
        names,
        names[int(np.argmax(scores[pair.columns]))],
        pair.alone,
        pair.following,
        bench.known,
        "",
        float(bench.outcome.scores.gap.mean_test),
        is_pair=True,
        together=pair.together,
        elsewhere=bench.elsewhere,
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
    order = np.flatnonzero(np.isfinite(scores))
    order = order[np.argsort(-scores[order])]
    ranked = np.append(scores[order], [0.0])
    alone: list[int] = []
    for n, margin in enumerate(MARGINS, start=1):
        if len(order) < n + 2:
            break
        weakest, following = ranked[n - 1], float(ranked[n])
        if weakest < STRONG or (np.isfinite(model) and ranked[0] < NEAR * model):
            break
        if weakest >= margin * max(following, LEAST):
            return order[:n].tolist(), following
        if n == 1 and _leaves_little(weakest, following):
            alone = order[:1].tolist()
            if following < CERTAIN:  # else the next one gives the answer away, too
                break
    return alone, float(ranked[1])


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


def _with_counterfactual(lab: Lab, bench: Bench, leak: Leak) -> Leak:
    try:
        outcome = lab.without(leak.columns, bench.where, bench.own)
    except NotMeasured:
        return leak
    lost = lab.compare(bench.outcome, outcome)
    without = float(outcome.scores.gap.mean_test)
    less = less_known(bench.outcome, outcome, lab.problem)
    leak = replace(leak, without=without, lost=lost, share_lost=less)
    return leak if leak.costs or not leak.is_unused else _with_worth(lab, bench, leak)


def _with_worth(lab: Lab, bench: Bench, leak: Leak) -> Leak:
    """Score a small tree on the columns alone: what a model could make of them."""
    problem, table = lab.problem, lab.table
    assert table is not None
    if len(bench.y) < problem.n_samples:
        return leak
    columns = [table.column(name) for name in leak.columns]
    X = combined(*columns) if leak.is_pair else np.column_stack(columns)
    kind = (
        DecisionTreeClassifier if problem.is_classification else DecisionTreeRegressor
    )
    tree = kind(max_leaf_nodes=N_LEAVES, min_samples_leaf=3)
    try:
        outcome = observe(replace(problem, X=X, splits=bench.splits), tree)
    except ValueError:  # a scorer that trees do not serve
        return leak
    worth = lab.compare(outcome, bench.outcome)
    return replace(leak, only=float(outcome.scores.gap.mean_test), worth=worth)


def _title(leak: Leak) -> str:
    together = " together" if leak.is_pair else ""
    return f"The answer may be given away by {listed(leak.columns)}{together}"


def _best_text(leak: Leak) -> str:
    way = f"On the way from chance (0) to the truth (1){_ELSEWHERE[leak.elsewhere]}, "
    if leak.is_pair:
        return (
            f"{way}{listed(leak.columns)} together come to {show(leak.together)}, "
            f"alone to at most {show(leak.alone)}, other pairs to at most "
            f"{show(leak.following)} and the model to {show(leak.model)}."
        )
    pattern = f" ({leak.pattern} says it)" if leak.pattern and leak.columns else ""
    rest = "the next column" if not leak.columns[1:] else "the best other column"
    return (
        f"{way}'{leak.best}' alone{pattern} comes to {show(leak.alone)}, {rest} to "
        f"{show(leak.following)} and the model to {show(leak.model)}."
    )


def _without_text(leak: Leak) -> str:
    if leak.without is None:
        return ""
    text = (
        f"Without {listed(leak.columns)} the test score is {show(leak.without)} "
        f"instead of {show(leak.score)}"
    )
    if not leak.costs:
        text += ": this model makes little of them, another one may"
    if leak.only is not None:
        text += f" (a small tree on them alone scores {show(leak.only)})"
    return f"{text}{_BOTH[leak.elsewhere]}."


def _counterfactual(leak: Leak) -> dict:
    if leak.lost is None:
        return {}
    effect = leak.lost if leak.worth is None else leak.worth
    return {
        "effect": effect.mean,
        "interval": effect.interval,
        "pvalue": effect.pvalue,
        "counterfactual": leak.without,
        "counterfactual_label": f"without {listed(leak.columns)}",
    }


def _severity(leak: Leak) -> Severity:
    known = leak.together if leak.is_pair else leak.alone
    return "serious" if known >= SURE and leak.costs else "warning"
