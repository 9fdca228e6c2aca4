"""What one column says about the target."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from skoverfit.diagnosis._columns._insight import MAX_COLUMNS, insight, scores_alone


def folds(y):
    return list(KFold(5, shuffle=True, random_state=0).split(y))


@pytest.mark.parametrize("n_classes", [2, 4])
def test_insight_is_the_weighted_area_from_chance_to_truth(n_classes):
    rng = np.random.default_rng(0)
    y = np.r_[np.arange(n_classes), rng.integers(n_classes, size=60)]
    predicted = rng.integers(5, size=(len(y), n_classes)).astype(float)  # with ties
    shares = np.bincount(y) / len(y)
    areas = [roc_auc_score(y == k, predicted[:, k]) for k in range(n_classes)]
    got = insight(y, predicted, is_classification=True)
    assert got == pytest.approx(2 * np.dot(shares, areas) - 1)


def test_insight_is_undefined_for_one_class():
    assert np.isnan(insight(np.zeros(3), np.zeros((3, 1)), is_classification=True))


@pytest.mark.parametrize("is_classification", [True, False])
def test_the_column_that_knows_scores_alone(is_classification):
    rng = np.random.default_rng(0)
    y = rng.normal(size=400)
    y = (y > 1).astype(int) if is_classification else y
    known = np.where(rng.random(400) < 0.98, y, np.nan)
    matrix = np.column_stack([rng.normal(size=(400, 3 * MAX_COLUMNS)), known])
    scores = scores_alone(matrix, y, folds(y), is_classification=is_classification)
    assert scores.shape == (matrix.shape[1],)
    assert scores[-1] > 0.85
    assert scores[:-1].max() < 0.4


def test_a_pattern_of_missing_values_that_knows_scores_alone():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=400)
    missing = np.where(y == 1, np.nan, rng.normal(size=400))
    matrix = np.column_stack([rng.normal(size=400), missing])
    scores = scores_alone(matrix, y, folds(y), is_classification=True)
    assert scores[1] == pytest.approx(1.0)
    assert scores[0] < 0.4
