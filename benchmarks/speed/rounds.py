"""What the best number of rounds costs: ``python -m benchmarks.speed.rounds``.

Options are ``--smoke`` and ``--write``. Learning rates and depths of boosting are
searched three times: with the largest number of rounds alone and with the best number
for each setting, in turn, then by GridSearchCV with train scores over all the numbers
that were tried. One job, one thread, processor time; the best scores must agree.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from benchmarks.speed._table import print_table
from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore

RESULTS = Path(__file__).with_name("rounds.md")
HEAD = (
    "| workload | best number / largest number alone (quartiles of turns) "
    "| grid of numbers by GridSearchCV / best number | best number |\n"
    "| --- | --: | --: | --: |"
)
CV = 3


@dataclass(frozen=True)
class Workload:
    """A model, and what is searched besides its rounds.

    Attributes
    ----------
    name : str
        What the table calls it.
    make : callable
        From a number of rounds to the estimator.
    rounds : str
        The parameter.
    rest : dict
        The other parameters.
    n_rows : int
        Rows of 20 features.
    """

    name: str
    make: Callable[[int], object]
    rounds: str
    rest: dict
    n_rows: int


def gradient_boosting(n_rounds):
    """Boosting of exact trees."""
    return GradientBoostingClassifier(n_estimators=n_rounds, random_state=0)


def histogram_boosting(n_rounds):
    """Boosting of trees on binned features."""
    return HistGradientBoostingClassifier(max_iter=n_rounds, random_state=0)


def behind_a_scaler(n_rounds):
    """Put the same behind a step of a Pipeline."""
    return make_pipeline(StandardScaler(), histogram_boosting(n_rounds))


def adaboost(n_rounds):
    """Boosting of weighted votes."""
    tree = DecisionTreeClassifier(max_depth=2)
    return AdaBoostClassifier(tree, n_estimators=n_rounds, random_state=0)


def xgboost(n_rounds):
    """Return XGBoost's classifier on one thread."""
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=n_rounds, random_state=0, n_jobs=1)


def lightgbm(n_rounds):
    """Return LightGBM's classifier on one thread."""
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=n_rounds, random_state=0, n_jobs=1, verbose=-1)


def catboost(n_rounds):
    """Return CatBoost's classifier on one thread."""
    from catboost import CatBoostClassifier

    return CatBoostClassifier(
        iterations=n_rounds,
        random_state=0,
        thread_count=1,
        verbose=0,
        allow_writing_files=False,
    )


def network(n_rounds):
    """Return a neural network of one hidden layer; its rounds are epochs."""
    return MLPClassifier(50, max_iter=n_rounds, random_state=0)


RATES = [0.05, 0.2]
PREFIX = "histgradientboostingclassifier__"
BOTH = {"learning_rate": RATES, "max_depth": [3, 6]}
WORKLOADS = (
    Workload("gradient boosting", gradient_boosting, "n_estimators", BOTH, 1000),
    Workload("histogram boosting", histogram_boosting, "max_iter", BOTH, 4000),
    Workload(
        "histogram boosting behind a scaler",
        behind_a_scaler,
        PREFIX + "max_iter",
        {PREFIX + name: values for name, values in BOTH.items()},
        4000,
    ),
    Workload(
        "AdaBoost",
        adaboost,
        "n_estimators",
        {"learning_rate": RATES, "estimator__max_depth": [1, 3]},
        1000,
    ),
    Workload("XGBoost", xgboost, "n_estimators", BOTH, 4000),
    Workload("LightGBM", lightgbm, "n_estimators", BOTH, 4000),
    Workload("CatBoost", catboost, "iterations", BOTH, 1000),
    Workload(
        "neural network",
        network,
        "max_iter",
        {"learning_rate_init": [0.0005, 0.002], "alpha": [1e-4, 1.0]},
        2000,
    ),
)


def searches(workload, n_rounds):
    """Return the search with the largest number, that with the best, and the grid's."""
    model, rest = workload.make(n_rounds), workload.rest
    options = {"selection": BestScore(), "cv": CV, "refit": False}
    largest, best = (
        GapAwareSearchCV(model, {workload.rounds: rounds, **rest}, **options)
        for rounds in ([n_rounds], "best")
    )
    return largest, best, model


def grid_over(best, workload, model):
    """Return scikit-learn's search over the numbers that a fitted search has tried."""
    params = best.staged_results_["params"]
    numbers = sorted({each[workload.rounds] for each in params})
    space = {workload.rounds: numbers, **workload.rest}
    return GridSearchCV(model, space, cv=CV, refit=False, return_train_score=True)


def seconds_of(search, X, y):
    """Return the processor time of one fit."""
    start = process_time()
    search.fit(X, y)
    return process_time() - start


def row(number, turns, smoke):
    """Measure one workload: a line of the table."""
    workload = WORKLOADS[number]
    n_rows, n_rounds = (100, 6) if smoke else (workload.n_rows, 100)
    X, y = make_classification(n_rows, 20, flip_y=0.1, random_state=0)
    largest, best, model = searches(workload, n_rounds)
    pair = largest, best
    times = [[seconds_of(each, X, y) for each in pair] for _ in range(turns)]
    grid = grid_over(best, workload, model)
    theirs = seconds_of(grid, X, y)
    found = best.cv_results_["mean_test_score"].max()
    np.testing.assert_equal(found, grid.cv_results_["mean_test_score"].max())
    alone, ours = np.array(times).T
    low, median, high = np.quantile(ours / alone, [0.25, 0.5, 0.75])
    name = f"{workload.name}, {n_rows} x 20, up to {n_rounds} rounds"
    return (
        f"| {name} | {median:.2f} ({low:.2f} to {high:.2f}) "
        f"| {theirs / np.median(ours):.1f} | {np.median(ours):.1f} s |"
    )


if __name__ == "__main__":
    print_table(
        "benchmarks.speed.rounds",
        WORKLOADS,
        row,
        head=HEAD,
        results=RESULTS,
        note="Medians of {turns} turns (the grid: one), in processor time.",
        turns=3,
    )
