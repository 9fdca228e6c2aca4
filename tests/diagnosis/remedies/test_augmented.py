import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis.remedies._augmented import COPIES, AugmentedRows, ChangedTexts

X, Y = load_wine(return_X_y=True)
TEXTS = np.array(["a small cat sat", "two large dogs ran"] * 20, dtype=object)


def candidates(kind, model, X, y):
    problem = make_problem(model, X, y, random_state=0)
    return kind.candidates(problem) if kind.applies(problem) else []


@pytest.mark.parametrize(
    ("model", "X", "y"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), X, Y),
        (KNeighborsRegressor(), X, X[:, 0]),
    ],
)
def test_rows_get_copies_that_only_training_sees(model, X, y):
    found = candidates(AugmentedRows(), model, X, y)
    assert [own.is_variant for own in found] == [False, True, True]
    for own in found:
        fitted = own.estimator.fit(X, y)
        assert len(fitted.predict(X)) == len(X)
        assert fitted.augmenter_.n_copies == COPIES


def test_trees_and_gaps_get_no_copies():
    assert not candidates(AugmentedRows(), DecisionTreeClassifier(), X, Y)
    holes = X.copy()
    holes[0, 0] = np.nan
    assert not candidates(AugmentedRows(), LogisticRegression(), holes, Y)


def test_texts_get_copies_with_other_words():
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    y = np.arange(40) % 2
    first, second = candidates(ChangedTexts(), model, TEXTS, y)
    assert "left out" in first.name
    assert "swapped" in second.name
    for own in (first, second):
        assert own.estimator.fit(TEXTS, y).score(TEXTS, y) == 1.0
