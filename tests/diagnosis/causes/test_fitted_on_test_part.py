"""A model that was fitted on the test part before it was given."""

import pytest
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit import diagnose

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
    assert found(TREE.fit(X, Y), scoring="f1").status == "not_measured"


def test_a_model_that_was_not_fitted_has_nothing_to_answer():
    assert found(DecisionTreeClassifier()).status == "not_applicable"
