"""Collect out-of-fold hits of searches, and the truth about every candidate."""

import base64

import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._split_families import candidates, draw_rows, prepare

N_SPLITS = 5
TRAIN_SIZES = (80, 200)
MIN_HELD_OUT = 300
FAST_FAMILIES = ("knn", "ridge", "tree")
SLOW_FAMILY, SLOW_EVERY = "svm", 4


def planned_searches(n_seeds=200):
    """Every cell with one seed before any with the next."""
    rows = dataset_rows("classification")
    return [
        Search(dataset, family, n_train, seed)
        for seed in range(n_seeds)
        for family in families_of(seed)
        for n_train in TRAIN_SIZES
        for dataset, n_rows in rows.items()
        if n_rows >= n_train + MIN_HELD_OUT
    ]


def families_of(seed):
    """Families searched with a seed."""
    return (*FAST_FAMILIES, *([SLOW_FAMILY] if seed % SLOW_EVERY == 0 else []))


def smoke_searches():
    """Cut the collection to seconds on sets that come with scikit-learn."""
    return [
        Search(dataset, family, 80, seed)
        for dataset in BUNDLED
        for family in FAST_FAMILIES
        for seed in range(2)
        if dataset != "bundled_digits"
    ]


def run_search(search, X, y):
    """Draw a sample and score every candidate on it."""
    return score(search, draw_rows(search, X, y))


def score(search, rows):
    """Hits out of fold, errors on training rows and hits on held-out rows."""
    n = search.n_train
    right_of = prepare(search.family, rows, search.seed)
    everything = np.arange(len(rows.y))
    fold = np.empty(n, dtype=np.uint8)
    hits = np.zeros((len(candidates(search.family)), n), dtype=bool)
    train_errors, split_truth = [], 0
    cv = StratifiedKFold(N_SPLITS, shuffle=True, random_state=1000 + search.seed)
    for split, (train, test) in enumerate(cv.split(rows.X[:n], rows.labels)):
        right = right_of(train, everything)
        fold[test] = split
        hits[:, test] = right[:, test]
        train_errors.append((~right[:, train]).sum(axis=1).tolist())
        split_truth = split_truth + right[:, n:].sum(axis=1)
    refitted = right_of(everything[:n], everything[n:]).sum(axis=1)
    return {
        "held_out": len(rows.y) - n,
        "fold": encode(fold),
        "hits": encode(np.packbits(hits, axis=1)),
        "train_errors": train_errors,
        "refitted": refitted.tolist(),
        "split_truth": split_truth.tolist(),
    }


def encode(array):
    """Bytes of an array as text."""
    return base64.b64encode(array.tobytes()).decode()


def decode_hits(record):
    """Candidates x rows, True where the out-of-fold prediction is right."""
    packed = np.frombuffer(base64.b64decode(record["hits"]), dtype=np.uint8)
    packed = packed.reshape(len(record["refitted"]), -1)
    return np.unpackbits(packed, axis=1, count=record["n_train"]).astype(bool)


def decode_fold(record):
    """Split of each row."""
    return np.frombuffer(base64.b64decode(record["fold"]), dtype=np.uint8)
