"""The order of findings: first what explains most of the score."""

from collections.abc import Iterable

from skoverfit.diagnosis._judgment._judging import SMALL_CHANGE
from skoverfit.diagnosis._records import Finding
from skoverfit.diagnosis.causes._base import Cause, registered_causes

__all__ = ["points_explained", "ranked"]

_LEVELS = {"serious": 0, "warning": 1, "info": 2}
_STATUSES = {"present": 0, "absent": 1, "not_measured": 2, "not_applicable": 2}
_POINTS = ("score", "score per doubling of the rows", "share of labels")
"""Units of effects that are score points: wrong labels cost as many as they are."""

_GENERALITY = {"effect": 0, "rest": 1, "last": 1, "nothing": 2}
"""What is particular comes before what is general where either explains nothing."""

_APART = ("validation", "test_part")
"""Kinds whose findings are about something else than the model on its rows."""


def ranked(
    findings: Iterable[Finding], score_range: float = 1.0
) -> tuple[Finding, ...]:
    """Sort findings: present ones by score points explained, severity and code.

    Serious doubts about the validation come before all others, since these rest on it;
    then that there is no signal, without which nothing else matters, and that a search
    was judged by the score that chose its winner; then a test part that was prepared
    otherwise, and, where it scores lower for sure, what explains that: the model on its
    own rows cannot.

    Returns
    -------
    findings : tuple of Finding
        Then those that are absent, then those that were not judged, each by code.
    """
    findings = tuple(findings)
    points = points_explained(findings, score_range)
    is_lower = _is_test_part_lower(findings, SMALL_CHANGE * score_range)
    generality = {c.code: _GENERALITY[c.explains] for c in registered_causes()}

    def place(finding: Finding) -> tuple[int, int, float, int, int, str]:
        code, status = finding.code, _STATUSES[finding.status]
        if status:
            return status, 0, 0.0, 0, 0, code
        level = _LEVELS[finding.severity]
        general = generality.get(code, 0) if finding.severity != "info" else 3
        explains_parts = is_lower and _is_of_parts(finding) and points[code] > 0
        first = _precedence(finding, explains_parts=explains_parts)
        return 0, first, -points[code], general, level, code

    return tuple(sorted(findings, key=place))


def is_doubt(finding: Finding) -> bool:
    """Whether a finding says that the validation misleads."""
    return _kind(finding) == "validation" and finding.severity == "serious"


def is_prepared_apart(finding: Finding) -> bool:
    """Whether a finding says that the test part does not hold the columns of training.

    It was prepared otherwise, and what it would score is unknown.
    """
    is_serious = finding.severity == "serious" and finding.effect is None
    return is_serious and finding.status == "present" and _is_of_parts(finding)


def _is_of_parts(finding: Finding) -> bool:
    return _kind(finding) == "test_part"


def _kind(finding: Finding) -> str:
    kinds = {cause.code: cause.kind for cause in registered_causes()}
    return kinds.get(finding.code, "")


def _is_test_part_lower(findings: tuple[Finding, ...], least: float) -> bool:
    """Whether the test part surely scores less, as what differs in general says."""
    general = {c.code for c in registered_causes() if c.explains == "rest"}
    return any(
        _effect(finding, least) > 0
        for finding in findings
        if finding.code in general and _is_of_parts(finding)
    )


def _precedence(finding: Finding, *, explains_parts: bool) -> int:
    if is_doubt(finding):
        return 0
    is_chosen = finding.name == "search_winner" and _matters(finding)
    if finding.name == "no_signal" or is_chosen:
        return 1
    if is_prepared_apart(finding):
        return 2
    return 3 if explains_parts else 4


def points_explained(
    findings: Iterable[Finding], score_range: float = 1.0
) -> dict[str, float]:
    """Count the score points that each finding explains.

    These are the points of its effect. What is only worth knowing ("info"), or is
    itself to be explained (``Cause.explains``), explains none. Less than 1 % of the
    way from a constant to a perfect prediction counts as none, and so does an effect
    whose interval has zero in it.

    Returns
    -------
    points : dict of str to float
        By code.
    """
    findings = tuple(findings)
    causes = {cause.code: cause for cause in registered_causes()}
    least = SMALL_CHANGE * score_range
    points = {f.code: _effect(f, least) for f in findings}
    for area in {_area(cause) for cause in causes.values()}:
        own = [
            f for f in findings if f.code in causes and _area(causes[f.code]) == area
        ]
        _share_out(own, causes, points)
    return points


def _share_out(
    findings: list[Finding], causes: dict[str, Cause], points: dict[str, float]
) -> None:
    """Leave general findings what no particular one of their area explains.

    A particular one that matters, and whose effect nobody measured, may explain that
    rest instead. What comes last explains nothing beside any of these.
    """
    by_role: dict[str, list[Finding]] = {role: [] for role in _GENERALITY}
    for finding in findings:
        by_role[causes[finding.code].explains].append(finding)
    for finding in by_role["rest"]:
        _give_namesake(finding, by_role["effect"], points)
    known = max((points[f.code] for f in by_role["effect"]), default=0.0)
    for finding in by_role["rest"]:
        points[finding.code] = max(points[finding.code] - known, 0.0)
    unknown = [f for f in by_role["effect"] if _is_unknown(f)]
    left = by_role["rest"] + by_role["last"]
    if unknown:
        rest = max((points[f.code] for f in left), default=0.0)
        points.update({f.code: rest for f in unknown})
        points.update({f.code: 0.0 for f in left})
    if any(points[f.code] > 0 for f in by_role["effect"] + by_role["rest"]):
        points.update({f.code: 0.0 for f in by_role["last"]})
    points.update({f.code: 0.0 for f in by_role["nothing"]})


def _give_namesake(
    general: Finding, particular: list[Finding], points: dict[str, float]
) -> None:
    """Let a particular finding explain all, if such ones name all that differs.

    The general one then only says the same of the same columns in other words.
    """
    same = [f for f in particular if _matters(f) and {*f.columns} & {*general.columns}]
    named = {column for finding in same for column in finding.columns}
    if same and named.issuperset(general.columns):
        most = max(same, key=lambda finding: points[finding.code])
        points[most.code] = max(points[most.code], points[general.code])


def _area(cause: Cause) -> str:
    return cause.kind if cause.kind in _APART else "model"


def _is_unknown(finding: Finding) -> bool:
    """Whether something matters by an effect that nobody measured."""
    return _matters(finding) and finding.effect is None


def _matters(finding: Finding) -> bool:
    return finding.status == "present" and finding.severity != "info"


def _effect(finding: Finding, least: float) -> float:
    """Score points of an effect; 0 where it is small, or no matter of the score."""
    if finding.status != "present" or finding.severity == "info":
        return 0.0
    if finding.effect is None or finding.unit not in _POINTS:
        return 0.0
    if finding.interval is not None and finding.interval[0] <= 0:
        return 0.0
    return finding.effect if finding.effect >= least else 0.0
