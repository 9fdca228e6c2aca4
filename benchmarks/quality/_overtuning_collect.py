"""The slow step of the study of overtuning: 500 candidates on several kinds of splits.

Where one fit serves several candidates it does, by hand: one decomposition serves all
components and penalties, one order of neighbors all their numbers, and one run of
boosting all its stages.
"""

import base64
import time

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import loguniform, randint, uniform
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.model_selection import (
    ParameterGrid,
    ParameterSampler,
    StratifiedKFold,
    train_test_split,
)
from sklearn.tree import DecisionTreeClassifier

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import dataset_rows
from benchmarks.quality._split_families import draw_rows, inverse_distance

N_SPLITS, N_CANDIDATES, N_TRAIN, MIN_HELD_OUT, N_SEEDS = 5, 500, 200, 300, 20
#: Shares of the rows that are set apart, by which finalists are compared.
APART = {"1/4": 4, "1/6": 6}
MAX_COLUMNS = 40
N_SMOKE = 60
#: Splits of other shuffles; where candidates have folds of their own, each has one.
N_SHUFFLES = 8

#: Answers of shared fits that are kept at a time.
MAX_KEPT = 300

POWERS = (0.5, 1.0, 1.5, 2.0, 4.0)
MAX_NEIGHBORS = 60
SPACES = {
    "tree": {
        "max_depth": [*range(1, 16), None],
        "min_samples_leaf": randint(1, 40),
        "max_features": uniform(0.2, 0.8),
        "ccp_alpha": loguniform(1e-4, 5e-2),
    },
    "knn": {
        "n_neighbors": list(range(1, MAX_NEIGHBORS + 1)),
        "p": list(POWERS),
        "weights": ["distance", "uniform"],
    },
    "ridge": {
        "alpha": np.geomspace(1e-3, 1e4, 25).tolist(),
        "components": np.linspace(0.05, 1.0, 20).tolist(),
    },
    "boosting": {
        "n_estimators": sorted({*range(1, 11), *range(12, 40, 3), 60}),
        "run": list(range(25)),  # each with parameters of its own
    },
}
RUNS = {
    "learning_rate": loguniform(0.02, 1.0),
    "max_depth": [1, 2, 3, 4],
    "subsample": [0.5, 0.75, 1.0],
}
OWN = {
    "knn": {"n_neighbors": 5, "p": 2.0, "weights": "uniform"},
    "ridge": {"alpha": 1.0, "components": 1.0},
    "boosting": {"n_estimators": 100},
}


def planned_searches():
    """All sets and families with one seed before any with the next."""
    rows = dataset_rows("classification")
    return [
        Search(dataset, family, N_TRAIN, seed)
        for seed in range(N_SEEDS)
        for family in ("ridge", "knn", "tree", "boosting")
        if family != "boosting" or seed % 2 == 0
        for dataset, n_rows in rows.items()
        if n_rows >= N_TRAIN + MIN_HELD_OUT
    ]


def smoke_searches():
    """Cut the collection to seconds on sets that come with scikit-learn."""
    return [
        Search(dataset, family, 60, 0)
        for dataset in ("bundled_breast_cancer", "bundled_wine")
        for family in ("ridge", "knn")
    ]


def candidates(family, seed, n_candidates=N_CANDIDATES):
    """Own settings, then candidates in random order, of which any first ones serve."""
    space = SPACES[family]
    if any(hasattr(values, "rvs") for values in space.values()):
        drawn = list(ParameterSampler(space, n_candidates, random_state=seed))
    else:
        order = np.random.RandomState(seed).permutation(len(ParameterGrid(space)))
        drawn = [ParameterGrid(space)[int(k)] for k in order[:n_candidates]]
    if family == "boosting":
        runs = list(ParameterSampler(RUNS, 25, random_state=seed))
        drawn = [
            {"n_estimators": own["n_estimators"], **runs[own["run"]]} for own in drawn
        ]
    return [{}, *drawn]


def shuffles(params):
    """Shuffle of the folds that each candidate has to itself: one for each fit."""
    fits = {}
    numbers = []
    for k, own in enumerate(params):
        is_stage = "learning_rate" in own
        key = tuple(v for n, v in own.items() if n != "n_estimators") if is_stage else k
        numbers.append(1 + fits.setdefault(key, len(fits)) % N_SHUFFLES)
    return numbers


# ------------------------------------------------------------------------ the families
def prepare_tree(rows, params, seed):
    """Fit a tree of its own for each candidate."""
    X = rows.X.astype(np.float32)
    models = [DecisionTreeClassifier(random_state=seed, **own) for own in params]

    def right(train, of, of_candidate):
        model = models[of_candidate].fit(X[train], rows.y[train], check_input=False)
        values = model.tree_.predict(X[of]).reshape(len(of), -1)
        return rows.y[of] == model.classes_[values.argmax(axis=1)]

    return right


def prepare_knn(rows, params, seed):
    """Sort the distances of each norm once, and vote up to the largest number."""
    distances = {
        p: cdist(rows.X, rows.X[: rows.n_train], "minkowski", p=p) for p in POWERS
    }
    labels = np.eye(rows.y.max() + 1)
    cache = {}

    def voted(train, of, own):
        key = (train.tobytes(), of.tobytes(), own["p"], own["weights"])
        if key not in cache:
            if len(cache) > MAX_KEPT:
                cache.clear()
            part = distances[own["p"]][np.ix_(of, train)]
            near = np.argsort(part, axis=1, kind="stable")[:, :MAX_NEIGHBORS]
            votes = labels[rows.y[train[near]]]
            if own["weights"] == "distance":
                weights = inverse_distance(np.take_along_axis(part, near, axis=1))
                votes = votes * weights[:, :, None]
            totals = np.cumsum(votes, axis=1)
            cache[key] = rows.y[of] == totals.argmax(axis=2).T
        return cache[key]

    def right(train, of, of_candidate):
        own = params[of_candidate] or OWN["knn"]
        found = voted(train, of, own)
        return found[min(own["n_neighbors"], len(found)) - 1]

    return right


def prepare_ridge(rows, params, seed):
    """Decompose the training rows once for all candidates."""
    targets = np.where(np.eye(rows.y.max() + 1)[rows.y] > 0, 1.0, -1.0)
    cache = {}

    def decomposed(train, of):
        key = (train.tobytes(), of.tobytes())
        if key not in cache:
            if len(cache) > MAX_KEPT // 10:
                cache.clear()
            center = rows.X[train].mean(axis=0)
            left, values, axes = np.linalg.svd(
                rows.X[train] - center, full_matrices=False
            )
            keep = values > 1e-10 * values[0]
            means = targets[train].mean(axis=0)
            loads = left[:, keep].T @ (targets[train] - means)
            scores = (rows.X[of] - center) @ axes[keep].T
            cache[key] = scores, values[keep], loads, means
        return cache[key]

    def right(train, of, of_candidate):
        own = params[of_candidate] or OWN["ridge"]
        scores, values, loads, means = decomposed(train, of)
        k = max(1, round(own["components"] * len(values)))
        shrunk = values[:k] / (values[:k] ** 2 + own["alpha"])
        decision = scores[:, :k] @ (shrunk[:, None] * loads[:k]) + means
        return rows.y[of] == decision.argmax(axis=1)

    return right


def prepare_boosting(rows, params, seed):
    """Fit each run once for all its stages."""
    cache = {}

    def run(train, of, own):
        key = (train.tobytes(), of.tobytes(), *own.values())
        if key not in cache:
            if len(cache) > MAX_KEPT:
                cache.clear()
            most = 100 if not own else max(SPACES["boosting"]["n_estimators"])
            model = GradientBoostingClassifier(
                n_estimators=most, random_state=seed, **own
            ).fit(rows.X[train], rows.y[train])
            stages = np.stack(list(model.staged_predict(rows.X[of])))
            cache[key] = stages == rows.y[of]
        return cache[key]

    def right(train, of, of_candidate):
        own = dict(params[of_candidate] or OWN["boosting"])
        n_stages = own.pop("n_estimators")
        return run(train, of, own)[n_stages - 1]

    return right


PREPARE = {
    "tree": prepare_tree,
    "knn": prepare_knn,
    "ridge": prepare_ridge,
    "boosting": prepare_boosting,
}


# ----------------------------------------------------------------------- what is kept
def run_search(search, X, y):
    """Score every candidate on every kind of split; None for what would take long."""
    rows = draw_rows(search, X, y)
    if np.unique(rows.labels, return_counts=True)[1].min() < 2:
        return None
    if search.family == "boosting":
        two = len(np.unique(rows.y)) == 2
        if not two or rows.X.shape[1] > MAX_COLUMNS:
            return None
    start = time.process_time()
    n_candidates = N_CANDIDATES if search.n_train >= N_TRAIN else N_SMOKE
    params = candidates(search.family, search.seed, n_candidates)
    record = _Scored(search, rows, params).record()
    return record | {"seconds": round(time.process_time() - start, 2)}


class _Scored:
    """All candidates of a search, and what each gets right."""

    def __init__(self, search, rows, params):
        self.search, self.rows, self.n = search, rows, search.n_train
        self.params = params
        self.right = PREPARE[search.family](rows, params, search.seed)

    def record(self):
        """Return what rules are replayed from."""
        sample = np.arange(self.n)
        shared = self._passed(sample, [self._folds(sample, 0)] * len(self.params))
        folds = [self._folds(sample, k) for k in range(N_SHUFFLES + 1)]
        own = self._passed(sample, [folds[k] for k in shuffles(self.params)])
        held = np.arange(self.n, len(self.rows.y))
        refitted = [
            int(self.right(sample, held, k).sum()) for k in range(len(self.params))
        ]
        return {
            "n_candidates": len(self.params) - 1,
            "held_out": len(held),
            "refitted": refitted,
            "fold": encode(self._number(sample)),
            "hits": encode(np.packbits(shared[0], axis=1)),
            "train_errors": shared[1].tolist(),
            "own_folds": (shared[0].shape[1] - own[0].sum(axis=1)).tolist(),
            "apart": {name: self._apart(part) for name, part in APART.items()},
        }

    def _folds(self, sample, number):
        cv = StratifiedKFold(
            N_SPLITS,
            shuffle=True,
            random_state=1000 * (self.search.seed + 1) + number,
        )
        return list(cv.split(sample, self.rows.y[sample]))

    def _number(self, sample):
        fold = np.empty(len(sample), dtype=np.uint8)
        for split, (_, test) in enumerate(self._folds(sample, 0)):
            fold[test] = split
        return fold

    def _passed(self, sample, folds):
        """Out-of-fold hits of all candidates, and errors on training rows."""
        hits = np.zeros((len(self.params), len(sample)), dtype=bool)
        errors = np.zeros((len(self.params), N_SPLITS), dtype=int)
        for split in range(N_SPLITS):
            for k in range(len(self.params)):
                train, test = folds[k][split]
                found = self.right(sample[train], sample, k)
                hits[k, test] = found[test]
                errors[k, split] = len(train) - found[train].sum()
        return hits, errors.T

    def _apart(self, part):
        """Set a part of the rows aside; search on the others, and score on these."""
        sample, apart = train_test_split(
            np.arange(self.n),
            test_size=1 / part,
            stratify=self.rows.labels if self._can_be_stratified(part) else None,
            random_state=self.search.seed,
        )
        folds = self._folds(sample, 0)
        hits, _ = self._passed(sample, [folds] * len(self.params))
        on_these = [
            int(self.right(sample, apart, k).sum()) for k in range(len(self.params))
        ]
        return {"hits": hits.sum(axis=1).tolist(), "apart": on_these}

    def _can_be_stratified(self, part):
        n_classes = len(np.unique(self.rows.labels))
        return self.n // part >= n_classes


def encode(array):
    """Bytes of an array as text."""
    return base64.b64encode(array.tobytes()).decode()
