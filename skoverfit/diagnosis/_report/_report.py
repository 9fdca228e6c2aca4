"""The report of a diagnosis: what was measured, concluded and tried."""

import html
import json
import numbers
from pathlib import Path
from typing import Any, Literal

import numpy as np

from skoverfit._compat import import_optional
from skoverfit.diagnosis._judgment._judging import show, show_interval
from skoverfit.diagnosis._judgment._learning_curve import outlook
from skoverfit.diagnosis._judgment._questions import open_questions
from skoverfit.diagnosis._judgment._ranking import points_explained, ranked
from skoverfit.diagnosis._records import (
    INTERRUPTED,
    Evidence,
    Finding,
    NotMeasured,
    Remedy,
    RowsNeeded,
    Skipped,
    Subject,
    Verdict,
)
from skoverfit.diagnosis._remedies import equal_remedy
from skoverfit.diagnosis._report._schema import load_schema, validate
from skoverfit.diagnosis._report._serialize import from_plain, to_plain
from skoverfit.diagnosis._report._upgrade import upgraded
from skoverfit.exceptions import InputError

SCHEMA_VERSION = 4
"""Raised with every change of the JSON that a reader could trip over."""

DEFAULT_MAX_BYTES = 32 * 10**6

_GAP_ALONE = ("harmless_gap", "too_little_data", "cannot_tell")
"""Verdicts where no other cause has the last word about the model."""


class OverfitReport:
    """What :func:`diagnose` found out: evidence, findings, remedies and a verdict.

    Parameters
    ----------
    evidence : Evidence
        What was measured.
    findings : tuple of Finding
        What that says about each possible cause.
    remedies : tuple of Remedy
        What was tried, with its measured effect.
    verdict : Verdict
        The answer in one or two sentences.
    best_remedy : Remedy or None, default=None
        The remedy that reliably raises the test score most; None if none does.
    best_estimator : estimator object, default=None
        It, or the original estimator if there is none, fitted on all rows.
    subject : Subject or None, default=None
        What the report is about: file, target, model, command, date and versions.
        The command line tells.

    Attributes
    ----------
    evidence, remedies, verdict, best_remedy, subject : object
        As given.
    findings : tuple of Finding
        What is present comes first, ranked by the score points that it explains, then
        by severity, then by code; what is absent and what was not judged follow, by
        code.
    best_estimator_ : estimator object
        The fitted estimator. A report read from JSON has none.

    See Also
    --------
    diagnose : Makes the report.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from skoverfit.diagnosis import OverfitReport, diagnose
    >>> X, y = load_iris(return_X_y=True)
    >>> report = diagnose(
    ...     DecisionTreeClassifier(), X, y, causes=["SKO204"], random_state=0
    ... )
    >>> report.finding("SKO204").status
    'absent'
    >>> OverfitReport.from_json(report.to_json()).verdict == report.verdict
    True
    """

    def __init__(
        self,
        evidence: Evidence,
        findings: tuple[Finding, ...],
        remedies: tuple[Remedy, ...],
        verdict: Verdict,
        best_remedy: Remedy | None = None,
        best_estimator: Any = None,
        subject: Subject | None = None,
    ):
        self.evidence = evidence
        self.findings = ranked(findings, evidence.score_range)
        self.remedies = remedies
        self.verdict = verdict
        self.best_remedy = best_remedy
        self.subject = subject
        if best_estimator is not None:
            self.best_estimator_ = best_estimator

    def __repr__(self) -> str:
        gap = self.evidence.model.gap
        present = [f.name for f in self.findings if f.status == "present"]
        return (
            f"OverfitReport(verdict={self.verdict.code!r}, "
            f"train={show(gap.mean_train, self.evidence)}, "
            f"test={show(gap.mean_test, self.evidence)}, present={present})"
        )

    def finding(self, code: str) -> Finding:
        """Look up what was concluded about one cause.

        Parameters
        ----------
        code : str
            Its code or name, such as ``"SKO201"`` or ``"leaking_column"``.

        Returns
        -------
        finding : Finding

        Raises
        ------
        KeyError
            If the report has no finding of that code.
        """
        for finding in self.findings:
            if code in (finding.code, finding.name):
                return finding
        known = ", ".join(finding.code for finding in self.findings)
        raise KeyError(f"code={code!r} is not in this report, which has {known}.")

    @property
    def not_checked(self) -> tuple[Skipped, ...]:
        """What was not checked, and why: no ground to call it absent."""
        open_ones = ("not_measured", "not_applicable")
        return tuple(
            Skipped(f"{f.code} {f.name}", f.explanation)
            for f in self.findings
            if f.status in open_ones
        )

    @property
    def is_interrupted(self) -> bool:
        """Whether the diagnosis was interrupted: only a part was measured."""
        return INTERRUPTED in {item.reason for item in self.evidence.skipped}

    @property
    def questions(self) -> tuple[str, ...]:
        """What only the user can answer, each with the argument to pass."""
        return open_questions(self.evidence, self.findings)

    @property
    def recommended_remedy(self) -> Remedy | None:
        """What to use: the best remedy, or one of equal score with a smaller gap.

        The latter closes at least 40 % of the gap, and a loss of more than 5 % of the
        way from a constant to a perfect prediction is ruled out.
        """
        if self.best_remedy is not None or self.verdict.code not in _GAP_ALONE:
            return self.best_remedy
        gaps = [f for f in self.findings if f.name == "overfitting"]
        if not any(f.status == "present" for f in gaps):
            return None
        return equal_remedy(self.evidence, self.remedies)

    def rows_needed(self, score: float) -> RowsNeeded:
        """Estimate with how many training rows the model reaches a test score.

        The learning curve of the report is followed up to four times its rows, and no
        farther. The interval holds for scores that rise by the same with each doubling
        as well as for those that level off, as the curve cannot tell one from the
        other; it is wide where the curve is noisy.

        Parameters
        ----------
        score : float
            The test score that is wanted, as measured on the rows of this report.

        Returns
        -------
        needed : RowsNeeded
            Its text says it all: ``print(report.rows_needed(0.9))``.

        Raises
        ------
        InputError
            If `score` is not a finite number.
        NotMeasured
            If the report has no learning curve, or one of fewer than three points.

        Examples
        --------
        >>> from sklearn.datasets import make_friedman1
        >>> from sklearn.neighbors import KNeighborsRegressor
        >>> from skoverfit import diagnose
        >>> X, y = make_friedman1(300, noise=0.1, random_state=0)
        >>> report = diagnose(
        ...     KNeighborsRegressor(), X, y, causes=["SKO104"], random_state=0
        ... )
        >>> report.rows_needed(0.70).is_reachable
        True
        >>> report.rows_needed(0.99).is_reachable
        False
        """
        is_number = isinstance(score, numbers.Real) and not isinstance(score, bool)
        if not is_number or not np.isfinite(score):
            raise InputError(f"score={score!r} must be a finite number.")
        curve = self.evidence.learning_curve
        ahead = None if curve is None else outlook(curve)
        if ahead is None:
            raise NotMeasured("the report has no learning curve of three points")
        return ahead.rows_for(float(score))

    # ---------------------------------------------------------------- readable forms
    def summary(self) -> str:
        """Write the report as plain text.

        Returns
        -------
        text : str
            Verdict, scores, what is present, and the remedies.
        """
        present = [f for f in self.findings if f.status == "present"]
        parts = [
            [self.verdict.headline, self.verdict.explanation],
            self._score_lines(),
            [f"- {f.title}. {f.explanation}" for f in present],
            [self._remedy_line(remedy) for remedy in self.remedies],
            [f"Skipped {s.what}: {s.reason}." for s in self.evidence.skipped],
            [f"? {question}" for question in self.questions],
        ]
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def _score_lines(self) -> list[str]:
        evidence = self.evidence
        gap, baseline = evidence.model.gap, evidence.baseline.gap
        return [
            f"{evidence.scoring} over {evidence.n_splits} splits",
            f"train    {show(gap.mean_train, evidence)}",
            f"test     {show(gap.mean_test, evidence)}",
            f"gap      {show(gap.mean, evidence)} "
            f"({show_interval(gap.interval, evidence)})",
            f"baseline {show(baseline.mean_test, evidence)}",
        ]

    def _remedy_line(self, remedy: Remedy) -> str:
        change, gap, use = remedy.change, remedy.gap_change, self.recommended_remedy
        mark = "*" if use is not None and remedy.name == use.name else " "
        return (
            f"{mark} {remedy.name}: test {show(change.mean, self.evidence)} "
            f"({show_interval(change.interval, self.evidence)}, {change.source}), gap "
            f"{show(gap.mean, self.evidence)}"
        )

    def to_frame(
        self, kind: Literal["remedies", "findings", "splits"] = "remedies"
    ) -> Any:
        """Give one part of the report as a pandas DataFrame.

        Parameters
        ----------
        kind : {"remedies", "findings", "splits"}, default="remedies"
            Which part.

        Returns
        -------
        frame : pandas.DataFrame
            One row per remedy, finding or split.

        Raises
        ------
        ValueError
            If `kind` is none of these.
        ImportError
            If pandas is not installed.
        """
        rows = {
            "remedies": self._remedy_rows,
            "findings": self._finding_rows,
            "splits": self._split_rows,
        }
        if kind not in rows:
            raise ValueError(f"kind={kind!r} must be one of {sorted(rows)}.")
        pd = import_optional("pandas", extra="report")
        return pd.DataFrame(rows[kind]())

    def _remedy_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "remedy": remedy.name,
                "kind": remedy.kind,
                "train_score": remedy.mean_train,
                "test_score": remedy.mean_test,
                "gap": remedy.mean_gap,
                "test_change": remedy.change.mean,
                "test_change_low": remedy.change.interval[0],
                "test_change_high": remedy.change.interval[1],
                "measured_on": remedy.change.source,
                "gap_change": remedy.gap_change.mean,
                "adjusted_pvalue": remedy.adjusted_pvalue,
                "seconds": remedy.seconds,
            }
            for remedy in self.remedies
        ]

    def _finding_rows(self) -> list[dict[str, Any]]:
        points = points_explained(self.findings, self.evidence.score_range)
        return [
            {
                "code": f.code,
                "name": f.name,
                "points": points[f.code],
                "status": f.status,
                "severity": f.severity,
                "effect": np.nan if f.effect is None else f.effect,
                "low": f.interval[0] if f.interval else np.nan,
                "high": f.interval[1] if f.interval else np.nan,
                "unit": f.unit,
                "pvalue": np.nan if f.pvalue is None else f.pvalue,
                "counterfactual": (
                    np.nan if f.counterfactual is None else f.counterfactual
                ),
                "title": f.title,
            }
            for f in self.findings
        ]

    def _split_rows(self) -> list[dict[str, Any]]:
        model, baseline = self.evidence.model, self.evidence.baseline
        return [
            {
                "split": split,
                "n_train": int(model.n_train[split]),
                "n_test": int(model.n_test[split]),
                "train_score": model.train_scores[split],
                "test_score": model.test_scores[split],
                "gap": model.gaps[split],
                "baseline_test_score": baseline.test_scores[split],
                "fit_time": model.fit_times[split],
            }
            for split in range(len(model.test_scores))
        ]

    # ------------------------------------------------------------------------ storage
    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain data, without estimators.

        Returns
        -------
        plain : dict
            As described by the JSON schema; NaN is None.
        """
        best = self.best_remedy
        return {
            "schema_version": SCHEMA_VERSION,
            "evidence": to_plain(self.evidence),
            "findings": to_plain(self.findings),
            "remedies": [_remedy_to_plain(remedy) for remedy in self.remedies],
            "verdict": to_plain(self.verdict),
            "best_remedy": None if best is None else best.name,
            "subject": None if self.subject is None else to_plain(self.subject),
        }

    def to_json(self, path: str | Path | None = None) -> str:
        """Write the report as JSON.

        Parameters
        ----------
        path : str or path-like, default=None
            Also write it to this file.

        Returns
        -------
        text : str
        """
        text = json.dumps(self.to_dict(), indent=2, allow_nan=False)
        if path is not None:
            Path(path).write_text(text + "\n", encoding="utf-8")
        return text

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "OverfitReport":
        """Rebuild a report from plain data.

        Parameters
        ----------
        plain : dict
            Result of :meth:`to_dict`.

        Returns
        -------
        report : OverfitReport
            Without fitted estimator.

        Raises
        ------
        ValueError
            If it is not such a report, or of another schema version.
        """
        plain = upgraded(plain)
        if not isinstance(plain, dict) or plain.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"Not a report of schema version {SCHEMA_VERSION}.")
        validate(plain, load_schema())
        remedies = tuple(_remedy_from_plain(item) for item in plain["remedies"])
        names = {remedy.name: remedy for remedy in remedies}
        best, subject = plain["best_remedy"], plain.get("subject")
        if best is not None and best not in names:
            raise ValueError(f"best_remedy={best!r} is not among the remedies.")
        return cls(
            evidence=from_plain(Evidence, plain["evidence"]),
            findings=tuple(from_plain(Finding, item) for item in plain["findings"]),
            remedies=remedies,
            verdict=from_plain(Verdict, plain["verdict"]),
            best_remedy=None if best is None else names[best],
            subject=None if subject is None else from_plain(Subject, subject),
        )

    @classmethod
    def from_json(
        cls, source: str | Path, *, max_bytes: int = DEFAULT_MAX_BYTES
    ) -> "OverfitReport":
        """Read a report from JSON.

        Parameters
        ----------
        source : str or path-like
            JSON text, or a path object of a file with it.
        max_bytes : int, default=32_000_000
            Largest text that is read: JSON takes many times its size in memory.

        Returns
        -------
        report : OverfitReport
            Without fitted estimator.

        Raises
        ------
        ValueError
            If it is not such a report, or larger than `max_bytes`.
        """
        text = _read_limited(source, max_bytes)
        try:
            plain = json.loads(text, parse_constant=_refuse_constant)
        except RecursionError:
            raise ValueError("Not a report: the JSON is nested too deep.") from None
        return cls.from_dict(plain)

    def to_html(self, path: str | Path | None = None) -> str:
        """Write the report as one self-contained HTML page.

        Parameters
        ----------
        path : str or path-like, default=None
            Also write it to this file.

        Returns
        -------
        page : str

        Raises
        ------
        ImportError
            If the libraries of the extra "report" are not installed.
        """
        from skoverfit.diagnosis._report._html import render_html

        page = render_html(self)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def _repr_html_(self) -> str:
        """Show the page in a frame, so that its style stays inside."""
        try:
            page = self.to_html()
        except ImportError:
            return f"<pre>{html.escape(self.summary())}</pre>"
        return (
            f'<iframe srcdoc="{html.escape(page)}" width="100%" height="800" '
            'style="border: 0" title="Overfitting report"></iframe>'
        )


def _read_limited(source: str | Path, max_bytes: int) -> str | bytes:
    text: str | bytes = source if isinstance(source, str) else b""
    if isinstance(source, Path):
        with source.open("rb") as file:
            text = file.read(max_bytes + 1)
    if len(text) > max_bytes:
        raise ValueError(
            f"The report has more than max_bytes={max_bytes:,} bytes; raise max_bytes "
            "if it is meant to be so large."
        )
    return text


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"Not a report: {name} is not a number of JSON.")


def _remedy_to_plain(remedy: Remedy) -> dict[str, Any]:
    """Write the change that is shown beside the measurements it is made of."""
    return {**to_plain(remedy), "change": to_plain(remedy.change)}


def _remedy_from_plain(plain: dict[str, Any]) -> Remedy:
    measured = {name: part for name, part in plain.items() if name != "change"}
    return from_plain(Remedy, measured)


def report_schema() -> dict[str, Any]:
    """Give the JSON schema of :meth:`OverfitReport.to_json`.

    Returns
    -------
    schema : dict
        JSON Schema, draft 2020-12.

    Examples
    --------
    >>> from skoverfit.diagnosis import report_schema
    >>> report_schema()["properties"]["schema_version"]
    {'const': 4}
    """
    return load_schema()
