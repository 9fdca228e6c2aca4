"""What a cheaper choice of the shrinkage costs: ``collect``, then ``summarize``.

Protocol, fixed before the run. Data and samples as in the study of shrinkage: the
shared tabular sets, 200 and 500 training rows where at least as many remain, at most
2000 others held out. Models: one full decision tree, and gradient boosting of 100
stages. The wrapper chooses among its 20 amounts by 5 folds (its default), by 3 folds,
on all other rows after a fit on a half or a quarter of the rows (stratified by class),
and by 5 folds with the area under the curve instead of the log loss (classes only; the
plain R2 is the same for regression). Score: AUC or R2, times 100 (points); the gap is
train minus held-out score. Times are CPU seconds of one process on one thread, in
multiples of the plain fit. Every set, size and model with seed 0 comes before seed 1;
the run stops after a fixed time. Seeds and sizes are averaged within a set; intervals
are 95 % t intervals over sets.
"""

import os
import time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._arms import arms_page, summarize_arms
from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._study import Study, command_line
from benchmarks.quality.shrinkage import score
from skoverfit.regularization import ShrunkTreeClassifier, ShrunkTreeRegressor

SIZES, N_SEEDS = (200, 500), 10
MODELS = {
    ("tree", "classification"): DecisionTreeClassifier,
    ("tree", "regression"): DecisionTreeRegressor,
    ("boosting", "classification"): GradientBoostingClassifier,
    ("boosting", "regression"): GradientBoostingRegressor,
}
ARMS = {
    "folds_5": "5 folds (default)",
    "folds_3": "3 folds",
    "half": "one fit on a half of the rows",
    "quarter": "one fit on a quarter of the rows",
    "auc": "5 folds, by AUC",
}


def planned():
    """Every set and model with seed 0 before seed 1; the small sample first."""
    return [
        Search(name, family, size, seed, task)
        for seed in range(N_SEEDS)
        for size in SIZES
        for family, task in MODELS
        for name, rows in dataset_rows(task).items()
        if rows >= 2 * size
    ]


def smoke():
    """One sample of two bundled sets."""
    return [Search(name, "tree", 80, 0) for name in sorted(BUNDLED)[2:]]


def run(search, X, y):
    """Scores on training and held-out rows, and seconds, of each choice."""
    sample = search.sample(X, y)
    is_class = search.task == "classification"
    if is_class and np.unique(sample.y_train, return_counts=True)[1].min() < 4:
        return None  # too few rows of a class for a quarter
    model = MODELS[search.family, search.task](random_state=search.seed)
    found = {}
    for name, each in arms(model, is_class).items():
        start = time.process_time()
        each.fit(sample.X_train, sample.y_train)
        found[f"{name}_seconds"] = round(time.process_time() - start, 5)
        for part in ("train", "test"):
            rows = getattr(sample, f"X_{part}"), getattr(sample, f"y_{part}")
            found[f"{name}_{part}"] = round(score(each, *rows), 6)
        if name != "plain":
            found[f"{name}_shrinkage"] = each.shrinkage_
    return found


def arms(model, is_class):
    """Return the plain model, and the wrapper with each way to choose."""
    wrap = ShrunkTreeClassifier if is_class else ShrunkTreeRegressor
    split = StratifiedShuffleSplit if is_class else ShuffleSplit
    found = {"plain": model, "folds_5": wrap(model), "folds_3": wrap(model, cv=3)}
    for name, share in (("half", 0.5), ("quarter", 0.25)):
        part = split(1, train_size=share, test_size=1 - share, random_state=0)
        found[name] = wrap(model, cv=part)
    if is_class:
        found["auc"] = wrap(model, scoring=area)
    return found


def area(model, X, y):
    """AUC as the study scores it, as a scorer."""
    return score(model, X, y)


def report(raw, results):
    """Write the table of sets and the page."""
    rows = summarize_arms(raw, results / "shrinkage_choice.csv", ARMS)
    text = arms_page("Ways to choose the shrinkage", __doc__, rows, ARMS)
    (results / "shrinkage_choice.md").write_text(text, encoding="utf-8")
    return text


def main(argv=None):
    """Run the step of the command line."""
    options = command_line(__doc__, minutes=6).parse_args(argv)
    return Study("shrinkage_choice", planned, smoke, run, report).execute(options)


if __name__ == "__main__":
    raise SystemExit(main())
