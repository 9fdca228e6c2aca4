"""What a diagnosis costs: ``python -m benchmarks.speed.diagnosis [--smoke | --write]``.

Each model is cross-validated with five folds and train scores, and then diagnosed
without a budget, with one job and one thread, each time in a fresh process. Seconds
are processor time, which other work on the machine changes little. A report is to take
ten cross-validations or 15 s, whichever is more; the first scores with their intervals
two cross-validations or 2 s. Peak memory is that of the process, the data and the
libraries included; "before" is its size after the cross-validation.

``--only`` measures some lines, and ``--write`` then puts these into the table and
keeps the others.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from itertools import product
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from benchmarks.speed._table import write_lines
from skoverfit import diagnose

RESULTS = Path(__file__).with_name("diagnosis.md")
HEAD = (
    "| model, rows x 20 | cross-validation | first scores | report | times the "
    "cross-validation | aim | peak memory, before / after | verdict |\n"
    "| --- | --: | --: | --: | --: | --: | --: | --- |"
)
NOTE = (
    "In processor time, one turn; much other work on the machine lengthens that, too."
)
MODELS = {
    "tree": DecisionTreeClassifier(random_state=0),
    "forest of 100": RandomForestClassifier(random_state=0),
    "histogram boosting": HistGradientBoostingClassifier(random_state=0),
    "SVC": make_pipeline(StandardScaler(), SVC()),
    "logistic regression": make_pipeline(StandardScaler(), LogisticRegression()),
}
SIZES, SMOKE_SIZE = (500, 5_000, 50_000), 80
WORKLOADS = [
    (name, size) for size, name in product(SIZES, MODELS)
]  # all models of the smallest size first


def peak():
    """Give the most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(name, n_rows):
    """Measure one model: seconds and memory, by name."""
    X, y = make_classification(n_rows, 20, n_informative=8, flip_y=0.1, random_state=0)
    start = process_time()
    cross_validate(MODELS[name], X, y, return_train_score=True)
    found = {"unit": process_time() - start, "before": peak()}
    start, first = process_time(), []

    def watch(stage, done, total):
        if stage not in ("model", "baseline"):
            first.append(process_time() - start)

    report = diagnose(MODELS[name], X, y, random_state=0, progress=watch)
    total = process_time() - start
    return found | {
        "first": first[0],
        "total": total,
        "after": peak(),
        "verdict": report.verdict.code,
    }


def in_new_process(name, n_rows):
    """Run one model where nothing else has taken memory before."""
    program = (
        "import json, sys; from benchmarks.speed import diagnosis; "
        "print(json.dumps(diagnosis.run(*json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", program, json.dumps([name, n_rows])]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def label_of(name, n_rows):
    """First cell of a line."""
    return f"{name}, {n_rows:,}"


def row(name, n_rows, smoke):
    """Measure one model: a line of the table."""
    # Starting a process takes longer than a smoke run.
    found = (run if smoke else in_new_process)(name, n_rows)
    aim = max(15.0, 10 * found["unit"])
    return (
        f"| {label_of(name, n_rows)} | {found['unit']:.2f} s | {found['first']:.2f} s "
        f"| {found['total']:.1f} s | {found['total'] / found['unit']:.1f} "
        f"| {aim:.0f} s | {found['before']:.0f} / {found['after']:.0f} MB "
        f"| {found['verdict']} |"
    )


def main():
    """Print the table and, if asked to, write it where the documentation reads it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.diagnosis")
    parser.add_argument("--smoke", action="store_true", help="one small table")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of lines")
    options = parser.parse_args()
    if options.write and options.smoke:
        parser.error("--write needs full size")
    chosen = WORKLOADS
    if options.smoke:
        chosen = [("logistic regression", SMOKE_SIZE)]
    elif options.only is not None:
        chosen = [WORKLOADS[number] for number in options.only]
    print(HEAD, flush=True)
    rows = []
    for name, n_rows in chosen:
        rows.append(row(name, n_rows, options.smoke))
        print(rows[-1], flush=True)
        if options.write:
            order = [label_of(*workload) for workload in WORKLOADS]
            write_lines(RESULTS, rows, order, head=[HEAD], note=["", NOTE])


if __name__ == "__main__":
    main()
