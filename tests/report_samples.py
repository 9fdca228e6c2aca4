"""Hand-made reports: only the parts that the visible forms read."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skoverfit._gap import GapEstimate, GapScores, corrected_estimate
from skoverfit.diagnosis._records import (
    Curve,
    Evidence,
    Finding,
    Remedy,
    Skipped,
    Subject,
    Verdict,
)


@dataclass
class SampleReport:
    """The attributes of a report that the visible forms use."""

    evidence: Evidence
    findings: tuple[Finding, ...]
    remedies: tuple[Remedy, ...]
    verdict: Verdict
    best_remedy: Remedy | None = None
    subject: Subject | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def gap_scores_of(train, test):
    train, test = np.asarray(train, float), np.asarray(test, float)
    n_train, n_test = np.full(train.size, 455), np.full(train.size, 114)
    return GapScores(
        train,
        test,
        n_train,
        n_test,
        np.full(train.size, 0.01),
        GapEstimate.from_scores(train, test),
    )


def curve_of(x, train, test):
    spread = np.linspace(-0.02, 0.02, 5)
    train = np.asarray(train, float)[:, None] + np.zeros(5)
    return Curve(
        x=np.asarray(x, float),
        train_scores=train,
        test_scores=np.asarray(test, float)[:, None] + spread,
        test_train_ratio=0.25,
    )


def evidence_of(**changes):
    model = gap_scores_of([1.0] * 5, [0.921, 0.904, 0.938, 0.895, 0.929])
    baseline = gap_scores_of([0.627] * 5, [0.623, 0.632, 0.623, 0.632, 0.628])
    values = {
        "task": "classification",
        "scoring": "accuracy",
        "estimator": "DecisionTreeClassifier(random_state=0)",
        "cv": "StratifiedKFold(n_splits=5, random_state=None, shuffle=False)",
        "n_samples": 569,
        "n_features": 30,
        "n_splits": 5,
        "class_counts": {"benign": 357, "malignant": 212},
        "model": model,
        "baseline": baseline,
        "over_baseline": corrected_estimate(model.test_scores - baseline.test_scores),
        "target_order_pvalue": 0.3,
        "learning_curve": curve_of(
            [45, 114, 227, 455], [1, 1, 1, 1], [0.88, 0.9, 0.91, 0.917]
        ),
        "dial": curve_of(
            [0, 0.25, 0.5, 0.75, 1],
            [1, 0.99, 0.98, 0.96, 0.63],
            [0.917, 0.921, 0.931, 0.927, 0.627],
        ),
        "skipped": (Skipped("permutation test", "the budget was used up"),),
        "seconds": 8.4,
    }
    return Evidence(**{**values, **changes})


FINDINGS = (
    Finding(
        "SKO204",
        "duplicates",
        "No test rows occur among the training rows.",
        "absent",
        "info",
        0.0,
        None,
        "share of test rows",
        "0 of 569 rows repeat an earlier one.",
        "",
    ),
    Finding(
        "SKO102",
        "overfitting",
        "The model scores much better on the rows it was fitted on.",
        "present",
        "warning",
        0.0826,
        (0.0604, 0.1048),
        "score",
        "Train accuracy is 1.000, test accuracy 0.917: a gap of 0.083, larger than "
        "the tolerance of 0.02 (p < 0.001).",
        "Reduce the capacity of the model or collect more rows; see the remedies.",
    ),
    Finding(
        "SKO101",
        "excess_capacity",
        "A stronger setting of the dial scores better.",
        "present",
        "serious",
        0.0143,
        (0.0021, 0.0265),
        "score",
        "At strength 0.5 the test accuracy is 0.931, at the model's own 0.917.",
        "Use RegularizedClassifier(estimator, strength=0.5).",
    ),
    Finding(
        "SKO301",
        "row_order",
        "Whether shuffling the splits helps.",
        "not_applicable",
        "info",
        None,
        None,
        "score",
        "The splits keep groups together.",
        "",
    ),
)


def remedy_of(name, test_change, gap_change, **changes):
    values = {
        "name": name,
        "description": f"What {name} changes, in one sentence.",
        "code": "from sklearn.base import clone\n\nbetter = clone(estimator)",
        "test_change": corrected_estimate(test_change + np.linspace(-0.01, 0.01, 5)),
        "gap_change": corrected_estimate(gap_change + np.linspace(-0.02, 0.02, 5)),
        "mean_train": 0.98,
        "mean_test": 0.917 + test_change,
        "mean_gap": 0.083 + gap_change,
        "seconds": 0.7,
    }
    return Remedy(**{**values, **changes})


def sample_report(**changes):
    remedies = (
        remedy_of("hierarchical shrinkage", 0.004, -0.012),
        remedy_of("RegularizedClassifier, strength 0.5", 0.0143, -0.0333),
        remedy_of("GaussianNoise augmentation", -0.0088, 0.0071),
        remedy_of("failed everywhere", float("nan"), float("nan")),
        remedy_of("shuffled splits", 0.01, -0.02, kind="validation"),
    )
    values = {
        "evidence": evidence_of(),
        "findings": FINDINGS,
        "remedies": remedies,
        "verdict": Verdict(
            "harmful_gap",
            "The model overfits, and that costs test accuracy.",
            "Train accuracy 1.000, test accuracy 0.917; a stronger setting gains "
            "1.4 points of test accuracy and closes 40% of the gap.",
        ),
        "best_remedy": remedies[1],
    }
    return SampleReport(**{**values, **changes})


SUBJECT = Subject(
    data="patients.csv",
    target="answer",
    model="tree",
    reading="Read 569 rows and 30 features (30 numbers) from patients.csv.",
    command="skoverfit diagnose patients.csv --target answer --model tree",
    date="2026-01-02 03:04 UTC",
    versions={"skoverfit": "0.1", "numpy": "2.0"},
)

HOSTILE = (
    '<script>document.title="pwned"</script><img src=x onerror=alert(1)>"\'&'
    "\x1b]0;title\x07\u202e\x9b"
)


def hostile_report():
    """A report whose every free text tries to break out of the page."""
    remedy = remedy_of(HOSTILE, 0.01, -0.02, description=HOSTILE, code=HOSTILE)
    finding = Finding(
        "SKO102",
        "overfitting",
        HOSTILE,
        "present",
        "serious",
        0.1,
        (0.0, 0.2),
        HOSTILE,
        HOSTILE,
        HOSTILE,
    )
    return sample_report(
        evidence=evidence_of(
            estimator=HOSTILE,
            cv=HOSTILE,
            scoring=HOSTILE,
            class_counts={HOSTILE: 300, "y" * 300: 269},
            skipped=(Skipped(HOSTILE, HOSTILE),),
        ),
        findings=(finding,),
        remedies=(remedy,),
        verdict=Verdict(HOSTILE, HOSTILE, HOSTILE),
        best_remedy=remedy,
        subject=Subject(*[HOSTILE] * 6, {HOSTILE: HOSTILE}),
    )
