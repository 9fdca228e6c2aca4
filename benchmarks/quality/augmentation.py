"""Measure what augmenting tables does to test accuracy and gap.

python -m benchmarks.quality.augmentation collect --minutes 15
python -m benchmarks.quality.augmentation summarize

Protocol, fixed before the run. Data: the shared tabular classification sets; 200 rows
drawn stratified by class, all others (2000 of them at most) for testing. Models with
fixed settings behind one encoding, fitted on the training rows as they come out of the
augmenter: median imputation and scaling, one-hot columns. Each augmenter of tables with
its defaults in three modes: "append" (the rows and two copies of each), "replace" (one
copy instead of each row) and "weight" (as "append", copies together weighing as
much as the rows). The control of a mode has plain copies instead of perturbed
ones; for "replace" it is the model alone. Where a model takes no weights, rows are
dropped at random in proportion to them.

Changes are in points of test accuracy against the model alone and against the control,
and of the gap, train minus test accuracy on the rows as they are. Seeds are averaged
within a set and sets have equal weight; the 95 % interval is a t interval over sets.
"""

import os
import sys
import zlib

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline

from benchmarks.quality._collect import NAMES, Search, read_records
from benchmarks.quality._datasets import MAX_TEST_ROWS, dataset_rows, table_encoder
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._summary import t_interval
from skoverfit.augmentation import (
    AdversarialForest,
    AugmentedClassifier,
    CutMix,
    FeatureDropout,
    GaussianCopula,
    GaussianNoise,
    Mixup,
    NeighborInterpolation,
    SmoothedBootstrap,
    SwapNoise,
)

N_TRAIN = 200
MIN_HELD_OUT = 100
N_SEEDS = 20
N_COPIES = 2
MODES = ("append", "replace", "weight")
CONTROL = "plain copies"
MODELS = {
    "logistic regression": lambda seed: LogisticRegression(max_iter=300),
    "5 nearest neighbors": lambda seed: KNeighborsClassifier(5),
    "boosting": lambda seed: HistGradientBoostingClassifier(
        max_iter=30, min_samples_leaf=5, early_stopping=False, random_state=seed
    ),
    "neural network": lambda seed: MLPClassifier(
        (64,), max_iter=100, random_state=seed
    ),
}
#: What is measured; a further augmenter of tables is one more line.
AUGMENTERS = {
    "GaussianNoise": GaussianNoise(),
    "GaussianNoise(0.5)": GaussianNoise(0.5),
    "SwapNoise": SwapNoise(),
    "SwapNoise, within class": SwapNoise(within_class=True),
    "FeatureDropout": FeatureDropout(),
    "Mixup": Mixup(),
    "Mixup, any partner": Mixup(partner="any"),
    "CutMix": CutMix(),
    "SmoothedBootstrap": SmoothedBootstrap(),
    "NeighborInterpolation": NeighborInterpolation(),
    "GaussianCopula": GaussianCopula(),
    "AdversarialForest": AdversarialForest(),
}
COLUMNS = ("change", "over_copies", "gap_change")


def drawn(search, X, y):
    """Training and test rows of a search, as they are."""
    key = f"{search.dataset}/{search.n_train}/{search.seed}"
    rng = np.random.RandomState(zlib.crc32(key.encode()))
    train, test = train_test_split(
        np.arange(len(y)), train_size=search.n_train, stratify=y, random_state=rng
    )
    return train, rng.permutation(test)[:MAX_TEST_ROWS]


def run(search, X, y):
    """Train and test accuracy of the model alone, of each control and each arm."""
    labels = np.asarray(y).astype(str)
    train, test = drawn(search, X, labels)
    model = make_pipeline(table_encoder(X), MODELS[search.family](search.seed))
    frames = [X.iloc[rows].reset_index(drop=True) for rows in (train, test)]
    sides = list(zip(frames, (labels[train], labels[test]), strict=True))

    def scores(candidate):
        fitted = candidate.fit(*sides[0])
        return [round(float(fitted.score(*side)), 5) for side in sides]

    found = {"none": scores(model)}
    controls = {CONTROL: GaussianNoise(0.0)}
    for name, augmenter in {**controls, **AUGMENTERS}.items():
        for mode in MODES:
            if name == CONTROL and mode == "replace":
                continue
            arm = augmenter.__class__(
                **augmenter.get_params() | {"mode": mode, "n_copies": N_COPIES}
            )
            wrapped = AugmentedClassifier(model, arm, random_state=search.seed)
            found[f"{name}|{mode}"] = scores(wrapped)
    return {"scores": found}


def planned_searches():
    """Every set and model with one seed before any with the next."""
    rows = dataset_rows("classification")
    return [
        Search(dataset, family, N_TRAIN, seed, "augmentation")
        for seed in range(N_SEEDS)
        for family in MODELS
        for dataset, n_rows in rows.items()
        if n_rows >= N_TRAIN + MIN_HELD_OUT
    ]


def smoke_searches():
    """Cut the study to seconds on a set that comes with scikit-learn."""
    return [
        Search("bundled_iris", family, 60, seed, "augmentation")
        for family in ("logistic regression", "5 nearest neighbors")
        for seed in range(2)
    ]


def outcomes_of(records):
    """Return one row for each search and arm: changes in points."""
    rows = []
    for record in records:
        scores = record["scores"]
        none = scores["none"]
        for key in scores:
            if key == "none":
                continue
            arm, mode = key.split("|")
            train, test = scores[key]
            copies = scores.get(f"{CONTROL}|{mode}", none)
            row = {name: record[name] for name in NAMES}
            row |= {"arm": arm, "mode": mode, "accuracy": 100 * test}
            row["change"] = 100 * (test - none[1])
            row["over_copies"] = 100 * (test - copies[1])
            row["gap_change"] = 100 * ((train - test) - (none[0] - none[1]))
            rows.append(row)
    return pd.DataFrame(rows)


def cells(part):
    """Means over sets with their intervals, and how many sets gain or lose."""
    sets = part.groupby("dataset")[list(COLUMNS)].mean()
    found = []
    for column in COLUMNS:
        low, high = t_interval(sets[column])
        numbers = [np.round(x, 2) + 0.0 for x in (sets[column].mean(), low, high)]
        found.append("{:+.2f} [{:+.2f}, {:+.2f}]".format(*numbers))
    gains = (sets["over_copies"] > 0).sum()
    losses = (sets["over_copies"] < 0).sum()
    return [*found, f"{gains} / {losses}"]


def table(outcomes, by):
    """Markdown table of all arms, by some columns."""
    titles = [*by, "change", "over plain copies", "change of gap", "gain / lose"]
    lines = [
        "| " + " | ".join(titles) + " |",
        "|" + " --- |" * len(by) + " --: |" * 4,
    ]
    for keys, part in outcomes.groupby(list(by), sort=False):
        lines.append("| " + " | ".join([*map(str, keys), *cells(part)]) + " |")
    return lines


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "augmentation.csv.gz"
    if raw.is_file():
        outcomes = outcomes_of(read_records(raw))
        zipped = {"method": "gzip", "mtime": 0}
        outcomes.round(3).to_csv(
            packed, index=False, lineterminator="\n", compression=zipped
        )
    outcomes = pd.read_csv(packed, keep_default_na=False)
    page = [
        "# Augmentation of tables",
        "",
        "Points of test accuracy against the model alone and against as many plain "
        "copies, and of the gap between train and test accuracy, with 95 % intervals "
        "over data sets; how many sets gain and lose against plain copies. With many "
        "arms, one in forty has an interval above 0 by chance, and one in forty one "
        "below. The protocol stands in `augmentation.py`.",
        "",
    ]
    for family, part in outcomes.groupby("family", sort=False):
        seeds = part.groupby("dataset")["seed"].nunique()
        page += [
            f"## {family.capitalize()}",
            "",
            f"{len(seeds)} data sets with {part['n_train'].max()} training rows, "
            f"{seeds.sum()} samples.",
            "",
            *table(part, ("arm", "mode")),
            "",
        ]
    (folder / "augmentation.md").write_text("\n".join(page), encoding="utf-8")
    return f"{len(outcomes)} scores"


if __name__ == "__main__":
    study = Study("augmentation", planned_searches, smoke_searches, run, report)
    sys.exit(study.execute(command_line(__doc__, minutes=15).parse_args()))
