"""The order of findings: first what explains most of the score."""

from collections.abc import Iterable

from skoverfit.diagnosis._judgment._judging import SMALL_CHANGE
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import registered_causes

__all__ = ["points_explained", "ranked"]

_LEVELS = {"serious": 0, "warning": 1, "info": 2}
_STATUSES = {"present": 0, "absent": 1, "not_measured": 2, "not_applicable": 2}
_POINTS = ("score", "score per doubling of the rows")
"""Units of effects that are score points."""


def ranked(
    findings: Iterable[Finding], score_range: float = 1.0
) -> tuple[Finding, ...]:
    """Sort findings: present ones by score points explained, severity and code.

    Parameters
    ----------
    findings : iterable of Finding
        Of one report.
    score_range : float, default=1.0
        A perfect score minus that of a constant prediction.

    Returns
    -------
    findings : tuple of Finding
        Then those that are absent, then those that were not judged, each by code.
    """
    findings = tuple(findings)
    points = points_explained(findings, score_range)
    symptoms = {c.code for c in registered_causes() if c.explains == "nothing"}

    def place(finding: Finding) -> tuple[int, float, int, bool, str]:
        code, status = finding.code, _STATUSES[finding.status]
        if status:
            return status, 0.0, 0, False, code
        return 0, -points[code], _LEVELS[finding.severity], code in symptoms, code

    return tuple(sorted(findings, key=place))


def points_explained(
    findings: Iterable[Finding], score_range: float = 1.0
) -> dict[str, float]:
    """Count the score points that each finding explains.

    These are the points of its effect. What is only worth knowing ("info"), or is
    itself to be explained (``Cause.explains``), explains none. Less than 1 % of the
    way from a constant to a perfect prediction counts as none.

    Parameters
    ----------
    findings : iterable of Finding
        Of one report.
    score_range : float, default=1.0
        A perfect score minus that of a constant prediction.

    Returns
    -------
    points : dict of str to float
        By code.
    """
    causes = {cause.code: cause for cause in registered_causes()}
    effects = {f.code: _effect(f, SMALL_CHANGE * score_range) for f in findings}
    points = dict(effects)
    for code, cause in causes.items():
        if code in points and cause.explains != "effect":
            others = [
                effects[other]
                for other in effects.keys() & causes.keys()
                if other != code and causes[other].kind == cause.kind
            ]
            rest = max(effects[code] - max(others, default=0.0), 0.0)
            points[code] = rest if cause.explains == "rest" else 0.0
    return points


def _effect(finding: Finding, least: float) -> float:
    """Score points of an effect; 0 where it is small, or no matter of the score."""
    if finding.status != "present" or finding.severity == "info":
        return 0.0
    if finding.effect is None or finding.unit not in _POINTS:
        return 0.0
    return finding.effect if finding.effect >= least else 0.0
