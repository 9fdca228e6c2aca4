"""What a committee costs a search: ``python -m benchmarks.speed.committees``.

Options are ``--smoke`` and ``--write``. Each grid is searched with ``committee=True``
and without, in turn, with one job and one thread. Seconds are processor time.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.speed._table import print_table
from skoverfit import GapAwareSearchCV

RESULTS = Path(__file__).with_name("committees.md")
HEAD = (
    "| workload | with / without committee (quartiles of turns) | without | models |\n"
    "| --- | --: | --: | --: |"
)


@dataclass(frozen=True)
class Workload:
    """One grid on one data set.

    Attributes
    ----------
    name : str
        What the table calls it.
    estimator : estimator object
        What is searched.
    grid : dict
        Its space.
    n_rows : int
        Rows of 20 features.
    """

    name: str
    estimator: object
    grid: dict
    n_rows: int


WORKLOADS = (
    Workload(
        "k nearest neighbors, 15 k x 2 weights",
        KNeighborsClassifier(),
        {"n_neighbors": list(range(1, 31, 2)), "weights": ["uniform", "distance"]},
        1000,
    ),
    Workload(
        "logistic regression behind a scaler, 20 C",
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        {"logisticregression__C": np.logspace(-3, 2, 20)},
        2000,
    ),
    Workload(
        "tree, 6 depths x 5 sizes of leaves",
        DecisionTreeClassifier(random_state=0),
        {
            "max_depth": [2, 4, 6, 8, 10, None],
            "min_samples_leaf": [1, 2, 4, 8, 16],
        },
        1000,
    ),
    Workload(
        "forest of 50, 3 depths x 2 sizes of leaves",
        RandomForestClassifier(50, random_state=0),
        {"max_depth": [4, 8, None], "min_samples_leaf": [1, 4]},
        300,
    ),
    Workload(
        "SVC behind a scaler, 3 C x 3 gamma",
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": [0.1, 1.0, 10.0], "svc__gamma": [0.01, 0.03, 0.1]},
        500,
    ),
)


def seconds_of(search, X, y):
    """Return the processor time of one fit."""
    start = process_time()
    search.fit(X, y)
    return process_time() - start


def row(number, turns, smoke):
    """Measure one workload: a line of the table."""
    workload = WORKLOADS[number]
    n_rows = 100 if smoke else workload.n_rows
    X, y = make_classification(n_rows, 20, n_informative=6, flip_y=0.1, random_state=0)
    ours, plain = (
        GapAwareSearchCV(workload.estimator, workload.grid, committee=committee)
        for committee in (True, None)
    )
    seconds_of(ours, X, y)  # whatever is imported and compiled once
    times = [[seconds_of(each, X, y) for each in (ours, plain)] for _ in range(turns)]
    with_one, without = np.array(times).T
    low, median, high = np.quantile(with_one / without, [0.25, 0.5, 0.75])
    n_members = ours.selection_path_.committee.n_members
    return (
        f"| {workload.name}, {n_rows} x 20 | {median:.2f} ({low:.2f} to {high:.2f}) "
        f"| {np.median(without):.2f} s | {n_members} |"
    )


if __name__ == "__main__":
    print_table(
        "benchmarks.speed.committees",
        WORKLOADS,
        row,
        head=HEAD,
        results=RESULTS,
        note="Medians of {turns} turns, in processor time.",
        turns=5,
    )
