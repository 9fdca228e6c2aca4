"""The one definition of the gap: numbers against NumPy and SciPy, and bad input."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    cross_validate,
)
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skoverfit import GapEstimate, gap_scores
from skoverfit._gap import corrected_estimate, gap_of
from skoverfit._paired import gap_estimate
from skoverfit._row_scorer import row_scorer, row_scores
from skoverfit.exceptions import InvalidSplitsWarning

X, y = load_breast_cancer(return_X_y=True)
TREE = DecisionTreeClassifier(random_state=0, max_depth=3)


def test_estimates_from_scores_take_all_that_is_given():
    train, test = np.array([1.0, 0.9, 0.95]), np.array([0.7, 0.8, 0.6])
    options = {"test_train_ratio": 0.9, "tolerance": 0.1, "confidence_level": 0.5}
    for used in (options, {"tolerance": 0.0, "confidence_level": 0.95}):
        passed = {name: v for name, v in used.items() if used is options}
        gap = GapEstimate.from_scores(train, test, **passed)
        expected = corrected_estimate(train - test, **used)
        assert {name: getattr(gap, name) for name in vars(expected)} == vars(expected)
        assert gap.tolerance == used["tolerance"]
        assert gap.confidence_level == used["confidence_level"]
        assert gap.mean_train == train.mean()
        assert gap.mean_test == test.mean()
    assert corrected_estimate(train - test) == corrected_estimate(
        train - test, tolerance=0.0
    )
    with pytest.raises(ValueError, match="test_train_ratio"):
        GapEstimate.from_scores(train, test, test_train_ratio=0.0)
    with pytest.raises(ValueError, match=r"^test_scores"):
        GapEstimate.from_scores(train, [test])
    with pytest.raises(ValueError, match=r"^train_scores"):
        GapEstimate.from_scores([train], test)


def test_gaps_of_flags_are_numbers():
    assert_array_equal(gap_of([True, False], [False, False]), [1.0, 0.0])


def test_kernels_are_cut_on_both_sides():
    X, y = load_iris(return_X_y=True)
    linear = gap_scores(SVC(kernel="linear"), X, y)
    given = gap_scores(SVC(kernel="precomputed"), X @ X.T, y)
    assert_allclose(given.test_scores, linear.test_scores)
    assert_allclose(given.train_scores, linear.train_scores)


scores = st.lists(st.floats(-1, 1), min_size=2, max_size=12)


def test_scores_and_sizes_are_those_of_cross_validate():
    cv = ShuffleSplit(4, train_size=0.5, test_size=0.25, random_state=0)
    ours = gap_scores(TREE, X, y, cv=cv)
    theirs = cross_validate(TREE, X, y, cv=cv, return_train_score=True)
    assert_array_equal(ours.train_scores, theirs["train_score"])
    assert_array_equal(ours.test_scores, theirs["test_score"])
    assert_array_equal(ours.gaps, theirs["train_score"] - theirs["test_score"])
    sizes = [(len(train), len(test)) for train, test in cv.split(X)]
    assert_array_equal(np.column_stack([ours.n_train, ours.n_test]), sizes)
    assert_allclose(ours.test_train_ratio, ours.n_test / ours.n_train)


@given(scores, st.floats(0.05, 2), st.floats(0.5, 0.999))
def test_uncertainty_is_nadeau_and_bengios(values, ratio, level):
    values = np.array(values)
    n = len(values)
    estimate = corrected_estimate(
        values, test_train_ratio=ratio, confidence_level=level, tolerance=0.1
    )
    std_error = np.sqrt((1 / n + ratio) * values.var(ddof=1))
    assert_allclose(estimate.mean, values.mean())
    assert_allclose(estimate.std_error, std_error, atol=1e-15)
    if std_error > 1e-9:
        low, high = stats.t.interval(level, n - 1, values.mean(), std_error)
        assert_allclose(estimate.interval, (low, high), rtol=1e-7, atol=1e-12)
        pvalue = stats.t.sf((values.mean() - 0.1) / std_error, n - 1)
        assert_allclose(estimate.pvalue, pvalue, rtol=1e-7)


@given(scores)
def test_k_fold_ratio_is_the_default(values):
    explicit = corrected_estimate(values, test_train_ratio=1 / (len(values) - 1))
    assert corrected_estimate(values).std_error == pytest.approx(explicit.std_error)


def test_each_splits_own_ratio_counts():
    values = [0.1, 0.3, 0.2]
    own = corrected_estimate(values, test_train_ratio=[0.1, 0.2, 0.6])
    assert own == corrected_estimate(values, test_train_ratio=0.3)
    invalid = corrected_estimate([0.1, np.nan, 0.2], test_train_ratio=[0.1, 9.0, 0.5])
    assert invalid.std_error == pytest.approx(
        np.sqrt((1 / 2 + 0.3) * np.var([0.1, 0.2], ddof=1))
    )


def test_exact_values_have_no_uncertainty():
    estimate = corrected_estimate([0.25, 0.25, 0.25], tolerance=0.1)
    assert estimate.interval == pytest.approx((0.25, 0.25))
    assert estimate.pvalue == 0
    assert corrected_estimate([0.0, 0.0]).pvalue == 1


@pytest.mark.parametrize("values", [[], [np.nan], [0.5], [0.5, np.inf]])
def test_too_few_splits_give_nan_not_confidence(values):
    estimate = corrected_estimate(values)
    assert np.isnan(estimate.std_error)
    assert np.isnan(estimate.interval).all()
    assert np.isnan(estimate.pvalue)
    assert estimate.n_splits == int(np.isfinite(values).sum())
    assert estimate.n_invalid == len(values) - estimate.n_splits


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_invalid_score_is_never_a_gap_of_zero(bad):
    assert np.isnan(gap_of([bad, bad, 0.5], [bad, 0.5, bad])).all()
    gap = GapEstimate.from_scores([1.0, 0.9, bad], [0.8, 0.8, bad])
    assert (gap.n_splits, gap.n_invalid) == (2, 1)
    assert gap.mean == pytest.approx(0.15)
    assert gap.mean_train == pytest.approx(0.95)


def test_relative_gap_is_the_share_of_the_train_score():
    assert GapEstimate.from_scores([0.8, 1.0], [0.7, 0.65]).relative == pytest.approx(
        0.25
    )
    assert np.isnan(GapEstimate.from_scores([0.0, 0.0], [0.1, 0.1]).relative)
    negative = GapEstimate.from_scores([-1.0, -1.0], [-1.5, -1.5])
    assert negative.relative == pytest.approx(0.5)


class FailsOnSmall(DecisionTreeClassifier):
    """Fails on the split whose training rows lack row 0."""

    def fit(self, X, y):
        if X[0, 0] != FIRST:
            raise ValueError("no row 0")
        return super().fit(X, y)


FIRST = X[0, 0]


def test_failed_fits_are_left_out_with_a_warning():
    with (
        pytest.warns(InvalidSplitsWarning, match="1 of 4 splits gave no finite score"),
        pytest.warns(Warning, match="1 fits failed"),
    ):
        result = gap_scores(FailsOnSmall(random_state=0), X, y, cv=KFold(4))
    assert result.gap.n_invalid == 1
    assert np.isnan(result.gaps[0])


def test_all_failed_is_an_error():
    with pytest.raises(ValueError, match="fits failed"):
        gap_scores(FailsOnSmall(), X[1:], y[1:], cv=3)


def test_several_metrics_give_one_result_each():
    results = gap_scores(TREE, X, y, scoring=["accuracy", "roc_auc"])
    assert set(results) == {"accuracy", "roc_auc"}
    single = gap_scores(TREE, X, y, scoring="roc_auc")
    assert results["roc_auc"].gap == single.gap


def accuracy_of(estimator, X, y):
    """Accuracy as a function, of which no rows are known."""
    return accuracy_score(y, estimator.predict(X))


def test_intervals_are_from_rows_where_rows_make_up_the_score():
    cv = RepeatedKFold(n_splits=4, n_repeats=2, random_state=0)
    splits = list(cv.split(X))
    scoring = {
        "rows": "accuracy",
        "AUC": "roc_auc",
        "function": accuracy_of,
        "f1": "f1",
    }
    results = gap_scores(TREE, X, y, cv=cv, scoring=scoring, tolerance=0.01)
    trains, tests = zip(*splits, strict=True)
    fitted = [clone(TREE).fit(X[rows], y[rows]) for rows in trains]
    for name in ("rows", "AUC"):
        scorer = row_scorer(scoring[name])
        train, test = (row_scores(scorer, fitted, X, y, k) for k in (trains, tests))
        expected = gap_estimate(train, trains, test, tests, tolerance=0.01)
        assert results[name].gap == expected
    for name in ("function", "f1"):
        scores = results[name]
        assert scores.gap == GapEstimate.from_scores(
            scores.train_scores,
            scores.test_scores,
            test_train_ratio=scores.test_train_ratio,
            tolerance=0.01,
        )
    assert results["rows"].gap.mean == pytest.approx(results["function"].gap.mean)
    assert results["rows"].gap.std_error < results["function"].gap.std_error
    assert gap_scores(TREE, X, y, cv=cv, tolerance=0.01).gap == results["rows"].gap


def test_groups_count_as_one_row():
    rows = np.repeat(np.arange(150), 3)
    splits = list(GroupKFold(5).split(X[rows], groups=rows))
    with config_context(enable_metadata_routing=True):
        copied, alone = (
            gap_scores(TREE, X[rows], y[rows], cv=cv, params=params).gap.std_error
            for cv, params in ((GroupKFold(5), {"groups": rows}), (splits, None))
        )
    assert copied > alone


def test_same_result_at_any_n_jobs():
    one, two = (gap_scores(TREE, X, y, n_jobs=n) for n in (1, 2))
    assert one.gap == two.gap


def test_groups_and_weights_are_routed():
    groups = np.arange(len(y)) % 5
    weight = np.random.default_rng(0).uniform(1, 9, len(y))
    with config_context(enable_metadata_routing=True):
        result = gap_scores(
            DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True),
            X,
            y,
            cv=GroupKFold(5),
            scoring=make_scorer(accuracy_score).set_score_request(sample_weight=True),
            params={"groups": groups, "sample_weight": weight},
        )
    fitted = DecisionTreeClassifier(random_state=0)
    train, test = next(GroupKFold(5).split(X, y, groups))
    fitted.fit(X[train], y[train], sample_weight=weight[train])
    expected = fitted.score(X[test], y[test], sample_weight=weight[test])
    assert result.test_scores[0] == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GapEstimate.from_scores([1, 2], [1]), "got 2 and 1"),
        (lambda: GapEstimate.from_scores([[1]], [1]), "train_scores.*one-dim"),
        (lambda: corrected_estimate([[0.1]]), "values must be one-dim"),
        (lambda: corrected_estimate([0.1, 0.2], confidence_level=1), "confidence_lev"),
        (lambda: corrected_estimate([0.1, 0.2], confidence_level=np.nan), "== nan"),
        (lambda: corrected_estimate([0.1, 0.2], test_train_ratio=-1), "ratio must be"),
        (lambda: corrected_estimate([0.1, 0.2], test_train_ratio=[1.0]), "one per spl"),
        (lambda: gap_scores(TREE, X, y, confidence_level=0), "confidence_level == 0"),
        (lambda: gap_scores(TREE, X, y[:-1]), "inconsistent numbers of samples"),
        (lambda: gap_scores(TREE, X, y, scoring="nope"), "scoring"),
        (lambda: gap_scores(TREE, X, y, cv=1), "'cv'.*Got 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --------------------------------------------------- one pass over the predictions
IRIS = load_iris(return_X_y=True)
CLASSES = ["accuracy", "f1_macro", "balanced_accuracy", "neg_log_loss", "roc_auc_ovr"]
NUMBERS = ["r2", "neg_mean_squared_error", "neg_median_absolute_error", "neg_max_error"]


@pytest.mark.parametrize(
    ("model", "data", "scoring"),
    [
        (LogisticRegression(max_iter=1000), IRIS, CLASSES),
        (Ridge(), load_diabetes(return_X_y=True), NUMBERS),
    ],
)
def test_scores_and_their_order_are_those_of_cross_validate(model, data, scoring):
    ours = gap_scores(model, *data, cv=4, scoring=scoring)
    theirs = cross_validate(
        model, *data, cv=4, scoring=scoring, return_train_score=True
    )
    assert list(ours) == scoring
    for name, scores in ours.items():
        assert_allclose(scores.train_scores, theirs[f"train_{name}"], rtol=1e-12)
        assert_allclose(scores.test_scores, theirs[f"test_{name}"], rtol=1e-12)


@pytest.mark.parametrize("scoring", [None, ["accuracy", "balanced_accuracy"]])
def test_each_part_is_predicted_once(scoring):
    own = DecisionTreeClassifier.predict
    with mock.patch.object(DecisionTreeClassifier, "predict", autospec=True) as asked:
        asked.side_effect = own
        gap_scores(DecisionTreeClassifier(), *IRIS, cv=3, scoring=scoring)
    assert asked.call_count == 2 * 3


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (["accuracy", "accuracy"], "Duplicate"),
        (["accuracy", accuracy_of], "callables"),
        ([], "Empty list"),
        ({1: "r2"}, "Non-string"),
    ],
)
def test_what_cross_validate_refuses_is_refused(scoring, message):
    for function in (cross_validate, gap_scores):
        with pytest.raises(ValueError, match=message):
            function(TREE, *IRIS, scoring=scoring)


class MuteOnTest(DecisionTreeClassifier):
    """Predicts the rows of its fit alone."""

    def fit(self, X, y):
        self.n_known_ = len(y)
        return super().fit(X, y)

    def predict(self, X):
        if len(X) != self.n_known_:
            raise RuntimeError("rows that I do not know")
        return super().predict(X)


@pytest.mark.parametrize("scoring", [None, ["accuracy", "f1_macro"]])
def test_a_model_that_cannot_score_says_why(scoring):
    with (
        pytest.warns(UserWarning, match="rows that I do not know"),
        pytest.warns(InvalidSplitsWarning, match="3 of 3 splits gave no finite"),
    ):
        scores = gap_scores(MuteOnTest(), *IRIS, cv=3, scoring=scoring)
    scores = scores["accuracy"] if scoring else scores
    assert np.isnan(scores.test_scores).all()
    assert np.isfinite(scores.train_scores).all()


def test_a_part_without_a_score_of_rows_gets_what_the_scorer_says():
    """One class in a test part: the scorer of scikit-learn warns, and gives NaN."""
    X, y = IRIS[0][:100], IRIS[1][:100]
    with (
        pytest.warns(UserWarning, match="Only one class"),
        pytest.warns(InvalidSplitsWarning),
    ):
        scores = gap_scores(
            LogisticRegression(max_iter=1000), X, y, cv=KFold(4), scoring="roc_auc"
        )
    assert np.isnan(scores.test_scores).all()
