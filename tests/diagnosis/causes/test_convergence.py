"""Models that stopped before they converged."""

from sklearn.datasets import (
    load_iris,
)
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
    rebuilt,
    same,
)


def test_models_that_stopped_early_are_told_with_the_limit():
    X, y = load_iris(return_X_y=True)
    network = MLPClassifier((8,), max_iter=10, random_state=0)
    model = make_pipeline(StandardScaler(), network)
    found, (remedy,) = asked("not_converged", model, X, y, cv=SHUFFLED)
    assert found.status == "present"
    assert found.effect > 0.1
    assert "mlpclassifier__max_iter=100" in found.advice
    assert same(rebuilt(remedy, model), remedy.estimator)


def test_converged_models_and_boosting_rounds_are_no_cause():
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, y = load_iris(return_X_y=True)
    for model in (
        make_pipeline(StandardScaler(), LogisticRegression()),
        HistGradientBoostingClassifier(max_iter=5),
        SVC(),
    ):
        assert finding_of("not_converged", model, X, y).status == "absent"
