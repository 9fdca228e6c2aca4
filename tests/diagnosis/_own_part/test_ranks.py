"""Ranks of the test part, against those of cross-validation."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_predict

from skoverfit.diagnosis._measuring._oof import OutOfFold
from skoverfit.diagnosis._own_part._own_part import OwnPart
from skoverfit.diagnosis._own_part._ranks import pvalue_of_ranks


def rows(seed, n=200, n_classes=2):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, np.digitize(X[:, 0] + rng.normal(size=n), [-0.5, 0.5][: n_classes - 1])


def measured(seed, wrong=0.0, n_classes=2):
    """P-value of ranks where a share of the test targets are those of other rows."""
    X, y = rows(seed, n_classes=n_classes)
    X_test, y_test = rows(1000 + seed, n_classes=n_classes)
    rng = np.random.default_rng(seed)
    y_test = np.where(rng.random(200) < wrong, rng.permutation(y_test), y_test)
    model = LogisticRegression().fit(X, y)
    found = cross_val_predict(LogisticRegression(), X, y, method="predict_proba")
    number = np.arange(200)
    oof = OutOfFold(number, y, y, found, None, np.unique(y), number % 5)
    return pvalue_of_ranks(oof, part(model, X_test, y_test), seed)


def part(model, X, y):
    return OwnPart(model, X, y, None, np.nan, np.nan)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_targets_of_other_rows_are_found_and_the_level_is_kept(n_classes):
    pvalues = [measured(seed, n_classes=n_classes) for seed in range(40)]
    assert np.mean(np.array(pvalues) < 0.2) < 0.4
    found = [measured(seed, 0.6, n_classes) for seed in range(10)]
    assert np.mean(np.array(found) < 0.005) >= 0.8


def test_there_is_no_rank_without_probabilities_or_a_class():
    X, y = rows(0)
    number = np.arange(200)
    oof = OutOfFold(number, y, y, np.eye(2)[y], None, np.unique(y), number % 5)
    assert pvalue_of_ranks(oof, part(LinearRegression().fit(X, y), X, y), 0) == 1
    model = LogisticRegression().fit(X, y)
    assert pvalue_of_ranks(oof, part(model, X[y == 1], y[y == 1]), 0) == 1
    assert pvalue_of_ranks(None, part(model, X, y), 0) == 1
