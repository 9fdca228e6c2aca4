"""Values of rows: their mean is the score, and their spread is that of the score."""

import pickle

import numpy as np
import pytest
from imblearn.pipeline import make_pipeline as make_sampler_pipeline
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    check_scoring,
    fbeta_score,
    get_scorer,
    make_scorer,
    mean_squared_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skoverfit._row_metrics import ROW_METRICS
from skoverfit._row_scorer import row_scorer

rng = np.random.default_rng(0)
X = rng.normal(size=(80, 4))
NOISE = X[:, 0] + rng.normal(size=80)
BINARY = (NOISE > 0).astype(int)
TARGETS = {
    "binary": BINARY,
    "text": np.where(BINARY, "no", "yes"),
    "one and two": BINARY + 1,
    "three": np.digitize(NOISE, [-0.5, 0.7]),
}
LABELS = ("accuracy", "balanced_accuracy")
PROBABILITIES = ("neg_log_loss", "neg_brier_score", "roc_auc")
NUMBERS = [
    "r2",
    "neg_mean_squared_error",
    "neg_mean_absolute_error",
    "neg_root_mean_squared_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_squared_log_error",
    "neg_root_mean_squared_log_error",
    "neg_mean_poisson_deviance",
    "neg_mean_gamma_deviance",
]


class Positive(LinearRegression):
    """Predictions that every metric takes."""

    def predict(self, X):
        return np.abs(super().predict(X)) + 0.1


def cases():
    found = []
    for target in TARGETS:
        names = [*LABELS, *PROBABILITIES]
        if target == "three":
            names[-1] = "roc_auc_ovr"
        if target == "text":
            names.remove("neg_brier_score")  # which label is the greater is not said
        if target in ("binary", "one and two"):
            names.append("average_precision")
        found += [pytest.param(name, target, id=f"{name}-{target}") for name in names]
    return found


@pytest.mark.parametrize(("name", "target"), cases())
def test_the_mean_over_rows_is_the_score_of_a_classifier(name, target):
    y = TARGETS[target]
    model = LogisticRegression().fit(X[:30], y[:30])
    scores = row_scorer(name)(model, X[30:], y[30:])
    assert scores.shape == (50,)
    assert scores.mean() == pytest.approx(get_scorer(name)(model, X[30:], y[30:]))


@pytest.mark.parametrize("name", NUMBERS)
def test_the_mean_over_rows_is_the_score_of_a_regressor(name):
    for n_outputs in [1] if "deviance" in name else [1, 2]:
        y = np.exp(rng.normal(size=(80, n_outputs)) + X[:, :1]).squeeze()
        model = Positive().fit(X[:30], y[:30])
        scores = row_scorer(name)(model, X[30:], y[30:])
        assert scores.mean() == pytest.approx(get_scorer(name)(model, X[30:], y[30:]))


@pytest.mark.parametrize(
    ("metric", "y"),
    [
        (r2_score, NOISE),
        (root_mean_squared_error, NOISE),
        (roc_auc_score, BINARY),
        (average_precision_score, BINARY),
    ],
)
def test_a_row_counts_by_how_much_its_weight_moves_the_score(metric, y):
    predicted = (X[:, 0] + X[:, 1]).round(1)  # with ties
    scores = ROW_METRICS[metric](y, predicted)
    step = 1e-5
    for row in range(len(y)):
        up, down = np.ones((2, len(y)))
        up[row], down[row] = 1 + step, 1 - step
        change = metric(y, predicted, sample_weight=up) - metric(
            y, predicted, sample_weight=down
        )
        slope = len(y) * change / (2 * step)
        assert scores[row] == pytest.approx(scores.mean() + slope, abs=1e-4)


@pytest.mark.parametrize("name", ["accuracy", "neg_log_loss", "neg_brier_score"])
def test_weights_are_those_of_the_scorer(name):
    weight = rng.uniform(size=80)
    model = LogisticRegression().fit(X, BINARY)
    scorer = row_scorer(name, weighted=True)
    expected = get_scorer(name)(model, X, BINARY, sample_weight=weight)
    assert scorer(model, X, BINARY, sample_weight=weight).mean() == pytest.approx(
        expected
    )


def test_the_own_score_of_an_estimator():
    for pipe in (make_pipeline, make_sampler_pipeline):
        model = pipe(StandardScaler(), LogisticRegression()).fit(X, BINARY)
        scorer = row_scorer(check_scoring(model), model)
        assert scorer(model, X, BINARY).mean() == pytest.approx(model.score(X, BINARY))
        assert (
            row_scorer(None, model)(model, X, BINARY).mean()
            == scorer(model, X, BINARY).mean()
        )


class OwnScore(SVC):
    def score(self, X, y):
        return 0.5


def accuracy(estimator, X, y):
    return np.mean(estimator.predict(X) == y)


@pytest.mark.parametrize(
    "scoring",
    [
        "f1",
        "precision",
        "roc_auc_ovo",
        "roc_auc_ovr_weighted",
        "neg_median_absolute_error",
        accuracy,
        make_scorer(fbeta_score, beta=2),
        make_scorer(mean_squared_error, greater_is_better=False, multioutput=[1]),
        None,
    ],
    ids=lambda scoring: getattr(scoring, "__name__", str(scoring)),
)
def test_other_scorers_have_no_rows(scoring):
    assert row_scorer(check_scoring(OwnScore(), scoring=scoring), OwnScore()) is None


def test_no_weights_where_they_would_need_another_formula():
    assert row_scorer("r2", weighted=True) is None
    assert row_scorer("roc_auc", weighted=True) is None


def test_rows_of_one_class_have_no_ranks():
    model = LogisticRegression().fit(X, BINARY)
    rows = BINARY == 1
    for name in ("roc_auc", "average_precision"):
        assert np.isnan(row_scorer(name)(model, X[rows], BINARY[rows])).all()
    assert np.isnan(ROW_METRICS[r2_score](np.ones(5), np.arange(5))).all()


def test_a_scorer_of_rows_can_be_sent_to_workers():
    model = LogisticRegression().fit(X, BINARY)
    scorer = row_scorer("average_precision")
    again = pickle.loads(pickle.dumps(scorer))
    np.testing.assert_array_equal(again(model, X, BINARY), scorer(model, X, BINARY))
    assert "average_precision" in repr(scorer)
