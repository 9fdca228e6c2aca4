"""What hierarchical shrinkage gains on held-out rows: ``collect``, then ``summarize``.

Protocol, fixed before the run. Data: the shared tabular sets. Training rows: 200 and
500, drawn at random (stratified by class), where at least as many rows remain (sets
under 400 rows are left out); at most 2000 other rows are held out. Models: one full
decision tree and a random forest of 100 trees. Each is fitted plain and in the wrapper
with its defaults (20 amounts of shrinkage, chosen by log loss or R2, on 5 folds for
the tree and out of bag for the forest). Score: AUC (one against the rest, mean over
the classes) or R2, times 100 (points); the gap is train minus held-out score. Every
set, size and model with seed 0 comes before seed 1; the run stops after a fixed time.
Seeds and sizes are averaged within a set; intervals are 95 % t intervals over sets,
and within a set over samples.
"""

import csv

import numpy as np
from scipy import stats
from sklearn.base import is_classifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._study import Study, command_line
from skoverfit.regularization import ShrunkTreeClassifier, ShrunkTreeRegressor

SIZES, N_SEEDS, POINTS = (200, 500), 10, 100
MODELS = {
    ("tree", "classification"): DecisionTreeClassifier,
    ("forest", "classification"): RandomForestClassifier,
    ("tree", "regression"): DecisionTreeRegressor,
    ("forest", "regression"): RandomForestRegressor,
}
FIELDS = ("family", "task", "dataset", "n_samples", "gain", "low", "high")
NAMES = ("plain", "shrunken")
GAPS = ("plain_gap", "shrunken_gap")


def planned():
    """Every set and model with seed 0 before seed 1; the small sample first."""
    return [
        Search(name, family, size, seed, task)
        for seed in range(N_SEEDS)
        for size in SIZES
        for family, task in MODELS
        for name, rows in dataset_rows(task).items()
        if rows >= 2 * size
    ]


def smoke():
    """One sample of each bundled set."""
    return [Search(name, "tree", 80, 0) for name in BUNDLED]


def run(search, X, y):
    """Scores of the plain and the shrunken model on training and held-out rows."""
    sample = search.sample(X, y)
    model = MODELS[search.family, search.task](random_state=search.seed)
    wrapper = ShrunkTreeClassifier if is_classifier(model) else ShrunkTreeRegressor
    scores = {}
    if len(np.unique(sample.y_train)) < 2:
        return None
    for name, fitted in (
        ("plain", model.fit(sample.X_train, sample.y_train)),
        ("shrunken", wrapper(model).fit(sample.X_train, sample.y_train)),
    ):
        scores[f"{name}_train"] = score(fitted, sample.X_train, sample.y_train)
        scores[f"{name}_test"] = score(fitted, sample.X_test, sample.y_test)
    return scores | {"shrinkage": fitted.shrinkage_}


def score(model, X, y):
    """AUC, averaged over the classes that the rows have, or R2."""
    if not is_classifier(model):
        return r2_score(y, model.predict(X))
    probabilities = model.predict_proba(X)
    columns = range(1, 2) if probabilities.shape[1] == 2 else range(len(model.classes_))
    areas = [
        roc_auc_score(y == model.classes_[k], probabilities[:, k])
        for k in columns
        if 0 < np.mean(y == model.classes_[k]) < 1
    ]
    return float(np.mean(areas))


def by_set(records):
    """One row for each model and set: gain with its interval over samples, gaps."""
    groups: dict = {}
    for record in records:
        key = record["family"], record["task"], record["dataset"]
        groups.setdefault(key, []).append(record)
    rows = []
    for key, group in sorted(groups.items()):
        scores = {
            name: POINTS * np.array([record[name] for record in group])
            for name in ("plain_train", "plain_test", "shrunken_train", "shrunken_test")
        }
        gain = scores["shrunken_test"] - scores["plain_test"]
        gaps = [np.mean(scores[f"{n}_train"] - scores[f"{n}_test"]) for n in NAMES]
        rows.append((*key, len(gain), *interval(gain), *gaps))
    return rows


def interval(values):
    """Mean and 95 % t interval; without an interval for a single value."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    half = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return mean, mean - half, mean + half


def report(raw, results):
    """Write the table of sets and the page; read the table if nothing is collected."""
    table = results / "shrinkage.csv"
    records = read_records(raw)
    if records:
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow([*FIELDS, *GAPS])
            for row in by_set(records):
                numbers = [f"{x:.4f}" for x in row[4:]]
                writer.writerow([*row[:4], *numbers])
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    text = page(rows)
    (results / "shrinkage.md").write_text(text, encoding="utf-8")
    return text


def page(rows):
    """Summary over sets, and every set."""
    lines = [
        "# Hierarchical shrinkage on held-out rows",
        "",
        "Gain in points of AUC (classification) or R2 (regression) over the plain "
        "model, mean over sets with its 95 % interval; gap = train minus held-out "
        "score.",
        "",
        "| model | task | sets | samples | gain | sets with a gain | worst set | gap "
        "plain | gap shrunken | interval reaches below -0.3 | lies below -0.3 |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for family, task in MODELS:
        chosen = [r for r in rows if (r["family"], r["task"]) == (family, task)]
        if chosen:
            lines.append(summary(family, task, chosen))
    lines += ["", "| model | set | samples | gain | 95 % interval | gap plain | gap "]
    lines[-1] += "shrunken |"
    lines.append("| --- | --- | --: | --: | --- | --: | --: |")
    for row in rows:
        x = {name: float(row[name]) for name in ("gain", "low", "high", *GAPS)}
        lines.append(
            f"| {row['family']} | {row['dataset']} | {row['n_samples']} "
            f"| {x['gain']:+.2f} | {x['low']:+.2f} to {x['high']:+.2f} "
            f"| {x['plain_gap']:.1f} | {x['shrunken_gap']:.1f} |"
        )
    protocol = __doc__.split("\n\n")[1].replace("\n", " ")
    return "\n".join([*lines, "", protocol.strip(), ""])


def summary(family, task, rows):
    """One line: what a model gains over the sets of a task."""
    gains = np.array([float(row["gain"]) for row in rows])
    mean, low, high = interval(gains)
    plain, shrunken = (np.mean([float(row[name]) for row in rows]) for name in GAPS)
    possible, sure = (
        sum(float(row[end]) < -0.3 for row in rows) for end in ("low", "high")
    )
    return (
        f"| {family} | {task} | {len(rows)} "
        f"| {sum(int(row['n_samples']) for row in rows)} "
        f"| {mean:+.2f} ({low:+.2f} to {high:+.2f}) | {np.mean(gains > 0):.0%} "
        f"| {gains.min():+.2f} | {plain:.1f} | {shrunken:.1f} | {possible} | {sure} |"
    )


def main(argv=None):
    """Run the step of the command line."""
    options = command_line(__doc__, minutes=8).parse_args(argv)
    return Study("shrinkage", planned, smoke, run, report).execute(options)


if __name__ == "__main__":
    raise SystemExit(main())
