"""Random searches, each done by scikit-learn's search and by ours. Not a test.

    python -m tests.model_selection.differential.run FIRST_SEED N_CASES

checks so many cases and prints the seeds that differ.
"""

import copy
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.datasets import make_blobs, make_classification, make_regression
from sklearn.metrics import fbeta_score, make_scorer, max_error
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ParameterGrid,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)
from sklearn.utils.validation import has_fit_parameter

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import BestScore
from tests.model_selection._shared_fits import meddlers
from tests.model_selection.differential.parts import (
    CLASSIFIERS,
    CLUSTERERS,
    REGRESSORS,
    choose,
    pipeline,
    some,
)

#: Sums in another order: closed forms of linear models, and what follows from them.
RTOL = 1e-7
MOST_CANDIDATES = 5
POOLS = {
    "classification": CLASSIFIERS,
    "regression": REGRESSORS,
    "clustering": CLUSTERERS,
}


@dataclass
class Case:
    """One search.

    Attributes
    ----------
    estimator, grid, X, y : object
        As both searches take them.
    fit : dict
        Further arguments of ``fit``.
    options : dict
        Options that both searches have.
    journal : bool
        Whether ours is done a second time from a journal.
    """

    estimator: Any
    grid: Any
    X: Any
    y: Any
    fit: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    journal: bool = False


def make_case(seed):
    """Return the search of a seed."""
    rng = np.random.default_rng(seed)
    task = rng.choice(list(POOLS), p=[0.55, 0.4, 0.05])
    X, y = make_data(rng, task)
    estimator, grid = make_candidates(rng, task)
    X = in_some_container(rng, X)
    options = make_options(rng, task, y)
    fit = {}
    if isinstance(options["cv"], GroupKFold):
        fit["groups"] = rng.integers(0, 6, X.shape[0])
    fit |= make_weights(rng, estimator, X.shape[0])
    return Case(estimator, grid, X, y, fit, options, journal=rng.random() < 0.03)


# ------------------------------------------------------------------------------ data
def make_data(rng, task):
    n, seed = int(rng.integers(30, 90)), int(rng.integers(1000))
    if task == "clustering":
        return make_blobs(n, 4, cluster_std=3.0, random_state=seed)[0], None
    if task == "regression":
        X, y = make_regression(n, 5, noise=20.0, random_state=seed)
        return with_ties(rng, X), y
    X, y = make_classification(
        n,
        5,
        n_informative=3,
        n_redundant=1,
        n_classes=int(rng.integers(2, 4)),
        flip_y=0.2,
        random_state=seed,
    )
    return with_ties(rng, X), labels(rng, y)


def with_ties(rng, X):
    """Rows as they are, rounded, or with a constant column and copies."""
    kind = rng.random()
    if kind < 0.25:
        return np.round(X)
    if kind < 0.4:
        X = X[rng.integers(0, len(X) // 2, len(X))]
        X[:, 0] = 1.0
    return X


def labels(rng, y):
    """Labels as they are, as words, sorted, or with a class that folds may lack."""
    kind = rng.random()
    if kind < 0.15:
        return np.array(["red", "green", "blue"])[y]
    if kind < 0.3:
        y = y.copy()
        y[rng.integers(0, len(y), int(rng.integers(1, 3)))] = 3
    elif kind < 0.4:
        y = np.sort(y)
    return y


def in_some_container(rng, X):
    kind = rng.random()
    if kind < 0.15:
        return pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    if kind < 0.2:
        return sparse.csr_matrix(np.round(X))
    if kind < 0.25:
        return X.astype(np.float32)
    return np.asfortranarray(X) if kind < 0.3 else X


# ------------------------------------------------------------------------ candidates
def make_candidates(rng, task):
    estimator, grid = choose(rng, list(POOLS[task].values()))(rng)
    if rng.random() < 0.45:
        samplers = task == "classification"
        estimator, grid = pipeline(rng, estimator, grid, samplers=samplers)
    return estimator, smaller(rng, grid)


def smaller(rng, grid):
    """Leave values out until the grid is small; now and then, make it a list."""
    grid = {name: list(values) for name, values in grid.items()}
    while len(ParameterGrid(grid)) > MOST_CANDIDATES + 1:
        longest = max(grid, key=lambda name: len(grid[name]))
        grid[longest].pop(int(rng.integers(len(grid[longest]))))
    if rng.random() < 0.1:
        return [grid, {name: values[:1] for name, values in grid.items()}]
    return grid


def make_weights(rng, estimator, n):
    """Weights for the estimator, or for the last step of a Pipeline."""
    if rng.random() > 0.2:
        return {}
    name, final = "sample_weight", estimator
    if hasattr(estimator, "steps"):
        name, final = "final__sample_weight", estimator.steps[-1][1]
        if any(hasattr(step, "fit_resample") for _, step in estimator.steps):
            return {}
    if not has_fit_parameter(final, "sample_weight"):
        return {}
    kinds = [
        rng.uniform(0.1, 3.0, n),
        rng.integers(1, 4, n),
        rng.integers(0, 3, n).astype(float),
    ]
    return {name: choose(rng, kinds)}


# --------------------------------------------------------------------------- options
def make_options(rng, task, y):
    scoring = make_scoring(rng, task)
    metrics = ["one"] if scoring is scores_by_name else scoring
    several = isinstance(metrics, list | dict)
    refits = [choose(rng, list(metrics)), False] if several else [True]
    return {
        "scoring": scoring,
        "cv": make_splitter(rng, task, y),
        "n_jobs": choose(rng, [1, 1, 1, 2]),
        "return_train_score": bool(rng.random() < 0.7),
        "error_score": choose(rng, [np.nan, np.nan, 0, -1.0, "raise"]),
        "refit": choose(rng, refits),
    }


def make_splitter(rng, task, y):
    n, seed = int(rng.integers(2, 4)), int(rng.integers(100))
    splitters = [
        n,
        KFold(n),
        KFold(n, shuffle=True, random_state=seed),
        ShuffleSplit(n, test_size=0.3, random_state=seed),
        RepeatedKFold(n_splits=2, n_repeats=2, random_state=seed),
        TimeSeriesSplit(n),
        GroupKFold(n),
    ]
    if y is not None:
        splitters.append(PredefinedSplit(np.arange(len(y)) % (n + 1) - 1))
    if task == "classification":
        splitters.append(StratifiedKFold(n, shuffle=True, random_state=seed))
    return choose(rng, splitters)


def scores_by_name(estimator, X, y=None):
    return {"one": meddlers.asks(estimator, X, y), "two": float(X.shape[0])}


def fails_at_times(estimator, X, y=None):
    if X.shape[0] % 3 == 0 or getattr(estimator, "max_depth", 0) == 2:
        raise ValueError("cannot be scored")
    return meddlers.asks(estimator, X, y)


def is_zero(estimator, X, y=None):
    return 0.0


STRINGS = {
    "classification": ["accuracy", "balanced_accuracy", "f1_macro", "roc_auc_ovr"],
    "regression": ["r2", "neg_mean_absolute_error", "neg_median_absolute_error"],
    "clustering": [],
}
MADE = {
    "classification": [make_scorer(fbeta_score, beta=2, average="weighted")],
    "regression": [make_scorer(max_error, greater_is_better=False)],
    "clustering": [],
}


def make_scoring(rng, task):
    known = [*STRINGS[task], *MADE[task]]
    own = [*meddlers.MEDDLERS, fails_at_times, is_zero]
    kind = rng.random()
    if kind < 0.35:
        return choose(rng, [*known, None]) if known else None
    if kind < 0.65 or not known:
        return choose(rng, own)
    if kind < 0.7:
        return scores_by_name
    if kind < 0.8:
        return some(rng, STRINGS[task], 2)[:2]
    names = ["a", "b", "c"]
    return {name: choose(rng, [*known, *own]) for name in names[: rng.integers(1, 4)]}


# ------------------------------------------------------------------------ comparison
def check_case(case):
    """Require the same of both searches; return how many fits ours has shared."""
    with warnings.catch_warnings(), joblib.parallel_config(backend="threading"):
        warnings.simplefilter("ignore")
        theirs = outcome(GridSearchCV, case)
        ours = outcome(GapAwareSearchCV, case, selection=BestScore())
        require_same(ours, theirs)
        if case.journal:
            with tempfile.TemporaryDirectory() as folder:
                options = {"selection": BestScore(), "journal": Path(folder, "j.db")}
                for _ in range(2):
                    require_same(outcome(GapAwareSearchCV, case, **options), theirs)
    served = getattr(ours, "shared_fits_", None)
    return Counter() if served is None else Counter(served.by_family)


def outcome(cls, case, **options):
    """Return the fitted search, or the error that it ends with."""
    search = cls(
        copy.deepcopy(case.estimator),
        copy.deepcopy(case.grid),
        **copy.deepcopy(case.options),
        **options,
    )
    vars(meddlers.KEPT).clear()
    try:
        return search.fit(
            copy.deepcopy(case.X), copy.deepcopy(case.y), **copy.deepcopy(case.fit)
        )
    except Exception as error:
        return error


def require_same(ours, theirs):
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        if type(ours) is not type(theirs):
            raise AssertionError(f"ours: {ours!r}; scikit-learn's: {theirs!r}")
        return
    exact = True
    for key, expected in theirs.cv_results_.items():
        if key.startswith(("split", "mean_test", "mean_train", "std_test")):
            found = ours.cv_results_[key]
            np.testing.assert_allclose(
                found, expected, rtol=RTOL, atol=1e-10, equal_nan=True, err_msg=key
            )
            exact &= np.array_equal(found, expected, equal_nan=True)
    if exact and hasattr(theirs, "best_index_"):
        assert ours.best_index_ == theirs.best_index_, "best_index_"
        np.testing.assert_array_equal(
            ours.cv_results_["rank_test_" + metric_of(theirs)],
            theirs.cv_results_["rank_test_" + metric_of(theirs)],
        )


def metric_of(search):
    return search.refit if isinstance(search.refit, str) else "score"


def describe(seed):
    case = make_case(seed)
    return f"{case.estimator}\n  {case.grid}\n  {case.options} fit={list(case.fit)}"


def main(first, n_cases):
    """Print what differs, and how much was shared."""
    served, wrong = Counter(), []
    for seed in range(first, first + n_cases):
        try:
            served += check_case(make_case(seed))
        except Exception:
            wrong.append(seed)
            print(f"seed {seed}: {describe(seed)}\n{traceback.format_exc()}")
        if (seed + 1 - first) % 50 == 0:
            print(f"{seed + 1 - first} cases, differing: {wrong}", flush=True)
    print(f"{n_cases} cases, {len(wrong)} differ: {wrong}\nserved: {dict(served)}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
