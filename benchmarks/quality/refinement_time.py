"""Time refined searches against plain ones, on grids whose fits can be shared.

python -m benchmarks.quality.refinement_time [--smoke]
"""

import argparse
import os
import sys
import time
import warnings

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.quality._study import places
from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import PenalizedGap, Racing, Refinement

N_RUNS = 3
WORKLOADS = {
    "nearest neighbors": (
        KNeighborsClassifier(),
        {"n_neighbors": list(range(1, 48, 2)), "weights": ["uniform", "distance"]},
    ),
    "ridge classifier": (
        RidgeClassifier(),
        {"alpha": np.logspace(-3, 4, 48).tolist()},
    ),
    "tree, ccp_alpha": (
        DecisionTreeClassifier(random_state=0),
        {"ccp_alpha": np.linspace(0, 0.03, 48).tolist()},
    ),
    "random forest": (
        RandomForestClassifier(random_state=0),
        {"n_estimators": list(range(5, 65, 5)), "max_depth": [3, 6, 12, None]},
    ),
    "gradient boosting": (
        GradientBoostingClassifier(random_state=0),
        {"n_estimators": list(range(5, 65, 5)), "learning_rate": [0.05, 0.1, 0.2, 0.5]},
    ),
    "histogram boosting": (
        HistGradientBoostingClassifier(random_state=0, early_stopping=False),
        {"max_iter": list(range(5, 65, 5)), "max_leaf_nodes": [3, 7, 15, 31]},
    ),
    "SVC (nothing to share)": (
        SVC(),
        {"C": np.logspace(-2, 3, 8).tolist(), "gamma": np.logspace(-4, 1, 6).tolist()},
    ),
}


def searches(estimator, grid, refinement):
    """Name -> search, the plain one first."""
    return {
        "GridSearchCV": GridSearchCV(estimator, grid, cv=5, return_train_score=True),
        "one pass": GapAwareSearchCV(estimator, grid, cv=5),
        "raced": GapAwareSearchCV(estimator, grid, cv=5, racing=Racing()),
        "refined": GapAwareSearchCV(
            estimator,
            grid,
            cv=5,
            refine=refinement,
            selection=PenalizedGap(0.1),
            random_state=0,
        ),
    }


def seconds(search, X, y):
    """CPU seconds of one fit: other work on the machine does not count."""
    start = time.process_time()
    search.fit(X, y)
    return time.process_time() - start


def measure(name, n_rows, refinement, n_runs):
    """Least time of each search, all taking turns, and passes that refinement ran."""
    estimator, grid = WORKLOADS[name]
    X, y = make_classification(n_rows, 20, n_informative=6, flip_y=0.1, random_state=0)
    trial = searches(estimator, grid, refinement)
    times = {key: [] for key in trial}
    for _ in range(n_runs):
        for key, search in trial.items():
            times[key].append(seconds(search, X, y))
    n_run = trial["refined"].cv_results_["n_splits_run"]
    best = {key: min(values) for key, values in times.items()}
    return best | {"passes": float(n_run.mean() / 5)}


def main(argv=None):
    """Measure all workloads and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="two small workloads")
    options = parser.parse_args(argv)
    folder = places(options.smoke)[1]
    names = list(WORKLOADS)[:2] if options.smoke else list(WORKLOADS)
    sizes, n_runs = ((80,), 1) if options.smoke else ((200, 500), N_RUNS)
    lines = list(table(names, sizes, n_runs))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "refinement_time.md"
    path.write_text("\n".join([*HEAD, *lines, ""]), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return 0


HEAD = [
    "# Time of refined searches",
    "",
    "CPU seconds of a search on `make_classification(n, 20, n_informative=6, "
    "flip_y=0.1)`, one process, grids of 48 candidates, 5 splits; the least of "
    f"{N_RUNS} runs that take turns. Ratios are to "
    "`GridSearchCV(return_train_score=True)`: at most 1 means that refinement costs "
    "no more than a plain search. Passes: fits of the refined search over those of the "
    "plain one.",
    "",
    "| grid | rows | GridSearchCV, s | one pass | raced | refined | passes |",
    "|---|--:|--:|--:|--:|--:|--:|",
]


def table(names, sizes, n_runs):
    """Yield the rows of the table."""
    for name in names:
        for n_rows in sizes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = measure(name, n_rows, Refinement(), n_runs)
            plain = found["GridSearchCV"]
            yield (
                f"| {name} | {n_rows} | {plain:.2f} | {found['one pass'] / plain:.2f} "
                f"| {found['raced'] / plain:.2f} | {found['refined'] / plain:.2f} "
                f"| {found['passes']:.2f} |"
            )


if __name__ == "__main__":
    sys.exit(main())
