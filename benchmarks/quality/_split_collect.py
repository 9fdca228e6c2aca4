"""Collect split scores: a first pass and repeats of every candidate, kept whole.

One search is a data set, a model family, a number of training rows and a seed. Every
candidate is scored on train and test rows of 5 shuffled stratified splits (the first
pass), of 8 repeats with other shuffles, and, fitted on all training rows, on held-out
rows. The store keeps what policies can be replayed from without fitting anything.
"""

import base64
import time

import numpy as np
from sklearn.model_selection import StratifiedKFold

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import dataset_rows
from benchmarks.quality._split_families import (
    FAST_FAMILIES,
    candidates,
    draw_rows,
    prepare,
)

N_SPLITS = 5
N_REPEATS = 8
TRAIN_SIZES = (80, 200, 500)
MIN_HELD_OUT = 100
MAX_ROWS_KEPT = 200  # searches up to this size keep which rows were right
# Searches that would take minutes are left out, whatever their data set.
MAX_TRAIN = {"svm": 200, "logistic": 200}
MAX_CLASSES = {"boosting": 2, "logistic": 4}
MAX_COLUMNS = {"logistic": 110, "boosting": 40}
# Slow families with one seed each, between some seeds of the fast ones.
SEEDS_BETWEEN = 4
SLOW_PARTS = (
    (("svm", 200), ("bagging", 200)),
    (("logistic", 200), ("bagging", 500)),
    (("boosting", 200),),
    (("svm", 80), ("bagging", 80), ("logistic", 80)),
    (("boosting", 500), ("boosting", 80)),
)


def planned_searches(n_rounds=20):
    """Four seeds of the fast families, a part of the slow ones, and so on."""
    rows = dataset_rows("classification")

    def cells(family, sizes, seed):
        return [
            Search(dataset, family, n_train, seed)
            for n_train in sizes
            if n_train <= MAX_TRAIN.get(family, n_train)
            for dataset, n_rows in rows.items()
            if n_rows >= n_train + MIN_HELD_OUT
        ]

    plan = []
    for round_ in range(n_rounds):
        for step, part in enumerate(SLOW_PARTS):
            first = SEEDS_BETWEEN * (round_ * len(SLOW_PARTS) + step)
            for seed in range(first, first + SEEDS_BETWEEN):
                for family in FAST_FAMILIES:
                    plan += cells(family, TRAIN_SIZES, seed)
            for family, n_train in part:
                plan += cells(family, (n_train,), round_)
    return plan


def smoke_searches():
    """Cut the collection to seconds on sets that come with scikit-learn."""
    return [
        Search(dataset, family, 70, seed)
        for dataset in ("bundled_breast_cancer", "bundled_wine")
        for family in FAST_FAMILIES
        for seed in range(2)
    ]


def run_search(search, X, y):
    """Score every candidate on all splits; None for sets a family leaves out."""
    rows = draw_rows(search, X, y)
    return None if left_out(search.family, rows) else score(search, rows)


def left_out(family, rows):
    """Whether a family would take minutes on a data set of this shape."""
    too_many_classes = len(np.unique(rows.y)) > MAX_CLASSES.get(family, np.inf)
    return too_many_classes or rows.X.shape[1] > MAX_COLUMNS.get(family, np.inf)


def score(search, rows):
    """Errors of all candidates in the layout of the store."""
    start = time.process_time()
    right_of = prepare(search.family, rows, search.seed)
    sample = np.arange(search.n_train)
    train_errors, test_errors, sizes, seconds = [], [], [], []
    right_rows = np.zeros((len(candidates(search.family)), search.n_train), dtype=bool)
    for repeat in range(N_REPEATS + 1):
        for train, test in splitter(search.seed, repeat).split(
            rows.X[sample], rows.labels
        ):
            right = right_of(train, sample)
            train_errors.append((~right[:, train]).sum(axis=1).tolist())
            test_errors.append((~right[:, test]).sum(axis=1).tolist())
            sizes.append([len(train), len(test)])
            if repeat == 0:
                right_rows[:, test] = right[:, test]
        seconds.append(time.process_time() - start)
    right = right_of(sample, np.arange(len(rows.y)))
    train_errors.append((~right[:, sample]).sum(axis=1).tolist())
    test_errors.append((~right[:, search.n_train :]).sum(axis=1).tolist())
    sizes.append([search.n_train, len(rows.y) - search.n_train])
    record = {
        "sizes": sizes,
        "train_errors": train_errors,
        "test_errors": test_errors,
        "seconds": [round(seconds[0], 3), round(seconds[-1], 3)],
    }
    if search.n_train <= MAX_ROWS_KEPT:
        packed = np.packbits(right_rows, axis=1).tobytes()
        record["right"] = base64.b64encode(packed).decode()
    return record


def splitter(seed, repeat):
    """Return the splits of the first pass (0) or of a repeat (1, 2, ...)."""
    return StratifiedKFold(
        N_SPLITS, shuffle=True, random_state=1000 * (seed + 1) + repeat
    )
