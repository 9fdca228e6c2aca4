"""A model that is asked once gives every scorer what the model itself gives."""

import warnings

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline as sampler_pipeline
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis import diagnose
from skoverfit.diagnosis._measuring._answers import Answers

SCORERS = (
    "accuracy",
    "f1_macro",
    "roc_auc",
    "roc_auc_ovr",
    "neg_log_loss",
    "average_precision",
    "neg_brier_score",
    "r2",
    "neg_mean_absolute_error",
    "adjusted_rand_score",
)
SCALED = make_pipeline(StandardScaler(), LogisticRegression())


class OwnPipeline(Pipeline):
    """Predicts in its own way."""

    def predict(self, X):
        return 1 - super().predict(X)


@pytest.mark.parametrize(
    ("load", "model"),
    [
        (load_breast_cancer, SCALED),
        (load_breast_cancer, make_pipeline("passthrough", SCALED)),
        (
            load_breast_cancer,
            sampler_pipeline(StandardScaler(), RandomOverSampler(), GaussianNB()),
        ),
        (load_breast_cancer, OwnPipeline(SCALED.steps)),
        (load_iris, DecisionTreeClassifier()),
        (load_diabetes, make_pipeline(StandardScaler(), Ridge())),
    ],
)
def test_scorers_see_no_difference(load, model):
    X, y = load(return_X_y=True)
    model.fit(X[::2], y[::2])
    asked = Answers(model, X[1::2])
    for name in SCORERS:
        scorer = get_scorer(name)
        expected = _score(scorer, model, X[1::2], y[1::2])
        assert _score(scorer, asked, asked.X, y[1::2]) == expected, name


def _score(scorer, model, X, y):
    try:
        with warnings.catch_warnings(action="ignore"):
            return repr(float(scorer(model, X, y)))
    except (ValueError, TypeError, AttributeError) as error:
        return type(error).__name__


def test_other_rows_are_asked_anew():
    X, y = load_iris(return_X_y=True)
    model = DecisionTreeClassifier(random_state=0).fit(X, y)
    asked = Answers(model, X[:3], {"predict": np.array([7, 7, 7])})
    assert asked.predict(asked.X).tolist() == [7, 7, 7]
    assert asked.predict(X[-2:]).tolist() == [2, 2]
    assert not hasattr(asked, "decision_function")


def test_a_diagnosis_transforms_each_side_of_a_split_once():
    X, y = load_breast_cancer(return_X_y=True)
    seen = []

    def spy(part):
        seen.append(len(part))
        return part

    model = make_pipeline(FunctionTransformer(spy), GaussianNB())
    report = diagnose(model, X, y, causes=["SKO402", "SKO403"], random_state=0)
    assert {f.status for f in report.findings} <= {"present", "absent"}
    n_splits, fit_and_sides, final_fit = 5, 3, 1
    assert len(seen) == n_splits * fit_and_sides + final_fit
