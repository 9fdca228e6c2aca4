from dataclasses import replace

import numpy as np
import pytest

from skoverfit._gap import Estimate
from skoverfit.treatment import TreatmentReport, TreatmentStep


def estimate(mean):
    return Estimate(mean, 0.01, (mean - 0.02, mean + 0.02), 0.95, 0.01, 0.0, 5, 0)


def step(name, state="tried", reason="", **more):
    fields = {"score": 0.8, "gain": estimate(0.05), "share": 0.0, "seconds": 1.5}
    return TreatmentStep(
        name=name,
        description="",
        kind="k",
        state=state,
        reason=reason,
        code="",
        **{**fields, **more},
    )


REPORT = TreatmentReport(
    steps=(
        step("the given model", gain=None),
        step("<forest>", "used", share=0.7),
        step("linear", "used", share=0.3),
        step("slow", "skipped", "the budget is used up", score=np.nan, gain=None),
    ),
    accepted=True,
    accept="proven",
    scoring="accuracy",
    given_score=estimate(0.8),
    expected_score=estimate(0.85),
    given_gap=0.2,
    expected_gap=0.1,
    gain=estimate(0.05),
    n_splits=5,
    n_passes=2,
    budget=60.0,
    seconds=31.0,
)


def test_the_report_says_what_came_of_it_and_what_was_tried():
    text = str(REPORT)
    assert repr(REPORT) == text
    assert "replaced: a proven gain of +0.050 accuracy (+0.030 to +0.070)" in text
    assert "0.850 accuracy (0.830 to 0.870); the gap is 0.100, it was 0.200" in text
    assert "2 remedies in 31.0 of 60 seconds, 5 splits, 2 passes" in text
    assert "in 0.2 of 0.1 seconds" in str(replace(REPORT, budget=0.1, seconds=0.2))
    assert "skipped: the budget is used up" in text
    assert "the gap is 0.100." in str(replace(REPORT, accepted=False))


def test_names_are_shown_and_not_obeyed():
    name = "\x1b[31mred\nnext"
    text = str(replace(REPORT, steps=(step(name),), left_out=(name,), notes=(name,)))
    assert "\x1b" not in text
    lines = text.splitlines()
    assert "[31mred next'." in lines[0]
    assert lines[3].endswith("[31mred next")


def test_an_interrupt_before_anything_was_tried_is_said():
    given = replace(step("the given model", gain=None), kind="given")
    steps = (given, step("slow", "skipped", gain=None))
    early = replace(REPORT, steps=steps, gain=None, accepted=False, is_interrupted=True)
    assert "kept: it was interrupted before anything else was tried" in early.headline
    late = replace(early, is_interrupted=False)
    assert "kept: the budget leaves no time" in late.headline


def test_long_names_go_on_in_another_line_and_numbers_stay_in_view():
    name = "support vectors, C=10, on the given steps: the same model, scaled"
    text = str(replace(REPORT, steps=(*REPORT.steps, step(name, share=0.1))))
    *_, start, end = text.splitlines()
    assert f"{start} {end.split('   ')[0].strip()}" == name
    assert max(map(len, text.splitlines()[-8:])) < 100


def test_steps_in_use_come_by_their_share():
    assert [own.name for own in REPORT.used] == ["<forest>", "linear"]


def test_names_are_no_markup_in_html():
    html = REPORT._repr_html_()
    assert "&lt;forest&gt;" in html
    assert html.count("<tr>") == 5


def test_the_table_has_a_row_for_each_step():
    pytest.importorskip("pandas")
    frame = REPORT.to_frame()
    assert list(frame["state"]) == ["tried", "used", "used", "skipped"]
    assert frame.loc[1, "gain_low"] == pytest.approx(0.03)
