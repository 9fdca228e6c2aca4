"""Evidence made by hand, and what all causes that read it conclude."""

import numpy as np

from skoverfit._gap import GapEstimate, GapScores, corrected_estimate
from skoverfit.diagnosis import (
    Curve,
    DuplicateRows,
    Evidence,
    Reference,
    Remedy,
    Signal,
)
from skoverfit.diagnosis._judgment._claims import claim_of
from skoverfit.diagnosis.causes._duplicates import duplicates
from skoverfit.diagnosis.causes._excess_capacity import excess_capacity
from skoverfit.diagnosis.causes._no_signal import no_signal
from skoverfit.diagnosis.causes._overfitting import overfitting
from skoverfit.diagnosis.causes._sorted_rows import row_order
from skoverfit.diagnosis.causes._too_little_data import too_little_data
from skoverfit.diagnosis.causes._underfitting import underfitting

JUDGES = {
    judge.__name__: judge
    for judge in (
        overfitting,
        underfitting,
        row_order,
        too_little_data,
        excess_capacity,
        duplicates,
        no_signal,
    )
}


def judge_all(evidence):
    """Findings of all causes that read the evidence."""
    return tuple(judge(evidence) for judge in JUDGES.values())


def assert_status(finding, status):
    """Check the status, and what every finding of it must have."""
    assert finding.status == status
    assert finding.title
    assert finding.explanation
    if finding.effect is None:
        assert status == "not_applicable"
    else:
        assert finding.interval[0] <= finding.effect <= finding.interval[1]
    if status == "present":
        assert finding.advice


WIGGLE = np.array([-0.01, 0.0, 0.01, 0.005, -0.005])


def scores(train, test, wiggle=WIGGLE):
    """Five splits around two means."""
    train, test = train + wiggle / 2, test + wiggle
    return GapScores(
        train_scores=train,
        test_scores=test,
        n_train=np.full(5, 80),
        n_test=np.full(5, 20),
        fit_times=np.full(5, 0.1),
        gap=GapEstimate.from_scores(train, test),
    )


def evidence(train=0.9, test=0.9, baseline=0.5, **fields):
    """Evidence with everything at rest, except what is given."""
    model, dummy = scores(train, test), scores(baseline, baseline, -WIGGLE)
    defaults = {
        "task": "classification",
        "scoring": "accuracy",
        "estimator": "Model()",
        "cv": "StratifiedKFold(n_splits=5)",
        "n_samples": 100,
        "n_features": 3,
        "n_splits": 5,
        "class_counts": {"a": 50, "b": 50},
        "model": model,
        "baseline": dummy,
        "over_baseline": corrected_estimate(model.test_scores - dummy.test_scores),
        "target_order_pvalue": 0.5,
        "score_range": 1 - baseline,
    }
    return Evidence(**{**defaults, **fields})


def curve(x, test, train=None):
    """A curve through given mean test scores."""
    tests = np.array([scores(t, t).test_scores for t in test])
    trains = np.array([scores(t, t).train_scores for t in train or test])
    return Curve(np.array(x, dtype=float), trains, tests, 0.25)


def dial(own, weaker=None, stronger=None, weaker_train=None):
    """A dial with other test scores on its sides."""
    tests = [
        own if weaker is None else weaker,
        own,
        own if stronger is None else stronger,
        own - 0.1,
    ]
    return curve([0.25, 0.5, 0.8, 0.9], tests, [weaker_train or own, *tests[1:]])


def reference(role, train, test):
    """A reference model."""
    return Reference(f"a {role} model", role, scores(train, test, WIGGLE[::-1]))


def copies(share=0.3, lift=None):
    """Duplicates whose removal changes the score by about `lift`."""
    return DuplicateRows(
        n_duplicated=30,
        shared=share + WIGGLE,
        shared_same_target=share + WIGGLE,
        seen_score=0.95,
        unseen_score=0.85,
        change_without=None,
        change_retrained=None if lift is None else corrected_estimate(lift + WIGGLE),
    )


def signals(noise):
    """A model and another one, neither above chance, with so much noise."""
    none = corrected_estimate(WIGGLE)
    insight = corrected_estimate(noise * np.array([2.0, -2.0, 1.0, -1.0, 0.0]))
    return tuple(Signal(name, none, insight) for name in ("the model", "a forest"))


CHANCE = (reference("simple", 0.5, 0.5),)
RISING = curve([32, 48, 64, 80], [0.6, 0.7, 0.76, 0.8])
FLAT = curve([32, 48, 64, 80], [0.6, 0.8, 0.8, 0.8])
WELL = scores(0.9, 0.9)
SORTED = {
    "target_order_pvalue": 1e-9,
    "target_shift": 0.8,
    "row_order": "sorted",
}


def remedy(test, gap, **fields):
    """A remedy with sure changes of test score and gap."""
    test_change, gap_change = (
        corrected_estimate(change + WIGGLE / 10) for change in (test, gap)
    )
    claim = claim_of("x", test_change, 2)
    defaults = {
        "name": f"remedy {test} {gap}",
        "description": "",
        "code": "estimator = estimator",
        "test_change": test_change,
        "gap_change": gap_change,
        "mean_train": 0.9,
        "mean_test": 0.8 + test,
        "mean_gap": 0.2 + gap,
        "seconds": 1.0,
        "adjusted_pvalue": claim.pvalue,
        "adjusted_interval": claim.interval,
        "regularizes": True,
    }
    return Remedy(**{**defaults, **fields})
