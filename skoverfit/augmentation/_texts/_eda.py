"""EDA, AEDA, TF-IDF replacement and the order of sentences."""

from collections.abc import Sequence
from dataclasses import KW_ONLY
from numbers import Real

import numpy as np

from skoverfit._compat import Interval
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._docs import TEXTS
from skoverfit.augmentation._texts._base import TextAugmenter, WordAugmenter
from skoverfit.augmentation._texts._lexicon import matched_case
from skoverfit.augmentation._texts._protection import Phrases, is_protected, negations
from skoverfit.augmentation._texts._sentences import sentence_parts
from skoverfit.augmentation._texts._word_edits import (
    inserted_synonyms,
    punctuated,
    replaced_synonyms,
    swapped,
    with_deletions,
)
from skoverfit.augmentation._texts._words import SHARE, LexiconAugmenter

__all__ = ["AEDA", "EDA", "SentenceShuffle", "TfidfReplacement"]

_OPERATIONS = ("synonym", "insertion", "swap", "deletion")


@documented(TEXTS)
@declared
class EDA(LexiconAugmenter):
    """Add copies of texts, each edited in one of four simple ways.

    For each copy one of the operations is drawn: synonyms replace words, synonyms are
    inserted, words change places, words are deleted [1]_. The first three edit
    ``p`` times the number of words of the text, but at least one; a word is
    deleted with probability ``p``. Unlike in the reference implementation, case
    and punctuation are kept.

    Parameters
    ----------
    p : float, default=0.1
        Share of the words to edit, from 0 to 1. The authors recommend 0.05 below 5000
        training texts.
    n_copies : int, default=1
        Number of perturbed copies of each text, 0 or more. The authors recommend 16
        for 500 training texts, 8 for 2000 and 4 for more.
    operations : tuple of str, default=("synonym", "insertion", "swap", "deletion")
        What to draw from.
    {source, stop_words, keep_negations, protected, keep_entities, column, mode}
    {sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {source_, of_output}

    {errors}

    See Also
    --------
    AEDA : Inserts punctuation only.

    Notes
    -----
    The gains that the authors report are for neural networks trained on 500 texts. For
    linear models on counts of words gains are small, and swaps change nothing.

    References
    ----------
    .. [1] J. Wei and K. Zou, "EDA: Easy Data Augmentation Techniques for Boosting
       Performance on Text Classification Tasks", EMNLP-IJCNLP 2019.

    Examples
    --------
    >>> from skoverfit.augmentation import EDA
    >>> source = {"film": ["movie"], "good": ["fine"]}
    >>> eda = EDA(0.2, n_copies=4, source=source, random_state=0)
    >>> texts, labels = eda.fit_resample(["A good film, not bad!"], [1])
    >>> len(texts), labels
    (5, [1, 1, 1, 1, 1])
    """

    p: float = 0.1
    n_copies: int = 1
    _: KW_ONLY
    operations: Sequence[str] = _OPERATIONS

    _parameter_constraints = {
        "p": [SHARE],
        "operations": [tuple, list],
    }

    def _check_rows(self, X, y):
        if not self.operations or set(self.operations) - set(_OPERATIONS):
            raise ValueError(
                f"operations must be some of {_OPERATIONS}. Got {self.operations!r}."
            )
        return super()._check_rows(X, y)

    def _learn_texts(self, texts):
        super()._learn_texts(texts)
        self._negations = negations(self.keep_negations)

    def _fitted_source(self, texts):
        if not {"synonym", "insertion"} & set(self.operations):
            return {}
        return super()._fitted_source(texts)

    def _perturbed(self, parents, rng):
        drawn = rng.integers(0, len(self.operations), len(parents))
        result = np.empty(len(parents), dtype=object)
        for k, operation in enumerate(self.operations):
            rows = np.flatnonzero(drawn == k)
            result[rows] = self._edited(operation, parents[rows], rng)
        return result.tolist()

    def _edited(self, operation, parents, rng):
        args = (self._tokens, parents, rng, self.p)
        if operation == "synonym":
            return replaced_synonyms(*args, self._lexicon)
        if operation == "insertion":
            return inserted_synonyms(*args, self._lexicon)
        if operation == "swap":
            return swapped(*args, self._negations)
        return with_deletions(*args, self._negations)


@documented(TEXTS)
@declared
class AEDA(WordAugmenter):
    """Add copies of texts with punctuation marks inserted at random.

    From one mark to ``p`` times the number of words are put before random words
    [1]_. All words and their order are kept, so that a model which counts words and not
    punctuation marks, as vectorizers of scikit-learn do by default, sees plain copies.

    Parameters
    ----------
    p : float, default=0.3
        Largest number of marks as a share of the number of words, from 0 to 1.
    {n_copies}
    marks : tuple of str, default=(".", ";", "?", ":", "!", ",")
        What to insert.
    {protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    EDA : Edits the words themselves.

    References
    ----------
    .. [1] A. Karimi, L. Rossi and A. Prati, "AEDA: An Easier Data Augmentation
       Technique for Text Classification", Findings of EMNLP 2021.

    Examples
    --------
    >>> from skoverfit.augmentation import AEDA
    >>> texts, labels = AEDA(random_state=0).fit_resample(["a good film"], [1])
    >>> texts
    ['a good film', 'a good ; film']
    """

    p: float = 0.3
    n_copies: int = 1
    _: KW_ONLY
    marks: Sequence[str] = (".", ";", "?", ":", "!", ",")

    _parameter_constraints = {
        "p": [SHARE],
        "marks": [tuple, list],
    }

    def _check_rows(self, X, y):
        if not self.marks or not all(isinstance(mark, str) for mark in self.marks):
            raise ValueError(f"marks must hold strings. Got {self.marks!r}.")
        return super()._check_rows(X, y)

    def _perturbed(self, parents, rng):
        return punctuated(self._tokens, parents, rng, self.p, self.marks)


@documented(TEXTS)
@declared
class TfidfReplacement(WordAugmenter):
    """Add copies of texts in which words that say little are replaced by others.

    The lower the TF-IDF of a word in its text, the likelier it is replaced; ``p`` is
    the mean over the words of a text. What takes its place is drawn from the words of
    all texts, and the likelier the less a word says in all of them: its score is its
    number of occurrences times its inverse document frequency [1]_. So words that carry
    the topic are kept, and none is brought in.

    Parameters
    ----------
    p : float, default=0.3
        Mean probability that a word is replaced, from 0 to 1.
    {n_copies, keep_negations, protected, keep_entities, column, mode}
    {sampling_strategy, constraint, random_state}

    {attributes_and_errors}

    See Also
    --------
    SynonymReplacement : Replaces words by synonyms.

    References
    ----------
    .. [1] Q. Xie, Z. Dai, E. Hovy, M.-T. Luong and Q. V. Le, "Unsupervised Data
       Augmentation for Consistency Training", NeurIPS 2020.

    Examples
    --------
    >>> from skoverfit.augmentation import TfidfReplacement
    >>> texts = ["the film is a comedy", "the book is a thriller", "it is the best"]
    >>> augmenter = TfidfReplacement(0.5, random_state=0)
    >>> texts_out, labels = augmenter.fit_resample(texts, [1, 0, 1])
    >>> len(texts_out)
    6
    """

    p: float = 0.3
    n_copies: int = 1
    _: KW_ONLY
    keep_negations: bool = True

    _parameter_constraints = {
        "p": [SHARE],
        "keep_negations": ["boolean"],
    }

    def _learn_texts(self, texts):
        super()._learn_texts(texts)
        tokens = self._tokens
        self._strings = tokens.strings(np.arange(len(tokens.piece_of)))
        number: dict[str, int] = {}
        lower = (word.lower() for word in self._strings)
        codes = np.array([number.setdefault(w, len(number)) for w in lower], np.intp)
        self._words = list(number)
        kept = negations(self.keep_negations)
        fixed = np.array([is_protected(w, kept) for w in self._words], dtype=bool)
        text = np.repeat(np.arange(len(tokens.n_words)), tokens.n_words)
        self._chance, keywords = _tfidf_chances(text, codes, len(number), self.p)
        self._chance[fixed[codes] | tokens.fixed] = 0.0
        keywords[fixed] = keywords[codes[tokens.fixed]] = 0.0
        self._cumulated = np.cumsum(keywords)

    def _perturbed(self, parents, rng):
        rows, words = self._tokens.words_of(parents)
        chosen = np.flatnonzero(rng.random(len(rows)) < self._chance[words])
        if not len(self._cumulated) or self._cumulated[-1] <= 0:
            chosen = chosen[:0]
        draws = rng.random(len(chosen)) * (self._cumulated[-1:].sum() or 1.0)
        new = np.searchsorted(self._cumulated, draws, side="right")
        new = np.minimum(new, len(self._words) - 1).tolist()
        replaced = [
            matched_case(self._words[k], self._strings[w])
            for k, w in zip(new, words[chosen].tolist(), strict=True)
        ]
        return self._tokens.rewritten(parents, rows[chosen], words[chosen], replaced)


def _tfidf_chances(text, codes, n_words, p):
    """Compute how likely words are replaced, and are what takes the place of others.

    Returned are the chance of each word of the texts, and the weight of each distinct
    word.
    """
    n_texts = int(text[-1]) + 1 if len(text) else 0
    key = text * n_words + codes
    pairs, inverse, n_in_text = np.unique(key, return_inverse=True, return_counts=True)
    in_texts = np.bincount(pairs % max(n_words, 1), minlength=n_words)
    idf = np.log(max(n_texts, 1) / np.maximum(in_texts, 1))
    size = np.bincount(text, minlength=n_texts)
    tfidf = n_in_text[inverse] / size[text] * idf[codes]
    largest = np.zeros(n_texts)
    np.maximum.at(largest, text, tfidf)
    room = largest[text] - tfidf
    mean = np.bincount(text, room, minlength=n_texts) / np.maximum(size, 1)
    # Where all words of a text say as much, all are as likely.
    flat = mean[text] <= 1e-12
    chance = np.where(flat, p, p * room / np.where(flat, 1.0, mean[text]))
    score = np.bincount(codes, minlength=n_words) * idf
    keywords = score.max(initial=0.0) - score
    if not keywords.any():
        keywords = np.ones(n_words)
    return np.minimum(chance, 1.0), keywords


@documented(TEXTS)
@declared
class SentenceShuffle(TextAugmenter):
    """Add copies of texts in which sentences change places.

    A sentence ends with a full stop, a question or an exclamation mark, or its sibling
    in another script, but not behind abbreviations and initials, such as "Dr." and
    "U.S.". What stands between sentences stays in place. A text of one sentence is
    copied unchanged.

    Parameters
    ----------
    p : float, default=1.0
        Probability that the sentences of a text are shuffled, from 0 to 1.
    {n_copies}
    protected : list of str, default=()
        Words and phrases within which no sentence ends, in any case.
    {column, mode, sampling_strategy, constraint, random_state}

    {attributes_and_errors}

    See Also
    --------
    RandomSwap : Changes the order of words.

    Examples
    --------
    >>> from skoverfit.augmentation import SentenceShuffle
    >>> augmenter = SentenceShuffle(random_state=3)
    >>> texts, labels = augmenter.fit_resample(["I came. I saw. I won!"], [1])
    >>> texts[1]
    'I saw. I won! I came.'
    """

    p: float = 1.0
    n_copies: int = 1
    _: KW_ONLY
    protected: Sequence[str] = ()

    _parameter_constraints = {
        "p": [Interval(Real, 0, 1, closed="both")],
        "protected": ["array-like"],
    }

    def _learn_texts(self, texts):
        self._phrases = Phrases(self.protected)

    def _perturbed(self, parents, rng):
        shuffles = (rng.random(len(parents)) < self.p).tolist()
        texts = (self._texts[k] for k in parents.tolist())
        return [
            self._shuffled(text, rng) if hit and isinstance(text, str) else text
            for text, hit in zip(texts, shuffles, strict=True)
        ]

    def _shuffled(self, text, rng):
        """Put the sentences of a text into random order."""
        parts = sentence_parts(text, self._phrases.spans(text) if self._phrases else ())
        # The last sentence may be empty, after the end of the one before.
        n_sentences = len(parts) // 2 + bool(parts[-1])
        if n_sentences < 2:
            return text
        order = rng.permutation(n_sentences).tolist()
        parts[: 2 * n_sentences : 2] = [parts[2 * k] for k in order]
        return "".join(parts)
