"""Scores of resampled rows, against the scorers themselves."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    mean_squared_error,
    recall_score,
    roc_auc_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from skoverfit.model_selection._honest_score import _resampled as resampled_module
from skoverfit.model_selection._honest_score import _resampled_ranks as ranks_module
from skoverfit.model_selection._honest_score._predictions import (
    PredictionStore,
    StoredResponse,
)
from skoverfit.model_selection._honest_score._resampled import resampled_metric
from tests.model_selection._honest_score.honest_samples import (
    data,
    regression_data,
    searched,
    stored,
)

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


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("scoring", "n_classes"),
    [case for case in cases() if case[0] != "neg_log_loss"],  # refuses a single class
)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of what is not there
def test_scores_of_few_rows_are_the_scorers_own(scoring, n_classes, weighted):
    rng = np.random.default_rng(0)
    rows = np.arange(20)
    if n_classes:
        y = rng.integers(0, n_classes, 20)
        labels = rng.integers(0, n_classes, (20, 2))
        estimator, kind = GaussianNB(), "predict_proba"
        shown = np.eye(n_classes)[labels.T] / 2 + 0.5 / n_classes
        if scoring not in (*BY_RANKS, "neg_brier_score"):
            kind, shown = "predict", labels.T
    else:
        y, estimator, kind = (
            rng.integers(0, 3, 20) / 2,
            KNeighborsRegressor(),
            "predict",
        )
        shown = rng.normal(size=(2, 20))
    store = PredictionStore(kind, estimator, y, [(rows, rows)], 2)
    for candidate in range(2):
        store.record(candidate, 0, shown[candidate])
    weights = 0.1 + 0.3 * rng.random(20) if weighted else None
    scorer = get_scorer(scoring)
    counts = np.stack([rng.multinomial(n, np.full(20, 0.05)) for n in [1, 2, 3] * 20])
    got = resampled_metric(store, y, scorer, weights).on(rows).all(counts.astype(float))
    for scores, count in zip(got, counts, strict=True):
        drawn = np.repeat(rows, count)
        extra = {} if weights is None else {"sample_weight": weights[drawn]}
        for candidate, score in enumerate(scores):
            model = StoredResponse(store, candidate)
            try:
                expected = scorer(model, drawn, y[drawn], **extra)
            except ValueError:  # of a metric that needs both classes
                expected = np.nan
            assert score == pytest.approx(expected, abs=1e-12, nan_ok=True)


LABELS = {"text": ["no", "yes"], "one": [1, 3], "zero": [0, 1], "three": [0, 1, 2]}


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize(
    "scorer",
    [
        make_scorer(f1_score),
        make_scorer(f1_score, pos_label=0),
        make_scorer(f1_score, pos_label="yes"),
        make_scorer(recall_score, average="macro", zero_division=1),
        get_scorer("precision_macro"),
        make_scorer(recall_score, average=None, pos_label=1),
        make_scorer(f1_score, response_method="predict_proba"),
        make_scorer(balanced_accuracy_score),
        make_scorer(balanced_accuracy_score, adjusted=True),
        make_scorer(accuracy_score),
        make_scorer(accuracy_score, normalize=False),
        make_scorer(roc_auc_score),
        make_scorer(roc_auc_score, response_method="predict_proba"),
        make_scorer(roc_auc_score, response_method="predict_proba", max_fpr=0.4),
        make_scorer(average_precision_score, response_method="predict_proba"),
        make_scorer(average_precision_score),
        make_scorer(log_loss, greater_is_better=False, response_method="predict_proba"),
        make_scorer(mean_squared_error, greater_is_better=False),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_options_and_labels_of_any_kind_score_as_the_scorer_does(scorer, labels):
    rng, rows = np.random.default_rng(0), np.arange(30)
    y = np.array(LABELS[labels])[rng.integers(0, len(LABELS[labels]), 30)]
    shown = softmax(rng.normal(size=(30, len(LABELS[labels]))), axis=1)
    method = "predict" if "predict_proba" not in str(scorer) else "predict_proba"
    store = PredictionStore(method, GaussianNB(), y, [(rows, rows)], 1)
    most = store.classes_[shown.argmax(axis=1)]
    store.record(0, 0, most if method == "predict" else shown)
    scores = resampled_metric(store, y, scorer).on(rows)
    counts = rng.multinomial(30, np.full(30, 1 / 30), size=3)
    got = scores.all(counts.astype(float))[:, 0]
    for score, count in zip(got, counts, strict=True):
        drawn = np.repeat(rows, count)
        try:
            expected = float(scorer(StoredResponse(store, 0), drawn, y[drawn]))
        except (ValueError, TypeError):  # it does not take these labels
            expected = np.nan
        assert score == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_usual_metrics_are_computed_at_once(n_classes):
    y, rows = np.arange(30) % n_classes, np.arange(30)
    store = PredictionStore("predict", GaussianNB(), y, [(rows, rows)], 1)

    def at_once(metric, **options):
        scorer = make_scorer(metric, **options)
        return resampled_metric(store, y, scorer).on(rows).at_once

    assert at_once(f1_score) is (n_classes == 2)
    assert at_once(recall_score, average="weighted")
    assert at_once(balanced_accuracy_score)
    assert not at_once(balanced_accuracy_score, adjusted=True)
    assert not at_once(recall_score, average="macro", zero_division=1)


def test_several_targets_are_scored_by_calls():
    rng, rows = np.random.default_rng(0), np.arange(20)
    y = rng.normal(size=(20, 2))
    store = PredictionStore("predict", KNeighborsRegressor(), y, [(rows, rows)], 1)
    store.record(0, 0, rng.normal(size=(20, 2)))
    for scoring in ("r2", "neg_mean_absolute_error"):
        scorer = get_scorer(scoring)
        got = resampled_metric(store, y, scorer).on(rows).all(np.ones((1, 20)))
        assert got.item() == pytest.approx(scorer(StoredResponse(store, 0), rows, y))


def test_the_r2_of_numbers_far_from_zero_loses_no_digits():
    rng, rows = np.random.default_rng(0), np.arange(50)
    y = 1e8 + rng.normal(size=50)
    store = PredictionStore("predict", KNeighborsRegressor(), y, [(rows, rows)], 1)
    store.record(0, 0, y + 0.5 * rng.normal(size=50))
    scorer = get_scorer("r2")
    got = resampled_metric(store, y, scorer).on(rows).all(np.ones((1, 50))).item()
    assert got == pytest.approx(scorer(StoredResponse(store, 0), rows, y), rel=1e-6)


@pytest.mark.parametrize(
    ("splits", "codes", "groups", "are_many"),
    [
        ("000", None, None, True),
        ("00", None, None, False),
        ("00-", None, None, False),  # a row that no split tests
        ("000111", None, None, True),
        ("00011", None, None, False),
        ("000222", None, None, True),  # a split without rows of its own
        ("000000", "aaabbb", None, True),
        ("000000", "aabbbb", None, False),
        ("000111", "aaabbb", None, False),
        ("000000111111", "aaabbbaaabbb", None, True),
        ("000000111111", "aaabbbaaaaab", None, False),
        ("000000111111", "aaabbbaaaaaa", None, False),  # one that has no b at all
        ("000000", None, "uvwuvw", True),
        ("000000", None, "uvvuvv", False),
        ("000111", None, "uvwuvv", False),
        ("000111-", None, "uvwuvwx", True),
        ("00", None, "uv", False),
        ("--", None, None, True),  # none that are few
    ],
)
def test_rows_are_many_where_all_classes_and_groups_of_splits_are(
    splits, codes, groups, are_many, monkeypatch
):
    monkeypatch.setattr(resampled_module, "MANY", 3)
    owner = np.array([-1 if each == "-" else int(each) for each in splits])
    classes = None if codes is None else np.array(["a", "b"])
    store = SimpleNamespace(split_of_row=owner, classes_=classes)
    y = np.zeros(len(owner)) if codes is None else np.array(list(codes))
    groups = None if groups is None else np.array(list(groups))
    assert resampled_module._are_many(store, y, groups) is are_many


def test_of_very_many_rows_weights_are_heeded(monkeypatch):
    monkeypatch.setattr(resampled_module, "MANY", 10)
    rng, rows = np.random.default_rng(0), np.arange(40)
    y, weights = rows % 2, rng.random(40)
    store = PredictionStore("predict_proba", GaussianNB(), y, [(rows, rows)], 1)
    store.record(0, 0, softmax(rng.normal(size=(40, 2)), axis=1))
    for scoring, is_known in (("neg_brier_score", True), ("roc_auc", False)):
        scorer = get_scorer(scoring)
        metric = resampled_metric(store, y, scorer, weights)
        assert metric.kind.by_unit is is_known
        got = metric.on(rows).all(np.ones((1, 40))).item()
        model = StoredResponse(store, 0)
        expected = scorer(model, rows, y, sample_weight=weights)
        assert got == pytest.approx(expected, rel=1e-12)


def test_a_metric_that_fails_for_a_candidate_has_no_score_of_it():
    y, rows = np.arange(10) % 2, np.arange(10)
    store = PredictionStore("predict_proba", GaussianNB(), y, [(rows, rows)], 2)
    for candidate in range(2):
        store.record(candidate, 0, np.full((10, 2), 0.5))

    def of_rows(model, numbers, target):
        if model.candidate == 0:
            raise ValueError("no such response")
        return np.ones(10)

    kind, scorer = resampled_module._MeanOfParts, get_scorer("neg_brier_score")
    made = kind(store, y, scorer, None, rows, None, of_rows=of_rows)
    got = made.all(np.array([np.ones(10), np.zeros(10)]))
    np.testing.assert_array_equal(got, [[np.nan, 1.0], [np.nan, np.nan]])


@pytest.mark.parametrize(
    "scoring",
    ["r2", *BY_RANKS, *CLASSIFIERS, "f1_weighted", "f1_macro", "neg_max_error"],
)
def test_without_rows_there_is_no_score(scoring):
    regression = scoring in ("r2", "neg_max_error")
    Xy = regression_data() if regression else data()
    estimator = KNeighborsRegressor() if regression else KNeighborsClassifier()
    results, splits, X, y = searched(estimator=estimator, Xy=Xy)
    store, scorer = stored(results, splits, X, y, estimator, scoring)
    got = resampled_metric(store, y, scorer).on(np.arange(4)).all(np.zeros((2, 4)))
    assert got.shape == (2, 7)
    assert np.isnan(got).all()
    none = resampled_metric(store, y, scorer).on(np.arange(0)).all(np.zeros((2, 0)))
    assert none.shape == (2, 7)
    assert np.isnan(none).all()


def test_a_constant_target_has_the_r2_of_scikit_learn():
    results, splits, X, y = searched(
        estimator=KNeighborsRegressor(), Xy=regression_data()
    )
    store, scorer = stored(results, splits, X, y, KNeighborsRegressor())
    store.values[3, 2] = y[2]
    counts = 3 * np.eye(50)  # three times the same row, and all of them once
    counts[9] = 1
    got = resampled_metric(store, y, scorer).on(np.arange(50)).all(counts)
    expected = np.zeros((50, 7))
    expected[2, 3] = 1
    np.testing.assert_array_equal(np.delete(got, 9, axis=0), np.delete(expected, 9, 0))
    assert (got[9] != 0).all()


@pytest.mark.parametrize("scoring", BY_RANKS)
def test_ranks_of_decision_values(scoring, monkeypatch):
    estimator, grid = RidgeClassifier(), {"alpha": [0.1, 100.0]}
    results, splits, X, y = searched(estimator=estimator, grid=grid)
    store, scorer = stored(results, splits, X, y, estimator, scoring)
    assert store.values.shape[2] == 1  # one number for both classes
    rng, rows = np.random.default_rng(0), np.arange(40)
    counts = rng.multinomial(40, np.full(40, 1 / 40), size=7)
    scores = resampled_metric(store, y, scorer).on(rows)
    got = scores.all(counts.astype(float))
    drawn = [np.repeat(rows, count) for count in counts]
    models = [StoredResponse(store, candidate) for candidate in range(2)]
    called = [[scorer(m, own, y[own]) for m in models] for own in drawn]
    np.testing.assert_allclose(got, called, rtol=1e-12)
    monkeypatch.setattr(ranks_module, "CACHED", 100)  # of two resamples at a time
    np.testing.assert_array_equal(scores.all(counts.astype(float)), got)


@pytest.mark.parametrize("scoring", BY_RANKS)
def test_ranks_of_missing_responses_have_no_score(scoring):
    results, splits, X, y = searched()
    store, scorer = stored(results, splits, X, y, scoring=scoring)
    store.values[2, 7] = np.nan
    for rows in (np.arange(20), np.arange(10, 20)):
        got = resampled_metric(store, y, scorer).on(rows).all(np.ones((1, len(rows))))
        assert np.isnan(got[0]).tolist() == [7 in rows and k == 2 for k in range(7)]


def test_the_average_precision_of_one_row_of_little_weight():
    results, splits, X, y = searched()
    store, scorer = stored(results, splits, X, y, scoring="average_precision")
    weights = np.full(len(y), 0.3)
    scores = resampled_metric(store, y, scorer, weights).on(np.arange(len(y)))
    alone = np.eye(len(y))[y == 1]
    assert (scores.all(alone) == 1).all()
