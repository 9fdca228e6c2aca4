"""A model that was fitted on the test part before it was given."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose
from skoverfit._gap import corrected_estimate
from skoverfit._paired import paired_estimate
from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._fitted_on_test_part import FittedOnTestPart, Seen
from tests.diagnosis.made_evidence import WIGGLE

X, Y = make_classification(300, 6, flip_y=0.3, random_state=1)
TREE = DecisionTreeClassifier(random_state=0)


def found(model, data=X, target=Y, **options):
    n = 2 * len(data) // 3
    report = diagnose(
        model,
        data[:n],
        target[:n],
        X_test=data[n:],
        y_test=target[n:],
        cv=3,
        causes=["SKO215"],
        random_state=0,
        **options,
    )
    return report.finding("SKO215")


def test_a_model_of_all_rows_is_found_in_classification_and_regression():
    finding = found(TREE.fit(X, Y))
    assert (finding.status, finding.severity) == ("present", "serious")
    refit = DecisionTreeClassifier(random_state=0).fit(X[:200], Y[:200])
    assert finding.counterfactual == refit.score(X[200:], Y[200:])
    assert finding.effect == pytest.approx(1 - finding.counterfactual)
    wrong = (refit.predict(X[200:]) != Y[200:]).astype(float)
    rows = [np.arange(100)]  # what is left to chance is which rows these are
    gain = paired_estimate([wrong], [0 * wrong], rows, training_share=0.0)
    assert finding.interval == pytest.approx(gain.interval)
    data, target = load_diabetes(return_X_y=True)
    forest = RandomForestRegressor(10, random_state=0).fit(data, target)
    assert found(forest, data, target).status == "present"


def test_a_model_of_the_training_part_is_not_suspected():
    for seed in range(8):
        model = DecisionTreeClassifier(random_state=seed).fit(X[:200], Y[:200])
        assert found(model).status == "absent"


def test_where_a_model_hardly_memorizes_nothing_is_said():
    finding = found(LogisticRegression(C=1e-3).fit(X, Y))
    assert finding.status == "not_measured"
    finding = found(TREE.fit(X, Y), scoring="f1")
    assert finding.status == "not_measured"
    assert finding.explanation == "Rows do not make up the f1."


def test_a_model_that_was_not_fitted_has_nothing_to_answer():
    assert found(DecisionTreeClassifier()).status == "not_applicable"


# ------------------------------------------------------------------------------ judged


def judged(given=0.95, refit=0.8, train=1.0, noise=1.0, score_range=0.5):
    gain = corrected_estimate(given - refit + noise * WIGGLE)
    measured = Seen(given, refit, train, gain, score_range)
    return FittedOnTestPart().judge(measured, SimpleNamespace(scoring="accuracy"))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "present"),
        ({"given": 0.941}, "present"),  # seven tenths of the gap
        ({"given": 0.939}, "absent"),
        ({"noise": 7}, "present"),
        ({"noise": 9}, "absent"),  # may be luck
    ],
)
def test_a_model_that_closes_the_gap_has_seen_the_rows(changes, status):
    found = judged(**changes)
    assert found.status == status
    assert found.severity == ("serious" if status == "present" else "info")


@pytest.mark.parametrize(
    ("refit", "score_range", "is_told"),
    [(0.979, 0.5, True), (0.981, 0.5, False), (0.979, 0.6, False)],
)
def test_a_model_that_hardly_memorizes_cannot_be_told_apart(
    refit, score_range, is_told
):
    if is_told:
        assert judged(1.0, refit, score_range=score_range).status == "present"
        return
    with pytest.raises(NotMeasured) as raised:
        judged(1.0, refit, score_range=score_range)
    assert str(raised.value) == (
        "it cannot be seen: as it was given, the model has the accuracy 1.000 on the "
        f"test part. Fitted on the training part alone it has {refit:.3f} there, and "
        "1.000 on its training rows"
    )


def test_what_is_told():
    found = judged()
    text = (
        "As it was given, the model has the accuracy 0.950 on the test part. Fitted on "
        "the training part alone it has 0.800 there, and 1.000 on its training rows."
    )
    assert found.title == "The fitted model has seen the test part"
    assert found.explanation == (
        f"{text} Models score so only on rows they were fitted on."
    )
    assert found.advice == (
        "Fit it on the training part only: clone(model).fit(X, y), then .score(X_test, "
        "y_test). If it was fitted on many more rows than these, that may be why."
    )
    gain = corrected_estimate(0.95 - 0.8 + WIGGLE)
    assert (found.effect, found.interval) == (gain.mean, gain.interval)
    assert (found.pvalue, found.counterfactual) == (gain.pvalue, 0.8)
    assert found.counterfactual_label == (
        "of the model fitted on the training part alone"
    )
    absent = judged(given=0.85)
    assert absent.explanation == text.replace("0.950", "0.850")
    assert absent.title == (
        "The fitted model does not know the test part better than its refit"
    )
