"""Estimates from rows: what counts as one observation, and what does not."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    cross_validate,
)
from sklearn.tree import DecisionTreeClassifier

from skoverfit._gap import GapEstimate
from skoverfit._paired import (
    TRAINING_SHARE,
    gap_estimate,
    paired_estimate,
    score_estimate,
)
from skoverfit._row_scorer import row_scorer, row_scores

_rng = np.random.default_rng(0)
X = _rng.normal(size=(60, 3))
y = (X[:, 0] + _rng.normal(size=60) > 0).astype(int)


@pytest.fixture
def rng():
    """Draw the same numbers whichever tests run before."""
    return np.random.default_rng(1)


def fields(estimate):
    return pytest.approx([estimate.mean, estimate.std_error, *estimate.interval])


def values(estimate):
    return [estimate.mean, estimate.std_error, *estimate.interval]


def dealt(value, n_folds=5):
    """Values of rows in folds, and their rows."""
    rows = np.array_split(np.arange(len(value)), n_folds)
    return [value[own] for own in rows], rows


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc", "neg_log_loss"])
@pytest.mark.parametrize(
    "cv",
    [
        KFold(4),
        RepeatedStratifiedKFold(n_splits=7, n_repeats=3, random_state=0),
        ShuffleSplit(6, test_size=13, random_state=0),
    ],
    ids=["folds", "unequal repeats", "shuffles"],
)
def test_means_are_those_of_the_split_scores(scoring, cv):
    splits = list(cv.split(X, y))
    model = LogisticRegression()
    result = cross_validate(
        model,
        X,
        y,
        cv=splits,
        scoring=scoring,
        return_train_score=True,
        return_estimator=True,
    )
    scorer, fitted = row_scorer(scoring), result["estimator"]
    train, test = zip(*splits, strict=True)
    sides = [row_scores(scorer, fitted, X, y, rows) for rows in (train, test)]
    gap = gap_estimate(sides[0], train, sides[1], test)
    expected = GapEstimate.from_scores(result["train_score"], result["test_score"])
    for name in ("mean", "mean_train", "mean_test", "relative", "n_splits"):
        assert getattr(gap, name) == pytest.approx(getattr(expected, name)), name
    assert score_estimate(sides[1], test).mean == pytest.approx(expected.mean_test)


def test_one_pass_of_rows_is_a_t_test_of_rows(rng):
    scores, rows = dealt(rng.normal(size=100))
    estimate = score_estimate(scores, rows, training_share=0)
    # Rows of one split may be more alike than others: not here.
    assert estimate.std_error >= stats.sem(np.concatenate(scores)) * (1 - 1e-12)
    scores, rows = dealt(np.tile([0.0, 1.0], 50))
    estimate = score_estimate(scores, rows, training_share=0)
    assert estimate.std_error == pytest.approx(stats.sem(np.concatenate(scores)))


def test_a_pass_that_repeats_the_scores_adds_nothing(rng):
    scores, rows = dealt(rng.normal(size=60))
    once = score_estimate(scores, rows, training_share=0)
    twice = score_estimate(scores * 2, rows * 2, training_share=0)
    assert values(twice)[:2] == pytest.approx(values(once)[:2], rel=0.05)
    # No change between the passes: the model is stable.
    assert values(score_estimate(scores * 2, rows * 2)) == fields(twice)


def test_what_changes_between_passes_is_added_up_to_a_share(rng):
    stable = rng.normal(size=60)
    errors = []
    for change in (0.0, 0.1, 0.3, 1.0, 3.0):
        (first, rows), (second, _) = (
            dealt(stable + change * np.random.default_rng(seed).normal(size=60))
            for seed in (1, 2)
        )
        bounds = [
            score_estimate(first + second, rows * 2, training_share=share).std_error
            for share in (0.0, TRAINING_SHARE)
        ]
        errors.append(bounds[1] / bounds[0])
    assert errors[0] == pytest.approx(1)
    assert np.all(np.diff(errors) > 0)
    assert errors[-1] < np.sqrt(1 + 2 * TRAINING_SHARE) * 1.1


def test_copies_of_a_row_count_once_as_a_group(rng):
    value = rng.normal(size=60)
    scores, rows = dealt(value)
    copied, of_copies = dealt(np.repeat(value, 3))
    groups = np.repeat(np.arange(60), 3)
    estimate = score_estimate(copied, of_copies, groups=groups)
    assert values(estimate) == fields(score_estimate(scores, rows))
    assert score_estimate(copied, of_copies).std_error < 0.75 * estimate.std_error
    names = np.array([f"patient {k}" for k in groups])
    by_name = score_estimate(copied, of_copies, groups=names)
    assert values(by_name) == fields(estimate)


def test_models_that_differ_as_a_whole_count_as_splits(rng):
    level = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0], 200)
    scores, rows = dealt(level + 0.01 * rng.normal(size=1000))
    estimate = score_estimate(scores, rows)
    by_split = stats.sem([part.mean() for part in scores])
    assert estimate.std_error == pytest.approx(by_split, rel=0.02)
    half = estimate.interval[1] - estimate.mean
    assert half / estimate.std_error == pytest.approx(stats.t.ppf(0.975, 4), rel=0.02)


def test_a_paired_difference_is_that_of_the_differences(rng):
    scores, rows = dealt(rng.normal(size=60))
    others, _ = dealt(rng.normal(size=60))
    one = paired_estimate(scores, others, rows, tolerance=0.1)
    other = paired_estimate(others, scores, rows, tolerance=-0.1)
    assert one.mean == pytest.approx(-other.mean)
    assert one.pvalue == pytest.approx(1 - other.pvalue)
    # The order of rows and splits has no part in it.
    shuffled = [rng.permutation(len(own)) for own in rows]
    again = paired_estimate(
        [scores[k][shuffled[k]] for k in (3, 1, 4, 0, 2)],
        [others[k][shuffled[k]] for k in (3, 1, 4, 0, 2)],
        [rows[k][shuffled[k]] for k in (3, 1, 4, 0, 2)],
        tolerance=0.1,
    )
    assert values(again) == fields(one)


@pytest.mark.parametrize("n_better", [0, 1, 3, 6])
def test_few_rows_that_differ_prove_little(n_better):
    scores, rows = dealt((np.arange(60) < n_better).astype(float), 1)
    estimate = paired_estimate(scores, [np.zeros(60)], rows)
    assert estimate.pvalue >= 0.5**n_better
    assert (estimate.pvalue < 0.1) == (n_better == 6)
    low, high = estimate.interval
    assert low <= estimate.mean <= high


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_values_of_any_size_are_as_sure(rng, scale):
    value = rng.standard_cauchy(60)
    rows = dealt(value)[1]
    zeros = [np.zeros(len(own)) for own in rows]
    usual, scaled = (
        paired_estimate(dealt(value * by)[0], zeros, rows) for by in (1.0, scale)
    )
    assert scaled.pvalue == pytest.approx(usual.pvalue)
    assert np.array(scaled.interval) / scale == pytest.approx(usual.interval)


def test_a_gap_of_a_perfect_fit_is_as_sure_as_the_test_score():
    splits = list(KFold(5).split(X))
    train, test = zip(*splits, strict=True)
    fitted = [DecisionTreeClassifier(random_state=0).fit(X[k], y[k]) for k in train]
    scorer = row_scorer("accuracy")
    sides = [row_scores(scorer, fitted, X, y, rows) for rows in (train, test)]
    gap = gap_estimate(sides[0], train, sides[1], test)
    score = score_estimate(sides[1], test)
    assert gap.mean_train == 1
    assert gap.std_error == pytest.approx(score.std_error)
    assert gap.pvalue < 0.01


def test_a_split_that_failed_is_left_out(rng):
    scores, rows = dealt(rng.normal(size=60))
    others, _ = dealt(rng.normal(size=60))
    kept = paired_estimate(scores[1:], others[1:], rows[1:])
    others[0] = np.full(12, np.nan)
    estimate = paired_estimate(scores, others, rows)
    assert (estimate.n_splits, estimate.n_invalid) == (4, 1)
    assert values(estimate) == fields(kept)
    lost = [np.full(12, np.nan)] * 5
    nothing = paired_estimate(scores, lost, rows)
    assert nothing.n_splits == 0
    assert np.isnan([nothing.mean, nothing.std_error, nothing.pvalue]).all()
    assert np.isnan(gap_estimate(lost, rows, lost, rows).relative)


def test_models_that_cannot_score_give_no_values():
    fitted = [LogisticRegression(), LogisticRegression().fit(X, y)]  # one is not fitted
    rows = [np.arange(5), np.arange(5, 9)]
    first, second = row_scores(row_scorer("accuracy"), fitted, X, y, rows)
    assert np.isnan(first).all()
    assert np.isfinite(second).all()
    assert (len(first), len(second)) == (5, 4)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"confidence_level": 1.0}, "confidence_level"),
        ({"training_share": -0.1}, "training_share"),
        ({"rows": [[0, 1], [2]]}, r"scores must have one value .* \[2, 2\]"),
        ({"others": [[0.0, 0.0], [0.0]]}, "scores and others"),
    ],
)
def test_bad_input_is_refused(change, match):
    arguments = {
        "scores": [[1.0, 0.0], [0.0, 1.0]],
        "others": [[0.0, 0.0], [0.0, 0.0]],
        "rows": [[0, 1], [2, 3]],
    }
    with pytest.raises(ValueError, match=match):
        paired_estimate(**arguments | change)
