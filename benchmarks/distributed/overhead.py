"""Seconds and memory that a search itself needs for each (candidate, split) pair.

``python -m benchmarks.distributed.overhead [--pairs N] [--write]``. First real
searches over a model that does nothing, on several backends, with and without a
journal. Then a simulation in which every task returns at once what a worker would have
sent, for N pairs and a tenth of them: what is left is the work of the process that runs
the search. What a million pairs need follows from the slope. Seconds are those of the
processor, in the process of the search: other work on the machine does not count.
"""

import argparse
import contextlib
import tempfile
import time
import warnings
from pathlib import Path
from unittest import mock

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV

from skoverfit import GapAwareSearchCV
from skoverfit.model_selection._execution import _evaluation
from skoverfit.model_selection._execution._bundle import Report

RESULTS = Path(__file__).with_name("overhead.md")
X = np.arange(40.0).reshape(20, 2)
Y = np.arange(20) % 2


class Nothing(ClassifierMixin, BaseEstimator):
    """A model that takes no time."""

    def __init__(self, a=0):
        self.a = a

    def fit(self, X, y):
        """Learn nothing."""
        self.classes_ = np.array([0, 1])
        return self

    def score(self, X, y):
        """Return the parameter."""
        return self.a


def timed(search):
    """Seconds that this process computes during a fit."""
    start = time.process_time()
    search.fit(X, Y)
    return time.process_time() - start


def real(n_candidates=100, n_splits=5):
    """Microseconds for each pair of searches over a model that does nothing."""
    grid = {"a": list(range(n_candidates))}
    options = {"cv": n_splits, "refit": False, "return_train_score": True}
    pairs = n_candidates * n_splits
    yield "| backend | search | microseconds for each pair |"
    yield "| --- | --- | --: |"
    for kind in ("one process", "threading", "loky", "dask"):
        backend = "loky" if kind == "one process" else kind
        more = {"n_jobs": 1 if kind == "one process" else 2}
        with started(kind), joblib.parallel_config(backend=backend):
            for name, search in searches(grid, {**options, **more}):
                seconds = min(timed(search) for _ in range(2))
                yield f"| {kind} | {name} | {1e6 * seconds / pairs:.0f} |"


@contextlib.contextmanager
def started(kind):
    """Start the workers before anything is timed; dask schedules in this process."""
    if kind == "loky":
        GridSearchCV(Nothing(), {"a": [1, 2]}, cv=2, n_jobs=2, refit=False).fit(X, Y)
    if kind != "dask":
        yield
        return
    import distributed

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster),
    ):
        yield


def searches(grid, options):
    """Yield searches to compare, by name."""
    yield "GridSearchCV", GridSearchCV(Nothing(), grid, **options)
    yield "GapAwareSearchCV", GapAwareSearchCV(Nothing(), grid, **options)
    with tempfile.TemporaryDirectory() as folder:
        # A journal is a new one in each fit, or nothing would be left to do.
        search = GapAwareSearchCV(Nothing(), grid, **options)
        yield "with a journal", _WithNewJournal(search, folder)


class _WithNewJournal:
    def __init__(self, search, folder):
        self._search, self._folder, self._count = search, Path(folder), 0

    def fit(self, X, y):
        self._count += 1
        journal = self._folder / str(self._count)
        return self._search.set_params(journal=journal).fit(X, y)


def answer(placed, bundle, deadline, search=None):
    """Report at once what a worker would."""
    report = Report(bundle.split.index)
    for job in bundle.jobs:
        score = job.params["a"] / (1 + bundle.split.index)
        report.outcomes[job.number] = {
            "test_scores": score,
            "train_scores": score,
            "fit_time": 0.0,
            "score_time": 0.0,
            "n_test_samples": 4,
            "fit_error": None,
        }
        report.families[job.number] = None
    return report


def simulated(n_pairs, journal, n_splits=5):
    """Seconds, megabytes and bytes of the journal of a search of so many pairs."""
    grid = {"a": list(range(n_pairs // n_splits))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal" if journal else None
        search = GapAwareSearchCV(
            Nothing(), grid, cv=n_splits, refit=False, journal=path
        )
        before = peak()
        with mock.patch.object(_evaluation, "evaluate", answer):
            seconds = timed(search)
            again = timed(search) if journal else float("nan")
        size = path.stat().st_size if journal else 0
        return seconds, peak() - before, size / 1e6, again


def peak():
    """Most megabytes that this process has held so far."""
    for row in Path("/proc/self/status").read_text().splitlines():
        if row.startswith("VmHWM"):  # ru_maxrss would count what started the process
            return int(row.split()[1]) / 1024
    return float("nan")


def simulation(n_pairs):
    """Lines for a tenth of the pairs, for all, and for a million by the slope."""
    yield "| pairs | journal | seconds | seconds to resume | MB more | MB of journal |"
    yield "| --: | --- | --: | --: | --: | --: |"
    counts = (n_pairs // 10, n_pairs)
    for journal in (False, True):
        runs = [in_fresh_process(pairs, journal) for pairs in counts]
        for pairs, run in zip(counts, runs, strict=True):
            yield line(str(pairs), journal, run)
        steps = (1_000_000 - n_pairs) / (counts[1] - counts[0])
        million = [b + steps * (b - a) for a, b in zip(*runs, strict=True)]
        yield line("1000000, by the slope", journal, million)


def line(pairs, journal, run):
    """One line of the table of `simulation`."""
    seconds, memory, size, again = run
    more = (
        f"{again:.1f} | {memory:.0f} | {size:.1f}" if journal else f"| {memory:.0f} |"
    )
    return f"| {pairs} | {'yes' if journal else 'no'} | {seconds:.1f} | {more} |"


def in_fresh_process(n_pairs, journal):
    """Run `simulated` where nothing has used memory before."""
    with joblib.parallel_config(backend="loky"):
        task = joblib.delayed(simulated)(n_pairs, journal)
        joblib.externals.loky.get_reusable_executor().shutdown(wait=True)
        return joblib.Parallel(n_jobs=2)([task])[0]  # seconds of the worker


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=50_000)
    parser.add_argument("--write", action="store_true", help=f"also to {RESULTS.name}")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)
    found = ["# What a search needs for each pair", ""]
    for lines in (real(), [""], simulation(given.pairs)):
        for line in lines:
            print(line, flush=True)
            found.append(line)
    if given.write:
        RESULTS.write_text("\n".join(found) + "\n")


if __name__ == "__main__":
    main()
