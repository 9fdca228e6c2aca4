"""The edits that augmenters of texts make, as functions over words of many texts."""

from collections.abc import Sequence

import numpy as np

from skoverfit.augmentation._texts._lexicon import Lexicon
from skoverfit.augmentation._texts._protection import unprotected
from skoverfit.augmentation._texts._tokens import Tokens, pick

__all__ = [
    "amounts",
    "inserted_synonyms",
    "punctuated",
    "replaced_synonyms",
    "swapped",
    "with_deletions",
]


def amounts(share: float, n_words: np.ndarray) -> np.ndarray:
    """How many words to edit: a share of each text, rounded down, but at least one."""
    if share == 0:
        return np.zeros_like(n_words)
    return np.minimum(np.maximum((share * n_words).astype(np.intp), 1), n_words)


def _with_synonyms(tokens, parents, wanted, lexicon, rng):
    """Draw words that have synonyms: rows, words, and one synonym for each.

    As in Wei & Zou: words are visited in random order until enough were found. Few have
    to be visited, so the order begins with a small sample; the texts where it was too
    small go on with the rest.
    """
    sizes, left = tokens.n_free[parents], wanted.tolist()
    rows, words = tokens.free_of(parents)
    sampled = np.where(wanted > 0, np.minimum(3 * wanted + 2, sizes), 0)
    chosen = pick(rows, sampled, rng)
    at, found = _visited(tokens, rows[chosen], words[chosen], left, lexicon, rng)
    at = chosen[at]
    unfinished = (np.array(left) > 0) & (sampled < sizes)
    if unfinished.any():
        rest = unfinished[rows]
        rest[chosen] = False
        others = np.flatnonzero(rest)
        others = others[pick(rows[others], sizes, rng)]
        more = _visited(tokens, rows[others], words[others], left, lexicon, rng)
        at = np.concatenate([at, others[more[0]]])
        found += more[1]
        order = np.argsort(rows[at], kind="stable")
        at, found = at[order], [found[k] for k in order.tolist()]
    return rows[at], words[at], found


def _visited(tokens, rows, words, left, lexicon, rng):
    """Visit words until no more synonyms are `left` to find for a row.

    Returned are the positions of the words that have synonyms, and one for each.
    """
    pieces = tokens.piece_of[words].tolist()
    draws = rng.random(len(words)).tolist()
    whole, parts, synonym = tokens.pieces, tokens.parts, lexicon.synonym
    places, found = [], []
    for place, (row, piece) in enumerate(zip(rows.tolist(), pieces, strict=True)):
        if left[row]:
            word = whole[piece]
            if piece in parts:
                word = tokens.word(int(words[place]), piece)
            new = synonym(word, draws[place])
            if new is not None:
                places.append(place)
                found.append(new)
                left[row] -= 1
    return np.array(places, dtype=np.intp), found


def replaced_synonyms(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
    lexicon: Lexicon,
) -> list:
    """Replace words by synonyms, in the case of the word."""
    wanted = amounts(share, tokens.n_words[parents])
    edits = _with_synonyms(tokens, parents, wanted, lexicon, rng)
    return tokens.rewritten(parents, *edits)


def inserted_synonyms(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
    lexicon: Lexicon,
) -> list:
    """Insert synonyms of random words beside other random words."""
    wanted = amounts(share, tokens.n_words[parents])
    rows, _, synonyms = _with_synonyms(tokens, parents, wanted, lexicon, rng)
    n_found = np.bincount(rows, minlength=len(parents))
    _, places = tokens.drawn(parents, n_found, rng)
    after = rng.random(len(places)) < 0.5
    new = [
        f"{word} {synonym.lower()}" if last else f"{synonym.lower()} {word}"
        for word, synonym, last in zip(
            tokens.strings(places), synonyms, after.tolist(), strict=True
        )
    ]
    return tokens.rewritten(parents, rows, places, new)


def swapped(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
    protected: frozenset[str] = frozenset(),
) -> list:
    """Exchange pairs of words; what stands between words stays in place."""
    n_words, n_free = tokens.n_words[parents], tokens.n_free[parents]
    n_pairs = np.minimum(amounts(share, n_words), n_free // 2)
    rows, words = tokens.drawn(parents, 2 * n_pairs, rng)
    if protected and len(words):
        free = np.array(unprotected(tokens.strings(words), protected))
        moved = np.repeat(free.reshape(-1, 2).all(axis=1), 2)
        rows, words = rows[moved], words[moved]
    partners = words.reshape(-1, 2)[:, ::-1].ravel()
    return tokens.rewritten(parents, rows, words, tokens.strings(partners))


def with_deletions(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    p: float,
    protected: frozenset[str],
) -> list:
    """Delete each word with probability p; one word of each text is safe."""
    rows, words = tokens.words_of(parents)
    hit = rng.random(len(rows), dtype=np.float32) < p
    sizes = tokens.n_words[parents]
    emptied = (np.bincount(rows[hit], minlength=len(parents)) == sizes) & (sizes > 0)
    if emptied.any():
        doomed = np.flatnonzero(emptied[rows])
        hit[doomed[pick(rows[doomed], np.ones_like(sizes), rng)]] = False
    chosen = np.flatnonzero(hit & ~tokens.fixed[words])
    if protected:
        strings = tokens.strings(words[chosen], few=True)
        chosen = chosen[np.array(unprotected(strings, protected), dtype=bool)]
    return tokens.without(parents, rows[chosen], words[chosen])


def punctuated(
    tokens: Tokens,
    parents: np.ndarray,
    rng: np.random.Generator,
    share: float,
    marks: Sequence[str],
) -> list:
    """Put punctuation marks before random words, from one to a share of the words."""
    most = amounts(share, tokens.n_words[parents])
    n_marks = np.minimum(rng.integers(1, np.maximum(most, 1) + 1), most)
    n_marks = np.minimum(n_marks, tokens.n_free[parents])
    rows, words = tokens.drawn(parents, n_marks, rng)
    drawn = rng.integers(0, len(marks), len(rows)).tolist()
    new = [
        f"{marks[mark]} {word}"
        for mark, word in zip(drawn, tokens.strings(words), strict=True)
    ]
    return tokens.rewritten(parents, rows, words, new)
