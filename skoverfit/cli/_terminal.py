"""Print a report on a terminal with Rich."""

from typing import Any

from skoverfit._optional import import_optional
from skoverfit._plain import printable
from skoverfit.diagnosis._report._view import (
    FindingRow,
    RemedyRow,
    ScoreRow,
    data_line,
    finding_rows,
    format_duration,
    origin_rows,
    part_rows,
    remedy_rows,
    score_rows,
    skipped_rows,
    snippet,
    subject_line,
    unchecked_rows,
)

__all__ = ["print_report"]

# Symbol, its form where only ASCII can be shown, and its color.
_MARKS = {
    "serious": ("✖", "x", "bold red"),
    "warning": ("▲", "!", "bold yellow"),
    "info": ("●", "o", "bold cyan"),
    "absent": ("✓", "v", "green"),
    "not_measured": ("○", "-", "dim"),
    "not_applicable": ("○", "-", "dim"),
}
_VERDICT_STYLES = {
    "no_cause_found": "cyan",
    "harmless_gap": "cyan",
    "cannot_tell": "cyan",
    "harmful_gap": "yellow",
    "underfitting": "yellow",
    "too_little_data": "yellow",
    "score_hides": "yellow",
    "no_signal": "red",
    "test_part_differs": "red",
    "validation_misleading": "red",
}
_CHANGES = (
    "Change: with the remedy minus without it, on the splits of the report unless told "
    "otherwise; [95% interval, corrected for the number tried]."
)
_WIDE = 100
# Below it names in a table would be cut or broken into letters.
_NARROW = 72


def print_report(
    report: Any, console: Any, *, estimator_code: str | None = None
) -> None:
    """Print verdict, scores, findings, remedies and the code of the best one.

    Parameters
    ----------
    report : OverfitReport
        The report.
    console : rich.console.Console
        Where to print; its width and colors are respected.
    estimator_code : str, default=None
        Lines that build the diagnosed ``estimator``, shown before the remedy's code.
    """
    console.print(_verdict(report))
    console.print(_scores(score_rows(report.evidence)))
    _print_parts(report, console)
    _print_findings(report, console)
    _print_remedies(report, console)
    _print_code(snippet(report, estimator_code), console)
    _print_skipped(report.evidence, console)
    _print_questions(report, console)
    _print_origin(report, console)


def print_verdict(report: Any, console: Any) -> None:
    """Print the verdict alone, in one line that is not wrapped."""
    console.print(_plain(report.verdict.headline), soft_wrap=True)


def _plain(text: str, style: str = "") -> Any:
    """Make text of a user literal: no markup, no highlighting, no control codes."""
    rich_text = import_optional("rich.text", extra="report")
    return rich_text.Text(printable(text), style=style)


def _verdict(report: Any) -> Any:
    panel = import_optional("rich.panel", extra="report").Panel
    group = import_optional("rich.console", extra="report").Group
    style = _VERDICT_STYLES.get(report.verdict.code, "cyan")
    return panel(
        group(
            _plain(report.verdict.headline, f"bold {style}"),
            _plain(report.verdict.explanation),
            *(_plain(line, "dim") for line in _about(report)),
        ),
        title="Verdict",
        title_align="left",
        border_style=style,
        padding=(0, 1),
    )


def _about(report: Any) -> list[str]:
    lines = (subject_line(report), data_line(report.evidence))
    return [line for line in lines if line]


def _grid(*columns: dict[str, Any]) -> Any:
    table = import_optional("rich.table", extra="report").Table
    grid = table.grid(padding=(0, 2))
    for options in columns:
        grid.add_column(**options)
    return grid


def _scores(rows: list[ScoreRow]) -> Any:
    grid = _grid(*({"justify": "left"} for _ in rows))
    grid.add_row(*(_plain(row.label, "dim") for row in rows))
    grid.add_row(*(_plain(row.value, "bold") for row in rows))
    grid.add_row(*(_plain(row.note, "dim") for row in rows))
    padding = import_optional("rich.padding", extra="report").Padding
    return padding(grid, (1, 2, 0, 2))


def _print_parts(report: Any, console: Any) -> None:
    rows = part_rows(report.evidence)
    if not rows:
        return
    grid = _grid({}, {"justify": "right"}, {"style": "dim"})
    for row in rows:
        grid.add_row(_plain(row.label), _plain(row.value, "bold"), _plain(row.note))
    console.print()
    console.print(grid)


def _print_questions(report: Any, console: Any) -> None:
    questions = getattr(report, "questions", ())
    if not questions:
        return
    _heading("What only you can answer", console)
    for question in questions:
        console.print(_plain(f"? {question}"))


def _heading(text: str, console: Any) -> None:
    rule = import_optional("rich.rule", extra="report").Rule
    console.print()
    console.print(rule(_plain(text, "bold"), align="left", style="dim"))


def _mark(level: str, console: Any) -> Any:
    symbol, ascii_symbol, style = _MARKS[level]
    return _plain(ascii_symbol if console.options.ascii_only else symbol, style)


def _print_findings(report: Any, console: Any) -> None:
    rows = finding_rows(report.findings)
    found = [row for row in rows if row.level in ("serious", "warning", "info")]
    absent = [row for row in rows if row.level == "absent"]
    _heading("What was found", console)
    if not found:
        console.print("Nothing to report.")
    for row in found:
        console.print(_finding(row, console))
    if absent:
        _heading("Checked, and not found", console)
        grid = _grid({}, {"ratio": 1})
        for row in absent:
            grid.add_row(_mark(row.level, console), _plain(row.title))
        console.print(grid)
    if unchecked := unchecked_rows(rows):
        _heading("Not checked", console)
        grid = _grid({}, {"ratio": 1})
        for reason, group in unchecked:
            grid.add_row(_mark("not_measured", console), _unknown(reason, group))
        console.print(grid)


def _finding(row: FindingRow, console: Any) -> Any:
    group = import_optional("rich.console", extra="report").Group
    evidence = _plain(f"{row.effect}  " if row.effect else "", "cyan")
    evidence.append_text(_plain(row.explanation, "default"))
    heading = _plain(row.title, "bold").append_text(_plain(f"  {row.code}", "dim"))
    parts = [heading, evidence]
    if row.counterfactual:
        parts.append(_plain(row.counterfactual, "cyan"))
    if row.advice:
        arrow = "->" if console.options.ascii_only else "→"
        advice = _grid({"style": "green"}, {"ratio": 1})
        advice.add_row(arrow, _plain(row.advice))
        parts.append(advice)
    grid = _grid({}, {"ratio": 1})
    grid.add_row(_mark(row.level, console), group(*parts))
    return grid


def _unknown(reason: str, rows: list[FindingRow]) -> Any:
    """Why something was not judged, and what is open for that reason."""
    text = _plain(reason)
    titles = "; ".join(row.title.rstrip(".") for row in rows)
    return text.append_text(_plain(f" Not judged: {titles}.", "dim"))


def _print_remedies(report: Any, console: Any) -> None:
    rows = remedy_rows(report)
    _heading("What was tried", console)
    if not rows:
        console.print("No remedy was tried.")
        return
    console.print(_remedy_table(rows, console))
    console.print(_plain(_CHANGES, "dim"))


def _remedy_table(rows: list[RemedyRow], console: Any) -> Any:
    if console.width < _NARROW:
        return _remedy_stack(rows, console)
    rich_table = import_optional("rich.table", extra="report")
    wide = console.width >= _WIDE
    table = rich_table.Table(
        box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim"
    )
    table.add_column("", width=1)
    table.add_column("remedy", ratio=1)
    for name in _remedy_numbers(rows[0], wide):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(
            _star(row, console),
            _remedy_name(row, wide),
            *_remedy_numbers(row, wide).values(),
            style="bold" if row.is_best else "",
        )
    return table


def _remedy_stack(rows: list[RemedyRow], console: Any) -> Any:
    """Put the numbers below the names, where they have no place beside them."""
    group = import_optional("rich.console", extra="report").Group
    grid = _grid({"width": 1, "style": "bold yellow"}, {"ratio": 1})
    for row in rows:
        numbers = _grid({"style": "dim", "overflow": "fold"}, {"overflow": "fold"})
        for label, value in _remedy_numbers(row, wide=True).items():
            numbers.add_row(label, _plain(value))
        grid.add_row(_star(row, console), group(_remedy_name(row, wide=False), numbers))
    return grid


def _star(row: RemedyRow, console: Any) -> Any:
    star = "*" if console.options.ascii_only else "★"
    return _plain(star if row.is_best else "", "bold yellow")


def _remedy_numbers(row: RemedyRow, wide: bool) -> dict[str, str]:
    numbers = {
        "test score": row.test,
        "test change": row.test_change,
        "gap change": row.gap_change,
        "time": row.duration,
    }
    if not wide:
        del numbers["test score"]
    return numbers


def _remedy_name(row: RemedyRow, wide: bool) -> Any:
    name = _plain(row.name)
    name.overflow = "fold"
    if wide and row.description:
        name.append(f"\n{_plain(row.description)}", style="not bold dim")
    if row.note:
        name.append(f"\n({row.note})", style="not bold dim")
    return name


def _print_code(code: str, console: Any) -> None:
    if not code:
        return
    _heading("The best remedy, to paste", console)
    # Neither wrapped nor indented, so that it can be copied.
    console.print(_plain(code), soft_wrap=True)


def _print_skipped(evidence: Any, console: Any) -> None:
    duration = f"Measured in {format_duration(evidence.seconds)}."
    if not evidence.skipped:
        console.print(_plain(f"\n{duration}", "dim"))
        return
    _heading("Not measured", console)
    grid = _grid({}, {"ratio": 1})
    for what, reason in skipped_rows(evidence.skipped):
        grid.add_row("-", _plain(f"{what}: {reason}", "dim"))
    console.print(grid)
    console.print(_plain(duration, "dim"))


def _print_origin(report: Any, console: Any) -> None:
    """Say how the report came about; how the file was read was said before."""
    for name, value in origin_rows(report):
        if name != "Data":
            console.print(_plain(f"{name}: {value}", "dim"), soft_wrap=True)
