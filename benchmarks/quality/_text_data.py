"""Texts of the study of text augmentation: shared sets, or made-up sentences."""

import zlib

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.quality._datasets import data_folder

SETS = ("sst2", "subj", "trec")
TOY = "made_up_sentences"
MAX_TEST_TEXTS = 2000


def load_texts(name):
    """Texts, labels and, where the source has one, the part of each text."""
    if name == TOY:
        return toy_texts()
    import pandas as pd

    frame = pd.read_csv(data_folder() / "text" / f"{name}.csv.gz")
    part = frame.get("split")
    return frame["text"].to_numpy(object), frame["target"].to_numpy(object), part


def toy_texts(n_texts=300):
    """Sentences of random words, some of which tell the class."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{i}" for i in range(120)])
    y = np.arange(n_texts) % 2
    telling = np.where(y[:, np.newaxis], words[:20], words[20:40])
    texts = [" ".join([*rng.choice(words, 8), *rng.choice(own, 2)]) for own in telling]
    return np.array(texts, dtype=object), y, None


def draw_texts(name, texts, y, part, *, n_train, seed):
    """Draw the indices of the texts to train and to test on."""
    rng = np.random.RandomState(zlib.crc32(f"{name}/{n_train}/{seed}".encode()))
    pool, test = np.arange(len(texts)), None
    if part is not None:
        pool, test = np.flatnonzero(part == "train"), np.flatnonzero(part == "test")
    train, rest = train_test_split(
        pool, train_size=n_train, stratify=y[pool], random_state=rng
    )
    test = rng.permutation(rest) if test is None else test
    return train, test[:MAX_TEST_TEXTS]
