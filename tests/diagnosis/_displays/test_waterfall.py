"""The waterfall adds up, from the train score to the last score that was measured."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from skoverfit.diagnosis import Decomposition, Finding, GapWaterfallDisplay


def _drawn(report):
    return GapWaterfallDisplay.from_report(report, ax=Figure().add_subplot())


def _present(code, counterfactual):
    return Finding(
        code=code,
        name="cause",
        title="A cause",
        status="present",
        severity="serious",
        effect=0.1,
        interval=(0.05, 0.15),
        unit="score",
        explanation="",
        advice="",
        counterfactual=counterfactual,
        counterfactual_label="without the column $fee$",
    )


def _with_part(samples, own_test):
    gap = samples.sample_report().evidence.model.gap
    parts = Decomposition(
        own_test=own_test,
        n_test=100,
        train_minus_cv=gap.mean,
        train_minus_cv_interval=(0.0, 0.1),
        cv_minus_own=gap.mean_test - own_test,
        cv_minus_own_interval=(0.0, 0.1),
        cv_minus_own_pvalue=0.01,
        gap=gap.mean_train - own_test,
        gap_interval=(0.0, 0.2),
    )
    return samples.sample_report(evidence=samples.evidence_of(decomposition=parts))


def test_without_more_it_ends_at_the_cross_validated_score(samples):
    report = samples.sample_report(findings=())
    gap = report.evidence.model.gap
    display = _drawn(report)
    ends = [(step.label, step.end) for step in display.steps]
    assert ends == [
        ("train", gap.mean_train),
        ("memorized", gap.mean_test),
        ("cross-validated", gap.mean_test),
    ]
    assert display.baseline == report.evidence.baseline.gap.mean_test
    texts = [text.get_text() for text in display.ax_.texts]
    assert len(texts) == 3
    assert texts[1].startswith("-")


@pytest.mark.parametrize("own_test", [0.4, 0.99])
def test_losses_add_up_to_the_gap_to_the_own_part(samples, own_test):
    display = _drawn(_with_part(samples, own_test))
    losses = [s.end - s.start for s in display.steps if s.kind == "loss"]
    scores = [s.end for s in display.steps if s.kind != "loss"]
    np.testing.assert_allclose(scores[0] + sum(losses), scores[-1])
    assert scores[-1] == own_test


def test_lowest_score_without_a_doubtful_cause_comes_last(samples):
    findings = (
        _present("SKO201", 0.7),
        _present("SKO205", 0.6),
        _present("SKO401", 0.5),
    )
    display = _drawn(samples.sample_report(findings=findings))
    assert display.steps[-1].end == 0.6
    assert r"\$fee\$" in display.ax_.get_yticklabels()[-1].get_text()
    absent = tuple(replace(f, status="absent") for f in findings)
    assert len(_drawn(samples.sample_report(findings=absent)).steps) == 3
