"""What stays open is said: questions, what was not checked, and no reassurance."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import Cause, diagnose
from skoverfit.diagnosis.causes import _base


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


def test_what_was_not_checked_has_a_reason():
    X, y = load_iris(return_X_y=True)
    shuffled = StratifiedKFold(5, shuffle=True, random_state=0)
    report = diagnose(
        DecisionTreeClassifier(), X, y, cv=shuffled, causes=["SKO301"], random_state=0
    )
    (open_one,) = report.not_checked
    assert open_one.what == "SKO301 row_order"
    assert "shuffled already" in open_one.reason
