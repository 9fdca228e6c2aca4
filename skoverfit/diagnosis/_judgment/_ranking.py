"""The order of findings: first what explains most of the score."""

import math
from collections.abc import Iterable

from skoverfit.diagnosis._judgment._judging import SMALL_CHANGE
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, registered_causes

__all__ = ["points_explained", "ranked"]

_LEVELS = {"serious": 0, "warning": 1, "info": 2}
_STATUSES = {"present": 0, "absent": 1, "not_measured": 2, "not_applicable": 2}
_POINTS = ("score", "score per doubling of the rows", "share of labels")
"""Units of effects that are score points: wrong labels cost as many as they are."""

_GENERALITY = {"effect": 0, "rest": 1, "nothing": 2}
"""What is particular comes before what is general where either explains nothing."""

_APART = ("validation", "test_part")
"""Kinds whose findings are about something else than the model on its rows."""


def ranked(
    findings: Iterable[Finding], score_range: float = 1.0
) -> tuple[Finding, ...]:
    """Sort findings: present ones by score points explained, severity and code.

    Serious doubts about the validation come before all others, since these rest on it;
    then that there is no signal, without which nothing else matters.

    Returns
    -------
    findings : tuple of Finding
        Then those that are absent, then those that were not judged, each by code.
    """
    findings = tuple(findings)
    points = points_explained(findings, score_range)
    generality = {c.code: _GENERALITY[c.explains] for c in registered_causes()}

    def place(finding: Finding) -> tuple[int, int, float, int, int, str]:
        code, status = finding.code, _STATUSES[finding.status]
        if status:
            return status, 0, 0.0, 0, 0, code
        level = _LEVELS[finding.severity]
        general = generality.get(code, 0) if finding.severity != "info" else 3
        return 0, _precedence(finding), -points[code], general, level, code

    return tuple(sorted(findings, key=place))


def is_doubt(finding: Finding) -> bool:
    """Whether a finding says that the validation misleads."""
    kinds = {cause.code: cause.kind for cause in registered_causes()}
    is_validation = kinds.get(finding.code) == "validation"
    return is_validation and finding.severity == "serious"


def _precedence(finding: Finding) -> int:
    if is_doubt(finding):
        return 0
    return 1 if finding.name == "no_signal" else 2


def points_explained(
    findings: Iterable[Finding], score_range: float = 1.0
) -> dict[str, float]:
    """Count the score points that each finding explains.

    These are the points of its effect. What is only worth knowing ("info"), or is
    itself to be explained (``Cause.explains``), explains none; nor does what is
    general where the effect of something particular is not known. Less than 1 % of the
    way from a constant to a perfect prediction counts as none.

    Returns
    -------
    points : dict of str to float
        By code.
    """
    causes = {cause.code: cause for cause in registered_causes()}
    least = SMALL_CHANGE * score_range
    effects = {f.code: _effect(f, least) for f in findings}
    particular = [
        (_area(causes[f.code]), math.inf if _is_unknown(f) else effects[f.code])
        for f in findings
        if f.code in causes and causes[f.code].explains == "effect"
    ]
    points = dict(effects)
    for code in effects.keys() & causes.keys():
        explains, area = causes[code].explains, _area(causes[code])
        if explains == "rest":
            known = max((e for where, e in particular if where == area), default=0.0)
            points[code] = max(effects[code] - known, 0.0)
        elif explains == "nothing":
            points[code] = 0.0
    return points


def _area(cause: Cause) -> str:
    return cause.kind if cause.kind in _APART else "model"


def _is_unknown(finding: Finding) -> bool:
    """Whether something matters by an effect that nobody measured."""
    matters = finding.status == "present" and finding.severity != "info"
    return matters and finding.effect is None


def _effect(finding: Finding, least: float) -> float:
    """Score points of an effect; 0 where it is small, or no matter of the score."""
    if finding.status != "present" or finding.severity == "info":
        return 0.0
    if finding.effect is None or finding.unit not in _POINTS:
        return 0.0
    return finding.effect if finding.effect >= least else 0.0
