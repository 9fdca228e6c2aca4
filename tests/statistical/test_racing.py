"""Error rates and savings of racing and refinement, over many simulated searches.

Scores of a candidate on a split: its level, what the split has in common for all, what
the data have in store for the candidate, and noise of the split alone.
"""

import numpy as np
import pytest
from scipy import stats

from skoverfit.model_selection import Racing, Refinement

N_SEARCHES = 250
N_CANDIDATES = 40
NOISE = 0.02


def simulate(rng, n_splits, spread):
    """Levels of candidates, and their scores on splits."""
    level = rng.normal(0, spread, N_CANDIDATES)
    common = rng.normal(0, 0.03, n_splits)
    own = rng.normal(0, NOISE, (N_CANDIDATES, n_splits))
    return level, level[:, np.newaxis] + common + own


def race(policy, scores):
    """Who stays to the end, and the share of fits that were run."""
    racing = np.ones(len(scores), dtype=bool)
    n_fits = len(scores)
    for n_done in range(1, scores.shape[1]):
        seen = np.where(racing[:, np.newaxis], scores[:, :n_done], np.nan)
        racing = policy.survivors(seen, n_splits_total=scores.shape[1])
        n_fits += racing.sum()
    return racing, n_fits / scores.size


def races(policy, n_splits, spread):
    """How many races lost the winner of all fits, and the mean share of fits."""
    rng = np.random.default_rng(0)
    lost, fits = 0, []
    for _ in range(N_SEARCHES):
        _, scores = simulate(rng, n_splits, spread)
        stayed, share = race(policy, scores)
        lost += not stayed[scores.mean(axis=1).argmax()]
        fits.append(share)
    return lost, float(np.mean(fits))


@pytest.mark.statistical
@pytest.mark.parametrize("test", ["curtailed", "paired", "friedman"])
@pytest.mark.parametrize("n_splits", [5, 10])
@pytest.mark.parametrize("spread", [0.01, 0.03])
def test_the_winner_is_rarely_lost(test, n_splits, spread):
    alpha = 0.05
    lost, _ = races(Racing(significance_level=alpha, test=test), n_splits, spread)
    # Fails when the rate is clearly above the level.
    assert stats.binomtest(lost, N_SEARCHES, alpha, "greater").pvalue > 0.001


@pytest.mark.statistical
@pytest.mark.parametrize("n_splits", [5, 10])
def test_the_winner_is_rarely_lost_where_all_are_alike(n_splits):
    # The leader of many equal candidates has been lucky, so that others look worse
    # than they are: the rate exceeds the level, and stays below three times that.
    lost, _ = races(Racing(significance_level=0.05), n_splits, 0.0)
    assert stats.binomtest(lost, N_SEARCHES, 0.15, "greater").pvalue > 0.001


@pytest.mark.statistical
def test_clear_differences_save_more_than_half_of_the_fits():
    # Two splits are always run: the least there is are 40 % of 5 and 20 % of 10.
    _, of_five = races(Racing(), 5, 0.1)
    _, of_ten = races(Racing(), 10, 0.1)
    assert 0.4 < of_five < 0.5
    assert 0.2 < of_ten < 0.35


@pytest.mark.statistical
def test_the_curtailed_race_saves_most_at_equal_level():
    _, curtailed = races(Racing(), 10, 0.01)
    _, paired = races(Racing(test="paired"), 10, 0.01)
    _, friedman = races(Racing(test="friedman"), 10, 0.01)
    assert curtailed < min(paired, friedman) - 0.1


def refine(policy, scores, n_splits=5):
    """Index chosen after a refinement, and the number of fits."""
    ran = np.zeros(scores.shape, dtype=bool)
    ran[:, :n_splits] = True
    first = scores[:, :n_splits]
    running = policy.contenders(first, chosen=int(first.mean(axis=1).argmax()))
    contenders = running.copy() if running.any() else np.ones(len(scores), dtype=bool)
    for repeat in range(1, policy.repeats + 1):
        if not running.any():
            break
        ran[running, n_splits * repeat : n_splits * (repeat + 1)] = True
        upto = n_splits * (repeat + 1)
        running = policy.remaining(np.where(ran, scores, np.nan)[:, :upto])
    means = (scores * ran).sum(axis=1) / ran.sum(axis=1)
    return int(np.argmax(np.where(contenders, means, -np.inf))), int(ran.sum())


def refinements(policy):
    """Level of the chosen candidates, what was chosen, and fits of many searches."""
    rng = np.random.default_rng(1)
    levels, chosen, fits = [], [], []
    for _ in range(N_SEARCHES):
        level, scores = simulate(rng, 5 * policy.n_passes, 0.01)
        index, n_fits = refine(policy, scores)
        levels.append(level[index] - level[scores[:, :5].mean(axis=1).argmax()])
        chosen.append(index)
        fits.append(n_fits)
    return np.array(levels), np.array(chosen), np.array(fits)


@pytest.mark.statistical
def test_refinement_finds_better_candidates_where_shuffles_are_the_noise():
    gains, _, fits = refinements(Refinement())
    assert stats.ttest_1samp(gains, 0, alternative="greater").pvalue < 0.001
    assert fits.mean() < 4 * 5 * N_CANDIDATES  # nine passes for all would be 9


@pytest.mark.statistical
def test_giving_up_contenders_saves_fits_and_keeps_the_choice():
    _, adaptive, few = refinements(Refinement(n_se=2.0))
    _, thorough, many = refinements(Refinement(n_se=2.0, adaptive=False))
    assert few.mean() < 0.75 * many.mean()
    assert (adaptive == thorough).mean() > 0.95
