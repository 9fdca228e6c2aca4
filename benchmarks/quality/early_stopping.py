"""Measure what early stopping saves of 1000 rounds of boosting, and what it costs.

python -m benchmarks.quality.early_stopping collect
python -m benchmarks.quality.early_stopping summarise

Protocol, fixed before the run: scikit-learn's gradient boosting and histogram boosting
with 1000 rounds and otherwise their defaults; all shared tables for classification with
at most four classes, and for regression, with at most 100 columns after encoding; 400
training rows (60 % of smaller tables), up to 2000 others for testing, one draw for each
table. Each model is fitted whole, and inside EarlyStoppingClassifier or
EarlyStoppingRegressor with their defaults: a fifth of the rows is watched, a patience
of 10, and a refit on all rows that is part of the time. Times are CPU seconds of one
process on one thread. Intervals are 95 % t intervals over tables.
"""

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
    """Each table with each family."""
    return [
        Search(name, family, min(N_TRAIN, int(0.6 * n_rows)), 0, task)
        for task in ("classification", "regression")
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
    found = {}
    for name, each in (("whole", model), ("stopped", stopped)):
        start = time.process_time()
        each.fit(sample.X_train, sample.y_train)
        found[f"{name}_seconds"] = round(time.process_time() - start, 4)
        found[f"{name}_train"] = round(each.score(sample.X_train, sample.y_train), 6)
        found[f"{name}_test"] = round(each.score(sample.X_test, sample.y_test), 6)
    return found | {"rounds": stopped.best_iteration_, "seen": stopped.n_iterations_}


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
            "Time saved in percent of the whole fit; test score and gap as changes in "
            "points of accuracy or R2, early stopping less whole fit.",
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
        "| task | model | tables | rounds, median | time saved | smallest saving "
        "| test score | gap |"
    )
    yield "| --- | --- | --: | --: | --: | --: | --: | --: |"
    for task, family in sorted({(r["task"], r["family"]) for r in records}):
        rows = [r for r in records if (r["task"], r["family"]) == (task, family)]
        column = {
            name: np.array([float(r[name]) for r in rows])
            for name in rows[0]
            if name not in ("dataset", "family", "task")
        }
        saved = 100 * (1 - column["stopped_seconds"] / column["whole_seconds"])
        test = 100 * (column["stopped_test"] - column["whole_test"])
        gap = test_gap(column, "stopped") - test_gap(column, "whole")
        yield (
            f"| {task} | {family} | {len(rows)} | {np.median(column['rounds']):.0f} "
            f"| {interval(saved)} | {saved.min():.1f} | {interval(test, '+')} "
            f"| {interval(gap, '+')} |"
        )


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
    """Write records as a table."""
    names = list(records[0])
    lines = [",".join(str(record[name]) for name in names) for record in records]
    path.write_text("\n".join([",".join(names), *lines, ""]), encoding="utf-8")


def read_csv(path):
    """Read them again, as texts."""
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    names = head.split(",")
    return [dict(zip(names, line.split(","), strict=True)) for line in lines]


STUDY = Study("early_stopping", planned, smoke, run, report)


def main(argv=None):
    """Collect, or summarise."""
    return STUDY.execute(command_line(__doc__, minutes=8).parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
