"""Measure and judge causes: what is missing, refused or fails becomes a status."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skoverfit.diagnosis._judgment._claims import LEVEL
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import Problem
from skoverfit.diagnosis._records import INTERRUPTED, Finding, NotMeasured, Status
from skoverfit.diagnosis.causes import Cause
from skoverfit.diagnosis.remedies._base import Candidate

NEEDS = {
    "classification": "it is about classes, and the target holds numbers",
    "regression": "it is about numbers, and the target holds classes",
    "binary": "it is about two classes",
    "numeric": "it is about tables of numbers",
    "table": "it is about tables",
    "frame": "it is about tables with named columns",
    "test_part": "no test part was given (X_test, y_test)",
    "time": "no time was given (time)",
    "groups": "no groups were given (groups)",
    "search": "no fitted search was given",
    "sample_weight": "no weights were given (sample_weight)",
    "given_model": "the estimator was not fitted",
    "splits": "there is a single split",
}
"""What a cause may need -> why it does not apply without it."""

CHEAP_SHARE = 0.1
"""Share of a budget by which causes that fit no model may exceed it."""


@dataclass(frozen=True)
class Asked:
    """A cause with what was measured, or why nothing was."""

    cause: Cause
    measured: Any = None
    status: Status | None = None
    reason: str = ""


def ask(lab: Lab, causes: Iterable[Cause]) -> list[Asked]:
    """Measure causes, the cheap ones first."""
    return [_ask(lab, cause) for cause in sorted(causes, key=lambda c: c.cost)]


def _ask(lab: Lab, cause: Cause) -> Asked:
    missing = sorted(cause.needs - lab.problem.provides)
    if missing:
        reason = NEEDS.get(missing[0], f"it needs {missing[0]}")
        return Asked(cause, None, "not_applicable", reason)
    what = cause.name.replace("_", " ")
    spare = lab.spare if cause.cost > 1 else 0.0  # the decisive ones take up to one
    if not _is_allowed(lab, what, cause, spare):
        return Asked(cause, None, "not_measured", lab.reason_of(what))
    lab.step(what)
    if lab.clock.is_stopped and not cause.after_evidence:
        return Asked(cause, None, "not_measured", f"{what} {INTERRUPTED}")
    try:
        return Asked(cause, cause.measure(lab))
    except KeyboardInterrupt:
        lab.interrupt()
        return Asked(cause, None, "not_measured", f"{what} {INTERRUPTED}")
    except NotMeasured as reason:
        return Asked(cause, None, "not_measured", str(reason))
    except Exception as error:  # one cause that fails must not take the report along
        return Asked(cause, None, "not_measured", f"failed: {_one_line(error)}")


def _is_allowed(lab: Lab, what: str, cause: Cause, spare: float) -> bool:
    """Whether the budget has room; what fits no model may use its tolerance up."""
    if cause.cost:
        return lab.allows(what, cause.cost, spare=spare)
    if cause.after_evidence:  # it only reads what was measured
        return True
    return lab.allows_seconds(what, -CHEAP_SHARE * min(lab.clock.seconds, 1e9))


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def judge(asked: Iterable[Asked], problem: Problem) -> tuple[Finding, ...]:
    """Say what the measurements mean; p-values hold for all causes together."""
    findings = [_judge(one, problem) for one in asked]
    return adjusted(sorted(findings, key=lambda finding: finding.code))


def _judge(one: Asked, problem: Problem) -> Finding:
    if one.status is not None:
        return _not_judged(one.cause, one.status, one.reason)
    try:
        found = one.cause.judge(one.measured, problem)
    except NotMeasured as reason:
        return _not_judged(one.cause, "not_measured", str(reason))
    except Exception as error:  # as in measuring
        return _not_judged(one.cause, "not_measured", f"failed: {_one_line(error)}")
    return found if found.url else replace(found, url=one.cause.url)


def _not_judged(cause: Cause, status: Status, reason: str) -> Finding:
    text = f"{reason[:1].upper()}{reason[1:]}."
    return cause.finding(status, explanation=text.replace("..", "."))


def adjusted(findings: list[Finding]) -> tuple[Finding, ...]:
    """Adjust the p-values of a report by Benjamini and Hochberg.

    A finding whose adjusted p-value is not below 0.05 is kept, but none is serious.
    """
    places = [i for i, f in enumerate(findings) if _is_tested(f)]
    raw = np.array([findings[i].pvalue for i in places], dtype=float)
    result = list(findings)
    for place, pvalue in zip(places, adjusted_pvalues(raw), strict=True):
        old = findings[place]
        weak = old.status == "present" and pvalue >= LEVEL
        severity = "info" if weak else old.severity
        result[place] = replace(old, pvalue=float(pvalue), severity=severity)
    return tuple(result)


def _is_tested(finding: Finding) -> bool:
    known = finding.pvalue is not None and bool(np.isfinite(finding.pvalue))
    return known and finding.status in ("present", "absent")


def adjusted_pvalues(pvalues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Step-up p-values of Benjamini and Hochberg (1995), in the given order."""
    n = len(pvalues)
    order = np.argsort(pvalues)[::-1]
    scaled = pvalues[order] * n / np.arange(n, 0, -1)
    found = np.empty(n)
    found[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return found


def proposed(
    lab: Lab, asked: Iterable[Asked], findings: Iterable[Finding]
) -> list[Candidate]:
    """Collect what the causes propose to try.

    Parameters
    ----------
    lab : Lab
        Problem, and what is measured already.
    asked : iterable of Asked
        Measured causes.
    findings : iterable of Finding
        What the measurements mean.

    Returns
    -------
    candidates : list of Candidate
        Of the causes that are present; of absent ones what they have measured to
        find out, since it was tried and costs nothing more.
    """
    present = {f.code for f in findings if f.status == "present"}
    return [
        candidate
        for one in asked
        if one.status is None
        for candidate in _remedies(lab, one)
        if one.cause.code in present or lab.has_measured(candidate)
    ]


def _remedies(lab: Lab, one: Asked) -> tuple[Candidate, ...]:
    try:
        return one.cause.remedies(one.measured, lab.problem)
    except Exception as error:  # as in measuring
        lab.skip(f"remedies of {one.cause.name}", f"failed: {_one_line(error)}")
        return ()
