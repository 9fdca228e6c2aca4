import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, get_scorer

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
    weights = pool_of(y, answers).choose()
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
