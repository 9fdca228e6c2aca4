"""Wall time with two real workers: ``python -m benchmarks.distributed.two_workers``.

Options are ``--smoke``, ``--write``, ``--turns`` and ``--only``. `GapAwareSearchCV` and
scikit-learn's `GridSearchCV` search the same grids with ``n_jobs=2``, in turn, in
joblib's processes, which are started before. What sending costs is in it; what other
work on the machine takes is, too, so nothing else should run beside it.
"""

import os
from pathlib import Path
from time import perf_counter

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed

from benchmarks.distributed.workers import CHOSEN
from benchmarks.speed._table import print_table
from benchmarks.speed.sharing import WORKLOADS, searches

RESULTS = Path(__file__).with_name("two_workers.md")
MEASURED = [each for each in WORKLOADS if each.name.startswith(CHOSEN)]
HEAD = (
    "| workload | times faster (least and most of the turns) | GapAwareSearchCV "
    "| GridSearchCV |\n| --- | --: | --: | --: |"
)


def wall_seconds(search, X, y):
    """Seconds on the clock until a search is done."""
    start = perf_counter()
    search.set_params(n_jobs=2, refit=False).fit(X, y)
    return perf_counter() - start


def row(number, turns, smoke):
    """Measure one workload: a line of the table."""
    workload = MEASURED[number]
    Parallel(n_jobs=2)(delayed(searches)(workload, True) for _ in range(2))
    seconds = []
    for _ in range(turns):
        *both, X, y = searches(workload, smoke)
        seconds.append([wall_seconds(search, X, y) for search in both])
    ours, peer = np.array(seconds).T
    ratios = peer / ours
    spread = f" ({ratios.min():.2f} to {ratios.max():.2f})" if turns > 1 else ""
    return (
        f"| {workload.name} | {np.median(ratios):.2f}{spread} "
        f"| {np.median(ours):.2f} s | {np.median(peer):.2f} s |"
    )


if __name__ == "__main__":
    print_table(
        "benchmarks.distributed.two_workers",
        MEASURED,
        row,
        head=HEAD,
        results=RESULTS,
        note="Medians of {turns} turns, on two cores.",
        turns=3,
    )
