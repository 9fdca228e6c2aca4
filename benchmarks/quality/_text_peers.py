"""Copies of texts made by other libraries, for the study of text augmentation.

The peers draw from the global generators, so these are seeded before each batch; what
they return also depends on their version. Data that they would download are replaced:
WordNet is read from the files that the system has, the stop words are scikit-learn's,
and nlpaug works without its tagger of parts of speech and so takes words as nouns.
"""

import random
from functools import cache
from importlib import import_module

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from benchmarks.speed.text import nltk_wordnet, textaugment_eda

__all__ = ["PeerCopies", "available_peers"]


class PeerCopies:
    """A model that is fitted to texts and to copies of them which a peer has made.

    Parameters
    ----------
    model : estimator
    edit : callable
        Takes a list of texts and the number of the pass; returns a list of texts.
    n_copies : int
    seed : int
        Of the generators that the peer uses.
    """

    def __init__(self, model, edit, n_copies, seed):
        self.model, self.edit = model, edit
        self.n_copies, self.seed = n_copies, seed

    def fit(self, texts, y):
        """Make the copies and fit the model."""
        random.seed(self.seed)
        np.random.seed(self.seed)  # noqa: NPY002 - what the peers draw from
        given = list(texts)
        copies = [self.edit(given, number) for number in range(self.n_copies)]
        rows = np.array(sum(copies, given), dtype=object)
        self.model.fit(rows, np.tile(y, self.n_copies + 1))
        return self

    def score(self, texts, y):
        """Accuracy."""
        return self.model.score(texts, y)


def eda_of_textaugment(alpha):
    """Return the four edits of EDA as textaugment has them, one after the other."""
    nltk_wordnet()
    peer = textaugment_eda()
    stop_words = ENGLISH_STOP_WORDS

    def edited(text, number):
        words = text.split()
        n = max(1, int(alpha * len(words)))
        if number % 4 == 0:
            return peer.synonym_replacement(text, n=n)
        if number % 4 == 1:  # it fails where there are stop words only
            has_others = any(word not in stop_words for word in words)
            return peer.random_insertion(text, n=n) if has_others else text
        if number % 4 == 2:
            return peer.random_swap(text, n=n)
        return peer.random_deletion(text, p=alpha)

    def edit(texts, number):
        return [edited(text, number) if text.strip() else text for text in texts]

    return edit


def synonyms_of_nlpaug(alpha):
    """Return synonyms from WordNet as nlpaug takes them, all words as nouns."""
    word = import_module("nlpaug.augmenter.word")
    nltk_wordnet()
    peer = word.SynonymAug(aug_p=alpha)
    peer.model.pos_tag = lambda tokens: [(token, "NN") for token in tokens]
    return lambda texts, number: peer.augment(texts)


def words_of_nlpaug(action):
    """Return random edits of words as nlpaug makes them."""

    def prepare(alpha):
        word = import_module("nlpaug.augmenter.word")
        peer = word.RandomWordAug(action=action, aug_p=alpha)
        return lambda texts, number: peer.augment(texts)

    return prepare


_PEERS = {
    "EDA, textaugment": eda_of_textaugment,
    "synonyms, nlpaug": synonyms_of_nlpaug,
    "deletion, nlpaug": words_of_nlpaug("delete"),
}


@cache
def available_peers(alpha):
    """Name -> edit; a peer that is not installed is named once and left out."""
    found = {}
    for name, prepare in _PEERS.items():
        try:
            found[name] = prepare(alpha)
        except (ImportError, LookupError) as error:
            print(f"left out: {name} ({str(error).strip().splitlines()[0]})")
    return found
