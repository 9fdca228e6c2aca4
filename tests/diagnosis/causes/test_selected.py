"""SKO208: columns that were chosen by the targets of all rows."""

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
)
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.linear_model import LogisticRegression

from skoverfit.diagnosis._columns._encodings import independent_columns, selected_tail
from skoverfit.diagnosis.causes._selected import column_pvalues


def judged(X, y, is_classification):
    pvalues, matrix = column_pvalues(X, y, is_classification=is_classification)
    return selected_tail(pvalues, independent_columns(matrix))


@pytest.mark.parametrize("is_classification", [True, False])
@pytest.mark.parametrize(("n", "n_all", "k"), [(60, 3000, 20), (150, 500, 30)])
def test_the_best_of_many_columns_of_noise_are_found(n, n_all, k, is_classification):
    rng = np.random.default_rng(n)
    X = rng.normal(size=(n, n_all))
    y = rng.integers(2, size=n) if is_classification else rng.normal(size=n)
    test = f_classif if is_classification else f_regression
    selected = SelectKBest(test, k=k).fit_transform(X, y)
    found = judged(selected, y, is_classification)
    assert found is not None
    assert found.pvalue < 1e-6
    assert 0.3 * n_all < found.n_candidates < 3 * n_all
    assert judged(X[:, :k], y, is_classification) is None


@pytest.mark.parametrize("seed", range(5))
def test_columns_that_were_selected_by_another_measure_are_found(seed):
    """The covariance ranks columns near the cut in another way than our test."""
    rng = np.random.default_rng(seed)
    y = np.arange(250) % 3 == 0
    noise = rng.normal(size=(250, 3000))
    best = np.argsort(-np.abs((y - y.mean()) @ noise))[:20]
    assert judged(noise[:, best], y, True) is not None


@pytest.mark.parametrize("seed", range(20))
def test_informative_columns_are_not_selected(seed):
    X, y = make_classification(
        150, 15, n_informative=12, n_redundant=3, random_state=seed
    )
    assert judged(X, y, True) is None


@pytest.mark.parametrize(
    "load", [load_wine, load_breast_cancer, load_diabetes, load_digits]
)
def test_honest_tables_do_not_look_selected(load):
    X, y = load(return_X_y=True)
    assert judged(X, y, load is not load_diabetes) is None


def test_the_finding_says_what_selected_noise_scores(find):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(80, 2000)), np.arange(80) % 2
    X = SelectKBest(k=20).fit_transform(X, y)
    found = find("SKO208", X, y, LogisticRegression())
    assert (found.status, found.severity) == ("present", "serious")
    assert found.effect > 0.25
    assert "SelectKBest" in found.advice
    assert "cannot be measured" in found.advice
