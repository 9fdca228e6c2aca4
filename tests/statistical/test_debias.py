"""Bias and coverage of honest scores where the truth is known.

Hits of candidates are drawn, not fitted: every candidate is right with a known
probability, so the truth about any choice is that number.
"""

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, make_scorer

from skoverfit.model_selection import BestScore
from skoverfit.model_selection._honest_score._debias import (
    bootstrap_corrected_score,
    leave_one_split_out,
)
from skoverfit.model_selection._honest_score._predictions import PredictionStore

N_ROWS, N_SPLITS, N_SEARCHES = 100, 5, 200
FOLD = np.arange(N_ROWS) % N_SPLITS
LABELS = np.arange(N_ROWS) // 50
SPLITS = [
    (np.flatnonzero(split != FOLD), np.flatnonzero(split == FOLD))
    for split in range(N_SPLITS)
]
HIT = make_scorer(accuracy_score)


def draw_search(rng, accuracies, shared):
    """Results and predictions of candidates; a part of the rows is hard for all."""
    luck = rng.random(N_ROWS)
    own = rng.random((len(accuracies), N_ROWS))
    is_shared = rng.random((len(accuracies), N_ROWS)) < shared
    hits = np.where(is_shared, luck, own) < np.asarray(accuracies)[:, np.newaxis]
    store = PredictionStore("predict", DummyClassifier(), LABELS, SPLITS, len(hits))
    results = {}
    for split, (_, test) in enumerate(SPLITS):
        results[f"split{split}_test_score"] = hits[:, test].mean(axis=1)
        for candidate, right in enumerate(hits):
            labels = np.where(right, LABELS, 1 - LABELS)[test]
            store.record(candidate, split, labels)
    results["mean_test_score"] = hits.mean(axis=1)
    return results, store


def by_splits(results, store):
    return leave_one_split_out(results, BestScore())


def by_rows(results, store):
    return bootstrap_corrected_score(
        store, LABELS, results, BestScore(), HIT, n_bootstraps=100
    )


@pytest.mark.statistical
@pytest.mark.parametrize("method", [by_splits, by_rows])
@pytest.mark.parametrize(
    ("accuracies", "shared"),
    [
        (np.full(30, 0.7), 0.0),
        (np.full(30, 0.7), 0.8),
        (np.linspace(0.6, 0.8, 30), 0.8),
    ],
    ids=["equal", "equal and alike", "unequal and alike"],
)
def test_bias_is_a_fraction_and_the_interval_covers(method, accuracies, shared):
    rng = np.random.default_rng(0)
    naive, honest, covered = [], [], 0
    for _ in range(N_SEARCHES):
        results, store = draw_search(rng, accuracies, shared)
        best = int(np.argmax(results["mean_test_score"]))
        estimate = method(results, store)
        truth = accuracies[best]
        naive.append(results["mean_test_score"][best] - truth)
        honest.append(estimate.score - truth)
        covered += estimate.interval[0] <= truth <= estimate.interval[1]
    assert np.mean(naive) > 0.015
    assert abs(np.mean(honest)) < 0.4 * np.mean(naive)
    assert stats.binomtest(int(covered), N_SEARCHES, 0.95, "less").pvalue > 0.001


@pytest.mark.statistical
@pytest.mark.parametrize("method", [by_splits, by_rows])
def test_nothing_to_choose_from_needs_no_correction(method):
    rng = np.random.default_rng(1)
    optimism = [
        method(*draw_search(rng, [0.7], 0.0)).optimism for _ in range(N_SEARCHES)
    ]
    error = np.std(optimism) / np.sqrt(N_SEARCHES)
    assert abs(np.mean(optimism)) <= 4 * error + 1e-12
