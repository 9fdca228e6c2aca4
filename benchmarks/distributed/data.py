"""Bytes and seconds to get 200 MB of data to two workers, once or with each task.

``python -m benchmarks.distributed.data [--write]``. Counted are bytes that the
process of the search writes to files and pipes (``wchar`` of Linux; joblib's mapped
arrays among them), bytes that go over the loopback device, as dask's do, and growth of
the shared memory, where ray's store of objects is.
"""

import argparse
import os
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
from sklearn.utils.parallel import delayed

from skoverfit.model_selection._execution._workers import Workers, fetch

RESULTS = Path(__file__).with_name("data.md")
N_TASKS, N_ROUNDS = 10, 2
HEAD = (
    "| backend | rows | sent | MB written | MB over loopback | MB of shared memory "
    "| seconds |\n| --- | --- | --- | --: | --: | --: | --: |"
)
NOTE = (
    "Two cores, shared with other work: compare the bytes, and take seconds as a rough "
    "guide. ray starts processes of its own for each row, which is most of its time."
)


class Problem:
    """Stands for all that the tasks of a search have in common."""

    def __init__(self, X):
        self.X = X


def touch(placed, i):
    """Look at the rows and do little."""
    return i, len(fetch(placed).X)


def written():
    """Bytes that this process has written."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("wchar"):
            return int(line.split()[1])
    return 0


def over_loopback():
    """Bytes that all processes of this machine have sent to one another."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split()[9])
    return 0


def in_shared_memory():
    """Bytes that are taken of the machine's shared memory."""
    state = os.statvfs("/dev/shm")
    return (state.f_blocks - state.f_bfree) * state.f_frsize


def counters():
    """All counts of bytes."""
    return np.array([written(), over_loopback(), in_shared_memory()])


def measure(value, once):
    """Megabytes by each count, and seconds, for all tasks."""
    warnings.filterwarnings("ignore", message="Sending large graph")  # that is it
    before, start = counters(), time.perf_counter()
    results = []
    with Workers(2, "2*n_jobs") as workers:
        placed = workers.place(value) if once else value
        for tasks in np.split(np.arange(N_TASKS), N_ROUNDS):
            results += workers.run(delayed(touch)(placed, int(i)) for i in tasks)
    seconds = time.perf_counter() - start
    assert sorted(results) == [(i, len(value.X)) for i in range(N_TASKS)]
    return (*np.maximum(0, counters() - before) / 1e6, seconds)


def lines(backend, problems):
    """Lines of the table for one backend, which is warmed up before."""
    with joblib.parallel_config(backend=backend, n_jobs=2):
        measure(Problem(np.zeros((10, 2))), once=True)
        for name, value in problems.items():
            for once in (True, False):
                how = "once" if once else "with each task"
                *sent, seconds = measure(value, once)
                counts = " | ".join(f"{megabytes:.0f}" for megabytes in sent)
                yield f"| {backend} | {name} | {how} | {counts} | {seconds:.1f} |"


def table():
    """All lines, backend by backend."""
    import ray
    from ray.util.joblib import register_ray

    import distributed

    rng = np.random.default_rng(0)
    texts = [" ".join(f"word{i * j % 997}" for j in range(30)) for i in range(100_000)]
    problems = {
        "200 MB of floats": Problem(rng.normal(size=(250_000, 100))),
        "22 MB of texts": Problem(texts),
    }
    yield HEAD
    yield from lines("loky", problems)
    options = {"threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(n_workers=2, **options) as cluster,
        distributed.Client(cluster),
    ):
        yield from lines("dask", problems)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    register_ray()
    yield from lines("ray", problems)
    ray.shutdown()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"also to {RESULTS.name}")
    write = parser.parse_args().write
    found = []
    for line in table():
        print(line, flush=True)
        found.append(line)
    if write:
        title = f"# Data to two workers, {N_TASKS} tasks"
        text = "\n".join([title, "", *found, "", NOTE, ""])
        RESULTS.write_text(text)


if __name__ == "__main__":
    main()
