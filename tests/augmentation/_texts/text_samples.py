"""Texts in several scripts, and a small thesaurus."""

from sklearn.base import clone

from skoverfit.augmentation._texts._vocabulary import word_pattern

SOURCE = {"film": ["movie", "picture show"], "good": ["fine"], "big": ["large"]}
TEXTS = [
    "This is not a good film, is it?",
    "A BIG film (and a good one)!",
    "Don't say “never” again... Big deal.",
    "plain  words\twith\nodd   space ",
    "one",
    "",
    " ?! ",
    "नमस्ते दुनिया, यह एक अच्छी फ़िल्म है।",
    "これは良い映画です。 とても良い。",
    "שלום עולם! مرحبا بالعالم",
    "👍🏽 emoji e\u0301tude — naïve 3.14 self-made",
]


def copies(augmenter, texts, n_copies=1, **params):
    """Perturbed copies of texts, as lists by copy."""
    params = {"random_state": 0, **params}
    seeded = clone(augmenter).set_params(n_copies=n_copies, **params)
    out, _ = seeded.fit_resample(list(texts), [0] * len(texts))
    assert out[: len(texts)] == list(texts)
    rest = out[len(texts) :]
    return [rest[k : k + len(texts)] for k in range(0, len(rest), len(texts))]


def words(text):
    return word_pattern().findall(text)
