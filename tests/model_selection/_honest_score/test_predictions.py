"""Stored predictions, and scores of resampled rows, against the scorers themselves."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import (
    ShuffleSplit,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skoverfit.model_selection import (
    BestScore,
)
from skoverfit.model_selection._honest_score import _resampled as resampled_module
from skoverfit.model_selection._honest_score._debias import (
    bootstrap_corrected_score,
)
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    StoredResponse,
    predictions_nbytes,
    response_method_of,
)
from skoverfit.model_selection._honest_score._resampled import resampled_metric
from tests.model_selection._honest_score.honest_samples import (
    CV,
    data,
    regression_data,
    searched,
    stored,
)


@pytest.fixture(scope="module")
def plain():
    """A search by accuracy with its predictions."""
    results, splits, X, y = searched()
    store, scorer = stored(results, splits, X, y)
    return results, splits, X, y, store, scorer


# --- stored predictions --------------------------------------------------------------


def test_rows_belong_to_the_first_split_that_tests_them_in_any_order():
    X, y = data()
    cv = ShuffleSplit(4, test_size=0.4, random_state=0)
    results, splits, *_ = searched(cv)
    forth, _ = stored(results, splits, X, y)
    back, _ = stored(results, splits, X, y, order=-1)
    np.testing.assert_array_equal(forth.values, back.values)
    first = np.full(len(y), -1)
    for split in (3, 2, 1, 0):
        first[splits[split][1]] = split
    np.testing.assert_array_equal(forth.split_of_row, first)
    assert (first < 0).any()
    assert forth.is_complete().all()


def test_predictions_are_in_the_form_of_the_estimator(plain):
    results, splits, X, y, store, _ = plain
    expected = np.empty_like(y)
    for train, test in splits:
        model = KNeighborsClassifier(**results["params"][2]).fit(X[train], y[train])
        expected[test] = model.predict(X[test])
    np.testing.assert_array_equal(store.of(2), expected)


def test_labels_may_be_text():
    X, y = data(n_classes=3)
    labels = np.array(["low", "mid", "top"], dtype=object)[y]
    results, splits, X, labels = searched(Xy=(X, labels))
    store, scorer = stored(results, splits, X, labels)
    assert set(store.of(0)) <= {"low", "mid", "top"}
    honest = bootstrap_corrected_score(
        store, labels, results, BestScore(), scorer, n_bootstraps=20
    )
    assert 0.2 < honest.score < results["mean_test_score"].max()


def test_probabilities_of_classes_that_training_rows_lack_are_zero():
    X, y = data(n_classes=3)
    train, test = np.flatnonzero(y != 1), np.flatnonzero(y == 1)
    model = KNeighborsClassifier().fit(X[train], y[train])
    store = PredictionStore("predict_proba", model, y, [(train, test)], 1)
    store.record(0, 0, model.predict_proba(X[test]))
    kept = store.of(0)[test]
    np.testing.assert_array_equal(kept[:, [0, 2]], model.predict_proba(X[test]))
    np.testing.assert_array_equal(kept[:, 1], 0)


def test_responses_that_cannot_be_kept_count_as_missing():
    _X, y = data()
    store = PredictionStore("predict", KNeighborsClassifier(), y, [(y == 0, y == 1)], 4)
    n_test = (y == 1).sum()
    store.record(0, 0, np.ones(n_test, dtype=int))
    store.record(1, 0, np.full(n_test, 7))
    store.record(2, 0, np.ones((n_test, 2)))
    store.record(3, 0, np.array(["a"] * n_test))
    store.record(1, 1, np.ones(n_test, dtype=int))  # beyond the first pass
    assert store.is_complete().tolist() == [True, False, False, False]


def test_the_memory_limit_is_checked_before_anything_is_kept():
    X, y = regression_data()
    splits = list(CV.split(X))
    needed = predictions_nbytes(10, len(y))
    store = PredictionStore("predict", Ridge(), y, splits, 10, max_bytes=needed)
    assert store.values.nbytes == needed
    with pytest.raises(ValueError, match=rf"11 candidates x 90 .*{needed + 720:,}"):
        store.reserve(11)
    with pytest.raises(ValueError, match="store_predictions=7920"):
        PredictionStore("predict", Ridge(), y, splits, 11, max_bytes=needed)


def test_room_for_more_candidates_keeps_what_there_is(plain):
    _results, splits, _X, y, store, _ = plain
    grown = PredictionStore("predict", KNeighborsClassifier(), y, splits, 1)
    for split, (_, test) in enumerate(splits):
        grown.record(0, split, store.of(3)[test])
    grown.reserve(3)
    assert grown.is_complete().tolist() == [True, False, False]
    np.testing.assert_array_equal(grown.of(0), store.of(3))


@pytest.mark.parametrize(
    ("scoring", "estimator", "method"),
    [
        (None, KNeighborsClassifier(), "predict"),
        (None, make_pipeline(StandardScaler(), SVC()), "predict"),
        (None, Ridge(), "predict"),
        ("roc_auc", LogisticRegression(), "decision_function"),
        ("roc_auc", KNeighborsClassifier(), "predict_proba"),
        ("neg_log_loss", LogisticRegression(), "predict_proba"),
        ("f1", LogisticRegression(), "predict"),
    ],
)
def test_response_method(scoring, estimator, method):
    assert response_method_of(check_scoring(estimator, scoring), estimator) == method


class OwnScore(Ridge):
    def score(self, X, y):
        return 1.0


@pytest.mark.parametrize(
    ("scorer", "estimator", "reason"),
    [
        (lambda estimator, X, y: 0.0, Ridge(), "its data"),
        (check_scoring(OwnScore()), OwnScore(), "OwnScore has a score method"),
        (get_scorer("neg_log_loss"), Ridge(), "of which Ridge must have one"),
    ],
)
def test_scorers_that_need_more_than_predictions_are_refused(scorer, estimator, reason):
    with pytest.raises(ValueError, match=reason):
        response_method_of(scorer, estimator)


def test_probabilities_of_several_targets_are_refused():
    y = np.ones((10, 2))
    with pytest.raises(ValueError, match="one target only"):
        PredictionStore("predict_proba", KNeighborsClassifier(), y, [([0], [1])], 1)


# --- scores of resampled rows --------------------------------------------------------

CLASSIFIERS = ["accuracy", "balanced_accuracy", "f1", "precision", "recall"]
AVERAGES = ["f1_macro", "f1_micro", "f1_weighted", "recall_macro", "precision_weighted"]
BY_CALLS = ["matthews_corrcoef", "neg_brier_score"]
BY_RANKS = ["roc_auc", "average_precision"]
REGRESSORS = [
    "r2",
    "neg_mean_squared_error",
    "neg_root_mean_squared_error",
    "neg_mean_absolute_error",
]


def cases():
    binary = [*CLASSIFIERS, *AVERAGES, *BY_CALLS, *BY_RANKS, "neg_log_loss"]
    yield from ((name, 2) for name in binary)
    yield from ((name, 3) for name in ("accuracy", "balanced_accuracy", *AVERAGES))
    yield from ((name, 0) for name in REGRESSORS)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("scoring", "n_classes"), list(cases()))
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_scores_of_resampled_rows_are_the_scorers_own(scoring, n_classes, weighted):
    regression = n_classes == 0
    Xy = regression_data(60) if regression else data(60, n_classes)
    estimator = KNeighborsRegressor() if regression else KNeighborsClassifier()
    grid = {"n_neighbors": [1, 4, 40]}
    results, splits, X, y = searched(estimator=estimator, grid=grid, Xy=Xy)
    store, scorer = stored(results, splits, X, y, estimator, scoring)
    rng = np.random.default_rng(0)
    weights = rng.random(len(y)) if weighted else None
    rows = np.arange(5, 45)
    scores = resampled_metric(store, y, scorer, weights).on(rows)
    assert scores.at_once == (scoring not in BY_CALLS)
    counts = rng.multinomial(40, np.full(40, 1 / 40), size=6).astype(float)
    got = scores.all(counts)
    for sample, count in enumerate(counts.astype(int)):
        drawn = np.repeat(rows, count)
        extra = {} if weights is None else {"sample_weight": weights[drawn]}
        for candidate in range(3):
            model = StoredResponse(store, candidate)
            expected = scorer(model, drawn, y[drawn], **extra)
            assert got[sample, candidate] == pytest.approx(
                expected, rel=1e-12, abs=1e-13
            )
            if scoring == "accuracy" and not weighted:
                assert got[sample, candidate] == expected
    picked = np.array([0, 1, 2, 2, 1, 0])
    np.testing.assert_array_equal(scores.chosen(counts, picked), got[range(6), picked])
    unit = np.arange(40) // 4  # rows that are drawn together
    together = resampled_metric(store, y, scorer, weights).on(rows, unit)
    drawn = counts[:, :10]
    np.testing.assert_allclose(
        together.all(drawn), scores.all(drawn[:, unit]), rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize(
    ("scoring", "n_classes"),
    [*((name, 2) for name in BY_RANKS), ("neg_brier_score", 2), ("roc_auc_ovr", 3)],
)
def test_of_very_many_rows_contributions_are_added(scoring, n_classes, monkeypatch):
    monkeypatch.setattr(resampled_module, "MANY", 150)
    rng = np.random.default_rng(0)
    y = np.arange(600) % n_classes
    rows, scorer = np.arange(600), get_scorer(scoring)
    store = PredictionStore("predict_proba", GaussianNB(), y, [(rows, rows)], 2)
    for candidate, signal in enumerate([0.5, 1.0]):
        logits = rng.normal(size=(600, n_classes)) + signal * np.eye(n_classes)[y]
        store.record(candidate, 0, softmax(logits, axis=1))
    added = resampled_metric(store, y, scorer).on(rows)
    assert added.by_unit
    models = [StoredResponse(store, candidate) for candidate in range(2)]
    on_all = [scorer(model, rows, y) for model in models]
    assert added.all(np.ones((1, 600)))[0] == pytest.approx(on_all, rel=1e-12)
    counts = rng.multinomial(600, np.full(600, 1 / 600), size=40)
    drawn = [np.repeat(rows, count) for count in counts]
    called = np.array([[scorer(m, own, y[own]) for m in models] for own in drawn])
    off = added.all(counts.astype(float)) - called
    assert (np.sqrt((off**2).mean(axis=0)) < 0.2 * called.std(axis=0)).all()
    # Few groups move scores by more than what each row contributes.
    few, many = rows % 149, rows % 151
    assert not resampled_metric(store, y, scorer, groups=few).kind.by_unit
    assert resampled_metric(store, y, scorer, groups=many).kind.by_unit
    store.values[0, 7] = np.nan
    of_one = resampled_metric(store, y, scorer).on(rows).all(np.ones((1, 600)))
    assert np.isnan(of_one).tolist() == [[True, False]]


@pytest.mark.parametrize(
    "scoring", ["r2", *BY_RANKS, "f1", "accuracy", "neg_max_error"]
)
def test_without_rows_there_is_no_score(scoring):
    regression = scoring in ("r2", "max_error")
    scoring = {"max_error": "neg_max_error"}.get(scoring, scoring)
    Xy = regression_data() if regression else data()
    estimator = KNeighborsRegressor() if regression else KNeighborsClassifier()
    results, splits, X, y = searched(estimator=estimator, Xy=Xy)
    store, scorer = stored(results, splits, X, y, estimator, scoring)
    got = resampled_metric(store, y, scorer).on(np.arange(4)).all(np.zeros((2, 4)))
    assert got.shape == (2, 7)
    assert np.isnan(got).all()


def test_a_constant_target_has_the_r2_of_scikit_learn():
    results, splits, X, y = searched(
        estimator=KNeighborsRegressor(), Xy=regression_data()
    )
    store, scorer = stored(results, splits, X, y, KNeighborsRegressor())
    counts = np.zeros((1, 5))
    counts[0, 2] = 3
    got = resampled_metric(store, y, scorer).on(np.arange(5)).all(counts)
    assert got.tolist() == [[0.0] * 7]
