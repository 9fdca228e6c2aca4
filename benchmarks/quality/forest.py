"""Measure what an adversarial forest of fewer trees, or of fewer rows, costs.

python -m benchmarks.quality.forest collect --minutes 60
python -m benchmarks.quality.forest summarize

Protocol, fixed before the run. Three quarters of a table are replaced by as many new
rows; the last quarter, at most 4,000 rows, is held out. All arms get the same rows and
the same seed:

- "20 trees": on all ranks, as the default was before;
- "default": fewer trees where rows are many, and at most 1,000 ranks of a column;
- "4 trees": the fewest trees that the default takes, whatever the number of rows;
- "sampled": as "20 trees", with each tree grown on as many rows, drawn, as make the
  growing about as cheap as that of 4 trees;
- "random borders": as "default", with ``splitter="random"``.

Tables: the shared sets of at least 5,000 rows, where the default differs from 20 trees,
for classification and regression; and one made of eight hidden numbers that 50 columns
depend on, 40,000 rows to learn from.

Measured: how well gradient boosting that is trained on half of the held-out rows and as
many new ones, target included, tells the other half from other new ones (area under
the ROC curve; .5 is best); the score (accuracy or R2) on held-out rows of gradient
boosting that is trained on new rows only; the rounds; and the CPU time of drawing the
rows. A pilot on the same tables, with other seeds, is what the rule was chosen by.

Judged: differences to "20 trees", averaged over the seeds of a table, with a 95 % t
interval over the shared tables. The default is taken for as good if the mean
difference of the area is below +.01, that of the score above -.01, and neither
interval lies on the wrong side of zero. The made table shows the time and is reported
by itself.
"""

import os
import sys
import time
from contextlib import nullcontext
from unittest import mock

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OrdinalEncoder

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import BUNDLED, dataset_rows, load_frame
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import interval, markdown
from skoverfit.augmentation import AdversarialForest
from skoverfit.augmentation._tables import _adversarial_forest

MADE, MADE_ROWS, MADE_COLUMNS = "made", 40_000, 50
MIN_ROWS, MAX_HELD_OUT = 5_000, 4_000
SEEDS = range(1000, 1003)
FORMER = "20 trees"
ARMS = (FORMER, "default", "4 trees", "sampled", "random borders")
MODELS = {
    "classification": HistGradientBoostingClassifier,
    "regression": HistGradientBoostingRegressor,
}
TITLES = {
    "area": "area: real or new",
    "score": "score on held-out rows",
    "rounds": "rounds",
    "seconds": "CPU seconds",
}


def forest(arm, n_rows):
    """Return the augmenter of an arm."""
    options = {
        FORMER: {"n_estimators": 20},
        "default": {},
        "4 trees": {"n_estimators": 4},
        "sampled": {"n_estimators": 20, "max_samples": 2 * n_rows // 5},
        "random borders": {"splitter": "random"},
    }
    return AdversarialForest(mode="replace", **options[arm])


def ranks_of(arm):
    """Let the arms of the former default see all ranks."""
    if arm not in (FORMER, "sampled"):
        return nullcontext()
    return mock.patch.object(_adversarial_forest, "_MOST_RANKS", sys.maxsize)


def made_table(n_rows, seed=0):
    """Columns that depend on eight hidden numbers: even, skewed or rounded."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_rows, 8))
    noise = rng.normal(size=(n_rows, MADE_COLUMNS))
    X = hidden @ rng.normal(size=(8, MADE_COLUMNS)) + noise
    X[:, ::5] = np.exp(X[:, ::5] / 4)
    X[:, 1::5] = np.round(X[:, 1::5])
    y = hidden[:, 0] + hidden[:, 1] * hidden[:, 2] + rng.normal(size=n_rows) > 0
    return pd.DataFrame(X).add_prefix("c"), pd.Series(y.astype(int))


def load(name):
    """Features and target of a table, classes as codes."""
    if name == MADE:
        return made_table(MADE_ROWS + MAX_HELD_OUT)
    X, y = load_frame(name)
    if not pd.api.types.is_numeric_dtype(y):
        y = pd.Series(pd.factorize(y, sort=True)[0])
    return X, y


def told_apart(real, new, seed):
    """Area under the ROC curve of gradient boosting that tells new rows."""
    n_each, rng = min(len(real), len(new)), np.random.default_rng(seed)
    real, new = (rng.permutation(rows)[:n_each] for rows in (real, new))
    rows, truth = np.r_[real, new], np.repeat([0, 1], n_each)
    learned, judged, known, truth = train_test_split(
        rows, truth, train_size=0.5, stratify=truth, random_state=seed
    )
    model = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
    return roc_auc_score(truth, model.fit(learned, known).predict_proba(judged)[:, 1])


def run_arm(arm, search, train, held_out):
    """Draw new rows and measure them."""
    sampler = forest(arm, len(train[1]))
    sampler.set_params(task=search.task, random_state=search.seed)
    start = time.process_time()
    with ranks_of(arm):
        X_new, y_new = sampler.fit_resample(*train)
    seconds = time.process_time() - start
    model = MODELS[search.task](max_iter=60, random_state=search.seed)
    categories = train[0].select_dtypes(exclude="number").columns
    encoder = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            categories,
        ),
        remainder="passthrough",
    ).fit(train[0])
    X_test, X_new = (encoder.transform(X) for X in (held_out[0], X_new))
    learned = model.fit(X_new, y_new)
    rows = [np.c_[X_test, held_out[1]], np.c_[X_new, y_new]]
    return {
        "arm": arm,
        "area": round(told_apart(*rows, search.seed), 5),
        "score": round(learned.score(X_test, held_out[1]), 5),
        "rounds": len(sampler.accuracies_),
        "seconds": round(seconds, 2),
    }


def run(search, X, y):
    """Measure all arms on the same rows."""
    X_train, X_test, y_train, y_test = train_test_split(
        X,
        y,
        train_size=search.n_train,
        stratify=y if search.task == "classification" else None,
        random_state=search.seed,
    )
    held_out = X_test[:MAX_HELD_OUT], y_test[:MAX_HELD_OUT]
    return {
        "arms": [run_arm(arm, search, (X_train, y_train), held_out) for arm in ARMS]
    }


def planned_searches():
    """All tables with one seed before any with the next, and the made one last."""
    tables = [
        (name, n_rows, task)
        for task in ("classification", "regression")
        for name, n_rows in dataset_rows(task).items()
        if n_rows >= MIN_ROWS
    ]
    searches = [
        Search(name, "forest", 3 * n_rows // 4, seed, task)
        for seed in SEEDS
        for name, n_rows, task in tables
    ]
    return [*searches, Search(MADE, "forest", MADE_ROWS, SEEDS[0])]


def smoke_searches():
    """Cut the study to seconds on data that come with scikit-learn."""
    return [Search(name, "forest", 120, 0) for name in list(BUNDLED)[:1]]


def lines_of(records):
    """Rows of a table, one for each set and arm."""
    rows = []
    for name, table in records.groupby("dataset"):
        for arm in ARMS:
            part = table[table["arm"] == arm]
            means = part[list(TITLES)].mean()
            cells = [f"{means['area']:.3f}", f"{means['score']:.3f}"]
            cells += [f"{means['rounds']:.1f}", f"{means['seconds']:.1f}"]
            rows.append([name, int(part["n_train"].iloc[0]), arm, len(part), *cells])
    return rows


def differences(records):
    """Rows of a table: the difference of each arm to the former default."""
    shared = records[records["dataset"] != MADE]
    means = shared.groupby(["arm", "dataset"])[["area", "score", "seconds"]].mean()
    former, rows = means.loc[FORMER], []
    for arm in ARMS[1:]:
        change = 100 * (means.loc[arm] - former)
        ratio = np.exp(np.log(means.loc[arm, "seconds"] / former["seconds"]).mean())
        rows.append(
            [arm, interval(change["area"]), interval(change["score"]), f"{ratio:.2f}"]
        )
    return rows


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "forest.csv"
    if raw.is_file():
        records = pd.json_normalize(
            read_records(raw), "arms", ["dataset", "n_train", "seed"]
        )
        records.to_csv(packed, index=False, lineterminator="\n")
    records = pd.read_csv(packed)
    n_shared = records.loc[records["dataset"] != MADE, "dataset"].nunique()
    page = [
        "# Fewer trees, or fewer rows for each tree, of an adversarial forest",
        "",
        f"Differences to {FORMER} in points (hundredths), with 95 % intervals over "
        f"{n_shared} tables, and the geometric mean of the ratios of CPU time. A "
        "positive difference of the area is worse. The protocol is in "
        "`benchmarks/quality/forest.py`.",
        "",
        *markdown(["arm", "area", "score", "ratio of time"], differences(records)),
        "",
        "Means over seeds:",
        "",
        *markdown(
            ["table", "rows", "arm", "seeds", *TITLES.values()], lines_of(records)
        ),
        "",
    ]
    (folder / "forest.md").write_text("\n".join(page), encoding="utf-8")
    return f"{len(records)} samples of new rows"


if __name__ == "__main__":
    study = Study("forest", planned_searches, smoke_searches, run, report, load)
    sys.exit(study.execute(command_line(__doc__, minutes=60).parse_args()))
