"""Measure whether one model holds the score of a committee.

python -m benchmarks.quality.one_model [--smoke]

Protocol, fixed before the run. On each of three shared tables, 200 rows are drawn five
times, and a grid of trees is searched with a committee by the default rule, without
guard. Held-out accuracy of:

- "committee": the committee itself;
- "refitted": the candidate that the search has chosen, fitted on all rows;
- "distilled": the same candidate, fitted on what the committee predicts of the rows and
  of five smoothed copies of each.

Judged: differences to the committee in points, with the standard error over the tables.
One model is as good if its mean difference is above -0.2 points.
"""

import argparse
import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from benchmarks.quality._datasets import draw_sample, load_frame
from skoverfit import GapAwareSearchCV
from skoverfit.augmentation import SmoothedBootstrap
from skoverfit.model_selection import Committee

TABLES = ("ionosphere", "credit_approval", "vehicle")
SMOKE_TABLES = ("bundled_wine", "bundled_iris")
GRID = {"max_depth": [2, 3, 5, 8, None], "min_samples_leaf": [1, 3, 9]}
N_TRAIN, N_SEEDS, N_COPIES = 200, 5, 5
ARMS = ("committee", "refitted", "distilled")


def scores_of(name, seed, n_train):
    """Score all arms on the rows that one sample holds out."""
    X, y = load_frame(name)
    sample = draw_sample(
        X, y, name=name, task="classification", n_train=n_train, seed=seed
    )
    X, y = sample.X_train, sample.y_train
    cv = StratifiedKFold(5, shuffle=True, random_state=seed)
    search = GapAwareSearchCV(
        DecisionTreeClassifier(random_state=0),
        GRID,
        cv=cv,
        committee=Committee(guard=False),
    ).fit(X, y)
    committee = search.best_estimator_
    winner = clone(search.estimator).set_params(**search.best_params_)
    copies, _ = SmoothedBootstrap(n_copies=N_COPIES, random_state=0).fit_resample(X, y)
    models = (
        committee,
        clone(winner).fit(X, y),
        clone(winner).fit(copies, committee.predict(copies)),
    )
    return [model.score(sample.X_test, sample.y_test) for model in models]


def main():
    """Print the differences to the committee."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.one_model")
    parser.add_argument("--smoke", action="store_true", help="bundled tables, one seed")
    smoke = parser.parse_args().smoke
    tables, n_train = (SMOKE_TABLES, 60) if smoke else (TABLES, N_TRAIN)
    seeds = range(1 if smoke else N_SEEDS)
    points = []
    for name in tables:
        scores = np.array([scores_of(name, seed, n_train) for seed in seeds])
        points.append(100 * scores.mean(axis=0))
        print(name, *(f"{a} {s:.1f}" for a, s in zip(ARMS, points[-1], strict=True)))
    differences = np.array(points)[:, 1:] - np.array(points)[:, :1]
    errors = differences.std(axis=0, ddof=1) / len(tables) ** 0.5
    for arm, mean, error in zip(
        ARMS[1:], differences.mean(axis=0), errors, strict=True
    ):
        print(f"{arm}: {mean:+.2f} (se {error:.2f}) points against the committee")
    return 0


if __name__ == "__main__":
    sys.exit(main())
