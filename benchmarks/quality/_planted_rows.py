"""Situations in which the validation misleads: columns, copies, groups, order."""

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from benchmarks.quality._planted import planted, shuffled, situation

SHUFFLED = KFold(5, shuffle=True, random_state=0)


def told(y, share, rng):
    """Targets that are right for a share of the rows, and another row's elsewhere."""
    wrong = rng.random(len(y)) >= share
    return np.where(wrong, rng.permutation(y), y)


# ------------------------------------------------------------------------------ columns
@situation(
    "SKO201",
    table="mixed",
    dose="share of rows for which the column holds the answer",
    doses=(0.97, 0.85, 0.7),
)
def leaking_number(base, dose, model):
    """Plant a number from after the outcome, another one for each class."""
    answer = told(base.y, dose, base.rng)
    X = base.X.assign(fee=answer * 20.0 + base.rng.normal(0, 2, len(answer)))
    return planted(model, X, base.y)


@situation(
    "SKO201",
    table="regression",
    model="boosting",
    dose="noise of the column, in standard deviations of the target",
    doses=(0.1, 0.3, 0.6),
)
def leaking_quantity(base, dose, model):
    """Plant the target, measured again with some noise."""
    noise = base.rng.normal(0, dose * base.y.std(), len(base.y))
    return planted(model, base.X.assign(remeasured=base.y + noise), base.y)


@situation(
    "SKO201",
    table="mixed",
    model="linear",
    dose="share of rows for which the category holds the answer",
    doses=(0.97, 0.85, 0.75),
)
def leaking_category(base, dose, model):
    """Plant a state of the case that follows from the outcome."""
    answer = told(base.y, dose, base.rng)
    states = np.array(["closed", "open", "in review", "on hold"], dtype=object)
    return planted(model, base.X.assign(state=states[answer % 4]), base.y)


@situation(
    "SKO202",
    dose="share of rows that were numbered class by class; the rest at random",
    doses=(1.0, 0.7, 0.4),
)
def identifier_by_class(base, dose, model):
    """Plant case numbers that were given out class by class."""
    key = told(base.y, dose, base.rng)
    order = np.lexsort([base.rng.random(len(base.y)), key])
    number = np.empty(len(order), dtype=int)
    number[order] = 10_000 + np.arange(len(order))
    return planted(model, base.X.assign(case_id=number), base.y)


def clusters(base, spread, size):
    """Rows of subjects: the rows of a table, each measured several times."""
    subject = np.repeat(np.arange(len(base.y)), size)
    X = base.X.iloc[subject].reset_index(drop=True)
    noise = base.rng.normal(size=X.shape) * spread * base.X.std(ddof=0).to_numpy()
    return X + noise, base.y[subject], subject


@situation(
    "SKO205",
    equal=("SKO202",),
    n_rows=60,
    dose="spread of a subject's rows, in standard deviations of the columns",
    doses=(0.1, 0.25, 0.5),
)
def subjects_with_a_column(base, dose, model):
    """Plant seven rows of each patient, whose number is a column; rows shuffled."""
    X, y, patient = clusters(base, dose, 7)
    X, y = shuffled(X.assign(patient=patient), y, base.rng)
    return planted(model, X, y)


@situation(
    "SKO205",
    n_rows=90,
    dose="spread of a subject's rows, in standard deviations of the columns",
    doses=(0.1, 0.25, 0.5),
)
def subjects_untold(base, dose, model):
    """Plant five rows of each subject, nothing says which; rows shuffled."""
    X, y, _ = clusters(base, dose, 5)
    return planted(model, *shuffled(X, y, base.rng))


@situation(
    "SKO203",
    equal=("SKO302",),
    table="regression",
    dose="rise of the target over the file, in its standard deviations",
    doses=(4.0, 2.0, 1.0),
)
def counter_with_a_trend(base, dose, model):
    """Plant a column that counts days, and a target that rises; splits are shuffled."""
    day = np.arange(len(base.y))
    y = base.y + dose * base.y.std() * day / len(day)
    return planted(model, base.X.assign(day=day), y, cv=SHUFFLED)


# ------------------------------------------------------------------------------- copies
@situation(
    "SKO204",
    model="tree",
    dose="copies, as a share of the rows",
    doses=(0.5, 0.25, 0.1),
    n_rows=300,
)
def copies_at_random(base, dose, model):
    """Plant rows that occur twice or more."""
    n = len(base.y)
    copies = base.rng.integers(0, n, round(n * dose / (1 - dose)))
    X, y = base.part(np.r_[np.arange(n), copies])
    return planted(model, *shuffled(X, y, base.rng))


def imbalanced(base, share):
    """Take rows of the second class out, so that it has a share of the rows."""
    few, many = np.flatnonzero(base.y == 1), np.flatnonzero(base.y == 0)
    if share >= 0.5:
        n_many = round(len(few) * (1 - share) / share)
        return base.part(np.sort(np.r_[few, many[:n_many]]))
    n_few = min(len(few), round(len(many) * share / (1 - share)))
    return base.part(np.sort(np.r_[few[:n_few], many]))


def oversampled(y, dose, rng):
    """Rows of the rare class to add so that it reaches a share of the way to parity."""
    few = np.flatnonzero(y == 1)
    missing = np.count_nonzero(y == 0) - len(few)
    return rng.choice(few, round(dose * missing))


@situation(
    "SKO204",
    table="two classes",
    dose="share of the way to equal classes that copies fill",
    doses=(1.0, 0.5, 0.2),
)
def rare_class_repeated(base, dose, model):
    """Plant copies by which the rare class was oversampled before the split."""
    X, y = imbalanced(base, 0.2)
    rows = np.r_[np.arange(len(y)), oversampled(y, dose, base.rng)]
    return planted(model, *shuffled(X.iloc[rows], y[rows], base.rng))


@situation(
    "SKO206",
    table="two classes",
    dose="share of the way to equal classes that made rows fill",
    doses=(1.0, 0.5, 0.25),
)
def smote_before_the_split(base, dose, model):
    """Plant rows that SMOTE made of the rare class before the split."""
    X, y = imbalanced(base, 0.2)
    n_few = np.count_nonzero(y == 1) + len(oversampled(y, dose, base.rng))
    seed = int(base.rng.integers(2**31))
    X, y = SMOTE(sampling_strategy={1: n_few}, random_state=seed).fit_resample(X, y)
    return planted(model, *shuffled(X, y, base.rng))


# -------------------------------------------------------------------------- preparation
@situation(
    "SKO207",
    equal=("SKO201",),
    table="regression",
    dose="rows for each level of the category",
    doses=(3, 8, 20),
)
def target_means_of_all_rows(base, dose, model):
    """Plant a category without meaning, encoded by the mean target of all rows."""
    area = base.rng.integers(0, len(base.y) // dose, len(base.y))
    means = pd.Series(base.y).groupby(area).transform("mean").to_numpy()
    return planted(model, base.X.assign(area=area, area_mean=means), base.y)


@situation(
    "SKO208",
    model="linear",
    n_rows=250,
    dose="columns of noise from which 20 were selected",
    doses=(5000, 1000, 200),
)
def noise_selected_on_all_rows(base, dose, model):
    """Plant twenty columns of noise, the best for the target of many."""
    y = (base.y == np.bincount(base.y).argmax()).astype(int)
    noise = base.rng.normal(size=(len(y), dose))
    centered = (y - y.mean()) @ noise
    best = np.sort(np.argsort(-np.abs(centered))[:20])
    X = pd.DataFrame(noise[:, best], columns=[f"gene_{j}" for j in best])
    return planted(model, X, y)


@situation(
    "SKO209",
    model="linear",
    dose="share of the columns",
    doses=(1.0, 0.5, 0.25),
)
def scaled_on_all_rows(base, dose, model):
    """Plant columns that were standardized before anything was split."""
    X = base.X.astype(float)
    columns = base.ranked()[: max(1, round(dose * X.shape[1]))]
    X[columns] = StandardScaler().fit_transform(X[columns])
    return planted(model, X, base.y, raw=True)


@situation(
    "SKO213",
    equal=("SKO201",),
    table="two classes",
    model="boosting",
    dose="share of rows for which the two columns hold the answer",
    doses=(1.0, 0.97, 0.9),
)
def answer_in_two_columns(base, dose, model):
    """Plant two columns that tell the class together, and nothing alone."""
    answer = told(base.y, dose, base.rng)
    one = base.rng.integers(0, 3, len(answer))
    return planted(model, base.X.assign(batch=one, slot=(one + answer) % 3), base.y)


# -------------------------------------------------------------------------------- order
@situation(
    "SKO301",
    table="regression",
    dose="share of the rows that are in the order of the target",
    doses=(1.0, 0.7, 0.4),
)
def sorted_by_the_target(base, dose, model):
    """Plant a file sorted by the target, and splits in its order."""
    key = told(base.y, dose, base.rng)
    return planted(model, *base.part(np.argsort(key, kind="stable")))


def walk(n, rng):
    """Draw a path of one standard deviation through n moments."""
    steps = rng.normal(size=n).cumsum()
    return (steps - steps.mean()) / steps.std()


@situation(
    "SKO302",
    table="regression",
    dose="spread of the walks, in standard deviations of the columns and the target",
    doses=(2.0, 1.0, 0.5),
)
def walks_over_time(base, dose, model):
    """Plant columns and a target that walk over time, without a date; shuffled."""
    X = base.X.astype(float)
    for column in X.columns:
        X[column] += dose * X[column].std() * walk(len(X), base.rng)
    y = base.y + dose * base.y.std() * walk(len(X), base.rng)
    return planted(model, X, y, cv=SHUFFLED)


@situation(
    "SKO303",
    equal=("SKO205",),
    n_rows=40,
    dose="spread of a subject's rows, in standard deviations of the columns",
    doses=(0.3, 0.5, 0.8),
)
def subjects_in_file_order(base, dose, model):
    """Plant ten rows of each subject, one subject after the other; shuffled splits."""
    X, y, _ = clusters(base, dose, 10)
    return planted(model, X, y, cv=SHUFFLED)


@situation(
    "SKO304",
    n_rows=900,
    dose="share of targets at the end that no longer follow from the columns",
    doses=(1.0, 0.7, 0.4),
)
def relation_fades_over_time(base, dose, model):
    """Plant a target that follows the columns less and less from the middle of time."""
    time = np.arange(len(base.y))
    late = np.maximum(2 * time / len(time) - 1, 0.0)
    lost = base.rng.random(len(time)) < dose * late
    y = np.where(lost, base.rng.permutation(base.y), base.y)
    return planted(model, base.X, y, time=time)


# --------------------------------------------------------------------------- two causes
@situation(
    "SKO201",
    "SKO204",
    table="mixed",
    dose="share of rows that are told, and copies as a share of the rows",
    doses=((0.97, 0.5), (0.9, 0.25), (0.8, 0.1)),
    n_rows=250,
)
def leak_and_copies(base, dose, model):
    """Plant a leaking number, and rows that occur twice."""
    answer = told(base.y, dose[0], base.rng)
    X = base.X.assign(fee=answer * 20.0 + base.rng.normal(0, 2, len(answer)))
    n = len(answer)
    copies = base.rng.integers(0, n, round(n * dose[1] / (1 - dose[1])))
    rows = np.r_[np.arange(n), copies]
    return planted(model, *shuffled(X.iloc[rows], base.y[rows], base.rng))


@situation(
    "SKO201",
    "SKO205",
    n_rows=90,
    dose="noise of the column, and spread of a subject's rows",
    doses=((0.3, 0.1), (0.5, 0.25), (0.8, 0.5)),
    table="regression",
)
def leak_and_subjects(base, dose, model):
    """Plant the target measured again, and five rows of each subject."""
    X, y, _ = clusters(base, dose[1], 5)
    y = y + base.rng.normal(0, 0.1 * y.std(), len(y))
    noise = base.rng.normal(0, dose[0] * y.std(), len(y))
    return planted(model, *shuffled(X.assign(remeasured=y + noise), y, base.rng))
