"""Causes are measured and judged; what goes wrong becomes a status, never a crash."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import (
    Cause,
    NotMeasured,
    OverfitReport,
    diagnose,
    register_cause,
)
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._runner import (
    adjusted,
    adjusted_pvalues,
    ask,
    judge,
    proposed,
)
from skoverfit.diagnosis.causes import registered_causes
from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.exceptions import InputError

X, Y = load_iris(return_X_y=True)


class Rows(Cause):
    code, name, title, kind = "OWN001", "rows", "There are rows", "data"

    def measure(self, lab):
        return lab.problem.n_samples

    def judge(self, measured, problem):
        return self.finding("present", effect=float(measured), unit="rows", pvalue=0.2)


def variant(**changes):
    return type("Variant", (Rows,), changes)()


def _raise(error):
    def measure(self, *_):
        raise error

    return measure


@pytest.fixture(scope="module")
def lab():
    problem = make_problem(DecisionTreeClassifier(), X, Y, random_state=0)
    return Lab(problem, Clock(np.inf))


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, "present", ""),
        ({"needs": frozenset({"regression"})}, "not_applicable", "numbers"),
        ({"needs": frozenset({"magic"})}, "not_applicable", "needs magic"),
        ({"measure": _raise(NotMeasured("too few"))}, "not_measured", "Too few."),
        ({"measure": _raise(KeyError("x"))}, "not_measured", "failed: KeyError"),
        ({"judge": _raise(ValueError("no"))}, "not_measured", "failed: ValueError: no"),
    ],
)
def test_every_outcome_has_a_status(lab, changes, status, words):
    (finding,) = judge(ask(lab, [variant(**changes)]), lab.problem)
    assert finding.status == status
    assert words.lower() in finding.explanation.lower()


def test_a_cause_that_the_budget_forbids_is_not_measured(lab):
    poor = Lab(lab.problem, Clock(1e-9))
    poor.unit = 5.0
    (finding,) = judge(ask(poor, [variant(cost=2.0)]), lab.problem)
    assert finding.status == "not_measured"
    assert "10.0 s" in finding.explanation


def test_what_fits_no_model_may_exceed_the_budget_by_a_tenth(lab):
    times = iter([0.0, 10.9, 11.1])
    late = Lab(lab.problem, Clock(10.0, now=lambda: next(times)))
    first, second = judge(ask(late, [variant(), variant(name="more")]), lab.problem)
    assert first.status == "present"
    assert (second.status, second.explanation) == (
        "not_measured",
        "More the budget is used up.",
    )


@pytest.mark.parametrize("status", ["present", "absent"])
@pytest.mark.parametrize("is_measured", [True, False])
def test_absent_causes_propose_what_they_have_measured(lab, status, is_measured):
    candidate = Candidate("another", "Another one.", "", GaussianNB())
    own = Lab(lab.problem, Clock(np.inf))
    cause = variant(
        measure=lambda *_: (
            own.with_model(candidate.name, candidate.estimator) if is_measured else None
        ),
        judge=lambda self, *_: self.finding(status),
        remedies=lambda *_: (candidate,),
    )
    asked = ask(own, [cause])
    found = proposed(own, asked, judge(asked, own.problem))
    assert found == ([candidate] if is_measured or status == "present" else [])


def test_remedies_that_fail_do_not_take_the_report_along(lab):
    own = Lab(lab.problem, Clock(np.inf))
    asked = ask(own, [variant(remedies=_raise(KeyError("x")))])
    assert proposed(own, asked, judge(asked, own.problem)) == []
    assert own.skipped[0].reason == "failed: KeyError: 'x'"


def test_dear_causes_leave_time_for_remedies(lab):
    short = Lab(lab.problem, Clock(1000.0))
    for cost, unit, status in ((1.0, 900.0, "present"), (2.0, 450.0, "not_measured")):
        short.unit = unit
        (finding,) = judge(ask(short, [variant(cost=cost)]), lab.problem)
        assert finding.status == status


def test_the_cheap_ones_come_first(lab):
    causes = [variant(code="OWN2", cost=1.0), variant(code="OWN3")]
    assert [one.cause.code for one in ask(lab, causes)] == ["OWN3", "OWN2"]


@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_pvalues_are_those_of_benjamini_and_hochberg(n):
    pvalues = np.random.default_rng(n).random(n) ** 3
    expected = stats.false_discovery_control(pvalues, method="bh")
    np.testing.assert_allclose(adjusted_pvalues(pvalues), expected)


def test_what_does_not_hold_for_all_causes_together_is_not_serious():
    made = Rows().judge(1, None)
    weak = replace(made, severity="serious", pvalue=0.04)
    strong = replace(made, severity="serious", pvalue=1e-6)
    others = [replace(made, status="absent", pvalue=0.9)] * 8
    found = adjusted([weak, strong, *others])
    assert [found[0].severity, found[1].severity] == ["info", "serious"]
    assert found[0].pvalue > 0.05 > found[1].pvalue


@pytest.mark.parametrize(
    ("causes", "message"),
    [
        (["SKO000"], "'SKO000'; known codes are SKO"),
        ("SKO204", "must be a list of codes"),
        (3, "must be a list of codes"),
    ],
)
def test_unknown_causes_are_refused(causes, message):
    with pytest.raises(InputError, match=message):
        diagnose(DecisionTreeClassifier(), X, Y, causes=causes)


def test_a_code_belongs_to_one_cause():
    code = registered_causes()[0].code
    with pytest.raises(InputError, match="is taken by"):
        register_cause(type("Other", (Rows,), {"code": code}))
    with pytest.raises(InputError, match="has no name"):
        register_cause(
            type("Nameless", (Cause,), {"code": "X", "title": "", "kind": ""})
        )


def test_causes_are_found_by_code_name_or_as_objects():
    own = Rows()
    chosen = choose_causes(["SKO204", "row_order", own, own])
    assert [cause.code for cause in chosen] == ["SKO204", "SKO301", "OWN001"]


def test_report_with_chosen_causes_keeps_their_fields_in_json():
    report = diagnose(
        DecisionTreeClassifier(), X, Y, causes=[Rows(), "SKO204"], random_state=0
    )
    assert [f.code for f in report.findings] == ["OWN001", "SKO204"]
    again = OverfitReport.from_json(report.to_json())
    assert again.findings == report.findings
    assert "p = 0.2" in report.to_html()


def test_every_cause_is_complete():
    kinds = {"validation", "model", "data", "target", "test_part", "selection"}
    for cause in registered_causes():
        assert cause.kind in kinds
        assert cause.title
        assert cause.name
        assert not cause.title.endswith(".")
    names = [cause.name for cause in registered_causes()]
    assert len(set(names)) == len(names)
