"""Wall time at 1 to 64 workers: ``python -m benchmarks.distributed.workers [--write]``.

Every task of a search is run and timed on its own, in seconds of the processor: those
of `GapAwareSearchCV` for each number of parts into which bundles are divided, and one
for each candidate and split, which are those of scikit-learn's `GridSearchCV`. Then
the tasks are given in order to so many workers, each to the first that is free, and
what the last one needs is the wall time. What sending costs is left out; there are
never more tasks than those of `GridSearchCV`.
"""

import argparse
import heapq
import os
from pathlib import Path
from time import process_time
from unittest import mock

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.speed._table import write_lines
from benchmarks.speed.sharing import WORKLOADS, searches
from skoverfit.model_selection._execution import _evaluation
from skoverfit.model_selection._execution._workers import Workers

RESULTS = Path(__file__).with_name("workers.md")
WORKERS = range(1, 65)
SHOWN = (1, 2, 4, 8, 16, 32, 64)
#: Workloads by the first words of their names.
CHOSEN = (
    "forest grid of 27, breast",
    "TF-IDF",
    "gradient boosting",
    "k nearest",
    "ridge",
    "tree",
    "nothing to share",
)
HEAD = [
    "# Seconds of wall time by number of workers: GapAwareSearchCV / GridSearchCV",
    "",
    f"| workload | {' | '.join(map(str, SHOWN))} | largest ratio (at) | undivided |",
    "| --- |" + " --: |" * (len(SHOWN) + 2),
]


def task_seconds(search, X, y, n_workers):
    """Seconds of each task, in order, of a search with so many workers."""
    seconds = []
    evaluate = _evaluation.evaluate

    def timed(*args):
        start = process_time()
        report = evaluate(*args)
        seconds.append(process_time() - start)
        return report

    count = mock.PropertyMock(return_value=n_workers)
    with (
        mock.patch.object(_evaluation, "evaluate", timed),
        mock.patch.object(Workers, "count", count),
    ):
        search.fit(X, y)
    return seconds


def wall(seconds, n_workers):
    """Time of the last of so many workers that take tasks in order."""
    free = [0.0] * n_workers
    for one in seconds:
        heapq.heappush(free, heapq.heappop(free) + one)
    return max(free)


def walls(workload, smoke):
    """Wall times of both searches by number of workers."""
    search, _, X, y = searches(workload, smoke)
    search.set_params(refit=False)
    alone = task_seconds(search.set_params(share_fits=False), X, y, 1)
    search.set_params(share_fits=True)
    whole = task_seconds(search, X, y, 1)
    by_parts = {1: whole}
    for n_workers in WORKERS:
        n_parts = max(n_workers // len(whole), 1)
        if n_parts not in by_parts:
            by_parts[n_parts] = task_seconds(search, X, y, n_workers)
        ours = wall(by_parts[n_parts], n_workers)
        yield n_workers, ours, wall(whole, n_workers), wall(alone, n_workers)


def line(workload, smoke):
    """One line of the table."""
    found = {n: times for n, *times in walls(workload, smoke)}
    cells = [f"{found[n][0]:.2f} / {found[n][2]:.2f}" for n in SHOWN]
    worst = max(found, key=lambda n: found[n][0] / found[n][2])
    ours, _, peer = found[worst]
    undivided = max(each[1] / each[2] for each in found.values())
    ends = f"{ours / peer:.2f} ({worst}) | {undivided:.2f}"
    return f"| {workload.name} | {' | '.join(cells)} | {ends} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="tiny run, for CI")
    parser.add_argument("--write", action="store_true", help=f"also to {RESULTS.name}")
    parser.add_argument(
        "--only", nargs="*", default=CHOSEN, help="first words of workloads"
    )
    given = parser.parse_args()
    first = CHOSEN[:1] if given.smoke else tuple(given.only)
    print("\n".join(HEAD), flush=True)
    lines = []
    for workload in WORKLOADS:
        if workload.name.startswith(first):
            lines.append(line(workload, given.smoke))
            print(lines[-1], flush=True)
            if given.write:
                order = [each.name for each in WORKLOADS]
                write_lines(RESULTS, lines, order, head=HEAD, note=[])


if __name__ == "__main__":
    main()
