"""Measure what ``accept="proven"`` decides on images of digits, and what it costs.

python -m benchmarks.quality.gate collect --minutes 20
python -m benchmarks.quality.gate summarize

Training images of scikit-learn's digits (8 x 8) and of a part of MNIST (28 x 28), all
others or 2000 of them for testing. Three arms: no augmentation, shifts always, shifts
where the gate's paired cross-validation finds them proven. The gate is worth its time
where shifts help one model and harm another, and nobody has to know which.
"""

import os
import sys

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import data_folder
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import interval, markdown
from skoverfit.augmentation import AugmentedClassifier, Shift

N_SEEDS, N_COPIES, MAX_TEST = 20, 4, 2000
MODELS = {
    "logistic regression": LogisticRegression(max_iter=2000),
    "SVC": SVC(),
    "5 nearest neighbors": KNeighborsClassifier(),
}


def load_images(name):
    """Pixels from 0 to 1 in rows, labels, and the shape of an image."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X / 16, y, (8, 8)
    with np.load(data_folder() / "image" / f"{name}.npz") as stored:
        X, y = stored["X"], stored["y"]
    return X.reshape(len(X), -1) / 255, y, X.shape[1:]


def run(search, X, y, shape):
    """Test accuracy of each arm, and what the gate decided."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, train_size=search.n_train, stratify=y, random_state=search.seed
    )
    model = MODELS[search.family]
    shift = Shift(1 / shape[0], N_COPIES, image_shape=shape, fill_mode="grid-constant")
    arms = {
        "none": model,
        "always": AugmentedClassifier(model, shift, random_state=search.seed),
        "proven": AugmentedClassifier(
            model, shift, accept="proven", random_state=search.seed
        ),
    }
    for arm in arms.values():
        arm.fit(X_train, y_train)
    test = X_test[:MAX_TEST], y_test[:MAX_TEST]
    scores = {name: round(arm.score(*test), 5) for name, arm in arms.items()}
    return {"scores": scores, "accepted": bool(arms["proven"].accepted_)}


def planned_searches():
    """Every cell with one seed before any with the next."""
    return [
        Search(dataset, family, n_train, seed, "image")
        for seed in range(N_SEEDS)
        for n_train in (100, 500)
        for dataset in ("digits", "mnist_10k")
        for family in MODELS
    ]


def smoke_searches():
    """Cut the study to seconds."""
    return [Search("digits", "SVC", 100, seed, "image") for seed in range(2)]


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "gate.csv"
    if raw.is_file():
        records = pd.json_normalize(read_records(raw))
        records.to_csv(packed, index=False, lineterminator="\n")
    records = pd.read_csv(packed)
    keys = ["dataset", "n_train", "family"]
    rows = []
    for key, part in records.groupby(keys):
        changes = [
            100 * (part[f"scores.{arm}"] - part["scores.none"])
            for arm in ("always", "proven")
        ]
        accepted = f"{part['accepted'].sum()} of {len(part)}"
        baseline = f"{100 * part['scores.none'].mean():.1f}"
        rows.append([*key, baseline, *map(interval, changes), accepted])
    titles = ["images", "training images", "model", "accuracy, no copies"]
    page = [
        "# Shifts of digits, always or where proven",
        "",
        "Change of the test accuracy in points against no augmentation, with 95 % "
        f"intervals over seeds; {N_COPIES} copies, shifted by up to one pixel.",
        "",
        *markdown([*titles, "always", "proven", "accepted"], rows),
        "",
    ]
    (folder / "gate.md").write_text("\n".join(page), encoding="utf-8")
    return f"{len(records)} searches"


if __name__ == "__main__":
    study = Study("gate", planned_searches, smoke_searches, run, report, load_images)
    sys.exit(study.execute(command_line(__doc__, minutes=20).parse_args()))
