"""Remedies: what is tried, the code that is shown, and what is confirmed."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import _remedies
from skoverfit.diagnosis._budget import Clock
from skoverfit.diagnosis._evidence import collect_evidence
from skoverfit.diagnosis._lab import Lab, Trial
from skoverfit.diagnosis._measuring._measurement import measure
from skoverfit.diagnosis._measuring._twins import n_repeats
from skoverfit.diagnosis._problem import make_problem
from skoverfit.diagnosis._remedies import (
    best_remedy,
    may_do_harm,
    proof_of_harm,
    try_remedies,
)
from skoverfit.diagnosis.causes._irrelevant_columns import filtered
from skoverfit.diagnosis.causes._many_columns import sparse_linear
from skoverfit.diagnosis.remedies import _usual as usual
from skoverfit.diagnosis.remedies._base import Candidate
from skoverfit.diagnosis.remedies._same_model import turned
from tests.diagnosis import made_evidence
from tests.diagnosis.made_evidence import WIGGLE, judge_all

X, y = make_classification(
    90, 5, n_informative=2, n_redundant=0, flip_y=0.2, random_state=3
)
TREE = DecisionTreeClassifier(random_state=0)
BUILDERS = [
    lambda problem: turned(problem, 0.8),
    usual.flexible,
    usual.simple,
    usual.forest,
    usual.swap_noise,
    usual.gaussian_noise,
]


def _run(estimator, X, y, fields=("dial",), **options):
    lab = Lab(make_problem(estimator, X, y, random_state=0, **options), Clock(math.inf))
    evidence = collect_evidence(lab, fields)
    findings = judge_all(evidence)
    return lab, evidence, try_remedies(lab, evidence, findings)


# ---------------------------------------------------------------------- code to paste
@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    "estimator",
    [
        TREE,
        DecisionTreeRegressor(max_depth=4),
        make_pipeline(StandardScaler(), DecisionTreeClassifier()),
        Pipeline([("odd name", StandardScaler()), ("it's", DecisionTreeRegressor())]),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), TREE)),
    ],
)
def test_pasted_code_builds_the_same_estimator(build, estimator):
    problem = make_problem(estimator, X, y, cv=2, random_state=0)
    before = repr(estimator)
    candidate = build(problem)
    scope = {}
    exec(candidate.code, scope)
    assert repr(scope["estimator"]) == repr(candidate.estimator)
    assert type(scope["estimator"]) is type(candidate.estimator)
    assert repr(estimator) == before
    ours = measure(problem, candidate.estimator)
    theirs = measure(problem, scope["estimator"])
    np.testing.assert_array_equal(ours.test_scores, theirs.test_scores)
    assert np.isfinite(ours.test_scores).all()


@pytest.mark.parametrize(
    ("estimator", "build"),
    [
        (HistGradientBoostingClassifier(), usual.flexible),
        (LogisticRegression(), usual.simple),
        (LogisticRegression(), usual.forest),
        (RandomForestClassifier(), usual.forest),
    ],
)
def test_no_model_is_its_own_remedy(estimator, build):
    assert build(make_problem(estimator, X, y, random_state=0)) is None


def test_texts_get_models_that_take_sparse_input():
    texts = [f"word{i % 7} word{i % 3} and" for i in range(60)]
    estimator = make_pipeline(TfidfVectorizer(), MultinomialNB())
    labels = np.arange(60) % 3 == 0
    problem = make_problem(estimator, texts, labels, random_state=0)
    assert problem.n_features == 1
    assert usual.swap_noise(problem) is None
    assert usual.gaussian_noise(problem) is None
    for build in (usual.flexible, usual.simple):
        assert np.isfinite(measure(problem, build(problem).estimator).test_scores).all()


def test_many_classes_get_models_whose_cost_does_not_grow():
    many = np.arange(90) % 6
    problem = make_problem(TREE, X, many, random_state=0)
    assert usual.flexible(problem).name == "extra trees"


def test_sparse_rows_can_be_augmented():
    problem = make_problem(TREE, sparse.csr_array(X), y, random_state=0)
    for build in (usual.swap_noise, usual.gaussian_noise):
        assert np.isfinite(measure(problem, build(problem).estimator).test_scores).all()


# ------------------------------------------------------------------------ what is tried
@pytest.fixture(scope="module")
def tried():
    """Lab, evidence and remedies of a tree."""
    return _run(TREE, X, y)


def test_changes_are_paired_on_the_same_splits(tried):
    lab, evidence, remedies = tried
    by_name = {r.name: r for r in remedies}
    remedy = by_name["stronger regularization (0.8)"]
    again = measure(lab.problem, remedy.estimator)
    change = again.test_scores - evidence.model.test_scores
    assert remedy.test_change.mean == pytest.approx(change.mean())
    assert remedy.mean_test == pytest.approx(again.test_scores.mean())
    gaps = again.gaps - evidence.model.gaps
    assert remedy.gap_change.mean == pytest.approx(gaps.mean())
    assert {"forest instead of one tree", "augmentation with swap noise"} <= set(
        by_name
    )


def test_claims_are_corrected_for_all_that_was_tried(tried):
    remedies = [r for r in tried[2] if r.kind == "estimator"]
    for remedy in remedies:
        change = remedy.test_change if remedy.confirmed is None else remedy.confirmed
        expected = min(1, 2 * len(remedies) * change.pvalue)
        assert remedy.adjusted_pvalue == pytest.approx(expected)
    scores = [remedy.mean_test for remedy in remedies]
    assert scores == sorted(scores)[::-1]


def test_leaders_are_confirmed_on_further_splits(tried):
    _, evidence, remedies = tried
    confirmed = [r for r in remedies if r.confirmed is not None]
    assert remedies[0] in confirmed
    assert {r.confirmed.n_splits for r in confirmed} <= {5, 5 * n_repeats(len(y))}
    assert best_remedy(evidence, remedies) in [None, *confirmed]


@pytest.mark.parametrize(
    ("better", "first", "second", "is_behind"),
    [
        (0.10, True, True, True),
        (0.10, False, False, True),
        (0.10, False, True, False),
        (0.04, True, True, False),
    ],
)
def test_a_second_leader_is_confirmed_only_if_it_may_decide(
    monkeypatch, better, first, second, is_behind
):
    made = made_evidence.evidence(1.0, 0.8)
    leaders = [
        made_evidence.remedy(gain, -0.1, name=name, regularizes=regularizes)
        for name, gain, regularizes in [("one", 0.08, first), ("two", 0.05, second)]
    ]
    lab = Lab(make_problem(TREE, X, y, random_state=0), Clock(math.inf))
    lab.trials = [Trial(Candidate(r.name, "", "", TREE), None, 1.0) for r in leaders]

    def confirmed(lab, candidate, seconds):
        change = corrected_estimate(better + WIGGLE / 10)
        return lab.confirmed.setdefault(candidate.name, change)

    monkeypatch.setattr(_remedies, "confirm", confirmed)
    found = _remedies._confirm_leaders(lab, made, leaders)
    assert found[0].confirmed is not None
    assert (found[1].confirmed is None) == is_behind


def test_no_confirmation_where_shuffling_may_be_wrong():
    _, _, remedies = _run(TREE, X, y, cv=TimeSeriesSplit(4))
    assert all(r.confirmed is None for r in remedies)
    assert all(0 <= r.adjusted_pvalue <= 1 for r in remedies)


def test_confirmation_can_be_too_dear():
    lab = Lab(make_problem(TREE, X, y, random_state=0), Clock(math.inf))
    evidence = collect_evidence(lab, ())
    lab.try_candidate(usual.forest(lab.problem))
    lab.clock = Clock(1e-9)
    remedies = try_remedies(lab, evidence, ())
    assert [r.confirmed for r in remedies] == [None]
    assert "confirmation on further splits" in {s.what for s in lab.skipped}


# -------------------------------------------------------------------- ways to validate
def test_sorted_rows_are_validated_on_shuffled_splits():
    X, y = load_diabetes(return_X_y=True)
    order = np.argsort(y)
    estimator = make_pipeline(StandardScaler(), DecisionTreeRegressor(max_depth=3))
    _, _, remedies = _run(estimator, X[order], y[order], ("shuffled",))
    remedy = remedies[-1]
    assert (remedy.kind, remedy.name) == ("validation", "shuffled cross-validation")
    assert remedy.test_change.interval[0] > 0
    scope = {}
    exec(remedy.code, scope)
    assert isinstance(scope["cv"], KFold)
    assert scope["cv"].shuffle
    assert all(r.confirmed is None for r in remedies)


def test_copies_are_kept_together():
    X2, y2 = np.vstack([X, X]), np.r_[y, y]
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    _, evidence, remedies = _run(TREE, X2, y2, ("duplicates",), cv=cv)
    remedy = remedies[-1]
    assert remedy.name == "keep copies together"
    assert remedy.test_change.interval[1] < 0
    assert remedy.mean_test < evidence.model.gap.mean_test
    scope = {"X": X2}
    exec(remedy.code, scope)
    for train, test in scope["cv"].split(X2, y2, scope["groups"]):
        assert not set(train % 90) & set(test % 90)


def test_models_of_another_kind_are_fitted_on_some_rows_and_scored_on_all(monkeypatch):
    monkeypatch.setattr(usual, "OTHER_ROWS", 20)
    lab = Lab(make_problem(TREE, X, y, random_state=0), Clock(math.inf))
    collect_evidence(lab, ())
    trial = lab.try_candidate(usual.simple(lab.problem))
    assert set(trial.scores.n_train) == {20}
    for tested, (_, test) in zip(trial.outcome.tests, lab.problem.splits, strict=True):
        np.testing.assert_array_equal(tested, test)
    assert lab.notes == [
        "models of another kind were fitted on 20 training rows of each split"
    ]
    same = lab.try_candidate(turned(lab.problem, 0.8))
    np.testing.assert_array_equal(same.scores.n_train, lab.model.scores.n_train)


def test_best_remedy_needs_size_certainty_and_an_estimator():
    remedy = made_evidence.remedy
    made = made_evidence.evidence(1.0, 0.8)
    sure = remedy(0.05, 0.0)
    assert best_remedy(made, (sure, remedy(0.1, 0.0))).test_change.mean > 0.09
    assert best_remedy(made, (remedy(0.001, 0.0),)) is None
    assert best_remedy(made, (replace(sure, adjusted_pvalue=0.06),)) is None
    assert best_remedy(made, (replace(sure, adjusted_pvalue=np.nan),)) is None
    assert best_remedy(made, (replace(sure, kind="validation"),)) is None
    lost = corrected_estimate(-0.1 + WIGGLE)
    assert best_remedy(made, (replace(sure, confirmed=lost),)) is None


def test_only_the_model_itself_regularized_proves_that_a_gap_does_harm():
    remedy = made_evidence.remedy
    made = made_evidence.evidence(1.0, 0.8)
    closes, widens = remedy(0.05, -0.1), remedy(0.07, 0.1)
    another = remedy(0.1, -0.1, regularizes=False)
    unsure = replace(remedy(0.08, -0.1), adjusted_pvalue=0.2)
    assert proof_of_harm(made, (closes, widens, another, unsure)) is closes
    assert proof_of_harm(made, (widens, another, unsure)) is None


@pytest.mark.parametrize(
    ("gain", "gap_change", "regularizes", "expected"),
    [
        (0.03, -0.1, True, True),
        (0.02, -0.1, True, False),
        (0.03, 0.1, True, False),
        (0.03, -0.1, False, False),
    ],
)
def test_a_gap_may_do_harm_if_the_model_regularized_seems_to_gain(
    gain, gap_change, regularizes, expected
):
    made = made_evidence.evidence(1.0, 0.8)  # half a point is the range of the score
    tried = made_evidence.remedy(gain, gap_change, regularizes=regularizes)
    assert may_do_harm(made, (tried,)) is expected


def test_a_gap_may_do_harm_where_noise_may_hide_a_gain():
    made, none = made_evidence.evidence(1.0, 0.8), made_evidence.remedy(0.0, -0.1)
    noisy = replace(none, test_change=corrected_estimate(5 * WIGGLE))
    assert not may_do_harm(made, (none,))
    assert may_do_harm(made, (noisy,))
    assert not may_do_harm(made, (replace(noisy, confirmed=none.test_change),))


SCALED = make_pipeline(StandardScaler(), LogisticRegression())


@pytest.mark.parametrize(
    ("estimator", "build", "expected"),
    [
        (TREE, lambda problem: turned(problem, 0.8), True),
        (SCALED, lambda problem: turned(problem, 0.25), False),
        (SCALED, usual.gaussian_noise, True),
        (SCALED, usual.swap_noise, True),
        (SCALED, filtered, True),
        (SCALED, sparse_linear, True),
        (SCALED, usual.flexible, False),
        (TREE, usual.flexible, True),
        (TREE, usual.forest, True),
        (TREE, usual.simple, False),
        (TREE, sparse_linear, False),
        (RandomForestClassifier(), usual.flexible, False),
        (RandomForestClassifier(), usual.simple, False),
    ],
)
def test_what_regularizes_a_model(estimator, build, expected):
    problem = make_problem(estimator, X, y, random_state=0)
    assert build(problem).regularizes is expected
