"""A rare class that the score hides, and the threshold that finds it."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import (
    load_breast_cancer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer, roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis._comparisons._comparison import Comparison
from skoverfit.diagnosis.causes._base import NotMeasured
from skoverfit.diagnosis.causes._threshold import (
    METRICS,
    HiddenByThreshold,
    Threshold,
    accuracy,
    best_threshold,
    change_by_rows,
    cross_fitted,
    metric_of,
    slope_of,
)
from tests.diagnosis.causes.planted import (
    SHUFFLED,
    asked,
    finding_of,
)
from tests.diagnosis.made_evidence import WIGGLE


def rare(seed=0, n=600):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.1).astype(int)
    return rng.normal(size=(n, 4)) + 0.7 * y[:, None], np.where(y, "yes", "no")


def test_a_score_that_hides_a_rare_class_and_the_threshold_that_finds_it():
    X, y = rare()
    found = finding_of("imbalance_hidden", LogisticRegression(), X, y)
    assert found.status == "present"
    assert "yes" in found.title
    assert "balanced_accuracy" in found.advice
    assert found.counterfactual < 0.75
    moved = finding_of("threshold", LogisticRegression(), X, y)
    assert moved.status == "present"
    assert moved.counterfactual > found.counterfactual + 0.05
    balanced, (remedy,) = asked(
        "threshold", LogisticRegression(), X, y, scoring="balanced_accuracy"
    )
    assert balanced.status == "present"
    assert "TunedThresholdClassifierCV" in balanced.advice
    assert remedy.estimator.fit(X, y).best_threshold_ < 0.4


def test_balanced_classes_hide_nothing_and_one_half_is_right():
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    for name in ("imbalance_hidden", "threshold"):
        for scoring in ("accuracy", "f1"):
            found = finding_of(name, model, X, y, cv=SHUFFLED, scoring=scoring)
            assert found.status in ("absent", "not_applicable")


def test_ties_at_one_half_are_decided_as_the_model_decides_them():
    """Without one of three equal rows of both classes, both are as likely."""
    X, y = np.repeat(np.arange(100.0), 3)[:, None], np.tile([0, 0, 1], 100)
    order = np.random.default_rng(0).permutation(len(y))
    tree = DecisionTreeClassifier(random_state=0)
    found = finding_of("threshold", tree, X[order], y[order])
    own = cross_val_score(tree, X[order], y[order]).mean()
    assert found.counterfactual - found.effect == pytest.approx(own)
    assert found.status == "absent"


@pytest.mark.parametrize(("C", "severity"), [(1e-3, "info"), (1.0, None)])
def test_a_penalty_that_squeezes_probabilities_is_no_matter_of_the_threshold(
    C, severity
):
    rng = np.random.default_rng(0)
    y = (rng.random(400) < 0.36).astype(int)
    X = rng.normal(size=(400, 5)) + y[:, None]
    found = finding_of("threshold", LogisticRegression(C=C), X, y, cv=SHUFFLED)
    assert found.status == ("absent" if severity is None else "present")
    assert found.severity == (severity or "info")


def test_the_slope_is_one_where_probabilities_can_be_taken_at_their_word():
    rng = np.random.default_rng(0)
    probabilities = rng.random(20_000)
    truth = rng.random(20_000) < probabilities
    assert slope_of(truth, probabilities) == pytest.approx(1, abs=0.05)
    assert slope_of(~truth, probabilities) == pytest.approx(-1, abs=0.05)
    squeezed = 0.4 + 0.2 * probabilities
    assert slope_of(truth, squeezed) == pytest.approx(5, abs=0.25)
    assert slope_of(truth, np.full(20_000, 0.5)) == 1


# ------------------------------------------------------------------ parts of measuring


@pytest.mark.parametrize("name", METRICS)
def test_scores_of_counts_are_those_of_scikit_learn(name):
    rng = np.random.default_rng(0)
    one = np.arange(50) == 0
    drawn = [
        (rng.random(50) < truth, rng.random(50) < found)
        for truth, found in ((0.3, 0.4), (0.1, 0.0), (0.3, 1.0))
    ]
    for truth, found in [*drawn, (one, one), (~one, ~one)]:
        counts = (truth & found, ~truth & found, truth & ~found, ~truth & ~found)
        score = METRICS[name](*(part.sum() for part in counts))
        scorer = get_scorer(name)
        expected = scorer._score_func(truth, found, **scorer._kwargs)
        assert score == pytest.approx(expected)


def test_the_best_threshold_is_the_middle_of_the_best():
    probabilities = np.arange(101) / 100
    truth = probabilities > 0.305
    assert best_threshold(accuracy, truth, probabilities) == pytest.approx(0.31)
    gap = np.delete(probabilities, np.arange(26, 76))
    assert 0.24 < best_threshold(accuracy, gap > 0.5, gap) <= 0.76
    # Any of these is as good: nothing is positive.
    none = best_threshold(accuracy, truth & False, np.array([0.2] * 50 + [0.9] * 51))
    assert none == pytest.approx(0.9)


def test_rows_are_decided_by_the_threshold_of_other_splits():
    probabilities = np.tile(np.arange(10) / 10, 3)
    split = np.repeat([0, 1, 2], 10)
    truth = probabilities > np.array([0.25, 0.25, 0.65])[split]
    found = cross_fitted(accuracy, truth, probabilities, split)
    for k in range(3):
        test, train = split == k, split != k
        value = best_threshold(accuracy, truth[train], probabilities[train])
        assert (found[test] == (probabilities[test] >= value)).all()
    # The first two know nothing of the last one's own limit.
    assert (found[split == 2] == (probabilities[split == 2] > 0.25)).all()


def test_the_change_is_that_of_the_same_rows():
    rng = np.random.default_rng(0)
    truth = rng.random(400) < 0.3
    own = np.where(rng.random(400) < 0.8, truth, ~truth)
    moved = np.where(rng.random(400) < 0.9, truth, ~truth)
    found = change_by_rows(accuracy, truth, own, moved, seed=0)
    right = (moved == truth).astype(float) - (own == truth)
    assert found.mean == pytest.approx(right.mean())
    assert found.std_error == pytest.approx(right.std() / 20, rel=0.1)
    assert found.interval == pytest.approx(
        (
            right.mean() - 1.96 * right.std() / 20,
            right.mean() + 1.96 * right.std() / 20,
        ),
        abs=0.008,
    )
    assert found.pvalue < 0.01
    assert change_by_rows(accuracy, truth, own, moved, seed=0) == found
    worse = change_by_rows(accuracy, truth, moved, own, seed=0)
    assert worse.mean == pytest.approx(-found.mean)
    assert worse.pvalue > 0.99
    assert (found.confidence_level, found.tolerance, found.n_invalid) == (0.95, 0, 0)
    same = change_by_rows(accuracy, truth, own, own, seed=0)
    assert (same.mean, same.std_error, same.pvalue) == (0, 0, 1)


@pytest.mark.parametrize(
    ("scoring", "counts", "name", "column"),
    [
        ("accuracy", (75, 25), "balanced_accuracy", 1),
        ("accuracy", (25, 75), "balanced_accuracy", 0),
        ("accuracy", (74, 26), "accuracy", 1),
        ("f1", (25, 75), "f1", 1),
        ("f1_macro", (25, 75), "f1_macro", 0),
        ("balanced_accuracy", (50, 50), "balanced_accuracy", 0),
        ("roc_auc", (50, 50), None, None),
    ],
)
def test_which_score_a_threshold_may_raise(scoring, counts, name, column):
    labels = np.array(["a", "b"])
    oof = SimpleNamespace(y=np.repeat(labels, counts), classes=labels)
    found = metric_of(SimpleNamespace(scoring=scoring), oof)
    if name is None:
        assert found is None
    else:
        assert found == (METRICS[name], name, column)


def out_of_fold(**changes):
    rng = np.random.default_rng(0)
    y = np.where(rng.random(300) < 0.15, "yes", "no")
    shown = np.clip(0.1 + 0.3 * (y == "yes") + 0.1 * rng.normal(size=300), 0, 1)
    options = {
        "y": y,
        "classes": np.array(["no", "yes"]),
        "probabilities": np.column_stack([1 - shown, shown]),
        "predictions": np.where(shown > 0.5, "yes", "no"),
        "split": np.arange(300) % 2,
    }
    return SimpleNamespace(**{**options, **changes})


def measured_of(oof, scoring="accuracy"):
    problem = SimpleNamespace(scoring=scoring, seed=0)
    return HiddenByThreshold().measure(SimpleNamespace(oof=oof, problem=problem))


@pytest.mark.parametrize("scoring", ["accuracy", "f1_macro"])
def test_what_is_measured(scoring):
    oof = out_of_fold()
    found = measured_of(oof, scoring)
    name = "balanced_accuracy" if scoring == "accuracy" else scoring
    score = get_scorer(name)._score_func
    options = get_scorer(name)._kwargs
    truth, shown = oof.y == "yes", oof.probabilities[:, 1]
    moved = cross_fitted(METRICS[name], truth, shown, oof.split)
    assert found.area == roc_auc_score(truth, shown)
    assert (found.positive, found.slope) == ("yes", slope_of(truth, shown))
    assert found.value == best_threshold(METRICS[name], truth, shown)
    assert found.recall == (oof.predictions == "yes")[truth].mean()
    assert found.recall_at == moved[truth].mean() > found.recall
    assert found.is_own_score is (name == scoring)
    pair = found.comparison
    assert pair.own == pytest.approx(score(truth, shown > 0.5, **options))
    assert pair.other == pytest.approx(score(truth, moved, **options))
    assert pair.change.mean == pytest.approx(pair.other - pair.own)
    assert (pair.scoring, pair.score_range) == (name, 1.0)
    assert measured_of(oof, scoring) == found  # the same seed


def test_what_no_threshold_can_change_is_not_measured():
    three = np.array(["maybe", "no", "yes"])
    assert measured_of(out_of_fold(classes=three)) is None
    assert measured_of(out_of_fold(split=np.zeros(300))) is None
    assert measured_of(out_of_fold(), "roc_auc") is None
    for unknown in (None, out_of_fold(probabilities=None), out_of_fold(classes=None)):
        with pytest.raises(NotMeasured, match="the model has no probabilities"):
            measured_of(unknown)


# ------------------------------------------------------------------------------ judged


def measured(gain=0.1, area=0.8, scoring="f1", own=True, slope=1.0, noise=1.0):
    change = corrected_estimate(gain + noise * WIGGLE)
    label = "a threshold of about 0.21 instead of 0.5"
    nan = float("nan")
    found = Comparison(label, 0.6, 0.6 + gain, nan, nan, change, scoring, 1.0)
    return Threshold(area, "yes", 0.2125, 0.3, 0.78, found, own, slope)


def judged(**options):
    return HiddenByThreshold().judge(measured(**options), None)


@pytest.mark.parametrize(
    ("options", "status", "severity"),
    [
        ({}, "present", "warning"),
        ({"area": 0.55}, "present", "warning"),
        ({"area": 0.54}, "absent", "info"),
        ({"noise": 20}, "absent", "info"),
        ({"gain": 0.009, "noise": 0.1}, "absent", "info"),
        ({"gain": 0.011, "noise": 0.1}, "present", "warning"),
        ({"slope": 3.0}, "present", "warning"),
        ({"slope": 2.0, "scoring": "accuracy"}, "present", "info"),
        ({"slope": 1.9, "scoring": "accuracy"}, "present", "warning"),
    ],
)
def test_a_threshold_that_pays_is_a_warning(options, status, severity):
    found, change = judged(**options), measured(**options).comparison.change
    assert (found.status, found.severity) == (status, severity)
    assert (found.effect, found.interval) == (change.mean, change.interval)
    assert found.unit == "score"


def test_what_is_told():
    found = judged()
    assert found.explanation == (
        "The probabilities rank well (ROC AUC 0.800). With a threshold of about 0.21 "
        "instead of 0.5, the test f1 goes from 0.600 to 0.700 (+0.100, 0.085 to "
        "0.115). The share of class yes that is found goes from 30% to 78%."
    )
    assert found.advice == (
        "Put a threshold near 0.21 on the probability of class yes, chosen inside the "
        "validation: TunedThresholdClassifierCV(model, scoring='f1')."
    )
    squeezed = judged(slope=2.5, scoring="accuracy")
    assert squeezed.explanation.endswith(
        "to 78%. The probabilities hardly leave the share of the class: the model fits "
        "too little."
    )
    assert judged(own=False).unit == "score of f1"


def test_what_is_told_of_an_absence():
    found = judged(gain=0.0, area=0.52)
    assert found.title == "No other threshold is reliably better than 0.5"
    assert found.explanation.startswith("The probabilities hardly rank (ROC AUC 0.520)")
    none = HiddenByThreshold().judge(None, None)
    assert (none.status, none.explanation) == (
        "not_applicable",
        "There are more than two classes, or no threshold changes the score.",
    )


def test_a_remedy_is_proposed_where_it_raises_the_score_of_the_problem():
    cause = HiddenByThreshold()
    assert cause.remedies(None, None) == ()
    assert cause.remedies(measured(own=False), None) == ()
