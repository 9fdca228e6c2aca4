"""Back-translation: into another language and back."""

from collections.abc import Sequence
from dataclasses import KW_ONLY
from numbers import Integral
from os import PathLike
from typing import Any, Literal

import numpy as np

from skoverfit._columns import take
from skoverfit._compat import HasMethods, Interval, StrOptions
from skoverfit._declared import declared
from skoverfit._docs import documented
from skoverfit.augmentation._copies import Copy
from skoverfit.augmentation._docs import TEXTS
from skoverfit.augmentation._texts._base import TextAugmenter
from skoverfit.augmentation._texts._protection import Phrases, plain
from skoverfit.augmentation._texts._translators._base import (
    TranslationCache,
    translated,
)
from skoverfit.augmentation._texts._vocabulary import word_pattern

__all__ = ["BackTranslation"]

#: What is known to all augmenters of the process.
_SHARED = TranslationCache()


@documented(TEXTS)
@declared
class BackTranslation(TextAugmenter):
    """Add copies of texts that went into another language and back.

    What comes back says the same in other words, as far as the translators are good
    [1]_. A text that comes back empty, or with the same words in the same order, has
    not been changed; such copies are dropped, unless told otherwise.

    Parameters
    ----------
    forward : Translator or callable
        From the language of the texts into another one: an object with
        ``translate(texts)``, or a function from a list of texts to a list of texts.
    backward : Translator or callable
        And back.
    {n_copies}
    unchanged : {"drop", "keep"}, default="drop"
        What happens to copies that are unchanged. "drop": they are left out, also
        where `sampling_strategy` asked for them. "keep": the text itself is the copy.
        With ``mode="replace"`` they are always kept.
    cache : "memory", path, TranslationCache or None, default="memory"
        Where translations are kept. "memory" shares them within the process; a path
        is a file that survives it. Only translators with an attribute ``direction``
        are cached.
    batch_size : int, default=1000
        After so many texts what was translated goes into the cache.
    protected : list of str, default=()
        Words and phrases that must come back, in any case: a text that loses one is
        taken for unchanged.
    keep_entities : bool, default=True
        Whether URLs, e-mail addresses, hashtags, mentions and numbers must, too.
    {column, mode, sampling_strategy, constraint, random_state}

    Attributes
    ----------
    n_unchanged_ : int
        Number of copies that came back unchanged, missing and empty texts included.
    {of_output}

    {errors}

    See Also
    --------
    ApertiumTranslator : Rules; fast and offline.
    MarianTranslator : Neural networks.
    HttpTranslator : A server.

    Notes
    -----
    A translator that always gives the same result makes copies that are all alike, so
    more than one copy is of use only with one that samples.

    References
    ----------
    .. [1] R. Sennrich, B. Haddow and A. Birch, "Improving Neural Machine Translation
       Models with Monolingual Data", ACL 2016.

    Examples
    --------
    >>> from skoverfit.augmentation import BackTranslation
    >>> there = {"a big house": "una casa grande", "so": "so"}
    >>> back = {"una casa grande": "a large house", "so": "so"}
    >>> augmenter = BackTranslation(
    ...     lambda texts: [there[t] for t in texts],
    ...     lambda texts: [back[t] for t in texts],
    ... )
    >>> augmenter.fit_resample(["a big house", "so"], [1, 0])
    (['a big house', 'so', 'a large house'], [1, 0, 1])
    """

    forward: Any
    backward: Any
    n_copies: int = 1
    _: KW_ONLY
    unchanged: Literal["drop", "keep"] = "drop"
    cache: Any = "memory"
    batch_size: int = 1000
    protected: Sequence[str] = ()
    keep_entities: bool = True

    _parameter_constraints = {
        "protected": ["array-like"],
        "keep_entities": ["boolean"],
        "forward": [HasMethods(["translate"]), callable],
        "backward": [HasMethods(["translate"]), callable],
        "unchanged": [StrOptions({"drop", "keep"})],
        "cache": [str, PathLike, TranslationCache, None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
    }

    def _check_rows(self, X, y):
        for name in ("forward", "backward"):
            if isinstance(getattr(self, name), str):  # strings have a translate, too
                raise ValueError(
                    f"{name} must be a translator or a function. "
                    f"Got {getattr(self, name)!r}."
                )
        return super()._check_rows(X, y)

    def _learn_texts(self, texts):
        self._phrases = Phrases(self.protected)
        self._cache = self.cache
        if isinstance(self.cache, str | PathLike):
            memory = self.cache == "memory"
            self._cache = _SHARED if memory else TranslationCache(self.cache)

    def _perturbed(self, parents, rng):
        texts = [self._texts[k] for k in parents.tolist()]
        sent = [t for t in texts if isinstance(t, str) and t.strip()]
        there = translated(self.forward, sent, self._cache, self.batch_size)
        back = translated(self.backward, there, self._cache, self.batch_size)
        found = dict(zip(sent, back, strict=True))
        result = [_accepted(text, found.get(text)) for text in texts]
        return [
            new if new == text or not self._loses(text, new) else text
            for text, new in zip(texts, result, strict=True)
        ]

    def _loses(self, text, new):
        """Whether something that is protected did not come back."""
        held = self._phrases.of_text(text, self.keep_entities)
        new = plain(new)
        return any(new.count(each) < held.count(each) for each in set(held))

    def _describe(self, parts, n_original, weight, groups):
        self.n_unchanged_ = 0
        if self._texts is not None:
            first = 1 if n_original else 0
            parts[first:] = [self._without_unchanged(copy) for copy in parts[first:]]
            parts[:] = [part for part in parts if len(part.parents)]
        super()._describe(parts, n_original, weight, groups)

    def _without_unchanged(self, copy):
        """Count copies that are their parents, and drop them if asked to."""
        texts = self._texts_of(copy.rows)
        changed = [
            isinstance(text, str) and text != self._texts[parent]
            for text, parent in zip(texts, copy.parents.tolist(), strict=True)
        ]
        self.n_unchanged_ += len(changed) - sum(changed)
        if self.mode == "replace" or self.unchanged == "keep":
            return copy
        at = np.flatnonzero(changed)
        return Copy(take(copy.rows, at), copy.targets[at], copy.parents[at])


def _accepted(text, result):
    """Take the text itself where its translation says nothing new."""
    if result is None or not result.strip() or _words(result) == _words(text):
        return text
    # Many translators begin each text as a sentence.
    if text[0].islower() and result[0].isupper():
        return result[0].lower() + result[1:]
    return result


def _words(text):
    """Words of a text, whatever their case and what stands between them."""
    return word_pattern().findall(text.casefold())
