"""The report on terminals of several widths, with and without colors."""

import io

import pytest
from rich.console import Console

from skoverfit.cli._terminal import print_report, print_verdict


def shown(report, width=80, encoding="utf-8", **options):
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding, errors="strict")
    console = Console(file=stream, width=width, **options)
    print_report(report, console, estimator_code="estimator = 1")
    stream.flush()
    return buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 120])
def test_everything_is_shown_and_nothing_is_too_wide(samples, width):
    text = shown(samples.sample_report(), width)
    code = samples.sample_report().best_remedy.code
    assert code.splitlines()[-1] in text.splitlines()
    assert max(len(line) for line in text.splitlines()) <= width
    flat = " ".join(text.replace("│", " ").split())
    for part in [
        "The model overfits, and that costs test accuracy.",
        "569 rows · 30 features · 2 classes",
        "1.000 0.917 +0.083 0.628 +0.290",
        "A stronger setting of the dial scores better.",
        "+0.014 [+0.002, +0.026]",
        "→ Use RegularizedClassifier(estimator, strength=0.5).",
        "✓ No test rows occur among the training rows.",
        "○ The splits keep groups together. Not judged: Whether shuffling the splits "
        "helps.",
        "hierarchical shrinkage",
        "+0.004 [-0.011, +0.019] -0.012",
        "permutation test: more time than the budget leaves",
        "Measured in 8.4 s.",
    ]:
        assert part in flat
    assert ("What hierarchical shrinkage changes" in flat) == (width == 120)


@pytest.mark.parametrize("width", [20, 40, 71])
def test_narrow_terminals_keep_the_names_of_remedies(samples, width):
    report = samples.sample_report()
    text = shown(report, width)
    remedies = text[text.index("What was tried") : text.index("Change:")]
    flat = " ".join(remedies.split())
    assert "…" not in remedies
    for remedy in report.remedies:
        assert remedy.name.replace(" ", "") in "".join(remedies.split())
    assert "test change +0.004 [-0.011, +0.019]" in flat or width == 20


def test_the_subject_is_named(samples):
    subject = samples.SUBJECT
    flat = " ".join(shown(samples.sample_report(subject=subject), 100).split())
    assert "patients.csv · target answer · model tree" in flat
    assert f"Command: {subject.command}" in flat
    assert "Versions: skoverfit 0.1, numpy 2.0" in flat


def test_no_escape_codes_when_piped(samples):
    assert "\x1b" not in shown(samples.sample_report())
    colored = shown(samples.sample_report(), force_terminal=True, color_system="256")
    assert "\x1b[" in colored


def test_ascii_terminals_get_ascii(samples):
    report = samples.sample_report(
        evidence=samples.evidence_of(scoring="accuracy", skipped=())
    )
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii", errors="replace")
    print_report(report, Console(file=stream, width=80))
    stream.flush()
    text = buffer.getvalue().decode("ascii")
    assert "x  A stronger setting" in text
    assert "-> Use Regularized" in " ".join(text.split())


def test_names_are_neither_markup_nor_control_codes(samples):
    name = "[bold red]loud[/] \x1b[31m :smile:"
    remedy = samples.remedy_of(name, 0.01, 0.0)
    text = shown(samples.sample_report(remedies=(remedy,)), 120, force_terminal=False)
    assert "[bold red]loud[/]" in text
    assert ":smile:" in text
    assert "\x1b" not in text


def test_reports_without_findings_or_remedies(samples):
    report = samples.sample_report(
        findings=(),
        remedies=(),
        best_remedy=None,
        evidence=samples.evidence_of(skipped=()),
    )
    text = shown(report)
    assert "Nothing to report." in text
    assert "No remedy was tried." in text
    assert "to paste" not in text
    assert "Not measured" not in text


def test_verdict_alone_is_one_line(samples):
    stream = io.StringIO()
    print_verdict(samples.sample_report(), Console(file=stream, width=20))
    assert stream.getvalue() == "The model overfits, and that costs test accuracy.\n"
