"""The report as one self-contained page."""

from typing import Any

from skoverfit import __version__
from skoverfit._compat import import_optional
from skoverfit._plain import printable
from skoverfit.diagnosis._report._figures import pictures
from skoverfit.diagnosis._report._view import (
    data_line,
    finding_rows,
    format_duration,
    format_score,
    metric_name,
    origin_rows,
    part_rows,
    remedy_rows,
    score_rows,
    skipped_rows,
    snippet,
    subject_line,
    title,
    unchecked_rows,
)

__all__ = ["render_html"]

_MAX_CLASSES = 12


def render_html(report: Any, *, estimator_code: str | None = None) -> str:
    """Write a report as a page that needs nothing else.

    Parameters
    ----------
    report : OverfitReport
        The report.
    estimator_code : str, default=None
        Lines that build the diagnosed ``estimator``, shown before the remedy's code.

    Returns
    -------
    page : str
        A whole HTML document, without scripts and without links to other files.
    """
    jinja2 = import_optional("jinja2", extra="report")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skoverfit.diagnosis._report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        _context(report, estimator_code)
    )


def _shown(value: Any) -> Any:
    """Keep control characters and marks of direction out of the page."""
    return printable(value) if isinstance(value, str) else value


def _context(report: Any, estimator_code: str | None) -> dict[str, Any]:
    evidence = report.evidence
    rows = finding_rows(report.findings)
    return {
        "version": __version__,
        "verdict": report.verdict,
        "title": title(report),
        "subject_line": subject_line(report),
        "data_line": data_line(evidence),
        "metric": metric_name(evidence.scoring),
        "scores": score_rows(evidence),
        "parts": part_rows(evidence),
        "questions": getattr(report, "questions", ()),
        "pictures": pictures(report),
        "found": [row for row in rows if row.level in ("serious", "warning", "info")],
        "checked": [row for row in rows if row.level == "absent"],
        "unchecked": unchecked_rows(rows),
        "remedies": remedy_rows(report),
        "code": snippet(report, estimator_code),
        "splits": _split_rows(evidence.model),
        "facts": [*_facts(evidence), *origin_rows(report)],
        "skipped": skipped_rows(evidence.skipped),
        "duration": format_duration(evidence.seconds),
    }


def _split_rows(scores: Any) -> list[tuple[str, ...]]:
    columns = zip(
        scores.n_train,
        scores.n_test,
        scores.train_scores,
        scores.test_scores,
        scores.gaps,
        strict=True,
    )
    return [
        (
            str(number),
            f"{n_train:,}",
            f"{n_test:,}",
            format_score(train),
            format_score(test),
            format_score(gap, signed=True),
        )
        for number, (n_train, n_test, train, test, gap) in enumerate(columns, start=1)
    ]


def _facts(evidence: Any) -> list[tuple[str, str]]:
    facts = [("Model", evidence.estimator), ("Validation", evidence.cv)]
    if evidence.class_counts is not None:
        facts.append(("Classes", _class_list(evidence.class_counts)))
    return facts


def _class_list(counts: dict[str, int]) -> str:
    largest = sorted(counts.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name}: {count:,}" for name, count in largest[:_MAX_CLASSES])
    hidden = len(counts) - _MAX_CLASSES
    return shown + (f", and {hidden} smaller ones" if hidden > 0 else "")
