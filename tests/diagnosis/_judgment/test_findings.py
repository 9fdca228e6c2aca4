"""Judgments on evidence made by hand: every code present, absent, not applicable."""

from dataclasses import replace

import numpy as np
import pytest

from skoverfit._gap import GapEstimate, GapScores, corrected_estimate
from skoverfit.diagnosis import (
    Curve,
    DuplicateRows,
    Evidence,
    Reference,
    Remedy,
    Signal,
    Skipped,
    Verdict,
)
from skoverfit.diagnosis._judgment import _findings as findings
from skoverfit.diagnosis._judgment._claims import (
    best_claim,
    bonferroni,
    claim_of,
    unpaired_estimate,
)
from skoverfit.diagnosis._judgment._findings import judge_all
from skoverfit.diagnosis._remedies import best_remedy
from skoverfit.diagnosis._verdict import judge_verdict

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


@pytest.mark.parametrize(
    ("code", "made", "status"),
    [
        ("overfitting", evidence(1.0, 0.8), "present"),
        ("overfitting", evidence(0.81, 0.8), "absent"),
        ("excess_capacity", evidence(dial=dial(0.8, stronger=0.9)), "present"),
        ("excess_capacity", evidence(dial=dial(0.9, stronger=0.9)), "absent"),
        ("excess_capacity", evidence(dial=dial(0.9, weaker=0.95)), "absent"),
        ("excess_capacity", evidence(), "not_applicable"),
        (
            "underfitting",
            evidence(0.7, 0.7, references=(reference("flexible", 1.0, 0.9),)),
            "present",
        ),
        (
            "underfitting",
            evidence(0.7, 0.7, dial=dial(0.7, weaker=0.8, weaker_train=0.85)),
            "present",
        ),
        # Better on new rows, but not because it fits more: no lack of capacity.
        (
            "underfitting",
            evidence(1.0, 0.7, references=(reference("flexible", 1.0, 0.9),)),
            "absent",
        ),
        (
            "underfitting",
            evidence(0.9, 0.9, references=(reference("flexible", 1.0, 0.9),)),
            "absent",
        ),
        (
            "underfitting",
            evidence(references=(reference("simple", 0.9, 0.95),)),
            "not_applicable",
        ),
        (
            "row_order",
            evidence(0.9, 0.3, shuffled=scores(0.9, 0.9), **SORTED),
            "present",
        ),
        # Rows may belong together although the target is in random order.
        ("row_order", evidence(0.9, 0.3, shuffled=scores(0.9, 0.9)), "present"),
        ("row_order", evidence(0.9, 0.87, shuffled=scores(0.9, 0.9)), "absent"),
        (
            "row_order",
            evidence(0.9, 0.9, shuffled=scores(0.9, 0.9), **SORTED),
            "absent",
        ),
        ("row_order", evidence(**SORTED), "not_applicable"),
        ("too_little_data", evidence(learning_curve=RISING), "present"),
        ("too_little_data", evidence(learning_curve=FLAT), "absent"),
        ("too_little_data", evidence(), "not_applicable"),
        ("duplicates", evidence(duplicates=copies()), "present"),
        ("duplicates", evidence(duplicates=copies(0.02 - 0.015)), "absent"),
        ("duplicates", evidence(), "not_applicable"),
        ("no_signal", evidence(1.0, 0.5, references=CHANCE), "present"),
        # One kind of model, one split or few rows say too little.
        ("no_signal", evidence(1.0, 0.5), "not_applicable"),
        (
            "no_signal",
            evidence(1.0, 0.5, references=CHANCE, n_splits=1),
            "not_applicable",
        ),
        ("no_signal", evidence(1.0, 0.5, signals=signals(0.1)), "not_applicable"),
        ("no_signal", evidence(1.0, 0.5, signals=signals(0.01)), "present"),
        ("no_signal", evidence(0.9, 0.8), "absent"),
        (
            "no_signal",
            evidence(1.0, 0.45, permuted=np.full(39, 0.3)),
            "absent",
        ),
        (
            "no_signal",
            evidence(1.0, 0.45, permuted=np.full(39, 0.5), references=CHANCE),
            "present",
        ),
        (
            "no_signal",
            evidence(1.0, 0.45, ranking=corrected_estimate(0.2 + WIGGLE)),
            "absent",
        ),
        (
            "no_signal",
            evidence(1.0, 0.45, references=(reference("simple", 0.7, 0.7),)),
            "absent",
        ),
    ],
)
def test_status(code, made, status):
    finding = getattr(findings, code)(made)
    assert finding.name == code
    assert finding.status == status
    assert finding.title
    assert finding.explanation
    if finding.effect is None:
        assert status == "not_applicable"
    else:
        assert finding.interval[0] <= finding.effect <= finding.interval[1]
    if status == "present":
        assert finding.advice


def test_one_finding_per_code():
    codes = [f.name for f in judge_all(evidence())]
    assert codes == [
        "overfitting",
        "underfitting",
        "row_order",
        "too_little_data",
        "excess_capacity",
        "duplicates",
        "no_signal",
    ]


def test_effects_in_the_units_of_the_score():
    gap = findings.overfitting(evidence(1.0, 0.8))
    assert gap.effect == pytest.approx(0.2)
    slope = findings.too_little_data(evidence(learning_curve=RISING))
    x, y = np.log2([48, 64, 80]), [0.7, 0.76, 0.8]
    assert slope.effect == pytest.approx(np.polyfit(x, y, 1)[0])


def test_noisy_gain_is_not_claimed():
    made = evidence(dial=dial(0.8, stronger=0.82))
    noisy = made.dial.test_scores.copy()
    noisy[2] += np.array([0.2, -0.2, 0.1, -0.1, 0.0])
    finding = findings.excess_capacity(
        replace(made, dial=replace(made.dial, test_scores=noisy))
    )
    assert finding.status == "absent"
    assert finding.interval[0] < 0 < finding.interval[1]


def test_further_splits_decide_about_the_dial():
    made = evidence(dial=dial(0.8, stronger=0.9), leading_strength=0.8)
    noisy = corrected_estimate(np.array([0.2, -0.2, 0.1, -0.1, 0.0]))
    finding = findings.excess_capacity(replace(made, leading_change=noisy))
    assert finding.status == "absent"
    assert "further splits" in finding.explanation


@pytest.mark.parametrize(
    ("lift", "severity"),
    [(None, "info"), (-0.1, "serious"), (0.0, "info"), (0.1, "info")],
)
def test_copies_are_serious_only_if_they_lift_the_score(lift, severity):
    assert (
        findings.duplicates(evidence(duplicates=copies(lift=lift))).severity == severity
    )


def test_underfitting_is_serious_where_the_training_rows_are_not_fitted():
    far = evidence(0.7, 0.7, references=(reference("flexible", 1.0, 0.9),))
    near = evidence(0.85, 0.7, references=(reference("flexible", 1.0, 0.8),))
    assert findings.underfitting(far).severity == "serious"
    assert findings.underfitting(near).severity == "warning"


def test_advice_for_sorted_files_is_to_shuffle():
    is_sorted = findings.row_order(
        evidence(0.9, 0.3, shuffled=scores(0.9, 0.9), **SORTED)
    )
    assert "shuffle=True" in is_sorted.advice
    related = evidence(0.9, 0.7, shuffled=WELL, target_order_pvalue=1e-9)
    assert "groups" in findings.row_order(related).advice


def test_reason_of_a_missing_measurement_is_given():
    made = evidence(skipped=(Skipped("learning curve", "no time"),))
    assert "no time" in findings.too_little_data(made).explanation


def test_failed_splits_give_no_finding_of_a_gap():
    nan = scores(np.nan, np.nan)
    assert findings.overfitting(evidence(model=nan)).status == "not_applicable"


# ------------------------------------------------------------------------------ claims
def test_bonferroni_agrees_with_its_interval():
    values = np.array([0.01, 0.05, 0.03, 0.04, 0.02])
    one, five = (bonferroni("x", values, 0.25, n) for n in (1, 5))
    assert five.pvalue == pytest.approx(5 * one.pvalue)
    assert five.interval[0] < one.interval[0]
    for claim in (one, five):
        assert (claim.pvalue < 0.05) == (claim.interval[0] > 0)
    assert one.pvalue / 2 == pytest.approx(corrected_estimate(values).pvalue)


def test_best_claim_prefers_the_reliable_one():
    changes = {"wild": np.array([1.0, -0.5, 0.4, 0.1, 0.0]), "sure": 0.1 + WIGGLE}
    assert best_claim(changes, 0.25).name == "sure"
    assert best_claim({"wild": changes["wild"]}, 0.25).name == "wild"
    assert best_claim({"none": np.full(5, np.nan)}, 0.25) is None
    assert best_claim({}, 0.25) is None


def test_unpaired_difference_is_welchs_without_correction():
    from scipy import stats

    one, two = np.array([0.9, 0.8, 0.95, 0.85]), np.array([0.6, 0.8, 0.7, 0.65, 0.6])
    tiny = 1e-12  # no test rows: nothing to correct
    ours = unpaired_estimate(one, tiny, two, tiny)
    theirs = stats.ttest_ind(one, two, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert 2 * ours.pvalue == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx((interval.low, interval.high))
    constant = unpaired_estimate(np.ones(3), 0.5, np.zeros(3), 0.5)
    assert (constant.mean, constant.pvalue) == (1, 0)


# ----------------------------------------------------------------------------- verdict
@pytest.mark.parametrize(
    ("made", "code"),
    [
        (
            evidence(0.9, 0.3, shuffled=scores(0.9, 0.9), **SORTED),
            "validation_misleading",
        ),
        (evidence(duplicates=copies(lift=-0.1)), "validation_misleading"),
        (evidence(1.0, 0.5, references=CHANCE), "no_signal"),
        (evidence(1.0, 0.5), "cannot_tell"),
        (evidence(0.9, 0.9), "no_cause_found"),
        (evidence(0.9, 0.9, duplicates=copies(lift=0.0)), "no_cause_found"),
        (evidence(1.0, 0.8), "cannot_tell"),
        (
            evidence(0.7, 0.7, references=(reference("flexible", 1.0, 0.9),)),
            "underfitting",
        ),
    ],
)
def test_verdict_without_remedies(made, code):
    verdict = judge_verdict(made, judge_all(made), (), None)
    assert isinstance(verdict, Verdict)
    assert verdict.code == code


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
    }
    return Remedy(**{**defaults, **fields})


def test_wide_but_noisy_gap_is_not_overlooked():
    noise = np.array([0.4, -0.4, 0.3, -0.3, 0.0])
    made = evidence(model=scores(1.0, 0.7, noise))
    assert findings.overfitting(made).status == "not_applicable"
    verdict = judge_verdict(made, judge_all(made), (), None)
    assert verdict.code == "cannot_tell"
    assert verdict.headline.startswith("There may be a gap")


@pytest.mark.parametrize(
    ("remedies", "code"),
    [
        ([(0.1, -0.1)], "harmful_gap"),
        ([(0.0, -0.1)], "harmless_gap"),
        ([(-0.1, -0.2)], "harmless_gap"),
        ([(0.1, 0.05)], "harmless_gap"),
        ([(0.05, 0.05), (0.1, -0.1)], "harmful_gap"),
    ],
)
def test_verdict_tells_harmful_from_harmless(remedies, code):
    made = evidence(1.0, 0.8)
    tried = tuple(remedy(*changes) for changes in remedies)
    best = best_remedy(made, tried)
    assert (best is None) == (max(test for test, _ in remedies) <= 0)
    assert judge_verdict(made, judge_all(made), tried, best).code == code


def test_best_remedy_needs_size_certainty_and_an_estimator():
    made = evidence(1.0, 0.8)
    sure = remedy(0.05, 0.0)
    assert best_remedy(made, (sure, remedy(0.1, 0.0))).test_change.mean > 0.09
    assert best_remedy(made, (remedy(0.001, 0.0),)) is None
    assert best_remedy(made, (replace(sure, adjusted_pvalue=0.06),)) is None
    assert best_remedy(made, (replace(sure, adjusted_pvalue=np.nan),)) is None
    assert best_remedy(made, (replace(sure, kind="validation"),)) is None
    lost = corrected_estimate(-0.1 + WIGGLE)
    assert best_remedy(made, (replace(sure, confirmed=lost),)) is None
