"""Measure what augmenting texts does to test accuracy, with duplication as control.

python -m benchmarks.quality.text_augmentation collect --minutes 30
python -m benchmarks.quality.text_augmentation summarize

The protocol of Wei and Zou (2019): 500, 2000 or 5000 sentences, alpha 0.05, and 16, 8
or 4 copies of each; models from scikit-learn instead of the paper's networks. The
duplication arm has as many rows as the others, all unchanged. So have the arms of
textaugment and nlpaug, which are left out where these are not installed.
"""

import os
import sys
from functools import partial

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pandas as pd
from sklearn.base import clone
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import interval, markdown
from benchmarks.quality._text_data import SETS, TOY, draw_texts, load_texts
from benchmarks.quality._text_peers import PeerCopies, available_peers
from skoverfit.augmentation import (
    AEDA,
    EDA,
    AugmentedClassifier,
    RandomDeletion,
    SynonymReplacement,
    TfidfReplacement,
    WordNetSynonyms,
)

COPIES = {500: 16, 2000: 8, 5000: 4, 100: 2}
N_SEEDS = 20
ALPHA = 0.05
DUPLICATION = "duplication"


def linear(seed):
    """TF-IDF of 1- and 2-grams and logistic regression."""
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=10.0, max_iter=200),
    )


def network(seed):
    """Latent semantic embedding and a small network."""
    return make_pipeline(
        TfidfVectorizer(min_df=2, sublinear_tf=True),
        TruncatedSVD(100, random_state=seed),
        StandardScaler(),
        MLPClassifier((64,), alpha=1e-3, max_iter=25, random_state=seed),
    )


MODELS = {"linear": linear, "network": network}


def arms(n_copies, seed):
    """Name -> augmenter; WordNet only where it is installed."""
    options = {"n_copies": n_copies, "random_state": seed}
    found = {
        DUPLICATION: RandomDeletion(0.0, **options),
        "EDA, thesaurus of the corpus": EDA(ALPHA, **options),
        "AEDA": AEDA(**options),
        "TF-IDF replacement": TfidfReplacement(0.1, **options),
        "deletion": RandomDeletion(ALPHA, **options),
    }
    try:
        source = WordNetSynonyms()
        found["EDA, WordNet"] = EDA(ALPHA, source=source, **options)
        found["synonyms, WordNet"] = SynonymReplacement(ALPHA, source=source, **options)
    except (ImportError, OSError):
        print("WordNet is not installed: left out")
    return found


def run(search, texts, y, part=None):
    """Test accuracy of every arm, and train accuracy on the texts as they are."""
    train, test = draw_texts(
        search.dataset, texts, y, part, n_train=search.n_train, seed=search.seed
    )
    n_copies = COPIES[search.n_train]
    model = MODELS[search.family](search.seed)
    candidates = {"none": model}
    for name, augmenter in arms(n_copies, search.seed).items():
        candidates[name] = AugmentedClassifier(model, augmenter)
    for name, edit in available_peers(ALPHA).items():
        candidates[name] = PeerCopies(clone(model), edit, n_copies, search.seed)
    scores = {}
    for name, candidate in candidates.items():
        fitted = candidate.fit(texts[train], y[train])
        sides = [fitted.score(texts[rows], y[rows]) for rows in (train, test)]
        scores[name] = [round(score, 5) for score in sides]
    return {"scores": scores}


def planned_searches():
    """Every cell with one seed before any with the next."""
    return [
        Search(dataset, family, n_train, seed, "text")
        for seed in range(N_SEEDS)
        for n_train in (500, 2000, 5000)
        for family in MODELS
        for dataset in SETS
    ]


def smoke_searches():
    """Cut the study to seconds on made-up sentences."""
    return [Search(TOY, "linear", 100, seed, "text") for seed in range(3)]


def outcomes_of(records):
    """Return one row for each search and arm: changes of the test accuracy."""
    rows = []
    for record in records:
        scores = record["scores"]
        for arm, (train, test) in scores.items():
            row = {name: record[name] for name in ("dataset", "family", "n_train")}
            row |= {"seed": record["seed"], "arm": arm}
            row["change"] = 100 * (test - scores["none"][1])
            row["over_duplication"] = 100 * (test - scores[DUPLICATION][1])
            row["gap"] = 100 * (train - test)
            rows.append(row)
    return pd.DataFrame(rows)


def table(outcomes, by):
    """Markdown table of changes in points, by some columns and arm."""
    rows = []
    for keys, part in outcomes.groupby([*by, "arm"], sort=False):
        # Sets and sizes of one seed are averaged first: seeds are what is sampled.
        columns = ["change", "over_duplication", "gap"]
        seeds = part.groupby("seed")[columns].mean()
        cells = [interval(seeds[column]) for column in columns[:2]]
        rows.append([*keys, *cells, f"{seeds['gap'].mean():.1f}", len(seeds)])
    return markdown([*by, "arm", "change", "over duplication", "gap", "seeds"], rows)


def report(raw, folder):
    """Write the page from the raw scores, or from those that are committed."""
    packed = folder / "text_augmentation.csv"
    if raw.is_file():
        outcomes = outcomes_of(read_records(raw))
        outcomes.round(3).to_csv(packed, index=False, lineterminator="\n")
    outcomes = pd.read_csv(packed, keep_default_na=False)
    order = dict.fromkeys(outcomes["arm"])
    outcomes["arm"] = pd.Categorical(outcomes["arm"], list(order), ordered=True)
    outcomes = outcomes.sort_values(["family", "n_train", "dataset", "arm", "seed"])
    observed = partial(table, outcomes.astype({"arm": str}))
    page = [
        "# Text augmentation",
        "",
        "Change of the test accuracy in points against the model without augmentation, "
        "and against as many unchanged copies; train minus test accuracy (`gap`); 95 % "
        "intervals over seeds.",
        "",
        *observed(["family", "n_train"]),
        "",
        *observed(["family", "n_train", "dataset"]),
        "",
    ]
    (folder / "text_augmentation.md").write_text("\n".join(page), encoding="utf-8")
    return f"{len(outcomes)} scores"


if __name__ == "__main__":
    study = Study(
        "text_augmentation", planned_searches, smoke_searches, run, report, load_texts
    )
    sys.exit(study.execute(command_line(__doc__, minutes=30).parse_args()))
