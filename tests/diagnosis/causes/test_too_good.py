"""SKO213: scores that are too good to be true."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import make_scorer

from skoverfit.diagnosis.causes._too_good import Perfection, TooGood
from tests.diagnosis.causes.planted import measured

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_squared_error"])
def test_a_perfect_score_is_suspicious(find, scoring):
    y = X[:, 0] + 1.0
    found = find("SKO213", X, y, LinearRegression(), scoring=scoring)
    assert (found.status, found.severity) == ("present", "warning")
    honest = y + RNG.normal(0, 0.5, 200)
    honest = find("SKO213", X, honest, LinearRegression(), scoring=scoring)
    assert honest.status == "absent"


def test_a_bad_model_of_a_drifting_target_is_not_too_good(find):
    t = np.arange(200.0)
    found = find("SKO213", X, t, LinearRegression(), cv=5)
    assert found.status == "absent"


def test_scorers_of_users_have_no_perfect_score(find):
    def profit(y, predicted):
        return 100.0 * float(np.mean(y == predicted))

    y = (X[:, 0] > 0).astype(int)
    found = find("SKO213", X, y, scoring=make_scorer(profit))
    assert found.status == "not_measured"
    assert "o perfect score is known of" in found.explanation


def test_scores_without_an_end_have_no_perfect_one(find):
    y = (X[:, 0] + RNG.normal(0, 0.3, 200) > 0).astype(int)
    model = LogisticRegression()
    found = find("SKO213", X, y, model, scoring="positive_likelihood_ratio")
    assert found.status == "not_measured"
    assert "of positive_likelihood_ratio" in found.explanation
    other = find("SKO213", X, y, model, scoring="neg_negative_likelihood_ratio")
    assert other.status == "absent"


@pytest.mark.parametrize("scoring", ["accuracy", "neg_brier_score"])
def test_the_way_is_from_a_constant_to_a_perfect_prediction(scoring):
    y = (RNG.random(200) < 0.25).astype(int)
    constant = measured(TooGood(), DummyClassifier(), X, y, scoring=scoring)
    assert constant.share == pytest.approx(0, abs=0.01)
    assert constant.score == pytest.approx(constant.baseline, abs=0.01)


@pytest.mark.parametrize(("share", "status"), [(0.99, "present"), (0.989, "absent")])
def test_what_is_told(share, status):
    found = TooGood().judge(
        Perfection(0.9971, 0.6, share), SimpleNamespace(scoring="accuracy")
    )
    assert (found.status, found.severity) == (
        status,
        "warning" if status == "present" else "info",
    )
    text = (
        f"The test accuracy of 0.997 is {100 * share:.1f} % of the way from a constant "
        "prediction (0.600) to a perfect one."
    )
    if status == "absent":
        assert (found.title, found.explanation) == (
            "The test score is not perfect",
            text,
        )
        return
    assert found.title == "The test score is nearly perfect"
    assert found.explanation == (
        f"{text} Few real tasks are that easy: often a column holds the answer, test "
        "rows have relatives among the training rows, or something was fitted on all "
        "rows."
    )
    assert found.advice == (
        "Before you trust it, ask of each column whether it is known when the "
        "prediction is made, keep related rows together (groups=), and score rows that "
        "were collected later (X_test=, y_test=)."
    )
