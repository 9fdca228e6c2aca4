"""SKO304: scores that fall as time goes on."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, TimeSeriesSplit

from skoverfit.diagnosis.causes._drift_over_time import (
    DriftOverTime,
    ScoreOverTime,
    score_over_time,
)


def test_a_score_that_falls_over_time():
    rng = np.random.default_rng(0)
    falling = (rng.random(800) > np.linspace(0.1, 0.5, 800)).astype(float)
    drift = score_over_time(falling, 0.5)
    assert drift.pvalue < 0.001
    assert drift.first - drift.last == pytest.approx(0.4, abs=0.15)
    assert score_over_time(rng.permutation(falling), 0.5).pvalue > 0.01
    assert score_over_time(np.ones(100), 0.5).pvalue == 1


def test_growing_training_parts_hide_no_drift(find):
    """Many columns: each row more helps, as much as the relation fades."""
    rng = np.random.default_rng(0)
    n, day = 600, np.arange(600)
    X = rng.normal(size=(n, 40))
    y = X.sum(axis=1) + day / 100 * rng.normal(size=n) > 0
    cv = TimeSeriesSplit(5)
    found = find("SKO304", X, y, LogisticRegression(C=100), time=day, cv=cv)
    assert found.status == "present"
    assert "each trained on the latest 100 rows before it" in found.explanation
    assert found.counterfactual > 0.6
    order = rng.permutation(n)
    still = find("SKO304", X[order], y[order], LogisticRegression(), time=day, cv=cv)
    assert still.status == "absent"


def test_the_line_is_that_of_the_parts():
    values = np.random.default_rng(0).random(205)
    drift = score_over_time(values, 0.5)
    parts = [part.mean() for part in np.array_split(values, 20)]
    line = stats.linregress(np.linspace(0, 1, 20), parts)
    assert drift.first == pytest.approx(line.intercept)
    assert drift.last == pytest.approx(line.intercept + line.slope)
    assert drift.error == pytest.approx(line.stderr)
    p = line.pvalue / 2 if line.slope < 0 else 1 - line.pvalue / 2
    assert drift.pvalue == pytest.approx(p)
    same = score_over_time(np.full(100, 0.3), 0.5)
    assert (same.first, same.last, same.error) == (
        pytest.approx(0.3),
        pytest.approx(0.3),
        0,
    )


def fading(n):
    """Rows whose relation to the target fades, in any order."""
    rng = np.random.default_rng(0)
    day, X = rng.permutation(n), rng.normal(size=(n, 3))
    y = X[:, 0] + day / n * 2 * rng.normal(size=n) > 0
    return X, y, day


def test_a_relation_that_fades_is_seen_on_splits_of_any_kind(find):
    X, y, day = fading(800)
    cv = KFold(5, shuffle=True, random_state=0)
    found = find("SKO304", X, y, LogisticRegression(), time=day, cv=cv)
    assert found.status == "present"
    assert "each trained on" not in found.explanation
    few = find("SKO304", X[:99], y[:99], LogisticRegression(), time=day[:99], cv=cv)
    assert few.status == "not_measured"
    assert "ewer than 100 rows were tested" in few.explanation
    ranks = find(*("SKO304", X, y, LogisticRegression()), time=day, cv=cv, scoring="f1")
    assert ranks.status == "not_measured"
    assert "F1 is not made of rows" in ranks.explanation


# ------------------------------------------------------------------------------ judged


def judged(fall=0.1, pvalue=0.001, n_splits=5, **options):
    measured = ScoreOverTime(0.9, 0.9 - fall, 0.02, pvalue, 0.5, **options)
    problem = SimpleNamespace(
        scoring="accuracy", splits=[None] * n_splits, n_samples=1000
    )
    return DriftOverTime().judge(measured, problem)


@pytest.mark.parametrize(
    ("fall", "pvalue", "n_train", "status"),
    [
        (0.026, 0.024, 0, "present"),  # a twentieth of the range
        (0.024, 0.024, 0, "absent"),
        (0.1, 0.026, 0, "absent"),
        (0.1, 0.009, 100, "present"),  # surer, where training parts are small
        (0.1, 0.011, 100, "absent"),
    ],
)
def test_a_sure_and_large_fall_is_a_warning(fall, pvalue, n_train, status):
    found = judged(fall, pvalue, n_train=n_train)
    assert found.status == status
    if status == "present":
        assert found.severity == "warning"
        assert (found.effect, found.pvalue) == (pytest.approx(fall), pvalue)
        half = stats.t.ppf(0.975, 18) * 0.02
        assert found.interval == pytest.approx((fall - half, fall + half))
        assert found.counterfactual == pytest.approx(0.9 - fall)


def test_what_is_told():
    found = judged()
    assert found.title == "The test score falls over time"
    assert found.explanation == (
        "A line through the accuracy of 20 consecutive parts goes from 0.900 to 0.800."
    )
    assert found.advice == (
        "Expect the score of the latest rows, or less, in use. Train on recent rows "
        "only, such as TimeSeriesSplit(5, max_train_size=250), and refit often."
    )
    assert found.counterfactual_label == "on the latest rows"
    assert "TimeSeriesSplit(2, " in judged(n_splits=1).advice
    equal = judged(n_train=1200, latest=0.85)
    assert equal.explanation.endswith(
        "0.800, each trained on the latest 1,200 rows before it."
    )
    assert equal.counterfactual == 0.85  # of the own splits
    still = judged(pvalue=0.5)
    assert still.title == "The test score does not fall over time"
    assert still.explanation == found.explanation
