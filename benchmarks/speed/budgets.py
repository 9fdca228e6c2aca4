"""Whether a treatment keeps its budget: ``python -m benchmarks.speed.budgets``.

Options are ``--smoke`` and ``--write``. Each given model is treated with budgets of 5,
20 and 60 seconds, with all kinds of remedies, one job and one thread, the audit of the
data included. A budget is wall time, so nothing else should run.
"""

import os
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    make_classification,
)
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.speed._table import print_table
from skoverfit import treat

RESULTS = Path(__file__).with_name("budgets.md")
BUDGETS, SMOKE_BUDGETS = (5, 20, 60), (2,)
HEAD = (
    "| given model | " + " | ".join(f"{b} s" for b in BUDGETS) + " | tried in 60 s |\n"
    "| --- | " + "--: | " * len(BUDGETS) + "--: |"
)


def made(n_rows):
    """Rows of 20 columns of numbers in two classes."""
    return make_classification(n_rows, 20, n_informative=6, flip_y=0.1, random_state=0)


def texts(n_rows=600, n_words=40):
    """Texts of drawn words, some of which tell the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(2, size=n_rows)
    words = rng.zipf(1.3, (n_rows, n_words)) % 2000
    told = rng.random((n_rows, n_words)) < 0.05
    words = np.where(told, 3000 + 20 * y[:, None] + words % 20, words)
    return [" ".join(f"w{word}" for word in row) for row in words], y


@dataclass(frozen=True)
class Case:
    """A given model and its rows."""

    name: str
    model: Any
    data: tuple[Any, Any]


CASES = (
    Case(
        "tree, breast cancer (569 x 30)", DecisionTreeClassifier(), load_breast_cancer
    ),
    Case("SVC, digits (1,797 x 64)", SVC(), load_digits),
    Case(
        "5 nearest neighbors, 2,000 x 20", KNeighborsClassifier(), partial(made, 2000)
    ),
    Case("network, diabetes (442 x 10)", MLPRegressor(max_iter=500), load_diabetes),
    Case("forest, 5,000 x 20", RandomForestClassifier(), partial(made, 5000)),
    Case(
        "boosting, 20,000 x 20", HistGradientBoostingClassifier(), lambda: made(20_000)
    ),
    Case(
        "logistic regression, 600 texts",
        make_pipeline(TfidfVectorizer(), LogisticRegression()),
        texts,
    ),
)


def rows_of(case):
    """Features and target."""
    data = case.data()
    return (data.data, data.target) if hasattr(data, "target") else data


def row(number, turns, smoke):
    """Measure one case: the largest share of each budget, over the turns."""
    case = CASES[number]
    X, y = rows_of(case)
    # What is imported and compiled once belongs to no budget.
    timed(case, X[:100], y[:100], 2)
    budgets = SMOKE_BUDGETS if smoke else BUDGETS
    shares = []
    for budget in budgets:
        runs = [timed(case, X, y, budget) for _ in range(turns)]
        shares.append(max(seconds for seconds, _ in runs) / budget)
    n_tried = runs[-1][1]
    return f"| {case.name} | {' | '.join(f'{s:.2f}' for s in shares)} | {n_tried} |"


def timed(case, X, y, budget):
    """Seconds of a treatment, and how many candidates were fitted on all splits."""
    start = perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        treated = treat(case.model, X, y, budget=budget, random_state=0)
    seconds = perf_counter() - start
    states = [step.state for step in treated.report_.steps]
    return seconds, sum(state in ("used", "tried") for state in states)


if __name__ == "__main__":
    print_table(
        "benchmarks.speed.budgets",
        CASES,
        row,
        head=HEAD,
        results=RESULTS,
        note="Wall time as a share of the budget, the largest of {turns} turns.",
        turns=1,
    )
