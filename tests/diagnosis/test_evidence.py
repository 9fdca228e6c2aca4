"""Measurements: input checks, probes, budget."""

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris, make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from skoverfit._gap import corrected_estimate
from skoverfit.diagnosis import _evidence as evidence_module
from skoverfit.diagnosis import duplicate_groups
from skoverfit.diagnosis._budget import Clock, parse_budget
from skoverfit.diagnosis._evidence import (
    STRENGTHS,
    collect_evidence,
    measure_core,
    probe_dial,
    probe_duplicates,
    probe_learning_curve,
    probe_permutations,
    probe_ranking,
    probe_references,
    probe_shuffled,
)
from skoverfit.diagnosis._lab import Lab
from skoverfit.diagnosis._measuring import _measurement as measurement
from skoverfit.diagnosis._measuring._measurement import measure, seeded
from skoverfit.diagnosis._measuring._twins import shuffled_splitter, spread_order
from skoverfit.diagnosis._problem import (
    is_numeric,
    make_problem,
)
from skoverfit.diagnosis._rows._order import order_pvalue, target_shift
from skoverfit.exceptions import InputError, InvalidSplitsWarning

X, y = make_classification(80, 5, n_informative=3, random_state=0)


FIRST = X[0, 0]


def _lab(estimator, X=X, y=y, seconds=math.inf, **options):
    problem = make_problem(estimator, X, y, random_state=0, **options)
    return Lab(problem, Clock(seconds))


def _lab_and_core(estimator, X=X, y=y, seconds=math.inf, **options):
    lab = _lab(estimator, X, y, seconds, **options)
    return lab, measure_core(lab)


def _evidence(estimator, X=X, y=y, seconds=math.inf, **options):
    return collect_evidence(_lab(estimator, X, y, seconds, **options))


# -------------------------------------------------------------------------- bad input
TREE = DecisionTreeClassifier(random_state=0)
REGRESSOR = DecisionTreeRegressor(random_state=0)
MISSING = [np.float32("nan"), Decimal("nan"), np.datetime64("NaT"), pd.NaT, pd.NA]


class KerasLike:
    """Has fit and predict, and nothing else of scikit-learn."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


def with_missing(value):
    """Texts with one missing value of some type."""
    texts = np.array(["a", "b"] * 40, dtype=object)
    texts[3] = value
    return texts


@pytest.mark.parametrize(
    ("estimator", "target", "options", "message"),
    [
        (DecisionTreeClassifier, y, {}, "must be an instance"),
        (object(), y, {}, "must be an instance"),
        (KMeans(), y, {}, "neither a classifier nor a regressor"),
        (SVC(kernel="precomputed"), y, {}, "kernels or distances between rows"),
        (TREE, y[:-1], {}, "79 values, but X has 80 rows"),
        (TREE, np.zeros(80), {}, "constant"),
        (TREE, np.where(np.arange(80) < 3, np.nan, 1.0), {}, "missing in 3 of 80"),
        (TREE, np.array([None] + ["a", "b"] * 39 + ["a"]), {}, "missing in 1 of 80"),
        (TREE, np.arange(80) + 0.5, {}, "continuous"),
        (TREE, np.column_stack([y, y]), {}, "one-dimensional"),
        (TREE, np.eye(2)[y], {}, "one-hot.*argmax"),
        *((TREE, with_missing(nan), {}, "missing in 1 of 80") for nan in MISSING),
        (KerasLike(), y, {}, "no get_params.*KerasClassifier"),
        (TREE, np.arange(80) // 79, {}, "Class 1 has 1 rows, fewer than 5 folds"),
        (REGRESSOR, np.array(["a", "b"] * 40), {}, "not numeric"),
        (REGRESSOR, np.r_[np.inf, np.arange(79)], {}, "infinite"),
        (TREE, y, {"cv": 1}, "at least 2 folds"),
        (TREE, y, {"cv": True}, "at least 2 folds"),
        (TREE, y, {"cv": "five"}, "number of folds"),
        (TREE, y, {"cv": 2.5}, "number of folds"),
        (TREE, y, {"cv": (X[:20], y[:20])}, "as X_test and y_test"),
        (TREE, y, {"cv": (["a"] * 20, ["b"] * 20)}, "as X_test and y_test"),
        (TREE, y, {"cv": (sparse.eye_array(20), y[:20])}, "as X_test and y_test"),
        (TREE, y, {"cv": (np.arange(60), np.arange(50, 80))}, "train, test.*list"),
        (REGRESSOR, y, {"cv": 81}, "80 rows, fewer than 81 folds"),
        (TREE, y, {"cv": StratifiedKFold(50)}, "cannot split"),
        (TREE, y, {"cv": GroupKFold(5)}, "cannot split"),
        (TREE, y, {"scoring": "accurracy"}, "not a scorer"),
        (TREE, y, {"scoring": {"accuracy": 1}}, "a list of scorers"),
        (TREE, y, {"groups": np.zeros(79)}, "one value per row"),
        (TREE, y, {"groups": np.where(y, np.nan, 1.0)}, "groups is missing"),
        (TREE, y, {"groups": np.arange(80) % 3}, "3 groups, fewer than 5 folds"),
        (TREE, y, {"random_state": "zero"}, "random_state"),
    ],
)
def test_bad_input_is_named(estimator, target, options, message):
    options = {"random_state": 0, **options}
    with pytest.raises(InputError, match=message) as caught:
        make_problem(estimator, X, target, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "budget", ["", "fast", "-3s", "0", 0, -1, np.nan, True, "3d", []]
)
def test_bad_budget(budget):
    with pytest.raises(InputError, match="budget="):
        parse_budget(budget)


@pytest.mark.parametrize(
    ("budget", "seconds"),
    [
        (None, math.inf),
        (2, 2),
        (0.5, 0.5),
        ("60s", 60),
        (" 2 m ", 120),
        ("1.5min", 90),
        (".5h", 1800),
        ("7", 7),
        (np.float64(3), 3),
    ],
)
def test_budget(budget, seconds):
    assert parse_budget(budget) == seconds


class Failing(ClassifierMixin, BaseEstimator):
    """Fails on every fit, or on those that miss the first row."""

    def __init__(self, always=True):
        self.always = always

    def fit(self, X, y):
        if self.always or not np.any(X[:, 0] == FIRST):
            raise ValueError("no luck\ntoday")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_estimator_that_never_fits_is_bad_input():
    with pytest.raises(InputError, match="ValueError: no luck today"):
        _lab_and_core(Failing())


def test_scorer_that_never_scores_is_bad_input():
    with pytest.raises(InputError, match="pos_label"):
        _lab_and_core(TREE, y=np.array(["a", "b"])[y], scoring="f1")


def test_failed_split_is_left_out_not_gap_zero():
    with pytest.warns(InvalidSplitsWarning, match="1 of 5"):
        core = _lab_and_core(Failing(always=False))[1]
    assert core.model.gap.n_splits == 4
    assert np.isnan(core.model.gaps).sum() == 1


# ------------------------------------------------------------------------ the problem
def test_splits_are_scikit_learns_default():
    problem = make_problem(TREE, X, y, random_state=0)
    expected = list(StratifiedKFold(5).split(X, y))
    for ours, theirs in zip(problem.splits, expected, strict=True):
        np.testing.assert_array_equal(ours[0], theirs[0])
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_scores_are_those_of_cross_validate():
    problem = make_problem(TREE, X, y, scoring="balanced_accuracy", random_state=0)
    ours = measure(problem, TREE)
    theirs = cross_validate(
        TREE, X, y, scoring="balanced_accuracy", return_train_score=True
    )
    np.testing.assert_allclose(ours.test_scores, theirs["test_score"])
    np.testing.assert_allclose(ours.train_scores, theirs["train_score"])


@pytest.mark.parametrize(
    ("estimator", "expected"), [(TREE, StratifiedGroupKFold), (REGRESSOR, GroupKFold)]
)
def test_groups_stay_together(estimator, expected):
    groups = np.array([f"g{i % 16}" for i in range(80)], dtype=object)
    problem = make_problem(estimator, X, y, groups=groups, random_state=0)
    assert type(problem.splitter) is expected
    for train, test in problem.splits:
        assert not set(groups[train]) & set(groups[test])


def test_object_labels_become_sortable():
    problem = make_problem(TREE, X, y.astype(object), random_state=0)
    assert problem.y.dtype.kind == "i"


def test_unseeded_estimators_are_seeded():
    pipeline = make_pipeline(StandardScaler(), DecisionTreeClassifier())
    assert seeded(pipeline, 3).steps[-1][1].random_state == 3
    assert seeded(TREE, 3).random_state == 0
    assert pipeline.steps[-1][1].random_state is None


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_random_states(random_state):
    assert make_problem(TREE, X, y, random_state=random_state).seed >= 0


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    make_problem(TREE, X, y, random_state=None)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_numeric_input():
    pd = pytest.importorskip("pandas")
    assert is_numeric(X)
    assert is_numeric(sparse.csr_array(X))
    assert is_numeric(pd.DataFrame(X))
    assert not is_numeric(pd.DataFrame({"a": ["x"]}))
    assert not is_numeric(["a text", "another"])


# -------------------------------------------------------------------------- row order
def test_runs_test_agrees_with_all_permutations():
    labels = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 0])
    rng = np.random.default_rng(0)
    runs = [np.count_nonzero(np.diff(rng.permutation(labels))) for _ in range(5_000)]
    exact = np.mean(np.array(runs) <= np.count_nonzero(np.diff(labels)))
    ours = order_pvalue(labels, is_classification=True)
    assert ours == pytest.approx(exact, abs=0.015)


def test_rank_ratio_agrees_with_permutations():
    values = np.cumsum(np.random.default_rng(5).normal(size=12)) + np.tile([3, -1], 6)
    rng = np.random.default_rng(0)

    def ratio(v):
        return np.sum(np.diff(stats.rankdata(v)) ** 2)

    exact = np.mean(
        [ratio(rng.permutation(values)) <= ratio(values) for _ in range(2000)]
    )
    ours = order_pvalue(values, is_classification=False)
    assert ours == pytest.approx(exact, abs=0.03)


def test_sorted_and_constant_targets():
    assert order_pvalue(np.sort(y), is_classification=True) < 1e-10
    assert order_pvalue(np.arange(50.0), is_classification=False) < 1e-10
    assert order_pvalue(np.tile([0, 1], 40), is_classification=True) > 0.99
    assert order_pvalue(np.zeros(9), is_classification=True) == 1
    assert order_pvalue(np.zeros(9), is_classification=False) == 1


def test_target_shift():
    labels = np.array(["a", "a", "b", "b"])
    sorted_splits = [(np.array([0, 1]), np.array([2, 3]))]
    mixed_splits = [(np.array([0, 2]), np.array([1, 3]))]
    assert target_shift(labels, sorted_splits, is_classification=True) == 1
    assert target_shift(labels, mixed_splits, is_classification=True) == 0
    numbers = np.array([0.0, 0, 2, 2])
    assert target_shift(numbers, sorted_splits, is_classification=False) == 2


def test_sorted_labels_score_better_shuffled():
    iris = load_iris(return_X_y=True)
    lab = _lab(LogisticRegression(max_iter=2000), *iris, cv=KFold(3))
    evidence = collect_evidence(lab, ["shuffled"])
    assert evidence.model.gap.mean_test == 0
    assert evidence.shuffled.gap.mean_test > 0.9
    assert evidence.target_shift == 1


@pytest.mark.parametrize(
    ("cv", "reason"),
    [
        (StratifiedKFold(4, shuffle=True, random_state=1), "shuffled already"),
        (TimeSeriesSplit(4), "belong together"),
    ],
)
def test_splits_that_are_not_shuffled_for_comparison(cv, reason):
    lab = _lab(TREE, cv=cv)
    assert probe_shuffled(lab, None) is None
    assert lab.skipped[0].reason.endswith(reason)


@pytest.mark.parametrize(("unit", "fits"), [(15.0, False), (5.0, True)])
def test_one_split_does_not_pay_for_five_shuffled_ones(unit, fits):
    lab = _lab(TREE, cv=5, seconds=50)
    lab.problem, lab.unit = lab.problem.on(lab.problem.splits[:1]), unit
    found = probe_shuffled(lab, None)
    assert (found is not None) == fits
    assert [skipped.what for skipped in lab.skipped] == ["shuffled splits"] * (not fits)


def test_copies_are_kept_together_where_the_budget_left_one_split():
    lab = _lab(TREE, np.tile(X, (2, 1)), np.tile(y, 2), cv=5, seconds=500)
    lab.problem, lab.unit = lab.problem.on(lab.problem.splits[:1]), 1.0
    assert len(lab.grouped[1].tests) == 2


def test_shuffled_twin_keeps_groups():
    groups = np.arange(80) // 2
    problem = make_problem(TREE, X, y, groups=groups, random_state=0)
    for train, test in shuffled_splitter(problem, 1, groups).split(X, y, groups):
        assert not set(groups[train]) & set(groups[test])


# ------------------------------------------------------------------------- duplicates
def _frames():
    pd = pytest.importorskip("pandas")
    return pd.DataFrame(
        {
            "number": [1.0, 2.0, 1.0, np.nan, np.nan, -0.0, 0.0],
            "text": ["a", "b", "a", None, np.nan, "c", "c"],
            "category": pd.Categorical(["x", "y", "x", "x", "x", "y", "y"]),
            "day": pd.to_datetime(["2020-01-01"] * 5 + ["2021-01-01"] * 2),
            "flag": [True, False, True, True, True, False, False],
            "nullable": pd.array([1, 2, 1, None, None, 3, 3], dtype="Int64"),
        }
    )


def test_duplicates_in_a_mixed_frame():
    np.testing.assert_array_equal(duplicate_groups(_frames()), [0, 1, 0, 2, 2, 3, 3])


def test_duplicates_with_equal_column_names():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[1, 2], [1, 3], [1, 2]], columns=["a", "a"])
    np.testing.assert_array_equal(duplicate_groups(frame), [0, 1, 0])


def test_duplicates_in_polars():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"a": [1, None, None, 1], "b": ["x", "y", "y", "z"]})
    np.testing.assert_array_equal(duplicate_groups(frame), [0, 1, 1, 2])


@pytest.mark.parametrize(
    "convert", [sparse.csr_array, sparse.csc_array, sparse.coo_array]
)
def test_duplicates_in_sparse(convert):
    rows = np.array([[0, 1.5, 0], [2, 0, 0], [0, 1.5, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(duplicate_groups(convert(rows)), [0, 1, 0, 2, 2])


def test_duplicates_in_arrays():
    rows = np.array([[0.0, np.nan], [-0.0, np.nan], [0.0, 1.0]])
    before = rows.copy()
    np.testing.assert_array_equal(duplicate_groups(rows), [0, 0, 1])
    np.testing.assert_array_equal(rows, before)
    objects = np.array([["a", 1], ["a", 1], ["b", [2]], ["b", [2]]], dtype=object)
    np.testing.assert_array_equal(duplicate_groups(objects), [0, 0, 1, 1])
    np.testing.assert_array_equal(duplicate_groups(["one", "two", "one"]), [0, 1, 0])
    np.testing.assert_array_equal(duplicate_groups(np.zeros((2, 0))), [0, 0])


def test_copies_with_random_targets_are_measured():
    rng = np.random.default_rng(0)
    rows, labels = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    X2, y2 = np.vstack([rows, rows]), np.r_[labels, labels]
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    copies = probe_duplicates(*_lab_and_core(TREE, X2, y2, cv=cv))
    assert copies.n_duplicated == 60
    expected = [
        np.isin(test % 60, train % 60).mean() for train, test in cv.split(X2, y2)
    ]
    np.testing.assert_allclose(copies.shared, expected)
    np.testing.assert_allclose(copies.shared_same_target, expected)
    assert copies.seen_score == 1
    assert copies.unseen_score < 0.8
    assert copies.change_without.mean < -0.1
    assert copies.change_retrained.mean < -0.15


def test_no_copies():
    copies = probe_duplicates(*_lab_and_core(TREE))
    assert copies.n_duplicated == 0
    assert not copies.shared.any()
    assert copies.change_without is copies.change_retrained is None


# ------------------------------------------------------------------------ other probes
def test_dial_is_not_measured_where_it_changes_nothing():
    lab, core = _lab_and_core(TREE)
    dial = probe_dial(lab, core)
    assert 0.25 not in dial.x  # leaves of one row are the least regularized end
    assert [skipped.what for skipped in lab.skipped] == ["dial at 0.25"]


def test_dial_has_the_own_scores_at_its_middle():
    lab, core = _lab_and_core(clone(TREE).set_params(min_samples_leaf=10))
    dial = probe_dial(lab, core)
    np.testing.assert_array_equal(dial.x, sorted(STRENGTHS))
    np.testing.assert_array_equal(
        dial.test_scores[dial.x == 0.5][0], core.model.test_scores
    )
    assert dial.train_scores[-1].mean() < 1


def test_unknown_estimator_has_no_dial():
    lab, core = _lab_and_core(DummyClassifier())
    assert probe_dial(lab, core) is None
    assert lab.skipped[0].what == "dial"


def test_learning_curve_ends_at_the_model():
    lab, core = _lab_and_core(TREE)
    curve = probe_learning_curve(lab, core)
    np.testing.assert_allclose(curve.x / 64, [0.4, 0.6, 0.8, 1], atol=0.02)
    np.testing.assert_array_equal(curve.test_scores[-1], core.model.test_scores)


def test_beginnings_of_the_learning_order_keep_class_shares():
    labels = np.r_[np.zeros(90, int), np.ones(10, int)]
    problem = make_problem(TREE, np.zeros((100, 1)), labels, random_state=0)
    order = spread_order(problem, np.arange(100), np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    for n in (20, 40, 60, 80):
        assert labels[order[:n]].sum() == pytest.approx(n / 10, abs=1)


def test_references_are_a_simple_and_a_flexible_model():
    references = probe_references(_lab(KNeighborsClassifier()), None)
    assert {r.role for r in references} == {"simple", "flexible"}
    linear = probe_references(_lab(LogisticRegression()), None)
    assert [r.role for r in linear] == ["flexible"]


def test_ranking_is_the_roc_auc():
    ranking = probe_ranking(*_lab_and_core(LogisticRegression()))
    areas = cross_validate(LogisticRegression(), X, y, scoring="roc_auc")["test_score"]
    assert ranking.mean == pytest.approx(areas.mean() - 0.5)
    by_area = _lab_and_core(LogisticRegression(), scoring="roc_auc")
    assert probe_ranking(*by_area) is None
    assert probe_ranking(*_lab_and_core(REGRESSOR)) is None


def test_permutations_only_in_doubt():
    lab, core = _lab_and_core(TREE)
    doubtful = corrected_estimate(np.array([-0.1, 0.1, 0.0, 0.05, -0.05]))
    permuted = probe_permutations(lab, replace(core, over_baseline=doubtful))
    assert permuted.shape == (evidence_module.N_PERMUTATIONS,)
    assert permuted.mean() < core.model.gap.mean_test
    clear = corrected_estimate(np.array([0.3, 0.31, 0.3, 0.29, 0.3]))
    assert probe_permutations(lab, replace(core, over_baseline=clear)) is None


@pytest.mark.parametrize(("scoring", "top"), [("r2", 1), ("neg_mean_squared_error", 0)])
def test_score_range_goes_from_a_constant_to_a_perfect_score(scoring, top):
    X, y = make_regression(60, 3, noise=5, random_state=0)
    core = _lab_and_core(Ridge(), X, y, scoring=scoring)[1]
    constant = {"r2": 0, "neg_mean_squared_error": -np.var(y)}[scoring]
    assert core.score_range == pytest.approx(top - constant)


@pytest.mark.parametrize("scoring", ["r2", "neg_mean_absolute_error"])
def test_score_range_is_not_taken_from_a_drifting_dummy(scoring):
    y = np.arange(100.0)
    X = y[:, None]
    core = _lab_and_core(Ridge(), X, y, scoring=scoring, cv=TimeSeriesSplit(4))[1]
    constant = {"r2": 0, "neg_mean_absolute_error": -25}[scoring]
    assert core.baseline.gap.mean_test < constant - 5
    assert core.score_range == pytest.approx(
        {"r2": 1, "neg_mean_absolute_error": 0}[scoring] - constant
    )


def test_score_range_of_an_unknown_scorer_ends_at_the_best_seen():
    def double(estimator, X, y):
        return 2 * estimator.score(X, y)

    lab, core = _lab_and_core(TREE, scoring=double)
    assert lab.problem.scoring == "double"
    expected = 2 - core.baseline.gap.mean_test
    assert core.score_range == pytest.approx(expected)


def test_sparse_input():
    lab = _lab(LogisticRegression(), sparse.csr_array(X))
    assert [r.name for r in probe_references(lab, None)] == ["extra trees"]
    assert lab.problem.n_features == 5


# ---------------------------------------------------------------------------- budget
def test_tiny_budget_keeps_the_core():
    evidence = _evidence(TREE, seconds=1e-9)
    assert evidence.model.gap.n_splits == evidence.baseline.gap.n_splits == 5
    assert evidence.dial is evidence.learning_curve is evidence.shuffled is None
    assert evidence.references == ()
    named = {s.what for s in evidence.skipped}
    assert {"shuffled splits", "learning curve", "dial at 0.8"} <= named
    reasons = {s.what: s.reason for s in evidence.skipped}
    assert "budget" in reasons["dial at 0.8"]


def test_slow_candidate_is_found_out_after_one_split(monkeypatch):
    lab = _lab(TREE, seconds=50)
    ticks = iter(range(0, 10_000, 20))
    monkeypatch.setattr(measurement, "perf_counter", lambda: next(ticks))
    candidate = evidence_module.usual.simple(lab.problem)
    assert lab.try_candidate(candidate) is None
    assert "160.0 s" in lab.skipped[-1].reason
    assert lab.trials == []


def test_progress_never_passes_its_total():
    seen = []
    problem = make_problem(LinearRegression(), *make_regression(40, 2), random_state=0)
    lab = Lab(problem, Clock(math.inf), lambda *step: seen.append(step))
    collect_evidence(lab)
    lab.finish()
    assert all(done <= total for _, done, total in seen)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    assert seen[-1][0] == "done"
    assert seen[-1][1] == seen[-1][2]
