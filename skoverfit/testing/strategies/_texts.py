"""Strategies of texts and images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skoverfit.exceptions import InputError
from skoverfit.testing.strategies._bounds import chosen, integers_within

__all__ = ["KINDS", "images", "texts"]

WORDS = ["a", "good", "film", "not", "bad", "It's", "U.S.", "3.5", "don\u2019t", "ok!"]


def _joined(words: st.SearchStrategy[str], blank: str = " ") -> st.SearchStrategy[str]:
    return st.lists(words, min_size=1, max_size=6).map(blank.join)


EMOJI = ["🙂", "👩\u200d👩\u200d👧", "👍🏽", "🇪🇺", "❤\ufe0f", "ok"]
COMBINING = ["e\u0301te\u0301", "n\u0303", "a\u0308b", "Å"]
RIGHT_TO_LEFT = ["שלום", "مرحبا", "עולם", "\u200f", "abc"]
CJK = ["今天", "天气", "很好", "東京", "。"]
MARKUP = ["<b>", "bold", "</b>", "&amp;", "<br/>", "**x**"]
URLS = ["https://a.b/c?d=e&f", "me@a.org", "@you", "#tag"]
#: Kinds of texts, the simplest first.
KINDS: dict[str, st.SearchStrategy[str]] = {
    "words": _joined(st.sampled_from(WORDS)),
    "one_word": st.sampled_from(WORDS),
    "empty": st.sampled_from(["", " ", "\n", "\t \u00a0"]),
    "unicode": st.text(max_size=12),
    "emoji": _joined(st.sampled_from(EMOJI)),
    "combining": _joined(st.sampled_from(COMBINING)),
    "right_to_left": _joined(st.sampled_from(RIGHT_TO_LEFT)),
    "cjk": _joined(st.sampled_from(CJK), blank=""),
    "long": st.integers(200, 2000).map(lambda n: "word " * n),
    "markup": _joined(st.sampled_from(MARKUP)),
    "urls": _joined(st.sampled_from(URLS)),
}
DTYPES = {"uint8": (0, 255), "float64": (0.0, 1.0), "float32": (0.0, 1.0)}


def texts(
    *,
    min_texts: int = 1,
    max_texts: int = 8,
    kinds: Sequence[str] = tuple(KINDS),
) -> st.SearchStrategy[list[str]]:
    """Draw lists of texts, of the kinds that break tokenizers.

    Parameters
    ----------
    min_texts, max_texts : int, default=1, 8
        Bounds of the number of texts.
    kinds : sequence of str
        "words", "one_word", "empty" (or blanks alone), "unicode" (anything), "emoji",
        "combining" (marks on the letter before), "right_to_left", "cjk" (without
        blanks), "long" (thousands of letters), "markup" and "urls".

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws lists of str. The simplest is ``["a"]``.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import texts
    >>> find(texts(), lambda documents: any(not text.split() for text in documents))
    ['']
    """
    integers_within("texts", min_texts, max_texts)
    names = chosen("kinds", kinds, KINDS)
    one = st.sampled_from(names).flatmap(KINDS.__getitem__)
    return st.lists(one, min_size=min_texts, max_size=max_texts)


def images(
    *,
    min_images: int = 1,
    max_images: int = 4,
    min_side: int = 1,
    max_side: int = 6,
    channels: Sequence[int | None] = (None, 1, 3),
    dtypes: Sequence[str] = tuple(DTYPES),
) -> st.SearchStrategy[np.ndarray]:
    """Draw stacks of images.

    Parameters
    ----------
    min_images, max_images : int, default=1, 4
        Bounds of the number of images.
    min_side, max_side : int, default=1, 6
        Bounds of height and width.
    channels : sequence of int or None, default=(None, 1, 3)
        Numbers of channels; None is no axis of channels.
    dtypes : sequence of {"uint8", "float64", "float32"}
        Integers from 0 to 255, or floats from 0 to 1.

    Returns
    -------
    strategy : hypothesis.strategies.SearchStrategy
        Draws arrays of shape (n_images, height, width) or (n_images, height, width,
        n_channels). The simplest is one black pixel.

    Examples
    --------
    >>> from hypothesis import find
    >>> from skoverfit.testing.strategies import images
    >>> find(images(), lambda stack: stack.shape[1] != stack.shape[2]).tolist()
    [[[0, 0]]]
    """
    count = integers_within("images", min_images, max_images)
    side = integers_within("side", min_side, max_side)
    names = chosen("dtypes", dtypes, DTYPES)
    depths = list(channels)
    if not depths or any(depth is not None and depth < 1 for depth in depths):
        raise InputError(f"channels={depths!r} must be numbers of 1 or more, or None.")

    @st.composite
    def data(draw: Any) -> np.ndarray:
        depth = draw(st.sampled_from(depths))
        shape = draw(count), draw(side), draw(side), *([] if depth is None else [depth])
        dtype = draw(st.sampled_from(names))
        low, high = DTYPES[dtype]
        cells: Any = (
            st.integers(int(low), int(high))
            if dtype == "uint8"
            else st.floats(low, high, width=32)
        )
        return draw(hnp.arrays(np.dtype(dtype), shape, elements=cells))

    return data()
