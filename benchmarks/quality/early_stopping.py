"""Measure what early stopping saves of 1000 rounds of boosting, and what it costs.

python -m benchmarks.quality.early_stopping collect
python -m benchmarks.quality.early_stopping summarize

Protocol, fixed before the run: scikit-learn's gradient boosting and histogram boosting
with 1000 rounds and otherwise their defaults; all shared tables for classification with
at most four classes, and for regression, with at most 100 columns after encoding; 400
training rows (60 % of smaller tables), up to 2000 others for testing. One draw for each
table, and four more for regression, whose scores scatter more. Each model is fitted
whole, and inside EarlyStoppingClassifier or EarlyStoppingRegressor with their defaults:
a fifth of the rows is watched, a patience of 10, and a refit on all rows that is part
of the time; for regression also with a patience of 50. Scores are accuracy, in points,
and for regression the root of the mean squared error in percent of that of the whole
fit (100 times the logarithm of their ratio, with the sign of a score), because
differences of R2 have no limit where a model is worse than the mean; draws are averaged
within a table. Times are CPU seconds of one process on one thread. Intervals are 95 % t
intervals over tables; the trimmed mean leaves out the lowest and the highest tenth of
the tables, one at least. The run stops after a fixed time.
"""

import csv
import os
import sys
import time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import dataset_rows
from benchmarks.quality._study import Study, command_line
from skoverfit.regularization import EarlyStoppingClassifier, EarlyStoppingRegressor

N_TRAIN, MAX_COLUMNS, MAX_CLASSES = 400, 100, 4
N_SEEDS = {"classification": 1, "regression": 5}
ARMS = {"stopped": 10, "patient": 50}
ROUNDS = {"gradient boosting": "n_estimators", "histogram boosting": "max_iter"}
MODELS = {
    ("classification", "gradient boosting"): GradientBoostingClassifier(random_state=0),
    ("regression", "gradient boosting"): GradientBoostingRegressor(random_state=0),
    ("classification", "histogram boosting"): HistGradientBoostingClassifier(
        early_stopping=False, random_state=0
    ),
    ("regression", "histogram boosting"): HistGradientBoostingRegressor(
        early_stopping=False, random_state=0
    ),
}


def planned():
    """Each table with each family; all with seed 0 before seed 1."""
    return [
        Search(name, family, min(N_TRAIN, int(0.6 * n_rows)), seed, task)
        for seed in range(max(N_SEEDS.values()))
        for task, n_seeds in N_SEEDS.items()
        if seed < n_seeds
        for name, n_rows in dataset_rows(task).items()
        for family in ROUNDS
    ]


def smoke():
    """One bundled table."""
    return [Search("bundled_iris", family, 90, 0) for family in ROUNDS]


def run(search, X, y):
    """Scores and seconds with all rounds and with early stopping."""
    sample = search.sample(X, y)
    n_classes = len(np.unique(sample.y_train))
    wide = sample.X_train.shape[1] > MAX_COLUMNS
    if wide or (search.task == "classification" and n_classes > MAX_CLASSES):
        return None
    rounds = 30 if search.dataset.startswith("bundled") else 1000
    model = clone(MODELS[search.task, search.family])
    model.set_params(**{ROUNDS[search.family]: rounds})
    wrap = {
        "classification": EarlyStoppingClassifier,
        "regression": EarlyStoppingRegressor,
    }[search.task]
    stopped = wrap(model, random_state=0)
    models, found = {"whole": model, "stopped": stopped}, {}
    if search.task == "regression":
        models["patient"] = wrap(model, n_iter_no_change=50, random_state=0)
    for name, each in models.items():
        start = time.process_time()
        each.fit(sample.X_train, sample.y_train)
        found[f"{name}_seconds"] = round(time.process_time() - start, 4)
        found[f"{name}_train"] = round(each.score(sample.X_train, sample.y_train), 6)
        found[f"{name}_test"] = round(each.score(sample.X_test, sample.y_test), 6)
        if name != "whole":
            found[f"{name}_rounds"] = each.best_iteration_
    return found


def report(raw, results):
    """Write the table and the committed scores; return the table."""
    scores = results / "early_stopping.csv"
    if raw.is_file():
        records = read_records(raw)
        write_csv(scores, records)
    records = read_csv(scores)
    protocol = __doc__.split("\n\n")[2].replace("\n", " ")
    text = "\n".join(
        [
            "# Early stopping of boosting with 1000 rounds",
            "",
            "Time saved in percent of the whole fit. Test score: points of accuracy, "
            "or percent of the error in regression; greater is better. Gap: change in "
            "points of accuracy or R2. Each is early stopping less whole fit.",
            "",
            *table(records),
            "",
            protocol,
            "",
        ]
    )
    (results / "early_stopping.md").write_text(text, encoding="utf-8")
    return text


def table(records):
    """Yield the rows of the table."""
    yield (
        "| task | model | patience | tables | draws | rounds, median | time saved "
        "| smallest saving | test score | median | trimmed | tables better "
        "| gap, median |"
    )
    yield "| --- | --- " + "| --: " * 11 + "|"
    for task, family in sorted({(r["task"], r["family"]) for r in records}):
        rows = [r for r in records if (r["task"], r["family"]) == (task, family)]
        for arm, patience in ARMS.items():
            own = [row for row in rows if row.get(f"{arm}_test")]
            if own:
                yield line(
                    f"| {task} | {family} | {patience} ", by_table(own, arm), own
                )


def line(head, column, rows):
    """One row of the table."""
    saved, test = column["saved"], column["test"]
    cut = max(1, round(0.1 * len(test))) if len(test) > 2 else 0
    trimmed = np.sort(test)[cut : len(test) - cut].mean()
    return (
        f"{head}| {len(saved)} | {len(rows)} "
        f"| {np.median(column['rounds']):.0f} "
        f"| {interval(saved)} | {saved.min():.1f} | {interval(test, '+')} "
        f"| {np.median(test):+.1f} | {trimmed:+.1f} "
        f"| {np.sum(test > 0)} of {np.sum(test != 0)} "
        f"| {np.median(column['gap']):+.1f} |"
    )


def by_table(rows, arm):
    """Means over the draws of each table."""
    names = sorted({row["dataset"] for row in rows})
    draws = [[measures(r, arm) for r in rows if r["dataset"] == name] for name in names]
    return {
        key: np.array([np.mean([each[key] for each in draw]) for draw in draws])
        for key in draws[0][0]
    }


def measures(row, arm):
    """Return saving, scores and rounds of one draw."""
    number = {key: float(row[key]) for key in row if key.startswith(("whole", arm))}
    whole, stopped = number["whole_test"], number[f"{arm}_test"]
    test = 100 * (stopped - whole)
    if row["task"] == "regression":  # half, because R2 is about squares
        test = 50 * float(np.log((1 - whole) / (1 - stopped)))
    return {
        "saved": 100 * (1 - number[f"{arm}_seconds"] / number["whole_seconds"]),
        "test": test,
        "gap": test_gap(number, arm) - test_gap(number, "whole"),
        "rounds": number[f"{arm}_rounds"],
    }


def test_gap(column, name):
    """Train less test score, in points."""
    return 100 * (column[f"{name}_train"] - column[f"{name}_test"])


def interval(values, sign=""):
    """Mean and half the width of its interval."""
    half = 0.0
    if len(values) > 1:
        half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{values.mean():{sign}.1f} ± {half:.1f}"


def write_csv(path, records):
    """Write records as a table; what a record does not have stays empty."""
    names = list(dict.fromkeys(name for record in records for name in record))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)


def read_csv(path):
    """Read them again, as texts."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


STUDY = Study("early_stopping", planned, smoke, run, report)


def main(argv=None):
    """Collect, or summarize."""
    return STUDY.execute(command_line(__doc__, minutes=8).parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
