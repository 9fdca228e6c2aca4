"""Augmenters of texts that edit words: synonyms, insertions, swaps, deletions."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import KW_ONLY
from numbers import Real
from typing import Any, Literal

from skoverfit._compat import HasMethods, Interval
from skoverfit._declared import declared, declared_base
from skoverfit._docs import documented
from skoverfit.augmentation._docs import TEXTS
from skoverfit.augmentation._texts._base import WordAugmenter
from skoverfit.augmentation._texts._corpus_thesaurus import CorpusThesaurus
from skoverfit.augmentation._texts._lexicon import Lexicon
from skoverfit.augmentation._texts._protection import checked_stop_words, negations
from skoverfit.augmentation._texts._word_edits import (
    inserted_synonyms,
    replaced_synonyms,
    swapped,
    with_deletions,
)

__all__ = ["RandomDeletion", "RandomInsertion", "RandomSwap", "SynonymReplacement"]

SHARE = Interval(Real, 0, 1, closed="both")
SOURCE = [HasMethods(["synonyms"]), Mapping, None]


@declared_base
class LexiconAugmenter(WordAugmenter):
    """Base of augmenters that need synonyms: ``self._lexicon``."""

    source: Any = None
    stop_words: Literal["english"] | Sequence[str] | None = "english"
    keep_negations: bool = True

    _parameter_constraints = {
        "source": SOURCE,
        "stop_words": ["array-like", str, None],
        "keep_negations": ["boolean"],
    }

    def _learn_texts(self, texts):
        super()._learn_texts(texts)
        self.source_ = self._fitted_source(texts)
        protected = negations(self.keep_negations)
        stop_words = checked_stop_words(self.stop_words)
        self._lexicon = Lexicon(self.source_, protected, stop_words)

    def _fitted_source(self, texts):
        """Return the source, or a fitted copy of one that learns."""
        if self.source is None:
            return CorpusThesaurus()._fit_tokens(self._tokens)
        if isinstance(self.source, Mapping) or not hasattr(self.source, "fit"):
            return self.source
        return deepcopy(self.source).fit([t for t in texts if isinstance(t, str)])


@documented(TEXTS)
@declared
class SynonymReplacement(LexiconAugmenter):
    """Add copies of texts in which some words are replaced by synonyms.

    Words that have synonyms are visited in random order until ``p`` times the
    number of words of the text, but at least one, are replaced [1]_. A synonym is
    written in the case of the word; all else stays as it is. A text without such words
    is copied unchanged.

    Parameters
    ----------
    p : float, default=0.1
        Share of the words to replace, from 0 to 1.
    {n_copies, source, stop_words, keep_negations, protected, keep_entities, column}
    {mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {source_, of_output}

    {errors}

    See Also
    --------
    EDA : This and three other edits in turn.
    TfidfReplacement : Replaces words that say little by others.

    References
    ----------
    .. [1] J. Wei and K. Zou, "EDA: Easy Data Augmentation Techniques for Boosting
       Performance on Text Classification Tasks", EMNLP-IJCNLP 2019.

    Examples
    --------
    >>> from skoverfit.augmentation import SynonymReplacement
    >>> source = {"film": ["movie", "picture"], "good": ["fine"]}
    >>> augmenter = SynonymReplacement(0.5, source=source, random_state=0)
    >>> texts, labels = augmenter.fit_resample(["A good film!"], [1])
    >>> texts
    ['A good film!', 'A fine film!']
    """

    p: float = 0.1
    n_copies: int = 1

    _parameter_constraints = {
        "p": [SHARE],
    }

    def _perturbed(self, parents, rng):
        return replaced_synonyms(self._tokens, parents, rng, self.p, self._lexicon)


@documented(TEXTS)
@declared
class RandomInsertion(LexiconAugmenter):
    """Add copies of texts into which synonyms of some of their words are inserted.

    For ``p`` times the number of words of the text, but at least one, a synonym is
    put before or after another random word [1]_. The text itself stays as it is.

    Parameters
    ----------
    p : float, default=0.1
        Number of insertions as a share of the number of words, from 0 to 1.
    {n_copies, source, stop_words}
    keep_negations : bool, default=True
        Whether English negations, such as "not" and "n't", belong to these.
    protected : list of str, default=()
        Words and phrases of which no synonyms are inserted and into which nothing is,
        in any case.
    {keep_entities, column, mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    {source_, of_output}

    {errors}

    See Also
    --------
    EDA : This and three other edits in turn.

    References
    ----------
    .. [1] J. Wei and K. Zou, "EDA: Easy Data Augmentation Techniques for Boosting
       Performance on Text Classification Tasks", EMNLP-IJCNLP 2019.

    Examples
    --------
    >>> from skoverfit.augmentation import RandomInsertion
    >>> augmenter = RandomInsertion(source={"film": ["movie"]}, random_state=0)
    >>> texts, labels = augmenter.fit_resample(["A good film!"], [1])
    >>> texts
    ['A good film!', 'movie A good film!']
    """

    p: float = 0.1
    n_copies: int = 1

    _parameter_constraints = {
        "p": [SHARE],
    }

    def _perturbed(self, parents, rng):
        return inserted_synonyms(self._tokens, parents, rng, self.p, self._lexicon)


@documented(TEXTS)
@declared
class RandomSwap(WordAugmenter):
    """Add copies of texts in which some pairs of words change places.

    ``p`` times the number of words of the text, but at least one pair, change
    places [1]_; no word more than once. Punctuation and whitespace stay where they are.

    Parameters
    ----------
    p : float, default=0.1
        Number of pairs as a share of the number of words, from 0 to 1; with 0.5 all
        words change places.
    {n_copies, protected, keep_entities, column, mode, sampling_strategy, constraint}
    {random_state}

    {attributes_and_errors}

    See Also
    --------
    SentenceShuffle : Changes the order of whole sentences.

    Notes
    -----
    A model that counts single words does not see the order of words: with it, this
    augmenter only duplicates rows.

    References
    ----------
    .. [1] J. Wei and K. Zou, "EDA: Easy Data Augmentation Techniques for Boosting
       Performance on Text Classification Tasks", EMNLP-IJCNLP 2019.

    Examples
    --------
    >>> from skoverfit.augmentation import RandomSwap
    >>> augmenter = RandomSwap(random_state=0)
    >>> texts, labels = augmenter.fit_resample(["One, two, three!"], [1])
    >>> texts
    ['One, two, three!', 'two, One, three!']
    """

    p: float = 0.1
    n_copies: int = 1

    _parameter_constraints = {
        "p": [SHARE],
    }

    def _perturbed(self, parents, rng):
        return swapped(self._tokens, parents, rng, self.p)


@documented(TEXTS)
@declared
class RandomDeletion(WordAugmenter):
    """Add copies of texts from which some words are deleted.

    Each word is deleted with the same probability [1]_, and a space beside it.
    Punctuation stays. At least one word of a text is kept.

    Parameters
    ----------
    p : float, default=0.1
        Probability of each word, from 0 to 1.
    {n_copies, keep_negations, protected, keep_entities, column, mode}
    {sampling_strategy, constraint, random_state}

    {attributes_and_errors}

    See Also
    --------
    EDA : This and three other edits in turn.

    References
    ----------
    .. [1] J. Wei and K. Zou, "EDA: Easy Data Augmentation Techniques for Boosting
       Performance on Text Classification Tasks", EMNLP-IJCNLP 2019.

    Examples
    --------
    >>> from skoverfit.augmentation import RandomDeletion
    >>> augmenter = RandomDeletion(0.3, random_state=0)
    >>> texts, labels = augmenter.fit_resample(["This is not a bad film."], [1])
    >>> texts
    ['This is not a bad film.', 'This is not bad.']
    """

    p: float = 0.1
    n_copies: int = 1
    _: KW_ONLY
    keep_negations: bool = True

    _parameter_constraints = {
        "p": [SHARE],
        "keep_negations": ["boolean"],
    }

    def _learn_texts(self, texts):
        super()._learn_texts(texts)
        self._negations = negations(self.keep_negations)

    def _perturbed(self, parents, rng):
        return with_deletions(self._tokens, parents, rng, self.p, self._negations)
