"""Histories of every form, typical curves of real fits, and drawn ones."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.linear_model import SGDRegressor
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from skoverfit.diagnosis import diagnose_history
from skoverfit.exceptions import InputError
from skoverfit.regularization import EarlyStoppingClassifier

X, y = make_classification(500, 20, n_informative=4, flip_y=0.2, random_state=0)
PARTS = train_test_split(X, y, random_state=0)
EPOCHS = np.arange(60)


def noise(size, seed=0):
    return size * np.random.default_rng(seed).normal(size=len(EPOCHS))


def net_history(n_epochs, *, parts=PARTS, seen=lambda rows: rows, **params):
    """Losses and accuracies of a small net, epoch by epoch, as Keras names them.

    It is trained, and its train scores are taken, on what `seen` makes of the rows.
    """
    X_train, X_test, y_train, y_test = parts
    net = MLPClassifier(random_state=0, **params)
    history = {"loss": [], "val_loss": [], "accuracy": [], "val_accuracy": []}
    for _ in range(n_epochs):
        rows = seen(X_train)
        net.partial_fit(rows, y_train, classes=np.unique(y))
        for part, own, target in (("", rows, y_train), ("val_", X_test, y_test)):
            loss = log_loss(target, net.predict_proba(own), labels=net.classes_)
            history[f"{part}loss"].append(float(loss))
            history[f"{part}accuracy"].append(net.score(own, target))
    return history


def small_net(n_epochs, **options):
    return net_history(n_epochs, hidden_layer_sizes=(10,), **options)


def clean_parts(wrong=0.0):
    """Classes that are well apart, some labels wrong in the training part only."""
    rows, target = make_classification(
        500, 20, n_informative=4, class_sep=2, flip_y=0, random_state=0
    )
    X_train, X_test, y_train, y_test = train_test_split(rows, target, random_state=0)
    flipped = np.random.default_rng(0).random(len(y_train)) < wrong
    return X_train, X_test, np.where(flipped, 1 - y_train, y_train), y_test


def noisy_rows():
    rng = np.random.default_rng(0)
    return lambda rows: rows + 2 * rng.normal(size=rows.shape)


def descent(eta, n_epochs=40):
    """Squared errors of a linear model by stochastic gradient descent."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 10))
    target = rows @ np.arange(10.0) + rng.normal(size=200)
    model = SGDRegressor(learning_rate="constant", eta0=eta, random_state=0)
    history = {"loss": [], "val_loss": []}
    for _ in range(n_epochs):
        model.partial_fit(rows[:150], target[:150])
        errors = (model.predict(rows) - target) ** 2
        history["loss"].append(float(errors[:150].mean()))
        history["val_loss"].append(float(errors[150:].mean()))
    return history


def xgb(**params):
    X_train, X_test, y_train, y_test = PARTS
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    model = xgboost.XGBClassifier(n_jobs=1, **params)
    sets = [(X_train, y_train), (X_test, y_test)]
    return model.fit(X_train, y_train, eval_set=sets, verbose=False)


def lgb():
    X_train, X_test, y_train, y_test = PARTS
    params = {"objective": "binary", "metric": ["auc", "binary_logloss"]}
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    train = lightgbm.Dataset(X_train, y_train)
    curves = {}
    lightgbm.train(
        params | {"num_threads": 1, "verbosity": -1},
        train,
        60,
        valid_sets=[train, lightgbm.Dataset(X_test, y_test, reference=train)],
        callbacks=[lightgbm.record_evaluation(curves)],
    )
    return curves


def cat():
    X_train, X_test, y_train, y_test = PARTS
    catboost = pytest.importorskip("catboost", reason="CatBoost is not installed")
    model = catboost.CatBoostClassifier(
        iterations=150,
        learning_rate=0.2,
        verbose=0,
        thread_count=1,
        allow_writing_files=False,
        random_seed=0,
    )
    return model.fit(X_train, y_train, eval_set=(X_test, y_test))


def hist():
    return HistGradientBoostingClassifier(
        early_stopping=True, n_iter_no_change=200, max_iter=100, random_state=0
    ).fit(X, y)


CURVES = {
    "boosting too long": (lambda: xgb(n_estimators=100), "overfits"),
    "boosting too short": (
        lambda: xgb(n_estimators=15, learning_rate=0.02, max_depth=2),
        "still_improving",
    ),
    "LightGBM too long": (lgb, "overfits"),
    "CatBoost too long": (cat, "overfits"),
    "histogram boosting too long": (hist, "overfits"),
    "net too long": (lambda: net_history(60, learning_rate_init=0.01), "overfits"),
    "net too short": (
        lambda: net_history(10, learning_rate_init=1e-4),
        "still_improving",
    ),
    "converged": (lambda: descent(0.01), "plateau"),
    "steps too large": (lambda: descent(0.2), "diverged"),
    "steps too small": (
        lambda: small_net(15, learning_rate_init=1e-7),
        "not_learning",
    ),
    "easy validation part": (
        lambda: small_net(15, parts=clean_parts(wrong=0.2)),
        "still_improving",
    ),
    "noise only": (lambda: {"val_loss": 0.69 + noise(0.01)}, "not_learning"),
    "not a number": (
        lambda: {
            "loss": [1, 0.8, 9, np.nan, np.nan],
            "val_loss": [1, 1, 9, np.nan, np.inf],
        },
        "diverged",
    ),
    "no validation": (
        lambda: GradientBoostingClassifier(n_estimators=9).fit(X, y),
        "no_validation",
    ),
    "a few epochs": (lambda: small_net(2), "too_short"),
}


@pytest.mark.parametrize("name", CURVES)
def test_typical_curves_get_the_right_answer(name):
    make, code = CURVES[name]
    report = diagnose_history(make())
    assert report.verdict == code
    assert json.loads(json.dumps(report.to_dict()))["verdict"] == code
    assert report.signs[0].title in str(report)


def test_validation_better_than_train_in_real_fits():
    """Easier validation rows; noise, as of dropout, that the train score alone has."""
    easy = small_net(15, parts=clean_parts(wrong=0.2))
    noisy = small_net(30, parts=clean_parts(), seen=noisy_rows())
    for history in (easy, noisy):
        assert diagnose_history(history).has("validation_better")
    plain = small_net(20, learning_rate_init=0.01)
    assert not diagnose_history(plain).has("validation_better")


def test_training_that_fails_is_not_called_overfitting():
    report = diagnose_history(descent(0.2))
    assert report.overfit_after is None
    assert "no overfitting" in report.signs[0].explanation
    overfitted = diagnose_history(
        {"loss": [5, 4, 3, 2, 1], "val_loss": [5, 4, 5, 6, 7]}
    )
    assert overfitted.verdict == "overfits"
    wobbly = {"loss": [5, 4, 3, 2, 2.3], "val_loss": [5, 4, 3, 2, 2.6]}
    assert diagnose_history(wobbly).verdict == "overfits"


def test_best_iteration_and_its_price():
    history = {"loss": [5, 4, 3, 2, 1, 0.5], "val_loss": [5, 4, 3, 4, 5, 6]}
    report = diagnose_history(history)
    assert (report.best_iteration, report.best_score, report.last_score) == (3, 3, 6)
    assert (report.overfit, report.overfit_after) == (3, 3)
    assert (report.gap_at_best, report.gap_at_end) == (0, 5.5)


def test_validation_above_train_to_the_end_is_told_from_a_late_train_score():
    decay = np.exp(-EPOCHS / 8)
    dropout = {
        "loss": 0.3 + decay + noise(0.01),
        "val_loss": 0.2 + decay + noise(0.01, 1),
    }
    assert diagnose_history(dropout).has("validation_better")
    # The train loss of Keras is a mean over the epoch: it comes half an epoch late.
    late = {"loss": 0.2 + np.exp(-(EPOCHS - 0.5) / 8), "val_loss": 0.2 + decay}
    assert not diagnose_history(late).has("validation_better")


def test_noise_is_named():
    course = 0.5 - 0.3 * np.exp(-EPOCHS / 10) + noise(0.06)
    report = diagnose_history({"val_accuracy": course})
    assert report.has("noisy")
    assert report.noise == pytest.approx(0.06, rel=0.35)


def test_all_forms_of_a_history_read_alike():
    values = {"train": [3.0, 2, 1, 0.5, 0.2], "valid": [3.0, 2, 1.5, 2, 3]}
    forms = [
        {"loss": values["train"], "val_loss": values["valid"]},
        pd.DataFrame(
            {"epoch": range(5), "loss": values["train"], "val_loss": values["valid"]}
        ),
        [
            {"epoch": 1, "train_loss": a, "valid_loss": b, "batches": [{}], "dur": 0.1}
            for a, b in zip(values["train"], values["valid"], strict=True)
        ],
        {
            "learn": {"Logloss": values["train"]},
            "validation": {"Logloss": values["valid"]},
        },
        {
            "validation_0": {"mlogloss": values["train"]},
            "validation_1": {"mlogloss": values["valid"]},
        },
        {"valid_1": {"rmse": values["valid"]}, "training": {"rmse": values["train"]}},
    ]
    reports = [diagnose_history(form) for form in forms]
    assert {report.verdict for report in reports} == {"overfits"}
    assert {report.best_iteration for report in reports} == {3}
    for report in reports:
        np.testing.assert_array_equal(report.train, values["train"])


def test_attributes_of_fitted_models():
    stopped = HistGradientBoostingClassifier(early_stopping=True, scoring="accuracy")
    report = diagnose_history(stopped.fit(X, y))
    assert report.greater_is_better
    assert report.iterations[0] == 0
    bagged = GradientBoostingClassifier(n_estimators=20, subsample=0.5, random_state=0)
    assert diagnose_history(bagged.fit(X, y)).validation is not None
    net = MLPClassifier(early_stopping=True, max_iter=30, random_state=0)
    np.testing.assert_array_equal(
        diagnose_history(net.fit(X, y)).validation, net.validation_scores_
    )
    own = EarlyStoppingClassifier(
        GradientBoostingClassifier(random_state=0), random_state=0
    ).fit(X, y)
    assert diagnose_history(own).metric == "score"


def test_directions_follow_from_names():
    falling = [5.0, 4, 3, 2, 1, 0.9, 0.8, 0.7]
    for name in ("mae", "rmse", "multi_error", "l2", "poisson-nloglik", "MultiClass"):
        assert not diagnose_history({"e": {name: falling}}).greater_is_better
    for name in ("AUC", "ndcg@5", "map@3", "val_f1_score", "R2", "interval-accuracy"):
        assert diagnose_history({"e": {name: falling}}).greater_is_better
    report = diagnose_history({"e": {"wobble": falling}}, greater_is_better=False)
    assert report.verdict == "still_improving"


@pytest.mark.parametrize(
    ("history", "options", "message"),
    [
        ({}, {}, "history="),
        (3, {}, "must be a dict"),
        ({"val_loss": ["a", "b"]}, {}, "must hold numbers"),
        ({"val_wobble": [1, 2]}, {}, "greater_is_better"),
        ({"val_loss": [1, 2]}, {"metric": "auc"}, "metric='auc' must be one of"),
        ({"val_loss": [1, 2]}, {"greater_is_better": 1}, "greater_is_better"),
        ({"epoch": [1, 2]}, {}, "no curve"),
        ({"loss": [1] * 4, "val_loss": [1] * 2}, {}, "same iterations"),
    ],
)
def test_bad_histories_get_a_clear_error(history, options, message):
    with pytest.raises(InputError, match=message):
        diagnose_history(history, **options)


def test_picture_has_the_curves():
    report = diagnose_history({"loss": [3, 2, 1, 0.5], "val_loss": [3, 2, 3, 4]})
    display = report.plot()
    np.testing.assert_array_equal(display.validation_score, [3, 2, 3, 4])
    assert display.best_iteration == 2


@pytest.mark.statistical
def test_how_often_curves_are_misread():
    """Drawn curves of known kind: at least 85 % right, 2 % false overfitting."""
    told = {"plateau": [], "overfits": [], "still_improving": []}
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(20, 120))
        share = np.arange(n) / n
        jitter = 10 ** rng.uniform(-3, -1.3) * rng.normal(size=n)
        rise = 0.5 * np.maximum(0, share - 0.3)
        courses = {
            "plateau": np.exp(-15 * share),
            "overfits": np.exp(-10 * share) + rise,
            "still_improving": np.exp(-1.5 * share),
        }
        for code, course in courses.items():
            report = diagnose_history({"val_loss": 0.4 + course + jitter})
            told[code].append(report.verdict)
    for code, verdicts in told.items():
        assert np.mean([verdict == code for verdict in verdicts]) >= 0.85, code
    assert np.mean([verdict == "overfits" for verdict in told["plateau"]]) <= 0.02
