"""What filtering noise features gains, next to other selectors.

python -m benchmarks.quality.feature_filter collect --minutes 15
python -m benchmarks.quality.feature_filter summarize

Protocol, fixed before the run. Data: the shared tabular sets with at most 60 columns
after encoding; 200 training rows, drawn at random (stratified by class), where at least
as many remain; at most 2000 other rows are held out. To the columns 40 are added that
are pure noise, drawn from a normal distribution. Selectors see the training rows:
NoiseFeatureFilter with its defaults and with significance_level=0.3; SelectFromModel
with a forest of 50 extra trees and its default threshold, the mean importance; RFECV
with the same forest, dropping a quarter of the columns at a time, 3 folds; SelectFdr as
it comes
(univariate F tests at 0.05); and Boruta (package boruta; its default options, with a
random forest of 100 trees of depth 5) where it is installed. A selector that keeps
nothing is given its best column. Then linear models (logistic regression, ridge), 7
nearest neighbors and histogram boosting are fitted on what was kept, and plain on all
columns. Scores: AUC (one against the rest, mean over the classes) or R2, times 100
(points); the gap is train minus held-out score. A false selection is an added column
that is kept; columns of the set that are kept are counted, but nobody knows which of
them are noise. Times are CPU seconds of the selector alone, one thread. Each set with
seed 0 comes before seed 1; the run stops after a fixed time. Seeds are averaged within
a set; intervals are 95 % t intervals over sets.
"""

import os
import time
import warnings

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_selection import (
    RFECV,
    SelectFdr,
    SelectFromModel,
    f_classif,
    f_regression,
)
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import dataset_rows
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import interval, markdown
from benchmarks.quality.shrinkage import score
from skoverfit.exceptions import NoFeaturePassedWarning
from skoverfit.regularization import NoiseFeatureFilter

N_TRAIN, N_SEEDS, N_NOISE, MAX_COLUMNS = 200, 20, 40, 60
POINTS = 100
TASKS = ("classification", "regression")
SELECTORS = {
    "filter": "NoiseFeatureFilter",
    "filter_30": "NoiseFeatureFilter(significance_level=0.3)",
    "from_model": "SelectFromModel",
    "rfecv": "RFECV",
    "fdr": "SelectFdr",
    "boruta": "Boruta",
}
MODELS = {
    "classification": {
        "linear": LogisticRegression(max_iter=1000),
        "neighbors": KNeighborsClassifier(7),
        "boosting": HistGradientBoostingClassifier(random_state=0),
    },
    "regression": {
        "linear": RidgeCV(np.geomspace(0.01, 1000, 20)),
        "neighbors": KNeighborsRegressor(7),
        "boosting": HistGradientBoostingRegressor(random_state=0),
    },
}


def planned():
    """Every set with seed 0 before seed 1; each with every selector in turn."""
    return [
        Search(name, "all", N_TRAIN, seed, task)
        for seed in range(N_SEEDS)
        for task in TASKS
        for name, rows in dataset_rows(task).items()
        if rows >= 2 * N_TRAIN
    ]


def smoke():
    """One bundled set."""
    return [Search("bundled_iris", "all", 80, 0)]


def run(search, X, y):
    """Return what each selector keeps and takes, and the scores of models after it."""
    sample = search.sample(X, y)
    n_columns = sample.X_train.shape[1]
    if n_columns > MAX_COLUMNS or len(np.unique(sample.y_train)) < 2:
        return None
    rng = np.random.default_rng(search.seed)
    X_train, X_test = (
        np.hstack([part, rng.normal(size=(len(part), N_NOISE))])
        for part in (sample.X_train, sample.X_test)
    )
    found: dict = {"n_columns": n_columns}
    every = np.ones(n_columns + N_NOISE, dtype=bool)
    found |= scores_of("plain", every, search, X_train, X_test, sample)
    for name, selector in selectors(search).items():
        start = time.process_time()
        kept = selected(selector, X_train, sample.y_train)
        found[f"{name}_seconds"] = round(time.process_time() - start, 4)
        found[f"{name}_false"] = int(kept[n_columns:].sum())
        found[f"{name}_kept"] = int(kept[:n_columns].sum())
        found |= scores_of(name, kept, search, X_train, X_test, sample)
    return found


def selectors(search):
    """Return the selectors to compare, by name."""
    is_class, seed = search.task == "classification", {"random_state": search.seed}
    forest = (ExtraTreesClassifier if is_class else ExtraTreesRegressor)(50, **seed)
    found = {
        "filter": NoiseFeatureFilter(**seed),
        "filter_30": NoiseFeatureFilter(significance_level=0.3, **seed),
        "from_model": SelectFromModel(forest),
        "rfecv": RFECV(forest, step=0.25, cv=3),
        "fdr": SelectFdr(f_classif if is_class else f_regression),
    }
    try:
        from boruta import BorutaPy
    except ImportError:
        return found
    kind = RandomForestClassifier if is_class else RandomForestRegressor
    found["boruta"] = BorutaPy(kind(max_depth=5, **seed), n_estimators=100, **seed)
    return found


def selected(selector, X, y):
    """Columns that a selector keeps; at least one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NoFeaturePassedWarning)
        selector.fit(X, y)
    kept = getattr(selector, "support_", None)
    kept = np.array(selector.get_support() if kept is None else kept)
    if not kept.any():
        best = getattr(selector, "ranking_", getattr(selector, "pvalues_", None))
        kept[np.argmin(best)] = True
    return kept


def scores_of(name, kept, search, X_train, X_test, sample):
    """Scores of the models on the kept columns."""
    found = {}
    for family, model in MODELS[search.task].items():
        fitted = clone(model).fit(X_train[:, kept], sample.y_train)
        train = score(fitted, X_train[:, kept], sample.y_train)
        test = score(fitted, X_test[:, kept], sample.y_test)
        found |= {f"{name}_{family}_train": train, f"{name}_{family}_test": test}
    return {key: round(value, 6) for key, value in found.items()}


def by_set(records):
    """Means over the samples of each set, as flat rows."""
    groups: dict = {}
    for record in records:
        groups.setdefault((record["task"], record["dataset"]), []).append(record)
    rows = []
    for (task, dataset), group in sorted(groups.items()):
        names = [key for key in group[0] if key.count("_") and key != "n_train"]
        row = {"task": task, "dataset": dataset, "samples": len(group)}
        for name in names:
            values = [record[name] for record in group if name in record]
            row[name] = float(np.mean(values)) if values else float("nan")
        for name in SELECTORS:
            key = f"{name}_false"
            values = [record[key] > 0 for record in group if key in record]
            if values:
                row[f"{name}_any"] = float(np.mean(values))
        rows.append(row)
    return rows


def report(raw, results):
    """Write the table of sets and the page."""
    import pandas as pd

    table = results / "feature_filter.csv"
    records = read_records(raw)
    if records:
        pd.DataFrame(by_set(records)).round(5).to_csv(table, index=False)
    frame = pd.read_csv(table)
    lines = ["# Filtering noise features, next to other selectors", ""]
    for task in TASKS:
        own = frame[frame["task"] == task]
        if len(own):
            lines += [*page_of(task, own), ""]
    protocol = __doc__.split("\n\n")[2].replace("\n", " ").strip()
    text = "\n".join([*lines, protocol, ""])
    (results / "feature_filter.md").write_text(text, encoding="utf-8")
    return text


def page_of(task, frame):
    """Tables of one task: what is kept, and what models gain."""
    families, names = list(MODELS[task]), list(SELECTORS)
    names = [name for name in names if f"{name}_false" in frame]
    selection = [
        [
            SELECTORS[name],
            f"{frame[f'{name}_any'].mean():.0%}",
            f"{frame[f'{name}_false'].mean():.2f} of {N_NOISE}",
            f"{frame[f'{name}_kept'].mean():.1f} of {frame['n_columns'].mean():.1f}",
            f"{frame[f'{name}_seconds'].mean():.2f}",
            f"{ratio(frame, name):.2f}x",
        ]
        for name in names
    ]
    titles = ["selector", "samples with a false selection", "false selections"]
    titles += ["own columns kept", "seconds", "time of NoiseFeatureFilter"]
    gains = []
    for name in names:
        line = [SELECTORS[name]]
        for family in families:
            line += [interval(gain(frame, name, family)), gap(frame, name, family)]
        gains.append(line)
    heads = ["selector"]
    for family in families:
        heads += [f"{family}: gain", "gap (plain)"]
    n_sets, n_samples = len(frame), int(frame["samples"].sum())
    return [
        f"## {task}: {n_sets} sets, {n_samples} samples",
        "",
        *markdown(titles, selection),
        "",
        *markdown(heads, gains),
    ]


def ratio(frame, name):
    """Time of a selector in multiples of the filter's, median over sets."""
    return (frame[f"{name}_seconds"] / frame["filter_seconds"]).median()


def gain(frame, name, family):
    """Points of held-out score over the model on all columns, set by set."""
    after, plain = (frame[f"{each}_{family}_test"] for each in (name, "plain"))
    return POINTS * (after - plain).to_numpy()


def gap(frame, name, family):
    """Mean gap after a selector, and on all columns."""
    gaps = [
        POINTS * (frame[f"{each}_{family}_train"] - frame[f"{each}_{family}_test"])
        for each in (name, "plain")
    ]
    return f"{gaps[0].mean():.1f} ({gaps[1].mean():.1f})"


def main(argv=None):
    """Run the step of the command line."""
    options = command_line(__doc__, minutes=15).parse_args(argv)
    return Study("feature_filter", planned, smoke, run, report).execute(options)


if __name__ == "__main__":
    raise SystemExit(main())
