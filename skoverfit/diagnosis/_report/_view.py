"""What a report shows, as plain texts that the terminal and the page share."""

import ast
import math
from dataclasses import dataclass
from typing import Any

from skoverfit._gap import Estimate
from skoverfit.diagnosis._budget import PASS_BUDGET
from skoverfit.diagnosis._records import Finding, Remedy, RemedyChange, Skipped

__all__ = [
    "FindingRow",
    "RemedyRow",
    "ScoreRow",
    "finding_rows",
    "format_duration",
    "format_score",
    "origin_rows",
    "part_rows",
    "remedy_rows",
    "score_rows",
    "skipped_rows",
    "snippet",
    "subject_line",
    "title",
    "unchecked_rows",
]

NOT_MEASURED, LATE = "n/a", "more time than the budget leaves"

_METRIC_NAMES = {"r2": "R²", "roc_auc": "ROC AUC", "f1": "F1"}
_UNJUDGED = ("not_measured", "not_applicable")


@dataclass(frozen=True)
class ScoreRow:
    """One number of the score line, such as the test score."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class FindingRow:
    """One finding; `level` is its severity if present, else its status."""

    level: str
    title: str
    effect: str
    explanation: str
    advice: str
    code: str = ""
    counterfactual: str = ""
    url: str = ""


@dataclass(frozen=True)
class RemedyRow:
    """One remedy that was tried; `is_best` marks the recommended one."""

    name: str
    description: str
    test: str
    test_change: str
    gap_change: str
    duration: str
    is_best: bool
    note: str


def format_score(
    value: float | None, *, signed: bool = False, scale: float | None = None
) -> str:
    """Write a score with about three significant digits.

    Returns
    -------
    text : str
        ``"n/a"`` if there is no value.
    """
    if value is None or math.isnan(value):
        return NOT_MEASURED
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    sign = "+" if signed else ""
    size = abs(value) if scale is None else scale
    if 0 < size < 0.01:
        return f"{value:{sign}.2g}"
    digits = 3 if size < 10 else 2 if size < 100 else 1 if size < 1000 else 0
    return f"{value:{sign}z,.{digits}f}"


def format_with_interval(
    value: float, interval: tuple[float, float] | None, *, signed: bool = False
) -> tuple[str, str]:
    """Write a value and its interval with the same number of digits.

    Returns
    -------
    value, interval : str
        The interval is empty if there is none.
    """
    if interval is None or not all(map(math.isfinite, interval)):
        return format_score(value, signed=signed), ""
    scale = max(map(abs, (value, *interval)))
    low, middle, high = (
        format_score(number, signed=signed, scale=scale)
        for number in (interval[0], value, interval[1])
    )
    return middle, f"[{low}, {high}]"


def format_estimate(estimate: Estimate | RemedyChange, *, signed: bool = False) -> str:
    """Write a mean and its interval."""
    parts = format_with_interval(estimate.mean, estimate.interval, signed=signed)
    return " ".join(parts).strip()


def format_duration(seconds: float) -> str:
    """Write a time with a sensible unit."""
    if math.isnan(seconds):
        return NOT_MEASURED
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5970 else f"{seconds / 3600:.1f} h"


def metric_name(scoring: str) -> str:
    """Write the scorer's name as a reader would."""
    return _METRIC_NAMES.get(scoring, scoring.replace("_", " "))


def score_rows(evidence: Any) -> list[ScoreRow]:
    """Train, test, gap and baseline of the model as it was given."""
    gap, baseline = evidence.model.gap, evidence.baseline.gap
    return [
        ScoreRow("train", format_score(gap.mean_train), ""),
        ScoreRow("test", format_score(gap.mean_test), ""),
        _estimate_row("gap", gap),
        ScoreRow("baseline", format_score(baseline.mean_test), "ignores the features"),
        _estimate_row("vs. baseline", evidence.over_baseline),
    ]


def part_rows(evidence: Any) -> list[ScoreRow]:
    """List what the gap to the own test part is made of, and further scores.

    Returns
    -------
    rows : list of ScoreRow
        Empty without a test part and further scores.
    """
    parts, rows = evidence.decomposition, []
    if parts is not None:
        rows = [
            ScoreRow(
                "own test part", format_score(parts.own_test), f"{parts.n_test:,} rows"
            ),
            _part_row("train - test part", parts.gap, parts.gap_interval),
            _part_row(
                "= train - cross-validated (memorized)",
                parts.train_minus_cv,
                parts.train_minus_cv_interval,
            ),
            _part_row(
                "+ cross-validated - test part (the parts differ)",
                parts.cv_minus_own,
                parts.cv_minus_own_interval,
            ),
        ]
        if not math.isnan(parts.given_test):
            given = f"train {format_score(parts.given_train)}"
            rows.append(
                ScoreRow("test part, as fitted", format_score(parts.given_test), given)
            )
    return rows + [_other_row(score) for score in evidence.other_scores]


def _part_row(label: str, value: float, interval: tuple[float, float]) -> ScoreRow:
    return ScoreRow(label, *format_with_interval(value, interval, signed=True))


def _other_row(score: Any) -> ScoreRow:
    note = f"train {format_score(score.train)}"
    if not math.isnan(score.own_test):
        note += f", test part {format_score(score.own_test)}"
    return ScoreRow(metric_name(score.name), format_score(score.test), note)


def _estimate_row(label: str, estimate: Estimate) -> ScoreRow:
    return ScoreRow(
        label, *format_with_interval(estimate.mean, estimate.interval, signed=True)
    )


def data_line(evidence: Any) -> str:
    """Size of the data, kind of target and of validation in one line."""
    parts = [
        f"{evidence.n_samples:,} rows",
        f"{evidence.n_features:,} features",
        _target_kind(evidence),
        f"{evidence.n_splits} splits",
        f"score: {metric_name(evidence.scoring)}",
    ]
    return " · ".join(parts)


def subject_line(report: Any) -> str:
    """Say what the report is about, in one line; empty if nobody told."""
    subject = report.subject
    if subject is None:
        return ""
    named = (("", subject.data), ("target ", subject.target), ("model ", subject.model))
    return " · ".join(f"{label}{value}" for label, value in named if value)


def title(report: Any) -> str:
    """Name the report so that several can be told apart, verdict last."""
    about = subject_line(report)
    return f"{about}: {report.verdict.headline}" if about else report.verdict.headline


def origin_rows(report: Any) -> list[tuple[str, str]]:
    """List how the report came about: reading, command, date, versions, where known."""
    subject = report.subject
    if subject is None:
        return []
    versions = ", ".join(f"{name} {v}" for name, v in subject.versions.items())
    rows = [
        ("Data", subject.reading or subject.data),
        ("Command", subject.command),
        ("Date", subject.date),
        ("Versions", versions),
    ]
    return [(name, value) for name, value in rows if value]


def finding_rows(findings: tuple[Finding, ...]) -> list[FindingRow]:
    """List findings in their order."""
    return [
        FindingRow(
            level=finding.severity if finding.status == "present" else finding.status,
            title=finding.title,
            effect=_effect(finding),
            explanation=finding.explanation,
            advice=finding.advice,
            code=finding.code,
            counterfactual=_counterfactual(finding),
            url=finding.url,
        )
        for finding in findings
    ]


def unchecked_rows(rows: list[FindingRow]) -> list[tuple[str, list[FindingRow]]]:
    """Causes that were not judged, those of one reason together."""
    groups: dict[str, list[FindingRow]] = {}
    for row in rows:
        if row.level in _UNJUDGED:
            groups.setdefault(row.explanation, []).append(row)
    return list(groups.items())


def remedy_rows(report: Any) -> list[RemedyRow]:
    """Remedies that were tried, the best change of the test score first."""
    best = recommended(report)
    return [
        RemedyRow(
            name=remedy.name,
            description=remedy.description,
            test=format_score(remedy.mean_test),
            test_change=format_estimate(remedy.change, signed=True),
            gap_change=_gap_change(remedy),
            duration=format_duration(remedy.seconds),
            is_best=best is not None and remedy.name == best.name,
            note=_remedy_note(remedy, report),
        )
        for remedy in by_test_change(report.remedies)
    ]


def skipped_rows(skipped: tuple[Skipped, ...]) -> list[tuple[str, str]]:
    """List what was not measured; what the budget forbade is told in one row."""
    rows = [(item.what, item.reason) for item in skipped if "budget" not in item.reason]
    late = [item for item in skipped if "budget" in item.reason]
    own = [item.what for item in late if PASS_BUDGET in item.reason]
    given = [item.what for item in late if PASS_BUDGET not in item.reason]
    told = {f"left out for time; {PASS_BUDGET}": own, LATE: given}
    return rows + [(", ".join(names), why) for why, names in told.items() if names]


def recommended(report: Any) -> Remedy | None:
    """Return the remedy to use; the best one of a report that says no more."""
    return getattr(report, "recommended_remedy", report.best_remedy)


def by_test_change(remedies: tuple[Remedy, ...]) -> list[Remedy]:
    """Sort remedies by the change of the test score, unmeasured ones last."""

    def key(remedy: Remedy) -> float:
        change = remedy.change.mean
        return math.inf if math.isnan(change) else -change

    return sorted(remedies, key=key)


def snippet(report: Any, estimator_code: str | None = None) -> str:
    """Python that builds the best remedy; empty if there is none."""
    remedy = recommended(report)
    if remedy is None:
        return ""
    code = remedy.code
    try:
        needed = estimator_code if _reads_estimator(code) else None
        return _imports_first([part for part in (needed, code) if part])
    except SyntaxError:
        return code


def _reads_estimator(code: str) -> bool:
    """Tell whether the code builds on ``estimator`` or replaces it."""
    return any(
        isinstance(node, ast.Name)
        and node.id == "estimator"
        and isinstance(node.ctx, ast.Load)
        for node in ast.walk(ast.parse(code))
    )


def _imports_first(parts: list[str]) -> str:
    """Join pieces of code with the imports of all of them at the top, once each."""
    imports: dict[str, None] = {}
    bodies = []
    for part in parts:
        lines = part.splitlines()
        for node in ast.parse(part).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                rows = slice(node.lineno - 1, node.end_lineno)
                imports["\n".join(lines[rows])] = None
                lines[rows] = [""] * len(lines[rows])
        bodies.append("\n".join(lines).strip())
    head = "\n".join(sorted(imports, key=lambda line: not line.startswith("import")))
    return "\n\n".join(piece for piece in (head, *bodies) if piece)


def _gap_change(remedy: Remedy) -> str:
    change = remedy.gap_change.mean
    numbers = (change, remedy.mean_train, remedy.mean_test)
    scale = max((abs(number) for number in numbers if math.isfinite(number)), default=0)
    return format_score(change, signed=True, scale=scale)


def _remedy_note(remedy: Remedy, report: Any) -> str:
    """Say where the change was measured, if elsewhere, and why a remedy is best."""
    source, notes = remedy.change.source, []
    if source == "other splits":
        notes.append("other splits, not paired")
    elif source == "further splits":
        notes.append(f"on {source}")
    best = recommended(report)
    if report.best_remedy is None and best is not None and best.name == remedy.name:
        notes.append("the same score with a smaller gap")
    return "; ".join(notes)


def _counterfactual(finding: Finding) -> str:
    """Write the score without the cause, and what it is."""
    if finding.counterfactual is None:
        return ""
    label = finding.counterfactual_label or "without the cause"
    return f"{label}: {format_score(finding.counterfactual)}"


def _effect(finding: Finding) -> str:
    """Size with its interval and, where something was tested, the p-value."""
    parts = [_size(finding), _pvalue(finding)]
    return ", ".join(part for part in parts if part)


def _pvalue(finding: Finding) -> str:
    if finding.pvalue is None or math.isnan(finding.pvalue):
        return ""
    if finding.pvalue < 0.001:
        return "p < 0.001"
    return f"p = {finding.pvalue:.2g}"


def _size(finding: Finding) -> str:
    if finding.effect is None:
        return ""
    if finding.unit.startswith("share"):
        parts = _percentages(finding.effect, finding.interval)
        return f"{parts} {finding.unit.removeprefix('share').strip()}".strip()
    is_score = finding.unit.startswith("score")
    numbers = format_with_interval(finding.effect, finding.interval, signed=is_score)
    return " ".join([*numbers, finding.unit.removeprefix("score").strip()]).strip()


def _percentages(value: float, interval: tuple[float, float] | None) -> str:
    if interval is None:
        return f"{value:.1%}"
    return f"{value:.1%} [{interval[0]:.1%}, {interval[1]:.1%}]"


def _target_kind(evidence: Any) -> str:
    if evidence.class_counts is None:
        return evidence.task
    return f"{len(evidence.class_counts)} classes"
