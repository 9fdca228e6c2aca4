"""The slow step: run every search and append its raw scores to a file."""

import json
import time
import warnings
from dataclasses import dataclass

from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.quality._datasets import (
    BUNDLED,
    dataset_rows,
    draw_sample,
    load_frame,
)
from benchmarks.quality._models import GRIDS, SLOW_FAMILIES, Family, n_correct

TRAIN_SIZES = (80, 200, 500)
N_SPLITS = 5


@dataclass(frozen=True)
class Search:
    """One unit of work: a grid search on one sample of one data set."""

    seed: int
    n_train: int
    dataset: str
    family: str
    task: str

    @property
    def key(self):
        """Identity in the file of raw scores."""
        return (self.task, self.dataset, self.family, self.n_train, self.seed)


def planned_searches(task, n_seeds):
    """All searches, every combination once before any is repeated."""
    return [
        Search(seed, n_train, dataset, family, task)
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
        Search(0, 70, dataset, family, "classification")
        for dataset in BUNDLED
        for family in ("tree", "knn", "linear")
    ]


def collect(searches, path, *, minutes):
    """Run the searches not yet in ``path``, stopping after ``minutes``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done = {record_key(record) for record in read_records(path)}
    stop = time.monotonic() + 60 * minutes
    frames = {}
    with open(path, "a", encoding="utf-8") as stream:
        for search in searches:
            if search.key in done:
                continue
            if time.monotonic() > stop:
                break
            if search.dataset not in frames:
                frames[search.dataset] = load_frame(search.dataset)
            record = run_search(search, *frames[search.dataset])
            stream.write(json.dumps(record, separators=(",", ":")) + "\n")
            stream.flush()


def read_records(path):
    """Finished searches of a file; a line cut off by a crash is left out."""
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]), encoding="utf-8")
        lines.pop()
    return [json.loads(line) for line in lines]


def record_key(record):
    """Identity of a finished search, equal to ``Search.key``."""
    names = ("task", "dataset", "family", "n_train", "seed")
    return tuple(record[name] for name in names)


def run_search(search, X, y):
    """Cross-validate and refit every candidate; return the raw scores."""
    start = time.perf_counter()
    sample = draw_sample(
        X,
        y,
        name=search.dataset,
        task=search.task,
        n_train=search.n_train,
        seed=search.seed,
    )
    with warnings.catch_warnings():
        # Tiny classes and unconverged weak penalties are part of the benchmark.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        scores = score_candidates(search, sample)
    return {
        "task": search.task,
        "dataset": search.dataset,
        "family": search.family,
        "n_train": search.n_train,
        "seed": search.seed,
        **scores,
        "seconds": round(time.perf_counter() - start, 2),
    }


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
