"""In what order are the rows? Tests with known null distributions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from skoverfit._columns import NUMERIC, columns_of
from skoverfit.diagnosis._records import RowOrder

RELATED_LEVEL = 0.001
"""P-value below which neighboring rows count as related."""

MAX_PAIRS = 2000
"""Pairs of rows that are compared at most."""

DISTANT = (5, 20)
"""How many rows farther on a distant neighbor is: from, to."""

MIN_DISTINCT = 20
"""Distinct values that a column in row order must have to count as a clock."""

Splits = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def order_pvalue(y: ArrayLike, *, is_classification: bool) -> float:
    """P-value of "neighboring rows are no more alike in the target than any two".

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Target in row order.
    is_classification : bool
        Whether `y` holds class labels (runs test) or numbers (rank version of von
        Neumann's ratio).

    Returns
    -------
    pvalue : float
        One-sided: small if neighbors are alike. 1.0 if the target is constant.

    References
    ----------
    .. [1] A. M. Mood, "The distribution theory of runs", Annals of Mathematical
       Statistics 11, 367-392, 1940.
    .. [2] R. Bartels, "The rank version of von Neumann's ratio test for
       randomness", Journal of the American Statistical Association 77, 40-46, 1982.
    """
    test = _runs_pvalue if is_classification else _rank_ratio_pvalue
    return float(test(np.asarray(y)))


def _runs_pvalue(y: NDArray) -> float:
    """Few runs of equal labels: blocks of a class; normal approximation."""
    codes, counts = np.unique(y, return_inverse=True, return_counts=True)[1:]
    n = float(codes.size)
    squares, cubes = (counts.astype(float) ** 2).sum(), (counts**3.0).sum()
    expected = n + 1 - squares / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (
        n**2 * (n - 1)
    )
    if variance <= 0:
        return 1.0
    runs = 1 + np.count_nonzero(np.diff(codes))
    return float(stats.norm.cdf((runs + 0.5 - expected) / np.sqrt(variance)))


def _rank_ratio_pvalue(y: NDArray) -> float:
    """Small squared rank steps between neighbors; beta approximation of Bartels."""
    ranks = stats.rankdata(y)
    spread = ((ranks - ranks.mean()) ** 2).sum()
    if spread == 0:
        return 1.0
    n = ranks.size
    ratio = (np.diff(ranks) ** 2).sum() / spread
    variance = 4 * (n - 2) * (5 * n**2 - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    return float(stats.norm.cdf((ratio - 2) / np.sqrt(variance)))


def row_order(X: Any, y: ArrayLike, *, is_classification: bool) -> RowOrder:
    """Tell rows sorted by their target from rows whose neighbors belong together.

    Only the first may be shuffled: in the order of time or of groups, and where copies
    lie next to each other, a shuffled split has the neighbors of its test rows among
    its training rows.

    Returns
    -------
    order : {"random", "sorted", "related"}
        "sorted" only if the target is sorted without exception, no column is, and
        neighbors are no more alike than rows some places apart.
    """
    y = np.asarray(y)
    related = _has_clock(X) or (
        neighbors_pvalue(X, y, is_classification) < RELATED_LEVEL
    )
    if _is_sorted(y, is_classification):
        return "related" if related else "sorted"
    alike = order_pvalue(y, is_classification=is_classification) < RELATED_LEVEL
    return "related" if related or alike else "random"


def _is_sorted(y: NDArray, is_classification: bool) -> bool:
    """Whether each class is one block, or the numbers never turn back."""
    if is_classification:
        codes = np.unique(y, return_inverse=True)[1]
        return int(np.count_nonzero(np.diff(codes))) == int(codes.max())
    steps = np.diff(y)
    return bool(np.all(steps >= 0) or np.all(steps <= 0))


def _has_clock(X: Any) -> bool:
    """Whether a column of many values never turns back, as a date or a counter does."""
    return any(_is_clock(values) for values, is_ordered in _columns(X) if is_ordered)


def _is_clock(column: NDArray) -> bool:
    with np.errstate(invalid="ignore"):
        steps = np.diff(column)
    if not (np.all(steps >= 0) or np.all(steps <= 0)):
        return False
    return int(np.count_nonzero(steps)) >= MIN_DISTINCT - 1


def _columns(X: Any) -> list[tuple[NDArray[np.float64], bool]]:
    """Columns of a dense table as numbers, and whether these have an order.

    Codes of texts and categories have none. There are no columns of anything else.
    """
    try:
        table = columns_of(X)
    except TypeError:
        return []
    if table.is_sparse or len(table.X.shape) > 2:
        return []
    ordered = (*NUMERIC, "boolean", "datetime")
    return [(table.numbers(j), kind in ordered) for j, kind in enumerate(table.kinds)]


def neighbors_pvalue(X: Any, y: NDArray, is_classification: bool) -> float:
    """P-value of "the next row is no more alike than one some places farther on".

    Rows of other classes are not compared, so that blocks of a class do not count.
    """
    rng = np.random.default_rng(0)
    last = len(y) - DISTANT[1]
    if last < MIN_DISTINCT:
        return 1.0
    rows = np.sort(rng.permutation(last)[:MAX_PAIRS])
    far = rows + rng.integers(*DISTANT, size=len(rows), endpoint=True)
    if is_classification:
        same = (y[rows] == y[rows + 1]) & (y[rows] == y[far])
        rows, far = rows[same], far[same]
    more = np.zeros(len(rows))
    for values, is_ordered in _columns(X):
        near, distant = _distances(values, is_ordered, rows, rows + 1, far)
        more += distant - near
    if np.count_nonzero(more) < MIN_DISTINCT:
        return 1.0
    return float(stats.wilcoxon(more, alternative="greater").pvalue)


def _distances(
    column: NDArray, is_ordered: bool, rows: NDArray, *others: NDArray
) -> list[NDArray[np.float64]]:
    """How much a column differs between rows: in ranks, or at all for codes."""
    if not is_ordered:
        codes = np.nan_to_num(column, nan=-1.0)  # missing values equal one another
        return [(codes[rows] != codes[other]).astype(float) for other in others]
    values = np.concatenate([column[rows], *(column[other] for other in others)])
    ranks = stats.rankdata(values, nan_policy="omit") / max(len(values), 1)
    own, *rest = np.split(ranks, len(others) + 1)
    return [np.nan_to_num(np.abs(own - other), nan=0.0) for other in rest]


def target_shift(y: ArrayLike, splits: Splits, *, is_classification: bool) -> float:
    """How far the target of the test rows is from that of the training rows.

    Parameters
    ----------
    y : array-like of shape (n_samples,)
        Target.
    splits : list of (ndarray, ndarray)
        Train and test rows of each split.
    is_classification : bool
        Whether to compare class shares (total variation distance) or means (in
        standard deviations).

    Returns
    -------
    shift : float
        Mean over the splits, 0 for equal targets.
    """
    y = np.asarray(y)
    distance = _share_distance if is_classification else _mean_distance
    if is_classification:
        y = np.unique(y, return_inverse=True)[1]
    return float(np.mean([distance(y, train, test) for train, test in splits]))


def _share_distance(codes: NDArray, train: NDArray, test: NDArray) -> float:
    n_classes = int(codes.max()) + 1
    shares = [
        np.bincount(codes[rows], minlength=n_classes) / len(rows)
        for rows in (train, test)
    ]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _mean_distance(y: NDArray, train: NDArray, test: NDArray) -> float:
    spread = y.std()
    return float(abs(y[train].mean() - y[test].mean()) / spread) if spread else 0.0
