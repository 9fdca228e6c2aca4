"""What shared fits save: ``python -m benchmarks.speed.sharing [--smoke | --write]``.

Each workload is searched by GapAwareSearchCV and by GridSearchCV with train scores, in
turn, with one job and one thread, each time in a fresh process; all scores must agree.
Seconds are processor time, which other work on the machine changes little. Peak
memory is that of the process, the data and the libraries included.
"""

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import load_breast_cancer, make_classification, make_regression
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.speed._table import print_table
from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore

RESULTS = Path(__file__).with_name("sharing.md")
HEAD = (
    "| workload | times faster (quartiles of turns) | target | GapAwareSearchCV | "
    "peak memory, ours / peer |\n| --- | --: | --: | --: | --: |"
)
FOREST = {
    "n_estimators": [50, 100, 200],
    "max_depth": [None, 10, 20],
    "min_samples_split": [2, 5, 10],
}
SMOKE_FOREST = {"n_estimators": [3, 6], "max_depth": [None, 10]}


@dataclass(frozen=True)
class Workload:
    """One grid on one data set.

    Attributes
    ----------
    name : str
        What the table calls it.
    estimator : estimator object
        What is searched.
    grid, smoke_grid : dict
        The full grid, and a small one for the smoke run.
    data : callable
        From a share of the rows to X and y.
    target : float
        How many times faster than GridSearchCV it is meant to be.
    rtol : float
        Relative difference of scores that is allowed.
    """

    name: str
    estimator: object
    grid: dict
    smoke_grid: dict
    data: Callable[[float], tuple[object, object]]
    target: float
    rtol: float = 0.0


def classes(n_rows, n_features=20, **options):
    """Return a function that makes a classification problem."""
    options = {"random_state": 42, **options}
    return lambda share: make_classification(
        max(60, int(n_rows * share)), n_features, **options
    )


def breast_cancer(share):
    """Return the bundled data set."""
    X, y = load_breast_cancer(return_X_y=True)
    step = max(1, round(0.2 / share)) if share < 1 else 1
    return X[::step], y[::step]


def regression(share):
    """Five hundred features."""
    return make_regression(
        int(2000 * share), int(500 * share), noise=20.0, random_state=0
    )


def texts(share):
    """Four hundred film reviews, or random words where they are absent."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("SKOVERFIT_DATA", root / "shared" / "data"))
    file = folder / "text" / "movie_reviews_long.csv.gz"
    if share < 1 or not file.is_file():
        rng = np.random.default_rng(0)
        words = np.array([f"word{k}" for k in range(3000)])
        rows = [" ".join(rng.choice(words, 40)) for _ in range(int(1000 * share))]
        return rows, np.arange(len(rows)) % 2
    with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))[::5]
    return [row["text"] for row in rows], np.array([row["target"] for row in rows])


WORKLOADS = (
    Workload(
        "forest grid of 27, 100 x 20",
        RandomForestClassifier(random_state=0),
        FOREST,
        SMOKE_FOREST,
        classes(100),
        5.5,
    ),
    Workload(
        "forest grid of 27, breast cancer, 569 x 30",
        RandomForestClassifier(random_state=0),
        FOREST,
        SMOKE_FOREST,
        breast_cancer,
        4.5,
    ),
    Workload(
        "forest grid of 27, 2000 x 20 with noisy labels",
        RandomForestClassifier(random_state=0),
        FOREST,
        SMOKE_FOREST,
        classes(2000, flip_y=0.1),
        2.2,
    ),
    Workload(
        "TF-IDF of 1- and 2-grams of 400 film reviews, logistic regression, 20 C",
        make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000)
        ),
        {"logisticregression__C": np.logspace(-2, 1, 20)},
        {"logisticregression__C": [0.1, 1.0]},
        texts,
        6.0,
    ),
    Workload(
        "gradient boosting, 10 n_estimators x 3 learning rates, 1000 x 20",
        GradientBoostingClassifier(random_state=0),
        {
            "n_estimators": list(range(10, 101, 10)),
            "learning_rate": [0.03, 0.1, 0.3],
        },
        {"n_estimators": [3, 6], "learning_rate": [0.1, 0.3]},
        classes(1000),
        4.5,
    ),
    Workload(
        "histogram boosting, 10 max_iter, 2000 x 20",
        HistGradientBoostingClassifier(random_state=0),
        {"max_iter": list(range(10, 101, 10))},
        {"max_iter": [3, 6]},
        classes(2000),
        4.0,
    ),
    Workload(
        "k nearest neighbors, 30 k x 2 weights, 5000 x 20",
        KNeighborsClassifier(),
        {"n_neighbors": list(range(1, 31)), "weights": ["uniform", "distance"]},
        {"n_neighbors": [1, 2], "weights": ["uniform", "distance"]},
        classes(5000),
        12.0,
    ),
    Workload(
        "ridge, 50 alphas, 2000 x 500",
        Ridge(),
        {"alpha": np.logspace(-3, 4, 50)},
        {"alpha": [0.1, 1.0]},
        regression,
        10.0,
        rtol=1e-8,
    ),
    Workload(
        "tree, 30 ccp_alpha, 4000 x 20",
        DecisionTreeClassifier(random_state=0),
        {"ccp_alpha": np.linspace(0, 0.02, 30)},
        {"ccp_alpha": [0.0, 0.01]},
        classes(4000, flip_y=0.1),
        6.0,
    ),
    Workload(
        "nothing to share: SVC, 3 C x 3 gamma, 1000 x 20",
        SVC(),
        {"C": [0.1, 1, 10], "gamma": [0.01, 0.03, 0.1]},
        {"C": [0.1, 1]},
        classes(1000),
        0.97,
    ),
)


def searches(workload, smoke):
    """Both searches, and the data."""
    grid = workload.smoke_grid if smoke else workload.grid
    X, y = workload.data(0.1 if smoke else 1.0)
    ours = GapAwareSearchCV(workload.estimator, grid, selection=BestScore(), cv=5)
    peer = GridSearchCV(workload.estimator, grid, cv=5, return_train_score=True)
    return ours, peer, X, y


def run_alone(number, side, smoke):
    """Run one side (0: ours, 1: the peer): CPU seconds, peak memory in MB, scores."""
    *both, X, y = searches(WORKLOADS[number], smoke)
    start = process_time()
    both[side].fit(X, y)
    seconds = process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    results = both[side].cv_results_
    keys = (key for key in results if key.startswith(("split", "mean")))
    scores = {
        key: list(results[key])
        for key in keys
        if key.endswith(("test_score", "train_score"))
    }
    return seconds, peak, scores


def in_new_process(number, side, smoke):
    """Run one side where nothing else has taken memory before."""
    program = (
        "import json, sys; from benchmarks.speed import sharing; "
        "print(json.dumps(sharing.run_alone(*json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", program, json.dumps([number, side, smoke])]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def check_equal(ours, peer, rtol):
    """All scores of all splits agree."""
    for key, expected in peer.items():
        np.testing.assert_allclose(ours[key], expected, rtol, 0, err_msg=key)


def row(number, turns, smoke):
    """Measure one workload: a line of the table."""
    # Starting processes takes longer than a smoke run.
    run = run_alone if smoke else in_new_process
    workload = WORKLOADS[number]
    seconds, peaks = [], []
    for _ in range(turns):
        ours, peer = run(number, 0, smoke), run(number, 1, smoke)
        check_equal(ours[2], peer[2], workload.rtol)
        seconds.append((ours[0], peer[0]))
        peaks.append((ours[1], peer[1]))
    mine, theirs = np.array(seconds).T
    low, median, high = np.quantile(theirs / mine, [0.25, 0.5, 0.75])
    spread = f" ({low:.2f} to {high:.2f})" if turns > 1 else ""
    memory = np.max(peaks, axis=0)
    return (
        f"| {workload.name} | {median:.2f}{spread} | {workload.target} "
        f"| {np.median(mine):.2f} s "
        f"| {memory[0] / memory[1]:.2f} ({memory[0]:.0f} / {memory[1]:.0f} MB) |"
    )


if __name__ == "__main__":
    print_table(
        "benchmarks.speed.sharing",
        WORKLOADS,
        row,
        head=HEAD,
        results=RESULTS,
        note="Medians of {turns} turns, in processor time.",
        turns=5,
    )
