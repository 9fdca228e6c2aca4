from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, get_scorer, roc_auc_score

from skoverfit.diagnosis._problem import Problem
from skoverfit.model_selection._committee._average import Numbers, OneOutput
from skoverfit.treatment._fits import Fit
from skoverfit.treatment._pool import Pool, Scored, change_of, level_of, sharper_by

N_ROWS, N_SPLITS = 100, 5


def problem_of(y, scoring):
    rows = np.arange(len(y))
    splits = [(rows[rows % N_SPLITS != k], rows[k::N_SPLITS]) for k in range(N_SPLITS)]
    is_class = scoring not in ("r2", "neg_mean_squared_error")
    return Problem(
        estimator=None,
        X=np.zeros((len(y), 1)),
        y=y,
        task="classification" if is_class else "regression",
        splitter=None,
        splits=splits,
        scorer=get_scorer(scoring),
        scoring=scoring,
        groups=None,
        n_jobs=None,
        seed=0,
    )


def pool_of(y, answers, scoring="accuracy"):
    """Candidates that say what is given of all rows."""
    problem = problem_of(y, scoring)
    ballot = OneOutput("predict_proba", np.unique(y))
    if problem.task == "regression":
        ballot = Numbers(is_vector=True)
    fits = []
    for matrix in answers:
        own = []
        for _, test in problem.splits:
            said = ballot.labels(matrix[test])
            rows = (said == y[test]).astype(float)
            own.append(Fit(None, matrix[test], rows, rows.mean(), np.nan, 0.0))
        fits.append(own)
    return Pool(problem, problem.splits, fits, ballot)


def guesses(rng, y, skill):
    """Probabilities of two classes that know a little of the truth."""
    odds = rng.normal(size=len(y)) + skill * (2 * y - 1)
    second = 1 / (1 + np.exp(-odds))
    return np.column_stack([1 - second, second])


def test_one_who_knows_gets_all_the_weight():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    answers = [guesses(rng, y, 0.0), guesses(rng, y, 8.0), guesses(rng, y, 0.5)]
    for without in (None, 2):
        weights = pool_of(y, answers).choose(without)
        assert weights[1] == weights.max()
        assert weights.sum() == pytest.approx(1)


def test_the_rows_of_a_split_do_not_choose_who_is_judged_by_them():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    answers = [guesses(rng, y, skill) for skill in (0.3, 0.5, 0.4, 0.6)]
    before = pool_of(y, answers).choose(without=2)
    flipped = y.copy()
    flipped[2::N_SPLITS] = 1 - flipped[2::N_SPLITS]
    after = pool_of(flipped, answers)
    assert np.array_equal(after.choose(without=2), before)
    assert not np.array_equal(after.choose(), pool_of(y, answers).choose())


def test_the_best_of_guesses_is_flattered_and_its_honest_score_is_not():
    flattered, honest = [], []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = rng.integers(2, size=N_ROWS)
        pool = pool_of(y, [guesses(rng, y, 0.0) for _ in range(20)])
        chosen = pool.choose()
        flattered += [pool.scored(chosen, k)[1] for k in range(N_SPLITS)]
        honest += list(pool.honest().scores)
    assert np.mean(flattered) > 0.53
    assert np.mean(honest) == pytest.approx(0.5, abs=0.02)


def test_regressors_are_averaged_by_squared_errors():
    rng = np.random.default_rng(0)
    y = rng.normal(size=N_ROWS)
    noise = rng.normal(size=N_ROWS)[:, np.newaxis]
    answers = [y[:, np.newaxis] + noise, y[:, np.newaxis] - noise]
    pool = pool_of(y, answers, "neg_mean_squared_error")
    assert pool.choose().tolist() == [0.5, 0.5]
    assert pool.scored(np.array([0.5, 0.5]), 0)[1] == pytest.approx(0, abs=1e-20)


def test_scores_that_rows_do_not_make_up_are_compared_by_splits():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    pool = pool_of(y, [guesses(rng, y, 0.1), guesses(rng, y, 2.0)], "f1")
    weights = np.array([0.5, 0.5])
    parts = [pool.scored(weights, k) for k in range(N_SPLITS)]
    assert all(np.isnan(rows).all() for rows, _ in parts)
    scored = Scored([rows for rows, _ in parts], np.array([s for _, s in parts]))
    less = Scored(scored.rows, scored.scores - 0.1)
    change = change_of(scored, less, pool.problem.splits, None)
    assert change.mean == pytest.approx(0.1)
    level = level_of(scored, pool.problem.splits, None)
    assert level.mean == pytest.approx(scored.scores.mean())


def test_a_committee_is_scored_by_what_it_says_on_average():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    answers = [guesses(rng, y, 0.5), guesses(rng, y, 1.0)]
    weights, first = np.array([0.25, 0.75]), slice(None, None, N_SPLITS)
    second = (weights @ [own[first, 1] for own in answers]).ravel()
    rows, score = pool_of(y, answers).scored(weights, 0)
    assert rows.tolist() == ((second > 0.5) == y[first]).tolist()
    assert score == rows.mean()
    _, score = pool_of(y, answers, "roc_auc").scored(weights, 0)
    assert score == pytest.approx(roc_auc_score(y[first], second))


def test_a_score_may_look_at_the_columns():
    y = np.tile([0, 1], N_ROWS // 2)
    pool = pool_of(y, [np.full((N_ROWS, 2), 0.5)] * 2)
    pool.problem = replace(
        pool.problem,
        X=np.arange(N_ROWS)[:, np.newaxis],
        scorer=lambda model, X, y: float(X.mean()),
    )
    _, score = pool.scored(np.array([0.5, 0.5]), 3)
    assert score == np.arange(3, N_ROWS, N_SPLITS).mean()


SPLITS = [(np.arange(4, 12), np.arange(4)), (np.arange(4), np.arange(4, 12))]


def test_differences_of_splits_are_corrected_by_their_own_ratios():
    by_split = Scored([np.full(4, np.nan), np.full(8, np.nan)], np.array([0.9, 0.7]))
    by_row = Scored([np.full(4, 0.5), np.full(8, 0.5)], np.array([0.5, 0.5]))
    # Of 0.4 and 0.2; four test rows after eight, and eight after four.
    expected = np.sqrt((1 / 2 + (0.5 + 2) / 2) * 0.02)
    for estimate, mean in [
        (change_of(by_split, by_row, SPLITS, None), 0.3),
        (level_of(by_split, SPLITS, None), 0.8),
    ]:
        assert estimate.mean == pytest.approx(mean)
        assert estimate.std_error == pytest.approx(expected)
    assert change_of(by_row, by_split, SPLITS, None).mean == pytest.approx(-0.3)


def test_rows_are_what_differences_are_made_of_and_groups_stand_for_theirs():
    rows = [np.array([1.0, 1, 0, 0]), np.array([1.0, 1, 0, 0, 1, 1, 0, 0])]
    one = Scored(rows, np.array([0.5, 0.5]), rows)
    none = [0 * own for own in rows]
    other = Scored(none, np.zeros(2), none)
    groups = np.repeat(np.arange(6), 2)
    for estimate in (
        lambda own: change_of(one, other, SPLITS, own),
        lambda own: sharper_by(one, other, SPLITS, own),
        lambda own: level_of(one, SPLITS, own),
    ):
        assert estimate(None).mean == 0.5
        assert estimate(None).pvalue >= 0.5**12
        # Two equal rows are one: as much for half as many.
        assert estimate(groups).std_error > 1.3 * estimate(None).std_error
    assert sharper_by(one, Scored(none, np.zeros(2)), SPLITS, None) is None


def test_fits_and_further_splits_are_put_together():
    fits = [Fit(None, None, np.full(2, own), own, np.nan, 0.0) for own in (0.5, 0.25)]
    scored = Scored.of(fits)
    assert [own.tolist() for own in scored.rows] == [[0.5] * 2, [0.25] * 2]
    assert scored.scores.tolist() == [0.5, 0.25]
    sharp = Scored(scored.rows, scored.scores, [np.full(2, -0.1)] * 2)
    both = sharp.joined(replace(sharp, scores=sharp.scores + 1))
    assert both.scores.tolist() == [0.5, 0.25, 1.5, 1.25]
    assert (len(both.rows), len(both.sharpness)) == (4, 4)
    assert sharp.joined(scored).sharpness is None
    assert scored.joined(sharp).sharpness is None


def test_one_who_cannot_be_averaged_is_chosen_alone_where_it_scores_best():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    pool = pool_of(y, [guesses(rng, y, 0.1), guesses(rng, y, 3.0)])
    pool.fits[1][:] = [
        Fit(None, None, fit.rows, fit.score, np.nan, 0.0) for fit in pool.fits[1]
    ]
    assert pool.choose().tolist() == [0.0, 1.0]


def test_one_is_chosen_where_none_may_be_averaged():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    pool = pool_of(y, [guesses(rng, y, 1.0), guesses(rng, y, 1.0)])
    assert (pool.choose() > 0).all()
    alone = Pool(
        pool.problem, pool.problem.splits, pool.fits, pool.ballot, may_average=False
    )
    best = np.argmax([pool.alone(k).scores.mean() for k in range(2)])
    assert alone.choose().tolist() == np.eye(2)[best].tolist()


def test_sharpness_is_minus_the_brier_score():
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=N_ROWS)
    pool = pool_of(y, [guesses(rng, y, 0.1), guesses(rng, y, 2.0)])
    rough, sharp = pool.alone(0), pool.alone(1)
    second = pool.fits[1][0].matrix[:, 1]
    brier = brier_score_loss(y[0::N_SPLITS], second, scale_by_half=False)
    assert -sharp.sharpness[0].mean() == pytest.approx(brier)
    assert sharp.rows[0].tolist() == ((second > 0.5) == y[0::N_SPLITS]).tolist()
    gain = sharper_by(sharp, rough, pool.problem.splits, None)
    assert gain.interval[0] > 0
    mean = [np.concatenate(own.sharpness).mean() for own in (sharp, rough)]
    assert gain.mean == pytest.approx(mean[0] - mean[1])


def test_numbers_have_no_sharpness():
    y = np.random.default_rng(0).normal(size=N_ROWS)
    pool = pool_of(y, [y[:, np.newaxis]] * 2, "r2")
    assert pool.alone(0).sharpness is None
    assert sharper_by(pool.alone(0), pool.alone(1), pool.problem.splits, None) is None


def test_luck_is_taken_off_and_bad_luck_is_not_added():
    def scored(score, sharpness):
        ones = [np.ones(4)] * 2
        return Scored(
            [score * own for own in ones],
            np.full(2, score),
            [sharpness * own for own in ones],
        )

    less = scored(0.9, -0.1).less_luck(scored(0.8, -0.3), scored(0.7, -0.2))
    assert less.scores == pytest.approx(np.full(2, 0.8))
    assert less.rows[0] == pytest.approx(np.full(4, 0.8))
    assert less.sharpness[0] == pytest.approx(np.full(4, -0.1))
    less = scored(0.9, -0.1).less_luck(scored(0.6, -0.1), scored(0.7, -0.3))
    assert less.scores == pytest.approx(np.full(2, 0.9))
    assert less.sharpness[1] == pytest.approx(np.full(4, -0.3))
    numbers = [replace(scored(own, 0), sharpness=None) for own in (0.9, 0.8, 0.7)]
    less = numbers[0].less_luck(*numbers[1:])
    assert less.scores == pytest.approx(np.full(2, 0.8))
    assert less.sharpness is None
