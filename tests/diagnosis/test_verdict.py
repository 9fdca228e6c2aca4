"""Headlines never contradict the findings and tables below them."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import GapEstimate, GapScores, corrected_estimate
from skoverfit.diagnosis import (
    Curve,
    Decomposition,
    DuplicateRows,
    Evidence,
    Finding,
    Reference,
    Remedy,
    Skipped,
    Verdict,
    diagnose,
)
from skoverfit.diagnosis._judgment._claims import claim_of
from skoverfit.diagnosis._judgment._judging import CODES
from skoverfit.diagnosis._judgment._signal import beats_baseline
from skoverfit.diagnosis._remedies import best_remedy
from skoverfit.diagnosis._verdict import judge_verdict
from skoverfit.diagnosis.causes import registered_causes
from skoverfit.diagnosis.causes._base import choose_causes
from skoverfit.diagnosis.causes._many_columns import SPARSE_LINEAR
from skoverfit.diagnosis.remedies._usual import untried
from tests.diagnosis.made_evidence import (
    CHANCE,
    SORTED,
    copies,
    evidence,
    judge_all,
    reference,
    remedy,
    scores,
)

N_SPLITS = 5


# ------------------------------------------------------------------ generated evidence
def _scores(train, test, noise, rng):
    train = train + noise / 3 * rng.normal(size=N_SPLITS)
    test = test + noise * rng.normal(size=N_SPLITS)
    sizes = np.full(N_SPLITS, 80), np.full(N_SPLITS, 20)
    gap = GapEstimate.from_scores(train, test)
    return GapScores(train, test, *sizes, np.full(N_SPLITS, 0.1), gap)


def _curve(x, own, change, noise, rng):
    """A curve that ends at, or passes through, the model's own scores."""
    places = np.linspace(0, 1, len(x))[:, None]
    tests = own.test_scores + change * places
    tests = tests + noise * rng.normal(size=tests.shape)
    trains = np.maximum(own.train_scores, tests)
    return Curve(np.array(x, dtype=float), trains, tests, 0.25)


@st.composite
def evidences(draw):
    """All combinations of gap, noise, dummy, order, copies, curves and references."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    level = st.sampled_from([-30.0, -4.0, -0.1, 0.0, 0.3, 0.5, 0.8, 0.99, 1.0])
    noise = draw(st.sampled_from([1e-4, 0.01, 0.1, 1.0, 5.0]))
    test = draw(level)
    model = _scores(draw(level), test, noise, rng)
    dummy = _scores(0.5, draw(st.sampled_from([-30.0, 0.0, 0.5, 0.95])), 0.01, rng)
    change = st.sampled_from([-0.3, 0.0, 0.1, 0.5])

    def maybe(made):
        return made if draw(st.booleans()) else None

    other = _scores(1.0, test + draw(change), noise, rng)
    reference = Reference("trees", "flexible", other)
    flat = corrected_estimate(draw(change) / 4 + 0.02 * rng.normal(size=N_SPLITS))
    lost = corrected_estimate(-draw(change) + 0.01 * rng.normal(size=N_SPLITS))
    share = np.full(N_SPLITS, draw(st.sampled_from([0.0, 0.3])))
    copies = DuplicateRows(30, share, share, 0.9, 0.8, None, lost)
    late = Skipped("boosted trees", "would take 9 s, more than the budget leaves")
    return Evidence(
        task=draw(st.sampled_from(["classification", "regression"])),
        scoring="accuracy",
        estimator="Model()",
        cv="KFold()",
        n_samples=draw(st.sampled_from([20, 100, 1000])),
        n_features=3,
        n_splits=N_SPLITS,
        class_counts=None,
        model=model,
        baseline=dummy,
        over_baseline=corrected_estimate(model.test_scores - dummy.test_scores),
        target_order_pvalue=draw(st.sampled_from([1e-9, 0.5])),
        target_shift=draw(st.sampled_from([0.0, 0.8])),
        shuffled=maybe(_scores(1.0, test + draw(change), noise, rng)),
        duplicates=maybe(copies),
        permuted=maybe(test + noise * rng.normal(size=24)),
        learning_curve=maybe(_curve([32, 48, 64, 80], model, draw(change), noise, rng)),
        dial=maybe(_curve([0.25, 0.5, 0.8, 0.9], model, draw(change), noise, rng)),
        references=draw(st.sampled_from([(), (reference,)])),
        ranking=maybe(flat),
        score_range=draw(st.sampled_from([0.05, 0.5, 1.0])),
        skipped=draw(st.sampled_from([(), (late,)])),
    )


@st.composite
def remedies_of(draw, evidence):
    """Some remedies, better and worse, sure and unsure."""
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    changes = draw(st.lists(st.sampled_from([-0.2, 0.0, 0.05, 0.3]), max_size=2))
    return tuple(
        _remedy(change, i, evidence, draw(st.sampled_from([1e-4, 0.05])), rng)
        for i, change in enumerate(changes)
    )


def _remedy(change, i, evidence, noise, rng):
    test = corrected_estimate(change + noise * rng.normal(size=N_SPLITS))
    gap = corrected_estimate(0.1 - change + noise * rng.normal(size=N_SPLITS))
    claim = claim_of("x", test, 2)
    return Remedy(
        name=f"remedy {i}",
        description="",
        code="",
        test_change=test,
        gap_change=gap,
        mean_train=1.0,
        mean_test=evidence.model.gap.mean_test + change,
        mean_gap=evidence.model.gap.mean + gap.mean,
        seconds=1.0,
        adjusted_pvalue=claim.pvalue,
        adjusted_interval=claim.interval,
    )


# ------------------------------------------------------------------- what must agree
def contradictions(evidence, findings, verdict, best):
    """What in the headline the findings, scores and remedies do not bear out."""
    status = {f.name: f.status for f in findings}
    present = {code for code, value in status.items() if value == "present"}
    serious = {f.name for f in findings if f.status == "present"} & {
        f.name for f in findings if f.severity == "serious"
    }
    rules = [
        (r"^no gap", status["overfitting"] == "absent"),
        (r"^no gap", evidence.model.gap.mean < 0.1 * evidence.score_range),
        (r"^there is a gap|^the gap", status["overfitting"] == "present"),
        (r"may be a gap|whether there is", status["overfitting"] == "not_applicable"),
        (r"no signal", "no_signal" in present),
        (r"no (reliable )?lead", not beats_baseline(evidence)),
        (r"no remedy reliably|no remedy that", best is None),
        (r"another model scores better|closing it raises", best is not None),
        (r"less capacity (raises|scores)", "excess_capacity" in present),
        (r"more rows would", "too_little_data" in present),
        (r"too little capacity", "underfitting" in present),
        (r"order", "row_order" in present),
        (r"occur among", "duplicates" in serious),
        (r"no remedy reliably", not untried(evidence.skipped)),
    ]
    wrong = [
        pattern
        for pattern, holds in rules
        if re.search(pattern, verdict.headline, re.IGNORECASE) and not holds
    ]
    if verdict.code == "no_cause_found" and serious - {
        "excess_capacity",
        "underfitting",
    }:
        wrong.append(f"healthy beside {serious}")
    if verdict.code in ("harmful_gap", "harmless_gap"):
        wrong += ["a gap beside none"] * ("overfitting" not in present)
    if "no_signal" in present and verdict.code not in (
        "no_signal",
        "validation_misleading",
    ):
        wrong.append("a finding of no signal is left out")
    return wrong


@settings(max_examples=400)
@given(st.data())
def test_headlines_agree_with_what_is_below_them(data):
    evidence = data.draw(evidences())
    remedies = data.draw(remedies_of(evidence))
    findings = judge_all(evidence)
    best = best_remedy(evidence, remedies)
    verdict = judge_verdict(evidence, findings, remedies, best)
    assert contradictions(evidence, findings, verdict, best) == []


@pytest.mark.parametrize("test", [-0.5, -4.3, -30.0])
def test_a_gap_on_every_split_is_a_gap_however_much_they_differ(test):
    rng = np.random.default_rng(0)
    tests = test * np.array([0.2, 0.5, 1.0, 2.0, 4.0])
    train = np.full(N_SPLITS, 0.99)
    gap = GapEstimate.from_scores(train, tests)
    sizes = np.full(N_SPLITS, 80), np.full(N_SPLITS, 20), np.full(N_SPLITS, 0.1)
    dummy = _scores(0.0, -0.01, 0.01, rng)
    made = Evidence(
        task="regression",
        scoring="r2",
        estimator="Model()",
        cv="KFold()",
        n_samples=100,
        n_features=70,
        n_splits=N_SPLITS,
        class_counts=None,
        model=GapScores(train, tests, *sizes, gap),
        baseline=dummy,
        over_baseline=corrected_estimate(tests - dummy.test_scores),
        target_order_pvalue=0.5,
    )
    found = {f.name: f for f in judge_all(made)}["overfitting"]
    assert found.status == "present"
    assert found.interval[0] > 0


@pytest.mark.parametrize(
    ("estimator", "n_columns"),
    [(LinearRegression(), 70), (DecisionTreeClassifier(random_state=0), 3)],
)
def test_headlines_of_real_runs_agree_with_what_is_below_them(estimator, n_columns):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, n_columns))
    y = X[:, :3].sum(axis=1) + rng.normal(size=100)
    y = y if n_columns > 3 else (y > 0).astype(int)
    report = diagnose(estimator, X, y, causes=CODES.values(), random_state=0)
    parts = report.evidence, report.findings, report.verdict, report.best_remedy
    assert contradictions(*parts) == []
    assert {f.name: f.status for f in report.findings}["overfitting"] == "present"


# --------------------------------------------------------- which of several leads
_CODES = {**CODES, **{cause.name: cause.code for cause in registered_causes()}}


def present(name, effect=0.1, severity="warning", unit="score"):
    return Finding(
        code=_CODES[name],
        name=name,
        title=f"Title of {name}",
        status="present",
        severity=severity,
        effect=effect,
        interval=None,
        unit=unit,
        explanation=f"Measured {name}.",
        advice=f"Mend {name}.",
    )


GAP = present("overfitting", 0.08)


def best_of(samples, gain):
    interval = (gain / 2, 2 * gain)
    sure = {"adjusted_interval": interval, "adjusted_pvalue": 0.001}
    return samples.remedy_of("forest", gain, -0.05, regularizes=True, **sure)


def judged(samples, *findings, remedies=(), best=None):
    evidence = samples.evidence_of(skipped=())
    return judge_verdict(evidence, (GAP, *findings), remedies, best)


@pytest.mark.parametrize("name", ["leaking_column", "groups_apart", "time_order"])
def test_a_serious_doubt_leads_over_all_else(samples, name):
    others = present("unscaled_columns", 0.4), present("imbalance_hidden", 0.4)
    doubt = present(name, 0.05, severity="serious")
    verdict = judged(samples, *others, doubt)
    assert verdict.code == "validation_misleading"
    assert f"Mend {name}." in verdict.explanation
    mild = present(name, 0.05, severity="warning")
    assert judged(samples, *others, mild).code != "validation_misleading"


def test_of_two_doubts_the_one_that_explains_more_points_leads(samples):
    few = present("leaking_column", 0.05, severity="serious")
    many = present("groups_apart", 0.30, severity="serious")
    shares = present("duplicates", 0.9, severity="serious", unit="share of rows")
    verdict = judged(samples, few, many, shares)
    assert "groups_apart" in verdict.headline
    also = verdict.explanation.partition("Also found: ")[2]
    assert "leaking_column" in also
    assert "groups_apart" not in also


def test_what_leads_under_a_headline_of_its_own_is_not_found_again(samples):
    order = present("row_order", 0.3, severity="serious")
    verdict = judged(samples, order, present("wrong_labels"))
    assert "order" in verdict.headline
    assert verdict.explanation.endswith("Also found: Title of wrong_labels.")


def test_a_cause_with_one_cure_leads_unless_a_remedy_gains_twice_as_much(samples):
    cause = present("unscaled_columns", 0.1)
    rival = best_of(samples, 0.15)
    verdict = judged(samples, cause, remedies=(rival,), best=rival)
    assert verdict.headline == "Title of unscaled_columns."
    assert verdict.code == "harmful_gap"
    better = best_of(samples, 0.25)
    verdict = judged(samples, cause, remedies=(better,), best=better)
    assert "forest" in verdict.explanation.lower()
    assert "unscaled" not in verdict.headline


@pytest.mark.parametrize("name", ["imbalance_hidden", "quantity_as_classes"])
def test_a_score_that_hides_is_the_verdict(samples, name):
    assert judged(samples, present(name)).code == "score_hides"
    assert judged(samples, present(name, severity="info")).code != "score_hides"


def test_a_threshold_is_the_verdict_where_moving_it_gains_as_much_as_a_remedy(samples):
    best = best_of(samples, 0.10)
    moved = present("threshold", 0.08)
    assert judged(samples, moved, remedies=(best,), best=best).code == "score_hides"
    little = present("threshold", 0.03)
    assert judged(samples, little, remedies=(best,), best=best).code != "score_hides"


def test_more_rows_are_the_verdict_only_where_nothing_else_helps(samples):
    rows = present("too_little_data", 0.03)
    tried = samples.remedy_of("forest", 0.0, 0.0)
    verdict = judged(samples, rows, remedies=(tried,))
    assert verdict.code == "too_little_data"
    assert "Mend too_little_data." in verdict.explanation
    best = best_of(samples, 0.05)
    assert judged(samples, rows, remedies=(best,), best=best).code == "harmful_gap"


def test_a_large_gain_that_is_not_sure_forbids_to_call_a_gap_harmless(samples):
    def code(gain, gap_change, *findings):
        unsure = {"adjusted_interval": (gain - 0.2, gain + 0.2), "regularizes": True}
        tried = samples.remedy_of("forest", gain, gap_change, **unsure)
        return judged(samples, *findings, remedies=(tried,)).code

    assert code(0.08, -0.05) == "cannot_tell"
    assert code(0.005, -0.05) == code(0.08, 0.05) == "harmless_gap"
    rows = present("too_little_data", 0.03)
    assert code(0.08, -0.05, rows) == "too_little_data"


def test_a_gain_of_another_model_is_no_harm_of_the_gap(samples):
    best = replace(best_of(samples, 0.1), name="boosted trees", regularizes=False)
    weak = {"adjusted_interval": (-0.1, 0.1), "regularizes": True}
    vain = samples.remedy_of("noise", 0.0, -0.05, **weak)
    verdict = judged(samples, remedies=(best, vain), best=best)
    assert verdict.code == "harmless_gap"
    assert verdict.headline == (
        "The test score rises with boosted trees, not by closing the gap."
    )
    assert "The only regularized version of the model is noise" in verdict.explanation
    likely = samples.remedy_of("noise", 0.08, -0.05, **weak)
    for remedies in [(best,), (best, likely)]:
        unsure = judged(samples, remedies=remedies, best=best)
        assert unsure.code == "cannot_tell"
        assert "whether the gap does harm is not sure" in unsure.headline


def test_a_gap_is_harmful_though_another_model_gains_more(samples):
    best = replace(best_of(samples, 0.2), name="boosted trees", regularizes=False)
    proof = best_of(samples, 0.1)
    verdict = judged(samples, remedies=(best, proof), best=best)
    assert verdict.code == "harmful_gap"
    for name in ("forest", "boosted trees"):
        assert f"With {'a ' * (name == 'forest')}{name}, the" in verdict.explanation
    dial = present("excess_capacity", 0.1, "serious")
    verdict = judged(samples, dial, remedies=(best,), best=best)
    assert (
        verdict.headline == "The gap is harmful: less capacity raises the test score."
    )
    assert "With boosted trees" in verdict.explanation


def test_many_columns_show_no_harm_where_another_model_does_without_them(samples):
    columns = present("many_columns", 0.1)
    weak = {"adjusted_interval": (-0.1, 0.1), "regularizes": True}
    vain = samples.remedy_of("noise", 0.0, -0.05, **weak)
    sparse = replace(best_of(samples, 0.1), name=SPARSE_LINEAR)

    def code(*findings, own):
        remedy = replace(sparse, regularizes=own)
        return judged(samples, *findings, remedies=(remedy, vain), best=remedy).code

    assert code(columns, own=False) == "harmless_gap"
    assert code(columns, own=True) == "harmful_gap"
    assert code(columns, present("excess_capacity"), own=False) == "harmful_gap"


def test_a_model_that_was_not_regularized_is_not_called_harmless(samples):
    another = samples.remedy_of("boosted trees", 0.0, -0.01)
    verdict = judged(samples, remedies=(another,))
    assert verdict.code == "cannot_tell"
    assert "no regularized version of the model could be tried" in verdict.headline


def test_an_equal_score_with_less_gap_is_recommended(samples):
    change = corrected_estimate([0.001, -0.001, 0.002, 0.0, 0.001])
    equal = samples.remedy_of("linear", 0.0, -0.06, regularizes=True)
    equal = replace(equal, test_change=change)
    verdict = judged(samples, remedies=(equal,))
    assert verdict.code == "harmless_gap"
    assert "is ruled out) with a gap of 0.023 instead of 0.083" in verdict.explanation
    rows = present("too_little_data", 0.03)
    both = judged(samples, rows, remedies=(equal,))
    assert both.headline == verdict.headline
    assert "Mend too_little_data." in both.explanation
    assert "With linear, the test score is the same" in verdict.explanation
    likely = samples.remedy_of("noise", 0.08, -0.05, regularizes=True)
    verdict = judged(samples, remedies=(equal, likely))
    assert verdict.code == "cannot_tell"
    assert verdict.headline.startswith("The gap may be harmful; a remedy has the same")
    wide = corrected_estimate([0.1, -0.1, 0.05, -0.05, 0.0])
    unclear = replace(equal, test_change=wide)
    verdict = judged(samples, remedies=(unclear,))
    assert "prefer it" not in verdict.explanation


# ------------------------------------------------------------- evidence made by hand
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


def test_wide_but_noisy_gap_is_not_overlooked():
    noise = np.array([0.4, -0.4, 0.3, -0.3, 0.0])
    made = evidence(model=scores(1.0, 0.7, noise))
    assert judge_all(made)[0].status == "not_applicable"
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


@pytest.mark.parametrize(
    ("pvalue", "named"), [(0.03, True), (0.03, False), (0.001, False)]
)
def test_a_lower_test_part_leads_if_a_finding_says_why_or_it_is_sure(pvalue, named):
    parts = Decomposition(
        own_test=0.8,
        n_test=100,
        train_minus_cv=0.05,
        train_minus_cv_interval=(0.0, 0.1),
        cv_minus_own=0.1,
        cv_minus_own_interval=(0.01, 0.19),
        cv_minus_own_pvalue=pvalue,
        gap=0.15,
        gap_interval=(0.0, 0.2),
    )
    made = evidence(0.95, 0.9, decomposition=parts)
    (cause,) = choose_causes(["SKO313"])
    shift = cause.finding("present", severity="warning", effect=0.1)
    findings = (shift,) if named else ()
    found = judge_verdict(made, findings, (), None)
    assert (found.code == "test_part_differs") == (named or pvalue < 0.01)


LATE = (Skipped("shuffled splits", "would take 3 s, more than the budget leaves"),)
OTHER = (Skipped("shuffled splits", "the splits are shuffled already"),)


@pytest.mark.parametrize(
    ("fields", "is_order"),
    [
        ({"skipped": LATE, "row_order": "related"}, True),
        ({"skipped": LATE, "target_order_pvalue": 1e-5}, True),
        ({"skipped": LATE}, False),
        ({"skipped": OTHER, "row_order": "related"}, False),
    ],
)
@pytest.mark.parametrize(("train", "test"), [(1.0, 0.5), (0.9, 0.5), (0.5, 0.5)])
def test_an_order_of_the_rows_is_why_nothing_can_be_told(fields, is_order, train, test):
    made = evidence(train, test, **fields)
    verdict = judge_verdict(made, judge_all(made), (), None)
    assert verdict.code == "cannot_tell"
    assert verdict.headline.startswith("The splits follow the order") == is_order
    assert ("groups=" in verdict.explanation) == is_order


def test_groups_that_were_measured_are_why_nothing_can_be_told():
    made = evidence(1.0, 0.5, skipped=LATE, row_order="related")
    groups = present("groups_in_order", 0.3)
    verdict = judge_verdict(made, (groups, *judge_all(made)), (), None)
    assert verdict.headline == "Title of groups_in_order."
    assert verdict.code == "cannot_tell"
