"""Measure smoothed labels, averaged weights, and noise and dropout on features.

python -m benchmarks.quality.classics collect --minutes 40
python -m benchmarks.quality.classics summarize

Protocol, fixed before the run. Data: the shared tables of 400 rows or more, encoded as
numbers; 200 and 500 training rows (stratified by class) where as many remain, at most
2000 others held out; for "words", four shared sets of texts with two classes, as counts
of words that occur twice or more. Every set and size with seed 0 comes before seed 1;
the run stops after a fixed time. Families: logistic regression with C=1 (tables and
words with two classes), least squares, histogram boosting (at most four classes), a
network with one layer of 100 (tables, digits), and stochastic gradient descent, all
otherwise with scikit-learn's defaults. Each remedy stands against the plain model and
against what one would try first instead: the amount of the penalty chosen by cross-
validation for linear models, EarlyStoppingClassifier and EarlyStoppingRegressor for
boosting and networks, averaging of the model itself for gradient descent. Noise and
dropout are taken with their defaults, and on unpenalized models with their amount
chosen from ten by five folds; smoothing is 0.1; averaging is over the second half of
the epochs.

Measures: accuracy or R2, and mean log loss, times 100, positive when better than the
other; gap = train less test score; CPU seconds of one thread. Sizes and seeds are
averaged within a set; intervals are t intervals over sets. A remedy earns its place in
a family if (a) test score or log loss is better than the plain model's with 99 %
confidence, and neither is worse with 95 % confidence, and (b) in that measure it is not
worse than the alternative with 95 % confidence. A class that earns no place in any
family, fixed or tuned, is taken out of the library.

Added afterwards: the first two seeds left dropout on words, with four sets and few
samples, between gain and chance. Words were then collected with seeds of their own,
from the third on and for 22 minutes, and their verdict rests on those alone; the first
two are shown as "words, first look". Averaging earned a place in gradient descent,
where it had 50 epochs and the others stopped by themselves. So it was compared again
with the model itself at 50 epochs, plain and with scikit-learn's own averaging from the
25th on, as "gradient descent, equal epochs"; that was as good, and the class was taken
out. The criterion is severe where gains differ a lot between sets: on tables, a penalty
chosen by cross-validation would not pass it either.
"""

import csv
import gzip
import os
import sys
import time
from functools import partial
from io import TextIOWrapper

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import stats
from sklearn.base import clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import Sample, dataset_rows, load_frame
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import markdown
from benchmarks.quality._text_data import TOY, draw_texts, load_texts
from benchmarks.quality._tried import (
    DropoutRegressor,
    LabelSmoothing,
    NoiseClassifier,
    NoiseRegressor,
    TailAverage,
    WeightAveragingClassifier,
    WeightAveragingRegressor,
)
from skoverfit.augmentation import DropoutClassifier
from skoverfit.regularization import EarlyStoppingClassifier, EarlyStoppingRegressor

FIRST_LOOK = 2  # seeds of words that the verdict does not rest on
SIZES, N_SEEDS, POINTS, MAX_CLASSES = (200, 500), 10, 100, 4
TEXTS = {"sst2": 9613, "mr": 10662, "subj": 10000, "movie_reviews_long": 2000}
GRID = {"scale": np.geomspace(0.03, 3, 10), "p": np.linspace(0.05, 0.95, 10)}
PLAIN, OTHER = "plain", "alternative"
MEASURES, NUMBERS = ("score", "loss"), ("seconds", "train", "score", "loss")
EQUAL = "gradient descent, equal epochs"
FAMILIES = {
    "classification": ("logistic", "boosting", "network", "gradient descent", EQUAL),
    "regression": ("least squares", "network", "gradient descent"),
}


def planned():
    """Every set and family with seed 0 before seed 1; the small sample first."""
    return [
        Search(name, family, size, seed, task)
        for seed in range(N_SEEDS)
        for size in SIZES
        for name, n_rows, family, task in units()
        if n_rows >= 2 * size
    ]


def units():
    """Name, rows, family and task of all that is measured."""
    for task, families in FAMILIES.items():
        for name, n_rows in dataset_rows(task).items():
            for family in families:
                yield name, n_rows, family, task
    yield "bundled_digits", 1797, "network", "classification"
    for name, n_rows in TEXTS.items():
        yield name, n_rows, "words", "classification"


def smoke():
    """One sample of each family."""
    found = [Search("bundled_iris", f, 60, 0) for f in FAMILIES["classification"][1:]]
    return [
        *found,
        Search("bundled_breast_cancer", "logistic", 60, 0),
        Search(TOY, "words", 60, 0),
    ]


def load(name):
    """Texts or a table."""
    return load_texts(name) if name in TEXTS or name == TOY else load_frame(name)


# ------------------------------------------------------------------------------- arms


def logistic(seed):
    """Noise, dropout and smoothing against the amount of the penalty."""
    free = LogisticRegression(C=np.inf, max_iter=1000)
    options = {"scoring": "neg_log_loss", "cv": 5}
    plain = LogisticRegression(max_iter=1000)
    return {
        PLAIN: plain,
        OTHER: LogisticRegressionCV(
            l1_ratios=(0.0,), use_legacy_attributes=False, max_iter=1000, **options
        ),
        "noise": NoiseClassifier(plain),
        "noise, tuned": tuned(NoiseClassifier(free), "scale", options),
        "dropout": DropoutClassifier(plain),
        "dropout, tuned": tuned(DropoutClassifier(free), "p", options),
        "smoothing": LabelSmoothing(plain),
    }


def least_squares(seed):
    """Noise and dropout against the amount of the penalty."""
    plain, options = LinearRegression(), {"cv": 5}
    return {
        PLAIN: plain,
        OTHER: RidgeCV(np.logspace(-2, 4, 10), cv=5),
        "noise": NoiseRegressor(plain),
        "noise, tuned": tuned(NoiseRegressor(plain), "scale", options),
        "dropout": DropoutRegressor(plain),
        "dropout, tuned": tuned(DropoutRegressor(plain), "p", options),
    }


def tuned(model, name, options):
    """Choose the amount by cross-validation."""
    return GridSearchCV(model, {name: GRID[name]}, **options)


def boosting(seed):
    """Smoothing against early stopping."""
    plain = HistGradientBoostingClassifier(random_state=seed, early_stopping=False)
    stopped = EarlyStoppingClassifier(plain, random_state=seed)
    return {PLAIN: plain, OTHER: stopped, "smoothing": LabelSmoothing(plain)}


def network_classifier(seed):
    """Smoothing and averaging against early stopping."""
    plain = MLPClassifier(random_state=seed)
    return {
        PLAIN: plain,
        OTHER: EarlyStoppingClassifier(plain, random_state=seed),
        "smoothing": LabelSmoothing(plain),
        "averaging": WeightAveragingClassifier(plain, random_state=seed),
    }


def network_regressor(seed):
    """Averaging against early stopping."""
    plain = MLPRegressor(random_state=seed)
    return {
        PLAIN: plain,
        OTHER: EarlyStoppingRegressor(plain, random_state=seed),
        "averaging": WeightAveragingRegressor(plain, random_state=seed),
    }


def descent_classifier(seed):
    """Averaging by epochs against averaging by steps."""
    plain = SGDClassifier(loss="log_loss", random_state=seed)
    return {
        PLAIN: plain,
        OTHER: clone(plain).set_params(average=True),
        "averaging": WeightAveragingClassifier(plain, max_iter=50, random_state=seed),
    }


def descent_of_equal_length(seed):
    """Averaging against that of the model itself over the same epochs."""
    plain = SGDClassifier(loss="log_loss", max_iter=50, tol=None, random_state=seed)
    return {
        PLAIN: plain,
        OTHER: TailAverage(plain),
        "averaging": WeightAveragingClassifier(plain, random_state=seed),
    }


def descent_regressor(seed):
    """Averaging by epochs against averaging by steps."""
    plain = SGDRegressor(random_state=seed)
    return {
        PLAIN: plain,
        OTHER: clone(plain).set_params(average=True),
        "averaging": WeightAveragingRegressor(plain, max_iter=50, random_state=seed),
    }


ARMS = {
    ("logistic", "classification"): logistic,
    ("words", "classification"): logistic,
    ("least squares", "regression"): least_squares,
    ("boosting", "classification"): boosting,
    ("network", "classification"): network_classifier,
    ("network", "regression"): network_regressor,
    ("gradient descent", "classification"): descent_classifier,
    ("gradient descent", "regression"): descent_regressor,
    (EQUAL, "classification"): descent_of_equal_length,
}


# ------------------------------------------------------------------------------ scores


def run(search, *data):
    """Scores, losses and seconds of each arm."""
    sample = word_counts(search, *data) if len(data) == 3 else search.sample(*data)
    n_classes = len(np.unique(sample.y_train))
    limit = {"logistic": 2, "words": 2, "boosting": MAX_CLASSES}.get(search.family)
    if search.task == "classification" and limit and n_classes > limit:
        return None
    found = {}
    for name, model in ARMS[search.family, search.task](search.seed).items():
        start = time.process_time()
        model.fit(sample.X_train, sample.y_train)
        found[name] = {
            "seconds": round(time.process_time() - start, 4),
            "train": score(model, sample.X_train, sample.y_train),
            "score": score(model, sample.X_test, sample.y_test),
        }
        if is_classifier(model):
            found[name]["loss"] = loss(model, sample.X_test, sample.y_test)
    return {"arms": found}


def word_counts(search, texts, y, part):
    """Count the words of a sample of texts, all parts of the source together."""
    options = {"n_train": search.n_train, "seed": search.seed}
    train, test = draw_texts(search.dataset, texts, y, None, **options)
    counter = CountVectorizer(min_df=2).fit(texts[train])
    codes = np.unique(y, return_inverse=True)[1]
    return Sample(
        counter.transform(texts[train]).astype(float),
        codes[train],
        counter.transform(texts[test]).astype(float),
        codes[test],
    )


def score(model, X, y):
    """Accuracy or R2, whatever the model was tuned by."""
    measure = accuracy_score if is_classifier(model) else r2_score
    return float(measure(y, model.predict(X)))


def loss(model, X, y):
    """Mean log loss; a probability of zero counts as the smallest float's."""
    probabilities = model.predict_proba(X)
    columns = np.searchsorted(model.classes_, y).clip(max=len(model.classes_) - 1)
    given = np.where(
        model.classes_[columns] == y, probabilities[np.arange(len(y)), columns], 0
    )
    return float(-np.mean(np.log(given.clip(min=np.finfo(float).eps))))


# ----------------------------------------------------------------------------- summary


def rows_of(records):
    """Compare each remedy with both others: one row for each family."""
    groups: dict = {}
    for record in records:
        first_look = record["family"] == "words" and int(record["seed"]) < FIRST_LOOK
        family = "words, first look" if first_look else record["family"]
        key = family, record["task"]
        groups.setdefault(key, []).append(record)
    for (family, task), group in groups.items():
        for arm in group[0]["arms"]:
            if arm not in (PLAIN, OTHER):
                yield {
                    "family": family,
                    "task": task,
                    "arm": arm,
                    **compared(group, arm),
                }
        yield {"family": family, "task": task, "arm": OTHER, **compared(group, OTHER)}


def compared(group, arm):
    """Mean differences over sets with 95 and 99 % half widths."""
    ratio = over_sets(group, lambda arms: log_ratio(arms[arm], arms[OTHER]), unit=1)
    found = {
        "sets": len({record["dataset"] for record in group}),
        "samples": len(group),
        "gap": over_sets(group, lambda arms: gap(arms[arm]) - gap(arms[PLAIN]))[0],
        "time": float(np.exp(ratio[0])),
    }
    for measure in MEASURES:
        if measure in group[0]["arms"][arm]:
            for other in (PLAIN, OTHER):
                versus = partial(better, one=arm, other=other, measure=measure)
                found[f"{measure} {other}"] = over_sets(group, versus)
    return found


def better(arms, *, one, other, measure):
    """How much better the one is; a smaller loss is better."""
    difference = arms[one][measure] - arms[other][measure]
    return difference if measure == "score" else -difference


def gap(scores):
    """Train less test score."""
    return scores["train"] - scores["score"]


def log_ratio(one, other):
    """Logarithm of the ratio of times, each at least what the clock can tell."""
    return np.log(max(one["seconds"], 1e-4) / max(other["seconds"], 1e-4))


def over_sets(group, difference, unit=POINTS):
    """Mean of the means of the sets, and half widths of 95 and 99 % intervals."""
    by_set: dict = {}
    for record in group:
        by_set.setdefault(record["dataset"], []).append(difference(record["arms"]))
    means = unit * np.array([np.mean(values) for values in by_set.values()])
    if len(means) < 2:
        return float(means[0]), float("inf"), float("inf")
    halves = stats.t.ppf([0.975, 0.995], len(means) - 1) * stats.sem(means)
    return float(means.mean()), *map(float, halves)


def earned(row):
    """Measures in which a remedy earns its place."""
    present = [m for m in MEASURES if f"{m} {PLAIN}" in row]
    if any(is_worse(row[f"{measure} {PLAIN}"]) for measure in present):
        return []
    return [
        measure
        for measure in present
        if row[f"{measure} {PLAIN}"][0] > row[f"{measure} {PLAIN}"][2]
        and not is_worse(row[f"{measure} {OTHER}"])
    ]


def is_worse(difference):
    """Whether the 95 % interval lies below zero."""
    return difference[0] < -difference[1]


def report(raw, results):
    """Write scores and page; read the committed scores if nothing is collected."""
    table = results / "classics.csv.gz"
    records = read_records(raw)
    if records:
        write_scores(table, records)
    text = page(list(rows_of(read_scores(table))))
    (results / "classics.md").write_text(text, encoding="utf-8")
    return text


def write_scores(path, records):
    """Write one line for each arm of each sample."""
    names = [*Search.__dataclass_fields__]
    with gzip.GzipFile(path, "wb", mtime=0) as packed, TextIOWrapper(packed) as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*names, "arm", *NUMBERS])
        for record in records:
            for arm, scores in record["arms"].items():
                numbers = [f"{scores[n]:.5g}" if n in scores else "" for n in NUMBERS]
                writer.writerow([*(record[name] for name in names), arm, *numbers])


def read_scores(path):
    """Read them again, as records."""
    names, records = [*Search.__dataclass_fields__], {}
    with gzip.open(path, "rt", newline="") as stream:
        for line in csv.DictReader(stream):
            key = tuple(line[name] for name in names)
            record = records.setdefault(key, {n: line[n] for n in names} | {"arms": {}})
            scores = {n: float(line[n]) for n in NUMBERS if line[n]}
            record["arms"][line["arm"]] = scores
    return list(records.values())


def page(rows):
    """Write the table and the protocol."""
    titles = ["family", "task", "remedy", "sets", "samples"]
    titles += ["score over plain", "log loss over plain"]
    titles += ["score over alternative", "log loss over alternative"]
    titles += ["gap", "time / alternative", "earns its place by"]
    protocol = "\n\n".join(__doc__.split("\n\n")[2:])
    return "\n".join(
        [
            "# Classic remedies, each against what one would try first",
            "",
            *markdown(titles, [cells(row) for row in rows]),
            "",
            protocol.strip(),
            "",
        ]
    )


def cells(row):
    """Texts of one line."""
    differences = []
    for other in (PLAIN, OTHER):
        for measure in MEASURES:
            found = row.get(f"{measure} {other}")
            own = row["arm"] == OTHER == other
            text = f"{found[0]:+.2f} ± {found[1]:.2f}" if found and not own else ""
            differences.append(text)
    verdict = "" if row["arm"] == OTHER else ", ".join(earned(row)) or "nothing"
    return [
        *(row[name] for name in ("family", "task", "arm", "sets", "samples")),
        *differences,
        f"{row['gap']:+.2f}",
        f"{row['time']:.2g}",
        verdict,
    ]


STUDY = Study("classics", planned, smoke, run, report, load)


def main(argv=None):
    """Collect, or summarize."""
    return STUDY.execute(command_line(__doc__, minutes=40).parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
