"""SKO208: columns that were chosen by the targets of all rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_wine,
    make_classification,
)
from sklearn.feature_selection import SelectKBest, f_classif, f_regression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from skoverfit.diagnosis._columns._encodings import (
    Selected,
    independent_columns,
    selected_tail,
)
from skoverfit.diagnosis.causes import _selected as module
from skoverfit.diagnosis.causes._selected import (
    SelectedBeforeSplit,
    Selection,
    column_pvalues,
)
from tests.diagnosis.causes.planted import measured


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


@pytest.mark.parametrize("is_classification", [True, False])
def test_p_values_of_columns_that_vary(is_classification):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = rng.normal(size=(60, 5)) + 1000
    X[:, 1], X[:, 3] = 7.1, np.nan
    X[::7, 4] = np.nan
    pvalues, matrix = column_pvalues(X, y, is_classification=is_classification)
    known = X[:, [0, 2, 4]]
    known[::7, 2] = np.nanmean(X[:, 4])
    np.testing.assert_array_equal(matrix, known)
    test = f_classif if is_classification else f_regression
    np.testing.assert_array_equal(pvalues, test(known, y)[1])


def test_columns_of_small_numbers_vary_too():
    X = np.random.default_rng(0).normal(size=(30, 2)) * [1e-9, 1e9]
    matrix = column_pvalues(X, np.arange(30) % 2, is_classification=True)[1]
    assert matrix.shape == (30, 2)


def test_a_column_that_is_the_target_has_a_p_value_of_zero():
    y = np.arange(30) % 2
    pvalues, _ = column_pvalues(1.0 * y[:, np.newaxis], y, is_classification=True)
    assert pvalues.tolist() == [0]


def selected(n_classes, n=90):
    """The best of many columns of noise, in a frame with names."""
    rng = np.random.default_rng(0)
    if n_classes:
        y = np.array(["a", "b", "c"])[np.arange(n) % n_classes]
        test = f_classif
    else:
        y, test = rng.normal(size=n), f_regression
    X = SelectKBest(test, k=20).fit_transform(rng.normal(size=(n, 2000)), y)
    return pd.DataFrame(X, index=np.arange(n) + 7).add_prefix("c"), y


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_noise_is_selected_as_strictly_and_scored_by_the_same_model(n_classes):
    X, y = selected(n_classes)
    names = make_column_transformer(("passthrough", list(X)))
    model = make_pipeline(names, LogisticRegression() if n_classes else Ridge())
    cause = SelectedBeforeSplit()
    one = measured(cause, model, X, y)
    assert one.found.n_columns == 20
    assert one.baseline + 0.2 < one.noise != one.score
    assert measured(cause, model, X, y) == one  # the same seed
    array = measured(cause, model[-1], X.to_numpy(), y)
    assert array.noise == pytest.approx(one.noise)


def test_noise_is_not_drawn_where_it_takes_too_much(monkeypatch):
    X, y = selected(2)
    cause, model = SelectedBeforeSplit(), LogisticRegression()
    assert measured(cause, model, X, y, budget=1e-6).noise is None
    monkeypatch.setattr(module, "MAX_NOISE_CELLS", 90 * 20)
    one = measured(cause, model, X, y)
    assert one.found is not None
    assert one.noise is None


def test_without_columns_that_vary_there_are_no_p_values():
    y = np.arange(9) % 2
    pvalues, matrix = column_pvalues(np.ones((9, 2)), y, is_classification=True)
    assert (pvalues.shape, matrix.shape) == ((0,), (9, 0))


def test_what_is_told():
    found = Selected(20, 18, 0.001, 1e-12, 0.5)
    told = SelectedBeforeSplit().judge(Selection(found, 0.9, 0.5, 0.85), None)
    assert (told.status, told.severity) == ("present", "serious")
    assert (told.effect, told.pvalue) == (pytest.approx(0.35), 1e-12)
    assert told.unit == "score of selected noise above the baseline"
    first = (
        "Not one of 20 columns is weaker for the target than p = 0.001; that many "
        "columns of which some do not matter would have weaker ones (p < 1e-9). The "
        "p-values of 18 of them are spread like those of the best of 18,000 columns of "
        "noise."
    )
    assert told.explanation == (
        f"{first} On noise that was selected in this way the same model scores 0.850; "
        "a dummy 0.500; on these data 0.900."
    )
    assert told.advice == (
        "Were the columns chosen by their relation to the target on all rows? Then the "
        "score is biased, by how much cannot be measured without the columns that were "
        "left out. Go back to the table with all columns and select inside the splits: "
        "make_pipeline(SelectKBest(k=20), model). check_no_leakage shows both scores."
    )
    unknown = SelectedBeforeSplit().judge(Selection(found, 0.9, 0.5), None)
    assert (unknown.effect, unknown.explanation) == (None, first)


def test_what_is_told_of_an_absence():
    told = SelectedBeforeSplit().judge(Selection(None, 0.9, 0.5), None)
    assert told.status == "absent"
    assert told.title == "The columns do not look selected by the target"
    assert told.explanation == (
        "Some columns hardly go with the target, or there are too few to tell, or "
        "their strengths are not those of selected noise."
    )
