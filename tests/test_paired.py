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


@pytest.mark.parametrize("tolerance", [0.0, 0.3, 0.7])
@pytest.mark.parametrize("n", [2, 4, 20])
def test_scores_on_either_side_of_their_mean_are_tested_by_t(n, tolerance):
    value = np.tile([0.2, 1.0], n // 2)
    estimate = paired_estimate(
        [value], [0 * value], [range(n)], tolerance=tolerance, training_share=0
    )
    expected = stats.ttest_1samp(value, tolerance, alternative="greater")
    assert estimate.pvalue == pytest.approx(max(expected.pvalue, 0.5**n))
    assert estimate.tolerance == tolerance
    assert estimate.interval == pytest.approx(
        stats.t.interval(0.95, n - 1, 0.6, stats.sem(value))
    )
    assert estimate.confidence_level == 0.95


def test_scores_are_compared_with_zero_if_nothing_else_is_said():
    value = np.tile([0.2, 1.0], 10)
    estimate = score_estimate([value], [range(20)], training_share=0)
    expected = stats.ttest_1samp(value, 0, alternative="greater")
    assert estimate.pvalue == pytest.approx(expected.pvalue)
    assert estimate.tolerance == 0


@pytest.mark.parametrize("n_far", [2, 10, 16])
def test_few_scores_far_from_all_others_leave_the_variance_unsure(n_far):
    value = np.where(np.arange(60) < n_far, 1.0, 0.1)
    value[::2] *= -1
    estimate = score_estimate([value], [range(60)], training_share=0)
    # The squared coefficient of variation of a variance is 2 over its degrees.
    degrees = 2 * 60 / (stats.kurtosis(value, fisher=False) - 1)
    half = estimate.interval[1] - estimate.mean
    expected = stats.t.ppf(0.975, min(degrees, 59))
    assert half / estimate.std_error == pytest.approx(expected)


def test_rows_that_do_not_differ_have_no_error_and_a_single_one_no_estimate_of_it():
    same = score_estimate([[0.7] * 5], [range(5)])
    assert (same.std_error, same.interval) == (0, (same.mean, same.mean))
    assert same.pvalue == pytest.approx(0.5**5)
    assert score_estimate([[0.7] * 5], [range(5)], tolerance=0.8).pvalue == 1
    assert score_estimate([[0.7] * 2], [range(2)]).std_error == 0
    single = score_estimate([[0.7]], [[0]])
    assert single.mean == 0.7
    assert np.isnan([single.std_error, single.pvalue]).all()
    nothing = score_estimate([], [])
    assert nothing.n_splits == 0
    assert np.isnan([nothing.mean, nothing.std_error]).all()


def passes(n_passes, change, n=40, n_folds=5):
    """Rows whose level and changes are the same on average in each fold."""
    level = np.tile([1.0, 1.0, -1.0, -1.0], n // 4)
    sign = np.tile([1.0, -1.0], n // 2)
    changes = change * np.linspace(-1, 1, n_passes)
    return np.array([level + own * sign for own in changes])


@pytest.mark.parametrize("n_passes", [2, 3])
@pytest.mark.parametrize("n_folds", [2, 5])
def test_changes_between_passes_count_by_half_the_folds(n_passes, n_folds):
    value = passes(n_passes, 0.1)
    parts = [dealt(own, n_folds) for own in value]
    estimate = score_estimate(
        [part for scores, _ in parts for part in scores], parts[0][1] * n_passes
    )
    changes = value.var(axis=0, ddof=1).mean() / 40
    expected = stats.sem(value.mean(axis=0)) ** 2 + n_folds / 2 * changes
    assert estimate.std_error**2 == pytest.approx(expected)


def test_changes_of_rows_tested_twice_speak_for_those_tested_once():
    (first, rows), (second, _) = (dealt(own, 4) for own in passes(2, 0.1, n=32))
    estimate = score_estimate(first + second[:3], rows + rows[:3])
    # A row adds a 56th of each of its scores, which are 1 or -1 and change by 0.1 both
    # ways. The 24 rows that are tested twice have 12 of 13 parts of the variance.
    of_rows = 32 / 31 * (24 * 4 + 8 * (1 + 0.1**2)) / 56**2
    changes = 24 * 4 * (2 * 0.1**2) / 56**2
    expected = of_rows + 4 / 2 * changes * 13 / 12
    assert estimate.std_error**2 == pytest.approx(expected)


def test_changes_of_rows_that_every_model_scores_count_by_a_quarter():
    value = passes(3, 0.1)
    estimate = score_estimate(list(value), [range(40)] * 3)
    changes = value.var(axis=0, ddof=1).mean() / 40
    expected = stats.sem(value.mean(axis=0)) ** 2 + 0.25 * changes
    assert estimate.std_error**2 == pytest.approx(expected)


@pytest.mark.parametrize("n_passes", [1, 2])
def test_training_rows_add_no_more_than_their_share_of_one_pass(n_passes):
    value = passes(n_passes, 5.0)
    parts = [dealt(own) for own in value]
    estimate = score_estimate(
        [part for scores, _ in parts for part in scores],
        parts[0][1] * n_passes,
        training_share=0.5,
    )
    expected = stats.sem(value.mean(axis=0)) ** 2 + 0.5 * (value**2).mean() / 40
    assert estimate.std_error**2 == pytest.approx(expected)


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
    zeros = [0 * part for part in copied]
    paired = paired_estimate(copied, zeros, of_copies, groups=groups)
    assert values(paired) == fields(estimate)
    gap = gap_estimate(zeros, of_copies, copied, of_copies, groups=groups)
    assert gap.std_error == pytest.approx(estimate.std_error)


def test_models_that_differ_as_a_whole_count_as_splits(rng):
    level = np.repeat([0.0, 1.0, 0.0, 1.0, 1.0], 200)
    scores, rows = dealt(level + 0.01 * rng.normal(size=1000))
    estimate = score_estimate(scores, rows)
    by_split = stats.sem([part.mean() for part in scores])
    assert estimate.std_error == pytest.approx(by_split, rel=0.02)
    half = estimate.interval[1] - estimate.mean
    assert half / estimate.std_error == pytest.approx(stats.t.ppf(0.975, 4), rel=0.02)


@pytest.mark.parametrize("n_splits", [2, 4])
def test_rows_and_models_add_their_variances(rng, n_splits):
    level = np.repeat(np.arange(n_splits) % 2, 10)
    value = level + np.tile([-0.3, 0.3], 5 * n_splits)
    scores, rows = dealt(value, n_splits)
    estimate = score_estimate(scores, rows, training_share=0)
    of_rows = stats.sem(value) ** 2
    of_splits = stats.sem([part.mean() for part in scores]) ** 2
    # The means of splits vary by their rows as well, which count once.
    assert estimate.std_error**2 == pytest.approx(of_splits + of_rows / len(value))
    share = of_rows / estimate.std_error**2
    degrees = 1 / (share**2 / (len(value) - 1) + (1 - share) ** 2 / (n_splits - 1))
    half = estimate.interval[1] - estimate.mean
    expected = stats.t.ppf(0.975, degrees)
    assert half / estimate.std_error == pytest.approx(expected)


def sides_of(train_value, test_value, n_folds):
    """Arguments of a gap: scores of each row where it was learned, and left out."""
    splits = list(KFold(n_folds).split(test_value))
    train, test = ([own[side] for own in splits] for side in (0, 1))
    return [train_value[k] for k in train], train, [test_value[k] for k in test], test


@pytest.mark.parametrize("n_folds", [2, 5])
def test_rows_that_are_hard_on_both_sides_say_nothing_of_models(n_folds):
    hard, own_gap = np.linspace(0, 9, 40), np.tile([0.5, 1.5, 1.5, 0.5], 10)
    sides = sides_of(hard + own_gap, hard, n_folds)
    gap = gap_estimate(*sides, training_share=0)
    assert gap.mean == pytest.approx(1)
    assert gap.std_error == pytest.approx(stats.sem(own_gap))
    # A second pass with the same scores is no new knowledge.
    again = gap_estimate(*(part * 2 for part in sides), training_share=0)
    assert values(again) == fields(gap)
    # Nor does it show a change, in whatever order the rows come.
    assert values(gap_estimate(*(part * 2 for part in sides))) == fields(gap)


def test_a_second_pass_of_single_rows_shows_no_change_either():
    hard, own_gap = np.linspace(0, 9, 12), np.tile([0.5, 1.5, 1.5, 0.5], 3)
    sides = [part * 2 for part in sides_of(hard + own_gap, hard, 12)]
    alone = gap_estimate(*sides, training_share=0)
    assert values(gap_estimate(*sides)) == fields(alone)


def test_a_gap_that_is_zero_for_each_row_is_zero_for_sure():
    hard = np.tile([0.0, 1.0, 1.0, 1.0], 4)
    gap = gap_estimate(*sides_of(hard, hard, 2))
    assert (gap.mean, gap.std_error, gap.pvalue) == (0, 0, 1)


def test_models_that_differ_on_an_own_test_part_count_as_splits(rng):
    tests = [np.arange(20, 30), np.arange(30, 40)]
    scores = [rng.normal(size=10), 3 + rng.normal(size=10)]
    perfect = np.ones(20)
    gap = gap_estimate([perfect] * 2, [range(20)] * 2, scores, tests)
    score = score_estimate(scores, tests)
    assert gap.std_error > 1
    # Rows that only train have the mean of their side, and count among the rows.
    assert gap.std_error == pytest.approx(score.std_error, rel=0.02)


@pytest.mark.parametrize("n_wrong", [1, 2])
def test_rows_without_a_gap_are_no_sign_of_one(n_wrong):
    right = (np.arange(60) >= n_wrong).astype(float)
    gap = gap_estimate(*sides_of(np.ones(60), right, 5))
    assert gap.pvalue >= 0.5**n_wrong
    assert gap.pvalue == pytest.approx(0.5**n_wrong, abs=0.05)
    tests = [np.arange(60, 120)]
    apart = gap_estimate([np.ones(60)], [range(60)], [right], tests)
    assert apart.pvalue == pytest.approx(0.5**n_wrong, abs=0.05)


def test_a_split_that_failed_on_one_side_is_left_out_of_both(rng):
    sides = sides_of(rng.normal(size=60), rng.normal(size=60), 5)
    kept = gap_estimate(*(part[2:] for part in sides))
    sides[0][0] = np.full(48, np.nan)
    sides[2][1] = np.full(12, np.nan)
    gap = gap_estimate(*sides)
    assert (gap.n_splits, gap.n_invalid) == (3, 2)
    assert values(gap) == fields(kept)
    assert (gap.mean_train, gap.mean_test) == (kept.mean_train, kept.mean_test)


def test_a_gap_of_train_scores_around_zero_is_no_share_of_them():
    train = np.tile([-1.0, 1.0], 10)
    gap = gap_estimate(*sides_of(train, train - 1, 2))
    assert gap.mean == 1
    assert np.isnan(gap.relative)


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
    # Where changes between passes count, here of most rows, and where models do.
    parts = [dealt(own) for own in passes(2, 0.1, n=60)]
    most = parts[0][0] + parts[1][0][:4]
    levels = [part + 5 * (k % 2) for k, part in enumerate(parts[0][0])]
    for scores in (most, levels):
        tests = (rows * 2)[: len(scores)]
        usual, scaled = (
            score_estimate([by * part for part in scores], tests) for by in (1.0, scale)
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
    # Two that are infinite have no difference either.
    scores[0] = others[0] = np.full(12, -np.inf)
    assert values(paired_estimate(scores, others, rows)) == fields(kept)
    lost = [np.full(12, np.nan)] * 5
    nothing = paired_estimate(scores, lost, rows)
    assert nothing.n_splits == 0
    assert np.isnan([nothing.mean, nothing.std_error, nothing.pvalue]).all()
    assert np.isnan(gap_estimate(lost, rows, lost, rows).relative)


def test_answers_may_be_right_or_wrong_rather_than_numbers():
    right = [np.array([True, True, False]), np.array([True, False])]
    wrong = [~part for part in right]
    numbers = [[part.astype(float) for part in side] for side in (right, wrong)]
    rows = [range(3), range(3, 5)]
    expected = paired_estimate(*numbers, rows)
    assert values(paired_estimate(right, wrong, rows)) == fields(expected)


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
        ({"confidence_level": 1.0}, "^confidence_level"),
        ({"confidence_level": 0.0}, "^confidence_level"),
        ({"training_share": -0.1}, "^training_share"),
        ({"rows": [[0, 1], [2]]}, r"scores must have one value .* \[2, 2\]"),
        ({"others": [[0.0, 0.0], [0.0]]}, "scores and others"),
        ({"others": [[0.0, 0.0]] * 3}, "argument 2 is longer"),
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
