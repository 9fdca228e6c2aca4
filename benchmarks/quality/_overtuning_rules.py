"""Ways to choose, replayed: from a search to a candidate and the share of fits."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats
from scipy.spatial.distance import cdist

from benchmarks.quality._overtuning_collect import N_SPLITS
from benchmarks.quality._rules import SmoothedWithinNoise, grid_positions
from benchmarks.quality.racing import race
from benchmarks.quality.refinement import refined
from skoverfit.model_selection import (
    BestScore,
    OwnSettingsUnlessBetter,
    PenalizedGap,
    Racing,
    Refinement,
    SmallestGapByPairedTest,
    SmallestGapWithinNoise,
)

ARGMAX = "argmax"
LEVELS = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05)
THRESHOLD, NOISE = 0.04, 0.01  # of Thresholdout, as in the paper's experiments
BURN_IN, ANOVA_LEVEL = 3, 0.05  # of tidymodels
LOOK_EVERY, FIRST_LOOK, LENGTH_SCALE = 20, 20, 0.3  # of ending the search early


def by_rule(rule, tried):
    """Apply a rule of the library to the candidates of the pool."""
    return tried.pool[rule(tried.results)], 1.0


def with_own(rule, tried):
    """Apply a rule that has the own settings among the candidates."""
    own = tried.with_own
    return own.pool[rule(own.results)], len(own.pool) / len(tried.pool)


def smoothed(n_se, tried):
    """Smooth the scores over the parameters."""
    params = [tried.params[k] for k in tried.pool]
    rule = SmoothedWithinNoise(n_se)
    return tried.pool[rule(tried.results | {"params": params})], 1.0


def thresholdout(tried):
    """Take the train score for the test score where they are alike, else add noise."""
    rng = np.random.default_rng(tried.identity["seed"])
    test = tried.mean
    train = tried.train[tried.pool].mean(axis=1)
    limit = THRESHOLD + rng.laplace(0, 2 * NOISE)
    differ = np.abs(train - test) > limit + rng.laplace(0, 4 * NOISE, len(test))
    told = np.where(differ, test + rng.laplace(0, NOISE, len(test)), train)
    return tried.pool[np.argmax(told)], 1.0


def own_folds(tried):
    """Score each candidate on folds that it does not share."""
    if tried.passes is None:
        scores = tried.more["own_folds"][tried.pool]
    else:
        rng = np.random.default_rng(tried.identity["seed"])
        number = rng.integers(tried.passes.shape[1], size=len(tried.pool))
        scores = tried.passes[tried.pool, number].mean(axis=1)
    return tried.pool[np.argmax(scores)], 1.0


def selection_set(share, tried):
    """Search on the other rows; of those that led, take the best on the set apart."""
    part = tried.more["apart"][share]
    searched, apart = part["hits"][tried.pool], part["apart"][tried.pool]
    leaders = np.flatnonzero(searched == np.maximum.accumulate(searched))
    # Leaders tie rarely; the last of the best on the set apart has led longest.
    best = leaders[::-1][np.argmax(apart[leaders][::-1])]
    return tried.pool[best], 1 + len(leaders) / len(tried.pool) / N_SPLITS


# ------------------------------------------------------------------------------- racing
def raced(policy, tried):
    """Race by scores of splits, and take the best of those that stay."""
    scores = tried.test[tried.pool]
    stayed, share = race(policy, scores, 1 / (N_SPLITS - 1))
    return tried.pool[np.argmax(np.where(stayed, tried.mean, -np.inf))], share


@dataclass(frozen=True)
class AnovaRace:
    """Drop what is worse than the leader in an analysis of variance, as tidymodels."""

    level: float = ANOVA_LEVEL
    burn_in: int = BURN_IN

    def survivors(self, scores, *, n_splits_total, test_train_ratio=None):
        """Return who gets the next split."""
        racing = np.isfinite(scores).all(axis=1)
        n_done = scores.shape[1]
        if n_done < self.burn_in or racing.sum() < 2:
            return racing
        own = scores[racing]
        means = own.mean(axis=1)
        residuals = own - means[:, None] - own.mean(axis=0) + own.mean()
        freedom = (len(own) - 1) * (n_done - 1)
        error = np.sqrt(2 * (residuals**2).sum() / freedom / n_done)
        limit = stats.t.ppf(1 - self.level / 2, freedom) * error
        racing[racing] = means >= means.max() - limit - 1e-12
        return racing


@dataclass(frozen=True)
class RowRace:
    """Drop what will not catch up with the leader, by the rows that both predicted.

    Attributes
    ----------
    n_errors : float
        Standard errors of what the rows left can change, by which one must be behind.
    first : int
        Splits that all candidates get.
    predictive : bool
        Whether the lead is taken to go on, with its own uncertainty, rather than to
        end.
    """

    n_errors: float
    first: int = 1
    predictive: bool = False

    def run(self, hits, fold):
        """Return who stays to the end, and the share of fits."""
        racing = np.ones(len(hits), dtype=bool)
        n_fits = 0
        for split in range(N_SPLITS):
            n_fits += racing.sum()
            seen = fold <= split
            if split + 1 < self.first or split + 1 == N_SPLITS:
                continue
            racing[racing] = self._keep(hits[racing][:, seen], (~seen).sum())
        return racing, n_fits / hits.shape[0] / N_SPLITS

    def _keep(self, hits, n_left):
        sums = hits.sum(axis=1)
        behind = hits[np.argmax(sums)] != hits
        deficit, n_differ = sums.max() - sums, behind.sum(axis=1)
        n_seen = hits.shape[1]
        # One row more that differs: where few do, they say little of the rows left.
        spread = np.sqrt((n_differ + 1) / n_seen * n_left)
        if self.predictive:
            deficit = deficit * (1 + n_left / n_seen)
            spread = spread * np.sqrt(1 + n_left / n_seen)
        return deficit <= self.n_errors * spread


def raced_by_rows(policy, tried):
    """Race by rows, and take the best of those that stay."""
    stayed, share = policy.run(tried.hits[tried.pool], tried.fold)
    return tried.pool[np.argmax(np.where(stayed, tried.mean, -np.inf))], share


def raced_in_turn(is_forgiving, tried):
    """Compare one candidate after the other with the best so far, split by split."""
    scores = tried.test[tried.pool]
    best, n_fits = 0, N_SPLITS
    for k in range(1, len(scores)):
        bar = scores[best].min() if is_forgiving else scores[best].mean()
        so_far = np.cumsum(scores[k]) / np.arange(1, N_SPLITS + 1)
        behind = np.flatnonzero(so_far < bar)
        n_fits += behind[0] + 1 if len(behind) else N_SPLITS
        if not len(behind) and scores[k].mean() > scores[best].mean():
            best = k
    return tried.pool[best], n_fits / scores.size


# --------------------------------------------------------------- more fits, or fewer
def refinement(repeats, tried):
    """Repeat the cross-validation of the contenders."""
    scores = tried.passes[tried.pool].reshape(len(tried.pool), -1)
    scores = scores[:, : N_SPLITS * (repeats + 1)]
    ran = refined(Refinement(repeats=repeats), scores)
    again = ran[:, N_SPLITS:].any(axis=1)
    if not again.any():  # settled at once: everything stands as it was
        again[:] = True
    means = (scores * ran).sum(axis=1) / ran.sum(axis=1)
    chosen = np.argmax(np.where(again, means, -np.inf))
    return tried.pool[chosen], ran.sum() / (len(ran) * N_SPLITS)


def ended_early(tried):
    """End the search when little gain is expected, by a Gaussian process.

    Little is less than the standard error of the best score, with the correction for
    overlapping training rows.
    """
    scores = tried.test[tried.pool]
    places = grid_positions([tried.params[k] for k in tried.pool])
    for n in range(FIRST_LOOK, len(scores), LOOK_EVERY):
        if _regret(places, scores[:n]) < _error(scores[:n]):
            return tried.pool[np.argmax(tried.mean[:n])], n / len(scores)
    return tried.pool[np.argmax(tried.mean)], 1.0


def _error(scores):
    best = scores[np.argmax(scores.mean(axis=1))]
    return best.std(ddof=1) * np.sqrt(1 / N_SPLITS + 1 / (N_SPLITS - 1))


def _regret(places, scores):
    """Bound on the gain of going on: best upper less best lower limit."""
    n, mean = len(scores), scores.mean(axis=1)
    residual = scores - mean[:, None] - scores.mean(axis=0) + mean.mean()
    noise = residual.var(ddof=1) / N_SPLITS + 1e-12
    signal = max(mean.var(ddof=1) - noise, 1e-12)
    distances = cdist(places, places[:n], "sqeuclidean")
    kernel = signal * np.exp(-distances / (2 * LENGTH_SCALE**2))
    solved = np.linalg.solve(kernel[:n] + noise * np.eye(n), kernel.T)
    posterior = mean.mean() + solved.T @ (mean - mean.mean())
    spread = np.sqrt(np.maximum(signal - (kernel.T * solved).sum(axis=0), 0))
    width = stats.norm.ppf(0.975)
    return (posterior + width * spread).max() - (posterior - width * spread)[:n].max()


# ---------------------------------------------------------------------------- the lists
def library_rules():
    """Name -> way for what every record can replay."""
    return {
        ARGMAX: partial(by_rule, BestScore()),
        "own settings": lambda tried: (tried.own, 0.0),
        "first candidate": lambda tried: (tried.pool[0], 0.0),
        "one standard error": partial(by_rule, SmallestGapWithinNoise(1.0)),
        "quarter of a standard error": partial(by_rule, SmallestGapWithinNoise(0.25)),
        **{
            f"penalty {penalty}": partial(by_rule, PenalizedGap(penalty))
            for penalty in (0.05, 0.1, 0.25, 0.5)
        },
        **{
            f"paired test {level}": partial(by_rule, SmallestGapByPairedTest(level))
            for level in (0.4, 0.2, 0.05)
        },
        "Thresholdout": thresholdout,
        "smoothed": partial(smoothed, 0.0),
        "smoothed, quarter of a standard error": partial(smoothed, 0.25),
        "racing, curtailed": partial(raced, Racing()),
        "racing, paired": partial(raced, Racing(test="paired")),
        "racing, F-Race": partial(raced, Racing(test="friedman")),
        "racing, analysis of variance": partial(raced, AnovaRace()),
        "racing in turn, aggressive": partial(raced_in_turn, False),
        "racing in turn, forgiving": partial(raced_in_turn, True),
        "ended early": ended_early,
        "argmax, own settings added": partial(with_own, BestScore()),
        **{guard_name("argmax", each): guard(BestScore(), each) for each in LEVELS},
        **{guard_name("default", each): guard(None, each) for each in LEVELS},
    }


def guard(rule, level):
    """Return a way that keeps the own settings unless another is better."""
    return partial(with_own, OwnSettingsUnlessBetter(rule, level))


def guard_name(rule, level):
    """Name a guard in the tables."""
    return f"own settings unless {rule} better, {level}"


RECORDS = {
    "rows": {
        **library_rules(),
        **{
            f"racing by rows, {n_errors:g} errors": partial(
                raced_by_rows, RowRace(n_errors)
            )
            for n_errors in (0.5, 1.0, 1.5)
        },
    },
    "repeats": {
        **library_rules(),
        "own folds": own_folds,
        "refinement, 2 repeats": partial(refinement, 2),
        "refinement, 8 repeats": partial(refinement, 8),
    },
    "many": {
        **library_rules(),
        "own folds": own_folds,
        **{
            f"selection set of {share}": partial(selection_set, share)
            for share in ("1/4", "1/6")
        },
    },
}
