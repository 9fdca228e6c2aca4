"""Tests of whether a test part comes from where the training part comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from skoverfit._delegation import fit
from skoverfit.diagnosis._own_part._parts import Parts
from skoverfit.diagnosis._table import LARGEST
from skoverfit.model_selection._shared_fits import quick_fits

__all__ = [
    "ColumnShift",
    "LabelShift",
    "MissingShift",
    "NewLevels",
    "RangeLeft",
    "TwoSample",
    "column_shifts",
    "label_shift",
    "missing_shifts",
    "new_levels",
    "ranges_left",
    "two_sample_test",
]

FloatArray = NDArray[np.float64]

MOST_ROWS = 2000
"""Rows of each part that the classifier sees."""

LEVEL = 0.01
"""Level of each question, before it is divided by the number of columns."""


# ------------------------------------------------------------------------ all columns


@dataclass(frozen=True)
class TwoSample:
    """How well a classifier tells test rows from training rows.

    Attributes
    ----------
    auc : float
        Out-of-fold ROC AUC over all rows; 0.5 is not at all.
    pvalue : float
        P-value of "both parts come from the same source": of the ranks of one half of
        the rows, by a classifier of the other half. It is uniform if that is so.
    weights : ndarray of shape (n_train,)
        How typical each training row is of the test part, with mean 1; NaN for rows
        that the classifier did not see.
    """

    auc: float
    pvalue: float
    weights: FloatArray


def two_sample_test(parts: Parts, seed: int = 0) -> TwoSample:
    """Tell test rows from training rows by a forest."""
    rng = np.random.default_rng(seed)
    rows = [_sampled(len(part), rng) for part in (parts.train, parts.test)]
    matrix = np.vstack([parts.train[rows[0]], parts.test[rows[1]]])
    matrix = np.clip(matrix, -LARGEST, LARGEST)
    is_test = np.repeat([0, 1], [len(own) for own in rows])
    fold = np.concatenate([rng.permutation(len(own)) % 2 for own in rows])
    chance = np.full(len(matrix), np.nan)
    for half in (0, 1):
        forest = RandomForestClassifier(
            100, min_samples_leaf=5, random_state=seed, class_weight="balanced"
        )
        with quick_fits():
            fit(forest, matrix[fold != half], is_test[fold != half])
        chance[fold == half] = forest.predict_proba(matrix[fold == half])[:, 1]
    aucs = [roc_auc_score(is_test[fold == h], chance[fold == h]) for h in (0, 1)]
    first = fold == 0
    pvalue = stats.mannwhitneyu(
        chance[first & (is_test == 1)],
        chance[first & (is_test == 0)],
        alternative="greater",
    ).pvalue
    weights = np.full(len(parts.train), np.nan)
    weights[rows[0]] = _odds(chance[is_test == 0])
    return TwoSample(float(np.mean(aucs)), float(pvalue), weights)


def _sampled(n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.permutation(n)[:MOST_ROWS]


def _odds(chance: FloatArray) -> FloatArray:
    """Weights of rows; cut so that few rows cannot decide."""
    odds = np.clip(chance, 0.02, 0.98)
    odds = odds / (1 - odds)
    return odds / odds.mean()


# ------------------------------------------------------------------- column by column


@dataclass(frozen=True)
class ColumnShift:
    """A column whose values differ between the parts.

    Attributes
    ----------
    name : str
        The column.
    distance : float
        Largest difference between the shares of rows below a value (Kolmogorov and
        Smirnov), or of the shares of categories; 0 to 1.
    pvalue : float
        P-value times the number of columns.
    in_train, in_test : float
        Mean of a number, or share of the category that changed most.
    what : str
        Which of the two.
    """

    name: str
    distance: float
    pvalue: float
    in_train: float
    in_test: float
    what: str = "mean"


def column_shifts(parts: Parts) -> tuple[ColumnShift, ...]:
    """Compare each column between the parts; those that differ, most first."""
    n_columns = len(parts.names)
    found = []
    for k, name in enumerate(parts.names):
        one, other = _present(parts.train[:, k]), _present(parts.test[:, k])
        if len(one) < 5 or len(other) < 5:
            continue
        is_category = parts.is_category[k]
        compare = _compare_categories if is_category else _compare_numbers
        distance, pvalue, in_train, in_test = compare(one, other)
        what = "share of one category" if is_category else "mean"
        pvalue = min(1.0, pvalue * n_columns)
        if pvalue < LEVEL:
            found.append(ColumnShift(name, distance, pvalue, in_train, in_test, what))
    return tuple(sorted(found, key=lambda shift: -shift.distance))


def _present(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]


def _compare_numbers(one: FloatArray, other: FloatArray) -> Any:
    test = stats.ks_2samp(one, other, method="asymp")
    return float(test.statistic), float(test.pvalue), one.mean(), other.mean()


def _compare_categories(one: FloatArray, other: FloatArray) -> Any:
    shares, pvalue = _shares_of(one, other)
    change = np.abs(shares[0] - shares[1])
    most = int(np.argmax(change))
    return float(change.sum() / 2), pvalue, *shares[:, most].tolist()


def _shares_of(one: ArrayLike, other: ArrayLike) -> tuple[FloatArray, float]:
    """Shares of each level in both parts; rare ones count together in the test."""
    codes = np.concatenate([np.asarray(one), np.asarray(other)])
    side = np.repeat([0, 1], [len(np.asarray(one)), len(np.asarray(other))])
    _, level = np.unique(codes, return_inverse=True)
    table = np.zeros((2, int(level.max()) + 1))
    np.add.at(table, (side, level), 1)
    shares = table / table.sum(axis=1, keepdims=True)
    expected = table.sum(axis=0) * table.sum(axis=1).min() / table.sum()
    rare = expected < 5
    pooled = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    pooled = pooled[:, pooled.sum(axis=0) > 0]
    if pooled.shape[1] < 2:
        return shares, 1.0
    return shares, float(stats.chi2_contingency(pooled, correction=False).pvalue)


@dataclass(frozen=True)
class NewLevels:
    """A column with categories that the training part does not have.

    Attributes
    ----------
    name : str
        The column.
    levels : tuple of str
        The new categories.
    rows : ndarray of shape (n_test,)
        Mask of the test rows that have one.
    pvalue : float
        P-value of as many new ones by chance, as rare as categories are, times the
        number of columns.
    """

    name: str
    levels: tuple[str, ...]
    rows: NDArray[np.bool_]
    pvalue: float


def new_levels(parts: Parts) -> tuple[NewLevels, ...]:
    """Find categories that are new in the test part, beyond what chance brings.

    The share of new categories that chance brings is that of the categories which
    occur once (Good and Turing).
    """
    found = []
    n_columns = max(1, int(parts.is_category.sum()))
    for name, (levels, rows) in parts.unseen.items():
        own = _present(parts.train[:, parts.names.index(name)])
        _, counts = np.unique(own, return_counts=True)
        rate = min(1.0, (np.sum(counts == 1) + 1) / (len(own) + 1))
        pvalue = stats.binom.sf(rows.sum() - 1, len(rows), rate) * n_columns
        if pvalue < LEVEL:
            found.append(NewLevels(name, levels, rows, float(min(1.0, pvalue))))
    return tuple(sorted(found, key=lambda item: -item.rows.sum()))


@dataclass(frozen=True)
class RangeLeft:
    """A number that leaves the range it has in the training part.

    Attributes
    ----------
    name : str
        The column.
    low, high : float
        Range of the training part.
    rows : ndarray of shape (n_test,)
        Mask of the test rows outside it.
    pvalue : float
        P-value of as many by chance, times the number of columns.
    """

    name: str
    low: float
    high: float
    rows: NDArray[np.bool_]
    pvalue: float


MANY_OUTSIDE = 0.02
"""Share of test rows outside the range from which on it can matter."""


def ranges_left(parts: Parts) -> tuple[RangeLeft, ...]:
    """Find numbers that leave their range in the test part, beyond chance."""
    found = []
    for name, train, test in parts.numeric():
        own = _present(train)
        if len(own) < 5:
            continue
        low, high = own.min(), own.max()
        slack = 1e-9 * max(abs(low), abs(high))
        rows = (test < low - slack) | (test > high + slack)
        # Of exchangeable rows, 2 in n + 1 are beyond the others.
        pvalue = _many_outside(int(rows.sum()), len(rows), len(own))
        pvalue *= len(parts.names)
        if pvalue < LEVEL and rows.mean() >= MANY_OUTSIDE:
            found.append(RangeLeft(name, low, high, rows, float(pvalue)))
    return tuple(sorted(found, key=lambda item: -item.rows.sum()))


def _many_outside(n_outside: int, n_test: int, n_train: int) -> float:
    """P-value of so many test rows beyond all training rows, on two sides.

    The number beyond one side is at least m with the probability that the m largest of
    all rows are test rows.
    """
    if n_outside == 0:
        return 1.0
    m = -(-n_outside // 2)
    steps = np.arange(m)
    log_p = np.sum(np.log(n_test - steps) - np.log(n_test + n_train - steps))
    return float(min(1.0, 2 * np.exp(log_p)))


@dataclass(frozen=True)
class MissingShift:
    """A column with other shares of missing values in the parts.

    Attributes
    ----------
    name : str
        The column.
    in_train, in_test : float
        Shares of rows where it is missing.
    pvalue : float
        P-value times the number of columns.
    """

    name: str
    in_train: float
    in_test: float
    pvalue: float


MUCH_MISSING = 0.05
"""Difference of the shares of missing values that can matter."""


def missing_shifts(parts: Parts) -> tuple[MissingShift, ...]:
    """Find columns that are missing more often in one part."""
    found = []
    gone = [np.isnan(part) for part in (parts.train, parts.test)]
    for k, name in enumerate(parts.names):
        shares = tuple(float(part[:, k].mean()) for part in gone)
        if abs(shares[0] - shares[1]) < MUCH_MISSING:
            continue
        table = [[part[:, k].sum(), (~part[:, k]).sum()] for part in gone]
        pvalue = float(stats.fisher_exact(table).pvalue) * len(parts.names)
        if pvalue < LEVEL:
            found.append(MissingShift(name, shares[0], shares[1], min(1.0, pvalue)))
    return tuple(sorted(found, key=lambda item: -abs(item.in_test - item.in_train)))


# ------------------------------------------------------------------------------- target


@dataclass(frozen=True)
class LabelShift:
    """How the target differs between the parts.

    Attributes
    ----------
    distance : float
        Total variation of the class shares, or the largest difference between the
        shares of rows below a value.
    pvalue : float
        Of "both targets come from the same source".
    change : str
        What changed, in words.
    weights : ndarray of shape (n_test,) or None
        Weights that give test rows the class shares of the training part; None for
        numbers.
    """

    distance: float
    pvalue: float
    change: str
    weights: FloatArray | None


def label_shift(y_train: Any, y_test: Any, *, is_classification: bool) -> LabelShift:
    """Compare the target between the parts."""
    one, other = np.asarray(y_train), np.asarray(y_test)
    if is_classification:
        return _class_shift(one, other)
    one, other = one.astype(float), other.astype(float)
    distance, pvalue, *_ = _compare_numbers(one.ravel(), other.ravel())
    change = f"the mean is {one.mean():.4g} in training and {other.mean():.4g} in test"
    return LabelShift(distance, pvalue, change, None)


def _class_shift(one: NDArray, other: NDArray) -> LabelShift:
    labels, codes = np.unique(np.concatenate([one, other]), return_inverse=True)
    train, test = codes[: len(one)], codes[len(one) :]
    shares, pvalue = _shares_of(train, test)
    most = int(np.argmax(np.abs(shares[0] - shares[1])))
    change = (
        f"class {labels[most]} is {shares[0, most]:.1%} of the training rows and "
        f"{shares[1, most]:.1%} of the test rows"
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(shares[1] > 0, shares[0] / shares[1], 0.0)
    distance = float(np.abs(shares[0] - shares[1]).sum() / 2)
    return LabelShift(distance, pvalue, change, ratio[test])
