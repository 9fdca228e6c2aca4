"""The slow step of the study of selection rules: scores of every candidate."""

import time

from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._models import GRIDS, SLOW_FAMILIES, Family, n_correct

TRAIN_SIZES = (80, 200, 500)
N_SPLITS = 5


def planned_searches(task, n_seeds):
    """All searches, every combination once before any is repeated."""
    return [
        Search(dataset, family, n_train, seed, task)
        for seed in range(n_seeds)
        for family in sorted(GRIDS, key=SLOW_FAMILIES.__contains__)
        if family not in SLOW_FAMILIES or seed % 2 == 0
        for n_train in TRAIN_SIZES
        for dataset, rows in dataset_rows(task).items()
        if rows >= 2 * n_train
    ]


def smoke_searches():
    """Cut the benchmark to a few seconds on sets that come with scikit-learn."""
    return [
        Search(dataset, family, 70, 0)
        for dataset in BUNDLED
        for family in ("tree", "knn", "linear")
    ]


def run_search(search, X, y):
    """Cross-validate and refit every candidate; return the raw scores."""
    start = time.perf_counter()
    scores = score_candidates(search, search.sample(X, y))
    return {**scores, "seconds": round(time.perf_counter() - start, 2)}


def score_candidates(search, sample):
    """Scores of all candidates: CV test and train, refit train and held-out."""
    family = Family(search.family, search.task)
    splitter = StratifiedKFold if search.task == "classification" else KFold
    cv = splitter(N_SPLITS, shuffle=True, random_state=search.seed)
    X, y = sample.X_train, sample.y_train
    splits = [
        score_split(family, (X[a], y[a]), (X[b], y[b]), search.seed)
        for a, b in cv.split(X, y)
    ]
    refit = score_split(family, (X, y), (sample.X_test, sample.y_test), search.seed)
    return {
        "sizes": [split["sizes"] for split in [*splits, refit]],
        "train": [split["train"] for split in [*splits, refit]],
        "test": [split["test"] for split in [*splits, refit]],
    }


def score_split(family, train, test, seed):
    """Train and test scores of all candidates on one split."""
    measure = n_correct if family.task == "classification" else rounded_r2
    pairs = [
        (measure(train[1], on_train), measure(test[1], on_test))
        for on_train, on_test in family.predictions(*train, [train[0], test[0]], seed)
    ]
    train_scores, test_scores = zip(*pairs, strict=True)
    return {
        "sizes": [len(train[1]), len(test[1])],
        "train": list(train_scores),
        "test": list(test_scores),
    }


def rounded_r2(y_true, y_pred):
    """R2 with the digits worth keeping."""
    return round(r2_score(y_true, y_pred), 5)
