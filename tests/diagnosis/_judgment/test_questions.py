"""What stays open is said: questions, what was not checked, and no reassurance."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import Cause, diagnose
from skoverfit.diagnosis._judgment._questions import open_questions
from skoverfit.diagnosis.causes import _base
from skoverfit.diagnosis.causes._base import choose_causes
from tests.diagnosis.made_evidence import evidence


class Leak(Cause):
    code, name, kind = "OWN201", "leak", "validation"
    title = "Column fee gives the answer away"

    def measure(self, lab):
        return 0.2

    def judge(self, measured, problem):
        return self.finding(
            "present", severity="serious", effect=measured, advice="Drop fee."
        )


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    return X, (X[:, 0] > 0).astype(int)


def test_a_serious_doubt_about_the_validation_is_the_headline(data, monkeypatch):
    monkeypatch.setitem(_base._REGISTRY, "OWN201", Leak())
    report = diagnose(LogisticRegression(), *data, causes=["leak"], random_state=0)
    assert report.verdict.code == "validation_misleading"
    assert "column fee gives the answer away" in report.verdict.headline.lower()
    assert "Drop fee." in report.verdict.explanation


def test_questions_name_the_argument_to_pass(data):
    report = diagnose(LogisticRegression(), *data, causes=["SKO102"], random_state=0)
    said = " ".join(report.questions)
    assert all(word in said for word in ("groups=", "time=", "drop", "Pipeline"))
    assert all(question in report.summary() for question in report.questions)
    assert "What only you can answer" in report.to_html()
    grouped = diagnose(
        *(LogisticRegression(), *data),
        groups=np.arange(200) % 20,
        causes=["SKO102"],
        random_state=0,
    )
    assert "groups=" not in " ".join(grouped.questions)


QUESTIONS = ("(--drop NAME)", "groups=...", "time=...", "Pipeline")


def asked(made, findings=()):
    """Places of the questions that are left."""
    questions = open_questions(made, findings)
    return [[word in one for word in QUESTIONS].index(True) for one in questions]


@pytest.mark.parametrize(
    ("code", "answered"),
    [
        ("SKO201", 0),
        ("SKO205", 1),
        ("SKO302", 2),
        *((code, 3) for code in ("SKO207", "SKO208", "SKO209", "SKO210")),
    ],
)
def test_what_was_found_is_no_question_any_more(code, answered):
    (cause,) = choose_causes([code])
    present = cause.finding("present", severity="serious")
    assert asked(evidence(), [present]) == [k for k in range(4) if k != answered]
    assert asked(evidence(), [replace(present, status="absent")]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("cv", "answered"),
    [("StratifiedGroupKFold(n_splits=5)", 1), ("TimeSeriesSplit(n_splits=5)", 2)],
)
def test_what_the_splits_heed_is_no_question(cv, answered):
    assert asked(evidence(cv=cv)) == [k for k in range(4) if k != answered]


def test_what_was_not_checked_has_a_reason():
    X, y = load_iris(return_X_y=True)
    shuffled = StratifiedKFold(5, shuffle=True, random_state=0)
    report = diagnose(
        DecisionTreeClassifier(), X, y, cv=shuffled, causes=["SKO301"], random_state=0
    )
    (open_one,) = report.not_checked
    assert open_one.what == "SKO301 row_order"
    assert "shuffled already" in open_one.reason
