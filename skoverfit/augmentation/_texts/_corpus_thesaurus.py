"""A thesaurus learned from the texts themselves."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from skoverfit._compat import Interval, validate_parameter_constraints
from skoverfit.augmentation._texts._tokens import Tokens

__all__ = ["CorpusThesaurus"]

# Words whose similarities to all others are computed at a time.
_BATCH = 1000


class CorpusThesaurus:
    """Words that stand in similar surroundings in the texts themselves.

    Counts of which words stand near which are turned into positive pointwise mutual
    information and reduced by a truncated singular value decomposition [1]_; the
    neighbors of a word are those with the largest cosine. It needs no resource in any
    language and knows the words of the domain.

    Such neighbors are of one kind, not of one meaning: *good* and *bad* stand in the
    same surroundings. Where the label hangs on meaning, as for sentiment, a source of
    true synonyms is better.

    Parameters
    ----------
    n_neighbors : int, default=5
        At most so many synonyms for each word.
    min_similarity : float, default=0.5
        Cosine that a neighbor must have at least, from -1 to 1.
    min_count : int, default=5
        Words that are rarer have no synonyms and are none.
    max_words : int, default=5000
        Only so many of the most frequent words are considered.
    window : int, default=2
        How many words to each side are the surroundings of a word.
    n_components : int, default=50
        Length of the vectors of the words.

    Attributes
    ----------
    neighbors_ : dict
        From each word, in lower case, to the list of its neighbors, the closest first.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    References
    ----------
    .. [1] O. Levy, Y. Goldberg and I. Dagan, "Improving Distributional Similarity with
       Lessons Learned from Word Embeddings", Transactions of the ACL 3, 211-225, 2015.

    Examples
    --------
    >>> from skoverfit.augmentation import CorpusThesaurus
    >>> texts = [f"the {a} {v} in the {p}" for a in ("cat", "dog", "cow")
    ...          for v in ("sleeps", "eats", "runs") for p in ("house", "garden")]
    >>> thesaurus = CorpusThesaurus(n_neighbors=2, min_count=2).fit(texts)
    >>> sorted(thesaurus.synonyms("cat"))
    ['cow', 'dog']
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "min_similarity": [Interval(Real, -1, 1, closed="both")],
        "min_count": [Interval(Integral, 1, None, closed="left")],
        "max_words": [Interval(Integral, 2, None, closed="left")],
        "window": [Interval(Integral, 1, None, closed="left")],
        "n_components": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        min_similarity: float = 0.5,
        min_count: int = 5,
        max_words: int = 5000,
        window: int = 2,
        n_components: int = 50,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.min_similarity = min_similarity
        self.min_count = min_count
        self.max_words = max_words
        self.window = window
        self.n_components = n_components
        validate_parameter_constraints(
            self._parameter_constraints, vars(self), caller_name="CorpusThesaurus"
        )

    def __repr__(self):
        return f"CorpusThesaurus(n_neighbors={self.n_neighbors})"

    def fit(self, texts: Any) -> Self:
        """Learn which words stand in similar surroundings.

        Parameters
        ----------
        texts : list of str
            The texts.

        Returns
        -------
        self : object
            The fitted thesaurus.
        """
        return self._fit_tokens(Tokens(list(texts)))

    def _fit_tokens(self, tokens):
        words, codes = self._vocabulary(tokens)
        self.neighbors_ = {}
        if len(words) > 2:
            counts = _neighbor_counts(tokens, codes, len(words), self.window)
            vectors = _vectors(counts, min(self.n_components, len(words) - 1))
            self.neighbors_ = self._nearest(words, vectors)
        return self

    def synonyms(self, word: str) -> list[str]:
        """Return the neighbors of a word, the closest first.

        Parameters
        ----------
        word : str
            In lower case.

        Returns
        -------
        synonyms : list of str
        """
        if not hasattr(self, "neighbors_"):
            raise ValueError("CorpusThesaurus must be fitted first: call fit(texts).")
        return self.neighbors_.get(word, [])

    def _vocabulary(self, tokens):
        """Frequent words, and the number of each word of the texts; -1 for others."""
        strings = [w.lower() for w in tokens.strings(np.arange(len(tokens.piece_of)))]
        number: dict[str, int] = {}
        codes = np.array(
            [number.setdefault(word, len(number)) for word in strings], dtype=np.intp
        )
        counts = np.bincount(codes, minlength=len(number))
        order = np.argsort(-counts, kind="stable")[: self.max_words]
        order = order[counts[order] >= self.min_count]
        new = np.full(len(number), -1, dtype=np.intp)
        new[order] = np.arange(len(order))
        names = list(number)
        return [names[k] for k in order.tolist()], new[codes]

    def _nearest(self, words: list[str], vectors: np.ndarray) -> dict[str, list[str]]:
        """Closest words of each word."""
        n_kept = min(self.n_neighbors, len(words) - 1)
        neighbors = {}
        for start in range(0, len(words), _BATCH):
            cosines = vectors[start : start + _BATCH] @ vectors.T
            at = np.arange(len(cosines))
            cosines[at, start + at] = -np.inf
            top = np.argpartition(-cosines, n_kept - 1, axis=1)[:, :n_kept]
            values = np.take_along_axis(cosines, top, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            for i in range(len(cosines)):
                close = order[i][values[i, order[i]] >= self.min_similarity]
                if close.size:
                    found = [words[k] for k in top[i, close].tolist()]
                    neighbors[words[start + i]] = found
        return neighbors


def _neighbor_counts(
    tokens: Tokens, codes: np.ndarray, n_words: int, window: int
) -> sparse.csr_array:
    """How often each word (rows) has each word before it, and after it (columns)."""
    text = np.repeat(np.arange(len(tokens.n_words)), tokens.n_words)
    after: Any = sparse.csr_array((n_words, n_words), dtype=np.float64)
    for distance in range(1, min(window, len(codes) - 1) + 1):
        left, right = codes[:-distance], codes[distance:]
        near = (text[:-distance] == text[distance:]) & (left >= 0) & (right >= 0)
        pairs = (left[near], right[near])
        ones = np.ones(int(near.sum()))
        after = after + sparse.csr_array((ones, pairs), shape=after.shape)
    return sparse.hstack([after.T, after], format="csr")


def _vectors(counts: sparse.csr_array, n_components: int) -> np.ndarray:
    """Vectors of length one that stand for the surroundings of words."""
    pairs = counts.tocoo()
    total = counts.sum(axis=1)
    # Rare contexts would get too much weight: smoothed as in the reference.
    context = counts.sum(axis=0) ** 0.75
    expected = total[pairs.row] * (context / context.sum())[pairs.col]
    information = np.maximum(np.log(pairs.data / expected), 0)
    matrix = sparse.csr_array((information, (pairs.row, pairs.col)), shape=counts.shape)
    left, values, _ = randomized_svd(matrix, n_components, n_iter=2, random_state=0)
    vectors = left * np.sqrt(values)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)
