"""Predictions alone: mistakes, gaps and scores that hide something."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.model_selection import train_test_split

from skoverfit.diagnosis import diagnose_predictions
from skoverfit.exceptions import InputError


def classes(seed=0, n=600, right=0.85, share=0.5):
    """Targets, and labels that are right at a rate."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    return y, np.where(rng.random(n) < right, y, 1 - y)


def numbers(seed=0, n=300, noise=0.5):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=n)
    return y, y + noise * rng.normal(size=n)


def codes(report):
    return [sign.code for sign in report.signs]


def test_alike_parts_have_no_gap():
    for draw in (classes, numbers):
        report = diagnose_predictions(*draw(2), *draw(1))
        assert codes(report) == ["no_gap"]
        assert report.gap_interval[0] < 0 < report.gap_interval[1]
        assert report.test_interval[0] < report.test_score < report.test_interval[1]


def test_a_gap_and_its_interval():
    report = diagnose_predictions(*classes(0, right=1.0), *classes(1, right=0.7))
    assert report.verdict == "memorizes"
    assert report.gap == pytest.approx(0.3, abs=0.06)
    backwards = diagnose_predictions(*classes(1, right=0.7), *classes(0))
    assert backwards.verdict == "test_better"


def test_rows_out_of_step():
    y, p = numbers(1)
    assert diagnose_predictions(*numbers(0), y, np.roll(p, 1)).verdict == "out_of_step"
    y, p = classes(1)
    assert diagnose_predictions(*classes(0), y[1:], p[:-1]).verdict == "out_of_step"


def test_wrong_way_and_wrong_unit():
    y, p = classes(1)
    assert "classes_swapped" in codes(diagnose_predictions(*classes(0), y, 1 - p))
    y, p = numbers(1)
    report = diagnose_predictions(*numbers(0), 100 + 20 * y, p)
    assert report.verdict == "units_differ"


def test_guesses_are_no_signal():
    y, _ = classes(1)
    guess = np.random.default_rng(5).integers(0, 2, len(y))
    assert "no_signal" in codes(diagnose_predictions(*classes(0), y, guess))


def test_rare_class_threshold_and_shift():
    rng = np.random.default_rng(0)
    parts = []
    for share in (0.1, 0.1):
        y = (rng.random(800) < share).astype(int)
        logit = 2.2 * y - 3.2 + rng.normal(size=800)
        parts += [y, 1 / (1 + np.exp(-logit))]
    found = codes(diagnose_predictions(*parts))
    assert {"score_hides", "threshold"} <= set(found)
    shifted = diagnose_predictions(*classes(0, share=0.2), *classes(1, share=0.6))
    assert "label_shift" in codes(shifted)


def test_other_signs():
    y, p = numbers(1)
    assert "bias" in codes(diagnose_predictions(*numbers(0), y, p + 0.6))
    assert "too_good" in codes(diagnose_predictions(y, y, y, y))
    assert "too_few_rows" in codes(diagnose_predictions(*classes(0), *classes(1, n=12)))


@pytest.mark.parametrize("scoring", [None, "roc_auc_ovr", "neg_log_loss", "f1_macro"])
def test_scores_are_those_of_the_model(scoring):
    X, y = load_wine(return_X_y=True)
    A, B, a, b = train_test_split(X, y, stratify=y, random_state=0)
    model = RandomForestClassifier(20, random_state=0).fit(A, a)
    p_train, p_test = model.predict_proba(A), model.predict_proba(B)
    report = diagnose_predictions(a, p_train, b, p_test, scoring=scoring)
    if scoring is None:
        assert report.test_score == model.score(B, b)
    assert report.gap == report.train_score - report.test_score
    data = json.loads(json.dumps(report.to_dict()))
    assert data["verdict"] == report.verdict
    assert report.signs[0].title in str(report)


def test_numbers_of_a_forest():
    A, B, a, b = train_test_split(*load_diabetes(return_X_y=True), random_state=0)
    model = RandomForestRegressor(20, random_state=0).fit(A, a)
    report = diagnose_predictions(a, model.predict(A), b, model.predict(B))
    assert report.verdict == "memorizes"
    assert report.test_score == pytest.approx(model.score(B, b))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p_test": [0, 1]}, "y_test has 4 rows and p_test has 2"),
        ({"y_train": [1]}, "y_train must hold"),
        ({"p_train": [0.1, np.nan, 0.2, 0.3]}, "p_train holds missing"),
        ({"scoring": "nonsense"}, "scoring='nonsense'"),
        ({"scoring": "roc_auc"}, "cannot be computed"),
        ({"p_test": np.ones((4, 3)) / 3}, "3 columns of probabilities"),
    ],
)
def test_bad_input_gets_a_clear_error(changes, message):
    given = {key: [0, 1, 1, 0] for key in ("y_train", "p_train", "y_test", "p_test")}
    with pytest.raises(InputError, match=message):
        diagnose_predictions(**{**given, **changes})


@pytest.mark.parametrize("draw", [classes, numbers])
def test_both_parts_are_drawn_side_by_side(draw):
    pytest.importorskip("matplotlib")
    report = diagnose_predictions(*draw(0, 90), *draw(1, 60))
    display = report.plot()
    titles = [ax.get_title() for ax in display.axes_]
    assert titles[0].startswith("train: ")
    assert f"{report.test_score:.3f}" in titles[1]
    assert "display" not in report.to_dict()
    json.dumps(report.to_dict())
    again = report.plot(display.axes_)
    assert again.figure_ is display.figure_
    with pytest.raises(InputError, match="axes must be two"):
        report.plot(display.axes_[:1])
