"""Texts that the terminal and the page share."""

import math
from dataclasses import replace

import pytest

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._report import _view as view

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.9174, False, "0.917"),
        (0.9174, True, "+0.917"),
        (-0.0004, True, "-0.0004"),
        (0.0, True, "+0.000"),
        (-23451.7, False, "-23,452"),
        (-234.56, False, "-234.6"),
        (23.456, False, "23.46"),
        (1.5e-5, False, "1.5e-05"),
        (NAN, True, "n/a"),
        (None, False, "n/a"),
        (-INF, False, "-∞"),
    ],
)
def test_scores_have_about_three_digits(value, signed, text):
    assert view.format_score(value, signed=signed) == text


def test_interval_has_the_digits_of_its_value():
    parts = view.format_with_interval(0.0143, (-0.0004, 0.0290), signed=True)
    assert parts == ("+0.014", "[+0.000, +0.029]")
    tiny = view.format_with_interval(1e-5, (-2e-5, 4e-5))
    assert tiny == ("1e-05", "[-2e-05, 4e-05]")


@pytest.mark.parametrize("interval", [None, (NAN, NAN), (-INF, INF)])
def test_missing_intervals_are_not_shown(interval):
    assert view.format_with_interval(0.5, interval) == ("0.500", "")


def test_what_was_not_judged_for_one_reason_stands_together(samples):
    judged, *_, open_one = samples.FINDINGS
    other = replace(open_one, title="Another title")
    for_another = replace(other, explanation="No groups.")
    rows = view.finding_rows((open_one, for_another, judged, other))
    groups = view.unchecked_rows(rows)
    titles = [(reason, [row.title for row in group]) for reason, group in groups]
    assert titles == [
        (open_one.explanation, [open_one.title, "Another title"]),
        ("No groups.", ["Another title"]),
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (8.44, "8.4 s"), (61, "61 s"), (600, "10 min"), (7200, "2.0 h")],
)
def test_durations(seconds, text):
    assert view.format_duration(seconds) == text


def test_findings_keep_their_order_and_say_their_level(samples):
    rows = view.finding_rows(samples.FINDINGS)
    levels = [row.level for row in rows]
    assert levels == ["absent", "warning", "serious", "not_applicable"]
    assert rows[0].effect == "0.0% of test rows"
    assert rows[1].effect == "+0.083 [+0.060, +0.105]"
    assert rows[3].effect == ""


@pytest.mark.parametrize(
    ("unit", "interval", "text"),
    [
        ("score", (0.1, 0.3), "+0.200 [+0.100, +0.300]"),
        ("score", None, "+0.200"),
        ("score above the baseline", None, "+0.200 above the baseline"),
        ("share of rows", (0.1, 0.3), "20.0% [10.0%, 30.0%] of rows"),
        ("share of rows", None, "20.0% of rows"),
        ("rows", None, "0.200 rows"),
    ],
)
def test_effects_have_the_form_of_their_unit(samples, unit, interval, text):
    finding = replace(samples.FINDINGS[1], effect=0.2, interval=interval, unit=unit)
    (row,) = view.finding_rows((finding,))
    assert " ".join(row.effect.split()) == text


def test_remedies_are_ordered_by_change_of_test_score(samples):
    report = samples.sample_report()
    rows = view.remedy_rows(report)
    assert rows[0].name == report.best_remedy.name
    assert rows[-1].name == "failed everywhere"
    assert rows[-1].test_change == "n/a"
    assert [row.is_best for row in rows] == [True, False, False, False, False]
    assert [row.note for row in rows if row.name == "shuffled splits"] == [
        "other splits, not paired"
    ]
    assert len(rows) == len(report.remedies)


def test_confirmation_is_told(samples):
    confirmed = corrected_estimate([0.01, 0.02, 0.03])
    remedy = samples.remedy_of("better", 0.01, 0.0, confirmed=confirmed)
    (row,) = view.remedy_rows(samples.sample_report(remedies=(remedy,)))
    assert row.note == "on further splits"
    assert row.test_change.startswith("+0.020 [")


def test_score_rows_tell_train_test_gap_and_baseline(samples):
    rows = {row.label: row for row in view.score_rows(samples.evidence_of())}
    assert rows["train"].value == "1.000"
    assert rows["test"].value == "0.917"
    assert rows["gap"].value == "+0.083"
    assert rows["baseline"].value == "0.628"
    assert rows["gap"].note.startswith("[+0.0")


def test_data_line_for_regression_and_large_data(samples):
    evidence = samples.evidence_of(
        task="regression", class_counts=None, scoring="r2", n_samples=20000
    )
    line = view.data_line(evidence)
    assert line == "20,000 rows · 30 features · regression · 5 splits · score: R²"


def test_what_the_budget_forbade_is_one_row(samples):
    skipped = (
        samples.Skipped("a", "would take about 2 s, more than the budget leaves"),
        samples.Skipped("b", "not needed"),
        samples.Skipped("c", "would take about 9 s, more than the budget leaves"),
    )
    assert view.skipped_rows(skipped) == [
        ("b", "not needed"),
        ("a, c", "more time than the budget leaves"),
    ]


def test_snippet_has_all_imports_at_its_top_and_runs(samples):
    made = "from sklearn.tree import DecisionTreeClassifier\n\n"
    made += "estimator = DecisionTreeClassifier(random_state=0)\n"
    code = view.snippet(samples.sample_report(), made)
    lines = code.splitlines()
    assert [line.startswith("from") for line in lines[:3]] == [True, True, False]
    assert lines.count("from sklearn.base import clone") == 1
    namespace = {}
    exec(code, namespace)
    assert repr(namespace["better"]) == "DecisionTreeClassifier(random_state=0)"


def test_snippet_leaves_out_an_estimator_that_is_replaced(samples):
    remedy = samples.remedy_of("other", 0.1, 0, code="estimator = object()")
    report = samples.sample_report(best_remedy=remedy)
    assert view.snippet(report, "estimator = 3") == "estimator = object()"


def test_snippet_without_remedy_and_with_code_that_cannot_be_parsed(samples):
    assert view.snippet(samples.sample_report(best_remedy=None), "x = 1") == ""
    report = samples.hostile_report()
    assert view.snippet(report, "x = 1") == samples.HOSTILE
