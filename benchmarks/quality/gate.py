"""Measure what gates of augmentation decide, gain, lose and cost.

python -m benchmarks.quality.gate collect --minutes 60
python -m benchmarks.quality.gate summarize

Protocol, fixed before the first result.

**Data.** Images: scikit-learn's digits, MNIST, notMNIST, and CIFAR in colors, averaged
over 2 x 2 pixels; four copies, shifted by up to one pixel. Texts: the three sets of the
study of text augmentation, TF-IDF of words before the model; four copies by EDA with
its defaults. Tables: the ten shared classification sets of at least 840 rows that come
first in alphabetical order, encoded as in all studies; four copies with noise, with its
defaults. 100 and 500 training rows, stratified; at most 2000 of the others are held
out.

**Models.** SVC, 5 nearest neighbors, logistic regression, a network of 50 hidden units
and at most 60 epochs; otherwise scikit-learn's defaults. The score is accuracy.

**Arms.** No augmentation; always; ``accept="likely"``; ``accept="proven"``. A gate that
accepts fits the same model as "always", one that does not the same as none, so that
both are fitted once and the gates only decide.

**Wanted.** A cell is a data set, a size and a model, and its gain the mean over seeds
of always minus none on the held-out rows.
"likely": of the gains of cells that gain 2 points or more, at least 60 % are realized;
over the cells that lose, at most .3 points are lost on average.
"proven": at most 5 % of the decisions accept where the cell loses; at 500 rows at least
50 % accept where it gains 2 points or more.
The cost is counted in fits of each arm; 6 are wanted, the last fit included.

**Amended after 32 samples.** "proven" also asks that plain copies, which are no more
than longer training, do not explain the gain; against gains over no augmentation it was
not judged by what it promises. Later samples have two more arms: plain copies of the
training rows, and ``accept="better"``, which compares with no augmentation only. For
them, the same bars are set for "better", with the gain over no augmentation, and for
"proven", with the smaller of the gains over no augmentation and over plain copies. The
bars above stay in the page.

The cells of a seed are in random order, so that a run that is cut short is a sample.
Nothing is chosen by this study: level, number of passes and when to give up come from
the study of power, which has other samples of digits and MNIST.
"""

import os
import sys
import zlib

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from benchmarks.quality._collect import Search
from benchmarks.quality._datasets import (
    data_folder,
    dataset_rows,
    draw_sample,
    load_frame,
)
from benchmarks.quality._gate_summary import report
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._text_data import SETS as TEXTS
from benchmarks.quality._text_data import draw_texts, load_texts
from skoverfit.augmentation import EDA, AugmentedClassifier, GaussianNoise, Shift

SIZES, N_SEEDS, N_COPIES, MAX_TEST = (100, 500), 20, 4, 2000
IMAGES = ("digits", "mnist_10k", "notmnist_10k", "cifar10_8k")
N_TABLES, MIN_ROWS = 10, 840
GATES = ("likely", "better", "proven")
MODELS = {
    "logistic regression": LogisticRegression(max_iter=2000),
    "SVC": SVC(),
    "5 nearest neighbors": KNeighborsClassifier(),
}
NETWORK = {"network": MLPClassifier(50, max_iter=60, random_state=0)}


# ----------------------------------------------------------------------------- the data
def load_images(name):
    """Pixels from 0 to 1 in rows, labels, and the shape of an image."""
    if name == "digits":
        X, y = load_digits(return_X_y=True)
        return X / 16, y, (8, 8)
    with np.load(data_folder() / "image" / f"{name}.npz") as stored:
        X, y = stored["X"], stored["y"]
    X = X.reshape(len(X), *X.shape[1:3], -1) / 255
    if name.startswith("cifar"):
        X = halved(X)
    return X.reshape(len(X), -1), y, X.shape[1:] if X.shape[3] > 1 else X.shape[1:3]


def halved(images):
    """Average squares of 2 x 2 pixels."""
    count, height, width, colors = images.shape
    squares = images.reshape(count, height // 2, 2, width // 2, 2, colors)
    return squares.mean(axis=(2, 4))


def load(name):
    """Load what `sample` needs of a data set."""
    if name in IMAGES:
        return load_images(name)
    return load_texts(name) if name in TEXTS else load_frame(name)


def sample(search, *data):
    """Training rows, held-out rows, and the augmenter of the kind."""
    draw = {"image": _images, "text": _texts, "table": _rows}[search.task]
    return draw(search, *data)


def _images(search, X, y, shape):
    train, test = train_test_split(
        np.arange(len(y)),
        train_size=search.n_train,
        stratify=y,
        random_state=zlib.crc32(f"{search.dataset}/{search.seed}".encode()),
    )
    shift = Shift(1 / shape[0], N_COPIES, image_shape=shape, fill_mode="grid-constant")
    return _parts(X, y, train, test), shift


def _texts(search, texts, y, part):
    train, test = draw_texts(
        search.dataset, texts, y, part, n_train=search.n_train, seed=search.seed
    )
    return _parts(texts, y, train, test), EDA(n_copies=N_COPIES)


def _rows(search, X, y):
    drawn = draw_sample(
        X,
        y,
        name=search.dataset,
        task="classification",
        n_train=search.n_train,
        seed=search.seed,
    )
    parts = drawn.X_train, drawn.y_train, drawn.X_test, drawn.y_test
    return parts, GaussianNoise(n_copies=N_COPIES)


def _parts(X, y, train, test):
    return X[train], y[train], X[test[:MAX_TEST]], y[test[:MAX_TEST]]


# ------------------------------------------------------------------------------ the run
def run(search, *data):
    """Accuracy without, with copies and with augmentation; what each gate decides."""
    (X, y, X_test, y_test), augmenter = sample(search, *data)
    model = (MODELS | NETWORK)[search.family]
    if search.task == "text":
        model = make_pipeline(TfidfVectorizer(), model)
    always = AugmentedClassifier(model, augmenter, random_state=search.seed)
    copied = np.tile(np.arange(len(y)), 1 + N_COPIES)
    scores = {
        "none": round(model.fit(X, y).score(X_test, y_test), 5),
        "copies": round(model.fit(X[copied], y[copied]).score(X_test, y_test), 5),
        "always": round(always.fit(X, y).score(X_test, y_test), 5),
    }
    decided = {gate: decision(always, gate, X, y) for gate in GATES}
    return {"scores": scores, "gates": decided}


def decision(always, gate, X, y):
    """Tell what a gate decided, and its fits of each arm, the last included."""
    found = clone(always).set_params(accept=gate).fit(X, y).gate_
    return {
        "accepted": bool(found.accepted),
        "pvalue": round(found.pvalue, 5),
        "expected_loss": round(found.expected_loss, 5),
        "fits": len(found.scores) + 1,
    }


def planned_searches():
    """All cells with one seed before any with the next, in random order."""
    tables = [
        name
        for name, rows in dataset_rows("classification").items()
        if rows >= MIN_ROWS
    ]
    kinds = {"image": IMAGES, "text": TEXTS, "table": tables[:N_TABLES]}
    cells = [
        (name, family, n_train, kind)
        for kind, names in kinds.items()
        for name in names
        for family in MODELS | NETWORK
        for n_train in SIZES
    ]
    order = np.random.default_rng(0).permutation(len(cells))
    return [
        Search(name, family, n_train, seed, kind)
        for seed in range(N_SEEDS)
        for name, family, n_train, kind in (cells[place] for place in order)
    ]


def smoke_searches():
    """Cut the study to seconds."""
    return [
        Search("digits", "5 nearest neighbors", 100, seed, "image") for seed in (0, 1)
    ]


if __name__ == "__main__":
    study = Study("gate", planned_searches, smoke_searches, run, report, load)
    sys.exit(study.execute(command_line(__doc__, minutes=60).parse_args()))
