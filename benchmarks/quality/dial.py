"""What the dial at its cross-validated strength gains: ``collect``, then ``summarize``.

Protocol, fixed before the run. Data: the shared tabular sets with 250 rows or more,
encoded on the training rows (numbers imputed and standardized, categories one-hot).
Training rows: 150, drawn at random (stratified by class); at most 2000 others are held
out. Ten families for each task (`FAMILIES`), with scikit-learn's defaults except for
fewer members and iterations, so that more sets can be covered. Four ways to set each:
*default*, as it comes; *dial*, `RegularizedClassifier` or `RegularizedRegressor` with
``strength="cv"`` (21 strengths); *dial, one SE*, the same path with the one-standard-
error rule; *random*, the family's own settings and 20 random candidates from a space
over two to four parameters as practitioners search them (`SPACES`), by grid search on
the list, so that dial and random search both fit 21 candidates on each split. Both use
the same five shuffled splits (stratified for classes) and choose by accuracy or R2,
the score that is reported on the held-out rows, in points. The gap is train minus held-
out score of the final model. Time is processor time of the whole fit with one process.
Sets and families take turns so that a run that is stopped covers all of them alike;
seed 0 comes before seed 1. Families are averaged within a set, sets get equal weight;
intervals are 95 % t intervals over sets, for a family over its sets.
"""

import csv
import time
from functools import partial

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone, is_classifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Lasso, LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ParameterSampler,
    StratifiedKFold,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.quality._collect import Search, read_records
from benchmarks.quality._datasets import BUNDLED, dataset_rows
from benchmarks.quality._study import Study, command_line
from benchmarks.quality._tables import interval, markdown
from skoverfit.regularization import RegularizedClassifier, RegularizedRegressor
from skoverfit.regularization._dial._strength_path import chosen

N_TRAIN, N_SEEDS, N_CANDIDATES, N_SPLITS, POINTS = 150, 10, 20, 5, 100
SMALL = {"n_estimators": 20}
MLP = {"hidden_layer_sizes": (32,), "max_iter": 100}
FAMILIES = {
    "classification": {
        "logistic": partial(LogisticRegression, max_iter=300),
        "svm": SVC,
        "neighbors": KNeighborsClassifier,
        "bayes": GaussianNB,
        "tree": DecisionTreeClassifier,
        "forest": partial(RandomForestClassifier, **SMALL),
        "extra_trees": partial(ExtraTreesClassifier, **SMALL),
        "boosting": partial(HistGradientBoostingClassifier, max_iter=30),
        "adaboost": partial(AdaBoostClassifier, **SMALL),
        "mlp": partial(MLPClassifier, **MLP),
    },
    "regression": {
        "ridge": Ridge,
        "lasso": Lasso,
        "svm": SVR,
        "kernel_ridge": partial(KernelRidge, kernel="rbf"),
        "neighbors": KNeighborsRegressor,
        "tree": DecisionTreeRegressor,
        "forest": partial(RandomForestRegressor, **SMALL),
        "extra_trees": partial(ExtraTreesRegressor, **SMALL),
        "boosting": partial(HistGradientBoostingRegressor, max_iter=30),
        "mlp": partial(MLPRegressor, **MLP),
    },
}
TREES = {
    "max_depth": [2, 3, 5, 8, 12, None],
    "min_samples_leaf": randint(1, 21),
    "max_features": ["sqrt", 0.5, 1.0],
}
RATE, PENALTY = loguniform(0.01, 0.5), loguniform(1e-4, 1e4)
KERNEL = {"gamma": loguniform(1e-4, 1.0)}
SPACES = {
    "logistic": {"C": PENALTY, "class_weight": [None, "balanced"]},
    "ridge": {"alpha": PENALTY, "fit_intercept": [True, False]},
    "lasso": {"alpha": loguniform(1e-4, 10.0), "fit_intercept": [True, False]},
    "svm": {"C": loguniform(0.01, 1000.0), **KERNEL},
    "kernel_ridge": {"alpha": loguniform(1e-4, 100.0), **KERNEL},
    "neighbors": {
        "n_neighbors": randint(1, 51),
        "weights": ["uniform", "distance"],
        "p": [1, 2],
    },
    "bayes": {"var_smoothing": loguniform(1e-10, 10.0)},
    "tree": TREES,
    "forest": TREES,
    "extra_trees": TREES,
    "boosting": {
        "learning_rate": RATE,
        "max_leaf_nodes": randint(3, 32),
        "min_samples_leaf": randint(1, 41),
        "l2_regularization": loguniform(1e-3, 10.0),
    },
    "adaboost": {
        "learning_rate": loguniform(0.05, 2.0),
        "n_estimators": randint(5, 41),
    },
    "mlp": {
        "alpha": loguniform(1e-5, 10.0),
        "learning_rate_init": loguniform(1e-4, 1e-1),
        "activation": ["relu", "tanh"],
        "momentum": uniform(0.5, 0.49),
    },
}
WAYS = ("default", "dial", "dial_1se", "random")
NUMBERS = ("test", "gap", "seconds")
FIELDS = (
    "task",
    "dataset",
    "family",
    "seed",
    *(f"{w}_{n}" for w in WAYS for n in NUMBERS),
)


def planned():
    """Let sets and families take turns; each seed before the next."""
    turns = []
    for task, families in FAMILIES.items():
        sets = [name for name, rows in dataset_rows(task).items() if rows >= 250]
        names = list(families)
        turns += [
            (seed, turn, name, names[(at + turn) % len(names)], task)
            for seed in range(N_SEEDS)
            for turn in range(len(names))
            for at, name in enumerate(sets)
        ]
    turns.sort(key=lambda each: each[:2])
    return [
        Search(name, family, N_TRAIN, seed, task)
        for seed, _, name, family, task in turns
    ]


def smoke():
    """Two quick families on each bundled set."""
    return [Search(name, f, 60, 0) for name in BUNDLED for f in ("tree", "bayes")]


def run(search, X, y):
    """Held-out score, gap and time of every way to set the model."""
    sample = search.sample(X, y)
    if search.task == "classification" and np.bincount(sample.y_train).max() > 145:
        return None
    model = FAMILIES[search.task][search.family]()
    if "random_state" in model.get_params():
        model.set_params(random_state=search.seed)
    splits = splits_of(sample, search)
    scores = {}
    for way, build in (
        ("default", clone(model)),
        ("dial", dialled(model, "cv", cv=splits)),
        ("random", random_search(model, search, splits)),
    ):
        started = time.process_time()
        fitted = build.fit(sample.X_train, sample.y_train)
        seconds = time.process_time() - started
        scores |= measured(way, fitted, sample, seconds)
        if way == "dial":
            best = chosen(fitted.strength_path_, n_se=1)
            strength = fitted.strength_path_["strength"][best]
            cautious = dialled(model, float(strength))
            cautious.fit(sample.X_train, sample.y_train)
            scores |= measured("dial_1se", cautious, sample, seconds)
            scores |= {"strength": fitted.strength_, "strength_1se": cautious.strength_}
    return scores


def splits_of(sample, search):
    """Five shuffled splits that all ways share."""
    kind = StratifiedKFold if search.task == "classification" else KFold
    splitter = kind(N_SPLITS, shuffle=True, random_state=search.seed)
    return list(splitter.split(sample.X_train, sample.y_train))


def dialled(model, strength, **options):
    """Put the dial on a model."""
    kind = RegularizedClassifier if is_classifier(model) else RegularizedRegressor
    return kind(clone(model), strength, **options)


def random_search(model, search, splits):
    """Own settings and random candidates."""
    space = SPACES[search.family]
    drawn = ParameterSampler(space, N_CANDIDATES, random_state=search.seed)
    grid = [{}, *({name: [v] for name, v in each.items()} for each in drawn)]
    return GridSearchCV(clone(model), grid, cv=splits)


def measured(way, fitted, sample, seconds):
    """Return the numbers of one way."""
    train = fitted.score(sample.X_train, sample.y_train)
    test = fitted.score(sample.X_test, sample.y_test)
    return {
        f"{way}_test": round(float(test), 6),
        f"{way}_gap": round(float(train - test), 6),
        f"{way}_seconds": round(seconds, 4),
    }


# ---------------------------------------------------------------------------- summary
def report(raw, results):
    """Write the table of searches and the page; read the table if nothing is there."""
    table = results / "dial.csv"
    records = read_records(raw)
    if records:
        records.sort(key=lambda r: tuple(r[name] for name in FIELDS[:4]))
        with table.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(FIELDS)
            writer.writerows([record[name] for name in FIELDS] for record in records)
    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    text = page(rows)
    (results / "dial.md").write_text(text, encoding="utf-8")
    return text


def page(rows):
    """Tables over all families and for each."""
    titles = [
        *("task", "family", "sets", "searches", "default", "dial - default"),
        *("dial - random", "one SE - default", "better", "worse"),
        *("gap default", "dial", "one SE", "random", "dial / random time"),
    ]
    lines = []
    for task, families in FAMILIES.items():
        chosen = [row for row in rows if row["task"] == task]
        for family in ("all", *families):
            some = [r for r in chosen if family in ("all", r["family"])]
            if some:
                lines.append([task, family, *summary(some)])
    protocol = __doc__.split("\n\n")[1].replace("held-\nout", "held-out")
    protocol = protocol.replace("standard-\nerror", "standard-error")
    return "\n".join(
        [
            "# The dial at its cross-validated strength",
            "",
            "Differences of held-out scores in points (accuracy or R2 times 100) with "
            "95 % intervals; better and worse: searches in which the dial beat or fell "
            "behind the default by half a point or more. R2 far below zero is counted "
            "as -1.",
            "",
            *markdown(titles, lines),
            "",
            protocol.replace("\n", " ").strip(),
            "",
        ]
    )


def summary(rows):
    """Numbers of one line: means over sets of means over their searches."""
    scores = {way: values(rows, f"{way}_test") for way in WAYS}
    sets = np.array([row["dataset"] for row in rows])

    def over_sets(numbers):
        return [float(numbers[sets == name].mean()) for name in np.unique(sets)]

    gain = scores["dial"] - scores["default"]
    times = (
        values(rows, "dial_seconds", 1).sum() / values(rows, "random_seconds", 1).sum()
    )
    return [
        len(np.unique(sets)),
        len(rows),
        f"{np.mean(over_sets(scores['default'])):.1f}",
        interval(over_sets(gain)),
        interval(over_sets(scores["dial"] - scores["random"])),
        interval(over_sets(scores["dial_1se"] - scores["default"])),
        f"{np.mean(gain >= 0.5):.0%}",
        f"{np.mean(gain <= -0.5):.0%}",
        *(f"{np.mean(over_sets(values(rows, f'{way}_gap'))):.1f}" for way in WAYS),
        f"{times:.2f}",
    ]


def values(rows, name, unit=POINTS):
    """One column in points; a hopeless R2, which no mean survives, is held at -1."""
    low, high = (0, np.inf) if unit == 1 else (-1, 2)
    return unit * np.clip([float(row[name]) for row in rows], low, high)


def main(argv=None):
    """Run the step of the command line."""
    options = command_line(__doc__, minutes=20).parse_args(argv)
    return Study("dial", planned, smoke, run, report).execute(options)


if __name__ == "__main__":
    raise SystemExit(main())
