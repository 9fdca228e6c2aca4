"""Texts per second: ``python -m benchmarks.speed.text [--smoke | --write]``.

Sentences of SST-2 are perturbed by the library and by peers in turn, in one process and
one thread; times are processor times. Peers that are not installed are skipped. The
reference behavior of EDA is written down here from its paper, plainly: sentences in
lower case without punctuation, Python's own random numbers, one word at a time.

Synonyms come from the same source on both sides: from WordNet's files, read by the
library and by nltk, or from one dict of the words that WordNet knows (made up, where
it is not installed). nlpaug's synonyms run without the tagger of parts of speech, whose
data are not downloaded here; with it they are slower.
"""

import argparse
import csv
import gzip
import os
import platform
import random
import re
import shutil
import tempfile
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from skoverfit import augmentation
from skoverfit.augmentation import WordNetSynonyms

RESULTS = Path(__file__).with_name("text.md")
HEAD = (
    "| work | ours | peer | copies | ours, texts/s | peer, texts/s | times faster "
    "(quartiles of turns) |\n| --- | --- | --- | --: | --: | --: | --: |"
)
RATES_HEAD = "| augmenter | texts/s |\n| --- | --: |"
ALPHA = 0.1


def sentences(n_texts):
    """SST-2 if it is there, else made-up sentences of the same length."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("SKOVERFIT_DATA", root / "shared" / "data"))
    file = folder / "text" / "sst2.csv.gz"
    if file.is_file():
        with gzip.open(file, "rt", encoding="utf-8", newline="") as stream:
            return [row["text"] for row in csv.DictReader(stream)][:n_texts]
    rng = np.random.default_rng(0)
    letters = ["".join(rng.choice(list("abcdefghij"), 6)) for _ in range(5000)]
    return [" ".join([*rng.choice(letters, 18), "."]) for _ in range(n_texts)]


def synonyms_of(texts):
    """One dict of synonyms for all, without stop words."""
    words = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    words -= set(ENGLISH_STOP_WORDS)
    try:
        ask = WordNetSynonyms().synonyms
    except FileNotFoundError:
        return {word: [word + "x", word + "y"] for word in sorted(words)[::2]}
    found = {word: [s for s in ask(word) if s.isalpha()] for word in sorted(words)}
    return {word: synonyms for word, synonyms in found.items() if synonyms}


# ------------------------------------------------------------------ EDA by its paper


def plain_words(text):
    """Lower case, letters alone, split at spaces."""
    return re.sub(r"[^a-z ]+", " ", text.lower().replace("'", "")).split()


def eda_synonyms(text, lexicon):
    """Replace n random words that are no stop words, wherever they stand."""
    words = plain_words(text)
    wanted = max(1, int(ALPHA * len(words)))
    candidates = list({w for w in words if w not in ENGLISH_STOP_WORDS})
    random.shuffle(candidates)
    n_replaced = 0
    for candidate in candidates:
        synonyms = {
            "".join(c for c in each.lower() if c in " abcdefghijklmnopqrstuvwxyz")
            for each in lexicon.get(candidate, ())
        } - {candidate}
        if synonyms:
            synonym = random.choice(list(synonyms))
            words = [synonym if word == candidate else word for word in words]
            n_replaced += 1
        if n_replaced >= wanted:
            break
    return " ".join(words)


@cache
def nltk_wordnet():
    """WordNet as nltk reads it, in a folder that looks as nltk wants it."""
    reader = import_module("nltk.corpus.reader.wordnet").WordNetCorpusReader
    installed = Path("/usr/share/wordnet")
    if not (installed / "data.noun").is_file():
        raise ImportError("WordNet's files are not installed")
    folder = tempfile.TemporaryDirectory()
    corpus = Path(folder.name) / "corpora" / "wordnet"
    shutil.copytree(installed, corpus)
    names = "".join(f"{k:02d}\tpart{k}\t1\n" for k in range(45))
    (corpus / "lexnames").write_text(names)
    (corpus / "index.sense").touch()  # nltk wants it to be there; it is not read here
    import_module("nltk").data.path.append(folder.name)
    return reader(str(corpus), None), folder  # the folder lives as long as the reader


class AsDict:
    """Ask nltk's WordNet anew for each word, as the reference does."""

    def get(self, word, _):
        """Return the names of all lemmas of all synsets."""
        synsets = nltk_wordnet()[0].synsets(word)
        names = [lemma.name() for synset in synsets for lemma in synset.lemmas()]
        return [name.replace("_", " ").replace("-", " ") for name in names]


def eda_wordnet(texts, lexicon, n_copies):
    """Make a peer of the reference with nltk's WordNet."""
    nltk_wordnet()
    return reference(eda_synonyms)(texts, AsDict(), n_copies)


def eda_swaps(text, _):
    """Exchange two random words, n times."""
    words = plain_words(text)
    for _ in range(max(1, int(ALPHA * len(words)))):
        if len(words) > 1:
            i, j = random.sample(range(len(words)), 2)
            words[i], words[j] = words[j], words[i]
    return " ".join(words)


def eda_deletions(text, _):
    """Delete each word with probability alpha; keep one if all are gone."""
    words = plain_words(text)
    kept = [word for word in words if random.uniform(0, 1) > ALPHA]
    return " ".join(kept or words[:1])


def reference(edit):
    """Make a peer of one of the functions above."""

    def prepare(texts, lexicon, n_copies):
        return lambda: [edit(t, lexicon) for _ in range(n_copies) for t in texts]

    return prepare


# ------------------------------------------------------------------------- libraries


def nlpaug_words(action):
    """Make a peer of nlpaug's random edits of words."""

    def prepare(texts, lexicon, n_copies):
        word = import_module("nlpaug.augmenter.word")
        peer = word.RandomWordAug(action=action, aug_p=ALPHA)
        return lambda: [peer.augment(texts) for _ in range(n_copies)]

    return prepare


def nlpaug_wordnet(texts, lexicon, n_copies):
    """Make a peer of nlpaug's synonyms, without their slowest part.

    The tagger of parts of speech needs data that is not there: all words are nouns.
    """
    word = import_module("nlpaug.augmenter.word")
    nltk_wordnet()
    peer = word.SynonymAug(aug_p=ALPHA)
    peer.model.pos_tag = lambda tokens: [(token, "NN") for token in tokens]
    return lambda: [peer.augment(texts) for _ in range(n_copies)]


def nlpaug_keyboard(texts, lexicon, n_copies):
    """Make typing errors with nlpaug."""
    character = import_module("nlpaug.augmenter.char")
    peer = character.KeyboardAug()
    return lambda: [peer.augment(texts) for _ in range(n_copies)]


def textaugment_eda():
    """EDA of textaugment, without the data that it would download."""
    nltk, module = import_module("nltk"), import_module("textaugment")
    download, nltk.download = nltk.download, lambda *args, **options: True
    try:
        return module.EDA(stop_words=sorted(ENGLISH_STOP_WORDS))
    finally:
        nltk.download = download


def textaugment(method):
    """Make a peer of one of textaugment's edits."""

    def prepare(texts, lexicon, n_copies):
        edit = getattr(textaugment_eda(), method)
        return lambda: [edit(text) for _ in range(n_copies) for text in texts]

    return prepare


PAPER = "EDA as in its paper"
WORDNET = "EDA as in its paper, WordNet by nltk"
NLPAUG = "nlpaug, without its tagger"
COMPARISONS = (
    ("synonyms, WordNet", "SynonymReplacement", WORDNET, eda_wordnet, 1),
    ("synonyms, WordNet", "SynonymReplacement", WORDNET, eda_wordnet, 4),
    ("synonyms, dict", "SynonymReplacement", PAPER, reference(eda_synonyms), 1),
    ("synonyms, dict", "SynonymReplacement", PAPER, reference(eda_synonyms), 4),
    ("synonyms, WordNet", "SynonymReplacement", NLPAUG, nlpaug_wordnet, 1),
    ("swaps", "RandomSwap", PAPER, reference(eda_swaps), 1),
    ("swaps", "RandomSwap", "nlpaug", nlpaug_words("swap"), 1),
    ("swaps", "RandomSwap", "textaugment", textaugment("random_swap"), 1),
    ("deletions", "RandomDeletion", PAPER, reference(eda_deletions), 1),
    ("deletions", "RandomDeletion", "nlpaug", nlpaug_words("delete"), 1),
    ("deletions", "RandomDeletion", "textaugment", textaugment("random_deletion"), 1),
    ("typing errors", "KeyboardTypos", "nlpaug", nlpaug_keyboard, 1),
)
RATED = (
    *("SynonymReplacement", "RandomInsertion", "RandomSwap", "RandomDeletion"),
    *("EDA", "AEDA", "TfidfReplacement", "SentenceShuffle"),
    *("KeyboardTypos", "CharacterNoise", "WordSplit", "WordJoin"),
)


def augmenter(name, lexicon, n_copies):
    """One of ours, with the same dose as the peers."""
    kind = getattr(augmentation, name)
    params = {"n_copies": n_copies, "random_state": 0}
    if hasattr(kind(), "source"):
        params["source"] = lexicon
    return kind(**params)


def seconds_of(work):
    """Processor time of one call."""
    start = process_time()
    work()
    return process_time() - start


def comparison(row, n_texts, turns):
    """Ours and one peer in turn: a line of the first table."""
    work, name, title, prepare, n_copies = row
    texts = sentences(n_texts)
    lexicon = synonyms_of(texts)
    peer = prepare(texts, lexicon, n_copies)
    source = WordNetSynonyms(max_senses=None) if title in (WORDNET, NLPAUG) else lexicon
    ours, y = augmenter(name, source, n_copies), np.zeros(len(texts), dtype=int)
    ours.fit_resample(texts, y), peer()
    times = [
        (seconds_of(lambda: ours.fit_resample(texts, y)), seconds_of(peer))
        for _ in range(turns)
    ]
    mine, theirs = np.array(times).T
    low, median, high = np.quantile(theirs / mine, [0.25, 0.5, 0.75])
    rates = [n_copies * len(texts) / np.median(each) for each in (mine, theirs)]
    return (
        f"| {work} | {name} | {title} | {n_copies} | {rates[0]:,.0f} | {rates[1]:,.0f} "
        f"| {median:.1f} ({low:.1f} to {high:.1f}) |"
    )


def own_rate(name, n_texts, turns):
    """One augmenter with its default dose: a line of the second table."""
    texts = sentences(n_texts)
    work, y = augmenter(name, synonyms_of(texts), 1), np.zeros(len(texts), dtype=int)
    work.fit_resample(texts, y)
    best = min(seconds_of(lambda: work.fit_resample(texts, y)) for _ in range(turns))
    return f"| {name} | {len(texts) / best:,.0f} |"


def setting(n_texts, turns):
    """Say where the numbers come from."""
    found = []
    for package in ("nlpaug", "textaugment"):
        try:
            found.append(f"{package} {version(package)}")
        except ImportError:
            found.append(f"{package} not installed")
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"{', '.join(found)}; {n_texts:,} sentences of SST-2, one thread, {turns} "
        "turns of ours and the peer's one after the other, processor time. Rates count "
        "the copies, and ours are those of `fit_resample`, checks and all; in the "
        "second table they are the best of all turns, one copy, with the default dose."
    )


def main():
    """Print the tables and, if asked to, write them where the documentation reads."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.text")
    parser.add_argument("--smoke", action="store_true", help="few sentences, one turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    if options.smoke and options.write:
        parser.error("--write needs the full sizes; leave out --smoke")
    size, turns = (100, 1) if options.smoke else (2000, options.turns)
    lines = [HEAD]
    print(HEAD, flush=True)
    for row in COMPARISONS:
        try:
            lines.append(comparison(row, size, turns))
        except ImportError as error:
            print(f"skipped {row[2]}: {error}", flush=True)
            continue
        print(lines[-1], flush=True)
    lines += ["", "All augmenters of words and characters:", "", RATES_HEAD]
    print("\n".join(lines[-4:]), flush=True)
    for name in RATED:
        lines.append(own_rate(name, size, turns))
        print(lines[-1], flush=True)
    lines += ["", setting(size, turns), ""]
    print("\n".join(lines[-3:]))
    if options.write:
        RESULTS.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
