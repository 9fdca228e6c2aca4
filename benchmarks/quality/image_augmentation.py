"""Measure what moved and turned copies of digits do to three models.

python -m benchmarks.quality.image_augmentation

Protocol, fixed before the run: scikit-learn's 1797 digits of 8 x 8 pixels; 100 and 500
training images, drawn stratified by class, all others for testing; 10 seeds. Three
models with their default settings on pixels from 0 to 1: logistic regression, SVC with
an RBF kernel, k nearest neighbors. Each is fitted on the images alone, and on the
images and four copies of each: exact ones (the control: what mere duplication does),
shifted by up to one pixel either way, rotated by up to 15 degrees, and both at once
with one resampling. The change of accuracy against no copies is taken seed by seed; its
95 % interval is a t interval over seeds. The test images overlap from seed to seed, so
the intervals speak of these digits.

``--smoke`` does one seed without writing anything; ``--summarize`` makes the table anew
from the committed scores.
"""

import argparse
import csv
import os
from pathlib import Path

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from skoverfit.augmentation import RandomAffine, Rotate, Shift

SCORES = Path(__file__).with_name("results") / "image_augmentation.csv"
TABLE = SCORES.with_suffix(".md")
SIZES, N_SEEDS, N_COPIES = (100, 500), 10, 4
PIXEL = 1 / 8
MODELS = {
    "logistic regression": LogisticRegression(max_iter=5000),
    "SVC": SVC(),
    "5 nearest neighbors": KNeighborsClassifier(),
}
DIGITS = {"image_shape": (8, 8), "value_range": (0, 1), "fill_mode": "grid-constant"}
COPIES = {
    "no copies": None,
    "exact copies": Shift(0.0, **DIGITS),
    "shifted": Shift(PIXEL, **DIGITS),
    "rotated": Rotate(15, **DIGITS),
    "shifted and rotated": RandomAffine(15, PIXEL, 0.0, **DIGITS),
}
FIELDS = ("model", "n_train", "seed", "copies", "train", "test")


def scores_of(n_train, seed):
    """Train and test accuracy of each model with each kind of copies."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X / 16, y, train_size=n_train, stratify=y, random_state=seed
    )
    for copies, augmenter in COPIES.items():
        rows = X_train, y_train
        if augmenter is not None:
            augmenter.set_params(n_copies=N_COPIES, random_state=seed)
            rows = augmenter.fit_resample(X_train, y_train)
        for name, model in MODELS.items():
            model.fit(*rows)
            train, test = model.score(X_train, y_train), model.score(X_test, y_test)
            yield name, n_train, seed, copies, round(train, 6), round(test, 6)


def table(records, baseline="no copies"):
    """Accuracy of a baseline, and what other kinds of copies change, in points."""
    first = list(COPIES).index(baseline) + 1
    kinds = list(COPIES)[first:]
    lines = [
        f"| model | images | {baseline} | " + " | ".join(kinds) + " |",
        "| --- | --: | --: |" + " --: |" * len(kinds),
    ]
    test = {record[:4]: 100 * record[5] for record in records}
    seeds = sorted({record[2] for record in records})
    for model in MODELS:
        for n_train in sorted({record[1] for record in records}):
            scores = {
                kind: np.array([test[model, n_train, seed, kind] for seed in seeds])
                for kind in COPIES
            }
            base = scores[baseline]
            cells = [f"{base.mean():.1f}", *(change(scores[k] - base) for k in kinds)]
            lines.append(f"| {model} | {n_train} | {' | '.join(cells)} |")
    return "\n".join(lines)


def change(differences):
    """Mean and half the width of its interval."""
    n_seeds = len(differences)
    half = 0.0
    if n_seeds > 1:
        error = differences.std(ddof=1) / np.sqrt(n_seeds)
        half = stats.t.ppf(0.975, n_seeds - 1) * error
    return f"{differences.mean():+.1f} ± {half:.1f}"


def page(records):
    """Table and protocol as one page."""
    protocol = __doc__.split("\n\n")[2].replace("\n", " ")
    return (
        "# Copies of images: shifts and rotations of digits\n\n"
        "Accuracy on held-out digits in percent, and its change in points with four "
        "copies of each training image (95 % interval).\n\n"
        f"{table(records)}\n\nThe same against the control, exact copies: what moving "
        "them adds to duplication.\n\n"
        f"{table(records, 'exact copies')}\n\n{protocol}\n"
    )


def read():
    """Return the committed scores."""
    with SCORES.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))[1:]
    return [
        (model, int(n), int(seed), copies, float(train), float(test))
        for model, n, seed, copies, train, test in rows
    ]


def main(argv=None):
    """Run the study, or read it, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--smoke", action="store_true", help="one seed, nothing kept")
    parser.add_argument("--summarize", action="store_true", help="from stored scores")
    options = parser.parse_args(argv)
    if options.summarize:
        records = read()
    else:
        seeds = range(1 if options.smoke else N_SEEDS)
        sizes = SIZES[:1] if options.smoke else SIZES
        records = [s for n in sizes for seed in seeds for s in scores_of(n, seed)]
    print(table(records))
    if options.smoke:
        return
    if not options.summarize:
        with SCORES.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows([FIELDS, *records])
    TABLE.write_text(page(records), encoding="utf-8")


if __name__ == "__main__":
    main()
