"""The paired choice by rows: what is as good is kept, what is worse is told sooner."""

import numpy as np
import pytest
from scipy.stats import binom

from skoverfit.model_selection import SmallestGapByPairedTest
from skoverfit.model_selection._row_scores import RowScores

pytestmark = pytest.mark.statistical

N_TRIALS = 300
LEVELS = (0.05, 0.2)


def hits(columns, y, fold, model):
    """Out-of-fold hits of nearest centroids, or of the nearest neighbor."""
    scores = []
    for k in range(5):
        test, train = fold == k, fold != k
        if model == "centroids":
            low, high = (columns[train & (y == label)].mean(axis=0) for label in (0, 1))
            found = (columns[test] - (low + high) / 2) @ (high - low) > 0
        else:
            apart = columns[test][:, np.newaxis] - columns[train]
            found = y[train][(apart**2).sum(axis=2).argmin(axis=1)]
        scores.append((found == y[test]).astype(float))
    return scores


def results_of(rng, n_rows, model, signals):
    """Two candidates with columns of their own; the one that looks worse fits less."""
    y, fold = rng.permutation(np.arange(n_rows) % 2), np.arange(n_rows) % 5
    scores = [
        hits(rng.normal(size=(n_rows, 4)) + signal * y[:, np.newaxis], y, fold, model)
        for signal in signals
    ]
    results = {
        f"split{k}_test_score": np.array([own[k].mean() for own in scores])
        for k in range(5)
    }
    mean = np.mean(list(results.values()), axis=0)
    results["mean_test_score"] = mean
    results["mean_train_score"] = mean + np.where(mean == mean.max(), 0.3, 0.1)
    rows = RowScores(scores.__getitem__, [np.flatnonzero(fold == k) for k in range(5)])
    return results, {"row_scores_score": rows}


def rejections(n_rows, model, signals):
    """How often the candidate that looks worse is told from the other, by each test."""
    rng = np.random.default_rng(0)
    found = {(by, level): 0 for by in ("rows", "splits") for level in LEVELS}
    for _ in range(N_TRIALS):
        results, rows = results_of(rng, n_rows, model, signals)
        best = int(np.argmax(results["mean_test_score"]))
        for level in LEVELS:
            rule = SmallestGapByPairedTest(level)
            found["splits", level] += rule(results) == best
            found["rows", level] += rule(results | rows) == best
    return found


@pytest.mark.parametrize("model", ["centroids", "neighbors"])
@pytest.mark.parametrize("n_rows", [60, 200])
def test_a_candidate_that_is_as_good_is_kept(n_rows, model):
    """Either of the two may look worse: each is rejected in half of the cases."""
    found = rejections(n_rows, model, (0.5, 0.5))
    for level in LEVELS:
        assert found["rows", level] <= binom.ppf(0.99, N_TRIALS, 2 * level)


def test_rows_tell_worse_candidates_sooner():
    found = rejections(200, "centroids", (0.6, 0.3))
    assert found["rows", 0.05] > found["splits", 0.05] + 0.1 * N_TRIALS
    assert found["rows", 0.2] > found["splits", 0.2]
