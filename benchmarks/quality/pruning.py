"""What pruning gains on held-out rows, and what it costs: ``collect``, ``summarize``.

Protocol, fixed before the run. Data: the shared tabular sets. Training rows: 200 and
500, drawn at random (stratified by class), where at least as many rows remain; at most
2000 other rows are held out. One decision tree with its defaults, fitted plain; pruned
by PrunedTreeClassifier or PrunedTreeRegressor with their defaults (5 folds, accuracy
or R2), with the one-standard-error rule, and chosen by log loss (classes only); by
GridSearchCV over the same values of ccp_alpha (same folds), and over 20 of them (equal
steps through the pruning path of all rows); and shrunken by ShrunkTree with its
defaults. Scores: accuracy or R2, and AUC (one against the rest, mean over the classes)
for classes, times 100 (points); the gap is train minus held-out score. Times are CPU
seconds of one process on one thread, fit alone, in multiples of the plain fit. Every
set and size with seed 0 comes before seed 1; the run stops after a fixed time. Seeds
and sizes are averaged within a set; intervals are 95 % t intervals over sets.
"""

import os
import time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._arms import arms_page, summarize_arms
from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._study import Study, command_line
from benchmarks.quality.shrinkage import score
from skoverfit.regularization import (
    PrunedTreeClassifier,
    PrunedTreeRegressor,
    ShrunkTreeClassifier,
    ShrunkTreeRegressor,
)

SIZES, N_SEEDS, N_GRID = (200, 500), 10, 20
TASKS = ("classification", "regression")
ARMS = {
    "pruned": "pruned, best score",
    "pruned_1se": "pruned, one-standard-error rule",
    "pruned_log": "pruned by log loss",
    "grid_all": "GridSearchCV, same ccp_alpha",
    "grid_20": "GridSearchCV, 20 ccp_alpha",
    "shrunken": "shrunken, no pruning",
}


def planned():
    """Every set with seed 0 before seed 1; the small sample first."""
    return [
        Search(name, "tree", size, seed, task)
        for seed in range(N_SEEDS)
        for size in SIZES
        for task in TASKS
        for name, rows in dataset_rows(task).items()
        if rows >= 2 * size
    ]


def smoke():
    """One sample of two bundled sets."""
    return [Search(name, "tree", 80, 0) for name in sorted(BUNDLED)[2:]]


def run(search, X, y):
    """Scores on training and held-out rows, and seconds, of each arm."""
    sample = search.sample(X, y)
    if len(np.unique(sample.y_train)) < 2:
        return None
    is_class = search.task == "classification"
    tree = (DecisionTreeClassifier if is_class else DecisionTreeRegressor)(
        random_state=search.seed
    )
    found, models = {}, arms(tree, sample.X_train, sample.y_train, is_class)
    for name, model in models.items():
        start = time.process_time()
        model.fit(sample.X_train, sample.y_train)
        found[f"{name}_seconds"] = round(time.process_time() - start, 5)
        for part in ("train", "test"):
            rows = getattr(sample, f"X_{part}"), getattr(sample, f"y_{part}")
            found[f"{name}_{part}"] = round(float(model.score(*rows)), 6)
            if is_class:
                inner = getattr(model, "best_estimator_", model)
                found[f"{name}_auc_{part}"] = round(score(inner, *rows), 6)
        inner = getattr(model, "best_estimator_", getattr(model, "estimator_", model))
        found[f"{name}_leaves"] = int(inner.get_n_leaves())
    return found


def arms(tree, X, y, is_class):
    """Models to compare, by name; grids are found from all training rows."""
    prune, shrink = (
        (PrunedTreeClassifier, ShrunkTreeClassifier)
        if is_class
        else (PrunedTreeRegressor, ShrunkTreeRegressor)
    )
    folds = StratifiedKFold if is_class else KFold
    folds = folds(5, shuffle=True, random_state=0)
    alphas = prune(tree).fit(X, y).pruning_path_["ccp_alpha"]
    few = np.unique(np.linspace(0, len(alphas) - 1, N_GRID).round().astype(int))
    models = {
        "plain": clone(tree),
        "pruned": prune(tree),
        "pruned_1se": prune(tree, n_se=1),
        "grid_all": GridSearchCV(tree, {"ccp_alpha": alphas}, cv=folds),
        "grid_20": GridSearchCV(tree, {"ccp_alpha": np.array(alphas)[few]}, cv=folds),
        "shrunken": shrink(tree),
    }
    if is_class:
        models["pruned_log"] = prune(tree, scoring="neg_log_loss")
    return models


def report(raw, results):
    """Write the table of sets and the page."""
    rows = summarize_arms(raw, results / "pruning.csv", ARMS)
    text = arms_page("Pruning of single trees on held-out rows", __doc__, rows, ARMS)
    (results / "pruning.md").write_text(text, encoding="utf-8")
    return text


def main(argv=None):
    """Run the step of the command line."""
    options = command_line(__doc__, minutes=6).parse_args(argv)
    return Study("pruning", planned, smoke, run, report).execute(options)


if __name__ == "__main__":
    raise SystemExit(main())
