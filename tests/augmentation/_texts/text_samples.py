"""Texts in several scripts, and a small thesaurus."""

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
