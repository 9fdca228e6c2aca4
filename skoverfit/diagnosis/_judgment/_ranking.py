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

    Before what is to be mended comes what says that the score is not what it seems:
    serious doubts about the validation, on which all rests; then that there is no
    signal, without which nothing else matters, except a target that is asked for in a
    way that hides it, and that a search was judged by the score that chose its winner;
    then a test part that was prepared otherwise; then a score that falls over time,
    since all else is an average of what was and what is, and, where the test part
    scores lower for sure, what explains that: the model on its own rows cannot.

    Returns
    -------
    findings : tuple of Finding
        Then those that are absent, then those that were not judged, each by code.
    """
    findings = tuple(findings)
    points = points_explained(findings, score_range)
    is_lower = bool(_is_test_part_lower(findings, SMALL_CHANGE * score_range))
    is_lost = any(f.name == "no_signal" and f.status == "present" for f in findings)
    generality = {c.code: _GENERALITY[c.explains] for c in registered_causes()}

    def place(finding: Finding) -> tuple[int, int, float, int, int, int, str]:
        code, status = finding.code, _STATUSES[finding.status]
        if status:
            return status, 0, 0.0, 0, 0, 0, code
        level = _LEVELS[finding.severity]
        general = generality.get(code, 0) if finding.severity != "info" else 3
        is_elsewhere = is_lower and _is_of_parts(finding)
        is_elsewhere |= finding.name == "drift_over_time"
        first = _precedence(
            finding, is_lost=is_lost, is_elsewhere=is_elsewhere and points[code] > 0
        )
        apart = 0 if _is_of_score(finding) else 1
        return 0, first, -points[code], general, level, apart, code

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


def _is_of_score(finding: Finding) -> bool:
    """Whether a finding is about what a score is a score of, not how to raise it."""
    cause = next((c for c in registered_causes() if c.code == finding.code), None)
    if cause is None or cause.kind not in _APART:
        return False
    return cause.explains in ("effect", "rest")


def _is_test_part_lower(findings: tuple[Finding, ...], least: float) -> bool | None:
    """Whether the test part surely scores less; None if it was not compared.

    That is what the finding says that is about differences in general.
    """
    general = {c.code for c in registered_causes() if c.explains == "rest"}
    compared = [
        _effect(f, least) > 0
        for f in findings
        if f.code in general and _is_of_parts(f) and f.status in ("present", "absent")
    ]
    return any(compared) if compared else None


def _precedence(finding: Finding, *, is_lost: bool, is_elsewhere: bool) -> int:
    if is_doubt(finding):
        return 0
    is_chosen = finding.name == "search_winner" and _matters(finding)
    if is_lost and _kind(finding) == "target" and _matters(finding):
        return 1
    if finding.name == "no_signal" or is_chosen:
        return 2
    if is_prepared_apart(finding):
        return 3
    return 4 if is_elsewhere else 5


def points_explained(
    findings: Iterable[Finding], score_range: float = 1.0
) -> dict[str, float]:
    """Count the score points that each finding explains.

    These are the points of its effect. What is only worth knowing ("info"), or is
    itself to be explained (``Cause.explains``), explains none. Less than 1 % of the
    way from a constant to a perfect prediction counts as none, and so does an effect
    whose interval has zero in it, and any of a test part that does not score lower for
    sure. Rows that belong together explain what copies among them do not.

    Returns
    -------
    points : dict of str to float
        By code.
    """
    findings = tuple(findings)
    causes = {cause.code: cause for cause in registered_causes()}
    least = SMALL_CHANGE * score_range
    points = {f.code: _effect(f, least) for f in findings}
    _without_copies(findings, points)
    for area in {_area(cause) for cause in causes.values()}:
        own = [
            f for f in findings if f.code in causes and _area(causes[f.code]) == area
        ]
        _share_out(own, causes, points)
    if _is_test_part_lower(findings, least) is False:
        points.update({f.code: 0.0 for f in findings if _is_of_parts(f)})
    if any(_is_of_score(f) and _matters(f) for f in findings):
        points.update({code: 0.0 for code in points if _is_last(code, causes)})
    return points


def _is_last(code: str, causes: dict[str, Cause]) -> bool:
    return code in causes and causes[code].explains == "last"


def _without_copies(findings: tuple[Finding, ...], points: dict[str, float]) -> None:
    """Take from the effect of rows that belong together that of copies among them."""
    codes = {f.name: f.code for f in findings}
    if {"duplicates", "groups_apart"} <= codes.keys():
        copies, groups = codes["duplicates"], codes["groups_apart"]
        points[groups] = max(points[groups] - points[copies], 0.0)


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
    if unknown:
        rest = max((points[f.code] for f in by_role["rest"]), default=0.0)
        points.update({f.code: max(points[f.code], rest) for f in unknown})
        points.update({f.code: 0.0 for f in by_role["rest"]})
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
