"""A process that runs searches on demand, one in each fork, for a test to kill.

Not a test: run as a script. It imports what it needs once; each line of its input is
a list of tasks ``[kind, journal, log, result]``, and each forks a process that runs
that search. It answers with the processes' ids and, when all have ended, with how.
"""

import json
import os
import sys
import time
import traceback
from contextlib import suppress

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection import Racing

with suppress(ImportError):  # once, before forks
    import optuna  # noqa: F401


class SlowNeighbors(ClassifierMixin, BaseEstimator):
    """Says in a file that it is fitted, and takes its time."""

    __skoverfit_reproducible__ = True  # what a sampler proposes twice is fitted once
    log = None

    def __init__(self, k=1, seconds=0.01):
        self.k = k
        self.seconds = seconds

    def fit(self, X, y):
        if self.log is not None:
            line = f"{self.k} {X.sum().hex()}\n".encode()
            os.write(self.log, line)  # in one piece, whoever else writes
        time.sleep(self.seconds)
        self.classes_ = np.unique(y)
        self._model = KNeighborsClassifier(self.k).fit(X, y)
        return self

    def predict(self, X):
        return self._model.predict(X)


def search(kind, **options):
    splits = KFold(4, shuffle=True, random_state=0)
    options |= {"cv": splits, "random_state": 0}
    grid = {"k": [1, 2, 3, 5, 8, 13, 21, 34, 55]}
    if kind == "plain":
        return GapAwareSearchCV(SlowNeighbors(), grid, **options)
    if kind == "threads":
        return GapAwareSearchCV(SlowNeighbors(seconds=0.02), grid, n_jobs=2, **options)
    if kind == "racing":
        return GapAwareSearchCV(SlowNeighbors(), grid, racing=Racing(), **options)
    if kind == "refined":
        return GapAwareSearchCV(SlowNeighbors(), grid, refine=2, **options)
    if kind == "sampled":
        space = {"k": list(range(1, 60))}
        return GapAwareSearchCV(
            SlowNeighbors(), space, n_iter=12, sampler="tpe", **options
        )
    # Large enough that a fit takes longer than the kill is late, on any machine.
    forest = RandomForestClassifier(random_state=0)
    grid = {"n_estimators": [10, 20, 50], "max_depth": [2, 5, None]}
    return GapAwareSearchCV(forest, grid, **options)  # "shared"


def scores(fitted):
    """All that does not depend on the clock, in text that is equal for equal bits."""
    results = {
        key: np.asarray(value).tolist()
        for key, value in fitted.cv_results_.items()
        if not key.endswith("_time") and key != "params"
    }
    return repr((fitted.best_params_, sorted(results.items())))


def run(kind, journal, log):
    X, y = make_classification(160, 6, flip_y=0.2, random_state=0)
    SlowNeighbors.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    options = {"journal": journal} if journal != "-" else {}
    if kind == "threads":
        with joblib.parallel_config(backend="threading"):
            return scores(search(kind, refit=False, **options).fit(X, y))
    return scores(search(kind, refit=False, **options).fit(X, y))


def fork(task):
    """Run a search in another process, and return its id."""
    result = task[-1]
    if (pid := os.fork()) == 0:
        try:
            text = run(*task[:-1])
            with open(f"{result}.part", "w") as file:
                file.write(text)
            os.rename(f"{result}.part", result)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(not os.path.exists(result))
    return pid


def main():
    for line in sys.stdin:
        pids = [fork(task) for task in json.loads(line)]
        print(json.dumps(pids), flush=True)
        codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(json.dumps(codes), flush=True)


if __name__ == "__main__":
    main()
