"""Rows of one subject, or near copies of a row, on both sides of the splits."""

from dataclasses import dataclass

import numpy as np

from skoverfit.diagnosis._comparisons._contrasts import (
    MIN_PARTED,
    SHARED,
    Contrast,
    contrast,
    kept_together,
    share_parted,
)
from skoverfit.diagnosis._judgment._judging import ONE_SIDED
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import Finding, NotMeasured, Severity
from skoverfit.diagnosis._rows._arrangement import GroupCandidate
from skoverfit.diagnosis._rows._near_copies import agreement_of
from skoverfit.diagnosis.causes._base import Cause, register_cause
from skoverfit.diagnosis.causes._wording import passed

UNSURE = " That is no reliable fall: so few groups cannot show what it costs."

MAX_SHOWN = 10
"""Rows that are named as an example."""


@dataclass(frozen=True)
class Tried:
    """One way to group the rows.

    Attributes
    ----------
    candidate : GroupCandidate
        The groups.
    parted : float
        Share of the test rows with rows of their group in training.
    agreement : float
        How much of the target the groups fix.
    contrast : Contrast or None
        The own score, and that with the groups kept together; None if the own splits
        keep them together already.
    """

    candidate: GroupCandidate
    parted: float
    agreement: float
    contrast: Contrast | None


@register_cause
class GroupsApart(Cause):
    """Rows that belong together on both sides of the splits."""

    code, name, kind = "SKO205", "groups_apart", "validation"
    title = "Rows that belong together are on both sides of the splits"
    cost = 1.0
    question = (
        "Do several rows belong to one subject (person, machine, place)? Pass which: "
        "groups=..."
    )

    def measure(self, lab: Lab) -> tuple[Tried, ...]:
        """Look for groups, and measure with each of them kept together."""
        if lab.problem.groups is not None:
            return ()
        if lab.arrangement.table is None:
            raise NotMeasured("the data are not a table, or only a part of it was read")
        found: list[Tried] = []
        for candidate in lab.arrangement.candidates:
            found.append(_tried(lab, candidate))
            if _is_present(found[-1], 1):
                break
        return tuple(found)

    def judge(self, measured: tuple[Tried, ...], problem: Problem) -> Finding:
        """Present where the score falls with the groups kept together."""
        present = [tried for tried in measured if _is_present(tried, len(measured))]
        if present:
            return self._present(present[0], problem)
        seen = [tried for tried in measured if _is_seen(tried)]
        if seen:
            return self._present(seen[0], problem, severity="warning")
        return self.finding(
            "absent",
            title="No rows were found that belong together and are parted",
            explanation=_absence(measured, problem),
        )

    def _present(
        self, tried: Tried, problem: Problem, severity: Severity = "serious"
    ) -> Finding:
        pair, candidate = tried.contrast, tried.candidate
        assert pair is not None
        return self.finding(
            "present",
            title=_title(candidate),
            severity=severity,
            effect=pair.effect,
            interval=pair.interval,
            pvalue=pair.pvalue if severity == "serious" else None,
            explanation=_explanation(tried, pair, problem)
            + ("" if severity == "serious" else UNSURE),
            advice=_advice(candidate, len(problem.splits), problem),
            counterfactual=pair.other,
            counterfactual_label=when_together(candidate),
            columns=candidate.columns,
            rows=_example(candidate),
        )


def when_together(candidate: GroupCandidate) -> str:
    """Say of a score that it is of splits that do not part these groups."""
    return f"with groups kept together ({candidate.label})"


def _tried(lab: Lab, candidate: GroupCandidate) -> Tried:
    problem, groups = lab.problem, candidate.groups
    parted = share_parted(problem.splits, groups)
    agreement = agreement_of(
        groups, problem.y, is_classification=problem.is_classification
    )
    if parted < MIN_PARTED:
        return Tried(candidate, parted, agreement, None)
    assert lab.model is not None
    pair = contrast(lab, lab.model, kept_together(lab, candidate)[2], groups)
    return Tried(candidate, parted, agreement, pair)


def _is_present(tried: Tried, n_tried: int) -> bool:
    pair, level = tried.contrast, ONE_SIDED / n_tried
    if pair is None:
        return False
    # A leak beside them lets the score fall little; what are errors then are more.
    return pair.falls(level) or pair.raises_errors(level)


def _is_seen(tried: Tried) -> bool:
    """Whether near copies that share their target are parted, whatever it costs."""
    is_near = tried.contrast is not None and tried.candidate.near is not None
    return is_near and tried.agreement > SHARED


def _title(candidate: GroupCandidate) -> str:
    if candidate.columns:
        name = candidate.columns[0]
        return f"Rows of the same group ({name}) are on both sides of the splits"
    near = candidate.near
    if near is not None and (near.size <= 3 or near.label is not None):
        return "Near copies of test rows are among the training rows"
    return "Rows of the same subject are on both sides of the splits"


def _explanation(tried: Tried, pair: Contrast, problem: Problem) -> str:
    near, texts = tried.candidate.near, []
    if near is not None:
        where = "" if near.label is None else f" of class {near.label!r}"
        texts.append(
            f"{near.share:.0%} of the rows{where} are in {near.n_clusters} clusters of "
            f"about {near.size:g} rows that are much nearer to one another (distance "
            f"{near.ratio:.2f} times that to other rows)."
        )
    else:
        texts.append(
            f"Rows with the same {tried.candidate.label} are alike in the other "
            "columns."
        )
    texts.append(
        f"{tried.parted:.0%} of the test rows have such rows in training. "
        f"{problem.scoring} {pair.score:.3f} as it is, {pair.other:.3f} where rows "
        "that belong together stay on one side."
    )
    if tried.agreement > SHARED:
        texts.append(
            f"Rows that belong together mostly share their target "
            f"({tried.agreement:.0%} of its variation is between groups)."
        )
    return " ".join(texts)


def _advice(candidate: GroupCandidate, n_splits: int, problem: Problem) -> str:
    kind = "StratifiedGroupKFold" if problem.is_classification else "GroupKFold"
    if candidate.columns:
        name = candidate.columns[0]
        return (
            f"Keep each {name} on one side: {passed('groups', name, problem)}, with "
            f"cv={kind}({n_splits}), and leave the column out of the features. The "
            "score that results is that for a subject never seen."
        )
    return (
        "Find out what belongs together (person, machine, place, the original of a "
        f"changed copy) and pass it: groups=..., with cv={kind}({n_splits}). Where it "
        "is not known, use groups=near_copy_groups(X)."
    )


def _example(candidate: GroupCandidate) -> tuple[int, ...]:
    """Rows of the largest group."""
    largest = int(np.argmax(np.bincount(candidate.groups)))
    rows = np.flatnonzero(candidate.groups == largest)[:MAX_SHOWN]
    return tuple(rows.tolist())


def _absence(measured: tuple[Tried, ...], problem: Problem) -> str:
    if problem.groups is not None:
        return "The groups that were passed stay on one side."
    if not measured:
        return "There are no clusters of near copies, and no column looks like groups."
    tried = measured[0]
    if tried.contrast is None:
        return (
            f"Rows that belong together ({tried.candidate.label}) are on one side of "
            "nearly every split. Keep it so: shuffled splits would part them."
        )
    return (
        f"Rows may belong together ({tried.candidate.label}), but with them kept on "
        f"one side {problem.scoring} is {tried.contrast.other:.3f} against "
        f"{tried.contrast.score:.3f}."
    )
